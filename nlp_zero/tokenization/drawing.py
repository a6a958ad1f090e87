"""A picture of the segmentations of a text: each possible token as a box over its characters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["draw_segmentations", "place_boxes"]

CELL_PIXELS, ROW_PIXELS, MARGIN_PIXELS = 30, 26, 8  # width of a character, height of a row of boxes, around the picture
LEAST_PROBABILITY = 0.005  # tokens that are less probable are left out
FAINTEST, FAINTEST_TEXT = 0.12, 0.5  # opacity of the least probable box, and of the word in it, which stays legible


def place_boxes(
    tokens: Iterable[tuple[int, int, float]], best: Sequence[tuple[int, int]] = ()
) -> list[tuple[int, int, int, float]]:
    """Give each token the first row, from 0, in which it covers no other; the best segmentation comes first.

    Tokens of the best segmentation that are not among the tokens, such as new words, have the probability 0.

    Parameters
    ----------
    tokens : iterable of (int, int, float)
        Start, end and probability.
    best : sequence of (int, int), optional
        Start and end of the tokens of the best segmentation.

    Returns
    -------
    list of (int, int, int, float)
        Row, start, end and probability.

    Examples
    --------
    >>> place_boxes([(0, 1, 0.3), (0, 2, 0.7), (1, 2, 0.3)], [(0, 2)])
    [(0, 0, 2, 0.7), (1, 0, 1, 0.3), (1, 1, 2, 0.3)]
    """
    first = set(best)
    tokens = list(tokens)
    tokens += [(start, end, 0.0) for start, end in sorted(first - {(start, end) for start, end, _ in tokens})]
    rows: list[list[tuple[int, int]]] = []
    boxes = []
    for start, end, probability in sorted(tokens, key=lambda token: (token[:2] not in first, token[0], -token[1])):
        row = next((k for k, taken in enumerate(rows) if all(end <= a or b <= start for a, b in taken)), len(rows))
        if row == len(rows):
            rows.append([])
        rows[row].append((start, end))
        boxes.append((row, start, end, probability))
    return boxes


def draw_segmentations(
    text: str, tokens: Iterable[tuple[int, int, float]], best: Sequence[tuple[int, int]] = (), *, label: str = ""
) -> str:
    """Return an SVG of the characters of a text, and above them boxes whose opacity is the probability of a token.

    Parameters
    ----------
    text : str
        One character, or label of a position, in each column.
    tokens : iterable of (int, int, float)
        Start, end and probability.
    best : sequence of (int, int), optional
        Start and end of the tokens that get a frame.
    label : str, optional
        What the number in the tooltips is called, such as "probability".

    Returns
    -------
    str
        With the attribute ``viewBox``.  The colours are `currentColor` on white, which a page can override.
    """
    from html import escape  # with a table of all entities, which the command line should not wait for

    framed = set(best)
    boxes = place_boxes((token for token in tokens if token[2] >= LEAST_PROBABILITY or token[:2] in framed), best)
    rows = 1 + max((row for row, *_ in boxes), default=-1)
    height = rows * ROW_PIXELS + ROW_PIXELS + 2 * MARGIN_PIXELS
    width = len(text) * CELL_PIXELS + 2 * MARGIN_PIXELS
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" xml:lang="zh" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="sans-serif" font-size="16" text-anchor="middle" '
        'style="color:#222;background:#fff">'
    ]
    for row, start, end, probability in boxes:
        x, y = MARGIN_PIXELS + start * CELL_PIXELS + 2, MARGIN_PIXELS + row * ROW_PIXELS + 2
        size = f'width="{(end - start) * CELL_PIXELS - 4}" height="{ROW_PIXELS - 4}" rx="5"'
        frame = ' stroke="#1763b6" stroke-width="2"' if (start, end) in framed else ""
        opacity = FAINTEST + (1 - FAINTEST) * probability
        word = escape(text[start:end])
        title = escape(f"{text[start:end]}　{label} {probability:.3f}".replace("　 ", "　"))
        parts.append(f'<g><title>{title}</title>')
        parts.append(f'<rect x="{x}" y="{y}" {size} fill="#3b8bdb" fill-opacity="{0.35 * opacity:.3f}"{frame}/>')
        middle = MARGIN_PIXELS + (start + end) * CELL_PIXELS / 2
        style = f'fill="currentColor" opacity="{max(opacity, FAINTEST_TEXT):.3f}"'
        parts.append(f'<text x="{middle:g}" y="{y + 16}" {style}>{word}</text></g>')
    baseline = MARGIN_PIXELS + rows * ROW_PIXELS + 19
    style = 'fill="currentColor" fill-opacity="0.6"'
    for k, character in enumerate(text):
        middle = MARGIN_PIXELS + (k + 0.5) * CELL_PIXELS
        parts.append(f'<text x="{middle:g}" y="{baseline}" {style}>{escape(character)}</text>')
    return "\n".join([*parts, "</svg>"])
