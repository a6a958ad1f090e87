"""Vocabularies of fixed size."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from .counting import Level

MAX_LENGTH: int
"""Longest piece, in symbols."""

class Text:
    """The text to learn from: lines of symbols, which are characters or (``bytes``) bytes."""

    bytes: bool
    def __init__(self, *, bytes: bool) -> None: ...
    def add(self, data: npt.NDArray[np.uint8], *, surrogates: bool = False) -> bool:
        """Add lines; False, and nothing added, when they are not UTF-8 (`surrogates`: lone ones are let through)."""
    @property
    def symbols(self) -> int:
        """Symbols in the text, line ends not counted."""
    @property
    def codes(self) -> npt.NDArray[np.uint32]:
        """The code point, or byte, of each symbol; symbol 0 ends a line."""
    @property
    def encoded(self) -> npt.NDArray[np.uint32]:
        """The text; begins with 0, and each line ends with 0."""

class Search:
    """Candidate pieces over a text, some of them present, and what the presence or absence of each is worth.

    Candidates are the maximal strings of 2 to ``max_length`` symbols inside lines that occur at least ``min_count``
    times, and those ``wanted`` (code points or bytes) that occur at all; ``lonely`` symbols are not joined with others.
    Ids: these candidates, then symbols (``first_symbol`` + symbol), then beginnings of characters (``first_prefix``
    and above).
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
        """How often each byte spelled a symbol that has no piece, in the last pass."""
    @property
    def saved(self) -> npt.NDArray[np.float32]:
        """What each piece saves in each fold, (ids, folds): tokens, or bits by the price of the last pass."""
    @property
    def spread(self) -> npt.NDArray[np.uint32]:
        """In how many blocks of each fold it saves anything."""
    @property
    def block_begin(self) -> npt.NDArray[np.uint32]: ...
    @property
    def tokens(self) -> int: ...
    @property
    def cost(self) -> float: ...
    def set_price(self, token: float, bit: float) -> None:
        """A token costs ``token`` + ``bit`` for each bit of its information."""
    def lengths(self) -> npt.NDArray[np.uint8]:
        """In symbols; a beginning has 0."""
    def counts(self) -> npt.NDArray[np.uint32]:
        """Of strings in the text; of a beginning, how many different symbols have it."""
    def is_byte(self) -> npt.NDArray[np.bool_]: ...
    def spell(self, id: int) -> bytes: ...
    def locate(self, pieces: Sequence[Sequence[int]]) -> list[int | None]: ...
    def activate(self) -> None:
        """Take the present pieces into the lattice; needed after pieces were added, not after they were removed."""
    def run(self, *, absent: bool) -> None:
        """One pass: uses and, of the present pieces or of the absent ones, `saved` and `spread`."""

def count_pieces(
    levels: list[Level],
    symbols: Sequence[bytes],
    total: float,
    encoded: npt.NDArray[np.uint32],
    codes: npt.NDArray[np.uint32],
    *,
    whole: bool,
) -> dict[bytes, int]:
    """Cut a text of bytes (``codes`` of ``encoded``, 0 ends a line) by n-gram counts, and count the pieces.

    ``levels``, ``symbols`` and ``total`` are those of `NgramCounts`; ``whole``: no cut inside a character.
    """

class Splitter:
    """Cuts strings of bytes into the most probable of some pieces; ties go to the longer last piece."""

    def __init__(self, log_probs: dict[bytes, float]) -> None: ...
    def split(self, text: bytes, *, itself: bool = True) -> list[bytes]:
        """The pieces, or an empty list if there is no way; without `itself` the text is not a piece of its own."""
