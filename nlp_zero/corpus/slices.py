"""A corpus in parts that can be read by themselves, on other machines.  Private to the package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import IO, Any, cast

from ..errors import CorpusError
from .corpus import Corpus
from .reader import Block, Reader
from .sources import Source, find_sources

__all__ = ["Part", "split"]

STEP = 1 << 16  # bytes that are read at a time in search of a line end


@dataclass(frozen=True)
class Part:
    """The lines of a file that begin in bytes ``begin`` ... ``end - 1``; the whole file if `end` is None.

    Line ends are looked for by whoever reads the part, so that cutting a corpus costs nothing.
    """

    source: Source
    reader: Reader
    begin: int = 0
    end: int | None = None

    def blocks(self, unit: str) -> Iterator[Block]:
        """The text, as `Corpus.blocks` gives it."""
        if self.end is None:
            return self.reader.blocks(self.source, unit)
        begin, end = (_line_start(self.source, place) for place in (self.begin, self.end))
        if begin >= end:  # a line reaches over all of the part
            return iter(())
        return self.reader.blocks(cast(Source, _Window(self.source, end)), unit, None, begin)


def split(corpus: Corpus, part_size: int) -> list[Part]:
    """Parts of about `part_size` bytes.

    What cannot be read from its middle is one part: a compressed file, JSON lines, text that is not plain UTF-8.

    Raises
    ------
    CorpusError
        When a file is missing, or can be read only once.
    """
    parts = []
    reader = corpus.reader
    for source in find_sources(corpus.sources):
        if source.one_shot:
            raise CorpusError(f"{source.name} can be read only once, and by one process; save it to a file first")
        size = source.size
        if size is None or source.compression or source.is_json or not reader.as_bytes or size <= part_size:
            parts.append(Part(source, reader))
            continue
        cuts = [*range(0, size, part_size), size]
        parts += [Part(source, reader, begin, end) for begin, end in pairwise(cuts)]
    return parts


def _line_start(source: Source, place: int) -> int:
    """Where the first line begins that does not begin before `place`."""
    if place == 0:
        return 0
    with source.open() as file:
        file.seek(place - 1)
        at = place - 1
        while data := file.read(STEP):
            end = data.find(b"\n")
            if end >= 0:
                return at + end + 1
            at += len(data)
        return at


class _Window:
    """A source that ends early."""

    def __init__(self, source: Source, end: int) -> None:
        self._source, self._end = source, end

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def open(self) -> IO[bytes]:
        return cast(IO[bytes], _Bounded(self._source.open(), self._end))


class _Bounded:
    def __init__(self, file: IO[bytes], end: int) -> None:
        self._file, self._at, self._end = file, 0, end

    def __enter__(self) -> _Bounded:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def seek(self, place: int) -> None:
        self._at = self._file.seek(place)

    def read(self, size: int) -> bytes:
        data = self._file.read(min(size, self._end - self._at))
        self._at += len(data)
        return data
