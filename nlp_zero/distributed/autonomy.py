"""The autonomy of n-grams, which `EntropyLexiconBuilder` needs of all of them, with a count tree in ranges.

The autonomy of x is how much branching entropies rise with its last symbol and with its first one. Right entropies
need the n-grams that begin with x, which are in the range of x. Left entropies need those that end with x, which are in
all ranges. So two shuffles are made::

    range k ──► send_suffixes ──► its n-grams without first symbols, a piece for each range
    range b ──► add_left      ──► left entropies of its n-grams, and an answer to each piece: those of its n-grams
    range k ──► find_rises    ──► autonomy of its n-grams

The arithmetic is that of `LinkedTree`, and sums are added in the same order, so results have the same bits. N-grams at
which ranges begin are in several ranges, each of which has a part of the n-grams that begin with them; the caller adds
these up (`add_children`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._kernels import counting as kernel
from .._kernels.elementary import log
from .._utils.arrays import sum_exactly
from ..counting.levels import find_ngram, truncate_levels
from ..counting.selectable import ABSENT
from .ranges import list_edges
from .shuffle import flatten
from .subtrees import NOT_CHOSEN, Candidates, extract_candidates, take_children

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._kernels.counting import Float64, Uint32
    from ..counting.tree import Level
    from .ranges import Ids

    Bounds = Sequence[tuple[Ids, Ids]]
    """For each range its least n-gram, and the least one after it."""

__all__ = [
    "Suffixes",
    "add_children",
    "add_left",
    "describe_rises",
    "find_rises",
    "list_children",
    "list_kept_edges",
    "list_recurring",
    "send_suffixes",
    "take_answers",
]


class Suffixes(NamedTuple):
    """N-grams without their first symbols, in the order of the whole n-grams: on each level those of a length."""

    symbols: list[Uint32]
    counts: list[npt.NDArray[Any]]
    ends: list[npt.NDArray[Any]]


class Answers(NamedTuple):
    """Left entropies of the n-grams of a piece by order, without the longest ones; NaN if the range lacks them."""

    values: list[Float64]


class Left(NamedTuple):
    """Left entropies of the n-grams of a range by order, and its answers to the pieces of all ranges."""

    entropies: list[Float64]
    answers: list[Answers]


def send_suffixes(levels: Sequence[Level], repeated: Sequence[bool], bounds: Bounds) -> list[Suffixes]:
    """Return the n-grams of two or more symbols of a range without their first symbols, a piece for each range."""
    counts = [level[1] for level in levels]
    for n, first_is_repeated in enumerate(repeated):
        if first_is_repeated:  # an earlier range sends it with its whole count; c ln c is 0 here
            counts[n] = np.concatenate([np.ones(1, counts[n].dtype), counts[n][1:]])
    pieces = []
    for nodes, ends in _cut_suffixes(levels, bounds):
        symbols = [levels[n][0][here] for n, here in enumerate(nodes, 1)]
        pieces.append(Suffixes(symbols, [counts[n][here] for n, here in enumerate(nodes, 1)], ends))
    return pieces


def _cut_suffixes(
    levels: Sequence[Level], bounds: Bounds
) -> Iterator[tuple[list[Uint32], list[npt.NDArray[np.int64]]]]:
    """Yield, for each range, the places of the n-grams that are in it without their first symbols, by order from 2.

    A beginning of a bound belongs to both sides. With the places, it yields where the children of each n-gram end.
    """
    by_second = np.argsort(levels[1][0], kind="stable")
    second = levels[1][0][by_second]
    for low, high in bounds:
        begin = np.searchsorted(second, low[0])
        stop = np.searchsorted(second, high[0], "left" if _ends_at(high, 0) else "right")
        nodes = [np.sort(by_second[begin : max(begin, stop)]).astype(np.uint32)]
        at_low, at_high = (levels[1][0][nodes[0]] == bound[0] for bound in (low, high))
        ends = []
        for n in range(2, len(levels)):
            children, sizes = take_children(levels[n - 1][2], nodes[-1])
            at_low, at_high = np.repeat(at_low, sizes), np.repeat(at_high, sizes)
            symbols = levels[n][0][children]
            above = symbols >= high[n - 1] if _ends_at(high, n - 1) else symbols > high[n - 1]
            keep = ~(at_low & (symbols < low[n - 1])) & ~(at_high & above)
            ends.append(np.append(0, np.cumsum(keep))[np.cumsum(sizes)])
            nodes.append(children[keep].astype(np.uint32))
            at_low = at_low[keep] & (symbols[keep] == low[n - 1])
            at_high = at_high[keep] & (symbols[keep] == high[n - 1])
        yield nodes, ends


def _ends_at(bound: Ids, n: int) -> bool:
    """Return whether a bound has no symbols after the one at place `n`."""
    return n + 1 >= len(bound) or bound[n + 1] == 0


def add_left(levels: Sequence[Level], _: Sequence[bool], picked: list[list[Any]], size: int) -> Left:
    """Compute the left entropies of a range, given its pieces of all ranges and the number of all symbols."""
    pieces = flatten(picked)
    longest = len(levels) - 1
    symbols = [np.concatenate(column) for column in zip(*(piece.symbols for piece in pieces), strict=True)]
    counts = [np.concatenate(column) for column in zip(*(piece.counts for piece in pieces), strict=True)]
    first = np.full(size + 1, ABSENT, np.uint32)
    first[levels[0][0]] = np.arange(len(levels[0][0]), dtype=np.uint32)
    ids, places = np.arange(size + 1, dtype=np.uint32), [first[symbols[0]]]
    for n in range(1, longest):
        offsets = np.cumsum([0, *(len(piece.symbols[n]) for piece in pieces)])
        ends = np.concatenate([piece.ends[n - 1] + offset for piece, offset in zip(pieces, offsets, strict=False)])
        whole = levels[n][0], levels[n - 1][2]
        places.append(kernel.locate_children(symbols[n], ends.astype(np.uint32), places[-1], ids, *whole))
    entropies, answers = [], []
    for n, (here, times) in enumerate(zip(places, counts, strict=True)):
        found = here != ABSENT
        sums = _add_up(here[found], times[found], len(levels[n][0]))
        entropies.append(kernel.finish_entropies(levels[n][1].astype(np.float64), sums))
        if n + 1 < longest:
            answer = np.full(len(here), np.nan)
            answer[found] = entropies[n][here[found]]
            answers.append(np.split(answer, np.cumsum([len(piece.symbols[n]) for piece in pieces])[:-1]))
    return Left(entropies, [Answers([column[k] for column in answers]) for k in range(len(pieces))])


def _add_up(places: npt.NDArray[Any], counts: npt.NDArray[Any], size: int) -> Float64:
    """Add up c ln c by place, in order."""
    c = counts.astype(np.float64)
    sums: Float64 = np.bincount(places, c * log(c), size).astype(np.float64)
    return sums


def take_answers(left: Left) -> list[Answers]:
    """Return the answers to the pieces of all ranges."""
    return left.answers


def list_kept_edges(levels: Sequence[Level], _: Sequence[bool]) -> dict[Ids, int]:
    """Return the n-grams that other ranges may have, too, and that have children; see `list_edges`."""
    return list_edges(levels[:-1])


def list_children(levels: Sequence[Level], repeated: Sequence[bool], shared: set[Ids]) -> dict[Ids, npt.NDArray[Any]]:
    """Return the counts of the children of some n-grams in a range, without those that an earlier range has, too."""
    children = {}
    for ids in shared:
        place, n = find_ngram(levels, ids), len(ids)
        if place is not None:
            begin, end = (int(levels[n - 1][2][k]) if k >= 0 else 0 for k in (place - 1, place))
            children[ids] = levels[n][1][max(begin, int(repeated[n])) : end]
    return children


def add_children(found: Sequence[dict[Ids, npt.NDArray[Any]]]) -> dict[Ids, float]:
    """Add up c ln c over the children of n-grams that several ranges have, given those of all ranges in order."""
    children: dict[Ids, list[npt.NDArray[Any]]] = {}
    for part in found:
        for ids, counts in part.items():
            children.setdefault(ids, []).append(counts)
    return {ids: float(_add_up(*_join(counts), 1)[0]) for ids, counts in children.items()}


def _join(counts: list[npt.NDArray[Any]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
    joined = np.concatenate(counts)
    return np.zeros(len(joined), np.int64), joined


def find_rises(
    levels: Sequence[Level],
    _: Sequence[bool],
    left: Left,
    picked: list[list[Any]],
    edges: dict[Ids, float],
    bounds: Bounds,
) -> list[Float64]:
    """Compute, for each order, how much entropies rise with the outermost symbols of the n-grams of a range.

    Parameters
    ----------
    levels : list of Level
        The range.
    left : Left
        Its left entropies.
    picked : list
        The answers that it has got, see `flatten`.
    edges : dict
        Sums of c ln c over the children of n-grams that several ranges have.
    bounds : sequence of tuple
        Of all ranges.

    Returns
    -------
    list of ndarray of float64
    """
    shorter = [np.full(len(level[0]), np.nan) for level in levels[1:-1]]  # left entropies without the first symbols
    for (nodes, _ends), answers in zip(_cut_suffixes(levels, bounds), flatten(picked), strict=True):
        for values, here, answer in zip(shorter, nodes, answers.values, strict=False):
            values[here] = np.fmax(values[here], answer)  # NaN from a range that lacks the n-gram
    rises: list[Float64] = []
    rights: list[Float64] = []
    above = np.zeros(0, np.int64)
    for n, own_left in enumerate(left.entropies):
        begins, stops = np.append(0, levels[n][2][:-1]), levels[n][2]
        parents = np.repeat(np.arange(len(stops)), stops.astype(np.int64) - begins.astype(np.int64))
        sums = _add_up(parents, levels[n + 1][1], len(stops))
        for ids, total in edges.items():
            if len(ids) == n + 1 and (place := find_ngram(levels, ids)) is not None:
                sums[place] = total
        right = kernel.finish_entropies(levels[n][1].astype(np.float64), sums)
        rises.append(right - rights[-1][above] + (own_left - shorter[n - 1]) if n else right + own_left)
        rights.append(right)
        above = parents
    return rises


def describe_rises(_: Sequence[Level], repeated: Sequence[bool], rises: list[Float64]) -> tuple[list[int], list[int]]:
    """Return the exact sum of the rises of each order, see `sum_exactly`, and their number; each n-gram once."""
    own = [values[int(first_is_repeated) :] for values, first_is_repeated in zip(rises, repeated, strict=False)]
    return [sum_exactly(values) for values in own], [len(values) for values in own]


def list_recurring(
    levels: Sequence[Level], _: Sequence[bool], rises: list[Float64], means: Sequence[float], weights: Sequence[float]
) -> Candidates:
    """Return the n-grams of a range that occur more than once, and all single symbols, with their weighted autonomy."""
    levels = truncate_levels(levels, len(rises))
    scores = []
    for n, (values, mean, weight) in enumerate(zip(rises, means, weights, strict=True)):
        score = (values - mean) * weight
        if n:
            score[levels[n][1] < 2] = NOT_CHOSEN
        scores.append(score)
    return extract_candidates(levels, scores)[0]
