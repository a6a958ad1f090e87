"""The words of a lexicon that stand on their own."""

from __future__ import annotations

import numpy as np

from ..._utils.validation import check_number
from ...lexicon.lexicon import Lexicon, check_lexicon

__all__ = ["select_discovered"]


def select_discovered(
    lexicon: Lexicon, *, min_cohesion: float = 0.7, min_entropy: float = 0.5, min_firmness: float = 0.0
) -> Lexicon:
    """Return the words of two or more characters that stand on their own: a list to read, not to tokenize with.

    Parameters
    ----------
    lexicon : Lexicon
        A lexicon with the scores ``pmi``, ``cohesion``, ``left_entropy`` and ``right_entropy``.
    min_cohesion : float, default 0.7
        Least share of the occurrences of the string in which it is a word.
    min_entropy : float, default 0.5
        Least branching entropy on both sides, nats.
    min_firmness : float, default 0
        Least firmness (`nlp_zero.statistics.firmness`). At 0, words such as 的书 and 这是 are left out: they are joined
        no better than their function characters are with any other neighbour.

    Returns
    -------
    Lexicon
        The selected words, with their counts and scores and the column ``firmness``;
        ``top(n, by="firmness")`` lists the best.

    Raises
    ------
    ValueError
        If the lexicon lacks a score.

    Examples
    --------
    >>> words = ["早晨", "晨的", "的"]
    >>> scores = {"pmi": [5, 2, 0], "cohesion": [0.9, 0.9, 0.7]}
    >>> scores |= {"left_entropy": [1.5, 1.2, 2.1], "right_entropy": [1.1, 2.0, 2.2]}
    >>> select_discovered(Lexicon(words, [3, 2, 9], scores=scores)).words
    ('早晨',)
    """
    min_cohesion, min_entropy = check_number("min_cohesion", min_cohesion), check_number("min_entropy", min_entropy)
    min_firmness = check_number("min_firmness", min_firmness)
    firmness = check_lexicon(lexicon).firmness
    entropy = np.minimum(lexicon.scores["left_entropy"], lexicon.scores["right_entropy"])
    selected = (lexicon.scores["cohesion"] >= min_cohesion) & (entropy >= min_entropy) & (firmness >= min_firmness)
    chosen = (len(word) > 1 and keep for word, keep in zip(lexicon.words, selected.tolist(), strict=True))
    return lexicon.with_firmness().keep(chosen)
