"""N-grams that were selected from a count tree, as patterns that text is cut with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels import counting as kernel
from .._kernels.counting import Patterns
from .._utils.arrays import take

if TYPE_CHECKING:
    from .._kernels.counting import Bits, Float64, Level, Uint32

__all__ = ["Selection", "make_selection"]

LISTED_BYTES = 16  # an n-gram in lists of places and counts
SLOT_BYTES = 16  # one of its slots in the table of patterns
SCORE_BYTES = 8  # in addition to each of both, if there are scores
BITS_NODES = 1 << 20  # bits that are unpacked at a time

class Selection:
    """N-grams selected from a count tree, together with all their beginnings.

    Attributes
    ----------
    nodes : list of array of uint32
        For each order their places in the tree, rising.
    patterns : Patterns
        The same n-grams, in the same order.
    """

    def __init__(self, nodes: list[Uint32], patterns: Patterns) -> None:
        self.nodes, self.patterns = nodes, patterns

    def __repr__(self) -> str:
        return f"<Selection of {', '.join(f'{len(nodes):,}' for nodes in self.nodes)} n-grams of orders 1, 2, ...>"


def make_selection(
    levels: list[Level],
    chosen: list[Bits],
    needed: list[Bits],
    scores: list[Float64] | None = None,
    *,
    budget: int | None,
    check_memory: Callable[[int, str], None],
) -> Selection:
    """Select the n-grams whose bit in `needed` is set; those in `chosen` may be pieces themselves.

    Parameters
    ----------
    levels : list of Level
        The count tree.
    chosen, needed : list of array of uint8
        For each order one bit for each n-gram, the lowest first.
    scores : list of array of float64, optional
        For each order the scores of the n-grams in `needed`.
    budget : int or None
        Memory in bytes.
    check_memory : callable
        Called with the bytes that are needed and a name of what needs them; refuses too many.

    Returns
    -------
    Selection
    """
    sizes = [len(level[0]) for level in levels]
    edges = sum(_count_bits(bits, size) for bits, size in zip(needed[1:], sizes[1:], strict=True))
    more = 0 if scores is None else SCORE_BYTES
    listed, slot = LISTED_BYTES + more, SLOT_BYTES + more
    check_memory(int(edges * (listed + 1.5 * slot)), f"{edges:,} n-grams")
    room = 2.0 if budget is None or edges * (listed + 2 * slot) < 3 * budget // 4 else 1.5
    nodes: list[Uint32] = []

    def rows() -> Iterator[tuple[Any, ...]]:
        for n, (symbols, _, _) in enumerate(levels):
            here = _list_bits(needed[n], len(symbols))
            parents = kernel.find_parents(take(levels[n - 1][2], nodes[-1]), here) if n else here[:0]
            flags = chosen[n][here >> 3] >> (here & 7).astype(np.uint8) & 1
            nodes.append(here)
            yield take(symbols, here), parents, flags, *([] if scores is None else [scores[n]])

    largest = int(levels[0][0][-1]) if sizes[0] else 0
    return Selection(nodes, Patterns(rows(), edges, largest, scored=scores is not None, room=room))


def _unpack_bits(bits: Bits, size: int) -> Iterator[tuple[int, Bits]]:
    for begin in range(0, size, BITS_NODES):
        packed = bits[begin // 8 : (begin + BITS_NODES) // 8]
        yield begin, np.unpackbits(packed, bitorder="little")[: size - begin]


def _list_bits(bits: Bits, size: int) -> Uint32:
    """Places of the bits that are set."""
    found = [np.flatnonzero(part).astype(np.uint32) + np.uint32(begin) for begin, part in _unpack_bits(bits, size)]
    return np.concatenate([np.zeros(0, np.uint32), *found])


def _count_bits(bits: Bits, size: int) -> int:
    return sum(int(part.sum()) for _, part in _unpack_bits(bits, size))
