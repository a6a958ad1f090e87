"""The state of a sampler on disk, from which a stopped run continues to the same result."""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._utils.folders import read_folder, write_folder
from ..._utils.leftovers import remove_leftovers
from ..._utils.locks import LOCK_NAME, lock_folder
from ..._utils.replacement import restore_folder
from ...counting.checkpoint import SAMPLING, STATE
from ...errors import CheckpointError, FormatError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["SamplerCheckpoint", "compute_checksum"]

VERSION = 2


class SamplerCheckpoint:
    """A folder that is locked for this process, with the saved state, which is replaced as a whole.

    Parameters
    ----------
    folder : str or path-like
        The folder; created if it does not exist.

    Attributes
    ----------
    progress : dict
        Sweeps and token counts of the saved state; empty without one.
    arrays : dict of str to ndarray
        Segmentations and classes of the saved state; empty without one.

    Raises
    ------
    CheckpointError
        If the folder holds something else, or another process uses it.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.identity: dict[str, object] = {}
        self.progress: dict[str, Any] = {}
        self.arrays: dict[str, np.ndarray[Any, Any]] = {}
        if self.folder.exists() and not self._only_ours():
            raise CheckpointError(f"{self.folder} exists and is not a sampling checkpoint; name another folder.")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = lock_folder(self.folder)

    def resume(self, identity: Mapping[str, object]) -> None:
        """Read the saved state, if there is one.

        Parameters
        ----------
        identity : mapping
            The text and the options of the run.

        Raises
        ------
        CheckpointError
            If the state belongs to another text or to other options.
        FormatError
            If the state is damaged.
        """
        self.identity = dict(identity)
        state = self.folder / STATE
        restore_folder(state)
        remove_leftovers(state)
        if not (state / "meta.json").exists():
            return
        meta, arrays = read_folder(state, format=SAMPLING, version=VERSION)
        what, run = meta.get("what"), meta.get("run")
        if not isinstance(what, dict) or not isinstance(run, dict):
            raise FormatError(f"{state / 'meta.json'} is damaged; remove the folder {self.folder} and start again.")
        for name, wanted in self.identity.items():
            saved = what.get(name)
            if saved == wanted:
                continue
            difference = "another text" if name == "text" else f"{name} {saved!r}, not {wanted!r}"
            raise CheckpointError(
                f"{self.folder} is the checkpoint of a run with {difference}; use the same, or name another folder."
            )
        self.progress, self.arrays = run, {name: np.array(array) for name, array in arrays.items()}

    def save(self, progress: Mapping[str, object], arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Replace the saved state."""
        meta = {"what": self.identity, "run": dict(progress)}
        write_folder(self.folder / STATE, format=SAMPLING, version=VERSION, meta=meta, arrays=arrays)

    def _only_ours(self) -> bool:
        """Return whether the folder holds a state, a lock and what killed programs left, and nothing else."""
        names = (STATE, LOCK_NAME)
        return self.folder.is_dir() and all(
            path.name in names or path.name.startswith(f".{STATE}.") for path in self.folder.iterdir()
        )


def compute_checksum(text: npt.NDArray[np.uint32], symbols: list[str]) -> str:
    """Return a checksum of an encoded text and its symbols."""
    names = "\0".join(symbols).encode("utf-8", "surrogatepass")
    return f"{len(text)}-{zlib.crc32(text.data):08x}-{zlib.crc32(names):08x}"
