"""Counting n-grams, merging counts, and what is found along a count tree."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

UNICODE_VERSION: str
BOUNDARY: int
ALNUM: int
DECIMAL: int
DIGIT: int
NUMERIC: int
SPACE: int

def character_properties(text: str) -> npt.NDArray[np.uint8]:
    """Sums of BOUNDARY, ALNUM, DECIMAL, DIGIT, NUMERIC and SPACE of each character, by a frozen Unicode table."""

def has_property(text: str, wanted: int) -> bool:
    """Whether every character has one of the wanted properties; True for the empty text."""

def is_boundary(text: str) -> bool:
    """Whether a text has only punctuation, symbols, separators and control characters."""

UNITS: tuple[str, ...]
ALNUM_MODES: tuple[str, ...]
UNSEEN: int

class Alphabet:
    """Symbols of a text with dense ids from 1, in the order of first appearance; 0 is a boundary."""

    unit: Literal["char", "byte"]
    alnum: Literal["token", "join", "split"]
    def __init__(self, *, unit: str = "char", alnum: str = "token", symbols: Iterable[str | bytes] = ()) -> None: ...
    def __len__(self) -> int: ...
    @property
    def symbols(self) -> list[str] | list[bytes]: ...
    def encode(self, data: str | bytes, *, grow: bool = False) -> npt.NDArray[np.uint32]:
        """Ids of a text: boundaries 0 (stretches once, always one at the end), unknown symbols ``UNSEEN``.

        Raises `UnicodeDecodeError` with the position in `data` when bytes are not UTF-8.
        """

Uint32: TypeAlias = npt.NDArray[np.uint32]
Uint64: TypeAlias = npt.NDArray[np.uint64]
Float64: TypeAlias = npt.NDArray[np.float64]
Level: TypeAlias = tuple[Uint32, Uint32, Uint32]
"""Last symbol, count, and end of the children (empty on the top level) of each n-gram of one order."""

RunBlocks: TypeAlias = tuple[bytes, Uint64, Uint32]
"""Blocks of a run end to end, where each begins, and the first n-gram of each (blocks, order)."""

class EncodedText:
    """Text as symbols, to be counted by an `NgramSorter`."""

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

class NgramSorter:
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

def find_ngrams(levels: list[Level], encoded: Uint32, size: int) -> tuple[Uint32, Uint32]:
    """Places (``2**32 - 1``: absent) and lengths of ``size`` n-grams, encoded and each closed by a 0."""

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

Bits: TypeAlias = npt.NDArray[np.uint8]
LinkPiece: TypeAlias = tuple[int, int, Uint32, Uint32]
"""First symbols (places from, to), and for each symbol where its pairs begin and end whose second symbol is meant."""

def locate_pairs(levels: list[Level], bounds: Uint32) -> Uint32:
    """Where the pairs of each first symbol begin whose second symbol is at a bound or later.

    Bounds are places of symbols, and rise.  Shape (bounds, symbols).
    """

def fill_links(
    levels: list[Level], links: list[Uint32 | None], suffixes: list[Uint32 | None], n: int, piece: LinkPiece
) -> None:
    """Fill in, for the n-grams of order ``n`` >= 3 in a piece, where each is found without its first symbol.

    And (unless it is None) the counts of it without its first one, two, ... symbols: ``n - 2`` numbers.  Orders below
    must be filled in already.
    """

def choose_ngrams(
    levels: list[Level],
    links: list[Uint32 | None],
    suffixes: list[Uint32 | None],
    n: int,
    piece: LinkPiece,
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

def measure_ngrams(
    levels: list[Level],
    links: list[Uint32 | None],
    suffixes: list[Uint32 | None],
    n: int,
    piece: LinkPiece,
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

def finish_entropies(counts: Uint32, sums: Float64) -> Float64:
    """Branching entropies (nats) from such sums, in the same memory."""

def find_parents(ends: Uint32, nodes: Uint32) -> Uint32:
    """For each of ``nodes``, which rise: the first place in ``ends`` with a greater number."""

class Patterns:
    """N-grams, ready to be found in text; threads share it, and it can be pickled.

    ``levels`` gives for each order arrays of one entry an n-gram: its last symbol, the place on the order below of what
    it begins with, whether it may be a piece itself (uint8) and, if ``scored``, its score.  ``edges``: how many n-grams
    have two or more symbols.  Each has ``room`` slots of 16 bytes, with the counts of a `PieceCounter`; 24 with scores.
    """

    def __init__(
        self, levels: Iterable[tuple[Any, ...]], edges: int, largest: int, *, scored: bool = False, room: float = 2
    ) -> None: ...

class PieceCounter:
    """Cuts text and counts the pieces; one for each thread.

    Without scores patterns that overlap are joined; with them each run is cut so that the sum of the pieces' scores is
    greatest.  `add` and `merge` release the GIL.
    """

    def __init__(self, alphabet: Alphabet, patterns: Patterns, *, unknown: float = 0.0) -> None: ...
    def add(self, data: str | bytes) -> None:
        """Raises `UnicodeDecodeError` when bytes are not UTF-8."""
    def another(self) -> PieceCounter:
        """A counter for another thread; patterns are counted together, the rest is added by `merge`."""
    def merge(self, other: PieceCounter) -> None:
        """Take over what a counter that `another` made has counted."""
    def state(self) -> tuple[Any, ...]:
        """What was counted, to be sent to another process: tokens, patterns (uint32), their counts, longer pieces."""
    def add_state(self, state: tuple[Any, ...]) -> None:
        """Add what a counter of the same patterns has counted, perhaps in another process."""
    @property
    def tokens(self) -> int: ...
    def counts(self) -> list[Uint32]:
        """How often each n-gram came as a piece, for each order."""
    def longer(self, min_count: int) -> tuple[list[bytes], npt.NDArray[np.uint64]]:
        """Pieces longer than the tree is deep, as bytes of symbol ids (uint32), in order, and their counts."""

class NgramList:
    """Given n-grams (ids end to end, each closed by a 0), ready to be found in text; threads share it."""

    size: int
    def __init__(self, ngrams: Uint32, largest: int) -> None: ...

class Occurrences:
    """Counts every occurrence of given n-grams, and what stands beside the first ``described`` of them."""

    def __init__(self, alphabet: Alphabet, ngrams: NgramList, described: int) -> None: ...
    def add(self, data: str | bytes) -> None:
        """Raises `UnicodeDecodeError` when bytes are not UTF-8."""
    def another(self) -> Occurrences:
        """A counter for another thread."""
    def merge(self, other: Occurrences) -> None:
        """Add what another counter of the same n-grams has counted."""
    def state(self) -> tuple[Any, ...]:
        """What was counted, to be sent to another process: counts, and (key, count) of what stands left and right."""
    def add_state(self, state: tuple[Any, ...]) -> None:
        """Add what a counter of the same n-grams has counted, perhaps in another process."""
    def result(self) -> tuple[npt.NDArray[np.int64], Float64, Float64]:
        """Counts of all; left and right branching entropies (nats) of those that are described."""

def format_rows(words: bytes, counts: npt.NDArray[np.int64], columns: list[npt.NDArray[np.float64]]) -> bytes:
    """Lines of word, count and numbers (as ``%.6g``), separated by tabs.  Every word is closed by a line feed."""
