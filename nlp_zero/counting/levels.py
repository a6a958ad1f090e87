"""The levels of a count tree, put together from pieces, in memory or on the disk.  Private to the package."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .._utils.arrays import LARGEST, ArrayFile
from .._utils.threads import for_each

if TYPE_CHECKING:
    import numpy.typing as npt

    AnyLevel = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]

__all__ = ["NAMES", "LevelFiles", "Levels", "MemoryColumn"]

NAMES = ("symbols", "counts", "ends")


class Column(Protocol):
    """One array of one order."""

    def append(self, values: npt.NDArray[Any]) -> None: ...


class MemoryColumn:
    """An array of uint32 in memory, of pieces that are laid end to end at last; uint64 if it must be."""

    def __init__(self) -> None:
        self._pieces: list[npt.NDArray[Any]] = []

    def append(self, values: npt.NDArray[Any]) -> None:
        if not len(values):
            return
        if values.dtype == np.uint64 and int(values.max()) <= LARGEST:
            values = values.astype(np.uint32)
        self._pieces.append(values)

    def finished(self, workers: int) -> npt.NDArray[Any]:
        """The array, put together by threads."""
        if len(self._pieces) == 1:
            return self._pieces[0]
        ends = list(accumulate(map(len, self._pieces), initial=0))
        wide = any(values.dtype == np.uint64 for values in self._pieces)
        result = np.empty(ends[-1], np.uint64 if wide else np.uint32)

        def put(k: int) -> None:
            result[ends[k] : ends[k + 1]] = self._pieces[k]
            self._pieces[k] = result[:0]

        for_each(range(len(self._pieces)), put, workers)
        return result


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

    def in_memory(self, workers: int) -> list[AnyLevel]:
        """The finished arrays, where the columns are in memory."""
        arrays = [column.finished(workers) for column in self.columns.values()]
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
