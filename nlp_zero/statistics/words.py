"""What the counts of words say about a text: its information, and the share of words that were not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._kernels.elementary import log

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["information_per_symbol", "new_words"]

MOST_NEW = 0.5  # most of a text that new words are taken to be


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
    return float((total * log(total) - (n * log(n)).sum()) / (n * size).sum()) if total else 0.0


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
    return min(once / total, MOST_NEW), float(log((least + 1.5) / total))
