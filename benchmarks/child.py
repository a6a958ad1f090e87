"""Jobs that need a process of their own, to measure memory or start-up or to set the environment.

``python child.py JOB ARGUMENT...`` prints one line of JSON; ``peak_mb`` is the peak memory of the process, ``cpu`` its
CPU seconds.
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

from basics import Missing, clock, supply_memory


def peak_mb() -> float:
    """Return the peak resident memory so far, in MB.

    ``/proc`` is preferred to ``ru_maxrss``, which a child inherits from the process that forked it.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        kilobytes = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(kilobytes) * 1024 / 1e6
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / 1e6 if sys.platform == "darwin" else used * 1024 / 1e6


class Lines:
    """The lines of a file, read again in each iteration, so that neither side keeps the text in memory."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __iter__(self) -> Iterator[str]:
        with open(self.path, encoding="utf-8", newline="\n") as file:
            for line in file:
                yield line.rstrip("\n")


def build_vocab(output: str, *arguments: str) -> dict[str, object]:
    """Run ``nlpzero build-vocab ARGUMENT... -o output``."""
    from nlp_zero.__main__ import run

    sys.argv = ["nlpzero", "build-vocab", *arguments, "-q", "-o", output]
    start = time.perf_counter()
    status = run()
    if status:
        raise SystemExit(status)
    seconds = time.perf_counter() - start
    with open(output, encoding="utf-8") as file:
        return {"words": sum(1 for _ in file) - 2, "seconds": seconds}


def nlpzero(*arguments: str) -> dict[str, object]:
    """Run any command of nlpzero as its own process does; measure the peak size of unnamed temporary files, in MB."""
    from nlp_zero.__main__ import run

    sys.argv = ["nlpzero", *arguments]
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
    status = run()
    done.set()
    if status:
        raise SystemExit(status)
    return {"disk_mb": most / 1e6}


def cluster(path: str, workers: str) -> dict[str, object]:
    """Build a lexicon in this process and by worker processes that run before the clock starts."""
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
    """Run ``Word_Finder`` of nlp-zero 0.1.6, train and find, with default options."""
    from peers import load_old_nlp_zero

    module = load_old_nlp_zero(Path(cache))
    start = clock()
    finder = module.Word_Finder()
    finder.train(Lines(path))
    finder.find(Lines(path), remove_weak_pairs=False)  # True fails in 0.1.6: it iterates keys instead of items
    return {"words": len(finder.words), "seconds": clock() - start}


def sentencepiece(output: str, path: str, kind: str, size: str) -> dict[str, object]:
    """Train a SentencePiece model that does not normalise the text."""
    from peers import import_peer

    import_peer("sentencepiece").SentencePieceTrainer.train(
        input=path, model_prefix=output.removesuffix(".model"), model_type=kind, vocab_size=int(size), num_threads=1,
        minloglevel=2, normalization_rule_name="identity", add_dummy_prefix=False, remove_extra_whitespaces=False,
        character_coverage=1.0, hard_vocab_limit=False,
    )  # fmt: skip
    return {}


def count(path: str, workers: str) -> dict[str, object]:
    """Count all n-grams of 1 to 4 characters of a file."""
    from nlp_zero import Corpus, NgramCounter

    supply_memory()
    start = clock()
    NgramCounter(order=4, workers=int(workers)).update(Corpus(path)).freeze()
    return {"seconds": clock() - start}


def sort(path: str) -> dict[str, object]:
    """Sort the keys of a ``.npy`` file with NumPy."""
    import numpy as np

    keys = np.load(path)
    start = clock()
    keys.sort()
    return {"seconds": clock() - start}


def simd() -> dict[str, object]:
    """Return the names of SIMD features that ``NPY_DISABLE_CPU_FEATURES`` can disable."""
    import numpy as np

    found = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    return {"features": " ".join(found)}


JOBS: dict[str, Callable[..., dict[str, object]]] = {
    "build-vocab": build_vocab, "nlpzero": nlpzero, "cluster": cluster, "word-finder": word_finder,
    "sentencepiece": sentencepiece, "count": count, "sort": sort, "simd": simd,
}

if __name__ == "__main__":
    try:
        result = JOBS[sys.argv[1]](*sys.argv[2:])
    except Missing as missing:
        print(missing, file=sys.stderr)
        sys.exit(3)
    print(json.dumps({**result, "peak_mb": peak_mb(), "cpu": time.process_time()}))
