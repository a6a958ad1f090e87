"""Arrays that grow in files, and mapped arrays whose pages are given up."""

from __future__ import annotations

import itertools
import os
from typing import IO, Any

import numpy as np

__all__ = ["LARGEST", "STEP", "TAKEN", "ArrayFile", "new_column", "release", "take"]

STEP = 1 << 20  # values that are read or written at a time
TAKEN = 1 << 22  # values of a mapped array whose pages are held at a time while some are picked
LARGEST = 0xFFFFFFFF  # an array with larger values has 8 bytes a value


class ArrayFile:
    """A one-dimensional array of uint32 in a ``.npy`` file that grows at its end; uint64 from when it must be.

    Attributes
    ----------
    length, checksum
        Number of values, and CRC-32 of their bytes.
    """

    HEADER = 128  # bytes before the values, with room for any length

    def __init__(self, file: IO[bytes], dtype: str | np.dtype[Any] = "<u4") -> None:
        self.file, self.dtype, self.length, self.checksum = file, np.dtype(dtype), 0, 0
        self._write_header()

    def append(self, values: np.ndarray[Any, Any]) -> None:
        """Add values behind the others."""
        import zlib

        if not len(values):
            return
        if self.dtype == np.uint32 and values.dtype == np.uint64 and int(values.max()) > LARGEST:
            self._widen()
        for begin in range(0, len(values), STEP):
            part = np.ascontiguousarray(values[begin : begin + STEP], self.dtype).view(np.uint8).data
            self.file.write(part)
            self.checksum = zlib.crc32(part, self.checksum)
            release(values)
        self.length += len(values)

    def finish(self) -> None:
        """Put the final length down; the values are on the disk when this returns."""
        self.file.seek(0)
        self._write_header()
        self.file.seek(0, os.SEEK_END)
        self.file.flush()
        os.fsync(self.file.fileno())

    def mapped(self) -> np.ndarray[Any, Any]:
        """The values, read-only, mapped from the file."""
        if not self.length:
            return np.zeros(0, self.dtype)
        return np.memmap(self.file, self.dtype, "r", self.HEADER, (self.length,))  # type: ignore[call-overload, no-any-return, unused-ignore]

    def _write_header(self) -> None:
        text = f"{{'descr': {self.dtype.str!r}, 'fortran_order': False, 'shape': ({self.length},), }}".encode()
        self.file.write(b"\x93NUMPY\x01\x00\x76\x00" + text.ljust(self.HEADER - 11) + b"\n")

    def _widen(self) -> None:
        """Make 8 bytes of every 4, from the end, so that nothing is overwritten before it is read."""
        import zlib

        for begin in range((self.length - 1) // STEP * STEP if self.length else -1, -1, -STEP):
            self.file.seek(self.HEADER + 4 * begin)
            narrow = np.frombuffer(self.file.read(4 * min(STEP, self.length - begin)), "<u4")
            self.file.seek(self.HEADER + 8 * begin)
            self.file.write(narrow.astype("<u8").data)
        self.dtype, self.checksum = np.dtype("<u8"), 0
        self.file.seek(self.HEADER)
        while data := self.file.read(8 * STEP):
            self.checksum = zlib.crc32(data, self.checksum)


def new_column(length: int, folder: str | os.PathLike[str]) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """Room for numbers in a nameless file, mapped; the disk has it, or this fails."""
    import tempfile

    if not length:
        return np.zeros(0, np.uint32)
    with tempfile.TemporaryFile(prefix="nlp-zero-", dir=folder) as file:
        if hasattr(os, "posix_fallocate"):  # a disk that fills up under a mapping kills the process
            os.posix_fallocate(file.fileno(), 0, 4 * length)
        return np.memmap(file, np.uint32, "r+" if hasattr(os, "posix_fallocate") else "w+", 0, (length,))


def take(array: np.ndarray[Any, Any], places: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """``array[places]``, for places that rise, without holding all of a mapped array in memory."""
    if not hasattr(array, "_mmap"):
        return np.asarray(array[places])
    result = np.empty(len(places), array.dtype)
    bounds = np.searchsorted(places, np.arange(0, len(array) + TAKEN, TAKEN))
    for begin, end in itertools.pairwise(bounds.tolist()):
        if begin < end:
            result[begin:end] = array[places[begin:end]]
            release(array)
    return result


def release(array: np.ndarray[Any, Any]) -> None:
    """Give up the memory of a mapped array's pages; they are read again when they are wanted."""
    mapping: Any = getattr(array, "_mmap", None)
    if hasattr(mapping, "madvise"):
        import mmap

        mapping.madvise(mmap.MADV_DONTNEED)
