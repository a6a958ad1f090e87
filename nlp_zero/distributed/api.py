"""Work on many machines, as tasks of a Dask scheduler.

`distribute` makes a corpus whose passes run on a cluster. Most passes are a function that is applied to each part
(`Corpus.map_parts`), and results that are added up. Counting n-grams is more::

    part 1 ──► map ─┬─► n-grams from 一 to 中 ──► merge ──► range 1 ─┐
                    │        ╱                                       ├──► one after another: the count tree
    part 2 ──► map ─┴─► n-grams from 丰 to 龟 ──► merge ──► range 2 ─┘

A map counts its part and divides the sorted n-grams into ranges (see `ranges`); a merge adds up one range of all parts
and prunes it. The ranges are in order, so concatenating them gives the tree, bit for bit the same as on a single
machine; builders by PMI and entropy leave them where they are (see `ranged` and `autonomy`), or take those that were
saved (see `saved`). Builders then cut and search the parts in the same way; tasks add up the results, eight at a
time. If a text is small for the cluster, every worker reads all of it and counts one range: reading the text up to
eight times costs less than merging.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .._utils.validation import check_integer
from ..builders import BayesLexiconBuilder, EntropyLexiconBuilder, PmiLexiconBuilder, VocabularyBuilder
from ..corpus import Corpus
from ..counting.count_data import CountOptions
from ..counting.counter import NgramCounter
from ..counting.counts import NgramCounts
from ..counting.history import check_period
from ..counting.resources import Resources
from .addition import add_folders
from .connection import connect
from .corpus import DistributedCorpus
from .saved import SavedPasses

if TYPE_CHECKING:
    from ..lexicon.lexicon import Lexicon

    Sources = Corpus | str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

__all__ = ["build_vocab", "count", "count_in_parts", "distribute", "merge_in_parts"]


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
    periods = () if period is None else (check_period(period),)
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
    counts: Sequence[str | os.PathLike[str]] = (),
) -> Lexicon:
    """Learn a lexicon on a cluster: the same, bit for bit, as ``builder.build(corpus)`` gives.

    Every pass over the text runs on the cluster. With `PmiLexiconBuilder` and `EntropyLexiconBuilder`, the count tree
    stays there, too: this process holds the n-grams that are selected (48 bytes each), for PMI candidates (100 bytes
    each, 17 million at a time), and the words. With another builder, and for a text so small that each worker reads all
    of it, this process maps or holds the count tree, within the memory budget of the builder.

    With `counts`, the n-grams are those that `count_in_parts` or `merge_in_parts` has saved. Workers read them for each
    pass over the n-grams, so that neither their memory nor their disks need room for the count tree.

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
    counts : sequence of str or path-like, optional
        Folders of all ranges of a count of the corpus, in order, for `PmiLexiconBuilder` and `EntropyLexiconBuilder`.
        Workers must be able to read them by these names.

    Returns
    -------
    Lexicon

    Raises
    ------
    CorpusError
        If a file cannot be read or decoded, there is nothing to count, or the counts do not fit the builder or are not
        those of the corpus.
    ClusterError
        If the scheduler cannot be reached, or workers die again and again.
    FormatError
        If a folder of counts is missing or damaged.
    ValueError
        If the folders are not the ranges of one count, or have periods, or the builder does not use counts.
    """
    builder = PmiLexiconBuilder() if builder is None else builder
    with connect(client, workers=workers) as cluster:
        distributed = distribute(corpus, cluster, part_size=part_size)
        if not counts:
            return builder.build(distributed)
        if not isinstance(builder, PmiLexiconBuilder | EntropyLexiconBuilder):
            raise ValueError(f"{type(builder).__name__} does not use counts; leave them out.")
        folders = [os.path.abspath(folder) for folder in counts]
        return builder.build(SavedPasses(distributed, folders, alnum=builder.alnum, resources=builder.resources))


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
