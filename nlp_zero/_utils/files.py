"""Files that are written whole or not at all, and errors of full disks in one sentence."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from ..errors import StorageError

__all__ = ["new_file", "require_space", "storage", "sync_folder", "temporary_name", "write_bytes", "write_text"]


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
        If the folder does not exist or cannot be written to.
    """
    target = Path(path)
    temporary = temporary_name(target, ".part")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
        os.close(os.open(temporary, flags, 0o666))
        yield temporary
        os.replace(temporary, target)
        sync_folder(target.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def temporary_name(target: Path, suffix: str) -> Path:
    """Return a hidden name in the folder of `target`, random enough to be free."""
    return target.with_name(f".{target.name}.{os.urandom(6).hex()}{suffix}")


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


def write_text(path: str | os.PathLike[str]) -> AbstractContextManager[IO[str]]:
    """Open a temporary file for UTF-8 text; it replaces `path` if the block succeeds.

    Parameters
    ----------
    path : str or path-like
        The file to write.

    Returns
    -------
    context manager of text file
        The open temporary file.  It is removed if the block raises an exception.
    """
    return _write(path, "w", encoding="utf-8", newline="\n", errors="surrogatepass")


def write_bytes(path: str | os.PathLike[str]) -> AbstractContextManager[IO[bytes]]:
    """Open a temporary file for bytes; it replaces `path` if the block succeeds.

    Parameters
    ----------
    path : str or path-like
        The file to write.

    Returns
    -------
    context manager of binary file
        The open temporary file.  It is removed if the block raises an exception.
    """
    return _write(path, "wb")


@contextmanager
def storage(folder: str | os.PathLike[str], remedy: str) -> Iterator[None]:
    """Turn the errors of a full disk into a `StorageError` of one sentence.

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
    import errno

    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
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


@contextmanager
def _write(path: str | os.PathLike[str], mode: str, **options: str) -> Iterator[IO[Any]]:
    with new_file(path) as name, open(name, mode, **options) as file:  # type: ignore[call-overload]
        yield file
        file.flush()
        os.fsync(file.fileno())
