"""How often n-grams are pieces when a text is cut, estimated from counts alone.

Text is cut by joining: two neighbouring symbols belong to one piece if a selected n-gram holds both. An n-gram w is
therefore a piece where no selected n-gram lies across one of its two ends. Let J(a, b) be how often this is the case in
windows of `a` symbols on the left of w and `b` on its right; counts of order O tell it for all a + b up to
s = O - |w|. A wider context is estimated as in a Markov chain, from windows that are divided about evenly:

    s = 1:  J(1,0) J(0,1) / J(0,0)                    s = 3:  J(2,1) J(1,2) / J(1,1)
    s = 2:  J(2,0) J(1,1) J(0,2) / (J(1,0) J(0,1))    s = 4:  J(2,2)

and so on. Windows that are divided less evenly hardly change the result. A selected n-gram of at most k symbols that
lies across an end of w reaches at most k - 1 symbols beyond it, so that no context above k - 1 on a side tells more,
and the result is exact for n-grams of up to O - 2 (k - 1) symbols.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.counting import PieceWindows, find_parents
from .._utils.threads import in_order

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._kernels.counting import Bits, Level, Uint32

__all__ = ["PieceExpectation"]

LARGE_WINDOW = 4  # symbols, of which the sides of a window differ by one at most, and of smaller windows by two


class PieceExpectation:
    """Estimates how often n-grams are pieces.

    Parameters
    ----------
    levels : list of Level
        A count tree in which no n-gram is missing.
    links : list of array of uint32 or None
        For each order from 3, the places of its n-grams without their first symbols.
    chosen : list of array of uint8
        For each order one bit for each n-gram, the lowest first: the selected ones.
    longest : int
        Length of the longest n-grams that are selected.
    workers : int
        Threads.
    release : callable
        Called after each pass over the tree, to release mapped pages.
    """

    def __init__(
        self,
        levels: list[Level],
        links: list[Uint32 | None],
        chosen: list[Bits],
        longest: int,
        *,
        workers: int,
        release: Callable[[], object],
    ) -> None:
        self._levels, self._links, self._workers, self._release = levels, links, workers, release
        self._windows = PieceWindows(levels, links, chosen, longest)
        self._reach = longest - 1
        release()

    def list_pieces(self, n: int, min_count: int) -> tuple[Uint32, npt.NDArray[np.int64]]:
        """Return the places of the n-grams of order `n` that are pieces at least `min_count` times, and how often."""
        places = self._windows.pieces(n)
        spare = min(len(self._levels) - n, 2 * self._reach)
        expected = self._combine(n, spare, places) if spare else self._combine_at_top(places)
        times = np.floor(expected + 0.5).astype(np.int64)
        enough = times >= min_count
        return places[enough], times[enough]

    def _combine(self, n: int, spare: int, places: Uint32) -> npt.NDArray[np.float64]:
        """Combine windows of `spare` symbols around n-grams, divided about evenly between both sides."""
        uneven = 2 if spare < LARGE_WINDOW else 1
        lefts = [a for a in range(spare + 1) if max(a, spare - a) <= self._reach and abs(spare - 2 * a) <= uneven]
        windows = [(a, spare - a) for a in lefts] + [(a, spare - 1 - a) for a in lefts[:-1]]
        free = in_order(windows, lambda window: self._count_free(n, *window, places), self._workers)
        times = np.ones(len(places))
        for k, column in enumerate(free):
            if k < len(lefts):
                times *= column
            else:
                times = np.where(column > 0, times / np.maximum(column, 1.0), 0.0)
        return times

    def _combine_at_top(self, places: Uint32) -> npt.NDArray[np.float64]:
        """Return how often the longest n-grams are pieces: their ends are as free as those of their parts."""
        n = len(self._levels)
        parents = find_parents(self._levels[n - 2][2], places)
        link = self._links[n - 1]
        suffixes = self._levels[1][0][places] - np.uint32(1) if link is None else link[places]
        times = self._levels[n - 1][1][places].astype(np.float64)
        for part, window in ((parents, (1, 0)), (suffixes, (0, 1))):
            times *= self._count_free(n - 1, *window, part) / self._levels[n - 2][1][part].astype(np.float64)
        return times

    def _count_free(self, n: int, left: int, right: int, places: Uint32) -> npt.NDArray[np.float64]:
        """Return J(left, right) of n-grams of order `n`."""
        times = self._windows.count_free(n, left, right)[places].astype(np.float64)
        self._release()
        return times
