"""How firmly the words of a lexicon hold together, from their scores and those of its single characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..statistics import firmness

if TYPE_CHECKING:
    import numpy.typing as npt

    Float64 = npt.NDArray[np.float64]

__all__ = ["REQUIRED_SCORES", "measure_firmness"]

REQUIRED_SCORES = frozenset({"cohesion", "left_entropy", "pmi", "right_entropy"})


def measure_firmness(
    words: Sequence[str], counts: npt.NDArray[np.int64], scores: Mapping[str, Float64]
) -> Float64:
    """Return the `nlp_zero.statistics.firmness` of all words.

    Characters that are not words themselves are not loose.  A word of one symbol (a character, or with
    ``alnum="join"`` digits and Latin letters) has a PMI of 0; it has nothing to hold together, and gets 0.

    Raises
    ------
    ValueError
        If scores are missing.
    """
    missing = sorted(REQUIRED_SCORES - scores.keys())
    if missing:
        raise ValueError(f"firmness needs the column {missing[0]}, which this lexicon lacks; rank by count instead.")
    pmi, left, right = scores["pmi"], scores["left_entropy"], scores["right_entropy"]
    share = np.nan_to_num(np.minimum(scores["cohesion"], 1.0))
    row = {word: k for k, word in enumerate(words) if len(word) == 1}
    none = len(words)  # the row of characters that are not words
    first = np.array([row.get(word[0], none) for word in words], np.int64)
    last = np.array([row.get(word[-1], none) for word in words], np.int64)
    loose_first = np.append(share * np.nan_to_num(right), 0.0)[first]
    loose_last = np.append(share * np.nan_to_num(left), 0.0)[last]
    symbols = np.where(pmi == 0, 1, np.fromiter(map(len, words), np.int64, len(words)))
    return np.asarray(firmness(counts, pmi, symbols, left, right, loose_first, loose_last))
