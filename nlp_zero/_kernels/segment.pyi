import numpy as np
import numpy.typing as npt

from .ngrams import Float64, Level, Uint32

class PieceCounter:
    """Cuts encoded text with the chosen n-grams of a count tree, and counts the pieces.

    ``chosen[n][i]`` (uint8) tells whether n-gram i of order n + 1 may be a piece.  Without ``scores`` n-grams that
    overlap are joined; with them each run is cut so that the sum of the pieces' scores is greatest.
    """

    def __init__(
        self,
        levels: list[Level],
        chosen: list[npt.NDArray[np.uint8]],
        *,
        scores: list[Float64] | None = None,
        unknown: float = 0.0,
    ) -> None: ...
    def add(self, text: Uint32) -> None: ...
    @property
    def tokens(self) -> int: ...
    def counts(self) -> list[npt.NDArray[np.int64]]:
        """How often each n-gram came as a piece, for each order."""
    def longer(self, min_count: int) -> tuple[list[tuple[int, ...]], list[int]]:
        """Pieces longer than the tree is deep, as symbol ids, and their counts."""

class Occurrences:
    """Counts every occurrence of ``size`` n-grams (ids, each closed by a 0) in encoded text, and what stands beside."""

    def __init__(self, ngrams: Uint32, size: int, largest: int) -> None: ...
    def add(self, text: Uint32) -> None: ...
    def result(self) -> tuple[npt.NDArray[np.int64], Float64, Float64]:
        """Counts, left and right branching entropies (nats)."""
