"""Merging sorted sources, which are runs or finished count trees, into a run or a tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from .._kernels.counting import Merge, OpenPath, RunPiece, TreePiece
from .._utils.arrays import release
from .._utils.threads import in_order
from .resources import MemoryPlan
from .runs import RunFile, write_run

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._kernels.counting import RunBlocks
    from .tree import Level, TreeBuilder

__all__ = ["RunSource", "TreeSource", "cut_run", "merge_to_run", "merge_to_tree", "unite_symbols"]

TREE_STEP = 1 << 14  # n-grams of the highest order between the places of a tree where a merge may begin
RECORD_BYTES = 5  # of a run, about, per n-gram of the highest order


class RunSource:
    """A run as a source of a merge; its size is a lower bound of its size as a tree."""

    def __init__(self, run: RunFile) -> None:
        self.run, self.order, self.totals, self.size = run, run.order, run.totals, run.size
        self.symbols: list[Any] = run.index()[3]

    def map_symbols(self, ids: dict[Any, int]) -> None:
        """Take over the ids of the result."""
        self.map = np.array([0, *(ids[s] for s in self.symbols)], np.uint32)
        self.symbols = []
        self._starts, self._sums, firsts, _ = self.run.index()
        self.keys, self.weights = _sortable(self.map[firsts]), np.diff(self._starts.astype(np.int64))

    def attach(self, merge: Merge, low: bytes, high: bytes | None) -> Iterator[bytes]:
        """Add the source to a merge of the n-grams from `low` to `high`, and yield its blocks."""
        merge.add_run(self.map)
        begin = max(0, int(np.searchsorted(self.keys, low, "right")) - 1)
        end = len(self.keys) if high is None else int(np.searchsorted(self.keys, high, "left"))
        bounds, sums = self._starts, self._sums
        return (self.run.read(int(bounds[k]), int(bounds[k + 1]), int(sums[k])) for k in range(begin, max(begin, end)))

    def release(self) -> None:
        """Give back pages; a run has none."""


class TreeSource:
    """A finished count tree, in memory or mapped, as a source of a merge."""

    def __init__(self, symbols: Sequence[Any], levels: list[Level], totals: list[int]) -> None:
        self.order, self.totals, self.levels = len(levels), totals, levels
        self.size = sum(array.nbytes for level in levels for array in level)
        self.symbols = list(symbols)

    def map_symbols(self, ids: dict[Any, int]) -> None:
        """Take over the ids of the result."""
        self.map = np.array([0, *(ids[s] for s in self.symbols)], np.uint32)
        self.symbols = []
        size = len(self.levels[-1][0])
        nodes = np.arange(0, size, TREE_STEP)
        columns = []
        for k in range(self.order - 1, -1, -1):
            columns.append(self.map[self.levels[k][0][nodes]])
            if k:
                nodes = np.searchsorted(self.levels[k - 1][2], nodes, side="right")
        self.keys = _sortable(np.stack(columns[::-1], axis=1))
        self.weights = np.full(len(self.keys), TREE_STEP * RECORD_BYTES)
        self.release()

    def attach(self, merge: Merge, low: bytes, high: bytes | None) -> Iterator[bytes]:
        """Add the source to a merge; a tree has no blocks to read."""
        merge.add_tree(self.levels, self.map)
        self.release()  # pages of earlier ranges
        return iter(())

    def release(self) -> None:
        """Give back the pages of mapped arrays."""
        for level in self.levels:
            for array in level:
                release(array)


Source = RunSource | TreeSource


def _sortable(ngrams: npt.NDArray[np.uint32]) -> npt.NDArray[np.bytes_]:
    """Return n-grams (rows) as byte strings that sort in the same order."""
    order = ngrams.shape[1]
    return np.ascontiguousarray(ngrams, ">u4").view(f"S{4 * order}").ravel()


def unite_symbols(sources: Sequence[Source]) -> list[Any]:
    """Return all symbols in the order of their text, which gives their ids in the result; the sources adopt the ids."""
    symbols = sorted(set().union(*(source.symbols for source in sources)))
    ids = {symbol: k for k, symbol in enumerate(symbols, 1)}
    for source in sources:
        source.map_symbols(ids)
    return symbols


def _cut_ranges(
    sources: Sequence[Source], target: int, low: bytes = b"", high: bytes | None = None
) -> list[tuple[bytes, bytes | None]]:
    """Cut the n-grams from `low` to `high` into ranges of about `target` bytes of run."""
    keys = np.concatenate([source.keys for source in sources])
    weights = np.concatenate([source.weights for source in sources])
    by_key = np.argsort(keys, kind="stable")
    bins = np.cumsum(weights[by_key]) // target
    cuts = np.unique(keys[by_key][1:][bins[1:] > bins[:-1]]).tolist() if len(keys) else []
    bounds = [low, *(cut for cut in cuts if low < cut and (high is None or cut < high))]
    return list(zip(bounds, [*bounds[1:], high], strict=True))


def _merge_pieces(
    sources: Sequence[Source],
    symbols: int,
    new_piece: Callable[[], Any],
    plan: MemoryPlan,
    advance: Callable[[float], object] | None = None,
    low: bytes = b"",
    high: bytes | None = None,
) -> Iterator[Any]:
    """Yield the pieces of the merge of the n-grams from `low` to `high`, in order."""
    order, bits = sources[0].order, max(1, symbols.bit_length())

    def ids_of(key: bytes | None) -> list[int]:
        return [] if key is None else np.frombuffer(key.ljust(4 * order, b"\0"), ">u4").tolist()

    def merge_range(bounds: tuple[bytes, bytes | None]) -> Any:
        return _merge_between(sources, Merge(order, bits, *map(ids_of, bounds)), *bounds, new_piece())

    def merge_in_turn(ranges: list[tuple[bytes, bytes | None]]) -> Iterator[Any]:
        """Merge as one: a merge of one range begins with blocks that the one before has read, too, of every source."""
        merge = Merge(order, bits, ids_of(low), [])
        blocks = [source.attach(merge, low, None) for source in sources]
        for _, stop in ranges:
            merge.stop_at(ids_of(stop))
            yield _feed(merge, blocks, new_piece())
            for source in sources:
                source.release()

    ranges = _cut_ranges(sources, plan.merge_bytes, low, high)
    pieces = merge_in_turn(ranges) if plan.workers == 1 else in_order(ranges, merge_range, plan.workers)
    for piece in pieces:
        if advance is not None:
            advance(1 / len(ranges))
        yield piece


def _merge_between(sources: Sequence[Source], merge: Merge, low: bytes, high: bytes | None, piece: Any) -> Any:
    """Add the n-grams from `low` to `high` to a piece."""
    return _feed(merge, [source.attach(merge, low, high) for source in sources], piece)


def _feed(merge: Merge, blocks: Sequence[Iterator[bytes]], piece: Any) -> Any:
    """Add n-grams to a piece up to the bound of a merge."""
    while (hungry := merge.advance(piece)) >= 0:
        merge.feed(hungry, next(blocks[hungry], b""))
    return piece


def cut_run(run: RunFile, low: Sequence[int], high: Sequence[int], plan: MemoryPlan) -> RunBlocks:
    """Return the blocks of the n-grams of a run from `low` to `high`, given by the ids of all their symbols."""
    source = RunSource(run)
    size = len(source.symbols)
    source.map_symbols({symbol: k for k, symbol in enumerate(source.symbols, 1)})
    merge = Merge(run.order, (size + 1).bit_length(), low, high)  # an id may be one more than the last symbol's
    first, stop = (np.array(ids, ">u4").tobytes() for ids in (low, high))
    piece = _merge_between([source], merge, first, stop, RunPiece(run.order, plan.block_bytes))
    blocks: RunBlocks = piece.blocks()
    return blocks


def merge_to_tree(
    sources: Sequence[Source],
    symbols: int,
    tree: TreeBuilder,
    plan: MemoryPlan,
    *,
    min_count: int,
    advance: Callable[[float], object] | None = None,
    bounds: tuple[Sequence[int], Sequence[int] | None] = ((), None),
) -> None:
    """Add the sum of the sources, over an alphabet of `symbols`, to a tree.

    N-grams of two or more symbols that occur fewer than `min_count` times are left out. `advance` is called with the
    share of the work that was done. `bounds` are the ids of the first n-gram that is added, and of the first after it
    that is not (None: all are).
    """
    order, path = sources[0].order, OpenPath()
    low, high = (None if ids is None else np.array(ids, ">u4").tobytes().rstrip(b"\0") for ids in bounds)
    pieces = _merge_pieces(sources, symbols, lambda: TreePiece(order), plan, advance, low or b"", high)
    for piece in pieces:
        tree.append(piece.join(path, min_count, False))
    tree.append(TreePiece(order).join(path, min_count, True))


def merge_to_run(runs: Sequence[RunFile], file: IO[bytes], plan: MemoryPlan) -> RunFile:
    """Write the sum of runs to a file, as one run."""
    sources = [RunSource(run) for run in runs]
    order = sources[0].order
    symbols = unite_symbols(sources)
    pieces = _merge_pieces(sources, len(symbols), lambda: RunPiece(order, plan.block_bytes), plan)
    totals = [sum(column) for column in zip(*(run.totals for run in runs), strict=True)]
    return write_run(file, (piece.blocks() for piece in pieces), order=order, symbols=symbols, totals=totals)
