"""Words in context: the whole process, including the start of the interpreter and the file of the result."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from harness import CLOCK, Missing, Report, Row, Settings, Side, Timing, alternate, format_met, ratio, run_child
from pairs_tokenize import SIZE, learn_top_words

LEAST_SPEED = 100  # MB/s
CONTEXT = 20  # characters on each side of ours (40 columns) and of grep
WORDS = {
    "one word (曹操)": "曹操",
    "ten words": "曹操,刘备,我们,中国,北京,经济,社会,发展,关羽,张飞",
    "a very frequent word (的)": "的",
}


def run(settings: Settings, report: Report) -> None:
    try:
        text = settings.path(settings.large)
    except Missing as missing:
        report.missing("concordance", "text", missing)
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, words in WORDS.items():
            work = f"concordance of {name} in {text.stem}, whole process"
            sides = [_time_ours(words, text, "-o", Path(folder, "ours.txt"))]
            pattern = f".{{0,{CONTEXT}}}({words.replace(',', '|')}).{{0,{CONTEXT}}}"
            if shutil.which("grep") is not None:
                sides.append(_time_process(["grep", "-noE", pattern, str(text)], Path(folder, "peer.txt")))
            _report(report, work, text, alternate(*sides, repeat=settings.repeat), least=words != "的")
        lexicon = Path(folder, "words.tsv")
        learn_top_words(settings, SIZE).save(lexicon)
        ours = _time_ours("曹操", text, "-o", Path(folder, "ours.txt"), "--lexicon", lexicon)
        turns = alternate(ours, repeat=settings.repeat)
        _report(report, f"concordance of 曹操 as a word of a lexicon, in {text.stem}", text, turns, least=False)


def _time_ours(*arguments: object) -> Side:
    return lambda: float(run_child("nlpzero", "concordance", *arguments, "-q")["whole"])


def _time_process(command: list[str], output: Path) -> Side:
    """Return a side that runs a command with its output in a file."""

    def side() -> float:
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        used, start = _cpu_of_children(), time.perf_counter()
        with output.open("wb") as file:
            subprocess.run(command, stdout=file, env=environment, check=True)
        return _cpu_of_children() - used if os.environ.get(CLOCK) == "cpu" else time.perf_counter() - start

    return side


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _report(report: Report, work: str, text: Path, turns: list[Timing], *, least: bool) -> None:
    size = text.stat().st_size
    ours = turns[0]
    peer = f"grep -noE: {turns[1].describe(size)}" if len(turns) > 1 else "–"
    faster = f"{ratio(turns[1], ours):.2f} × as fast" if len(turns) > 1 else "–"
    target = (f"≥ {LEAST_SPEED} MB/s", format_met(size / ours.median / 1e6 >= LEAST_SPEED)) if least else ("–", "–")
    report.add(Row(work, ours.describe(size), peer, faster, *target))
