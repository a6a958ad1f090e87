"""Suffix links of a count tree, and what builders read off along them, in memory or within a budget.

With a budget the tree is mapped from the disk, and so is what is put beside it here; pages are given up as the work
goes on (see links.hpp for its order), so that memory never holds more of them than a part of the budget.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels import counting as kernel
from .._kernels.counting import Patterns
from .._utils.arrays import new_column, release, take
from .._utils.files import storage
from .._utils.threads import for_each
from .._utils.validation import check_memory
from ..errors import CorpusError, StorageError
from .counts import NgramCounts

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._kernels.counting import Bits, Float64, Level, LinkPiece, Uint32

__all__ = ["Chosen", "Links", "require_memory"]

PIECE = 1 << 23  # bytes of the tree below the second symbols of a piece: small enough for threads to share the work
SHARE = 8  # of a budget, each thread's pieces and what links to them take two parts in so many
TABLE = 1 << 23  # pieces times symbols, at most
LISTED_BYTES = 16  # an n-gram that may be a piece, in lists of places and counts; with a score 8 more
SLOT_BYTES = 16  # one of its slots in the table; with scores 8 more
SLACK = 1 << 25  # bytes that the smallest budget may take here: part of the 150 MB that no budget includes
STEP = 1 << 20


class Links:
    """A count tree with its suffix links: where an n-gram is found without its first symbol.

    Parameters
    ----------
    counts
        Of order 2 or more.
    workers
        Threads; never change a result.
    memory, temp_dir
        Budget in bytes, and where files without names go that hold what is not in it.
    """

    def __init__(
        self,
        counts: NgramCounts,
        *,
        workers: int = 1,
        memory: int | str | None = None,
        temp_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        if any(array.dtype != np.uint32 for level in counts.levels for array in level):
            raise CorpusError("a count, or the number of n-grams, is above 4,294,967,295: take a part of the corpus")
        self.counts, self.levels, self.total, self.workers = counts, counts.levels, counts.total(1), workers
        self.memory, self._temp_dir = check_memory(memory), temp_dir
        self._limit = PIECE if self.memory is None else max(1, self.memory // (SHARE * workers))
        self.suffix: list[Uint32 | None] = [None] * counts.order
        self._suffixes: list[Uint32 | None] = [None] * counts.order
        self._cut()
        for n in range(3, counts.order + 1):
            self.suffix[n - 1] = self._column(counts.types(n))
            if n < counts.order:
                self._suffixes[n - 1] = self._column(counts.types(n) * (n - 2))
            self._each(partial(self._fill, n))

    def pmi(self, n: int, nodes: npt.NDArray[np.uint32]) -> Float64:
        """PMI in nats, the smallest over the split points, of the n-grams of order `n` at places `nodes`."""
        return self.measured(n, nodes, nodes[:0])[0]

    def branching(self, n: int, nodes: npt.NDArray[np.uint32]) -> tuple[Float64, Float64]:
        """Left and right branching entropies in nats of the n-grams of order `n`, below the top order, at `nodes`."""
        return self.measured(n + 1, nodes[:0], nodes)[1:]

    def measured(
        self, n: int, nodes: npt.NDArray[np.uint32], shorter: npt.NDArray[np.uint32]
    ) -> tuple[Float64, Float64, Float64]:
        """PMI of n-grams `nodes` of order `n`, and branching entropies of `shorter` ones of order `n` - 1."""
        (here, back), (above, back_above) = _rising(nodes), _rising(shorter)
        pmi, left, right = np.zeros(len(here)), np.zeros(len(above)), np.zeros(len(above))

        def work(piece: LinkPiece, number: int) -> None:
            tree = (self.levels, self.suffix, self._suffixes, n, piece, self.total)
            kernel.measure_ngrams(*tree, self._block(n - 1, number), here, pmi, above, left, right)

        self._each(work)
        times = take(self.levels[n - 2][1], above)
        left, right = kernel.finish_entropies(times, left), kernel.finish_entropies(times, right)
        return pmi[back], left[back_above], right[back_above]

    def kept(self, min_count: int, min_pmi: tuple[float, ...]) -> Chosen:
        """The n-grams that came `min_count` times and reach the PMI (nats) of their order, and all single symbols."""
        chosen = [np.zeros(self.counts.types(n) // 8 + 1, np.uint8) for n in range(1, self.counts.order + 1)]
        needed = [np.zeros_like(bits) for bits in chosen]
        for bits in (chosen[0], needed[0]):
            bits[:] = 255
        for n in range(2, self.counts.order + 1):

            def work(piece: LinkPiece, _: int, n: int = n) -> None:
                tree = (self.levels, self.suffix, self._suffixes, n, piece, self.total)
                kernel.choose_ngrams(*tree, min_count, min_pmi[n - 1], chosen, needed)

            self._each(work)
        return Chosen(self.levels, chosen, needed, memory=self.memory)

    def _cut(self) -> None:
        """Cut the second symbols into pieces, and the first ones into stretches that are worked through at a time."""
        levels, size = self.levels, self.counts.types(1)
        self._ends = [np.arange(1, size + 1)]
        for _, _, ends in levels[:-1]:
            above = self._ends[-1]
            last = take(ends, np.maximum(above - 1, 0)).astype(np.int64) if len(ends) else 0
            self._ends.append(np.where(above > 0, last, 0))
        below = np.diff(np.stack(self._ends), axis=1, prepend=0) * 20  # bytes a node: the tree's, and ours
        weight = np.cumsum(below[:-1].sum(axis=0))
        pieces = min(int(weight[-1:].sum()) // self._limit + 4 * self.workers, TABLE // max(size, 1) + 1, size)
        inner = np.searchsorted(weight, weight[-1:].sum() * np.arange(1, pieces) // max(pieces, 1))
        self._bounds = np.unique(np.concatenate([[0], inner, [size]]))
        self._starts = kernel.locate_pairs(levels, self._bounds.astype(np.uint32))
        self.release()
        self._stretches = [0, size]
        if self.memory is not None:
            weight = np.cumsum(below.sum(axis=0))
            self._stretches = [0, *(1 + np.flatnonzero(np.diff(weight // self._limit))).tolist(), size]

    def _block(self, n: int, number: int) -> tuple[int, int]:
        """Places, of order `n`, of what begins with the symbols of a piece."""
        ends, (low, high) = self._ends[n - 1], self._bounds[number : number + 2].tolist()
        return int(ends[low - 1]) if low else 0, int(ends[high - 1])

    def _fill(self, n: int, piece: LinkPiece, _: int) -> None:
        kernel.fill_links(self.levels, self.suffix, self._suffixes, n, piece)

    def _each(self, work: Callable[[LinkPiece, int], object]) -> None:
        """Call ``work(piece, number)`` for all pieces."""

        def one(number: int) -> None:
            for first, stop in pairwise(self._stretches):
                piece: LinkPiece = (first, stop, self._starts[number], self._starts[number + 1])
                work(piece, number)
                self.release()

        for_each(range(len(self._bounds) - 1), one, self.workers)

    def release(self) -> None:
        """Give up the pages that are mapped, if memory is limited."""
        if self.memory is not None:
            for array in (*(array for level in self.levels for array in level), *self.suffix, *self._suffixes):
                if array is not None:
                    release(array)

    def _column(self, size: int) -> Uint32:
        if self.memory is None:
            return np.empty(size, np.uint32)
        import tempfile

        folder = self._temp_dir or tempfile.gettempdir()
        with storage(folder, "make room, or name a folder on another disk for temporary files"):
            return new_column(size, folder)


class Chosen:
    """N-grams that were chosen from a count tree, with what they begin with, as patterns to be found in text.

    Attributes
    ----------
    nodes
        For each order their places in the tree, rising.
    patterns
        The same n-grams, in the same order; so are the `scores` that may be given.
    """

    def __init__(
        self,
        levels: list[Level],
        chosen: list[Bits],
        needed: list[Bits],
        *,
        scores: list[Float64] | None = None,
        memory: int | None = None,
    ) -> None:
        sizes = [len(level[0]) for level in levels]
        edges = sum(_number_set(bits, size) for bits, size in zip(needed[1:], sizes[1:], strict=True))
        listed, slot = (LISTED_BYTES, SLOT_BYTES) if scores is None else (LISTED_BYTES + 8, SLOT_BYTES + 8)
        room = 2.0 if memory is None or edges * (listed + 2 * slot) < 3 * memory // 4 else 1.5
        require_memory(memory, int(edges * (listed + 1.5 * slot)), f"{edges:,} n-grams")
        self.nodes: list[Uint32] = []
        largest = int(levels[0][0][-1]) if sizes[0] else 0
        rows = self._listed(levels, chosen, needed, scores)
        self.patterns = Patterns(rows, edges, largest, scored=scores is not None, room=room)

    def _listed(
        self, levels: list[Level], chosen: list[Bits], needed: list[Bits], scores: list[Float64] | None
    ) -> Iterator[tuple[Any, ...]]:
        for n, (symbols, _, _) in enumerate(levels):
            nodes = _set_places(needed[n], len(symbols))
            parents = kernel.find_parents(take(levels[n - 1][2], self.nodes[-1]), nodes) if n else nodes[:0]
            flags = chosen[n][nodes >> 3] >> (nodes & 7).astype(np.uint8) & 1
            self.nodes.append(nodes)
            yield take(symbols, nodes), parents, flags, *([] if scores is None else [scores[n]])


def require_memory(memory: int | None, needed: int, what: str) -> None:
    """Refuse a budget that `what` does not fit in."""
    if memory is not None and needed > max(memory, SLACK):
        raise StorageError(
            f"memory of {memory:,} bytes is too small for the {what} that words are found with; the smallest that "
            f"works here is {needed:,} bytes, or leave out more (min_count, max_length)."
        )


def _rising(nodes: npt.NDArray[np.uint32]) -> tuple[Uint32, Any]:
    """The nodes in rising order, and how to bring what belongs to them back into theirs."""
    if bool((nodes[1:] > nodes[:-1]).all()):
        return np.ascontiguousarray(nodes, np.uint32), slice(None)
    rising, back = np.unique(nodes, return_inverse=True)
    return rising.astype(np.uint32), back


def _set_places(bits: Bits, size: int) -> Uint32:
    parts = [np.zeros(0, np.uint32)]
    for begin in range(0, size, STEP):
        part = np.unpackbits(bits[begin // 8 : (begin + STEP) // 8], bitorder="little")[: size - begin]
        parts.append(np.flatnonzero(part).astype(np.uint32) + np.uint32(begin))
    return np.concatenate(parts)


def _number_set(bits: Bits, size: int) -> int:
    return sum(
        int(np.unpackbits(bits[begin // 8 : (begin + STEP) // 8], bitorder="little")[: size - begin].sum())
        for begin in range(0, size, STEP)
    )
