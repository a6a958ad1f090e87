import numpy as np
import numpy.typing as npt

from .ngrams import Float64, Level, Uint32

Bits = npt.NDArray[np.uint8]
Piece = tuple[int, int, Uint32, Uint32]
"""First symbols (places from, to), and for each symbol where its pairs begin and end whose second symbol is meant."""

def cut(levels: list[Level], bounds: Uint32) -> Uint32:
    """Where the pairs of each first symbol begin whose second symbol is at a bound or later.

    Bounds are places of symbols, and rise.  Shape (bounds, symbols).
    """

def fill(
    levels: list[Level], links: list[Uint32 | None], suffixes: list[Uint32 | None], n: int, piece: Piece
) -> None:
    """Fill in, for the n-grams of order ``n`` >= 3 in a piece, where each is found without its first symbol.

    And (unless it is None) the counts of it without its first one, two, ... symbols: ``n - 2`` numbers.  Orders below
    must be filled in already.
    """

def choose(
    levels: list[Level],
    links: list[Uint32 | None],
    suffixes: list[Uint32 | None],
    n: int,
    piece: Piece,
    total: float,
    min_count: int,
    min_pmi: float,
    chosen: list[Bits],
    needed: list[Bits],
) -> None:
    """Set the bits (the lowest first) of n-grams of order ``n`` in a piece that are often enough and stick together.

    They come ``min_count`` times, and their PMI, the smallest over split points, is at least ``min_pmi`` nats.  In
    ``needed`` the bits of what they begin with are set too.
    """

def measure(
    levels: list[Level],
    links: list[Uint32 | None],
    suffixes: list[Uint32 | None],
    n: int,
    piece: Piece,
    total: float,
    block: tuple[int, int],
    nodes: Uint32,
    pmi: Float64,
    shorter: Uint32,
    left: Float64,
    right: Float64,
) -> None:
    """For n-grams ``nodes`` of order ``n`` in a piece their PMI (nats).

    For n-grams ``shorter``, one symbol shorter, add up c ln c over what stands before and after them.  Places rise;
    ``block`` are the places, one order below, of what begins with the piece's symbols.
    """

def entropies(counts: Uint32, sums: Float64) -> Float64:
    """Branching entropies (nats) from such sums, in the same memory."""

def parents_of(ends: Uint32, nodes: Uint32) -> Uint32:
    """For each of ``nodes``, which rise: the first place in ``ends`` with a greater number."""
