"""Segmenting text with a lexicon: line by line as ids and strings, many lines at once as arrays, file to file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import peers
from harness import Missing, Report, Settings, Side, alternate, faster_row, limit_row, make_side, run_child

import nlp_zero.compat.jieba as jieba
from nlp_zero import Corpus, Lexicon, PmiLexiconBuilder, Tokenizer

SIZE = 20_000  # pieces of SentencePiece, words of ours
MANY = 240_000  # words
OWN_WORDS = 10_000
SLICE = 1_000  # lines for the peers that are written in Python
CUT_MB, MANY_CUT_MB, SAMPLED_MB = 70, 40, 40  # a second
COPIES = 4  # of the large text, so that start-up matters less


def run(settings: Settings, report: Report) -> None:
    try:
        lexicon = learn_top_words(settings)
        lines = settings.lines("people-daily")
        part = lines[:SLICE]
        lines += settings.lines("reviews")
    except Missing as missing:
        report.missing("tokenize", "text", missing)
        return
    tokenizer = Tokenizer(lexicon)
    _all_lines(settings, report, tokenizer, lines)
    _slice(settings, report, tokenizer, part)
    _own_words(settings, report, tokenizer, lines)
    try:
        _files(settings, report, lexicon)
    except Missing as missing:
        report.missing("nlpzero tokenize", "text", missing)


def learn_top_words(settings: Settings, size: int = SIZE) -> Lexicon:
    """Return the `size` most frequent words, single characters included, that `PmiLexiconBuilder` finds by default."""
    lexicon = PmiLexiconBuilder().build(Corpus(settings.path("people-daily")))
    return lexicon.keep(rank < size for rank in range(len(lexicon)))


@cache
def learn_many_words(settings: Settings) -> Lexicon:
    """Return the `MANY` most frequent words of a large text, those that occur twice included."""
    lexicon = PmiLexiconBuilder(min_count=2).build(Corpus(settings.path(settings.large)))
    return lexicon.keep(rank < MANY for rank in range(len(lexicon)))


def _all_lines(settings: Settings, report: Report, tokenizer: Tokenizer, lines: list[str]) -> None:
    size = sum(len(line.encode()) for line in lines)
    ours: dict[str, Side] = {
        "ids": call_each(tokenizer.encode, lines),
        "strings": call_each(tokenizer.tokenize, lines),
        "arrays": make_side(lambda: tokenizer.encode_batch(lines)),
    }
    rivals: list[tuple[str, str, Side, float | None]] = []  # kind of ours, name, side, target
    cutters: dict[str, Callable[[str], Iterable[str]]] = {"ours": tokenizer.tokenize}
    try:
        model = peers.sentencepiece(settings, text="people-daily", size=SIZE)
        ids, strings = call_each(model.EncodeAsIds, lines), call_each(model.EncodeAsPieces, lines)
        listed = make_side(lambda: model.EncodeAsIds(lines, num_threads=1))
        rivals += [
            ("ids", "SentencePiece ids", ids, 8),
            ("strings", "SentencePiece strings", strings, 10),
            ("arrays", "SentencePiece ids, one call per line", ids, 6),
            ("arrays", "SentencePiece ids, one call for the list", listed, None),
        ]
        cutters["SentencePiece"] = model.EncodeAsPieces
    except Missing as missing:
        report.missing("tokenize", "SentencePiece", missing)
    try:
        cut = peers.import_peer("rjieba").cut
        rivals.append(("strings", "rjieba strings, HMM off", call_each(lambda line: cut(line, False), lines), 4.5))
        cutters["rjieba"] = lambda line: cut(line, False)
    except Missing as missing:
        report.missing("tokenize", "rjieba", missing)
    sides = list(dict.fromkeys([*ours.values(), *(side for _, _, side, _ in rivals)]))
    timing = dict(zip(sides, alternate(*sides, repeat=settings.repeat), strict=True))
    for kind, name, side, least in rivals:
        way = "one batch call" if kind == "arrays" else "one call per line"
        work = f"tokenize people-daily + reviews, {kind}, {way}"
        report.add(faster_row(work, timing[ours[kind]], name, timing[side], least=least, size=size))
    lengths = ", ".join(f"{who} {bytes_per_token(cutter, lines):.2f}" for who, cutter in cutters.items())
    report.notes.append(f"Bytes per token: {lengths}.")


def _slice(settings: Settings, report: Report, tokenizer: Tokenizer, lines: list[str]) -> None:
    size = sum(len(line.encode()) for line in lines)
    makers: dict[str, Callable[[], Callable[[str], Any]]] = {
        "jieba strings, HMM off": peers.make_jieba_cut,
        "nlp-zero 0.1.6 Tokenizer, the same words": lambda: _old_tokenizer(settings, tokenizer.lexicon),
    }
    sides: dict[str, Side] = {}
    work = f"tokenize {len(lines):,} lines of people-daily, strings, one call per line"
    for name, make in makers.items():
        try:
            sides[name] = call_each(make(), lines)
        except Missing as missing:
            report.missing(work, name, missing)
    compatible = call_each(jieba.Tokenizer(tokenizer.lexicon).lcut, lines)
    plain = call_each(tokenizer.tokenize, lines)
    ours, lcut, *theirs = alternate(plain, compatible, *sides.values(), repeat=min(settings.repeat, 3))
    for name, timing in zip(sides, theirs, strict=True):
        report.add(faster_row(work, ours, name, timing, size=size))
        if name.startswith("jieba"):
            report.add(faster_row(f"{work}, `nlp_zero.compat.jieba.lcut`", lcut, name, timing, size=size))


def _own_words(settings: Settings, report: Report, tokenizer: Tokenizer, lines: list[str]) -> None:
    """Compare a tokenizer with own words, from all of jieba's dictionary, with itself without them."""
    work = f"tokenize people-daily + reviews, ids, one call per line, {OWN_WORDS:,}"
    try:
        listed = peers.jieba_words()
    except Missing as missing:
        report.missing(work, "own words", missing)
        return
    lacking = [word for word in listed if len(word) > 1 and word not in tokenizer.lexicon]
    words = lacking[:: len(lacking) // OWN_WORDS][:OWN_WORDS]
    chosen = {"added": Tokenizer(tokenizer.lexicon, words=words), "forced": Tokenizer(tokenizer.lexicon, force=words)}
    sides = [call_each(one.encode, lines) for one in (tokenizer, *chosen.values())]
    plain, *own = alternate(*sides, repeat=settings.repeat)
    for name, timing in zip(chosen, own, strict=True):
        least = 0.95 if name == "added" else None
        report.add(faster_row(f"{work} {name} words", timing, "without them", plain, least=least))


def _files(settings: Settings, report: Report, lexicon: Lexicon) -> None:
    """Run the command from file to file: cut on one and two threads, sampled, and with many words."""
    path, many = settings.path(settings.large), learn_many_words(settings)
    megabytes = path.stat().st_size / 1e6
    with tempfile.TemporaryDirectory() as folder:
        words, many_words, large = (Path(folder) / name for name in ("words.tsv", "many.tsv", "large.txt"))
        lexicon.save(words)
        many.save(many_words)
        large.write_bytes(path.read_bytes() * COPIES)

        def run(text: Path, listed: Path, *options: str) -> Side:
            cut = Path(folder) / "cut.txt"

            def side() -> float:
                cut.unlink(missing_ok=True)  # the time of giving back its memory depends on which run came before
                return float(run_child("nlpzero", "tokenize", text, "-l", listed, "-q", "-o", cut, *options)["whole"])

            return side

        one, two, sampled, with_many, large_one, large_two = alternate(
            run(path, words),
            run(path, words, "--workers", "2"),
            run(path, words, "--sample", "--seed", "1"),
            run(path, many_words),
            run(large, words),
            run(large, words, "--workers", "2"),
            repeat=min(settings.repeat, 5),
        )
    work = f"nlpzero tokenize {settings.large}, {len(lexicon):,} words, file to file, whole process"
    report.add(limit_row(f"{work} ({CUT_MB} MB/s)", one, megabytes / CUT_MB))
    report.add(faster_row(f"{work}, --workers 2", two, "one worker", one, least=1.7))
    large_work = work.replace(settings.large, f"{settings.large} × {COPIES}")
    report.add(faster_row(f"{large_work}, --workers 2", large_two, "one worker", large_one, least=1.7))
    report.add(limit_row(f"{work}, --sample ({SAMPLED_MB} MB/s)", sampled, megabytes / SAMPLED_MB))
    many_work = work.replace(f"{len(lexicon):,}", f"{len(many):,}")
    report.add(limit_row(f"{many_work} ({MANY_CUT_MB} MB/s)", with_many, megabytes / MANY_CUT_MB))


def _old_tokenizer(settings: Settings, lexicon: Lexicon) -> Callable[[str], list[str]]:
    module = peers.load_old_nlp_zero(settings.cache)
    trie = module.Trie(zip(lexicon.words, lexicon.counts.tolist(), strict=True))
    return module.Tokenizer(trie).tokenize  # type: ignore[no-any-return]


def call_each(call: Callable[[str], object], lines: list[str]) -> Side:
    """Return a side that calls `call` for every line and drops the results."""

    def work() -> None:
        for line in lines:
            call(line)

    return make_side(work)


def bytes_per_token(cut: Callable[[str], Iterable[str]], lines: list[str]) -> float:
    """Return the UTF-8 bytes of the text per token."""
    tokens = sum(1 for _ in chain.from_iterable(map(cut, lines)))
    return sum(len(line.encode()) for line in lines) / tokens
