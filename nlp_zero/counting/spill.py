"""How much is counted at a time, and where finished runs go.  Private to the package."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import IO, TYPE_CHECKING, Any

from .._utils.files import require_space, storage
from .._utils.validation import check_memory
from ..errors import StorageError
from .runs import Run, RunSource, TreeSource, merge_to_run, write_run

if TYPE_CHECKING:
    from .._kernels.counting import RunBlocks
    from .checkpoint import Checkpoint

    Position = tuple[int, int]

__all__ = ["Spill"]

PART_SIZE = 1 << 26  # positions that are counted at once when memory is not limited
CHECKPOINT_SIZE = 1 << 25  # and with a checkpoint: what is lost at worst, seconds of work
LARGEST_PART = 1 << 30  # node numbers of a part have 32 bits
SYMBOL_BYTES = 256  # a symbol's share of alphabets, their order and the names of the result


class Spill:
    """The plan for a memory budget, and the runs that were finished under it.

    Bytes at the height of counting, for each position: 2 (4 where symbols are many) as encoded text, 8 for each word of
    the key, and 8 for what is sorted and written at the moment.  While merging, a piece of ``target`` bytes of run is
    at most 12 times as large as a tree; each thread has one, and two wait.  Blocks of all runs take a quarter.
    """

    def __init__(
        self, *, memory: int | str | None, temp_dir: str | os.PathLike[str] | None, workers: int, order: int, alnum: str
    ) -> None:
        self.memory, self.workers, self.order = check_memory(memory), workers, order
        self.temp_dir = None if temp_dir is None else os.fspath(temp_dir)
        if self.temp_dir is not None and not os.path.isdir(self.temp_dir):
            raise ValueError(f"temp_dir must be a folder, and {self.temp_dir!r} is none.")
        self.runs: list[Run] = []
        self.checkpoint: Checkpoint | None = None
        self.position: Position = (0, 0)
        bits = 24 if alnum == "join" else 16
        position_bytes = (4 if alnum == "join" else 2) + 8 * -(-max(1, order - 1) * bits // 64) + 8
        if self.memory is None:
            self.part_size, self.block_size, target, self.most_runs = PART_SIZE, 1 << 18, 1 << 23, 256
        else:
            self.part_size = min(LARGEST_PART, max(1, self.memory // position_bytes))
            self.block_size = min(1 << 18, max(64, self.memory >> 11))
            target = min(1 << 23, max(64, self.memory // (12 * (workers + 2))))
            self.most_runs = min(256, max(2, self.memory // (4 * workers * self.block_size)))
        self.merging: dict[str, Any] = {"target": target, "workers": workers}

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on with the runs of a checkpoint, and put the next ones there."""
        self.checkpoint, self.runs, self.position = checkpoint, list(checkpoint.runs), checkpoint.position
        self.part_size = min(self.part_size, CHECKPOINT_SIZE)

    def add(
        self, pieces: Iterable[RunBlocks], symbols: Sequence[Any], totals: list[int], position: Position
    ) -> None:
        """Write a run."""
        self.check_alphabet(len(symbols), so_far=True)
        with self.full_disk():
            if self.memory is not None or self.checkpoint is not None:
                require_space(self._folder(), 3 * totals[0], self._remedy())
            file = self._new_file()
            try:
                run = write_run(file, pieces, order=self.order, symbols=symbols, totals=totals)
            except BaseException:
                file.close()
                if self.checkpoint is not None:
                    os.unlink(file.name)
                raise
            if self.checkpoint is not None:
                self.checkpoint.add(run, file, position)
        self.runs.append(run)
        self.position = position

    def reduced(self) -> list[Run]:
        """The runs, merged until they are few enough to be merged at once."""
        runs = list(self.runs)
        while len(runs) > self.most_runs:
            # The shortest first: every n-gram is then written as few times as may be.
            runs.sort(key=lambda run: run.size)
            some = runs[: min(self.most_runs, len(runs) - self.most_runs + 1)]
            with self.full_disk():
                require_space(self._folder(), sum(run.size for run in some) // 2, self._remedy())
                file = self._temporary()
                runs = [*runs[len(some) :], merge_to_run(some, file, block_size=self.block_size, **self.merging)]
        return runs

    def check_disk(self, corpus_bytes: int) -> None:
        """Refuse at once what is sure to fill the disk: runs of real text take about half of its size."""
        if self.checkpoint is not None or (self.memory is not None and corpus_bytes > 3 * self.part_size):
            done = sum(run.size for run in self.runs)
            require_space(self._folder(), corpus_bytes // 3 - done, self._remedy())

    def check_result(self, folder: str | os.PathLike[str], sources: Iterable[RunSource | TreeSource]) -> None:
        """Refuse what is sure not to fit: the sum takes at least what the largest of its parts takes."""
        require_space(os.path.dirname(os.path.abspath(folder)), max(source.size for source in sources), self._remedy())

    def check_alphabet(self, symbols: int, *, so_far: bool = False) -> None:
        """Refuse a budget that the symbols alone would fill."""
        least = symbols * SYMBOL_BYTES
        if self.memory is not None and least > self.memory:
            remedy = "give more than" if so_far else "the smallest that works here is"
            raise StorageError(
                f"memory of {self.memory:,} bytes is too small for {symbols:,} distinct symbols"
                f"{' that came so far' if so_far else ''}; {remedy} {least:,} bytes."
            )

    def full_disk(self, folder: str | os.PathLike[str] | None = None) -> AbstractContextManager[None]:
        """Turns the errors of a full disk into a `StorageError`."""
        return storage(self._folder() if folder is None else folder, self._remedy())

    def _folder(self) -> str:
        import tempfile

        return str(self.checkpoint.folder) if self.checkpoint is not None else self.temp_dir or tempfile.gettempdir()

    def _remedy(self) -> str:
        if self.checkpoint is not None:
            return f"make room and run the same again: it goes on from the checkpoint {self.checkpoint.folder}"
        return "make room, or name a folder on another disk for temporary files"

    def _new_file(self) -> IO[bytes]:
        if self.checkpoint is not None:
            return self.checkpoint.new_file()
        return io.BytesIO() if self.memory is None else self._temporary()

    def _temporary(self) -> IO[bytes]:
        """A file without a name: whatever becomes of this process, nothing is left of it."""
        if self.memory is None and self.checkpoint is None:
            return io.BytesIO()
        import tempfile

        return tempfile.TemporaryFile(prefix="nlp-zero-", dir=self._folder())
