"""A corpus together with the lines of examples that it lacks."""

from __future__ import annotations

from collections.abc import Iterable

from ...corpus import Corpus, JoinedTexts, map_parts
from .examples import ExampleLines

__all__ = ["append_lines", "find_missing_lines"]


def find_missing_lines(texts: Corpus | Iterable[str], examples: ExampleLines) -> list[str]:
    """Return the lines of examples that are not among the texts; spaces make no difference.

    Parameters
    ----------
    texts : Corpus or iterable of str
        Read once, or until all lines have been found.
    examples : ExampleLines
        Lines cut by hand.
    """
    left = {line.text: None for line in examples.lines}
    for found in map_parts(texts, _find_lines, frozenset(left)):
        for line in found:
            left.pop(line, None)
        if not left:
            break
    return list(left)


def _find_lines(part: Corpus | Iterable[str], wanted: frozenset[str]) -> set[str]:
    """Return which lines a part of the texts has."""
    found: set[str] = set()
    for text in part:
        for line in text.split("\n"):
            joined = "".join(line.split())
            if joined in wanted:
                found.add(joined)
        if len(found) == len(wanted):
            break
    return found


def append_lines(texts: Corpus | Iterable[str], lines: list[str]) -> Corpus | Iterable[str]:
    """Return texts, which can be read again and again, with some lines after them."""
    if not lines:
        return texts
    parts = texts.parts if isinstance(texts, JoinedTexts) else [texts]
    return JoinedTexts([*parts, lines])
