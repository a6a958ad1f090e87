"""Trees as plain text that stays aligned for double-width characters, and as SVG.  Private to the package."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

__all__ = ["brackets_svg", "outline_text", "width"]

FONT, LINE, GAP = 16, 22, 10  # pixels: size of the letters, height of a row, space between words
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # no drawing can hold these


def width(text: str) -> int:
    """Columns that a text takes in a terminal: 2 for wide characters, 0 for combining ones."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def outline_text(rows: Iterable[tuple[str, str, str]]) -> str:
    """Lines of branches, a word, and what is said about it, which stands in a column of its own."""
    lines = [(f"{branches} {_drawn(word)}", remark) for branches, word, remark in rows]
    column = max((width(line) for line, _ in lines), default=0) + 4
    return "\n".join(line + (" " * (column - width(line)) + remark if remark else "") for line, remark in lines)


def brackets_svg(words: Sequence[str], spans: Sequence[tuple[int, int, str]]) -> str:
    """Words in a row with a line over each span (start, end, name), outer ones higher; spans are nested."""
    from html import escape

    widths = [width(word) * FONT / 2 for word in words]
    left = [float(GAP)]
    for one in widths:
        left.append(left[-1] + one + GAP)
    heights = [0] * len(words)
    placed = []
    for start, end, name in sorted(spans, key=lambda span: span[1] - span[0]):
        height = max(heights[start:end], default=0) + 1
        heights[start:end] = [height] * (end - start)
        placed.append((start, end, name, height))
    floor = (max(heights, default=0) + 1) * LINE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left[-1]:g}" height="{floor + LINE / 2:g}" '
        f'font-family="sans-serif" font-size="{FONT}">'
    ]
    for word, x, size in zip(words, left, widths, strict=False):
        parts.append(f'<text x="{x + size / 2:g}" y="{floor}" text-anchor="middle">{escape(_drawn(word))}</text>')
    for start, end, name, height in placed:
        x, right, y = left[start], left[end] - GAP, floor - height * LINE + 2
        parts.append(f'<path d="M{x:g} {y + 4}v-4H{right:g}v4" fill="none" stroke="#888"/>')
        if name:
            style = f'font-size="{FONT * 0.6:g}" fill="#06c"'
            parts.append(f'<text x="{x:g}" y="{y - 2}" {style}>{escape(_drawn(name))}</text>')
    return "\n".join([*parts, "</svg>"])


def _drawn(text: str) -> str:
    return CONTROL.sub("?", text)
