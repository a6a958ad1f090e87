"""The tokenizer: a lexicon and a lattice over real text."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from ._kernels.tokenize import Segmenter
from .lexicon import Lexicon

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Tokenizer"]

ALNUM = ("token", "join", "split")


class Tokenizer(Segmenter):
    """Cuts text into the words of a lexicon.  Immutable, picklable, safe to share between threads and forked workers.

    The best segmentation has the greatest sum of ln p(word), p = count / total.  Ties go to fewer tokens, then to the
    longer first token; scores are compared in steps of 2**-30 nats, so that ties are the same on every platform.
    No word crosses a boundary (punctuation, symbol, separator or control character): those are tokens of their own.
    Tokens joined give back the text, whatever it holds.

    Parameters
    ----------
    lexicon
        The words and their counts.
    alnum
        What a stretch of digits and Latin letters is: ``"token"``, one token; ``"join"``, one symbol that may join its
        neighbours, as in 1998年; ``"split"``, characters like any other.  None: as the lexicon was made, else "token".
    unk_log_prob
        Cost in nats of a symbol that is not a word; None: ln(1 / (N + 1)) - 1 for a lexicon of N tokens.

    Examples
    --------
    >>> tokenizer = Tokenizer(Lexicon(["早晨", "喝茶", "喝", "茶"], [3, 2, 1, 1]))
    >>> tokenizer.tokenize("早晨，喝茶吧")
    ['早晨', '，', '喝茶', '吧']
    >>> tokenizer.encode("早晨，喝茶吧"), tokenizer.spans("早晨，喝茶吧")
    ([1, 0, 2, 0], [(0, 2), (2, 3), (3, 5), (5, 6)])
    """

    __slots__ = ("_alnum", "_lexicon", "_unk_log_prob")

    _lexicon: Lexicon
    _alnum: str
    _unk_log_prob: float

    def __new__(cls, lexicon: Lexicon, *, alnum: str | None = None, unk_log_prob: float | None = None) -> Tokenizer:
        if not isinstance(lexicon, Lexicon):
            raise TypeError(f"a Lexicon is needed, not {type(lexicon).__name__}; Lexicon.load(path) reads one.")
        mode = str(lexicon.meta.get("alnum", "token")) if alnum is None else alnum
        if mode not in ALNUM:
            raise ValueError(f"alnum must be one of {', '.join(ALNUM)}, not {mode!r}.")
        if lexicon.meta.get("unit", "char") != "char":
            raise ValueError("this lexicon was made of bytes (unit='byte'); Tokenizer cuts characters.")
        unk = -math.log(lexicon.total + 1) - 1 if unk_log_prob is None else float(unk_log_prob)
        if not -1e6 <= unk <= 0:
            raise ValueError(f"unk_log_prob must be between -1e6 and 0 nats, not {unk_log_prob}.")
        self: Tokenizer = super().__new__(cls, lexicon.words, lexicon.log_probs, ALNUM.index(mode), unk)
        self._lexicon, self._alnum, self._unk_log_prob = lexicon, mode, unk
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self._lexicon, self._alnum, self._unk_log_prob)

    def __repr__(self) -> str:
        return f"<Tokenizer of {len(self._lexicon):,} words, alnum={self._alnum!r}>"

    @property
    def lexicon(self) -> Lexicon:
        return self._lexicon

    @property
    def alnum(self) -> str:
        return self._alnum

    @property
    def unk_log_prob(self) -> float:
        """Log-probability of a symbol that is not a word, in nats."""
        return self._unk_log_prob

    def decode(self, ids: Iterable[int]) -> str:
        """The words of some ids, joined; id 0, which stands for any unknown text, becomes U+FFFD.

        >>> Tokenizer(Lexicon(["早晨", "喝茶"], [3, 2])).decode([1, 0, 2])
        '早晨\ufffd喝茶'
        """
        words, size = self._lexicon.words, len(self._lexicon)
        pieces = []
        for number in ids:
            if not 0 <= number <= size:
                raise ValueError(f"id {number} is not in 0..{size}, the ids of this tokenizer.")
            pieces.append(words[number - 1] if number else "\ufffd")
        return "".join(pieces)

    def tokenize_batch(self, texts: Iterable[str], *, workers: int = 1) -> list[list[str]]:
        """`tokenize` of every text; with several `workers`, threads find the tokens of slices of the texts."""
        return self._tokenize_batch(_texts(texts), _workers(workers))

    def encode_batch(
        self, texts: Iterable[str], *, workers: int = 1
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """Ids of many texts as two flat arrays; the GIL is released, and `workers` threads share the texts.

        Returns
        -------
        ids : int32, shape (tokens,)
        offsets : int64, shape (texts + 1,)
            Text i has the ids ``ids[offsets[i]:offsets[i + 1]]``, the same for every number of workers.

        Examples
        --------
        >>> ids, offsets = Tokenizer(Lexicon(["早晨", "喝茶"], [3, 2])).encode_batch(["早晨喝茶", "喝茶"])
        >>> ids.tolist(), offsets.tolist()
        ([1, 2, 2], [0, 2, 3])
        """
        return self._encode_batch(_texts(texts), _workers(workers))


def _rebuild(cls: type[Tokenizer], lexicon: Lexicon, alnum: str, unk_log_prob: float) -> Tokenizer:
    return cls(lexicon, alnum=alnum, unk_log_prob=unk_log_prob)


def _texts(texts: Iterable[str]) -> list[str]:
    if isinstance(texts, (str, bytes)):
        raise TypeError("texts must be an iterable of str, not one text; wrap it in a list.")
    return list(texts)


def _workers(workers: int) -> int:
    if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= 1024:
        raise ValueError(f"workers must be a whole number from 1 to 1024, not {workers!r}.")
    return workers
