"""Segmented lines, and two segmentations of the same lines as the ends of their words in one long text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..errors import CorpusError
from ..tokenization.decoder import join_bytes

if TYPE_CHECKING:
    import numpy.typing as npt

    IntArray = npt.NDArray[np.int64]
    BoolArray = npt.NDArray[np.bool_]

Lines = TypeVar("Lines")

__all__ = [
    "Agreement",
    "Alignment",
    "align",
    "align_batches",
    "check_lines",
    "find_tag_separator",
    "remove_tags",
    "split_words",
    "starts_of",
    "without_spaces",
    "word_types",
]

TAG = re.compile(r"[A-Za-z][A-Za-z0-9!-]*")
TAGGED_SHARE = 0.9  # a text with a larger share of words that end like a tag is tagged


@dataclass(frozen=True, slots=True)
class Agreement:
    """Counts of words, or of boundaries, that a gold standard and a prediction have in common.

    Attributes
    ----------
    correct : int
        Number in both.
    predicted : int
        Number in the prediction.
    gold : int
        Number in the gold standard.

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
        """Share of correct items in the prediction, correct / predicted; NaN if nothing was predicted."""
        return _ratio(self.correct, self.predicted)

    @property
    def recall(self) -> float:
        """Share of correct items in the gold standard, correct / gold; NaN if the gold standard has none."""
        return _ratio(self.correct, self.gold)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 2·correct / (predicted + gold); NaN if both are empty."""
        return _ratio(2 * self.correct, self.predicted + self.gold)


@dataclass(frozen=True, slots=True)
class Alignment:
    """Two segmentations of the same lines.

    Attributes
    ----------
    text : str
        The lines without their whitespace, one after the other.
    line_ends : array of int64, shape (lines,)
        End of each line in `text`, in code points.
    gold, predicted : array of int64, shape (words,)
        End of each word in `text`, ascending; a word begins at the end of the word before it.
    """

    text: str
    line_ends: IntArray
    gold: IntArray
    predicted: IntArray

    def matches(self) -> tuple[BoolArray, BoolArray]:
        """Compare the gold words with the prediction.

        Returns
        -------
        same : array of bool, shape (gold words,)
            Whether the gold word is a predicted word.
        cut : array of bool, shape (gold words,)
            Whether a predicted word ends at the end of the gold word.
        """
        cut = np.isin(self.gold, self.predicted, assume_unique=True)
        place = np.searchsorted(self.predicted, self.gold)
        return cut & (starts_of(self.predicted)[place] == starts_of(self.gold)[:-1]), cut

    def lines_of(self, ends: IntArray) -> IntArray:
        """Return the number of the line of each word, from 0."""
        return np.searchsorted(self.line_ends, ends).astype(np.int64)

    def words(self, ends: IntArray) -> list[str]:
        """Return the words that end at `ends`."""
        text, places = self.text, ends.tolist()
        return [text[a:b] for a, b in zip([0, *places[:-1]], places, strict=True)] if places else []


def align(gold: Iterable[str | Sequence[str]], predicted: Iterable[str | Sequence[str]]) -> Alignment:
    """Align two segmentations of the same text.

    Parameters
    ----------
    gold, predicted : iterable of str or of sequences of str
        The same lines, cut into words.

    Returns
    -------
    Alignment
        Both segmentations as positions in one text.

    Raises
    ------
    CorpusError
        If the texts differ (the message names line and position), or the gold standard has no words.
    TypeError
        If a single string is given.
    """
    (whole,) = align_batches(gold, predicted, None)
    return whole


def align_batches(
    gold: Iterable[str | Sequence[str]], predicted: Iterable[str | Sequence[str]], size: int | None
) -> Iterator[Alignment]:
    """Align two segmentations of the same text, batch by batch.

    Parameters
    ----------
    gold, predicted : iterable of str or of sequences of str
        The same lines, cut into words.
    size : int or None
        Number of lines of a batch; None for all lines.

    Yields
    ------
    Alignment
        The next lines; there may be no word in them.

    Raises
    ------
    CorpusError
        If the texts differ (line and position are named), or the gold standard holds no word.
    TypeError
        If a single string is given.
    """
    pairs = enumerate(zip_longest(check_lines(gold), check_lines(predicted)), 1)
    words = 0
    while some := list(islice(pairs, size)):
        batch = _align_lines(some)
        words += len(batch.gold)
        if words or size is not None:
            yield batch
    if not words:
        raise CorpusError("The gold standard holds no word; check the file.")


def _align_lines(pairs: Iterable[tuple[int, tuple[Any, Any]]]) -> Alignment:
    """Align numbered pairs of lines; a missing line is None."""
    texts: list[str] = []
    sizes: tuple[list[int], list[int]] = [], []
    for number, (gold_line, predicted_line) in pairs:
        if gold_line is None or predicted_line is None:
            longer = "gold standard" if predicted_line is None else "prediction"
            raise CorpusError(f"line {number}: only the {longer} has this line; both must have the same lines.")
        left, right = split_words(gold_line), split_words(predicted_line)
        text = "".join(left)
        if text != (other := "".join(right)):
            with suppress(UnicodeEncodeError):  # a lone surrogate that is not a byte
                right = join_bytes(right)
            if text != "".join(right):
                raise _difference(number, text, other)
        texts.append(text)
        sizes[0].extend(map(len, left))
        sizes[1].extend(map(len, right))
    line_ends, *ends = (np.cumsum(np.array(those, np.int64)) for those in (list(map(len, texts)), *sizes))
    return Alignment("".join(texts), line_ends, *ends)


def starts_of(ends: IntArray) -> IntArray:
    """Return the starts of the words that end at `ends`, followed by the end of the last word."""
    return np.concatenate((np.zeros(1, np.int64), ends))


def split_words(line: str | Sequence[str]) -> list[str]:
    """Return the words of a segmented line."""
    return (line if isinstance(line, str) else " ".join(line)).split()


def word_types(lines: Iterable[str | Sequence[str]]) -> set[str]:
    r"""Return the distinct words of segmented lines.

    Parameters
    ----------
    lines : iterable of str or of sequences of str
        The lines.

    Returns
    -------
    set of str
        The words.

    Examples
    --------
    >>> sorted(word_types(["一 二", "二\u3000三"]))
    ['一', '三', '二']
    """
    return set(chain.from_iterable(map(split_words, check_lines(lines))))


def check_lines(lines: Lines) -> Lines:
    """Return the lines; raises `TypeError` for a single one."""
    if isinstance(lines, (str, bytes)):
        raise TypeError("Expected many lines, not a single one; write [line].")
    return lines


def without_spaces(line: str) -> str:
    r"""Return the raw text of a segmented line, without any whitespace.

    Parameters
    ----------
    line : str
        The line.

    Returns
    -------
    str
        The text.

    Examples
    --------
    >>> without_spaces(" 一 二\u3000三\t")
    '一二三'
    """
    return "".join(line.split())


def remove_tags(line: str, separator: str) -> list[str]:
    """Return the words of a tagged line without their tags.

    A tag is a Latin letter followed by letters, digits, ``!`` or ``-``.  The brackets that some corpora put around
    names of several words are removed too.

    Parameters
    ----------
    line : str
        Words separated by whitespace.
    separator : str
        What separates a word from its tag, such as ``/``.

    Returns
    -------
    list of str
        The words.

    Examples
    --------
    >>> remove_tags("[中央/n 人民/n 广播/vn 电台/n]nt １/２/m 。/w", "/")
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


def find_tag_separator(lines: Iterable[str]) -> str | None:
    """Find out whether the words of some lines carry tags.

    Parameters
    ----------
    lines : iterable of str
        Words separated by whitespace.

    Returns
    -------
    str or None
        The separator, ``/`` or ``_``, if more than 90 % of the words end like a tag.

    Examples
    --------
    >>> find_tag_separator(["迈向/v 充满/v"])
    '/'
    """
    words = list(chain.from_iterable(line.split() for line in check_lines(lines)))
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
    place = next(position for position, (left, right) in pairs if left != right)
    return CorpusError(
        f"line {number}, character {place + 1} (spaces not counted): the gold standard continues with "
        f"{gold[place : place + 10]!r}, the prediction with {predicted[place : place + 10]!r}; "
        "both must be the same text."
    )
