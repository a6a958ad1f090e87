"""Folders of arrays that are written whole or not at all, and checked when they are read."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FormatError
from .arrays import ArrayFile, scan
from .files import require_space, sync_folder
from .leftovers import (
    OLD_SUFFIX,
    find_temporary,
    forget_unfinished,
    note_unfinished,
    remove_place,
    temporary_name,
    temporary_place,
)

__all__ = [
    "ELSEWHERE",
    "check_replaceable",
    "new_folder",
    "read_folder",
    "restore_folder",
    "write_arrays",
    "write_folder",
    "write_meta",
]

AGAIN = "write it again"
HEADER = re.compile(rb"\x93NUMPY[^{]{4}\{'descr': '[<|][a-z]\d+', 'fortran_order': False, 'shape': \(\d+,\), \} *\n?$")
ELSEWHERE = "make room, or name a folder on another disk"
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
        If something else than an empty folder or a folder of this format exists, or if the folder holds files that do
        not belong to it.
    FormatError
        If the folder cannot be read.
    """
    target = Path(os.path.realpath(path))
    looks = 0
    while True:
        restore_folder(target)
        with _hold(target) as held, suppress(FileNotFoundError):  # a file that vanishes: look again
            obstacle = _find_obstacle(target, format)
            if obstacle is None:
                return
            looks = looks + 1 if held == _identify(target) else 0
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


def write_meta(
    folder: Path, *, format: str, version: int, meta: Mapping[str, object], arrays: Mapping[str, ArrayFile]
) -> None:
    """Write the ``meta.json`` of a new folder whose arrays are finished.

    Parameters
    ----------
    folder : pathlib.Path
        The folder that holds the arrays.
    format : str
        Name of the format.
    version : int
        Version of the format.
    meta : mapping
        Entries of the caller.
    arrays : mapping of str to ArrayFile
        The finished arrays by name.
    """
    import json

    sums = {name: [array.length, array.checksum] for name, array in arrays.items()}
    header = {"format": format, "version": version, "arrays": sums, **meta}
    with open(folder / "meta.json", "w", encoding="utf-8") as file:
        json.dump(header, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())


def write_folder(
    path: str | os.PathLike[str],
    *,
    format: str,
    version: int,
    meta: Mapping[str, object],
    arrays: Mapping[str, np.ndarray[Any, Any]],
) -> None:
    """Write a folder of arrays with a ``meta.json``; `new_folder` says which folders are replaced.

    Parameters
    ----------
    path : str or path-like
        The folder to write.
    format : str
        Name of the format.
    version : int
        Version of the format.
    meta : mapping
        Entries of the caller for ``meta.json``.
    arrays : mapping of str to array
        One-dimensional arrays of uint32 or uint64 by name.

    Raises
    ------
    FileExistsError
        If something else exists at `path`.
    StorageError
        If the disk has too little free space.
    """
    require_space(Path(path).parent, sum(array.nbytes for array in arrays.values()), ELSEWHERE)
    with new_folder(path, format=format) as folder:
        files = write_arrays(folder, arrays)
        write_meta(folder, format=format, version=version, meta=meta, arrays=files)


def write_arrays(folder: Path, arrays: Mapping[str, np.ndarray[Any, Any]]) -> dict[str, ArrayFile]:
    """Write arrays into a new folder.

    Parameters
    ----------
    folder : pathlib.Path
        The folder.
    arrays : mapping of str to array
        One-dimensional arrays by name.

    Returns
    -------
    dict of str to ArrayFile
        The finished files, for `write_meta`.
    """
    files = {}
    for name, array in arrays.items():
        with open(folder / f"{name}.npy", "w+b") as file:
            files[name] = ArrayFile(file, array.dtype)
            files[name].append(array)
            files[name].sync()
    return files


def read_folder(
    path: str | os.PathLike[str], *, format: str, version: int
) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """Read a folder that `write_folder` wrote.

    Parameters
    ----------
    path : str or path-like
        The folder.
    format : str
        Name of the expected format.
    version : int
        Expected version of the format.

    Returns
    -------
    meta : dict
        The content of ``meta.json``.
    arrays : dict of str to array
        The arrays, mapped read-only.

    Raises
    ------
    FormatError
        If the folder has another format or version, or is incomplete or damaged.
    """
    folder = Path(path)
    looks = 0
    while True:
        restore_folder(folder)
        with _hold(folder) as held:
            try:
                found = _read_folder(folder, format, version)
            except FormatError as error:
                looks = looks + 1 if held == _identify(folder) else 0
                if looks == LOOKS or (looks and not isinstance(error.__context__, FileNotFoundError)):
                    raise
            else:
                if held is not None and held == _identify(folder):
                    return found


def _read_folder(folder: Path, format: str, version: int) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    meta = _read_meta(folder, format, version)
    listed = meta.get("arrays")
    if not isinstance(listed, dict):
        raise FormatError(f"{folder / 'meta.json'} does not list its arrays; {AGAIN}.")
    return meta, {name: _read_array(folder / f"{Path(name).name}.npy", entry) for name, entry in listed.items()}


def _read_meta(folder: Path, format: str, version: int) -> dict[str, Any]:
    import json

    if folder.is_file():
        kind = format.removeprefix("nlp-zero ")
        raise FormatError(f"{folder}: this is a file, not a folder of {kind}; name the folder that was written.")
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        if not folder.exists():
            raise FormatError(f"{folder}: no such folder; check the name and the working folder.") from None
        raise FormatError(
            f"{folder} does not have the format {format!r}: it has no meta.json; check the name."
        ) from None
    except OSError as error:
        raise FormatError(f"{folder / 'meta.json'} cannot be read ({error.strerror}); {AGAIN}.") from None
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{folder / 'meta.json'} cannot be read ({error}); {AGAIN}.") from None
    if not isinstance(meta, dict) or meta.get("format") != format:
        raise FormatError(
            f"{folder} does not have the format {format!r}: its meta.json names another format; check the name."
        )
    if meta.get("version") != version:
        raise FormatError(
            f"{folder} has version {meta.get('version')!r} of {format}, and this program reads version {version}; "
            f"{AGAIN}."
        )
    return meta


def _read_array(file: Path, entry: Any) -> np.ndarray[Any, Any]:
    try:
        length, checksum = entry
        size = file.stat().st_size
        with open(file, "rb") as start:
            if not HEADER.match(start.read(128)):  # NumPy repairs headers of old versions, with a warning
                raise ValueError("damaged header")
        array: np.ndarray[Any, Any] = np.load(file, mmap_mode="r" if length else None, allow_pickle=False)
    except Exception as error:  # NumPy parses the header as Python, and raises all kinds of errors
        detail = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise FormatError(f"{file} cannot be read ({detail}); {AGAIN}.") from None
    if array.shape != (length,) or size < array.nbytes or _checksum(array) != checksum:
        raise FormatError(f"{file} is truncated or was altered; {AGAIN}.")
    return array


def _checksum(array: np.ndarray[Any, Any]) -> int:
    import zlib

    checksum = 0
    for _, chunk in scan(array):
        checksum = zlib.crc32(chunk.view(np.uint8).data, checksum)
    return checksum


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


@contextmanager
def _hold(folder: Path) -> Iterator[int | None]:
    """Keep a folder open, so that no other folder gets its number, which is yielded; None if there is no folder."""
    handle = None
    with suppress(OSError):  # no folder, or Windows, which opens files only
        handle = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        yield _identify(folder) if handle is None else os.fstat(handle).st_ino
    finally:
        if handle is not None:
            os.close(handle)


def _identify(folder: Path) -> int | None:
    try:
        return folder.stat().st_ino
    except OSError:
        return None


def _find_obstacle(target: Path, format: str) -> str | None:
    """Say why a folder cannot be replaced; None if it can."""
    if not target.exists():
        return None
    names = _own_names(target, format)
    if names is None:
        return f"exists and does not have the format {format!r}; choose another name or remove it."
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
