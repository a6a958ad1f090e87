r"""Numbering of tokens: which id belongs to which word, special token or byte.

There are two kinds of vocabulary.  A *plain* lexicon has words only, and 0 is the id of unknown text.  The ids after
the words are those of tokens that are not words: numbers, punctuation and so on (`KIND_NAMES`).  A vocabulary with
*byte fallback* has all 256 bytes among its words, so that nothing is unknown.  In a word, a byte from 0x80 on is
written as Python's ``surrogateescape`` does: 0xE4 is ``"\udce4"``; smaller bytes are ASCII characters.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .._kernels.tokenization import KINDS, is_beginning, kind_of
from .meta import MAX_IDS, LexiconMeta

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["KIND_NAMES", "UNKNOWN", "LexiconLike", "TokenIds", "byte_token"]

UNKNOWN = "\ufffd"
KIND_NAMES = tuple(f"<{kind}>" for kind in KINDS[1:])  # in the order of their ids


class LexiconLike(Protocol):
    """The attributes of a `Lexicon` that numbering and writing it need."""

    @property
    def words(self) -> tuple[str, ...]: ...
    @property
    def counts(self) -> npt.NDArray[np.int64]: ...
    @property
    def scores(self) -> Mapping[str, npt.NDArray[np.float64]]: ...
    @property
    def meta(self) -> LexiconMeta: ...
    @property
    def parts(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def log_probs(self) -> npt.NDArray[np.float64]: ...
    def index(self, word: str, /) -> int: ...
    def __contains__(self, word: object, /) -> bool: ...


def byte_token(byte: int) -> str:
    r"""Return the word that represents a byte.

    Parameters
    ----------
    byte : int
        From 0 to 255.

    Returns
    -------
    str

    Examples
    --------
    >>> byte_token(0x41), byte_token(0xE4)
    ('A', '\udce4')
    """
    return chr(byte if byte < 128 else 0xDC00 + byte)


class TokenIds:
    """The ids of a lexicon.  Immutable.

    Plain lexicon: 0 is unknown text, word i (from 0) has i + 1, and the kinds of `KIND_NAMES` have the ids after the
    last word.  With byte fallback: the special tokens have 0..k-1 in their order, word i has k + i.  A lexicon that was
    read from another program's file keeps that program's ids, in a column ``id`` and in the fields `special_ids`,
    `unk_id` and `byte_ids` of its `LexiconMeta`.  Words that a tokenizer adds to the lexicon have the ids after all of
    these.

    Parameters
    ----------
    lexicon : Lexicon
    added : sequence of str, optional
        Words that the lexicon lacks.

    Attributes
    ----------
    numbers : ndarray of int32, shape (words + 1,)
        Id of unknown text (-1: none), then of each word.
    kinds : dict of str to int
        Ids of the kinds by name; empty unless the lexicon is plain.
    added : dict of str to int
        Ids of the added words.
    size : int
        The greatest id, plus 1.
    unknown : int
        Id of unknown text, -1 if there is none.
    specials, special_ids : tuple
        Names and ids of the special tokens.
    byte_ids : tuple of int
        Ids of the 256 bytes, or empty.
    fallback : bool
        Whether unknown characters become bytes.

    Raises
    ------
    ValueError
        If two tokens have the same id, an id is not a whole number, or bytes are missing.
    """

    __slots__ = (
        "_lexicon", "_tokens", "added", "byte_ids", "fallback", "kinds", "numbers", "size", "special_ids", "specials",
        "unknown",
    )  # fmt: skip

    def __init__(self, lexicon: LexiconLike, added: Sequence[str] = ()) -> None:
        meta, count = lexicon.meta, len(lexicon.words)
        self._lexicon = lexicon
        self.fallback, self.specials, self.byte_ids = meta.byte_fallback, meta.specials, meta.byte_ids
        self.special_ids = meta.special_ids or tuple(range(len(meta.specials)))
        self.unknown = meta.unk_id if meta.unk_id is not None else -1 if meta.byte_fallback else 0
        if self.fallback:
            _check_bytes(lexicon)
        self.numbers = np.empty(count + 1, np.int32)
        self.numbers[0] = self.unknown
        if "id" in lexicon.scores:
            self.numbers[1:] = _check_ids(lexicon.scores["id"])
        else:
            self.numbers[1:] = np.arange(count) + (len(self.specials) if self.fallback else 1)
        ids = np.sort(np.concatenate([self.numbers[1:], np.array(self.special_ids, np.int32)]))
        if (ids[1:] == ids[:-1]).any():  # np.unique would import numpy.ma, which takes 15 ms
            raise ValueError("two tokens of this lexicon have the same id; give each its own.")
        self.size = int(max(ids.max(initial=-1), self.unknown, *(self.byte_ids or [-1]))) + 1
        own = "id" not in lexicon.scores and meta.unk_id is None and not self.specials
        plain = own and meta.unit == "char" and meta.boundaries and not meta.byte_fallback
        self.kinds = {name: self.size + k for k, name in enumerate(KIND_NAMES)} if plain else {}
        self.size += len(self.kinds)
        self.added = {word: self.size + k for k, word in enumerate(added)}
        self.size += len(self.added)
        self._tokens: list[str | None] | None = None

    @property
    def tokens(self) -> list[str | None]:
        """The token of every id; None where the other program has one that is not text."""
        if self._tokens is None:
            tokens: list[str | None] = [None] * self.size
            if self.unknown >= 0:
                tokens[self.unknown] = UNKNOWN
            for number in self.kinds.values():
                tokens[number] = UNKNOWN
            for byte, number in enumerate(self.byte_ids):
                tokens[number] = byte_token(byte)
            for number, word in zip(self.numbers[1:].tolist(), self._lexicon.words, strict=True):
                tokens[number] = word
            for word, number in self.added.items():
                tokens[number] = word
            for number, name in zip(self.special_ids, self.specials, strict=True):
                tokens[number] = name
            self._tokens = tokens
        return self._tokens

    def id_of(self, token: str) -> int:
        """Return the id of a special token, a word or the name of a kind; raises `KeyError` if there is none."""
        if token in self.specials:
            return self.special_ids[self.specials.index(token)]
        if token in self.added:
            return self.added[token]
        if token in self.kinds and token not in self._lexicon:
            return self.kinds[token]
        return int(self.numbers[self._lexicon.index(token) + 1])

    def unknown_id_of(self, token: str) -> int:
        """Return the id of a token that is not a word: that of its kind, or of unknown text."""
        kind = kind_of(token) if self.kinds else 0
        return self.kinds[KIND_NAMES[kind - 1]] if kind else self.unknown

    def name_of(self, number: int) -> str:
        """Return the token of an id, or the name of its kind, as ``<number>``; U+FFFD for that of unknown text."""
        first = self.size - len(self.added) - len(self.kinds)
        return KIND_NAMES[number - first] if first <= number < first + len(self.kinds) else self.tokens_of([number])[0]

    def tokens_of(self, ids: Iterable[int], *, skip_specials: bool = False) -> list[str]:
        """Return the token of each id, the empty string where there is none; raises `ValueError` for other ids."""
        tokens = self.tokens
        skipped = set(self.special_ids) if skip_specials else ()
        found = []
        for number in map(operator.index, ids):
            if not 0 <= number < self.size:
                raise ValueError(f"id {number} is not in 0..{self.size - 1}, the ids of this tokenizer.")
            if number not in skipped:
                found.append(tokens[number] or "")
        return found


def _check_ids(column: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    if not np.isfinite(column).all() or (column != np.floor(column)).any():
        raise ValueError("the column id must hold whole numbers.")
    if len(column) and not 0 <= column.min() <= column.max() < MAX_IDS:
        raise ValueError(f"the column id must hold numbers from 0 to {MAX_IDS - 1}.")
    return column.astype(np.int32)


def _check_bytes(lexicon: LexiconLike) -> None:
    known = set(lexicon.words)
    missing = [byte for byte in range(256) if byte_token(byte) not in known]
    if missing:
        raise ValueError(
            f"a lexicon with byte_fallback must hold all 256 bytes as words; {len(missing)} are missing, "
            f"first 0x{missing[0]:02X}."
        )
    text = "\n".join(word for word in lexicon.words if len(word) > 1 and not is_beginning(word))
    try:
        text.encode("utf-8", "surrogateescape" if lexicon.meta.unit == "byte" else "strict")
    except UnicodeEncodeError as error:
        word = text[text.rfind("\n", 0, error.start) + 1 :].split("\n", 1)[0]
        raise ValueError(f"the word {word!r} is not made of whole characters; only unit='byte' can hold it.") from None
