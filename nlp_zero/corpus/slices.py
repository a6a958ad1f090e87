"""Slices of a corpus that can be read independently of each other, on other machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import IO, cast

from ..errors import CorpusError
from .blocks import Block
from .contents import is_compressed
from .corpus import Corpus
from .reader import Reader
from .sources import Source, find_sources

__all__ = ["CorpusSlice", "slice_corpus"]

SEARCH_BYTES = 1 << 16  # bytes that are read at a time to find a line end


@dataclass(frozen=True)
class CorpusSlice:
    """The lines of a file that begin at the bytes ``begin`` to ``end - 1``.

    The reader of a slice looks for the line ends, so slicing a corpus reads nothing.

    Parameters
    ----------
    source : Source
        The file.
    reader : Reader
        The options of reading.
    begin : int, default 0
        First byte.
    end : int, optional
        The byte after the last one; by default the slice is the whole file.
    """

    source: Source
    reader: Reader
    begin: int = 0
    end: int | None = None

    @property
    def is_plain(self) -> bool:
        """True if the size of the source is known and is about the size of its text."""
        return self.source.size is not None and not is_compressed(self.source)

    def blocks(self, unit: str) -> Iterator[Block]:
        """Read the slice as blocks.

        Parameters
        ----------
        unit : {"char", "byte"}
            See `Corpus.blocks`.

        Returns
        -------
        iterator of Block
            The blocks of the lines.

        Raises
        ------
        CorpusError
            If the file cannot be read or decoded.
        """
        if self.end is None:
            return self.reader.read_blocks(self.source, unit)
        begin, end = (_find_line_start(self.source, place) for place in (self.begin, self.end))
        if begin >= end:  # one line covers the whole slice
            return iter(())
        window = _Window(self.source.name, self.source.path, self.source.remote, end)
        return self.reader.read_blocks(window, unit, None, begin)


def slice_corpus(corpus: Corpus, slice_size: int) -> list[CorpusSlice]:
    """Divide a corpus into slices.

    Only plain UTF-8 text can be read from the middle; any other file is one slice.

    Parameters
    ----------
    corpus : Corpus
        What is divided.
    slice_size : int
        About how many bytes a slice has.

    Returns
    -------
    list of CorpusSlice
        The slices in the order of the corpus.

    Raises
    ------
    CorpusError
        If a file is missing, or can be read only once.
    """
    slices = []
    reader = corpus._reader
    for source in find_sources(corpus.sources):
        if source.one_shot:
            raise CorpusError(f"{source.name} can be read only once, and by one process; save it to a file first.")
        size = source.size
        if size is None or size <= slice_size or not reader.can_slice(source):
            slices.append(CorpusSlice(source, reader))
            continue
        cuts = [*range(0, size, slice_size), size]
        slices += [CorpusSlice(source, reader, begin, end) for begin, end in pairwise(cuts)]
    return slices


def _find_line_start(source: Source, place: int) -> int:
    """Return the start of the first line that begins at `place` or after it."""
    if place == 0:
        return 0
    with source.open() as file:
        file.seek(place - 1)
        at = place - 1
        while data := file.read(SEARCH_BYTES):
            end = data.find(b"\n")
            if end >= 0:
                return at + end + 1
            at += len(data)
        return at


@dataclass(frozen=True, slots=True)
class _Window(Source):
    """A source that ends at the byte `end`."""

    end: int = 0

    def open(self) -> IO[bytes]:
        return cast(IO[bytes], _BoundedStream(Source.open(self), self.end))


class _BoundedStream:
    def __init__(self, file: IO[bytes], end: int) -> None:
        self._file, self._at, self._end = file, 0, end

    def __enter__(self) -> _BoundedStream:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def seek(self, place: int) -> None:
        self._at = self._file.seek(place)

    def read(self, size: int) -> bytes:
        data = self._file.read(min(size, self._end - self._at))
        self._at += len(data)
        return data
