"""The passes over a corpus as tasks of a cluster, and how their results are added up."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from .._utils.progress import begin_stage
from ..builders.passes import BlockCounter, CorpusPasses
from ..corpus import Block, Corpus, CorpusSlice, JoinedTexts, read_blocks, require_text, slice_corpus
from ..counting.count_data import CountOptions
from ..counting.counts import NgramCounts, counts_of
from ..counting.finishing import collect_counts
from ..counting.history import CountHistory
from ..counting.resources import MemoryPlan, Resources
from ..counting.store import RunStore
from . import tasks
from .completion import close_ranges, find_edges, save_ranges
from .ranged import RangedTree
from .ranges import find_bound
from .shuffle import shuffle
from .submission import count_threads, raise_failures, share, submit_each, take_result, take_results

if TYPE_CHECKING:
    from ..counting.selectable import SelectableTree
    from ..counting.tree import TreeBuilder
    from .ranges import Cut

__all__ = ["ClusterPasses", "choose_ranges"]

WHOLE_BYTES = 1 << 27  # text per thread up to which each thread reads all of it
WHOLE_THREADS = 8  # most threads that do so
RANGE_BYTES = 1 << 29  # text for each range of n-grams, if there are more of them than threads
LEAST_RANGE_BYTES = 1 << 27  # text for each range, if there are more threads than ranges
LEAST_RANGES = 16  # as far as there are threads
MOST_RANGES = 1 << 15
SAMPLE_PARTS = 16  # parts whose first blocks say where ranges begin
FAN_IN = 8  # results that one task adds up
MAPPED_BUDGET = "1G"  # with any budget, counts are in files

C = TypeVar("C", bound=BlockCounter)
T = TypeVar("T")
R = TypeVar("R")


def choose_ranges(size: int, threads: int) -> int:
    """Return into how many ranges the n-grams of a text of `size` bytes are divided."""
    busy = min(threads, max(LEAST_RANGES, size // LEAST_RANGE_BYTES))
    return min(MOST_RANGES, max(busy, size // RANGE_BYTES))


class Lines(NamedTuple):
    """Lines that are a part of a corpus without being in a file."""

    lines: list[str]

    def blocks(self, unit: str = "char") -> Iterator[Block]:
        """Read the lines as blocks, as `CorpusSlice` does."""
        return read_blocks(self.lines, unit)


class ClusterPasses(CorpusPasses):
    """The passes over corpora that builders make, on a cluster.

    Parameters
    ----------
    client : distributed.Client
    corpora : sequence of Corpus
        Read as one, in their order.
    parts : list of CorpusSlice
        Of all corpora.
    split : bool, default False
        Whether each task reads one of the parts, even if the text is so small that every worker could read all of it.
    alnum : str, default "token"
        As in `NgramCounter`.
    resources : Resources, optional
        For the work on the count tree in this process.
    """

    is_remote = True

    def __init__(
        self,
        client: Any,
        corpora: Sequence[Corpus],
        parts: list[CorpusSlice],
        *,
        split: bool = False,
        alnum: str = "token",
        resources: Resources | None = None,
    ) -> None:
        super().__init__(corpora[0] if len(corpora) == 1 else JoinedTexts(corpora), alnum=alnum, resources=resources)
        self.client, self.corpora = client, corpora
        self.parts: list[CorpusSlice | Lines] = [*parts]
        self.progress = any(corpus.progress for corpus in corpora)
        threads = count_threads(client)
        whole = [part for corpus in corpora for part in slice_corpus(corpus, 1 << 62)]
        size = sum(part.source.size or 0 for part in whole)
        plain = all(part.is_plain for part in whole)
        small = plain and threads <= WHOLE_THREADS and size <= threads * WHOLE_BYTES
        self.whole: list[CorpusSlice | Lines] | None = [*whole] if small and not split else None
        self.ranges = choose_ranges(size, threads)

    def add_part(self, lines: list[str]) -> None:
        """Read some lines as a part of their own."""
        self.parts = [*self.parts, Lines(lines)]
        if self.whole is not None:
            self.whole = [*self.whole, Lines(lines)]

    def count_ngrams(self, order: int, min_count: int = 1) -> NgramCounts:
        """Count n-grams; refuse an empty corpus."""
        return self.count(order, CountOptions(alnum=self.alnum, min_count=min_count))

    def count(
        self,
        order: int,
        options: CountOptions,
        folder: str | os.PathLike[str] | None = None,
        periods: tuple[int, ...] = (),
    ) -> NgramCounts:
        """Count n-grams; in a folder, or in files without names (a small text: in memory)."""
        task = tasks.CountTask(order, options)
        history = CountHistory.of_corpora(self.corpora, periods)
        if self.whole is not None:
            ranges = submit_each(self.client, tasks.count_range, range(self.ranges), self.ranges, self.whole, task)
            return self._collect(ranges, task, folder, history, memory=None)
        ranges = close_ranges(self.client, *self._merge_ranges(task), task)
        return self._collect(ranges, task, folder, history, memory=MAPPED_BUDGET)

    def save_ranges(self, order: int, options: CountOptions, name: Callable[[int], str]) -> list[int]:
        """Count n-grams, and save each range where the worker is that has it; return the numbers of n-grams.

        `name` gives the folder of each range.
        """
        task = tasks.CountTask(order, options)
        ranges = close_ranges(self.client, *self._merge_ranges(task), task, in_parts=True)
        self._describe(ranges)
        return save_ranges(self.client, ranges, task, name, progress=self.progress)

    def count_selectable(self, order: int, min_count: int = 2) -> SelectableTree:
        """Count n-grams that occur `min_count` times; their ranges stay on the workers, unless the text is small."""
        if self.whole is not None:
            return super().count_selectable(order, min_count)
        begin_stage(self.counting_stage)
        task = tasks.CountTask(order, CountOptions(alnum=self.alnum, min_count=min_count))
        merged, cuts = self._merge_ranges(task)
        symbols, totals = self._describe(merged)
        edges = find_edges(self.client, merged, cuts)
        kept = [
            submit_each(self.client, tasks.keep_range, [part], task, own.totals, own.earlier)[0]
            for part, own in zip(merged, edges, strict=True)
        ]
        begin_stage("linking n-grams")
        singles = np.zeros(len(symbols), np.uint64)
        for ids, counts in take_results(submit_each(self.client, tasks.list_singles, kept)):
            singles[ids - 1] = counts  # a symbol that several ranges have has its whole count in each
        starts = [find_bound(symbols, cut, order) for cut in cuts]
        return RangedTree(
            self.client, kept, starts, singles, symbols, totals, options=task.options, resources=self.resources
        )

    def _merge_ranges(self, task: tasks.CountTask) -> tuple[list[Any], list[Cut]]:
        """Count all parts, and return the futures of the ranges of their sum, and where these begin."""
        sample = self.parts[:: -(-len(self.parts) // SAMPLE_PARTS)]
        [chosen] = submit_each(self.client, tasks.cut_ngrams, [sample], self.ranges, task)
        cuts: list[Cut] = take_result(chosen)
        runs = submit_each(self.client, tasks.count_part, self.parts, cuts, task)
        merged = self._merge_runs(runs, cuts, task)
        raise_failures(runs)
        return merged, cuts

    def _merge_runs(self, runs: list[Any], cuts: Sequence[Cut], task: tasks.CountTask) -> list[Any]:
        """Return the futures of the ranges, given those of the runs of each part."""
        pieces = shuffle(self.client, runs, len(cuts) + 1)
        # N-grams of two or more symbols that reach over a cut may be frequent although they are rare on both sides.
        depths = zip(pieces, pairwise([0, *map(len, cuts), 0]), strict=True)
        return [
            submit_each(self.client, tasks.merge_range, [piece], task, max(depth) > 2)[0] for piece, depth in depths
        ]

    def _describe(self, ranges: list[Any]) -> tuple[list[Any], list[int]]:
        """Return the symbols and the totals of a count, given its ranges; refuse an empty corpus."""
        [described] = submit_each(self.client, tasks.describe_range, ranges[:1])
        symbols, totals = take_result(described)
        require_text(totals[0], self.texts)
        return symbols, totals

    def map_items(self, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Apply a function of a module to items, each a task, and yield the results in order."""
        futures = submit_each(self.client, tasks.run_part, items, share(self.client, work))
        return take_results(futures, progress=self.progress)

    def count_blocks(self, kind: Callable[..., C], *arguments: Any) -> C:
        """Count all parts with counters ``kind(*arguments)``, one for each task; tasks add them up in a tree."""
        shared = share(self.client, kind, *arguments)
        counted = submit_each(self.client, tasks.count_blocks, self.parts, shared)
        results = [*counted]
        while len(results) > FAN_IN:
            groups = [results[k : k + FAN_IN] for k in range(0, len(results), FAN_IN)]
            results = submit_each(self.client, tasks.add_states, groups, shared)
        raise_failures(counted)
        total = kind(*arguments)
        for state in take_results(results, progress=self.progress):
            total.add_state(state)
        return total

    def _collect(
        self,
        ranges: list[Any],
        task: tasks.CountTask,
        folder: str | os.PathLike[str] | None,
        history: CountHistory,
        *,
        memory: str | None,
    ) -> NgramCounts:
        """Concatenate the ranges, which are on the workers."""
        symbols, totals = self._describe(ranges)

        def fill(tree: TreeBuilder) -> None:
            for _, _, piece in take_results(ranges, progress=self.progress):
                tree.append(piece)

        plan = MemoryPlan.make(Resources(memory=memory), order=task.order, alnum=task.options.alnum)
        store = RunStore(plan, None)
        return counts_of(collect_counts(fill, symbols, totals, store, task.options, folder, lambda *_: history))
