"""The words of a lexicon that stand on their own."""

from __future__ import annotations

import numpy as np

from ..._utils.validation import check_number
from ...lexicon.lexicon import Lexicon

__all__ = ["select_discovered"]


def select_discovered(lexicon: Lexicon, *, min_cohesion: float = 0.7, min_entropy: float = 0.5) -> Lexicon:
    """Return the words of two or more characters that stand on their own: a list to read, not to tokenize with.

    Parameters
    ----------
    lexicon : Lexicon
        A lexicon with the scores ``cohesion``, ``left_entropy`` and ``right_entropy``.
    min_cohesion : float, default 0.7
        Least share of the occurrences of the string in which it is a word.
    min_entropy : float, default 0.5
        Least branching entropy on both sides, nats.

    Returns
    -------
    Lexicon
        The selected words, with their counts and scores.

    Examples
    --------
    >>> scores = {"cohesion": [0.9, 0.9], "left_entropy": [1.5, 0.2], "right_entropy": [1.1, 2.0]}
    >>> select_discovered(Lexicon(["早晨", "晨的"], [3, 2], scores=scores)).words
    ('早晨',)
    """
    min_cohesion, min_entropy = check_number("min_cohesion", min_cohesion), check_number("min_entropy", min_entropy)
    entropy = np.minimum(lexicon.scores["left_entropy"], lexicon.scores["right_entropy"])
    selected = (lexicon.scores["cohesion"] >= min_cohesion) & (entropy >= min_entropy)
    return lexicon.keep(len(word) > 1 and keep for word, keep in zip(lexicon.words, selected.tolist(), strict=True))
