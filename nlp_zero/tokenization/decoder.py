"""From tokens and ids back to text."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from contextlib import suppress

from .._utils.validation import check_choice
from ..lexicon.ids import UNKNOWN, TokenIds

__all__ = ["StreamDecoder", "decode_ids", "join_bytes", "join_tokens"]


def _replace(error: UnicodeError) -> tuple[str, int]:
    """Keep encoded lone surrogates, which Python's own decoder refuses; replace other bytes that are not UTF-8."""
    assert isinstance(error, UnicodeDecodeError)
    data = error.object[error.start : error.start + 3]
    try:
        return data.decode("utf-8", "surrogatepass")[0], error.start + 3
    except UnicodeDecodeError:
        return UNKNOWN, error.end


codecs.register_error("nlp_zero.replace", _replace)
HANDLERS = {"replace": "nlp_zero.replace", "strict": "surrogatepass"}


def join_tokens(tokens: Iterable[str]) -> str:
    r"""Return the text of tokens, some of which may be bytes.

    Examples
    --------
    >>> join_tokens(["中", "\udce9", "\udcbe", "\udc98"])
    '中龘'
    """
    return "".join(tokens).encode("utf-8", "surrogateescape").decode("utf-8", "surrogatepass")


def join_bytes(tokens: Iterable[str]) -> list[str]:
    r"""Return tokens that are whole characters: those that end in the middle of one are joined to the next.

    Examples
    --------
    >>> join_bytes(["中", "\udce9\udcbe", "\udc98", "国"])
    ['中', '龘', '国']
    """
    joined, begun = [], ""
    for token in tokens:
        begun += token
        with suppress(UnicodeDecodeError):  # the end is in a character
            joined.append(join_tokens([begun]))
            begun = ""
    return joined + [begun] * bool(begun)


def decode_ids(numbering: TokenIds, ids: Iterable[int], errors: str, *, skip_specials: bool) -> str:
    """Return the text of ids; `errors` decides about bytes that are not characters, see `Tokenizer.decode`."""
    way = HANDLERS[check_choice("errors", errors, HANDLERS)]
    text = "".join(numbering.tokens_of(ids, skip_specials=skip_specials))
    return text.encode("utf-8", "surrogateescape").decode("utf-8", way) if numbering.fallback else text


class StreamDecoder:
    """Decode ids as they arrive; bytes of an unfinished character are held back.  Made by `Tokenizer.decoder`.

    Parameters
    ----------
    numbering : TokenIds
        The ids of a tokenizer.
    errors : {"replace", "strict"}
        What happens to bytes that are not characters: U+FFFD, or `UnicodeDecodeError`.
    skip_specials : bool
        Whether special tokens are left out.

    Examples
    --------
    >>> from nlp_zero import Lexicon, LexiconMeta, Tokenizer
    >>> byte_words = [chr(b if b < 128 else 0xDC00 + b) for b in range(256)]
    >>> tokenizer = Tokenizer(Lexicon(byte_words, [1] * 256, meta=LexiconMeta(byte_fallback=True)))
    >>> decoder = tokenizer.decoder()
    >>> [decoder.feed([number]) for number in tokenizer.encode("茶a")], decoder.finish()
    (['', '', '茶', 'a'], '')
    """

    __slots__ = ("_errors", "_held", "_numbering", "_skip_specials")

    def __init__(self, numbering: TokenIds, errors: str, skip_specials: bool) -> None:
        self._errors = HANDLERS[check_choice("errors", errors, HANDLERS)]
        self._numbering, self._skip_specials, self._held = numbering, skip_specials, b""

    def __repr__(self) -> str:
        return f"<StreamDecoder, {len(self._held)} bytes held back>"

    def feed(self, ids: Iterable[int]) -> str:
        """Return the text that these ids complete."""
        text = "".join(self._numbering.tokens_of(ids, skip_specials=self._skip_specials))
        if not self._numbering.fallback:
            return text
        data = self._held + text.encode("utf-8", "surrogateescape")
        size = complete_size(data)
        self._held = data[size:]
        return data[:size].decode("utf-8", self._errors)

    def finish(self) -> str:
        """Return the text of the bytes that are held back, treated as `errors` says; the decoder can be used again."""
        data, self._held = self._held, b""
        return data.decode("utf-8", self._errors)


def complete_size(data: bytes) -> int:
    """Return the number of bytes before an unfinished character at the end of `data`."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) - back if back < length and byte < 0xF8 else len(data)
        if byte < 0x80:
            break
    return len(data)
