from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .alphabet import Alphabet

Uint32: TypeAlias = npt.NDArray[np.uint32]
Uint64: TypeAlias = npt.NDArray[np.uint64]
Float64: TypeAlias = npt.NDArray[np.float64]
Level: TypeAlias = tuple[Uint32, Uint32, Uint32]
"""Last symbol, count, and end of the children (empty on the top level) of each n-gram of one order."""

RunBlocks: TypeAlias = tuple[bytes, Uint64, Uint32]
"""Blocks of a run end to end, where each begins, and the first n-gram of each (blocks, order)."""

class EncodedText:
    """Text as symbols, to be counted by a `Part`."""

    alphabet: Alphabet
    def __init__(self, *, unit: str = "char", alnum: str = "token") -> None: ...
    @property
    def positions(self) -> int: ...
    def totals(self, order: int) -> list[int]:
        """Number of n-grams in the text for each order from 1."""
    def add(self, data: str | bytes) -> None:
        """Raises `UnicodeDecodeError` when bytes are not UTF-8; nothing is kept of `data` then."""
    def drop_last(self) -> None:
        """Take back what was added last."""

class Part:
    """The n-grams of some encoded texts.

    First `deal` each text; then `tree` or `run`, once for each range of first symbols.  Threads may share the work.
    """

    symbols: list[str] | list[bytes]
    """In the order of their text; their places, from 1, are their ids."""
    begin: Uint64
    """Symbol ``r`` comes ``begin[r + 1] - begin[r]`` times."""
    def __init__(self, texts: list[EncodedText], order: int) -> None: ...
    def restrict_to(self, first: int, stop: int) -> None:
        """Before `deal`: only n-grams whose first symbol is in ``range(first, stop)`` will be asked for."""
    def deal(self, k: int) -> None: ...
    def tree(self, first: int, stop: int, min_count: int) -> list[Level]:
        """The n-grams whose first symbol is in ``range(first, stop)``, as a tree of their own."""
    def run(self, first: int, stop: int, block_size: int) -> RunBlocks:
        """The same as sorted records."""

def find(levels: list[Level], encoded: Uint32, size: int) -> tuple[Uint32, Uint32]:
    """Places (``2**32 - 1``: absent) and lengths of ``size`` n-grams, encoded and each closed by a 0."""
