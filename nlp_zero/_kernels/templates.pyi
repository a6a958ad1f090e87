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
    """Count how often each word occurs after and before a cut of depth 0 or 1 of a segment.

    Parameters
    ----------
    tokens : ndarray of int32
        Word numbers of all segments.
    offsets : ndarray of int64
        Where segments begin in `tokens`, and the end.
    ends, starts : ndarray of int64
        Scores of the words at the end and at the start of a unit, in steps of 2**-20 nats.
    stick : ndarray of int64
        Score of each pair of neighbours; subtracted.
    shortest, longest : int
        Segments of other lengths are skipped.

    Returns
    -------
    starts, ends : ndarray of int64
        The counts by word.
    """

class BoundaryTable:
    """The tables of a boundary model.  The arrays are kept, not copied.

    Parameters
    ----------
    ends, starts : ndarray of int64
        Scores of the words at the end and at the start of a unit, in steps of 2**-20 nats.
    left, right : ndarray of int64
        How often each word is the first and the second of a pair.
    first : ndarray of int64, shape (words + 1,)
        The pairs of word u are ``first[u]`` to ``first[u + 1] - 1``.
    follower : ndarray of int32
        Second word of each pair, sorted for each first word.
    stick : ndarray of int64
        Score of each pair; subtracted.
    pairs : float
        Number of pairs in the text.
    alpha : float
        Weight of unseen pairs.
    """

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
        """Return the score of the gap between words u and v, in steps of 2**-20 nats."""
    def trees(self, codes: Int32, offsets: Int64, prominence: int, pause: int) -> tuple[Int32, Int64]:
        """Return the spans of many sentences.

        Parameters
        ----------
        codes : ndarray of int32
            Codes of all tokens: word numbers, and negative numbers for unknown words and punctuation.
        offsets : ndarray of int64
            Where sentences begin in `codes`, and the end.
        prominence, pause : int
            Least prominence of a span, and score of an enumeration comma, in steps of 2**-20 nats.

        Returns
        -------
        spans : ndarray of int32, shape (spans, 2)
            Start and end.
        offsets : ndarray of int64
            Where the spans of each sentence begin, and the end.
        """

class TemplateChart:
    """Parses segments by a template grammar.  Segments are flat word numbers with offsets; word 0 is not an anchor.

    Parameters
    ----------
    items : ndarray of int32
        The items of all templates: words from 1, and 0 for a slot.
    offsets : ndarray of int64
        Where templates begin in `items`, and the end.
    weights : ndarray of float64
        Probability of each template, divided by the product of the probabilities of its anchors as single words.
    q : float
        Probability that a chain of units ends after a unit.
    """

    @property
    def templates(self) -> int:
        """Number of templates."""
    def __init__(self, items: Int32, offsets: Int64, weights: Float64, q: float) -> None: ...
    def expected(self, words: Int32, offsets: Int64) -> tuple[Float64, float]:
        """Return the expected number of uses of each template, and the sum of `log_values`."""
    def alternatives(self, items: Int32, offsets: Int64) -> Float64:
        """Return, for each template, ln of the best chain of other units over its items, relative to single words.

        `items` and `offsets` are those of the constructor.
        """
    def log_values(self, words: Int32, offsets: Int64) -> Float64:
        """Return ln(P(segment) / product of P(single word)) of each segment."""
    def spans(self, words: Int32) -> Float64:
        """Return P(i..k is a unit) of one segment, at [i, k]."""
    def best(self, words: Int32, offsets: Int64) -> tuple[Int32, Int64, Float64]:
        """Return the best trees: rows (start, end, label, depth), where the rows of each tree begin, log-values."""
    def draw(self, words: Int32, seed: int, index: int, k: int) -> tuple[Int32, Int64]:
        """Draw `k` trees of one segment, tree j from stream ``index + j``: rows as in `best`, and their offsets."""

class DistinctPairs:
    """Counts pairs of anchors by the distinct fillings between them.

    Parameters
    ----------
    anchors : int
        Number of anchors, which are numbered from 1.
    window : int
        Most words from the first anchor to the second, both included; they are at least one word apart.
    limit : int
        Most fillings that are remembered; above, counts are estimates.
    """

    def __init__(self, anchors: int, window: int, limit: int) -> None: ...
    def add(self, words: Int32, anchors: Int32, offsets: Int64) -> None:
        """Count the pairs of segments, given by their words and anchors (0: not an anchor)."""
    def counts(self) -> npt.NDArray[np.uint32] | Int64:
        """Return the number of distinct fillings of (a, b) at [a, b], shape (anchors + 1, anchors + 1)."""

class FreshSegments:
    """Finds segments (sequences of words >= 0) that did not occur recently.

    Parameters
    ----------
    size : int
        Number of segments that are remembered; a power of 2.
    """

    def __init__(self, size: int) -> None: ...
    def add(self, words: Int32) -> tuple[Int32, Int64]:
        """Return words and lengths of the segments of a text that did not occur recently."""

class Fillings:
    """Collects the distinct fillings of the slots of templates.

    Parameters
    ----------
    limit : int
        Later distinct fillings are not collected.
    """

    def __init__(self, limit: int) -> None: ...
    def add(self, rows: Int32, trees: Int64, words: Int32, offsets: Int64, base: int) -> None:
        """Add the fillings in parses, given as `TemplateChart.best` returns them.

        Word k of clause s is at ``base + s + offsets[s] + k`` in the whole text.
        """
    def result(self) -> tuple[Int32, Int64, Int64, Int64]:
        """Return template, count and first span of each filling (one more at the end), and spans (start, length)."""

class ClausePairs:
    """Counts pairs of anchors near the beginnings of neighbouring clauses.

    Punctuation is a negative number in texts: -2 ends a clause, -3 does not, others end a sentence.

    Parameters
    ----------
    anchors : int
        Number of anchors, which are numbered from 1.
    remembered : int
        Number of recent pairs of clauses that are not counted again; a power of 2.
    """

    def __init__(self, anchors: int, remembered: int) -> None: ...
    def count(self, words: Int32, anchors: Int32) -> None:
        """Count the pairs of a text, given by its words and anchors (0: not an anchor)."""
    def forget(self) -> None:
        """Forget all remembered pairs of clauses."""
    def fill(self, words: Int32, anchors: Int32, owner: Int32, fillings: Fillings, base: int) -> None:
        """Collect the fillings of pairs that have an owner >= 0 at [a, b]."""
    def result(self) -> tuple[Int64, Int64, Int64, int]:
        """Return the counts of pairs, of first and of second anchors, and the number of pairs of clauses."""
