"""Tables in a terminal: columns that are aligned also where characters are two cells wide."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .._utils.display import display_width

__all__ = ["format_table"]

GAP = "  "


def format_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Format a table: the first column on the left, numbers on the right, a line of headings above.

    Integers have separators of thousands, other numbers two decimals, and NaN is a dash.

    Parameters
    ----------
    header : sequence of str
        One for each column.
    rows : sequence of sequences of (str, int or float)

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
    lines = []
    for row in texts:
        padded = [" " * (width - display_width(text)) for text, width in zip(row, widths, strict=True)]
        cells = [row[0] + padded[0], *(pad + text for pad, text in zip(padded[1:], row[1:], strict=True))]
        lines.append(GAP.join(cells).rstrip() + "\n")
    return "".join(lines)


def _format_cell(cell: object) -> str:
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        return "–" if math.isnan(cell) else f"{cell:.2f}"
    return str(cell)
