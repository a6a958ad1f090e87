"""From one stream of bytes to blocks, lines and texts: decoding, cutting, JSON lines.

Private to the package; `nlp_zero.corpus` is the public side.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import AnyStr, Literal

from ..errors import CorpusError
from .sources import Source, chunks

__all__ = ["Advance", "Block", "Reader", "joined"]

Advance = Callable[[int], object] | None  # is told how many stored bytes were read
Form = Literal["NFC", "NFKC", "NFD", "NFKD"]

# Where a line is too long for a block, it is cut after one of these.  All are boundary characters in every
# normalisation form, and none composes with what follows (= + U+0338 would): cutting never changes the text.
MARKS = ("\n", " ", ",", ".", "!", "?", ";", ":", "。", "，", "、", "！", "？", "；", "：", "\u3000")
BYTE_MARKS = tuple(mark.encode() for mark in MARKS)
TEXTS_PER_BLOCK = 1 << 20  # characters
BOM = codecs.BOM_UTF8


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of text that no run crosses.

    Attributes
    ----------
    data : bytes or str
        UTF-8 that nobody has validated yet, or text that Python has decoded.
    source : str
        The file's name, ``<stdin>`` or ``<texts>``; for messages.
    offset : int
        For bytes: where `data` begins in the (decompressed) source.  For str: how many texts (lines) stand before it.
    """

    data: bytes | str
    source: str
    offset: int

    def located(self, exc: UnicodeDecodeError) -> CorpusError:
        """Turn an error inside `data` into one that names the file, the byte offset and the remedy.

        Examples
        --------
        >>> block = Block(b"\\xb5\\xda", "novel.txt", 100)
        >>> try:
        ...     block.data.decode()
        ... except UnicodeDecodeError as exc:
        ...     print(block.located(exc))  # doctest: +ELLIPSIS
        novel.txt: byte 100 (0xb5) is not valid utf-8; name the right encoding with --encoding (...
        """
        return _decoding_error(self.source, self.offset + exc.start, exc)


@dataclass(frozen=True, slots=True)
class Reader:
    """How bytes become text; the options of `nlp_zero.corpus.Corpus`, validated there."""

    encoding: str = "utf-8"
    errors: str = "strict"
    field: str = "text"
    normalize: Form | None = None
    block_size: int = 4 << 20

    def blocks(self, source: Source, unit: str, advance: Advance = None, start: int = 0) -> Iterator[Block]:
        """Yield blocks: bytes where they are UTF-8 as it should be, otherwise decoded text.

        They begin behind `start` bytes of the first kind, or `start` blocks of the second.
        """
        if source.is_json:
            blocks = joined(chain.from_iterable(self._json_batches(source, advance)), source.name)
            yield from islice(blocks, start, None)
        elif self.as_bytes:
            yield from self._text_blocks(source, unit, advance, start)
        else:
            yield from islice(self._text_blocks(source, unit, advance), start, None)

    @property
    def as_bytes(self) -> bool:
        """True if plain text is handed on as the bytes that it is."""
        return self.encoding in ("utf-8", "utf-8-sig") and self.errors == "strict" and self.normalize is None

    def batches(self, source: Source, advance: Advance = None) -> Iterator[list[str]]:
        """Yield the lines, or the texts of the JSON lines, of each piece that is read."""
        return self._json_batches(source, advance) if source.is_json else self._line_batches(source, advance)

    def _text_blocks(self, source: Source, unit: str, advance: Advance, start: int = 0) -> Iterator[Block]:
        read = chunks(source, self.block_size, advance, start)
        offset = start
        if self.as_bytes:
            if self.encoding == "utf-8-sig" and not start:
                read, offset = _without_bom(read)
            for data in _cut(read, BYTE_MARKS, unit):
                yield Block(data, source.name, offset)
                offset += len(data)
            return
        for text in _cut(self._decoded(source, read), MARKS, unit):
            yield Block(self._normalized(text), source.name, offset)
            offset += text.count("\n")

    def _decoded(self, source: Source, read: Iterable[bytes]) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(self.encoding)(self.errors)
        position = 0  # of the next byte to be fed
        try:
            for data in read:
                start = position - len(decoder.getstate()[0])  # the decoder keeps the beginning of a split character
                yield decoder.decode(data)
                position += len(data)
            start = position - len(decoder.getstate()[0])
            yield decoder.decode(b"", True)
        except UnicodeDecodeError as exc:
            raise _decoding_error(source.name, start + exc.start, exc) from exc

    def _normalized(self, text: str) -> str:
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
                    raise block.located(exc) from exc
            lines = data.split("\n")
            if not lines[-1]:  # what follows the last line end is no line
                lines.pop()
            if "\r" in data:
                lines = [line[:-1] if line.endswith("\r") else line for line in lines]
            yield lines

    def _json_batches(self, source: Source, advance: Advance) -> Iterator[list[str]]:
        plain = replace(self, normalize=None)  # normalise what the escapes stand for, not the JSON around it
        before = 0
        for lines in plain._line_batches(source, advance):
            numbered = enumerate(lines, before + 1)
            yield [self._field_of(line, source.name, number) for number, line in numbered if line.strip()]
            before += len(lines)

    def _field_of(self, line: str, name: str, number: int) -> str:
        import json

        try:
            record = json.loads(line.removeprefix("\ufeff"))
        except (ValueError, RecursionError) as exc:
            raise CorpusError(
                f"{name}, line {number}: not a JSON object ({exc}); a JSON-lines file has one a line"
            ) from exc
        text = record.get(self.field) if isinstance(record, dict) else None
        if not isinstance(text, str):
            raise CorpusError(
                f"{name}, line {number}: no text in the field {self.field!r}; name the right one with --field"
            )
        return self._normalized(text)


def joined(texts: Iterable[str], name: str = "<texts>") -> Iterator[Block]:
    """Join short texts with line ends, which are boundaries in every unit."""
    batch: list[str] = []
    first = length = number = 0
    for number, text in enumerate(texts, 1):
        if not isinstance(text, str):
            raise TypeError(f"text number {number - 1} is {type(text).__name__}, not str; decode bytes first")
        batch.append(text)
        length += len(text) + 1
        if length >= TEXTS_PER_BLOCK:
            yield Block("\n".join(batch), name, first)
            batch, first, length = [], number, 0
    if batch:
        yield Block("\n".join(batch), name, first)


def _cut(pieces: Iterable[AnyStr], marks: Sequence[AnyStr], unit: str) -> Iterator[AnyStr]:
    """Regroup pieces so that each ends after a line end or, if it has none and `unit` allows, after another mark.

    Pieces without any mark are collected until one comes, so a line of any length costs linear time.
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
    """Return where `piece` can be cut: after its last line end, else after its last other mark, else 0."""
    end = piece.rfind(marks[0]) + 1
    if end == 0:
        for mark in marks[1:]:
            found = piece.rfind(mark, end)
            end = found + len(mark) if found >= 0 else end
    return end


def _without_bom(read: Iterator[bytes]) -> tuple[Iterator[bytes], int]:
    """Drop a byte order mark; return the rest and the number of bytes dropped."""
    start = b""
    while len(start) < len(BOM) and (data := next(read, b"")):
        start += data
    skipped = len(BOM) if start.startswith(BOM) else 0
    return chain([start[skipped:]], read), skipped


def _decoding_error(source: str, position: int, exc: UnicodeDecodeError) -> CorpusError:
    byte = f" (0x{exc.object[exc.start]:02x})" if exc.start < len(exc.object) else ""
    return CorpusError(
        f"{source}: byte {position}{byte} is not valid {exc.encoding}; name the right encoding with --encoding "
        "(such as gb18030), or let --errors replace or --errors ignore deal with bad bytes"
    )
