"""A lexicon as a Parquet table (``word``, ``count`` and one per score), for pandas, Spark, DuckDB; uses pyarrow."""

from __future__ import annotations

import importlib
import io
import math
from typing import Any

from ...errors import FormatError
from ..ids import LexiconLike
from . import json as json_format
from .header import values_of_meta
from .table import MAX_WORDS, Table
from .tsv import escape, unescape

__all__ = ["dumps", "loads"]

MAX_TABLE_BYTES = 1 << 32  # size of a table when unpacked


def _pyarrow() -> tuple[Any, Any]:
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise FormatError("Parquet files need pyarrow; run: pip install 'nlpzero[formats]'") from None


def dumps(lexicon: LexiconLike) -> tuple[bytes, dict[str, int]]:
    """Write the table; words with lone surrogates (bytes) are escaped as in TSV files, and the metadata says so."""
    import json

    pyarrow, parquet = _pyarrow()
    texts, hidden = list(lexicon.words), any("\ud800" <= c <= "\udfff" for word in lexicon.words for c in word)
    columns: dict[str, Any] = {"word": [*map(escape, texts)] if hidden else texts, "count": lexicon.counts}
    columns |= dict(lexicon.scores)
    if lexicon.parts:
        columns["parts"] = [list(map(escape, lexicon.parts.get(word, ()))) for word in texts]
    about = {
        "format": json_format.FORMAT,
        "version": json_format.VERSION,
        "escaped": hidden,
        "meta": values_of_meta(lexicon.meta),
    }
    table = pyarrow.table(columns).replace_schema_metadata({"nlp_zero": json.dumps(about, default=str)})
    file = io.BytesIO()
    parquet.write_table(table, file)
    return file.getvalue(), {}


def loads(data: bytes) -> Table:
    """Read any Parquet file that has the columns ``word`` and ``count``."""
    pyarrow, parquet = _pyarrow()
    try:
        file = parquet.ParquetFile(io.BytesIO(data), pre_buffer=False)
        groups = [file.metadata.row_group(k) for k in range(file.metadata.num_row_groups)]
        if file.metadata.num_rows > MAX_WORDS or sum(group.total_byte_size for group in groups) > MAX_TABLE_BYTES:
            raise ValueError(f"the table is larger than any vocabulary ({file.metadata.num_rows:,} rows).")
        about = json_format.parse_json((file.schema_arrow.metadata or {}).get(b"nlp_zero", b"{}"))
        # Threads of pyarrow that still end when the process ends abort it now and then.
        columns: dict[str, list[Any]] = file.read(use_threads=False).to_pydict()
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ValueError(f"this Parquet file cannot be read ({reason}); make it again.") from None
    if not {"word", "count"} <= columns.keys():
        raise ValueError("the table must have the columns word and count.")
    about = about if isinstance(about, dict) else {}
    if about.get("escaped") is True and all(isinstance(word, str) for word in columns["word"]):
        columns["word"] = [unescape(word) for word in columns["word"]]
    numbers = [n for n in columns if n not in ("word", "count", "parts") and _numeric(columns[n])]
    if "parts" in columns:
        columns["parts"] = [[unescape(p) for p in row] if row else [] for row in columns["parts"]]
    names = ["word", "count", *numbers] + (["parts"] if "parts" in columns else [])
    rows = [list(row) for row in zip(*(columns[name] for name in names), strict=True)]
    for row in rows:
        row[2:] = [None if isinstance(x, float) and not math.isfinite(x) else x for x in row[2:]]
    meta = about.get("meta", {})
    return json_format.table_of(
        {"format": json_format.FORMAT, "version": json_format.VERSION, "meta": meta, "columns": names, "rows": rows}
    )


def _numeric(values: list[Any]) -> bool:
    return all(x is None or (isinstance(x, (int, float)) and not isinstance(x, bool)) for x in values)
