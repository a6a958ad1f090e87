from typing import Any

import numpy as np
import numpy.typing as npt

from .alphabet import Alphabet
from .ngrams import Float64, Level, Uint32

class Patterns:
    """The chosen n-grams of a count tree, ready to be found in text; threads share it, and it can be pickled.

    ``chosen[n][i]`` (uint8) tells whether n-gram i of order n + 1 may be a piece.
    """

    def __init__(
        self, levels: list[Level], chosen: list[npt.NDArray[np.uint8]], *, scores: list[Float64] | None = None
    ) -> None: ...

class PieceCounter:
    """Cuts text and counts the pieces; one for each thread.

    Without scores patterns that overlap are joined; with them each run is cut so that the sum of the pieces' scores is
    greatest.  `add` and `merge` release the GIL.
    """

    def __init__(self, alphabet: Alphabet, patterns: Patterns, *, unknown: float = 0.0) -> None: ...
    def add(self, data: str | bytes) -> None:
        """Raises `UnicodeDecodeError` when bytes are not UTF-8."""
    def merge(self, other: PieceCounter) -> None:
        """Add what another counter of the same patterns has counted."""
    def state(self) -> tuple[Any, ...]:
        """What was counted, to be sent to another process: tokens, patterns (uint32), their counts, longer pieces."""
    def add_state(self, state: tuple[Any, ...]) -> None:
        """Add what a counter of the same patterns has counted, perhaps in another process."""
    @property
    def tokens(self) -> int: ...
    def counts(self) -> list[npt.NDArray[np.int64]]:
        """How often each n-gram came as a piece, for each order."""
    def longer(self, min_count: int) -> tuple[list[tuple[int, ...]], list[int]]:
        """Pieces longer than the tree is deep, as symbol ids in their order, and their counts."""

class NgramList:
    """Given n-grams (ids end to end, each closed by a 0), ready to be found in text; threads share it."""

    size: int
    def __init__(self, ngrams: Uint32, largest: int) -> None: ...

class Occurrences:
    """Counts every occurrence of given n-grams, and what stands beside the first ``described`` of them."""

    def __init__(self, alphabet: Alphabet, ngrams: NgramList, described: int) -> None: ...
    def add(self, data: str | bytes) -> None:
        """Raises `UnicodeDecodeError` when bytes are not UTF-8."""
    def merge(self, other: Occurrences) -> None:
        """Add what another counter of the same n-grams has counted."""
    def state(self) -> tuple[Any, ...]:
        """What was counted, to be sent to another process: counts, and (key, count) of what stands left and right."""
    def add_state(self, state: tuple[Any, ...]) -> None:
        """Add what a counter of the same n-grams has counted, perhaps in another process."""
    def result(self) -> tuple[npt.NDArray[np.int64], Float64, Float64]:
        """Counts of all; left and right branching entropies (nats) of those that are described."""
