"""N-grams with counts as tables: for data frames, Arrow, notebooks and files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from .._utils.files import write_bytes
from .._utils.tables import Columns, html_table, stream_tables

__all__ = ["make_preview", "stream_table", "tabulate", "write_table"]


def _make_columns(n: int, texts: list[Any], numbers: Any) -> dict[str, Any]:
    return {"ngram": texts, "order": np.full(len(texts), n, np.uint8), "count": numbers.astype(np.uint64)}


def tabulate(batches: Iterable[tuple[int, list[Any], Any]]) -> Columns:
    """Return batches, each an order, n-grams and their counts, as the columns of one table."""
    texts: list[Any] = []
    parts = [_make_columns(0, [], np.zeros(0))]
    for n, words, numbers in batches:
        texts += words
        parts.append(_make_columns(n, words, numbers))
    numbers_of = {name: np.concatenate([part[name] for part in parts]) for name in ("order", "count")}
    return {"ngram": texts, **numbers_of}


def stream_table(batches: Iterable[tuple[int, list[Any], Any]]) -> Any:
    """Return batches as an Arrow stream, whose columns are those of `tabulate`."""
    nothing: tuple[int, list[Any], Any] = (0, [], np.zeros(0))
    return stream_tables(_make_columns(*batch) for batch in chain(batches, [nothing]))


def make_preview(ranked: Sequence[Sequence[tuple[Any, int]]], rows: int, caption: str) -> str:
    """Return at most `rows` n-grams of each order, side by side, for a notebook."""
    columns = {}
    for n, best in enumerate(ranked, 1):
        texts = [f"{ngram if isinstance(ngram, str) else repr(ngram)} {count:,}" for ngram, count in best]
        columns[f"order {n}"] = texts + [""] * (rows - len(best))
    return html_table(columns, caption=caption)


def write_table(path: str | os.PathLike[str], batches: Iterable[tuple[int, list[Any], Any]], *, binary: bool) -> None:
    """Write a Parquet or Arrow file of batches, each an order, n-grams (`bytes` if `binary`) and their counts."""
    kind = Path(path).suffix.lower()
    if kind not in (".parquet", ".arrow"):
        raise ValueError(f"{path}: the name of a table must end in .parquet or .arrow.")
    try:
        import pyarrow  # type: ignore[import-untyped, unused-ignore]
        import pyarrow.parquet  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        raise ImportError(f"{path}: tables need pyarrow; run: pip install 'nlpzero[formats]'.") from None
    text = pyarrow.binary() if binary else pyarrow.string()
    schema = pyarrow.schema([("ngram", text), ("order", pyarrow.uint8()), ("count", pyarrow.uint64())])
    make = pyarrow.parquet.ParquetWriter if kind == ".parquet" else pyarrow.ipc.new_file
    with write_bytes(path) as file, make(file, schema) as writer:
        for n, words, numbers in batches:
            columns = _make_columns(n, words, numbers)
            arrays = [pyarrow.array(columns[field.name], field.type) for field in schema]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))
