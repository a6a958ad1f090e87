"""Temporary files and folders next to results: their names, their locks, and how they are removed.

A temporary place is called ``.NAME.0123456789ab.part`` and lies in the folder of the result NAME.  While it is written,
its process holds a lock on it (``flock``), which the operating system frees when the process ends, however it ends.
A place of this name that nobody has locked was left by a program that was killed, and can be removed.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be renamed, so that a lock would stand in the way
    fcntl = None  # type: ignore[assignment]

__all__ = [
    "OLD_SUFFIX",
    "PART_SUFFIX",
    "errors_of",
    "find_temporary",
    "forget_unfinished",
    "note_unfinished",
    "remove_leftovers",
    "remove_place",
    "remove_unfinished",
    "temporary_name",
    "temporary_place",
]

PART_SUFFIX = ".part"
OLD_SUFFIX = ".old"  # of a folder that is being replaced
MAKE_ATTEMPTS = 10  # another process may remove a new place before it is locked, but hardly ever twice

_unfinished: set[Path] = set()
_guard = threading.Lock()


def temporary_name(target: Path, suffix: str = PART_SUFFIX) -> Path:
    """Return a hidden name in the folder of `target`, random enough to be free."""
    return target.with_name(f".{target.name}.{os.urandom(6).hex()}{suffix}")


def find_temporary(target: Path, suffix: str = PART_SUFFIX) -> list[Path]:
    """Return the places in the folder of `target` that have a name of `temporary_name`, the latest first."""
    pattern = re.compile(re.escape(f".{target.name}.") + r"[0-9a-f]{12}" + re.escape(suffix))
    found: list[tuple[int, str]] = []
    with suppress(OSError), os.scandir(target.parent) as entries:  # no such parent folder, or it may not be listed
        for entry in entries:
            if pattern.fullmatch(entry.name):
                with suppress(FileNotFoundError):  # its process has just removed it
                    found.append((os.stat(entry.path).st_mtime_ns, entry.name))
    return [target.with_name(name) for _, name in sorted(found, reverse=True)]


@contextmanager
def temporary_place(target: Path, make: Callable[[Path], object]) -> Iterator[Path]:
    """Make a locked temporary file or folder next to `target`; it is removed at the end if it still has its name.

    Places that killed programs have left for the same target are removed first.

    Parameters
    ----------
    target : pathlib.Path
        The result.
    make : callable
        Creates a file or folder of a name that does not exist.

    Yields
    ------
    pathlib.Path
        The temporary place.
    """
    remove_leftovers(target)
    place, handle = temporary_name(target), None
    try:
        for _ in range(MAKE_ATTEMPTS):
            note_unfinished(place)
            with errors_of(target):
                make(place)
            handle = _lock(place)
            if os.path.lexists(place):
                break
            _unlock(handle)  # another process took it for a leftover before it was locked
            forget_unfinished(place)
            place, handle = temporary_name(target), None
        yield place
    finally:
        remove_place(place)
        forget_unfinished(place)
        _unlock(handle)


@contextmanager
def errors_of(target: Path) -> Iterator[None]:
    """Let errors of the block name the result in place of its temporary place, which nobody has heard of.

    Raises
    ------
    OSError
        If the block raises one.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, os.fspath(target)) from None


def remove_leftovers(target: str | os.PathLike[str]) -> None:
    """Remove the temporary places that killed programs have left for a result; places in use stay.

    Without ``flock`` (on Windows) nothing is removed, because nobody knows what is in use.

    Parameters
    ----------
    target : str or path-like
        The result.
    """
    if fcntl is None:
        return
    for place in find_temporary(Path(target)):
        with suppress(OSError):  # in use, or another process was quicker
            handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_place(place)
            finally:
                os.close(handle)


def remove_place(place: Path) -> None:
    """Remove a file or folder if it exists; a folder is tried twice, as another program may hold a file in it."""
    if place.is_dir() and not place.is_symlink():
        import shutil

        for _ in range(2):
            if place.exists():
                with suppress(OSError):
                    shutil.rmtree(place)
    else:
        with suppress(OSError):
            place.unlink(missing_ok=True)


def note_unfinished(place: Path) -> None:
    """List a temporary place, so that `remove_unfinished` finds it."""
    with _guard:
        _unfinished.add(place)


def forget_unfinished(place: Path) -> None:
    """Take a place that is gone, or has become a result, from the list."""
    with _guard:
        _unfinished.discard(place)


def remove_unfinished() -> None:
    """Remove all temporary places of this process, for a program that ends in the middle of its work."""
    while _unfinished:
        remove_place(_unfinished.pop())


def _lock(place: Path) -> int | None:
    """Lock a new place for this process; None where that is not possible."""
    if fcntl is None:
        return None
    handle = None
    try:
        handle = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError:  # removed by another process, or a file system without locks, where nobody removes it either
        pass
    return handle


def _unlock(handle: int | None) -> None:
    if handle is not None:
        os.close(handle)
