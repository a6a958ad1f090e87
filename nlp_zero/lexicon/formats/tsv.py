r"""The TSV file of a lexicon: UTF-8 text that people can read and edit.

The first line has the format, the version and the fields of `LexiconMeta`, the second the names of the columns; then
each word has a line.  Columns are separated by tabs.  In words, backslash, tab and line ends are written ``\\``,
``\t``, ``\n`` and ``\r``, and a lone surrogate ``\ud800``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice, repeat

from ..._kernels.counting import format_rows
from ..._utils.threads import in_order
from ..ids import LexiconLike
from ..meta import LexiconMeta
from .header import meta_of_values, values_of_meta
from .table import Table, check_words, decode_utf8

__all__ = ["FORMAT", "blocks", "dumps", "escape", "lines", "loads", "unescape"]

FORMAT = "#nlp-zero lexicon"
VERSION = 1
BLOCK_ROWS = 1 << 14
ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
EXACT_FIELDS = ("unk_log_prob", "new_words", "granularity")
EXACT = ("log_prob", "id")  # columns that a tokenizer reads: written with all their digits


def dumps(lexicon: LexiconLike) -> tuple[bytes, dict[str, int]]:
    """Write the file, which can hold all words."""
    return "".join(blocks(lexicon)).encode(), {}


def lines(lexicon: LexiconLike) -> Iterator[str]:
    """Yield the lines of the file, each with its line end."""
    for block in blocks(lexicon):
        yield from (line + "\n" for line in block.split("\n")[:-1])


def blocks(lexicon: LexiconLike, *, workers: int = 1) -> Iterator[str]:
    """Yield the file in blocks of many lines; `workers` threads make them."""
    values = values_of_meta(lexicon.meta)
    about = "".join(f"\t{name}={escape(_text_of(name, value))}" for name, value in values.items())
    yield f"{FORMAT} v{VERSION}{about}\n"
    names = ["word", "count", *lexicon.scores] + (["parts"] if lexicon.parts else [])
    yield "#" + "\t".join(names) + "\n"
    plain = not lexicon.parts and not set(EXACT) & lexicon.scores.keys()  # then a kernel writes the table
    slices = [slice(begin, begin + BLOCK_ROWS) for begin in range(0, len(lexicon.words), BLOCK_ROWS)]
    yield from in_order(slices, partial(_rows if plain else _exact_rows, lexicon), workers)


def _rows(lexicon: LexiconLike, rows: slice) -> str:
    columns = [column[rows] for column in lexicon.scores.values()]
    return format_rows(_escape_lines(lexicon.words[rows]), lexicon.counts[rows], columns).decode("utf-8")


def _exact_rows(lexicon: LexiconLike, rows: slice) -> str:
    columns = [
        [repr(x) if name in EXACT else f"{x:.6g}" for x in column[rows].tolist()]
        for name, column in lexicon.scores.items()
    ]
    if lexicon.parts:
        columns.append([" ".join(map(escape, lexicon.parts.get(word, ()))) for word in lexicon.words[rows]])
    table = zip(map(escape, lexicon.words[rows]), map(str, lexicon.counts[rows].tolist()), *columns, strict=True)
    return "".join(["\t".join(row) + "\n" for row in table])


def loads(data: bytes) -> Table:
    """Read the file; `ValueError` begins with the line that is wrong."""
    text = decode_utf8(data)
    rows = text.split("\n")
    version, *about = rows[0].rstrip("\r").split("\t")
    if version != f"{FORMAT} v{VERSION}":
        raise ValueError(f"line 1: this is {version[1:]!r}, which this nlp-zero cannot read; update nlp-zero.")
    meta = _meta(about)
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
    words = _unescape_words(columns[0]) if "\\" in text else columns[0]
    if len(set(words)) != len(words) or "" in words:
        check_words(words, "line", 3)
    scores = {
        name: _numbers(column, float) for name, column in zip(names[2:], columns[2:], strict=True) if name != "parts"
    }
    parts = {}
    if "parts" in names:
        listed = columns[names.index("parts")]
        parts = {w: tuple(map(unescape, p.split(" "))) for w, p in zip(words, listed, strict=True) if p}
    return Table(words, _numbers(columns[1], int), scores, meta, parts)  # type: ignore[arg-type]


def escape(text: str) -> str:
    """Write a text as it is in the file."""
    if text.isalnum():
        return text
    return "".join(ESCAPES.get(c, c) if not "\ud800" <= c <= "\udfff" else f"\\u{ord(c):04x}" for c in text)


def _escape_lines(words: Sequence[str]) -> bytes:
    """Return the escaped words, each followed by a line feed."""
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
