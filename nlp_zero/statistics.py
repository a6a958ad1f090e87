"""Statistics of counts, as pure functions. Logarithms are natural; their unit is the nat."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Float64 = npt.NDArray[np.float64]

__all__ = [
    "branching_entropy",
    "correct_p_values",
    "entropy_gain",
    "expected_document_frequency",
    "firmness",
    "information_per_symbol",
    "log_likelihood_ratio",
    "log_ratio",
    "new_words",
    "p_values",
    "pmi",
    "shrunken_share",
    "tf_idf",
]

MOST_NEW = 0.5  # most of a text that new words are taken to be
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
        About ln p (nats) of the rarest words: of n + 1.5 occurrences, where n is the least count.

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
    value = 2 * (_x_log(a, a / expected_a) + _x_log(b, b / expected_b))
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
    return (np.log2(a + 0.5) - np.log2(b + 0.5)) - (np.log2(all_a) - np.log2(all_b)) + 0.0


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


def tf_idf(
    count: npt.ArrayLike, tokens: npt.ArrayLike, document_frequency: npt.ArrayLike, documents: float
) -> Any:
    """Compute how much words tell about a document.

    Parameters
    ----------
    count : array_like
        How often each word occurs in the document.
    tokens : array_like
        Number of tokens of the document.
    document_frequency : array_like
        Number of documents that have the word; 0 counts as one half.
    documents : float
        Number of documents.

    Returns
    -------
    float or array of float64
        Nats per token; 0 for words that all documents have.

    Notes
    -----
    ``count / tokens * ln(documents / document_frequency)``: the classical definition, without smoothing. Scikit-learn
    adds 1 to the logarithm, so that words in all documents keep a weight as features; in a list of keywords, these
    words would be first. Source: Spärck Jones, Journal of Documentation 1972; Salton and Buckley 1988.

    Examples
    --------
    >>> round(float(tf_idf(2, 10, 1, 100)), 3), float(tf_idf(5, 10, 100, 100))
    (0.921, 0.0)
    """
    n, size, frequency = (np.asarray(x, np.float64) for x in (count, tokens, document_frequency))
    return n / size * np.log(documents / np.maximum(frequency, 0.5))


def expected_document_frequency(
    count: npt.ArrayLike, lengths: npt.ArrayLike, documents: npt.ArrayLike = 1
) -> Float64:
    """Compute how many documents would have a word if its occurrences were spread over the tokens at random.

    Parameters
    ----------
    count : array_like of shape (words,)
        How often each word occurs in all documents.
    lengths : array_like of shape (sizes,)
        Numbers of tokens of documents.
    documents : array_like of shape (sizes,), default 1
        How many documents have this number of tokens.

    Returns
    -------
    array of float64, shape (words,)

    Notes
    -----
    ``sum over documents of 1 - (1 - p)^length``, where p is the share of the word among all tokens. A document
    frequency that is much lower says that the word clusters in some documents, as content words do. Source: Church and
    Gale, Poisson mixtures, Natural Language Engineering 1995, who compare with the Poisson distribution.

    Examples
    --------
    >>> expected_document_frequency([1, 10], [10, 10]).round(3).tolist()
    [0.803, 1.998]
    """
    n = np.atleast_1d(np.asarray(count, np.float64))
    sizes, times = np.broadcast_arrays(np.asarray(lengths, np.float64), np.asarray(documents, np.float64))
    with np.errstate(divide="ignore"):
        missing = np.log1p(-np.minimum(n / (sizes * times).sum(), 1))  # ln(1 - p)
    return np.array([-(times * np.expm1(sizes * x)).sum() for x in missing.tolist()])


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
    roots = np.sqrt(np.abs(np.atleast_1d(np.asarray(statistic, np.float64))) / 2)
    return np.fromiter(map(math.erfc, roots.tolist()), np.float64, len(roots))


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


def _x_log(x: Any, y: Any) -> Any:
    """``x ln y``, and 0 where x is 0 (or negative by rounding)."""
    safe = (x > 0) & (y > 0)
    return np.where(safe, x * np.log(np.where(safe, y, 1.0)), 0.0)
