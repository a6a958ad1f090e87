"""Arrays in memory or in mapped files, and an owner that releases the pages of mapped arrays.

Code that works on large arrays need not know where they are: `take` and `scan` keep few pages of a mapped array in
memory, and cost nothing for an array in memory. An `ArrayStore` decides where new arrays are allocated.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any, TypeVar

import numpy as np

from .temporary import find_temporary_folder, open_temporary_file, temporary_storage
from .threads import for_each

__all__ = [
    "MOST_UINT32", "SUM_BITS", "ArrayFile", "ArrayStore", "GrowingArray", "freeze_arrays", "narrow", "release", "scan",
    "sum_exactly", "take", "whole_numbers",
]

T = TypeVar("T")

CHUNK_VALUES = 1 << 20  # values that are read or written at a time
TAKEN_VALUES = 1 << 22  # values of a mapped array whose pages may be in memory while some of them are taken
MOST_UINT32 = 0xFFFFFFFF  # an array with larger values has 8 bytes per value


class ArrayStore:
    """Allocates arrays in memory or, under a memory budget, in mapped files without names.

    Parameters
    ----------
    memory : int or None
        Budget in bytes. None: arrays are in memory, and pages are never released.
    temp_dir : str, path-like or None
        Folder for the files; None for that of the system. They vanish with the arrays.
    arrays : iterable of array
        Further arrays whose pages are released.
    """

    def __init__(
        self,
        memory: int | None,
        temp_dir: str | os.PathLike[str] | None,
        arrays: Iterable[np.ndarray[Any, Any]] = (),
    ) -> None:
        self._memory, self._temp_dir = memory, temp_dir
        self._arrays = list(arrays)

    def allocate(self, length: int) -> np.ndarray[Any, np.dtype[np.uint32]]:
        """Allocate an array of `length` numbers, which are not initialized.

        Raises
        ------
        StorageError
            If the disk has no room.
        """
        if self._memory is None:
            return np.empty(length, np.uint32)
        folder = self._temp_dir or find_temporary_folder()
        with temporary_storage(folder):
            array = _map_new_file(length, folder)
        self._arrays.append(array)
        return array

    def keep(self, array: np.ndarray[Any, np.dtype[np.float32]]) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Return an array of floats; with a budget, a copy in a mapped file whose pages are released."""
        if self._memory is None:
            return array
        kept = self.allocate(array.size).view(np.float32).reshape(array.shape)
        kept[...] = array
        release(kept)
        return kept

    def sweep(self, steps: Iterable[T]) -> Iterator[T]:
        """Yield steps of work on the arrays, and release pages after each."""
        for step in steps:
            yield step
            self.release()

    def release(self) -> None:
        """Release the pages of all mapped arrays, if there is a budget."""
        if self._memory is not None:
            for array in self._arrays:
                release(array)


class GrowingArray:
    """An array of uint32 in memory that grows at its end; uint64 if a value needs it."""

    def __init__(self) -> None:
        self._pieces: list[np.ndarray[Any, Any]] = []

    def append(self, values: np.ndarray[Any, Any]) -> None:
        """Add values at the end; the array keeps a reference to them."""
        if len(values):
            self._pieces.append(narrow(values) if values.dtype == np.uint64 else values)

    def finish(self, workers: int = 1) -> np.ndarray[Any, Any]:
        """Concatenate all pieces on `workers` threads; the growing array is empty afterwards."""
        if len(self._pieces) == 1:
            return self._pieces.pop()
        ends = list(itertools.accumulate(map(len, self._pieces), initial=0))
        wide = any(values.dtype == np.uint64 for values in self._pieces)
        result = np.empty(ends[-1], np.uint64 if wide else np.uint32)

        def put(k: int) -> None:
            result[ends[k] : ends[k + 1]] = self._pieces[k]
            self._pieces[k] = result[:0]  # frees the piece

        for_each(range(len(self._pieces)), put, workers if self._pieces else 1)
        self._pieces.clear()
        return result

    def close(self) -> None:
        """Drop all pieces."""
        self._pieces.clear()


class ArrayFile:
    """An array of uint32 in a ``.npy`` file that grows at its end; uint64 if a value needs it.

    Parameters
    ----------
    file : binary file
        Empty, open for reading and writing.
    dtype : dtype, default uint32

    Attributes
    ----------
    length, checksum : int
        Number of values, and CRC-32 of their bytes.
    """

    HEADER_BYTES = 128  # room for any length

    def __init__(self, file: IO[bytes], dtype: str | np.dtype[Any] = "<u4") -> None:
        self.file, self.dtype, self.length, self.checksum = file, np.dtype(dtype), 0, 0
        self._write_header()

    def append(self, values: np.ndarray[Any, Any]) -> None:
        """Add values at the end."""
        import zlib

        if not len(values):
            return
        if self.dtype == np.uint32 and values.dtype == np.uint64 and int(values.max()) > MOST_UINT32:
            self._widen()
        for _, chunk in scan(values):
            data = np.ascontiguousarray(chunk, self.dtype).view(np.uint8).data
            self.file.write(data)
            self.checksum = zlib.crc32(data, self.checksum)
        self.length += len(values)

    def sync(self) -> None:
        """Write the final length and fsync the file."""
        self.file.seek(0)
        self._write_header()
        self.file.seek(0, os.SEEK_END)
        self.file.flush()
        os.fsync(self.file.fileno())

    def finish(self, workers: int = 1) -> np.ndarray[Any, Any]:
        """Sync the file, map its values read-only and close it."""
        self.sync()
        array: np.ndarray[Any, Any] = np.zeros(0, self.dtype)
        if self.length:
            array = np.memmap(self.file, self.dtype, "r", self.HEADER_BYTES, (self.length,))  # type: ignore[call-overload, unused-ignore]
        self.close()
        return array

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def _write_header(self) -> None:
        text = f"{{'descr': {self.dtype.str!r}, 'fortran_order': False, 'shape': ({self.length},), }}".encode()
        self.file.write(b"\x93NUMPY\x01\x00\x76\x00" + text.ljust(self.HEADER_BYTES - 11) + b"\n")

    def _widen(self) -> None:
        """Widen values from 4 to 8 bytes, from the end, so that nothing is overwritten before it is read."""
        import zlib

        last = (self.length - 1) // CHUNK_VALUES * CHUNK_VALUES if self.length else -1
        for begin in range(last, -1, -CHUNK_VALUES):
            self.file.seek(self.HEADER_BYTES + 4 * begin)
            values = np.frombuffer(self.file.read(4 * min(CHUNK_VALUES, self.length - begin)), "<u4")
            self.file.seek(self.HEADER_BYTES + 8 * begin)
            self.file.write(values.astype("<u8").data)
        self.dtype, self.checksum = np.dtype("<u8"), 0
        self.file.seek(self.HEADER_BYTES)
        while data := self.file.read(8 * CHUNK_VALUES):
            self.checksum = zlib.crc32(data, self.checksum)


def scan(array: np.ndarray[Any, Any]) -> Iterator[tuple[int, np.ndarray[Any, Any]]]:
    """Yield an array in chunks, each with the place where it begins; release pages of a mapped array."""
    for begin in range(0, len(array), CHUNK_VALUES):
        yield begin, array[begin : begin + CHUNK_VALUES]
        release(array)


def take(array: np.ndarray[Any, Any], places: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return ``array[places]``, for rising places, without reading all of a mapped array into memory."""
    if not hasattr(array, "_mmap"):
        return np.asarray(array[places])
    result = np.empty(len(places), array.dtype)
    bounds = np.searchsorted(places, np.arange(0, len(array) + TAKEN_VALUES, TAKEN_VALUES))
    for begin, end in itertools.pairwise(bounds.tolist()):
        if begin < end:
            result[begin:end] = array[places[begin:end]]
            release(array)
    return result


def release(array: np.ndarray[Any, Any]) -> None:
    """Release the pages of a mapped array; the system reads them again when they are used."""
    mapping: Any = getattr(array, "_mmap", None)
    if hasattr(mapping, "madvise"):
        import mmap

        mapping.madvise(mmap.MADV_DONTNEED)


def freeze_arrays(values: Iterable[object]) -> None:
    """Make the arrays among some values read-only, such as those among the fields of a frozen result."""
    for value in values:
        if isinstance(value, np.ndarray):
            value.flags.writeable = False


def whole_numbers(name: str, values: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return numbers as int64; refuse what that would change, such as 0.5, NaN or a text.

    Examples
    --------
    >>> whole_numbers("counts", [3.0, 0.5])
    Traceback (most recent call last):
    ValueError: counts must be whole numbers; 0.5 is not one.
    """
    given = np.asarray(values)
    if given.dtype.kind in "ib" or not given.size:
        return given.astype(np.int64, copy=False)
    for number in given.ravel().tolist():
        if not isinstance(number, (int, float)) or not -(2**63) <= number < 2**63 or number != int(number):
            raise ValueError(f"{name} must be whole numbers; {number!r} is not one.")
    return given.astype(np.int64)


def narrow(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the values as uint32 if they fit, else unchanged."""
    return values.astype(np.uint32, copy=False) if not len(values) or int(values.max()) <= MOST_UINT32 else values


def _map_new_file(length: int, folder: str | os.PathLike[str]) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """Map a file without a name; its blocks are allocated here, or this fails."""
    if not length:
        return np.zeros(0, np.uint32)
    allocate: Callable[[int, int, int], None] | None = getattr(os, "posix_fallocate", None)
    with open_temporary_file(folder) as file:
        if allocate is not None:  # a disk that fills up under a mapping kills the process
            allocate(file.fileno(), 0, 4 * length)
        return np.memmap(file, np.uint32, "w+" if allocate is None else "r+", 0, (length,))


SUM_BITS = 60  # the unit of `sum_exactly` is 2**-60
HIGH_BITS = 20


def sum_exactly(values: np.ndarray[Any, np.dtype[np.float64]]) -> int:
    """Add up numbers in any order, with the same result: each is rounded to a multiple of 2**-60.

    Parameters
    ----------
    values : ndarray of float64
        Of less than 2**22 each.

    Returns
    -------
    int
        The sum in units of 2**-60; ``sum_exactly(values) / (len(values) << SUM_BITS)`` is the mean.
    """
    total = 0
    for begin in range(0, len(values), CHUNK_VALUES):
        part = values[begin : begin + CHUNK_VALUES]
        high = np.rint(part * 2.0**HIGH_BITS)
        low = np.rint((part - high * 2.0**-HIGH_BITS) * 2.0**SUM_BITS)  # the difference is exact
        total += (int(high.astype(np.int64).sum()) << (SUM_BITS - HIGH_BITS)) + int(low.astype(np.int64).sum())
    return total
