import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

class DistinctPairs:
    """Counts pairs of anchors (numbers 1 .. ``anchors``) by the distinct fillings between them.

    Both lie in a stretch of ``window`` words, at least one word apart.  At most ``limit`` fillings are remembered.
    """

    def __init__(self, anchors: int, window: int, limit: int) -> None: ...
    def add(self, words: Ints, anchors: Ints, offsets: Longs) -> None: ...
    def counts(self) -> Longs:
        """Distinct fillings of (a, b) at [a, b]; shape (anchors + 1, anchors + 1)."""

class FreshSegments:
    """Finds stretches of words >= 0 that were not among the last ones seen; ``size``, a power of 2, is how many."""

    def __init__(self, size: int) -> None: ...
    def add(self, words: Ints) -> tuple[Ints, Longs]:
        """Words and lengths of the fresh stretches."""

class Fillings:
    """Collects what fills the slots of templates; of at most ``limit`` different fillings, the first ones."""

    def __init__(self, limit: int) -> None: ...
    def add(self, rows: Ints, trees: Longs, words: Ints, offsets: Longs, base: int) -> None:
        """Add the fillings in parses: rows of trees as `TemplateChart.best` gives them.

        Word k of clause s stands at ``base + s + offsets[s] + k`` in the whole text.
        """
    def result(self) -> tuple[Ints, Longs, Longs, Longs]:
        """Of each filling the template, the count, its first span (one more at the end); and spans (start, length)."""

class ClausePairs:
    """Counts pairs of anchors near the beginnings of neighbouring clauses; ``remembered`` (a power of 2) pairs of
    clauses are not counted again.

    Texts come with negative numbers in the place of punctuation: -2 ends a clause, -3 does not, others end a sentence.
    """

    def __init__(self, anchors: int, remembered: int) -> None: ...
    def count(self, words: Ints, anchors: Ints) -> None: ...
    def forget(self) -> None:
        """Begin again with remembering pairs of clauses."""
    def fill(self, words: Ints, anchors: Ints, owner: Ints, fillings: Fillings, base: int) -> None:
        """Collect the fillings of pairs that have an owner >= 0 at [a, b]."""
    def result(self) -> tuple[Longs, Longs, Longs, int]:
        """Counts of pairs, of first and second anchors, and of pairs of clauses."""
