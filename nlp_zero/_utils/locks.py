"""Locks that keep other processes out of a folder."""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from weakref import WeakValueDictionary, finalize

from ..errors import CheckpointError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["LOCK_NAME", "FolderLock", "hold_in_place", "lock_folder", "remove_lock"]

LOCK_NAME = ".lock"
IN_USE = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES)  # errors of locking a file that another process has locked
UNSUPPORTED = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)  # errors of file systems that have no locks

_guard = threading.Lock()


class FolderLock:
    """A lock that this process holds until nothing refers to it, or the process ends."""

    def __init__(self, path: Path) -> None:
        self._path, self._file = path, _open_locked(path)
        self.release = finalize(self, os.close, self._file)

    def is_in_place(self) -> bool:
        """Return whether the lock was not released, nor its file removed."""
        return self.release.alive and _is_at(self._file, self._path)


_held: WeakValueDictionary[Path, FolderLock] = WeakValueDictionary()


def lock_folder(folder: str | os.PathLike[str]) -> FolderLock:
    """Lock a folder for this process.

    The folder stays locked until all returned objects are deleted or the process ends, even if it is killed.  The same
    process may lock a folder more than once.  File systems without locks are used without one.

    Parameters
    ----------
    folder : str or path-like
        An existing folder; the lock is the file ``.lock`` in it.

    Returns
    -------
    FolderLock
        The lock, which the caller keeps.

    Raises
    ------
    CheckpointError
        If another process holds the lock.
    OSError
        If the file cannot be created.
    """
    path = _lock_path(folder)
    with _guard:
        lock = _held.get(path)
        if lock is not None and not lock.is_in_place():  # removed with its folder
            lock.release()
            lock = None
        try:
            lock = _held[path] = lock or FolderLock(path)
        except BlockingIOError:
            raise CheckpointError(
                f"{folder} is in use by another process; wait until it is done, or name another folder."
            ) from None
    return lock


@contextmanager
def hold_in_place(folder: str | os.PathLike[str] | None) -> Iterator[None]:
    """Keep other processes from reading a folder in order to replace it, while this one does the same in the block.

    The lock is that of the folder itself, which goes with it when it is replaced.  Nothing happens where folders cannot
    be locked (on Windows), or for None.

    Raises
    ------
    BlockingIOError
        If another process is about to replace the folder.
    """
    if folder is None or sys.platform == "win32":
        yield
        return
    path = Path(folder).resolve()
    while True:
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # whoever reads the folder tells why it cannot be read
            yield
            return
        try:
            try:
                _lock(file)
            except BlockingIOError:
                raise
            except OSError:  # of file systems that lock only what is open for writing
                pass
            if _is_at(file, path):  # else another process has just replaced it
                yield
                return
        finally:
            os.close(file)


def remove_lock(folder: str | os.PathLike[str]) -> None:
    """Release the lock of this process on a folder, if there is one, and remove its file."""
    path = _lock_path(folder)
    if os.name != "nt":  # removed while it is locked, so that nobody else locks a file that is about to vanish
        path.unlink(missing_ok=True)
    with _guard:
        if lock := _held.pop(path, None):
            lock.release()
    if os.name == "nt":
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _lock_path(folder: str | os.PathLike[str]) -> Path:
    return Path(folder).resolve() / LOCK_NAME


def _open_locked(path: Path) -> int:
    """Open a file, lock it, and return its descriptor; raises `BlockingIOError` if another process has locked it."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(file)
            if _is_at(file, path):  # else the process that had locked it has removed it
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def _lock(file: int) -> None:
    try:
        if sys.platform == "win32":
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in IN_USE:
            raise BlockingIOError(error.errno, error.strerror) from None
        if error.errno not in UNSUPPORTED:
            raise


def _is_at(file: int, path: Path) -> bool:
    """Return whether an open file is the one at `path`."""
    if os.name == "nt":  # where an open file cannot be removed
        return True
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False
