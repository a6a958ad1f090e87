"""Blocks: pieces of text that no run of countable characters crosses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, AnyStr

from ..errors import CorpusError

__all__ = [
    "BYTE_MARKS", "MARKS", "Block", "TextBatch", "batch_texts", "check_text", "decoding_error", "join_texts",
    "regroup",
]  # fmt: skip

# A line that is too long for a block is cut after one of these.  All are boundary characters in every normalisation
# form, and do not compose with the next character (as "=" and U+0338 do): cutting never changes the text.
MARKS = ("\n", " ", ",", ".", "!", "?", ";", ":", "。", "，", "、", "！", "？", "；", "：", "\u3000")
BYTE_MARKS = tuple(mark.encode() for mark in MARKS)
BLOCK_CHARACTERS = 1 << 20  # of short texts that are joined to a block
MOST_LINE = 1 << 28  # bytes or characters of a line, or of a run without a mark; longer ones are refused


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of text that no run of countable characters crosses.

    Attributes
    ----------
    data : bytes or str
        UTF-8 that has not been validated yet, or decoded text.
    source : str
        The name of the file, ``<stdin>`` or ``<texts>``, for messages.
    offset : int
        For bytes, the position in the (decompressed) source; for str, the number of texts (lines) before it.
    """

    data: bytes | str
    source: str
    offset: int

    def locate_error(self, error: UnicodeDecodeError) -> CorpusError:
        r"""Return an error that names the file, the byte offset and the remedy.

        Parameters
        ----------
        error : UnicodeDecodeError
            The error of decoding `data`.

        Returns
        -------
        CorpusError
            The error for the user.

        Examples
        --------
        >>> block = Block(b"\xb5\xda", "novel.txt", 100)
        >>> try:
        ...     block.data.decode()
        ... except UnicodeDecodeError as error:
        ...     print(block.locate_error(error))  # doctest: +ELLIPSIS
        novel.txt: byte 100 (0xb5) is not valid utf-8; name the right encoding with --encoding (...
        """
        return decoding_error(self.source, self.offset + error.start, error)


@dataclass(frozen=True, slots=True)
class TextBatch:
    r"""Consecutive texts of one source.

    Attributes
    ----------
    texts : str or list of str
        For plain text, a str whose lines are the texts; for records and documents, a list of them.
    source : str
        The name of the file (a file in an archive has the name of the archive in front), ``<stdin>`` or ``<texts>``.
    first : int
        The number of the first text in the source, from 1.

    Examples
    --------
    >>> TextBatch("春天\r\n夏天\n", "novel.txt", 1).split()
    ['春天', '夏天']
    """

    texts: str | list[str]
    source: str
    first: int

    def split(self) -> list[str]:
        """Return the texts, without line ends.

        Returns
        -------
        list of str
        """
        if not isinstance(self.texts, str):
            return self.texts
        lines = self.texts.split("\n")
        if not lines[-1]:  # the text ends with a line end
            lines.pop()
        if "\r" in self.texts:
            lines = [line[:-1] if line.endswith("\r") else line for line in lines]
        return lines


def join_texts(texts: Iterable[str], name: str = "<texts>") -> Iterator[Block]:
    """Join short texts to blocks, with line ends between them, which are boundaries for every unit.

    Parameters
    ----------
    texts : iterable of str
        The texts.
    name : str
        The name of the source, for messages.

    Yields
    ------
    Block
        At least 2^20 characters, except for the last block.

    Raises
    ------
    TypeError
        If a text is not a str.
    """
    for batch in batch_texts(texts, name):
        yield Block("\n".join(batch.texts), name, batch.first - 1)


def batch_texts(texts: Iterable[str], name: str = "<texts>") -> Iterator[TextBatch]:
    """Collect short texts in batches; see `join_texts`."""
    batch: list[str] = []
    first, length, number = 1, 0, 0
    for number, text in enumerate(texts, 1):
        check_text(text, number - 1)
        batch.append(text)
        length += len(text) + 1
        if length >= BLOCK_CHARACTERS:
            yield TextBatch(batch, name, first)
            batch, first, length = [], number + 1, 0
    if batch:
        yield TextBatch(batch, name, first)


def check_text(text: object, number: int) -> None:
    """Raise `TypeError` if the text with this number is not a str."""
    if not isinstance(text, str):
        remedy = "decode it first" if isinstance(text, bytes) else "leave out what is not a text"
        raise TypeError(f"text number {number} is {type(text).__name__}, not str; {remedy}.")


def regroup(pieces: Iterable[AnyStr], marks: Sequence[AnyStr], unit: str, name: str) -> Iterator[AnyStr]:
    """Regroup pieces so that each ends after a line end or, for lack of one, after another mark if `unit` allows it.

    Pieces without a mark are collected in a list until a mark occurs, so a line of any length takes linear time.
    """
    waiting: list[Any] = []
    length = 0
    for piece in pieces:
        end = _last_cut(piece, marks if unit == "char" else marks[:1])
        if end and end == len(piece) and not waiting:  # as most pieces of a file are read
            yield piece
        elif end:
            # A view is copied once, by join.
            waiting.append(memoryview(piece)[:end] if isinstance(piece, bytes) else piece[:end])
            yield marks[0][:0].join(waiting)
            waiting.clear()
            length = 0
        if end < len(piece):
            waiting.append(piece[end:])
            length += len(piece) - end
            if length > MOST_LINE:
                raise CorpusError(
                    f"{name}: a line is longer than {MOST_LINE / 1e6:,.0f} MB; is this a text? If so, insert line ends."
                )
    if waiting:
        yield marks[0][:0].join(waiting)


def _last_cut(piece: AnyStr, marks: Sequence[AnyStr]) -> int:
    """Return the position after the last line end, else after the last other mark, else 0."""
    end = piece.rfind(marks[0]) + 1
    if end == 0:
        for mark in marks[1:]:
            found = piece.rfind(mark, end)
            end = found + len(mark) if found >= 0 else end
    return end


def decoding_error(source: str, position: int, error: UnicodeDecodeError) -> CorpusError:
    byte = f" (0x{error.object[error.start]:02x})" if error.start < len(error.object) else ""
    return CorpusError(
        f"{source}: byte {position}{byte} is not valid {error.encoding}; name the right encoding with --encoding "
        "(such as gb18030), or replace or skip invalid bytes with --errors replace or --errors ignore."
    )
