"""All occurrences of many words in a text.

Searching for one word after another takes time in proportion to the number of words.  More than a few words are
therefore found in one pass: a table of hashed pairs of characters leaves only the positions at which some word may
begin, and a dictionary of the beginnings of words decides there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Codes = npt.NDArray[np.uint32]

__all__ = ["WordSearch"]

FEW_WORDS = 8  # up to this many words, one search for each word is faster than the table
TABLE_BITS = 20
FIRST_FACTOR, PAIR_FACTOR = 0x9E3779B1, 0x85EBCA6B  # odd numbers that spread code points over 32 bits
CODE_POINTS = 0x110000


class WordSearch:
    """A search for the occurrences of words, also of those that overlap.

    Parameters
    ----------
    words : sequence of str
        Distinct words that are not empty.

    Examples
    --------
    >>> WordSearch(["哈哈", "哈"]).find("哈哈哈")
    [(0, '哈'), (0, '哈哈'), (1, '哈'), (1, '哈哈'), (2, '哈')]
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self._pairs = None if len(words) <= FEW_WORDS else _PairTable(words)

    def find(self, text: str) -> list[tuple[int, str]]:
        """Return the position and the word of each occurrence, in order; of two at one place, the shorter is first."""
        if self._pairs is not None:
            return self._pairs.find(text)
        found = [(place, word) for word in self.words for place in find_all(text, word)]
        if len(self.words) > 1:
            found.sort()  # of two words at one place, one begins with the other
        return found


def find_all(text: str, word: str) -> list[int]:
    """Return the positions of a word, also those that overlap."""
    found = []
    place = text.find(word)
    while place >= 0:
        found.append(place)
        place = text.find(word, place + 1)
    return found


class _PairTable:
    """Words by their first two characters."""

    def __init__(self, words: Sequence[str]) -> None:
        self._singles = np.zeros(CODE_POINTS, dtype=bool)
        self._has_singles = False
        self._may_begin = np.zeros(1 << TABLE_BITS, dtype=bool)
        self._by_pair: dict[str, list[str]] = {}
        for word in words:
            if len(word) == 1:
                self._singles[ord(word)] = self._has_singles = True
            else:
                self._may_begin[_hash_pairs(_encode(word[:2]))] = True
                self._by_pair.setdefault(word[:2], []).append(word)

    def find(self, text: str) -> list[tuple[int, str]]:
        by_pair = self._by_pair
        codes = _encode(text)
        found = []
        for place in np.flatnonzero(self._may_begin.take(_hash_pairs(codes), mode="clip")).tolist():
            for word in by_pair.get(text[place : place + 2], ()):
                if text.startswith(word, place):
                    found.append((place, word))
        if self._has_singles:
            found += [(place, text[place]) for place in np.flatnonzero(self._singles[codes]).tolist()]
        found.sort()
        return found


def _encode(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _hash_pairs(codes: Codes) -> Codes:
    """Return a hash of each character and the next one."""
    hashes = codes[:-1] * np.uint32(FIRST_FACTOR)
    hashes += codes[1:]
    hashes *= np.uint32(PAIR_FACTOR)
    hashes >>= np.uint32(32 - TABLE_BITS)
    return hashes
