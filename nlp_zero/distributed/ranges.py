"""Ranges of n-grams: where a sorted count is divided among the tasks of a cluster.

A range begins at a *cut*: the symbols of an n-gram, as many as are needed. A frequent symbol is therefore divided among
several ranges, and so is a frequent pair. The n-grams that a cut begins with (for 的|人|民: 的 and 的人) may be in the
ranges on both sides of it, each with a part of its count; these are *edges* of the ranges, the first or the last n-gram
of their length.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._utils.arrays import narrow
from ..counting.levels import prune_levels, read_symbol_ids

if TYPE_CHECKING:
    from ..counting.tree import Level

    Cut = tuple[Any, ...]
    """The symbols at which a range begins."""
    Ids = tuple[int, ...]
    """An n-gram, given by its symbol ids."""
    Range = tuple[list[Any], list[int], list[Level]]
    """All symbols, the number of n-grams of each order, and the levels of one range of a count tree."""

__all__ = ["SharedEdges", "add_edges", "choose_cuts", "close_edges", "find_bound", "find_repeated", "list_edges"]


def choose_cuts(levels: Sequence[Level], symbols: Sequence[Any], ranges: int) -> list[Cut]:
    """Choose where ranges of about the same number of positions begin, except for the first one.

    A cut has no more symbols than it needs for ranges of at most twice their share of the positions. There are fewer
    cuts if n-grams of the highest order are too frequent to be divided.

    Parameters
    ----------
    levels : list of Level
        A count tree of all n-grams of a sample.
    symbols : sequence
        Its symbols.
    ranges : int
        At most this many.

    Returns
    -------
    list of tuple
        Rising.
    """
    sums = [np.cumsum(counts, dtype=np.int64) for _, counts, _ in levels]
    total = int(sums[0][-1]) if len(sums[0]) else 0
    goals = [total * k // ranges for k in range(1, ranges)]
    cuts = {_cut_near(levels, symbols, sums, goal, -(-total // ranges)) for goal in goals}
    return sorted(cut for cut in cuts if cut)


def _cut_near(levels: Sequence[Level], symbols: Sequence[Any], sums: list[Any], goal: int, size: int) -> Cut:
    """Return the cut that has about `goal` positions before it, and divides only n-grams with more than `size`."""
    cut: Cut = ()
    low, high, begin = 0, len(sums[0]), 0  # the children of the last symbol of the cut, and the positions before them
    for n, (ids, counts, ends) in enumerate(levels):
        before = begin - (int(sums[n][low - 1]) if low else 0)
        place = min(low + int(np.searchsorted(sums[n][low:high], goal - before, "right")), high - 1)
        stop = before + int(sums[n][place])
        begin = stop - int(counts[place])
        if n + 1 == len(levels) or counts[place] <= size or len(ends) == 0:
            place += goal - begin > stop - goal and place + 1 < high
            return (*cut, symbols[ids[place] - 1])
        cut = (*cut, symbols[ids[place] - 1])
        low, high = int(ends[place - 1]) if place else 0, int(ends[place])
        if low == high:
            break
        children = int(sums[n + 1][high - 1]) - (int(sums[n + 1][low - 1]) if low else 0)
        begin = stop - children  # positions at the end of a run of text have no child
    return cut


def find_bound(symbols: Sequence[Any], cut: Cut, order: int) -> Ids:
    """Return the least n-gram of some sorted symbols that is not below a cut: `order` ids, with zeros at the end."""
    ids: list[int] = []
    for symbol in cut:
        place = bisect_left(symbols, symbol)
        ids.append(place + 1)
        if place == len(symbols) or symbols[place] != symbol:
            break
    return (*ids, *(0,) * (order - len(ids)))


def list_edges(levels: Sequence[Level]) -> dict[Ids, int]:
    """Return the n-grams that other ranges may have, too, with their counts in this range."""
    edges = {}
    for n, (symbols, counts, _) in enumerate(levels, 1):
        for place in {0, len(symbols) - 1} if len(symbols) else set():
            edges[_read_ids(levels, n, place)] = int(counts[place])
    return edges


class SharedEdges(NamedTuple):
    """The edges of a range that other ranges have, too.

    Attributes
    ----------
    totals : dict
        Their counts in all ranges.
    earlier, later : set
        Those that an earlier or a later range has.
    """

    totals: dict[Ids, int]
    earlier: set[Ids]
    later: set[Ids]


def add_edges(edges: Sequence[dict[Ids, int]]) -> list[SharedEdges]:
    """Add up the counts of the edges of all ranges, in order."""
    sums: Counter[Ids] = Counter()
    first: dict[Ids, int] = {}
    last: dict[Ids, int] = {}
    for number, counts in enumerate(edges):
        sums.update(counts)
        for ids in counts:
            first.setdefault(ids, number)
        last |= dict.fromkeys(counts, number)
    return [
        SharedEdges(
            {ids: sums[ids] for ids in counts if first[ids] < last[ids]},
            {ids for ids in counts if first[ids] < number},
            {ids for ids in counts if last[ids] > number},
        )
        for number, counts in enumerate(edges)
    ]


def find_repeated(levels: Sequence[Level], earlier: set[Ids]) -> list[bool]:
    """Return for each order whether the first n-gram is one of those that an earlier range has, too."""
    return [bool(len(level[0])) and _read_ids(levels, n, 0) in earlier for n, level in enumerate(levels, 1)]


def close_edges(
    levels: Sequence[Level], totals: dict[Ids, int], min_count: int, *, later: set[Ids] | None = None
) -> list[Level]:
    """Return the levels of a range with the counts that its edges have in all ranges, and without rare n-grams.

    Parameters
    ----------
    levels : list of Level
        The n-grams of the range.
    totals : dict
        Counts of the edges that several ranges have.
    min_count : int
        N-grams of two or more symbols that occur fewer times are left out.
    later : set, optional
        Edges that a later range has, too. They are left out, but not the n-grams that begin with them: such ranges,
        concatenated, are a tree. By default, the edges keep the part of their count that this range has.

    Returns
    -------
    list of Level
    """
    summed = []
    for n, (symbols, counts, ends) in enumerate(levels, 1):
        sums = counts.astype(np.uint64)
        for place in {0, len(symbols) - 1} if len(symbols) else set():
            sums[place] = totals.get(_read_ids(levels, n, place), int(counts[place]))
        summed.append((symbols, narrow(sums), ends))
    pruned, keeps = prune_levels(summed, min_count)
    if later is None:
        own = zip(pruned, levels, keeps, strict=True)
        return [(symbols, counts[keep], ends) for (symbols, _, ends), (_, counts, _), keep in own]
    return [_leave_out(pruned, n, later) for n in range(1, len(pruned) + 1)]


def _leave_out(levels: Sequence[Level], n: int, later: set[Ids]) -> Level:
    symbols, counts, ends = levels[n - 1]
    if not len(symbols) or _read_ids(levels, n, len(symbols) - 1) not in later:
        return symbols, counts, ends
    return symbols[:-1], counts[:-1], ends[:-1]


def _read_ids(levels: Sequence[Level], n: int, place: int) -> Ids:
    return tuple(read_symbol_ids(levels, n, np.array([place]))[0].tolist())
