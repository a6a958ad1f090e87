"""Compare texts: learn the words of all of them together, count each text's tokens, compare the counts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.counting import ALNUM_MODES
from .._utils.progress import begin_stage
from .._utils.validation import check_choice, check_integer
from ..builders.pmi import PmiLexiconBuilder
from ..corpus import Corpus, JoinedTexts, read_batches, restartable
from ..errors import CorpusError
from ..lexicon.ids import TokenIds
from ..lexicon.lexicon import Lexicon
from ..tokenization.tokenizer import Tokenizer
from .table import ComparisonTable, compare_counts

if TYPE_CHECKING:
    import numpy.typing as npt

    Texts = Corpus | Iterable[str]

__all__ = ["TextComparer", "count_tokens"]


class TextComparer:
    """Finds the words that are special to a text.

    The words of all texts are learnt together, so that no word is missing on one side; each text is cut into them, and
    the counts of the tokens are compared. Numbers, Latin words and punctuation are not words, unless the lexicon has
    them (`alnum`).

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
        if lexicon is not None and not isinstance(lexicon, Lexicon):
            raise TypeError(f"lexicon must be a Lexicon, not {type(lexicon).__name__}; Lexicon.load(path) reads one.")
        self.lexicon = lexicon
        self.min_count = check_integer("min_count", min_count)
        self.alnum = None if alnum is None else check_choice("alnum", alnum, ALNUM_MODES)
        self.builder = PmiLexiconBuilder(alnum=alnum or "token", workers=workers, memory=memory, temp_dir=temp_dir)

    def __repr__(self) -> str:
        return f"TextComparer(lexicon={self.lexicon!r}, min_count={self.min_count}, alnum={self.alnum!r})"

    def compare(self, new: Texts, old: Texts, *, names: tuple[str, str] = ("new", "old")) -> ComparisonTable:
        """Compare a text with another.

        Parameters
        ----------
        new, old : Corpus or iterable of str
            Read three or four times; once with a lexicon.
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
        texts : mapping of str to Corpus or iterable of str
            Two or more texts by name; read as by `compare`.

        Returns
        -------
        ComparisonTable
            With the words of each text in turn. The order of the texts changes no number.

        Raises
        ------
        CorpusError
            If a text cannot be read, or has no words.
        StorageError
            If a disk is full or the memory budget is too small.
        """
        return self._compare(dict(texts), against=None)

    def _compare(self, texts: dict[str, Texts], against: str | None) -> ComparisonTable:
        if len(texts) < 2:
            raise ValueError("there must be two or more texts, with different names.")
        if self.lexicon is None:
            texts = {name: restartable(one) for name, one in texts.items()}
            lexicon = self.builder.build(JoinedTexts(list(texts.values())))
        else:
            lexicon = self.lexicon
        tokenizer = Tokenizer(lexicon, alnum=self.alnum)
        begin_stage("counting tokens")
        workers = self.builder.resources.workers
        counted = [count_tokens(tokenizer, one, workers=workers) for one in texts.values()]
        for (name, one), (_, total) in zip(texts.items(), counted, strict=True):
            if not total:
                where = ", ".join(one.sources) if isinstance(one, Corpus) else name
                raise CorpusError(f"{where}: there are no words in this text; give one that has Chinese text.")
        counts = np.stack([words for words, _ in counted], axis=1)
        totals = [total for _, total in counted]
        return compare_counts(
            lexicon.words, counts, totals, texts=list(texts), against=against, min_count=self.min_count
        )


def count_tokens(tokenizer: Tokenizer, texts: Texts, *, workers: int = 1) -> tuple[npt.NDArray[np.int64], int]:
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
        Of each word, in the order of the lexicon.
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
    ids = TokenIds(tokenizer.lexicon)
    table = np.zeros(ids.size, np.int64)
    for batch in read_batches(texts):
        numbers, _ = tokenizer.encode_batch(batch, workers=workers)
        table += np.bincount(numbers, minlength=ids.size)
    known = np.unique(ids.numbers)
    return table[ids.numbers[1:]], int(table[known[known >= 0]].sum())
