"""Work on many machines, as tasks of a Dask scheduler.

`distribute` makes a corpus whose passes run on a cluster. Most passes are a function that is applied to each part
(`Corpus.map_parts`), and results that are added up. Counting n-grams is more::

    part 1 ──► map ─┬─► n-grams from 一 to 中 ──► merge ──► range 1 ─┐
                    │        ╱                                       ├──► one after another: the count tree
    part 2 ──► map ─┴─► n-grams from 丰 to 龟 ──► merge ──► range 2 ─┘

A map counts its part and divides the sorted n-grams into ranges (see `ranges`); a merge adds up one range of all parts
and prunes it. The ranges are in order, so concatenating them gives the tree, bit for bit the same as on a single
machine; builders by PMI and entropy leave them where they are (see `ranged` and `autonomy`). Builders then cut and
search the parts in the same way; tasks add up the results of the parts, eight at a time.
If a text is small for the cluster, every worker reads all of it and counts one range: reading the text up to eight
times costs less than merging.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .._utils.validation import check_integer
from ..builders import BayesLexiconBuilder, EntropyLexiconBuilder, PmiLexiconBuilder, VocabularyBuilder
from ..corpus import Corpus
from ..counting.count_data import CountOptions
from ..counting.counter import MOST_PERIOD, NgramCounter
from ..counting.counts import NgramCounts
from ..counting.resources import Resources
from ..errors import ClusterError
from .addition import add_folders
from .corpus import DistributedCorpus

if TYPE_CHECKING:
    from ..lexicon.lexicon import Lexicon

    Sources = Corpus | str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

__all__ = ["build_vocab", "connect", "count", "count_in_parts", "distribute", "merge_in_parts"]


def count(
    corpus: Sources,
    *,
    client: Any = None,
    order: int = 4,
    unit: str = "char",
    alnum: str = "token",
    min_count: int = 1,
    workers: int | None = None,
    part_size: int | None = None,
    folder: str | os.PathLike[str] | None = None,
    period: int | None = None,
) -> NgramCounts:
    """Count n-grams on a cluster: the same counts, bit for bit, as `NgramCounter` gives.

    Parameters
    ----------
    corpus : Corpus, str, path-like or iterable of them
        A `Corpus`, or names of files, folders, patterns or URLs; workers must be able to read them by these names.
    client : distributed.Client, str or None, default None
        A client, the address of a scheduler, or None (also ``"local"``) for processes on this machine.
    order : int, default 4
    unit : {"char", "byte"}, default "char"
    alnum : {"token", "join", "split"}, default "token"
        As in `NgramCounter`.
    min_count : int, default 1
        As in `NgramCounter.freeze`.
    workers : int or None, default None
        Processes, without a client; None for one on each core.
    part_size : int or None, default None
        Bytes of input for a task; compressed files are never split.
    folder : str, path-like or None, default None
        Save the counts here; otherwise they lie in temporary files without names, or in memory if the text is small.
    period : int or None, default None
        As in `NgramCounter.freeze`.

    Returns
    -------
    NgramCounts

    Raises
    ------
    CorpusError
        If a file cannot be read or decoded, or there is nothing to count.
    ClusterError
        If the scheduler cannot be reached, or workers die again and again.
    ValueError
        If an option makes no sense.
    """
    NgramCounter(order=order, unit=unit, alnum=alnum)  # validates the options
    periods = () if period is None else (check_integer("period", period, most=MOST_PERIOD),)
    options = CountOptions(unit, alnum, check_integer("min_count", min_count))
    with connect(client, workers=workers) as cluster:
        distributed = distribute(corpus, cluster, part_size=part_size)
        passes = distributed.open_passes([distributed], alnum=alnum, resources=Resources())
        return passes.count(order, options, folder, periods)


def count_in_parts(
    corpus: Sources,
    name: Callable[[int], str],
    *,
    client: Any = None,
    order: int = 4,
    unit: str = "char",
    alnum: str = "token",
    min_count: int = 1,
    workers: int | None = None,
    part_size: int | None = None,
) -> list[int]:
    """Count n-grams on a cluster, and leave each range of them where it is: no process has or writes all counts.

    A range has the n-grams between two others, and is saved as counts of its own. An n-gram is in one of them; a few,
    at which a range begins, are in several, each with a part of the count. The first range also has the totals.
    `NgramCounts.merge` of all of them gives what `count` gives.

    Parameters
    ----------
    corpus : Corpus, str, path-like or iterable of them
        As in `count`.
    name : callable
        Returns the folder of each range, given its number from 0. Workers must be able to write there.
    client : distributed.Client, str or None, default None
    order : int, default 4
    unit : {"char", "byte"}, default "char"
    alnum : {"token", "join", "split"}, default "token"
    min_count : int, default 1
    workers, part_size : int or None, default None
        As in `count`.

    Returns
    -------
    list of int
        Number of different n-grams of each order.

    Raises
    ------
    CorpusError
        If a file cannot be read or decoded, or there is nothing to count.
    ClusterError
        If the scheduler cannot be reached, or workers die again and again.
    ValueError
        If an option makes no sense.
    """
    NgramCounter(order=order, unit=unit, alnum=alnum)  # validates the options
    options = CountOptions(unit, alnum, check_integer("min_count", min_count))
    with connect(client, workers=workers) as cluster:
        distributed = distribute(corpus, cluster, part_size=part_size)
        passes = distributed.open_passes([distributed], alnum=alnum, resources=Resources())
        return passes.save_ranges(order, options, name)


def merge_in_parts(
    folders: Sequence[str | os.PathLike[str]],
    name: Callable[[int], str],
    *,
    client: Any = None,
    min_count: int = 1,
    workers: int | None = None,
) -> list[int]:
    """Add up saved counts on a cluster, and save each range of the sum: no process reads or writes all counts.

    The counts of a text that is too large for `count_in_parts` are the sum of those of its slices.

    Parameters
    ----------
    folders : sequence of str or path-like
        Folders of all slices, made by `count_in_parts` with ``min_count=1``. Workers must be able to read them by these
        names.
    name : callable
        As in `count_in_parts`.
    client : distributed.Client, str or None, default None
    min_count : int, default 1
        N-grams of two or more symbols that occur fewer times in all slices are left out.
    workers : int or None, default None
        As in `count`.

    Returns
    -------
    list of int
        Number of different n-grams of each order; an n-gram at which a range begins is counted in each range that has
        a part of it.

    Raises
    ------
    ValueError
        If orders, units or `alnum` differ, or counts were pruned, or have files or periods.
    FormatError
        If a folder is missing or damaged.
    ClusterError
        If the scheduler cannot be reached, or workers die again and again.
    """
    check_integer("min_count", min_count)
    if not folders:
        raise ValueError("there are no counts to merge; give at least one folder.")
    with connect(client, workers=workers) as cluster:
        return add_folders(cluster, [os.path.abspath(folder) for folder in folders], name, min_count=min_count)


def build_vocab(
    corpus: Sources,
    builder: PmiLexiconBuilder | EntropyLexiconBuilder | BayesLexiconBuilder | VocabularyBuilder | None = None,
    *,
    client: Any = None,
    workers: int | None = None,
    part_size: int | None = None,
) -> Lexicon:
    """Learn a lexicon on a cluster: the same, bit for bit, as ``builder.build(corpus)`` gives.

    Every pass over the text runs on the cluster. With `PmiLexiconBuilder` and `EntropyLexiconBuilder`, the count tree
    stays there, too: this process holds the n-grams that are selected (48 bytes each), for PMI candidates (100 bytes
    each, 17 million at a time), and the words. With another builder, and for a text so small that each worker reads all
    of it, this process maps or holds the count tree, within the memory budget of the builder.

    Parameters
    ----------
    corpus : Corpus, str, path-like or iterable of them
        As in `count`.
    builder : PmiLexiconBuilder, EntropyLexiconBuilder, BayesLexiconBuilder or VocabularyBuilder, optional
        By default ``PmiLexiconBuilder()``. Its threads and memory budget are for this process; its checkpoint is not
        used.
    client : distributed.Client, str or None, default None
    workers, part_size : int or None, default None
        As in `count`.

    Returns
    -------
    Lexicon

    Raises
    ------
    CorpusError
        If a file cannot be read or decoded, or there is nothing to count.
    ClusterError
        If the scheduler cannot be reached, or workers die again and again.
    """
    builder = PmiLexiconBuilder() if builder is None else builder
    with connect(client, workers=workers) as cluster:
        return builder.build(distribute(corpus, cluster, part_size=part_size))


def distribute(corpus: Sources, client: Any, *, part_size: int | None = None) -> DistributedCorpus:
    """Distribute a corpus over a cluster, so that what reads it runs there.

    Parameters
    ----------
    corpus : Corpus, str, path-like or iterable of them
        As in `count`.
    client : distributed.Client
        See `connect`.
    part_size : int or None, default None
        As in `count`.

    Returns
    -------
    DistributedCorpus
        A corpus that `PmiLexiconBuilder`, `EntropyLexiconBuilder`, `TextComparer`, `count_documents` and others take
        like any other, with the same results, bit for bit.

    Raises
    ------
    ValueError
        If `part_size` makes no sense.
    """
    if not isinstance(corpus, Corpus):
        corpus = Corpus(corpus) if isinstance(corpus, str | os.PathLike) else Corpus(*corpus)
    return DistributedCorpus(corpus, client, part_size=part_size)


@contextmanager
def connect(client: Any = None, *, workers: int | None = None) -> Iterator[Any]:
    """Yield a ``distributed.Client``; processes that were started for it end with the block.

    Parameters
    ----------
    client : distributed.Client, str or None, default None
    workers : int or None, default None
        As in `count`.

    Yields
    ------
    distributed.Client

    Raises
    ------
    ImportError
        If Dask is missing.
    ClusterError
        If the scheduler cannot be reached, or workers die again and again.
    """
    dask = _import_dask(local=client is None or client == "local")
    if workers is not None:
        check_integer("workers", workers)
    try:
        if isinstance(client, dask.Client):
            yield client
        elif client is None or client == "local":
            with _start_local_cluster(dask, workers) as cluster, dask.Client(cluster) as own:
                yield own
        else:
            with _reach_scheduler(dask, client) as own:
                yield own
    except dask.KilledWorker as error:
        raise ClusterError(
            f"workers died again and again at the same task ({error.task}); they may be short of memory: "
            "use smaller parts, or fewer threads for each worker."
        ) from None
    except CancelledError:
        raise ClusterError("all workers that had a result were lost; start more workers, and run it again.") from None
    except dask.comm.CommClosedError as error:  # an OSError, which a command would take for one of its output
        raise ClusterError(
            f"the connection to the cluster was lost ({error}); check its scheduler, and run it again."
        ) from None


def _import_dask(*, local: bool) -> Any:
    try:
        import dask

        if local and "distributed" not in sys.modules:
            return _import_with_forkserver(dask)
        import distributed
    except ImportError:
        raise ImportError("working on a cluster needs Dask; run: pip install 'nlpzero[distributed]'.") from None
    return distributed


def _import_with_forkserver(dask: Any) -> Any:
    """Import Dask so that local workers are forks of a fresh process that imports the same modules meanwhile.

    They start in half the time. A method that the user has configured is left as it is.
    """
    import multiprocessing

    name = "distributed.worker.multiprocessing-method"
    if dask.config.get(name, None) is None and "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing import forkserver

        multiprocessing.set_forkserver_preload(["distributed", __name__])
        forkserver.ensure_running()
        dask.config.set({name: "forkserver"})  # for good: it is read once, by the import that follows
    import distributed

    return distributed


@contextmanager
def _start_local_cluster(distributed: Any, workers: int | None) -> Iterator[Any]:
    """Start processes of this machine as workers, and stop them at the end."""
    import dask

    configuration = {
        "distributed.worker.profile.enabled": False,  # it samples the stacks of workers a hundred times per second
        # A worker that dies is started again.  If it dies once more, and this time is just over, Dask would take
        # it for lost and never start it again; without workers, the work would wait forever.
        "distributed.deploy.lost-worker-timeout": "365 days",
    }
    with dask.config.set(configuration):
        cluster = distributed.LocalCluster(
            n_workers=workers or os.cpu_count() or 1,
            threads_per_worker=1,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,  # of the workers: an error reaches this process, which says it once
            # The scheduler has an HTTP server all the same; port 8787 may belong to another cluster.
            scheduler_kwargs={"dashboard_address": ":0"},
        )
        try:
            yield cluster
        finally:
            _close_local_cluster(distributed, cluster)


def _close_local_cluster(distributed: Any, cluster: Any) -> None:
    """Close a cluster without hiding how the work on it ended.

    On a busy machine Dask may fail to close: a guard (Dask's nanny) that hears of its worker while it is closed for a
    second time finds its own states inconsistent, or a worker takes too long to end.  What has failed once has ended,
    so another try closes the rest; workers that are still there are killed when this process ends.
    """
    for _ in range(1 + len(cluster.workers)):
        try:
            cluster.close()
            return
        except Exception:
            cluster.status = distributed.Status.failed  # else it would wait for this closing, which never ends


def _reach_scheduler(dask: Any, address: object) -> Any:
    try:
        return dask.Client(address)
    except (OSError, ValueError, TypeError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {address} ({type(error).__name__}: {error}); check the address, "
            "such as tcp://10.0.0.1:8786, or use 'local'."
        ) from None
