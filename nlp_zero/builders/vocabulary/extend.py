"""Extending the vocabulary of another model with the pieces that save most tokens on a text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._utils.progress import begin_stage, progress_bar
from ...corpus import Corpus, require_text
from .base import (
    BaseVocabulary,
    collect_words,
    count_tokens,
    cut_lines,
    encode_lines,
    load_base,
    make_tokenizer,
    require_pieces,
    spell,
)
from .extended import ExtendedVocabulary, TokenSavings
from .merging import append_merges, choose_merges
from .rules import PieceRules
from .scoring import append_pieces, choose_pieces
from .text import find_min_count, read_lines

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["extend_vocabulary"]


def extend_vocabulary(
    base: object,
    texts: Corpus | Iterable[str],
    number_of: Callable[[int], int],
    rules: PieceRules,
    *,
    sample: int,
    hold_out: int,
    workers: int,
    progress: bool,
) -> ExtendedVocabulary:
    """Add pieces to a vocabulary; see `VocabularyBuilder.extend`.

    Parameters
    ----------
    base : object
        See `load_base`.
    texts : Corpus or iterable of str
    number_of : callable
        Gives the number of new pieces for a base of some size.
    rules : PieceRules
    sample : int
        Most characters that are read.
    hold_out : int
        One line in this many only measures the savings; 0: none.
    workers : int
        Threads of the search for pieces of a Unigram model.
    progress : bool
        Whether progress bars are shown.

    Returns
    -------
    ExtendedVocabulary
    """
    vocabulary = load_base(base)
    number = number_of(vocabulary.size)
    begin_stage("reading text")
    lines = [line for line in read_lines(texts, sample) if line]
    held_out = lines[hold_out - 1 :: hold_out] if hold_out else []
    if hold_out:
        del lines[hold_out - 1 :: hold_out]
    require_text(len(lines), texts)
    before = make_tokenizer(vocabulary.value)
    if vocabulary.kind == "BPE":
        value, tokens = _extend_bpe(vocabulary, before, lines, number, rules, progress=progress)
    else:
        value, tokens = _extend_unigram(vocabulary, before, lines, number, rules, workers=workers, progress=progress)
    begin_stage("counting tokens")
    after, size = make_tokenizer(value), vocabulary.size + number
    counts = count_tokens(after, lines, size)
    pieces = [after.id_to_token(number) or "" for number in range(vocabulary.size, size)]
    return ExtendedVocabulary(
        base_size=vocabulary.size,
        pieces=tuple(spell(p, byte_level=vocabulary.byte_level).decode("utf-8", "surrogateescape") for p in pieces),
        counts=counts[vocabulary.size :],
        learnt=_compare(lines, tokens, int(counts.sum())),
        held_out=_compare(held_out, *(int(count_tokens(model, held_out, size).sum()) for model in (before, after))),
        _value=value,
    )


def _compare(lines: list[str], tokens_before: int, tokens_after: int) -> TokenSavings:
    return TokenSavings(len(lines), sum(map(len, lines)), tokens_before, tokens_after)


def _extend_bpe(
    base: BaseVocabulary, tokenizer: Tokenizer, lines: list[str], number: int, rules: PieceRules, *, progress: bool
) -> tuple[dict[str, Any], int]:
    """Return the content of the extended file, and the number of tokens of the lines with the base."""
    begin_stage("cutting text with the base")
    with progress_bar(progress, "cutting text with the base", total=len(lines), unit=" lines") as advance:
        words = collect_words(encode_lines(tokenizer, lines, advance))
    begin_stage("choosing pieces")
    with progress_bar(progress, "choosing pieces", total=number, unit=" pieces") as advance:
        merges = choose_merges(base, words, number, rules, advance)
    require_pieces(number, len({merge.merged for merge in merges}))
    return append_merges(base, merges), int(np.diff(words.ends, prepend=np.uint64(0)) @ words.counts)


def _extend_unigram(
    base: BaseVocabulary,
    tokenizer: Tokenizer,
    lines: list[str],
    number: int,
    rules: PieceRules,
    *,
    workers: int,
    progress: bool,
) -> tuple[dict[str, Any], int]:
    """Return the content of the extended file, and the number of tokens of the lines with the base."""
    begin_stage("cutting text with the base")
    words, tokens = cut_lines(base, tokenizer, lines), int(count_tokens(tokenizer, lines, base.size).sum())
    begin_stage("choosing pieces")
    least = find_min_count(sum(map(len, words)))
    pieces = choose_pieces(base, words, number, rules, least, workers=workers, progress=progress)
    return append_pieces(base, pieces, tokens), tokens
