"""Compare texts: learn the words of all of them together, count each text's tokens, compare the counts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels.counting import ALNUM_MODES
from .._utils.progress import begin_stage
from .._utils.validation import check_choice, check_integer
from ..builders.pmi import PmiLexiconBuilder
from ..builders.saved import check_counts
from ..corpus import Corpus, JoinedTexts, map_parts, restartable
from ..counting.counter import count_ngrams
from ..counting.counts import NgramCounts
from ..counting.lookup import look_up_counts
from ..errors import CorpusError
from ..lexicon.lexicon import Lexicon, check_lexicon
from ..tokenization.tokenizer import Tokenizer
from ..tokenization.word_reader import WordReader
from .table import ComparisonTable, compare_counts

if TYPE_CHECKING:
    import numpy.typing as npt

    Texts = Corpus | Iterable[str] | NgramCounts
    Counted = tuple[Sequence[str], npt.NDArray[np.int64], Any]  # words, counts of each text, totals

__all__ = ["TextComparer", "count_tokens"]


class TextComparer:
    """Finds the words that are special to a text.

    The words of all texts are learnt together, so that no word is missing on one side; each text is cut into them, and
    the counts of the tokens are compared. Numbers, Latin words and punctuation are not words, unless the lexicon has
    them (`alnum`).

    Saved n-gram counts can stand in for texts. Then strings are counted, not tokens: the count of 中国 includes that in
    中国人, and its total is the number of n-grams of two symbols. These counts are exact; only which strings are taken
    for words is estimated (`PmiLexiconBuilder.build_from`), unless there is a lexicon.

    Parameters
    ----------
    lexicon : Lexicon, optional
        The words. By default `PmiLexiconBuilder` learns them from all texts together.
    min_count : int, default 5
        Words that occur fewer times on both sides together are left out; G² of smaller counts says little.
    alnum : {"token", "join", "split"}, optional
        How digits and Latin letters are read; see `NgramCounter`. With ``"join"``, ``5G`` and ``iPhone`` are words.
        Default: as the lexicon was made, else "token".
    workers : int, default 1
    memory : int, str or None, default None
    temp_dir : str, path-like or None, default None
        Threads, memory budget and temporary folder, as in `PmiLexiconBuilder`; they never change the result.

    Attributes
    ----------
    builder : PmiLexiconBuilder
        Learns the words, if no lexicon was given.

    Raises
    ------
    TypeError
        If `lexicon` is not a `Lexicon`.
    ValueError
        If an option makes no sense.

    Examples
    --------
    >>> from nlp_zero import Lexicon, TextComparer
    >>> comparer = TextComparer(lexicon=Lexicon(["春天", "秋天", "的", "茶"], [4, 4, 8, 8]))
    >>> table = comparer.compare(["春天的茶"] * 9, ["秋天的茶"] * 9)
    >>> list(zip(table.words, table.count.tolist(), table.other_count.tolist(), table.g2.round(1).tolist()))
    [('春天', 9, 0, 12.5), ('的', 9, 9, 0.0), ('茶', 9, 9, 0.0), ('秋天', 0, 9, -12.5)]
    >>> table.significant().words
    ('春天', '秋天')
    """

    def __init__(
        self,
        *,
        lexicon: Lexicon | None = None,
        min_count: int = 5,
        alnum: str | None = None,
        workers: int = 1,
        memory: int | str | None = None,
        temp_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        self.lexicon = None if lexicon is None else check_lexicon(lexicon)
        self.min_count = check_integer("min_count", min_count)
        self.alnum = None if alnum is None else check_choice("alnum", alnum, ALNUM_MODES)
        self.builder = PmiLexiconBuilder(alnum=alnum or "token", workers=workers, memory=memory, temp_dir=temp_dir)

    def __repr__(self) -> str:
        return f"TextComparer(lexicon={self.lexicon!r}, min_count={self.min_count}, alnum={self.alnum!r})"

    def compare(self, new: Texts, old: Texts, *, names: tuple[str, str] = ("new", "old")) -> ComparisonTable:
        """Compare a text with another.

        Parameters
        ----------
        new, old : Corpus, iterable of str or NgramCounts
            Texts are read three times; once with a lexicon or if the other side is counts.
        names : tuple of two str, default ("new", "old")
            How they are called in the table.

        Returns
        -------
        ComparisonTable
            Words that are special to `new` have a G² above 0, those that are special to `old` one below 0.

        Raises
        ------
        CorpusError
            If a text cannot be read, or has no words.
        StorageError
            If a disk is full or the memory budget is too small.
        """
        return self._compare(dict(zip(names, (new, old), strict=True)), against=names[1])

    def compare_each(self, texts: Mapping[str, Texts]) -> ComparisonTable:
        """Compare each of several texts, such as periods, with all others together.

        Parameters
        ----------
        texts : mapping of str to (Corpus, iterable of str or NgramCounts)
            Two or more texts by name; read as by `compare`.

        Returns
        -------
        ComparisonTable
            With the words of each text in turn. The order of the texts changes no number.

        Raises
        ------
        TypeError
            If it is not a mapping, or a name is not a str.
        CorpusError
            If a text cannot be read, or has no words.
        StorageError
            If a disk is full or the memory budget is too small.
        """
        if not isinstance(texts, Mapping):
            raise TypeError(f"texts must be a mapping of names to texts, not {type(texts).__name__}.")
        return self._compare(dict(texts), against=None)

    def _compare(self, texts: dict[str, Texts], against: str | None) -> ComparisonTable:
        if len(texts) < 2:
            raise ValueError("there must be two or more texts, with different names.")
        for name in texts:
            if not isinstance(name, str):
                raise TypeError(f"names of texts must be str, not {name!r}; write {str(name)!r}.")
        unit = "strings" if any(isinstance(one, NgramCounts) for one in texts.values()) else "tokens"
        words, counts, totals = (self._count_strings if unit == "strings" else self._count_tokens)(texts)
        return compare_counts(
            words, counts, totals, texts=list(texts), against=against, min_count=self.min_count, unit=unit
        )

    def _count_tokens(self, texts: dict[str, Any]) -> Counted:
        """Return the words of the texts, and the numbers of their tokens."""
        if self.lexicon is None:
            texts = {name: restartable(one) for name, one in texts.items()}
            lexicon = self.builder.build(JoinedTexts(list(texts.values())), scores=False)
        else:
            lexicon = self.lexicon
        tokenizer = Tokenizer(lexicon, alnum=self.alnum)
        begin_stage("counting tokens")
        reader = WordReader(tokenizer, self.builder.resources.workers)
        counted = [_count_words(reader, one) for one in texts.values()]
        for (name, one), (_, total) in zip(texts.items(), counted, strict=True):
            if not total:
                where = ", ".join(one.sources) if isinstance(one, Corpus) else name
                raise CorpusError(f"{where}: there are no words in this text; give one that has Chinese text.")
        return reader.words, np.stack([words for words, _ in counted], axis=1), [total for _, total in counted]

    def _count_strings(self, texts: dict[str, Any]) -> Counted:
        """Return the words that the counts hold, how often each string occurs, and the numbers of all strings."""
        used = {name: one for name, one in texts.items() if isinstance(one, NgramCounts)}
        order = min(one.order for one in used.values())
        alnum = self.alnum or next(iter(used.values())).alnum
        for name, one in used.items():
            try:
                check_counts(one, order=2, alnum=alnum, min_count=1, needs="a comparison")
            except CorpusError as error:
                raise CorpusError(f"{name}: {error}") from None
        begin_stage("counting n-grams")
        resources = self.builder.resources
        counts = [
            one.truncate(order)
            if isinstance(one, NgramCounts)
            else count_ngrams(one, order=order, alnum=alnum, resources=resources)
            for one in texts.values()
        ]
        words = self._learn_from(counts) if self.lexicon is None else self.lexicon.words
        begin_stage("looking words up")
        found = [look_up_counts(one, words) for one in counts]
        symbols = found[0][1]
        rows = np.flatnonzero(symbols)
        if not len(rows):
            raise CorpusError("the counts hold none of the words of the lexicon; count with a larger --order.")
        totals = [[one.total(int(n)) for one in counts] for n in range(1, order + 1)]
        return (
            tuple(words[k] for k in rows.tolist()),
            np.stack([times[rows] for times, _ in found], axis=1),
            np.array(totals)[symbols[rows] - 1],
        )

    def _learn_from(self, counts: list[NgramCounts]) -> tuple[str, ...]:
        """Return the words of all counts together."""
        resources, first = self.builder.resources, counts[0]
        options = {"memory": resources.memory, "temp_dir": resources.temp_dir, "workers": resources.workers}
        order = min(self.builder.order, first.order)
        builder = PmiLexiconBuilder(order=order, alnum=first.alnum, **options)  # type: ignore[arg-type]
        return builder.build_from(first.merge(*counts[1:], **options)).words  # type: ignore[arg-type]


def count_tokens(
    tokenizer: Tokenizer, texts: Corpus | Iterable[str], *, workers: int = 1
) -> tuple[npt.NDArray[np.int64], int]:
    """Count how often each word of a lexicon is a token of the best segmentation of texts.

    Parameters
    ----------
    tokenizer : Tokenizer
    texts : Corpus or iterable of str
        Read once, in batches.
    workers : int, default 1
        Threads; they never change the result.

    Returns
    -------
    counts : ndarray of int64
        Of each word, in the order of the lexicon; then of the own words of the tokenizer that the lexicon lacks.
    total : int
        Number of tokens that are words, of the lexicon or not: without numbers, Latin words, punctuation and other
        kinds that have ids of their own.

    Examples
    --------
    >>> from nlp_zero import Lexicon, Tokenizer
    >>> counts, total = count_tokens(Tokenizer(Lexicon(["早晨", "茶"], [3, 2])), ["早晨，喝茶", "茶"])
    >>> counts.tolist(), total
    ([1, 2], 4)
    """
    return _count_words(WordReader(tokenizer, workers), texts)


def _count_words(reader: WordReader, texts: Corpus | Iterable[str]) -> tuple[npt.NDArray[np.int64], int]:
    """Return how often each word occurs, and the number of all tokens that are words."""
    table = np.zeros(len(reader.words) + 1, np.int64)
    for counts in map_parts(texts, _count_rows, reader):
        table += counts
    return table[:-1], int(table.sum())


def _count_rows(texts: Corpus | Iterable[str], reader: WordReader) -> npt.NDArray[np.int64]:
    """Return how often each word occurs in a part, and how often all others."""
    table = np.zeros(len(reader.words) + 1, np.int64)
    for _, row, _ in reader.read(texts):
        table += np.bincount(row[row >= 0], minlength=len(table))
    return table
