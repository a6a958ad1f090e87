from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from .ngrams import RunBlocks, Uint32, Uint64

class OpenPath:
    """What the last piece of a tree left open; new: nothing."""

class TreePiece:
    """A piece of a tree; filled by a `Merge`."""

    def __init__(self, order: int) -> None: ...
    def join(self, path: OpenPath, min_count: int, last: bool) -> list[tuple[Uint32, Uint64, Uint64]]:
        """Finish the piece and empty it: the levels (symbols, counts, ends) that go behind all pieces before it.

        What may go on in the next piece stays in `path`, nothing when this piece is the `last`.  N-grams of two or more
        symbols that came less than `min_count` times are left out.  Ends count from the first node of this piece.
        """

class RunPiece:
    """Blocks of a run; filled by a `Merge`."""

    def __init__(self, order: int, block_size: int) -> None: ...
    def blocks(self) -> RunBlocks: ...

class Merge:
    """Adds up sorted sources, from the n-gram `low` up to `high` (not included; empty: to the end).

    `low` and `high` are ids in the result, `order` of them; ``map[id]`` is the id in the result of a source's symbol,
    and rises with it.
    """

    def __init__(self, order: int, bits: int, low: Sequence[int], high: Sequence[int]) -> None: ...
    def add_run(self, map: Uint32) -> None: ...
    def add_tree(
        self, levels: list[tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]], map: Uint32
    ) -> None: ...
    def feed(self, source: int, block: bytes) -> None:
        """Hand the next block to a run; an empty one says that there is no more."""
    def advance(self, piece: TreePiece | RunPiece) -> int:
        """Work until a source needs its next block (its number is returned) or all is done (-1).

        Raises `ValueError` when a record makes no sense.
        """
