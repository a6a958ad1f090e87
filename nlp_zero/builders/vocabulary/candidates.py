"""Candidate pieces of a search: which of them may be chosen, and the chosen ones with their counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.vocabulary import Search
from .rules import SURROGATES, PieceRules

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["collect_pieces", "mark_usable"]


def mark_usable(
    search: Search, rules: PieceRules, *, beginnings: bool, excluded: Iterable[str]
) -> npt.NDArray[np.bool_]:
    """Return a mask of the candidates that may be pieces.

    Parameters
    ----------
    search : Search
        The candidates.
    rules : PieceRules
        Rules for pieces.
    beginnings : bool
        Whether the first bytes of characters may be pieces.
    excluded : iterable of str
        Strings that may not be pieces, because they are special tokens.
    """
    usable = np.ones(len(search.present), np.bool_)
    symbols, codes = slice(search.first_symbol, search.first_prefix), search.text.codes
    usable[symbols] = ~search.is_byte()
    usable[search.first_symbol] = False  # the line end
    usable[search.first_prefix :] = beginnings
    if not rules.any_bytes:
        usable[symbols] &= (codes < SURROGATES.start) | (codes >= SURROGATES.stop)
    for id_ in search.locate([rules.encode(name) for name in excluded]):
        if id_ is not None:
            usable[id_] = False
    return usable


def collect_pieces(search: Search, missing: Iterable[str], *, byte_fallback: bool) -> dict[bytes, int]:
    """Return the present pieces, those `missing` from the text, and the bytes if there are any; with their counts."""
    uses = search.uses
    pieces = {search.spell(id_): int(uses[id_]) for id_ in np.flatnonzero(search.present).tolist()}
    pieces.update((piece.encode(), 0) for piece in missing)
    if byte_fallback:
        for byte, count in enumerate(search.byte_uses.tolist()):
            pieces[bytes([byte])] = count
        codes, is_byte = search.text.codes, search.is_byte()
        is_byte[0] = False  # the line end
        for symbol in np.flatnonzero(is_byte).tolist():
            pieces[bytes([codes[symbol]])] = int(uses[search.first_symbol + symbol])
    return pieces
