"""Probabilities over all segmentations of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._kernels.tokenization import MarginalTable
from .._utils.immutable import Immutable
from .._utils.tables import Columns, Tabular, html_table

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Offsets = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Arrays = tuple[Floats, Offsets, Offsets, npt.NDArray[np.int32], Floats]

__all__ = ["Marginals"]

SHOWN_SYMBOLS, BAR_LENGTH = 30, 20  # in a notebook


class _Arrays:
    """The arrays of a table that was made elsewhere."""

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays

    def arrays(self) -> Arrays:
        cuts, starts, ends, ids, probabilities = self._arrays
        return cuts.copy(), starts.copy(), ends.copy(), ids.copy(), probabilities.copy()


class Marginals(Immutable, Tabular):
    """Probabilities over all segmentations of a text, made by `Tokenizer.marginals`.  Immutable.

    Arrays are made when a property is read.  In byte units, positions are those of the UTF-8 bytes.

    Parameters
    ----------
    table : object
        The result of the kernel.
    text : str or bytes
        The text.

    Examples
    --------
    >>> from nlp_zero import Lexicon, Tokenizer
    >>> marginals = Tokenizer(Lexicon(["早晨", "早", "晨"], [2, 1, 1])).marginals("早晨")
    >>> marginals.cuts.round(4).tolist()
    [1.0, 0.1111, 1.0]
    """

    __slots__ = ("_table", "text")

    _table: MarginalTable | _Arrays
    text: str | bytes

    def __init__(self, table: MarginalTable | _Arrays, text: str | bytes) -> None:
        self._set(_table=table, text=text)

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (self._table.arrays(), self.text)

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

    def to_columns(self) -> Columns:
        """Return a row for each possible token: ``token``, ``start``, ``end``, ``id`` and ``probability``.

        Returns
        -------
        mapping of str to column

        Examples
        --------
        >>> from nlp_zero import Lexicon, Tokenizer
        >>> marginals = Tokenizer(Lexicon(["早晨", "早", "晨"], [2, 1, 1])).marginals("早晨")
        >>> marginals.to_columns()["token"]
        ['早', '早晨', '晨']
        """
        starts, ends, ids, probabilities = self.arrays
        symbols = self._symbols()
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        tokens = [_decode(symbols[start:end]) for start, end in spans]
        return {"token": tokens, "start": starts, "end": ends, "id": ids, "probability": probabilities}

    def _repr_html_(self) -> str:
        """Return the beginning of the text with the probability of a cut after each character, for a notebook."""
        symbols, after = self._symbols(), self.cuts[1:]
        columns = {
            "text": [_decode(symbols[k : k + 1]) for k in range(min(len(symbols), SHOWN_SYMBOLS))],
            "cut after": after[:SHOWN_SYMBOLS],
            "": ["█" * round(BAR_LENGTH * share) for share in after[:SHOWN_SYMBOLS].tolist()],
        }
        rest = len(symbols) - SHOWN_SYMBOLS
        return html_table(columns, caption=repr(self).strip("<>"), rows=SHOWN_SYMBOLS) + (
            f"\n<p>… and {rest:,} more positions</p>" if rest > 0 else ""
        )

    def _symbols(self) -> str | bytes:
        """Return the text in the unit of the positions."""
        if isinstance(self.text, str) and len(self.cuts) - 1 != len(self.text):
            return self.text.encode("utf-8", "surrogatepass")
        return self.text


def _restore(arrays: Arrays, text: str | bytes) -> Marginals:
    return Marginals(_Arrays(arrays), text)


def _decode(piece: str | bytes) -> str:
    return piece if isinstance(piece, str) else piece.decode("utf-8", "backslashreplace")
