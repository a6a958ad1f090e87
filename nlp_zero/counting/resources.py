"""The resources of a count, and the plan that keeps it within a memory budget."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from .._utils.validation import check_folder, check_integer, check_memory
from ..errors import StorageError

__all__ = ["MemoryPlan", "Resources"]

PART_POSITIONS = 1 << 26  # positions that are counted at once if memory is not limited
CHECKPOINT_POSITIONS = 1 << 25  # the same with a checkpoint: seconds of work are lost at most
MOST_PART_POSITIONS = 1 << 30  # node numbers of a part have 32 bits
SYMBOL_BYTES = 256  # per symbol, in the alphabets, their order and the names of the result
MOST_BLOCK_BYTES = 1 << 15  # threads that merge ranges read a block of each run in vain at both ends
USUAL_BLOCK_BYTES = 1 << 12  # reading a block takes some microseconds
MOST_MERGE_BYTES = 1 << 23
MOST_RUNS = 256
TREE_FACTOR = 12  # a tree is at most this many times as large as its run


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
        check_folder("temp_dir", self.temp_dir)

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
    For each position, counting takes at most 2 bytes (4 if there are many symbols) of encoded text, 8 for each word of
    the key, and 8 for sorting and writing. While merging, `merge_bytes` of runs become a tree that is at most 12 times
    as large; each thread has one such piece, and two wait. The blocks of all runs take a quarter of the budget.
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
        block_bytes = min(MOST_BLOCK_BYTES, max(64, min(USUAL_BLOCK_BYTES, budget >> 11), budget >> 13))
        return cls(
            budget,
            workers,
            part_positions=min(MOST_PART_POSITIONS, max(1, budget // position_bytes)),
            block_bytes=block_bytes,
            merge_bytes=min(MOST_MERGE_BYTES, max(64, budget // (TREE_FACTOR * (workers + 2)))),
            most_runs=min(MOST_RUNS, max(2, budget // (4 * workers * block_bytes))),
        )

    def for_checkpoint(self) -> MemoryPlan:
        """Return the same plan with smaller parts, so that an interruption loses little work."""
        return replace(self, part_positions=min(self.part_positions, CHECKPOINT_POSITIONS))

    def check_alphabet(self, symbols: int, *, so_far: bool = False) -> None:
        """Refuse a budget that the symbols alone would fill.

        Raises
        ------
        StorageError
            If the symbols need more than the budget.
        """
        needed = symbols * SYMBOL_BYTES
        if self.budget is not None and needed > self.budget:
            found, remedy = ("found so far", "give more than") if so_far else ("", "the smallest that works here is")
            raise StorageError(
                f"memory of {self.budget:,} bytes is too small for the {symbols:,} distinct symbols"
                f"{found and ' ' + found}; {remedy} {needed:,} bytes."
            )
