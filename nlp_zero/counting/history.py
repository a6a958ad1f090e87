"""What was counted and when: fingerprints of files, and the first and the last period in which each n-gram occurred.

Periods are whole numbers such as 2024 or 202401. For each n-gram, one number of 32 bits holds the places of its first
and last period in the list of periods, from 1, in its upper and lower half; 0 is text that was counted without a
period. These arrays exist only if not all of the text is of one period.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels.counting import locate_children
from .._utils.arrays import ArrayStore, release, scan
from .._utils.validation import check_integer
from ..corpus import Corpus, fingerprint_files
from ..errors import CorpusError

if TYPE_CHECKING:
    import numpy.typing as npt

    from .tree import Level

    Uint32 = npt.NDArray[np.uint32]

__all__ = ["ABSENT", "NO_HISTORY", "CountHistory", "Counted", "check_period", "unite_files", "unite_histories"]

MOST_PERIODS = (1 << 16) - 1
MOST_PERIOD = 99_991_231  # the day 9999-12-31
HALF = 16  # bits
LOWER = np.uint32((1 << HALF) - 1)
ABSENT = 0xFFFFFFFF  # place of an n-gram that was left out
STEP_NODES = 1 << 20  # n-grams that are located before pages are released


def check_period(period: object) -> int:
    """Return a period if it is a year, or a month or day that exists.

    Raises
    ------
    ValueError
        If it is not.

    Examples
    --------
    >>> check_period(20240230)
    Traceback (most recent call last):
    ValueError: period must be a year, a month or a day, such as 2024, 202401 or 20240131, not 20240230.
    """
    from datetime import date

    number = check_integer("period", period, most=MOST_PERIOD)
    digits = str(number)
    try:
        if number > date.max.year:
            date.fromisoformat(digits + "01" * (len(digits) == len("202401")))
    except ValueError:
        raise ValueError(
            f"period must be a year, a month or a day, such as 2024, 202401 or 20240131, not {number}."
        ) from None
    return number


def _no_files() -> npt.NDArray[np.uint64]:
    return np.zeros(0, np.uint64)


@dataclass(frozen=True)
class CountHistory:
    """The files and periods of some counts.

    Parameters
    ----------
    files : array of uint64
        Fingerprints of the files, rising.
    periods : tuple of int
        Rising.
    seen : tuple of array of uint32
        For each order, the first and last periods of its n-grams; empty if all of the text is of one period or none.
    """

    files: npt.NDArray[np.uint64] = field(default_factory=_no_files)
    periods: tuple[int, ...] = ()
    seen: tuple[Uint32, ...] = ()

    def keep(self, chosen: Sequence[npt.NDArray[np.bool_]]) -> CountHistory:
        """Return the history of the chosen n-grams of each order."""
        seen = tuple(array[mask] for array, mask in zip(self.seen, chosen, strict=True)) if self.seen else ()
        return CountHistory(self.files, self.periods, seen)

    def truncate(self, order: int) -> CountHistory:
        """Return the history of the n-grams of at most `order` symbols."""
        return CountHistory(self.files, self.periods, self.seen[:order])

    def look_up(self, n: int, nodes: npt.NDArray[Any]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return the first and last periods of n-grams of order `n`; NaN where they are not known."""
        values = np.array([np.nan, *self.periods])
        if self.seen:
            both = self.seen[n - 1][nodes]
            return values[both >> HALF], values[both & LOWER]
        one = np.full(len(nodes), values[-1])
        return one, one

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays to save, by name."""
        files = {"files": self.files} if len(self.files) else {}
        return files | {f"seen{n}": array for n, array in enumerate(self.seen, 1)}

    @classmethod
    def of_corpora(cls, corpora: Iterable[Corpus], periods: tuple[int, ...] = ()) -> CountHistory:
        """Return the history of text that is of one period, or of none."""
        codes = {code for corpus in corpora for code in fingerprint_files(corpus).values()}
        return cls(np.array(sorted(codes), np.uint64), periods)

    @classmethod
    def of_arrays(cls, arrays: dict[str, Any], periods: object, sizes: Sequence[int]) -> CountHistory:
        """Read what `arrays` returned.

        Raises
        ------
        ValueError
            If the values make no sense.
        """
        files = np.asarray(arrays.get("files", _no_files()))
        if files.dtype != np.uint64 or not bool((files[1:] > files[:-1]).all()):
            raise ValueError("the array files is damaged")
        if not isinstance(periods, list) or not all(isinstance(x, int) for x in periods):
            raise ValueError("the periods are not whole numbers")
        if any(x >= y for x, y in pairwise(periods)) or len(periods) > MOST_PERIODS:
            raise ValueError("the periods do not rise")
        seen = tuple(arrays[f"seen{n}"] for n in range(1, len(sizes) + 1)) if "seen1" in arrays else ()
        for n, array in enumerate(seen, 1):
            if array.dtype != np.uint32 or array.shape != (sizes[n - 1],):
                raise ValueError(f"the array seen{n} has the wrong length")
            for _, chunk in scan(array):
                if max(int((chunk >> HALF).max()), int((chunk & LOWER).max())) > len(periods):
                    raise ValueError(f"the array seen{n} names periods that do not exist")
        return cls(files, tuple(periods), seen)


NO_HISTORY = CountHistory()


@dataclass(frozen=True)
class Counted:
    """A count tree and its history, one of several that are added up."""

    symbols: Sequence[Any]
    levels: list[Level]
    history: CountHistory


def unite_files(parts: Sequence[Counted]) -> npt.NDArray[np.uint64]:
    """Return the fingerprints of all files, rising."""
    return np.unique(np.concatenate([part.history.files for part in parts]))


def unite_histories(
    parts: Sequence[Counted], symbols: Sequence[Any], levels: list[Level], store: ArrayStore
) -> CountHistory:
    """Return the history of a sum.

    Parameters
    ----------
    parts : sequence of Counted
        What was added up.
    symbols, levels
        The count tree of the sum, from which rare n-grams may have been left out.
    store : ArrayStore
        Where arrays are allocated.

    Raises
    ------
    CorpusError
        If there are too many periods, or too many n-grams to keep their periods.
    """
    files = unite_files(parts)
    periods = tuple(sorted(set().union(*(part.history.periods for part in parts))))
    if all(part.history.periods == periods and not part.history.seen for part in parts):
        return CountHistory(files, periods)
    _check_periods(parts, levels, periods)
    ids = {symbol: k for k, symbol in enumerate(symbols, 1)}
    seen = [store.allocate(len(level[0])) for level in levels]
    for array in seen:
        array[:] = LOWER << HALF  # earlier periods and later ones than these do not exist
    for part in parts:
        renumber = np.array([0, *(periods.index(period) + 1 for period in part.history.periods)], np.uint32)
        known = np.array([0, *(ids[symbol] for symbol in part.symbols)], np.uint32)
        places = known[part.levels[0][0]] - 1
        for n, level in enumerate(part.levels, 1):
            if n > 1:
                places = _locate(part.levels[n - 2], level, places, known, levels[n - 2], levels[n - 1], store)
            _add_periods(part.history, n, places, renumber, seen[n - 1])
            store.release()
    return CountHistory(files, periods, tuple(seen))


def _check_periods(parts: Sequence[Counted], levels: list[Level], periods: tuple[int, ...]) -> None:
    if len(periods) > MOST_PERIODS:
        raise CorpusError(f"counts can have at most {MOST_PERIODS:,} periods; use longer ones, such as months.")
    trees = [levels, *(part.levels for part in parts)]
    if any(ends.dtype != np.uint32 for tree in trees for _, _, ends in tree):
        raise CorpusError(
            "counts with more than 4,294,967,295 n-grams of one order cannot keep periods; count without --period."
        )


def _locate(
    above: Level, level: Level, parents: Uint32, ids: Uint32, whole_above: Level, whole: Level, store: ArrayStore
) -> Uint32:
    """Return the places, in the sum, of the n-grams of a level."""
    places = store.allocate(len(level[0]))
    ends = above[2]
    size = len(ends)
    begin = first = 0
    while begin < size:
        stop = max(begin + 1, int(np.searchsorted(ends, first + STEP_NODES, "right")))
        last = int(ends[stop - 1])
        symbols = np.ascontiguousarray(level[0][first:last])
        below = np.ascontiguousarray(ends[begin:stop]) - np.uint32(first)
        places[first:last] = locate_children(symbols, below, parents[begin:stop], ids, whole[0], whole_above[2])
        for array in (*above, *level, *whole_above, *whole):
            release(array)
        store.release()
        begin, first = stop, last
    return places


def _add_periods(history: CountHistory, n: int, places: Uint32, renumber: Uint32, seen: Uint32) -> None:
    """Add the periods of the n-grams of one order, which are at `places` in the sum."""
    for begin in range(0, len(places), STEP_NODES):
        at = places[begin : begin + STEP_NODES]
        there = at != ABSENT
        at = at[there]
        if history.seen:
            both = history.seen[n - 1][begin : begin + STEP_NODES][there]
            first, last = renumber[both >> HALF], renumber[both & LOWER]
            release(history.seen[n - 1])
        else:
            first = last = np.full(len(at), renumber[-1])
        old = seen[at]
        seen[at] = np.minimum(old >> HALF, first) << HALF | np.maximum(old & LOWER, last)
