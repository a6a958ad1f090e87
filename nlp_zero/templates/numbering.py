"""A corpus as numbers in temporary files, so that several passes over it need little memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING

import numpy as np

from .._kernels.templates import FreshSegments
from .._utils.temporary import open_temporary_file
from .clauses import CLAUSE_MARKS, SENTENCE_MARKS, is_punctuation

if TYPE_CHECKING:
    import numpy.typing as npt

    Int32Array = npt.NDArray[np.int32]
    Int64Array = npt.NDArray[np.int64]

__all__ = ["CLAUSE_END", "OTHER_MARK", "SENTENCE_END", "NumberedCorpus"]

SENTENCE_END, CLAUSE_END, OTHER_MARK = -1, -2, -3  # numbers of punctuation marks; words have numbers from 1
PIECE_WORDS = 1 << 16  # numbers of one task; results are added in order of the pieces, for any number of workers
WRITE_WORDS = 1 << 20  # words that are written at once
REMEMBERED_CLAUSES = 1 << 22  # fingerprints of clauses that are kept to recognise repeated ones


class WordNumbers(dict[str, int]):
    """Numbers of words, from 1 in the order of first occurrence, and of punctuation marks, by kind."""

    def __init__(self) -> None:
        self.words = [""]

    def __missing__(self, word: str) -> int:
        if not isinstance(word, str):
            raise TypeError(f"expected lists of words (str), found {word!r} among the words.")
        if not is_punctuation(word):
            number = len(self.words)
            self.words.append(word)
        elif not SENTENCE_MARKS.isdisjoint(word):
            number = SENTENCE_END
        else:
            number = OTHER_MARK if CLAUSE_MARKS.isdisjoint(word) else CLAUSE_END
        self[word] = number
        return number


class NumberedCorpus:
    """The text of a corpus and its distinct clauses, each as int32 numbers in a temporary file.

    It is a context manager: the files are removed when the block ends.

    Parameters
    ----------
    token_lists : iterable of sequence of str
        Sentences or lines as lists of words, punctuation included; read once.
    temp_dir : str, optional
        The folder of the temporary files; by default that of the system.

    Attributes
    ----------
    words : list of str
        The word of each number; number 0 is not a word.
    counts : ndarray of int64, shape (words,)
        How often each word occurs in the distinct clauses.
    clause_count : int
        Number of distinct clauses.
    word_count : int
        Number of words in the text, repeated clauses included, without punctuation.
    """

    def __init__(self, token_lists: Iterable[Sequence[str]], temp_dir: str | None = None) -> None:
        self.words: list[str]
        self.counts: Int64Array
        self.clause_count = self.word_count = 0
        with ExitStack() as stack:
            self._text_file = stack.enter_context(open_temporary_file(temp_dir))
            self._clause_file = stack.enter_context(open_temporary_file(temp_dir))
            self.words = self._write_text(token_lists)
            self.counts = np.zeros(len(self.words), np.int64)
            self._write_distinct_clauses()
            self._stack = stack.pop_all()

    def __enter__(self) -> NumberedCorpus:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _write_text(self, token_lists: Iterable[Sequence[str]]) -> list[str]:
        numbers = WordNumbers()
        number_of = numbers.__getitem__
        block = array("i")
        for tokens in token_lists:
            if isinstance(tokens, str):
                raise TypeError("expected lists of words, found a text; tokenize it first.")
            block.extend(map(number_of, tokens))
            block.append(SENTENCE_END)
            if len(block) >= WRITE_WORDS:
                self._text_file.write(block)
                block = array("i")
        self._text_file.write(block)
        self._text_file.flush()
        return numbers.words

    def _write_distinct_clauses(self) -> None:
        fresh = FreshSegments(REMEMBERED_CLAUSES)
        for _, piece in self.text_pieces():
            words, lengths = fresh.add(piece)
            self.word_count += int((piece > 0).sum())
            self.counts += np.bincount(words, minlength=len(self.words))
            self.clause_count += len(lengths)
            self._clause_file.write(np.insert(words, np.cumsum(lengths), SENTENCE_END).tobytes())
        self._clause_file.flush()

    def text_pieces(self) -> Iterator[tuple[int, Int32Array]]:
        """Iterate over the text in pieces that end at sentence ends.

        Yields
        ------
        place : int
            Where the piece begins in `text`.
        numbers : ndarray of int32
            Words, and negative numbers for punctuation.
        """
        return _read_pieces(self._text_file)

    def clause_pieces(self) -> Iterator[tuple[int, Int32Array, Int64Array]]:
        """Iterate over the distinct clauses in pieces of many clauses.

        Yields
        ------
        place : int
            Where the piece begins in `clause_text`; clause i begins at ``place + offsets[i] + i`` there.
        words : ndarray of int32
            Words of all clauses of the piece.
        offsets : ndarray of int64, shape (clauses + 1,)
            Clause i has the words ``words[offsets[i]:offsets[i + 1]]``.
        """
        for place, piece in _read_pieces(self._clause_file):
            ends = np.flatnonzero(piece < 0)
            yield place, piece[piece > 0], np.concatenate([[0], ends - np.arange(len(ends))]).astype(np.int64)

    def clause_text(self) -> Int32Array:
        """Return all distinct clauses, each followed by a negative number; mapped from the file."""
        return _map_file(self._clause_file)

    def text(self) -> Int32Array:
        """Return the text with repeated clauses and punctuation; mapped from the file."""
        return _map_file(self._text_file)


def _map_file(file: IO[bytes]) -> Int32Array:
    file.seek(0, 2)
    return np.memmap(file, np.int32, "r") if file.tell() else np.zeros(0, np.int32)


def _read_pieces(file: IO[bytes]) -> Iterator[tuple[int, Int32Array]]:
    text = _map_file(file)
    place = 0
    while place < len(text):
        piece = np.array(text[place : place + PIECE_WORDS])
        if place + PIECE_WORDS < len(text):
            ends = np.flatnonzero(piece == SENTENCE_END)
            # A longer sentence is cut, so that its clauses fit into a piece with their ends.
            piece = piece[: ends[-1] + 1] if len(ends) else piece[:-1]
        yield place, piece
        place += len(piece)
