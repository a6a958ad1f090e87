"""The order of the words of a lexicon: by falling count, ties by the code points of the words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from operator import eq
from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..counting.packed import PackedWords

__all__ = ["rank_words"]


def rank_words(
    words: Sequence[str] | PackedWords, counts: npt.NDArray[np.int64]
) -> tuple[tuple[str, ...] | PackedWords, npt.NDArray[np.int64] | slice, dict[str, int] | None]:
    """Return the words by falling count, ties by text, with their order and, if they were in order, their ranks.

    A saved lexicon is in order already, which is quicker to check than to make.
    """
    if hasattr(words, "rank"):  # packed words; a program that makes none need not import counting
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
