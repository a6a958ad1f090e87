"""One column of a Parquet file, read batch by batch with pyarrow."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

from ..errors import CorpusError
from .records import SHOWN_FIELDS, Records, find_field

__all__ = ["read_parquet"]

BATCH_BYTES, MOST_BATCH_ROWS = 1 << 22, 1 << 14  # about the most of one batch
SEARCHED_GROUPS = 1000  # whose sizes are looked at
BUFFER_BYTES = 1 << 20  # of each column that is read


def read_parquet(file: Any, records: Records, report: Callable[[float], object] | None) -> Iterator[list[str]]:
    """Read one column of a Parquet file.

    Parameters
    ----------
    file : str or binary file
        The file, which can be read in any order.
    records : Records
        Which column is read; a path such as ``a.b`` leads into structs.
    report : callable, optional
        Called with the part of the rows that each batch holds.

    Yields
    ------
    list of str
        The next texts.

    Raises
    ------
    CorpusError
        If pyarrow is missing, the file is damaged, the column is missing, or a row without a text is not skipped.
    """
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise CorpusError(
            f"{records.name}: reading Parquet needs pyarrow; run: pip install 'nlpzero[formats]'."
        ) from None
    arrow_error = importlib.import_module("pyarrow").ArrowException
    before = 0
    try:
        table = parquet.ParquetFile(file, pre_buffer=False, buffer_size=BUFFER_BYTES)
        column = _find_column(table.schema_arrow, records)
        total = table.metadata.num_rows
        rows = _choose_batch_rows(table.metadata)
        for batch in table.iter_batches(batch_size=rows, columns=[column], use_threads=False):
            texts = []
            for row, record in enumerate(batch.to_pylist(), before + 1):
                text = record.get(column) if column in record else find_field(record, column)
                if isinstance(text, str):
                    texts.append(text)
                else:
                    held = "no text" if text is None else f"{type(text).__name__} and not text"
                    records.skip(f"row {row}", f"{held} in the column {column!r}; name another one with --field")
            before += len(batch)
            if report is not None:
                report(len(batch) / total)
            yield texts
    except (arrow_error, OSError, UnicodeDecodeError) as exc:
        detail = str(exc).partition("\n")[0].rstrip(".")
        raise CorpusError(f"{records.name}: not a complete Parquet file ({detail}); fetch it again.") from exc


def _choose_batch_rows(metadata: Any) -> int:
    """Return the number of rows of a batch, from the average size of the rows in the largest group."""
    groups = [metadata.row_group(number) for number in range(min(metadata.num_row_groups, SEARCHED_GROUPS))]
    average = max((group.total_byte_size / max(group.num_rows, 1) for group in groups), default=1.0)
    return min(max(int(BATCH_BYTES / max(average, 1.0)), 1), MOST_BATCH_ROWS)


def _find_column(schema: Any, records: Records) -> str:
    """Return the name of the column, and refuse one that does not exist."""
    names: list[str] = list(schema.names)
    if records.field.partition(".")[0] not in names and records.field not in names:
        shown = ", ".join(name[:40] for name in names[:SHOWN_FIELDS]) + (", ..." if len(names) > SHOWN_FIELDS else "")
        raise CorpusError(f"{records.name}: no column {records.field!r} ({shown}); name one with --field.")
    return records.field
