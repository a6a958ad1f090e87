"""The order in which commands list words, and the table in which they show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import UsageError
from .parser import suggest
from .table import format_table

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..lexicon.lexicon import Lexicon

__all__ = ["COLUMN_NAMES", "FIRMNESS", "default_order", "format_words", "rank_words", "word_records"]

FIRMNESS = "firmness"
COLUMN_NAMES = {"left_entropy": "left entropy", "right_entropy": "right entropy", "log_prob": "log prob"}
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
    values = _scores(lexicon, default_order(lexicon) if by is None else by)
    order = np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable").tolist()
    words = [word for k in order if len(word := lexicon.words[k]) >= min_length]
    return words if top is None else words[:top]


def default_order(lexicon: Lexicon) -> str:
    """Return the score by which words are listed if none is named: firmness, or the count where that is not known."""
    return FIRMNESS if _firmness(lexicon) is not None else "count"


def _scores(lexicon: Lexicon, by: str) -> npt.NDArray[Any]:
    if by == "count":
        return lexicon.counts
    if by in lexicon.scores:
        return lexicon.scores[by]
    firmness = _firmness(lexicon)
    if by == FIRMNESS and firmness is not None:
        return firmness
    known = ["count", *([FIRMNESS] if firmness is not None else []), *lexicon.scores]
    listed = f"; choose from {', '.join(known)}."
    raise UsageError(
        f"--sort {by}: the words have no such column{suggest(by, known) or listed}"
    )


def _firmness(lexicon: Lexicon) -> npt.NDArray[np.float64] | None:
    """Return how firm each word is; None if the lexicon does not have the columns for it."""
    if FIRMNESS in lexicon.scores:
        return lexicon.scores[FIRMNESS]
    try:
        return lexicon.firmness  # type: ignore[attr-defined, no-any-return, unused-ignore]
    except (AttributeError, ValueError):
        if not lexicon.scores.keys() >= {"pmi", "left_entropy", "right_entropy"}:
            return None
        free = np.minimum(lexicon.scores["left_entropy"], lexicon.scores["right_entropy"])
        gain = lexicon.scores["pmi"] - 1.0 - 2.0 * np.array([max(len(word) - 2, 0) for word in lexicon], np.float64)
        return np.asarray(np.sqrt(lexicon.counts) * free * gain)


def format_words(lexicon: Lexicon, words: list[str]) -> str:
    """Return an aligned table of words with their counts and scores."""
    names = _shown_columns(lexicon)
    rows = [list(record.values()) for record in word_records(lexicon, words)]
    return format_table(["word", "count", *(COLUMN_NAMES.get(name, name) for name in names)], rows)


def word_records(lexicon: Lexicon, words: list[str]) -> list[dict[str, Any]]:
    """Return words with their counts and scores as plain values by name."""
    names = _shown_columns(lexicon)
    places = [lexicon.index(word) for word in words]
    return [
        {
            "word": lexicon.words[k],
            "count": int(lexicon.counts[k]),
            **{name: float(lexicon.scores[name][k]) for name in names},
        }
        for k in places
    ]


def _shown_columns(lexicon: Lexicon) -> list[str]:
    return [name for name in lexicon.scores if name not in NOT_SHOWN]
