"""The linked count tree: counts with suffix links, for the statistics of n-grams that builders need.

The suffix link of an n-gram is the place of the n-gram without its first symbol. Under a memory budget, the tree and
its links are mapped from files; the tree is processed in pieces (see links.hpp for their order), and pages are released
after each piece, so that they never take more than a part of the budget.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels import counting as kernel
from .._utils.arrays import MOST_UINT32, SUM_BITS, ArrayStore, sum_exactly, take
from .._utils.threads import for_each
from ..errors import CorpusError
from .counts import NgramCounts, levels_of
from .expectation import PieceExpectation
from .resources import Resources
from .selectable import ABSENT, SelectableTree
from .selection import Selection, make_selection

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._kernels.counting import Bits, Float64, Level, LinkPiece, Uint32

__all__ = ["LinkedTree"]

PIECE_BYTES = 1 << 23  # of the tree below the second symbols of a piece: small enough for threads to share the work
NODE_BYTES = 20  # per n-gram in the tree and its links, about
BUDGET_SHARE = 8  # the pieces of all threads, and the n-grams that link to them, each take at most 1/8 of the budget
TABLE_VALUES = 1 << 23  # most pieces times symbols
RISE_BYTES = 32  # per n-gram of the longest length, while entropies are compared
OTHER_RISE_BYTES = 24  # per n-gram of a shorter length
RISE_NODES = 1 << 20  # n-grams whose entropies are compared at a time
EXPECTATION_BYTES = 16  # per n-gram, while pieces are estimated
THREAD_BYTES = 6  # more for each further thread
PAIRS = 1 << 20  # that are listed at a time
LOOKUP_NGRAMS = 1 << 14  # n-grams that are looked up at a time
FEW_NGRAMS = 1 << 11  # the same with a budget: each may load 64 KB of every level before pages are released


class LinkedTree(SelectableTree):
    """A count tree with suffix links; `SelectableTree` describes its attributes.

    Parameters
    ----------
    counts : NgramCounts
        Of order 2 or more.
    resources : Resources, optional
        Memory, temporary folder and threads; they never change a result.

    Raises
    ------
    CorpusError
        If the count of an n-gram of two or more symbols, or the number of n-grams of an order, does not fit in 32 bits.
    StorageError
        If the disk has no room for the links.
    """

    def __init__(self, counts: NgramCounts, resources: Resources | None = None) -> None:
        resources = Resources() if resources is None else resources
        self._levels: list[Level] = [*levels_of(counts)]
        # Single symbols are the first whose counts need 64 bits.  The kernels get these counts apart from the tree.
        symbols, singles, ends = self._levels[0]
        self._levels[0] = (symbols, np.minimum(singles, MOST_UINT32).astype(np.uint32, copy=False), ends)
        if any(array.dtype != np.uint32 for level in self._levels for array in level):
            raise CorpusError(
                "a pair of characters occurs more than 4,294,967,295 times, or more n-grams of a length exist; take "
                "a part of the corpus."
            )
        super().__init__(counts, singles.astype(np.float64), resources)
        self._total, self._sizes = counts.total(1), [len(level[0]) for level in self._levels]
        self._cut_pieces()
        arrays = [array for level in self._levels for array in level]
        self._store = ArrayStore(self._budget, resources.temp_dir, arrays)
        self._store.release()  # the pages that _cut_pieces has read
        # Of orders 3 and up: links, and the counts of an n-gram without its first one, two, ... symbols.
        self._links: list[Uint32 | None] = [None] * counts.order
        self._suffix_counts: list[Uint32 | None] = [None] * counts.order
        for n, size in enumerate(self._sizes[2:], 3):
            self._links[n - 1] = self._store.allocate(size)
            if n < counts.order:
                self._suffix_counts[n - 1] = self._store.allocate(size * (n - 2))
            self._each_piece(partial(self._link_piece, n))

    def pmi(self, n: int, nodes: npt.NDArray[np.uint32]) -> Float64:
        """Compute the PMI in nats, the smallest over the split points, of n-grams of order `n`."""
        return self._measure(n, nodes, nodes[:0], np.zeros(0))[0]

    def branching_entropies(self, n: int, nodes: npt.NDArray[np.uint32]) -> tuple[Float64, Float64]:
        """Compute left and right branching entropies in nats of n-grams of order `n`, below the top order."""
        rising, back = _sort_nodes(nodes)
        times = self._take_counts(n, rising)[back]
        return self._measure(n + 1, nodes[:0], nodes, times)[1:]

    def measure(
        self, length: npt.NDArray[np.uint32], node: npt.NDArray[np.uint32]
    ) -> tuple[npt.NDArray[np.int64], Float64, Float64, Float64]:
        """Return counts, PMI, left and right branching entropies of n-grams of any orders.

        The places of n-grams of the same order must rise. Values that the tree does not have are 0 (counts) or NaN:
        all values of n-grams that are `ABSENT`, and the entropies of the longest ones. The PMI of a single symbol is 0.
        """
        size = len(node)
        counts, (pmi, left, right) = np.zeros(size), np.full((3, size), np.nan)
        rows = [np.flatnonzero((length == n) & (node != ABSENT)) for n in range(1, len(self._levels) + 1)]
        for n, here in enumerate(rows, 1):
            counts[here] = self._take_counts(n, node[here])
        pmi[rows[0]] = 0.0
        for n, (shorter, here) in enumerate(pairwise(rows), 2):
            pmi[here], left[shorter], right[shorter] = self._measure(n, node[here], node[shorter], counts[shorter])
        return counts.astype(np.int64), pmi, left, right

    def _take_counts(self, n: int, nodes: Uint32) -> Float64:
        """Return the counts of n-grams of order `n`, whose places rise."""
        return self._singles[nodes] if n == 1 else take(self._levels[n - 1][1], nodes).astype(np.float64)

    def _measure(self, n: int, nodes: Uint32, shorter: Uint32, times: Float64) -> tuple[Float64, Float64, Float64]:
        """Return the PMI of n-grams of order `n`, and both entropies of n-grams of order n - 1 with counts `times`."""
        (here, back), (above, back_above) = _sort_nodes(nodes), _sort_nodes(shorter)
        pmi, left, right = np.zeros(len(here)), np.zeros(len(above)), np.zeros(len(above))

        def work(piece: LinkPiece, number: int) -> None:
            tree = (self._levels, self._links, self._suffix_counts, self._singles, n, piece, self._total)
            kernel.measure_ngrams(*tree, self._block(n - 1, number), here, pmi, above, left, right)

        self._each_piece(work)
        left, right = left[back_above], right[back_above]
        return pmi[back], kernel.finish_entropies(times, left), kernel.finish_entropies(times, right)

    def entropy_rises(self, longest: int) -> Iterator[Float64]:
        """Yield, for each order up to `longest`, how much branching entropies rise with the outermost symbols.

        For x of two or more symbols this is ``h_R(x) - h_R(x[:-1]) + h_L(x) - h_L(x[1:])``, for a single symbol the sum
        of its entropies, in nats. The consumer may change the arrays.
        """
        types = self._sizes[:longest]
        needed = RISE_BYTES * max(types) + OTHER_RISE_BYTES * (sum(types) - max(types))
        self.check_memory(needed, f"{sum(types):,} n-grams and scores")
        shorter_left = shorter_right = np.zeros(0)
        for n in self._store.sweep(range(1, longest + 1)):
            left, right = self.branching_entropies(n, np.arange(types[n - 1], dtype=np.uint32))
            rises = right if n == longest else right.copy()
            for begin in range(0, len(left), RISE_NODES):
                part = slice(begin, begin + RISE_NODES)
                rise_right, rise_left = right[part], left[part]
                if n > 1:
                    rise_right = rise_right - shorter_right[self._prefixes(n, begin, begin + len(rise_left))]
                    rise_left = rise_left - shorter_left[self._suffixes(n, part)]
                rises[part] = rise_right + rise_left
            yield rises
            shorter_left, shorter_right = left, right

    def select(self, min_count: int, min_pmi: Sequence[float]) -> Selection:
        """Select the n-grams that occur `min_count` times and reach the PMI (nats) of their order.

        All single symbols are selected too.
        """
        chosen, needed = self._choose(min_count, min_pmi)
        return make_selection(self._levels, chosen, needed, budget=self._budget, check_memory=self.check_memory)

    def estimate_pieces(
        self, min_count: int, min_pmi: Sequence[float]
    ) -> Iterator[tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]]:
        """Yield, for each order, the n-grams that are pieces of the text at least `min_count` times, and how often.

        As if text were cut by joining the n-grams that `select` selects. The numbers are estimated, see `expectation`;
        all single symbols that are pieces at all are included. N-grams that occur once are not selected, but the tree
        must have them.
        """
        if float(self._singles.max(initial=0)) > MOST_UINT32:
            raise CorpusError("a character occurs more than 4,294,967,295 times; learn from the texts too.")
        size = sum(self._sizes)
        self.check_memory(EXPECTATION_BYTES * size, f"the pieces of {size:,} n-grams")
        spare = math.inf if self._budget is None else self._budget / max(size, 1) - EXPECTATION_BYTES
        workers = min(self.workers, 1 + max(0, math.floor(min(spare / THREAD_BYTES, self.workers))))
        longest = len(min_pmi)
        chosen, _ = self._choose(max(min_count, 2), [*min_pmi, *[np.inf] * (len(self._sizes) - longest)])
        expected = PieceExpectation(
            self._levels, self._links, chosen, longest, workers=workers, release=self._store.release
        )
        for n in self._store.sweep(range(1, len(self._sizes) + 1)):
            yield expected.list_pieces(n, min_count if n > 1 else 1)

    def _choose(self, min_count: int, min_pmi: Sequence[float]) -> tuple[list[Bits], list[Bits]]:
        """Return one bit for each n-gram: those that are chosen, and those that are needed for a chosen one."""
        chosen = [np.zeros(size // 8 + 1, np.uint8) for size in self._sizes]
        needed = [np.zeros_like(bits) for bits in chosen]
        for bits in (chosen[0], needed[0]):
            bits[:] = 255
        for n in range(2, len(self._sizes) + 1):

            def work(piece: LinkPiece, _: int, n: int = n) -> None:
                tree = (self._levels, self._links, self._suffix_counts, self._singles, n, piece, self._total)
                kernel.choose_ngrams(*tree, min_count, min_pmi[n - 1], chosen, needed)

            self._each_piece(work)
        return chosen, needed

    def select_autonomous(self, weights: Sequence[float]) -> Selection:
        """Select the n-grams that occur more than once, with their weighted autonomy; see `SelectableTree`."""
        scores, longest = [], len(weights)
        for n, (autonomy, weight) in enumerate(zip(self.entropy_rises(longest), weights, strict=True), 1):
            autonomy -= sum_exactly(autonomy) / (max(len(autonomy), 1) << SUM_BITS)
            autonomy *= weight
            scores.append(autonomy[self.recurring(n)] if n > 1 else autonomy)
        symbol, count, ends = self._levels[longest - 1]
        levels = [*self._levels[: longest - 1], (symbol, count, ends[:0])]
        marks = [np.packbits(self.recurring(n), bitorder="little") for n in range(1, longest + 1)]
        return make_selection(levels, marks, marks, scores, budget=self._budget, check_memory=self.check_memory)

    def recurring(self, n: int) -> npt.NDArray[np.bool_]:
        """Return which n-grams of order `n` occur more than once; all single symbols are included."""
        return np.asarray(self._levels[n - 1][1] >= (2 if n > 1 else 1))

    def find(self, words: Sequence[str]) -> tuple[Uint32, Uint32, Uint32]:
        """Look up words; see `SelectableTree`."""
        encoded = self.alphabet.encode("\n".join(words)) if words else np.zeros(0, np.uint32)
        node, length = np.empty(len(words), np.uint32), np.empty(len(words), np.uint32)
        for places, found, sizes in self._look_up(encoded):
            node[places], length[places] = found, sizes
        return node, length, encoded[np.repeat(length >= self.counts.order, length.astype(np.int64) + 1)]

    def count_ngrams(self, ngrams: Uint32) -> npt.NDArray[np.int64]:
        """Look up counts of n-grams of the text, each closed by a 0; 1 for those that the tree lacks."""
        result = np.ones(int(np.count_nonzero(ngrams == 0)), np.int64)
        for places, node, length in self._look_up(ngrams):
            for n, (_, times, _) in enumerate(self._levels, 1):
                here = np.flatnonzero((length == n) & (node != ABSENT))
                result[places[here]] = (self._singles if n == 1 else times)[node[here]]
        return result

    def _look_up(self, ngrams: Uint32) -> Iterator[tuple[npt.NDArray[np.int64], Uint32, Uint32]]:
        """Yield numbers of n-grams, their places in the tree and their lengths; release pages after each part."""
        ends = np.flatnonzero(ngrams == 0)
        starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
        order = np.lexsort((ngrams[starts + 1], ngrams[starts]))  # neighbours are then near each other in the tree, too
        step = LOOKUP_NGRAMS if self._budget is None else FEW_NGRAMS
        for begin in self._store.sweep(range(0, len(ends), step)):
            places = order[begin : begin + step]
            sizes = ends[places] - starts[places] + 1
            moved = np.repeat(starts[places] - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
            yield places, *kernel.find_ngrams(self._levels, ngrams[moved], len(places))

    def pairs(self) -> Iterator[tuple[int, npt.NDArray[np.int64], Uint32, Uint32]]:
        """Yield the pairs of symbols in parts: place of the first one, first symbols, second symbols, counts."""
        second, counts, _ = self._levels[1]
        for begin in self._store.sweep(range(0, len(second), PAIRS)):
            end = min(begin + PAIRS, len(second))
            yield begin, self._prefixes(2, begin, end) + 1, second[begin:end], counts[begin:end]

    def _prefixes(self, n: int, begin: int, end: int) -> npt.NDArray[np.int64]:
        """Return the places of n-grams of order `n` without their last symbol."""
        ends = self._levels[n - 2][2]
        return np.searchsorted(ends, np.arange(begin, end, dtype=ends.dtype), "right")

    def _suffixes(self, n: int, part: slice) -> npt.NDArray[Any]:
        """Return the places of n-grams of order `n` without their first symbol."""
        suffix = self._links[n - 1]
        return self._levels[1][0][part] - 1 if suffix is None else suffix[part]  # level 1 has all symbols in order

    def _cut_pieces(self) -> None:
        """Divide the second symbols into pieces, and the first ones into ranges that are processed one by one."""
        levels, size, budget = self._levels, self._sizes[0], self._budget
        limit = PIECE_BYTES if budget is None else max(1, budget // (BUDGET_SHARE * self.workers))
        self._ends = [np.arange(1, size + 1)]
        for _, _, ends in levels[:-1]:
            above = self._ends[-1]
            last = take(ends, np.maximum(above - 1, 0)).astype(np.int64) if len(ends) else 0
            self._ends.append(np.where(above > 0, last, 0))
        below = np.diff(np.stack(self._ends), axis=1, prepend=0) * NODE_BYTES
        weight = np.cumsum(below[:-1].sum(axis=0))
        pieces = min(int(weight[-1:].sum()) // limit + 4 * self.workers, TABLE_VALUES // max(size, 1) + 1, size)
        inner = np.searchsorted(weight, weight[-1:].sum() * np.arange(1, pieces) // max(pieces, 1))
        bounds = np.concatenate([[0], inner, [size]])
        self._bounds = bounds[np.flatnonzero(np.diff(bounds, prepend=-1))]
        self._starts = kernel.locate_pairs(levels, self._bounds.astype(np.uint32))
        self._stretches = [0, size]
        if budget is not None:
            weight = np.cumsum(below.sum(axis=0))
            self._stretches = [0, *(1 + np.flatnonzero(np.diff(weight // limit))).tolist(), size]

    def _block(self, n: int, number: int) -> tuple[int, int]:
        """Return the places of the n-grams of order `n` that begin with a symbol of a piece."""
        ends, (low, high) = self._ends[n - 1], self._bounds[number : number + 2].tolist()
        return int(ends[low - 1]) if low else 0, int(ends[high - 1])

    def _link_piece(self, n: int, piece: LinkPiece, _: int) -> None:
        kernel.fill_links(self._levels, self._links, self._suffix_counts, n, piece)

    def _each_piece(self, work: Callable[[LinkPiece, int], object]) -> None:
        """Call ``work(piece, number)`` for all pieces and all ranges of first symbols.

        The ranges of one piece are processed in order by one thread, because floating-point sums depend on the order.
        """

        def process(number: int) -> None:
            for first, stop in self._store.sweep(pairwise(self._stretches)):
                work((first, stop, self._starts[number], self._starts[number + 1]), number)

        for_each(range(len(self._bounds) - 1), process, self.workers)


def _sort_nodes(nodes: npt.NDArray[np.uint32]) -> tuple[Uint32, Any]:
    """Return the nodes in rising order, and an index that restores the given order."""
    if bool((nodes[1:] > nodes[:-1]).all()):
        return np.ascontiguousarray(nodes, np.uint32), slice(None)
    rising, back = np.unique(nodes, return_inverse=True)
    return rising.astype(np.uint32), back
