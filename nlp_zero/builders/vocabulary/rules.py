"""Which strings may be pieces of a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..._kernels.counting import DECIMAL, character_properties, has_property
from ..._kernels.vocabulary import Text

__all__ = ["SURROGATES", "PieceRules", "check_names"]

SURROGATES = range(0xD800, 0xE000)  # code points
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
    """

    any_bytes: bool
    isolate_digits: bool
    max_length: int

    def accept(self, piece: bytes) -> bool:
        """Return whether a string of bytes may be a piece; the length of strings of any bytes is not checked."""
        if self.any_bytes:
            return not (self.isolate_digits and len(piece) > 1 and any(byte in ASCII_DIGITS for byte in piece))
        try:
            text = piece.decode()
        except UnicodeDecodeError:
            return False
        if len(text) > self.max_length:
            return False
        return not (self.isolate_digits and len(text) > 1 and bool((character_properties(text) & DECIMAL).any()))

    def encode(self, piece: str) -> list[int]:
        """Return the symbols of a piece: code points, or bytes if `any_bytes`."""
        return list(piece.encode()) if self.any_bytes else list(map(ord, piece))

    def find_isolated_symbols(self, text: Text) -> list[int]:
        """Return the symbols that join no others: lone surrogates (spelled in bytes) and, if isolated, digits."""
        return [
            symbol
            for symbol, code in enumerate(text.codes.tolist())
            if (not self.any_bytes and code in SURROGATES)
            or (self.isolate_digits and has_property(chr(code), DECIMAL))
        ]


def check_names(option: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of special or required pieces.

    Raises
    ------
    TypeError
        If one string is given where a list is expected.
    ValueError
        If a name is not a string of whole characters without line ends, is empty, or is given twice.
    """
    if isinstance(names, str):
        raise TypeError(f"{option} must be a list of strings, not one string.")
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
