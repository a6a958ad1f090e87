"""Time until the first sentence is segmented."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import CLOCK, Missing, Report, Settings, Timing, alternate, limit_row, make_side, share_row
from pairs_tokenize import learn_many_words, learn_top_words

from nlp_zero import Lexicon, Tokenizer

RUNS = 21


def run(settings: Settings, report: Report) -> None:
    runs = 5 if settings.quick else RUNS
    ours, numpy = alternate(lambda: time_import("nlp_zero"), lambda: time_import("numpy"), repeat=runs)
    report.add(share_row("import nlp_zero in a fresh interpreter", ours, "import numpy", numpy, most=1.5))
    for learn, limit in ((learn_top_words, 0.04), (learn_many_words, 0.4)):
        try:
            lexicon = learn(settings)
        except Missing as missing:
            report.missing("load a lexicon", "text", missing)
            return
        load = _time_load(lexicon, runs)
        report.add(limit_row(f"load a lexicon of {len(lexicon):,} words and cut a first line", load, limit))


def _time_load(lexicon: Lexicon, runs: int) -> Timing:
    """Return the time from the file of a lexicon to the first tokens."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lexicon.tsv"
        lexicon.save(file)
        (timing,) = alternate(make_side(lambda: Tokenizer(Lexicon.load(file)).tokenize("春眠不觉晓")), repeat=runs)
    return timing


def time_import(module: str) -> float:
    """Return the seconds of an import statement in a new interpreter."""
    now = "time.process_time()" if os.environ.get(CLOCK) == "cpu" else "time.perf_counter()"
    code = f"import time; start = {now}; import {module}; print({now} - start)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
