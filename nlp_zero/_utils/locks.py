"""Locks that keep other processes out of a folder."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import CheckpointError

if TYPE_CHECKING:
    from filelock import BaseFileLock

__all__ = ["LOCK_NAME", "lock_folder", "remove_lock"]

LOCK_NAME = ".lock"
UNSUPPORTED = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)  # errors of file systems that have no locks


def lock_folder(folder: str | os.PathLike[str]) -> BaseFileLock:
    """Lock a folder for this process.

    The folder stays locked for as long as a returned object, or the process, lives.  The same process may lock a
    folder more than once.  The lock of a process that was killed is free.

    Parameters
    ----------
    folder : str or path-like
        An existing folder; the lock is the file ``.lock`` in it.

    Returns
    -------
    filelock.BaseFileLock
        The lock; to be kept.

    Raises
    ------
    CheckpointError
        If another process holds the lock.
    ImportError
        If filelock is not installed.
    OSError
        If the file cannot be created.
    """
    lock = _lock_of(Path(folder))
    if lock.is_locked and not (Path(folder) / LOCK_NAME).exists():
        lock.release(force=True)  # the locked file was removed with its folder
    try:
        lock.acquire()
    except TimeoutError:
        raise CheckpointError(
            f"{folder} is in use by another process; wait until it is done, or name another folder."
        ) from None
    except NotImplementedError:  # filelock's name for a file system without locks
        pass
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
    return lock


def remove_lock(folder: str | os.PathLike[str]) -> None:
    """Release the lock of this process on a folder, if there is one, and remove its file."""
    path = Path(folder) / LOCK_NAME
    if not path.exists():
        return
    lock = _lock_of(Path(folder))
    if os.name != "nt":  # removed while it is locked, so that nobody else locks a file that is about to vanish
        path.unlink(missing_ok=True)
    lock.release(force=True)
    if os.name == "nt":  # where an open file cannot be removed
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _lock_of(folder: Path) -> BaseFileLock:
    """Return the lock object of a folder, which is one for the whole process."""
    try:
        from filelock import FileLock
    except ImportError as error:
        raise ImportError(f"A checkpoint needs filelock ({error}); run: pip install filelock.") from None
    return FileLock(folder.resolve() / LOCK_NAME, timeout=0, thread_local=False, is_singleton=True)
