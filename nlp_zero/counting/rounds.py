"""Rounds of blocks: as much text as threads encode before they wait for each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..corpus import Block

if TYPE_CHECKING:
    from .store import Position

    PlacedBlock = tuple[Position, Block]
    """A block, and where the next one begins."""

__all__ = ["is_small", "keep_freed_blocks", "read_rounds"]

BLOCKS_PER_ROUND = 2  # of each thread; three rounds are in memory, and new memory takes time
SMALL_BYTES = 1 << 23  # that one thread encodes sooner than several, which must be started
KEPT_BYTES = 12 << 20  # more than a block; twice as much free memory is kept


def read_rounds(
    blocks: Iterator[PlacedBlock], workers: int, part_positions: int
) -> Iterator[list[PlacedBlock]]:
    """Yield rounds of blocks for all threads; the blocks before an error are the last round.

    A round has at most about an eighth of `part_positions` bytes, and single blocks are rounds for one thread.
    """
    items: list[PlacedBlock] = []
    size = 0
    failed: Exception | None = None
    try:
        for item in blocks:
            items.append(item)
            size += len(item[1].data)
            enough = len(items) >= BLOCKS_PER_ROUND * workers or size >= part_positions // 8
            if workers == 1 or (enough and len(items) % workers == 0):
                yield items
                items, size = [], 0
    except Exception as error:
        failed = error
    if items:
        yield items
    if failed is not None:
        raise failed


def is_small(items: Sequence[PlacedBlock]) -> bool:
    """Return whether threads would cost more time than they save."""
    return sum(len(block.data) for _, block in items) < SMALL_BYTES


def keep_freed_blocks() -> None:
    """Let the C library use the memory of freed blocks for the next ones: clearing new memory takes as long as reading.

    glibc returns free memory to the system if it is more than twice the largest array that was ever freed.
    """
    bytes(KEPT_BYTES)  # its pages are never touched
