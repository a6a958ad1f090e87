"""From stored bytes to decompressed bytes: compressed streams are recognised by their first bytes, and by the name."""

from __future__ import annotations

import io
from collections.abc import Callable, Generator
from contextlib import ExitStack
from functools import partial
from typing import IO, Any

from .._utils.compression import (
    XZ_MEMORY_BYTES,
    compression_from_content,
    may_be_compressed,
    open_decompressed,
    stream_errors,
)
from .._utils.progress import Advance
from ..errors import CorpusError
from .sources import Source

__all__ = ["ReportingStream", "decompress_chunks", "read_chunks"]

Read = Callable[[int], bytes]
MOST_LAYERS = 3  # compressions around one text; a file can contain itself in endless layers
HEAD_BYTES = 512  # read to recognise a file that is then read from the middle
LARGE_CHUNK = 1 << 18  # bytes; joining chunks of this size takes much longer than looking where one should end
SEARCHED_BYTES = 1 << 13  # the end of a large chunk, in which a line end is looked for


def read_chunks(source: Source, size: int, advance: Advance = None, start: int = 0) -> Generator[bytes]:
    """Read the decompressed bytes of a source.

    Parameters
    ----------
    source : Source
        What is read.
    size : int
        Bytes of a chunk, about the most that a chunk holds.
    advance : callable, optional
        Called with the number of stored (compressed) bytes of each read.
    start : int, default 0
        Decompressed bytes that are skipped.

    Yields
    ------
    bytes
        The next chunk.

    Raises
    ------
    CorpusError
        If the source cannot be opened or read, or is not a complete file of its compression.
    """
    with ExitStack() as stack:
        try:
            stored = stack.enter_context(source.open())
        except OSError as error:
            raise explain_error(source.name, None, error) from error
        seek = stored.seek if start and source.compression is None else None
        read = stored.read if advance is None else ReportingStream(stored, advance).read
        if source.compression is None and isinstance(stored, io.FileIO) and stored.seekable():
            read = partial(_read_lines, stored, read)
        yield from decompress_chunks(read, source.name, source.compression, size, start=start, seek=seek)


def decompress_chunks(
    read: Read,
    name: str,
    stated: str | None,
    size: int,
    *,
    start: int = 0,
    seek: Callable[[int], object] | None = None,
) -> Generator[bytes]:
    """Read chunks from a stream of stored bytes, which may be compressed.

    Parameters
    ----------
    read : callable
        ``read(size)`` returns at most `size` stored bytes, and none at the end.
    name : str
        The name of the stream, for messages.
    stated : str or None
        The compression that the name states.
    size : int
        About the most bytes of a chunk.
    start : int, default 0
        Decompressed bytes that are skipped.
    seek : callable, optional
        Moves the stream to a byte; used to skip if the stream is not compressed.

    Yields
    ------
    bytes
        The next chunk.

    Raises
    ------
    CorpusError
        If the stream cannot be read, or is not a complete stream of its compression.
    """
    kind: str | None = stated
    try:
        head = _read_head(read, size if seek is None else HEAD_BYTES)
        layers = 0
        while kind := compression_from_content(head) or (stated if layers == 0 else None):
            layers += 1
            if layers > MOST_LAYERS:
                raise CorpusError(f"{name}: compressed more than {MOST_LAYERS} times; decompress it first.")
            read = open_decompressed(kind, _JoinedStream(head, read))
            head = _read_head(read, size)
        if not layers and seek is not None:
            seek(start)
        else:
            while start and head:
                head, start = head[start:], max(0, start - len(head))
                head = head or read(size)
            if head:
                yield head
                head = b""  # so that its memory can be used again
        while data := read(size):
            yield data
    except ImportError as error:
        raise CorpusError(f"{name}: {error}") from None
    except stream_errors() as error:
        raise explain_error(name, kind, error) from error


class ReportingStream:
    """A stream of bytes that reports the number of bytes of each read."""

    def __init__(self, stored: IO[bytes], advance: Callable[[int], object]) -> None:
        self._stored, self._advance = stored, advance

    def read(self, size: int = -1) -> bytes:
        data = self._stored.read(size)
        self._advance(len(data))
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stored, name)


class _JoinedStream:
    """A stream that begins with bytes that were read before."""

    def __init__(self, head: bytes, read: Read) -> None:
        self._head, self._read = head, read

    def read(self, size: int = -1) -> bytes:
        if self._head:
            data, self._head = (self._head, b"") if size < 0 else (self._head[:size], self._head[size:])
            return data
        return self._read(size)


def _read_lines(file: io.FileIO, read: Read, size: int) -> bytes:
    """Read at most `size` bytes of a file with ``read(size)``; a large chunk ends with a line if one ends near its end.

    Then it becomes a block as it is.  Otherwise its last line is joined to the next chunk, and all of that copied.
    """
    if size >= LARGE_CHUNK:
        begin = file.tell()
        file.seek(begin + size - SEARCHED_BYTES)
        lines = file.read(SEARCHED_BYTES).rfind(b"\n") + 1
        file.seek(begin)
        size -= SEARCHED_BYTES - lines if lines else 0
    return read(size)


def _read_head(read: Read, size: int) -> bytes:
    """Return the first chunk, long enough to recognise a compression."""
    head = read(size)
    while head and may_be_compressed(head) and (data := read(size)):
        head += data
    return head


def explain_error(name: str, kind: str | None, error: BaseException) -> CorpusError:
    """Return the error for the user."""
    if kind is None or (isinstance(error, OSError) and error.errno is not None):
        detail = getattr(error, "strerror", None) or error
        return CorpusError(f"{name}: cannot be read: {detail}; check the file and its permissions.")
    if kind == "xz" and "limit" in str(error).lower():
        return CorpusError(
            f"{name}: decompressing it needs more than {XZ_MEMORY_BYTES >> 20} MiB; "
            "decompress it first, or compress it with a smaller dictionary (xz -9 or less)."
        )
    return CorpusError(
        f"{name}: not a complete {kind} file ({error}); fetch it again, or remove the suffix if it is text."
    )
