"""Tables in a terminal: columns that are aligned also where characters are two cells wide."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .._utils.display import display_width, escape_controls

__all__ = ["format_table"]

GAP = "  "


def format_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Format a table: texts on the left, numbers on the right, a line of headings above.

    Integers have separators of thousands, other numbers two decimals, and NaN and None are a dash.  Control characters
    are written as escapes.

    Parameters
    ----------
    header : sequence of str
        One for each column.
    rows : sequence of sequences of (str, list of str, int, float, bool or None)

    Returns
    -------
    str
        Lines with line ends.

    Examples
    --------
    >>> print(format_table(["word", "count", "pmi"], [["曹操", 926, 5.1234], ["却说", 1203, float("nan")]]), end="")
    word  count   pmi
    曹操    926  5.12
    却说  1,203     –
    """
    texts = [list(header), *([_format_cell(cell) for cell in row] for row in rows)]
    widths = [max(map(display_width, column)) for column in zip(*texts, strict=True)]
    on_left = [k == 0 or any(isinstance(row[k], (str, list)) for row in rows) for k in range(len(header))]
    lines = []
    for row in texts:
        cells = []
        for text, width, left in zip(row, widths, on_left, strict=True):
            padding = " " * (width - display_width(text))
            cells.append(text + padding if left else padding + text)
        lines.append(GAP.join(cells).rstrip() + "\n")
    return "".join(lines)


def _format_cell(cell: object) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        return "–" if math.isnan(cell) else f"{cell:.2f}"
    text = " ".join(map(str, cell)) if isinstance(cell, list) else str(cell)
    return escape_controls(text)
