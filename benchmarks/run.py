"""Run all measurements; the report is Markdown on stdout, progress is on stderr.

Ours and the peers take turns on the same text, with one thread each.  ``make bench`` fetches the texts first.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from harness import CLOCK, CORPORA, THREADS, Report, Settings, describe_machine, format_table

GROUPS = ("count", "build", "vocabulary", "tokenize", "sample", "startup", "comparison", "concordance", "quality")
MORE = ("scale", "teaching")  # take an hour each, and scale 15 GB of disk; run only if named
HEADER = ("work", "ours", "peer", "ratio", "target", "met?")


def command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=GROUPS + MORE, default=GROUPS, metavar="NAME",
                        help=", ".join(GROUPS + MORE))  # fmt: skip
    parser.add_argument("--repeat", type=int, metavar="N", help="turns that count (default: 5; with --quick: 3)")
    parser.add_argument("--quick", action="store_true", help="people-daily instead of the large text mix")
    parser.add_argument("--cpu", action="store_true", help="CPU seconds instead of wall seconds, for a busy machine")
    parser.add_argument("--data", type=Path, default=CORPORA / "data", metavar="DIR", help="folder of the texts")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nlp-zero"
    parser.add_argument("--cache", type=Path, default=cache, metavar="DIR", help="folder for models and downloads")
    return parser


def measure(groups: Sequence[str], settings: Settings, report: Report) -> bool:
    """Run the groups one after the other; return whether all succeeded."""
    whole = True
    for name in groups:
        print(f"{name}:", file=sys.stderr, flush=True)
        try:
            importlib.import_module(f"pairs_{name}").run(settings, report)
        except Exception as error:  # a failure must not stop the other groups
            traceback.print_exc()
            report.missing(name, "failed", f"{type(error).__name__}: {error}")
            whole = False
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = command_line()
    options = parser.parse_args(arguments)
    repeat = options.repeat if options.repeat is not None else 3 if options.quick else 5
    if repeat < 1:
        parser.error("--repeat must be 1 or more turns")
    os.environ.update(dict.fromkeys(THREADS, "1"))  # before NumPy and the peers are loaded
    os.environ[CLOCK] = "cpu" if options.cpu else "wall"
    here, start = describe_machine(), time.perf_counter()
    settings = Settings(data=options.data, cache=options.cache / "bench", repeat=repeat, quick=options.quick)
    report = Report()
    whole = measure(options.only, settings, report)
    show(report, here, repeat, time.perf_counter() - start)
    return 0 if whole else 1


def show(report: Report, here: str, repeat: int, seconds: float) -> None:
    from peers import describe_versions

    print(f"Machine: {here}. Versions: {describe_versions()}.")
    what = "CPU seconds" if os.environ[CLOCK] == "cpu" else "seconds"
    print(f"One thread; {what}, medians of {repeat} turns (lowest–highest), ours and peers in turns.")
    print(f"The whole run took {seconds:.0f} s.\n")
    if report.rows:
        print(format_table(HEADER, [(r.work, r.ours, r.peer, r.ratio, r.target, r.met) for r in report.rows]))
    for title, header, rows in report.tables:
        print(f"\n{title}:\n\n{format_table(header, rows)}")
    if report.notes:
        print("\n" + "\n".join(f"- {note}" for note in report.notes))


if __name__ == "__main__":
    sys.exit(main())
