import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

class TemplateChart:
    """A template grammar: flat items (words from 1, 0 a slot) with offsets, and the weight of each template.

    Weights are ratios to the product of the probabilities of the anchors as words by themselves.  Segments are flat
    words with offsets; word 0 is no anchor.
    """

    @property
    def templates(self) -> int: ...
    def __init__(self, items: Ints, offsets: Longs, weights: Floats, q: float) -> None: ...
    def expected(self, words: Ints, offsets: Longs) -> tuple[Floats, float]:
        """Expected uses of templates, and the sum of log-values."""
    def alternatives(self, items: Ints, offsets: Longs) -> Floats:
        """Of each template, ln of the best chain of other units over its items, relative to words by themselves.

        ``items`` and ``offsets`` are those of the constructor.
        """
    def log_values(self, words: Ints, offsets: Longs) -> Floats:
        """ln(P(segment) / product of P(word by itself)) of each segment."""
    def spans(self, words: Ints) -> Floats:
        """P(i..k is a unit) of one segment at [i, k]."""
    def best(self, words: Ints, offsets: Longs) -> tuple[Ints, Longs, Floats]:
        """Rows (start, end, label, depth) of the best trees, offsets of the trees' rows, log-values."""
    def draw(self, words: Ints, seed: int, index: int, k: int) -> tuple[Ints, Longs]:
        """Rows of ``k`` trees of one segment, tree j drawn from stream ``index + j``."""
