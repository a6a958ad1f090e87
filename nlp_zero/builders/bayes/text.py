"""The encoded text to learn from: an even sample of it, and slices that are learnt independently."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    SymbolArray = npt.NDArray[np.uint32]

__all__ = ["SLICE_SYMBOLS", "sample_text", "split_text"]

SAMPLED_SYMBOLS = 2000  # symbols that a sample takes at one place
SLICE_SYMBOLS = 900_000  # symbols that are learnt together; with more, frequent neighbours are taken for words


def sample_text(encoded: Iterable[SymbolArray], share: float) -> Iterator[SymbolArray]:
    """Yield about `share` of a text (0 is a boundary), in pieces of whole runs that are spread evenly."""
    due = 1.0  # symbols that the sample has too few of; the first piece is always taken
    for block in encoded:
        begin = 0
        ends = np.flatnonzero(block == 0) + 1
        while begin < len(block):
            end = int(ends[min(int(np.searchsorted(ends, begin + SAMPLED_SYMBOLS)), len(ends) - 1)])
            due += share * (end - begin)
            if due > 0:
                due -= end - begin
                yield block[begin:end]
            begin = end


def split_text(text: SymbolArray) -> list[SymbolArray]:
    """Return a text in slices of equal size, about `SLICE_SYMBOLS` symbols, each of whole runs."""
    ends = np.flatnonzero(text == 0) + 1
    symbols_before = ends - np.arange(1, len(ends) + 1)
    total = symbols_before[-1]
    number = max(1, round(int(total) / SLICE_SYMBOLS))
    cuts = ends[np.searchsorted(symbols_before, total * np.arange(1, number) // number)].tolist()
    return [text[a:b] for a, b in pairwise([0, *cuts, len(text)]) if np.any(text[a:b])]
