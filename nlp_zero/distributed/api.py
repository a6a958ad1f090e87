"""Counting and building on many machines, as tasks of a Dask scheduler.

One picture; every box is a task, and workers read their parts of the corpus themselves::

    part 1 ──► map ─┬─► n-grams from 一 to 中 ──► merge ──► range 1 ─┐
                    │        ╱                                       ├──► one after another: the count tree
    part 2 ──► map ─┴─► n-grams from 丰 to 龟 ──► merge ──► range 2 ─┘

A map counts its part and cuts the sorted n-grams by their first symbol into ranges; a merge adds up one range of all
parts and prunes it.  The ranges are in order, so laying them end to end gives the tree, bit for bit the one that a
single machine makes.  Builders then cut and search the parts in the same way; what each part gives is added up by
tasks, eight at a time.  A text that is small for the cluster is read whole by every worker, each of which counts one
range: reading twice or eight times costs less than merging.
"""

from __future__ import annotations

import io
import os
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels import counting as kernel
from .._kernels.counting import NgramList, Occurrences, PieceCounter
from .._utils.progress import progress_bar
from ..builders import EntropyLexiconBuilder, PmiLexiconBuilder
from ..builders.describe import Passes
from ..corpus.corpus import Corpus, require_text
from ..corpus.slices import Part, split
from ..counting.counter import NgramCounter
from ..counting.counts import NgramCounts, gathered, merged
from ..counting.runs import Run, RunSource, merge_to_run, write_run
from ..counting.spill import Spill
from ..errors import ClusterError

if TYPE_CHECKING:
    from .._kernels.counting import Patterns
    from ..counting.levels import AnyLevel, Levels
    from ..lexicon.lexicon import Lexicon

__all__ = ["build_vocab", "connect", "count"]

WHOLE = 1 << 27  # bytes of text a thread up to which each thread reads all of it, and how many threads do so
WHOLE_THREADS = 8
FLUSH = 1 << 24  # positions that a map counts at once: about 18 bytes each
BLOCK_SIZE = 1 << 18  # bytes of a block of a run
FAN_IN = 8  # results that are added up by one task
MOST_RANGES = 512
RETRIES = 3


def count(
    corpus: Corpus | str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    client: Any = None,
    order: int = 4,
    unit: str = "char",
    alnum: str = "token",
    min_count: int = 1,
    workers: int | None = None,
    part_size: int | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> NgramCounts:
    """Count n-grams on a cluster: the same counts, bit for bit, as `NgramCounter` gives.

    Parameters
    ----------
    corpus
        A `Corpus`, or names of files, folders, patterns or URLs; workers must be able to read them by these names.
    client
        A ``distributed.Client``, the address of a scheduler, or None (also ``"local"``) for processes on this machine.
    order, unit, alnum, min_count
        As in `NgramCounter`, and `NgramCounter.freeze`.
    workers
        Processes, without a client (default: one for each core).
    part_size
        Bytes of input for a task; compressed files are never split.
    folder
        Save the counts here; otherwise they lie in nameless temporary files.

    Raises
    ------
    CorpusError
        When a file cannot be read or decoded, or there is nothing to count.
    ClusterError
        When the scheduler cannot be reached, or workers keep dying.
    """
    corpus = _corpus(corpus)
    NgramCounter(order=order, unit=unit, alnum=alnum)  # refuses what makes no sense
    if not isinstance(min_count, int) or min_count < 1:
        raise ValueError(f"min_count must be a whole number from 1, not {min_count!r}.")
    with connect(client, workers=workers) as cluster:
        return _Tasks(cluster, corpus, part_size).count(order, unit, alnum, min_count, folder)


def build_vocab(
    corpus: Corpus | str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    builder: PmiLexiconBuilder | EntropyLexiconBuilder | None = None,
    *,
    client: Any = None,
    workers: int | None = None,
    part_size: int | None = None,
) -> Lexicon:
    """Learn a lexicon on a cluster: the same, bit for bit, as ``builder.build(corpus)`` gives.

    Every pass over the text runs on the cluster.  This process maps the count tree from the disk and works on it on the
    builder's threads: it holds 8 bytes for each n-gram of 3 ... order - 1 symbols, and 40 for those that are kept.
    Parameters are those of `count`; the default builder is ``PmiLexiconBuilder()``.
    """
    corpus = _corpus(corpus)
    builder = PmiLexiconBuilder() if builder is None else builder
    if not isinstance(builder, PmiLexiconBuilder | EntropyLexiconBuilder):
        raise TypeError(f"only the builders pmi and entropy run on a cluster, not {type(builder).__name__}.")
    with connect(client, workers=workers) as cluster:
        return builder.learn(_DistributedPasses(_Tasks(cluster, corpus, part_size), builder.alnum))


@contextmanager
def connect(client: Any = None, *, workers: int | None = None) -> Iterator[Any]:
    """A ``distributed.Client`` for the time of the block; what was started for it ends with it.

    Raises
    ------
    ImportError
        When Dask is missing.
    ClusterError
        When the scheduler cannot be reached, or workers keep dying.
    """
    dask = _dask(local=client is None or client == "local")
    if workers is not None and (not isinstance(workers, int) or workers < 1):
        raise ValueError(f"workers must be a whole number from 1, not {workers!r}.")
    try:
        if isinstance(client, dask.Client):
            yield client
        elif client is None or client == "local":
            options = {"n_workers": workers or os.cpu_count() or 1, "threads_per_worker": 1, "dashboard_address": None}
            # Workers look at their own stacks a hundred times a second unless told not to.
            with _configured(), dask.LocalCluster(**options) as cluster, dask.Client(cluster) as own:
                yield own
        else:
            with _reached(dask, client) as own:
                yield own
    except dask.KilledWorker as error:
        raise ClusterError(
            f"workers died again and again at the same task ({error.task}); they may be short of memory: "
            "use smaller parts, or fewer threads a worker"
        ) from None


def _part_size(size: int, threads: int) -> int:
    """One part for each thread up to 64 MB a part, then parts of 64 MB, then 1,000 parts.

    Fewer parts have fewer n-grams in common, which every part counts anew; every range takes something of every part.
    """
    return max(1 << 22, min(1 << 26, -(-size // threads)), -(-size // 1000))


def _dask(*, local: bool) -> Any:
    try:
        import dask

        if local and "distributed" not in sys.modules:
            return _dask_with_forkserver(dask)
        import distributed
    except ImportError:
        raise ImportError("working on a cluster needs Dask; run: pip install 'nlp-zero[distributed]'") from None
    return distributed


def _dask_with_forkserver(dask: Any) -> Any:
    """Import Dask; local workers will be forks of a fresh process that imports the same meanwhile.

    They start in half the time.  Unless a configuration says otherwise.
    """
    import multiprocessing

    name = "distributed.worker.multiprocessing-method"
    if dask.config.get(name, None) is None and "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing import forkserver

        multiprocessing.set_forkserver_preload(["distributed", __name__])
        forkserver.ensure_running()
        dask.config.set({name: "forkserver"})  # for good: it is read once, by what follows
    import distributed

    return distributed


def _configured() -> Any:
    import dask

    return dask.config.set({"distributed.worker.profile.enabled": False})


def _reached(dask: Any, address: object) -> Any:
    try:
        return dask.Client(address)
    except (OSError, ValueError, TypeError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {address} ({type(error).__name__}: {error}); check the address, "
            "such as tcp://10.0.0.1:8786, or use 'local'"
        ) from None


def _corpus(corpus: Corpus | str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> Corpus:
    if isinstance(corpus, Corpus):
        return corpus
    return Corpus(corpus) if isinstance(corpus, str | os.PathLike) else Corpus(*corpus)


class _Tasks:
    """The passes over one corpus as tasks of a cluster."""

    def __init__(self, client: Any, corpus: Corpus, part_size: int | None) -> None:
        self.client, self.corpus = client, corpus
        if part_size is not None and (not isinstance(part_size, int) or part_size < 1):
            raise ValueError(f"part_size must be a number of bytes from 1, not {part_size!r}.")
        client.wait_for_workers(1, timeout=60)
        threads = sum(client.nthreads().values())
        whole = split(corpus, 1 << 62)
        size = sum(part.source.size or 0 for part in whole)
        plain = all(part.source.size is not None and part.source.compression is None for part in whole)
        self.whole = whole if plain and threads <= WHOLE_THREADS and size <= threads * WHOLE else None
        if part_size is not None:  # who says how to cut wants it cut
            self.whole = None
        self.parts = split(corpus, part_size or _part_size(size, threads))
        self.ranges = min(MOST_RANGES, max(threads, size >> 29))

    def _each(self, work: Callable[..., Any], things: Iterable[Any], *arguments: Any) -> list[Any]:
        options = {"retries": RETRIES, "pure": False}
        return [self.client.submit(work, thing, *arguments, **options) for thing in things]

    def _ends(self, futures: Sequence[Any]) -> Iterator[Any]:
        """Results in order; each is forgotten by the cluster when the next is asked for."""
        waiting = list(futures)[::-1]
        with progress_bar(self.corpus.progress, total=len(waiting)) as advance:
            while waiting:
                yield waiting.pop().result()
                if advance is not None:
                    advance(1)

    def count(
        self, order: int, unit: str, alnum: str, min_count: int, folder: str | os.PathLike[str] | None
    ) -> NgramCounts:
        options = (order, unit, alnum)
        if self.whole is not None:
            ranges = self._each(_whole, range(self.ranges), self.ranges, self.whole, *options, min_count)
            return self._gathered(ranges, options, min_count, folder, None)
        step = -(-len(self.parts) // 16)
        cuts = self.client.submit(_cuts, self.parts[::step], self.ranges, unit, alnum, retries=RETRIES, pure=False)
        maps = self._each(_map, self.parts, cuts, *options)
        pieces = [self._each(_piece, maps, k) for k in range(self.ranges)]
        ranges = self._each(_merge, pieces, *options, min_count)
        del maps, pieces
        # A memory budget is what makes counts lie in files.
        return self._gathered(ranges, options, min_count, folder, "1G")

    def _gathered(
        self,
        ranges: list[Any],
        options: tuple[int, str, str],
        min_count: int,
        folder: str | os.PathLike[str] | None,
        memory: str | None,
    ) -> NgramCounts:
        """The counts that lie in ranges on the workers."""
        order, unit, alnum = options
        symbols, totals = self.client.submit(_head, ranges[0], pure=False).result()
        require_text(totals[0], self.corpus)

        def fill(levels: Levels) -> None:
            for _, _, piece in self._ends(ranges):
                levels.append(piece)

        spill = Spill(memory=memory, temp_dir=None, workers=1, order=order, alnum=alnum)
        return gathered(fill, symbols, totals, spill, unit, alnum, min_count, folder)

    def sums(
        self, work: Callable[..., Any], shared: tuple[Any, ...], add: Callable[[list[Any]], Any]
    ) -> Iterator[Any]:
        """``work(part, shared)`` for all parts, added up in a tree to a few sums."""
        # Every worker gets a copy: no single death loses it.
        scattered = self.client.scatter(shared, broadcast=True, hash=False)
        results = self._each(work, self.parts, scattered)
        while len(results) > FAN_IN:
            groups = [results[k : k + FAN_IN] for k in range(0, len(results), FAN_IN)]
            results = self._each(add, groups)
        return self._ends(results)


class _DistributedPasses(Passes):
    """The passes of a builder, on a cluster."""

    def __init__(self, tasks: _Tasks, alnum: str) -> None:
        super().__init__(tasks.corpus, alnum=alnum)
        self._tasks = tasks

    def count(self, order: int, min_count: int = 1) -> NgramCounts:
        return self._tasks.count(order, "char", self.alnum, min_count, None)

    def cut(self, counts: NgramCounts, patterns: Patterns) -> PieceCounter:
        total = PieceCounter(counts.alphabet, patterns)
        for state in self._tasks.sums(_cut, (counts.alphabet, patterns), _add_pieces):
            total.add_state(state)
        return total

    def find(self, counts: NgramCounts, listed: NgramList, described: int) -> Occurrences:
        total = Occurrences(counts.alphabet, listed, described)
        for state in self._tasks.sums(_find, (counts.alphabet, listed, described), _add_found):
            total.add_state(state)
        return total


# What follows runs on workers.


def _cuts(parts: list[Part], ranges: int, unit: str, alnum: str) -> list[Any]:
    """First symbols at which ranges begin, so that ranges of a sample of the text are of about the same size."""
    text = kernel.EncodedText(unit=unit, alnum=alnum)
    for part in parts:
        for block in part.blocks(unit):
            _add(text, block)
            break
    sample = kernel.NgramSorter([text], 1)
    begin = sample.begin
    places = np.searchsorted(begin, [int(begin[-1]) * k // ranges for k in range(1, ranges)], side="left")
    cuts = [sample.symbols[place - 1] for place in places.tolist() if 0 < place <= len(sample.symbols)]
    return (cuts + cuts[-1:] * ranges)[: ranges - 1]


def _whole(
    k: int, ranges: int, parts: list[Part], order: int, unit: str, alnum: str, min_count: int
) -> tuple[list[Any], list[int], list[AnyLevel]]:
    """Range `k` of all parts: symbols, totals, levels.  All workers see the same text, so they cut it alike."""
    text = kernel.EncodedText(unit=unit, alnum=alnum)
    for part in parts:
        for block in part.blocks(unit):
            _add(text, block)
    counted = kernel.NgramSorter([text], order)
    begin = counted.begin
    cuts = np.searchsorted(begin, [int(begin[-1]) * at // ranges for at in range(1, ranges)], side="left")
    firsts = [1, *np.maximum(cuts, 1).tolist(), len(counted.symbols) + 1]
    counted.restrict_to(firsts[k], firsts[k + 1])
    counted.deal(0)
    return list(counted.symbols), text.totals(order), counted.tree(firsts[k], firsts[k + 1], min_count)


def _map(part: Part, cuts: list[Any], order: int, unit: str, alnum: str) -> list[bytes]:
    """Count a part: a run for each range of first symbols."""
    found: list[list[bytes]] = [[] for _ in range(len(cuts) + 1)]
    text = kernel.EncodedText(unit=unit, alnum=alnum)
    for block in part.blocks(unit):
        _add(text, block)
        if text.positions >= FLUSH:
            _flush(text, cuts, order, found)
            text = kernel.EncodedText(unit=unit, alnum=alnum)
    _flush(text, cuts, order, found)
    return [_one_run(runs) for runs in found]


def _flush(text: kernel.EncodedText, cuts: list[Any], order: int, found: list[list[bytes]]) -> None:
    part = kernel.NgramSorter([text], order)
    part.deal(0)
    firsts = [1, *(1 + bisect_left(part.symbols, cut) for cut in cuts), len(part.symbols) + 1]
    for k, (first, stop) in enumerate(pairwise(firsts)):
        totals = text.totals(order) if k == 0 else [0] * order
        blocks = [part.run(first, stop, BLOCK_SIZE)] if first < stop else []
        found[k].append(_check_memory(write_run, blocks, order=order, symbols=part.symbols, totals=totals))


def _one_run(runs: list[bytes]) -> bytes:
    if len(runs) == 1:
        return runs[0]
    return _check_memory(_merge_to_file, _opened(runs))


def _merge_to_file(file: io.BytesIO, runs: list[Run]) -> Run:
    return merge_to_run(runs, file, block_size=BLOCK_SIZE, target=1 << 23, workers=1)


def _check_memory(write: Callable[..., Run], *what: Any, **options: Any) -> bytes:
    """What `write` puts into a file."""
    file = io.BytesIO()
    run = write(file, *what, **options)
    data = file.getvalue()
    del run  # closes the file
    return data


def _piece(runs: list[bytes], k: int) -> bytes:
    return runs[k]


def _merge(
    runs: list[bytes], order: int, unit: str, alnum: str, min_count: int
) -> tuple[list[Any], list[int], list[AnyLevel]]:
    """The sum of one range of all parts: symbols, totals, levels."""
    spill = Spill(memory=None, temp_dir=None, workers=1, order=order, alnum=alnum)
    counts = merged([RunSource(run) for run in _opened(runs)], spill, unit, alnum, min_count, None)
    return list(counts.symbols), [counts.total(n) for n in range(1, order + 1)], counts.levels


def _head(merged_range: tuple[list[Any], list[int], list[AnyLevel]]) -> tuple[list[Any], list[int]]:
    """All symbols, and the totals, which the maps put into the first range."""
    return merged_range[:2]


def _opened(runs: list[bytes]) -> list[Run]:
    return [Run(io.BytesIO(data), "a run of a task") for data in runs]


def _cut(part: Part, shared: tuple[Any, ...]) -> tuple[Any, ...]:
    counter = PieceCounter(*shared)
    for block in part.blocks("char"):
        _add(counter, block)
    return counter.state()


def _find(part: Part, shared: tuple[Any, ...]) -> tuple[Any, ...]:
    occurrences = Occurrences(*shared)
    for block in part.blocks("char"):
        _add(occurrences, block)
    return occurrences.state()


def _add(counter: Any, block: Any) -> None:
    try:
        counter.add(block.data)
    except UnicodeDecodeError as error:
        raise block.located(error) from None


def _add_pieces(states: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The sum of states of `PieceCounter`."""
    tokens, slots, times, longer = zip(*states, strict=True)
    total: dict[bytes, int] = {}
    for pieces in longer:
        for piece, n in pieces.items():
            total[piece] = total.get(piece, 0) + n
    slot, sums = _added(np.concatenate(slots), np.concatenate(times))
    return sum(tokens), slot, sums.astype(np.uint32), total


def _add_found(states: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The sum of states of `Occurrences`."""
    raw, left, right = zip(*states, strict=True)
    beside = (np.concatenate(side) for side in (left, right))
    return np.sum(raw, axis=0, dtype=np.uint64), *(
        np.stack(_added(pairs[:, 0], pairs[:, 1]), axis=1) for pairs in beside
    )


def _added(keys: Any, times: Any) -> tuple[Any, Any]:
    """Equal keys once, with the sum of their times."""
    distinct, which = np.unique(keys, return_inverse=True)
    total = np.zeros(len(distinct), np.uint64)
    np.add.at(total, which.ravel(), times)
    return distinct, total
