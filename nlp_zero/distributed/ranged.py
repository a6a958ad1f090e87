"""A count tree whose ranges stay on the workers: what builders need of it, without holding it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels import counting as kernel
from .._utils.arrays import SUM_BITS, narrow
from ..counting.count_data import CountData, CountOptions
from ..counting.counts import NgramCounts, counts_of, levels_of
from ..counting.history import NO_HISTORY
from ..counting.levels import truncate_levels
from ..counting.resources import Resources
from ..counting.selectable import ABSENT, SelectableTree
from ..counting.selection import Selection, make_selection
from . import autonomy, tasks
from .ranges import add_edges
from .scores import add_neighbours, find_candidates, find_recurring_pairs, score_candidates
from .shuffle import shuffle
from .submission import send, share, submit_each, take_results
from .subtrees import (
    NOT_CHOSEN,
    Candidates,
    JoinedCandidates,
    NgramTree,
    cut_tree,
    extract_candidates,
    list_ngrams,
    strip_first_symbols,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._kernels.counting import Float64, Uint32
    from ..counting.tree import Level
    from .ranges import Ids

    Counts = npt.NDArray[Any]

__all__ = ["RangedTree"]

CANDIDATE_NGRAMS = 1 << 24  # candidates that are scored at a time: about 100 bytes each in this process
PAIRS = 1 << 20  # that are listed at a time
MOST_BLOCKS = 64  # of words: this many ranges are processed at a time
VISITED_RANGES = 512  # that are opened and visited by all blocks before the next ones


class RangedTree(SelectableTree):
    """A count tree in ranges, which are on the workers of a cluster.

    This process holds the n-grams that are selected, with their beginnings, and for a time other candidates.

    Parameters
    ----------
    client : distributed.Client
    ranges : list
        Futures of ranges, see `tasks.keep_range`; with `open_range`, descriptions of ranges that were saved.
    starts : list of tuple
        The least n-gram of each range but the first one, by ids.
    singles : ndarray of uint64
        Counts of all symbols.
    symbols, totals : list
        All symbols, and the number of n-grams of each order in the text.
    options : CountOptions
    resources : Resources
        For the work in this process.
    open_range : callable, optional
        Returns the future of a range that was saved. It is called for each pass over the ranges, so that they do not
        stay in memory.
    """

    def __init__(
        self,
        client: Any,
        ranges: Sequence[Any],
        starts: Sequence[Ids],
        singles: npt.NDArray[np.uint64],
        symbols: Sequence[Any],
        totals: list[int],
        *,
        options: CountOptions,
        resources: Resources,
        open_range: Callable[[Any], Any] = lambda future: future,
    ) -> None:
        self._client, self._ranges, self._open = client, ranges, open_range
        size, order = len(symbols), len(totals)
        self._bounds = list(pairwise([(0,) * order, *starts, (size + 1, *(0,) * (order - 1))]))
        self._data = CountData(symbols, [], NO_HISTORY, totals, options)
        none = np.zeros(0, np.uint32)
        top = (np.arange(1, size + 1, dtype=np.uint32), narrow(singles), np.zeros(size, np.uint32))
        counts = self._make_counts([top, *[(none, none, none)] * (order - 1)])
        super().__init__(counts, singles.astype(np.float64), resources)
        self._scores: list[Float64] | None = [np.zeros(size)]  # PMI; None if nothing was selected by it

    def _make_counts(self, levels: list[Level]) -> NgramCounts:
        return counts_of(replace(self._data, levels=levels))

    def select(self, min_count: int, min_pmi: Sequence[float]) -> Selection:
        """Select the n-grams that occur `min_count` times and reach the PMI (nats) of their order."""
        order, total = self.counts.order, float(self.counts.total(1))
        shared = share(self._client, find_candidates, self._singles, total, min_count, list(min_pmi))
        waiting, chosen = JoinedCandidates(order), JoinedCandidates(order)
        for number, found in enumerate(self._collect(tasks.work_on_range, shared), 1):
            waiting.append(found)
            if waiting.size >= CANDIDATE_NGRAMS or number == len(self._ranges):
                chosen.append(self._score(waiting.result(), total, min_pmi))
                waiting.clear()
        result = chosen.result()
        self.counts, self._scores = self._make_counts(result.levels()), result.scores
        return self._make_selection(result)

    def _make_selection(self, found: Candidates, scores: list[Float64] | None = None) -> Selection:
        """Select the n-grams that have a score; with `scores`, text is cut by these."""
        needed = [np.full(len(own) // 8 + 1, 255, np.uint8) for own in found.scores]
        marks = [np.packbits(np.append(own > NOT_CHOSEN, [False] * 8), bitorder="little") for own in found.scores]
        return make_selection(
            found.levels(), marks, needed, scores, budget=self._budget, check_memory=self.check_memory
        )

    def select_autonomous(self, weights: Sequence[float]) -> Selection:
        """Select the n-grams that occur more than once, with their weighted autonomy; see `autonomy`."""
        rises = self._find_rises()
        found = list(take_results(self._map(autonomy.describe_rises, rises)))
        totals, numbers = (np.sum(np.array(column, object), axis=0) for column in zip(*found, strict=True))
        means = [int(total) / (max(int(number), 1) << SUM_BITS) for total, number in zip(totals, numbers, strict=True)]
        chosen = JoinedCandidates(len(weights))
        for part in take_results(self._map(autonomy.list_recurring, rises, shared=(means, list(weights)))):
            chosen.append(part)
        result = chosen.result()
        *levels, (symbols, counts, none) = result.levels()
        longest = symbols, counts, np.zeros(len(symbols), np.uint32)  # their children are not needed
        self.counts, self._scores = self._make_counts([*levels, longest, (none, none, none)]), None
        return self._make_selection(result, result.scores)

    def _find_rises(self) -> list[Any]:
        """Return the futures of how much entropies rise with the outermost symbols of the n-grams of each range."""
        edges = add_edges(list(take_results(self._map(autonomy.list_kept_edges))))
        shared = [set(own.totals) for own in edges]
        children = autonomy.add_children(list(take_results(self._map(autonomy.list_children, shared))))
        own_children = [{ids: children[ids] for ids in ngrams} for ngrams in shared]
        ranges, bounds = len(self._ranges), self._bounds
        pieces = shuffle(self._client, self._map(autonomy.send_suffixes, shared=(bounds,)), ranges)
        left = self._map(autonomy.add_left, pieces, shared=(len(self._singles),))
        answers = shuffle(self._client, submit_each(self._client, autonomy.take_answers, left), ranges)
        return self._map(autonomy.find_rises, left, answers, own_children, shared=(bounds,))

    def _map(self, work: Callable[..., Any], *columns: Sequence[Any], shared: tuple[Any, ...] = ()) -> list[Any]:
        """Apply a function to all ranges, with arguments of each range and shared ones; return the futures."""
        order = share(self._client, work, *shared)
        rows = zip(self._ranges, *columns, strict=True)
        return [
            submit_each(self._client, tasks.work_on_range, [self._open(part)], order, *row)[0] for part, *row in rows
        ]

    def _score(self, found: Candidates, total: float, min_pmi: Sequence[float]) -> Candidates:
        """Look up the counts of the ends of candidates, and keep those whose PMI is high enough."""
        trees: list[NgramTree] = []
        places = []
        symbols, ends = found.symbols, found.ends
        for _ in range(len(found.symbols) - 2):
            tree, place = strip_first_symbols(symbols, ends, len(self._singles))
            trees.append(tree)
            places.append(place)
            symbols, ends = tree
        return score_candidates(found, places, self._look_up(trees), self._singles, total, min_pmi)

    def _look_up(self, trees: list[NgramTree]) -> list[list[Counts]]:
        """Look up the counts of n-grams, for each tree and order; 0 for those that are not listed."""
        counts: list[list[Counts]] = [[np.zeros(len(symbols), np.uint64) for symbols in tree.symbols] for tree in trees]
        parts = [[cut_tree(tree, low, high) for tree in trees] for low, high in self._bounds]
        asked = [k for k, part in enumerate(parts) if any(len(ids) for tree, _ in part for ids in tree.symbols[1:])]
        futures = []
        for k in asked:
            range_, asked_trees = self._open(self._ranges[k]), [tree for tree, _ in parts[k]]
            futures += submit_each(self._client, tasks.look_up, [range_], asked_trees, len(self._singles))
        for k, answers in zip(asked, take_results(futures), strict=True):
            for own, (_, slices), answer in zip(counts, parts[k], answers, strict=True):
                for whole, where, part in zip(own, slices, answer, strict=True):
                    whole[where] = np.maximum(whole[where], part)
        return counts

    def measure(
        self, length: npt.NDArray[np.uint32], node: npt.NDArray[np.uint32]
    ) -> tuple[npt.NDArray[np.int64], Float64, Float64, Float64]:
        """Return counts, PMI, left and right branching entropies of selected n-grams; see `LinkedTree.measure`."""
        size, levels = len(node), levels_of(self.counts)
        counts, (pmi, left, right) = np.zeros(size), np.full((3, size), np.nan)
        rows = [np.flatnonzero((length == n) & (node != ABSENT)) for n in range(1, len(levels) + 1)]
        nodes = [node[here] for here in rows]
        scores = self._measure_pmi(levels, nodes)
        for n, here in enumerate(rows):
            times = self._singles if n == 0 else levels[n][1]
            counts[here], pmi[here] = times[nodes[n]], scores[n]
        nodes.pop()
        for here, *sums in zip(rows[:-1], *self._add_neighbours(levels, nodes), strict=True):
            for side, column in zip(sums, (left, right), strict=True):
                column[here] = kernel.finish_entropies(counts[here], side)
        return counts.astype(np.int64), pmi, left, right

    def pairs(self) -> Iterator[tuple[int, npt.NDArray[np.int64], Uint32, Counts]]:
        """Yield the pairs of symbols that occur more than once, in parts; see `SelectableTree`."""
        found = JoinedCandidates(2)
        for part in take_results(self._map(find_recurring_pairs)):
            found.append(part)
        self._hold(found.result().levels())
        (_, _, ends), (second, counts, _) = levels_of(self.counts)[:2]
        for begin in range(0, len(second), PAIRS):
            here = slice(begin, begin + PAIRS)
            first = np.searchsorted(ends, np.arange(len(second), dtype=ends.dtype)[here], "right") + 1
            yield begin, first, second[here], counts[here]

    def branching_entropies(self, n: int, nodes: npt.NDArray[np.uint32]) -> tuple[Float64, Float64]:
        """Compute left and right branching entropies in nats of n-grams of order `n` that this process holds."""
        none = np.zeros(0, np.uint32)
        levels = levels_of(self.counts)
        left, right = self._add_neighbours(levels, [*[none] * (n - 1), nodes])
        times = (self._singles if n == 1 else levels[n - 1][1])[nodes].astype(np.float64)
        return kernel.finish_entropies(times, left[-1]), kernel.finish_entropies(times, right[-1])

    def find(self, words: Sequence[str]) -> tuple[Uint32, Uint32, Uint32]:
        """Look up words; this process holds them from now on, instead of other n-grams. See `SelectableTree`."""
        encoded = self.alphabet.encode("\n".join(words)) if words else np.zeros(0, np.uint32)
        stops = np.flatnonzero(encoded == 0)
        length = np.diff(stops, prepend=-1).astype(np.uint32) - np.uint32(1)
        rows = np.flatnonzero(length <= self.counts.order)
        shallow = encoded[np.repeat(length <= self.counts.order, length.astype(np.int64) + 1)]
        tree, sizes, places = list_ngrams(shallow, len(self._singles))
        [counts] = self._look_up([tree])
        counts[0] = self._singles.astype(np.uint64)
        listed = list(zip(tree.symbols, map(narrow, counts), tree.ends, strict=True))
        found, new = extract_candidates(listed, [np.where(times > 0, 0.0, NOT_CHOSEN) for times in counts])
        self._hold(found.levels())
        node = np.full(len(words), ABSENT, np.uint32)
        for n, (times, here) in enumerate(zip(counts, new, strict=True), 1):
            known = np.flatnonzero(sizes == n)
            known = known[times[places[known]] > 0]
            node[rows[known]] = here[places[known]]
        return node, length, encoded[np.repeat(length >= self.counts.order, length.astype(np.int64) + 1)]

    def _hold(self, levels: list[Level]) -> None:
        """Let this process hold other n-grams, which are not scored."""
        none, missing = np.zeros(0, np.uint32), self.counts.order - len(levels)
        if missing:
            symbols, counts, _ = levels[-1]
            levels = [*levels[:-1], (symbols, counts, np.zeros(len(symbols), np.uint32))]  # without children
        self.counts = self._make_counts([*levels, *[(none, none, none)] * missing])
        self._scores = None

    def _measure_pmi(self, levels: list[Level], nodes: list[Uint32]) -> list[Float64]:
        """Return the PMI of n-grams, given by their places for each order: that of `select`, or computed for them."""
        if self._scores is not None:
            return [scores[here] for scores, here in zip(self._scores, nodes, strict=True)]
        words, places = _extract(levels, nodes)
        total, least = float(self.counts.total(1)), [NOT_CHOSEN] * len(levels)
        found = find_candidates(words.levels(), (), self._singles, total, 1, least)
        scored = self._score(found, total, least)
        return [scores[at[here]] for scores, at, here in zip(scored.scores, places, nodes, strict=True)]

    def _add_neighbours(self, levels: list[Level], nodes: list[Uint32]) -> tuple[list[Float64], list[Float64]]:
        """Add up c ln c over the symbols before and after n-grams, given by their places for each order.

        The words are in blocks, and each block visits the ranges one after another: sums depend on the order. The sums
        come back to this process now and then, so that a worker that dies takes few visits with it.
        """
        words, places = _extract(truncate_levels(levels, len(nodes)), nodes)
        tree = NgramTree(words.symbols, words.ends)
        sums = tuple([np.zeros(len(symbols)) for symbols in tree.symbols] for _ in range(2))
        blocks = [cut_tree(tree, (low,), (high,)) for low, high in pairwise(self._cut_blocks(tree))]
        shared = [share(self._client, add_neighbours, block, len(self._singles)) for block, _ in blocks]
        states: list[Any] = [
            tuple([np.zeros(part.stop - part.start) for part in slices] for _ in range(2)) for _, slices in blocks
        ]
        for begin in range(0, len(self._ranges), VISITED_RANGES):
            futures = [send(self._client, state) for state in states]
            for visited in map(self._open, self._ranges[begin : begin + VISITED_RANGES]):
                futures = [
                    submit_each(self._client, tasks.work_on_range, [visited], *block)[0]
                    for block in zip(shared, futures, strict=True)
                ]
            states = list(take_results(futures))
        for (_, slices), state in zip(blocks, states, strict=True):
            for side, added in zip(sums, state, strict=True):
                for whole, where, part in zip(side, slices, added, strict=True):
                    whole[where] = part
        left, right = ([side[n][places[n][here]] for n, here in enumerate(nodes)] for side in sums)
        return left, right

    def _cut_blocks(self, tree: NgramTree) -> list[int]:
        """Divide words into blocks of about the same size by their first symbols, and return where these begin."""
        size = len(self._singles)
        below = np.arange(1, size + 1)  # words that begin with a symbol or one before it
        last = below
        for ends in tree.ends[:-1]:
            last = np.where(last > 0, ends[np.maximum(last, 1) - 1], 0) if len(ends) else np.zeros(size, np.int64)
            below = below + last
        blocks = min(MOST_BLOCKS, sum(self._client.nthreads().values()), size)
        goals = int(below[-1]) * np.arange(1, blocks) // blocks
        return sorted({1, *(np.searchsorted(below, goals) + 2).tolist(), size + 1})

    def count_ngrams(self, ngrams: Uint32) -> npt.NDArray[np.int64]:
        """Look up counts of n-grams of the text, each closed by a 0; 1 for those that the tree lacks."""
        tree, lengths, places = list_ngrams(ngrams, len(self._singles))
        [counts] = self._look_up([tree])
        counts[0] = self._singles.astype(np.uint64)
        result = np.ones(len(places), np.int64)
        for n, times in enumerate(counts, 1):
            here = np.flatnonzero(lengths == n)
            result[here] = np.maximum(times[places[here]], 1)
        return result

    def _collect(self, work: Callable[..., Any], *arguments: Any) -> Iterator[Any]:
        """Apply a function to all ranges, and yield the results in order."""
        return take_results(submit_each(self._client, work, map(self._open, self._ranges), *arguments))


def _extract(levels: list[Level], nodes: list[Uint32]) -> tuple[Candidates, list[npt.NDArray[np.int64]]]:
    """Take out n-grams, given by their places for each order; see `extract_candidates`."""
    marks = [np.full(len(level[0]), NOT_CHOSEN) for level in levels]
    for mark, here in zip(marks, nodes, strict=True):
        mark[here] = 0.0
    return extract_candidates(levels, marks)
