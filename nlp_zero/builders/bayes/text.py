"""Slices of the encoded text that are learnt independently."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    SymbolArray = npt.NDArray[np.uint32]

__all__ = ["SLICE_SYMBOLS", "split_text"]

SLICE_SYMBOLS = 900_000  # symbols that are learnt together; with more, frequent neighbours are taken for words


def split_text(text: SymbolArray) -> list[SymbolArray]:
    """Return a text in slices of equal size, about `SLICE_SYMBOLS` symbols, each of whole runs."""
    ends = np.flatnonzero(text == 0) + 1
    symbols_before = ends - np.arange(1, len(ends) + 1)
    total = symbols_before[-1]
    number = max(1, round(int(total) / SLICE_SYMBOLS))
    cuts = ends[np.searchsorted(symbols_before, total * np.arange(1, number) // number)].tolist()
    return [text[a:b] for a, b in pairwise([0, *cuts, len(text)]) if np.any(text[a:b])]
