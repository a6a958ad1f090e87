"""Encoded text of a corpus: all of it, or lines drawn at random, the same ones however the corpus is read.

Each line has a key, a number that is like a random one (`Alphabet.encode_lines`). A line is drawn if its key is below a
limit. Copies of a line have the same key, so they are drawn together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.counting import Alphabet
from ..corpus import Corpus, map_parts, read_blocks

if TYPE_CHECKING:
    import numpy.typing as npt

    SymbolArray = npt.NDArray[np.uint32]
    Ints = npt.NDArray[np.int64]
    Keys = npt.NDArray[np.uint64]

__all__ = ["LARGEST_KEY", "LONGEST_LINE", "Lines", "draw_text", "encode_text", "share_key", "sum_lines"]

LONGEST_LINE = 2000  # entries; longer ones are several lines
LARGEST_KEY = (1 << 64) - 1


def encode_text(part: Corpus | Iterable[str], alphabet: Alphabet) -> SymbolArray:
    """Return a part of a corpus encoded; 0 is a boundary."""
    return np.concatenate([np.zeros(0, np.uint32), *(alphabet.encode(block.data) for block in read_blocks(part))])


@dataclass(frozen=True)
class Lines:
    """Some lines of a corpus, none of which is a copy of another.

    Attributes
    ----------
    text : ndarray of uint32
        The encoded lines end to end; each ends with 0.
    ends : ndarray of int64
        Where each line ends.
    keys : ndarray of uint64
        See `Alphabet.encode_lines`.
    """

    text: SymbolArray
    ends: Ints
    keys: Keys

    @classmethod
    def join(cls, parts: Sequence[Lines]) -> Lines:
        """Return the lines of all parts, in order; of copies, the first."""
        sizes = np.concatenate([np.zeros(0, np.int64), *(np.diff(part.ends, prepend=0) for part in parts)])
        keys = np.concatenate([np.zeros(0, np.uint64), *(part.keys for part in parts)])
        text = np.concatenate([np.zeros(0, np.uint32), *(part.text for part in parts)])
        return cls(text, np.cumsum(sizes), keys).take(np.sort(np.unique(keys, return_index=True)[1]))

    def take(self, rows: Ints) -> Lines:
        """Return the lines with these numbers, which rise."""
        if len(rows) == len(self.keys):
            return self
        sizes = np.diff(self.ends, prepend=0)
        chosen = np.zeros(len(sizes), np.bool_)
        chosen[rows] = True
        return Lines(self.text[np.repeat(chosen, sizes)], np.cumsum(sizes[rows]), self.keys[rows])

    @property
    def symbols(self) -> Ints:
        """Symbols of each line."""
        return sum_lines((self.text > 0).astype(np.int32), self.ends)


def share_key(share: float) -> int:
    """Return the key that this share of all keys is below."""
    return LARGEST_KEY if share >= 1 else int(share * (1 << 64))


def sum_lines(values: npt.NDArray[np.int32], ends: Ints) -> Ints:
    """Return the sum of the values of each line."""
    return np.add.reduceat(values, np.append(0, ends[:-1])[: len(ends)], dtype=np.int64)


def draw_text(texts: Corpus | Iterable[str], alphabet: Alphabet, total: int, symbols: int) -> SymbolArray:
    """Return about this many symbols of a corpus: lines in the order of their first occurrence, each with its copies.

    Parameters
    ----------
    texts : Corpus or iterable of str
        Read once; again if fewer than half of the symbols were found.
    alphabet : Alphabet
        Encodes it.
    total, symbols : int
        Symbols of the corpus, and those that are drawn.

    Returns
    -------
    ndarray of uint32
        At most twice as many symbols: of the most frequent lines, some copies may be missing.
    """
    share = symbols / total
    while True:
        lines, copies = _join_copies(list(map_parts(texts, take_copies, alphabet, share_key(share))))
        found = int((lines.symbols * copies).sum())
        if 2 * found >= symbols or share >= 1:
            break
        share *= min(8.0, symbols / found) if found else 8.0
    copies = _limit_copies(lines.symbols, copies, 2 * symbols)
    sizes = np.diff(lines.ends, prepend=0)
    starts = np.repeat(lines.ends - sizes, copies)
    repeated = np.repeat(sizes, copies)
    places = np.arange(repeated.sum()) + np.repeat(starts - np.cumsum(repeated) + repeated, repeated)
    text: SymbolArray = lines.text[places]
    return text


def take_copies(part: Corpus | Iterable[str], alphabet: Alphabet, limit: int) -> tuple[Lines, Ints]:
    """Return the lines of a part of a corpus whose keys are within a limit, and how often each occurs."""
    found = []
    for block in read_blocks(part):
        lines = Lines(*alphabet.encode_lines(block.data, LONGEST_LINE))
        lines = lines.take(np.flatnonzero(lines.keys <= np.uint64(limit)))
        found.append(_join_copies([(lines, np.ones(len(lines.keys), np.int64))]))
    return _join_copies(found)


def _join_copies(parts: Sequence[tuple[Lines, Ints]]) -> tuple[Lines, Ints]:
    """Return the different lines of all parts in the order of their first occurrence, and how often each occurs."""
    joined = Lines.join([lines for lines, _ in parts])
    order = np.argsort(joined.keys, kind="stable")
    totals = np.zeros(len(order), np.int64)
    for lines, copies in parts:
        np.add.at(totals, order[np.searchsorted(joined.keys[order], lines.keys)], copies)
    return joined, totals


def _limit_copies(symbols: Ints, copies: Ints, most: int) -> Ints:
    """Return how many copies of each line are taken, so that there are at most this many symbols, if that can be.

    Examples
    --------
    >>> _limit_copies(np.array([10, 10, 10]), np.array([9, 2, 1]), 70).tolist()
    [4, 2, 1]
    """
    low, high = 1, int(copies.max(initial=1))  # the greatest limit that is small enough is between them
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if (symbols * np.minimum(copies, middle)).sum() <= most else (low, middle - 1)
    return np.minimum(copies, low)
