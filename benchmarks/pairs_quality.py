"""How good the words are: learnt from raw people-daily, judged by the words that its editors marked."""

from __future__ import annotations

from harness import Missing, Report, Settings, yes

from nlp_zero import Corpus, EntropyLexiconBuilder, PmiLexiconBuilder, Tokenizer
from nlp_zero.evaluation import evaluate, lexicon_precision, word_types

SIZES = (1_000, 5_000, 10_000, 20_000)
HEADER = (
    "lexicon", "words of ≥ 2 characters", "F1", "precision", "recall",
    *(f"lexicon precision at {n:,}" for n in SIZES), "nats a character, before → after",
)  # fmt: skip
TARGETS = {  # F1, then lexicon precision where it has one
    "pmi": (0.75, 0.91, 0.83, 0.75, None),
    "entropy": (0.75, 0.93, 0.89, 0.81, None),
}


def run(settings: Settings, report: Report) -> None:
    try:
        raw, gold = settings.path("people-daily"), settings.lines("people-daily-gold")
    except Missing as missing:
        report.quality.append((str(missing), *["–"] * (len(HEADER) - 1)))
        return
    lines, types = settings.lines("people-daily"), word_types(gold)
    for method, builder in (("pmi", PmiLexiconBuilder()), ("entropy", EntropyLexiconBuilder())):
        lexicon = builder.build(Corpus(raw))
        result = evaluate(gold, map(Tokenizer(lexicon).tokenize, lines))
        words = lexicon.top(len(lexicon))
        precision = lexicon_precision(words, types, [n for n in SIZES if n <= len(words)])
        least = TARGETS[method]
        cells = [_judged(precision.get(n), target) for n, target in zip(SIZES, least[1:], strict=True)]
        before, after = lexicon.meta["entropy_before"], lexicon.meta["entropy_after"]
        f1, precise, recall = _judged(result.f1, least[0]), f"{result.precision:.3f}", f"{result.recall:.3f}"
        report.quality.append(
            (method, f"{len(words):,}", f1, precise, recall, *cells, f"{before:.3f} → {after:.3f}")
        )


def _judged(value: float | None, target: float | None) -> str:
    if value is None:
        return "fewer words"
    return f"{value:.3f}" + ("" if target is None else f" (≥ {target:g}: {yes(value >= target)})")
