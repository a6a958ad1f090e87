"""The exchange between tasks that each have a result for every range, and the ranges."""

from __future__ import annotations

import math
from typing import Any

from .submission import submit_each

__all__ = ["flatten", "pick", "plan_shuffle", "regroup", "shuffle"]

DIRECT_PICKS = 10_000  # parts times ranges, up to which each result is sent by a task of its own


def plan_shuffle(parts: int, ranges: int) -> tuple[int, int]:
    """Return how many ranges are picked together from a part, and how many parts are then regrouped by range.

    If many parts have many ranges, a task for each of both would occupy the scheduler: in two steps there are fewer.
    """
    if parts * ranges <= DIRECT_PICKS:
        return 1, 1
    return math.isqrt(ranges - 1) + 1, math.isqrt(parts - 1) + 1


def shuffle(client: Any, found: list[Any], ranges: int) -> list[list[Any]]:
    """Return, for each range, the futures of lists whose elements have its results, in the order of the parts.

    Parameters
    ----------
    client : distributed.Client
    found : list of future
        A list for each part, with a result for each range; the results are not lists.
    ranges : int

    Returns
    -------
    list of list of future
        For each range; `flatten` returns the results that they have.
    """
    width, height = plan_shuffle(len(found), ranges)
    places = [slice(k, min(k + width, ranges)) for k in range(0, ranges, width)]
    picked = [submit_each(client, pick, found, place) for place in places]
    if width == 1:
        return picked
    groups = [[column[k : k + height] for k in range(0, len(found), height)] for column in picked]
    regrouped = [submit_each(client, regroup, group) for group in groups]
    return [
        submit_each(client, pick, group, slice(k, k + 1))
        for place, group in zip(places, regrouped, strict=True)
        for k in range(place.stop - place.start)
    ]


def pick(results: list[Any], places: slice) -> list[Any]:
    """Return a part of the results of a task."""
    return results[places]


def regroup(picked: list[list[Any]]) -> list[list[Any]]:
    """Return the results of several parts by range."""
    return [list(results) for results in zip(*picked, strict=True)]


def flatten(picked: list[list[Any]]) -> list[Any]:
    """Return the results of all parts for a range, given those of the futures of `shuffle`."""
    return [result for [found] in picked for result in (found if isinstance(found, list) else [found])]
