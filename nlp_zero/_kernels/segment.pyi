from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from .alphabet import Alphabet
from .ngrams import Float64, Uint32

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
