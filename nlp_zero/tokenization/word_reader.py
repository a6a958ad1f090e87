"""Texts as the words of a tokenizer, for counting: arrays in place of strings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..corpus import Corpus, read_batches
from ..lexicon.ids import TokenIds
from .tokenizer import Tokenizer

if TYPE_CHECKING:
    import numpy.typing as npt

    Int64 = npt.NDArray[np.int64]

__all__ = ["WordReader"]


class WordReader:
    """Reads texts as words of a tokenizer.

    Parameters
    ----------
    tokenizer : Tokenizer
    workers : int, default 1
        Threads; they never change the result.

    Attributes
    ----------
    words : tuple of str
        Those of the lexicon in their order, then the own words of the tokenizer that the lexicon lacks.
    """

    def __init__(self, tokenizer: Tokenizer, workers: int = 1) -> None:
        if not isinstance(tokenizer, Tokenizer):
            raise TypeError(f"tokenizer must be a Tokenizer, not {type(tokenizer).__name__}; use Tokenizer(lexicon).")
        self.tokenizer, self.workers = tokenizer, workers
        lexicon = tokenizer.lexicon
        own = dict.fromkeys((*tokenizer.own_words, *tokenizer.forced_words))
        ids = TokenIds(lexicon, [word for word in own if word not in lexicon])
        self.words = (*lexicon.words, *ids.added)
        self._row = np.full(ids.size, -1, np.int64)  # of an id; -1 for tokens that are not words
        if ids.unknown >= 0:
            self._row[ids.unknown] = len(self.words)
        self._row[ids.numbers[1:]] = np.arange(len(lexicon))
        self._row[list(ids.added.values())] = np.arange(len(lexicon), len(self.words))

    def __reduce__(self) -> tuple[object, ...]:
        return WordReader, (self.tokenizer,)  # a task of a cluster has one thread

    def read(self, texts: Corpus | Iterable[str]) -> Iterator[tuple[Int64, Int64, int]]:
        """Read texts once, in batches.

        Parameters
        ----------
        texts : Corpus or iterable of str

        Yields
        ------
        text : ndarray of int64
            Of each token, the number of its text in the batch, from 0; rising.
        row : ndarray of int64
            Of each token, its place in `words`; ``len(words)`` for a word that is not one of them, -1 for numbers,
            punctuation and other tokens that are not words.
        size : int
            Number of texts in the batch.

        Examples
        --------
        >>> from nlp_zero import Lexicon
        >>> reader = WordReader(Tokenizer(Lexicon(["早晨", "茶"], [3, 2])))
        >>> [(text.tolist(), row.tolist(), size) for text, row, size in reader.read(["早晨，喝茶", "茶"])]
        [([0, 0, 0, 0, 1], [0, -1, 2, 1, 1], 2)]
        """
        for batch in read_batches(texts):
            numbers, offsets = self.tokenizer.encode_batch(batch, workers=self.workers)
            yield np.repeat(np.arange(len(batch)), np.diff(offsets)), self._row[numbers], len(batch)
