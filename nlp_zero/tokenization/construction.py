"""From a lexicon and options to the compiled segmenter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.counting import ALNUM_MODES
from .._kernels.tokenization import Segmenter
from ..lexicon.ids import TokenIds
from ..lexicon.lexicon import Lexicon
from ..lexicon.meta import ARITHMETICS
from ..lexicon.scores import TOKEN_NATS, scores_of_pieces
from .options import Options

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["make_segmenter"]


def make_segmenter(lexicon: Lexicon, ids: TokenIds, options: Options) -> Segmenter:
    """Return the segmenter of a lexicon, whose ids are `ids`."""
    meta = lexicon.meta
    ranks, arithmetic = _rank_scores(lexicon, options.objective)
    segmenter: Segmenter = Segmenter(
        lexicon.words,
        lexicon.log_probs,
        np.append(ids.numbers, np.array([*ids.kinds.values()], np.int32)),
        ALNUM_MODES.index(options.alnum),
        meta.byte_fallback or not meta.boundaries,
        meta.byte_fallback,
        meta.unit == "byte",
        math.nan if options.unk_log_prob is None else options.unk_log_prob,
        math.log(max(ids.size, 2)) if options.objective == "shortest" else 0.0,
        options.new_words,
        options.rare_log_prob,
        ranks,
        arithmetic,
    )
    return segmenter


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
