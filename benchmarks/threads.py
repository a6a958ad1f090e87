"""How much two threads of a program gain that share one tokenizer: a line a call, with and without the global lock.

Usage: ``python3.14t benchmarks/threads.py`` (and ``python3.14t -X gil=1 ...``) after ``corpora/fetch.py people-daily``.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from nlp_zero import PmiLexiconBuilder, Tokenizer

DATA = Path(__file__).parent.parent / "corpora" / "data" / "people-daily.txt"
ROUNDS, TURNS = 5, 7


def run(work: Callable[[str], object], lines: list[str], threads: int) -> float:
    """Return the seconds in which threads apply `work` to all lines, several times."""

    def work_on(share: list[str]) -> None:
        for _ in range(ROUNDS):
            for line in share:
                work(line)

    pool = [threading.Thread(target=work_on, args=(lines[k::threads],)) for k in range(threads)]
    begun = time.perf_counter()
    for thread in pool:
        thread.start()
    for thread in pool:
        thread.join()
    return time.perf_counter() - begun


def main() -> None:
    """Print a table of all methods."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", nargs="?", type=Path, default=DATA)
    lines = parser.parse_args().text.read_text(encoding="utf-8").splitlines()
    tokenizer = Tokenizer(PmiLexiconBuilder().build(lines))
    methods: dict[str, Callable[[str], object]] = {
        "ids": tokenizer.encode,
        "strings": tokenizer.tokenize,
        "samples": lambda line: tokenizer.sample(line, alpha=0.2, seed=1),
        "entropy": lambda line: tokenizer.entropy(line, alpha=0.5),
    }
    locked = getattr(sys, "_is_gil_enabled", lambda: True)()
    print(f"Python {sys.version.split()[0]}, the global lock is {'on' if locked else 'off'}; best of {TURNS}")
    print("| work | one thread, s | two threads, s | times as fast |\n|---|---|---|---|")
    for name, work in methods.items():
        one, two = (min(run(work, lines, threads) for _ in range(TURNS)) for threads in (1, 2))
        print(f"| {name} | {one:.3f} | {two:.3f} | {one / two:.2f} |")


if __name__ == "__main__":
    main()
