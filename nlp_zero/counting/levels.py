"""Reading the levels of a count tree: n-grams are looked up, read back, ranked and left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.arrays import narrow, release

if TYPE_CHECKING:
    import numpy.typing as npt

    from .tree import Level

__all__ = ["find_largest", "find_ngram", "prune_levels", "read_symbol_ids", "truncate_levels"]

LOOKUP_NODES = 1 << 14  # n-grams that are looked up before pages of mapped arrays are given back
RANKED_NODES = 1 << 20  # n-grams that are sorted by count at a time


def find_ngram(levels: Sequence[Level], ids: Sequence[int] | npt.NDArray[np.uint32]) -> int | None:
    """Return the place of an n-gram, given by its symbol ids, among those of its order; None if it is not listed."""
    low, high = 0, len(levels[0][0])
    at = 0
    for n, symbol in enumerate(ids):
        symbols, _, ends = levels[n]
        at = low + int(np.searchsorted(symbols[low:high], symbol))
        if at == high or symbols[at] != symbol:
            return None
        if n + 1 < len(ids):
            low, high = int(ends[at - 1]) if at else 0, int(ends[at])
    return at


def read_symbol_ids(levels: Sequence[Level], n: int, nodes: npt.NDArray[Any]) -> npt.NDArray[np.uint32]:
    """Return the symbol ids, shape (nodes, n), of the n-grams at places `nodes` of order `n`."""
    table = np.zeros((len(nodes), n), np.uint32)
    for begin in range(0, len(nodes), LOOKUP_NODES):
        at = nodes[begin : begin + LOOKUP_NODES]
        for level in range(n - 1, -1, -1):
            symbols, _, _ = levels[level]
            table[begin : begin + LOOKUP_NODES, level] = symbols[at]
            if level:
                ends = levels[level - 1][2]
                at = np.searchsorted(ends, at.astype(ends.dtype), side="right")
        if len(at) == LOOKUP_NODES:  # else there are few pages
            for symbols, _, ends in levels[:n]:
                release(symbols)
                release(ends)
    return table


def find_largest(numbers: npt.NDArray[Any], size: int) -> npt.NDArray[np.int64]:
    """Return the places of the largest numbers, largest first; ties: the first places.  Reads piece by piece."""
    places, values = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for begin in range(0, len(numbers), RANKED_NODES):
        chunk = numbers[begin : begin + RANKED_NODES].astype(np.int64)
        # An equal number that comes later is not among the largest.
        new = np.flatnonzero(chunk > values[-1]) if 0 < len(values) == size else np.arange(len(chunk))
        places, values = np.append(places, begin + new), np.append(values, chunk[new])
        order = np.argsort(-values, kind="stable")[:size]
        places, values = places[order], values[order]
    return places


def prune_levels(levels: Sequence[Level], min_count: int) -> tuple[list[Level], list[npt.NDArray[np.bool_]]]:
    """Return levels without n-grams of two or more symbols that occur fewer times, and which n-grams were kept."""
    # The beginning of an n-gram occurs at least as often, so this stays a tree.
    keeps = [(counts >= min_count) | (n == 0) for n, (_, counts, _) in enumerate(levels)]
    pruned: list[Level] = []
    for n, (symbols, counts, ends) in enumerate(levels):
        if n + 1 < len(levels):
            survivors = np.concatenate([[0], np.cumsum(keeps[n + 1], dtype=np.uint64)])
            ends = narrow(survivors[ends[keeps[n]]])
        pruned.append((symbols[keeps[n]], narrow(counts[keeps[n]]), ends))
    return pruned, keeps


def truncate_levels(levels: Sequence[Level], order: int) -> list[Level]:
    """Return levels without n-grams of more than `order` symbols."""
    symbols, counts, ends = levels[order - 1]
    return [*levels[: order - 1], (symbols, counts, ends[:0])]
