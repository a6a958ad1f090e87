"""From raw text to a lexicon: time and memory of whole processes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from harness import Missing, Report, Row, Settings, Timing, alternate, faster_row, limit_row, run_child

# Our implementation of the algorithm of the peer.
OLD_RULES = ("--order", "2", "--min-pmi", "1", "--min-count", "1", "--deduplicate")
PEER = "nlp-zero 0.1.6 Word_Finder train + find"


def run(settings: Settings, report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for step in (_entropy, _bayes, _old_rules, _default):
            try:
                step(settings, report, Path(folder) / "lexicon.tsv")
            except Missing as missing:
                report.missing("build-vocab", "text", missing)


def _entropy(settings: Settings, report: Report, output: Path) -> None:
    path = settings.path("people-daily")

    def ours() -> float:
        return float(run_child("build-vocab", output, path, "--method", "entropy")["whole"])

    (timing,) = alternate(ours, repeat=settings.repeat)
    report.add(limit_row("build-vocab --method entropy on people-daily, whole process", timing, 1.5))


def _bayes(settings: Settings, report: Report, output: Path) -> None:
    path = settings.path("people-daily")

    def ours() -> float:
        return float(run_child("build-vocab", output, path, "--method", "bayes", "--workers", "2")["whole"])

    (timing,) = alternate(ours, repeat=settings.repeat)
    report.add(limit_row("build-vocab --method bayes on people-daily, two threads, whole process", timing, 8))


def _old_rules(settings: Settings, report: Report, output: Path) -> None:
    _word_finder(settings, report, "people-daily", output, OLD_RULES, least=None)


def _default(settings: Settings, report: Report, output: Path) -> None:
    _word_finder(settings, report, settings.large, output, (), least=25)


def _word_finder(
    settings: Settings, report: Report, name: str, output: Path, options: tuple[str, ...], *, least: float | None
) -> None:
    """Run ours twice and the peer, which takes minutes, once between them."""
    path = settings.path(name)
    work = " ".join(("build-vocab --method pmi", *options, f"on {name}"))
    mine: list[dict[str, Any]] = [run_child("build-vocab", output, path, "--method", "pmi", *options)]
    theirs: dict[str, Any] | str
    try:
        theirs = run_child("word-finder", path, settings.cache)
    except Missing as missing:
        theirs = str(missing)
    mine.append(run_child("build-vocab", output, path, "--method", "pmi", *options))
    ours = Timing(tuple(run["whole"] for run in mine))
    if isinstance(theirs, str):
        report.add(Row(work, ours.describe(), f"{PEER}: {theirs}", "–", "–" if least is None else f"≥ {least:g} ×"))
        return
    goal = least if name == "mix" else None
    report.add(faster_row(work, ours, PEER, Timing((theirs["seconds"],)), least=goal))
    memory, peer_memory = max(run["peak_mb"] for run in mine), theirs["peak_mb"]
    share = f"{memory / peer_memory:.2f} of its memory"
    report.add(Row(f"peak memory of that on {name}", f"{memory:.0f} MB", f"{PEER}: {peer_memory:.0f} MB", share))
    report.notes.append(f"{work}: {mine[0]['words']:,} words; the peer found {theirs['words']:,}.")
