"""The lexicon: words with their counts and scores, immutable, in a file that people can read and edit."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.arrays import freeze_arrays, whole_numbers
from .._utils.tables import Columns, Tabular, html_table
from .._utils.validation import check_integer
from ..errors import FormatError
from . import formats
from .classes import CLASS_COLUMN, WordClasses, check_classes, make_class_column
from .firmness import REQUIRED_SCORES, measure_firmness
from .formats import SaveReport, tsv
from .merging import describe_conflict, merge_tables
from .meta import LexiconMeta
from .ranking import check_names, check_words, rank_words
from .scores import estimate_log_probs

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..counting.packed import PackedWords

__all__ = ["Lexicon", "check_lexicon"]

SHOWN_WORDS = 10  # in a notebook


class Lexicon(Tabular):
    """Words with counts, ranked by count (ties: by the code points of the words).  Immutable.

    Parameters
    ----------
    words : iterable of str
        Distinct and not empty.
    counts : array of int, shape (words,)
        How often each word occurs as a word (tokens).
    scores : mapping of str to array of float, shape (words,), optional
        Further columns by name: ``pmi``, ``left_entropy``, ``right_entropy`` (nats), ``cohesion`` (count as
        word / count as string), ``df`` and ``cf`` (number of documents that have the word, and of its tokens in them),
        ``class`` (see `classes`), ``log_prob`` (ln p in nats, in place of the counts), ``id``.  NaN where a value is
        not known.
    meta : LexiconMeta, optional
        How the lexicon was made, and how a tokenizer must read it.
    parts : mapping of str to sequence of str, optional
        For phrases, the words that each is made of.

    Raises
    ------
    TypeError
        If a word is not a str.
    ValueError
        If words are empty or repeated, counts are negative or not whole numbers, or columns have different lengths, or
        a name that files could not hold (``word``, ``count``, ``parts``, names with tabs or line ends).

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

    __slots__ = ("_ranks", "_words", "counts", "meta", "parts", "scores")

    _words: tuple[str, ...] | PackedWords
    counts: npt.NDArray[np.int64]
    scores: Mapping[str, npt.NDArray[np.float64]]
    meta: LexiconMeta
    parts: Mapping[str, tuple[str, ...]]
    _ranks: dict[str, int] | None

    def __init__(
        self,
        words: Iterable[str] | PackedWords,
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
        words, count = check_words(words), whole_numbers("counts", counts)
        if count.shape != (len(words),):
            raise ValueError(f"counts must have one number for each of {len(words)} words, not shape {count.shape}.")
        if len(count) and int(count.min()) < 0:
            raise ValueError("counts must not be negative.")
        if count.sum(dtype=np.float64) >= 2.0**62 and sum(count.tolist()) >= 2**63:
            raise ValueError("counts must add up to less than 2**63.")
        check_names(scores or {})
        words, order, ranks = rank_words(words, count)
        columns = {name: np.array(np.asarray(column, np.float64)[order]) for name, column in (scores or {}).items()}
        if any(column.shape != count.shape for column in columns.values()):
            raise ValueError(f"every score must be a column of {len(words)} numbers, one for each word.")
        check_classes(columns, meta)
        count = np.array(count[order])
        freeze_arrays([count, *columns.values()])
        pieces = {word: tuple(listed) for word, listed in (parts or {}).items()}
        self._set(words, count, MappingProxyType(columns), meta or LexiconMeta(), MappingProxyType(pieces), ranks)

    def _set(self, *values: object) -> None:
        for name, value in zip(("_words", "counts", "scores", "meta", "parts", "_ranks"), values, strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Lexicon is immutable; {name} cannot be set (with_meta returns a changed copy).")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Lexicon is immutable; {name} cannot be deleted.")

    @property
    def words(self) -> tuple[str, ...]:
        """The words in their order."""
        words = self._words  # read once: another thread may replace it
        if not isinstance(words, tuple):  # packed words, which can be written without making strings
            words = tuple(words.unpack())
            object.__setattr__(self, "_words", words)
        return words

    def count_characters(self) -> int:
        """Return the number of characters of all tokens: the sum of counts times lengths.

        Returns
        -------
        int

        Examples
        --------
        >>> Lexicon(["喝茶", "早"], [3, 2]).count_characters()
        8
        """
        words = self._words  # read once, as in `words`; packed words stay packed
        lengths = np.fromiter(map(len, words), np.int64, len(words)) if isinstance(words, tuple) else words.lengths
        return int((self.counts * lengths).sum())

    @property
    def _index(self) -> dict[str, int]:
        """The rank of each word, made on first use."""
        if self._ranks is None:
            object.__setattr__(self, "_ranks", dict(zip(self.words, range(len(self.words)), strict=True)))
        return self._ranks  # type: ignore[return-value]

    def __len__(self) -> int:
        return len(self._words)

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

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

    def to_columns(self) -> Columns:
        """Return ``word``, ``count``, the scores by name, and ``parts`` if the lexicon has phrases.

        Returns
        -------
        mapping of str to column
            The arrays of the lexicon, not copies; a word without parts has None.

        Examples
        --------
        >>> list(Lexicon(["茶"], [5], scores={"pmi": [0.0]}).to_columns())
        ['word', 'count', 'pmi']
        """
        columns: dict[str, Any] = {"word": self.words, "count": self.counts, **self.scores}
        if self.parts:
            columns["parts"] = [self.parts.get(word) for word in self.words]
        return columns

    def _repr_html_(self) -> str:
        """Return the best words of two or more characters for a notebook, by firmness if it is known."""
        by = "firmness" if "firmness" in self.scores or self.scores.keys() >= REQUIRED_SCORES else "count"
        words = self.top(SHOWN_WORDS, by=by) or list(self.words[:SHOWN_WORDS])
        places = [self.index(word) for word in words]
        columns: dict[str, Any] = {"word": words, "count": self.counts[places]}
        if by == "firmness":
            columns["firmness"] = self.firmness[places]
        columns |= {name: column[places] for name, column in self.scores.items()}
        return html_table(columns, caption=f"{repr(self).strip('<>')}; the best by {by}")

    def index(self, word: str) -> int:
        """Return the rank of a word.

        Parameters
        ----------
        word : str

        Returns
        -------
        int
            From 0, the most frequent word.

        Raises
        ------
        KeyError
            If the lexicon does not have the word.
        """
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
        return estimate_log_probs(self.counts)

    @property
    def firmness(self) -> npt.NDArray[np.float64]:
        """How firmly each word holds together; see `nlp_zero.statistics.firmness`.

        The column ``firmness`` if there is one, else computed from the counts, ``pmi``, ``left_entropy``,
        ``right_entropy`` and ``cohesion`` of the words and of the single characters of the lexicon.  NaN where one of
        them is not known.

        Raises
        ------
        ValueError
            If the lexicon does not have these columns.
        """
        if "firmness" in self.scores:
            return self.scores["firmness"]
        return measure_firmness(self.words, self.counts, self.scores)

    def top(self, n: int, *, by: str = "count", min_length: int = 2) -> list[str]:
        """Return the best words that are long enough.

        Parameters
        ----------
        n : int
            At most this many words.
        by : str, default "count"
            What ranks the words, highest first: ``"count"``, ``"firmness"`` (see `firmness`: for a list to read), or
            the name of a column of `scores`.  Ties: the order of the lexicon; words without a value are last.
        min_length : int, default 2
            Least length in characters.

        Returns
        -------
        list of str

        Raises
        ------
        ValueError
            If the lexicon has no such column.

        Examples
        --------
        >>> lexicon = Lexicon(["早晨", "茶", "青石镇"], [2, 5, 3], scores={"pmi": [4.0, 0.0, 3.0]})
        >>> lexicon.top(2), lexicon.top(2, by="pmi")
        (['青石镇', '早晨'], ['早晨', '青石镇'])
        """
        check_integer("n", n, least=0)
        check_integer("min_length", min_length, least=0)
        ranked = self.words if by == "count" else [self.words[k] for k in np.argsort(-self._column(by), kind="stable")]
        return list(islice((word for word in ranked if len(word) >= min_length), n))

    def _column(self, name: str) -> npt.NDArray[np.float64]:
        if name == "firmness":
            return self.firmness
        if name not in self.scores:
            known = ", ".join(["count", "firmness", *(column for column in self.scores if column != "firmness")])
            raise ValueError(f"by must be one of {known}, not {name!r}.")
        return self.scores[name]

    def keep(self, chosen: Iterable[bool]) -> Lexicon:
        """Return a lexicon of the chosen words.

        Parameters
        ----------
        chosen : iterable of bool
            For each word, in the order of the lexicon, whether it is kept.

        Returns
        -------
        Lexicon

        Raises
        ------
        ValueError
            If there is not one true or false for each word.
        """
        mask = np.asarray(chosen if isinstance(chosen, np.ndarray) else list(chosen))
        if mask.shape != (len(self),) or (mask.dtype != np.bool_ and len(mask)):
            raise ValueError(f"chosen must be one true or false for each of {len(self):,} words, in their order.")
        mask = mask.astype(np.bool_)
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
            With the column ``firmness`` (see `firmness`), if the lexicon has the scores for it: it cannot be computed
            later, without the single characters.  The links of word classes are left out: it is a list to read.

        Raises
        ------
        TypeError
            If `known` is one string.
        """
        if isinstance(known, str):
            raise TypeError("known must be a collection of words, not one string.")
        objective = "unigram" if self.meta.objective == "classes" else self.meta.objective
        excluded, lexicon = set(known), self.with_firmness().with_meta(class_links=(), objective=objective)
        return lexicon.keep(len(word) > 1 and word not in excluded for word in self.words)

    def merge(self, *others: Lexicon) -> Lexicon:
        """Join the words of several lexicons.

        Parameters
        ----------
        *others : Lexicon

        Returns
        -------
        Lexicon
            The words of all; see Notes.

        Raises
        ------
        TypeError
            If one of them is not a lexicon.
        ValueError
            If they differ in an option that changes how text is cut, such as ``meta.alnum``, or one has the ids of
            another program's model; the message names the option.

        Notes
        -----
        Counts are added, and with them the probabilities of the words.  ``cohesion`` is computed from the sums, and
        ``log_prob`` is that of the mixture of the lexicons, weighted by their tokens.  Other scores, such as ``pmi``,
        belong to one text: a word that only one lexicon has keeps its values, and a word of several has their mean,
        weighted by the counts.  Merge the counts of n-grams to have exact scores (`NgramCounts.merge`).  Classes are
        those of the lexicon that has some, and are left out if several have: they have nothing to do with each other.

        In `meta`, `characters` and `tokens` are added, `new_words` is the mean weighted by the tokens, own words are
        those of all, and other fields stay if they are equal.

        Examples
        --------
        >>> merged = Lexicon(["早晨", "茶"], [2, 5]).merge(Lexicon(["茶", "茶馆"], [1, 3]))
        >>> merged.words, merged.counts.tolist()
        (('茶', '茶馆', '早晨'), [6, 3, 2])
        """
        for other in others:
            if not isinstance(other, Lexicon):
                raise TypeError(f"a lexicon can be merged with a Lexicon, not {type(other).__name__}.")
        if not others:
            return self
        lexicons = (self, *others)
        for one, two in combinations(lexicons, 2):
            if (conflict := describe_conflict(one, two)) is not None:
                raise ValueError(f"these lexicons cannot be merged: {conflict}.")
        table = merge_tables(lexicons)
        return Lexicon(table.words, table.counts, scores=table.scores, meta=table.meta, parts=table.parts)

    def with_firmness(self) -> Lexicon:
        """Add the column ``firmness``.

        Returns
        -------
        Lexicon
            This lexicon with the column, or itself if it has the column or lacks the scores to compute it.
        """
        if "firmness" in self.scores or not self.scores.keys() >= REQUIRED_SCORES:
            return self
        changed = Lexicon.__new__(Lexicon)
        column = self.firmness
        freeze_arrays([column])
        scores = MappingProxyType({**self.scores, "firmness": column})
        changed._set(self._words, self.counts, scores, self.meta, self.parts, self._ranks)
        return changed

    def with_meta(self, **changes: Any) -> Lexicon:
        """Return a lexicon with the same words, in which fields of `meta` are changed.

        Parameters
        ----------
        **changes : object
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
        changed._set(self._words, self.counts, self.scores, replace(self.meta, **changes), self.parts, self._ranks)
        return changed

    @property
    def classes(self) -> WordClasses:
        """The classes of the words, learnt by `BayesLexiconBuilder`: words in similar contexts.

        Raises
        ------
        ValueError
            If the words have no classes.
        """
        if CLASS_COLUMN not in self.scores:
            raise ValueError(
                "the words of this lexicon have no classes; build it with BayesLexiconBuilder "
                "(nlpzero build-vocab --method bayes)."
            )
        return WordClasses(self.words, self.counts, self.scores[CLASS_COLUMN])

    def with_classes(self, classes: Mapping[str, int], links: Iterable[Iterable[int]] = ()) -> Lexicon:
        """Return this lexicon with a class for each word.

        Parameters
        ----------
        classes : mapping of str to int
            The classes of words, from 0; the class of a word that is not a key is not known.
        links : table of int, shape (classes + 1, classes + 1), optional
            How often a word of class b follows one of class a; the last row and column are the end of a run.

        Returns
        -------
        Lexicon

        Raises
        ------
        ValueError
            If a class is not a number from 0 to 254, or the links are not a table of that shape.

        Examples
        --------
        >>> lexicon = Lexicon(["我", "你", "去"], [5, 4, 3]).with_classes({"我": 0, "你": 0, "去": 1})
        >>> lexicon.classes.words(0)
        ('我', '你')
        """
        column = make_class_column(self.words, classes)
        meta = replace(self.meta, class_links=tuple(tuple(row) for row in links))
        scores = {**self.scores, CLASS_COLUMN: column}
        return Lexicon(self.words, self.counts, scores=scores, meta=meta, parts=self.parts)

    def save(self, path: str | os.PathLike[str], *, format: str | None = None) -> SaveReport:
        """Write the lexicon; the file appears whole or not at all.

        Parameters
        ----------
        path : str or path-like
            Unless a `format` is given, the name decides: ``*tokenizer*.json`` (huggingface), ``.parquet``, ``.csv``,
            ``.model`` (sentencepiece; bytepiece if the name has that word), ``jieba*.txt``; all others are TSV.  Other
            names that end in ``.json`` need a `format`.
        format : str, optional
            ``json`` and ``parquet`` (which keep everything), ``tsv`` (scores other than ``log_prob`` have six digits),
            ``plain`` ('word count' lines), ``csv``, ``jieba``, ``sentencepiece``, ``huggingface`` or ``bytepiece``.

        Returns
        -------
        SaveReport
            What the file holds: formats of other programs cannot hold all words, and not every program then gives the
            tokens and ids of `Tokenizer`.

        Raises
        ------
        FormatError
            If the format cannot hold such a lexicon, or the name does not tell the format; says why.
        """
        return formats.write(self, path, format)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the TSV file that `save` writes.

        Yields
        ------
        str
            A line with its line end.
        """
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
            If the file is missing, not UTF-8, damaged, or of a later version; the message names the line or the byte.
        """
        table = formats.read(path, format)
        try:
            return cls(table.words, table.counts, scores=table.scores, meta=table.meta, parts=table.parts)
        except (ValueError, OverflowError) as error:
            raise FormatError(f"{os.fspath(path)}: {error}") from None


def check_lexicon(lexicon: object) -> Lexicon:
    """Return the lexicon; raises `TypeError` if it is something else."""
    if not isinstance(lexicon, Lexicon):
        raise TypeError(f"lexicon must be a Lexicon, not {type(lexicon).__name__}; Lexicon.load(path) reads one.")
    return lexicon


def _rebuild(
    words: tuple[str, ...],
    counts: npt.NDArray[np.int64],
    scores: dict[str, npt.NDArray[np.float64]],
    meta: LexiconMeta,
    parts: dict[str, tuple[str, ...]],
) -> Lexicon:
    return Lexicon(words, counts, scores=scores, meta=meta, parts=parts)
