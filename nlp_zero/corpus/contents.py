"""What the first bytes of a source say: its format, and its encoding if there is a byte order mark."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import IO

from .._utils.compression import compression_from_content
from .._utils.file_kinds import FOREIGN_MAGIC, ZIP_MAGIC, describe_foreign, describe_own
from .._utils.files import storage
from .._utils.progress import Advance
from ..errors import CorpusError
from .compression import decompress_chunks, read_chunks
from .sources import SUFFIXES, Source

__all__ = ["Content", "copy_to_file", "is_compressed", "is_random_access", "open_content", "open_stream"]

BOMS = (  # UTF-32 first, because its mark begins with the mark of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
PARQUET_MAGIC = b"PAR1"
RECOGNISED = (*(bom for bom, _ in BOMS), *ZIP_MAGIC, PARQUET_MAGIC, *FOREIGN_MAGIC)
ALL_BOMS = tuple(bom for bom, _ in BOMS)
LONGEST_RECOGNISED = max(map(len, RECOGNISED))
HEAD_BYTES = 512  # read to recognise a file that is not read on
CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)", re.IGNORECASE)
CHARSET_BYTES = 4096  # of an HTML file that are searched for the name of its encoding


@dataclass(frozen=True)
class Content:
    """The decompressed bytes of a source, or of a file in an archive.

    Parameters
    ----------
    name : str
        The name for messages.
    format : str
        text, json, csv, tsv, html, parquet or zip (also for docx and epub, which are ZIP archives).
    stated : str
        The format that the name states; also docx and epub.
    encoding : str
        The encoding of text.
    begin : int
        The length of the byte order mark.
    chunks : iterator of bytes
        All bytes.
    """

    name: str
    format: str
    stated: str
    encoding: str
    begin: int
    chunks: Iterator[bytes]


@contextmanager
def open_content(
    source: Source, encoding: str, size: int, advance: Advance = None, form: str | None = None
) -> Iterator[Content]:
    """Open a source and recognise its content.

    Parameters
    ----------
    source : Source
        What is opened.
    encoding : str
        The encoding of text without a byte order mark.
    size : int
        Bytes of a chunk.
    advance : callable, optional
        Called with the number of stored bytes of each read.
    form : str, optional
        The format, if the name does not state it.

    Yields
    ------
    Content
        The content.

    Raises
    ------
    CorpusError
        If the source cannot be read, or has a format that cannot be read.
    """
    with closing(read_chunks(source, size, advance)) as chunks:
        yield _recognise(source.name, form or source.format, encoding, chunks, own=form == "text")


@contextmanager
def open_stream(
    read: Callable[[int], bytes], source: Source, encoding: str, size: int, form: str | None = None
) -> Iterator[Content]:
    """Open a stream of bytes, such as a file in an archive, as `open_content` opens a source.

    Parameters
    ----------
    read : callable
        Returns the next bytes.
    source : Source
        The names of the stream; it is not opened.
    encoding : str
        The encoding of text without a byte order mark.
    size : int
        Bytes of a chunk.
    form : str, optional
        The format, if the name does not state it.

    Yields
    ------
    Content
        The content.
    """
    with closing(decompress_chunks(read, source.name, source.compression, size)) as chunks:
        yield _recognise(source.name, form or source.format, encoding, chunks)


def is_random_access(head: bytes) -> bool:
    """Return whether a file that begins with these bytes has to be read in any order: a ZIP archive or a table."""
    return head.startswith((*ZIP_MAGIC, PARQUET_MAGIC))


def is_compressed(source: Source) -> bool:
    """Return whether the stored bytes of a source are compressed, so that its size says little about the text."""
    with source.open() as stored:
        stored_head = stored.read(HEAD_BYTES)
    return bool(source.compression or compression_from_content(stored_head) or is_random_access(stored_head))


def copy_to_file(content: Content, folder: str | None) -> IO[bytes]:
    """Copy the bytes of a content to a temporary file, which can be read in any order."""
    import tempfile

    with storage(folder or tempfile.gettempdir(), "make room, or name another folder with --temp-dir"):
        file = tempfile.TemporaryFile(prefix="nlp-zero-", dir=folder)  # noqa: SIM115  the caller closes it
        for chunk in content.chunks:
            file.write(chunk)
        file.seek(0)
    return file


def _recognise(name: str, form: str, encoding: str, chunks: Iterator[bytes], *, own: bool = False) -> Content:
    """Recognise a content; files of nlp-zero are refused unless `own`."""
    head = next(chunks, b"")
    while head and _is_too_short(head) and (more := next(chunks, b"")):
        head += more
    if not own and (kind := describe_own(head)) is not None:
        remedy = "name it with --lexicon, or --known" if kind == "a lexicon" else "name a text"
        raise CorpusError(f"{name}: this is {kind} of nlp-zero, not a text; {remedy}.")
    stated, form = form, _find_format(name, form, head)
    encoding, begin = _find_encoding(encoding, head)
    if form == "html" and not begin and encoding == "utf-8":
        encoding = _find_charset(head)
    first = iter([head] if head else [])  # an iterator, which lets go of the chunk when it was read
    return Content(name, form, stated, encoding, begin, chain(first, chunks))


def _is_too_short(head: bytes) -> bool:
    """Return whether more bytes are needed to recognise a content."""
    if len(head) >= LONGEST_RECOGNISED:
        return False
    return any(len(head) < len(magic) and magic.startswith(head) for magic in RECOGNISED)


def _find_format(name: str, stated: str, head: bytes) -> str:
    """Return the format, which the name states unless the content shows another one."""
    if head.startswith(ZIP_MAGIC):
        return "zip"
    if head.startswith(PARQUET_MAGIC) and (stated == "parquet" or head[4:5] < b"\x20"):
        return "parquet"
    if (foreign := describe_foreign(head)) is not None:
        raise CorpusError(f"{name}: this looks like {foreign[0]}; {foreign[1]}.")
    if stated in ("zip", "docx", "epub", "parquet"):
        suffix = next(suffix for suffix, kind in SUFFIXES.items() if kind == stated)
        raise CorpusError(
            f"{name}: this is not a {suffix} file, in spite of its name; fetch it again, or rename it if it is text."
        )
    return stated


def _find_encoding(encoding: str, head: bytes) -> tuple[str, int]:
    """Return the encoding and the length of the byte order mark; the mark decides."""
    for bom, found in BOMS if head.startswith(ALL_BOMS) else ():
        if head.startswith(bom) and not (found == "utf-32-le" and encoding.startswith("utf-16")):
            return found, len(bom)
    return encoding, 0


def _find_charset(head: bytes) -> str:
    """Return the encoding that an HTML file names, and UTF-8 if it names none that Python knows."""
    match = CHARSET.search(head[:CHARSET_BYTES])
    try:
        name = codecs.lookup(match[1].decode()).name if match else "utf-8"
        codecs.getincrementaldecoder(name)
        "".encode(name)  # refuses codecs that are not text encodings, such as uu
    except (LookupError, ValueError):
        return "utf-8"
    return "gb18030" if name in ("gb2312", "gbk") else name  # browsers read these as the larger set
