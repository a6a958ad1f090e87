"""Probabilities over all segmentations of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._kernels.tokenization import MarginalTable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Offsets = npt.NDArray[np.int64]

__all__ = ["Marginals"]


class Marginals:
    """Probabilities over all segmentations of a text, made by `Tokenizer.marginals`.  Immutable.

    Arrays are made when a property is read.  In byte units, positions are those of the UTF-8 bytes.

    Parameters
    ----------
    table : MarginalTable
        The result of the kernel.

    Examples
    --------
    >>> from nlp_zero import Lexicon, Tokenizer
    >>> marginals = Tokenizer(Lexicon(["早晨", "早", "晨"], [2, 1, 1])).marginals("早晨")
    >>> marginals.cuts.round(4).tolist()
    [1.0, 0.1111, 1.0]
    """

    __slots__ = ("_table",)

    _table: MarginalTable

    def __init__(self, table: MarginalTable) -> None:
        object.__setattr__(self, "_table", table)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Marginals are immutable; {name} cannot be set.")

    def __repr__(self) -> str:
        cuts, starts, *_ = self._table.arrays()
        return f"<Marginals of {len(cuts) - 1:,} positions, {len(starts):,} possible tokens>"

    @property
    def cuts(self) -> npt.NDArray[np.float64]:
        """Probability of a cut before each position, and at the end, shape (positions + 1,); first and last are 1."""
        return self._table.arrays()[0]

    @property
    def tokens(self) -> list[tuple[int, int, int, float]]:
        """Every possible token: start, end, id, and the probability that it is in the segmentation."""
        starts, ends, ids, probabilities = self.arrays
        return list(zip(starts.tolist(), ends.tolist(), ids.tolist(), probabilities.tolist(), strict=True))

    @property
    def arrays(self) -> tuple[Offsets, Offsets, npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        """The possible tokens as four arrays of one length: starts, ends, ids, probabilities."""
        return self._table.arrays()[1:]
