"""Count trees as arrays: parts of them are taken out, joined, and looked up in each other.

A tree is a list of levels, one for each order: the last symbol of each n-gram, further columns, and where its children
end on the next level (see `nlp_zero.counting`). A part of a tree has all beginnings of its n-grams.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._kernels import counting as kernel
from .._utils.arrays import narrow
from ..counting.levels import read_symbol_ids
from ..counting.selectable import ABSENT

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._kernels.counting import Float64, Uint32
    from ..counting.tree import Level
    from .ranges import Ids

    Counts = npt.NDArray[Any]

__all__ = [
    "Candidates",
    "JoinedCandidates",
    "NgramTree",
    "cut_tree",
    "extract_candidates",
    "find_counts",
    "find_places",
    "list_ngrams",
    "strip_first_symbols",
    "take_children",
]

NOT_CHOSEN = -np.inf


class NgramTree(NamedTuple):
    """N-grams to be looked up; on each level their last symbols, and where their children end on the next one."""

    symbols: list[Uint32]
    ends: list[Uint32]


class Candidates(NamedTuple):
    """N-grams of a count tree that may be patterns, and their beginnings; for each order their columns.

    A score is the PMI of the n-gram, or an upper bound of it; minus infinity for a mere beginning of others.
    """

    symbols: list[Uint32]
    counts: list[Counts]
    ends: list[Uint32]
    scores: list[Float64]

    def levels(self) -> list[Level]:
        """Return the levels as those of a count tree."""
        return list(zip(self.symbols, self.counts, self.ends, strict=True))


def extract_candidates(
    levels: Sequence[Level], scores: Sequence[Float64]
) -> tuple[Candidates, list[npt.NDArray[np.int64]]]:
    """Take out the n-grams that have a score, with all of their beginnings and all single symbols.

    Returns
    -------
    Candidates
    places : list of ndarray of int64
        For each order, the new place of each n-gram that was taken out.
    """
    keep = [score > NOT_CHOSEN for score in scores]
    keep[0][:] = True
    for n in range(len(levels) - 1, 1, -1):
        here = np.flatnonzero(keep[n]).astype(np.uint32)
        keep[n - 1][kernel.find_parents(levels[n - 1][2], here)] = True
    result = Candidates([], [], [], [])
    for n, (symbols, counts, ends) in enumerate(levels):
        result.symbols.append(symbols[keep[n]])
        result.counts.append(counts[keep[n]])
        result.scores.append(scores[n][keep[n]])
        result.ends.append(_count_kept(ends[keep[n]], keep[n + 1]) if n + 1 < len(levels) else ends[:0])
    return result, [np.cumsum(marks) - 1 for marks in keep]


def _count_kept(ends: npt.NDArray[Any], keep: npt.NDArray[np.bool_]) -> Uint32:
    kept = np.concatenate([[0], np.cumsum(keep, dtype=np.int64)])
    places: Uint32 = kept[ends].astype(np.uint32)
    return places


class JoinedCandidates:
    """Concatenates candidates of ranges that follow each other; n-grams at which they meet may be in both.

    Parameters
    ----------
    order : int
    """

    def __init__(self, order: int) -> None:
        self._order = order
        self.clear()

    def clear(self) -> None:
        """Drop all candidates."""
        self._columns: list[list[list[Any]]] = [[[] for _ in range(4)] for _ in range(self._order)]
        self._sizes = [0] * self._order
        self._last: list[Ids | None] = [None] * self._order

    @property
    def size(self) -> int:
        """Number of n-grams."""
        return sum(self._sizes)

    def append(self, part: Candidates) -> None:
        """Add the candidates of the next range."""
        levels = part.levels()
        for n, scores in enumerate(part.scores):
            if not len(scores):
                continue
            outer = np.array([0, len(scores) - 1])
            first, last = map(tuple, read_symbol_ids(levels, n + 1, outer).tolist())
            if first == self._last[n]:
                scores = scores.copy()
                scores[0] = max(scores[0], self._drop_last(n))
            self._last[n] = last
            part.scores[n] = scores
        for n, (symbols, counts, ends) in enumerate(levels):
            shifted = ends.astype(np.int64) + (self._sizes[n + 1] if n + 1 < self._order else 0)
            for column, values in zip(self._columns[n], (symbols, counts, shifted, part.scores[n]), strict=True):
                if len(values):
                    column.append(values)
        for n, symbols in enumerate(part.symbols):
            self._sizes[n] += len(symbols)

    def _drop_last(self, n: int) -> float:
        """Remove the last n-gram of an order, and return its score."""
        self._sizes[n] -= 1
        score = float(self._columns[n][3][-1][-1])
        for column in self._columns[n]:
            if column:  # the highest order has no ends
                column[-1] = column[-1][:-1]
                if not len(column[-1]):
                    column.pop()
        return score

    def result(self) -> Candidates:
        """Return all candidates."""
        symbols, counts, ends, scores = (
            [np.concatenate(levels[k]) if levels[k] else np.zeros(0, dtype) for levels in self._columns]
            for k, dtype in enumerate((np.uint32, np.uint64, np.int64, np.float64))
        )
        narrowed = [narrow(column.astype(np.uint64)) for column in counts]
        return Candidates(symbols, narrowed, [column.astype(np.uint32) for column in ends], scores)


def strip_first_symbols(
    symbols: Sequence[Uint32], ends: Sequence[Uint32], size: int
) -> tuple[NgramTree, list[Uint32]]:
    """Return the tree of all n-grams of a tree without their first symbols, over an alphabet of `size` symbols.

    Returns
    -------
    NgramTree
        All single symbols, and the n-grams.
    places : list of ndarray of uint32
        For each order from 2, the place that each n-gram has in that tree without its first symbol.
    """
    tree, places = NgramTree([np.arange(1, size + 1, dtype=np.uint32)], []), []
    if len(symbols) > 1:
        places.append(symbols[1] - np.uint32(1))
    for n in range(2, len(symbols)):
        parents = np.repeat(places[-1], _count_children(ends[n - 1]))
        places.append(_add_level(tree, parents, symbols[n]))
    tree.ends.append(np.zeros(0, np.uint32))
    return tree, places


def list_ngrams(ngrams: Uint32, size: int) -> tuple[NgramTree, Uint32, Uint32]:
    """Return the tree of n-grams that are closed by a 0, over an alphabet of `size` symbols.

    Returns
    -------
    NgramTree
        All single symbols, and the n-grams with their beginnings.
    lengths, places : ndarray of uint32
        Length of each n-gram, and its place among those of that length.
    """
    stops = np.flatnonzero(ngrams == 0)
    starts = np.concatenate([[0], stops[:-1] + 1]).astype(np.int64) if len(stops) else stops
    lengths = (stops - starts).astype(np.uint32)
    places = ngrams[starts] - np.uint32(1) if len(starts) else np.zeros(0, np.uint32)
    tree = NgramTree([np.arange(1, size + 1, dtype=np.uint32)], [])
    for n in range(1, int(lengths.max(initial=1))):
        here = np.flatnonzero(lengths > n)
        places[here] = _add_level(tree, places[here], ngrams[starts[here] + n])
    tree.ends.append(np.zeros(0, np.uint32))
    return tree, lengths, places


def _add_level(tree: NgramTree, parents: Uint32, symbols: Uint32) -> Uint32:
    """Add the children `symbols` of `parents`, which may be repeated, and return the place of each."""
    keys = parents.astype(np.uint64) << np.uint64(32) | symbols
    keys, places = np.unique(keys, return_inverse=True)
    size = np.arange(len(tree.symbols[-1]), dtype=np.uint64)
    tree.ends.append(np.searchsorted(keys >> np.uint64(32), size, "right").astype(np.uint32))
    tree.symbols.append(keys.astype(np.uint32))  # the lower half
    rows: Uint32 = places.ravel().astype(np.uint32)
    return rows


def cut_tree(tree: NgramTree, low: Ids, high: Ids) -> tuple[NgramTree, list[slice]]:
    """Return the n-grams from `low` to `high` with all of their beginnings, and where they are in the tree."""
    begins, stops = _find_bound(tree, low, inside=True), _find_bound(tree, high, inside=False)
    slices = [slice(begin, max(begin, stop)) for begin, stop in zip(begins, stops, strict=True)]
    ends = []
    for n, part in enumerate(slices):
        below = slices[n + 1] if n + 1 < len(slices) else slice(0, 0)
        inside = np.clip(tree.ends[n][part].astype(np.int64), below.start, below.stop) - below.start
        ends.append(inside.astype(np.uint32))
    return NgramTree([symbols[part] for symbols, part in zip(tree.symbols, slices, strict=True)], ends), slices


def _find_bound(tree: NgramTree, bound: Ids, *, inside: bool) -> list[int]:
    """Return for each order the first n-gram that is not below a bound; with `inside` one that is its beginning."""
    places: list[int] = []
    low, high, on_path = 0, len(tree.symbols[0]), True
    for n, symbols in enumerate(tree.symbols):
        place = low + int(np.searchsorted(symbols[low:high], bound[n])) if on_path else low
        at_end = n + 1 >= len(bound) or bound[n + 1] == 0
        on_path = on_path and not at_end and place < high and symbols[place] == bound[n]
        places.append(place + (on_path and not inside))
        if n + 1 < len(tree.symbols):
            low = int(tree.ends[n][place - 1]) if place else 0
            high = int(tree.ends[n][place]) if on_path else low
    return places


def find_places(tree: NgramTree, levels: Sequence[Level], size: int) -> list[Uint32]:
    """Return for each order the places that the n-grams of a tree have in a count tree; `ABSENT` for none."""
    symbols = levels[0][0]
    first = np.full(size + 1, ABSENT, np.uint32)
    first[symbols] = np.arange(len(symbols), dtype=np.uint32)
    ids, places = np.arange(size + 1, dtype=np.uint32), [first[tree.symbols[0]]]
    for n in range(1, min(len(tree.symbols), len(levels))):
        whole = levels[n][0], levels[n - 1][2]
        places.append(kernel.locate_children(tree.symbols[n], tree.ends[n - 1], places[-1], ids, *whole))
    return places


def find_counts(tree: NgramTree, levels: Sequence[Level], size: int) -> list[npt.NDArray[Any]]:
    """Return for each order the counts that the n-grams of a tree have in a count tree; 0 for those that it lacks."""
    counts = []
    for places, (_, times, _) in zip(find_places(tree, levels, size), levels, strict=False):
        found = places != ABSENT
        own = np.zeros(len(places), times.dtype)
        own[found] = times[places[found]]
        counts.append(own)
    return counts


def take_children(ends: Uint32, nodes: Uint32) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the places of the children of n-grams on the next level, and how many each has."""
    begins = np.where(nodes > 0, ends[np.maximum(nodes, 1) - 1], 0).astype(np.int64)
    sizes = ends[nodes].astype(np.int64) - begins
    offsets = np.cumsum(sizes) - sizes
    return np.arange(sizes.sum()) + np.repeat(begins - offsets, sizes), sizes


def _count_children(ends: Uint32) -> npt.NDArray[np.int64]:
    children = ends.astype(np.int64)
    children[1:] -= children[:-1].copy()
    return children
