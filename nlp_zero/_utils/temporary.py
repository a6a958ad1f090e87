"""Temporary files outside of the folders of results, which an interrupt cannot leave behind."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, cast

from .interrupts import hold_signals
from .leftovers import note_unfinished

__all__ = ["find_temporary_folder", "make_temporary_file", "open_temporary_file"]

PREFIX = "nlp-zero-"


def find_temporary_folder() -> str:
    """Return the folder for temporary files of the system, which is tried out with a small file the first time."""
    import tempfile  # imported here because it imports many modules

    with hold_signals():
        return tempfile.gettempdir()


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


def make_temporary_file(suffix: str) -> tuple[int, str]:
    """Create a file that the caller removes, or `nlp_zero._utils.leftovers.remove_unfinished` if it does not.

    Parameters
    ----------
    suffix : str
        The end of its name.

    Returns
    -------
    handle : int
        The open file.
    path : str
        Its name.
    """
    import tempfile

    with hold_signals():
        handle, path = tempfile.mkstemp(prefix=PREFIX, suffix=suffix)
        note_unfinished(Path(path))
        return handle, path
