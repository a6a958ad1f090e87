"""Classes of words that occur in similar contexts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._utils.immutable import Immutable
from .._utils.tables import Columns, Tabular
from .._utils.validation import check_integer
from .meta import MAX_CLASSES, LexiconMeta

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["CLASS_COLUMN", "WordClasses", "check_classes", "make_class_column"]

CLASS_COLUMN = "class"  # of the scores of a lexicon
NO_CLASS = -1
SHOWN_WORDS = 6


class WordClasses(Immutable, Tabular):
    """The classes of the words of a lexicon, made by `Lexicon.classes`.  Immutable.

    Classes have numbers from 0, the class with most tokens.  Iterating yields the numbers.  As a table (`to_frame`,
    Arrow), it has the columns ``class``, ``word``, ``count`` and ``share`` of the tokens of the class.

    Parameters
    ----------
    words : sequence of str
        By falling count.
    counts : array of int, shape (words,)
        How often each occurs.
    classes : array of float, shape (words,)
        The class of each word; NaN if it is not known.

    Examples
    --------
    >>> from nlp_zero import Lexicon
    >>> lexicon = Lexicon(["我", "他", "去"], [5, 3, 4]).with_classes({"我": 0, "他": 0, "去": 1})
    >>> lexicon.classes
    <WordClasses of 3 words in 2 classes: 我 他; 去>
    >>> lexicon.classes.words(0), lexicon.classes.share("他"), lexicon.classes["去"]
    (('我', '他'), 0.375, 1)
    """

    __slots__ = ("_classes", "_counts", "_index", "_words")

    _words: tuple[str, ...]
    _counts: npt.NDArray[np.int64]
    _classes: npt.NDArray[np.int64]
    _index: dict[str, int] | None

    def __init__(self, words: Sequence[str], counts: npt.NDArray[np.int64], classes: Floats) -> None:
        numbers = np.where(np.isnan(classes), NO_CLASS, classes).astype(np.int64)
        self._set(_words=tuple(words), _counts=np.asarray(counts, np.int64), _classes=numbers)
        self._set(_index=None)  # made on first use

    def __reduce__(self) -> tuple[object, ...]:
        return WordClasses, (self._words, self._counts, np.where(self._classes < 0, np.nan, self._classes))

    def __len__(self) -> int:
        return int(self._classes.max(initial=NO_CLASS)) + 1

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self)))

    def __getitem__(self, word: str) -> int:
        """Return the class of a word; raises `KeyError` if it has none."""
        return int(self._classes[self._place(word)])

    def __contains__(self, word: object) -> bool:
        return word in self._places()

    def __repr__(self) -> str:
        shown = "; ".join(" ".join(self.words(number)[:2]) for number in list(self)[:SHOWN_WORDS])
        more = "; …" if len(self) > SHOWN_WORDS else ""
        known = int(np.count_nonzero(self._classes >= 0))
        return f"<WordClasses of {known:,} words in {len(self)} classes: {shown}{more}>"

    def words(self, number: int) -> tuple[str, ...]:
        """Return the words of a class, the most frequent first.

        Parameters
        ----------
        number : int
            From 0.

        Returns
        -------
        tuple of str

        Raises
        ------
        ValueError
            If there is no such class.
        """
        return tuple(self._words[k] for k in np.flatnonzero(self._classes == self._check(number)).tolist())

    def tokens(self, number: int) -> int:
        """Return how often words of a class occur.

        Parameters
        ----------
        number : int
            From 0.

        Returns
        -------
        int
        """
        return int(self._counts[self._classes == self._check(number)].sum())

    def share(self, word: str) -> float:
        """Return the share of a word in the tokens of its class.

        Parameters
        ----------
        word : str

        Returns
        -------
        float
            From 0 to 1.

        Raises
        ------
        KeyError
            If the word has no class.
        """
        return int(self._counts[self._place(word)]) / max(self.tokens(self[word]), 1)

    def to_columns(self) -> Columns:
        """Return the table: class by class, the most frequent words first.

        Returns
        -------
        mapping of str to column
        """
        order = np.argsort(self._classes, kind="stable")
        order = order[self._classes[order] >= 0]
        classes, counts = self._classes[order], self._counts[order]
        totals = np.maximum(np.bincount(classes, counts, len(self)), 1)
        words = [self._words[k] for k in order.tolist()]
        return {CLASS_COLUMN: classes, "word": words, "count": counts, "share": counts / totals[classes]}

    def _places(self) -> dict[str, int]:
        """Return the rank of each word that has a class."""
        if self._index is None:  # two threads that meet here make the same dictionary
            ranks = {self._words[k]: k for k in np.flatnonzero(self._classes >= 0).tolist()}
            self._set(_index=ranks)
        return self._index  # type: ignore[return-value]

    def _place(self, word: str) -> int:
        return self._places()[word]

    def _check(self, number: int) -> int:
        check_integer("number", number, least=0)
        if number >= len(self):
            raise ValueError(f"there is no class {number}; the classes are 0 to {len(self) - 1}.")
        return number


def make_class_column(words: Sequence[str], classes: Mapping[str, int]) -> Floats:
    """Return the class of each word, NaN for words that are not keys; refuse numbers that cannot be classes."""
    for number in classes.values():
        check_integer("class", number, least=0, most=MAX_CLASSES - 1)
    return np.array([classes.get(word, np.nan) for word in words], np.float64)


def check_classes(columns: Mapping[str, Floats], meta: LexiconMeta | None) -> None:
    """Refuse classes that are not whole numbers, or more of them than the links have.

    Raises
    ------
    ValueError
        If a class is wrong.
    """
    if CLASS_COLUMN not in columns:
        return
    known = columns[CLASS_COLUMN][~np.isnan(columns[CLASS_COLUMN])]
    size = len(meta.class_links) - 1 if meta is not None and meta.class_links else MAX_CLASSES
    if len(known) and not (known.min() >= 0 and known.max() < size and (known == np.floor(known)).all()):
        raise ValueError(f"the column class must have whole numbers from 0 to {size - 1}, one for each class.")
