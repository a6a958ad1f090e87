"""Files mapped for reading, without a descriptor: each that Python's `mmap` keeps open counts towards a limit."""

from __future__ import annotations

import ctypes
import mmap
import os
from functools import cache
from typing import IO, Any
from weakref import finalize

import numpy as np

__all__ = ["map_array"]

FAILED = ctypes.c_void_p(-1).value  # what the C function returns instead of an address


class FileMapping:
    """The bytes of a file, read-only.

    Parameters
    ----------
    file : binary file
        Not empty; it may be closed afterwards.

    Attributes
    ----------
    data : memoryview
        The file stays mapped until nothing refers to this or to an array made of it.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._size = os.fstat(file.fileno()).st_size
        address = _library().mmap(None, self._size, mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), 0)
        if address == FAILED:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        self._address = address
        owner = (ctypes.c_char * self._size).from_address(address)
        finalize(owner, _library().munmap, address, self._size).atexit = False  # the end of the process does it
        self.data = memoryview(owner).toreadonly()

    def madvise(self, option: int) -> None:
        """Tell the system how the pages will be used, as `mmap.mmap.madvise` does."""
        _library().madvise(self._address, self._size, option)


def map_array(path: str | os.PathLike[str]) -> np.ndarray[Any, Any]:
    """Map the array of a ``.npy`` file for reading; thousands of files can be mapped at the same time.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is not such a file, or is too short.
    """
    with open(path, "rb") as file:
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError("damaged header")
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        if 0 in shape:
            return np.zeros(shape, dtype)
        if os.name == "nt":  # where there is no such limit
            mapped: np.ndarray[Any, Any] = np.load(path, mmap_mode="r", allow_pickle=False)
            return mapped
        mapping = FileMapping(file)
        array: Any = np.ndarray.__new__(np.memmap, shape, dtype, mapping.data, file.tell())
    array._mmap = mapping  # `arrays.release` uses it, also that of a slice
    return array  # type: ignore[no-any-return]


@cache
def _library() -> Any:
    """Return the C library with the types of its functions."""
    library = ctypes.CDLL(None, use_errno=True)
    library.mmap.restype = ctypes.c_void_p
    library.mmap.argtypes = (
        ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long,
    )  # fmt: skip
    library.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    library.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return library
