"""From the names that a user gives to streams of bytes: files, folders, patterns, standard input, URLs."""

from __future__ import annotations

import importlib
import io
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn, cast

from .._utils.compression import compression_from_name, strip_compression_suffix
from .._utils.file_kinds import describe_own_folder
from .._utils.files import expand_pattern
from ..errors import CorpusError

__all__ = ["FORMATS", "SUFFIXES", "Source", "find_skipped", "find_sources", "is_text_name"]

TEXT_SUFFIXES = (".txt", ".text", ".utf8", ".md")
SUFFIXES = {  # suffix -> format; all other names are plain text
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".docx": "docx",
    ".epub": "epub",
    ".zip": "zip",
}
FORMATS = ("text", "json", "csv", "tsv", "parquet", "html", "docx", "epub", "zip")
TABLES = ("csv", "tsv", "parquet")  # often not texts, so that they are read only if they are named
FOLDER_SUFFIXES = (*TEXT_SUFFIXES, *(suffix for suffix, kind in SUFFIXES.items() if kind not in TABLES))
EXTRAS = {"http": "io", "https": "io", "s3": "s3", "s3a": "s3"}  # protocol -> the extra that installs its driver


@dataclass(frozen=True, slots=True)
class Source:
    """One stream of bytes: a file, standard input, or an address in a remote file system.

    Parameters
    ----------
    name : str
        The name for messages, whose suffixes state the compression and the format.
    path : str or None
        The path to open; None for standard input.
    remote : fsspec file system, optional
        The file system that `path` is in, if it is a remote one.
    """

    name: str
    path: str | None
    remote: Any = None

    @property
    def plain_name(self) -> str:
        """The lower-case name without the suffix of the compression."""
        return strip_compression_suffix(self.name.lower())

    @property
    def compression(self) -> str | None:
        """The compression that the suffix states: gzip, bz2, xz, zstd or None."""
        return compression_from_name(self.name)

    @property
    def format(self) -> str:
        """The format that the suffix states: text, json, csv, tsv, parquet, html, docx, epub or zip."""
        return SUFFIXES.get(os.path.splitext(self.plain_name)[1], "text")

    @property
    def one_shot(self) -> bool:
        """True if it can be read only once: standard input, a pipe, a terminal."""
        if self.remote is not None:
            return False
        return self.path is None or not stat.S_ISREG(os.stat(self.path).st_mode)

    @property
    def size(self) -> int | None:
        """Stored (compressed) bytes; None if unknown."""
        if self.remote is not None:
            with _remote_errors(self.name):
                size = self.remote.info(self.path).get("size")
            return None if size is None else int(size)
        return None if self.one_shot else os.stat(cast(str, self.path)).st_size

    @property
    def changed(self) -> int | None:
        """Time of the last change in nanoseconds; None if unknown."""
        return None if self.remote is not None or self.path is None else os.stat(self.path).st_mtime_ns

    def open(self) -> IO[bytes]:
        """Open the stored bytes.

        Raises
        ------
        CorpusError
            If it is standard input, which is closed or is not a stream of bytes.
        OSError
            If the file cannot be opened.
        """
        if self.remote is not None:
            with _remote_errors(self.name):
                return cast(IO[bytes], _RemoteStream(self.remote.open(self.path, "rb"), self.name))
        if self.path is not None:
            return open(self.path, "rb", buffering=0)
        buffer = getattr(sys.stdin, "buffer", None)
        if buffer is None:
            raise CorpusError("Standard input is closed or is not a stream of bytes; pipe a text into it.")
        raw = getattr(buffer, "raw", buffer)  # unbuffered: each line of a live pipe is read as soon as it is written
        return cast(IO[bytes], _StandardInput(raw.fileno(), closefd=False)) if isinstance(raw, io.FileIO) else raw

    def open_random(self) -> IO[bytes] | None:
        """Open the stored bytes so that they can be read in any order; None if that is not possible."""
        if self.path is None or self.one_shot:
            return None
        file = self.open() if self.remote is not None else open(self.path, "rb")  # noqa: SIM115  the caller closes it
        if file.seekable():
            return file
        file.close()
        return None


class _StandardInput(io.FileIO):
    """Standard input whose end stays the end: a terminal would wait for another Ctrl-D."""

    _ended = False

    def read(self, size: int | None = -1) -> Any:
        data = b"" if self._ended else super().read(size)
        self._ended = data == b""
        return data


class _RemoteStream:
    """A stream of a remote file system, whose errors are sentences."""

    def __init__(self, stream: Any, name: str) -> None:
        self._stream, self._name = stream, name

    def read(self, size: int = -1) -> bytes:
        with _remote_errors(self._name):
            return cast(bytes, self._stream.read(size))

    def __enter__(self) -> _RemoteStream:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _remote_errors(name: str) -> Iterator[None]:
    """Turn the errors of remote file systems, which share no base class, into one sentence.

    Raises
    ------
    CorpusError
        If the block fails.
    """
    try:
        yield
    except FileNotFoundError as exc:
        raise CorpusError(f"{name}: not found; check the address and the connection.") from exc
    except Exception as exc:
        detail = str(exc).partition("\n")[0].rstrip(".") or type(exc).__name__
        raise CorpusError(f"{name}: cannot be read ({detail}); check the address and your access to it.") from exc


def find_sources(names: Sequence[str]) -> list[Source]:
    """Find the files that names mean.

    Parameters
    ----------
    names : sequence of str
        Files, folders, patterns, ``-`` for standard input, and URLs.

    Returns
    -------
    list of Source
        The files, in the order of the names.

    Raises
    ------
    CorpusError
        If no file has one of the names, or a folder contains no text file or cannot be listed.
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
        elif (matches := _expand_pattern(name)) is not None:
            found += _match_sources(name, matches)
        else:
            _refuse_hidden(name)
            raise CorpusError(f"{name}: no such file or folder; check the name and the working folder.")
    return found


def find_skipped(names: Sequence[str]) -> list[str]:
    """Find the files in folders that are not read because their names are not those of texts.

    Parameters
    ----------
    names : sequence of str
        The names given to `find_sources`; only local folders among them are searched.

    Returns
    -------
    list of str
        The names of the files, without hidden ones.
    """
    folders = (name for name in names if os.path.isdir(name))
    return [path for folder in folders for path in _walk(folder, onerror=None) if not is_text_name(path)]


def is_text_name(name: str) -> bool:
    """Return whether a file with this name is read when its folder, or the archive that holds it, is read."""
    return strip_compression_suffix(name.lower()).endswith(FOLDER_SUFFIXES)


def _refuse_unreadable(error: OSError) -> NoReturn:
    """Refuse a folder that cannot be listed: its texts would be left out silently."""
    raise CorpusError(
        f"{error.filename}: cannot be read: {error.strerror}; change its permissions, or name only what is to be read."
    ) from error


def _refuse_hidden(name: str) -> None:
    """Refuse a name that may exist in a folder that cannot be searched."""
    try:
        os.stat(name)
    except PermissionError as error:
        _refuse_unreadable(error)
    except (OSError, ValueError):  # it does not exist
        pass


def _expand_pattern(name: str) -> list[str] | None:
    try:
        return expand_pattern(name)
    except OSError as error:
        _refuse_unreadable(error)


def _walk(folder: str, onerror: Callable[[OSError], object] | None = _refuse_unreadable) -> list[str]:
    """Return all files in a folder, sorted, without hidden ones."""
    paths = []
    for here, folders, files in os.walk(folder, onerror=onerror):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += [Path(here, name) for name in files if not name.startswith(".")]
    return [str(path) for path in sorted(paths, key=lambda path: path.parts)]


def _folder_sources(folder: str) -> list[Source]:
    _refuse_own_folder(folder)
    texts = [Source(path, path) for path in _walk(folder) if is_text_name(path)]
    if not texts:
        raise CorpusError(
            f"{folder}: the folder holds no text file ({', '.join(FOLDER_SUFFIXES)}, also compressed); "
            "name the files themselves, or a pattern such as 'folder/*'."
        )
    return texts


def _refuse_own_folder(folder: str) -> None:
    """Refuse a folder that nlp-zero wrote."""
    if (kind := describe_own_folder(folder)) is not None:
        remedy = "give it to nlpzero count --merge" if kind == "a folder of counts" else "name a folder of texts"
        raise CorpusError(f"{folder}: this is {kind}, not a folder of texts; {remedy}.")


def _match_sources(pattern: str, matches: list[str]) -> list[Source]:
    names = [name for name in matches if not os.path.isdir(name)]
    if not names:
        raise CorpusError(f"{pattern}: no file matches this pattern; check it and the working folder.")
    return [Source(name, name) for name in names]


def _remote_sources(url: str) -> list[Source]:
    try:
        core = importlib.import_module("fsspec.core")
    except ImportError:
        raise CorpusError(f"{url}: reading URLs needs fsspec; run: pip install 'nlpzero[io]'.") from None
    try:
        remote, path = core.url_to_fs(url)
    except ImportError as exc:  # the driver of this kind of address is a package of its own
        extra = EXTRAS.get(url.partition(":")[0].lower())
        remedy = "install it with pip" if extra is None else f"run: pip install 'nlpzero[{extra}]'"
        raise CorpusError(f"{url}: a driver for this kind of URL is missing ({exc}); {remedy}.") from exc
    except (OSError, ValueError) as exc:
        raise CorpusError(f"{url}: cannot be read ({exc}); check the address and your access to it.") from exc
    with _remote_errors(url):
        if "*" in path:
            paths = sorted(remote.glob(path))
        elif not url.startswith("http") and remote.isdir(path):
            paths = [name for name in sorted(remote.find(path)) if is_text_name(name)]
        else:
            return [Source(url.partition("?")[0], path, remote)]
    if not paths:
        raise CorpusError(f"{url}: no text file was found there; check the address.")
    return [Source(str(remote.unstrip_protocol(name)), name, remote) for name in paths]
