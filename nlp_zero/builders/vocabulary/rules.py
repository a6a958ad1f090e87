"""Which strings may be pieces of a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..._kernels.counting import DECIMAL, has_property
from ..._kernels.tokenization import KINDS, kind_of
from ..._kernels.vocabulary import Text

__all__ = ["LONGEST_CHARACTER", "PUNCTUATION", "SURROGATES", "PieceRules", "check_names"]

SURROGATES = range(0xD800, 0xE000)  # code points
PUNCTUATION = "punctuation"  # of `split_at`
MARKS = frozenset(KINDS.index(name) for name in ("punctuation", "symbol", "emoji"))
LONGEST_CHARACTER = 4  # bytes
CONTINUATION_MASK, CONTINUATION = 0xC0, 0x80  # bytes inside a character
ASCII_DIGITS = range(0x30, 0x3A)  # bytes


@dataclass(frozen=True)
class PieceRules:
    """Rules for the pieces of a vocabulary.

    Attributes
    ----------
    any_bytes : bool
        Whether a piece may be any string of bytes, not only of whole characters.
    isolate_digits : bool
        Whether each digit is a token of its own.
    max_length : int
        Longest piece, in characters, or in bytes if `any_bytes`.
    split_at : str
        Characters that no piece joins to another, or `PUNCTUATION` for all punctuation marks and symbols.
    """

    any_bytes: bool
    isolate_digits: bool
    max_length: int
    split_at: str = ""

    def isolates(self, char: str) -> bool:
        """Return whether a character is a token of its own."""
        if self.isolate_digits and has_property(char, DECIMAL):
            return True
        return kind_of(char) in MARKS if self.split_at == PUNCTUATION else char in self.split_at

    def accept(self, piece: bytes) -> bool:
        """Return whether a string of bytes may be a piece; the length of strings of any bytes is not checked."""
        if self.any_bytes:
            return not (self.isolate_digits and len(piece) > 1 and any(byte in ASCII_DIGITS for byte in piece))
        try:
            text = piece.decode()
        except UnicodeDecodeError:
            return False
        return len(text) <= self.max_length and self._joins(text)

    def accept_part(self, piece: bytes) -> bool:
        """Return whether a string of bytes may be a piece where pieces may begin and end inside characters."""
        characters = sum((byte & CONTINUATION_MASK) != CONTINUATION for byte in piece)
        if characters > self.max_length:
            return False
        if not self.isolate_digits and not self.split_at:
            return True
        try:
            return self._joins(piece.decode())
        except UnicodeDecodeError:  # part of one character
            return characters == 0 or (characters == 1 and (piece[0] & CONTINUATION_MASK) != CONTINUATION)

    def _joins(self, text: str) -> bool:
        """Return whether the characters of a piece may be joined."""
        return len(text) == 1 or not (self.isolate_digits or self.split_at) or not any(map(self.isolates, text))

    def encode(self, piece: str) -> list[int]:
        """Return the symbols of a piece: code points, or bytes if `any_bytes`."""
        return list(piece.encode()) if self.any_bytes else list(map(ord, piece))

    def find_isolated_symbols(self, text: Text) -> list[int]:
        """Return the symbols that join no others: lone surrogates (spelled in bytes) and isolated characters."""
        return [
            symbol
            for symbol, code in enumerate(text.codes.tolist())
            if (not self.any_bytes and code in SURROGATES) or (symbol and self.isolates(chr(code)))
        ]


def check_names(option: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of special or required pieces.

    Raises
    ------
    TypeError
        If one string is given where a list is expected, or a set of special tokens.
    ValueError
        If a name is not a string of whole characters without line ends, is empty, or is given twice.
    """
    if isinstance(names, str):
        raise TypeError(f"{option} must be a list of strings, not one string.")
    if option == "specials" and isinstance(names, (set, frozenset)):
        raise TypeError("specials must be in the order of their ids; give a list, not a set.")
    checked = tuple(names)
    for name in checked:
        if not isinstance(name, str) or not name or "\n" in name:
            raise ValueError(f"{option} must be strings without line ends, and not empty, not {name!r}.")
        if any(ord(char) in SURROGATES for char in name):
            raise ValueError(f"{option} must be strings of whole characters, not {name!r}.")
    if len(set(checked)) != len(checked):
        repeated = next(name for place, name in enumerate(checked) if name in checked[:place])
        raise ValueError(f"{option} has {repeated!r} twice; name it once.")
    return checked
