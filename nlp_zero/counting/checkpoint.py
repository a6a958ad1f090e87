"""Checkpoints: a folder from which a count continues after it was stopped at any moment.

The folder holds the finished runs and ``checkpoint.json``, which lists them and tells how far the corpus was read, and
which corpus and options they belong to. That file is replaced as a whole, after the runs that it lists were synced.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from .._utils.files import write_text
from .._utils.locks import LOCK_NAME, lock_folder, remove_lock
from ..corpus import Corpus, describe_reading, identify_files
from ..errors import CheckpointError, FormatError
from .runs import RunFile

__all__ = ["Checkpoint", "remove_checkpoint"]

FORMAT = "nlp-zero checkpoint"
VERSION = 1
MANIFEST = "checkpoint.json"
SAMPLING = "nlp-zero sampling checkpoint"  # the format of the states that the builder `bayes` saves


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
        self._what: dict[str, Any] = {
            "options": {**options, **describe_reading(corpus)},
            "inputs": [list(entry) for entry in identify_files(corpus)],
        }
        self.runs: list[RunFile] = []
        self.position = (0, 0)
        fresh = not (self.folder / MANIFEST).exists()
        if fresh:
            if self.folder.exists() and not self._only_ours():
                raise CheckpointError(f"{self.folder} exists and is not a checkpoint; name another folder.")
            self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = lock_folder(self.folder)
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
        run.name = str(self.folder / f"{len(self.runs) + 1:06}.run")
        self.runs.append(run)
        self.position = position
        self._save()

    def _save(self) -> None:
        runs = [[Path(run.name).name, run.size] for run in self.runs]
        meta = {"format": FORMAT, "version": VERSION, **self._what, "runs": runs, "position": list(self.position)}
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
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
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
        for name, mine in self._what["options"].items():
            its = meta["options"].get(name)
            if its != mine:
                raise CheckpointError(
                    f"{self.folder} is the checkpoint of a count with {name} {its!r}, not {mine!r}; {way_out}."
                )
        theirs = [tuple(entry) for entry in meta["inputs"]]
        ours = [tuple(entry) for entry in self._what["inputs"]]
        for (name, *its), (other, *mine) in zip(theirs, ours, strict=False):
            if name != other:
                raise CheckpointError(f"{self.folder} is the checkpoint of a count of {name}, not {other}; {way_out}.")
            if its != mine:
                what = "size" if its[0] != mine[0] else "time"
                raise CheckpointError(
                    f"{name} has changed since the checkpoint {self.folder} was made (another {what}); "
                    "remove the checkpoint and count again."
                )
        if len(theirs) != len(ours):
            more, side = (theirs, "with") if len(theirs) > len(ours) else (ours, "without")
            extra = more[min(len(theirs), len(ours))][0]
            raise CheckpointError(f"{self.folder} is the checkpoint of a count {side} {extra}; {way_out}.")

    def _only_ours(self) -> bool:
        """True for an empty folder, or one that a killed program left before it wrote a list."""
        return self.folder.is_dir() and all(
            path.suffix == ".run" or path.name == LOCK_NAME or path.name.startswith(f".{MANIFEST}.")
            for path in self.folder.iterdir()
        )


def remove_checkpoint(folder: str | os.PathLike[str]) -> None:
    """Remove a checkpoint whose result is safe; any other folder is left as it is."""
    path = Path(folder)
    if (path / "meta.json").exists():
        _remove_sampling(path)
        return
    if not (path / MANIFEST).exists():
        return
    (path / MANIFEST).unlink()
    for file in path.iterdir():
        if file.suffix == ".run" or file.name.startswith(f".{MANIFEST}."):
            file.unlink()
    remove_lock(path)
    if not any(path.iterdir()):
        path.rmdir()


def _remove_sampling(path: Path) -> None:
    import shutil

    try:
        ours = json.loads((path / "meta.json").read_text(encoding="utf-8"))["format"] == SAMPLING
    except (OSError, ValueError, KeyError, TypeError):
        return
    if ours:
        shutil.rmtree(path)
