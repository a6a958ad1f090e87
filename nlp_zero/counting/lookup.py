"""Counts and periods of many n-grams at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.counting import Alphabet, find_ngrams
from .counts import NgramCounts, alphabet_of, history_of, levels_of
from .history import ABSENT

if TYPE_CHECKING:
    import numpy.typing as npt

    from .tree import Level

    Int64 = npt.NDArray[np.int64]

__all__ = ["look_up_counts", "look_up_periods"]

MISSING = 1 << 32  # number of a symbol that the counts lack; no symbol id is as large


def look_up_counts(counts: NgramCounts, words: Sequence[str]) -> tuple[Int64, Int64]:
    """Look up how often words occur as strings.

    Parameters
    ----------
    counts : NgramCounts
        Of characters.
    words : sequence of str

    Returns
    -------
    times : ndarray of int64
        The count of each word; 0 if it does not occur, or cannot be counted.
    symbols : ndarray of int64
        Number of symbols of each word; 0 if it has a boundary, or more symbols than the n-grams that were counted.

    Examples
    --------
    >>> from nlp_zero import NgramCounter
    >>> counts = NgramCounter(order=2).update(["中国人，中国"]).freeze()
    >>> times, symbols = look_up_counts(counts, ["中国", "国中", "人，", "中国人"])
    >>> times.tolist(), symbols.tolist()
    ([2, 0, 0, 0], [2, 2, 0, 0])
    """
    table = np.zeros((len(words), counts.order), np.int64)
    symbols = np.zeros(len(words), np.int64)
    own = Alphabet(alnum=counts.alnum)  # also of the symbols that the counts lack
    own.encode("\n".join(words), grow=True)
    lengths = [len(symbol) for symbol in own.symbols]
    for row, word in enumerate(words):
        ids = own.encode(word)[:-1]
        if 0 < len(ids) <= counts.order and 0 not in ids and sum(lengths[k - 1] for k in ids.tolist()) == len(word):
            table[row, : len(ids)] = ids
            symbols[row] = len(ids)
    number = dict(zip(counts.symbols, range(1, len(counts.symbols) + 1), strict=True))
    renumbered = np.array([0, *(number.get(symbol, MISSING) for symbol in own.symbols)], np.int64)
    return _descend(levels_of(counts), renumbered[table], symbols), symbols


def _descend(levels: Sequence[Level], table: Int64, lengths: Int64) -> Int64:
    """Return the counts of n-grams, given as rows of symbol ids, by a binary search on each level."""
    result = np.zeros(len(table), np.int64)
    rows = np.flatnonzero(lengths)
    low, high = np.zeros(len(rows), np.int64), np.full(len(rows), len(levels[0][0]))
    for n, (symbols, times, ends) in enumerate(levels):
        if not len(rows):
            break
        at = _search(symbols, table[rows, n], low, high)
        found = at < high
        found[found] = symbols[at[found]] == table[rows[found], n]
        rows, at = rows[found], at[found]
        last = lengths[rows] == n + 1
        result[rows[last]] = times[at[last]]
        rows, at = rows[~last], at[~last]
        if len(rows):
            low, high = np.where(at > 0, ends[at - 1], 0).astype(np.int64), ends[at].astype(np.int64)
    return result


def _search(symbols: npt.NDArray[np.uint32], wanted: Int64, low: Int64, high: Int64) -> Int64:
    """Return, for each range of rising symbols, the first place whose symbol is not less than the wanted one."""
    low, high = low.copy(), high.copy()
    while len(open_ := np.flatnonzero(low < high)):
        middle = (low[open_] + high[open_]) // 2
        less = symbols[middle] < wanted[open_]
        low[open_[less]] = middle[less] + 1
        high[open_[~less]] = middle[~less]
    return low


def look_up_periods(
    counts: NgramCounts, words: Sequence[str]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the first and last periods of words; NaN where they are not known, as for words that are too long."""
    first, last = np.full((2, len(words)), np.nan)
    encoded = alphabet_of(counts).encode("\n".join(words))
    node, length = find_ngrams(levels_of(counts), encoded, len(words))
    for n in range(1, counts.order + 1):
        rows = np.flatnonzero((length == n) & (node != ABSENT))
        first[rows], last[rows] = history_of(counts).look_up(n, node[rows])
    return first, last
