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
    """Return the properties of each character by a frozen Unicode table.

    Parameters
    ----------
    text : str

    Returns
    -------
    ndarray of uint8, shape (len(text),)
        Sums of BOUNDARY, ALNUM, DECIMAL, DIGIT, NUMERIC and SPACE.
    """

def has_property(text: str, wanted: int) -> bool:
    """Return whether every character of a text has one of some properties.

    Parameters
    ----------
    text : str
    wanted : int
        The sum of the properties.

    Returns
    -------
    bool
        True for the empty text.
    """

def is_boundary(text: str) -> bool:
    """Return whether a text has only punctuation, symbols, separators and control characters.

    Parameters
    ----------
    text : str

    Returns
    -------
    bool
    """

UNITS: tuple[str, ...]
ALNUM_MODES: tuple[str, ...]
UNSEEN: int

class Alphabet:
    """Symbols of a text with dense ids from 1, in the order of first appearance; 0 is a boundary.

    Parameters
    ----------
    unit : {"char", "byte"}, default "char"
    alnum : {"token", "join", "split"}, default "token"
        See `NgramCounter`.
    symbols : iterable of str or bytes
        The first symbols, in the order of their ids.

    Raises
    ------
    ValueError
        If an option is not valid, or `symbols` has something that is not a symbol, or one symbol twice.
    """

    unit: Literal["char", "byte"]
    alnum: Literal["token", "join", "split"]
    def __init__(self, *, unit: str = "char", alnum: str = "token", symbols: Iterable[str | bytes] = ()) -> None: ...
    def __len__(self) -> int: ...
    @property
    def symbols(self) -> list[str] | list[bytes]:
        """The symbols in the order of their ids."""
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
    def encode_lines(self, data: str | bytes, most: int) -> tuple[Uint32, npt.NDArray[np.int64], Uint64]:
        """Encode the lines of a text.

        Parameters
        ----------
        data : str or bytes
            A text, or its UTF-8.
        most : int
            A line with more entries is several lines, each of whole runs; all but the last have this many entries.

        Returns
        -------
        text : ndarray of uint32
            The lines as `encode` returns them, end to end; without lines that have no symbols.
        ends : ndarray of int64
            Where each line ends.
        keys : ndarray of uint64
            A number for each line: the same for copies, which have the same longest run of 10 or more symbols or the
            same symbols throughout; otherwise like random numbers.

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

def allow_avx512(allowed: bool) -> bool:
    """Choose, for tests, whether counting may use AVX-512, which does not change a result; return whether it does."""

class EncodedText:
    """Text as symbols, to be counted by an `NgramSorter`.

    Parameters
    ----------
    unit : {"char", "byte"}, default "char"
    alnum : {"token", "join", "split"}, default "token"
        See `NgramCounter`.
    """

    alphabet: Alphabet
    def __init__(self, *, unit: str = "char", alnum: str = "token") -> None: ...
    @property
    def positions(self) -> int:
        """Number of symbols in the text, boundaries not counted."""
    def totals(self, order: int) -> list[int]:
        """Return the number of n-grams in the text for each order from 1 to `order`."""
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

    Call `deal` for each text, then `tree`, `extend_tree` or `run` once for each range of first symbols.  Threads may
    share the work, except that one at a time calls `extend_tree`.  The texts must not change after construction.

    Parameters
    ----------
    texts : list of EncodedText
        At least one.
    order : int
        Longest n-gram (1 to 8).

    Raises
    ------
    ValueError
        If there is no text, or `order` is out of range.
    """

    symbols: list[str] | list[bytes]
    """Symbols sorted by their text; their places in this list, from 1, are ids."""
    begin: Uint64
    """Symbol ``r`` occurs ``begin[r + 1] - begin[r]`` times."""
    def __init__(self, texts: list[EncodedText], order: int) -> None: ...
    def restrict_to(self, first: int, stop: int) -> None:
        """Count only n-grams whose first symbol is in ``range(first, stop)``; call it before `deal`.

        Ranges may be counted one after the other in the same memory.
        """
    def deal(self, k: int) -> None:
        """Distribute the positions of text `k` into one bucket per first symbol."""
    def tree(self, first: int, stop: int, min_count: int) -> list[Level]:
        """Count the n-grams whose first symbol is in ``range(first, stop)``.

        Returns
        -------
        list of (uint32, uint32, uint32)
            One level for each order: symbols, counts, ends of children.  N-grams of two or more symbols that occur
            fewer than `min_count` times are left out.
        """
    def sort(self, first: int, stop: int) -> None:
        """Sort the n-grams of a range ahead of `tree`, `extend_tree` or `run`."""
    def extend_tree(self, first: int, stop: int, min_count: int) -> None:
        """Append what `tree` returns to the sorter's own tree.  Its ranges rise."""
    def take_tree(self) -> list[Level]:
        """Return the sorter's own tree, which is empty then."""
    def run(self, first: int, stop: int, block_size: int) -> RunBlocks:
        """Count the same n-grams and return them as sorted records, in blocks of about `block_size` bytes."""

def find_ngrams(levels: list[Level], encoded: Uint32, size: int) -> tuple[Uint32, Uint32]:
    """Look up n-grams in a count tree.

    Parameters
    ----------
    levels : list of Level
    encoded : ndarray of uint32
        Symbol ids of the n-grams, each closed by one 0.
    size : int
        Number of n-grams.

    Returns
    -------
    places : ndarray of uint32, shape (size,)
        Place on the level of the n-gram's length; ``2**32 - 1`` if the tree does not have it.
    lengths : ndarray of uint32, shape (size,)
        Number of symbols.

    Raises
    ------
    ValueError
        If `encoded` does not have exactly `size` n-grams, for example because a word contains a boundary.
    """

class OpenPath:
    """The last n-grams of a piece of a tree, which may continue in the next piece; empty at first."""

class TreePiece:
    """A piece of a tree, filled by a `Merge`.

    Parameters
    ----------
    order : int
        Longest n-gram.
    """

    def __init__(self, order: int) -> None: ...
    def join(self, path: OpenPath, min_count: int, last: bool) -> list[tuple[Uint32, Uint64, Uint64]]:
        """Finish the piece and return its levels.

        Parameters
        ----------
        path : OpenPath
            The open n-grams of the piece before; afterwards, those of this piece.
        min_count : int
            N-grams of two or more symbols that occur fewer times are left out.
        last : bool
            Whether this is the last piece, so that no n-gram stays open.

        Returns
        -------
        list of (uint32, uint64, uint64)
            Symbols, counts and ends of each order.  Ends count from the first node of this piece.
        """

class RunPiece:
    """Blocks of a run, filled by a `Merge`.

    Parameters
    ----------
    order : int
        Longest n-gram.
    block_size : int
        Bytes of a block, about.
    """

    def __init__(self, order: int, block_size: int) -> None: ...
    def blocks(self) -> RunBlocks:
        """Return the records as blocks."""

class Merge:
    """Merges sorted sources and adds up their counts.

    Parameters
    ----------
    order : int
        Longest n-gram.
    bits : int
        Bits of the largest symbol id of the result.
    low, high : sequence of int
        The range of n-grams to merge, as `order` symbol ids of the result; `high` is excluded, and empty for no limit.

    Raises
    ------
    ValueError
        If the arguments do not fit together.
    """

    def __init__(self, order: int, bits: int, low: Sequence[int], high: Sequence[int]) -> None: ...
    def add_run(self, map: Uint32) -> None:
        """Add a run; ``map[id]``, which rises, is the id in the result of each of its symbols."""
    def add_tree(
        self, levels: list[tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]], map: Uint32
    ) -> None:
        """Add a finished count tree; ``map`` as in `add_run`."""
    def stop_at(self, high: Sequence[int]) -> None:
        """Set another `high`: the merge continues from the one before."""
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
"""First symbols (places begin, end), and for each the range of its pairs whose second symbol is in the piece."""

def deduplicate_words(text: Uint32, ends: npt.NDArray[np.int64], tokens: npt.NDArray[np.int64]) -> Bits:
    """Drop words that are made of other words; see `nlp_zero.builders.pmi.deduplicate`.  Releases the GIL.

    Parameters
    ----------
    text : ndarray of uint32
        Code points of all words, one word after the other.
    ends : ndarray of int64
        Where each word ends.
    tokens : ndarray of int64
        At least 1 for each word; the tokens of dropped words are added to those of their parts, in place.

    Returns
    -------
    ndarray of uint8
        1 for each word that stays.
    """

def return_memory() -> None:
    """Give memory that was freed back to the system, if the C library can.  Releases the GIL."""

def rank_packed(
    text: Uint32, ends: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the places of packed words by falling count, ties by text.  Releases the GIL.

    Raises
    ------
    ValueError
        If a word is empty or repeated.
    """

def take_packed(
    text: Uint32, ends: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
) -> tuple[Uint32, npt.NDArray[np.int64]]:
    """Return some of the packed words, packed: code points and ends."""

def unpack_words(text: Uint32, ends: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> list[str]:
    """Return some of the packed words as strings."""

def encode_packed(text: Uint32, ends: npt.NDArray[np.int64], special: Uint32) -> bytes | None:
    """Return packed words in UTF-8, each followed by a line feed.  Releases the GIL.

    Parameters
    ----------
    text, ends : ndarray
        The words.
    special : ndarray of uint32
        ASCII characters that need more than this.

    Returns
    -------
    bytes or None
        None if a word has a special character or a surrogate.
    """

def pack_ngrams(
    ngrams: Uint32, text: Uint32, ends: npt.NDArray[np.int64]
) -> tuple[Uint32, npt.NDArray[np.int64]]:
    """Return n-grams as packed words.

    Parameters
    ----------
    ngrams : ndarray of uint32
        Symbol ids of the n-grams, each closed by a 0.
    text, ends : ndarray
        The packed texts of the symbols.
    """

def locate_children(
    symbols: Uint32, ends: Uint32, parents: Uint32, ids: Uint32, whole_symbols: Uint32, whole_ends: Uint32
) -> Uint32:
    """Find the children of n-grams of one count tree in another tree, which has all of its n-grams except rare ones.

    Parameters
    ----------
    symbols : ndarray of uint32
        Last symbols of the children of some neighbouring n-grams.
    ends : ndarray of uint32
        Where the children of each of these n-grams end in `symbols`.
    parents : ndarray of uint32
        Places of these n-grams in the other tree, 0xFFFFFFFF where it lacks them.
    ids : ndarray of uint32
        The symbol of the other tree that each symbol is.
    whole_symbols, whole_ends : ndarray of uint32
        Last symbols of the children in the other tree, and where those of each n-gram end.

    Returns
    -------
    ndarray of uint32
        Places of the children in the other tree, 0xFFFFFFFF where it lacks them.

    Raises
    ------
    ValueError
        If the arrays do not fit together.
    """

def locate_pairs(levels: list[Level], bounds: Uint32) -> Uint32:
    """Find, for each first symbol, the first pair whose second symbol is at a bound or later.

    Parameters
    ----------
    levels : list of Level
    bounds : ndarray of uint32
        Places of symbols, rising.

    Returns
    -------
    ndarray of uint32, shape (len(bounds), symbols)
    """

def fill_links(
    levels: list[Level], links: list[Uint32 | None], suffixes: list[Uint32 | None], n: int, piece: LinkPiece
) -> None:
    """Fill in the suffix links of the n-grams of one order in a piece; lower orders must be filled in before.

    Parameters
    ----------
    levels : list of Level
    links : list of array of uint32 or None
        ``links[n - 1]`` receives the place of each n-gram without its first symbol.
    suffixes : list of array of uint32 or None
        ``suffixes[n - 1]``, unless it is None, receives ``n - 2`` counts for each n-gram: without its first one, two,
        ... symbols.
    n : int
        The order, at least 3.
    piece : LinkPiece
    """

def choose_ngrams(
    levels: list[Level],
    links: list[Uint32 | None],
    suffixes: list[Uint32 | None],
    singles: Float64,
    n: int,
    piece: LinkPiece,
    total: float,
    min_count: int,
    min_pmi: float,
    chosen: list[Bits],
    needed: list[Bits],
) -> None:
    """Choose the n-grams of one order in a piece that are frequent and have a high PMI.

    Parameters
    ----------
    levels : list of Level
    links, suffixes : list of array of uint32 or None
        Suffix links of each order, and counts of the suffixes of its n-grams; see `fill_links`.
    singles : ndarray of float64
        Counts of the single symbols.
    n : int
        The order.
    piece : LinkPiece
    total : float
        Number of symbols in the text.
    min_count : int
        Least count.
    min_pmi : float
        Least PMI, the smallest over split points, in nats.
    chosen, needed : list of array of uint8
        One bit for each n-gram, the lowest first.  The bits of the chosen n-grams are set in both; the bits of their
        prefixes are set in `needed`.
    """

def measure_ngrams(
    levels: list[Level],
    links: list[Uint32 | None],
    suffixes: list[Uint32 | None],
    singles: Float64,
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
    """Compute the PMI of n-grams of one order in a piece, and sums for the entropies of n-grams of the order before.

    Parameters
    ----------
    levels : list of Level
    links, suffixes : list of array of uint32 or None
        Suffix links of each order, and counts of the suffixes of its n-grams; see `fill_links`.
    singles : ndarray of float64
        Counts of the single symbols.
    n : int
        The order.
    piece : LinkPiece
    total : float
        Number of symbols in the text.
    block : (int, int)
        The places of the n-grams of order ``n - 1`` that begin with a symbol of the piece.
    nodes, shorter : ndarray of uint32
        Places of the n-grams of the orders `n` and ``n - 1``, rising.
    pmi : ndarray of float64
        Receives the PMI of `nodes` in nats, the smallest over split points.
    left, right : ndarray of float64
        Receive the sums of c ln c over the symbols before and after the n-grams `shorter`; see `finish_entropies`.
    """

def finish_entropies(counts: Float64, sums: Float64) -> Float64:
    """Turn sums of c ln c into branching entropies, in place: ln(count) - sum / count.

    Parameters
    ----------
    counts : ndarray of float64
        Counts of the n-grams.
    sums : ndarray of float64
        The sums; changed.

    Returns
    -------
    ndarray of float64
        `sums`, in nats.
    """

def find_parents(ends: Uint32, nodes: Uint32) -> Uint32:
    """Find the parents of nodes.

    Parameters
    ----------
    ends : ndarray of uint32
        Where the children of each parent end.
    nodes : ndarray of uint32
        Rising.

    Returns
    -------
    ndarray of uint32
        For each node the first place in `ends` with a greater number.
    """

class Patterns:
    """A hash table of n-grams for matching text.  Immutable, so threads may share it; it can be pickled.

    Parameters
    ----------
    levels : iterable of tuple of array
        For each order, with one entry for each n-gram: its last symbol, the place of its prefix on the order before,
        whether it may be a piece (uint8) and, if `scored`, its score.
    edges : int
        Number of n-grams of two or more symbols.
    largest : int
        Largest symbol id.
    scored : bool, default False
        Whether n-grams have scores.
    room : float, default 2
        Slots per n-gram; a slot takes 16 bytes, 24 with scores, including the counts of a `PieceCounter`.
    """

    def __init__(
        self, levels: Iterable[tuple[Any, ...]], edges: int, largest: int, *, scored: bool = False, room: float = 2
    ) -> None: ...

class PieceWindows:
    """Counts how often both ends of n-grams are free when text is cut by joining selected n-grams.

    Parameters
    ----------
    levels : list of Level
        A count tree in which no n-gram is missing.
    links : list of ndarray of uint32 or None
        For each order from 3, the places of its n-grams without their first symbols.
    chosen : list of ndarray of uint8
        For each order one bit for each n-gram, the lowest first: the selected ones.
    longest : int
        Length of the longest n-grams that are selected.
    """

    def __init__(self, levels: list[Level], links: list[Uint32 | None], chosen: list[Bits], longest: int) -> None: ...
    def pieces(self, n: int) -> Uint32:
        """Return the places of the n-grams of order `n` that can be pieces.

        They are selected or, above the longest order, have nothing but selected n-grams of the longest order.
        """
    def count_free(self, n: int, left: int, right: int) -> Uint32:
        """Return how often both ends of each n-gram of order `n` are free.

        Parameters
        ----------
        n, left, right : int
            Symbols of the n-gram, and of the window on its left and right.
        """

class KeptText:
    """Encoded text that is kept for further passes over it, in shares of whole runs.

    Parameters
    ----------
    texts : list of EncodedText
        They must not be changed any more.
    alphabet : Alphabet
        That of the count tree; it has all symbols of the texts.

    Raises
    ------
    ValueError
        If the texts were encoded with another alphabet.
    """

    shares: int
    def __init__(self, texts: list[EncodedText], alphabet: Alphabet) -> None: ...

class PieceCounter:
    """Cuts text and counts the pieces; one for each thread.

    Without scores, overlapping patterns are joined.  With scores, each run is cut so that the sum of the scores of its
    pieces is greatest.  `add` and `merge` release the GIL.

    Parameters
    ----------
    alphabet : Alphabet
        Encodes the text with the symbol ids of the patterns.
    patterns : Patterns
    unknown : float, default 0
        Score of a single symbol that is not a pattern.
    """

    def __init__(self, alphabet: Alphabet, patterns: Patterns, *, unknown: float = 0.0) -> None: ...
    def add(self, data: str | bytes) -> None:
        """Cut a text and count.

        Raises
        ------
        UnicodeDecodeError
            If bytes are not UTF-8.
        """
    def add_share(self, kept: KeptText, k: int) -> None:
        """Cut a share of a kept text and count; without scores, note in it where the longest patterns begin."""
    def another(self) -> PieceCounter:
        """Create a counter for another thread.  Both count patterns in one table; `merge` adds the rest."""
    def merge(self, other: PieceCounter) -> None:
        """Add the counts of a counter that `another` created."""
    def state(self) -> tuple[Any, ...]:
        """Return the counts for another process.

        Returns
        -------
        tuple
            Tokens, patterns (uint32), their counts (uint64), longer pieces, symbols.
        """
    def add_state(self, state: tuple[Any, ...]) -> None:
        """Add the `state` of a counter of the same patterns."""
    @property
    def tokens(self) -> int:
        """Number of pieces, including those that are not counted by their text."""
    @property
    def symbols(self) -> int:
        """Number of symbols of the text, without boundaries."""
    def counts(self) -> list[npt.NDArray[Any]]:
        """Return how often each n-gram occurs as a piece, for each order; uint64 if a number needs it."""
    def longer(self, min_count: int) -> tuple[Uint32, Uint32, npt.NDArray[np.uint64]]:
        """Return the pieces longer than the order of the tree, sorted by their symbol ids.

        Parameters
        ----------
        min_count : int
            Pieces that occur fewer times are left out.

        Returns
        -------
        symbols : ndarray of uint32
            The symbol ids of the pieces, each closed by a 0.
        lengths : ndarray of uint32
            Number of symbols of each.
        counts : ndarray of uint64
        """

class NgramList:
    """A hash table of given n-grams.  Immutable, so threads may share it.

    Parameters
    ----------
    ngrams : ndarray of uint32
        Symbol ids of the n-grams, each closed by a 0.
    largest : int
        Largest symbol id.

    Attributes
    ----------
    size : int
        Number of n-grams.
    """

    size: int
    def __init__(self, ngrams: Uint32, largest: int) -> None: ...

class Affixes:
    """The beginnings and ends of words, of which their PMI needs the counts.

    Parameters
    ----------
    words : ndarray of uint32
        Symbol ids of words of at least `order` symbols, each closed by a 0.  The affixes of longer ones are listed.
    order : int
        Affixes of at most this many symbols are in the count tree.
    largest : int
        Largest symbol id.

    Attributes
    ----------
    ngrams : NgramList
        The words, then their longer affixes.
    shallow : ndarray of uint32
        Symbol ids of the other affixes, each closed by a 0.
    """

    ngrams: NgramList
    shallow: Uint32
    def __init__(self, words: Uint32, order: int, largest: int) -> None: ...
    def greatest_products(self, counts: npt.NDArray[np.int64], shallow: npt.NDArray[np.int64]) -> Float64:
        """Return for each word of more than `order` symbols the greatest product of the counts of its two parts.

        Parameters
        ----------
        counts : ndarray of int64
            Of `ngrams`.
        shallow : ndarray of int64
            Of the n-grams `shallow`.
        """

class Occurrences:
    """Counts all occurrences of given n-grams, and the neighbours of some of them; one for each thread.

    Parameters
    ----------
    alphabet : Alphabet
        Encodes the text with the symbol ids of the n-grams.
    ngrams : NgramList
    described : int
        Neighbours are counted for the first `described` n-grams only.
    joined : bool, default False
        Whether every n-gram begins with one of the longest patterns of a `PieceCounter`: in a kept text that it has
        cut, other places are then left out.
    """

    def __init__(self, alphabet: Alphabet, ngrams: NgramList, described: int, *, joined: bool = False) -> None: ...
    def add(self, data: str | bytes) -> None:
        """Count the occurrences in a text.

        Raises
        ------
        UnicodeDecodeError
            If bytes are not UTF-8.
        """
    def add_share(self, kept: KeptText, k: int) -> None:
        """Count the occurrences in a share of a kept text."""
    def another(self) -> Occurrences:
        """Create a counter for another thread."""
    def merge(self, other: Occurrences) -> None:
        """Add the counts of another counter of the same n-grams."""
    def state(self) -> tuple[Any, ...]:
        """Return the counts for another process: of the n-grams, and (key, count) of left and right neighbours."""
    def add_state(self, state: tuple[Any, ...]) -> None:
        """Add the `state` of a counter of the same n-grams."""
    def result(self) -> tuple[npt.NDArray[np.int64], Float64, Float64]:
        """Return the counts of all n-grams, and left and right branching entropies (nats) of the described ones."""

def format_rows(words: bytes, counts: npt.NDArray[np.int64], columns: list[npt.NDArray[np.float64]]) -> bytes:
    """Format a table of words, counts and numbers as text.

    Parameters
    ----------
    words : bytes
        The words, each followed by a line feed.
    counts : ndarray of int64
    columns : list of array of float64
        Further numbers, written as ``%.6g``.

    Returns
    -------
    bytes
        One line for each word; columns are separated by tabs.
    """

class RowError(ValueError):
    """The number of the row that is wrong, from 0, and what is wrong."""

def parse_rows(
    data: bytes, counts: npt.NDArray[np.int64], columns: list[npt.NDArray[np.float64] | None]
) -> tuple[list[str], list[list[str]]]:
    """Read a table that `format_rows` wrote: the inverse, with any numbers that `float` reads.

    Parameters
    ----------
    data : bytes
        UTF-8; the rows, each ended by a line feed (carriage returns before it are ignored).
    counts : ndarray of int64
        Receives the second column.
    columns : list of ndarray of float64 or None
        Receive the further columns; None is a column of text.

    Returns
    -------
    words : list of str
        The first column.
    texts : list of list of str
        For each row the columns of text; empty if there are none.

    Raises
    ------
    RowError
        If a row has too few or too many fields, or a number cannot be read.
    """
