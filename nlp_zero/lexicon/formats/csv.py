"""A table with the columns ``word`` and ``count`` for spreadsheets and other programs: CSV, also read with tabs."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence

from ..ids import LexiconLike
from .plain import BYTES
from .table import Table, check_number, check_words, decode_utf8
from .tsv import unescape

__all__ = ["csv_line", "dumps", "has_header", "loads", "looks_like_csv"]

REQUIRED = {"word", "count"}
QUOTE = '"'
QUOTED = frozenset(',"\r\n')  # characters of a cell that is quoted
HEADER_BYTES = 1 << 12  # longest first line
ROW = re.compile(r"""[^\s,;]+[,;]\s*"?\d+(\.\d*)?"?\s*(?:[,;].*)?""")
SEARCHED_BYTES, SEARCHED_ROWS = 1 << 16, 1000


def has_header(data: bytes) -> bool:
    r"""Return whether a file begins with the names of columns, ``word`` and ``count`` among them.

    Examples
    --------
    >>> has_header("word,count\n茶,3\n".encode()), has_header("count 3\n".encode())
    (True, False)
    """
    first = data[:HEADER_BYTES].removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8", "replace")
    return set(_names(first)) >= REQUIRED


def looks_like_csv(data: bytes, name: str = "") -> bool:
    r"""Return whether a file is a table of words and counts, also without the names of the columns.

    Examples
    --------
    >>> looks_like_csv("茶,3\n酒,2\n".encode()), looks_like_csv("茶 3\n酒 2\n".encode())
    (True, False)
    """
    lines = data[:SEARCHED_BYTES].decode("utf-8", "ignore").split("\n")[:SEARCHED_ROWS]
    rows = [line.strip() for line in lines if line.strip("\ufeff \t\r")]
    if name.lower().endswith(".csv") and rows and ("," in rows[0] or ";" in rows[0]):
        return True
    return bool(rows) and 2 * sum(ROW.fullmatch(row) is not None for row in rows) >= len(rows)


def dumps(lexicon: LexiconLike) -> tuple[bytes, dict[str, int]]:
    """Write words, counts and scores, NaN as an empty cell; also return how many words are left out."""
    columns = [["" if math.isnan(x) else repr(x) for x in column.tolist()] for column in lexicon.scores.values()]
    rows = list(zip(lexicon.words, map(str, lexicon.counts.tolist()), *columns, strict=True))
    kept = [row for row in rows if not any("\ud800" <= c <= "\udfff" for c in row[0])]
    text = "".join(map(csv_line, [["word", "count", *lexicon.scores], *kept]))
    return text.encode(), {BYTES: len(rows) - len(kept)} if len(kept) < len(rows) else {}


def csv_line(cells: Iterable[str]) -> str:
    r"""Return a row of CSV with a line feed; the module csv of Python does not quote every carriage return.

    Examples
    --------
    >>> csv_line(["茶", "a,b", "\r", ""])
    '茶,"a,b","\r",\n'
    """
    return ",".join([f'"{cell.replace(QUOTE, 2 * QUOTE)}"' if set(cell) & QUOTED else cell for cell in cells]) + "\n"


def loads(data: bytes) -> Table:
    """Read the columns ``word`` and ``count``, and as scores all other columns that hold numbers."""
    text = decode_utf8(data)
    if not has_header(data):
        raise ValueError(
            "line 1: the names of the columns, separated by commas, must include word and count; begin the file with "
            "the line word,count."
        )
    names, rows, places = _read_rows(text)
    if not REQUIRED.issubset(names):  # a quote may be part of a name
        raise ValueError("line 1: the names of the columns must include word and count.")
    if len(set(names)) < len(names):
        raise ValueError("line 1: the names of the columns must be distinct.")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
    words = columns.pop("word")
    counts = [_whole(text, f"line {n}") for text, n in zip(columns.pop("count"), places, strict=True)]
    for name in ("", "parts"):  # the numbers of the rows of pandas have no name
        columns.pop(name, None)
    scores = {name: values for name, column in columns.items() if (values := _numbers(column)) is not None}
    check_words(words, "row", 1)
    return Table(list(words), counts, scores)


def _read_rows(text: str) -> tuple[list[str], list[Sequence[str]], list[int]]:
    """Return the names, the rows that are not blank, and the lines where they end."""
    rows: list[Sequence[str]] = []
    places: list[int] = []
    if "\t" in text.split("\n", 1)[0]:
        for number, line in enumerate(text.split("\n"), 1):
            if line.rstrip("\r"):
                rows.append([unescape(cell) for cell in line.rstrip("\r").split("\t")])
                places.append(number)
    else:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            for cells in filter(None, reader):
                rows.append(cells)
                places.append(reader.line_num)
        except csv.Error as error:
            raise ValueError(f"line {reader.line_num}: this is not CSV ({error}).") from None
    names = [" ".join(name.split()) for name in rows[0]]
    for row, number in zip(rows, places, strict=True):
        if len(row) != len(names):
            raise ValueError(f"line {number}: {len(row)} columns, but {len(names)} are expected.")
    return names, rows[1:], places[1:]


def _names(line: str) -> list[str]:
    return [name.strip().strip('"') for name in line.rstrip("\r").split("\t" if "\t" in line else ",")]


def _whole(text: str, place: str) -> int:
    try:
        return int(check_number(int(text), place, whole=True))
    except ValueError:
        raise ValueError(f"{place}: the count {text[:40]!r} is not a whole number from 0 to 2**63 - 1.") from None


def _numbers(texts: Sequence[str]) -> list[float] | None:
    """Return a column of numbers, NaN for empty cells; None if it holds anything else."""
    try:
        values = [float(text) if text.strip() else math.nan for text in texts]
    except ValueError:
        return None
    return values if all(math.isnan(x) or abs(x) < 1e30 for x in values) else None
