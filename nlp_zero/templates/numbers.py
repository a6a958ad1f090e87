"""A corpus of words as numbers, in temporary files: what passes over it read.  Private to the package."""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING

import numpy as np

from .._kernels.templates import FreshSegments
from .clauses import CLAUSE_ENDS, SENTENCE_ENDS, is_boundary

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int32]
    Longs = npt.NDArray[np.int64]

SENTENCE, CLAUSE, MARK = -1, -2, -3  # what stands in the place of punctuation
PIECE = 1 << 16  # words of one task; results are added up in this order, whatever the number of workers
BLOCK = 1 << 20  # words that are written at once
REMEMBERED = 1 << 22  # fingerprints of clauses


class Numbers(dict[str, int]):
    """Gives each word a number from 1, in the order of coming, and each punctuation mark its kind."""

    def __init__(self) -> None:
        self.words = [""]

    def __missing__(self, word: str) -> int:
        if not isinstance(word, str):
            raise TypeError(f"a list of words is needed, and {word!r} is no word.")
        if not is_boundary(word):
            number = len(self.words)
            self.words.append(word)
        elif not SENTENCE_ENDS.isdisjoint(word):
            number = SENTENCE
        else:
            number = MARK if CLAUSE_ENDS.isdisjoint(word) else CLAUSE
        self[word] = number
        return number


class NumberedCorpus:
    """The words of a corpus, as they came (`raw`) and as different clauses (`clauses`), on disk: 4 bytes a word each.

    A context: the files go when it ends.
    """

    words: list[str]  # by number, from 1
    counts: Longs  # of each word in the clauses
    segments: int  # clauses
    tokens: int  # words as they came, without punctuation

    def __init__(self, token_lists: Iterable[Sequence[str]]) -> None:
        from tempfile import TemporaryFile  # it loads much

        with ExitStack() as stack:
            self._raw = stack.enter_context(TemporaryFile(prefix="nlp-zero-"))
            self._fresh = stack.enter_context(TemporaryFile(prefix="nlp-zero-"))
            self.words = self._write(token_lists)
            self._deduplicate()
            self._stack = stack.pop_all()

    def __enter__(self) -> NumberedCorpus:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _write(self, token_lists: Iterable[Sequence[str]]) -> list[str]:
        numbers = Numbers()
        number = numbers.__getitem__
        block = array("i")
        for tokens in token_lists:
            if isinstance(tokens, str):
                raise TypeError("expected lists of words, found a text; cut it into words first.")
            block.extend(map(number, tokens))
            block.append(SENTENCE)
            if len(block) >= BLOCK:
                self._raw.write(block)
                block = array("i")
        self._raw.write(block)
        self._raw.flush()
        return numbers.words

    def _deduplicate(self) -> None:
        fresh = FreshSegments(REMEMBERED)
        self.counts = np.zeros(len(self.words), np.int64)
        self.segments = self.tokens = 0
        for _, piece in self.raw():
            flat, lengths = fresh.add(piece)
            self.tokens += int((piece > 0).sum())
            self.counts += np.bincount(flat, minlength=len(self.words))
            self.segments += len(lengths)
            self._fresh.write(np.insert(flat, np.cumsum(lengths), SENTENCE).tobytes())
        self._fresh.flush()

    def raw(self) -> Iterator[tuple[int, Ints]]:
        """Pieces of the text as (place, numbers), cut where sentences end; punctuation as negative numbers."""
        return _pieces(self._raw)

    def clauses(self) -> Iterator[tuple[int, Ints, Longs]]:
        """Different clauses in pieces: place, words, offsets of the clauses.

        Clause i of a piece stands at ``place + offsets[i] + i`` in `text`.
        """
        for place, piece in _pieces(self._fresh):
            ends = np.flatnonzero(piece < 0)
            yield place, piece[piece > 0], np.concatenate([[0], ends - np.arange(len(ends))]).astype(np.int64)

    def clause_text(self) -> Ints:
        """All clauses, each closed by a negative number; mapped from disk."""
        return _mapped(self._fresh)

    def raw_text(self) -> Ints:
        """The text as it came; mapped from disk."""
        return _mapped(self._raw)


def is_numeral(word: str) -> bool:
    """Whether a word begins with a digit, or is made of numerals only: dates and amounts are no anchors.

    >>> is_numeral("１２月"), is_numeral("三十"), is_numeral("一样"), is_numeral("w12")
    (True, True, False, False)
    """
    return word[0].isdigit() or all(unicodedata.numeric(char, None) is not None for char in word)


def _mapped(file: IO[bytes]) -> Ints:
    file.seek(0, 2)
    return np.memmap(file, np.int32, "r") if file.tell() else np.zeros(0, np.int32)


def _pieces(file: IO[bytes]) -> Iterator[tuple[int, Ints]]:
    text = _mapped(file)
    at = 0
    while at < len(text):
        piece = np.array(text[at : at + PIECE])
        if at + PIECE < len(text):
            ends = np.flatnonzero(piece == SENTENCE)
            piece = piece[: ends[-1] + 1] if len(ends) else piece
        yield at, piece
        at += len(piece)
