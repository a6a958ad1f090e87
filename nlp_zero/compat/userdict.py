"""Reading a user dictionary of jieba: lines of ``word [frequency [tag]]``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from ..errors import FormatError

__all__ = ["read_user_words"]

ENTRY = re.compile(r"(.+?)(?: ([0-9]+))?(?: [a-z]+)?")  # a word may contain spaces


def read_user_words(source: str | os.PathLike[str] | Iterable[str | bytes]) -> list[tuple[str, int | None]]:
    """Return the words and frequencies of a user dictionary; None where a line has no frequency.

    Parameters
    ----------
    source : str, path-like or iterable of str or bytes
        The name of a file, or an open file.

    Returns
    -------
    list of (str, int or None)

    Raises
    ------
    FormatError
        If the file is missing, is not UTF-8, or is not such a list; the message names the line.
    """
    if not isinstance(source, (str, os.PathLike)):
        return _parse(source, str(getattr(source, "name", "user dictionary")))
    try:
        with open(source, "rb") as file:
            return _parse(file, os.fspath(source))
    except OSError as error:
        raise FormatError(f"{os.fspath(source)}: {error.strerror}; give the name of a user dictionary.") from None


def _parse(lines: Iterable[str | bytes], name: str) -> list[tuple[str, int | None]]:
    entries: list[tuple[str, int | None]] = []
    for number, line in enumerate(lines, 1):
        if not isinstance(line, (str, bytes)):
            raise TypeError(f"{name}: line {number} must be a str or bytes, not {type(line).__name__}.")
        try:
            text = line if isinstance(line, str) else line.decode()
        except UnicodeDecodeError:
            raise FormatError(f"{name}: line {number} is not UTF-8; convert the file to UTF-8.") from None
        text = text.removeprefix("\ufeff").strip()
        if "\t" in text:
            raise FormatError(
                f"{name}: line {number} has a tab, but a user dictionary has lines of 'word frequency tag' with single "
                "spaces. If the file is a lexicon, give it to set_dictionary."
            )
        if found := ENTRY.fullmatch(text):
            entries.append((found[1], None if found[2] is None else int(found[2])))
    return entries
