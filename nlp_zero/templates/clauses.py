"""Sentences and clauses: where they end, read from the punctuation among the words.

Properties of characters are those of the frozen Unicode table of the kernels, so that a corpus gives the same templates
under every version of Python.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .._kernels.counting import DIGIT, NUMERIC, has_property, is_boundary

__all__ = [
    "CLAUSE_MARKS", "SENTENCE_MARKS", "EveryGroup", "check_token_lists", "is_numeral", "is_punctuation",
    "split_clauses",
]  # fmt: skip

GROUP_LISTS = 16  # neighbouring lists that a sample takes at one place
SENTENCE_MARKS = frozenset("。！？!?…｡")
CLAUSE_MARKS = frozenset("，,；;：:﹐﹔﹕")


def is_punctuation(word: str) -> bool:
    """Return whether a word consists of punctuation, symbols, separators or control characters only.

    Unassigned and private-use characters are letters.

    Examples
    --------
    >>> is_punctuation("，"), is_punctuation("——"), is_punctuation("是"), is_punctuation("3%")
    (True, True, False, False)
    """
    return is_boundary(word)


def is_numeral(word: str) -> bool:
    """Return whether a word begins with a digit or consists of numerals only; dates and amounts are not anchors.

    Examples
    --------
    >>> is_numeral("１２月"), is_numeral("三十"), is_numeral("一样"), is_numeral("w12")
    (True, True, False, False)
    """
    return has_property(word[0], DIGIT) or has_property(word, NUMERIC)


def split_clauses(tokens: Sequence[str]) -> list[tuple[int, int]]:
    """Return the longest stretches of words without punctuation, as (start, end) of the tokens.

    Examples
    --------
    >>> split_clauses(["我", "来", "，", "你", "走", "。"])
    [(0, 2), (3, 5)]
    """
    spans, start = [], 0
    for place, token in enumerate([*tokens, "\n"]):
        if is_punctuation(token):
            if place > start:
                spans.append((start, place))
            start = place + 1
    return spans


def check_token_lists(token_lists: Iterable[Sequence[str]], *, restartable: bool = False) -> Iterable[Sequence[str]]:
    """Return the argument if it can be an iterable of lists of words.

    Parameters
    ----------
    token_lists : iterable of sequence of str
        Sentences or lines as lists of words.
    restartable : bool
        Whether it must be readable more than once.

    Raises
    ------
    TypeError
        If it is one text, is not iterable, or is an iterator although it must be readable more than once.
    """
    if isinstance(token_lists, (str, bytes)):
        raise TypeError("expected lists of words, got one text; tokenize it first and pass [words].")
    if not isinstance(token_lists, Iterable):
        raise TypeError(f"expected an iterable of lists of words, not {type(token_lists).__name__}.")
    if restartable and iter(token_lists) is token_lists:
        raise TypeError(
            f"the words are read more than once, but this {type(token_lists).__name__} is exhausted after one pass; "
            "pass a list."
        )
    return token_lists


class EveryGroup:
    """A sample of token lists, spread evenly: one group of 16 neighbouring lists in `stride`; can be read again.

    Parameters
    ----------
    token_lists : iterable of sequence of str
        Can be read again.
    stride : int

    Examples
    --------
    >>> lists = [[str(k)] for k in range(64)]
    >>> [tokens[0] for tokens in EveryGroup(lists, 2)][14:18]
    ['14', '15', '32', '33']
    """

    def __init__(self, token_lists: Iterable[Sequence[str]], stride: int) -> None:
        self._token_lists, self._stride = token_lists, stride

    def __iter__(self) -> Iterator[Sequence[str]]:
        for number, tokens in enumerate(self._token_lists):
            if number // GROUP_LISTS % self._stride == 0:
                yield tokens
