"""Boundary trees, template grammars and the counting of template candidates."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Int32: TypeAlias = npt.NDArray[np.int32]
Int64: TypeAlias = npt.NDArray[np.int64]
Float64: TypeAlias = npt.NDArray[np.float64]

def count_cuts(
    tokens: Int32, offsets: Int64, ends: Int64, starts: Int64, stick: Int64, shortest: int, longest: int
) -> tuple[Int64, Int64]:
    """Count how often each word stands after and before a cut of depth 0 or 1 of a segment: two arrays, by word."""

class BoundaryTable:
    """The numbers of a boundary model.  The arrays are kept, not copied."""

    def __init__(
        self,
        ends: Int64,
        starts: Int64,
        left: Int64,
        right: Int64,
        first: Int64,
        follower: Int32,
        stick: Int64,
        pairs: float,
        alpha: float,
    ) -> None: ...
    def score(self, u: int, v: int) -> int:
        """Score of the gap between words u and v, in steps of 2**-20 nats."""
    def trees(self, codes: Int32, offsets: Int64, prominence: int, pause: int) -> tuple[Int32, Int64]:
        """Spans (start, end) of all sentences, and where those of each sentence begin."""

class TemplateChart:
    """A template grammar: flat items (words from 1, 0 a slot) with offsets, and the weight of each template.

    Weights are ratios to the product of the probabilities of the anchors as single words.  Segments are flat
    words with offsets; word 0 is not an anchor.
    """

    @property
    def templates(self) -> int: ...
    def __init__(self, items: Int32, offsets: Int64, weights: Float64, q: float) -> None: ...
    def expected(self, words: Int32, offsets: Int64) -> tuple[Float64, float]:
        """Expected uses of templates, and the sum of log-values."""
    def alternatives(self, items: Int32, offsets: Int64) -> Float64:
        """Of each template, ln of the best chain of other units over its items, relative to single words.

        ``items`` and ``offsets`` are those of the constructor.
        """
    def log_values(self, words: Int32, offsets: Int64) -> Float64:
        """ln(P(segment) / product of P(single word)) of each segment."""
    def spans(self, words: Int32) -> Float64:
        """P(i..k is a unit) of one segment at [i, k]."""
    def best(self, words: Int32, offsets: Int64) -> tuple[Int32, Int64, Float64]:
        """Rows (start, end, label, depth) of the best trees, offsets of the trees' rows, log-values."""
    def draw(self, words: Int32, seed: int, index: int, k: int) -> tuple[Int32, Int64]:
        """Rows of ``k`` trees of one segment, tree j drawn from stream ``index + j``."""

class DistinctPairs:
    """Counts pairs of anchors (numbers 1 .. ``anchors``) by the distinct fillings between them.

    Both lie in a stretch of ``window`` words, at least one word apart.  At most ``limit`` fillings are remembered.
    """

    def __init__(self, anchors: int, window: int, limit: int) -> None: ...
    def add(self, words: Int32, anchors: Int32, offsets: Int64) -> None: ...
    def counts(self) -> Int64:
        """Distinct fillings of (a, b) at [a, b]; shape (anchors + 1, anchors + 1)."""

class FreshSegments:
    """Finds stretches of words >= 0 that were not seen recently; ``size``, a power of 2, is how many are remembered."""

    def __init__(self, size: int) -> None: ...
    def add(self, words: Int32) -> tuple[Int32, Int64]:
        """Words and lengths of the fresh stretches."""

class Fillings:
    """Collects the fillings of the slots of templates: the first ``limit`` different ones."""

    def __init__(self, limit: int) -> None: ...
    def add(self, rows: Int32, trees: Int64, words: Int32, offsets: Int64, base: int) -> None:
        """Add the fillings in parses: rows of trees as `TemplateChart.best` gives them.

        Word k of clause s stands at ``base + s + offsets[s] + k`` in the whole text.
        """
    def result(self) -> tuple[Int32, Int64, Int64, Int64]:
        """Of each filling the template, the count, its first span (one more at the end); and spans (start, length)."""

class ClausePairs:
    """Counts pairs of anchors near the beginnings of neighbouring clauses.

    The last ``remembered`` pairs of clauses (a power of 2) are not counted again.

    Texts come with negative numbers in the place of punctuation: -2 ends a clause, -3 does not, others end a sentence.
    """

    def __init__(self, anchors: int, remembered: int) -> None: ...
    def count(self, words: Int32, anchors: Int32) -> None: ...
    def forget(self) -> None:
        """Forget all remembered pairs of clauses."""
    def fill(self, words: Int32, anchors: Int32, owner: Int32, fillings: Fillings, base: int) -> None:
        """Collect the fillings of pairs that have an owner >= 0 at [a, b]."""
    def result(self) -> tuple[Int64, Int64, Int64, int]:
        """Counts of pairs, of first and second anchors, and of pairs of clauses."""
