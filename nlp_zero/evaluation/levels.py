"""Preprocessing levels: what every segmenter is told beforehand, and so is no merit of its own."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.counting import Alphabet
from .aligned import Aligned, starts_of

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]

__all__ = ["LETTER", "LEVELS", "Preprocessing", "class_of"]

LEVELS = {
    "raw": "nothing is given but the ends of lines",
    "punct": "every mark of punctuation, and every symbol, is a token",
    "alnum": "every mark of punctuation is a token, and so is every run of digits and Latin letters",
    "join": "every mark of punctuation is a token; no cut inside a run of digits and Latin letters, which may join "
    "its neighbours",
}
LETTER, MARK, ALNUM = 0, 1, 2


class Preprocessing:
    """What a level gives on one text.

    Examples
    --------
    >>> from .aligned import align
    >>> both = align(["他 在 １９９８年 说 ：“ 好"], ["他在１ ９９ ８年说：“好"])
    >>> both.words(Preprocessing(both, "alnum").applied(both.predicted))
    ['他在', '１９９８', '年说', '：', '“', '好']
    """

    def __init__(self, aligned: Aligned, level: str) -> None:
        if level not in LEVELS:
            raise ValueError(f"level must be one of {', '.join(LEVELS)}, not {level!r}")
        self.level = level
        self._classes = _classes(aligned.text)
        self._line_ends = aligned.line_ends[aligned.line_ends > 0]

    def applied(self, ends: Ints) -> Ints:
        """Bring a segmentation in line with what the level gives; return the new ends of words."""
        if self.level == "raw":
            return ends
        cut = np.zeros(len(self._classes), bool)
        cut[ends - 1] = True
        here, after, inner = self._classes[:-1], self._classes[1:], cut[:-1]  # inner is a view: it changes `cut`
        inner |= (here == MARK) | (after == MARK)
        if self.level != "punct":
            inner &= (here != ALNUM) | (after != ALNUM)
        if self.level == "alnum":
            inner |= (here == ALNUM) != (after == ALNUM)
        cut[self._line_ends - 1] = True
        return np.flatnonzero(cut).astype(np.int64) + 1

    def gives(self, ends: Ints) -> Bools:
        """Tell for each word whether the level gives it: marks alone, and at ``alnum`` digits and Latin letters too."""
        if self.level == "raw":
            return np.zeros(len(ends), bool)
        own = self._classes == LETTER if self.level == "alnum" else self._classes != MARK
        before: Ints = np.concatenate((np.zeros(1, np.int64), np.cumsum(own, dtype=np.int64)))
        return np.equal(before[ends], before[starts_of(ends)[:-1]])


@cache
def class_of(char: str) -> int:
    """LETTER (of any script), MARK, or ALNUM (digits and Latin letters)."""
    if not _alphabet("split").encode(char).any():
        return MARK
    return LETTER if _alphabet("token").encode(char).any() else ALNUM


@cache
def _alphabet(alnum: str) -> Alphabet:
    return Alphabet(alnum=alnum)


def _classes(text: str) -> npt.NDArray[np.uint8]:
    """The class of each character."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    found = np.flatnonzero(np.bincount(points))
    table = np.zeros(int(found[-1]) + 1, np.uint8)
    table[found] = [class_of(chr(point)) for point in found.tolist()]
    return table[points]
