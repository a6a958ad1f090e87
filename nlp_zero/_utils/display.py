"""The width of text in a terminal, where many East Asian characters take two columns."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["WIDE", "cut_left", "cut_right", "display_width", "escape_controls"]

LONG_WIDTH = 2  # columns of the widest characters
# Most characters of Chinese text; counting them together is three times as fast as one by one.
WIDE = re.compile("[\u3001-\u3029\u4e00-\u9fff\uff01-\uff5e]+")


class _CellTable(dict[str, int]):
    """The number of columns of each character, computed when it is first looked up."""

    def __missing__(self, character: str) -> int:
        if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf", "Cc"):
            cells = 0
        else:
            cells = LONG_WIDTH if unicodedata.east_asian_width(character) in "WF" else 1
        self[character] = cells
        return cells


_cells = _CellTable().__getitem__


def display_width(text: str) -> int:
    """Return the number of columns of a text in a terminal: 2 for wide characters, 0 for combining marks.

    Parameters
    ----------
    text : str

    Returns
    -------
    int

    Examples
    --------
    >>> display_width("曹操"), display_width("abc"), display_width("ＡＢ"), display_width("e\u0301")
    (4, 3, 4, 1)
    """
    rest = WIDE.sub("", text)
    width = LONG_WIDTH * (len(text) - len(rest))
    return width + sum(map(_cells, rest)) if rest else width


def cut_right(text: str, width: int) -> str:
    """Return the longest beginning of a text that fits in a number of columns.

    Parameters
    ----------
    text : str
    width : int
        Columns.

    Returns
    -------
    str
        The beginning, with combining marks that follow its last character.

    Examples
    --------
    >>> cut_right("abc曹操", 4), cut_right("abc曹操", 5), cut_right("abc", 9)
    ('abc', 'abc曹', 'abc')
    """
    end = width // LONG_WIDTH  # this many characters always fit
    room = width - display_width(text[:end])
    for character in text[end:]:
        room -= _cells(character)
        if room < 0:
            break
        end += 1
    return text[:end]


def cut_left(text: str, width: int) -> str:
    """Return the longest end of a text that fits in a number of columns; see `cut_right`.

    Examples
    --------
    >>> cut_left("曹操abc", 4), cut_left("曹操abc", 5), cut_left("abc", 9)
    ('abc', '操abc', 'abc')
    """
    begin = max(0, len(text) - width // LONG_WIDTH)
    room = width - display_width(text[begin:])
    while begin > 0:
        room -= _cells(text[begin - 1])
        if room < 0:
            break
        begin -= 1
    return text[begin:]


def escape_controls(text: str, *, keep: str = "") -> str:
    r"""Write control characters, which a terminal would obey, and bytes that are no text as escapes.

    Parameters
    ----------
    text : str
    keep : str, default ""
        Control characters that stay as they are.

    Returns
    -------
    str

    Examples
    --------
    >>> print(escape_controls("春\t\x1b[31m.txt"))
    春\t\x1b[31m.txt
    """
    if text.isprintable():
        return text
    return "".join(repr(c)[1:-1] if unicodedata.category(c) in ("Cc", "Cs") and c not in keep else c for c in text)
