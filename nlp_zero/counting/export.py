"""Counts as a table for other programs.  Private to the package; `NgramCounts.export` is the way in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .._utils.files import new_file

__all__ = ["export"]

ROWS = 1 << 16  # of a batch


def export(counts: Any, path: str | os.PathLike[str]) -> None:
    """Write a Parquet or Arrow file; see `NgramCounts.export`."""
    kind = Path(path).suffix.lower()
    if kind not in (".parquet", ".arrow"):
        raise ValueError(f"{path}: the name of a table must end in .parquet or .arrow.")
    try:
        import pyarrow  # type: ignore[import-untyped, unused-ignore]
        import pyarrow.parquet  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        raise ImportError(f"{path}: tables need pyarrow; run: pip install 'nlp-zero[formats]'") from None
    text = pyarrow.binary() if counts.unit == "byte" else pyarrow.string()
    schema = pyarrow.schema([("ngram", text), ("order", pyarrow.uint8()), ("count", pyarrow.uint64())])
    with new_file(path) as temporary:
        make = pyarrow.parquet.ParquetWriter if kind == ".parquet" else pyarrow.ipc.new_file
        with make(str(temporary), schema) as writer:
            for n, words, numbers in _batches(counts):
                columns = [words, np.full(len(words), n, np.uint8), numbers.astype(np.uint64)]
                arrays = [pyarrow.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
                writer.write_batch(pyarrow.record_batch(arrays, schema=schema))


def _batches(counts: Any) -> Iterator[tuple[int, list[Any], Any]]:
    for n in range(1, counts.order + 1):
        for begin in range(0, counts.types(n), ROWS):
            places = np.arange(begin, min(begin + ROWS, counts.types(n)))
            yield n, counts.texts(n, places), counts.levels[n - 1][1][places]
