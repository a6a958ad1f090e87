"""From raw text to a lexicon: time and memory of whole processes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from harness import (
    Missing,
    Report,
    Row,
    Settings,
    Timing,
    alternate,
    faster_row,
    format_met,
    limit_row,
    run_child,
)

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
    report.add(limit_row("build-vocab --method entropy on people-daily, whole process", timing, 0.8))


def _bayes(settings: Settings, report: Report, output: Path) -> None:
    path = settings.path("people-daily")

    def ours() -> float:
        return float(run_child("build-vocab", output, path, "--method", "bayes", "--workers", "2")["whole"])

    (timing,) = alternate(ours, repeat=settings.repeat)
    report.add(limit_row("build-vocab --method bayes on people-daily, two threads, whole process", timing, 8))


def _old_rules(settings: Settings, report: Report, output: Path) -> None:
    _word_finder(settings, report, "people-daily", output, {OLD_RULES: 20}, memory=0.5)


def _default(settings: Settings, report: Report, output: Path) -> None:
    _word_finder(settings, report, settings.large, output, {(): 30, ("--workers", "2"): 45})


def _word_finder(
    settings: Settings,
    report: Report,
    name: str,
    output: Path,
    targets: dict[tuple[str, ...], float],
    memory: float | None = None,
) -> None:
    """Run ours with each set of options twice, and the peer, which takes minutes, once between them."""
    path = settings.path(name)
    mine: dict[tuple[str, ...], list[dict[str, Any]]] = {options: [] for options in targets}

    def run_ours() -> None:
        for options, runs in mine.items():
            runs.append(run_child("build-vocab", output, path, "--method", "pmi", *options))

    run_ours()
    theirs: dict[str, Any] | str
    try:
        theirs = run_child("word-finder", path, settings.cache)
    except Missing as missing:
        theirs = str(missing)
    run_ours()
    for options, runs in mine.items():
        work = " ".join(("build-vocab --method pmi", *options, f"on {name}"))
        ours, least = Timing(tuple(run["whole"] for run in runs)), targets[options]
        if isinstance(theirs, str):
            report.add(Row(work, ours.describe(), f"{PEER}: {theirs}", "–", f"≥ {least:g} ×"))
            continue
        goal = None if settings.quick else least
        report.add(faster_row(work, ours, PEER, Timing((theirs["seconds"],)), least=goal))
        peak, peer_peak = max(run["peak_mb"] for run in runs), theirs["peak_mb"]
        share = peak / peer_peak
        cells = f"peak memory of that on {name}", f"{peak:.0f} MB", f"{PEER}: {peer_peak:.0f} MB"
        target = () if memory is None else (f"≤ {memory:g}", format_met(share <= memory))
        report.add(Row(*cells, f"{share:.2f} of its memory", *target))
        report.notes.append(f"{work}: {runs[0]['words']:,} words; the peer found {theirs['words']:,}.")
