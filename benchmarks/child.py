"""Jobs that need a process of their own: for their memory, their start, or their environment.

``python child.py JOB ARGUMENT...`` prints one line of JSON; ``peak_mb`` is the most memory that the process held,
``cpu`` the seconds that it had a core for.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from harness import Missing, clock


def peak_mb() -> float:
    """Most resident memory so far, in MB.

    Not ``ru_maxrss`` where ``/proc`` has better: a child starts with that of the process that forked it.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        kilobytes = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(kilobytes) * 1024 / 1e6
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / 1e6 if sys.platform == "darwin" else used * 1024 / 1e6


class Lines:
    """The lines of a file, read anew each time, so that neither side keeps the text in memory."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __iter__(self) -> Iterator[str]:
        with open(self.path, encoding="utf-8", newline="\n") as file:
            for line in file:
                yield line.rstrip("\n")


def build_vocab(output: str, *arguments: str) -> dict[str, object]:
    """Our command line: ``nlpzero build-vocab ARGUMENT... -o output``."""
    from nlp_zero.cli import main

    start = time.perf_counter()
    status = main(["build-vocab", *arguments, "-q", "-o", output])
    if status:
        raise SystemExit(status)
    seconds = time.perf_counter() - start
    with open(output, encoding="utf-8") as file:
        return {"words": sum(1 for _ in file) - 2, "seconds": seconds}


def nlpzero(*arguments: str) -> dict[str, object]:
    """Any command line; also the most that nameless temporary files held, in MB."""
    from nlp_zero.cli import main

    most, done = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.1):
            now = 0
            for link in Path("/proc/self/fd").iterdir():
                with contextlib.suppress(OSError):
                    now += link.stat().st_blocks * 512 if "(deleted)" in os.readlink(link) else 0
            most = max(most, now)

    watcher = threading.Thread(target=watch)
    if Path("/proc/self/fd").is_dir():
        watcher.start()
    status = main(list(arguments))
    done.set()
    if status:
        raise SystemExit(status)
    return {"disk_mb": most / 1e6}


def cluster(path: str, workers: str) -> dict[str, object]:
    """The same lexicon in this process and by worker processes, which are up and warm before the clock starts."""
    from nlp_zero import Corpus, PmiLexiconBuilder, distributed

    start = clock()
    here = PmiLexiconBuilder().build(Corpus(path))
    alone = clock() - start
    with distributed.connect(workers=int(workers)) as client:
        distributed.count(path, client=client, order=1)
        start = time.perf_counter()
        there = distributed.build_vocab(path, PmiLexiconBuilder(workers=int(workers)), client=client)
        seconds = time.perf_counter() - start
    if here != there:
        raise SystemExit("the lexicons differ")
    return {"here": alone, "there": seconds}


def word_finder(path: str, cache: str) -> dict[str, object]:
    """nlp-zero 0.1.6: ``Word_Finder`` train and find with its defaults."""
    from peers import old_nlp_zero

    module = old_nlp_zero(Path(cache))
    start = clock()
    finder = module.Word_Finder()
    finder.train(Lines(path))
    finder.find(Lines(path), remove_weak_pairs=False)  # True fails: it takes the keys of a dictionary for its items
    return {"words": len(finder.words), "seconds": clock() - start}


def sort(path: str) -> dict[str, object]:
    """One ``np.sort`` of the keys in a ``.npy`` file."""
    import numpy as np

    keys = np.load(path)
    start = clock()
    keys.sort()
    return {"seconds": clock() - start}


def simd() -> dict[str, object]:
    """Names of the SIMD features that NumPy may be told not to use, as ``NPY_DISABLE_CPU_FEATURES`` wants them."""
    import numpy as np

    found = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    return {"features": " ".join(found)}


JOBS: dict[str, Callable[..., dict[str, object]]] = {
    "build-vocab": build_vocab, "nlpzero": nlpzero, "cluster": cluster, "word-finder": word_finder, "sort": sort,
    "simd": simd,
}

if __name__ == "__main__":
    try:
        result = JOBS[sys.argv[1]](*sys.argv[2:])
    except Missing as missing:
        print(missing, file=sys.stderr)
        sys.exit(3)
    print(json.dumps({**result, "peak_mb": peak_mb(), "cpu": time.process_time()}))
