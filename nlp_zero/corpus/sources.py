"""From the names that a user gives to streams of bytes: files, folders, patterns, standard input, URLs."""

from __future__ import annotations

import importlib
import io
import os
import re
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from ..errors import CorpusError

__all__ = ["Source", "find_sources"]

COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zst": "zstd"}
JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
FOLDER_SUFFIXES = (".txt", ".text", ".utf8", ".md", *JSON_SUFFIXES)


@dataclass(frozen=True, slots=True)
class Source:
    """One stream of bytes: a file, standard input, or an address in a remote file system.

    Parameters
    ----------
    name : str
        The name for messages, whose suffixes tell the compression and the format.
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
        name = self.name.lower()
        return name[: name.rindex(".")] if self.compression else name

    @property
    def compression(self) -> str | None:
        """The compression that the suffix names: gzip, bz2, xz, zstd or None."""
        return COMPRESSIONS.get(os.path.splitext(self.name)[1].lower())

    @property
    def is_json(self) -> bool:
        """True if the suffix names JSON lines."""
        return self.plain_name.endswith(JSON_SUFFIXES)

    @property
    def is_taken_from_folders(self) -> bool:
        """True if the suffix names text, so that the file is read when a folder is named."""
        return self.plain_name.endswith(FOLDER_SUFFIXES)

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
            return cast(IO[bytes], self.remote.open(self.path, "rb"))
        if self.path is not None:
            return open(self.path, "rb", buffering=0)
        buffer = getattr(sys.stdin, "buffer", None)
        if buffer is None:
            raise CorpusError("Standard input is closed or is not a stream of bytes; pipe a text into it.")
        raw = getattr(buffer, "raw", buffer)  # unbuffered: each line of a live pipe is read as soon as it is written
        return open(raw.fileno(), "rb", buffering=0, closefd=False) if isinstance(raw, io.FileIO) else raw


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
        If no file has one of the names, or a folder holds no text file.
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
            raise CorpusError(f"{name}: no such file or folder; check the name and the working folder.")
    return found


def _folder_sources(folder: str) -> list[Source]:
    root = Path(folder)
    paths = []
    for here, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += [Path(here, name) for name in files if not name.startswith(".")]
    sources = [Source(str(path), str(path)) for path in sorted(paths, key=lambda path: path.parts)]
    texts = [source for source in sources if source.is_taken_from_folders]
    if not texts:
        raise CorpusError(
            f"{folder}: the folder holds no text file ({', '.join(FOLDER_SUFFIXES)}, also compressed); "
            "name the files themselves, or a pattern such as 'folder/*'."
        )
    return texts


def _glob_sources(pattern: str) -> list[Source]:
    import glob

    names = [name for name in sorted(glob.glob(pattern, recursive=True)) if not os.path.isdir(name)]
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
        if "*" in path:
            paths = sorted(remote.glob(path))
        elif not url.startswith("http") and remote.isdir(path):
            paths = [name for name in sorted(remote.find(path)) if Source(name, name).is_taken_from_folders]
        else:
            return [Source(url.partition("?")[0], path, remote)]
    except ImportError as exc:  # the driver of this kind of address is a package of its own
        raise CorpusError(f"{url}: a driver for this kind of URL is missing ({exc}); install it with pip.") from exc
    except (OSError, ValueError) as exc:
        raise CorpusError(f"{url}: cannot be read ({exc}); check the address and your access to it.") from exc
    if not paths:
        raise CorpusError(f"{url}: no text file was found there; check the address.")
    return [Source(str(remote.unstrip_protocol(name)), name, remote) for name in paths]
