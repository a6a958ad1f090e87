"""The encoded text: how it is read, in the same pieces on any cluster, and slices that are learnt independently."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from ..._kernels.counting import Alphabet
from ...corpus import Block, Corpus, read_blocks

if TYPE_CHECKING:
    import numpy.typing as npt

    SymbolArray = npt.NDArray[np.uint32]

__all__ = ["SLICE_SYMBOLS", "PieceLabel", "encode_pieces", "encode_text", "map_whole", "split_text"]

R = TypeVar("R")

CHARACTER_BYTES = 3  # in UTF-8
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


class PieceLabel(NamedTuple):
    """The place of a piece: it has the lines that begin between two multiples of its size in a file.

    The pieces of a file are therefore the same however it is read: in larger or smaller blocks, or in parts.
    """

    reading: int
    """Number of the file among those that are read, which may be the same file again."""
    source: str
    place: int


def encode_pieces(
    part: Corpus | Iterable[str], alphabet: Alphabet, symbols: int
) -> Iterator[tuple[PieceLabel, SymbolArray]]:
    """Yield the pieces of a part of a corpus, each of whole lines with about this many symbols, encoded.

    The first and the last piece of a part may have further lines, in the parts before and after it.
    """
    for label, blocks in groupby(_cut_blocks(read_blocks(part), symbols), key=itemgetter(0)):
        yield label, np.concatenate([alphabet.encode(data) for _, data in blocks])


def _cut_blocks(blocks: Iterable[Block], symbols: int) -> Iterator[tuple[PieceLabel, str | bytes]]:
    """Yield whole lines with the label of their piece."""
    reading = end = 0
    source, offset = "", -1
    for block in blocks:
        data = block.data
        newline: Any = "\n" if isinstance(data, str) else b"\n"
        size = symbols if isinstance(data, str) else CHARACTER_BYTES * symbols
        if block.source != source or block.offset <= offset:
            reading, end = reading + 1, 0
        source, offset = block.source, block.offset
        start = end if isinstance(data, str) else block.offset  # place of the block, in characters or bytes
        end, begin = start + len(data), 0
        while begin < len(data):
            place = (start + begin) // size
            stop = data.find(newline, max(begin, (place + 1) * size - start - 1)) + 1 or len(data)
            yield PieceLabel(reading, source, place), data[begin:stop]
            begin = stop
