"""What is special to a text or a document: time and memory of whole processes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from harness import Missing, Report, Row, Settings, alternate, limit_row, run_child


def run(settings: Settings, report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for step in (_compare, _keywords):
            try:
                step(settings, report, Path(folder) / "words.tsv")
            except Missing as missing:
                report.missing("compare, keywords", "text", missing)


def _compare(settings: Settings, report: Report, output: Path) -> None:
    new, old = settings.path("people-daily"), settings.path("reviews")
    _command(settings, report, output, "compare people-daily --against reviews", 3, "compare", new, "--against", old)


def _keywords(settings: Settings, report: Report, output: Path) -> None:
    texts = settings.path("reviews")
    _command(settings, report, output, "keywords of each line of reviews", None, "keywords", texts)


def _command(
    settings: Settings, report: Report, output: Path, work: str, limit: float | None, *arguments: object
) -> None:
    """Measure a command that learns words from its texts, and writes a table."""
    most = 0.0

    def ours() -> float:
        nonlocal most
        done = run_child("nlpzero", *arguments, "-o", output, "-q")
        most = max(most, float(done["peak_mb"]))
        return float(done["whole"])

    (timing,) = alternate(ours, repeat=settings.repeat)
    work += ", whole process"
    report.add(Row(work, timing.describe(), "–", "–") if limit is None else limit_row(work, timing, limit))
    report.add(Row("peak memory of that", f"{most:.0f} MB", "–", "–"))
