"""The result of reading a word file, before it becomes a lexicon, and checks that several formats share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..meta import LexiconMeta

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["MAX_WORDS", "Table", "check_number", "check_words", "decode_utf8"]

MAX_WORDS = 1 << 24  # the tables of a tokenizer are made for this many; a file that claims more is refused


@dataclass
class Table:
    """Rows of a word file: distinct words with a count each, and further columns by name."""

    words: Sequence[str]
    counts: Sequence[int] | npt.NDArray[np.int64]
    scores: Mapping[str, Sequence[float] | npt.NDArray[np.float64]] = field(default_factory=dict)
    meta: LexiconMeta = field(default_factory=LexiconMeta)
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def decode_utf8(data: bytes) -> str:
    """Decode UTF-8 text that may have a byte order mark; `ValueError` says where it is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}; convert it to UTF-8 first.") from None


def check_words(words: Iterable[str], place: str, first: int) -> None:
    """Refuse empty and repeated words; `place` and `first` say how words are numbered in the file."""
    seen: dict[str, int] = {}
    for number, word in enumerate(words, first):
        if not isinstance(word, str) or not word:
            raise ValueError(f"{place} {number}: the word is empty.")
        if word in seen:
            raise ValueError(
                f"{place} {number}: the word {word!r} was already on {place} {seen[word]}; remove one of them."
            )
        seen[word] = number


def check_number(value: object, place: str, *, whole: bool = False) -> float:
    """Return a finite number, if `whole` an integer from 0 to 2**63 - 1; `ValueError` names the place in the file."""
    good = isinstance(value, (int, float)) and not isinstance(value, bool)
    if good and whole:
        good = isinstance(value, int) and 0 <= value < 1 << 63
    elif good:
        good = -1e30 < value < 1e30  # type: ignore[operator]
    if not good:
        raise ValueError(f"{place}: {str(value)[:40]!r} is not a usable number.")
    return value  # type: ignore[return-value]
