"""A lexicon as JSON: ``format``, ``version``, ``meta``, ``columns`` and ``rows``, one row a line."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..ids import LexiconLike
from .header import meta_of_values, values_of_meta
from .table import Table, check_number, check_words, decode_utf8

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FORMAT", "dumps", "loads", "parse_json"]

FORMAT = "nlp-zero lexicon"
VERSION = 1


def dumps(lexicon: LexiconLike) -> tuple[bytes, int]:
    """Write the file; also return its number of words."""
    import json

    names = ["word", "count", *lexicon.scores] + (["parts"] if lexicon.parts else [])
    columns: list[list[Any]] = [list(lexicon.words), lexicon.counts.tolist()]
    for column in lexicon.scores.values():
        columns.append([x if math.isfinite(x) else None for x in column.tolist()])
    if lexicon.parts:
        columns.append([list(lexicon.parts.get(word, ())) for word in lexicon.words])
    meta = values_of_meta(lexicon.meta)
    head = json.dumps({"format": FORMAT, "version": VERSION, "meta": meta, "columns": names}, ensure_ascii=False)
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in zip(*columns, strict=True))
    text = f'{head[:-1]}, "rows": [\n{rows}\n]}}\n'
    # A lone surrogate becomes \ud800, as JSON has it.
    return text.encode("utf-8", "backslashreplace"), len(lexicon.words)


def parse_json(data: bytes) -> Any:
    """Return the value of a JSON file; `ValueError` says the line and column of an error."""
    import json

    try:
        return json.loads(decode_utf8(data))
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: this is not JSON: {error.msg}.") from None
    except RecursionError:
        raise ValueError("line 1: this JSON is nested too deeply for any vocabulary.") from None


def loads(data: bytes) -> Table:
    """Read the file; `ValueError` names the row that is wrong."""
    return table_of(parse_json(data))


def table_of(value: Any) -> Table:
    """Read the value of a JSON file."""
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ValueError(f"line 1: this JSON is not a lexicon: it lacks \"format\": \"{FORMAT}\".")
    if value.get("version") != VERSION:
        raise ValueError(f"line 1: version {str(value.get('version'))[:20]} of the lexicon; update nlp-zero.")
    names, rows, meta = value.get("columns"), value.get("rows"), value.get("meta", {})
    if not (isinstance(names, list) and names[:2] == ["word", "count"] and all(isinstance(n, str) for n in names)):
        raise ValueError("columns: they must be a list of names that begins with word and count.")
    if not isinstance(rows, list) or not isinstance(meta, dict) or len(set(names)) != len(names):
        raise ValueError("rows must be a list, meta an object, and column names distinct.")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != len(names):
            raise ValueError(f"row {number}: it must be a list of {len(names)} values.")
    columns: dict[str, list[Any]] = {name: [row[k] for row in rows] for k, name in enumerate(names)}
    check_words(columns["word"], "row", 1)
    parts = {}
    if "parts" in columns:
        for number, (word, listed) in enumerate(zip(columns["word"], columns["parts"], strict=True), 1):
            if not isinstance(listed, list) or not all(isinstance(part, str) for part in listed):
                raise ValueError(f"row {number}: parts must be a list of words.")
            if listed:
                parts[word] = tuple(listed)
    check: Callable[[Any, int], float] = lambda x, n: math.nan if x is None else check_number(x, f"row {n}")  # noqa: E731
    return Table(
        columns["word"],
        [int(check_number(x, f"row {n}", whole=True)) for n, x in enumerate(columns["count"], 1)],
        {name: [check(x, n) for n, x in enumerate(columns[name], 1)] for name in names[2:] if name != "parts"},
        meta_of_values(meta),
        parts,
    )
