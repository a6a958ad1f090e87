"""The resources of a count, and the plan that keeps it within a memory budget."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from .._utils.validation import check_integer, check_memory
from ..errors import StorageError

__all__ = ["MemoryPlan", "Resources"]

PART_POSITIONS = 1 << 26  # positions that are counted at once if memory is not limited
CHECKPOINT_POSITIONS = 1 << 25  # the same with a checkpoint: the most that is lost, seconds of work
MOST_PART_POSITIONS = 1 << 30  # node numbers of a part have 32 bits
SYMBOL_BYTES = 256  # a symbol's share of the alphabets, their order and the names of the result
MOST_BLOCK_BYTES = 1 << 18
MOST_MERGE_BYTES = 1 << 23
MOST_RUNS = 256
TREE_FACTOR = 12  # a run that is merged into a tree takes at most this many times its size


@dataclass(frozen=True)
class Resources:
    """The resources that counting may use. They never change a result.

    Parameters
    ----------
    memory : int, str or None, default None
        Budget in bytes, or a size like ``"512M"``. None: no limit.
    temp_dir : str, path-like or None, default None
        Folder for temporary files; None for that of the system.
    workers : int, default 1
        Threads.
    checkpoint : str, path-like or None, default None
        Folder from which counting continues after it was stopped.

    Raises
    ------
    ValueError
        If one of them makes no sense.

    Examples
    --------
    >>> Resources(memory="1K")
    Traceback (most recent call last):
    ValueError: memory must be an integer of at least 4096, not 1024.
    """

    memory: int | str | None = None
    temp_dir: str | os.PathLike[str] | None = None
    workers: int = 1
    checkpoint: str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        check_integer("workers", self.workers)
        check_memory(self.memory)
        if self.temp_dir is not None and not os.path.isdir(self.temp_dir):
            raise ValueError(f"temp_dir must be a folder; {os.fspath(self.temp_dir)!r} is not one.")

    @property
    def budget(self) -> int | None:
        """The memory budget in bytes; None if there is none."""
        return check_memory(self.memory)


@dataclass(frozen=True)
class MemoryPlan:
    """How much is counted, written and merged at a time. Made by `MemoryPlan.make`.

    Attributes
    ----------
    budget : int or None
        Bytes; None if there is no limit.
    workers : int
        Threads.
    part_positions : int
        Positions of text that are counted at once; then they are written as a run.
    block_bytes : int
        Size of a block of a run.
    merge_bytes : int
        Bytes of runs that a thread merges at a time.
    most_runs : int
        Runs that are merged at once.

    Notes
    -----
    Counting takes at most, for each position: 2 bytes (4 if there are many symbols) of encoded text, 8 for each word of
    the key, and 8 for what is sorted and written. While merging, `merge_bytes` of runs are at most 12 times as large
    as a tree; each thread has one such piece, and two wait. Blocks of all runs take a quarter of the budget.
    """

    budget: int | None
    workers: int = 1
    part_positions: int = PART_POSITIONS
    block_bytes: int = MOST_BLOCK_BYTES
    merge_bytes: int = MOST_MERGE_BYTES
    most_runs: int = MOST_RUNS

    @classmethod
    def make(cls, resources: Resources, *, order: int, alnum: str) -> MemoryPlan:
        """Plan for a budget."""
        budget, workers = resources.budget, resources.workers
        if budget is None:
            return cls(None, workers)
        many_symbols = alnum == "join"
        key_words = -(-max(1, order - 1) * (24 if many_symbols else 16) // 64)
        position_bytes = (4 if many_symbols else 2) + 8 * key_words + 8
        block_bytes = min(MOST_BLOCK_BYTES, max(64, budget >> 11))
        return cls(
            budget,
            workers,
            part_positions=min(MOST_PART_POSITIONS, max(1, budget // position_bytes)),
            block_bytes=block_bytes,
            merge_bytes=min(MOST_MERGE_BYTES, max(64, budget // (TREE_FACTOR * (workers + 2)))),
            most_runs=min(MOST_RUNS, max(2, budget // (4 * workers * block_bytes))),
        )

    def for_checkpoint(self) -> MemoryPlan:
        """Return the same plan with parts that are small enough to be lost."""
        return replace(self, part_positions=min(self.part_positions, CHECKPOINT_POSITIONS))

    def check_alphabet(self, symbols: int, *, so_far: bool = False) -> None:
        """Refuse a budget that the symbols alone would fill.

        Raises
        ------
        StorageError
            If they do.
        """
        needed = symbols * SYMBOL_BYTES
        if self.budget is not None and needed > self.budget:
            found, remedy = ("found so far", "give more than") if so_far else ("", "the smallest that works here is")
            raise StorageError(
                f"memory of {self.budget:,} bytes is too small for the {symbols:,} distinct symbols"
                f"{found and ' ' + found}; {remedy} {needed:,} bytes."
            )
