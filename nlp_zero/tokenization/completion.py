"""The tokens that begin with a text: how a prompt that ends inside a token can go on."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from ..lexicon.ids import TokenIds
from ..lexicon.lexicon import Lexicon

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["PrefixIndex"]


class PrefixIndex:
    """All tokens in the order of their UTF-8 bytes, with the rank of each by probability.

    Special tokens and the ids of what is not a word are left out.

    Parameters
    ----------
    lexicon : Lexicon
    ids : TokenIds
        The ids of its words, and of own words; the latter are ranked last.
    forbidden : collection of str
        Words that are never tokens.
    """

    def __init__(self, lexicon: Lexicon, ids: TokenIds, forbidden: Collection[str]) -> None:
        excluded = set(forbidden)
        self._errors = "surrogateescape" if ids.fallback else "surrogatepass"
        words = [*lexicon.words, *ids.added]
        numbers = [*ids.numbers[1:].tolist(), *ids.added.values()]
        scores = [*lexicon.log_probs.tolist(), *[-np.inf] * len(ids.added)]
        rows = [
            (word.encode("utf-8", self._errors), number, score)
            for word, number, score in zip(words, numbers, scores, strict=True)
            if word not in excluded
        ]
        rows.sort()
        self._tokens = [token for token, _, _ in rows]
        self._ids = np.array([number for _, number, _ in rows], np.int32)
        best_first = np.lexsort((self._ids, -np.array([score for _, _, score in rows], np.float64)))
        self._ranks = np.empty(len(rows), np.int64)
        self._ranks[best_first] = np.arange(len(rows))

    def find(self, prefix: str | bytes) -> npt.NDArray[np.int32]:
        """Return the ids of the tokens that begin with a text, most probable first; ties go to the lower id."""
        begin = prefix if isinstance(prefix, bytes) else prefix.encode("utf-8", self._errors)
        first = bisect_left(self._tokens, begin)
        rest = begin.rstrip(b"\xff")  # the next greater string of bytes ends all that begin with these
        last = bisect_left(self._tokens, rest[:-1] + bytes([rest[-1] + 1]), first) if rest else len(self._tokens)
        found: npt.NDArray[np.int32] = self._ids[first:last][np.argsort(self._ranks[first:last], kind="stable")]
        return found
