"""How often n-grams are pieces when a text is cut, estimated from counts alone.

Text is cut by joining: two neighbouring symbols belong to one piece if a selected n-gram holds both. An n-gram w is
therefore a piece where no selected n-gram crosses its two ends. Let J(a, b) be how often this is the case as far as
`a` symbols on its left and `b` on its right tell; counts of order O tell it for all a + b up to s = O - |w|. A wider
context is estimated as in a Markov chain:

    times(w) = J(s, 0) J(s - 1, 1) ... J(0, s) / (J(s - 1, 0) J(s - 2, 1) ... J(0, s - 1))

A selected n-gram of at most k symbols that crosses an end of w reaches at most k - 1 symbols beyond it, so that no
context above k - 1 on a side tells more, and the result is exact for n-grams of up to O - 2 (k - 1) symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from .tree import Level

    Times = npt.NDArray[np.int64]

__all__ = ["PieceExpectation"]


class PieceExpectation:
    """Estimates how often n-grams are pieces.

    Parameters
    ----------
    levels : list of Level
        A count tree in which no n-gram is missing.
    links : sequence of array
        For each order from 2, the places of its n-grams without their first symbols.
    chosen : list of array of bool
        For each order, which n-grams are selected.
    longest : int
        Length of the longest n-grams that are selected.
    """

    def __init__(
        self,
        levels: list[Level],
        links: Sequence[npt.NDArray[Any]],
        chosen: list[npt.NDArray[np.bool_]],
        longest: int,
    ) -> None:
        self._links, self._reach, self._order = links, longest - 1, len(levels)
        self._ends = [level[2].astype(np.int64) for level in levels[:-1]]
        self._counts: list[Times] = [level[1].astype(np.int64) for level in levels]
        # Occurrences at the beginning of a run, which have no symbol on their left.
        self._first = [
            self._counts[m - 1] - self._sum_extended_left(m, self._counts[m]) for m in range(1, self._order)
        ]
        self._joined = [np.zeros(len(levels[0][0]), np.uint8)]
        self._pieces = chosen[:longest]
        for n in range(2, self._order + 1):
            self._joined.append(self._join(n, chosen[n - 1]))
            if n > longest:  # a longer piece has nothing but selected n-grams of the longest length
                shorter = self._pieces[n - 2]
                self._pieces.append(shorter[self._parents(n)] & shorter[self._links[n - 2]])

    def list_pieces(self, n: int, min_count: int) -> tuple[npt.NDArray[np.uint32], Times]:
        """Return the places of the n-grams of order `n` that are pieces at least `min_count` times, and how often."""
        times = np.floor(np.where(self._pieces[n - 1], self.times(n), 0.0) + 0.5).astype(np.int64)
        places = np.flatnonzero(times >= min_count).astype(np.uint32)
        return places, times[places]

    def times(self, n: int) -> npt.NDArray[np.float64]:
        """Return how often each n-gram of order `n` is a piece, if it is selected."""
        spare = min(self._order - n, 2 * self._reach)
        if not spare:
            return self._times_at_top()
        splits = [a for a in range(spare + 1) if max(a, spare - a) <= self._reach]
        times = np.ones(len(self._counts[n - 1]))
        for a in splits:
            times *= self._count_free(n, a, spare - a)
        for a in splits[:-1]:
            shared = self._count_free(n, a, spare - 1 - a)
            times = np.where(shared > 0, times / np.maximum(shared, 1), 0.0)
        return times

    def _times_at_top(self) -> npt.NDArray[np.float64]:
        """Return how often the longest n-grams are pieces: their ends are as free as those of their parts."""
        n = self._order
        shorter = self._counts[n - 2].astype(np.float64)
        free_right = self._count_free(n - 1, 0, 1) / shorter
        free_left = self._count_free(n - 1, 1, 0) / shorter
        times: npt.NDArray[np.float64] = self._counts[n - 1].astype(np.float64)
        times *= free_left[self._parents(n)]
        times *= free_right[self._links[n - 2]]
        return times

    def _parents(self, n: int) -> npt.NDArray[np.int64]:
        """Return the places of the n-grams of order `n` without their last symbols."""
        ends = self._ends[n - 2]
        return np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))

    def _join(self, n: int, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
        """Return for each n-gram of order `n` the bits of the gaps between its symbols that are joined."""
        above = self._joined[n - 2]
        joined = above[self._parents(n)]
        joined |= above[self._links[n - 2]] << 1
        joined[chosen] |= (1 << (n - 1)) - 1
        return joined

    def _count_free(self, n: int, left: int, right: int) -> Times:
        """Return J(left, right) of the n-grams of order `n`."""
        total = self._sum_windows(self._counts, n, left, right)
        for fewer in range(left):
            total += self._sum_windows(self._first, n, fewer, right)
        return total

    def _sum_windows(self, counts: list[Times], n: int, left: int, right: int) -> Times:
        """Return J(left, right) of the occurrences that have `left` symbols on their left, counted by `counts`."""
        size = n + left + right
        total = counts[size - 1] * self._is_free(size, left, right)
        for m in range(size - 1, n + left - 1, -1):
            at_end = counts[m - 1] - self._sum_extended_right(m, counts[m])  # of a run: no further symbol
            total = self._sum_extended_right(m, total) + at_end * self._is_free(m, left, m - n - left)
        for m in range(n + left - 1, n - 1, -1):
            total = self._sum_extended_left(m, total)
        return total

    def _is_free(self, size: int, left: int, right: int) -> npt.NDArray[np.bool_]:
        """Return in which n-grams neither `left` symbols nor the last `right` ones are joined with those between."""
        gaps = (1 << (left - 1) if left else 0) | (1 << (size - right - 1) if right else 0)
        return np.asarray(self._joined[size - 1] & gaps == 0)

    def _sum_extended_right(self, m: int, values: Times) -> Times:
        """Add up values of n-grams of order `m` + 1 by their first `m` symbols."""
        sums = np.concatenate([[0], np.cumsum(values)])[self._ends[m - 1]]
        sums[1:] -= sums[:-1].copy()
        return sums

    def _sum_extended_left(self, m: int, values: Times) -> Times:
        """Add up values of n-grams of order `m` + 1 by their last `m` symbols."""
        return np.bincount(self._links[m - 1], values, len(self._counts[m - 1])).astype(np.int64)
