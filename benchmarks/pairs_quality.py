"""Quality of the words: learnt from raw people-daily, scored with the words that its editors marked.

Prints the tables of docs/quality.md.  The first 9,700 lines are for development, the others for confirmation.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness import HERE, Missing, Report, Settings, run_child
from quality_methods import OURS, Learnt, learn

from nlp_zero import Lexicon, Tokenizer
from nlp_zero.evaluation import Evaluation, evaluate, lexicon_precision, word_types

DEVELOPMENT = 9_700  # lines
LEVELS = ("punct", "alnum", "join")
SIZES = (1_000, 5_000, 10_000, 20_000)
SLICES, SLICE = 10, 100_000  # from each half; characters
SPLICES = "250M"  # made by grow.py of the lines of mix in random order
BUDGET, SEEDS = "512M", (0, 1)  # of samples
METHODS = (
    "every character", "pmi", "pmi, new words", "entropy", "entropy, new words", "bayes",
    "SentencePiece unigram", "SentencePiece BPE", "jieba, HMM off", "jieba, HMM on",
)  # fmt: skip
SETTINGS = (  # methods that learn
    "pmi", "pmi, new words", "entropy", "entropy, new words", "bayes", "bayes, known words only",
    "SentencePiece unigram", "SentencePiece BPE",
)  # fmt: skip
STUCK = "一不是的"
ERRORS = (
    "gold words joined to one", "gold words split", "gold words crossed",
    *(f"{word} joined to a neighbour" for word in STUCK),
    "wrong words that contain a joined function word", "recall of words of 1 / 2 / 3 / 4 characters",
    "F1 of words that occur once / 2–9 times in the gold standard",
)  # fmt: skip
Rows = list[tuple[str, ...]]


def run(settings: Settings, report: Report) -> None:
    try:
        raw, gold = settings.lines("people-daily"), settings.lines("people-daily-gold")
    except Missing as missing:
        report.missing("quality", "people-daily", missing)
        return
    with tempfile.TemporaryDirectory(prefix="nlp-zero-quality-") as name:
        folder = Path(name)
        transductive(settings, report, raw, gold, folder)
        if not settings.quick:
            unseen(report, raw, gold, folder)
            slices(report, raw, gold, folder)
            samples(settings, report, raw, gold, folder)


def transductive(settings: Settings, report: Report, raw: list[str], gold: list[str], folder: Path) -> None:
    """Learn from all raw text, score each half and the word lists."""
    levels = ("alnum",) if settings.quick else LEVELS
    types, text = word_types(gold), settings.path("people-daily")
    scores: Rows = []
    words: Rows = []
    errors: dict[str, list[str]] = {}
    for name in METHODS:
        learnt: dict[str, Learnt] = {}
        results: list[Evaluation] = []
        try:
            for level in levels:
                once = learnt and not name.startswith(OURS)  # the level does not matter
                learnt[level] = learnt[levels[0]] if once else learn(name, text, level, folder)
                results += score_halves(gold, learnt[level].cut(raw), level)
        except Missing as missing:
            report.missing("quality", name, missing)
            continue
        place = 2 * levels.index("alnum") + 1
        middle = results[place]
        low, high = middle.intervals["f1"]
        scores.append((name, *pair_cells(results), f"{low:.3f}–{high:.3f}", format_score(middle.unaided_f1),
                       format_score(middle.precision), format_score(middle.recall)))  # fmt: skip
        errors[name] = make_error_cells(results[place - 1])
        if not name.endswith("new words"):  # the lexicon is the same
            words += make_word_rows(name, learnt["alnum"], types, middle)
        print_row(scores[-1])
    ends = [score_halves(gold, gold, level) for level in levels]
    scores.append(("the gold standard itself", *pair_cells([r for both in ends for r in both], "ceiling"), *["–"] * 4))
    columns = (f"F1 {level}" for level in levels)
    header: tuple[str, ...] = ("method", *columns, "95 % interval", "unaided F1", "precision", "recall")
    title = (
        "Learnt from all raw text of people-daily (transductive); F1 of all words, first half / second half; the last "
        "four columns are for level alnum on the second half"
    )
    report.tables.append((title, header, scores))
    header = ("method", "words of ≥ 2 characters", *(f"{n:,}" for n in SIZES), "nats per character", "time", "memory")
    title = (
        "Precision of the first N words, compared with the gold words of the whole month; information of the segmented "
        "second half; cost of the whole learning process"
    )
    report.tables.append((title, header, words))
    rows = list(zip(ERRORS, *(errors[name] for name in OURS), strict=True))
    what = "first half, learnt from all raw people-daily, level alnum, unaided words"
    report.tables.append((f"Errors: {what}", ("", *OURS), rows))


def unseen(report: Report, raw: list[str], gold: list[str], folder: Path) -> None:
    """Learn from the raw first half, score the second half."""
    first = folder / "first.txt"
    first.write_text("\n".join(raw[:DEVELOPMENT]) + "\n", encoding="utf-8")
    rows: Rows = []
    for name in SETTINGS:
        results = []
        try:
            for level in ("alnum", "join"):
                cut = learn(name, first, level, folder).cut(raw[DEVELOPMENT:])
                results.append(evaluate(gold[DEVELOPMENT:], cut, level=level, bootstrap=1000))
        except Missing:
            continue
        low, high = results[0].intervals["f1"]
        f1, unaided = (format_score(r.f1) for r in results), format_score(results[0].unaided_f1)
        rows.append((name, *f1, f"{low:.3f}–{high:.3f}", unaided))
        print_row(rows[-1])
    header = ("method", "F1 alnum", "F1 join", "95 % interval, alnum", "unaided F1, alnum")
    report.tables.append(("Learnt from the raw first half, scored on the second half", header, rows))


def slices(report: Report, raw: list[str], gold: list[str], folder: Path) -> None:
    """Learn from the raw text of a slice, score the same slice."""
    rows: Rows = []
    for name in OURS:
        row = [name]
        for number, (begin, end) in enumerate(((0, DEVELOPMENT), (DEVELOPMENT, len(raw))), 1):
            found = []
            for k, (a, b) in enumerate(place_slices(raw[begin:end])):
                lines = raw[begin + a : begin + b]
                text = folder / f"slice-{number}-{k}.txt"
                text.write_text("\n".join(lines) + "\n", encoding="utf-8")
                cut = learn(name, text, "alnum", folder).cut(lines)
                found.append(evaluate(gold[begin + a : begin + b], cut, level="alnum").f1)
            row += [format_score(statistics.mean(found)), f"{min(found):.3f}–{max(found):.3f}"]
        rows.append(tuple(row))
        print_row(rows[-1])
    header = ("method", "first half: mean F1", "lowest–highest", "second half: mean F1", "lowest–highest")
    what = f"learnt from {SLICES} slices of {SLICE:,} characters of each half, each scored on itself; level alnum"
    report.tables.append((f"Small texts: {what}", header, rows))


def samples(settings: Settings, report: Report, raw: list[str], gold: list[str], folder: Path) -> None:
    """Learn from samples of texts of which news are a small part, score the first half of people-daily."""
    splices, output = folder / "splices.txt", folder / "sample.tsv"
    try:
        texts = {"people-daily": settings.path("people-daily"), "mix": settings.path("mix"), SPLICES: splices}
    except Missing as missing:
        report.missing("quality", "samples", missing)
        return
    subprocess.run([sys.executable, HERE / "grow.py", texts["mix"], SPLICES, splices], check=True)
    rows: Rows = []
    for name, text in texts.items():
        row = [name]
        for seed in SEEDS:
            options = ("--method", "bayes", "--memory", BUDGET, "--workers", 2, "--seed", seed)
            job = run_child("build-vocab", output, text, *options)
            cut = Tokenizer(Lexicon.load(output)).tokenize_batch(raw[:DEVELOPMENT])
            f1 = evaluate(gold[:DEVELOPMENT], cut, level="alnum").f1
            row += [f"{f1:.4f}", f"{job['peak_mb']:.0f} MB"]
        rows.append(tuple(row))
        print_row(rows[-1])
    header = ("text", *(cell for seed in SEEDS for cell in (f"F1, seed {seed}", "memory")))
    what = f"bayes with {BUDGET}, scored on the first half of people-daily; {SPLICES} of lines of mix in random order"
    report.tables.append((f"Samples: {what}", header, rows))


def place_slices(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return the lines (begin, end) of slices that are spread evenly and do not overlap."""
    ends = [0]
    for line in lines:
        ends.append(ends[-1] + len(line))
    places = []
    step = (ends[-1] - SLICE) / (SLICES - 1) if SLICES > 1 else 0.0
    for k in range(SLICES):
        begin = next(i for i, end in enumerate(ends) if end >= min(k * step, ends[-1] - SLICE - 1))
        end = next((i for i, size in enumerate(ends) if size >= ends[begin] + SLICE), len(lines))
        places.append((begin, end))
    return places


def score_halves(gold: list[str], cut: Sequence[str | Sequence[str]], level: str) -> list[Evaluation]:
    """Score the first half and, with intervals, the second half."""
    details = level == "alnum"
    first = evaluate(gold[:DEVELOPMENT], cut[:DEVELOPMENT], level=level, breakdown=details)
    second = evaluate(gold[DEVELOPMENT:], cut[DEVELOPMENT:], level=level, breakdown=details, bootstrap=1000)
    return [first, second]


def make_error_cells(result: Evaluation) -> list[str]:
    """Return one cell for each of ERRORS."""
    details = result.breakdown
    assert details is not None
    stuck = {w.word: f"{w.stuck / w.count:.0%}" for w in details.function_words}
    recall = " / ".join(f"{details.by_length[length].recall:.2f}" for length in "1234")
    rare = " / ".join(f"{details.by_frequency[times].f1:.2f}" for times in ("1", "2-9"))
    kinds = [f"{details.kinds[kind].gold:,}" for kind in ("joined", "split", "crossed")]
    return [*kinds, *(stuck.get(word, "–") for word in STUCK), f"{details.stuck / details.wrong:.1%}", recall, rare]


def make_word_rows(name: str, learnt: Learnt, types: set[str], result: Evaluation) -> Rows:
    rows = []
    for label, words in (
        (name, learnt.words),
        (f"{name}, by firmness", learnt.firmest),
        (f"{name}, discovered words", learnt.discovered),
    ):
        if words and name != "every character":
            precision = lexicon_precision(words, types, SIZES)
            cells = [format_score(precision.get(n)) for n in SIZES]
            assert result.breakdown is not None
            cost = [f"{value:.{digits}f} {unit}" if value is not None else "–"
                    for value, digits, unit in ((learnt.seconds, 1, "s"), (learnt.megabytes, 0, "MB"))]  # fmt: skip
            nats = f"{result.breakdown.information['predicted']:.3f}"
            rows.append((label, f"{len(words):,}", *cells, *((nats, *cost) if words is learnt.words else "–––")))
    return rows


def pair_cells(results: Sequence[Evaluation], score: str = "f1") -> list[str]:
    """Return ``first half / second half`` for each level."""
    values = [format_score(getattr(result, score)) for result in results]
    return [f"{one} / {other}" for one, other in zip(values[::2], values[1::2], strict=True)]


def format_score(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def print_row(row: Sequence[str]) -> None:
    print("  " + " | ".join(row), file=sys.stderr, flush=True)
