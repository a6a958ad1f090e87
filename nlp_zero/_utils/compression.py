"""Compressed streams: recognised by content when they are read, and by the file name when they are written."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

__all__ = [
    "SUFFIXES",
    "compress",
    "compression_from_content",
    "compression_from_name",
    "may_be_compressed",
    "open_decompressed",
    "read_decompressed",
    "stream_errors",
    "strip_compression_suffix",
]

Read = Callable[[int], bytes]

SUFFIXES = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zst": "zstd"}
MAGIC = {  # the first bytes of a file -> its compression
    b"\x1f\x8b\x08": "gzip",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    **{b"BZh%d1AY&SY" % level: "bz2" for level in range(1, 10)},
}
ALL_MAGIC = tuple(MAGIC)
LONGEST_MAGIC = max(map(len, MAGIC))
STORED_CHUNK_BYTES = 1 << 18  # compressed bytes that are read at a time
FEED_BYTES = 1024  # compressed bytes of one step; bounds the memory that one step of a malicious file can take
XZ_MEMORY_BYTES = 1 << 28  # most memory for the dictionary of an xz file; "xz -9" needs 64 MiB
ZSTD_HINT = "zstandard is needed to read and write zstd files; run: pip install 'nlpzero[io]'."


def compression_from_name(name: str | os.PathLike[str]) -> str | None:
    """Return the compression that the suffix of a file name states: gzip, bz2, xz, zstd or None."""
    return SUFFIXES.get(os.path.splitext(os.fspath(name))[1].lower())


def strip_compression_suffix(name: str) -> str:
    """Return a file name without the suffix of a compression.

    Examples
    --------
    >>> strip_compression_suffix("words.tsv.gz"), strip_compression_suffix("words.tsv")
    ('words.tsv', 'words.tsv')
    """
    return os.path.splitext(name)[0] if compression_from_name(name) else name


def compression_from_content(head: bytes) -> str | None:
    """Return the compression of a file from its first bytes: gzip, bz2, xz, zstd or None.

    Examples
    --------
    >>> import gzip
    >>> compression_from_content(gzip.compress(b"a")), compression_from_content(b"text")
    ('gzip', None)
    """
    if not head.startswith(ALL_MAGIC):
        return None
    return next(kind for magic, kind in MAGIC.items() if head.startswith(magic))


def may_be_compressed(head: bytes) -> bool:
    """Return whether more bytes are needed to tell whether a file is compressed."""
    return len(head) < LONGEST_MAGIC and any(len(head) < len(magic) and magic.startswith(head) for magic in MAGIC)


def open_decompressed(kind: str, stored: Any) -> Read:
    """Return the read method of a decompressed stream.

    Parameters
    ----------
    kind : {"gzip", "bz2", "xz", "zstd"}
        The compression.
    stored : object with a method ``read(size)``
        The compressed stream.

    Returns
    -------
    callable
        ``read(size)`` returns at most `size` bytes, and none at the end.  It raises one of `stream_errors` if the
        stream is damaged or incomplete.

    Raises
    ------
    ImportError
        If a package is missing.
    """
    if kind == "gzip":
        import gzip

        return gzip.GzipFile(fileobj=stored, mode="rb").read
    if kind == "bz2":
        import bz2

        return bz2.BZ2File(stored, "rb").read
    if kind == "xz":
        import lzma

        return _FrameReader(stored, lambda: lzma.LZMADecompressor(memlimit=XZ_MEMORY_BYTES), padding=b"\0").read
    try:  # Python 3.14
        return cast(Read, importlib.import_module("compression.zstd").ZstdFile(stored, "rb").read)
    except ImportError:
        pass
    return _FrameReader(stored, _import_zstandard().ZstdDecompressor().decompressobj).read


class _FrameReader:
    """Reads frame after frame in small steps, and raises `EOFError` if the last frame is incomplete.

    The file object of the package zstandard ends an incomplete frame without an error, and that of `lzma` has no
    limit of memory.
    """

    def __init__(self, stored: Any, new_frame: Callable[[], Any], padding: bytes = b"") -> None:
        self._stored, self._new_frame, self._padding = stored, new_frame, padding
        self._frame: Any = None
        self._fed = memoryview(b"")
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
        """Return the bytes of the next step; None at the end."""
        if not self._fed:
            self._fed = memoryview(self._stored.read(STORED_CHUNK_BYTES))
            if not self._fed:
                if self._frame is not None:
                    raise EOFError("the compressed file ends before its end marker")
                return None
        step, self._fed = bytes(self._fed[:FEED_BYTES]), self._fed[FEED_BYTES:]
        parts = []
        while step:
            if self._frame is None:
                step = step.lstrip(self._padding) if self._padding else step
                if not step:
                    break
                self._frame = self._new_frame()
            parts.append(self._frame.decompress(step))
            step = self._frame.unused_data if self._frame.eof else b""
            if self._frame.eof:
                self._frame = None
        return b"".join(parts)


def stream_errors() -> tuple[type[BaseException], ...]:
    """Return the errors that decompressors raise, of the modules that are loaded; this loads no module."""
    names = (("zlib", "error"), ("lzma", "LZMAError"), ("zstandard", "ZstdError"), ("compression.zstd", "ZstdError"))
    loaded = (getattr(sys.modules.get(module), name, None) for module, name in names)
    return OSError, EOFError, *(error for error in loaded if error is not None)


def read_decompressed(path: str | os.PathLike[str], most: int) -> bytes:
    """Read a whole file; if it is compressed, which its content tells, decompress it.

    Parameters
    ----------
    path : str or path-like
        The file.
    most : int
        Most bytes of decompressed content.

    Returns
    -------
    bytes
        The decompressed content.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is a damaged compressed file, or its content is larger than `most`.
    ImportError
        If a package is missing.
    """
    with open(path, "rb") as file:
        stored = file if file.seekable() else io.BytesIO(file.read())  # a pipe
        head = stored.read(16)
        stored.seek(0)
        kind = compression_from_content(head)
        if kind is None:
            return stored.read()
        read = open_decompressed(kind, stored)
        parts, length = [], 0
        try:
            while data := read(STORED_CHUNK_BYTES):
                parts.append(data)
                length += len(data)
                if length > most:
                    raise ValueError(f"its content is larger than {most / 1e6:,.0f} MB.")
        except stream_errors() as error:
            raise ValueError(f"not a complete {kind} file ({error}); fetch it again.") from error
    return b"".join(parts)


@contextmanager
def compress(kind: str | None, file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Open a compressed stream that writes to a file; the same content always gives the same bytes.

    Parameters
    ----------
    kind : {None, "gzip", "bz2", "xz", "zstd"}
        The compression; with None the file itself is yielded.
    file : binary file
        Where the compressed bytes are written; it is not closed.

    Yields
    ------
    binary file
        Where the content is written.

    Raises
    ------
    ImportError
        If a package is missing.
    """
    if kind is None:
        yield file
        return
    with _open_compressed(kind, file) as stream:
        yield stream


def _open_compressed(kind: str, file: IO[bytes]) -> Any:
    if kind == "gzip":
        import gzip

        return gzip.GzipFile("", "wb", fileobj=file, mtime=0)
    if kind == "bz2":
        import bz2

        return bz2.BZ2File(file, "wb")
    if kind == "xz":
        import lzma

        return lzma.LZMAFile(file, "wb")
    try:  # Python 3.14
        return importlib.import_module("compression.zstd").ZstdFile(file, "wb")
    except ImportError:
        return _import_zstandard().ZstdCompressor().stream_writer(file, closefd=False)


def _import_zstandard() -> Any:
    try:
        return importlib.import_module("zstandard")
    except ImportError:
        raise ImportError(ZSTD_HINT) from None
