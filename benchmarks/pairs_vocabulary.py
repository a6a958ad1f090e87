"""Vocabularies of fixed size: text per token and bits per character on held-out text, and the time of training.

All programs learn from the same lines, normalise nothing, may cross spaces and punctuation, and are lossless.
A is every tenth line of people-daily, which no program learns from; B is the first 20,000 lines of reviews.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from harness import Missing, Report, Row, Settings, Timing, clock, format_met, run_child
from peers import import_peer

from nlp_zero import Corpus, Lexicon, Tokenizer, VocabularyBuilder

SIZES = (8_000, 20_000, 50_000)
TARGETS = {8_000: (1.0, 0.3), 20_000: (1.7, 1.2), 50_000: (2.5, 2.0)}  # percent more bytes per token than HF, A and B
Counter = Callable[[Sequence[str]], int]  # the tokens of some lines


def run(settings: Settings, report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for step in (_news, _novel, _bits, _extend, _time, _large):
            try:
                step(settings, report, Path(folder))
            except Missing as missing:
                report.missing("vocabulary", "peer or text", missing)


def _split_lines(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the lines to learn from, and every tenth line."""
    return [line for k, line in enumerate(lines) if k % 10], list(lines[::10])


def _count_ours(lines: Sequence[str], size: int) -> Counter:
    lexicon = VocabularyBuilder(vocab_size=size).build(lines)
    assert isinstance(lexicon, Lexicon)
    tokenizer = Tokenizer(lexicon)
    return lambda texts: len(tokenizer.encode_batch(texts)[0])


def _count_hf(lines: Sequence[str], size: int) -> Counter:
    """Train byte-level BPE of Hugging Face that splits at line ends only."""
    hf = import_peer("tokenizers")
    levels, trainers = import_peer("tokenizers.pre_tokenizers"), import_peer("tokenizers.trainers")
    tokenizer = hf.Tokenizer(import_peer("tokenizers.models").BPE())
    tokenizer.pre_tokenizer = levels.ByteLevel(add_prefix_space=False, use_regex=False)
    alphabet = levels.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        lines, trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
    )
    return lambda texts: sum(len(encoding.ids) for encoding in tokenizer.encode_batch(list(texts)))


def _sentencepiece(lines: Iterable[str], size: int, kind: str, folder: Path) -> Any:
    spm = import_peer("sentencepiece")
    text, model = folder / "lines.txt", folder / kind
    text.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    spm.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(model), vocab_size=size, model_type=kind, byte_fallback=True,
        normalization_rule_name="identity", add_dummy_prefix=False, remove_extra_whitespaces=False,
        split_by_unicode_script=False, split_by_whitespace=False, split_by_number=False, max_sentence_length=1 << 20,
        num_threads=1, minloglevel=2, bos_id=-1, eos_id=-1,
    )  # fmt: skip
    return spm.SentencePieceProcessor(model_file=f"{model}.model")


def _bytes_per_token(lines: Sequence[str], count: Counter) -> float:
    return sum(len(line.encode()) for line in lines) / count(lines)


def _compare(report: Report, work: str, ours: Counter, peer: Counter, name: str, texts: Sequence[Sequence[str]],
             targets: Sequence[float | None]) -> None:  # fmt: skip
    for letter, lines, target in zip("AB", texts, targets, strict=False):
        mine, theirs = _bytes_per_token(lines, ours), _bytes_per_token(lines, peer)
        more = 100 * (mine / theirs - 1)
        goal = ("–", "–") if target is None else (f"≥ {target:+.1f} %", format_met(more >= target))
        where = f"{work}, {letter}" if len(texts) > 1 else work
        report.add(Row(where, f"{mine:.3f} bytes per token", f"{name}: {theirs:.3f}", f"{more:+.2f} %", *goal))


def _news(settings: Settings, report: Report, folder: Path) -> None:
    learn, held = _split_lines(settings.lines("people-daily"))
    reviews = settings.lines("reviews")[:20_000]
    for size in SIZES:
        ours, work = _count_ours(learn, size), f"{size:,} pieces, people-daily"
        _compare(report, work, ours, _count_hf(learn, size), "HF byte-level BPE", (held, reviews), TARGETS[size])
        if size == 20_000:
            for kind in ("unigram", "bpe"):
                model = _sentencepiece(learn, size, kind, folder)
                _compare(report, work, ours, lambda texts, m=model: sum(map(len, m.encode(list(texts)))),
                         f"SentencePiece {kind}", (held, reviews), (None, None))  # fmt: skip


def _novel(settings: Settings, report: Report, folder: Path) -> None:
    learn, held = _split_lines(settings.lines("sanguo"))
    news = settings.lines("people-daily")[::10]
    for size in (8_000, 20_000):
        ours, peer = _count_ours(learn, size), _count_hf(learn, size)
        _compare(report, f"{size:,} pieces, sanguo", ours, peer, "HF byte-level BPE", (held,), (1.4,))
        _compare(report, f"{size:,} pieces, sanguo, tested on news", ours, peer, "HF byte-level BPE", (news,), (0,))


def _bits(settings: Settings, report: Report, folder: Path) -> None:
    """Measure -log2 p of the most probable tokens on held-out lines."""
    learn, held = _split_lines(settings.lines("people-daily"))
    lexicon = VocabularyBuilder(vocab_size=20_000, objective="unigram").build(learn)
    assert isinstance(lexicon, Lexicon)
    ids, _ = Tokenizer(lexicon).encode_batch(held)
    characters = sum(map(len, held))
    ours = -float(lexicon.log_probs[ids].sum()) / math.log(2) / characters
    model = _sentencepiece(learn, 20_000, "unigram", folder)
    theirs = -sum(model.GetScore(k) for line in held for k in model.encode(line)) / math.log(2) / characters
    cells = f"{ours:.3f}", f"SentencePiece unigram: {theirs:.3f}", f"{100 * (ours / theirs - 1):+.2f} %"
    report.add(Row("bits per character, 20,000 pieces, A", *cells, "≤ 6.74", format_met(ours <= 6.74)))


def _extend(settings: Settings, report: Report, folder: Path) -> None:
    """Extend a byte-level BPE of English, learnt from the pages and the source text of this repository."""
    base = _train_english_bpe()
    tokenizers = import_peer("tokenizers")
    held = [line for line in settings.lines("people-daily") if line][9::10]
    for number in (1_000, 5_000, 20_000):
        vocabulary = VocabularyBuilder(base=base, add_pieces=number).extend(settings.lines("people-daily"))
        extended = tokenizers.Tokenizer.from_str(vocabulary.to_json())
        tokens, before = (
            sum(len(encoding.ids) for encoding in model.encode_batch(held, add_special_tokens=False))
            for model in (extended, base)
        )
        work = f"{number:,} pieces added to a BPE of English, people-daily, held-out lines"
        report.add(Row(work, f"{tokens:,} tokens", f"base: {before:,}", f"{tokens / before - 1:+.1%}", "–", "–"))


def _train_english_bpe() -> Any:
    tokenizers = import_peer("tokenizers")
    root = Path(__file__).parent.parent
    files = [*sorted(root.glob("*.md")), *sorted(root.glob("docs/*.md")), *sorted(root.rglob("nlp_zero/**/*.py"))]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if line.isascii()]
    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    model.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    model.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=8_000, initial_alphabet=alphabet, show_progress=False)
    model.train_from_iterator(lines, trainer)
    model.add_special_tokens(["<|endoftext|>"])
    return model


def _time(settings: Settings, report: Report, folder: Path) -> None:
    """Time one training of each program, one after the other."""
    path, lines = settings.path("people-daily"), settings.lines("people-daily")
    jobs: tuple[tuple[str, Callable[[], object]], ...] = (
        ("ours", lambda: VocabularyBuilder(vocab_size=20_000).build(Corpus(path))),
        ("HF byte-level BPE", lambda: _count_hf(lines, 20_000)),
        ("SentencePiece bpe", lambda: _sentencepiece(lines, 20_000, "bpe", folder)),
        ("SentencePiece unigram", lambda: _sentencepiece(lines, 20_000, "unigram", folder)),
    )
    seconds = {}
    for name, job in jobs:
        start = clock()
        job()
        seconds[name] = clock() - start
    mine = seconds.pop("ours")
    for name, other in seconds.items():
        report.add(Row("training 20,000 pieces on people-daily", f"{mine:.2f} s", f"{name}: {other:.2f} s",
                       f"{other / mine:.2f} × as fast", "≤ 4 s", format_met(mine <= 4)))  # fmt: skip


def _large(settings: Settings, report: Report, folder: Path) -> None:
    path = settings.path(settings.large)
    for workers, seconds in ((1, 60), (2, 12)):
        options = ("--method", "vocabulary", "--vocab-size", 20_000, "--workers", workers)
        found = run_child("build-vocab", folder / "v.tsv", path, *options)
        timing = Timing((float(found["whole"]),))
        cells = f"{timing.describe()}, {found['peak_mb']:.0f} MB", "–", "–"
        met = format_met(timing.median <= seconds and found["peak_mb"] <= 400)
        threads = "one thread" if workers == 1 else f"{workers} threads"
        work = f"training 20,000 pieces on {settings.large}, {threads}, whole process"
        report.add(Row(work, *cells, f"≤ {seconds} s, 400 MB", met))
