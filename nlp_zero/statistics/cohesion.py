"""How firmly symbols hold together: PMI, the gain of joining a pair, branching entropy, firmness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels.elementary import log
from .logarithms import x_log

if TYPE_CHECKING:
    import numpy.typing as npt

    Float64 = npt.NDArray[np.float64]

__all__ = ["branching_entropy", "entropy_gain", "firmness", "pmi"]

FURTHER_SYMBOL_NATS = 2.0  # a firm word must have this much more PMI for each symbol beyond the second


def pmi(count_ab: npt.ArrayLike, count_a: npt.ArrayLike, count_b: npt.ArrayLike, total: float) -> np.float64 | Float64:
    """Compute the pointwise mutual information of pairs.

    Parameters
    ----------
    count_ab, count_a, count_b : array_like
        Counts of the pairs "a b" and of their parts.
    total : float
        Number of units in the text.

    Returns
    -------
    float or array of float64
        ``ln p(ab) / (p(a) p(b))`` in nats.

    Notes
    -----
    The PMI of an n-gram of more than two symbols is the smallest over its split points.

    Examples
    --------
    >>> round(float(pmi(10, 20, 50, 1000)), 4)
    2.3026
    """
    ab, a, b = (np.asarray(x, np.float64) for x in (count_ab, count_a, count_b))
    return log(ab * total / (a * b))


def entropy_gain(count_ab: npt.ArrayLike, count_a: npt.ArrayLike, count_b: npt.ArrayLike, total: float) -> Any:
    """Compute how much the information per unit of a text falls when every "a b" becomes one unit.

    Parameters
    ----------
    count_ab, count_a, count_b : array_like
        Counts of the pairs "a b" and of their parts.
    total : float
        Number of units in the text.

    Returns
    -------
    float or array of float64
        The gain G in nats per unit of the text before the change.

    Notes
    -----
    With p = p(ab): ``G = p ln(p/(pa pb)) + (pa-p) ln(1-p/pa) + (pb-p) ln(1-p/pb) - (1-p) ln(1-p)``. This is close to
    p (PMI - 1) for small p: merging a pair lowers the information if its PMI is above 1. Source: the minimum-entropy
    principle, part 2, equations 2.15 and 2.17 (kexue.fm/archives/5476).

    Examples
    --------
    >>> bool(entropy_gain(10, 20, 50, 1000) > 0), bool(entropy_gain(1, 20, 50, 1000) > 0)
    (True, False)
    """
    p, a, b = (np.asarray(x, np.float64) / total for x in (count_ab, count_a, count_b))
    return x_log(p, p / (a * b)) + x_log(a - p, 1 - p / a) + x_log(b - p, 1 - p / b) - x_log(1 - p, 1 - p)


def branching_entropy(counts: npt.ArrayLike, total: float | None = None) -> float:
    """Compute the entropy of the symbol that follows (or precedes) an n-gram.

    Parameters
    ----------
    counts : array_like
        How often each symbol follows.
    total : float, optional
        Number of occurrences of the n-gram, if above the sum of `counts`: the others are followed by symbols that
        occur there once, as every end of a run does.

    Returns
    -------
    float
        ``-sum p ln p`` in nats; 0 if there are no occurrences.

    Examples
    --------
    >>> round(branching_entropy([2, 2]), 4), round(branching_entropy([2], total=4), 4)
    (0.6931, 1.0397)
    """
    c = np.asarray(counts, np.float64)
    c = c[c != 0]
    n = float(c.sum()) if total is None else float(total)
    return float(log(n) - (c * log(c)).sum() / n) if n else 0.0


def firmness(
    count: npt.ArrayLike,
    pmi: npt.ArrayLike,
    symbols: npt.ArrayLike,
    left_entropy: npt.ArrayLike,
    right_entropy: npt.ArrayLike,
    loose_first: npt.ArrayLike = 0.0,
    loose_last: npt.ArrayLike = 0.0,
) -> Any:
    """Compute how firmly words hold together: a score that ranks words for a reader.

    Parameters
    ----------
    count : array_like
        How often each word occurs.
    pmi : array_like
        Pointwise mutual information of its weakest split, nats.
    symbols : array_like
        Its length in symbols.
    left_entropy, right_entropy : array_like
        Branching entropies before and after it, nats.
    loose_first, loose_last : array_like, default 0
        How loosely its first and its last character are tied to their neighbours inside the word, nats: the share of
        the occurrences of the character in which it is a word of its own, times the branching entropy of the character
        on the inner side (to the right of the first character, to the left of the last). It is large for function
        characters, which stand alone and have many different neighbours.

    Returns
    -------
    float or array of float64
        The score; 0 for single symbols; above 0 if the word holds together better than its characters suggest.

    Notes
    -----
    ``sqrt(count) min(left_entropy, right_entropy) (pmi - 1 - 2 (symbols - 2) - loose_first - loose_last)``.

    The last factor says how tightly the parts are joined. Joining a pair lowers the information of a text if its PMI is
    above 1 (the minimum-entropy principle, part 2, equation 2.15, kexue.fm/archives/5476); chance n-grams of more
    symbols have a higher PMI, so each further symbol must add 2 nats (chosen on the first half of People's Daily, see
    docs/research/ranking.md). Like any logarithm of a count, the PMI has a standard error near ``1 / sqrt(count)``, so
    the first factor makes it a standard score. The second factor says how freely the word is used. Frequency, cohesion
    and freedom are the criteria of kexue.fm/archives/3491; the terms for loose characters are an addition.

    Examples
    --------
    >>> round(float(firmness(100, 5.0, 2, 3.0, 4.0)), 1), round(float(firmness(100, 2.5, 2, 3.0, 4.0, 0.1, 2.5)), 1)
    (120.0, -33.0)
    """
    n, value, size, left, right, first, last = (
        np.asarray(x, np.float64)
        for x in (count, pmi, symbols, left_entropy, right_entropy, loose_first, loose_last)
    )
    tightness = value - 1 - FURTHER_SYMBOL_NATS * (size - 2) - first - last
    freedom = np.maximum(np.minimum(left, right), 0)  # rounding can make an entropy of 0 negative
    return np.where(size > 1, np.sqrt(n) * freedom * tightness, 0.0)[()] + 0.0  # no negative zeros
