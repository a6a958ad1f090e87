"""Time until the first sentence is segmented."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import CLOCK, Missing, Report, Settings, alternate, limit_row, make_side, share_row
from pairs_tokenize import SIZE, learn_top_words

from nlp_zero import Lexicon, Tokenizer

RUNS = 21


def run(settings: Settings, report: Report) -> None:
    runs = 5 if settings.quick else RUNS
    ours, numpy = alternate(lambda: time_import("nlp_zero"), lambda: time_import("numpy"), repeat=runs)
    report.add(share_row("import nlp_zero in a fresh interpreter", ours, "import numpy", numpy, most=1.5))
    try:
        lexicon = learn_top_words(settings, SIZE)
    except Missing as missing:
        report.missing("load a lexicon", "text", missing)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lexicon.tsv"
        lexicon.save(file)
        (load,) = alternate(make_side(lambda: Tokenizer(Lexicon.load(file)).tokenize("春眠不觉晓")), repeat=runs)
    report.add(limit_row(f"load a lexicon of {len(lexicon):,} words and cut a first line", load, 0.05))


def time_import(module: str) -> float:
    """Return the seconds of an import statement in a new interpreter."""
    now = "time.process_time()" if os.environ.get(CLOCK) == "cpu" else "time.perf_counter()"
    code = f"import time; start = {now}; import {module}; print({now} - start)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
