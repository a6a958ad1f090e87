"""Statistics of counts, as pure functions. Logarithms are natural; their unit is the nat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Float64 = npt.NDArray[np.float64]

__all__ = ["branching_entropy", "entropy_gain", "information_per_symbol", "new_words", "pmi"]

MOST_NEW = 0.5  # most of a text that new words are taken to be


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
    return np.log(ab * total / (a * b))


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
    return p * np.log(p / (a * b)) + _x_log(a - p, 1 - p / a) + _x_log(b - p, 1 - p / b) - _x_log(1 - p, 1 - p)


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
    n = float(c.sum()) if total is None else float(total)
    return float(np.log(n) - (c * np.log(c)).sum() / n) if n else 0.0


def information_per_symbol(counts: npt.ArrayLike, lengths: npt.ArrayLike) -> float:
    """Compute the average information per character of a text that is cut into words.

    Parameters
    ----------
    counts : array_like
        Number of occurrences N_w of each word.
    lengths : array_like
        Their lengths in characters.

    Returns
    -------
    float
        ``-sum N_w ln p_w / sum N_w |w|`` in nats; the minimum-entropy principle makes it small.

    Examples
    --------
    >>> round(information_per_symbol([1, 1], [1, 1]), 4), round(information_per_symbol([1, 1], [2, 2]), 4)
    (0.6931, 0.3466)
    """
    n = np.asarray(counts, np.float64)
    size = np.asarray(lengths, np.float64)
    size, n = np.broadcast_to(size, n.shape)[n > 0], n[n > 0]
    total = n.sum()
    return float((total * np.log(total) - (n * np.log(n)).sum()) / (n * size).sum()) if total else 0.0


def new_words(counts: npt.ArrayLike, total: float) -> tuple[float, float]:
    """Estimate from the counts of words how much of other text consists of words that were not seen.

    Parameters
    ----------
    counts : array_like
        How often each word occurs.
    total : float
        Number of tokens of the text.

    Returns
    -------
    share : float
        Share of the tokens of other text that are new words; at most one half.
    rare : float
        ln p (nats) up to which words are rare enough to be examples of new words: those that occur n or n + 1 times,
        where n is the least count.

    Notes
    -----
    The share is that of the words that occur once (Good, Biometrika 1953). If rare words were left out, so that the
    least count is n, Zipf's law estimates how many occurred once: those that occur n times, times n (n + 1) / 2.

    Examples
    --------
    >>> new_words([5, 1, 1], 10)[0], new_words([5, 2, 2], 100)[0]
    (0.2, 0.06)
    """
    n = np.asarray(counts, np.int64)
    n = n[n > 0]
    if not len(n):
        return 0.0, 0.0
    least = int(n.min())
    once = float(np.count_nonzero(n == least)) * least * (least + 1) / 2
    return min(once / total, MOST_NEW), float(np.log((least + 1.5) / total))


def _x_log(x: Any, y: Any) -> Any:
    """``x ln y``, and 0 where x is 0 (or negative by rounding)."""
    safe = (x > 0) & (y > 0)
    return np.where(safe, x * np.log(np.where(safe, y, 1.0)), 0.0)
