"""Which number stands for which token, and how tokens and bytes become text again.

Two kinds of vocabulary meet here.  A *plain* lexicon knows words and nothing else: 0 is whatever it lacks.  One with
*byte fallback* has all 256 bytes among its words, so that nothing is unknown.  A byte from 0x80 on is written as
Python's ``surrogateescape`` does: 0xE4 is ``"\\udce4"``; smaller ones are ASCII characters.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .._kernels.tokenization import is_beginning

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["StreamDecoder", "TokenIds", "Words", "byte_token", "handler", "join_names", "joined", "split_names"]

UNKNOWN = "\ufffd"
MOST = 1 << 28  # ids of a vocabulary: tables of them must fit into memory


class Words(Protocol):
    """A lexicon, as far as numbering its words goes."""

    @property
    def words(self) -> tuple[str, ...]: ...
    @property
    def scores(self) -> Mapping[str, npt.NDArray[np.float64]]: ...
    @property
    def meta(self) -> Mapping[str, object]: ...
    def index(self, word: str, /) -> int: ...


def byte_token(byte: int) -> str:
    """The word that stands for a byte.

    >>> byte_token(0x41), byte_token(0xE4)
    ('A', '\\udce4')
    """
    return chr(byte if byte < 128 else 0xDC00 + byte)


def join_names(names: Iterable[str]) -> str:
    """Names in one field of `meta`, as ``specials``: separated by a space; a space inside is written ``\\s``.

    >>> split_names(join_names(["<pad>", "a b", "\\\\s"]))
    ('<pad>', 'a b', '\\\\s')
    """
    return " ".join(name.replace("\\", "\\\\").replace(" ", "\\s") for name in names)


def split_names(text: str) -> tuple[str, ...]:
    """The names that `join_names` joined."""
    codes = {"\\s": " ", "\\\\": "\\"}
    parts = (re.split(r"(\\.)", name) for name in text.split(" ") if name)
    return tuple("".join(codes.get(part, part) for part in name) for name in parts)


def _replacement(error: UnicodeError) -> tuple[str, int]:
    """Keep encoded lone surrogates, which Python's own decoder refuses; replace what is not UTF-8."""
    assert isinstance(error, UnicodeDecodeError)
    part = error.object[error.start : error.start + 3]
    try:
        return part.decode("utf-8", "surrogatepass")[0], error.start + 3
    except UnicodeDecodeError:
        return UNKNOWN, error.end


codecs.register_error("nlp_zero.replace", _replacement)
HANDLERS = {"replace": "nlp_zero.replace", "strict": "surrogatepass"}


def joined(tokens: Iterable[str]) -> str:
    """The text that tokens were cut from, bytes among them included.

    >>> joined(["中", "\\udce9", "\\udcbe", "\\udc98"])
    '中龘'
    """
    return "".join(tokens).encode("utf-8", "surrogateescape").decode("utf-8", "surrogatepass")


def _numbers(lexicon: Words, name: str) -> list[int]:
    try:
        numbers = [int(x) for x in str(lexicon.meta.get(name, "")).split()]
    except ValueError:
        numbers = [-1]
    if any(not 0 <= x < MOST for x in numbers):
        raise ValueError(f"the lexicon's {name} must be whole numbers from 0 to {MOST - 1}.")
    return numbers


class TokenIds:
    """The ids of a lexicon.  Immutable.

    Plain lexicon: 0 is unknown, word i (from 0) has i + 1.  With byte fallback: the special tokens have 0..k-1 in their
    order, word i has k + i; nothing is unknown.  A lexicon read from another program's file keeps that program's ids,
    in a column ``id`` and in ``meta``: ``special_ids``, ``unk_id``, and ``byte_ids`` for bytes that are also words.
    """

    __slots__ = ("_find", "_tokens", "byte_ids", "fallback", "numbers", "size", "special_ids", "specials", "unknown")

    def __init__(self, lexicon: Words) -> None:
        count = len(lexicon.words)
        self.fallback = str(lexicon.meta.get("byte_fallback", "no")) == "yes"
        self.specials = split_names(str(lexicon.meta.get("specials", "")))
        self.special_ids = _numbers(lexicon, "special_ids") or list(range(len(self.specials)))
        self.byte_ids = _numbers(lexicon, "byte_ids")
        self.unknown = next(iter(_numbers(lexicon, "unk_id")), -1 if self.fallback else 0)
        if len(self.special_ids) != len(self.specials) or len(self.byte_ids) not in (0, 256):
            raise ValueError("a lexicon needs one of special_ids for each of its specials, and no or 256 byte_ids.")
        if self.fallback:
            _check_bytes(lexicon)
        self.numbers = np.empty(count + 1, np.int32)
        self.numbers[0] = self.unknown
        if "id" in lexicon.scores:
            self.numbers[1:] = _whole(lexicon.scores["id"])
        else:
            self.numbers[1:] = np.arange(count) + (len(self.specials) if self.fallback else 1)
        ids = np.concatenate([self.numbers[1:], np.array(self.special_ids, np.int32)])
        if len(np.unique(ids)) != len(ids):
            raise ValueError("two tokens of this lexicon have the same id.")
        self.size = int(max(ids.max(initial=-1), self.unknown, *(self.byte_ids or [-1]))) + 1
        self._tokens: list[str | None] | None = None
        self._find: dict[str, int] | None = None

    def tokens(self, words: Sequence[str]) -> list[str | None]:
        """The token of every id; None where the other program has one that is no text."""
        if self._tokens is None:
            tokens: list[str | None] = [None] * self.size
            if self.unknown >= 0:
                tokens[self.unknown] = UNKNOWN
            for byte, number in enumerate(self.byte_ids):
                tokens[number] = byte_token(byte)
            for number, word in zip(self.numbers[1:].tolist(), words, strict=True):
                tokens[number] = word
            for number, name in zip(self.special_ids, self.specials, strict=True):
                tokens[number] = name
            self._tokens = tokens
        return self._tokens

    def find(self, token: str, lexicon: Words) -> int:
        """The id of a special token or a word; raises `KeyError`."""
        if token in self.specials:
            return self.special_ids[self.specials.index(token)]
        return int(self.numbers[lexicon.index(token) + 1])

    def pieces(self, ids: Iterable[int], words: Sequence[str], *, skip_specials: bool) -> list[str]:
        tokens = self._tokens or self.tokens(words)
        skipped = set(self.special_ids) if skip_specials else ()
        pieces = []
        for number in ids:
            if not 0 <= number < self.size:
                raise ValueError(f"id {number} is not in 0..{self.size - 1}, the ids of this tokenizer.")
            if number not in skipped:
                pieces.append(tokens[number] or "")
        return pieces


class StreamDecoder:
    """Text from ids as they come; a character whose bytes have not all come is held back.  Made by `Tokenizer.decoder`.

    Examples
    --------
    >>> from nlp_zero import Lexicon, Tokenizer
    >>> byte_words = [chr(b if b < 128 else 0xDC00 + b) for b in range(256)]
    >>> tokenizer = Tokenizer(Lexicon(byte_words, [1] * 256, meta={"byte_fallback": "yes"}))
    >>> decoder = tokenizer.decoder()
    >>> [decoder.feed([number]) for number in tokenizer.encode("茶a")], decoder.finish()
    (['', '', '茶', 'a'], '')
    """

    __slots__ = ("_handler", "_ids", "_rest", "_skip", "_words")

    def __init__(self, ids: TokenIds, words: Sequence[str], errors: str, skip_specials: bool) -> None:
        self._ids, self._words, self._skip, self._rest = ids, words, skip_specials, b""
        self._handler = handler(errors)

    def feed(self, ids: Iterable[int]) -> str:
        """The text that these ids complete."""
        text = "".join(self._ids.pieces(ids, self._words, skip_specials=self._skip))
        if not self._ids.fallback:
            return text
        data = self._rest + text.encode("utf-8", "surrogateescape")
        whole = complete(data)
        self._rest = data[whole:]
        return data[:whole].decode("utf-8", self._handler)

    def finish(self) -> str:
        """What is left: bytes of an unfinished character, treated as `errors` says.  The decoder can be used again."""
        rest, self._rest = self._rest, b""
        return rest.decode("utf-8", self._handler)


def complete(data: bytes) -> int:
    """How many bytes of `data` come before a last character that is not complete."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) - back if back < length and byte < 0xF8 else len(data)
        if byte < 0x80:
            break
    return len(data)


def handler(errors: str) -> str:
    if errors not in HANDLERS:
        raise ValueError(f"errors must be replace or strict, not {errors!r}.")
    return HANDLERS[errors]


def _whole(column: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    if not np.isfinite(column).all() or (column != np.floor(column)).any():
        raise ValueError("the column id must hold whole numbers.")
    if len(column) and not 0 <= column.min() <= column.max() < MOST:
        raise ValueError(f"the column id must hold numbers from 0 to {MOST - 1}.")
    return column.astype(np.int32)


def _check_bytes(lexicon: Words) -> None:
    held = set(lexicon.words)
    lacking = [byte for byte in range(256) if byte_token(byte) not in held]
    if lacking:
        raise ValueError(
            f"a lexicon with byte_fallback must hold all 256 bytes as words; {len(lacking)} lack, "
            f"first 0x{lacking[0]:02X}."
        )
    in_bytes = lexicon.meta.get("unit") == "byte"
    text = "\n".join(word for word in lexicon.words if len(word) > 1 and not is_beginning(word))
    try:
        text.encode("utf-8", "surrogateescape" if in_bytes else "strict")
    except UnicodeEncodeError as error:
        word = text[text.rfind("\n", 0, error.start) + 1 :].split("\n", 1)[0]
        raise ValueError(f"the word {word!r} is not made of whole characters; only unit='byte' can hold it.") from None
