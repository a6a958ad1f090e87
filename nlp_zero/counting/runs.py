"""Sorted runs of n-grams, laid by while a corpus is counted, and their merge.  Private to the package.

A run file: one line that names the format, blocks of records (see runs.hpp), an index and the symbols, and last of all
where the index is.  Every block and the index carry a CRC-32; nothing is believed that does not match it.
"""

from __future__ import annotations

import json
import struct
import threading
import weakref
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from .._kernels.counting import Merge, OpenPath, RunPiece, TreePiece
from .._utils.arrays import release
from .._utils.threads import in_order
from ..errors import FormatError

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._kernels.counting import RunBlocks
    from .levels import AnyLevel, Levels

__all__ = ["Run", "RunSource", "TreeSource", "merge_to_levels", "merge_to_run", "write_run"]

MAGIC = b"nlp-zero run 1\n"
TAIL = struct.Struct("<8sQII")  # a mark, where the index begins, its length and its CRC-32
MARK = b"\nruntail"


def write_run(
    file: IO[bytes], pieces: Iterable[RunBlocks], *, order: int, symbols: Sequence[Any], totals: list[int]
) -> Run:
    """Write blocks to an empty file; the run is complete when this returns (but not yet synced to the disk)."""
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
    return Run(file, "a temporary run")


class Run:
    """A run that was written; opening it checks all but the blocks, which are checked as they are read."""

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


class RunSource:
    """A run as something to be merged; a record takes less than its n-grams will, so its size is a lower bound."""

    def __init__(self, run: Run) -> None:
        self.run, self.order, self.totals, self.size = run, run.order, run.totals, run.size
        self.symbols: list[Any] = run.index()[3]

    def place(self, places: dict[Any, int]) -> None:
        """Learn the ids of the result."""
        self.map = np.array([0, *(places[s] for s in self.symbols)], np.uint32)
        self.symbols = []
        self._starts, self._sums, firsts, _ = self.run.index()
        self.keys, self.weights = _sortable(self.map[firsts]), np.diff(self._starts.astype(np.int64))

    def attach(self, merge: Merge, low: bytes, high: bytes | None) -> Iterator[bytes]:
        """Add itself to a merge; the blocks that it wants."""
        merge.add_run(self.map)
        begin = max(0, int(np.searchsorted(self.keys, low, "right")) - 1)
        end = len(self.keys) if high is None else int(np.searchsorted(self.keys, high, "left"))
        bounds, sums = self._starts, self._sums
        return (self.run.read(int(bounds[k]), int(bounds[k + 1]), int(sums[k])) for k in range(begin, max(begin, end)))


class TreeSource:
    """A finished count tree, in memory or mapped, as something to be merged."""

    STEP = 1 << 14  # n-grams of the top order between places where a merge may begin

    def __init__(self, symbols: Sequence[Any], levels: list[AnyLevel], totals: list[int]) -> None:
        self.order, self.totals, self.levels = len(levels), totals, levels
        self.size = sum(array.nbytes for level in levels for array in level)
        self.symbols = list(symbols)

    def place(self, places: dict[Any, int]) -> None:
        self.map = np.array([0, *(places[s] for s in self.symbols)], np.uint32)
        self.symbols = []
        size = len(self.levels[-1][0])
        nodes = np.arange(0, size, self.STEP)
        columns = []
        for k in range(self.order - 1, -1, -1):
            columns.append(self.map[self.levels[k][0][nodes]])
            if k:
                nodes = np.searchsorted(self.levels[k - 1][2], nodes, side="right")
        self.keys = _sortable(np.stack(columns[::-1], axis=1))
        self.weights = np.full(len(self.keys), self.STEP * 5)  # about what a run would take
        self._release()

    def attach(self, merge: Merge, low: bytes, high: bytes | None) -> Iterator[bytes]:
        merge.add_tree(self.levels, self.map)
        self._release()  # pages of earlier ranges
        return iter(())

    def _release(self) -> None:
        for level in self.levels:
            for array in level:
                release(array)


def _sortable(ngrams: npt.NDArray[np.uint32]) -> npt.NDArray[np.bytes_]:
    """N-grams (rows) as byte strings that sort like them."""
    order = ngrams.shape[1]
    return np.ascontiguousarray(ngrams, ">u4").view(f"S{4 * order}").ravel()


def union_of(sources: Sequence[RunSource | TreeSource]) -> list[Any]:
    """All symbols in the order of their text; tells the sources their places."""
    symbols = sorted(set().union(*(source.symbols for source in sources)))
    places = {symbol: k for k, symbol in enumerate(symbols, 1)}
    for source in sources:
        source.place(places)
    return symbols


def _ranges(sources: Sequence[RunSource | TreeSource], target: int) -> list[tuple[bytes, bytes | None]]:
    """Cut the n-grams into ranges of about `target` bytes of run."""
    keys = np.concatenate([source.keys for source in sources])
    weights = np.concatenate([source.weights for source in sources])
    by_key = np.argsort(keys, kind="stable")
    bins = np.cumsum(weights[by_key]) // target
    cuts = np.unique(keys[by_key][1:][bins[1:] > bins[:-1]]).tolist() if len(keys) else []
    bounds = [b"", *(cut for cut in cuts if cut)]
    return list(zip(bounds, [*bounds[1:], None], strict=True))


def _merged(
    sources: Sequence[RunSource | TreeSource],
    symbols: int,
    new_piece: Callable[[], Any],
    *,
    target: int,
    workers: int,
    advance: Callable[[float], object] | None = None,
) -> Iterator[Any]:
    """The pieces of the merge, in order."""
    order, bits = sources[0].order, max(1, symbols.bit_length())

    def symbols_of(key: bytes | None) -> list[int]:
        return [] if key is None else np.frombuffer(key.ljust(4 * order, b"\0"), ">u4").tolist()

    def work(bounds: tuple[bytes, bytes | None]) -> Any:
        low, high = bounds
        piece = new_piece()
        merge = Merge(order, bits, symbols_of(low), symbols_of(high))
        blocks = [source.attach(merge, low, high) for source in sources]
        while (hungry := merge.advance(piece)) >= 0:
            merge.feed(hungry, next(blocks[hungry], b""))
        return piece

    ranges = _ranges(sources, target)
    for piece in in_order(ranges, work, workers):
        if advance is not None:
            advance(1 / len(ranges))
        yield piece


def merge_to_levels(
    sources: Sequence[RunSource | TreeSource], symbols: int, levels: Levels, *, min_count: int, **how: Any
) -> None:
    """Write the sum of the sources to `levels`."""
    order, path = sources[0].order, OpenPath()
    for piece in _merged(sources, symbols, lambda: TreePiece(order), **how):
        levels.append(piece.join(path, min_count, False))
    levels.append(TreePiece(order).join(path, min_count, True))


def merge_to_run(runs: Sequence[Run], file: IO[bytes], *, block_size: int, **how: Any) -> Run:
    """Write the sum of some runs to a file, as one run."""
    sources = [RunSource(run) for run in runs]
    order = sources[0].order
    symbols = union_of(sources)
    pieces = (piece.blocks() for piece in _merged(sources, len(symbols), lambda: RunPiece(order, block_size), **how))
    totals = [sum(column) for column in zip(*(run.totals for run in runs), strict=True)]
    return write_run(file, pieces, order=order, symbols=symbols, totals=totals)
