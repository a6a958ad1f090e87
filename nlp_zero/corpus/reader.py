"""From a source of any format to blocks, lines and texts."""

from __future__ import annotations

import codecs
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import IO, Literal, cast

from .._utils.progress import Advance
from ..errors import CorpusError
from .blocks import BYTE_MARKS, MARKS, Block, TextBatch, decoding_error, join_texts, regroup
from .compression import ReportingStream, read_chunks
from .contents import (
    HEAD_BYTES,
    Content,
    copy_to_file,
    is_compressed,
    is_random_access,
    open_content,
    open_stream,
)
from .records import Records, read_csv, read_json, read_tsv
from .sources import Source

__all__ = ["FORMS", "Block", "Form", "Reader", "SkippedInput"]

Form = Literal["NFC", "NFKC", "NFD", "NFKD"]
FORMS = ("NFC", "NFKC", "NFD", "NFKD")
MARKED_ENCODINGS = ("utf-16", "utf-32")  # files that have the mark are of utf-16-le, ...
RECORD_FORMATS = {"json": read_json, "csv": read_csv, "tsv": read_tsv}


@dataclass
class SkippedInput:
    """What was skipped while sources were read; reading a source again replaces its entries."""

    records: dict[str, int] = dataclasses.field(default_factory=dict)  # source -> number of records without a text
    members: dict[str, list[str]] = dataclasses.field(default_factory=dict)  # archive -> files that are not texts


@dataclass(frozen=True, slots=True)
class Reader:
    """The options of `Corpus` that say how bytes become text; `Corpus` validates them."""

    encoding: str = "utf-8"
    errors: str = "strict"
    field: str = "text"
    normalize: Form | None = None
    block_size: int = 1 << 20
    format: str | None = None
    temp_dir: str | None = None
    skipped: SkippedInput = dataclasses.field(default_factory=SkippedInput, compare=False, repr=False)

    def read_blocks(self, source: Source, unit: str, advance: Advance = None, start: int = 0) -> Iterator[Block]:
        """Read a source as blocks.

        Parameters
        ----------
        source : Source
            What is read.
        unit : {"char", "byte"}
            The symbols of n-grams; see `Corpus.blocks`.
        advance : callable, optional
            Called with the number of stored bytes of each read.
        start : int, default 0
            Bytes of plain UTF-8 text that are skipped; blocks of other sources.

        Yields
        ------
        Block
            Bytes if the source is plain UTF-8 text, else decoded text.
        """
        if start and self._yields_bytes_of(source):
            chunks = read_chunks(source, self.block_size, advance, start)
            yield from self._byte_blocks(chunks, source.name, unit, start)
            return
        with open_content(source, self.encoding, self.block_size, advance, self.format) as content:
            if self._yields_bytes(content):
                yield from self._byte_blocks(_skip_mark(content), content.name, unit, content.begin)
            else:
                yield from islice(self._text_blocks(content, source, unit, advance), start, None)

    def read_batches(self, source: Source, advance: Advance = None, start: int = 0) -> Iterator[TextBatch]:
        """Yield the lines or the texts of each chunk that is read.

        Parameters
        ----------
        source : Source
            What is read.
        advance : callable, optional
            Called with the number of stored bytes of each read.
        start : int, default 0
            Bytes of plain UTF-8 text that are skipped; the numbers of the texts then count from there.

        Yields
        ------
        TextBatch
        """
        if start:
            blocks = self.read_blocks(source, "byte", advance, start)
            yield from self._number_lines(self._decode_blocks(blocks), source.name)
            return
        with open_content(source, self.encoding, self.block_size, advance, self.format) as content:
            yield from self._content_batches(content, source, advance)

    def read_encoded_batches(
        self, source: Source, advance: Advance = None, start: int = 0
    ) -> Iterator[Block | TextBatch]:
        """Yield what `read_batches` does, but plain UTF-8 text as blocks of lines that are not decoded."""
        if start:
            yield from self.read_blocks(source, "byte", advance, start)
            return
        with open_content(source, self.encoding, self.block_size, advance, self.format) as content:
            if self._yields_bytes(content):
                yield from self._byte_blocks(_skip_mark(content), content.name, "byte", content.begin)
            else:
                yield from self._content_batches(content, source, advance)

    def can_slice(self, source: Source) -> bool:
        """Return whether a source can be read from any line end on."""
        return self._yields_bytes_of(source) and not is_compressed(source)

    @property
    def _keeps_bytes(self) -> bool:
        return self.errors == "strict" and self.normalize is None

    def _yields_bytes(self, content: Content) -> bool:
        """Return whether blocks hold the bytes of the source as they are."""
        return self._keeps_bytes and content.format == "text" and content.encoding == "utf-8"

    def _yields_bytes_of(self, source: Source) -> bool:
        if not self._keeps_bytes:
            return False
        with open_content(source, self.encoding, HEAD_BYTES, None, self.format) as content:
            return self._yields_bytes(content)

    def _byte_blocks(self, chunks: Iterable[bytes], name: str, unit: str, offset: int) -> Iterator[Block]:
        for data in regroup(chunks, BYTE_MARKS, unit, name):
            yield Block(data, name, offset)
            offset += len(data)

    def _text_blocks(self, content: Content, source: Source, unit: str, advance: Advance) -> Iterator[Block]:
        """Yield blocks of decoded text."""
        if content.format != "text":
            batches = self._content_batches(content, source, advance)
            yield from join_texts(chain.from_iterable(batch.split() for batch in batches), content.name)
            return
        offset = 0
        for text in regroup(self._decode(content), MARKS, unit, content.name):
            yield Block(self._normalize(text), content.name, offset)
            offset += text.count("\n")

    def _content_batches(
        self, content: Content, source: Source, advance: Advance, depth: int = 0
    ) -> Iterator[TextBatch]:
        """Yield the lines or the texts of a content, normalised; `depth` is the number of archives around it."""
        if content.format == "text":
            yield from self._line_batches(content)
        elif content.format == "zip":
            with _open_random(content, source, advance, self.temp_dir) as file:
                yield from self._archive_batches(file, source, content.stated, depth)
        else:
            yield from self._number_texts(self._record_batches(content, source, advance), content.name)

    def _number_texts(self, batches: Iterable[list[str]], name: str) -> Iterator[TextBatch]:
        """Yield batches of texts that know their numbers, normalised."""
        first = 1
        for texts in batches:
            yield TextBatch(texts if self.normalize is None else list(map(self._normalize, texts)), name, first)
            first += len(texts)

    def _record_batches(self, content: Content, source: Source, advance: Advance) -> Iterator[list[str]]:
        """Yield the texts of a content that is not plain text, as they are stored."""
        if content.format == "html":
            from .documents import read_html

            return read_html(self._decode(content), content.name)
        records = Records(content.name, self.field, self.errors != "strict", self.skipped.records)
        if content.format == "parquet":
            return self._parquet_batches(content, source, advance, records)
        return RECORD_FORMATS[content.format](self._decode(content), records)

    def _parquet_batches(
        self, content: Content, source: Source, advance: Advance, records: Records
    ) -> Iterator[list[str]]:
        from .parquet import read_parquet

        size = source.size if advance is not None and source.path is not None else None
        report = None if size is None or advance is None else partial(_advance_by, advance, size)
        with _open_random(content, source, None, self.temp_dir) as file:
            yield from read_parquet(file, records, report)

    def _archive_batches(self, file: IO[bytes], source: Source, stated: str, depth: int) -> Iterator[TextBatch]:
        """Yield the texts of a ZIP archive, or of a document that is one."""
        from .archives import Archive

        with Archive(file, source.name, stated) as archive:
            if depth > (archive.format != "zip"):  # an archive could contain itself without end
                raise CorpusError(f"{source.name}: an archive in an archive is not read; unpack it first.")
            if archive.format == "docx":
                yield from self._number_texts(archive.read_docx(), source.name)
                return
            self.skipped.members[source.name] = archive.skipped
            form = "html" if archive.format == "epub" else None
            for member in archive.members:
                named = Source(f"{source.name}/{member}", None)
                with (
                    archive.open(member) as stream,
                    open_stream(stream.read, named, self.encoding, self.block_size, form) as content,
                ):
                    yield from self._content_batches(content, named, None, depth + 1)

    def _decode(self, content: Content) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(content.encoding)(self.errors)
        position = content.begin  # of the next byte
        try:
            for data in _skip_mark(content):
                if content.encoding in MARKED_ENCODINGS and data:
                    raise CorpusError(
                        f"{content.name}: no byte order mark tells which kind of {content.encoding} this is; name it: "
                        f"--encoding {content.encoding}-le or --encoding {content.encoding}-be."
                    )
                start = position - len(decoder.getstate()[0])  # the decoder keeps the beginning of a split character
                yield decoder.decode(data)
                position += len(data)
            start = position - len(decoder.getstate()[0])
            yield decoder.decode(b"", True)
        except UnicodeDecodeError as exc:
            raise decoding_error(content.name, start + exc.start, exc) from exc
        except UnicodeError as exc:  # of encodings such as punycode, which say no place
            raise CorpusError(
                f"{content.name}: not valid {content.encoding} ({exc}); name the right encoding with --encoding."
            ) from exc

    def _normalize(self, text: str) -> str:
        if self.normalize is None:
            return text
        import unicodedata

        return unicodedata.normalize(self.normalize, text)

    def _line_batches(self, content: Content) -> Iterator[TextBatch]:
        """Yield the lines of plain text; a batch ends at a line end."""
        if not self._yields_bytes(content):
            return self._number_lines(self._decode_lines(content), content.name)
        blocks = self._byte_blocks(_skip_mark(content), content.name, "byte", content.begin)
        return self._number_lines(self._decode_blocks(blocks), content.name)

    def _number_lines(self, texts: Iterable[str], name: str) -> Iterator[TextBatch]:
        """Yield batches of lines that know their numbers."""
        first = 1
        for text in texts:
            yield TextBatch(text, name, first)
            first += text.count("\n")

    def _decode_blocks(self, blocks: Iterable[Block]) -> Iterator[str]:
        for block in blocks:
            try:
                yield cast(bytes, block.data).decode()
            except UnicodeDecodeError as exc:
                raise block.locate_error(exc) from exc

    def _decode_lines(self, content: Content) -> Iterator[str]:
        return map(self._normalize, regroup(self._decode(content), MARKS, "byte", content.name))


def _skip_mark(content: Content) -> Iterator[bytes]:
    """Return the chunks of a content without its byte order mark, which is in the first chunk."""
    if not content.begin:
        return content.chunks
    return chain(iter([next(content.chunks)[content.begin :]]), content.chunks)


@contextmanager
def _open_random(content: Content, source: Source, advance: Advance, temp_dir: str | None) -> Iterator[IO[bytes]]:
    """Open a content so that it can be read in any order: the file itself if possible, else a temporary copy."""
    file = source.open_random()
    if file is not None and not is_random_access(file.read(HEAD_BYTES)):  # a compressed archive or table
        file.close()
        file = None
    if file is None:
        file = copy_to_file(content, temp_dir)
    file.seek(0)
    with file:
        yield file if advance is None else cast(IO[bytes], ReportingStream(file, advance))


def _advance_by(advance: Callable[[int], object], size: int, part: float) -> None:
    advance(round(part * size))
