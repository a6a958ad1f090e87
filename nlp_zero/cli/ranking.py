"""The order of words in tables, and the tables of words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..lexicon.classes import CLASS_COLUMN
from .errors import UsageError
from .parser import suggest
from .table import format_table

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..lexicon.lexicon import Lexicon

__all__ = ["default_order", "format_words", "rank_words", "word_columns"]

FIRMNESS = "firmness"
COLUMN_NAMES = {"left_entropy": "left entropy", "right_entropy": "right entropy", "log_prob": "log prob",
                "first_seen": "first seen", "last_seen": "last seen"}  # fmt: skip
PERIODS = ("first_seen", "last_seen")
WHOLE_COLUMNS = (CLASS_COLUMN, "df", "cf")  # columns of whole numbers
NOT_SHOWN = ("id",)  # columns that say nothing about a word


def rank_words(lexicon: Lexicon, by: str | None = None, *, top: int | None = None, min_length: int = 2) -> list[str]:
    """Return words in the order of a score, the highest first; ties are in the order of the lexicon.

    Parameters
    ----------
    lexicon : Lexicon
    by : str, optional
        ``count``, ``firmness`` or a column of the lexicon; by default see `default_order`.
    top : int, optional
        At most this many.
    min_length : int, default 2
        Least length in characters.

    Returns
    -------
    list of str

    Raises
    ------
    UsageError
        If the lexicon does not have this score.
    """
    by = default_order(lexicon) if by is None else by
    known = ["count", *_columns(lexicon)]
    if by not in known:
        listed = f"; choose from {', '.join(known)}."
        raise UsageError(f"--sort {by}: the words have no such column{suggest(by, known) or listed}")
    return lexicon.top(len(lexicon) if top is None else top, by=by, min_length=min_length)


def default_order(lexicon: Lexicon) -> str:
    """Return the score by which words are listed if none is named: firmness, or the count where that is not known."""
    return FIRMNESS if _has_firmness(lexicon) else "count"


def _has_firmness(lexicon: Lexicon) -> bool:
    """Return whether it is known how firm the words are; a plain word list has no scores."""
    try:
        return len(lexicon.firmness) == len(lexicon)
    except ValueError:
        return False


def _columns(lexicon: Lexicon) -> dict[str, npt.NDArray[np.float64]]:
    """Return the scores by which words can be sorted, firmness first."""
    columns = dict(lexicon.scores)
    firmness = {FIRMNESS: lexicon.firmness} if _has_firmness(lexicon) else {}
    return firmness | {name: column for name, column in columns.items() if name not in firmness}


def format_words(lexicon: Lexicon, words: list[str]) -> str:
    """Return an aligned table of words with their counts and scores; empty without words."""
    columns = word_columns(lexicon, words)
    rows = list(zip(*(_list_cells(name, column) for name, column in columns.items()), strict=True))
    return format_table([COLUMN_NAMES.get(name, name) for name in columns], rows) if rows else ""


def _list_cells(name: str, column: Any) -> list[Any]:
    """Return the cells of a column; periods are texts, so that 202401 is not shown as a number of things."""
    if name in PERIODS:
        return ["–" if math.isnan(x) else f"{x:.0f}" for x in column.tolist()]
    return column.tolist() if isinstance(column, np.ndarray) else column  # type: ignore[no-any-return]


def word_columns(lexicon: Lexicon, words: list[str]) -> dict[str, Any]:
    """Return a table of words with their counts and scores, as columns by name."""
    columns = {name: column for name, column in _columns(lexicon).items() if name not in NOT_SHOWN}
    places = np.array([lexicon.index(word) for word in words], np.int64)
    table: dict[str, Any] = {"word": words, "count": lexicon.counts[places]}
    for name, column in columns.items():
        values = column[places]
        whole = name in WHOLE_COLUMNS and not np.isnan(values).any()
        table[name] = values.astype(np.int64) if whole else values
    return table
