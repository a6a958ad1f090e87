"""From stored bytes to text bytes: gzip, bz2, xz and Zstandard streams, read in chunks."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import IO, Any, cast

from .._utils.progress import Advance
from ..errors import CorpusError
from .sources import Source

__all__ = ["read_chunks"]

ZSTD_FEED_BYTES = 8192  # compressed bytes a step; bounds the memory that one step of a malicious file can take


def read_chunks(source: Source, size: int, advance: Advance = None, start: int = 0) -> Iterator[bytes]:
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
    try:
        with ExitStack() as stack:
            stored = stack.enter_context(source.open())
            if advance is not None:
                stored = cast(IO[bytes], ReportingStream(stored, advance))
            read = _open_decompressed(source, stored)
            if start and source.compression is None:
                stored.seek(start)
                start = 0
            while start and (data := read(min(size, start))):
                start -= len(data)
            while data := read(size):
                yield data
    except _stream_errors() as error:
        raise _explain(source, error) from error


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


def _open_decompressed(source: Source, stored: IO[bytes]) -> Callable[[int], bytes]:
    """Return the read method of the decompressed stream."""
    if source.compression == "gzip":
        import gzip

        return gzip.GzipFile(fileobj=stored, mode="rb").read
    if source.compression == "bz2":
        import bz2

        return bz2.BZ2File(stored, "rb").read
    if source.compression == "xz":
        import lzma

        return lzma.LZMAFile(stored, "rb").read
    if source.compression == "zstd":
        return _open_zstd(source, stored)
    return stored.read


def _open_zstd(source: Source, stored: IO[bytes]) -> Callable[[int], bytes]:
    """Prefer the module of the standard library (Python 3.14)."""
    try:
        return cast(Callable[[int], bytes], importlib.import_module("compression.zstd").ZstdFile(stored, "rb").read)
    except ImportError:
        pass
    try:
        zstandard = importlib.import_module("zstandard")
    except ImportError:
        raise CorpusError(f"{source.name}: reading .zst needs zstandard; run: pip install 'nlpzero[io]'.") from None
    return _ZstdReader(stored, zstandard.ZstdDecompressor().decompressobj).read


class _ZstdReader:
    """Reads frame after frame, and raises `EOFError` if the last one is truncated.

    The file object of the package zstandard ends a truncated frame without an error.
    """

    def __init__(self, stored: IO[bytes], new_frame: Callable[[], Any]) -> None:
        self._stored, self._new_frame = stored, new_frame
        self._frame: Any = None
        self._ready = b""

    def read(self, size: int) -> bytes:
        parts, length = [self._ready], len(self._ready)
        while length < size and (data := self._step()) is not None:
            parts.append(data)
            length += len(data)
        whole = b"".join(parts)
        self._ready = whole[size:]
        return whole[:size]

    def _step(self) -> bytes | None:
        fed = self._stored.read(ZSTD_FEED_BYTES)
        if not fed:
            if self._frame is not None:
                raise EOFError("the compressed file ends before its end marker")
            return None
        parts = []
        while fed:
            self._frame = self._frame or self._new_frame()
            parts.append(self._frame.decompress(fed))
            fed = self._frame.unused_data if self._frame.eof else b""
            if self._frame.eof:
                self._frame = None
        return b"".join(parts)


def _stream_errors() -> tuple[type[BaseException], ...]:
    """Return the errors that decompressors raise, of the modules that are loaded; this loads no module."""
    names = (("zlib", "error"), ("lzma", "LZMAError"), ("zstandard", "ZstdError"), ("compression.zstd", "ZstdError"))
    loaded = (getattr(sys.modules.get(module), name, None) for module, name in names)
    return OSError, EOFError, *(error for error in loaded if error is not None)


def _explain(source: Source, error: BaseException) -> CorpusError:
    """Return the error for the user."""
    kind = source.compression
    if kind is None or (isinstance(error, OSError) and error.errno is not None):
        detail = getattr(error, "strerror", None) or error
        return CorpusError(f"{source.name}: cannot be read: {detail}; check the file and its permissions.")
    return CorpusError(
        f"{source.name}: not a complete {kind} file ({error}); fetch it again, or remove the suffix if it is text."
    )
