"""Texts in records: JSON lines, JSON arrays, CSV and TSV."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from ..errors import CorpusError
from .blocks import MARKS, regroup

__all__ = ["Records", "read_csv", "read_json", "read_tsv"]

BATCH_CHARACTERS = 1 << 20  # of texts that are yielded together
MOST_ELEMENT = 1 << 26  # characters of an element of a JSON array, or of a cell of a CSV file
SHOWN_FIELDS = 8  # names in a message
ESCAPE_LENGTH = 16  # characters within which an escape or literal can be cut off at the end of a piece


@dataclass
class Records:
    """The field of a record that holds the text, and the treatment of records without it.

    Parameters
    ----------
    name : str
        The name of the source, for messages.
    field : str
        The name of the field, or a path such as ``a.b``.
    skips : bool
        True if records without a text are skipped and counted, False if they raise an error.
    skipped : mutable mapping of str to int
        Where the number of skipped records is kept, by name of the source.
    """

    name: str
    field: str
    skips: bool
    skipped: MutableMapping[str, int]

    def __post_init__(self) -> None:
        self.skipped.pop(self.name, None)

    def skip(self, place: str, problem: str) -> None:
        """Count a record without a text.

        Raises
        ------
        CorpusError
            If such records are not skipped.
        """
        if not self.skips:
            raise CorpusError(f"{self.name}, {place}: {problem}, or skip such records with --errors ignore.")
        self.skipped[self.name] = self.skipped.get(self.name, 0) + 1

    def find_text(self, value: object, place: str) -> str | None:
        """Return the text of a JSON value: a string, or the field of an object; None if it has none."""
        if isinstance(value, str):
            return value
        text = find_field(value, self.field)
        if isinstance(text, str):
            return text
        names = ""
        if isinstance(value, dict):
            shown = [str(name)[:40] for name in list(value)[:SHOWN_FIELDS]]
            names = f" (the fields are {', '.join(shown)}{', ...' if len(value) > SHOWN_FIELDS else ''})"
        kind = "" if text is None else f"; it holds {_describe(text)}"
        if isinstance(value, dict) and self.field in value and text is None:
            kind = "; it holds null"
        self.skip(place, f"no text in the field {self.field!r}{kind}{names}; name the right one with --field")
        return None


def find_field(value: object, path: str) -> object:
    """Return the value of a field, whose name may be a path through objects; None if it is missing.

    Examples
    --------
    >>> find_field({"a": {"b": 1}}, "a.b"), find_field({"a.b": 2}, "a.b"), find_field([], "a")
    (1, 2, None)
    """
    if not isinstance(value, dict):
        return None
    if path in value:
        return value[path]
    first, dot, rest = path.partition(".")
    return find_field(value.get(first), rest) if dot else None


def read_json(pieces: Iterator[str], records: Records) -> Iterator[list[str]]:
    """Read the texts of JSON lines, or of one JSON array.

    Parameters
    ----------
    pieces : iterator of str
        The decoded file.
    records : Records
        Which field is read.

    Yields
    ------
    list of str
        The next texts.

    Raises
    ------
    CorpusError
        If the file is not JSON, or a record without a text is not skipped.
    """
    before: list[str] = []
    for piece in pieces:
        before.append(piece)
        if start := piece.lstrip(" \t\r\n\ufeff"):
            if start[0] == "[":
                return _read_array(chain(before, pieces), records)
            break
    return _read_lines(regroup(chain(before, pieces), MARKS, "byte", records.name), records)


def _read_lines(pieces: Iterable[str], records: Records) -> Iterator[list[str]]:
    import json

    before = 0
    for piece in pieces:
        texts: list[str] = []
        lines = piece.removesuffix("\n").split("\n")
        for number, line in enumerate(lines, before + 1):
            if not line or line.isspace():
                continue
            place = f"line {number}"
            try:
                value = json.loads(line.removeprefix("\ufeff"))
            except (ValueError, RecursionError) as exc:
                problem = _problem(exc)
                records.skip(place, f"not a JSON object ({problem}); write one object in each line, or one array")
                continue
            text = records.find_text(value, place)
            if text is not None:
                texts.append(text)
        before += len(lines)
        yield texts


def _read_array(pieces: Iterator[str], records: Records) -> Iterator[list[str]]:
    array = _ArrayText(pieces, records.name)
    number = 0
    while array.next_value(first=number == 0):
        number += 1
        value, line = array.decode()
        text = records.find_text(value, f"line {line} (element {number})")
        if text is not None:
            array.texts.append(text)
        if array.dropped and array.texts:
            yield array.texts
            array.texts, array.dropped = [], False
    yield array.texts


class _ArrayText:
    """The text of a JSON array, of which one element at a time is in memory."""

    def __init__(self, pieces: Iterator[str], name: str) -> None:
        import json

        self._pieces, self._name, self._decode = pieces, name, json.JSONDecoder().raw_decode
        self._text, self._at = "", 0
        self._line, self._line_at = 1, 0  # the line of the character `_line_at`
        self.texts: list[str] = []
        self.dropped = False  # whether text was dropped since this was last set to False

    def next_value(self, *, first: bool) -> bool:
        """Move to the next element; return False at the end of the array."""
        mark = self._next_mark()
        if first:
            self._at += 1 + (mark == "\ufeff")
            if self._next_mark() != "]":
                return True
        elif mark == ",":
            self._at += 1
            self._next_mark()
            return True
        if (mark := self._next_mark()) != "]":
            raise self._error("',' or ']' is missing after an element" if mark else "the array is not complete")
        self._at += 1
        if self._next_mark():
            raise self._error("there is text after the end of the array")
        return False

    def decode(self) -> tuple[Any, int]:
        """Return the next element and its line."""
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except (ValueError, RecursionError) as exc:
                message, place = _problem(exc), getattr(exc, "pos", 0)
                cut = message.startswith("Unterminated") or place >= len(self._text) - ESCAPE_LENGTH
                if cut and not isinstance(exc, RecursionError) and self._grow():
                    continue
                raise self._error(f"not JSON ({message})") from exc
            if end == len(self._text) and self._grow():  # a number may go on
                continue
            line = self._find_line()
            self._at = end
            return value, line

    def _next_mark(self) -> str:
        """Skip white space; return the next character, and an empty string at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._grow():
                return ""

    def _grow(self) -> bool:
        """Drop the decoded text and read at least as much as remains; return False at the end of the file."""
        self._find_line()
        self._text, self._at, self._line_at, self.dropped = self._text[self._at :], 0, 0, True
        if len(self._text) > MOST_ELEMENT:
            raise self._error(f"an element is longer than {MOST_ELEMENT / 1e6:,.0f} million characters")
        parts, length = [self._text], 0
        while length <= len(self._text) and (piece := next(self._pieces, None)) is not None:
            parts.append(piece)
            length += len(piece)
        self._text = "".join(parts)
        return length > 0

    def _find_line(self) -> int:
        self._line += self._text.count("\n", self._line_at, self._at)
        self._line_at = self._at
        return self._line

    def _error(self, problem: str) -> CorpusError:
        return CorpusError(
            f"{self._name}, line {self._find_line()}: {problem}; correct it, or convert the file to JSON lines."
        )


def read_csv(pieces: Iterator[str], records: Records) -> Iterator[list[str]]:
    """Read one column of a CSV file (RFC 4180); see `read_json`."""
    import csv

    # The limit belongs to the process.  It is raised and not put back, since several files can be read at a time.
    csv.field_size_limit(max(csv.field_size_limit(), MOST_ELEMENT))
    blocks = regroup(pieces, MARKS, "byte", records.name)
    rows = csv.reader(chain.from_iterable(io.StringIO(block, newline="\n") for block in blocks), strict=True)
    return _read_column(_number_rows(rows, csv.Error, records), records)


def read_tsv(pieces: Iterator[str], records: Records) -> Iterator[list[str]]:
    """Read one column of a TSV file; see `read_json`.  Cells contain no tabs or line ends, and quotes are optional."""
    blocks = regroup(pieces, MARKS, "byte", records.name)
    lines = chain.from_iterable(block.removesuffix("\n").split("\n") for block in blocks)
    rows = ((n, [_unquote(cell) for cell in line.removesuffix("\r").split("\t")]) for n, line in enumerate(lines, 1))
    return _read_column(((n, row) for n, row in rows if row != [""]), records)


def _number_rows(rows: Any, error: type[Exception], records: Records) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV reader that are not empty, each with its first line."""
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows, None)
        except error as exc:
            records.skip(f"line {line}", f"not CSV ({exc}); check the quotes")
            continue
        if row is None:
            return
        if row:
            yield line, row


def _read_column(rows: Iterator[tuple[int, list[str]]], records: Records) -> Iterator[list[str]]:
    """Yield the cells of the column: by its name in the first row, or by its number if there are no names."""
    place = int(records.field) - 1 if records.field.isdecimal() and records.field.isascii() else None
    texts: list[str] = []
    length = 0
    for line, row in rows:
        if place is None:
            place = _find_column(row, records)
            continue
        if not 0 <= place < len(row):
            records.skip(f"line {line}", f"no column {place + 1} in this row ({len(row)} in all); complete it")
            continue
        texts.append(row[place])
        length += len(row[place]) + 1
        if length >= BATCH_CHARACTERS:
            yield texts
            texts, length = [], 0
    yield texts


def _find_column(names: list[str], records: Records) -> int:
    if records.field in names:
        return names.index(records.field)
    shown = ", ".join(name[:40] for name in names[:SHOWN_FIELDS]) + (", ..." if len(names) > SHOWN_FIELDS else "")
    raise CorpusError(
        f"{records.name}: no column {records.field!r} in the first row ({shown}); name one with --field, "
        "or give its number if the first row is not a header."
    )


def _unquote(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def _describe(value: object) -> str:
    """Return the JSON type of a value."""
    kinds = {bool: "true or false", int: "a number", float: "a number", list: "an array", dict: "an object"}
    return kinds.get(type(value), type(value).__name__)


def _problem(error: Exception) -> str:
    """Return what is wrong with JSON; Python describes nesting that is too deep in ways of its own."""
    return "nested too deeply" if isinstance(error, RecursionError) else getattr(error, "msg", str(error))
