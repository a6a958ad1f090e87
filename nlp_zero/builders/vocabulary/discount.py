"""The value of savings on unseen text.

A piece saves more on the text that it was chosen on than on other text, especially if it is rare or long.  The
difference is estimated on folds of the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.vocabulary import Search

if TYPE_CHECKING:
    import numpy.typing as npt

    Float64Array = npt.NDArray[np.float64]

__all__ = ["Discount", "classify_lengths"]

LENGTH_CLASSES = 6  # pieces of 1, 2, 3, 4, 5 or 6, and more symbols are discounted alike
BLOCK_BINS = np.array([2, 3, 4, 5, 7, 10, 15, 25, 50, 100])  # numbers of blocks, for the estimate
MIN_BINS = 3  # a line is not fitted to fewer points
MIN_SHARE = 0.02  # of a saving in one block that is always kept


def classify_lengths(lengths: npt.NDArray[np.intp]) -> npt.NDArray[np.int8]:
    """Return the length class of pieces, given their lengths in symbols."""
    return np.select([lengths <= 4, lengths <= 6], [np.maximum(lengths, 1) - 1, 4], 5).astype(np.int8)


class Discount:
    """The share of its savings that a piece keeps on unseen text: scale · (1 - discount / blocks), by length class.

    This is absolute discounting, with the number of blocks in which a piece saves tokens as its count: savings in only
    two blocks may be due to chance.

    Attributes
    ----------
    scale, discount : ndarray of float64, shape (6,)
        The two numbers of each length class.
    """

    def __init__(self) -> None:
        self.scale = np.ones(LENGTH_CLASSES)
        self.discount = np.array([0.0, 0.6, 1.0, 1.3, 1.6, 2.0])

    def expected_savings(self, search: Search, length_class: npt.NDArray[np.int8]) -> Float64Array:
        """Return the expected savings on unseen text of the pieces that the last pass measured."""
        blocks = np.maximum(search.spread.sum(1), 1)
        share = np.maximum(1 - self.discount[length_class] / blocks, MIN_SHARE / blocks)
        expected: Float64Array = search.saved.sum(1, dtype=np.float64) * self.scale[length_class] * share
        return expected

    def estimate(
        self,
        saved: npt.NDArray[np.float32],
        spread: npt.NDArray[np.uint32],
        share: Float64Array,
        length_class: npt.NDArray[np.int8],
    ) -> None:
        """Fit both numbers by least squares: savings in one fold, given the savings in the others.

        Pieces seen in one block only are left out: candidates occur at least twice, so they are a biased sample of
        such pieces.

        Parameters
        ----------
        saved, spread : ndarray of float32 and of uint32, shape (pieces, folds)
            Saving of each piece in each fold, and the number of blocks of the fold with a saving.
        share : ndarray of float64, shape (folds,)
            Share of the text in each fold.
        length_class : ndarray of int8, shape (pieces,)
            Length class of each piece.
        """
        for c in range(LENGTH_CLASSES):  # in float64, class by class, which takes less memory
            rows = np.flatnonzero(length_class == c)
            class_saved, class_spread = saved[rows].astype(np.float64), spread[rows].astype(np.float64)
            rest_spread = class_spread.sum(1)[:, None] - class_spread
            seen = rest_spread >= BLOCK_BINS[0]
            blocks = rest_spread[seen]
            bins = np.searchsorted(BLOCK_BINS, blocks, side="right") - 1
            trained = (class_saved.sum(1)[:, None] - class_saved)[seen]
            held = (class_saved * ((1 - share) / share))[seen]
            weight = np.bincount(bins, trained, len(BLOCK_BINS))
            used = weight > 0
            weight = weight[used]
            if len(weight) < MIN_BINS:
                continue
            x = np.bincount(bins, trained / blocks, len(BLOCK_BINS))[used] / weight
            y = np.bincount(bins, held, len(BLOCK_BINS))[used] / weight
            x0, y0 = np.average(x, weights=weight), np.average(y, weights=weight)
            variance = np.average((x - x0) ** 2, weights=weight)
            slope = np.average((x - x0) * (y - y0), weights=weight) / variance if variance > 0 else 0.0
            scale = y0 - slope * x0
            if scale > 0:
                self.scale[c], self.discount[c] = min(scale, 1.0), max(0.0, -slope / scale)
