"""Folders of arrays that are written whole or not at all, and checked when they are read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FormatError
from .arrays import ArrayFile, scan
from .files import require_space, sync_folder

__all__ = ["ELSEWHERE", "new_folder", "read_folder", "write_folder", "write_meta"]

ELSEWHERE = "make room, or name a folder on another disk"


@contextmanager
def new_folder(path: str | os.PathLike[str], *, format: str) -> Iterator[Path]:
    """Make a temporary folder beside `path`; it takes the place of `path` when the block ends well.

    Replaces a folder of the same format, leaves anything else alone.
    """
    import shutil
    import tempfile

    target = Path(path)
    if target.exists() and not _is_ours(target, format):
        raise FileExistsError(f"{target} exists and is no {format} folder; choose another name or remove it.")
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    try:
        yield temporary
        os.chmod(temporary, 0o755)
        sync_folder(temporary)
        if target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".old", dir=target.parent))
            os.replace(target, old / "folder")
            os.replace(temporary, target)
            sync_folder(target.parent)
            shutil.rmtree(old)
        else:
            os.replace(temporary, target)
            sync_folder(target.parent)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def write_meta(
    folder: Path, *, format: str, version: int, meta: Mapping[str, object], arrays: Mapping[str, ArrayFile]
) -> None:
    """Write the ``meta.json`` of a new folder whose arrays are finished."""
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
    """Write arrays and ``meta.json``; replaces a folder of the same format at `path`, leaves anything else alone."""
    require_space(Path(path).parent, sum(array.nbytes for array in arrays.values()), ELSEWHERE)
    with new_folder(path, format=format) as folder:
        files = {}
        for name, array in arrays.items():
            with open(folder / f"{name}.npy", "w+b") as file:
                files[name] = ArrayFile(file, array.dtype)
                files[name].append(array)
                files[name].sync()
        write_meta(folder, format=format, version=version, meta=meta, arrays=files)


def read_folder(
    path: str | os.PathLike[str], *, format: str, version: int
) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """Read what `write_folder` wrote; arrays are mapped read-only.  Raises `FormatError` when anything is amiss."""
    import json

    folder = Path(path)
    again = "write it again"
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FormatError(f"{folder} is no {format} folder: it has no meta.json.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise FormatError(f"{folder / 'meta.json'} cannot be read ({error}); {again}.") from None
    if not isinstance(meta, dict) or meta.get("format") != format:
        raise FormatError(f"{folder} is no {format} folder: meta.json says something else.")
    if meta.get("version") != version:
        raise FormatError(f"{folder} has version {meta.get('version')!r} of {format}; this program reads {version}.")
    arrays = {}
    listed = meta.get("arrays")
    if not isinstance(listed, dict):
        raise FormatError(f"{folder / 'meta.json'} does not list its arrays; {again}.")
    for name, entry in listed.items():
        file = folder / f"{Path(name).name}.npy"
        try:
            length, checksum = entry
            size = file.stat().st_size
            array = np.load(file, mmap_mode="r" if length else None, allow_pickle=False)
        except (OSError, ValueError, TypeError, EOFError) as error:
            raise FormatError(f"{file} cannot be read ({error}); {again}.") from None
        if len(array) != length or size < array.nbytes or _checksum(array) != checksum:
            raise FormatError(f"{file} is truncated or was altered; {again}.")
        arrays[name] = array
    return meta, arrays


def _checksum(array: np.ndarray[Any, Any]) -> int:
    import zlib

    checksum = 0
    for _, chunk in scan(array):
        checksum = zlib.crc32(chunk.view(np.uint8).data, checksum)
    return checksum


def _is_ours(folder: Path, format: str) -> bool:
    import json

    try:
        return bool(json.loads((folder / "meta.json").read_text(encoding="utf-8"))["format"] == format)
    except (OSError, ValueError, KeyError, TypeError):
        return folder.is_dir() and not any(folder.iterdir())
