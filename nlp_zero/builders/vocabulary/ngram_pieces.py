"""BytePiece's method: cut the text by an n-gram model of bytes, count the pieces, and drop those that are not used.

Source: kexue.fm/archives/9752.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from ..._kernels.elementary import log
from ..._kernels.vocabulary import Splitter, Text, count_pieces
from ...counting.counter import NgramCounter
from ...counting.counts import levels_of

__all__ = ["NgramPieces"]

ORDER = 6  # bytes: two Chinese characters
MIN_COUNT = 2  # n-grams that occur fewer times are not counted, and pieces that do are split
MAX_ROUNDS = 10  # of dropping unused pieces
BYTES = [bytes([byte]) for byte in range(256)]


class NgramPieces:
    """The pieces of a text that an n-gram model finds, without those that are split into others.

    Parameters
    ----------
    text : Text
        A text of bytes.
    whole : bool
        Whether pieces are strings of whole characters.
    max_bytes : int
        Longest piece.
    accept : callable
        Whether a string of bytes may be a piece.
    required : iterable of bytes
        Pieces that are always kept, in addition to the 256 bytes.

    Attributes
    ----------
    pieces : dict of bytes to int
        All pieces with their counts.
    """

    def __init__(
        self, text: Text, *, whole: bool, max_bytes: int, accept: Callable[[bytes], bool], required: Iterable[bytes]
    ) -> None:
        data = np.where(text.encoded == 0, ord("\n"), text.codes[text.encoded]).astype(np.uint8).tobytes()
        lines = data.decode("utf-8", "replace").split("\n")
        counts = NgramCounter(order=ORDER, unit="byte").update(lines).freeze(min_count=MIN_COUNT)
        found = count_pieces(
            levels_of(counts), counts.symbols, counts.total(1), text.encoded, text.codes, whole=whole
        )
        self._fixed = {*BYTES, *required}
        accepted = {p for p, count in found.items() if count >= MIN_COUNT and len(p) <= max_bytes and accept(p)}
        self.pieces = self._drop(found, [piece for piece in found if piece not in accepted])
        for _ in range(MAX_ROUNDS):
            splitter = Splitter(_log_probs(self.pieces))
            unused = [p for p in self.pieces if p not in self._fixed and splitter.split(p) != [p]]
            if not unused:
                break
            self.pieces = self._drop(self.pieces, unused)

    def select(self, size: int) -> dict[bytes, int]:
        """Return the fixed and the most frequent pieces, `size` in all, with counts; ties go by their bytes."""
        ranked = sorted(self.pieces, key=lambda piece: (piece not in self._fixed, -self.pieces[piece], piece))
        return self._drop(self.pieces, ranked[size:])

    def _drop(self, pieces: dict[bytes, int], dropped: Iterable[bytes]) -> dict[bytes, int]:
        """Return the other pieces; counts of a dropped one are added to the pieces that it is split into."""
        gone = {piece: pieces[piece] for piece in dropped if piece not in self._fixed}
        kept = {piece: count for piece, count in pieces.items() if piece not in gone}
        for piece in self._fixed:
            kept.setdefault(piece, 0)
        splitter = Splitter(_log_probs(kept))
        for piece, count in gone.items():
            for smaller in splitter.split(piece):
                kept[smaller] += count
        return kept


def _log_probs(pieces: dict[bytes, int]) -> dict[bytes, float]:
    log_total = log(max(sum(pieces.values()), 1))
    return {piece: log(max(count, 0.5)) - log_total for piece, count in pieces.items()}
