"""Files that are written whole or not at all, and errors of full disks in one sentence."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from ..errors import StorageError

__all__ = ["new_file", "require_space", "storage", "sync_folder", "write_bytes", "write_text"]


@contextmanager
def new_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Make an empty temporary file beside `path`; it takes the place of `path` when the block ends well."""
    import tempfile

    target = Path(path)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)  # mkstemp makes private files; a result is an ordinary one
        os.replace(temporary, target)
        sync_folder(target.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def sync_folder(folder: str | os.PathLike[str]) -> None:
    """Have the names in a folder on the disk: a file that was synced may have no name yet when the power goes."""
    if os.name != "posix":
        return
    with suppress(OSError):  # some file systems cannot, and need not; some folders cannot be read
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_text(path: str | os.PathLike[str]) -> AbstractContextManager[IO[str]]:
    """Open a temporary file beside `path` for UTF-8 text; it takes the place of `path` when the block ends well."""
    return _written(path, "w", encoding="utf-8", newline="\n", errors="surrogatepass")


def write_bytes(path: str | os.PathLike[str]) -> AbstractContextManager[IO[bytes]]:
    """The same for bytes."""
    return _written(path, "wb")


@contextmanager
def _written(path: str | os.PathLike[str], mode: str, **options: str) -> Iterator[IO[Any]]:
    with new_file(path) as name, open(name, mode, **options) as file:  # type: ignore[call-overload]
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def storage(folder: str | os.PathLike[str], remedy: str) -> Iterator[None]:
    """Say it in one sentence when the disk of `folder` is full."""
    import errno

    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise StorageError(f"{folder}: no room is left on this disk ({error.strerror}); {remedy}.") from None


def require_space(folder: str | os.PathLike[str], needed: int, remedy: str) -> None:
    """Raise `StorageError` if the disk of `folder` has less than `needed` bytes free."""
    import shutil

    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageError(
            f"{folder}: about {needed / 1e6:,.1f} MB more are needed on this disk and {free / 1e6:,.1f} MB are free; "
            f"{remedy}."
        )
