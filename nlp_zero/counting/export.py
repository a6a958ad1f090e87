"""N-grams with counts as a table for other programs; see `NgramCounts.export`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from .._utils.files import write_bytes

__all__ = ["write_table"]


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
            columns = [words, np.full(len(words), n, np.uint8), numbers.astype(np.uint64)]
            arrays = [pyarrow.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))
