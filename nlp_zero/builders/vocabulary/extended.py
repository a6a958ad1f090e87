"""The vocabulary of another model with further pieces, and the tokens that they save."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..._utils.arrays import freeze_arrays
from ..._utils.files import write_bytes
from ..._utils.tables import Columns, Tabular

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["ExtendedVocabulary", "TokenSavings"]


@dataclass(frozen=True)
class TokenSavings:
    """The tokens of a text before and after a vocabulary was extended.

    Attributes
    ----------
    lines, characters : int
        Size of the text; line ends are not counted.
    tokens_before, tokens_after : int
        Number of tokens with the base and with the extended vocabulary.
    """

    lines: int
    characters: int
    tokens_before: int
    tokens_after: int

    @property
    def saved(self) -> float:
        """The share of the tokens that are saved, from 0 to 1."""
        return 1 - self.tokens_after / self.tokens_before if self.tokens_before else 0.0


@dataclass(frozen=True, repr=False, eq=False)
class ExtendedVocabulary(Tabular):
    """The vocabulary of another model with further pieces; `VocabularyBuilder.extend` makes it.  Immutable.

    Attributes
    ----------
    base_size : int
        Number of ids of the base, which are unchanged; the new pieces have the ids after them, in order.
    pieces : tuple of str
        The new pieces, those that were chosen first first.  A piece that is part of a character has a byte from 0x80
        on as ``surrogateescape`` writes it.
    counts : ndarray of int64, shape (pieces,)
        How often each new piece occurs in the text that was learnt from.
    learnt : TokenSavings
        Tokens saved in the text that was learnt from.
    held_out : TokenSavings
        Tokens saved in the lines that were held out.
    """

    base_size: int
    pieces: tuple[str, ...]
    counts: npt.NDArray[np.int64]
    learnt: TokenSavings
    held_out: TokenSavings
    _value: Mapping[str, Any]

    def __post_init__(self) -> None:
        freeze_arrays([self.counts])

    def __len__(self) -> int:
        """Return the number of new pieces."""
        return len(self.pieces)

    def __repr__(self) -> str:
        shown = self.held_out if self.held_out.lines else self.learnt
        return f"<ExtendedVocabulary of {self.base_size:,} + {len(self):,} ids, {shown.saved:.1%} fewer tokens>"

    def to_columns(self) -> Columns:
        """Return the columns ``id``, ``piece`` and ``count`` of the new pieces.

        Returns
        -------
        mapping of str to column
        """
        import numpy as np

        ids = np.arange(self.base_size, self.base_size + len(self), dtype=np.int64)
        return {"id": ids, "piece": self.pieces, "count": self.counts}

    def to_json(self) -> str:
        """Return the ``tokenizer.json`` of the extended vocabulary.

        Returns
        -------
        str
            All fields of the base are kept; the vocabulary, and the merges of a BPE, have grown.
        """
        return json.dumps(self._value, ensure_ascii=False, indent=1) + "\n"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a ``tokenizer.json`` for ``tokenizers`` and ``transformers``; it appears whole or not at all.

        Parameters
        ----------
        path : str or path-like
        """
        with write_bytes(path) as file:
            file.write(self.to_json().encode())
