"""The result of a search, and the lines in which people read it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import overload

from .._utils.display import display_width
from .._utils.immutable import Immutable
from .._utils.tables import Columns, Tabular
from .occurrences import Occurrence

__all__ = ["Concordance", "format_occurrence", "make_columns"]

GAP = "  "
SHOWN_WORDS = 3
SHOWN_ROWS = 50  # in a notebook


class Concordance(Immutable, Tabular):
    """Occurrences of words with the text on both sides, made by `ConcordanceBuilder`; nothing in it can be changed.

    It is a sequence of `Occurrence`, and a table of the columns ``left``, ``word``, ``right``, ``source`` and ``line``.
    Its str are lines that are aligned on the word.

    Parameters
    ----------
    occurrences : iterable of Occurrence
    totals : mapping of str to (int or None)
        See `OccurrenceStream.totals`.

    Attributes
    ----------
    occurrences : tuple of Occurrence
    totals : mapping of str to (int or None)
        How often each word occurs; None if it has more occurrences than the limit, which are not counted.
    """

    __slots__ = ("occurrences", "totals")

    occurrences: tuple[Occurrence, ...]
    totals: Mapping[str, int | None]

    def __init__(self, occurrences: Iterable[Occurrence], totals: Mapping[str, int | None]) -> None:
        self._set(occurrences=tuple(occurrences), totals=MappingProxyType(dict(totals)))

    def __reduce__(self) -> tuple[object, ...]:
        return Concordance, (self.occurrences, dict(self.totals))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Concordance):
            return NotImplemented
        return self.occurrences == other.occurrences and dict(self.totals) == dict(other.totals)

    def __hash__(self) -> int:
        return hash(self.occurrences)

    def __repr__(self) -> str:
        words = ", ".join(list(self.totals)[:SHOWN_WORDS]) + ", ..." * (len(self.totals) > SHOWN_WORDS)
        return f"<Concordance of {len(self):,} occurrence{'s' * (len(self) != 1)} of {words}>"

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def __len__(self) -> int:
        return len(self.occurrences)

    def __iter__(self) -> Iterator[Occurrence]:
        return iter(self.occurrences)

    @overload
    def __getitem__(self, index: int) -> Occurrence: ...
    @overload
    def __getitem__(self, index: slice) -> Concordance: ...
    def __getitem__(self, index: int | slice) -> Occurrence | Concordance:
        if isinstance(index, slice):
            return Concordance(self.occurrences[index], self.totals)
        return self.occurrences[index]

    def lines(self) -> Iterator[str]:
        """Yield a line for each occurrence; words, texts to the right and places begin in the same column.

        Yields
        ------
        str
            Without a line end.
        """
        left = max((display_width(clean(row.left)) for row in self.occurrences), default=0)
        word = max((display_width(clean(row.word)) for row in self.occurrences), default=0)
        right = max((display_width(clean(row.right)) for row in self.occurrences), default=0)
        for occurrence in self.occurrences:
            yield format_occurrence(occurrence, left, word, right)

    def to_columns(self) -> Columns:
        """Return the columns by name.

        Returns
        -------
        mapping of str to column
            ``left``, ``word``, ``right`` and ``source`` are tuples of str; ``line`` is an array.
        """
        return make_columns(self.occurrences)

    def _repr_html_(self) -> str:
        """Return the first rows for a notebook, aligned on the word."""
        style = ("text-align: right", "text-align: center; font-weight: bold", "text-align: left", "text-align: left")
        rows = []
        for row in self.occurrences[:SHOWN_ROWS]:
            cells = (*map(clean, row[:3]), format_place(row))
            rows.append("".join(f'<td style="{s}">{html.escape(x)}</td>' for s, x in zip(style, cells, strict=True)))
        rest = len(self) - SHOWN_ROWS
        return "\n".join(
            [
                "<table>",
                f"<caption>{html.escape(repr(self).strip('<>'))}</caption>",
                *(f"<tr>{row}</tr>" for row in rows),
                "</table>",
                *([f"<p>… and {rest:,} more</p>"] if rest > 0 else []),
            ]
        )


def make_columns(occurrences: Sequence[Occurrence]) -> Columns:
    """Return occurrences as columns by name; see `Concordance.to_columns`."""
    import numpy as np

    columns: dict[str, object] = dict(zip(Occurrence._fields, zip(*occurrences, strict=True), strict=False))
    columns = columns or dict.fromkeys(Occurrence._fields, ())
    return columns | {"line": np.array(columns["line"], dtype=np.int64)}


def format_occurrence(occurrence: Occurrence, left_width: int, word_width: int, right_width: int) -> str:
    """Return a line: the context on the left, the word, the context on the right, and the place.

    Parameters
    ----------
    occurrence : Occurrence
    left_width, word_width, right_width : int
        The columns to which the first three are padded.

    Examples
    --------
    >>> format_occurrence(Occurrence("却说", "曹操", "引大军", "novel.txt", 12), 6, 4, 8)
    '  却说  曹操  引大军    novel.txt:12'
    """
    left, word, right = map(clean, occurrence[:3])
    before = " " * (left_width - display_width(left))
    after_word = " " * (word_width - display_width(word))
    after = " " * (right_width - display_width(right))
    return f"{before}{left}{GAP}{word}{after_word}{GAP}{right}{after}{GAP}{format_place(occurrence)}"


def format_place(occurrence: Occurrence) -> str:
    """Return the file and the line of an occurrence."""
    return f"{clean(occurrence.source)}:{occurrence.line}"


def clean(text: str) -> str:
    r"""Replace control characters, which a terminal would obey, by spaces, and lone surrogates by U+FFFD.

    Examples
    --------
    >>> clean("a\tb\x1b[31m")
    'a b [31m'
    """
    if text.isprintable():
        return text
    return "".join(
        " " if c < " " or "\x7f" <= c <= "\x9f" or c in "\u2028\u2029" else "\ufffd" if "\ud800" <= c <= "\udfff" else c
        for c in text
    )
