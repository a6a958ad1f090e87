"""Files and folders that are written whole or not at all, and checked when they are read."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from .errors import FormatError, StorageError

__all__ = [
    "ArrayFile",
    "new_column",
    "new_file",
    "new_folder",
    "read_folder",
    "release",
    "require_space",
    "storage",
    "sync_folder",
    "take",
    "write_bytes",
    "write_folder",
    "write_meta",
    "write_text",
]

STEP = 1 << 20  # values that are read or written at a time
TAKEN = 1 << 22  # values of a mapped array whose pages are held at a time while some are picked
ELSEWHERE = "make room, or name a folder on another disk"
LARGEST = 0xFFFFFFFF  # an array with larger values has 8 bytes a value


@contextmanager
def new_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Make an empty temporary file beside `path`; it takes the place of `path` when the block ends well."""
    import tempfile

    target = Path(path)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)  # mkstemp makes private files; a result is an ordinary one
        os.replace(temporary, target)
        sync_folder(target.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def sync_folder(folder: str | os.PathLike[str]) -> None:
    """Have the names in a folder on the disk: a file that was synced may have no name yet when the power goes."""
    if os.name != "posix":
        return
    with suppress(OSError):  # some file systems cannot, and need not; some folders cannot be read
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_text(path: str | os.PathLike[str]) -> AbstractContextManager[IO[str]]:
    """Open a temporary file beside `path` for UTF-8 text; it takes the place of `path` when the block ends well."""
    return _written(path, "w", encoding="utf-8", newline="\n", errors="surrogatepass")


def write_bytes(path: str | os.PathLike[str]) -> AbstractContextManager[IO[bytes]]:
    """The same for bytes."""
    return _written(path, "wb")


@contextmanager
def _written(path: str | os.PathLike[str], mode: str, **options: str) -> Iterator[IO[Any]]:
    with new_file(path) as name, open(name, mode, **options) as file:  # type: ignore[call-overload]
        yield file
        file.flush()
        os.fsync(file.fileno())


class ArrayFile:
    """A one-dimensional array of uint32 in a ``.npy`` file that grows at its end; uint64 from when it must be.

    Attributes
    ----------
    length, checksum
        Number of values, and CRC-32 of their bytes.
    """

    HEADER = 128  # bytes before the values, with room for any length

    def __init__(self, file: IO[bytes], dtype: str | np.dtype[Any] = "<u4") -> None:
        self.file, self.dtype, self.length, self.checksum = file, np.dtype(dtype), 0, 0
        self._write_header()

    def append(self, values: np.ndarray[Any, Any]) -> None:
        """Add values behind the others."""
        import zlib

        if not len(values):
            return
        if self.dtype == np.uint32 and values.dtype == np.uint64 and int(values.max()) > LARGEST:
            self._widen()
        for begin in range(0, len(values), STEP):
            part = np.ascontiguousarray(values[begin : begin + STEP], self.dtype).view(np.uint8).data
            self.file.write(part)
            self.checksum = zlib.crc32(part, self.checksum)
            release(values)
        self.length += len(values)

    def finish(self) -> None:
        """Put the final length down; the values are on the disk when this returns."""
        self.file.seek(0)
        self._write_header()
        self.file.seek(0, os.SEEK_END)
        self.file.flush()
        os.fsync(self.file.fileno())

    def mapped(self) -> np.ndarray[Any, Any]:
        """The values, read-only, mapped from the file."""
        if not self.length:
            return np.zeros(0, self.dtype)
        return np.memmap(self.file, self.dtype, "r", self.HEADER, (self.length,))  # type: ignore[call-overload, no-any-return, unused-ignore]

    def _write_header(self) -> None:
        text = f"{{'descr': {self.dtype.str!r}, 'fortran_order': False, 'shape': ({self.length},), }}".encode()
        self.file.write(b"\x93NUMPY\x01\x00\x76\x00" + text.ljust(self.HEADER - 11) + b"\n")

    def _widen(self) -> None:
        """Make 8 bytes of every 4, from the end, so that nothing is overwritten before it is read."""
        import zlib

        for begin in range((self.length - 1) // STEP * STEP if self.length else -1, -1, -STEP):
            self.file.seek(self.HEADER + 4 * begin)
            narrow = np.frombuffer(self.file.read(4 * min(STEP, self.length - begin)), "<u4")
            self.file.seek(self.HEADER + 8 * begin)
            self.file.write(narrow.astype("<u8").data)
        self.dtype, self.checksum = np.dtype("<u8"), 0
        self.file.seek(self.HEADER)
        while data := self.file.read(8 * STEP):
            self.checksum = zlib.crc32(data, self.checksum)


def new_column(length: int, folder: str | os.PathLike[str]) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """Room for numbers in a nameless file, mapped; the disk has it, or this fails."""
    import tempfile

    if not length:
        return np.zeros(0, np.uint32)
    with tempfile.TemporaryFile(prefix="nlp-zero-", dir=folder) as file:
        if hasattr(os, "posix_fallocate"):  # a disk that fills up under a mapping kills the process
            os.posix_fallocate(file.fileno(), 0, 4 * length)
        return np.memmap(file, np.uint32, "r+" if hasattr(os, "posix_fallocate") else "w+", 0, (length,))


def take(array: np.ndarray[Any, Any], places: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """``array[places]``, for places that rise, without holding all of a mapped array in memory."""
    if not hasattr(array, "_mmap"):
        return np.asarray(array[places])
    result = np.empty(len(places), array.dtype)
    bounds = np.searchsorted(places, np.arange(0, len(array) + TAKEN, TAKEN))
    for begin, end in itertools.pairwise(bounds.tolist()):
        if begin < end:
            result[begin:end] = array[places[begin:end]]
            release(array)
    return result


def release(array: np.ndarray[Any, Any]) -> None:
    """Give up the memory of a mapped array's pages; they are read again when they are wanted."""
    mapping: Any = getattr(array, "_mmap", None)
    if hasattr(mapping, "madvise"):
        import mmap

        mapping.madvise(mmap.MADV_DONTNEED)


@contextmanager
def storage(folder: str | os.PathLike[str], remedy: str) -> Iterator[None]:
    """Say it in one sentence when the disk of `folder` is full."""
    import errno

    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise StorageError(f"{folder}: no room is left on this disk ({error.strerror}); {remedy}.") from None


def require_space(folder: str | os.PathLike[str], needed: int, remedy: str) -> None:
    """Raise `StorageError` if the disk of `folder` has less than `needed` bytes free."""
    import shutil

    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageError(
            f"{folder}: about {needed / 1e6:,.1f} MB more are needed on this disk and {free / 1e6:,.1f} MB are free; "
            f"{remedy}."
        )


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
                files[name].finish()
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
    for begin in range(0, len(array), STEP):
        checksum = zlib.crc32(array[begin : begin + STEP].view(np.uint8).data, checksum)
        release(array)
    return checksum


def _is_ours(folder: Path, format: str) -> bool:
    import json

    try:
        return bool(json.loads((folder / "meta.json").read_text(encoding="utf-8"))["format"] == format)
    except (OSError, ValueError, KeyError, TypeError):
        return folder.is_dir() and not any(folder.iterdir())
