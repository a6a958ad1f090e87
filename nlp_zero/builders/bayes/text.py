"""The encoded text: how it is read, and slices that are learnt independently."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..._kernels.counting import Alphabet
from ...corpus import Corpus, read_blocks

if TYPE_CHECKING:
    import numpy.typing as npt

    SymbolArray = npt.NDArray[np.uint32]

__all__ = ["SLICE_SYMBOLS", "encode_text", "map_whole", "split_text"]

R = TypeVar("R")

SLICE_SYMBOLS = 900_000  # symbols that are learnt together; with more, frequent neighbours are taken for words


def split_text(text: SymbolArray) -> list[SymbolArray]:
    """Return a text in slices of equal size, about `SLICE_SYMBOLS` symbols, each of whole runs."""
    ends = np.flatnonzero(text == 0) + 1
    symbols_before = ends - np.arange(1, len(ends) + 1)
    total = symbols_before[-1]
    number = max(1, round(int(total) / SLICE_SYMBOLS))
    cuts = ends[np.searchsorted(symbols_before, total * np.arange(1, number) // number)].tolist()
    return [text[a:b] for a, b in pairwise([0, *cuts, len(text)]) if np.any(text[a:b])]


def map_whole(texts: Corpus | Iterable[str], work: Callable[..., R], *arguments: Any) -> Iterator[R]:
    """Apply a function to the parts of a corpus (`Corpus.map_parts`); all other texts are one part."""
    if isinstance(texts, Corpus):
        yield from texts.map_parts(work, *arguments)
    else:
        yield work(texts, *arguments)


def encode_text(part: Corpus | Iterable[str], alphabet: Alphabet) -> SymbolArray:
    """Return a part of a corpus encoded; 0 is a boundary."""
    return np.concatenate([np.zeros(0, np.uint32), *(alphabet.encode(block.data) for block in read_blocks(part))])
