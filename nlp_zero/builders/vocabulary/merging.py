"""Further merges for a byte-level BPE.

New merges are appended to those of the base, so the base's own merges are made first and the new ones join what is
left.  A text in which no new piece occurs keeps its tokens, and no text gets more tokens than before.  Each merge is
the pair of neighbouring tokens that occurs most often in the words of the text, cut by the base and the merges before;
its count is the number of tokens that it saves there.  A piece of several base tokens is reached through shorter
pieces, which are pieces of the vocabulary too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..._kernels.vocabulary import Merger
from ..._utils.progress import Advance
from .base import BaseVocabulary, Words, spell
from .rules import PieceRules

__all__ = ["Merge", "append_merges", "choose_merges"]

LEAST_COUNT = 2  # of a pair that is merged


@dataclass(frozen=True, slots=True)
class Merge:
    """Two tokens that become one.

    Attributes
    ----------
    left, right, merged : int
        Ids of the two tokens and of their merger.
    piece : str
        The merger, as the file writes it.
    """

    left: int
    right: int
    merged: int
    piece: str


def choose_merges(
    base: BaseVocabulary, words: Words, number: int, rules: PieceRules, advance: Advance = None
) -> list[Merge]:
    """Choose the merges that make `number` new pieces, or as many as the text yields.

    The same string can be merged from two different pairs; the second merge needs no new id.

    Parameters
    ----------
    base : BaseVocabulary
    words : Words
        The words of the text in tokens of the base.
    number : int
    rules : PieceRules
        Which strings may be pieces.
    advance : callable, optional
        Called with 1 after each new piece.

    Returns
    -------
    list of Merge
    """
    merger = Merger(words.tokens, words.ends, words.counts)
    pieces, taken = base.pieces, set(base.pieces.values())
    new: dict[str, int] = {}
    merges: list[Merge] = []
    while len(new) < number and (best := merger.find_best(LEAST_COUNT)) is not None:
        left, right, _ = best
        piece = pieces[left] + pieces[right]
        if piece in taken or not rules.accept_part(spell(piece, byte_level=True)):
            merger.reject(left, right)
            continue
        if piece not in new:
            new[piece] = base.size + len(new)
            pieces[new[piece]] = piece
            if advance is not None:
                advance(1)
        merges.append(Merge(left, right, new[piece], piece))
        merger.merge(left, right, new[piece])
    return merges


def append_merges(base: BaseVocabulary, merges: list[Merge]) -> dict[str, Any]:
    """Return the content of the extended ``tokenizer.json``.

    Added tokens that the vocabulary of the base lacks are put into it with their ids: the package tokenizers numbers
    such tokens anew after the last piece when it reads a file.
    """
    model, pieces = base.model, base.pieces
    vocab = {**model["vocab"]}
    for number, content in base.added.items():
        vocab.setdefault(content, number)
    old = model.get("merges") or []
    pairs: list[Any] = []
    for merge in merges:
        pieces[merge.merged] = merge.piece
        vocab[merge.piece] = merge.merged
        pair = pieces[merge.left], pieces[merge.right]
        pairs.append(" ".join(pair) if old and isinstance(old[0], str) else list(pair))
    return {**base.value, "model": {**model, "vocab": vocab, "merges": [*old, *pairs]}}
