"""Files and folders that are written whole or not at all, and checked when they are read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from .errors import FormatError

__all__ = ["read_folder", "write_bytes", "write_folder", "write_text"]


def write_text(path: str | os.PathLike[str]) -> AbstractContextManager[IO[str]]:
    """Open a temporary file beside `path` for UTF-8 text; it takes the place of `path` when the block ends well."""
    return _replacing(path, "w", encoding="utf-8", newline="\n", errors="surrogatepass")


def write_bytes(path: str | os.PathLike[str]) -> AbstractContextManager[IO[bytes]]:
    """The same for bytes."""
    return _replacing(path, "wb")


@contextmanager
def _replacing(path: str | os.PathLike[str], mode: str, **options: str) -> Iterator[IO[Any]]:
    import tempfile

    target = Path(path)
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(handle, mode, **options) as file:  # type: ignore[call-overload]
            yield file
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)  # mkstemp makes private files; a result is an ordinary one
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_folder(
    path: str | os.PathLike[str],
    *,
    format: str,
    version: int,
    meta: Mapping[str, object],
    arrays: Mapping[str, np.ndarray[Any, Any]],
) -> None:
    """Write arrays and ``meta.json``; replaces a folder of the same format at `path`, leaves anything else alone."""
    import json
    import shutil
    import tempfile
    import zlib

    target = Path(path)
    if target.exists() and not _is_ours(target, format):
        raise FileExistsError(f"{target} exists and is no {format} folder; choose another name or remove it.")
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    try:
        sums = {}
        for name, array in arrays.items():
            array = np.ascontiguousarray(array)
            with open(temporary / f"{name}.npy", "wb") as file:
                np.save(file, array, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
            sums[name] = [len(array), zlib.crc32(array.view(np.uint8).data)]
        header = {"format": format, "version": version, "arrays": sums, **meta}
        with open(temporary / "meta.json", "w", encoding="utf-8") as file:
            json.dump(header, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o755)
        if target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".old", dir=target.parent))
            os.replace(target, old / "folder")
            os.replace(temporary, target)
            shutil.rmtree(old)
        else:
            os.replace(temporary, target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def read_folder(
    path: str | os.PathLike[str], *, format: str, version: int
) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """Read what `write_folder` wrote; arrays are mapped read-only.  Raises `FormatError` when anything is amiss."""
    import json
    import zlib

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
        if len(array) != length or size < array.nbytes or zlib.crc32(array.view(np.uint8).data) != checksum:
            raise FormatError(f"{file} is truncated or was altered; {again}.")
        arrays[name] = array
    return meta, arrays


def _is_ours(folder: Path, format: str) -> bool:
    import json

    try:
        return bool(json.loads((folder / "meta.json").read_text(encoding="utf-8"))["format"] == format)
    except (OSError, ValueError, KeyError, TypeError):
        return folder.is_dir() and not any(folder.iterdir())
