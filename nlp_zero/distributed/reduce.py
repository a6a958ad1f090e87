"""The passes over a corpus as tasks of a cluster, and how their results are added up."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

from .._utils.progress import progress_bar
from ..builders.passes import BlockCounter, CorpusPasses
from ..corpus import Corpus, CorpusSlice, JoinedTexts, require_text, slice_corpus
from ..counting.count_data import CountOptions
from ..counting.counts import NgramCounts, counts_of
from ..counting.finishing import collect_counts
from ..counting.history import CountHistory
from ..counting.resources import MemoryPlan, Resources
from ..counting.store import RunStore
from . import tasks

if TYPE_CHECKING:
    from ..counting.tree import TreeBuilder
    from .ranges import Ids

__all__ = ["ClusterPasses", "count_threads", "share", "submit_each"]

WHOLE_BYTES = 1 << 27  # text per thread up to which each thread reads all of it
WHOLE_THREADS = 8  # most threads that do so
RANGE_BYTES = 1 << 29  # text for each range of first symbols, if there are more of them than threads
MOST_RANGES = 512
SAMPLE_PARTS = 16  # parts whose first blocks say where ranges begin
RETRIES = 3
WAIT_SECONDS = 60  # for the first worker
FAN_IN = 8  # results that one task adds up
MAPPED_BUDGET = "1G"  # with any budget, counts are in files

C = TypeVar("C", bound=BlockCounter)


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
        self.client, self.corpora, self.parts = client, corpora, parts
        self.progress = any(corpus.progress for corpus in corpora)
        threads = count_threads(client)
        whole = [part for corpus in corpora for part in slice_corpus(corpus, 1 << 62)]
        size = sum(part.source.size or 0 for part in whole)
        plain = all(part.is_plain for part in whole)
        small = plain and threads <= WHOLE_THREADS and size <= threads * WHOLE_BYTES
        self.whole = whole if small and not split else None
        self.ranges = min(MOST_RANGES, max(threads, size // RANGE_BYTES))

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
        return self._collect(self._merge_ranges(task), task, folder, history, memory=MAPPED_BUDGET)

    def save_ranges(self, order: int, options: CountOptions, name: Callable[[int], str]) -> list[int]:
        """Count n-grams, and save each range where the worker is that has it; return the numbers of n-grams.

        `name` gives the folder of each range.
        """
        task = tasks.CountTask(order, options)
        ranges = self._merge_ranges(task, in_parts=True)
        _, totals = self.client.submit(tasks.describe_range, ranges[0], pure=False).result()
        require_text(totals[0], self.texts)
        saved = [submit_each(self.client, tasks.save_range, [part], task, name(k))[0] for k, part in enumerate(ranges)]
        return [sum(sizes) for sizes in zip(*self._take_results(saved), strict=True)]

    def _merge_ranges(self, task: tasks.CountTask, *, in_parts: bool = False) -> list[Any]:
        """Count all parts, and return the futures of the ranges of their sum.

        An n-gram that several ranges have is in the last of them with its whole count, or with `in_parts` in each of
        them with a part of it.
        """
        sample = self.parts[:: -(-len(self.parts) // SAMPLE_PARTS)]
        [chosen] = submit_each(self.client, tasks.cut_ngrams, [sample], self.ranges, task)
        cuts = chosen.result()
        runs = submit_each(self.client, tasks.count_part, self.parts, cuts, task)
        pieces = [submit_each(self.client, tasks.pick_run, runs, k) for k in range(len(cuts) + 1)]
        # N-grams of two or more symbols that reach over a cut may be frequent although they are rare on both sides.
        depths = [0, *map(len, cuts), 0]
        merged = [
            submit_each(self.client, tasks.merge_range, [piece], task, max(depth) > 2)[0]
            for piece, depth in zip(pieces, pairwise(depths), strict=True)
        ]
        if max(depths) < 2:
            return merged
        edges = [future.result() for future in submit_each(self.client, tasks.describe_edges, merged)]
        ranges = list(zip(merged, *_add_edges(edges), strict=True))
        return [
            submit_each(self.client, tasks.close_range, [part], task, totals, None if in_parts else later)[0]
            for part, totals, later in ranges
        ]

    def count_blocks(self, kind: Callable[..., C], *arguments: Any) -> C:
        """Count all parts with counters ``kind(*arguments)``, one for each task; tasks add them up in a tree."""
        shared = share(self.client, kind, *arguments)
        results = submit_each(self.client, tasks.count_blocks, self.parts, shared)
        while len(results) > FAN_IN:
            groups = [results[k : k + FAN_IN] for k in range(0, len(results), FAN_IN)]
            results = submit_each(self.client, tasks.add_states, groups, shared)
        total = kind(*arguments)
        for state in self._take_results(results):
            total.add_state(state)
        return total

    def _take_results(self, futures: Sequence[Any]) -> Iterator[Any]:
        """Yield results in order; the cluster may delete a result when the next one is taken."""
        waiting = list(futures)[::-1]
        with progress_bar(self.progress, "collecting", total=len(waiting), unit=" parts") as advance:
            while waiting:
                yield waiting.pop().result()
                if advance is not None:
                    advance(1)

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
        symbols, totals = self.client.submit(tasks.describe_range, ranges[0], pure=False).result()
        require_text(totals[0], self.texts)

        def fill(tree: TreeBuilder) -> None:
            for _, _, piece in self._take_results(ranges):
                tree.append(piece)

        plan = MemoryPlan.make(Resources(memory=memory), order=task.order, alnum=task.options.alnum)
        store = RunStore(plan, None)
        return counts_of(collect_counts(fill, symbols, totals, store, task.options, folder, lambda *_: history))


def _add_edges(edges: Sequence[dict[Ids, int]]) -> tuple[list[dict[Ids, int]], list[set[Ids]]]:
    """Add up the counts of the edges that several ranges have; see `tasks.close_range`.

    Returns
    -------
    totals : list of dict
        For each range those that it has.
    later : list of set
        For each range those that a later range has, too.
    """
    sums: Counter[Ids] = Counter()
    last: dict[Ids, int] = {}
    for number, counts in enumerate(edges):
        sums.update(counts)
        last |= dict.fromkeys(counts, number)
    totals = [{ids: sums[ids] for ids, count in counts.items() if sums[ids] > count} for counts in edges]
    return totals, [{ids for ids in counts if last[ids] > number} for number, counts in enumerate(edges)]


def count_threads(client: Any) -> int:
    """Return the number of threads of a cluster; wait for the first worker."""
    client.wait_for_workers(1, timeout=WAIT_SECONDS)
    return sum(client.nthreads().values())


def submit_each(client: Any, work: Callable[..., Any], items: Iterable[Any], *arguments: Any) -> list[Any]:
    """Submit ``work(item, *arguments)`` for all items, and return the futures."""
    return [client.submit(work, item, *arguments, retries=RETRIES, pure=False) for item in items]


def share(client: Any, work: Callable[..., Any], *arguments: Any) -> Any:
    """Return a future of ``(work, arguments)`` for the workers.

    It is a task, and not data that is scattered, because a task is done again if all workers that have its result die.
    """
    import dask
    from distributed.protocol.pickle import dumps, loads

    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):
        data = dumps((work, arguments))  # type: ignore[no-untyped-call]
        return client.submit(loads, data, retries=RETRIES, pure=False)
