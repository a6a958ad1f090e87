"""Numbers about each gap of a text, from n-gram counts: what the second view and the field learn from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._kernels.elementary import log
from ..._kernels.teaching import exchange_classes
from ...counting.selectable import SelectableTree
from ...errors import CorpusError

if TYPE_CHECKING:
    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]
    SymbolArray = npt.NDArray[np.uint32]

__all__ = [
    "STATISTICS",
    "GapStatistics",
    "Quantiles",
    "classify_symbols",
    "classify_words",
    "inner_gaps",
    "split_blocks",
    "spread_words",
]

STATISTICS = (
    "pmi", "log_count", "right_before", "left_before", "right_here", "left_here", "right_pair_before", "left_pair_here",
)  # fmt: skip
BLOCK_SYMBOLS = 1 << 18  # of a text that are processed at a time
PAIR_BYTES = 48  # a pair of symbols, while its statistics are computed


class GapStatistics:
    """Eight statistics of the gap before each symbol, from the n-gram counts of a corpus.

    They are the PMI and ln count of the two symbols around the gap, the branching entropies (right and left) of each
    of them, the right branching entropy of the two symbols before the gap and the left one of the two after it.

    Parameters
    ----------
    tree : SelectableTree
        Of order 3 or more.
    texts : sequence of ndarray of uint32, optional
        The texts that are measured; by default any. Of the pairs of the corpus, only those of these texts are kept.

    Raises
    ------
    CorpusError
        If the order is below 3.
    StorageError
        If the memory budget is too small.
    """

    def __init__(self, tree: SelectableTree, texts: Sequence[SymbolArray] | None = None) -> None:
        counts = tree.counts
        if counts.order < 3:
            raise CorpusError("teaching needs counts of n-grams of three symbols; use order=3 or more.")
        size = counts.types(1)
        # Numbers of pairs; those of 32 bits are found faster.
        self._kind: np.dtype[Any] = np.dtype("u4" if (size + 1) ** 2 < 1 << 32 else "u8")
        self._radix, self._total = self._kind.type(size + 1), float(counts.total(1))
        self._count = np.append(0, tree.symbol_counts()).astype(np.float64)  # by symbol id
        entropies = tree.branching_entropies(1, np.arange(size, dtype=np.uint32))
        self._left, self._right = (np.append(0, values).astype(np.float32) for values in entropies)
        wanted = None if texts is None else self._list_pairs(texts)
        most = counts.types(2) if wanted is None else len(wanted)
        tree.check_memory(PAIR_BYTES * most, f"{most:,} pairs of symbols")
        self._pairs, nodes, times = self._find_pairs(tree, wanted)
        self._pair_count = np.append(times, 1).astype(np.float64)  # the last one: a pair that the tree lacks
        entropies = tree.branching_entropies(2, nodes)
        self._pair_left, self._pair_right = (np.append(values, 0).astype(np.float32) for values in entropies)

    def measure(self, text: SymbolArray) -> Float32:
        """Return the statistics at each position of an encoded text (0 is a boundary): shape (8, positions).

        They are 0 where a symbol or a pair is not inside the run.
        """
        out = np.zeros((len(STATISTICS), len(text)), np.float32)
        for begin, end in split_blocks(text):
            self._measure_block(text[begin:end], out[:, begin:end])
        return out

    def _measure_block(self, text: SymbolArray, out: Float32) -> None:
        before, known = self._pair_up(text)
        inner = inner_gaps(text)
        key = before * self._radix + known
        place = np.searchsorted(self._pairs, key)
        if len(self._pairs):
            place[self._pairs[np.minimum(place, len(self._pairs) - 1)] != key] = len(self._pairs)
        times = self._pair_count[place]
        expected = np.maximum(self._count[before], 1.0) * np.maximum(self._count[known], 1.0)
        out[0] = log(times * self._total / expected)
        out[1] = log(times)
        out[2], out[3] = self._right[before], self._left[before]
        out[4], out[5] = self._right[known], self._left[known]
        out[:4, ~inner] = 0
        pair_right, pair_left = np.where(inner, self._pair_right[place], 0), np.where(inner, self._pair_left[place], 0)
        out[6, 1:] = np.where(inner[1:], pair_right[:-1], 0)
        out[7, :-1] = pair_left[1:]

    def _pair_up(self, text: SymbolArray) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Return the symbol before each position and the one at it; 0 for those that the tree lacks."""
        known = np.where(text < self._radix, text, 0).astype(self._kind)
        return np.append(self._kind.type(0), known[:-1]), known

    def _list_pairs(self, texts: Sequence[SymbolArray]) -> npt.NDArray[Any]:
        """Return the keys of the pairs in some texts, in order."""
        found = np.zeros(0, self._kind)
        for text in texts:
            for begin, end in split_blocks(text):
                before, known = self._pair_up(text[begin:end])
                keys = (before * self._radix + known)[(before > 0) & (known > 0)]
                found = np.sort(np.concatenate([found, keys]))  # np.union1d takes several times as long
                found = found[np.append(True, found[1:] != found[:-1])[: len(found)]]
        return found

    def _find_pairs(
        self, tree: SelectableTree, wanted: npt.NDArray[Any] | None
    ) -> tuple[npt.NDArray[Any], SymbolArray, SymbolArray]:
        """Return keys, places in the tree and counts of the pairs wanted (None: all)."""
        keys, nodes, counts = [np.zeros(0, self._kind)], [np.zeros(0, np.uint32)], [np.zeros(0, np.uint32)]
        for begin, first, second, times in tree.pairs():
            key = first.astype(self._kind) * self._radix + second.astype(self._kind)
            rows = np.arange(len(key))
            if wanted is not None:
                low, high = np.searchsorted(wanted, key[0]), np.searchsorted(wanted, key[-1], "right")
                rows = np.searchsorted(key, wanted[low:high])
                rows = rows[key[rows] == wanted[low:high]]
            keys.append(key[rows])
            nodes.append((rows + begin).astype(np.uint32))
            counts.append(times[rows])
        return np.concatenate(keys), np.concatenate(nodes), np.concatenate(counts)


def split_blocks(text: SymbolArray) -> Iterator[tuple[int, int]]:
    """Yield begin and end of parts of a text, each of whole runs."""
    ends = np.flatnonzero(text == 0) + 1
    begin = 0
    while begin < len(text):
        k = int(np.searchsorted(ends, begin + BLOCK_SYMBOLS))
        end = int(ends[k]) if k < len(ends) else len(text)
        yield begin, end
        begin = end


def inner_gaps(text: SymbolArray) -> npt.NDArray[np.bool_]:
    """Return for each position whether it and the one before are symbols (not boundaries)."""
    inner = text > 0
    inner[1:] &= text[:-1] > 0
    inner[:1] = False
    return inner


class Quantiles:
    """Bins of about equal size for some numbers.

    Parameters
    ----------
    values : iterable of ndarray
        What the bins are made for: one row for each kind of number.
    bins : int
        Number of bins.
    """

    def __init__(self, values: Iterable[npt.NDArray[np.floating]], bins: int = 10) -> None:
        self._edges = [np.quantile(row, np.arange(1, bins) / bins) if len(row) else np.zeros(0) for row in values]

    def assign(self, values: npt.NDArray[np.floating]) -> SymbolArray:
        """Return the bin of each number: shape (numbers, positions)."""
        places = np.zeros(values.shape, np.uint8)
        for place, row, edges in zip(places, values, self._edges, strict=True):
            exact = row.astype(np.float64)
            for edge in edges:  # few enough to compare all with each number, without a branch
                place += exact > edge
        return places.astype(np.uint32)


def classify_symbols(text: SymbolArray, size: int, classes: int, passes: int) -> SymbolArray:
    """Return exchange classes of the symbols with ids up to `size`; 0 and symbols that do not occur have the last one.

    Parameters
    ----------
    text : ndarray of uint32
        Encoded text; 0 is a boundary.
    size, classes, passes : int
        Number of symbols, of classes, and of passes over all symbols.
    """
    return _classify(text, np.bincount(text, minlength=size + 1), classes, passes, least=1)


def classify_words(ids: SymbolArray, words: int, classes: int, passes: int) -> SymbolArray:
    """Return exchange classes of the words with ids up to `words` in a sequence; 0 is a boundary.

    Words that occur once have the last class.
    """
    return _classify(ids, np.bincount(ids, minlength=words + 1), classes, passes, least=2)


def _classify(tokens: SymbolArray, times: npt.NDArray[np.int64], classes: int, passes: int, least: int) -> SymbolArray:
    times[0] = 0
    order = np.argsort(-times, kind="stable")
    order = order[times[order] >= least]
    out = np.full(len(times), classes, np.uint32)
    if len(order):
        number = np.full(len(times), 0xFFFFFFFF, np.uint32)
        number[order] = np.arange(len(order), dtype=np.uint32)
        out[order] = exchange_classes(number[tokens], len(order), classes, passes)
    return out


def spread_words(length: npt.NDArray[np.integer]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return where the word that holds each position begins, and its length; a boundary begins one of length 0.

    Parameters
    ----------
    length : ndarray of int
        Length of the word that begins at each position, else 0.
    """
    positions = np.arange(len(length))
    start = np.maximum.accumulate(np.where(length > 0, positions, -1))
    inside = (start >= 0) & (positions - start < length[start])
    start = np.where(inside, start, positions)
    return start, np.where(inside, length[start], 0).astype(np.int64)
