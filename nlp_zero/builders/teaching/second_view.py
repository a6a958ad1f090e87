"""A second view of the same text: statistics of n-grams learn from the sampler where it is confident.

Constants were chosen on development data cut by people; the rest is learnt from raw text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.teaching import regress_logistic
from .columns import GapStatistics, inner_gaps
from .field import logit

if TYPE_CHECKING:
    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]
    SymbolArray = npt.NDArray[np.uint32]

__all__ = ["combine_views"]

CONFIDENT = 0.1  # the sampler's probability of a cut, or of none, is below this
DRAWN_GAPS = 150_000
LEAST_GAPS = 1000  # with fewer confident gaps of either kind, the sampler is left alone
RIDGE, ITERATIONS = 1.0, 12
SAMPLER_WEIGHT, VIEW_WEIGHT = 0.3, 0.6  # of the two log odds
BLOCK_GAPS = 1 << 16


def combine_views(
    statistics: GapStatistics, text: SymbolArray, begins: Float32, seed: int
) -> npt.NDArray[np.bool_] | None:
    """Return where words begin (and at boundaries) by the sampler and a logistic regression of gap statistics.

    The regression learns the sampler's cut at gaps where this is confident, from the statistics of the gap and of the
    two beside it.

    Parameters
    ----------
    statistics : GapStatistics
        Of the corpus.
    text : ndarray of uint32
        Encoded text; 0 is a boundary.
    begins : ndarray of float32
        The sampler's probability that a word begins at each position.
    seed : int
        Decides which gaps are drawn.

    Returns
    -------
    ndarray of bool or None
        None if the text is too short to learn from.
    """
    inner = inner_gaps(text)
    confident = np.flatnonzero(inner & ((begins < CONFIDENT) | (begins > 1 - CONFIDENT)))
    cuts = int(np.count_nonzero(begins[confident] > 0.5))
    if min(cuts, len(confident) - cuts) < LEAST_GAPS:
        return None
    if len(confident) > DRAWN_GAPS:
        chosen = np.random.Generator(np.random.PCG64(seed)).permutation(len(confident))[:DRAWN_GAPS]
        confident = confident[np.sort(chosen)]
    numbers = statistics.measure(text)
    scale = np.array([max(float(row[inner].std(dtype=np.float64)), 1e-6) for row in numbers], np.float32)[:, None]
    middle = np.array([float(row[inner].mean(dtype=np.float64)) for row in numbers], np.float32)[:, None]
    numbers = np.pad((numbers - middle) / scale, ((0, 0), (1, 1)))
    weights = regress_logistic(
        _rows(numbers, confident), (begins[confident] > 0.5).astype(np.uint8), RIDGE, ITERATIONS
    )
    out = ~inner
    for at in np.array_split(np.flatnonzero(inner), int(np.count_nonzero(inner)) // BLOCK_GAPS + 1):
        view = (_rows(numbers, at) * weights).sum(axis=1)
        out[at] = SAMPLER_WEIGHT * logit(begins[at]) + VIEW_WEIGHT * view > 0
    return out


def _rows(numbers: Float32, places: npt.NDArray[np.int64]) -> Float32:
    """Return statistics of the gap before some positions, of the gaps beside it, and 1: one row for each position."""
    columns = [numbers[:, places + shift] for shift in (0, 1, 2)]  # one position is padded on the left
    return np.ascontiguousarray(np.concatenate([*columns, np.ones((1, len(places)), np.float32)]).T, np.float32)
