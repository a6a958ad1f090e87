"""Segmented lines, and two segmentations of the same lines as ends of words in one long text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

import numpy as np

from ..errors import CorpusError

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]

__all__ = ["Agreement", "Aligned", "align", "untagged", "without_spaces", "word_types"]

TAG = re.compile(r"[A-Za-z][A-Za-z0-9!-]*")
TAGGED_SHARE = 0.9  # of the words: from here on the text is taken to be tagged


@dataclass(frozen=True, slots=True)
class Agreement:
    """Counts of what the gold standard and a prediction have in common.

    Examples
    --------
    >>> Agreement(correct=2, predicted=4, gold=3).f1  # 2 · 2 / (4 + 3)
    0.5714285714285714
    """

    correct: int
    predicted: int
    gold: int

    @property
    def precision(self) -> float:
        """correct / predicted; NaN when nothing was predicted."""
        return _ratio(self.correct, self.predicted)

    @property
    def recall(self) -> float:
        """correct / gold; NaN when the gold standard has none."""
        return _ratio(self.correct, self.gold)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 2·correct / (predicted + gold)."""
        return _ratio(2 * self.correct, self.predicted + self.gold)


@dataclass(frozen=True, slots=True)
class Aligned:
    """Two segmentations of the same lines.

    Attributes
    ----------
    text : str
        The lines without their whitespace, one after the other.
    line_ends : int64, shape (lines,)
        Where each line ends in `text`.
    gold, predicted : int64, shape (words,)
        Where each word ends in `text`, ascending; a word begins where the one before ends.
    """

    text: str
    line_ends: Ints
    gold: Ints
    predicted: Ints

    def matches(self) -> tuple[Bools, Bools]:
        """Tell for each gold word whether it is a predicted word, and whether a predicted word ends where it ends."""
        cut = np.isin(self.gold, self.predicted, assume_unique=True)
        place = np.searchsorted(self.predicted, self.gold)
        return cut & (starts_of(self.predicted)[place] == starts_of(self.gold)[:-1]), cut

    def lines_of(self, ends: Ints) -> Ints:
        """The number of the line in which each word stands, from 0; empty lines hold none."""
        return np.searchsorted(self.line_ends, ends).astype(np.int64)

    def words(self, ends: Ints) -> list[str]:
        """The words that end at `ends`."""
        text, places = self.text, ends.tolist()
        return [text[a:b] for a, b in zip([0, *places[:-1]], places, strict=True)] if places else []


def align(gold: Iterable[str | Sequence[str]], predicted: Iterable[str | Sequence[str]]) -> Aligned:
    """Put two segmentations side by side.

    Raises
    ------
    CorpusError
        If the texts differ (line and position are named), or the gold standard holds no word.
    """
    if isinstance(gold, str) or isinstance(predicted, str):
        raise TypeError("expected many segmented lines, got a single one; write [line]")
    texts: list[str] = []
    sizes: tuple[list[int], list[int]] = [], []
    for number, (gold_line, predicted_line) in enumerate(zip_longest(gold, predicted), 1):
        if gold_line is None or predicted_line is None:
            longer = "gold standard" if predicted_line is None else "prediction"
            raise CorpusError(f"line {number}: only the {longer} has this line; both must have the same lines")
        left, right = words_of(gold_line), words_of(predicted_line)
        text = "".join(left)
        if text != (other := "".join(right)):
            raise _difference(number, text, other)
        texts.append(text)
        sizes[0].extend(map(len, left))
        sizes[1].extend(map(len, right))
    if not sizes[0]:
        raise CorpusError("the gold standard holds no word; check the file")
    line_ends, *ends = (np.cumsum(np.array(those, np.int64)) for those in (list(map(len, texts)), *sizes))
    return Aligned("".join(texts), line_ends, *ends)


def starts_of(ends: Ints) -> Ints:
    """Where the words that end at `ends` begin; one more number at the end, so that a place past it can be asked."""
    return np.concatenate((np.zeros(1, np.int64), ends))


def words_of(line: str | Sequence[str]) -> list[str]:
    """The words of a segmented line."""
    return (line if isinstance(line, str) else " ".join(line)).split()


def word_types(lines: Iterable[str | Sequence[str]]) -> set[str]:
    """Return the distinct words of segmented lines.

    Examples
    --------
    >>> sorted(word_types(["一 二", "二\\u3000三"]))
    ['一', '三', '二']
    """
    return set(chain.from_iterable(map(words_of, lines)))


def without_spaces(line: str) -> str:
    """Return the raw text of a segmented line: all whitespace taken out.

    Examples
    --------
    >>> without_spaces(" 一 二\\u3000三\\t")
    '一二三'
    """
    return "".join(line.split())


def untagged(line: str, separator: str) -> list[str]:
    """Return the words of a line whose words carry tags.

    Taken off is what follows the last `separator` of a word if it looks like a tag (a Latin letter, then letters,
    digits, ``!`` or ``-``), and the brackets that some corpora put around names of several words.

    Examples
    --------
    >>> untagged("[中央/n 人民/n 广播/vn 电台/n]nt １/２/m 。/w", "/")
    ['中央', '人民', '广播', '电台', '１/２', '。']
    """
    words = []
    for item in line.split():
        word, found, tag = item.rpartition(separator)
        outer, bracket, _ = tag.partition("]")
        if not (found and word and TAG.fullmatch(outer if bracket else tag)):
            words.append(item)
        else:
            words.append(word[1:] if word[0] == "[" and len(word) > 1 else word)
    return words


def looks_tagged(lines: Iterable[str]) -> str | None:
    """Return the separator, ``/`` or ``_``, if most words of these lines seem to carry tags."""
    words = list(chain.from_iterable(line.split() for line in lines))
    for separator in "/_":
        parts = (word.rpartition(separator) for word in words)
        tagged = sum(bool(word and TAG.fullmatch(tag.partition("]")[0])) for word, _, tag in parts)
        if tagged > TAGGED_SHARE * len(words):
            return separator
    return None


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _difference(number: int, gold: str, predicted: str) -> CorpusError:
    pairs = enumerate(zip_longest(gold, predicted))
    place = next(position for position, (one, other) in pairs if one != other)
    return CorpusError(
        f"line {number}, character {place + 1} (spaces not counted): the gold standard goes on with "
        f"{gold[place : place + 10]!r}, the prediction with {predicted[place : place + 10]!r}; "
        "both must be the same text"
    )
