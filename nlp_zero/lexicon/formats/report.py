"""What a file holds of a lexicon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["SaveReport"]


@dataclass(frozen=True, slots=True)
class SaveReport:
    """What `Lexicon.save` wrote.  Immutable.

    Parameters
    ----------
    format : str
        The format of the file.
    words : int
        Number of words of the lexicon that the file holds.
    left_out : mapping of str to int
        Words that the format cannot hold: their kind, as in "single characters", and how many there are.
    differences : tuple of str
        Why a program that reads the file gives other tokens or ids than `Tokenizer`, and what to do about it: one
        or two sentences for each reason.  Empty if all tokens and ids are the same.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from nlp_zero import Lexicon
    >>> lexicon = Lexicon(["早晨", "喝茶", "茶"], [5, 3, 2])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report = lexicon.save(pathlib.Path(folder, "jieba.txt"))
    >>> report.words, dict(report.left_out)
    (2, {'single characters': 1})
    """

    format: str
    words: int
    left_out: Mapping[str, int]
    differences: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "left_out", MappingProxyType(dict(self.left_out)))

    def __reduce__(self) -> tuple[object, ...]:
        return SaveReport, (self.format, self.words, dict(self.left_out), self.differences)
