"""Count n-grams, merge counts, compute statistics along suffix links, and cut text with chosen n-grams."""

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
        """Encode a text as symbol ids.

        Parameters
        ----------
        data : str or bytes
            A text, or its UTF-8.
        grow : bool, default False
            Give ids to new symbols; otherwise they are ``UNSEEN``.

        Returns
        -------
        ndarray of uint32
            Boundaries are 0; several in a row are written once, and there is always one at the end.

        Raises
        ------
        UnicodeDecodeError
            If bytes are not UTF-8, with the position in `data`.
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
        """Encode and keep a text.

        Raises
        ------
        UnicodeDecodeError
            If bytes are not UTF-8; nothing of `data` is kept then.
        """
    def drop_last(self) -> None:
        """Remove the text that was added last.

        Raises
        ------
        IndexError
            If no text was added.
        """

class NgramSorter:
    """Sorts and counts the n-grams of encoded texts.

    Call `deal` for each text, then `tree` or `run` once for each range of first symbols.  Threads may share the work.
    The texts must not change after construction.
    """

    symbols: list[str] | list[bytes]
    """Symbols sorted by their text; positions in this list, from 1, are ids."""
    begin: Uint64
    """Symbol ``r`` occurs ``begin[r + 1] - begin[r]`` times."""
    def __init__(self, texts: list[EncodedText], order: int) -> None: ...
    def restrict_to(self, first: int, stop: int) -> None:
        """Count only n-grams whose first symbol is in ``range(first, stop)``; call it before `deal`."""
    def deal(self, k: int) -> None:
        """Sort the positions of text `k` by their first symbol."""
    def tree(self, first: int, stop: int, min_count: int) -> list[Level]:
        """Count the n-grams whose first symbol is in ``range(first, stop)``.

        Returns
        -------
        list of (uint32, uint32, uint32)
            One level for each order: symbols, counts, ends of children.  N-grams of two or more symbols that occur
            fewer than `min_count` times are left out.
        """
    def run(self, first: int, stop: int, block_size: int) -> RunBlocks:
        """Count the same n-grams as sorted records, in blocks of about `block_size` bytes."""

def find_ngrams(levels: list[Level], encoded: Uint32, size: int) -> tuple[Uint32, Uint32]:
    """Look up n-grams in a count tree.

    Parameters
    ----------
    levels : list of levels
    encoded : ndarray of uint32
        Symbol ids of the n-grams, each closed by one 0.
    size : int
        Number of n-grams.

    Returns
    -------
    places : ndarray of uint32, shape (size,)
        Place on the level of the length of the n-gram; ``2**32 - 1`` if the tree does not have it.
    lengths : ndarray of uint32, shape (size,)

    Raises
    ------
    ValueError
        If `encoded` does not hold exactly `size` n-grams, for example because a word has a boundary inside.
    """

class OpenPath:
    """The n-grams at the end of a piece of a tree that may go on in the next piece; none at first."""

class TreePiece:
    """A piece of a tree; filled by a `Merge`."""

    def __init__(self, order: int) -> None: ...
    def join(self, path: OpenPath, min_count: int, last: bool) -> list[tuple[Uint32, Uint64, Uint64]]:
        """Finish the piece and return its levels (symbols, counts, ends), which follow those of the pieces before it.

        N-grams that may go on in the next piece stay in `path`; none if this piece is the `last`.  N-grams of two or
        more symbols that occur fewer than `min_count` times are left out.  Ends count from this piece's first node.
        """

class RunPiece:
    """Blocks of a run; filled by a `Merge`."""

    def __init__(self, order: int, block_size: int) -> None: ...
    def blocks(self) -> RunBlocks:
        """The records that were written."""

class Merge:
    """Merges sorted sources and adds up their counts, from the n-gram `low` to `high` (excluded; empty: to the end).

    `low` and `high` are `order` symbol ids of the result.  ``map[id]`` is the id in the result of a symbol of a source;
    maps rise.
    """

    def __init__(self, order: int, bits: int, low: Sequence[int], high: Sequence[int]) -> None: ...
    def add_run(self, map: Uint32) -> None: ...
    def add_tree(
        self, levels: list[tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]], map: Uint32
    ) -> None: ...
    def feed(self, source: int, block: bytes) -> None:
        """Give a run its next block; an empty block ends the run."""
    def advance(self, piece: TreePiece | RunPiece) -> int:
        """Merge until a source needs its next block, or to the end.

        Returns
        -------
        int
            The number of the source, or -1 at the end.

        Raises
        ------
        ValueError
            If a record is damaged.
        """

Bits: TypeAlias = npt.NDArray[np.uint8]
LinkPiece: TypeAlias = tuple[int, int, Uint32, Uint32]
"""First symbols (places from, to), and for each where its pairs with second symbols of the piece begin and end."""

def locate_pairs(levels: list[Level], bounds: Uint32) -> Uint32:
    """Find, for each first symbol, the first pair whose second symbol is at a bound or later.

    Parameters
    ----------
    levels : list of levels
    bounds : ndarray of uint32
        Places of symbols, rising.

    Returns
    -------
    ndarray of uint32, shape (len(bounds), symbols)
    """

def fill_links(
    levels: list[Level], links: list[Uint32 | None], suffixes: list[Uint32 | None], n: int, piece: LinkPiece
) -> None:
    """Fill in suffix links of the n-grams of order ``n`` >= 3 in a piece: their places without the first symbol.

    ``suffixes[n - 1]``, unless it is None, receives ``n - 2`` counts for each n-gram: without its first one, two, ...
    symbols.  Lower orders must be filled in before.
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
    """Set the bits (lowest first) of n-grams of order ``n`` in a piece that are frequent and have a high PMI.

    They occur at least ``min_count`` times, and their PMI, the smallest over split points, is ``min_pmi`` nats or
    more.  In ``needed`` the bits of their prefixes are set as well.
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
    """Compute the PMI, in nats, of the n-grams ``nodes`` of order ``n`` in a piece.

    For the n-grams ``shorter``, which have one symbol fewer, add up c ln c over the symbols before and after them.
    Places rise; ``block`` gives the places, one order below, of the n-grams that begin with symbols of the piece.
    """

def finish_entropies(counts: Uint32, sums: Float64) -> Float64:
    """Turn sums of c ln c into branching entropies, in nats, in place: ln(count) - sum / count."""

def find_parents(ends: Uint32, nodes: Uint32) -> Uint32:
    """Find the parent of each node: the first place in ``ends`` with a greater number.  Nodes rise."""

class Patterns:
    """A hash table of n-grams for matching text.  Immutable, so threads may share it; it can be pickled.

    ``levels`` gives arrays with one entry for each n-gram of an order: its last symbol, the place of its prefix on the
    order below, whether it may be a piece itself (uint8) and, if ``scored``, its score.  ``edges`` is the number of
    n-grams of two or more symbols.  Each has ``room`` slots of 16 bytes, 24 with scores, the counts of a `PieceCounter`
    included.
    """

    def __init__(
        self, levels: Iterable[tuple[Any, ...]], edges: int, largest: int, *, scored: bool = False, room: float = 2
    ) -> None: ...

class PieceCounter:
    """Cuts text and counts the pieces; one for each thread.

    Without scores, overlapping patterns are joined.  With scores, each run is cut so that the sum of the scores of its
    pieces is greatest.  `add` and `merge` release the GIL.
    """

    def __init__(self, alphabet: Alphabet, patterns: Patterns, *, unknown: float = 0.0) -> None: ...
    def add(self, data: str | bytes) -> None:
        """Cut a text and count.

        Raises
        ------
        UnicodeDecodeError
            If bytes are not UTF-8.
        """
    def another(self) -> PieceCounter:
        """Create a counter for another thread.  Both count patterns in one table; `merge` adds the rest."""
    def merge(self, other: PieceCounter) -> None:
        """Add the counts of a counter that `another` created."""
    def state(self) -> tuple[Any, ...]:
        """The counts, for another process: tokens, patterns (uint32), their counts, longer pieces."""
    def add_state(self, state: tuple[Any, ...]) -> None:
        """Add the `state` of a counter of the same patterns."""
    @property
    def tokens(self) -> int: ...
    def counts(self) -> list[Uint32]:
        """How often each n-gram occurred as a piece, for each order."""
    def longer(self, min_count: int) -> tuple[list[bytes], npt.NDArray[np.uint64]]:
        """Pieces longer than the order of the tree, as bytes of symbol ids (uint32), sorted, and their counts."""

class NgramList:
    """A hash table of given n-grams (ids, each n-gram closed by a 0).  Immutable, so threads may share it."""

    size: int
    def __init__(self, ngrams: Uint32, largest: int) -> None: ...

class Occurrences:
    """Counts all occurrences of given n-grams, and the neighbours of the first ``described`` of them."""

    def __init__(self, alphabet: Alphabet, ngrams: NgramList, described: int) -> None: ...
    def add(self, data: str | bytes) -> None:
        """Cut a text and count.

        Raises
        ------
        UnicodeDecodeError
            If bytes are not UTF-8.
        """
    def another(self) -> Occurrences:
        """Create a counter for another thread."""
    def merge(self, other: Occurrences) -> None:
        """Add the counts of another counter of the same n-grams."""
    def state(self) -> tuple[Any, ...]:
        """The counts, for another process: of the n-grams, and (key, count) of their left and right neighbours."""
    def add_state(self, state: tuple[Any, ...]) -> None:
        """Add the `state` of a counter of the same n-grams."""
    def result(self) -> tuple[npt.NDArray[np.int64], Float64, Float64]:
        """Counts of all n-grams, and left and right branching entropies, in nats, of the described ones."""

def format_rows(words: bytes, counts: npt.NDArray[np.int64], columns: list[npt.NDArray[np.float64]]) -> bytes:
    """Format rows of word, count and numbers (as ``%.6g``), separated by tabs.  Every word ends with a line feed."""
