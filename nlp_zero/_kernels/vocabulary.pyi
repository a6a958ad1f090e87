"""Vocabularies of fixed size."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from .counting import Level

MAX_LENGTH: int
"""Longest piece, in symbols."""

class Text:
    """The text to learn from: lines of symbols.

    Parameters
    ----------
    bytes : bool
        Whether symbols are bytes; otherwise they are characters.
    """

    bytes: bool
    def __init__(self, *, bytes: bool) -> None: ...
    def add(self, data: npt.NDArray[np.uint8], *, surrogates: bool = False) -> bool:
        """Add lines.

        Parameters
        ----------
        data : ndarray of uint8
            UTF-8, or any bytes if symbols are bytes.
        surrogates : bool, default False
            Whether lone surrogates are accepted.

        Returns
        -------
        bool
            False if the lines are not UTF-8; nothing is added then.
        """
    def __len__(self) -> int:
        """Return the number of symbols in the text, with line ends."""
    def counts(self) -> npt.NDArray[np.int64]:
        """Return how often each symbol occurs; symbol 0 ends a line."""
    @property
    def symbols(self) -> int:
        """Number of symbols in the text, line ends not counted."""
    @property
    def codes(self) -> npt.NDArray[np.uint32]:
        """The code point, or byte, of each symbol; symbol 0 ends a line."""
    @property
    def encoded(self) -> npt.NDArray[np.uint32]:
        """The text; begins with 0, and each line ends with 0."""

class Search:
    """Candidate pieces over a text, some of which are present, and the value of the presence or absence of each.

    Ids: candidates, then symbols (``first_symbol + symbol``), then beginnings of characters (from `first_prefix`).

    Parameters
    ----------
    text : Text
    min_count : int
        Candidates are the maximal strings of two or more symbols inside lines that occur at least this often.
    max_length : int
        Longest candidate in symbols.
    fallback : bool
        Whether symbols without a piece are spelled in bytes.
    block : int
        Least number of symbols of a block, whose savings count as one observation.
    lonely : iterable of int
        Symbols that are not part of longer candidates.
    wanted : iterable of sequence of int
        Further candidates, as code points or bytes; they need to occur only once.

    Attributes
    ----------
    present : ndarray of bool
        Whether each piece is in the vocabulary.
    uses : ndarray of uint32
        How often each piece is used in the best segmentation of the last pass.
    fold : ndarray of uint8
        The fold of each block.
    """

    text: Text
    first_symbol: int
    first_prefix: int
    present: npt.NDArray[np.bool_]
    uses: npt.NDArray[np.uint32]
    fold: npt.NDArray[np.uint8]
    def __init__(
        self,
        text: Text,
        *,
        min_count: int,
        max_length: int,
        fallback: bool,
        block: int,
        lonely: Iterable[int] = (),
        wanted: Iterable[Sequence[int]] = (),
    ) -> None: ...
    @property
    def byte_uses(self) -> npt.NDArray[np.uint32]:
        """How often each byte spells symbols without a piece, in the last pass."""
    @property
    def saved(self) -> npt.NDArray[np.float32]:
        """Saving by each piece in each fold, shape (ids, folds), in the price of the last pass: tokens or bits."""
    @property
    def spread(self) -> npt.NDArray[np.uint32]:
        """Number of blocks of each fold in which each piece saves something, shape (ids, folds)."""
    @property
    def block_begin(self) -> npt.NDArray[np.uint32]:
        """The place in the text where each block begins."""
    @property
    def tokens(self) -> int:
        """Number of tokens of the last pass."""
    @property
    def cost(self) -> float:
        """Cost of the best segmentation of the last pass."""
    def set_price(self, token: float, bit: float) -> None:
        """Set the cost of a token: `token`, plus `bit` for each bit of its information."""
    def lengths(self) -> npt.NDArray[np.uint8]:
        """Return the length of each piece in symbols; 0 for a beginning."""
    def counts(self) -> npt.NDArray[np.uint32]:
        """Return how often each string occurs; for a beginning, the number of different symbols that have it."""
    def is_byte(self) -> npt.NDArray[np.bool_]:
        """Return, for each symbol, whether it is itself a byte."""
    def spell(self, id: int) -> bytes:
        """Return the UTF-8 of a piece."""
    def locate(self, pieces: Sequence[Sequence[int]]) -> list[int | None]:
        """Return the ids of pieces, given as code points or bytes; None if a piece is not a candidate."""
    def activate(self, *, workers: int = 1) -> None:
        """Build the lattice of the present pieces; needed after pieces were added, not after they were removed."""
    def run(self, *, absent: bool, workers: int = 1) -> None:
        """Make a pass over the text: compute `uses`, and `saved` and `spread` of the present or the absent pieces.

        Each thread works on some of the four folds; the result is the same for every number of threads.
        """

class Topics:
    """The topic of each block of a search: the square roots of the frequencies of some symbols, a row for each block.

    Parameters
    ----------
    search : Search
    symbols : sequence of int
        The symbol of each column.
    """

    search: Search
    width: int
    def __init__(self, search: Search, symbols: Sequence[int] | npt.NDArray[np.int64]) -> None: ...
    def moments(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return the sum of all rows, and the sum of their products, shape (columns, columns)."""
    def project(self, axis: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the product of each row and `axis`, shape (blocks,)."""

def count_pieces(
    levels: list[Level],
    symbols: Sequence[bytes],
    total: float,
    encoded: npt.NDArray[np.uint32],
    codes: npt.NDArray[np.uint32],
    *,
    whole: bool,
) -> dict[bytes, int]:
    """Cut a text of bytes by n-gram counts, and count the pieces.

    Parameters
    ----------
    levels : list of Level
    symbols : sequence of bytes
    total : float
        Levels, symbols and number of symbols of `NgramCounts`.
    encoded, codes : ndarray of uint32
        The text, of which 0 ends a line, and the byte of each of its symbols.
    whole : bool
        Whether characters are never cut.

    Returns
    -------
    dict of bytes to int
        The count of each piece.
    """

class Splitter:
    """Cuts strings of bytes into the most probable pieces; ties go to the longer last piece.

    Parameters
    ----------
    log_probs : dict of bytes to float
        The pieces with ln p, in nats.
    """

    def __init__(self, log_probs: dict[bytes, float]) -> None: ...
    def split(self, text: bytes, *, itself: bool = True) -> list[bytes]:
        """Cut a string.

        Parameters
        ----------
        text : bytes
        itself : bool, default True
            Whether the whole string may be the piece.

        Returns
        -------
        list of bytes
            Empty if no segmentation exists.
        """

class Merger:
    """Merges neighbouring tokens of words, as a byte-pair encoding does.

    Each merge gets the next rank.  At any time the words are what an encoder gives that repeatedly merges the pair of
    the lowest rank, and the first of equal ones.

    Parameters
    ----------
    tokens : ndarray of uint32
        The tokens of all distinct words, one word after the other.
    ends : ndarray of uint64, shape (words,)
        Where the tokens of each word end.
    counts : ndarray of uint64, shape (words,)
        How often each word occurs.
    """

    def __init__(
        self, tokens: npt.NDArray[np.uint32], ends: npt.NDArray[np.uint64], counts: npt.NDArray[np.uint64]
    ) -> None: ...
    def find_best(self, least: int = 1) -> tuple[int, int, int] | None:
        """Return the pair that occurs most often, with its count; ties go to the lowest ids.

        Parameters
        ----------
        least : int, default 1

        Returns
        -------
        tuple of (left, right, count), or None
            None if no pair occurs at least `least` times.
        """
    def reject(self, left: int, right: int) -> None:
        """Never return a pair again."""
    def merge(self, left: int, right: int, merged: int) -> None:
        """Merge a pair into the token `merged` wherever it occurs."""
    def list_tokens(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
        """Return `tokens` and `ends` after the merges."""
