"""What is read from a file before it becomes a lexicon, and what is asked of a lexicon to write it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ..ids import Words as Numbered

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["MOST_WORDS", "Table", "Words", "checked_number", "checked_words", "decoded"]

MOST_WORDS = 1 << 24  # what ids and tables of a tokenizer are made for; a file that claims more is refused


@dataclass
class Table:
    """Rows of a word file: distinct words and a count each, further columns by name."""

    words: Sequence[str]
    counts: Sequence[int]
    scores: Mapping[str, Sequence[float]] = field(default_factory=dict)
    meta: Mapping[str, object] = field(default_factory=dict)
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Words(Numbered, Protocol):
    """A lexicon, as far as writing it goes."""

    @property
    def counts(self) -> npt.NDArray[np.int64]: ...
    @property
    def parts(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def log_probs(self) -> npt.NDArray[np.float64]: ...


def decoded(data: bytes) -> str:
    """UTF-8 text, lone surrogates and a byte order mark allowed; `ValueError` says where it is not."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}; convert it to UTF-8 first.") from None


def checked_words(words: Iterable[str], place: str, first: int) -> None:
    """Refuse empty and repeated words; `place` and `first` tell how they are numbered in the file."""
    seen: dict[str, int] = {}
    for number, word in enumerate(words, first):
        if not isinstance(word, str) or not word:
            raise ValueError(f"{place} {number}: the word is empty.")
        if word in seen:
            raise ValueError(
                f"{place} {number}: the word {word!r} was already on {place} {seen[word]}; remove one of them."
            )
        seen[word] = number


def checked_number(value: object, place: str, *, whole: bool = False) -> float:
    """A finite number, whole and 0..2**63-1 if wanted; `ValueError` names the place."""
    good = isinstance(value, (int, float)) and not isinstance(value, bool)
    if good and whole:
        good = isinstance(value, int) and 0 <= value < 1 << 63
    elif good:
        good = -1e30 < value < 1e30  # type: ignore[operator]
    if not good:
        raise ValueError(f"{place}: {str(value)[:40]!r} is not a usable number.")
    return value  # type: ignore[return-value]
