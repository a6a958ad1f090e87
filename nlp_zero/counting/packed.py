"""Words in one array of code points, for builders that find millions of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, overload

import numpy as np

from .._kernels import counting as kernel

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._kernels.counting import Uint32

    Ints = npt.NDArray[np.int64]

__all__ = ["PackedWords"]

CHUNK_WORDS = 1 << 12  # that are made strings at a time


class PackedWords(Sequence[str]):
    """Words that lie one after the other in one array; strings would take five times the memory.

    Parameters
    ----------
    characters : ndarray of uint32
        Code points of all words.
    ends : ndarray of int64
        Where each word ends.

    Examples
    --------
    >>> words = PackedWords.pack(["茶馆", "茶"])
    >>> words.lengths.tolist(), words.take(np.array([1])).unpack()
    ([2, 1], ['茶'])
    """

    __slots__ = ("characters", "ends")

    def __init__(self, characters: Uint32, ends: Ints) -> None:
        self.characters, self.ends = characters, ends

    @classmethod
    def pack(cls, words: Sequence[str]) -> PackedWords:
        """Return strings as packed words."""
        characters = np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), np.uint32)
        return cls(characters, np.cumsum(np.fromiter(map(len, words), np.int64, len(words))))

    @classmethod
    def join(cls, parts: Iterable[PackedWords]) -> PackedWords:
        """Return the words of all parts."""
        parts = list(parts)
        before = np.cumsum([0, *(len(part.characters) for part in parts)]).tolist()
        ends = [part.ends + begin for part, begin in zip(parts, before, strict=False)]
        characters = np.concatenate([np.zeros(0, np.uint32), *(part.characters for part in parts)])
        return cls(characters, np.concatenate([np.zeros(0, np.int64), *ends]))

    def __len__(self) -> int:
        return len(self.ends)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> PackedWords: ...
    def __getitem__(self, place: int | slice) -> str | PackedWords:
        if isinstance(place, slice):
            return self.take(np.ascontiguousarray(np.arange(len(self))[place]))
        return self.unpack(np.arange(len(self))[[place]])[0]

    def __iter__(self) -> Iterator[str]:
        for begin in range(0, len(self), CHUNK_WORDS):
            yield from self.unpack(np.arange(begin, min(begin + CHUNK_WORDS, len(self))))

    @property
    def lengths(self) -> Ints:
        """Number of characters of each word."""
        return np.diff(self.ends, prepend=0)

    def take(self, rows: Ints) -> PackedWords:
        """Return some of the words."""
        return PackedWords(*kernel.take_packed(self.characters, self.ends, rows))

    def rank(self, counts: Ints) -> Ints:
        """Return the places of the words by falling count, ties by text; `ValueError` if one is empty or repeated."""
        return kernel.rank_packed(self.characters, self.ends, counts)

    def unpack(self, rows: Ints | None = None) -> list[str]:
        """Return all or some of the words as strings."""
        return kernel.unpack_words(self.characters, self.ends, np.arange(len(self)) if rows is None else rows)

    def encode_lines(self, special: str) -> bytes | None:
        """Return the words in UTF-8, each with a line feed; None if one has a surrogate or a special character."""
        return kernel.encode_packed(self.characters, self.ends, np.array([*map(ord, special)], np.uint32))
