"""The statistics that everything else is built on, as pure functions of counts.  Logarithms are natural: nats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Float64 = npt.NDArray[np.float64]

__all__ = ["branching_entropy", "entropy_gain", "information_per_symbol", "new_words", "pmi"]


def pmi(count_ab: npt.ArrayLike, count_a: npt.ArrayLike, count_b: npt.ArrayLike, total: float) -> np.float64 | Float64:
    """Pointwise mutual information ln p(ab) / (p(a) p(b)), in nats.

    For an n-gram of more than two symbols take the smallest over its split points.

    >>> round(float(pmi(10, 20, 50, 1000)), 4)
    2.3026
    """
    ab, a, b = (np.asarray(x, np.float64) for x in (count_ab, count_a, count_b))
    return np.log(ab * total / (a * b))


def entropy_gain(count_ab: npt.ArrayLike, count_a: npt.ArrayLike, count_b: npt.ArrayLike, total: float) -> Any:
    """How much the information per unit of the old text falls when every "a b" becomes one unit, in nats.

    With p = p(ab): ``G = p ln(p/(pa pb)) + (pa-p) ln(1-p/pa) + (pb-p) ln(1-p/pb) - (1-p) ln(1-p)``, close to
    p (PMI - 1) for small p: a pair pays when its PMI is above 1.  Source: the minimum-entropy principle, part 2,
    equations 2.15 and 2.17 (kexue.fm/archives/5476).

    >>> bool(entropy_gain(10, 20, 50, 1000) > 0), bool(entropy_gain(1, 20, 50, 1000) > 0)
    (True, False)
    """
    p, a, b = (np.asarray(x, np.float64) / total for x in (count_ab, count_a, count_b))
    return p * np.log(p / (a * b)) + _x_log(a - p, 1 - p / a) + _x_log(b - p, 1 - p / b) - _x_log(1 - p, 1 - p)


def branching_entropy(counts: npt.ArrayLike, total: float | None = None) -> float:
    """Entropy in nats of the symbol that follows (or precedes), given how often each one came.

    `total` above the sum of `counts` means that the rest are symbols that came once each, as every run end does.

    >>> round(branching_entropy([2, 2]), 4), round(branching_entropy([2], total=4), 4)
    (0.6931, 1.0397)
    """
    c = np.asarray(counts, np.float64)
    n = float(c.sum()) if total is None else float(total)
    return float(np.log(n) - (c * np.log(c)).sum() / n) if n else 0.0


def information_per_symbol(counts: npt.ArrayLike, lengths: npt.ArrayLike) -> float:
    """Average information per character of a text in its words: ``-sum N_w ln p_w / sum N_w |w|``, in nats.

    `counts` are the N_w; `lengths` the words' lengths in characters.  This is the quantity that the
    minimum-entropy principle makes small.

    >>> round(information_per_symbol([1, 1], [1, 1]), 4), round(information_per_symbol([1, 1], [2, 2]), 4)
    (0.6931, 0.3466)
    """
    n = np.asarray(counts, np.float64)
    size = np.asarray(lengths, np.float64)
    size, n = np.broadcast_to(size, n.shape)[n > 0], n[n > 0]
    total = n.sum()
    return float((total * np.log(total) - (n * np.log(n)).sum()) / (n * size).sum()) if total else 0.0


def new_words(counts: npt.ArrayLike, total: float) -> tuple[float, float]:
    """What `counts` of words, of `total` tokens, say about words not seen here.

    Returns the share of the tokens of other text that are such words, and ln p (nats) up to which words are rare
    enough to be examples of them.  The share is that of the words that came once (Good, Biometrika 1953).  Where rare
    words were left out, so that the least count is n, Zipf's law says how many came once: those that came n times,
    times n (n + 1) / 2.  At most one half.  Examples are words that came n or n + 1 times.

    >>> new_words([5, 1, 1], 10)[0], new_words([5, 2, 2], 100)[0]
    (0.2, 0.06)
    """
    n = np.asarray(counts, np.int64)
    n = n[n > 0]
    if not len(n):
        return 0.0, 0.0
    least = int(n.min())
    once = float(np.count_nonzero(n == least)) * least * (least + 1) / 2
    return min(once / total, 0.5), float(np.log((least + 1.5) / total))


def _x_log(x: Any, y: Any) -> Any:
    """``x ln y``, and 0 where x is 0 (or a rounding error below)."""
    safe = (x > 0) & (y > 0)
    return np.where(safe, x * np.log(np.where(safe, y, 1.0)), 0.0)
