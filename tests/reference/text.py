"""Runs of symbols, straight from the definition."""

from __future__ import annotations

import unicodedata


def is_boundary(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] in "PSZ" or category in ("Cc", "Cf", "Cs")


def is_alnum(char: str) -> bool:
    category = unicodedata.category(char)
    return category == "Nd" or (category[0] == "L" and "LATIN" in unicodedata.name(char, ""))


def runs(text: str, alnum: str = "token") -> list[list[str]]:
    """The runs of a text, each as its list of symbols."""
    result: list[list[str]] = [[]]
    inside = False  # in a digit or Latin run that is one symbol
    for char in text:
        if is_boundary(char) or (alnum == "token" and is_alnum(char)):
            result.append([])
            inside = False
        elif alnum == "join" and is_alnum(char):
            if inside:
                result[-1][-1] += char
            else:
                result[-1].append(char)
            inside = True
        else:
            result[-1].append(char)
            inside = False
    return [run for run in result if run]
