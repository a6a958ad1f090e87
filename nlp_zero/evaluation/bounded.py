"""What an evaluation keeps of a text: the counts of each line, and a sample of lines; within a memory budget."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from .._utils.temporary import open_temporary_file, temporary_storage
from .alignment import Alignment

if TYPE_CHECKING:
    import numpy.typing as npt

    Int32Array = npt.NDArray[np.int32]
    Float64Array = npt.NDArray[np.float64]

__all__ = ["AlignmentSample", "LineCounts"]

CHUNK_BYTES = 256  # memory for each line or draw of a chunk
LEAST_CHUNK_LINES = 1 << 8
BREAKDOWN_BYTES = 250  # memory for each character whose errors are sorted


class LineCounts:
    """The counts of each line, a row for each, in memory or in a temporary file; a context manager.

    Parameters
    ----------
    budget : int or None
        Memory in bytes; the rows are in a file if there is one.  Resampling takes a byte for each line in addition.
    temp_dir : str, path-like or None
        The folder of the file; None for that of the system.
    """

    def __init__(self, budget: int | None, temp_dir: str | os.PathLike[str] | None) -> None:
        self._temp_dir = temp_dir
        self._file = None if budget is None else open_temporary_file(temp_dir)
        self._chunk = None if budget is None else max(LEAST_CHUNK_LINES, budget // (2 * CHUNK_BYTES))
        self._tables: list[Int32Array] = []
        self._whole: Float64Array | None = None  # all rows in memory
        self.lines = self.width = 0

    def __enter__(self) -> LineCounts:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, rows: Int32Array) -> None:
        """Add the counts of some lines."""
        self.lines += len(rows)
        self.width = rows.shape[1]
        if self._file is None:
            self._tables.append(rows)
            return
        with temporary_storage(self._temp_dir):
            self._file.seek(0, os.SEEK_END)
            self._file.write(np.ascontiguousarray(rows).data)

    def resample(self, rng: np.random.Generator) -> Float64Array:
        """Return the sums of as many lines as there are, drawn with replacement; the same for every budget.

        Sums are float64, which holds these whole numbers exactly.
        """
        if self._chunk is None:
            if self._whole is None:
                self._whole = np.concatenate(self._tables).astype(np.float64)
            times = np.bincount(rng.integers(0, self.lines, self.lines), minlength=self.lines)
            return np.asarray(times.astype(np.float64) @ self._whole)
        drawn = np.zeros(self.lines, np.uint8)  # how often; on average once, and never more than 255 times
        for begin in range(0, self.lines, self._chunk):
            lines = rng.integers(0, self.lines, min(self._chunk, self.lines - begin))
            np.add.at(drawn, lines, np.uint8(1))
        sums, begin = np.zeros(self.width), 0
        for rows in self._read(self._chunk):
            sums += drawn[begin : begin + len(rows)].astype(np.float64) @ rows.astype(np.float64)
            begin += len(rows)
        return sums

    def _read(self, chunk: int) -> Iterator[Int32Array]:
        """Yield the rows of the file, in blocks."""
        assert self._file is not None
        size = 4 * self.width
        for begin in range(0, self.lines, chunk):
            self._file.seek(size * begin)
            yield np.frombuffer(self._file.read(size * chunk), np.int32).reshape(-1, self.width)


class AlignmentSample:
    """A sample of the batches of an aligned text, spread evenly, which fits into a budget; all of them without one.

    Parameters
    ----------
    budget : int or None
        Memory in bytes for the sample and the sorting of its errors.
    """

    def __init__(self, budget: int | None) -> None:
        self._most = None if budget is None else max(1, budget // BREAKDOWN_BYTES)
        self._kept: list[Alignment] = []
        self._seen, self._stride = 0, 1

    def add(self, batch: Alignment) -> None:
        """Keep a batch, or drop it."""
        if self._seen % self._stride == 0:
            self._kept.append(batch)
        self._seen += 1
        while self._most is not None and len(self._kept) > 1 and sum(len(b.text) for b in self._kept) > self._most:
            self._kept, self._stride = self._kept[::2], 2 * self._stride

    def join(self) -> Alignment:
        """Return the batches as one text."""
        texts = [batch.text for batch in self._kept]
        begins = np.cumsum([0, *map(len, texts)])
        columns = (
            np.concatenate([getattr(batch, name) + begin for batch, begin in zip(self._kept, begins, strict=False)])
            for name in ("line_ends", "gold", "predicted")
        )
        return Alignment("".join(texts), *columns)
