"""Further pieces for a Unigram model.

The search of this package chooses the pieces, where those of the base are fixed.  A Unigram model cuts text into the
most probable pieces, so a new piece needs a score (ln p) with which it is chosen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..._kernels.elementary import log
from ..._kernels.vocabulary import Search, Text
from ..._utils.progress import progress_bar
from ...corpus import require_text
from .base import BaseVocabulary, require_pieces, spell
from .candidates import mark_usable
from .rules import LONGEST_CHARACTER, PieceRules
from .swap import BLOCK_SYMBOLS, SwapSearch

__all__ = ["append_pieces", "choose_pieces"]

MOST_SYMBOLS = 63  # of a piece of the base that the search knows
UNKNOWN_PENALTY = 10.0  # an unknown character has the least score minus this, in nats
PART_SHARE = 0.6  # share of the score of its parts that a new piece has at least; one half would be the score of a part


def choose_pieces(
    base: BaseVocabulary,
    words: list[str],
    number: int,
    rules: PieceRules,
    min_count: int,
    *,
    workers: int,
    progress: bool,
) -> dict[str, int]:
    """Choose the new pieces that save most tokens.

    Parameters
    ----------
    base : BaseVocabulary
    words : list of str
        The text, cut by the normalizer and the pre-tokenizer of the base.
    number : int
    rules : PieceRules
        Which strings may be pieces.
    min_count : int
        A candidate must occur at least this often.
    workers : int
        Threads.
    progress : bool
        Whether a progress bar is shown.

    Returns
    -------
    dict of str to int
        The pieces, as the file writes them, with their uses in the shortest segmentation; most frequent first.

    Raises
    ------
    ValueError
        If the text yields fewer pieces.
    """
    text = Text(bytes=False)
    text.add(np.frombuffer("\n".join(words).encode(), np.uint8))
    require_text(text.symbols, words)
    added = set(base.added.values())
    known = [
        [*map(ord, piece)] for piece in base.pieces.values() if piece not in added and 0 < len(piece) <= MOST_SYMBOLS
    ]
    search = Search(
        text,
        min_count=min_count,
        max_length=min(MOST_SYMBOLS, rules.max_length * (LONGEST_CHARACTER if base.byte_level else 1)),
        fallback=base.model.get("byte_fallback") is True,
        block=BLOCK_SYMBOLS,
        lonely=[] if base.byte_level else rules.find_isolated_symbols(text),
        wanted=known,
    )
    usable = mark_usable(search, rules, beginnings=False, excluded=added)
    if base.byte_level:
        for id_ in np.flatnonzero(usable).tolist():
            usable[id_] = rules.accept_part(spell(search.spell(id_).decode(), byte_level=True))
    fixed = np.zeros_like(usable)
    fixed[[id_ for id_ in search.locate(known) if id_ is not None]] = True
    present = int(np.count_nonzero(fixed))
    with progress_bar(progress, "choosing pieces", total=SwapSearch.PASSES, unit=" passes") as advance:
        swap = SwapSearch(search, usable, fixed, workers=workers, advance=advance)
        require_pieces(number, swap.most - present)
        swap.run(present + number)
    uses, chosen = search.uses.astype(np.int64), np.flatnonzero(search.present & ~fixed)
    ranked = chosen[np.argsort(-uses[chosen], kind="stable")]
    return {search.spell(id_).decode(): int(uses[id_]) for id_ in ranked.tolist()}


def append_pieces(base: BaseVocabulary, pieces: Mapping[str, int], tokens: int) -> dict[str, Any]:
    """Return the content of the extended ``tokenizer.json``.

    Parameters
    ----------
    base : BaseVocabulary
    pieces : mapping of str to int
        New pieces with their uses.
    tokens : int
        Number of tokens of the text.

    Returns
    -------
    dict
        The score of a new piece is ln(uses / tokens), but at least `PART_SHARE` of the score of its most probable
        parts, so that it is chosen in their place, and not below all pieces of the base: the least score decides what
        an unknown character costs.
    """
    vocab = [list(entry) for entry in base.model["vocab"]]
    scores = {piece: float(score) for piece, score in vocab}
    least, longest = min(scores.values()), max(map(len, [*scores, *pieces]))
    for number in range(len(vocab), base.size):  # the ids of added tokens that the vocabulary of the base lacks
        vocab.append([base.added.get(number, f"<unused_{number}>"), least])
    new = {}
    for piece in sorted(pieces, key=len):
        parts = score_parts(piece, scores, longest, least - UNKNOWN_PENALTY)
        probability = max(pieces[piece], 0.5) / tokens
        new[piece] = scores[piece] = max(log(probability), PART_SHARE * parts, least)
    vocab += [[piece, new[piece]] for piece in pieces]
    return {**base.value, "model": {**base.model, "vocab": vocab}}


def score_parts(piece: str, scores: Mapping[str, float], longest: int, unknown: float) -> float:
    """Return the score of the most probable segmentation of a string into pieces of at most `longest` characters."""
    best = [0.0] + [-math.inf] * len(piece)
    for end in range(1, len(piece) + 1):
        for begin in range(max(0, end - longest), end):
            score = scores.get(piece[begin:end], unknown if end - begin == 1 else -math.inf)
            best[end] = max(best[end], best[begin] + score)
    return best[-1]
