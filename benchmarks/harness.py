"""Timing, the rows of the report, and a description of the machine.

This module imports nothing heavy, so that the number of threads can be set before NumPy and the peers are loaded.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from basics import CLOCK, Missing, clock, supply_memory

HERE = Path(__file__).resolve().parent
CORPORA = HERE.parent / "corpora"
THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "RAYON_NUM_THREADS",
    "POLARS_MAX_THREADS", "ARROW_NUM_THREADS",
)  # fmt: skip

Side = Callable[[], float]  # does the work once and returns the seconds that count


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of the command line."""

    data: Path
    cache: Path
    repeat: int
    quick: bool

    @property
    def large(self) -> str:
        """The name of the text for large jobs."""
        return "people-daily" if self.quick else "mix"

    def path(self, name: str) -> Path:
        """Return the file of a text; raise `Missing` if it has not been fetched."""
        path = self.data / f"{name}.txt"
        if not path.is_file():
            raise Missing(f"the text {name} is missing; run corpora/fetch.py {name}")
        return path

    def lines(self, name: str) -> list[str]:
        with self.path(name).open(encoding="utf-8", newline="\n") as file:
            return [line.rstrip("\n") for line in file]


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of each turn."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def describe(self, size: int = 0) -> str:
        """Return median and range; with the `size` of the text in bytes also the speed."""
        scale, unit = (1.0, "s") if self.median >= 0.1 else (1000.0, "ms")
        values = (scale * x for x in (min(self.seconds), self.median, max(self.seconds)))
        low, mid, high = (f"{x:.0f}" if x >= 100 else f"{x:.3g}" for x in values)
        spread = f" ({low}–{high})" if len(self.seconds) > 1 else " (once)"
        return f"{mid} {unit}{spread}" + (f", {size / self.median / 1e6:.1f} MB/s" if size else "")


def make_side(work: Callable[[], object]) -> Side:
    """Return a side that measures all of `work`."""

    def side() -> float:
        start = clock()
        work()
        return clock() - start

    return side


def with_memory(side: Side) -> Side:
    """Return a side that begins after `supply_memory`."""

    def supplied() -> float:
        supply_memory()
        return side()

    return supplied


def alternate(*sides: Side, repeat: int, warmup: int = 1) -> list[Timing]:
    """Run all sides in turns, A B C A B C ..., after `warmup` turns that do not count."""
    seconds: list[list[float]] = [[] for _ in sides]
    for turn in range(warmup + repeat):
        for side, list_of_seconds in zip(sides, seconds, strict=True):
            gc.collect()
            elapsed = side()
            if turn >= warmup:
                list_of_seconds.append(elapsed)
    return [Timing(tuple(s)) for s in seconds]


def ratio(one: Timing, other: Timing) -> float:
    """Return the median of the ratios of all turns, so that anything that slows down a whole turn cancels out."""
    if len(one.seconds) != len(other.seconds):
        return one.median / other.median
    return statistics.median(a / b for a, b in zip(one.seconds, other.seconds, strict=True))


@dataclass(frozen=True, slots=True)
class Row:
    work: str
    ours: str
    peer: str
    ratio: str
    target: str = "–"
    met: str = "–"


def format_met(met: bool) -> str:
    return "yes" if met else "**no**"


def faster_row(
    work: str, ours: Timing, name: str, peer: Timing, *, least: float | None = None, size: int = 0
) -> Row:  # fmt: skip
    """Return a row that says how many times as long the peer takes."""
    times = ratio(peer, ours)
    cells = work, ours.describe(size), f"{name}: {peer.describe(size)}", f"{times:.2f} × as fast"
    return Row(*cells) if least is None else Row(*cells, f"≥ {least:g} ×", format_met(times >= least))


def share_row(work: str, ours: Timing, name: str, peer: Timing, *, most: float | None = None) -> Row:
    """Return a row that gives our time as a share of the time of the peer."""
    share = ratio(ours, peer)
    cells = work, ours.describe(), f"{name}: {peer.describe()}", f"{share:.2f} of its time"
    return Row(*cells) if most is None else Row(*cells, f"≤ {most:g}", format_met(share <= most))


def limit_row(work: str, ours: Timing, seconds: float) -> Row:
    """Return a row with a limit in seconds and without a peer."""
    limit = f"≤ {seconds:.3g} s" if seconds >= 0.1 else f"≤ {1000 * seconds:.3g} ms"
    share = ours.median / seconds
    return Row(work, ours.describe(), "–", f"{share:.2f} of the limit", limit, format_met(share <= 1))


@dataclass
class Report:
    """Rows of the report; every new row is also printed on stderr."""

    rows: list[Row] = field(default_factory=list)
    tables: list[tuple[str, Sequence[str], list[tuple[str, ...]]]] = field(default_factory=list)  # title, header, rows
    notes: list[str] = field(default_factory=list)

    def add(self, row: Row) -> None:
        self.rows.append(row)
        met = f" [target {row.target}: {row.met}]" if row.met != "–" else ""
        print(f"  {row.work}: {row.ours} | {row.peer} | {row.ratio}{met}", file=sys.stderr, flush=True)

    def missing(self, work: str, name: str, reason: object) -> None:
        self.add(Row(work, "–", f"{name}: {reason}", "–"))


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def run_child(*arguments: object, **environment: str) -> dict[str, Any]:
    """Run a job of ``child.py`` in a new process; return its result and ``whole``, the seconds of the whole process.

    Python may save compiled modules, as an installation does.  Memory is supplied first (`supply_memory`).

    Raises
    ------
    Missing
        If a peer or a text that the job needs is missing.
    """
    command = [sys.executable, str(HERE / "child.py"), *map(str, arguments)]
    variables = {**os.environ, **environment}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    supply_memory()
    start = time.perf_counter()
    run = subprocess.run(command, capture_output=True, text=True, env=variables, check=False)
    wall = time.perf_counter() - start
    if run.returncode == 3:
        raise Missing(run.stderr.strip().splitlines()[-1])
    if run.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{run.stderr}")
    result = json.loads(run.stdout.splitlines()[-1])
    return {**result, "whole": result["cpu"] if os.environ.get(CLOCK) == "cpu" else wall}


def describe_machine() -> str:
    """Return CPU, number of cores, system and Python version."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        named = (line for line in info.read_text().splitlines() if line.startswith("model name"))
        model = next(named, f": {model}").split(":", 1)[1].strip()
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{model}, {os.cpu_count()} cores{load}; {platform.system()} {platform.machine()}, {python}"
