from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .alphabet import Alphabet

Uint32: TypeAlias = npt.NDArray[np.uint32]
Float64: TypeAlias = npt.NDArray[np.float64]
Level: TypeAlias = tuple[Uint32, Uint32, Uint32]
"""Last symbol, count, and end of the children (empty on the top level) of each n-gram of one order."""

class TreeCounter:
    """Holds encoded text and counts its n-grams."""

    alphabet: Alphabet
    def __init__(self, *, unit: str = "char", alnum: str = "token") -> None: ...
    @property
    def positions(self) -> int: ...
    def totals(self, order: int) -> list[int]:
        """Number of n-grams in the text for each order from 1."""
    def add(self, data: str | bytes) -> None:
        """Raises `UnicodeDecodeError` when bytes are not UTF-8; nothing is kept of `data` then."""
    def count(self, order: int, min_count: int) -> tuple[list[str] | list[bytes], list[Level]]:
        """Symbols in the order of their text (ids from 1) and the levels of the tree."""

def merge(a: list[Level], map_a: Uint32, b: list[Level], map_b: Uint32) -> list[Level]:
    """Sum of two trees; ``map_a[id]`` is the id of a symbol in the result and rises with ``id``."""

def link_children(
    levels: list[Level], links: list[Uint32], parents: list[Uint32], n: int, first: int, stop: int
) -> None:
    """Fill in where n-grams of order ``n`` are found one order below without their first, and their last symbol.

    Only those that begin with n-grams ``first`` ... ``stop`` - 1 of order ``n - 1``; lower orders must be filled in.
    """

def min_split_pmi(
    levels: list[Level], links: list[Uint32], parents: list[Uint32], total: float, n: int, nodes: Uint32
) -> Float64:
    """PMI (nats) of the n-grams of order ``n`` at places ``nodes``, the smallest over their split points."""

def branching_entropy(levels: list[Level], links: list[Uint32], n: int, nodes: Uint32) -> tuple[Float64, Float64]:
    """Left and right branching entropies (nats) of the n-grams of order ``n``, below the top order, at ``nodes``."""

def find(levels: list[Level], encoded: Uint32, size: int) -> tuple[Uint32, Uint32]:
    """Places (``2**32 - 1``: absent) and lengths of ``size`` n-grams, encoded and each closed by a 0."""
