"""The tokenizer: a lexicon and a lattice over real text."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.counting import ALNUM_MODES
from ..lexicon.ids import StreamDecoder, TokenIds, handler, joined
from ..lexicon.lexicon import Lexicon
from ..statistics import new_words
from .sampling import Marginals, Weighing, check_texts, check_workers

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Marginals", "Tokenizer"]

OBJECTIVES = ("unigram", "shortest")


class Tokenizer(Weighing):
    """Cuts text into the words of a lexicon.  Immutable, picklable, safe to share between threads and forked workers.

    The best segmentation has the greatest sum of ln p(word), p = count / total.  Ties go to fewer tokens, then to the
    longer first token; scores are compared in steps of 2**-30 nats, so that ties are the same on every platform.
    No word crosses a boundary (punctuation, symbol, separator or control character): those are tokens of their own.
    Tokens joined give back the text, whatever it holds.

    A vocabulary with byte fallback (``meta["byte_fallback"] == "yes"``) has no boundaries and nothing unknown: a
    character that is no word becomes its UTF-8 bytes, each a token that `join` can read.  With ``unit="byte"``
    words are made of bytes, cuts may fall within characters, and every method also takes `bytes`.

    Parameters
    ----------
    lexicon
        The words and their counts.
    alnum
        What a stretch of digits and Latin letters is: ``"token"``, one token; ``"join"``, one symbol that may join its
        neighbours, as in 1998年; ``"split"``, characters like any other.  None: as the lexicon was made, else "token".
    unk_log_prob
        Cost in nats of a symbol that is not a word; None: ln(1 / (N + 1)) - 1 for a lexicon of N tokens, and with byte
        fallback what the bytes cost together.
    objective
        ``"unigram"``: the most probable tokens, as above.  ``"shortest"``: the fewest tokens, then the most probable (a
        token costs 16384 nats besides its -ln p, in steps of about 2**-18); where paths are weighed (`sample`, `nbest`,
        `marginals`, `entropy`), each token counts -ln(vocab_size) nats, a unigram model in which all words are equally
        probable.  None: as the lexicon was made, else "unigram".
    new_words
        Whether letters in a row that are no word of the lexicon may be a word all the same, of two to four symbols:
        p(word) = p(new) · p(length) · p(first symbol) · p(middle symbols) · p(last symbol), estimated from the words
        that the lexicon has (p(new): `scores.new_words`).  Such a word has the id of the unknown; it is not chosen
        unless better than all words there are, and may not hold a character that the lexicon lacks.  It counts for
        the best segmentation only: what is drawn, weighed or ranked (`sample`, `nbest`, `marginals`, ...) are words of
        the lexicon.  None: as the lexicon was made, which is yes for ``bayes``, else no.

    Examples
    --------
    >>> tokenizer = Tokenizer(Lexicon(["早晨", "喝茶", "喝", "茶"], [3, 2, 1, 1]))
    >>> tokenizer.tokenize("早晨，喝茶吧")
    ['早晨', '，', '喝茶', '吧']
    >>> tokenizer.encode("早晨，喝茶吧"), tokenizer.spans("早晨，喝茶吧")
    ([1, 0, 2, 0], [(0, 2), (2, 3), (3, 5), (5, 6)])
    """

    __slots__ = ()

    def __new__(
        cls,
        lexicon: Lexicon,
        *,
        alnum: str | None = None,
        unk_log_prob: float | None = None,
        objective: str | None = None,
        new_words: bool | None = None,
    ) -> Tokenizer:
        if not isinstance(lexicon, Lexicon):
            raise TypeError(f"a Lexicon is needed, not {type(lexicon).__name__}; Lexicon.load(path) reads one.")
        ids = TokenIds(lexicon)
        crossing = ids.fallback or lexicon.meta.get("boundaries") == "no"
        usual = "split" if crossing else "token"
        mode = str(lexicon.meta.get("alnum", usual)) if alnum is None else alnum
        goal = str(lexicon.meta.get("objective", "unigram")) if objective is None else objective
        if mode not in ALNUM_MODES:
            raise ValueError(f"alnum must be one of {', '.join(ALNUM_MODES)}, not {mode!r}.")
        if crossing and mode != "split":
            raise ValueError(f"alnum must be split for a vocabulary that has no boundaries, not {mode!r}.")
        if goal not in OBJECTIVES:
            raise ValueError(f"objective must be one of {', '.join(OBJECTIVES)}, not {goal!r}.")
        if lexicon.meta.get("unit", "char") != "char" and not ids.fallback:
            raise ValueError("this lexicon was made of bytes (unit='byte') but does not hold all 256 of them.")
        unk = lexicon.meta.get("unk_log_prob") if unk_log_prob is None else unk_log_prob
        if unk is None and not ids.fallback:
            unk = -math.log(lexicon.total + 1) - 1
        if unk is not None and not (isinstance(unk, (int, float)) and -1e6 <= unk <= 0):
            raise ValueError(f"unk_log_prob must be between -1e6 and 0 nats, not {unk}.")
        share, rare = (0.0, 0.0) if goal != "unigram" and not new_words else _new_words(lexicon, new_words)
        if share and (crossing or goal != "unigram"):
            raise ValueError("new_words goes with a lexicon of words and objective='unigram', not with a vocabulary.")
        self: Tokenizer = super().__new__(
            cls,
            lexicon.words,
            lexicon.log_probs,
            ids.numbers,
            ALNUM_MODES.index(mode),
            crossing,
            ids.fallback,
            lexicon.meta.get("unit") == "byte",
            math.nan if unk is None else unk,
            math.log(max(ids.size, 2)) if goal == "shortest" else 0.0,
            share,
            rare,
        )
        self._lexicon, self._alnum, self._objective, self._ids = lexicon, mode, goal, ids
        self._new_words = share > 0
        self._unk_log_prob = None if unk is None else float(unk)
        return self

    @classmethod
    def from_file(
        cls, path: str | os.PathLike[str], *, format: str | None = None, objective: str | None = None
    ) -> Tokenizer:
        """A tokenizer of whatever `Lexicon.load` reads: our lexicons, SentencePiece, Hugging Face, BytePiece models.

        It cuts, samples and numbers tokens as that model does, on text as the model sees it: what the model does to
        text beforehand (Unicode normalisation, a space put in front) is named in ``lexicon.meta`` and not done here.
        """
        return cls(Lexicon.load(path, format=format), objective=objective)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self._lexicon, self._alnum, self._unk_log_prob, self._objective, self._new_words)

    def __repr__(self) -> str:
        how = f"objective={self._objective!r}" if self._ids.fallback else f"alnum={self._alnum!r}"
        return f"<Tokenizer of {len(self._lexicon):,} words, {how}>"

    @property
    def lexicon(self) -> Lexicon:
        return self._lexicon

    @property
    def alnum(self) -> str:
        return self._alnum

    @property
    def objective(self) -> str:
        return self._objective

    @property
    def new_words(self) -> bool:
        """Whether words that the lexicon lacks are looked for."""
        return self._new_words

    @property
    def unk_log_prob(self) -> float | None:
        """Log-probability of a symbol that is not a word, in nats; None with byte fallback: that of its bytes."""
        return self._unk_log_prob

    @property
    def byte_fallback(self) -> bool:
        """Whether unknown characters become bytes, so that nothing is unknown."""
        return self._ids.fallback

    @property
    def vocab_size(self) -> int:
        """Ids are 0..vocab_size-1.

        A plain lexicon: 0 is whatever it lacks, word i (from 0, by count) has i + 1.  With byte fallback: the special
        tokens come first, in their order, then the words; so the size is theirs together.  A lexicon read from another
        program's file keeps that program's ids.
        """
        return self._ids.size

    @property
    def specials(self) -> tuple[str, ...]:
        """Names of the special tokens, such as ``<pad>``.  Only `encode_with_specials` finds them in text."""
        return self._ids.specials

    def token_to_id(self, token: str) -> int:
        """The id of a special token or of a word; `KeyError` when there is none."""
        return self._ids.find(token, self._lexicon)

    def id_to_token(self, number: int) -> str:
        """The token of an id; U+FFFD for that of unknown text."""
        return self._ids.pieces([number], self._lexicon.words, skip_specials=False)[0]

    def encode_with_specials(self, text: str) -> list[int]:
        """`encode`, but where the name of a special token stands in the text, its id (of two at one place: the longer).

        Never use it on text of strangers, who could write such names.
        """
        if not self._ids.specials:
            return self.encode(text)
        import re

        names = sorted(self._ids.specials, key=len, reverse=True)
        parts = re.split(f"({'|'.join(map(re.escape, names))})", text)
        ids: list[int] = []
        for k, part in enumerate(parts):
            ids += [self.token_to_id(part)] if k % 2 else self.encode(part)
        return ids

    def join(self, tokens: Iterable[str]) -> str:
        """The text that tokens were cut from: with byte fallback bytes become characters, else they are just joined."""
        return joined(tokens) if self._ids.fallback else "".join(tokens)

    def decode(self, ids: Iterable[int], *, errors: str = "replace", skip_specials: bool = False) -> str:
        """The text of some ids; ``decode(encode(text)) == text`` unless words are unknown, which become U+FFFD.

        Bytes that make no character become U+FFFD too, or raise `UnicodeDecodeError` with ``errors="strict"``.

        >>> Tokenizer(Lexicon(["早晨", "喝茶"], [3, 2])).decode([1, 0, 2])
        '早晨\ufffd喝茶'
        """
        text = "".join(self._ids.pieces(ids, self._lexicon.words, skip_specials=skip_specials))
        way = handler(errors)
        return text.encode("utf-8", "surrogateescape").decode("utf-8", way) if self._ids.fallback else text

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of some ids: UTF-8, whole characters or not."""
        text = "".join(self._ids.pieces(ids, self._lexicon.words, skip_specials=False))
        return text.encode("utf-8", "surrogateescape" if self._ids.fallback else "surrogatepass")

    def decoder(self, *, errors: str = "replace", skip_specials: bool = False) -> StreamDecoder:
        """A decoder for ids that come one after the other, as from a language model."""
        return StreamDecoder(self._ids, self._lexicon.words, errors, skip_specials)

    def tokenize_batch(self, texts: Iterable[str], *, workers: int = 1) -> list[list[str]]:
        """`tokenize` of every text; with several `workers`, threads find the tokens of slices of the texts."""
        return self._tokenize_batch(check_texts(texts), check_workers(workers))

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
        return self._encode_batch(check_texts(texts), check_workers(workers))


def _rebuild(
    cls: type[Tokenizer], lexicon: Lexicon, alnum: str, unk_log_prob: float | None, objective: str, new_words: bool
) -> Tokenizer:
    return cls(lexicon, alnum=alnum, unk_log_prob=unk_log_prob, objective=objective, new_words=new_words)


def _new_words(lexicon: Lexicon, wanted: bool | None) -> tuple[float, float]:
    """The share of tokens that are new words (0: none are looked for), and the ln p of words like them, the rare."""
    share = lexicon.meta.get("new_words", 0)
    if not isinstance(share, (int, float)) or not 0 <= share < 1:
        raise ValueError(f"the lexicon's new_words must be a share of its tokens, from 0 to 1, not {share!r}.")
    counts = lexicon.counts[np.fromiter((len(word) > 1 for word in lexicon.words), bool, len(lexicon))]
    counts = counts[counts > 0]
    if wanted is False or not (wanted or share) or not len(counts):
        return 0.0, 0.0
    estimate, rare = new_words(counts, lexicon.total)
    return float(share or estimate), rare
