r"""The TSV file of a lexicon: UTF-8 text that people can read and edit.

The first line has the format, the version and the fields of `LexiconMeta`, the second the names of the columns; then
each word has a line.  Columns are separated by tabs.  If the lexicon has class links, an empty line, the line
``#class_links`` and a line for each class follow.  In words, backslash, tab and line ends are written ``\\``,
``\t``, ``\n`` and ``\r``, and a lone surrogate ``\ud800``.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice

import numpy as np

from ..._kernels.counting import RowError, format_rows, parse_rows
from ..._utils.threads import in_order
from ..ids import LexiconLike
from ..meta import LexiconMeta
from .header import join_links, meta_of_values, split_links, values_of_meta
from .table import Table, check_words, decode_utf8

__all__ = ["FORMAT", "blocks", "dumps", "escape", "lines", "loads", "unescape"]

FORMAT = "#nlp-zero lexicon"
VERSION = 1
LINKS = "#class_links"
BLOCK_ROWS = 1 << 12
ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
EXACT_FIELDS = ("unk_log_prob", "new_words", "granularity")
EXACT = ("log_prob", "id")  # columns that a tokenizer reads: written with all their digits
WHOLE = ("first_seen", "last_seen")  # columns of whole numbers: periods such as 20240131


def dumps(lexicon: LexiconLike) -> tuple[bytes, dict[str, int]]:
    """Write the file, which can hold all words."""
    return b"".join(blocks(lexicon)), {}


def lines(lexicon: LexiconLike) -> Iterator[str]:
    """Yield the lines of the file, each with its line end."""
    for block in blocks(lexicon):
        yield from (line + "\n" for line in block.decode().split("\n")[:-1])


def blocks(lexicon: LexiconLike, *, workers: int = 1) -> Iterator[bytes]:
    """Yield the file in blocks of many lines; `workers` threads make them."""
    values = values_of_meta(lexicon.meta)
    values.pop("class_links", None)  # many numbers, which would hide the rest of the first line
    about = "".join(f"\t{name}={escape(_text_of(name, value))}" for name, value in values.items())
    yield f"{FORMAT} v{VERSION}{about}\n".encode()
    names = ["word", "count", *lexicon.scores] + (["parts"] if lexicon.parts else [])
    yield ("#" + "\t".join(names) + "\n").encode()
    plain = not lexicon.parts and not {*EXACT, *WHOLE} & lexicon.scores.keys()  # then a kernel writes the table
    slices = [slice(begin, begin + BLOCK_ROWS) for begin in range(0, len(lexicon.counts), BLOCK_ROWS)]
    yield from in_order(slices, partial(_rows if plain else _exact_rows, lexicon), workers)
    if lexicon.meta.class_links:
        yield f"\n{LINKS}\n{join_links(lexicon.meta.class_links, chr(10))}\n".encode()


def _rows(lexicon: LexiconLike, rows: slice) -> bytes:
    words = getattr(lexicon, "_words", None)  # of a `Lexicon`, maybe packed
    columns = [column[rows] for column in lexicon.scores.values()]
    lines = _escape_lines((lexicon.words if words is None else words)[rows])
    return format_rows(lines, lexicon.counts[rows], columns)


def _exact_rows(lexicon: LexiconLike, rows: slice) -> bytes:
    columns = [
        [_format_score(name, x) for x in column[rows].tolist()]
        for name, column in lexicon.scores.items()
    ]
    if lexicon.parts:
        columns.append([" ".join(map(escape, lexicon.parts.get(word, ()))) for word in lexicon.words[rows]])
    table = zip(map(escape, lexicon.words[rows]), map(str, lexicon.counts[rows].tolist()), *columns, strict=True)
    return "".join(["\t".join(row) + "\n" for row in table]).encode()


def _format_score(name: str, value: float) -> str:
    if name in EXACT:
        return repr(value)
    return f"{value:.0f}" if name in WHOLE else f"{value:.6g}"


def loads(data: bytes) -> Table:
    """Read the file; `ValueError` begins with the line that is wrong."""
    text = decode_utf8(data)
    data = data.removeprefix(codecs.BOM_UTF8)
    head, names_line = [line.rstrip("\r") for line in [*text.split("\n", 2), "", ""][:2]]
    version, *about = head.split("\t")
    if not version.startswith(FORMAT):
        raise ValueError("line 1: this is not the first line of a lexicon of nlp-zero; check the name and the format.")
    if version != f"{FORMAT} v{VERSION}":
        raise ValueError(f"line 1: this is {version[1:]!r}, which this nlp-zero cannot read; update nlp-zero.")
    meta = _meta(about)
    if not data.endswith(b"\n"):
        number = data.count(b"\n") + 1
        raise ValueError(f"line {number}: the file is truncated (the line has no end); write the lexicon again.")
    data, meta = _take_links(data, meta)
    lines = data.count(b"\n")
    names = names_line.lstrip("#").split("\t") if lines > 1 else ["word", "count"]
    if names[:2] != ["word", "count"]:
        raise ValueError("line 2: the column names must begin with word and count.")
    if lines <= 2:
        return Table([], [], {name: [] for name in names[2:] if name != "parts"}, meta)
    counts = np.empty(lines - 2, np.int64)
    scores = {name: np.empty(lines - 2) for name in names[2:] if name != "parts"}
    begin = data.index(b"\n", data.index(b"\n") + 1) + 1
    try:
        words, parts = parse_rows(data[begin:], counts, [scores.get(name) for name in names[2:]])
    except RowError as error:
        raise ValueError(f"line {error.args[0] + 3}: {error.args[1]}") from None
    if "\\" in text:
        words = _unescape_words(words)
    if len(set(words)) != len(words) or "" in words:
        check_words(words, "line", 3)
    listed = {word: tuple(map(unescape, p.split(" "))) for word, [p] in zip(words, parts, strict=False) if p}
    return Table(words, counts, scores, meta, listed)


def _take_links(data: bytes, meta: LexiconMeta) -> tuple[bytes, LexiconMeta]:
    """Return the lines above the class links, and the fields with them."""
    found = re.search(rb"\n(\r?\n)?" + LINKS.encode() + rb"\r?\n", data)
    if not found:
        return data, meta
    try:
        links = split_links(data[found.end() :].decode(), "\n")
        if not links:
            raise ValueError
        return data[: found.start() + 1], replace(meta, class_links=links)
    except ValueError:
        number = data.count(b"\n", 0, found.end())
        raise ValueError(
            f"line {number}: the lines below {LINKS} must be a square table of counts; remove this line and all below "
            "it to read the lexicon without the links of its classes."
        ) from None


def escape(text: str) -> str:
    """Write a text as it is in the file."""
    if text.isalnum() or (text.isascii() and text.isprintable() and "\\" not in text):  # most cells
        return text
    return "".join(ESCAPES.get(c, c) if not "\ud800" <= c <= "\udfff" else f"\\u{ord(c):04x}" for c in text)


def _escape_lines(words: Sequence[str]) -> bytes:
    """Return the escaped words, each followed by a line feed."""
    if hasattr(words, "encode_lines"):  # packed words
        plain: bytes | None = words.encode_lines("".join(ESCAPES))
        if plain is not None:
            return plain
    text = "".join(words)
    if not any(c in text for c in ESCAPES):
        with suppress(UnicodeEncodeError):  # a lone surrogate
            return ("\n".join(words) + "\n" * bool(words)).encode("utf-8")
    return "".join([escape(word) + "\n" for word in words]).encode("utf-8")


def unescape(text: str) -> str:
    """Read a text that `escape` wrote; raises `ValueError` for other escapes."""
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


def _text_of(name: str, value: object) -> str:
    """Return a field as text: floats with six digits, or all where a tokenizer reads them."""
    if not isinstance(value, float):
        return str(value)
    text = f"{value:.6f}"
    return repr(value) if name in EXACT_FIELDS and float(text) != value else text


def _meta(about: Iterable[str]) -> LexiconMeta:
    try:
        pairs = (text.partition("=") for text in about)
        return meta_of_values({name: unescape(value) for name, _, value in pairs})
    except ValueError as error:
        raise ValueError(f"line 1: {error}") from None


def _unescape_words(words: list[str]) -> list[str]:
    plain = []
    for number, word in enumerate(words, 3):
        try:
            plain.append(unescape(word))
        except ValueError as error:
            raise ValueError(f"line {number}: {word!r} is not a word as `save` writes it: {error}.") from None
    return plain
