"""The order of the words of a lexicon: by falling count, ties by the code points of the words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from operator import eq
from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..counting.packed import PackedWords

__all__ = ["check_names", "check_words", "rank_words"]

TAKEN_NAMES = ("word", "count", "parts")  # columns of every lexicon


def check_words(words: Iterable[str] | PackedWords) -> Sequence[str] | PackedWords:
    """Return the words as str; raises `TypeError` for other things."""
    if hasattr(words, "unpack"):
        return cast("PackedWords", words)
    listed = words if isinstance(words, (list, tuple)) else list(words)
    if set(map(type, listed)) <= {str}:
        return listed
    for word in listed:
        if not isinstance(word, str):
            raise TypeError(f"words must be str; {word!r} is not one.")
    return [str(word) for word in listed]


def check_names(scores: Iterable[str]) -> None:
    """Raise `ValueError` for a name of a column of scores that a file could not hold next to the words."""
    for name in scores:
        if not isinstance(name, str) or name in ("", *TAKEN_NAMES) or set(name) & set("\t\n\r"):
            raise ValueError(
                f"scores must not have the name {name!r}: choose one that is not {', '.join(TAKEN_NAMES)} or empty, "
                "and has no tabs or line ends."
            )


def rank_words(
    words: Sequence[str] | PackedWords, counts: npt.NDArray[np.int64]
) -> tuple[tuple[str, ...] | PackedWords, npt.NDArray[np.int64] | slice, dict[str, int] | None]:
    """Return the words by falling count, ties by text, with their order and, if they were in order, their ranks.

    A saved lexicon is in order already, which is quicker to check than to make.
    """
    if hasattr(words, "unpack"):  # packed words; a program that makes none need not import counting
        packed = cast("PackedWords", words)
        ranked = packed.rank(counts)
        return packed.take(ranked), ranked, None
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
