"""Preprocessing levels: boundaries that are given to every segmenter, so that they do not count as its success."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.counting import Alphabet
from .._utils.validation import check_choice
from .alignment import Alignment, starts_of

if TYPE_CHECKING:
    import numpy.typing as npt

    IntArray = npt.NDArray[np.int64]
    BoolArray = npt.NDArray[np.bool_]

__all__ = ["LETTER", "LEVELS", "Preprocessing", "class_of"]

LEVELS = {
    "raw": "only the ends of lines are given",
    "punct": "every mark of punctuation and every symbol is a token",
    "alnum": "every mark of punctuation is a token, and so is every run of digits and Latin letters",
    "join": "every mark of punctuation is a token; no cut inside a run of digits and Latin letters, which may join "
    "its neighbours",
}
LETTER, MARK, ALNUM = 0, 1, 2


class Preprocessing:
    """The boundaries that a level gives in one text.

    Parameters
    ----------
    alignment : Alignment
        The text.
    level : str
        One of `LEVELS`.

    Raises
    ------
    ValueError
        If there is no such level.

    Examples
    --------
    >>> from .alignment import align
    >>> both = align(["他 在 １９９８年 说 ：“ 好"], ["他在１ ９９ ８年说：“好"])
    >>> both.words(Preprocessing(both, "alnum").apply(both.predicted))
    ['他在', '１９９８', '年说', '：', '“', '好']
    """

    def __init__(self, alignment: Alignment, level: str) -> None:
        self.level = check_choice("level", level, LEVELS)
        self._classes = _classify(alignment.text)
        self._line_ends = alignment.line_ends[alignment.line_ends > 0]

    def __repr__(self) -> str:
        return f"Preprocessing(level={self.level!r}, characters={len(self._classes)})"

    def apply(self, ends: IntArray) -> IntArray:
        """Add and remove boundaries so that a segmentation agrees with the level.

        Parameters
        ----------
        ends : array of int64
            Ends of the words.

        Returns
        -------
        array of int64
            Ends of the new words.
        """
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

    def gives(self, ends: IntArray) -> BoolArray:
        """Find the words that the level gives.

        Parameters
        ----------
        ends : array of int64
            Ends of the words.

        Returns
        -------
        array of bool
            True for words of marks alone, at the level ``alnum`` for words of marks, digits and Latin letters alone.
        """
        if self.level == "raw":
            return np.zeros(len(ends), bool)
        own = self._classes == LETTER if self.level == "alnum" else self._classes != MARK
        before: IntArray = np.concatenate((np.zeros(1, np.int64), np.cumsum(own, dtype=np.int64)))
        return np.equal(before[ends], before[starts_of(ends)[:-1]])


@cache
def class_of(char: str) -> int:
    """Return LETTER (of any script), MARK, or ALNUM (digits and Latin letters)."""
    if not _alphabet("split").encode(char).any():
        return MARK
    return LETTER if _alphabet("token").encode(char).any() else ALNUM


@cache
def _alphabet(alnum: str) -> Alphabet:
    return Alphabet(alnum=alnum)


def _classify(text: str) -> npt.NDArray[np.uint8]:
    """Return the class of each character."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    if not len(points):
        return np.zeros(0, np.uint8)
    found = np.flatnonzero(np.bincount(points))
    table = np.zeros(int(found[-1]) + 1, np.uint8)
    table[found] = [class_of(chr(point)) for point in found.tolist()]
    return table[points]
