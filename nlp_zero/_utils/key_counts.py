"""Counting integers, of which there may be more than fit into memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from .temporary import open_temporary_file, temporary_storage

if TYPE_CHECKING:
    import numpy.typing as npt

    Int64Array = npt.NDArray[np.int64]
    Counted = tuple[Int64Array, Int64Array]  # distinct keys, rising, and their counts

__all__ = ["KeyCounts"]

PENDING_KEYS = 1 << 22  # keys that are sorted at once if memory is not limited
PENDING_KEY_BYTES = 48  # memory for each, while they are sorted
LEAST_PENDING_KEYS = 1 << 10
MERGED_KEY_BYTES = 80  # memory for each distinct key of the runs that are merged at once
LEAST_RUN_KEYS = 1 << 7  # that are read from a run at once
RECORD_BYTES = 16  # of a key and its count on disk


class KeyCounts:
    """Counts integers exactly: sorted runs of distinct keys, in memory or in a temporary file, are merged at the end.

    It is a context manager: the file is removed when the block ends.

    Parameters
    ----------
    memory : int or None
        Budget in bytes; runs are written to a file if there is one.
    temp_dir : str, path-like or None
        The folder of the file; None for that of the system.

    Examples
    --------
    >>> with KeyCounts(1 << 20, None) as counts:
    ...     counts.add(np.array([7, 3, 7]))
    ...     counts.add(np.array([3, 9]))
    ...     [(keys.tolist(), times.tolist()) for keys, times in counts.read()]
    [([3, 7, 9], [2, 2, 1])]
    """

    def __init__(self, memory: int | None, temp_dir: str | os.PathLike[str] | None) -> None:
        self._memory, self._temp_dir = memory, temp_dir
        limit = PENDING_KEYS if memory is None else memory // PENDING_KEY_BYTES
        self._limit = min(PENDING_KEYS, max(LEAST_PENDING_KEYS, limit))
        self._file = None if memory is None else open_temporary_file(temp_dir)
        self._pending: list[Int64Array] = []
        self._pending_keys = 0
        self._runs: list[Counted] = []  # in memory
        self._begins = [0]  # of each run in the file, in records; then the end of the last one

    def __enter__(self) -> KeyCounts:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, keys: Int64Array) -> None:
        """Count some keys, each as often as it is in the array."""
        for begin in range(0, len(keys), self._limit):
            part = keys[begin : begin + self._limit]
            self._pending.append(part)
            self._pending_keys += len(part)
            if self._pending_keys >= self._limit:
                self._end_run()

    def read(self) -> Iterator[Counted]:
        """Yield all distinct keys, rising, with their counts, in blocks; once."""
        self._end_run()
        if self._file is not None:
            yield from self._merge()
            return
        runs, self._runs = self._runs, []
        if runs:
            yield _add_up(runs)

    def _end_run(self) -> None:
        if not self._pending_keys:
            return
        keys = np.concatenate(self._pending)
        self._pending, self._pending_keys = [], 0
        keys.sort()
        begins = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        counts = np.diff(begins, append=len(keys))
        keys = keys[begins]
        del begins
        if self._file is None:
            self._runs.append((keys, counts))
            return
        with temporary_storage(self._temp_dir):
            self._file.write(np.stack([keys, counts], axis=1).data)
            self._file.flush()
        self._begins.append(self._begins[-1] + len(keys))

    def _merge(self) -> Iterator[Counted]:
        """Merge the runs of the file: in each round, all keys up to the least of the last keys that were read."""
        assert self._memory is not None
        ends = self._begins[1:]
        places = self._begins[:-1]
        size = max(LEAST_RUN_KEYS, self._memory // (MERGED_KEY_BYTES * max(len(ends), 1)))
        heads = [np.zeros((0, 2), np.int64) for _ in ends]
        while True:
            for run, head in enumerate(heads):
                if not len(head) and places[run] < ends[run]:
                    heads[run] = self._read_records(places[run], min(size, ends[run] - places[run]))
                    places[run] += len(heads[run])
            unread = [int(head[-1, 0]) for run, head in enumerate(heads) if places[run] < ends[run]]
            taken = []
            for run, head in enumerate(heads):
                number = int(np.searchsorted(head[:, 0], min(unread), side="right")) if unread else len(head)
                if number:
                    taken.append((head[:number, 0], head[:number, 1]))
                    heads[run] = head[number:]
            if not taken:
                return
            yield _add_up(taken)

    def _read_records(self, begin: int, number: int) -> Int64Array:
        assert self._file is not None
        self._file.seek(RECORD_BYTES * begin)
        return np.frombuffer(self._file.read(RECORD_BYTES * number), np.int64).reshape(-1, 2)


def _add_up(runs: list[Counted]) -> Counted:
    """Return the distinct keys of several runs, with the sums of their counts."""
    if len(runs) == 1:
        return runs[0]
    keys, counts = (np.concatenate(column) for column in zip(*runs, strict=True))
    order = np.argsort(keys, kind="stable")  # merges the runs
    keys, counts = keys[order], counts[order]
    begins = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return keys[begins], np.add.reduceat(counts, begins)
