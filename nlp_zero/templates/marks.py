"""Punctuation marks by their effect on phrases, and the forms by which words are counted."""

from __future__ import annotations

import re

from .._kernels.counting import DECIMAL, character_properties
from .clauses import is_punctuation

__all__ = ["FIRST_MARK_CODE", "MARK_KINDS", "TIE", "UNKNOWN_CODE", "code_of_mark", "is_mark", "word_form"]

# Codes of tokens that are not known words, as in boundary.hpp: a mark has FIRST_MARK_CODE minus its kind.
UNKNOWN_CODE, FIRST_MARK_CODE = -1, -2

# Kinds of marks, as in boundary.hpp.  Marks that end a phrase, the strongest first after BREAK (any other symbol):
BREAK, STOP, SEMICOLON, COMMA, PAUSE = 0, 1, 2, 3, 4
TIE = 5  # joins the words on both sides
OPENING, CLOSING = 8, 64  # plus the number of the pair
OPENING_MARKS = "“‘《〈「『（【〔［｛([{"
CLOSING_MARKS = "”’》〉」』）】〕］｝)]}"
MARK_KINDS = {
    **dict.fromkeys("。！？!?", STOP),
    **dict.fromkeys("；;：:", SEMICOLON),
    **dict.fromkeys("，,", COMMA),
    **dict.fromkeys("、､", PAUSE),
    **dict.fromkeys("·‧・•-－–~～/／&＆+＋_＿", TIE),
    **{mark: OPENING + pair for pair, mark in enumerate(OPENING_MARKS)},
    **{mark: CLOSING + pair for pair, mark in enumerate(CLOSING_MARKS)},
}
WORD_SYMBOLS = frozenset("%％‰℃°$＄¥￥€£￡")  # symbols that are read as words
NUMBERS = re.compile(r"[0-9]+(?:[.．·,，:：/／-]?[0-9]+)*[%％‰]?")
LATIN_LETTERS = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ]+")


def is_mark(token: str) -> bool:
    """Return whether a token consists of punctuation, symbols or space; percent and currency signs are words.

    Examples
    --------
    >>> is_mark("，"), is_mark("%"), is_mark("是")
    (True, False, False)
    """
    return is_punctuation(token) and not WORD_SYMBOLS.issuperset(token or " ")


def code_of_mark(token: str) -> int:
    """Return the code of a mark, which its first character decides."""
    return FIRST_MARK_CODE - MARK_KINDS.get(token[:1], BREAK)


def word_form(token: str) -> str:
    """Return the form by which a token is counted: all numbers share one form, and so do all Latin words.

    Examples
    --------
    >>> word_form("１９９８年"), word_form("3.5%"), word_form("GDP"), word_form("经济")
    ('0年', '0', 'A', '经济')
    """
    if not token.isascii():  # digits of other scripts, by the frozen Unicode table
        decimal = character_properties(token) & DECIMAL > 0
        token = "".join("0" if is_digit else char for char, is_digit in zip(token, decimal.tolist(), strict=True))
    return LATIN_LETTERS.sub("A", NUMBERS.sub("0", token))
