"""Where sentences and clauses end: punctuation, read from the words themselves."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

__all__ = ["clauses", "is_boundary", "token_lists_of"]

SENTENCE_ENDS = frozenset("。！？!?…｡")
CLAUSE_ENDS = frozenset("，,；;：:﹐﹔﹕")


def is_boundary(word: str) -> bool:
    """Whether a word is made of punctuation, symbols, separators or control characters only.

    >>> is_boundary("，"), is_boundary("——"), is_boundary("是"), is_boundary("3%")
    (True, True, False, False)
    """
    return all(unicodedata.category(char)[0] in "PSZC" for char in word)


def clauses(tokens: Sequence[str]) -> list[tuple[int, int]]:
    """The maximal stretches of words without a boundary, as (start, end) of the tokens.

    >>> clauses(["我", "来", "，", "你", "走", "。"])
    [(0, 2), (3, 5)]
    """
    spans, start = [], 0
    for at, token in enumerate([*tokens, "\n"]):
        if is_boundary(token):
            if at > start:
                spans.append((start, at))
            start = at + 1
    return spans


def token_lists_of(token_lists: Iterable[Sequence[str]], *, again: bool = False) -> Iterable[Sequence[str]]:
    """The argument, checked: lists of words are meant; with `again` it must be readable more than once.

    Raises
    ------
    TypeError
        If a text, or an iterator that can be read only once where twice is needed, was given.
    """
    if isinstance(token_lists, (str, bytes)):
        raise TypeError("expected lists of words, got one text; cut it into words first and write [words].")
    if not isinstance(token_lists, Iterable):
        raise TypeError(f"expected an iterable of lists of words, not {type(token_lists).__name__}.")
    if again and iter(token_lists) is token_lists:
        raise TypeError(
            f"the words are read more than once, but this {type(token_lists).__name__} is used up after one pass; "
            "give a list."
        )
    return token_lists
