"""From one stream of bytes to blocks, lines and texts: decoding, cutting into blocks, JSON lines."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import AnyStr, Literal

from .._utils.progress import Advance
from ..errors import CorpusError
from .compression import read_chunks
from .sources import Source

__all__ = ["FORMS", "Block", "Form", "Reader", "join_texts"]

Form = Literal["NFC", "NFKC", "NFD", "NFKD"]
FORMS = ("NFC", "NFKC", "NFD", "NFKD")

# A line that is too long for a block is cut after one of these.  All are boundary characters in every normalisation
# form, and do not compose with the next character (as "=" and U+0338 do): cutting never changes the text.
MARKS = ("\n", " ", ",", ".", "!", "?", ";", ":", "。", "，", "、", "！", "？", "；", "：", "\u3000")
BYTE_MARKS = tuple(mark.encode() for mark in MARKS)
BLOCK_CHARACTERS = 1 << 20  # of short texts that are joined to a block
BOM = codecs.BOM_UTF8


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
        return _decoding_error(self.source, self.offset + error.start, error)


@dataclass(frozen=True, slots=True)
class Reader:
    """The options of `Corpus` that say how bytes become text; `Corpus` validates them."""

    encoding: str = "utf-8"
    errors: str = "strict"
    field: str = "text"
    normalize: Form | None = None
    block_size: int = 4 << 20

    @property
    def yields_bytes(self) -> bool:
        """True if blocks of plain text hold the bytes of the file as they are."""
        return self.encoding in ("utf-8", "utf-8-sig") and self.errors == "strict" and self.normalize is None

    def read_blocks(self, source: Source, unit: str, advance: Advance = None, start: int = 0) -> Iterator[Block]:
        """Read a source as blocks.

        Parameters
        ----------
        source : Source
            What is read.
        unit : {"char", "byte"}
            What n-grams are made of; see `Corpus.blocks`.
        advance : callable, optional
            Called with the number of stored bytes of each read.
        start : int, default 0
            What is skipped: bytes of plain UTF-8 text, or blocks of anything else.

        Yields
        ------
        Block
            Bytes if the source is plain UTF-8 text, else decoded text.
        """
        if source.is_json:
            blocks = join_texts(chain.from_iterable(self._json_batches(source, advance)), source.name)
            yield from islice(blocks, start, None)
        elif self.yields_bytes:
            yield from self._text_blocks(source, unit, advance, start)
        else:
            yield from islice(self._text_blocks(source, unit, advance), start, None)

    def read_batches(self, source: Source, advance: Advance = None) -> Iterator[list[str]]:
        """Yield the lines, or the texts of the JSON lines, of each chunk that is read."""
        return self._json_batches(source, advance) if source.is_json else self._line_batches(source, advance)

    def _text_blocks(self, source: Source, unit: str, advance: Advance, start: int = 0) -> Iterator[Block]:
        read = read_chunks(source, self.block_size, advance, start)
        offset = start
        if self.yields_bytes:
            if self.encoding == "utf-8-sig" and not start:
                read, offset = _skip_bom(read)
            for data in _regroup(read, BYTE_MARKS, unit):
                yield Block(data, source.name, offset)
                offset += len(data)
            return
        for text in _regroup(self._decode(source, read), MARKS, unit):
            yield Block(self._normalize(text), source.name, offset)
            offset += text.count("\n")

    def _decode(self, source: Source, read: Iterable[bytes]) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(self.encoding)(self.errors)
        position = 0  # of the next byte
        try:
            for data in read:
                start = position - len(decoder.getstate()[0])  # the decoder keeps the beginning of a split character
                yield decoder.decode(data)
                position += len(data)
            start = position - len(decoder.getstate()[0])
            yield decoder.decode(b"", True)
        except UnicodeDecodeError as exc:
            raise _decoding_error(source.name, start + exc.start, exc) from exc

    def _normalize(self, text: str) -> str:
        if self.normalize is None:
            return text
        import unicodedata

        return unicodedata.normalize(self.normalize, text)

    def _line_batches(self, source: Source, advance: Advance) -> Iterator[list[str]]:
        for block in self._text_blocks(source, "byte", advance):
            data = block.data
            if isinstance(data, bytes):
                try:
                    data = data.decode()
                except UnicodeDecodeError as exc:
                    raise block.locate_error(exc) from exc
            lines = data.split("\n")
            if not lines[-1]:  # the text ends with a line end
                lines.pop()
            if "\r" in data:
                lines = [line[:-1] if line.endswith("\r") else line for line in lines]
            yield lines

    def _json_batches(self, source: Source, advance: Advance) -> Iterator[list[str]]:
        plain = replace(self, normalize=None)  # the text of the field is normalised, not the JSON around it
        before = 0
        for lines in plain._line_batches(source, advance):
            numbered = enumerate(lines, before + 1)
            yield [self._read_field(line, source.name, number) for number, line in numbered if line.strip()]
            before += len(lines)

    def _read_field(self, line: str, name: str, number: int) -> str:
        import json

        try:
            record = json.loads(line.removeprefix("\ufeff"))
        except (ValueError, RecursionError) as exc:
            raise CorpusError(
                f"{name}, line {number}: not a JSON object ({exc}); a JSON-lines file has one object in each line."
            ) from exc
        text = record.get(self.field) if isinstance(record, dict) else None
        if not isinstance(text, str):
            raise CorpusError(
                f"{name}, line {number}: no text in the field {self.field!r}; name the right one with --field."
            )
        return self._normalize(text)


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
    batch: list[str] = []
    first = length = number = 0
    for number, text in enumerate(texts, 1):
        if not isinstance(text, str):
            raise TypeError(f"text number {number - 1} is {type(text).__name__}, not str; decode bytes first.")
        batch.append(text)
        length += len(text) + 1
        if length >= BLOCK_CHARACTERS:
            yield Block("\n".join(batch), name, first)
            batch, first, length = [], number, 0
    if batch:
        yield Block("\n".join(batch), name, first)


def _regroup(pieces: Iterable[AnyStr], marks: Sequence[AnyStr], unit: str) -> Iterator[AnyStr]:
    """Regroup pieces so that each ends after a line end or, for lack of one, after another mark if `unit` allows it.

    Pieces without a mark are collected in a list until a mark occurs, so a line of any length takes linear time.
    """
    waiting: list[AnyStr] = []
    for piece in pieces:
        end = _last_cut(piece, marks if unit == "char" else marks[:1])
        if end:
            waiting.append(piece[:end])
            yield marks[0][:0].join(waiting)
            waiting.clear()
        if end < len(piece):
            waiting.append(piece[end:])
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


def _skip_bom(read: Iterator[bytes]) -> tuple[Iterator[bytes], int]:
    """Skip a byte order mark; return the rest and the number of bytes skipped."""
    start = b""
    while len(start) < len(BOM) and (data := next(read, b"")):
        start += data
    skipped = len(BOM) if start.startswith(BOM) else 0
    return chain([start[skipped:]], read), skipped


def _decoding_error(source: str, position: int, error: UnicodeDecodeError) -> CorpusError:
    byte = f" (0x{error.object[error.start]:02x})" if error.start < len(error.object) else ""
    return CorpusError(
        f"{source}: byte {position}{byte} is not valid {error.encoding}; name the right encoding with --encoding "
        "(such as gb18030), or replace or skip invalid bytes with --errors replace or --errors ignore."
    )
