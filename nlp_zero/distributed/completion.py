"""Completing the ranges of a count, which are on the workers: n-grams that several of them have, and saving them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from . import tasks
from .ranges import SharedEdges, add_edges
from .submission import submit_each, take_results

if TYPE_CHECKING:
    from .ranges import Cut

__all__ = ["close_ranges", "find_edges", "save_ranges"]


def find_edges(client: Any, merged: Sequence[Any], cuts: Sequence[Cut]) -> list[SharedEdges]:
    """Return the n-grams that several ranges have, given the futures of the ranges and where these begin."""
    if all(len(cut) < 2 for cut in cuts):
        return [SharedEdges({}, set(), set()) for _ in merged]
    return add_edges(list(take_results(submit_each(client, tasks.describe_edges, merged))))


def close_ranges(
    client: Any, merged: list[Any], cuts: Sequence[Cut], task: tasks.CountTask, *, in_parts: bool = False
) -> list[Any]:
    """Complete the ranges with the counts of n-grams that several of them have.

    Such an n-gram is then in the last of them with its whole count, or with `in_parts` in each with a part of it.
    """
    if all(len(cut) < 2 for cut in cuts):
        return merged
    ranges = zip(merged, find_edges(client, merged, cuts), strict=True)
    return [
        submit_each(client, tasks.close_range, [part], task, own.totals, None if in_parts else own.later)[0]
        for part, own in ranges
    ]


def save_ranges(
    client: Any, ranges: Sequence[Any], task: tasks.CountTask, name: Callable[[int], str], *, progress: bool = False
) -> list[int]:
    """Save each range where the worker is that has it, in the folder ``name(k)``; return the numbers of n-grams."""
    saved = [submit_each(client, tasks.save_range, [part], task, name(k))[0] for k, part in enumerate(ranges)]
    return [sum(sizes) for sizes in zip(*take_results(saved, progress=progress), strict=True)]
