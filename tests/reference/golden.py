"""Results whose bits may not depend on the machine: what `tests/test_determinism.py` compares with golden digests.

``python -m tests.reference.golden`` prints the digests of this machine.
"""

from __future__ import annotations

import hashlib
import random
import struct
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from nlp_zero import (
    BayesLexiconBuilder,
    EntropyLexiconBuilder,
    FillerCounter,
    KeywordExtractor,
    Lattice,
    Lexicon,
    NgramCounter,
    PhraseBuilder,
    PmiLexiconBuilder,
    TemplateGrammar,
    TemplateMiner,
    TemplateParser,
    TextComparer,
    Tokenizer,
    VocabularyBuilder,
    find_stop_words,
)
from nlp_zero.builders import select_discovered, suggest_lines
from nlp_zero.comparison import MEASURES
from nlp_zero.evaluation import bits_per_character

__all__ = ["RESULTS", "digest"]


class Digest:
    """A digest of nested results; numbers go into it with all their bits."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, value: Any) -> None:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, np.ndarray) and value.dtype != object:
            self._write("a", value.astype(value.dtype.newbyteorder("<")).tobytes())
        elif isinstance(value, str):
            self._write("s", value.encode("utf-8", "surrogatepass"))
        elif isinstance(value, float):
            self._write("f", struct.pack("<d", value))
        elif isinstance(value, bytes):
            self._write("b", value)
        elif isinstance(value, int) or value is None:
            self._write("i", str(value).encode())
        elif isinstance(value, dict):
            self.add(list(value.items()))
        elif isinstance(value, Iterable):
            self._write("(", b"")
            for one in value:
                self.add(one)
            self._write(")", b"")
        else:
            raise TypeError(type(value))

    def _write(self, kind: str, data: bytes) -> None:
        self._hash.update(f"{kind}{len(data)}:".encode() + data)

    def __str__(self) -> str:
        return self._hash.hexdigest()[:16]


def digest(*values: Any) -> str:
    """The digest of values."""
    result = Digest()
    result.add(values)
    return str(result)


# Texts -----------------------------------------------------------------------------------------------------------


@cache
def sample() -> list[str]:
    return Path("corpora/sample.txt").read_text(encoding="utf-8").splitlines()


@cache
def cut_lines() -> list[list[str]]:
    """Sentences of a language that is made at random, with frequent and rare words, marks, letters and digits."""
    rng = random.Random(17)  # random() and nothing else: the other methods may change between versions of Python

    def draw(below: int) -> int:
        return int(rng.random() * below)

    symbols = [chr(0x4E00 + 37 * k) for k in range(300)] + ["𠀀", "々"]
    lengths = (1, 2, 2, 2, 3, 4)
    words = ["".join(symbols[draw(len(symbols))] for _ in range(lengths[draw(6)])) for _ in range(700)]
    words += ["T38", "Ab", "2026", "cafe\u0301", "😀", "\x00"]
    lines = []
    for _ in range(900):
        line = []
        for _ in range(3 + draw(12)):
            line.append(words[int(len(words) * rng.random() ** 3)])  # cubes: exact enough to be the same everywhere
            if draw(6) == 0:
                line.append("，。！ "[draw(4)])
        lines.append(line)
    return lines


@cache
def generated() -> list[str]:
    return ["".join(line) for line in cut_lines()]


def texts() -> dict[str, list[str]]:
    return {"sample": sample(), "generated": generated()}


# Results ---------------------------------------------------------------------------------------------------------

RESULTS: dict[str, Callable[[int], str]] = {}


def result(function: Callable[[int], Any]) -> Callable[[int], Any]:
    """Register a function that maps a number of workers to a result."""
    RESULTS[function.__name__] = lambda workers: digest(function(workers))
    return function


def parts_of(lexicon: Lexicon) -> list[Any]:
    """All of a lexicon: the file, byte for byte, and its columns with all their bits."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "words.tsv")
        lexicon.save(path)
        file = path.read_bytes()
    return [file, lexicon.words, lexicon.counts, {name: np.asarray(x) for name, x in lexicon.scores.items()}]


def table_of(table: Any) -> dict[str, Any]:
    return {name: list(column) for name, column in table.to_columns().items()}


@cache
def words_of(name: str) -> Lexicon:
    return PmiLexiconBuilder(min_pmi=1, min_count=2).build(texts()[name])


@result
def counts(workers: int) -> Any:
    for lines in texts().values():
        counter = NgramCounter(order=5, alnum="join", workers=workers)
        counter.update(lines)
        frozen = counter.freeze(min_count=1)
        yield [list(frozen.items(n)) for n in range(1, 6)]


@result
def pmi(workers: int) -> Any:
    for lines in texts().values():
        yield parts_of(PmiLexiconBuilder(workers=workers).build(lines).with_firmness())
        yield parts_of(PmiLexiconBuilder(min_pmi=1, min_count=2, alnum="join", workers=workers).build(lines))


@result
def entropy(workers: int) -> Any:
    for lines in texts().values():
        yield parts_of(EntropyLexiconBuilder(workers=workers).build(lines))


@result
def bayes(workers: int) -> Any:
    for lines in texts().values():
        yield parts_of(BayesLexiconBuilder(seed=5, workers=workers).build(lines[:250]))


@result
def teaching(workers: int) -> Any:
    raw, cut = generated()[:120], [" ".join(line) for line in cut_lines()[:40]]
    yield parts_of(BayesLexiconBuilder(seed=5, workers=workers).build(raw, examples=cut))
    yield parts_of(PmiLexiconBuilder(min_pmi=1, min_count=2, workers=workers).build(raw, examples=cut))
    yield suggest_lines(raw, words_of("generated"), 20)


@result
def vocabulary(workers: int) -> Any:
    yield parts_of(VocabularyBuilder(vocab_size=700, workers=workers).build(sample()))
    yield parts_of(VocabularyBuilder(vocab_size=900, objective="unigram", workers=workers).build(generated()))


@result
def lexicons(workers: int) -> Any:
    for name, lines in texts().items():
        yield parts_of(PhraseBuilder(min_count=3).build(lines, words_of(name)))
        yield parts_of(select_discovered(words_of(name)))
        yield bits_per_character(Tokenizer(words_of(name)), lines, 1000)
    yield parts_of(words_of("sample").merge(words_of("generated")))


@result
def templates(workers: int) -> Any:
    for name, lines in texts().items():
        tokens = Tokenizer(words_of(name)).tokenize_batch(lines[:300])
        skipgrams = TemplateMiner(method="skipgram", workers=workers).mine(tokens)
        inventory = TemplateMiner(min_fillers=3, workers=workers).mine(tokens)
        yield list(skipgrams.lines()), list(inventory.lines()), table_of(inventory)
        yield table_of(FillerCounter(inventory, workers=workers).count(tokens[:60]))
        grammar = TemplateGrammar.from_inventory(inventory)
        yield grammar.probabilities
        for line in tokens[:12]:
            yield grammar.inside(line), grammar.marginals(line)
            yield grammar.viterbi(line), grammar.sample(line, k=3, seed=7)
        for method in ("boundary", "chart"):
            trees = TemplateParser(inventory, method=method).parse_batch(tokens[:40], workers=workers)
            yield [repr(tree) for tree in trees]


@result
def tokenization(workers: int) -> Any:
    own = {"words": ["柳河的水"], "forbid": ["茶馆"]}
    choices: list[dict[str, Any]] = [{}, {"objective": "shortest"}, own, {"granularity": 1}]
    for name, lines in texts().items():
        for options in choices:
            tokenizer = Tokenizer(words_of(name), **options)
            yield tokenizer.tokenize_batch(lines, workers=workers), tokenizer.encode_batch(lines, workers=workers)
            yield [tokenizer.nbest(line[:40], 5) for line in lines[:40]]


@result
def samples(workers: int) -> Any:
    for name, lines in texts().items():
        tokenizer = Tokenizer(words_of(name))
        for alpha in (0.0, 0.2, 0.7, 1.0):
            yield tokenizer.sample_batch(lines, alpha=alpha, seed=3, k=2, workers=workers)
        edges = [(k, k + n, -1.3 * n - 0.1 * k) for k in range(9) for n in (1, 2, 3) if k + n <= 9]
        lattice = Lattice(9, *zip(*edges, strict=True))
        yield lattice.sample(0.8, seed=4, k=9), lattice.sample_distinct(6, seed=4)


@result
def marginals(workers: int) -> Any:
    for name, lines in texts().items():
        for options in ({}, {"granularity": 1}):
            tokenizer = Tokenizer(words_of(name), **options)
            for line in [*lines[:30], "".join(lines[:40])]:
                for alpha in (0.2, 1.0):
                    yield table_of(tokenizer.marginals(line, alpha=alpha)), tokenizer.log_partition(line, alpha=alpha)
                yield tokenizer.entropy(line), tokenizer.log_prob(tokenizer.tokenize(line))
        yield tokenizer.calibrate_alpha(lines[:50], 1.4)


@result
def comparison(workers: int) -> Any:
    half = len(sample()) // 2
    for measure in MEASURES:
        table = TextComparer(min_count=2, workers=workers).compare(sample()[:half], sample()[half:])
        yield table_of(table.sort(measure)), table_of(table.significant(0.5))


@result
def keywords(workers: int) -> Any:
    for name, lines in texts().items():
        for measure in ("tfidf", "g2"):
            yield table_of(KeywordExtractor(words_of(name), by=measure, workers=workers).extract(lines))
        yield table_of(find_stop_words(words_of(name), lines, workers=workers))


if __name__ == "__main__":
    for name, compute in RESULTS.items():
        print(f'    "{name}": "{compute(1)}",', flush=True)
