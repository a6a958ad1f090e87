"""Folders that replace older ones whole or not at all, even if several processes write and read one at a time."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import FormatError
from .files import sync_folder
from .leftovers import (
    OLD_SUFFIX,
    find_temporary,
    forget_unfinished,
    note_unfinished,
    remove_place,
    temporary_name,
    temporary_place,
)

__all__ = ["LOOKS", "check_replaceable", "hold_folder", "new_folder", "restore_folder"]

# While another process replaces a folder, its name may lead nowhere, to another folder, and to the first one again.
# That something is missing is believed after this many looks in a row; a folder that was set aside is put back before
# each look.
LOOKS = 5


@contextmanager
def new_folder(path: str | os.PathLike[str], *, format: str) -> Iterator[Path]:
    """Create a temporary folder next to `path`; it replaces `path` if the block succeeds.

    Only an empty folder or a folder of the same format is replaced.  If anything fails, even while the folders are
    exchanged, the old folder is kept.

    Parameters
    ----------
    path : str or path-like
        The folder to write; if it is a link, the folder that it points to.
    format : str
        The format that ``meta.json`` names.

    Yields
    ------
    pathlib.Path
        The temporary folder.  It is removed if the block raises an exception.

    Raises
    ------
    FileExistsError
        If something else exists at `path`.
    """
    target = Path(os.path.realpath(path))
    check_replaceable(path, format=format)
    with temporary_place(target, os.mkdir) as new:
        yield new
        sync_folder(new)
        # Listed before the exchange: what another process sets aside later may be its only copy for a moment.
        replaced = find_temporary(target, OLD_SUFFIX)
        replaced.append(_exchange(target, new))
        try:
            sync_folder(target.parent)
        finally:
            for old in replaced:
                _discard(old, target)


def check_replaceable(path: str | os.PathLike[str], *, format: str) -> None:
    """Make sure that `new_folder` may replace what is at `path`.

    Parameters
    ----------
    path : str or path-like
        The folder to write.
    format : str
        The format of the new folder.

    Raises
    ------
    FileExistsError
        If something else than an empty folder or a folder of this format exists, if the folder holds files that do
        not belong to it, or if a new one would be in a folder of this format.
    FormatError
        If the folder cannot be read.
    """
    target = Path(os.path.realpath(path))
    looks = 0
    while True:
        restore_folder(target)
        with hold_folder(target) as is_in_place, suppress(FileNotFoundError):  # a file that vanishes: look again
            obstacle = _find_obstacle(target, format)
            if obstacle is None:
                return
            looks = looks + 1 if is_in_place() else 0
            if looks == LOOKS:
                raise FileExistsError(f"{path} {obstacle}")


def restore_folder(path: str | os.PathLike[str]) -> None:
    """Put the old folder back if a program was killed while it replaced the folder at `path`.

    Parameters
    ----------
    path : str or path-like
        The folder that was being replaced; nothing happens if it exists.
    """
    target = Path(os.path.realpath(path))
    if not target.exists():
        for old in find_temporary(target, OLD_SUFFIX):
            with suppress(OSError):  # another process has put it back
                os.rename(old, target)
                return


@contextmanager
def hold_folder(folder: Path) -> Iterator[Callable[[], bool]]:
    """Keep a folder open, so that no other folder gets its number.

    Parameters
    ----------
    folder : pathlib.Path
        The folder; it need not exist.

    Yields
    ------
    callable
        Says whether the name still leads where it led at first: to the same folder, or nowhere.
    """
    handle = None
    with suppress(OSError):  # no folder, or Windows, which opens files only
        handle = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        held = _identify(folder) if handle is None else os.fstat(handle).st_ino
        yield lambda: held == _identify(folder)
    finally:
        if handle is not None:
            os.close(handle)


def _identify(folder: Path) -> int | None:
    try:
        return folder.stat().st_ino
    except OSError:
        return None


def _exchange(target: Path, new: Path) -> Path:
    """Rename `target`, if it exists, to a hidden name, which is returned, and `new` to `target`.

    If the second step fails, the first is undone.  If another process has put its own folder there in between, both are
    done again.
    """
    while True:
        old = temporary_name(target, OLD_SUFFIX)
        try:
            with suppress(FileNotFoundError):
                os.rename(target, old)
            os.rename(new, target)
            return old
        except BaseException as error:
            with suppress(OSError):  # there is no old folder, or a new one is in its place
                os.rename(old, target)
            if target.exists():
                _discard(old, target)
            if not isinstance(error, OSError) or error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise


def _discard(old: Path, target: Path) -> None:
    """Remove a folder that was set aside, under another name: half of it must not be put back as the result."""
    place = temporary_name(target)
    note_unfinished(place)
    try:
        os.rename(old, place)
    except FileNotFoundError:
        pass  # another process has put it back, or has removed it
    except OSError:
        remove_place(old)
    finally:
        remove_place(place)
        forget_unfinished(place)


def _find_obstacle(target: Path, format: str) -> str | None:
    """Say why a folder cannot be replaced; None if it can."""
    if not target.exists():
        with suppress(FormatError):  # a file of another program
            if _own_names(target.parent, format):
                return f"is in a folder of the format {format!r}, and does not belong there; choose another place."
        return None
    names = _own_names(target, format)
    if names is None:
        return f"exists and does not have the format {format!r}; choose another name or remove it."
    if not os.access(target, os.W_OK):
        return "is write-protected; choose another place, or allow writing to it."
    with suppress(FileNotFoundError):
        foreign = sorted({entry.name for entry in target.iterdir()} - names)
        if foreign:
            return (
                f"cannot be replaced, because {foreign[0]} in it does not belong to the format {format!r}; "
                "choose another name or move the file."
            )
    return None


def _own_names(folder: Path, format: str) -> set[str] | None:
    """Return the names of the files that a folder of this format holds; None for something else.

    An empty folder has any format.
    """
    import json

    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        if meta["format"] == format:
            return {"meta.json", *(f"{name}.npy" for name in meta["arrays"])}
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.EISDIR):
            raise FormatError(
                f"{folder / 'meta.json'} cannot be read ({error.strerror}); check the disk and the permissions."
            ) from error
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return set() if folder.is_dir() and not any(folder.iterdir()) else None
