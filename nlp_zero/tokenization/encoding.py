"""The tokens of one text in three forms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._kernels import tokenization as kernel
from .._kernels.tokenization import KINDS
from .._utils.tables import Columns, Tabular

__all__ = ["Encoding", "kind_of"]


def kind_of(token: str) -> str:
    """Return the kind of a token.

    Parameters
    ----------
    token : str

    Returns
    -------
    str
        ``"space"``, ``"punctuation"``, ``"symbol"``, ``"emoji"``, ``"number"``, ``"latin"``, ``"url"`` (also an e-mail
        address), ``"control"``, or ``"word"`` for everything else.

    Examples
    --------
    >>> [kind_of(token) for token in ["早晨", "……", "3.14", "GPT-4", "👍🏽"]]
    ['word', 'punctuation', 'number', 'latin', 'emoji']
    """
    return KINDS[kernel.kind_of(token)]


@dataclass(frozen=True, slots=True, repr=False)
class Encoding(Tabular):
    """The best segmentation of a text, made by calling a `Tokenizer`.

    Parameters
    ----------
    ids : list of int
        The id of each token.
    tokens : list of str
        The tokens; joined (with byte fallback: by `Tokenizer.join`), they give back the text.
    spans : list of (int, int)
        Start and end of each token in characters (code points); for `bytes`, in bytes.  A token that is part of a
        character, or ends with one, has that whole character in its span.

    Examples
    --------
    >>> from nlp_zero import Lexicon, Tokenizer
    >>> encoding = Tokenizer(Lexicon(["早晨", "喝茶"], [3, 2]))("早晨，喝茶")
    >>> encoding
    <Encoding of 3 tokens: 早晨 ， 喝茶>
    >>> encoding.ids, encoding.spans
    ([1, 4, 2], [(0, 2), (2, 3), (3, 5)])
    >>> encoding.kinds
    ['word', 'punctuation', 'word']
    """

    ids: list[int]
    tokens: list[str]
    spans: list[tuple[int, int]]

    @property
    def kinds(self) -> list[str]:
        """Kind of each token, whether or not it is in the lexicon: see `nlp_zero.tokenization.kind_of`."""
        return [kind_of(token) for token in self.tokens]

    def to_columns(self) -> Columns:
        """Return a row for each token: ``token``, ``id``, ``start``, ``end`` and ``kind``.

        Returns
        -------
        mapping of str to column
        """
        spans = np.array(self.spans, np.int64).reshape(-1, 2)
        ids = np.array(self.ids, np.int32)
        return {"token": self.tokens, "id": ids, "start": spans[:, 0], "end": spans[:, 1], "kind": self.kinds}

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        shown = " ".join(self.tokens[:8]) + (" ..." if len(self.tokens) > 8 else "")
        shown = shown.encode("utf-8", "backslashreplace").decode()
        return f"<Encoding of {len(self):,} token{'s' * (len(self) != 1)}{': ' * bool(shown)}{shown}>"
