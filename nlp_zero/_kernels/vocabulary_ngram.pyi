from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .ngrams import Level

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
        """The pieces, or none when there is no way; without `itself` the text is no piece of its own."""
