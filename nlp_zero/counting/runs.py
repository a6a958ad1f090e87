"""Files of sorted n-grams with counts (runs), written while a corpus is counted.

A run file has one line that names the format, blocks of records (see runs.hpp), an index and the symbols, and at its
end where the index is. Every block and the index have a CRC-32, which is checked on reading.
"""

from __future__ import annotations

import json
import struct
import threading
import weakref
import zlib
from collections.abc import Iterable, Sequence
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from ..errors import FormatError

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._kernels.counting import RunBlocks

__all__ = ["RunFile", "write_run"]

MAGIC = b"nlp-zero run 1\n"
TAIL = struct.Struct("<8sQII")  # a mark, the place of the index, its length and its CRC-32
MARK = b"\nruntail"


def write_run(
    file: IO[bytes], pieces: Iterable[RunBlocks], *, order: int, symbols: Sequence[Any], totals: list[int]
) -> RunFile:
    """Write blocks to an empty file; the run is complete when this returns, but not yet synced."""
    file.write(MAGIC)
    at = len(MAGIC)
    starts, sums, firsts = [], [], [np.zeros((0, order), "<u4")]
    for data, begins, first in pieces:
        file.write(data)
        starts.append(begins + np.uint64(at))
        ends = [*begins[1:].tolist(), len(data)]
        sums += [zlib.crc32(data[a:b]) for a, b in zip(begins.tolist(), ends, strict=True)]
        firsts.append(first)
        at += len(data)
    names = [s.hex() if isinstance(s, bytes) else s for s in symbols]
    meta = {"order": order, "bytes": bool(symbols) and isinstance(symbols[0], bytes), "totals": totals}
    index = b"".join(
        [
            json.dumps({**meta, "blocks": len(sums)}).encode() + b"\n",
            np.concatenate([*starts, np.array([at], np.uint64)]).astype("<u8").tobytes(),
            np.array(sums, "<u4").tobytes(),
            np.concatenate(firsts).astype("<u4").tobytes(),
            json.dumps(names, ensure_ascii=True).encode(),
        ]
    )
    file.write(index)
    file.write(TAIL.pack(MARK, at, len(index), zlib.crc32(index)))
    file.flush()
    return RunFile(file, "a temporary run")


class RunFile:
    """A run that was written.

    Opening it checks the index; blocks are checked when they are read.

    Parameters
    ----------
    file : binary file
        Closed with this object.
    name : str
        Name for messages.

    Attributes
    ----------
    order : int
    totals : list of int
        Number of n-grams of each order, with repetitions.
    size : int
        Bytes of the file up to the index.

    Raises
    ------
    FormatError
        If the file is truncated or was altered.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file, self.name, self._lock = file, name, threading.Lock()
        weakref.finalize(self, file.close)
        self.index()

    def index(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32], npt.NDArray[np.uint32], list[Any]]:
        """Where blocks begin (and the last one ends), their checksums, their first n-grams, and the symbols."""
        try:
            with self._lock:
                size = self._file.seek(0, 2)
                self._file.seek(0)
                good = self._file.read(len(MAGIC)) == MAGIC
                self._file.seek(max(0, size - TAIL.size))
                mark, at, length, checksum = TAIL.unpack(self._file.read(TAIL.size))
                good = good and mark == MARK and at + length + TAIL.size == size
                self._file.seek(at if good else 0)
                data = self._file.read(length if good else 0)
            if not good or zlib.crc32(data) != checksum:
                raise ValueError
            head = data.index(b"\n") + 1
            meta = json.loads(data[:head])
            n, self.order, self.totals = int(meta["blocks"]), int(meta["order"]), list(meta["totals"])
            starts = np.frombuffer(data, "<u8", n + 1, head)
            sums = np.frombuffer(data, "<u4", n, head + 8 * (n + 1))
            firsts = np.frombuffer(data, "<u4", n * self.order, head + 8 * (n + 1) + 4 * n).reshape(n, self.order)
            names = json.loads(data[head + 8 * (n + 1) + 4 * n * (1 + self.order) :])
            symbols = [bytes.fromhex(s) for s in names] if meta["bytes"] else names
            self.size = int(starts[-1])
        except (ValueError, KeyError, TypeError, struct.error):
            raise self._damaged() from None
        return starts, sums, firsts, symbols

    def read(self, begin: int, end: int, checksum: int) -> bytes:
        """One block."""
        with self._lock:
            self._file.seek(begin)
            data = self._file.read(end - begin)
        if len(data) != end - begin or zlib.crc32(data) != checksum:
            raise self._damaged()
        return data

    def _damaged(self) -> FormatError:
        return FormatError(f"{self.name} is truncated or was altered; what it held must be counted again.")
