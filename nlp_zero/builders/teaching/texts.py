"""A corpus together with the lines of examples that it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...corpus import Corpus
from .examples import ExampleLines

__all__ = ["append_lines", "find_missing_lines"]


class _Texts:
    """Texts, and lines after them; can be read again and again."""

    def __init__(self, texts: Corpus | Iterable[str], lines: list[str]) -> None:
        self._texts, self._lines = texts, lines

    def __iter__(self) -> Iterator[str]:
        yield from self._texts
        yield from self._lines


def find_missing_lines(texts: Corpus | Iterable[str], examples: ExampleLines) -> list[str]:
    """Return the lines of examples that are not among the texts; spaces make no difference.

    Parameters
    ----------
    texts : Corpus or iterable of str
        Read once.
    examples : ExampleLines
        Lines cut by hand.
    """
    left = {line.text: None for line in examples.lines}
    for text in texts:
        for line in text.split("\n"):
            left.pop("".join(line.split()), None)
        if not left:
            break
    return list(left)


def append_lines(texts: Corpus | Iterable[str], lines: list[str]) -> Corpus | Iterable[str]:
    """Return texts, which can be read again and again, with some lines after them."""
    return _Texts(texts, lines) if lines else texts
