"""From a lexicon and options to the compiled segmenter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.counting import ALNUM_MODES
from .._kernels.elementary import log
from .._kernels.tokenization import Segmenter
from ..lexicon.ids import TokenIds
from ..lexicon.lexicon import Lexicon
from ..lexicon.meta import ARITHMETICS
from ..lexicon.scores import TOKEN_NATS, scores_of_pieces
from .class_links import ClassLinks
from .options import Options
from .own_words import OwnWords

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["make_segmenter"]

OWN, FORBIDDEN, FORCED = 1, 2, 4  # flags of the kernel


def make_segmenter(lexicon: Lexicon, ids: TokenIds, options: Options) -> Segmenter:
    """Return the segmenter of a lexicon and own words, whose ids are `ids`."""
    meta, own = lexicon.meta, options.own
    wrong = np.flatnonzero(~np.isfinite(lexicon.log_probs))
    if len(wrong):
        place = int(wrong[0])
        raise ValueError(
            f"ln p of the word {lexicon.words[place]!r} is {lexicon.log_probs[place]}; give it a number in the column "
            "log_prob, or leave the word out."
        )
    ranks, arithmetic = _rank_scores(lexicon, options.objective)
    # Forbidden words that the lexicon lacks matter only where new words are found.
    lacking = [word for word in own.forbid if word not in lexicon] if options.new_words else []
    extra = len(ids.added) + len(lacking)
    unscored = np.full(extra, -np.inf)
    linked = ClassLinks(lexicon) if options.objective == "classes" else None
    numbers = [ids.numbers, [*ids.added.values()], [ids.unknown] * len(lacking), [*ids.kinds.values()]]
    segmenter: Segmenter = Segmenter(
        (*lexicon.words, *ids.added, *lacking),
        np.append(lexicon.log_probs, unscored),
        np.concatenate([np.array(part, np.int32) for part in numbers]),
        ALNUM_MODES.index(options.alnum),
        meta.byte_fallback or not meta.boundaries,
        meta.byte_fallback,
        meta.unit == "byte",
        math.nan if options.unk_log_prob is None else options.unk_log_prob,
        log(max(ids.size, 2)) if options.objective == "shortest" else 0.0,
        options.new_words,
        options.rare_log_prob,
        np.append(ranks, unscored),
        arithmetic,
        _flag_words(lexicon, ids, own, lacking) if own != OwnWords() else None,
        options.granularity,
        None if linked is None else np.append(linked.classes, np.full(extra, linked.open, np.uint16)),
        None if linked is None else linked.links,
    )
    return segmenter


def _flag_words(lexicon: Lexicon, ids: TokenIds, own: OwnWords, lacking: list[str]) -> npt.NDArray[np.uint8]:
    """Return the flags of each word of the segmenter."""
    flags = np.zeros(len(lexicon) + len(ids.added) + len(lacking), np.uint8)
    flags[len(lexicon) :] = OWN
    flags[len(lexicon) + len(ids.added) :] = FORBIDDEN
    places = {word: len(lexicon) + k for k, word in enumerate(ids.added)}
    for flag, words in ((OWN, own.words), (FORBIDDEN, own.forbid), (FORCED, own.force)):
        for word in words:
            place = lexicon.index(word) if word in lexicon else places.get(word)
            if place is not None:
                flags[place] |= flag
    return flags


def _rank_scores(lexicon: Lexicon, objective: str) -> tuple[npt.NDArray[np.float64], int]:
    """Return the scores that the best segmentation adds up, without the cost of a token, and the arithmetic."""
    meta, log_probs = lexicon.meta, lexicon.log_probs
    if meta.boundaries and not meta.byte_fallback:
        return log_probs, 0
    if objective == "shortest":
        return scores_of_pieces(log_probs, objective) + TOKEN_NATS, 0
    if meta.arithmetic != "exact":
        return log_probs, ARITHMETICS.index(meta.arithmetic)
    return scores_of_pieces(log_probs, objective), 0
