"""The words that ``count --query`` looks up, checked before the work."""

from __future__ import annotations

from collections.abc import Iterable

from .._kernels.counting import Alphabet
from .errors import UsageError

__all__ = ["check_queries"]


def check_queries(given: Iterable[str], *, unit: str, alnum: str, order: int) -> list[str]:
    """Return the words to look up; words are separated by commas.

    Parameters
    ----------
    given : iterable of str
        The values of the option.
    unit, alnum, order
        As in `NgramCounter`.

    Returns
    -------
    list of str

    Raises
    ------
    UsageError
        If a word is never counted: it is longer than `order`, or has punctuation or spaces in it.

    Examples
    --------
    >>> check_queries(["曹操,刘备", "张飞"], unit="char", alnum="token", order=4)
    ['曹操', '刘备', '张飞']
    """
    words = [word for value in given for word in value.split(",") if word]
    if len(words) < len(list(given)):
        raise UsageError("--query needs a word; nothing was given.")
    for word in words:
        _check_query(word, unit, alnum, order)
    return words


def _check_query(word: str, unit: str, alnum: str, order: int) -> None:
    from ..counting.counts import MAX_ORDER

    alphabet = Alphabet(unit=unit, alnum=alnum)
    size = len(alphabet.encode(word, grow=True)) - 1  # there is a boundary at the end
    text = word.encode() if unit == "byte" else word
    if not _is_whole(alphabet, text):
        raise UsageError(f"--query {word}: {_explain_boundary(word, alphabet)}")
    if size > order:
        name = "bytes" if unit == "byte" else "characters"
        remedy = f"count with --order {size}" if size <= MAX_ORDER else "look up a shorter word"
        raise UsageError(
            f"--query {word} has {size} {name}, and only n-grams of up to {order} are counted; {remedy}."
        )


def _is_whole(alphabet: Alphabet, text: str | bytes) -> bool:
    """Return whether all of a text is one run of symbols."""
    ids = alphabet.encode(text)[:-1].tolist()
    return bool(ids) and 0 not in ids and sum(len(alphabet.symbols[number - 1]) for number in ids) == len(text)


def _explain_boundary(word: str, alphabet: Alphabet) -> str:
    """Return a sentence about the character of a word that no n-gram contains, and what to do."""
    boundary = next((c for c in word if len(alphabet.encode(c)) != 2), word)
    if boundary.isalnum():
        return (
            f"{boundary!r} is a Latin letter or a digit, which --alnum token never counts; add --alnum join or split."
        )
    return (
        f"{boundary!r} is punctuation, a symbol or a space, which is never counted, and no n-gram reaches across it; "
        "look up the words on either side."
    )
