"""The state of a sampler on disk, from which a stopped run continues to the same result."""

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

__all__ = ["SamplerCheckpoint", "compute_checksum"]

VERSION = 2


class SamplerCheckpoint:
    """A folder that is replaced as a whole whenever a state is saved.

    Parameters
    ----------
    folder : str or path-like
        The folder; it need not exist.
    identity : mapping
        The text and the options of the run; a state with another identity is refused.

    Attributes
    ----------
    progress : dict
        Sweeps and token counts of the saved state; empty without one.
    arrays : dict of str to ndarray
        Segmentations and classes of the saved state; empty without one.

    Raises
    ------
    CheckpointError
        If the folder holds something else, or the state of another text or of other options.
    FormatError
        If the folder is damaged.
    """

    def __init__(self, folder: str | os.PathLike[str], identity: Mapping[str, object]) -> None:
        self.folder, self.identity = Path(folder), dict(identity)
        self.progress: dict[str, Any] = {}
        self.arrays: dict[str, np.ndarray[Any, Any]] = {}
        restore_folder(self.folder)
        if (self.folder / "meta.json").exists():
            self._read()
        elif self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            raise CheckpointError(f"{self.folder} exists and is not a sampling checkpoint; name another folder.")

    def save(self, progress: Mapping[str, object], arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Replace the saved state."""
        meta = {"what": self.identity, "run": dict(progress)}
        write_folder(self.folder, format=SAMPLING, version=VERSION, meta=meta, arrays=arrays)

    def _read(self) -> None:
        meta, arrays = read_folder(self.folder, format=SAMPLING, version=VERSION)
        for name, wanted in self.identity.items():
            saved = meta["what"].get(name)
            if saved == wanted:
                continue
            difference = "another text" if name == "text" else f"{name} {saved!r}, not {wanted!r}"
            raise CheckpointError(
                f"{self.folder} is the checkpoint of a run with {difference}; use the same, or name another folder."
            )
        self.progress, self.arrays = meta["run"], {name: np.array(array) for name, array in arrays.items()}


def compute_checksum(text: npt.NDArray[np.uint32], symbols: list[str]) -> str:
    """Return a checksum of an encoded text and its symbols."""
    names = "\0".join(symbols).encode("utf-8", "surrogatepass")
    return f"{len(text)}-{zlib.crc32(text.data):08x}-{zlib.crc32(names):08x}"
