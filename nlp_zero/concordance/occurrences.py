"""One occurrence of a word: the text on both sides, and where it is."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple

from .._utils.display import cut_left, cut_right
from ..corpus import TextBatch

__all__ = ["BatchText", "Occurrence"]


class Occurrence(NamedTuple):
    """One occurrence of a word.

    Attributes
    ----------
    left : str
        The text before the word, up to the width that was asked for; it never reaches into another line or text.
    word : str
        The word.
    right : str
        The text after the word.
    source : str
        The name of the file, ``<stdin>`` or ``<texts>``.
    line : int
        The number of the line, from 1; of the text if the source holds records or documents.
    """

    left: str
    word: str
    right: str
    source: str
    line: int


class BatchText:
    """The texts of a batch as one str, and the lines in it.  Positions are asked for in ascending order.

    Parameters
    ----------
    batch : TextBatch
    width : int
        Columns of context on each side.
    """

    def __init__(self, batch: TextBatch, width: int) -> None:
        self._source, self._first, self._width = batch.source, batch.first, width
        self._starts: list[int] | None = None
        if isinstance(batch.texts, str):
            self.text = batch.texts
        else:
            self.text = "\n".join(batch.texts)
            self._starts = [0, *accumulate(len(text) + 1 for text in batch.texts[:-1])]
        self._counted, self._lines = 0, 0  # line ends before the position `_counted`

    def describe(self, place: int, word: str) -> Occurrence:
        """Return the occurrence of a word at a position."""
        text, end = self.text, place + len(word)
        left = text[max(0, place - self._width) : place]
        right = text[end : end + self._width + 2]  # two more, which show whether a "\r" is part of the line end
        if "\n" in left:
            left = left[left.rindex("\n") + 1 :]
        if "\n" in right or len(right) < self._width + 2:  # the line ends here
            right = right.partition("\n")[0].removesuffix("\r")
        left, right = cut_left(left, self._width), cut_right(right[: self._width], self._width)
        return Occurrence(left, word, right, self._source, self._find_number(place))

    def find_line(self, place: int) -> tuple[int, int]:
        """Return the start and the end of the line that a position is in."""
        begin = self.text.rfind("\n", 0, place) + 1
        end = self.text.find("\n", place)
        end = len(self.text) if end < 0 else end
        return begin, end - (self.text[end - 1 : end] == "\r")

    def _find_number(self, place: int) -> int:
        if self._starts is not None:
            return self._first + bisect_right(self._starts, place) - 1
        self._lines += self.text.count("\n", self._counted, place)
        self._counted = place
        return self._first + self._lines
