"""Temporary files outside of the folders of results, which an interrupt cannot leave behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path
from typing import IO, cast

from .files import storage
from .interrupts import hold_signals
from .leftovers import forget_unfinished, note_unfinished, remove_place

__all__ = ["MAKE_ROOM", "find_temporary_folder", "open_spool", "open_temporary_file", "temporary_storage"]

PREFIX = "nlp-zero-"
MAKE_ROOM = "make room, or name a folder on another disk for temporary files"


def find_temporary_folder() -> str:
    """Return the folder for temporary files of the system, which is tried out with a small file the first time."""
    import tempfile  # imported here because it imports many modules

    with hold_signals():
        return tempfile.gettempdir()


def temporary_storage(folder: str | os.PathLike[str] | None = None) -> AbstractContextManager[None]:
    """Return the context of writing to a temporary file; a full disk becomes a `StorageError`, as in `storage`.

    Parameters
    ----------
    folder : str or path-like, optional
        That of the file; by default the folder of the system.
    """
    return storage(folder or find_temporary_folder(), MAKE_ROOM)


def open_temporary_file(folder: str | os.PathLike[str] | None = None) -> IO[bytes]:
    """Open a file without a name: nothing of it is left, however this process ends.

    Parameters
    ----------
    folder : str or path-like, optional
        Where its blocks are; by default the folder of the system.

    Returns
    -------
    binary file
        For reading and writing.
    """
    import tempfile

    with hold_signals():
        return cast(IO[bytes], tempfile.TemporaryFile(prefix=PREFIX, dir=folder))


def open_spool(folder: str | os.PathLike[str] | None = None) -> tuple[IO[bytes], str, Callable[[], None]]:
    """Open a file that is written once, and read as often as needed under a name.

    Where the system has names for open files (``/proc``), the file has no other name, and nothing of it is left however
    this process ends.

    Parameters
    ----------
    folder : str or path-like, optional
        Where its blocks are; by default the folder of the system.

    Returns
    -------
    file : binary file
        For writing.
    name : str
        The name by which this process and its children can read it.
    remove : callable
        Closes and removes the file.
    """
    import tempfile

    file = open_temporary_file(folder)
    name = f"/proc/{os.getpid()}/fd/{file.fileno()}"
    with suppress(OSError):
        if os.path.samestat(os.stat(name), os.fstat(file.fileno())):
            return file, name, partial(_close, file)
    file.close()
    with hold_signals():
        handle, name = tempfile.mkstemp(prefix=PREFIX, suffix=".input", dir=folder)
        note_unfinished(Path(name))
    named = os.fdopen(handle, "wb")
    return named, name, lambda: _remove_named(named, Path(name))


def _close(file: IO[bytes]) -> None:
    with suppress(OSError):  # after a full disk, the rest of the data cannot be written, and nobody needs it
        file.close()


def _remove_named(file: IO[bytes], path: Path) -> None:
    _close(file)
    remove_place(path)
    forget_unfinished(path)
