"""Slices of a corpus that can be read independently of each other, on other machines."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import IO, cast

from ..errors import CorpusError
from .blocks import Block, TextBatch
from .contents import is_compressed
from .corpus import Corpus
from .reader import Reader
from .sources import Source, find_sources

__all__ = ["CorpusSlice", "slice_corpus"]

SEARCH_BYTES = 1 << 16  # bytes that are read at a time to find a line end


class CorpusSlice(Corpus):
    """The lines of a file that begin at the bytes ``begin`` to ``end - 1``: a corpus of its own.

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
    number : int, default 0
        The place of the slice among those of its corpus.
    """

    def __init__(self, source: Source, reader: Reader, begin: int = 0, end: int | None = None, number: int = 0) -> None:
        super().__init__(source.name)
        self._reader = reader
        self.source, self.begin, self.end, self.number = source, begin, end, number

    @property
    def is_plain(self) -> bool:
        """True if the size of the source is known and is about the size of its text."""
        return self.source.size is not None and not is_compressed(self.source)

    def blocks(self, unit: str = "char") -> Iterator[Block]:
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
        source, begin = self._open_window()
        return iter(()) if source is None else self._reader.read_blocks(source, unit, None, begin)

    def text_batches(self) -> Iterator[TextBatch]:
        """Read the texts of the slice in batches.

        Returns
        -------
        iterator of TextBatch
            The texts are numbered from the beginning of the slice.

        Raises
        ------
        CorpusError
            If the file cannot be read or decoded.
        """
        source, begin = self._open_window()
        return iter(()) if source is None else self._reader.read_batches(source, None, begin)

    def encoded_batches(self) -> Generator[Block | TextBatch]:
        """Read the texts of the slice in batches that may have to be decoded.

        Returns
        -------
        iterator of Block or TextBatch
            See `Corpus.encoded_batches`.

        Raises
        ------
        CorpusError
            If the file cannot be read or decoded.
        """
        source, begin = self._open_window()
        if source is not None:
            yield from self._reader.read_encoded_batches(source, None, begin)

    def _find_sources(self) -> list[Source]:
        return [self.source]

    def _open_window(self) -> tuple[Source | None, int]:
        """Return a source that ends with the slice, and where it begins; None if one line covers the whole slice."""
        if self.end is None:
            return self.source, 0
        begin, end = (_find_line_start(self.source, place) for place in (self.begin, self.end))
        window = _Window(self.source.name, self.source.path, self.source.remote, end)
        return (window, begin) if begin < end else (None, 0)


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
    slices: list[CorpusSlice] = []
    reader = corpus._reader
    for source in find_sources(corpus.sources):
        if source.one_shot:
            raise CorpusError(f"{source.name} can be read only once, and by one process; save it to a file first.")
        size = source.size
        if size is None or size <= slice_size or not reader.can_slice(source):
            slices.append(CorpusSlice(source, reader, number=len(slices)))
            continue
        for begin, end in pairwise([*range(0, size, slice_size), size]):
            slices.append(CorpusSlice(source, reader, begin, end, len(slices)))
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
