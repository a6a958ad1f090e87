"""The levels of a count tree, put together from pieces, in memory or on the disk.  Private to the package."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ._store import LARGEST, ArrayFile

if TYPE_CHECKING:
    import numpy.typing as npt

    AnyLevel = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]

__all__ = ["NAMES", "LevelFiles", "Levels", "MemoryColumn"]

NAMES = ("symbols", "counts", "ends")


class Column(Protocol):
    """One array of one order."""

    def append(self, values: npt.NDArray[Any]) -> None: ...


class MemoryColumn:
    """An array of uint32 that grows in memory; uint64 from when it must be."""

    def __init__(self) -> None:
        self.length = 0
        self._array: npt.NDArray[Any] = np.zeros(0, np.uint32)
        self._owned = False  # else it is the first piece itself, and the only one in most cases

    def append(self, values: npt.NDArray[Any]) -> None:
        if not len(values):
            return
        if values.dtype == np.uint64 and self._array.dtype == np.uint32:
            wide = int(values.max()) > LARGEST
            values = values if wide else values.astype(np.uint32)
            if wide:
                self._array, self._owned = self._array[: self.length].astype(np.uint64), True
        end = self.length + len(values)
        if not self.length:
            self._array, self._owned = values, False
        elif end > len(self._array):
            if not self._owned:
                fresh = np.empty(end + end // 2, self._array.dtype)
                fresh[: self.length] = self._array[: self.length]
                self._array, self._owned = fresh, True
            else:
                self._array.resize(end + end // 2, refcheck=False)  # moves pages, not bytes, where it can
        if self._array is not values:
            self._array[self.length : end] = values
        self.length = end

    def finished(self) -> npt.NDArray[Any]:
        if self._owned:
            self._array.resize(self.length, refcheck=False)
        return self._array


class Levels:
    """Appends pieces of a tree, whose ends count from the piece's own first nodes."""

    def __init__(self, order: int, column: Callable[[str], Any]) -> None:
        self.columns = {f"{name}{n}": column(f"{name}{n}") for n in range(1, order + 1) for name in NAMES}
        self.sizes = [0] * order

    def append(self, piece: Iterable[AnyLevel]) -> None:
        levels = list(piece)
        for k, (symbols, counts, ends) in enumerate(levels):
            last = k + 1 == len(levels)
            if not last:
                base = self.sizes[k + 1]
                self.columns[f"ends{k + 1}"].append(_shifted(ends, base, len(levels[k + 1][0])))
            self.columns[f"symbols{k + 1}"].append(symbols)
            self.columns[f"counts{k + 1}"].append(counts)
        for k, level in enumerate(levels):
            self.sizes[k] += len(level[0])

    def in_memory(self) -> list[AnyLevel]:
        """The finished arrays, where the columns are in memory."""
        arrays = [column.finished() for column in self.columns.values()]
        return list(zip(arrays[::3], arrays[1::3], arrays[2::3], strict=True))


def _shifted(ends: npt.NDArray[Any], base: int, size: int) -> npt.NDArray[Any]:
    """Ends of children that stand behind `base` others; `size` of them are counted by `ends`."""
    narrow = base + size <= LARGEST
    return np.add(ends, base, dtype=np.uint32 if narrow else np.uint64, casting="unsafe") if base else ends


class LevelFiles(Levels):
    """Levels in files: those of `folder`, or nameless ones in `temp_dir` that vanish with the arrays."""

    def __init__(self, order: int, folder: Path | None, temp_dir: str | None) -> None:
        def column(name: str) -> ArrayFile:
            if folder is None:
                import tempfile

                return ArrayFile(tempfile.TemporaryFile(prefix="nlp-zero-", dir=temp_dir))
            return ArrayFile(open(folder / f"{name}.npy", "w+b"))

        super().__init__(order, column)

    def mapped(self) -> list[AnyLevel]:
        """The finished arrays, mapped."""
        for column in self.columns.values():
            column.finish()
        arrays = [column.mapped() for column in self.columns.values()]
        self.close()
        return list(zip(arrays[::3], arrays[1::3], arrays[2::3], strict=True))

    def close(self) -> None:
        for column in self.columns.values():
            column.file.close()
