"""Counting all n-grams of 1 to 4 characters."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from harness import (
    Missing,
    Report,
    Settings,
    Side,
    alternate,
    clock,
    faster_row,
    make_side,
    run_child,
    share_row,
    with_memory,
)
from peers import import_peer

from nlp_zero import Corpus, NgramCounter, NgramCounts
from nlp_zero._kernels.counting import allow_avx512
from nlp_zero.counting.counts import alphabet_of

ORDER = 4
Keys = npt.NDArray[np.uint64]
GroupBy = Callable[[], list[int]]  # counts n-grams order by order; returns the number of distinct ones


def run(settings: Settings, report: Report) -> None:
    for name in dict.fromkeys(["people-daily", settings.large]):
        try:
            _one_text(settings, report, name)
        except Missing as missing:
            report.missing(f"count n-grams of {name}", "text", missing)


def _one_text(settings: Settings, report: Report, name: str) -> None:
    work = f"count 1…4-grams of {name}, file → frozen counts"
    path = settings.path(name)

    def ours(workers: int) -> float:  # in a process of its own, whose memory has not been used by the peers
        return float(run_child("count", path, workers)["seconds"])

    counts = NgramCounter(order=ORDER).update(Corpus(path)).freeze()
    padded, per_order = pack_ngrams(counts, path)
    types = [counts.types(n) for n in range(1, ORDER + 1)]
    del counts
    sides: dict[str, Side] = {"np.sort of its padded 4-gram keys": with_memory(lambda: _sort(padded))}
    for peer, prepare in (("DuckDB GROUP BY", _duckdb), ("Polars group_by", _polars)):
        try:
            group = prepare(per_order)
        except Missing as missing:
            report.missing(work, peer, missing)
            continue
        if group() != types:
            raise AssertionError(f"{peer} and ours do not count the same n-grams")
        sides[peer] = with_memory(make_side(group))
    del per_order
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "keys.npy"
        np.save(file, padded)
        plain = {"NPY_DISABLE_CPU_FEATURES": str(run_child("simd")["features"])}
        sides["np.sort with SIMD off"] = lambda: float(run_child("sort", file, **plain)["seconds"])
        mine, two, *theirs = alternate(lambda: ours(1), lambda: ours(2), *sides.values(), repeat=settings.repeat)
    avx512 = allow_avx512(True)
    most, most_two = (0.2, 0.16) if avx512 else (0.32, 0.2)  # 1.8 and 1.3, or 2.8 and 1.6 times np.sort with AVX-512
    for peer, timing in zip(sides, theirs, strict=True):
        if "sort" not in peer:
            report.add(faster_row(work, mine, peer, timing))
            continue
        limited = name == "mix" and "off" in peer
        report.add(share_row(work, mine, peer, timing, most=most if limited else None))
        report.add(share_row(f"{work}, two threads", two, peer, timing, most=most_two if limited else None))


def pack_ngrams(counts: NgramCounts, path: Path) -> tuple[Keys, list[Keys]]:
    """Return the n-grams of a text as integers: one padded 4-gram per position, and the n-grams of each order.

    Made from our own symbol numbers, which the peers thus get for nothing: they neither read nor decode.
    """
    bits = np.uint64(len(counts.symbols).bit_length())
    ids = alphabet_of(counts).encode(path.read_bytes()).astype(np.uint64)
    ids = np.concatenate([ids, np.zeros(ORDER, np.uint64)])
    size = len(ids) - ORDER
    keys, inside = ids[:size].copy(), ids[:size] > 0
    for ahead in range(1, ORDER):
        symbol = ids[ahead : ahead + size]
        inside &= symbol > 0
        keys = (keys << bits) | np.where(inside, symbol, np.uint64(0))
    keys = keys[ids[:size] > 0]
    if len(keys) != counts.total(1):
        raise AssertionError("exactly one padded 4-gram must start at each counted character")
    last = (np.uint64(1) << bits) - np.uint64(1)
    shifted = (keys >> (bits * np.uint64(ORDER - n)) for n in range(1, ORDER + 1))
    return keys, [k[(k & last) > 0] for k in shifted]


def _sort(keys: Keys) -> float:
    copy = keys.copy()
    start = clock()
    copy.sort()
    return clock() - start


def _duckdb(per_order: list[Keys]) -> GroupBy:
    duckdb, arrow = import_peer("duckdb"), import_peer("pyarrow")
    connection = duckdb.connect(config={"threads": 1})
    for n, keys in enumerate(per_order, 1):
        connection.register("keys", arrow.table({"k": keys}))
        connection.execute(f"CREATE TABLE grams{n} AS SELECT k FROM keys")
        connection.unregister("keys")

    def group() -> list[int]:
        queries = (f"SELECT k, count(*) AS times FROM grams{n} GROUP BY k" for n in range(1, ORDER + 1))
        return [len(connection.execute(query).fetchnumpy()["k"]) for query in queries]

    return group


def _polars(per_order: list[Keys]) -> GroupBy:
    polars = import_peer("polars")
    frames = [polars.DataFrame({"k": keys}) for keys in per_order]
    return lambda: [frame.group_by("k").len().height for frame in frames]
