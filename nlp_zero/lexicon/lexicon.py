"""The lexicon: words with their counts and scores, immutable, in a file that people can read and edit."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from operator import eq
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.validation import check_integer
from ..errors import FormatError
from . import formats
from .formats import tsv
from .meta import LexiconMeta

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Lexicon"]


class Lexicon:
    """Words with counts, ranked by count (ties: by the code points of the words).  Immutable.

    Parameters
    ----------
    words : sequence of str
        Distinct, not empty.
    counts : array of int, shape (words,)
        How often each word occurs as a word (tokens).
    scores : mapping of str to array of float, shape (words,), optional
        Further columns by name: ``pmi``, ``left_entropy``, ``right_entropy`` (nats), ``cohesion`` (count as
        word / count as string), ``log_prob`` (ln p in nats, in place of the counts), ``id``.  NaN where a value is
        not known.
    meta : LexiconMeta, optional
        How the lexicon was made, and how a tokenizer must read it.
    parts : mapping of str to sequence of str, optional
        For phrases, the words that each is made of.

    Raises
    ------
    ValueError
        If words are empty or repeated, counts are negative, or columns have different lengths.

    Notes
    -----
    Two lexicons are equal if they have the same words, counts, scores and parts, and the same fields of `meta` that
    change how text is segmented.

    Examples
    --------
    >>> lexicon = Lexicon(["早晨", "茶", "青石镇"], [2, 5, 3])
    >>> lexicon.words, lexicon["茶"], lexicon.total
    (('茶', '青石镇', '早晨'), 5, 10)
    """

    __slots__ = ("_ranks", "counts", "meta", "parts", "scores", "words")

    words: tuple[str, ...]
    counts: npt.NDArray[np.int64]
    scores: Mapping[str, npt.NDArray[np.float64]]
    meta: LexiconMeta
    parts: Mapping[str, tuple[str, ...]]
    _ranks: dict[str, int] | None

    def __init__(
        self,
        words: Sequence[str],
        counts: npt.ArrayLike,
        *,
        scores: Mapping[str, npt.ArrayLike] | None = None,
        meta: LexiconMeta | None = None,
        parts: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        if isinstance(words, str):
            raise TypeError("words must be a sequence of words, not one string.")
        if meta is not None and not isinstance(meta, LexiconMeta):
            raise TypeError(f"meta must be a LexiconMeta, not {type(meta).__name__}.")
        count = np.asarray(counts, np.int64)
        if count.shape != (len(words),):
            raise ValueError(f"{len(words)} words need as many counts, not {count.shape}.")
        if len(count) and int(count.min()) < 0:
            raise ValueError("counts must not be negative.")
        words, order, ranks = _rank(words, count)
        columns = {name: np.array(np.asarray(column, np.float64)[order]) for name, column in (scores or {}).items()}
        if any(column.shape != count.shape for column in columns.values()):
            raise ValueError(f"every score must be a column of {len(words)} numbers, one for each word.")
        count = np.array(count[order])
        for array in (count, *columns.values()):
            array.flags.writeable = False
        pieces = {word: tuple(listed) for word, listed in (parts or {}).items()}
        self._set(words, count, MappingProxyType(columns), meta or LexiconMeta(), MappingProxyType(pieces), ranks)

    def _set(self, *values: object) -> None:
        for name, value in zip(("words", "counts", "scores", "meta", "parts", "_ranks"), values, strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Lexicon is immutable; {name} cannot be set (with_meta returns a changed copy).")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Lexicon is immutable; {name} cannot be deleted.")

    @property
    def _index(self) -> dict[str, int]:
        """The rank of each word, made on first use."""
        if self._ranks is None:
            object.__setattr__(self, "_ranks", dict(zip(self.words, range(len(self.words)), strict=True)))
        return self._ranks  # type: ignore[return-value]

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._index

    def __getitem__(self, word: str) -> int:
        """Return the count of a word; raises `KeyError` if the lexicon does not have it."""
        return int(self.counts[self._index[word]])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Lexicon):
            return NotImplemented
        return (
            self.words == other.words
            and self.meta.segmentation == other.meta.segmentation
            and self.parts == other.parts
            and self.scores.keys() == other.scores.keys()
            and np.array_equal(self.counts, other.counts)
            and all(np.array_equal(self.scores[name], other.scores[name], equal_nan=True) for name in self.scores)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Lexicon of {len(self):,} words, {self.total:,} tokens>"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.words, self.counts, dict(self.scores), self.meta, dict(self.parts))

    def index(self, word: str) -> int:
        """Return the rank of a word from 0; raises `KeyError` if the lexicon does not have it."""
        return self._index[word]

    @property
    def total(self) -> int:
        """Number of tokens: the sum of the counts."""
        return int(self.counts.sum())

    @property
    def log_probs(self) -> npt.NDArray[np.float64]:
        """Unigram model: the column ``log_prob`` if there is one, else ln(count / total) of each word, in nats.

        In the latter, a word with a count of 0 counts as half a token.
        """
        if "log_prob" in self.scores:
            return self.scores["log_prob"]
        total = self.total
        if not total:
            return np.zeros(len(self))
        return np.log(np.maximum(self.counts, 0.5)) - np.log(total)  # type: ignore[no-any-return]

    def top(self, n: int, *, min_length: int = 2) -> list[str]:
        """Return the first words that are long enough.

        Parameters
        ----------
        n : int
            At most this many words.
        min_length : int, default 2
            Least length in characters.

        Returns
        -------
        list of str
        """
        check_integer("n", n, least=0)
        check_integer("min_length", min_length, least=0)
        return list(islice((word for word in self.words if len(word) >= min_length), n))

    def keep(self, chosen: Iterable[bool]) -> Lexicon:
        """Return the lexicon of some of the words.

        Parameters
        ----------
        chosen : iterable of bool
            For each word, in the order of the lexicon, whether it is kept.

        Returns
        -------
        Lexicon
        """
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
        """Return the words of at least two characters that are not `known`: new-word discovery.

        Parameters
        ----------
        known : iterable of str

        Returns
        -------
        Lexicon
        """
        excluded = set(known)
        return self.keep(len(word) > 1 and word not in excluded for word in self.words)

    def with_meta(self, **changes: Any) -> Lexicon:
        """Return a lexicon with the same words, in which fields of `meta` are changed.

        Parameters
        ----------
        **changes
            Fields of `LexiconMeta` and their new values.

        Returns
        -------
        Lexicon

        Raises
        ------
        TypeError
            If `LexiconMeta` has no such field.
        ValueError
            If a value is not valid.

        Examples
        --------
        >>> Lexicon(["1998年"], [1]).with_meta(alnum="join").meta.alnum
        'join'
        """
        changed = Lexicon.__new__(Lexicon)
        changed._set(self.words, self.counts, self.scores, replace(self.meta, **changes), self.parts, self._ranks)
        return changed

    def save(self, path: str | os.PathLike[str], *, format: str | None = None) -> int:
        """Write the lexicon; the file appears whole or not at all.

        Parameters
        ----------
        path : str or path-like
            Unless a `format` is given, the name decides: ``tokenizer.json`` (huggingface), ``.json``, ``.parquet``,
            ``.model`` (sentencepiece; bytepiece if the name has that word), ``jieba*.txt``; all others are TSV.
        format : str, optional
            ``tsv`` (keeps everything), ``plain`` ('word count' lines), ``json``, ``parquet``, ``jieba``,
            ``sentencepiece``, ``huggingface`` or ``bytepiece``.

        Returns
        -------
        int
            Number of words in the file: formats of other programs cannot hold all words.

        Raises
        ------
        FormatError
            If the format cannot hold such a lexicon, or the file cannot be written; says why.
        """
        return formats.write(self, path, format)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the TSV file, each with its line end."""
        return tsv.lines(self)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, format: str | None = None) -> Lexicon:
        """Read a lexicon from any file that `save` writes, or from a word list.

        A word list has ``word count [tag]`` or just ``word`` on each line, as jieba's has.  The lexicon of another
        program's model keeps its ids and scores: ``Tokenizer(Lexicon.load("unigram.model"))`` segments as that model
        does.

        Parameters
        ----------
        path : str or path-like
        format : str, optional
            As in `save`; by default the content of the file decides.

        Returns
        -------
        Lexicon

        Raises
        ------
        FormatError
            If the file is missing, not UTF-8, damaged, or of a later version; says the line or the byte.
        """
        table = formats.read(path, format)
        try:
            return cls(table.words, table.counts, scores=table.scores, meta=table.meta, parts=table.parts)
        except (ValueError, OverflowError) as error:
            raise FormatError(f"{os.fspath(path)}: {error}") from None


def _rank(
    words: Sequence[str], counts: npt.NDArray[np.int64]
) -> tuple[tuple[str, ...], npt.NDArray[np.int64] | slice, dict[str, int] | None]:
    """Return the words by falling count, ties by text, with their order and, if they were in order, their ranks.

    A saved lexicon is in order already, which is quicker to check than to make.
    """
    order: npt.NDArray[np.int64] | slice = slice(None)
    ranks: dict[str, int] | None = None
    if _is_ranked(words, counts):
        ranks = dict(zip(words, range(len(words)), strict=True))
        distinct = len(ranks) == len(words)
    else:
        by_text = np.array(sorted(range(len(words)), key=words.__getitem__), np.int64)
        order = by_text[np.argsort(-counts[by_text], kind="stable")]
        alphabetic = [words[k] for k in by_text.tolist()]
        distinct = not any(map(eq, alphabetic, islice(alphabetic, 1, None)))
        words = [words[k] for k in order.tolist()]
    if not distinct or "" in words:
        raise ValueError("words must be distinct and not empty.")
    return tuple(words), order, ranks


def _is_ranked(words: Sequence[str], counts: npt.NDArray[np.int64]) -> bool:
    if bool((counts[1:] > counts[:-1]).any()):
        return False
    ties = np.flatnonzero(counts[1:] == counts[:-1]).tolist()
    return all(words[k] <= words[k + 1] for k in ties)


def _rebuild(
    words: tuple[str, ...],
    counts: npt.NDArray[np.int64],
    scores: dict[str, npt.NDArray[np.float64]],
    meta: LexiconMeta,
    parts: dict[str, tuple[str, ...]],
) -> Lexicon:
    return Lexicon(words, counts, scores=scores, meta=meta, parts=parts)
