"""Scores of the n-grams of one range: which may be patterns, and branching entropies of words.

The arithmetic is that of `LinkedTree`, operation by operation, so results have the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels import counting as kernel
from .._kernels.elementary import log
from ..counting.levels import truncate_levels
from ..counting.selectable import ABSENT
from .subtrees import NOT_CHOSEN, Candidates, NgramTree, extract_candidates, find_places, take_children

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._kernels.counting import Float64, Uint32
    from ..counting.tree import Level

    Sums = list[Float64]
    """For words of each order, sums of c ln c over their neighbours so far."""

__all__ = ["add_neighbours", "find_candidates", "find_recurring_pairs", "score_candidates"]

MARGIN_NATS = 1e-9  # a logarithm of a greater number may be less in the last bit


def find_candidates(
    levels: Sequence[Level], _: Sequence[bool], singles: Float64, total: float, min_count: int, min_pmi: Sequence[float]
) -> Candidates:
    """Find the n-grams of a range that may reach a PMI; the split before the last symbol needs no other range.

    Parameters
    ----------
    levels : list of Level
    singles : ndarray of float64
        Counts of all symbols.
    total : float
        Symbols in the text.
    min_count : int
    min_pmi : sequence of float
        Nats, for each order.

    Returns
    -------
    Candidates
        Pairs have their PMI, longer n-grams an upper bound of it.
    """
    scores = [np.zeros(len(levels[0][0]))]
    for n in range(2, len(levels) + 1):
        symbols, counts = levels[n - 1][:2]
        here = np.flatnonzero(counts >= min_count).astype(np.uint32)
        above = kernel.find_parents(levels[n - 2][2], here)
        before = singles[levels[0][0][above] - 1] if n == 2 else levels[n - 2][1][above].astype(np.float64)
        pmi = log(counts[here].astype(np.float64) * total / (before * singles[symbols[here] - 1]))
        good = pmi >= (min_pmi[n - 1] if n == 2 else min_pmi[n - 1] - MARGIN_NATS)
        score = np.full(len(symbols), NOT_CHOSEN)
        score[here[good]] = pmi[good]
        scores.append(score)
    return extract_candidates(levels, scores)[0]


def find_recurring_pairs(levels: Sequence[Level], _: Sequence[bool]) -> Candidates:
    """Return the single symbols of a range, and the pairs that occur more than once."""
    scores = [np.zeros(len(levels[0][0])), np.where(levels[1][1] > 1, 0.0, NOT_CHOSEN)]
    return extract_candidates(truncate_levels(levels, 2), scores)[0]


def score_candidates(
    found: Candidates,
    suffix_places: list[list[Uint32]],
    suffix_counts: list[list[npt.NDArray[Any]]],
    singles: Float64,
    total: float,
    min_pmi: Sequence[float],
) -> Candidates:
    """Compute the PMI of candidates of three or more symbols, and keep those that reach it.

    Parameters
    ----------
    found : Candidates
    suffix_places : list of list of ndarray
        Entry k has the places that n-grams of each order from 2 have without their first symbol; they are candidates
        for k = 0, and else the n-grams that entry k - 1 leads to.
    suffix_counts : list of list of ndarray
        Entry k has the counts of the n-grams that entry k leads to, for each order.
    singles : ndarray of float64
    total : float
    min_pmi : sequence of float
        As in `find_candidates`.

    Returns
    -------
    Candidates
    """
    scores = list(found.scores)
    for n in range(3, len(scores) + 1):
        here = np.flatnonzero(scores[n - 1] > NOT_CHOSEN).astype(np.uint32)
        prefixes, place = [], here
        for k in range(n - 1, 0, -1):
            place = kernel.find_parents(found.ends[k - 1], place)
            times = singles[found.symbols[0][place] - 1] if k == 1 else found.counts[k - 1][place].astype(np.float64)
            prefixes.append(times)
        prefixes.reverse()  # of 1, 2, ... symbols
        worst, suffix = np.zeros(len(here)), here
        for k in range(n - 2):  # split after k + 1 symbols
            suffix = suffix_places[k][n - k - 2][suffix]
            worst = np.maximum(worst, prefixes[k] * suffix_counts[k][n - k - 2][suffix].astype(np.float64))
        worst = np.maximum(worst, prefixes[n - 2] * singles[found.symbols[n - 1][here] - 1])
        pmi = log(found.counts[n - 1][here].astype(np.float64) * total / worst)
        scores[n - 1] = np.full(len(scores[n - 1]), NOT_CHOSEN)
        scores[n - 1][here] = np.where(pmi >= min_pmi[n - 1], pmi, NOT_CHOSEN)
    return extract_candidates(found.levels(), scores)[0]


def add_neighbours(
    levels: Sequence[Level], repeated: Sequence[bool], sums: tuple[Sums, Sums], words: NgramTree, size: int
) -> tuple[Sums, Sums]:
    """Add up c ln c over the n-grams of a range that are a word and the symbol before or after it.

    Ranges must be added one after another: floating-point sums depend on the order.

    Parameters
    ----------
    levels : list of Level
    repeated : list of bool
        For each order whether an earlier range has its first n-gram, too.
    sums : tuple of two list of ndarray of float64
        Those of the ranges before: over the symbols before and after each word, by order.
    words : NgramTree
        Words of fewer symbols than the highest order, with their beginnings; the single symbols follow each other.
    size : int
        Number of all symbols.

    Returns
    -------
    tuple of two list of ndarray of float64
    """
    before, after = ([*side] for side in sums)

    def add(side: Sums, n: int, places: npt.NDArray[Any], nodes: npt.NDArray[Any]) -> None:
        """Add c ln c of n-grams of n + 2 symbols to words of n + 1, in order."""
        new = nodes >= repeated[n + 1]
        if new.any():
            c = levels[n + 1][1][nodes[new]].astype(np.float64)
            order = np.concatenate([np.arange(len(side[n])), places[new]])
            added: Any = np.bincount(order, np.concatenate([side[n], c * log(c)]), len(side[n]))
            side[n] = added

    for n, places in enumerate(find_places(words, levels, size)):
        found = np.flatnonzero(places != ABSENT)
        children, sizes = take_children(levels[n][2], places[found])
        add(after, n, np.repeat(found, sizes), children)
    first = words.symbols[0]
    if not len(first):
        return before, after
    second, ids = levels[1][0], np.arange(size + 1, dtype=np.uint32)
    nodes = np.flatnonzero((second >= first[0]) & (second <= first[-1])).astype(np.uint32)
    places = second[nodes] - first[0]
    for n in range(len(words.symbols)):
        add(before, n, places, nodes)
        if n + 1 == len(words.symbols):
            break
        children, sizes = take_children(levels[n + 1][2], nodes)
        stripped = levels[n + 2][0][children], np.cumsum(sizes).astype(np.uint32)
        located = kernel.locate_children(*stripped, places, ids, words.symbols[n + 1], words.ends[n])
        known = located != ABSENT
        nodes, places = children[known].astype(np.uint32), located[known]
    return before, after
