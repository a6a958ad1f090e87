"""Positions at which reading can go on, and the identity of a corpus: both are needed by checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .._utils.validation import check_choice
from ..errors import CheckpointError
from .corpus import UNITS, Corpus
from .reader import Block
from .sources import find_sources

__all__ = ["CorpusPosition", "count_stored_bytes", "describe_reading", "identify_files", "read_blocks_from"]


class CorpusPosition(NamedTuple):
    """A position between two blocks of a corpus.

    Attributes
    ----------
    file : int
        The number of the file, from 0.
    offset : int
        How much of the file was read: decompressed bytes of plain UTF-8 text, or blocks of anything else.
    """

    file: int = 0
    offset: int = 0


def read_blocks_from(
    corpus: Corpus, start: tuple[int, int], unit: str = "char"
) -> Iterator[tuple[CorpusPosition, Block]]:
    """Read a corpus from a position.

    Parameters
    ----------
    corpus : Corpus
        What is read.
    start : CorpusPosition
        A position that this function yielded, or ``(0, 0)``.
    unit : {"char", "byte"}
        See `Corpus.blocks`.

    Yields
    ------
    position : CorpusPosition
        The position after the block.
    block : Block
        The next block.

    Raises
    ------
    CorpusError
        See `Corpus.blocks`.
    """
    check_choice("unit", unit, UNITS)
    found = corpus._open_pass()
    file, offset = start
    with corpus._progress_bar(found) as advance:
        if advance is not None:
            advance(sum(source.size or 0 for source in found[:file]))
        for number, source in enumerate(found[file:], file):
            done = offset if number == file else 0
            for block in corpus._reader.read_blocks(source, unit, advance, done):
                done = block.offset + len(block.data) if isinstance(block.data, bytes) else done + 1
                yield CorpusPosition(number, done), block


def count_stored_bytes(corpus: Corpus) -> int:
    """Return the stored size of all files in bytes; files of unknown size count as 0."""
    return sum(source.size or 0 for source in find_sources(corpus.sources))


def describe_reading(corpus: Corpus) -> dict[str, object]:
    """Return the options of a corpus that its text depends on, by name."""
    names = ("encoding", "errors", "field", "normalize", "block_size")
    return {name: getattr(corpus._reader, name) for name in names}


def identify_files(corpus: Corpus) -> list[tuple[str, int | None, int | None]]:
    """Return the properties that show whether the files of a corpus have changed.

    Parameters
    ----------
    corpus : Corpus
        Its files.

    Returns
    -------
    list of (str, int or None, int or None)
        Name, stored size in bytes and time of the last change in nanoseconds of each file.

    Raises
    ------
    CheckpointError
        If a file can be read only once, such as standard input.
    """
    found = find_sources(corpus.sources)
    for source in found:
        if source.one_shot:
            raise CheckpointError(
                f"{source.name} can be read only once, so a count of it cannot be resumed; "
                "save it to a file first, or count without a checkpoint."
            )
    return [(source.name, source.size, source.changed) for source in found]
