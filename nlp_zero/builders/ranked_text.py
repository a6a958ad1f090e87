"""A text as the ranks of its words, in memory or in a temporary file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from .._utils.temporary import open_temporary_file, temporary_storage

if TYPE_CHECKING:
    import numpy.typing as npt

    Ranks = npt.NDArray[np.int32]
    Int64Array = npt.NDArray[np.int64]

__all__ = ["NO_WORD", "RankedText"]

NO_WORD = -1  # rank of a token that is not a word, and of the end of a text
CHUNK_RANKS = 1 << 20  # that are read at once
CHUNK_RANK_BYTES = 128  # memory for each, while neighbours are merged
LEAST_CHUNK_RANKS = 1 << 12


class RankedText:
    """A text as the ranks of its words, whose neighbours can be merged; a context manager.

    Parameters
    ----------
    memory : int or None
        Budget in bytes; the text is in a temporary file if there is one.
    temp_dir : str, path-like or None
        The folder of the file; None for that of the system.

    Examples
    --------
    >>> with RankedText(None, None) as text:
    ...     text.append(np.array([0, 1, 0, 1, -1, 1], np.int32))
    ...     text.merge(np.array([0]), np.array([1]), np.array([2]))
    ...     text.count(3).tolist()
    [0, 1, 2]
    """

    def __init__(self, memory: int | None, temp_dir: str | os.PathLike[str] | None) -> None:
        self._memory, self._temp_dir = memory, temp_dir
        self._file = None if memory is None else open_temporary_file(temp_dir)
        limit = CHUNK_RANKS if memory is None else memory // CHUNK_RANK_BYTES
        self._chunk = min(CHUNK_RANKS, max(LEAST_CHUNK_RANKS, limit))
        self._parts: list[Ranks] = []  # in memory

    def __enter__(self) -> RankedText:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def append(self, ranks: Ranks) -> None:
        """Add ranks at the end."""
        if self._file is None:
            self._parts.append(ranks)
            return
        with temporary_storage(self._temp_dir):
            self._file.seek(0, os.SEEK_END)
            self._file.write(np.ascontiguousarray(ranks, np.int32).data)
            self._file.flush()

    def count(self, size: int) -> Int64Array:
        """Return how often each rank below `size` occurs."""
        counts = np.zeros(size, np.int64)
        for ranks in self._read():
            counts += np.bincount(ranks[ranks >= 0], minlength=size)
        return counts

    def neighbours(self) -> Iterator[tuple[Int64Array, Int64Array]]:
        """Yield the left and the right rank of all neighbouring words, in chunks."""
        last = np.zeros(0, np.int32)
        for ranks in self._read():
            ranks = np.concatenate([last, ranks])
            together = (ranks[:-1] >= 0) & (ranks[1:] >= 0)
            yield ranks[:-1][together].astype(np.int64), ranks[1:][together].astype(np.int64)
            last = ranks[-1:]

    def merge(self, left: Int64Array, right: Int64Array, merged: Int64Array) -> None:
        """Replace neighbours by one rank, wherever they occur; no rank may be on the left and on the right."""
        size = int(max(left.max(), right.max())) + 1
        keys = left * size + right
        order = np.argsort(keys, kind="stable")
        keys, new = keys[order], merged[order].astype(np.int32)
        is_left, is_right = np.zeros(size + 1, bool), np.zeros(size + 1, bool)  # at the end: any other rank
        is_left[left] = is_right[right] = True
        with RankedText(self._memory, self._temp_dir) as result:
            last = np.zeros(0, np.int32)
            for ranks in self._read():
                ranks = np.concatenate([last, ranks])
                known = np.where((ranks >= 0) & (ranks < size), ranks, size)
                place = np.flatnonzero(is_left[known[:-1]] & is_right[known[1:]])
                pair = known[place].astype(np.int64) * size + known[place + 1]
                found = np.minimum(np.searchsorted(keys, pair), len(keys) - 1)
                hit = keys[found] == pair
                place, found = place[hit], found[hit]
                ranks[place] = new[found]
                open_end = not len(place) or place[-1] + 2 < len(ranks)  # the last rank may begin a pair
                last = ranks[-1:].copy() if open_end else ranks[:0]
                kept = np.delete(ranks, place + 1)
                result.append(kept[: len(kept) - len(last)])
            result.append(last)
            self._parts, result._parts = result._parts, self._parts
            self._file, result._file = result._file, self._file

    def _read(self) -> Iterator[Ranks]:
        """Yield the text in chunks."""
        if self._file is None:
            yield from self._parts
            return
        place = 0
        while True:
            self._file.seek(4 * place)
            ranks = np.frombuffer(self._file.read(4 * self._chunk), np.int32)
            if not len(ranks):
                return
            place += len(ranks)
            yield ranks
