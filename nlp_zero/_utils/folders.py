"""Folders of arrays with checksums: written whole or not at all, and checked when they are read."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FormatError
from .arrays import ArrayFile, scan
from .files import require_space
from .mapping import map_array
from .replacement import LOOKS, hold_folder, new_folder, restore_folder

__all__ = ["ELSEWHERE", "read_folder", "read_meta", "write_arrays", "write_folder", "write_meta"]

AGAIN = "write it again"
HEADER = re.compile(rb"\x93NUMPY[^{]{4}\{'descr': '[<|][a-z]\d+', 'fortran_order': False, 'shape': \(\d+,\), \} *\n?$")
ELSEWHERE = "make room, or name a folder on another disk"


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
        with hold_folder(folder) as is_in_place:
            try:
                found = _read_folder(folder, format, version)
            except FormatError as error:
                looks = looks + 1 if is_in_place() else 0
                if looks == LOOKS or (looks and not isinstance(error.__context__, FileNotFoundError)):
                    raise
            else:
                if folder.exists() and is_in_place():
                    return found


def _read_folder(folder: Path, format: str, version: int) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    meta = read_meta(folder, format, version)
    listed = meta.get("arrays")
    if not isinstance(listed, dict):
        raise FormatError(f"{folder / 'meta.json'} does not list its arrays; {AGAIN}.")
    return meta, {name: _read_array(folder / f"{Path(name).name}.npy", entry) for name, entry in listed.items()}


def read_meta(folder: Path, format: str, version: int) -> dict[str, Any]:
    """Read the ``meta.json`` of a folder.

    Raises
    ------
    FormatError
        If it is missing or damaged, or the folder has another format or version.
    """
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
        array = map_array(file)
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
