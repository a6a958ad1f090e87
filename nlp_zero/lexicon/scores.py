"""Scores of words: ln p from counts, and what the best segmentation adds up, here and in models of other programs.

SentencePiece keeps sums of scores as 32-bit numbers, which hold 24 binary digits.  Scores that are multiples of a
power of two are added up without rounding as long as the sums are small enough: here to 4,096 nats, which is a text of
about 1,000 characters.  Equal scores are then equal in every program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._kernels.elementary import log

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["TOKEN_NATS", "estimate_log_probs", "scores_of_pieces"]

STEP_NATS = 2.0**-12
TOKEN_NATS, TIE_NATS = 5.0, 5.0 / 8  # objective="shortest": cost of a token, and the most that its probability adds


def estimate_log_probs(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return ln(count / total) of each word, in nats; a count of 0 counts as half a token."""
    total = int(counts.sum())
    if not total:
        return np.zeros(len(counts))
    return log(np.maximum(counts, 0.5)) - log(total)


def scores_of_pieces(log_probs: npt.NDArray[np.float64], objective: str) -> npt.NDArray[np.float64]:
    """Return scores, in nats, of which the best segmentation has the greatest sum.

    ``objective="unigram"``: ln p, in steps of 2**-12.  ``"shortest"``: a cost of 5 nats a token and up to 5/8 more, in
    proportion to -ln p, in the same steps, so that fewer tokens win and ties go to the more probable.  At 5 nats a
    token, a receiver that charges 10 nats more than the lowest score for an unknown character counts it as three
    tokens: the bytes of a Chinese character.

    Examples
    --------
    >>> scores_of_pieces(np.log([0.5, 0.25]), "unigram").tolist()
    [-0.693115234375, -1.38623046875]
    >>> scores_of_pieces(np.log([0.5, 0.25]), "shortest").tolist()
    [-5.3125, -5.625]
    """
    if objective != "shortest":
        return np.round(log_probs / STEP_NATS) * STEP_NATS
    share = log_probs / min(float(log_probs.min(initial=0.0)), -1e-9)
    return -TOKEN_NATS - np.round(share * (TIE_NATS / STEP_NATS)) * STEP_NATS
