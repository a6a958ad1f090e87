"""BytePiece's way to a vocabulary: cut the text by an n-gram model of bytes, count pieces, drop those not used."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np

from ..._kernels.vocabulary import Splitter, Text, count_pieces
from ...counting.counter import NgramCounter

ORDER = 6  # bytes: two Chinese characters
RARE = 2  # n-grams and pieces that come less often are forgotten, or cut up
ROUNDS = 10
BYTES = [bytes([byte]) for byte in range(256)]


class NgramPieces:
    """The pieces of `text` (of bytes) that an n-gram model finds, cleaned; `cut` takes the most frequent.

    ``whole``: pieces are whole characters; ``longest``, in bytes; ``refused``: pieces that may not be; ``required``:
    those that must.  Source: kexue.fm/archives/9752.
    """

    def __init__(
        self, text: Text, *, whole: bool, longest: int, refused: Callable[[bytes], bool], required: Iterable[bytes]
    ) -> None:
        data = np.where(text.encoded == 0, ord("\n"), text.codes[text.encoded]).astype(np.uint8).tobytes()
        lines = data.decode("utf-8", "replace").split("\n")
        counts = NgramCounter(order=ORDER, unit="byte").update(lines).freeze(min_count=RARE)
        found = count_pieces(
            counts.levels, counts.symbols, counts.total(1), text.encoded, text.codes, whole=whole
        )
        self.fixed = {*BYTES, *required}
        good = {p: n for p, n in found.items() if n >= RARE and len(p) <= longest and not refused(p)}
        self.pieces = self._without(found, [piece for piece in found if piece not in good])
        for _ in range(ROUNDS):
            splitter = Splitter(_log_probs(self.pieces))
            unused = [p for p in self.pieces if p not in self.fixed and splitter.split(p) != [p]]
            if not unused:
                break
            self.pieces = self._without(self.pieces, unused)

    def cut(self, size: int) -> dict[bytes, int]:
        """The required and the most frequent pieces, `size` with the bytes; ties go by the bytes."""
        ranked = sorted(self.pieces, key=lambda piece: (piece not in self.fixed, -self.pieces[piece], piece))
        return self._without(self.pieces, ranked[size:])

    def _without(self, pieces: dict[bytes, int], dropped: Iterable[bytes]) -> dict[bytes, int]:
        """The other pieces, and the counts of those that are dropped given to what they are cut into."""
        gone = {piece: pieces[piece] for piece in dropped if piece not in self.fixed}
        kept = {piece: count for piece, count in pieces.items() if piece not in gone}
        for piece in self.fixed:
            kept.setdefault(piece, 0)
        splitter = Splitter(_log_probs(kept))
        for piece, count in gone.items():
            for part in splitter.split(piece):
                kept[part] += count
        return kept


def _log_probs(pieces: dict[bytes, int]) -> dict[bytes, float]:
    total = math.log(max(sum(pieces.values()), 1))
    return {piece: math.log(max(count, 0.5)) - total for piece, count in pieces.items()}
