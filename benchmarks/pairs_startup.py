"""How long until the first sentence can be cut."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import CLOCK, Missing, Report, Settings, alternate, share_of, timed, within
from pairs_tokenize import SIZE, top_words

from nlp_zero import Lexicon, Tokenizer

RUNS = 21


def run(settings: Settings, report: Report) -> None:
    runs = 5 if settings.quick else RUNS
    ours, numpy = alternate(lambda: import_seconds("nlp_zero"), lambda: import_seconds("numpy"), repeat=runs)
    report.add(share_of("import nlp_zero in a fresh interpreter", ours, "import numpy", numpy, most=1.5))
    try:
        lexicon = top_words(settings, SIZE)
    except Missing as missing:
        report.missing("load a lexicon", "text", missing)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lexicon.tsv"
        lexicon.save(file)
        (load,) = alternate(timed(lambda: Tokenizer(Lexicon.load(file)).tokenize("春眠不觉晓")), repeat=runs)
    report.add(within(f"load a lexicon of {len(lexicon):,} words and cut a first line", load, 0.05))


def import_seconds(module: str) -> float:
    """The import statement alone, in an interpreter that has imported nothing else."""
    now = "time.process_time()" if os.environ.get(CLOCK) == "cpu" else "time.perf_counter()"
    code = f"import time; start = {now}; import {module}; print({now} - start)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
