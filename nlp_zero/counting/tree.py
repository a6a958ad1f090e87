"""Count trees: arrays for each order, concatenated from pieces, in memory or in files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.arrays import MOST_UINT32, ArrayFile, GrowingArray
from .._utils.temporary import open_temporary_file

if TYPE_CHECKING:
    import numpy.typing as npt

    Level = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]
    """Last symbol, count, and end of the children (empty on the top level) of each n-gram of one order."""

__all__ = ["COLUMNS", "TreeBuilder"]

COLUMNS = ("symbols", "counts", "ends")  # the arrays of a level


class TreeBuilder:
    """Concatenates pieces of a count tree.

    Parameters
    ----------
    order : int
        Number of levels.
    make_array : callable
        Makes the array of a name such as ``counts2``.

    Attributes
    ----------
    arrays : dict of str to GrowingArray or ArrayFile
    """

    def __init__(self, order: int, make_array: Callable[[str], GrowingArray | ArrayFile]) -> None:
        self.arrays: dict[str, GrowingArray | ArrayFile] = {}
        self._sizes = [0] * order
        try:
            for n in range(1, order + 1):
                for name in COLUMNS:
                    self.arrays[f"{name}{n}"] = make_array(f"{name}{n}")
        except BaseException:
            self.close()
            raise

    @classmethod
    def in_memory(cls, order: int) -> TreeBuilder:
        """Start a tree whose arrays lie in memory."""
        return cls(order, lambda _: GrowingArray())

    @classmethod
    def in_folder(cls, order: int, folder: Path) -> TreeBuilder:
        """Start a tree whose arrays are ``.npy`` files of a folder."""
        return cls(order, lambda name: ArrayFile(open(folder / f"{name}.npy", "w+b")))

    @classmethod
    def in_temporary_files(cls, order: int, temp_dir: str | None) -> TreeBuilder:
        """Start a tree whose arrays are files without names, which vanish with the arrays."""
        return cls(order, lambda _: ArrayFile(open_temporary_file(temp_dir)))

    def append(self, piece: Iterable[Level]) -> None:
        """Add a piece, in which the ends of children count from the first node of the piece."""
        levels = list(piece)
        for k, (symbols, counts, ends) in enumerate(levels):
            if k + 1 < len(levels):
                shifted = _shift(ends, self._sizes[k + 1], len(levels[k + 1][0]))
                self.arrays[f"ends{k + 1}"].append(shifted)
            self.arrays[f"symbols{k + 1}"].append(symbols)
            self.arrays[f"counts{k + 1}"].append(counts)
        for k, level in enumerate(levels):
            self._sizes[k] += len(level[0])

    def finish(self, workers: int = 1) -> list[Level]:
        """Return the levels of the whole tree; arrays in files are mapped read-only."""
        arrays = [array.finish(workers) for array in self.arrays.values()]
        return list(zip(arrays[::3], arrays[1::3], arrays[2::3], strict=True))

    def close(self) -> None:
        """Free the arrays that were not finished, also if a file cannot be written to the end."""
        with ExitStack() as stack:
            for array in self.arrays.values():
                stack.callback(array.close)


def _shift(ends: npt.NDArray[Any], base: int, size: int) -> npt.NDArray[Any]:
    """Add `base`, the number of children before this piece, to the ends of its `size` children."""
    dtype = np.uint32 if base + size <= MOST_UINT32 else np.uint64
    return np.add(ends, base, dtype=dtype, casting="unsafe") if base else ends
