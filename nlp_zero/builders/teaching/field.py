"""A conditional random field over B M E S: how it reads a text, learns from examples, and cuts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._kernels.elementary import log
from ..._kernels.teaching import ContextMeans, Dictionary, Field
from ..._utils.arrays import release
from ..._utils.threads import for_each
from .columns import (
    STATISTICS,
    GapStatistics,
    Quantiles,
    classify_symbols,
    classify_words,
    inner_gaps,
    spread_words,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]
    SymbolArray = npt.NDArray[np.uint32]

__all__ = ["Evidence", "FieldReader", "PooledMeans", "apply_field", "find_runs", "logit", "train_field"]

SYMBOL_CLASSES, SYMBOL_PASSES = (64, 256), (5, 3)  # a coarse and a fine clustering
WORD_CLASSES, WORD_PASSES = 64, 6
HASHED_SYMBOLS = 8  # of a word; longer words that begin alike and are equally long are one to the field
LEAST_PROBABILITY = 1e-4  # of a word that begins; a logit is at most 9.2
LOG_ODDS = np.array([-8, -5, -3, -1.5, -0.5, 0.5, 1.5, 3, 5, 8], np.float32)  # limits of bins, nats
LONGEST_LENGTH = 15  # of words in columns
CONTEXTS = ((-1, 0), (-2, 0), (-1, 1), (-2, 1), (-2, 2))  # first and last symbol around a gap, see PooledMeans
UNDEFINED_BIN = 15
EPOCHS, RATE = 8, 0.05
HASH_BITS = 20
PRIME = np.uint64(0x9E3779B97F4A7C15)

# Features by names of columns and offsets.
# b statistics; p the sampler's probability; q pooled means; d what the known words say
# w length and offset of the word that holds a symbol; i its identity; s its class; v whether the symbol is no start
# z class of the sampler's last word; y whether one begins; k, K classes of symbols; c the symbol itself
TEMPLATES = """
b0 | b1 | b2 | b3 | b4 | b5 | b6 | b7
p-1 | p | p+1 | q0 | q1 | q2 | q3 | q4
w-1 w | i w | i-1 w-1 | s v | s-1 v | s-1 s v
z y | z-1 y | z-1 z y
d0 | d1 | d2 | d0 d1 d2
k-1 | k | k-1 k | k k+1 | k-2 k-1 | k-1 k k+1 | k-2 k-1 k | K | K-1 | K-1 K | c k-1 | c-1 k
c-2 | c-1 | c | c+1 | c+2 | c-2 c-1 | c-1 c | c c+1 | c+1 c+2 | c-1 c+1 | c-2 c-1 c | c-1 c c+1 | c c+1 c+2
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A text with what an unsupervised builder says about it.

    Attributes
    ----------
    text : ndarray of uint32
        Encoded text; 0 is a boundary.
    length : ndarray of int
        Length of the word that begins at each position, else 0.
    begins : ndarray of float32, optional
        The sampler's probability that a word begins at each position.
    last_length, last_class : ndarray of uint8, optional
        The sampler's last segmentation, and the class of each of its words.
    """

    text: SymbolArray
    length: npt.NDArray[np.integer]
    begins: Float32 | None = None
    last_length: npt.NDArray[np.uint8] | None = None
    last_class: npt.NDArray[np.integer] | None = None

    def take(self, places: npt.NDArray[np.int64]) -> Evidence:
        """Return the evidence at some positions."""
        parts = (self.text, self.length, self.begins, self.last_length, self.last_class)
        return Evidence(*(None if part is None else part[places] for part in parts))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of whole numbers about a text.

    Attributes
    ----------
    names : tuple of str
        Names of the columns, see `TEMPLATES`.
    table : ndarray of uint32
        Shape (columns, positions).
    """

    names: tuple[str, ...]
    table: SymbolArray

    @property
    def text(self) -> SymbolArray:
        """The encoded text."""
        return np.asarray(self.table[self.names.index("c")])


def find_runs(text: SymbolArray) -> npt.NDArray[np.uint64]:
    """Return begin and end of each run of symbols: shape (runs, 2)."""
    inside = np.concatenate([[False], text > 0, [False]])
    change = np.flatnonzero(inside[1:] != inside[:-1])
    return change.reshape(-1, 2).astype(np.uint64)


class FieldReader:
    """Turns texts into columns of whole numbers, from which the field computes its features.

    Classes of symbols and words, and the limits of bins, are those of the reference text.

    Parameters
    ----------
    statistics : GapStatistics
        Of the whole corpus.
    symbols : int
        Number of symbols of the alphabet.
    reference : Evidence
        A large part of the corpus.
    known_words : ndarray of uint32, optional
        Words of a word list (symbols end to end, each closed by a 0).
    measured : sequence of ndarray of float32, optional
        The statistics of the gaps of the reference text, if they are known.
    workers : int, default 1
        Threads; they never change a result.
    """

    def __init__(
        self,
        statistics: GapStatistics,
        symbols: int,
        reference: Evidence,
        known_words: SymbolArray | None = None,
        *,
        measured: Sequence[Float32] | None = None,
        workers: int = 1,
    ) -> None:
        self._statistics, self._symbols = statistics, symbols
        self._dictionary = None if known_words is None else Dictionary(known_words)
        text = reference.text
        inner = inner_gaps(text)
        self._classes: dict[int, SymbolArray] = {}

        def find_bins() -> None:
            parts = [statistics.measure(text)] if measured is None else measured

            def read_row(k: int) -> Float32:  # one at a time, and no page of mapped statistics is kept
                row = np.concatenate([part[k] for part in parts])[inner]
                for part in parts:
                    release(part)
                return row

            self._bins = Quantiles(map(read_row, range(len(STATISTICS))))

        def find_classes(size: int, passes: int) -> None:
            self._classes[size] = np.append(classify_symbols(text, symbols, size, passes), np.uint32(size))

        jobs: list[Callable[[], None]] = [find_bins]  # the longest one first
        jobs += [partial(find_classes, *each) for each in zip(SYMBOL_CLASSES[::-1], SYMBOL_PASSES[::-1], strict=True)]
        for_each(jobs, lambda job: job(), workers)
        self._reference = reference

    @cached_property
    def _word_classes(self) -> tuple[npt.NDArray[np.uint64], SymbolArray]:
        """The words of the reference text, sorted, and their classes; only `read` needs them."""
        reference = self._reference
        begins = (reference.length > 0) | (reference.text == 0)
        start, length = spread_words(reference.length)
        identity = np.where(reference.text > 0, _hash_words(reference.text, start, length), np.uint64(0))
        words, ids = np.unique(identity[begins], return_inverse=True)
        if len(words) and words[0]:  # no boundary inside
            words, ids = np.append(np.uint64(0), words), ids + 1
        return words, classify_words(ids.astype(np.uint32), len(words) - 1, WORD_CLASSES, WORD_PASSES)

    def read_text(self, text: SymbolArray, measured: Float32) -> Columns:
        """Return the columns that no builder has a part in; `measured` are the statistics of its gaps."""
        return _stack(self._describe_text(text, measured))

    def read(self, evidence: Evidence, pooled: SymbolArray | None = None) -> Columns:
        """Return all columns of a text; `pooled` are those of `PooledMeans`."""
        measured = self._statistics.measure(evidence.text)
        columns = self._describe_text(evidence.text, measured) | self._describe_words(evidence)
        if self._dictionary is not None:
            found = np.minimum(self._dictionary.find(evidence.text), LONGEST_LENGTH)
            columns |= {f"d{k}": row for k, row in enumerate(found)}
        if pooled is not None:
            columns |= {f"q{k}": row for k, row in enumerate(pooled)}
        return _stack(columns)

    def _describe_text(self, text: SymbolArray, measured: Float32) -> dict[str, npt.NDArray[Any]]:
        known = np.minimum(text, self._symbols + 1)
        columns = {f"b{k}": row for k, row in enumerate(self._bins.assign(measured))}
        coarse, fine = (self._classes[size][known] for size in SYMBOL_CLASSES)
        return {**columns, "k": coarse, "K": fine, "c": text}

    def _describe_words(self, evidence: Evidence) -> dict[str, npt.NDArray[Any]]:
        text = evidence.text
        start, length = spread_words(evidence.length)
        identity = _hash_words(text, start, length)
        words, word_classes = self._word_classes
        place = np.minimum(np.searchsorted(words, identity), max(len(words) - 1, 0))
        classes = np.where(words[place] == identity, word_classes[place], np.uint32(WORD_CLASSES))
        offset = np.arange(len(text)) - start
        columns: dict[str, npt.NDArray[Any]] = {}
        if evidence.begins is not None:
            columns["p"] = np.searchsorted(LOG_ODDS, logit(evidence.begins)).astype(np.uint32)
        columns["w"] = (np.minimum(length, LONGEST_LENGTH) * 16 + np.minimum(offset, LONGEST_LENGTH)).astype(np.uint32)
        columns |= {"i": (identity >> np.uint64(32)).astype(np.uint32), "s": classes, "v": np.minimum(offset, 1)}
        if evidence.last_length is not None and evidence.last_class is not None:
            last, _ = spread_words(evidence.last_length)
            columns |= {"z": evidence.last_class[last], "y": last == np.arange(len(text))}
        return columns


class PooledMeans:
    """What a field says of a gap on average, over all places of a text with the same symbols around it.

    Parameters
    ----------
    texts : list of (ndarray of uint32, ndarray of float32, ndarray of uint8)
        Encoded texts, the probability that a word begins at each position, and which positions are left out: those
        that the field has learnt from.
    """

    def __init__(self, texts: list[tuple[SymbolArray, Float32, npt.NDArray[np.uint8]]]) -> None:
        self._means = [ContextMeans(first, last) for first, last in CONTEXTS]
        for text, begins, skipped in texts:
            for means in self._means:
                means.add(text, begins, skipped)
        text = texts[0][0]
        self._bins = [Quantiles(row[None, row >= 0]) for row in self._measure(text)]

    def _measure(self, text: SymbolArray) -> list[Float32]:
        return [means.mean(text) for means in self._means]

    def read(self, text: SymbolArray) -> SymbolArray:
        """Return one column for each kind of context: shape (5, positions)."""
        rows = self._measure(text)
        columns = [bins.assign(row[None])[0] for bins, row in zip(self._bins, rows, strict=True)]
        undefined = np.uint32(UNDEFINED_BIN)
        return np.stack([np.where(row < 0, undefined, column) for row, column in zip(rows, columns, strict=True)])


def apply_field(field: Field, columns: Columns) -> Float32:
    """Return the probability that a word begins at each position; 1 at boundaries."""
    out = np.ones(len(columns.text), np.float32)
    field.begins(columns.table, find_runs(columns.text), out)
    return out


def train_field(
    columns: Columns,
    allowed: npt.NDArray[np.uint8],
    *,
    runs: npt.NDArray[np.uint64] | None = None,
    epochs: int = EPOCHS,
    rate: float = RATE,
) -> Field:
    """Learn a field from a text whose tags are known in part.

    Parameters
    ----------
    columns : Columns
        What `FieldReader.read` returns.
    allowed : ndarray of uint8
        The set of tags that is allowed at each position, bits B, M, E, S.
    runs : ndarray of uint64, optional
        Begin and end of the runs to learn from; by default all.
    epochs : int
        Passes over the runs.
    rate : float
        Step size of AdaGrad.
    """
    field = Field(_number_templates(columns.names), HASH_BITS)
    runs = find_runs(columns.text) if runs is None else runs
    field.learn(columns.table, runs, allowed, epochs=epochs, rate=rate)
    return field


def _number_templates(names: tuple[str, ...]) -> list[list[tuple[int, int]]]:
    """Return the features whose columns are there, by numbers of columns, and a constant one."""
    templates: list[list[tuple[int, int]]] = [[]]
    for template in TEMPLATES.replace("\n", "|").split("|"):
        terms = []
        for term in template.split():
            name, sign = term, 0
            for mark in "+-":
                if mark in term:
                    name, offset = term.split(mark)
                    sign = int(mark + offset)
            terms.append((name, sign))
        if terms and all(name in names for name, _ in terms):
            templates.append([(names.index(name), offset) for name, offset in terms])
    return templates


def _stack(columns: dict[str, npt.NDArray[Any]]) -> Columns:
    table = np.empty((len(columns), len(columns["c"])), np.uint32)
    for row, column in zip(table, columns.values(), strict=True):
        row[:] = column
    return Columns(tuple(columns), table)


def _hash_words(
    text: SymbolArray, start: npt.NDArray[np.int64], length: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint64]:
    """Return a number for the word that holds each position; the same word has the same one everywhere, none 0."""
    out = length.astype(np.uint64) + np.uint64(1)
    for offset in range(min(HASHED_SYMBOLS, int(length.max(initial=0)))):
        more = np.flatnonzero(offset < length)  # a shorter word has the same number whatever else is in the text
        longer = (out[more] ^ text[start[more] + offset].astype(np.uint64)) * PRIME
        out[more] = longer ^ longer >> np.uint64(29)
    return out


def logit(probability: Float32) -> Float32:
    """Return the log odds (nats) of probabilities, which are kept away from 0 and 1."""
    p = np.clip(probability.astype(np.float64), LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    return log(p / (1 - p)).astype(np.float32)
