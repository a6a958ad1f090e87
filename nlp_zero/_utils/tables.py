"""Results as tables: named columns for pandas, polars, Arrow and notebooks."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from .validation import check_choice, check_integer

__all__ = [
    "Columns", "Tabular", "arrow_table", "escape_surrogates", "html_table", "make_frame", "name_bytes",
    "plain_values", "stream_tables",
]

Columns = Mapping[str, Any]  # name -> array of numbers, or sequence of str, bytes, lists of str and None
LIBRARIES = ("pandas", "polars")
SHOWN_ROWS = 10  # of a table in a notebook


class Tabular:
    """Base class of results that are a table; a subclass defines `to_columns`.

    Columns of numbers are NumPy arrays, NaN where a value is not known.  Columns of text are sequences of str; None is
    a missing text.
    """

    __slots__ = ()

    def to_columns(self) -> Columns:
        """Return the columns by name, all of one length.

        Returns
        -------
        mapping of str to column
            Arrays of numbers, and sequences of texts.
        """
        raise NotImplementedError

    def to_frame(self, library: str | None = None) -> Any:
        r"""Return the table as a data frame.

        Parameters
        ----------
        library : {"pandas", "polars"}, optional
            By default the one that is installed, and pandas if both are.

        Returns
        -------
        pandas.DataFrame or polars.DataFrame
            Unknown numbers are NaN.  Lone surrogates in a text, which no library can hold, are written as ``\udc80``.

        Raises
        ------
        ImportError
            If the library is not installed.
        """
        return make_frame(self.to_columns(), library)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Export the table to any Arrow library, for example ``polars.DataFrame(result)``; numbers are not copied.

        Raises
        ------
        ImportError
            If pyarrow is not installed.
        """
        return arrow_table(self.to_columns()).__arrow_c_stream__(requested_schema)

    def _repr_html_(self) -> str:
        """Return the first rows for a notebook."""
        return html_table(self.to_columns(), caption=repr(self).strip("<>"))


def make_frame(columns: Columns, library: str | None = None) -> Any:
    """Return columns as a data frame of pandas or polars; see `Tabular.to_frame`.

    Raises
    ------
    ImportError
        If the library is not installed.
    ValueError
        If the library is another one.
    """
    name, module = _import_library(library)
    if name == "pandas":
        return module.DataFrame(
            {
                name: module.Series(plain_values(column), dtype="str") if _is_blank(column) else plain_values(column)
                for name, column in columns.items()
            }
        )
    return module.DataFrame(
        [
            module.Series(name, plain_values(column), dtype=module.String if _is_blank(column) else None)
            for name, column in columns.items()
        ]
    )


def arrow_table(columns: Columns) -> Any:
    """Return columns as a table of pyarrow, which shares the memory of arrays of numbers.

    A column may also be an array of pyarrow, where its values do not tell its type.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    """
    try:
        pyarrow = importlib.import_module("pyarrow")
    except ImportError:
        raise ImportError("Arrow tables need pyarrow; run: pip install 'nlpzero[formats]'.") from None
    return pyarrow.table({name: _arrow_array(column, pyarrow) for name, column in columns.items()})


def stream_tables(batches: Iterable[Columns]) -> Any:
    """Return an Arrow stream of tables that are made one after the other, so that a large result needs little memory.

    Parameters
    ----------
    batches : iterable of columns
        At least one; all have the columns and types of the first.

    Returns
    -------
    pyarrow.RecordBatchReader

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    """
    tables = map(arrow_table, batches)
    first = next(tables)
    pyarrow = importlib.import_module("pyarrow")
    parts = (batch for table in chain([first], tables) for batch in table.cast(first.schema).to_batches())
    return pyarrow.RecordBatchReader.from_batches(first.schema, parts)


def html_table(columns: Columns, *, caption: str = "", rows: int = SHOWN_ROWS) -> str:
    """Return the first rows of a table as HTML without styles.

    Parameters
    ----------
    columns : mapping of str to column
    caption : str, optional
        Above the table.
    rows : int, default 10
        At most this many; a line below the table says how many are left.

    Returns
    -------
    str

    Examples
    --------
    >>> print(html_table({"word": ["<b>", "茶"], "count": np.array([1200, 3])}, rows=1))
    <table>
    <thead><tr><th>word</th><th>count</th></tr></thead>
    <tbody>
    <tr><td>&lt;b&gt;</td><td>1,200</td></tr>
    </tbody>
    </table>
    <p>… and 1 more rows</p>
    """
    import html

    check_integer("rows", rows, least=0)
    total = max(map(len, columns.values()), default=0)
    shown = zip(*(plain_values(column[:rows]) for column in columns.values()), strict=True)
    lines = ["<table>"]
    if caption:
        lines.append(f"<caption>{html.escape(caption)}</caption>")
    lines.append(f"<thead><tr>{''.join(f'<th>{html.escape(name)}</th>' for name in columns)}</tr></thead>")
    lines.append("<tbody>")
    lines += [f"<tr>{''.join(f'<td>{html.escape(_format_cell(cell))}</td>' for cell in row)}</tr>" for row in shown]
    lines += ["</tbody>", "</table>"]
    if total > rows:
        lines.append(f"<p>… and {total - rows:,} more rows</p>")
    return "\n".join(lines)


def plain_values(column: Any) -> Any:
    """Return an array of numbers as it is; other columns as a list, without lone surrogates."""
    if isinstance(column, np.ndarray) and column.dtype.kind in "biuf":
        return column
    values = column.tolist() if isinstance(column, np.ndarray) else column
    return [_clean(value) for value in values]


def escape_surrogates(text: str) -> str:
    r"""Write lone surrogates, which UTF-8 cannot hold, as escapes.

    Examples
    --------
    >>> escape_surrogates("春\udc80")
    '春\\udc80'
    """
    return text if text.isalnum() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def name_bytes(text: str) -> str:
    r"""Return a text with names for parts of characters, which a text file cannot hold.

    Examples
    --------
    >>> name_bytes("春\udce6")
    '春<0xE6>'
    """
    try:
        text.encode()
        return text
    except UnicodeEncodeError:
        pass
    return "".join(f"<0x{ord(c) - 0xDC00:02X}>" if "\udc80" <= c <= "\udcff" else c for c in text)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return escape_surrogates(value)
    return [_clean(part) for part in value] if isinstance(value, (list, tuple)) else value


def _arrow_array(column: Any, pyarrow: Any) -> Any:
    if isinstance(column, pyarrow.Array):
        return column
    return pyarrow.array(plain_values(column), pyarrow.string() if _is_blank(column) else None)


def _is_blank(column: Any) -> bool:
    """Return whether nothing in a column tells its type; it is then a column of texts."""
    return not isinstance(column, np.ndarray) and all(value is None for value in column)


def _import_library(library: str | None) -> tuple[str, Any]:
    names: Sequence[str] = LIBRARIES if library is None else [check_choice("library", library, LIBRARIES)]
    for name in names:
        try:
            return name, importlib.import_module(name)
        except ImportError:
            continue
    if library is None:
        raise ImportError("to_frame needs pandas or polars; run: pip install pandas, or: pip install polars.")
    raise ImportError(f"to_frame(library={library!r}) needs {library}; run: pip install {library}.")


def _format_cell(cell: Any) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, (bool, np.bool_)):
        return "yes" if cell else "no"
    if isinstance(cell, (int, np.integer)):
        return f"{cell:,}"
    if isinstance(cell, (float, np.floating)):
        return "–" if math.isnan(cell) else f"{cell:.4g}"
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "backslashreplace")
    return " ".join(map(str, cell)) if isinstance(cell, list) else str(cell)
