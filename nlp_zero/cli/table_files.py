"""Tables in files, whose names decide the format: TSV, CSV, Parquet or JSON lines."""

from __future__ import annotations

import importlib
import importlib.util
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from .._utils.compression import strip_compression_suffix
from .._utils.tables import Columns, arrow_table, escape_surrogates
from ..lexicon.formats.tsv import escape
from .errors import MissingPackage, UsageError
from .output import dump_json_line, open_binary_output, open_output
from .table import format_table

__all__ = ["TABLE_SUFFIXES", "check_table_name", "open_table", "refuse_other_format", "table_records"]

TABLE_SUFFIXES = (".tsv", ".csv", ".parquet", ".jsonl")
OTHER_SUFFIXES = (".json", ".arrow", ".xlsx", ".html", ".htm", ".pdf", ".docx", ".epub", ".zip")


@contextmanager
def open_table(path: str | None, *, option: str = "-o") -> Iterator[Callable[[Columns], None]]:
    """Open the place of a table, whose name decides its format; a file appears whole or not at all.

    Enter this before long work, so that a place that cannot be written to is found first.  Numbers are written with
    all their digits.  Unknown values, NaN and None, are empty cells in ``.tsv`` and ``.csv`` and null in ``.jsonl``;
    in ``.parquet``, None is null and NaN stays NaN.

    Parameters
    ----------
    path : str or None
        A name that ends in ``.tsv``, ``.csv``, ``.parquet`` or ``.jsonl``, also followed by the suffix of a compression
        (``.tsv.gz``); None or ``-`` for an aligned table on stdout.
    option : str, default "-o"
        The option that names it, for messages.

    Yields
    ------
    callable
        Writes the rows of columns; called once, or several times with further rows of the same columns.

    Raises
    ------
    UsageError
        If the name has another suffix.
    MissingPackage
        If the format needs a package that is not installed.
    OutputError
        If the file cannot be written.
    """
    if path is None or path == "-":
        with open_output(None) as write:
            yield lambda columns: write_aligned(write, columns)
        return
    suffix = check_table_name(path, option)
    if suffix == ".parquet":
        with open_binary_output(path, option=option) as file, ParquetRows(file) as rows:
            yield rows.write
        return
    make: Any = {".tsv": TsvRows, ".csv": CsvRows, ".jsonl": JsonRows}[suffix]
    with open_output(path, option=option) as write:
        yield make(write).write


def check_table_name(path: str, option: str = "-o") -> str:
    """Return the suffix that decides the format of a table.

    Raises
    ------
    UsageError
        If it is not the suffix of a table.
    MissingPackage
        If the format needs a package that is not installed.

    Examples
    --------
    >>> check_table_name("words.CSV.gz")
    '.csv'
    """
    plain = strip_compression_suffix(path)
    suffix = Path(plain).suffix.lower()
    if suffix not in TABLE_SUFFIXES:
        raise UsageError(f"{path} ({option}): the name of a table must end in .tsv, .csv, .parquet or .jsonl.")
    if suffix == ".parquet":
        if plain != path:
            raise UsageError(f"{path} ({option}): Parquet is already compressed; name the file {plain}.")
        if importlib.util.find_spec("pyarrow") is None:
            raise MissingPackage(f"{path} ({option}) needs pyarrow; run: pip install 'nlpzero[formats]'.")
    return suffix


def refuse_other_format(path: str | None, *suffixes: str) -> None:
    """Refuse a name of a result that promises another format than those of `suffixes`; None is stdout.

    Raises
    ------
    UsageError
        If the suffix is that of a table or of another format.

    Examples
    --------
    >>> refuse_other_format("page.pdf", ".html", ".htm")
    Traceback (most recent call last):
    nlp_zero.cli.errors.UsageError: page.pdf (-o): this result is not written as .pdf; end the name in .html or .htm.
    """
    suffix = Path(strip_compression_suffix(path or "")).suffix.lower()
    if suffix in (*TABLE_SUFFIXES, *OTHER_SUFFIXES) and suffix not in suffixes:
        *first, last = suffixes
        raise UsageError(
            f"{path} (-o): this result is not written as {suffix}; end the name in {', '.join(first)} or {last}."
        )


def table_records(columns: Columns) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON values by column name; NaN is None.

    Examples
    --------
    >>> import numpy as np
    >>> table_records({"word": ["茶"], "count": np.array([3]), "pmi": np.array([np.nan])})
    [{'word': '茶', 'count': 3, 'pmi': None}]
    """
    return [dict(zip(columns, map(_json_value, row), strict=True)) for row in _rows(columns)]


def write_aligned(write: Callable[[str], object], columns: Columns) -> None:
    """Write an aligned table; nothing without rows."""
    if rows := list(_rows(columns)):
        write(format_table(list(columns), [list(map(_decode, row)) for row in rows]))


class TsvRows:
    """Writes rows as lines with tabs; tabs, line ends and backslashes in a text are written as in a lexicon."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write, self._started = write, False

    def write(self, columns: Columns) -> None:
        """Write the rows of columns, the first time after their names."""
        rows: Iterable[Sequence[Any]] = _rows(columns)
        if not self._started:
            rows, self._started = [list(columns), *rows], True
        self.write_rows([[_text_cell(cell) for cell in row] for row in rows])

    def write_rows(self, rows: list[list[str]]) -> None:
        """Write rows of texts."""
        self._write("".join("\t".join(map(escape, row)) + "\n" for row in rows))


class CsvRows(TsvRows):
    """Writes rows as in RFC 4180, with line feeds."""

    def write_rows(self, rows: list[list[str]]) -> None:
        """Write rows of texts."""
        from ..lexicon.formats.csv import csv_line

        self._write("".join(csv_line(map(escape_surrogates, row)) for row in rows))


class JsonRows:
    """Writes each row as a JSON object."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write

    def write(self, columns: Columns) -> None:
        """Write the rows of columns."""
        self._write("".join(map(dump_json_line, table_records(columns))))


class ParquetRows:
    """Writes each call as a row group; a context manager, because a Parquet file has an end."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._writer: Any = None

    def __enter__(self) -> ParquetRows:
        return self

    def __exit__(self, failure: object, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def write(self, columns: Columns) -> None:
        """Write the rows of columns; later ones get the types of the first."""
        table = arrow_table(columns)
        if self._writer is None:
            parquet = importlib.import_module("pyarrow.parquet")
            self._writer = parquet.ParquetWriter(self._file, table.schema)
        self._writer.write_table(table.cast(self._writer.schema))


def _rows(columns: Columns) -> Iterator[tuple[Any, ...]]:
    """Return the rows of columns as Python values."""
    values = [column.tolist() if isinstance(column, np.ndarray) else column for column in columns.values()]
    return zip(*values, strict=True)


def _decode(value: Any) -> Any:
    """Return bytes as text, and a sequence as a list."""
    if isinstance(value, tuple):
        return list(value)
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value


def _json_value(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else _decode(value)


def _text_cell(value: Any) -> str:
    value = _json_value(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
