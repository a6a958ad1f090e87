"""Adding up counts that were saved in ranges, as tasks of a cluster: no process reads all of them.

Each folder of saved counts has the n-grams from its first to its last one. The sum is divided into ranges of its own,
which begin where some of the folders begin; a task reads the folders that reach into its range.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..counting.count_data import CountOptions
from ..counting.counts import NgramCounts, data_of
from ..counting.finishing import collect_counts
from ..counting.merging import TreeSource, merge_to_tree
from ..counting.store import RunStore
from .completion import close_ranges, save_ranges
from .ranges import find_bound
from .submission import share, submit_each, take_results
from .tasks import PLAN, CountTask, run_part

if TYPE_CHECKING:
    from ..counting.tree import Level, TreeBuilder
    from .ranges import Cut, Range

__all__ = ["add_folders", "hash_symbols", "list_symbols"]

RANGE_NGRAMS = 1 << 26  # of the highest order, for each range of the sum: about 25 bytes each


class SavedRange(NamedTuple):
    """What the caller knows of a folder: its first and last n-grams and its size, but not its n-grams."""

    folder: str
    first: Cut
    last: Cut
    size: int
    totals: list[int]
    options: CountOptions
    alphabet: str  # a hash of its symbols


def add_folders(client: Any, folders: Sequence[str], name: Callable[[int], str], *, min_count: int = 1) -> list[int]:
    """Add up saved counts, and save each range of the sum in ``name(k)``; return the numbers of n-grams.

    Raises
    ------
    ValueError
        If orders, units or `alnum` differ, or counts were pruned or have files or periods.
    FormatError
        If a folder is missing or damaged.
    """
    found = list(take_results(submit_each(client, run_part, folders, share(client, describe_folder))))
    options = _check_folders(found)
    task = CountTask(len(found[0].totals), replace(options, min_count=min_count))
    totals = [sum(column) for column in zip(*(one.totals for one in found), strict=True)]
    examples = {one.alphabet: one.folder for one in found}.values()
    symbols = sorted(set().union(*take_results(submit_each(client, run_part, examples, share(client, list_symbols)))))
    cuts = _choose_cuts(found, RANGE_NGRAMS)
    shared = share(client, add_range, symbols, totals, task)
    ranges = []
    starts: list[Cut] = [(), *cuts]
    for low, high in zip(starts, [*cuts, None], strict=True):
        inside = [one.folder for one in found if one.last >= low and (high is None or one.first < high)]
        is_open = max(len(low), len(high or ())) > 2
        ranges += submit_each(client, run_part, [(inside, low, high, is_open)], shared)
    return save_ranges(client, close_ranges(client, ranges, cuts, task, in_parts=True), task, name)


def _check_folders(found: Sequence[SavedRange]) -> CountOptions:
    """Refuse counts whose sum would have no meaning or would not be exact, and return their options."""
    first = found[0]
    for one in found:
        if one.options.min_count > 1:
            raise ValueError(
                f"{one.folder} has pruned counts, which cannot be merged exactly; count with min_count=1 and prune the "
                "sum."
            )
        if one.options != first.options or len(one.totals) != len(first.totals):
            raise ValueError(
                f"Counts of different order, unit or alnum ({first.folder} and {one.folder}) cannot be merged; count "
                "with the same ones."
            )
    return first.options


def _choose_cuts(found: Sequence[SavedRange], size: int) -> list[Cut]:
    """Choose where ranges of about `size` n-grams begin, except for the first one."""
    cuts: list[Cut] = []
    inside = 0
    for one in sorted(found, key=lambda one: one.first):
        if inside >= size and one.first and one.first != (cuts[-1] if cuts else ()):
            cuts.append(one.first)
            inside = 0
        inside += one.size
    return cuts


def describe_folder(folder: str) -> SavedRange:
    """Return where the n-grams of saved counts begin and end, and what else is needed to plan their sum."""
    data = data_of(NgramCounts.load(folder))
    if len(data.history.files) or data.history.periods:
        raise ValueError(
            f"{folder} knows the files or periods of its text, which are not added up on a cluster; leave out "
            "--scheduler."
        )
    first, last = (tuple(data.symbols[k - 1] for k in _read_end(data.levels, last=last)) for last in (False, True))
    alphabet = hash_symbols(data.symbols)
    return SavedRange(folder, first, last, len(data.levels[-1][0]), data.totals, data.options, alphabet)


def _read_end(levels: Sequence[Level], *, last: bool) -> list[int]:
    """Return the ids of the first or last n-gram of text, which may be shorter than the others at the end of a run."""
    ids: list[int] = []
    low, high = 0, len(levels[0][0])
    for n, (symbols, counts, ends) in enumerate(levels, 1):
        if low == high:
            break
        place = high - 1 if last else low
        ids.append(int(symbols[place]))
        if n == len(levels):
            break
        low, high = int(ends[place - 1]) if place else 0, int(ends[place])
        if not last and int(levels[n][1][low:high].sum(dtype=np.uint64)) < int(counts[place]):
            break  # some of its occurrences are at the end of a run
    return ids


def hash_symbols(symbols: Sequence[Any]) -> str:
    """Return a text by which alphabets are compared without sending them."""
    return hashlib.sha256(repr(symbols).encode("utf-8")).hexdigest()


def list_symbols(folder: str) -> list[Any]:
    """Return the symbols of saved counts."""
    return list(data_of(NgramCounts.load(folder)).symbols)


def add_range(
    place: tuple[Sequence[str], Cut, Cut | None, bool], symbols: Sequence[Any], totals: list[int], task: CountTask
) -> Range:
    """Add up one range of saved counts; the totals of the whole text are those of the first range."""
    folders, low, high, is_open = place
    sources = []
    for folder in folders:
        data = data_of(NgramCounts.load(folder))
        sources.append(TreeSource(data.symbols, data.levels, data.totals))
    ids = {symbol: k for k, symbol in enumerate(symbols, 1)}
    for source in sources:
        source.map_symbols(ids)
    bounds = find_bound(symbols, low, task.order), None if high is None else find_bound(symbols, high, task.order)
    options = replace(task.options, min_count=1) if is_open else task.options

    def fill(tree: TreeBuilder) -> None:
        merge_to_tree(sources, len(symbols), tree, PLAN, min_count=options.min_count, bounds=bounds)

    own = totals if not low else [0] * task.order
    counts = collect_counts(fill, symbols, own, RunStore(PLAN, None), options)
    return list(counts.symbols), counts.totals, counts.levels
