"""A corpus that the workers of a cluster read, each a part of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar, cast

from .._utils.progress import progress_bar
from .._utils.validation import check_integer
from ..corpus import Corpus, CorpusSlice, slice_corpus
from ..counting.resources import Resources
from ..errors import CorpusError
from . import tasks
from .reduce import ClusterPasses
from .submission import count_threads, share, submit_each, take_result

__all__ = ["DistributedCorpus", "choose_part_size"]

LEAST_PART_BYTES = 1 << 22
USUAL_PART_BYTES = 1 << 26
USUAL_PARTS = 1000
MOST_PART_BYTES = 1 << 30  # a worker has the runs of its part in memory
WAITING_PARTS = 3  # for each thread of the cluster, at most: at work, or their results not taken yet

R = TypeVar("R")


class DistributedCorpus(Corpus):
    """A corpus whose passes run on a cluster: builders, comparers and miners take it like any other.

    A part is a sequence of lines of a plain file, or a whole file if reading cannot start in the middle (compressed
    files, records, other encodings).  Workers read the parts themselves.  Passes that are not written with `map_parts`
    read the corpus in this process.

    Parameters
    ----------
    corpus : Corpus
        Files that all workers can read by their names.
    client : distributed.Client
        The cluster; it must stay connected while the corpus is used.
    part_size : int, optional
        Bytes of input for a task; by default they depend on the corpus and the cluster.

    Raises
    ------
    ValueError
        If `part_size` makes no sense.
    """

    is_remote = True

    def __init__(self, corpus: Corpus, client: Any, *, part_size: int | None = None) -> None:
        super().__init__(*corpus.sources, progress=corpus.progress)
        self._reader = corpus._reader
        self.client = client
        self.part_size = None if part_size is None else check_integer("part_size", part_size)
        self._parts: list[CorpusSlice] | None = None

    @property
    def parts(self) -> list[CorpusSlice]:
        """The parts, in the order of the corpus."""
        if self._parts is None:
            whole = slice_corpus(self, 1 << 62)
            size = sum(part.source.size or 0 for part in whole)
            self._parts = slice_corpus(self, self.part_size or choose_part_size(size, count_threads(self.client)))
        return self._parts

    def map_parts(self, work: Callable[..., R], *arguments: Any) -> Iterator[R]:
        """Apply a function to the parts, on the workers; see `Corpus.map_parts`.

        A few parts for each thread are at work at a time, so results that are taken slowly do not fill the cluster. A
        part whose worker dies is done again by another.

        Parameters
        ----------
        work : callable
        *arguments : object
            Sent to each worker once.

        Yields
        ------
        object
            What `work` returns, in the order of the parts; a list in place of an iterator.
        """
        shared = share(self.client, work, *arguments)
        parts = iter(self.parts)
        first = islice(parts, WAITING_PARTS * count_threads(self.client))
        waiting = deque(submit_each(self.client, tasks.run_part, first, shared))
        with progress_bar(self.progress, "collecting", total=len(self.parts), unit=" parts") as advance:
            while waiting:
                result = take_result(waiting.popleft())
                waiting += submit_each(self.client, tasks.run_part, islice(parts, 1), shared)
                if advance is not None:
                    advance(1)
                yield result

    def _spool(self) -> Corpus:
        """Refuse standard input and pipes, whose copy would be on this machine only."""
        names = ", ".join(self.sources)
        raise CorpusError(f"{names} can be read only once, and by one process; save it to a file first.")

    def open_passes(self, corpora: Sequence[Corpus], *, alnum: str, resources: Resources) -> ClusterPasses:
        """Return the passes of builders over corpora of this cluster, one of which is this corpus.

        Parameters
        ----------
        corpora : sequence of DistributedCorpus
        alnum : str
        resources : Resources
            Its workers and temporary folder are used for the work on the count tree in this process.

        Returns
        -------
        ClusterPasses
        """
        joined = cast(Sequence[DistributedCorpus], corpora)
        return ClusterPasses(
            self.client,
            joined,
            [part for corpus in joined for part in corpus.parts],
            split=any(corpus.part_size is not None for corpus in joined),
            alnum=alnum,
            resources=resources,
        )


def choose_part_size(size: int, threads: int) -> int:
    """Choose one part for each thread up to 64 MB, then parts of 64 MB, then 1,000 parts, then parts of 1 GB.

    Fewer parts have fewer n-grams in common, which every part counts again; every range takes a run of every part.
    """
    usual = max(min(USUAL_PART_BYTES, -(-size // threads)), -(-size // USUAL_PARTS))
    return max(LEAST_PART_BYTES, min(usual, MOST_PART_BYTES))
