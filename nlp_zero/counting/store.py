"""The runs of one count: where they are written, how many are kept, and how much disk space they need."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import IO, TYPE_CHECKING, Any

from .._utils.files import require_space, storage
from .._utils.temporary import MAKE_ROOM, find_temporary_folder, open_temporary_file
from .merging import merge_to_run
from .resources import MemoryPlan
from .runs import RunFile, write_run

if TYPE_CHECKING:
    from .._kernels.counting import RunBlocks
    from .checkpoint import Checkpoint

    Position = tuple[int, int]
    """Where reading continues: number of a file, and how far it was read."""

__all__ = ["RunStore"]



class RunStore:
    """The finished runs of a count: in memory, in files without names, or in the folder of a checkpoint.

    Parameters
    ----------
    plan : MemoryPlan
    temp_dir : str, path-like or None
        Folder for the files; None for that of the system.

    Attributes
    ----------
    runs : list of RunFile
    position : tuple of two int
        How far the corpus was read when the last run was written.
    """

    def __init__(self, plan: MemoryPlan, temp_dir: str | os.PathLike[str] | None) -> None:
        self.plan = plan
        self.temp_dir = None if temp_dir is None else os.fspath(temp_dir)
        self.runs: list[RunFile] = []
        self.checkpoint: Checkpoint | None = None
        self.position: Position = (0, 0)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Use the runs of a checkpoint, and write further runs there."""
        self.checkpoint, self.runs, self.position = checkpoint, list(checkpoint.runs), checkpoint.position
        self.plan = self.plan.for_checkpoint()

    def add(self, pieces: Iterable[RunBlocks], symbols: Sequence[Any], totals: list[int], position: Position) -> None:
        """Write a run of the text up to `position`.

        Raises
        ------
        StorageError
            If the disk is full, or the budget is too small for the symbols.
        """
        self.plan.check_alphabet(len(symbols), so_far=True)
        with self.report_full_disk():
            if self._on_disk:
                require_space(self._folder, 3 * totals[0], self._remedy)
            file = self._open_file() if self.checkpoint is None else self.checkpoint.new_file()
            try:
                run = write_run(file, pieces, order=len(totals), symbols=symbols, totals=totals)
            except BaseException:
                file.close()
                if self.checkpoint is not None:
                    os.unlink(file.name)
                raise
            if self.checkpoint is not None:
                self.checkpoint.add(run, file, position)
        self.runs.append(run)
        self.position = position

    def reduce(self) -> list[RunFile]:
        """Merge runs until they are few enough to be merged at once, and return them."""
        runs, most = list(self.runs), self.plan.most_runs
        while len(runs) > most:
            # The shortest first, so that every n-gram is written as few times as possible.
            runs.sort(key=lambda run: run.size)
            shortest = runs[: min(most, len(runs) - most + 1)]
            with self.report_full_disk():
                require_space(self._folder, sum(run.size for run in shortest) // 2, self._remedy)
                runs = [*runs[len(shortest) :], merge_to_run(shortest, self._open_file(), self.plan)]
        return runs

    def check_disk(self, corpus_bytes: int) -> None:
        """Refuse a corpus that would certainly fill the disk; runs of real text take about half of its size."""
        spills = self.plan.budget is not None and corpus_bytes > 3 * self.plan.part_positions
        if self.checkpoint is not None or spills:
            done = sum(run.size for run in self.runs)
            require_space(self._folder, corpus_bytes // 3 - done, self._remedy)

    def check_result(self, folder: str | os.PathLike[str], sizes: Iterable[int]) -> None:
        """Refuse a result that cannot fit: it is at least as large as its largest source."""
        require_space(os.path.dirname(os.path.abspath(folder)), max(sizes), self._remedy)

    def report_full_disk(self, folder: str | os.PathLike[str] | None = None) -> AbstractContextManager[None]:
        """Turn the errors of a full disk into a `StorageError`."""
        return storage(self._folder if folder is None else folder, self._remedy)

    @property
    def _on_disk(self) -> bool:
        return self.plan.budget is not None or self.checkpoint is not None

    @property
    def _folder(self) -> str:
        return str(self.checkpoint.folder) if self.checkpoint is not None else self.temp_dir or find_temporary_folder()

    @property
    def _remedy(self) -> str:
        if self.checkpoint is not None:
            return f"make room and run the same again: it continues from the checkpoint {self.checkpoint.folder}"
        return MAKE_ROOM

    def _open_file(self) -> IO[bytes]:
        """Open a file without a name, which vanishes even if this process is killed."""
        if not self._on_disk:
            return io.BytesIO()
        return open_temporary_file(self._folder)
