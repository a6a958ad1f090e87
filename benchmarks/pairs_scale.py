"""Cost of counting and building for texts of growing size, with threads, and on a cluster of two local processes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from harness import HERE, Report, Row, Settings, Timing, alternate, faster_row, format_met, run_child

SIZES = ("100M", "1G", "4G", "10G")  # made by grow.py
WORK: dict[str, tuple[str, ...]] = {
    "tokenize": ("tokenize", "--lexicon", "WORDS"),
    "count --memory 512M": ("count", "--memory", "512M"),
    "count --memory 512M --workers 2": ("count", "--memory", "512M", "--workers", "2"),
    "build-vocab --memory 2G": ("build-vocab", "--memory", "2G"),  # the words of 10 GB need more than 1 GB
}
MOST_GROWTH = 1.15  # time per GB, from one size to the next


def run(settings: Settings, report: Report) -> None:
    with tempfile.TemporaryDirectory(dir=settings.cache if settings.cache.is_dir() else None) as folder:
        _growth(settings, report, Path(folder))
        _workers(settings, report, Path(folder))


def _growth(settings: Settings, report: Report, folder: Path) -> None:
    before: dict[str, float] = {}
    words = folder / "words.tsv"
    run_child("nlpzero", "build-vocab", settings.path("mix"), "-q", "--top", "20000", "-o", words)
    for size in SIZES[:1] if settings.quick else SIZES:
        text = folder / f"{size}.txt"
        subprocess.run([sys.executable, HERE / "grow.py", settings.path("mix"), size, text], check=True)
        gigabytes = text.stat().st_size / 1e9
        for name, (command, *options) in WORK.items():
            options = [str(words) if option == "WORDS" else option for option in options]
            result = run_child("nlpzero", command, text, "-q", "-o", folder / "result", "--temp-dir", folder, *options)
            seconds = result["cpu"] / gigabytes
            report.add(_row(f"{name}, {size}", result, seconds, before.get(name)))
            before[name] = seconds
            subprocess.run(["rm", "-rf", str(folder / "result")], check=True)
        text.unlink()


def _row(work: str, result: dict[str, Any], seconds: float, before: float | None) -> Row:
    ours = (
        f"{seconds:.0f} CPU s a GB ({result['whole']:.0f} s in all), {result['peak_mb']:.0f} MB of memory, "
        f"{result['disk_mb']:.0f} MB of temporary files"
    )
    if before is None:
        return Row(work, ours, "–", "–")
    growth = seconds / before
    met = format_met(growth <= MOST_GROWTH)
    return Row(work, ours, "the size before", f"{growth:.2f} of its time a GB", f"≤ {MOST_GROWTH:g}", met)


def _workers(settings: Settings, report: Report, folder: Path) -> None:
    """Measure wall time, which means little if others use the cores."""
    path = settings.path(settings.large)

    def build(*options: str) -> float:
        return float(run_child("build-vocab", folder / "words.tsv", path, *options)["seconds"])

    one, two = alternate(lambda: build(), lambda: build("--workers", "2"), repeat=settings.repeat)
    report.add(faster_row(f"build-vocab --workers 2 on {path.stem}", two, "one thread", one, least=1.8))
    turns = [run_child("cluster", path, 2) for _ in range(settings.repeat)]
    here, there = (Timing(tuple(turn[name] for turn in turns)) for name in ("here", "there"))
    work = f"distributed.build_vocab, 2 processes that are up, on {path.stem}"
    report.add(faster_row(work, there, "one thread", here, least=1.4))
