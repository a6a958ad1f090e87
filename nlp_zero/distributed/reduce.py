"""The passes over a corpus as tasks of a cluster, and how their results are added up."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from .._utils.progress import progress_bar
from .._utils.validation import check_integer
from ..builders.passes import BlockCounter, CorpusPasses
from ..corpus import Corpus, require_text, slice_corpus
from ..counting.count_data import CountOptions
from ..counting.counts import NgramCounts, counts_of
from ..counting.finishing import collect_counts
from ..counting.history import CountHistory
from ..counting.resources import MemoryPlan, Resources
from ..counting.store import RunStore
from . import tasks

if TYPE_CHECKING:
    from ..counting.tree import TreeBuilder

__all__ = ["ClusterPasses"]

WHOLE_BYTES = 1 << 27  # text per thread up to which each thread reads all of it
WHOLE_THREADS = 8  # most threads that do so
LEAST_PART_BYTES = 1 << 22
USUAL_PART_BYTES = 1 << 26
MOST_PARTS = 1000
RANGE_BYTES = 1 << 29  # text for each range of first symbols, if there are more of them than threads
MOST_RANGES = 512
SAMPLE_PARTS = 16  # parts whose first blocks say where ranges begin
FAN_IN = 8  # results that one task adds up
RETRIES = 3
WAIT_SECONDS = 60  # for the first worker
MAPPED_BUDGET = "1G"  # with any budget, counts are in files

C = TypeVar("C", bound=BlockCounter)


class ClusterPasses(CorpusPasses):
    """The passes over a corpus that builders make, on a cluster.

    Parameters
    ----------
    client : distributed.Client
    corpus : Corpus
    alnum : str, default "token"
        As in `NgramCounter`.
    part_size : int, optional
        Bytes of input for a task.
    resources : Resources, optional
        For the work on the count tree in this process.

    Raises
    ------
    ValueError
        If `part_size` makes no sense.
    """

    def __init__(
        self,
        client: Any,
        corpus: Corpus,
        *,
        alnum: str = "token",
        part_size: int | None = None,
        resources: Resources | None = None,
    ) -> None:
        super().__init__(corpus, alnum=alnum, resources=resources)
        if part_size is not None:
            check_integer("part_size", part_size)
        self.client, self.corpus = client, corpus
        client.wait_for_workers(1, timeout=WAIT_SECONDS)
        threads = sum(client.nthreads().values())
        whole = slice_corpus(corpus, 1 << 62)
        size = sum(part.source.size or 0 for part in whole)
        plain = all(part.is_plain for part in whole)
        small = plain and threads <= WHOLE_THREADS and size <= threads * WHOLE_BYTES
        self.whole = whole if small and part_size is None else None  # `part_size` forces parts
        self.parts = slice_corpus(corpus, part_size or _choose_part_size(size, threads))
        self.ranges = min(MOST_RANGES, max(threads, size // RANGE_BYTES))

    def count_ngrams(self, order: int, min_count: int = 1) -> NgramCounts:
        """Count n-grams; refuse an empty corpus."""
        return self.count(order, CountOptions(alnum=self.alnum, min_count=min_count))

    def count(
        self, order: int, options: CountOptions, folder: str | os.PathLike[str] | None = None
    ) -> NgramCounts:
        """Count n-grams; in a folder, or in files without names (a small text: in memory)."""
        task = tasks.CountTask(order, options)
        if self.whole is not None:
            ranges = self._submit_each(tasks.count_range, range(self.ranges), self.ranges, self.whole, task)
            return self._collect(ranges, task, folder, memory=None)
        sample = self.parts[:: -(-len(self.parts) // SAMPLE_PARTS)]
        cuts = self.client.submit(tasks.cut_symbols, sample, self.ranges, task, retries=RETRIES, pure=False)
        runs = self._submit_each(tasks.count_part, self.parts, cuts, task)
        pieces = [self._submit_each(tasks.pick_run, runs, k) for k in range(self.ranges)]
        ranges = self._submit_each(tasks.merge_range, pieces, task)
        del runs, pieces  # so that the cluster may delete them
        return self._collect(ranges, task, folder, memory=MAPPED_BUDGET)

    def count_blocks(self, kind: Callable[..., C], *arguments: Any) -> C:
        """Count all parts with counters ``kind(*arguments)``, one for each task; tasks add them up in a tree."""
        # Every worker gets a copy, so that it is not lost if one dies.
        shared = self.client.scatter((kind, arguments), broadcast=True, hash=False)
        results = self._submit_each(tasks.count_blocks, self.parts, shared)
        while len(results) > FAN_IN:
            groups = [results[k : k + FAN_IN] for k in range(0, len(results), FAN_IN)]
            results = self._submit_each(tasks.add_states, groups, shared)
        total = kind(*arguments)
        for state in self._take_results(results):
            total.add_state(state)
        return total

    def _submit_each(self, work: Callable[..., Any], items: Iterable[Any], *arguments: Any) -> list[Any]:
        options = {"retries": RETRIES, "pure": False}
        return [self.client.submit(work, item, *arguments, **options) for item in items]

    def _take_results(self, futures: Sequence[Any]) -> Iterator[Any]:
        """Yield results in order; the cluster may delete a result when the next one is taken."""
        waiting = list(futures)[::-1]
        with progress_bar(self.corpus.progress, "collecting", total=len(waiting), unit=" parts") as advance:
            while waiting:
                yield waiting.pop().result()
                if advance is not None:
                    advance(1)

    def _collect(
        self, ranges: list[Any], task: tasks.CountTask, folder: str | os.PathLike[str] | None, *, memory: str | None
    ) -> NgramCounts:
        """Concatenate the ranges, which are on the workers."""
        symbols, totals = self.client.submit(tasks.describe_range, ranges[0], pure=False).result()
        require_text(totals[0], self.corpus)

        def fill(tree: TreeBuilder) -> None:
            for _, _, piece in self._take_results(ranges):
                tree.append(piece)

        plan = MemoryPlan.make(Resources(memory=memory), order=task.order, alnum=task.options.alnum)
        history = CountHistory.of_corpora([self.corpus])
        store = RunStore(plan, None)
        return counts_of(collect_counts(fill, symbols, totals, store, task.options, folder, lambda *_: history))


def _choose_part_size(size: int, threads: int) -> int:
    """Choose one part for each thread up to 64 MB, then parts of 64 MB, then 1,000 parts.

    Fewer parts have fewer n-grams in common, which every part counts again; every range takes a run of every part.
    """
    return max(LEAST_PART_BYTES, min(USUAL_PART_BYTES, -(-size // threads)), -(-size // MOST_PARTS))
