"""The keywords of documents as a table."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from .._utils.arrays import freeze_arrays
from .._utils.tables import Columns, Tabular

if TYPE_CHECKING:
    import numpy.typing as npt

    Int64 = npt.NDArray[np.int64]
    Float64 = npt.NDArray[np.float64]

__all__ = ["MEASURES", "KeywordTable"]

MEASURES = ("tfidf", "g2")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class KeywordTable(Tabular):
    """Keywords of documents. Immutable; made by `KeywordExtractor`.

    Parameters
    ----------
    first, documents : int
        Number of the first document, from 1, and the number of documents, with those that have no keywords.
    document : ndarray of int64
        Of each row, the number of the document; rising.
    words : tuple of str
        Of each row, the word; those of a document are in falling order of the measure.
    count : ndarray of int64
        Of each row, how often the word occurs in the document.
    df : ndarray of int64
        Of each row, the number of documents that have the word.
    tfidf : ndarray of float64
        See `nlp_zero.statistics.tf_idf`.
    g2 : ndarray of float64
        See `nlp_zero.statistics.log_likelihood_ratio`.
    """

    first: int
    documents: int
    document: Int64
    words: tuple[str, ...]
    count: Int64
    df: Int64
    tfidf: Float64
    g2: Float64

    def __post_init__(self) -> None:
        freeze_arrays(getattr(self, field.name) for field in fields(self))

    def __len__(self) -> int:
        return len(self.words)

    def __repr__(self) -> str:
        return f"<KeywordTable of {self.documents:,} documents: {len(self):,} keywords>"

    def to_columns(self) -> Columns:
        """Return the columns by name.

        Returns
        -------
        mapping of str to column
            ``document``, ``word``, ``count``, ``df``, ``tfidf`` and ``g2``.
        """
        numbers = {name: getattr(self, name) for name in ("count", "df", "tfidf", "g2")}
        return {"document": self.document, "word": self.words, **numbers}

    def to_lists(self) -> list[list[str]]:
        """Return the keywords of each document, which is empty for a document without keywords.

        Returns
        -------
        list of list of str
        """
        ends = np.searchsorted(self.document, np.arange(self.first, self.first + self.documents), side="right")
        begins = [0, *ends.tolist()]
        return [list(self.words[begin:end]) for begin, end in pairwise(begins)]
