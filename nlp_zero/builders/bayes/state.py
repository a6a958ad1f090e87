"""The state of a sampler on disk, from which a stopped run goes on and ends with the same words."""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._utils.folders import read_folder, restore_folder, write_folder
from ...counting.checkpoint import SAMPLING
from ...errors import CheckpointError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["SavedState", "text_sum"]

VERSION = 2


class SavedState:
    """A folder that is replaced as a whole whenever a state is saved.

    Parameters
    ----------
    folder
        Where it is.
    what
        What is learnt, and how: the state of something else is refused.

    Raises
    ------
    CheckpointError
        When the folder holds something else, or the state of another text or other options.
    FormatError
        When it was damaged.
    """

    def __init__(self, folder: str | os.PathLike[str], what: Mapping[str, object]) -> None:
        self.folder, self.what = Path(folder), dict(what)
        self.run: dict[str, Any] = {}
        self.arrays: dict[str, np.ndarray[Any, Any]] = {}
        restore_folder(self.folder)
        if (self.folder / "meta.json").exists():
            self._read()
        elif self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            raise CheckpointError(f"{self.folder} exists and is no checkpoint of sampling; name another folder.")

    def save(self, run: Mapping[str, object], arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        meta = {"what": self.what, "run": dict(run)}
        write_folder(self.folder, format=SAMPLING, version=VERSION, meta=meta, arrays=arrays)

    def _read(self) -> None:
        meta, arrays = read_folder(self.folder, format=SAMPLING, version=VERSION)
        for name, mine in self.what.items():
            its = meta["what"].get(name)
            if its == mine:
                continue
            other = "another text" if name == "text" else f"{name} {its!r}, not {mine!r}"
            raise CheckpointError(
                f"{self.folder} is the checkpoint of learning with {other}; give the same, or name another folder."
            )
        self.run, self.arrays = meta["run"], {name: np.array(array) for name, array in arrays.items()}


def text_sum(text: npt.NDArray[np.uint32], symbols: list[str]) -> str:
    """A checksum of an encoded text and of what its symbols are."""
    names = "\0".join(symbols).encode("utf-8", "surrogatepass")
    return f"{len(text)}-{zlib.crc32(text.data):08x}-{zlib.crc32(names):08x}"
