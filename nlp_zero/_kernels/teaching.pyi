from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from .counting import Float64, Uint32

Runs = npt.NDArray[np.uint64]
"""Begin and end of each run: shape (runs, 2)."""

Float32 = npt.NDArray[np.float32]

class Field:
    """A conditional random field over the tags B M E S, whose features are hashed to ``2**bits`` places.

    ``templates`` gives for each feature its terms: (column, offset in symbols).  Can be pickled, with its weights.
    """

    def __init__(self, templates: Iterable[Sequence[tuple[int, int]]], bits: int) -> None: ...
    def learn(
        self,
        columns: Uint32,
        runs: Runs,
        allowed: npt.NDArray[np.uint8],
        *,
        epochs: int,
        rate: float,
        seed: int = 0,
    ) -> None:
        """Learn from the sets of tags that are allowed at each position (bits 1 << tag), by AdaGrad.

        ``columns`` has the shape (columns, positions).
        """
    def begins(self, columns: Uint32, runs: Runs, out: Float32) -> None:
        """Write the probability that a word begins at each position of the runs; releases the GIL."""
    def gradient(
        self, columns: Uint32, runs: Runs, allowed: npt.NDArray[np.uint8]
    ) -> tuple[float, Float64, Float64]:
        """Log likelihood (nats) of the labels, and its gradient by weights and by transitions."""
    def places(self, columns: Uint32, run: tuple[int, int], i: int) -> list[int]:
        """Places of the features of position i in a run."""
    @property
    def weights(self) -> tuple[Float32, Float64]:
        """By place and tag; and of the transitions BM, BE, MM, ME, EB, ES, SB, SS."""
    @weights.setter
    def weights(self, pair: tuple[Float32, Sequence[float]]) -> None: ...

def exchange_classes(tokens: Uint32, words: int, classes: int, passes: int) -> Uint32:
    """Classes of the words 0 to words - 1, numbered by falling frequency; greater numbers are boundaries."""

class ContextMeans:
    """Means of a value over all positions with the same symbols from i + first to i + last, within a run.

    Can be pickled.
    """

    def __init__(self, first: int, last: int) -> None: ...
    def add(self, text: Uint32, values: Float32, skipped: npt.NDArray[np.uint8]) -> None: ...
    def mean(self, text: Uint32) -> Float32:
        """Means, with one value of 1/2 added; -1 where the context is not inside the run."""

class Dictionary:
    """Words (ids end to end, each closed by a 0), to be found in encoded text.  Can be pickled."""

    def __init__(self, words: Uint32) -> None: ...
    def find(self, text: Uint32) -> Uint32:
        """Shape (3, positions): length of the longest word (of two or more symbols) that begins, ends before, spans."""

def regress_logistic(rows: Float32, labels: npt.NDArray[np.uint8], ridge: float, iterations: int) -> Float64:
    """Weights of a ridge logistic regression of labels 0 and 1, one for each column of ``rows``."""
