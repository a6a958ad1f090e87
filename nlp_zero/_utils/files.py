"""Files that are written whole or not at all, and the errors of a full disk."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from io import BufferedWriter, TextIOWrapper
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ..errors import StorageError
from .compression import compress, compression_from_name
from .leftovers import errors_of, temporary_place

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = [
    "expand_pattern", "is_device", "new_file", "require_space", "storage", "sync_folder", "write_bytes", "write_text",
]  # fmt: skip

EARLY_BYTES = 1 << 22  # that are written to the disk at a time before a file is complete


def expand_pattern(name: str) -> list[str] | None:
    """Find the files and folders that a pattern such as ``texts/*.txt`` matches.

    Parameters
    ----------
    name : str
        A pattern, or the name of a file or folder.

    Returns
    -------
    list of str or None
        The names in order, empty if nothing matches; None if `name` exists itself or is not a pattern.

    Raises
    ------
    OSError
        If a folder that is searched cannot be listed; `glob` would leave out what it holds.
    """
    import glob

    if os.path.exists(name) or not glob.has_magic(name):
        return None
    folder, last = os.path.split(name)
    while folder and last:
        if glob.has_magic(last):
            for place in glob.glob(os.path.join(folder, ""), recursive=True):
                os.scandir(place).close()
        folder, last = os.path.split(folder)
    return sorted(glob.glob(name, recursive=True))


@contextmanager
def new_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Create an empty temporary file in the folder of `path`; it replaces `path` if the block succeeds.

    The kernel applies the umask when the file is created, as for any ordinary file.

    Parameters
    ----------
    path : str or path-like
        The file to write.

    Yields
    ------
    pathlib.Path
        The temporary file.  It is removed if the block raises an exception.

    Raises
    ------
    OSError
        If the folder does not exist or cannot be written to, or `path` is a device or pipe: a program with the rights
        to do so would replace ``/dev/null`` by a file.
    """
    target = Path(path)
    if is_device(target):
        raise OSError(errno.EINVAL, "it is a device or pipe, which is not replaced by a file")
    with temporary_place(target, _create_file) as temporary:
        yield temporary
        with errors_of(target):
            os.replace(temporary, target)
        sync_folder(target.parent)


def is_device(path: str | os.PathLike[str]) -> bool:
    """Return whether a path is a device or pipe, which is written to and never replaced."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def sync_folder(folder: str | os.PathLike[str]) -> None:
    """Fsync a directory so that new names survive a power cut."""
    if os.name != "posix":
        return
    with suppress(OSError):  # some file systems do not support it, and some folders cannot be opened for reading
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_text(
    path: str | os.PathLike[str], *, name: str | os.PathLike[str] | None = None
) -> AbstractContextManager[IO[str]]:
    """Open a temporary file for UTF-8 text; it replaces `path` if the block succeeds.

    Parameters
    ----------
    path : str or path-like
        The file to write; it is compressed if its name ends in .gz, .bz2, .xz or .zst.  A device or pipe is written
        to at once.
    name : str or path-like, optional
        The name that decides about the compression, such as that of a link to `path`.

    Returns
    -------
    context manager of text file
        The open temporary file.  It is removed if the block raises an exception.
    """
    return _write_text(path, path if name is None else name)


def write_bytes(
    path: str | os.PathLike[str], *, name: str | os.PathLike[str] | None = None
) -> AbstractContextManager[IO[bytes]]:
    """Open a temporary file for bytes; it replaces `path` if the block succeeds.

    Parameters
    ----------
    path : str or path-like
        The file to write; it is compressed if its name ends in .gz, .bz2, .xz or .zst.  A device or pipe is written
        to at once.
    name : str or path-like, optional
        See `write_text`.

    Returns
    -------
    context manager of binary file
        The open temporary file.  It is removed if the block raises an exception.
    """
    return _write_bytes(path, path if name is None else name)


@contextmanager
def storage(folder: str | os.PathLike[str], remedy: str) -> Iterator[None]:
    """Turn the errors of a full disk into a `StorageError` of one sentence, and let other errors name the place.

    Parameters
    ----------
    folder : str or path-like
        Where the block writes.
    remedy : str
        What the user can do, without a full stop.

    Raises
    ------
    StorageError
        If the block fails because the disk or a quota is full, or a file became too large.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            if error.errno is not None and error.filename is None:  # as of write and fsync
                error.filename = os.fspath(folder)
            raise
        raise StorageError(f"{folder}: no room is left on this disk ({error.strerror}); {remedy}.") from None


def require_space(folder: str | os.PathLike[str], needed: int, remedy: str) -> None:
    """Make sure that enough space is free on a disk.

    Parameters
    ----------
    folder : str or path-like
        Any folder on the disk.
    needed : int
        Bytes.
    remedy : str
        What the user can do, without a full stop.

    Raises
    ------
    StorageError
        If fewer than `needed` bytes are free.
    """
    import shutil

    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageError(
            f"{folder}: about {needed / 1e6:,.1f} MB more are needed on this disk and {free / 1e6:,.1f} MB are free; "
            f"{remedy}."
        )


def _create_file(path: Path) -> None:
    """Create an empty file; the kernel applies the umask."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
    os.close(os.open(path, flags, 0o666))


class _EarlyWriter(BufferedWriter):
    """A file that the system writes to the disk while it grows, so that fsync has little to wait for."""

    _written = _begun = 0  # bytes

    def write(self, data: ReadableBuffer, /) -> int:
        size = super().write(data)
        self._written += size
        if sys.platform == "linux" and self._written - self._begun >= EARLY_BYTES:
            # Linux begins to write these pages, and does not forget them, because they are not on the disk yet.
            with suppress(OSError):
                os.posix_fadvise(self.fileno(), self._begun, self._written - self._begun, os.POSIX_FADV_DONTNEED)
            self._begun = self._written
        return size


@contextmanager
def _write_bytes(path: str | os.PathLike[str], name: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    if is_device(path):
        with open(path, "wb") as device, compress(compression_from_name(name), device) as stream:
            yield stream
        return
    with new_file(path) as temporary, _EarlyWriter(open(temporary, "wb", buffering=0)) as file:
        with compress(compression_from_name(name), file) as stream:
            yield stream
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _write_text(path: str | os.PathLike[str], name: str | os.PathLike[str]) -> Iterator[IO[str]]:
    with _write_bytes(path, name) as file:
        text = TextIOWrapper(file, "utf-8", "surrogatepass", newline="\n")
        try:
            yield text
        except BaseException:
            with suppress(OSError, ValueError):  # the error of the block is the one that counts
                text.detach()
            raise
        text.detach()  # flushes
