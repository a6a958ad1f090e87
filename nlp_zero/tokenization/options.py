"""Options of a tokenizer: those that the caller gave, completed by those of the lexicon."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .._kernels.counting import ALNUM_MODES
from .._kernels.elementary import log
from .._utils.validation import check_choice, check_number
from ..lexicon.lexicon import Lexicon
from ..lexicon.meta import MAX_GRANULARITY, OBJECTIVES
from ..statistics import new_words as estimate_new_words
from .class_links import check_class_links, has_class_links
from .own_words import OwnWords, check_own_words

__all__ = ["Options", "resolve_options"]


@dataclass(frozen=True, slots=True)
class Options:
    """All options of a tokenizer.

    Parameters
    ----------
    alnum, objective : str
        See `Tokenizer`.
    unk_log_prob : float or None
        ln p of a symbol that is not a word; None with byte fallback: that of its bytes.
    new_words : float
        Share of the tokens that are words that the lexicon does not have; 0 if such words are not looked for.
    rare_log_prob : float
        About ln p of the rarest words, in nats.
    own : OwnWords
        Words that are added, forbidden or forced.
    granularity : float
        Cost of a token, in nats.
    """

    alnum: str
    objective: str
    unk_log_prob: float | None
    new_words: float
    rare_log_prob: float
    own: OwnWords
    granularity: float


def resolve_options(
    lexicon: Lexicon,
    *,
    alnum: str | None = None,
    unk_log_prob: float | None = None,
    objective: str | None = None,
    new_words: bool | None = None,
    words: Iterable[str] | None = None,
    forbid: Iterable[str] | None = None,
    force: Iterable[str] | None = None,
    granularity: float | None = None,
) -> Options:
    """Return the options of `Tokenizer`, None replaced; raises `ValueError` if the lexicon does not allow them."""
    meta = lexicon.meta
    crossing = meta.byte_fallback or not meta.boundaries  # words may hold boundaries
    if meta.unit == "byte" and not meta.byte_fallback:
        raise ValueError("this lexicon was made of bytes (unit='byte') but does not hold all 256 of them.")
    usual = meta.alnum or ("split" if crossing else "token")
    mode = check_choice("alnum", usual if alnum is None else alnum, ALNUM_MODES)
    if crossing and mode != "split":
        raise ValueError(f"alnum must be 'split' for a vocabulary without boundaries, not {mode!r}.")
    goal = check_choice("objective", _usual_objective(lexicon) if objective is None else objective, OBJECTIVES)
    if goal == "classes":
        check_class_links(lexicon)
    unk = meta.unk_log_prob if unk_log_prob is None else unk_log_prob
    if unk is None and not meta.byte_fallback:
        unk = -log(lexicon.total + 1) - 1
    if unk is not None:
        unk = check_number("unk_log_prob", unk, least=-1e6, most=0)
    share, rare = (0.0, 0.0) if goal == "shortest" and not new_words else _new_words(lexicon, new_words)
    if share and (crossing or goal == "shortest"):
        raise ValueError(
            "new_words needs a lexicon of words and objective='unigram' or 'classes'; leave it out for a vocabulary."
        )
    cost = meta.granularity if granularity is None else granularity
    cost = check_number("granularity", cost, least=-MAX_GRANULARITY, most=MAX_GRANULARITY)
    if cost and goal == "shortest":
        raise ValueError(
            "granularity needs objective='unigram' or 'classes'; 'shortest' gives the fewest tokens already."
        )
    return Options(mode, goal, unk, share, rare, check_own_words(lexicon, words, forbid, force), cost)


def _usual_objective(lexicon: Lexicon) -> str:
    """Return the objective of a lexicon; a list of its words may have lost the classes."""
    meta = lexicon.meta
    return "unigram" if meta.objective == "classes" and not has_class_links(lexicon) else meta.objective


def _new_words(lexicon: Lexicon, wanted: bool | None) -> tuple[float, float]:
    """Return the share of new words, 0 if they are not looked for, and ln p of the rarest words."""
    share = lexicon.meta.new_words or 0.0
    if wanted is False or not (wanted or share):
        return 0.0, 0.0
    counts = lexicon.counts[np.fromiter((len(word) > 1 for word in lexicon.words), bool, len(lexicon))]
    counts = counts[counts > 0]
    if not len(counts):
        return 0.0, 0.0
    estimate, rare = estimate_new_words(counts, lexicon.total)
    return float(share or estimate), rare
