"""Drawings of trees: plain text that stays aligned with double-width characters, and SVG.

Widths of characters are those of the running Python's Unicode tables: they move only spaces and coordinates of a
drawing, never words or brackets, and terminals follow recent tables, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .._utils.display import display_width

__all__ = ["draw_outline", "draw_svg"]

FONT_PIXELS, ROW_PIXELS, GAP_PIXELS = 16, 22, 10  # font size, height of a row, space between words
WORD_PIXELS = 18  # from the baseline to where the brackets over a word begin
UNDRAWABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # not allowed in XML, or not visible


def draw_outline(rows: Iterable[tuple[str, str, str]]) -> str:
    """Return lines of text, one for each row of branches, a word and a remark; remarks share one column."""
    lines = [(f"{branches} {_replace_undrawable(word)}", remark) for branches, word, remark in rows]
    column = max((display_width(line) for line, _ in lines), default=0) + 4
    return "\n".join(
        line + (" " * (column - display_width(line)) + remark if remark else "") for line, remark in lines
    )


def draw_svg(words: Sequence[str], spans: Sequence[tuple[int, int, str]]) -> str:
    """Return an SVG of words in a row, with a bracket over each of the nested spans (start, end, name).

    The colours are `currentColor` on white, which a page can override.
    """
    from html import escape

    widths = [display_width(word) * FONT_PIXELS / 2 for word in words]
    left = [float(GAP_PIXELS)]
    for width in widths:
        left.append(left[-1] + width + GAP_PIXELS)
    heights = [0] * len(words)
    placed_spans = []
    for start, end, name in sorted(spans, key=lambda span: span[1] - span[0]):
        below = heights[start], heights[end - 1]  # what the two ends of the bracket stand on
        height = max(heights[start:end], default=0) + 1
        heights[start:end] = [height] * (end - start)
        placed_spans.append((start, end, name, height, below))
    baseline = (max(heights, default=0) + 1) * ROW_PIXELS
    size = f'width="{left[-1]:g}" height="{baseline + ROW_PIXELS / 2:g}"'
    box = f"0 0 {left[-1]:g} {baseline + ROW_PIXELS / 2:g}"
    elements = [
        f'<svg xmlns="http://www.w3.org/2000/svg" xml:lang="zh" viewBox="{box}" {size} '
        f'role="img" font-family="sans-serif" font-size="{FONT_PIXELS}" style="color:#222;background:#fff">'
    ]
    for word, x, width in zip(words, left, widths, strict=False):
        text = escape(_replace_undrawable(word))
        elements.append(
            f'<text x="{x + width / 2:g}" y="{baseline}" text-anchor="middle" fill="currentColor">{text}</text>'
        )
    for start, end, name, level, below in placed_spans:
        x, right, y = left[start], left[end] - GAP_PIXELS, baseline - level * ROW_PIXELS + 4
        drops = [(level - under) * ROW_PIXELS - (WORD_PIXELS if under == 0 else 0) for under in below]
        elements.append(
            f'<path d="M{x:g} {y + drops[0]:g}V{y:g}H{right:g}V{y + drops[1]:g}" fill="none" stroke="#888"/>'
        )
        if name:
            style = f'font-size="{FONT_PIXELS * 0.7:g}" fill="#3b8bdb"'
            elements.append(f'<text x="{x + 3:g}" y="{y - 2}" {style}>{escape(_replace_undrawable(name))}</text>')
    return "\n".join([*elements, "</svg>"])


def _replace_undrawable(text: str) -> str:
    return UNDRAWABLE.sub("?", text)
