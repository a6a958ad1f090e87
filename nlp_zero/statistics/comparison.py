"""How much more frequent words are in one text than in another, and how surely."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels.elementary import erfc, log2
from .logarithms import x_log

if TYPE_CHECKING:
    import numpy.typing as npt

    Float64 = npt.NDArray[np.float64]

__all__ = ["correct_p_values", "log_likelihood_ratio", "log_ratio", "p_values", "shrunken_share"]


def log_likelihood_ratio(
    count_a: npt.ArrayLike, count_b: npt.ArrayLike, total_a: npt.ArrayLike, total_b: npt.ArrayLike
) -> Any:
    """Compute how surely words are more or less frequent in text A than in text B: the signed G².

    Parameters
    ----------
    count_a, count_b : array_like
        How often each word occurs in A and in B.
    total_a, total_b : array_like
        Number of tokens of A and of B, above 0.

    Returns
    -------
    float or array of float64
        G², above 0 if the word is relatively more frequent in A, below 0 if it is so in B.

    Notes
    -----
    ``2 (a ln(a / E_A) + b ln(b / E_B))``, where ``E_A = A (a + b) / (A + B)`` and ``E_B = B (a + b) / (A + B)`` are the
    counts expected of equal frequencies. Source: Rayson and Garside, Comparing corpora using frequency profiling, ACL
    workshop on comparing corpora, 2000; after Dunning, Computational Linguistics 1993.

    Examples
    --------
    >>> round(float(log_likelihood_ratio(30, 10, 1000, 1000)), 4), float(log_likelihood_ratio(3, 6, 1000, 2000))
    (10.465, 0.0)
    """
    a, b, all_a, all_b = (np.asarray(x, np.float64) for x in (count_a, count_b, total_a, total_b))
    share = (a + b) / (all_a + all_b)
    empty = share == 0
    expected_a, expected_b = np.where(empty, 1.0, all_a * share), np.where(empty, 1.0, all_b * share)
    value = 2 * (x_log(a, a / expected_a) + x_log(b, b / expected_b))
    sign = np.sign(a * all_b - b * all_a)
    return sign * np.maximum(value, 0) + 0.0  # rounding can make it negative; no negative zeros


def log_ratio(
    count_a: npt.ArrayLike, count_b: npt.ArrayLike, total_a: npt.ArrayLike, total_b: npt.ArrayLike
) -> Any:
    """Compute how many times as frequent words are in text A as in text B, as a binary logarithm.

    Parameters
    ----------
    count_a, count_b, total_a, total_b : array_like
        As in `log_likelihood_ratio`.

    Returns
    -------
    float or array of float64
        Doublings: 1 means twice as frequent in A, -1 twice as frequent in B. It is the only logarithm here that is not
        natural, because the field reports it so.

    Notes
    -----
    ``log2(((a + 1/2) / A) / ((b + 1/2) / B))``. The half keeps it finite for words that one text lacks. Source: Hardie,
    Log ratio: an informal introduction, 2014, who adds the half to zeros only.

    Examples
    --------
    >>> round(float(log_ratio(7.5, 1.5, 1000, 1000)), 4), round(float(log_ratio(0, 31.5, 1000, 1000)), 4)
    (2.0, -6.0)
    """
    a, b, all_a, all_b = (np.asarray(x, np.float64) for x in (count_a, count_b, total_a, total_b))
    return (log2(a + 0.5) - log2(b + 0.5)) - (log2(all_a) - log2(all_b)) + 0.0


def shrunken_share(
    count_a: npt.ArrayLike, count_b: npt.ArrayLike, total_a: npt.ArrayLike, total_b: npt.ArrayLike
) -> Any:
    """Compute which share of the use of each word is in text A, drawn to the average where the word is rare.

    Parameters
    ----------
    count_a, count_b : array_like
        How often each word occurs in A and in B: all words of both texts, because their mean count matters.
    total_a, total_b : array_like
        Number of tokens of A and of B, above 0.

    Returns
    -------
    float or array of float64
        Between 0 and 1; near 1/2 for words that both texts use alike, and for rare ones.

    Notes
    -----
    ``(a + α m) / (t + m)``, where b is scaled to the size of A, ``b' = b A / B``, ``t = a + b'``, m is the mean of t
    over the words, and ``α = Σa / Σt``. Source: kexue.fm/archives/6540.

    Examples
    --------
    >>> shrunken_share([90, 1, 9], [10, 0, 90], 100, 100).round(3).tolist()
    [0.74, 0.507, 0.256]
    """
    a, b, all_a, all_b = (np.asarray(x, np.float64) for x in (count_a, count_b, total_a, total_b))
    total = a + b * (all_a / all_b)
    if not total.sum():
        return np.full(total.shape, 0.5)
    mean = total.mean()
    return (a + a.sum() / total.sum() * mean) / (total + mean)


def p_values(statistic: npt.ArrayLike) -> Float64:
    """Compute the probability that chance alone makes G² as large, in either direction.

    Parameters
    ----------
    statistic : array_like
        Values of G², with or without a sign.

    Returns
    -------
    array of float64
        The upper tail of the chi-squared distribution with one degree of freedom; 0 for G² above 1,480, where it is
        smaller than the least float.

    Notes
    -----
    ``erfc(sqrt(|G²| / 2))``.

    Examples
    --------
    >>> p_values([3.841, -6.635, 0]).round(3).tolist()
    [0.05, 0.01, 1.0]
    """
    return erfc(np.sqrt(np.abs(np.atleast_1d(np.asarray(statistic, np.float64))) / 2))


def correct_p_values(p: npt.ArrayLike) -> Float64:
    """Correct p-values for the number of tests, so that the risk of even one false discovery is bounded.

    Parameters
    ----------
    p : array_like
        The p-value of each test.

    Returns
    -------
    array of float64
        If all tests with a corrected p of at most 0.05 are called significant, the probability that one or more of
        them are chance is at most 0.05.

    Notes
    -----
    The step-down correction of Holm: the i-th smallest of m is multiplied by ``m - i + 1``, is at least as large as
    the one before it, and at most 1. It holds however the tests depend on each other, as the counts of words do, and
    rejects at least as much as Bonferroni's. Source: Holm, Scandinavian Journal of Statistics 1979.

    Examples
    --------
    >>> correct_p_values([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, np.float64)
    order = np.argsort(values, kind="stable")
    factors = np.arange(len(values), 0, -1)
    corrected = np.empty(len(values))
    corrected[order] = np.minimum(np.maximum.accumulate(values[order] * factors), 1) if len(values) else 0.0
    return corrected
