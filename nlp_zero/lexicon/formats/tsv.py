"""Our own file: UTF-8 text that people can read and edit.

One line about the file, one of column names, then a line a word; columns are separated by tabs.  In words, backslash,
tab and line ends are written ``\\\\``, ``\\t``, ``\\n`` and ``\\r``, and a lone surrogate ``\\ud800``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice, repeat

from ..._kernels.counting import format_rows
from ..._utils.threads import in_order
from .table import Table, Words, checked_words, decoded

__all__ = ["FORMAT", "blocks", "dumps", "escaped", "lines", "loads", "unescaped"]

FORMAT = "#nlp-zero lexicon"
VERSION = 1
ROWS = 1 << 14  # of a block
ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
NAMES = ("specials", "special_ids", "byte_ids")  # fields of meta that stay text even if they look like a number
EXACT = ("log_prob", "id")  # columns that a tokenizer reads: written so that they come back as they were


def dumps(words: Words) -> tuple[bytes, int]:
    """The file, and how many words it holds."""
    return "".join(blocks(words)).encode(), len(words.words)


def lines(words: Words) -> Iterator[str]:
    """The lines of the file."""
    for block in blocks(words):
        yield from (line + "\n" for line in block.split("\n")[:-1])


def blocks(words: Words, *, workers: int = 1) -> Iterator[str]:
    """The file in blocks of many lines; `workers` threads make them."""
    about = "".join(f"\t{name}={escaped(_shown(value))}" for name, value in words.meta.items())
    yield f"{FORMAT} v{VERSION}{about}\n"
    names = ["word", "count", *words.scores] + (["parts"] if words.parts else [])
    yield "#" + "\t".join(names) + "\n"
    usual = not words.parts and not set(EXACT) & words.scores.keys()  # then a kernel writes the table
    parts = [slice(begin, begin + ROWS) for begin in range(0, len(words.words), ROWS)]
    yield from in_order(parts, partial(_rows if usual else _exact_rows, words), workers)


def _rows(words: Words, part: slice) -> str:
    columns = [column[part] for column in words.scores.values()]
    return format_rows(_closed(words.words[part]), words.counts[part], columns).decode("utf-8")


def _exact_rows(words: Words, part: slice) -> str:
    columns = [
        [repr(x) if name in EXACT else f"{x:.6g}" for x in column[part].tolist()]
        for name, column in words.scores.items()
    ]
    if words.parts:
        columns.append([" ".join(map(escaped, words.parts.get(word, ()))) for word in words.words[part]])
    rows = zip(map(escaped, words.words[part]), map(str, words.counts[part].tolist()), *columns, strict=True)
    return "".join(["\t".join(row) + "\n" for row in rows])


def loads(data: bytes) -> Table:
    """The rows of the file; `ValueError` begins with the line that is wrong."""
    text = decoded(data)
    rows = text.split("\n")
    version, *about = rows[0].rstrip("\r").split("\t")
    if version != f"{FORMAT} v{VERSION}":
        raise ValueError(f"line 1: this is {version[1:]!r}, which this nlp-zero cannot read; update nlp-zero.")
    fields_of = (field.partition("=") for field in about)
    meta = {name: unescaped(value) if name in NAMES else _value(value) for name, _, value in fields_of}
    if rows[-1]:
        raise ValueError(f"line {len(rows)}: the file is truncated (the line has no end); write the lexicon again.")
    names = rows[1].rstrip("\r").lstrip("#").split("\t") if len(rows) > 2 else ["word", "count"]
    if names[:2] != ["word", "count"]:
        raise ValueError("line 2: the column names must begin with word and count.")
    rows = [line.rstrip("\r") for line in rows[2:-1]] if "\r" in text else rows[2:-1]
    tabs = list(map(str.count, rows, repeat("\t")))
    if set(tabs) - {len(names) - 1}:
        number = next(k for k, found in enumerate(tabs) if found != len(names) - 1)
        raise ValueError(
            f"line {number + 3}: {tabs[number] + 1} columns separated by tabs, but {len(names)} are expected."
        )
    fields = "\t".join(rows).split("\t") if rows else []
    columns = [fields[k :: len(names)] for k in range(len(names))]
    words = _plain_words(columns[0]) if "\\" in text else columns[0]
    if len(set(words)) != len(words) or "" in words:
        checked_words(words, "line", 3)
    scores = {
        name: _numbers(column, float) for name, column in zip(names[2:], columns[2:], strict=True) if name != "parts"
    }
    parts = {}
    if "parts" in names:
        listed = columns[names.index("parts")]
        parts = {w: tuple(map(unescaped, p.split(" "))) for w, p in zip(words, listed, strict=True) if p}
    return Table(words, _numbers(columns[1], int), scores, meta, parts)  # type: ignore[arg-type]


def escaped(text: str) -> str:
    if text.isalnum():
        return text
    return "".join(ESCAPES.get(c, c) if not "\ud800" <= c <= "\udfff" else f"\\u{ord(c):04x}" for c in text)


def _closed(words: Sequence[str]) -> bytes:
    """The escaped words, each closed by a line feed."""
    text = "".join(words)
    if not any(c in text for c in ESCAPES):
        with suppress(UnicodeEncodeError):  # a lone surrogate
            return ("\n".join(words) + "\n" * bool(words)).encode("utf-8")
    return "".join([escaped(word) + "\n" for word in words]).encode("utf-8")


def unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    codes = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}
    out, chars = [], iter(text)
    for c in chars:
        if c == "\\":
            code = next(chars, "")
            if code == "u":  # a lone surrogate, which UTF-8 cannot hold
                c = chr(int("".join(islice(chars, 4)), 16))
            elif code in codes:
                c = codes[code]
            else:
                raise ValueError(f"unknown escape \\{code}")
        out.append(c)
    return "".join(out)


def _shown(value: object) -> str:
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def _value(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return unescaped(text)


def _plain_words(words: list[str]) -> list[str]:
    plain = []
    for number, word in enumerate(words, 3):
        try:
            plain.append(unescaped(word))
        except ValueError as error:
            raise ValueError(f"line {number}: {word!r} is not a word as `save` writes it: {error}.") from None
    return plain


def _numbers(texts: Sequence[str], kind: type[int] | type[float]) -> list[int] | list[float]:
    try:
        values = list(map(kind, texts))
        if kind is int and values and not 0 <= min(values) <= max(values) < 1 << 63:
            raise ValueError
        return values
    except ValueError:
        for number, text in enumerate(texts, 3):
            try:
                good = kind is float or 0 <= int(text) < 1 << 63
                float(text)
            except ValueError:
                good = False
            if not good:
                raise ValueError(f"line {number}: {text!r} is not a usable number.") from None
        raise
