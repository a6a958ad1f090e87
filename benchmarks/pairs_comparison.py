"""What is special to a text: time and memory of whole processes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from harness import Missing, Report, Row, Settings, alternate, limit_row, run_child


def run(settings: Settings, report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            _compare(settings, report, Path(folder) / "words.tsv")
        except Missing as missing:
            report.missing("compare", "text", missing)


def _compare(settings: Settings, report: Report, output: Path) -> None:
    new, old = settings.path("people-daily"), settings.path("reviews")
    most = 0.0

    def ours() -> float:
        nonlocal most
        done = run_child("nlpzero", "compare", new, "--against", old, "-o", output, "-q")
        most = max(most, float(done["peak_mb"]))
        return float(done["whole"])

    (timing,) = alternate(ours, repeat=settings.repeat)
    report.add(limit_row("compare people-daily --against reviews, whole process", timing, 3))
    report.add(Row("peak memory of that", f"{most:.0f} MB", "–", "–"))
