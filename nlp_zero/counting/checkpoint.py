"""Checkpoints: a folder from which a count continues after it was stopped at any moment.

The folder holds the finished runs and ``checkpoint.json``, which lists the runs, the position up to which the corpus
was read, the corpus and the options. That file is replaced as a whole, after the runs that it lists were synced.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from .._utils.files import sync_folder, write_text
from .._utils.leftovers import OLD_SUFFIX, find_temporary, remove_leftovers, remove_place, temporary_name
from .._utils.locks import LOCK_NAME, FolderLock, lock_folder, remove_lock
from ..corpus import Corpus, describe_reading, identify_files
from ..errors import CheckpointError, FormatError
from .runs import RunFile

__all__ = ["Checkpoint", "has_saved_state", "lock_checkpoint", "remove_checkpoint", "remove_empty_checkpoint"]

FORMAT = "nlp-zero checkpoint"
VERSION = 1
MANIFEST = "checkpoint.json"
SAMPLING = "nlp-zero sampling checkpoint"  # the format of the states that the builder `bayes` saves ...
STATE = "state"  # ... in a folder of this name in the folder of the checkpoint


class Checkpoint:
    """The checkpoint of one count.

    Parameters
    ----------
    folder : str or path-like
        Created if it does not exist.
    corpus : Corpus
        What is counted.
    options : mapping
        How it is counted.

    Attributes
    ----------
    runs : list of RunFile
        The finished runs.
    position : tuple of two int
        Where reading continues; see `nlp_zero.corpus.read_blocks_from`.

    Raises
    ------
    CheckpointError
        If the folder holds something else, or a checkpoint of another corpus or other options.
    FormatError
        If it was damaged.
    """

    def __init__(self, folder: str | os.PathLike[str], corpus: Corpus, options: Mapping[str, object]) -> None:
        self.folder = Path(folder)
        self._identity: dict[str, Any] = {
            "options": {**options, **describe_reading(corpus)},
            "inputs": [list(entry) for entry in identify_files(corpus)],
        }
        self.runs: list[RunFile] = []
        self.position = (0, 0)
        fresh = not (self.folder / MANIFEST).exists()
        if fresh:
            if self.folder.exists() and not self._is_unused():
                raise CheckpointError(f"{self.folder} exists and is not a checkpoint; name another folder.")
            self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = lock_folder(self.folder)
        remove_leftovers(self.folder / MANIFEST)
        if fresh and not (self.folder / MANIFEST).exists():
            self._save()
        else:
            self._resume()
        listed = {run.name for run in self.runs}
        for stray in self.folder.glob("*.run"):  # written, but not listed yet
            if str(stray) not in listed:
                stray.unlink()

    def new_file(self) -> IO[bytes]:
        """Open a file for the next run."""
        return open(self.folder / f"{len(self.runs) + 1:06}.run", "w+b")

    def add(self, run: RunFile, file: IO[bytes], position: tuple[int, int]) -> None:
        """List a run that was written to a file of `new_file`, and the position up to which the corpus was read."""
        os.fsync(file.fileno())
        sync_folder(self.folder)  # else a power cut could keep the list and lose the name of the run
        run.name = str(self.folder / f"{len(self.runs) + 1:06}.run")
        self.runs.append(run)
        self.position = position
        self._save()

    def _save(self) -> None:
        runs = [[Path(run.name).name, run.size] for run in self.runs]
        meta = {"format": FORMAT, "version": VERSION, **self._identity, "runs": runs, "position": list(self.position)}
        with write_text(self.folder / MANIFEST) as file:
            json.dump(meta, file, ensure_ascii=False)

    def _resume(self) -> None:
        path = self.folder / MANIFEST
        try:
            meta = json.loads(path.read_text(encoding="utf-8", errors="surrogatepass"))
            if meta["format"] != FORMAT or meta["version"] != VERSION:
                raise CheckpointError(f"{path} is of another version or program; remove the folder and count again.")
            self._compare(meta)
            first, second = meta["position"]
            self.position = (int(first), int(second))
            listed = [(self.folder / Path(name).name, int(size)) for name, size in meta["runs"]]
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise FormatError(f"{path} cannot be used ({error}); remove the folder and count again.") from None
        for name, size in listed:
            try:
                run = RunFile(open(name, "rb"), str(name))  # noqa: SIM115
            except OSError as error:
                raise FormatError(f"{name}: {error.strerror}; remove the folder and count again.") from None
            self.runs.append(run)
            if run.size != size:
                raise FormatError(f"{name} is not the run that {path} lists; remove the folder and count again.")

    def _compare(self, meta: Mapping[str, Any]) -> None:
        way_out = "give the same ones, or name another folder"
        for option, value in self._identity["options"].items():
            saved_value = meta["options"].get(option)
            if saved_value != value:
                raise CheckpointError(
                    f"{self.folder} is the checkpoint of a count with {option} {saved_value!r}, not {value!r}; "
                    f"{way_out}."
                )
        saved_files = [tuple(entry) for entry in meta["inputs"]]
        files = [tuple(entry) for entry in self._identity["inputs"]]
        for (saved_name, *saved_state), (name, *state) in zip(saved_files, files, strict=False):
            if saved_name != name:
                raise CheckpointError(
                    f"{self.folder} is the checkpoint of a count of {saved_name}, not {name}; {way_out}."
                )
            if saved_state != state:
                difference = "size" if saved_state[0] != state[0] else "time"
                raise CheckpointError(
                    f"{name} has changed since the checkpoint {self.folder} was made (another {difference}); "
                    "remove the checkpoint and count again."
                )
        if len(saved_files) != len(files):
            longer, side = (saved_files, "with") if len(saved_files) > len(files) else (files, "without")
            extra = longer[min(len(saved_files), len(files))][0]
            raise CheckpointError(f"{self.folder} is the checkpoint of a count {side} {extra}; {way_out}.")

    def _is_unused(self) -> bool:
        """Return whether the folder is empty, or was left by a program that was killed before it listed a run."""
        return self.folder.is_dir() and all(
            path.suffix == ".run" or path.name == LOCK_NAME or path.name.startswith(f".{MANIFEST}.")
            for path in self.folder.iterdir()
        )


def has_saved_state(folder: str | os.PathLike[str]) -> bool:
    """Return whether a folder is a checkpoint from which a count or a sampler can resume."""
    return (Path(folder) / MANIFEST).exists() or _is_sampling(Path(folder))


def lock_checkpoint(folder: str | os.PathLike[str]) -> FolderLock | None:
    """Create and lock the folder of a checkpoint.

    Parameters
    ----------
    folder : str or path-like
        A checkpoint, an empty folder, or a folder that does not exist.

    Returns
    -------
    FolderLock or None
        The lock, to be kept; None if the folder is something else, which the caller refuses later.

    Raises
    ------
    CheckpointError
        If another process uses the checkpoint.
    """
    path = Path(folder)
    free = not path.exists() or (path.is_dir() and all(entry.name == LOCK_NAME for entry in path.iterdir()))
    if not free and not has_saved_state(path):
        return None
    path.mkdir(parents=True, exist_ok=True)
    return lock_folder(path)


def remove_checkpoint(folder: str | os.PathLike[str]) -> None:
    """Remove a checkpoint whose result is safe; any other folder, and one that another process uses, stays."""
    path = Path(folder)
    if not has_saved_state(path):
        remove_empty_checkpoint(path)
        return
    with suppress(CheckpointError):  # another process has begun to resume from it
        lock = lock_folder(path)
        if (path / MANIFEST).exists():
            (path / MANIFEST).unlink()
            sync_folder(path)  # else a power cut could keep the list and lose the runs
            for file in path.iterdir():
                if file.suffix == ".run" or file.name.startswith(f".{MANIFEST}."):
                    file.unlink()
        else:
            _remove_state(path)
        _remove_locked(path)
        del lock


def remove_empty_checkpoint(folder: str | os.PathLike[str]) -> None:
    """Remove the folder of a checkpoint in which nothing was saved, unless another process uses it."""
    path = Path(folder)
    if path.is_dir() and [entry.name for entry in path.iterdir()] == [LOCK_NAME]:
        with suppress(CheckpointError):
            lock = lock_folder(path)
            _remove_locked(path)
            del lock


def _remove_state(path: Path) -> None:
    """Remove the state of a sampler so that, after a power cut, it is there whole or not at all."""
    for old in find_temporary(path / STATE, OLD_SUFFIX):  # half of one, which a reader would put back
        remove_place(old)
    sync_folder(path)
    unnamed = temporary_name(path / STATE)
    os.rename(path / STATE, unnamed)
    sync_folder(path)
    remove_place(unnamed)


def _remove_locked(path: Path) -> None:
    """Remove the lock of this process, and the folder if nothing else is in it."""
    remove_lock(path)
    if not any(path.iterdir()):
        path.rmdir()


def _is_sampling(path: Path) -> bool:
    try:
        meta = json.loads((path / STATE / "meta.json").read_text(encoding="utf-8"))
        return bool(meta["format"] == SAMPLING)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
