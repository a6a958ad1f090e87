"""A plain concordance: every position of every line is compared with every word."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

Row = tuple[str, str, str, int]  # left, word, right, number of the text


def find_plainly(texts: Iterable[str], words: Iterable[str], width: int) -> list[Row]:
    """Return all occurrences in order of number, position and length of the word."""
    rows = []
    for number, text in enumerate(texts, 1):
        for line in text.split("\n"):
            line = line.removesuffix("\r")
            found = [(k, len(word), word) for word in set(words) for k in range(len(line)) if line[k:].startswith(word)]
            for k, length, word in sorted(found):
                left, right = line[max(0, k - width) : k], line[k + length :][:width]
                while width_of(left) > width:
                    left = left[1:]
                while width_of(right) > width:
                    right = right[:-1]
                rows.append((left, word, right, number))
    return rows


def width_of(text: str) -> int:
    """Return the number of columns in a terminal."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text if not is_invisible(c))
    return wide + sum(not is_invisible(c) for c in text)


def is_invisible(character: str) -> bool:
    """Return whether a character takes no column."""
    return bool(unicodedata.combining(character)) or unicodedata.category(character) in ("Mn", "Me", "Cf", "Cc")
