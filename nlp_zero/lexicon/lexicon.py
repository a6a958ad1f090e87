"""The lexicon: words with their counts and scores, frozen, in a file that people can read and edit."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import eq
from typing import TYPE_CHECKING

import numpy as np

from ..errors import FormatError
from . import formats
from .formats import tsv

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Lexicon"]


class Lexicon:
    """Words with counts, ranked by count (ties: by the words' code points).  Immutable.

    Parameters
    ----------
    words
        Distinct, not empty.
    counts
        How often each word came as a word (tokens).
    scores
        Further columns by name, float64: ``pmi``, ``left_entropy``, ``right_entropy`` (nats), ``cohesion`` (count as
        word / count as string).  NaN where a value is not known.
    meta
        How the lexicon was made: ``method``, ``alnum``, ``entropy_before``, ``entropy_after`` (nats a character), ...
    parts
        For phrases, the words that each was made of.

    Examples
    --------
    >>> lexicon = Lexicon(["早晨", "茶", "青石镇"], [2, 5, 3])
    >>> lexicon.words, lexicon["茶"], lexicon.total
    (('茶', '青石镇', '早晨'), 5, 10)
    """

    __slots__ = ("_places", "counts", "meta", "parts", "scores", "words")

    words: tuple[str, ...]
    counts: npt.NDArray[np.int64]
    scores: dict[str, npt.NDArray[np.float64]]
    meta: dict[str, object]
    parts: dict[str, tuple[str, ...]]
    _places: dict[str, int] | None

    def __init__(
        self,
        words: Sequence[str],
        counts: npt.ArrayLike,
        *,
        scores: Mapping[str, npt.ArrayLike] | None = None,
        meta: Mapping[str, object] | None = None,
        parts: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        if isinstance(words, str):
            raise TypeError("words must be a sequence of words, not one string.")
        count = np.asarray(counts, np.int64)
        if count.shape != (len(words),):
            raise ValueError(f"{len(words)} words need as many counts, not {count.shape}.")
        if len(count) and int(count.min()) < 0:
            raise ValueError("counts must not be negative.")
        order: npt.NDArray[np.int64] | slice = slice(None)
        index: dict[str, int] | None = None
        if _ranked(words, count):  # a saved lexicon is in order already: quicker to see than to make
            index = dict(zip(words, range(len(words)), strict=True))
            distinct = len(index) == len(words)
        else:
            by_text = np.array(sorted(range(len(words)), key=words.__getitem__), np.int64)
            order = by_text[np.argsort(-count[by_text], kind="stable")]
            alphabetic = [words[k] for k in by_text.tolist()]
            distinct = not any(map(eq, alphabetic, islice(alphabetic, 1, None)))
            words = [words[k] for k in order.tolist()]
        self.words = tuple(words)
        self.counts = np.array(count[order])
        self.scores = {name: np.array(np.asarray(column, np.float64)[order]) for name, column in (scores or {}).items()}
        if any(column.shape != count.shape for column in self.scores.values()):
            raise ValueError(f"every score must be a column of {len(words)} numbers, one a word.")
        self.meta, self.parts = dict(meta or {}), dict(parts or {})
        for array in (self.counts, *self.scores.values()):
            array.flags.writeable = False
        if not distinct or "" in self.words:
            raise ValueError("words must be distinct and not empty.")
        self._places = index

    @property
    def _index(self) -> dict[str, int]:
        """The rank of each word; made when it is first asked for."""
        if self._places is None:
            self._places = dict(zip(self.words, range(len(self.words)), strict=True))
        return self._places

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._index

    def __getitem__(self, word: str) -> int:
        """Count of a word; raises `KeyError` when the lexicon lacks it."""
        return int(self.counts[self._index[word]])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Lexicon):
            return NotImplemented
        same_columns = self.scores.keys() == other.scores.keys() and all(
            np.array_equal(column, other.scores[name], equal_nan=True) for name, column in self.scores.items()
        )
        return self.words == other.words and np.array_equal(self.counts, other.counts) and same_columns

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Lexicon of {len(self):,} words, {self.total:,} tokens>"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.words, self.counts, self.scores, self.meta, self.parts)

    def index(self, word: str) -> int:
        """Rank of a word from 0; raises `KeyError` when the lexicon lacks it."""
        return self._index[word]

    @property
    def total(self) -> int:
        """Number of tokens: the sum of the counts."""
        return int(self.counts.sum())

    @property
    def log_probs(self) -> npt.NDArray[np.float64]:
        """Unigram model: the column ``log_prob`` if there is one, else ln(count / total) of each word, in nats.

        In the latter a word that never came counts as half a token.
        """
        if "log_prob" in self.scores:
            return self.scores["log_prob"]
        total = self.total
        if not total:
            return np.zeros(len(self))
        return np.log(np.maximum(self.counts, 0.5)) - np.log(total)  # type: ignore[no-any-return]

    def top(self, n: int, *, min_length: int = 2) -> list[str]:
        """The first `n` words of at least `min_length` characters."""
        longer = (word for word in self.words if len(word) >= min_length)
        return [word for word, _ in zip(longer, range(n), strict=False)]

    def keep(self, chosen: Iterable[bool]) -> Lexicon:
        """The words for which `chosen`, in the order of the lexicon, is true."""
        mask = np.fromiter(chosen, np.bool_, len(self))
        words = [word for word, kept in zip(self.words, mask.tolist(), strict=True) if kept]
        return Lexicon(
            words,
            self.counts[mask],
            scores={name: column[mask] for name, column in self.scores.items()},
            meta=self.meta,
            parts={word: self.parts[word] for word in words if word in self.parts},
        )

    def without(self, known: Iterable[str]) -> Lexicon:
        """The words of at least two characters that are not `known`: new-word discovery."""
        lacking = set(known)
        return self.keep(len(word) > 1 and word not in lacking for word in self.words)

    def save(self, path: str | os.PathLike[str], *, format: str | None = None) -> int:
        """Write the lexicon; the file appears whole or not at all.

        Parameters
        ----------
        path
            Unless a `format` is given, the name says which: ``tokenizer.json`` (huggingface), ``.json``, ``.parquet``,
            ``.model`` (sentencepiece; bytepiece if the name has that word), ``jieba*.txt``; anything else is ours.
        format
            ``tsv`` (our own: keeps everything), ``plain`` ('word count' lines), ``json``, ``parquet``, ``jieba``,
            ``sentencepiece``, ``huggingface`` or ``bytepiece``.

        Returns
        -------
        int
            How many of the words the file holds: other programs' formats cannot hold all.

        Raises
        ------
        FormatError
            When the format cannot hold such a lexicon; says why.
        """
        return formats.write(self, path, format)

    def lines(self) -> Iterator[str]:
        """The lines of our own file."""
        return tsv.lines(self)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, format: str | None = None) -> Lexicon:
        """Read a lexicon: our own file, or any other that `save` writes; its content tells which.

        A word list has ``word count [tag]`` or just ``word`` on each line (as jieba's).  The lexicon of another
        program's model keeps its ids and scores: ``Tokenizer(Lexicon.load("unigram.model"))`` cuts as that model does.

        Raises
        ------
        FormatError
            When the file is missing, not UTF-8, damaged, or of a later version; says the line or the byte.
        """
        table = formats.read(path, format)
        try:
            return cls(table.words, table.counts, scores=table.scores, meta=table.meta, parts=table.parts)
        except (ValueError, OverflowError) as error:
            raise FormatError(f"{os.fspath(path)}: {error}") from None


def _ranked(words: Sequence[str], counts: npt.NDArray[np.int64]) -> bool:
    if bool((counts[1:] > counts[:-1]).any()):
        return False
    ties = np.flatnonzero(counts[1:] == counts[:-1]).tolist()
    return all(words[k] <= words[k + 1] for k in ties)


def _rebuild(*state: object) -> Lexicon:
    words, counts, scores, meta, parts = state
    return Lexicon(words, counts, scores=scores, meta=meta, parts=parts)  # type: ignore[arg-type]
