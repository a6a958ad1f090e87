"""From the names that a user gives to streams of bytes: files, folders, globs, standard input, URLs, compression.

Private to the package; `nlp_zero.corpus` builds text on top of it.
"""

from __future__ import annotations

import importlib
import io
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from ..errors import CorpusError

__all__ = ["Source", "chunks", "find_sources"]

COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zst": "zstd"}
JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
FOLDER_SUFFIXES = (".txt", ".text", ".utf8", ".md", *JSON_SUFFIXES)
ZSTD_FEED = 8192  # compressed bytes a step; bounds what one step of a malicious file can blow up to


@dataclass(frozen=True, slots=True)
class Source:
    """One stream of bytes: a file, standard input (`path` is None), or an address in a remote file system."""

    name: str
    path: str | None
    remote: Any = None

    @property
    def plain_name(self) -> str:
        """The lower-case name without the suffix of the compression."""
        name = self.name.lower()
        return name[: name.rindex(".")] if self.compression else name

    @property
    def compression(self) -> str | None:
        return COMPRESSIONS.get(os.path.splitext(self.name)[1].lower())

    @property
    def is_json(self) -> bool:
        return self.plain_name.endswith(JSON_SUFFIXES)

    @property
    def in_folders(self) -> bool:
        """True if the suffix says text: such files are taken from a folder without being named."""
        return self.plain_name.endswith(FOLDER_SUFFIXES)

    @property
    def one_shot(self) -> bool:
        """True for what can be read only once: standard input, a pipe, a terminal."""
        if self.remote is not None:
            return False
        return self.path is None or not stat.S_ISREG(os.stat(self.path).st_mode)

    @property
    def size(self) -> int | None:
        """Stored (compressed) bytes; None when unknown."""
        if self.remote is not None:
            size = self.remote.info(self.path).get("size")
            return None if size is None else int(size)
        return None if self.one_shot else os.stat(cast(str, self.path)).st_size

    @property
    def changed(self) -> int | None:
        """Time of the last change in nanoseconds; None when unknown."""
        return None if self.remote is not None or self.path is None else os.stat(self.path).st_mtime_ns

    def open(self) -> IO[bytes]:
        """Open the stored bytes."""
        if self.remote is not None:
            return cast(IO[bytes], self.remote.open(self.path, "rb"))
        if self.path is not None:
            return open(self.path, "rb", buffering=0)
        buffer = getattr(sys.stdin, "buffer", None)
        if buffer is None:
            raise CorpusError("standard input is closed or is not a stream of bytes; pipe a text into it")
        raw = getattr(buffer, "raw", buffer)  # unbuffered: lines of a live pipe are handed on as they come
        return open(raw.fileno(), "rb", buffering=0, closefd=False) if isinstance(raw, io.FileIO) else raw


def find_sources(names: Sequence[str]) -> list[Source]:
    """Resolve file names, folders, globs, ``-`` and URLs to the files that they stand for, in order.

    Raises
    ------
    CorpusError
        If a name stands for nothing, or a folder holds no text file.
    """
    found: list[Source] = []
    for name in names:
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", name):
            found += _remote_sources(name)
        elif name == "-" or (name.startswith("-.") and os.sep not in name):
            found.append(Source("<stdin>" + name[1:], None))
        elif os.path.isdir(name):
            found += _folder_sources(name)
        elif os.path.exists(name):
            found.append(Source(name, name))
        elif any(magic in name for magic in "*?["):
            found += _glob_sources(name)
        else:
            raise CorpusError(f"{name}: no such file or folder; check the name and the working folder")
    return found


def _folder_sources(folder: str) -> list[Source]:
    root = Path(folder)
    paths = []
    for here, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += [Path(here, name) for name in files if not name.startswith(".")]
    sources = [Source(str(path), str(path)) for path in sorted(paths, key=lambda path: path.parts)]
    texts = [source for source in sources if source.in_folders]
    if not texts:
        raise CorpusError(
            f"{folder}: the folder holds no text file ({', '.join(FOLDER_SUFFIXES)}, also compressed); "
            "name the files themselves, or a pattern such as 'folder/*'"
        )
    return texts


def _glob_sources(pattern: str) -> list[Source]:
    import glob

    names = [name for name in sorted(glob.glob(pattern, recursive=True)) if not os.path.isdir(name)]
    if not names:
        raise CorpusError(f"{pattern}: no file matches this pattern; check it and the working folder")
    return [Source(name, name) for name in names]


def _remote_sources(url: str) -> list[Source]:
    try:
        core = importlib.import_module("fsspec.core")
    except ImportError:
        raise CorpusError(f"{url}: reading URLs needs fsspec; run: pip install 'nlp-zero[io]'") from None
    try:
        remote, path = core.url_to_fs(url)
        if "*" in path:
            paths = sorted(remote.glob(path))
        elif not url.startswith("http") and remote.isdir(path):
            paths = [name for name in sorted(remote.find(path)) if Source(name, name).in_folders]
        else:
            return [Source(url.partition("?")[0], path, remote)]
    except ImportError as exc:  # the driver of this kind of address is a package of its own
        raise CorpusError(f"{url}: a driver for this kind of URL is missing ({exc}); install it with pip") from exc
    except (OSError, ValueError) as exc:
        raise CorpusError(f"{url}: cannot be read ({exc}); check the address and your access to it") from exc
    if not paths:
        raise CorpusError(f"{url}: no text file is there; check the address")
    return [Source(str(remote.unstrip_protocol(name)), name, remote) for name in paths]


def chunks(
    source: Source, size: int, advance: Callable[[int], object] | None = None, start: int = 0
) -> Iterator[bytes]:
    """Yield the decompressed bytes of a source, from byte `start`, in chunks of at most about `size` bytes.

    `advance`, if given, is told how many stored (compressed) bytes were read.

    Raises
    ------
    CorpusError
        If the source cannot be opened or read, or is not a whole file of its compression.
    """
    try:
        with ExitStack() as stack:
            stored = stack.enter_context(source.open())
            if advance is not None:
                stored = cast(IO[bytes], _Counted(stored, advance))
            read = _decompressed(source, stored)
            if start and source.compression is None:
                stored.seek(start)
                start = 0
            while start and (data := read(min(size, start))):
                start -= len(data)
            while data := read(size):
                yield data
    except _broken_stream_errors() as exc:
        kind = source.compression
        if kind is None or (isinstance(exc, OSError) and exc.errno is not None):
            detail = getattr(exc, "strerror", None) or exc
            raise CorpusError(f"{source.name}: cannot be read: {detail}; check the file and its permissions") from exc
        raise CorpusError(
            f"{source.name}: not a whole {kind} file ({exc}); fetch it again, or drop the suffix if it is plain text"
        ) from exc


def _decompressed(source: Source, stored: IO[bytes]) -> Callable[[int], bytes]:
    """Return the read method of the stream that undoes the compression."""
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
        return _zstd_read(source, stored)
    return stored.read


def _zstd_read(source: Source, stored: IO[bytes]) -> Callable[[int], bytes]:
    """Prefer the standard library's module (Python 3.14); the package's own file object hides truncation."""
    try:
        return cast(Callable[[int], bytes], importlib.import_module("compression.zstd").ZstdFile(stored, "rb").read)
    except ImportError:
        pass
    try:
        zstandard = importlib.import_module("zstandard")
    except ImportError:
        raise CorpusError(f"{source.name}: reading .zst needs zstandard; run: pip install 'nlp-zero[io]'") from None
    return _ZstdReader(stored, zstandard.ZstdDecompressor().decompressobj).read


class _ZstdReader:
    """Reads frame after frame and tells when the last one is cut short."""

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
        fed = self._stored.read(ZSTD_FEED)
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


class _Counted:
    """A stream of bytes that reports how much was read from it."""

    def __init__(self, stored: IO[bytes], advance: Callable[[int], object]) -> None:
        self._stored, self._advance = stored, advance

    def read(self, size: int = -1) -> bytes:
        data = self._stored.read(size)
        self._advance(len(data))
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stored, name)


def _broken_stream_errors() -> tuple[type[BaseException], ...]:
    """What the decompressors raise; taken from modules that are loaded already, so that none is loaded for this."""
    names = (("zlib", "error"), ("lzma", "LZMAError"), ("zstandard", "ZstdError"), ("compression.zstd", "ZstdError"))
    loaded = (getattr(sys.modules.get(module), name, None) for module, name in names)
    return OSError, EOFError, *(error for error in loaded if error is not None)
