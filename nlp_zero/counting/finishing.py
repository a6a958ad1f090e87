"""Finished counts from runs, count trees and pieces of trees: in memory, in a folder, or in files without names."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from .._utils.arrays import ArrayFile, ArrayStore
from .._utils.folders import write_arrays, write_meta
from .._utils.progress import progress_bar
from .._utils.replacement import new_folder
from .count_data import CountData, CountOptions
from .format import FORMAT, VERSION, describe_counts
from .history import NO_HISTORY, CountHistory, unite_files, unite_histories
from .merging import RunSource, TreeSource, merge_to_tree, unite_symbols
from .resources import MemoryPlan, Resources
from .store import RunStore
from .tree import TreeBuilder

if TYPE_CHECKING:
    from .tree import Level

    Trace = Callable[[Sequence[Any], list[Level]], CountHistory]

__all__ = ["collect_counts", "merge_counts", "merge_sources", "reduce_counts"]


def merge_counts(
    parts: Sequence[CountData], min_count: int, resources: Resources, folder: str | os.PathLike[str] | None = None
) -> CountData:
    """Add up counts; see `NgramCounts.merge`.

    Raises
    ------
    ValueError
        If orders, units or `alnum` differ, counts were pruned, or a file was counted in two of them.
    StorageError
        If a disk is full or the memory budget is too small.
    """
    _check_parts(parts)
    unit, alnum = parts[0].options.unit, parts[0].options.alnum
    plan = MemoryPlan.make(resources, order=len(parts[0].levels), alnum=alnum)
    sources = [TreeSource(part.symbols, part.levels, part.totals) for part in parts]
    trees = [array for part in parts for level in part.levels for array in level]
    store = ArrayStore(resources.budget, resources.temp_dir, trees)
    trace = partial(unite_histories, parts, store=store)
    options = CountOptions(unit, alnum, min_count)
    return merge_sources(sources, RunStore(plan, resources.temp_dir), options, folder, trace=trace)


def _check_parts(parts: Sequence[CountData]) -> None:
    """Refuse counts whose sum would not be exact or would have no meaning."""
    described = [{"order": len(p.levels), "unit": p.options.unit, "alnum": p.options.alnum} for p in parts]
    for other in described[1:]:
        for name, mine in described[0].items():
            if mine != other[name]:
                raise ValueError(
                    f"Counts of different {name} ({mine!r} and {other[name]!r}) cannot be merged; count with the same "
                    "one."
                )
    if max(part.options.min_count for part in parts) > 1:
        raise ValueError("Pruned counts cannot be merged exactly; count with min_count=1 and prune the sum.")
    if repeated := sum(len(part.history.files) for part in parts) - len(unite_files(parts)):
        raise ValueError(
            f"{repeated:,} {'file was' if repeated == 1 else 'files were'} counted in more than one of these "
            "counts, and would be counted twice; count each file once."
        )


def reduce_counts(counts: CountData, min_count: int, resources: Resources) -> CountData:
    """Return counts without n-grams of two or more symbols that occur fewer than `min_count` times, in files."""
    options = CountOptions(counts.options.unit, counts.options.alnum, min_count)
    plan = MemoryPlan.make(resources, order=len(counts.levels), alnum=options.alnum)
    source = TreeSource(counts.symbols, counts.levels, counts.totals)
    return merge_sources([source], RunStore(plan, resources.temp_dir), options)


def merge_sources(
    sources: Sequence[RunSource | TreeSource],
    store: RunStore,
    options: CountOptions,
    folder: str | os.PathLike[str] | None = None,
    *,
    progress: bool = False,
    trace: Trace | None = None,
) -> CountData:
    """Add up runs and count trees; see `NgramCounter.freeze` for `folder`, and `collect_counts` for `trace`."""
    totals = [sum(column) for column in zip(*(source.totals for source in sources), strict=True)]
    symbols = unite_symbols(sources)
    store.plan.check_alphabet(len(symbols))
    if folder is not None and options.min_count == 1:
        store.check_result(folder, (source.size for source in sources))

    def fill(tree: TreeBuilder) -> None:
        with progress_bar(progress, "merging", total=1, unit="share") as advance:
            merge_to_tree(sources, len(symbols), tree, store.plan, min_count=options.min_count, advance=advance)

    return collect_counts(fill, symbols, totals, store, options, folder, trace)


def collect_counts(
    fill: Callable[[TreeBuilder], None],
    symbols: Sequence[Any],
    totals: list[int],
    store: RunStore,
    options: CountOptions,
    folder: str | os.PathLike[str] | None = None,
    trace: Trace | None = None,
) -> CountData:
    """Make counts of a tree that `fill` appends: in memory, in a folder, or (under a memory budget) in nameless files.

    `trace` makes the history of the finished tree, given its symbols and levels.

    Raises
    ------
    StorageError
        If a disk is full.
    """
    order, plan = len(totals), store.plan
    if folder is not None:
        with store.report_full_disk(folder), new_folder(folder, format=FORMAT) as temporary:
            tree = TreeBuilder.in_folder(order, temporary)
            levels = _fill_and_finish(tree, fill)
            history = NO_HISTORY if trace is None else trace(symbols, levels)
            meta = describe_counts(symbols, totals, options, history)
            files = {name: array for name, array in tree.arrays.items() if isinstance(array, ArrayFile)}
            files |= write_arrays(temporary, history.arrays())
            write_meta(temporary, format=FORMAT, version=VERSION, meta=meta, arrays=files)
    elif plan.budget is not None:
        with store.report_full_disk():
            levels = _fill_and_finish(TreeBuilder.in_temporary_files(order, store.temp_dir), fill)
            history = NO_HISTORY if trace is None else trace(symbols, levels)
    else:
        levels = _fill_and_finish(TreeBuilder.in_memory(order), fill, plan.workers)
        history = NO_HISTORY if trace is None else trace(symbols, levels)
    return CountData(symbols, levels, history, totals, options)


def _fill_and_finish(tree: TreeBuilder, fill: Callable[[TreeBuilder], None], workers: int = 1) -> list[Level]:
    try:
        fill(tree)
        return tree.finish(workers)
    finally:
        tree.close()
