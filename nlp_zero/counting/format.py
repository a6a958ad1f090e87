"""The folder of saved counts: ``.npy`` arrays of a count tree and ``meta.json``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.arrays import scan
from .._utils.files import storage
from .._utils.folders import ELSEWHERE, read_folder, read_meta, write_folder
from .._utils.mapping import map_array
from ..errors import FormatError
from .count_data import CountData, CountOptions
from .history import CountHistory
from .levels import truncate_levels
from .tree import COLUMNS

if TYPE_CHECKING:
    from .tree import Level

__all__ = [
    "FORMAT", "MAX_ORDER", "VERSION", "describe_counts", "map_levels", "read_counts", "read_options", "report_damage",
    "write_counts",
]

MAX_ORDER = 8
FORMAT = "nlp-zero counts"
VERSION = 1


def describe_counts(
    symbols: Sequence[Any], totals: list[int], options: CountOptions, history: CountHistory
) -> dict[str, object]:
    """Return the ``meta.json`` of counts."""
    text = [s.hex() if isinstance(s, bytes) else s for s in symbols]
    return {
        "order": len(totals), "unit": options.unit, "alnum": options.alnum, "min_count": options.min_count,
        "totals": totals, **({"periods": list(history.periods)} if history.periods else {}), "symbols": text,
    }  # fmt: skip


@contextmanager
def report_damage(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Turn the errors that wrong values of saved counts raise into a `FormatError`."""
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise FormatError(f"{folder} is not a usable counts folder ({error}); count the corpus again.") from None


def write_counts(folder: str | os.PathLike[str], counts: CountData) -> None:
    """Write counts to a folder, whole or not at all; see `NgramCounts.save`."""
    arrays = {
        f"{name}{n}": array
        for n, level in enumerate(counts.levels, 1)
        for name, array in zip(COLUMNS, level, strict=True)
    } | counts.history.arrays()
    meta = describe_counts(counts.symbols, counts.totals, counts.options, counts.history)
    with storage(folder, ELSEWHERE):
        write_folder(folder, format=FORMAT, version=VERSION, meta=meta, arrays=arrays)


def read_counts(folder: str | os.PathLike[str]) -> CountData:
    """Read saved counts; the arrays of the tree are mapped.

    Raises
    ------
    FormatError
        If the folder is missing, truncated, altered or of another version.
    KeyError, TypeError, ValueError, IndexError
        If its values make no sense.
    """
    meta, arrays = read_folder(folder, format=FORMAT, version=VERSION)
    order, totals = int(meta["order"]), [int(x) for x in meta["totals"]]
    options = _read_options(meta)
    if not all(isinstance(symbol, str) for symbol in meta["symbols"]):
        raise ValueError("a symbol is not a string")
    symbols: list[Any] = [bytes.fromhex(s) if options.unit == "byte" else s for s in meta["symbols"]]
    if any(first >= second for first, second in pairwise(symbols)):
        raise ValueError("the symbols are not in order")
    levels = [(arrays[f"symbols{n}"], arrays[f"counts{n}"], arrays[f"ends{n}"]) for n in range(1, order + 1)]
    _check_levels(levels, len(symbols), totals, order)
    sizes = [len(level[0]) for level in levels]
    history = CountHistory.of_arrays(arrays, meta.get("periods", []), sizes)
    return CountData(symbols, levels, history, totals, options)


def read_options(folder: str | os.PathLike[str]) -> CountOptions:
    """Read how saved counts were counted, without their n-grams.

    Raises
    ------
    FormatError
        If the folder is missing, damaged or of another version.
    """
    with report_damage(folder):
        return _read_options(read_meta(Path(folder), FORMAT, VERSION))


def _read_options(meta: dict[str, Any]) -> CountOptions:
    return CountOptions(str(meta["unit"]), str(meta["alnum"]), int(meta["min_count"]))


def map_levels(folder: str | os.PathLike[str], order: int) -> list[Level]:
    """Map the levels up to `order` of saved counts that `read_counts` has checked; they are not read again.

    Raises
    ------
    OSError, ValueError
        If files are missing or damaged.
    """
    columns = [[map_array(os.path.join(folder, f"{column}{n}.npy")) for column in COLUMNS] for n in range(1, order + 1)]
    return truncate_levels([(symbols, counts, ends) for symbols, counts, ends in columns], order)


def _check_levels(levels: list[Level], symbols: int, totals: list[int], order: int) -> None:
    """Refuse arrays that would make a look-up read outside of them."""
    if not 1 <= order <= MAX_ORDER or len(totals) != order:
        raise ValueError("the order is out of range")
    wide = (np.dtype(np.uint32), np.dtype(np.uint64))
    for n, (symbol, counts, ends) in enumerate(levels, 1):
        right = symbol.dtype == np.uint32 and counts.dtype in wide and ends.dtype in wide
        if not right or len(symbol) != len(counts) or any(array.ndim != 1 for array in (symbol, counts, ends)):
            raise ValueError(f"the arrays of order {n} do not fit together")
        if len(ends) != (0 if n == order else len(symbol)):
            raise ValueError(f"the array ends{n} has the wrong length")
        for _, chunk in scan(symbol):
            if int(chunk.max()) > symbols or int(chunk.min()) < 1:
                raise ValueError(f"the array symbols{n} names symbols that do not exist")
        last = 0
        for _, chunk in scan(ends):
            if int(chunk[0]) < last or bool((chunk[1:] < chunk[:-1]).any()):
                raise ValueError(f"the array ends{n} is damaged")
            last = int(chunk[-1])
        if last != (0 if n == order else len(levels[n][0])):
            raise ValueError(f"the array ends{n} is damaged")
