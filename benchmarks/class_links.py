"""F1 and speed of cutting unseen text with word classes, against the same lexicon without them.

On the first half of People's Daily (9,700 lines), whose parts are for development: the words are learnt from three raw
quarters of it, and the fourth one is cut.

    python benchmarks/class_links.py --seeds 0 1
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

from nlp_zero import BayesLexiconBuilder, Tokenizer
from nlp_zero.evaluation import evaluate

DATA = Path(__file__).parent.parent / "corpora" / "data"
FIRST_HALF, QUARTER = 9700, 2425
OBJECTIVES = ("unigram", "classes")
REPEATS = 20


def main() -> None:
    """Print a line for each quarter that is cut, and number of lines that are taught."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of people-daily.txt and people-daily-gold.txt")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0], help="of the sampler")
    parser.add_argument("--taught", type=int, nargs="*", default=[0, 200], help="lines that are examples")
    arguments = parser.parse_args()
    raw, gold = (read_lines(arguments.data / name) for name in ("people-daily.txt", "people-daily-gold.txt"))
    for seed in arguments.seeds:
        for number in arguments.taught:
            for begin in (FIRST_HALF - QUARTER, 0):
                compare(raw, gold, slice(begin, begin + QUARTER), seed, number)


def read_lines(path: Path) -> list[str]:
    """Return the lines of the first half."""
    return path.read_text(encoding="utf-8").split("\n")[:FIRST_HALF]


def compare(raw: list[str], gold: list[str], unseen: slice, seed: int, taught: int) -> None:
    """Learn from the lines outside a slice, cut those inside, and print what both objectives give."""
    learnt = [line for k, line in enumerate(raw) if not unseen.start <= k < unseen.stop]
    cut = [line for k, line in enumerate(gold) if not unseen.start <= k < unseen.stop]
    examples = random.Random(1).sample(cut, taught) if taught else None
    lexicon = BayesLexiconBuilder(seed=seed).build(learnt, examples=examples)
    tokenizers = [Tokenizer(lexicon, objective=objective) for objective in OBJECTIVES]
    lines = raw[unseen]
    f1 = [evaluate(gold[unseen], list(map(t.tokenize, lines)), level="alnum").f1 for t in tokenizers]
    seconds = [[measure(t, name, lines) for t in tokenizers * REPEATS] for name in ("encode", "tokenize", "sample")]
    speed = [min(times[::2]) / min(times[1::2]) for times in seconds]
    print(
        f"seed {seed}, {taught} lines taught, lines {unseen.start + 1}-{unseen.stop}: F1 unigram {f1[0]:.4f}, "
        f"classes {f1[1]:.4f}; speed of classes / unigram: ids {speed[0]:.2f}, strings {speed[1]:.2f}, "
        f"samples of a line {speed[2]:.2f}",
        flush=True,
    )


def measure(tokenizer: Tokenizer, name: str, lines: list[str]) -> float:
    """Return the processor seconds of cutting every line."""
    cut = getattr(tokenizer, name)
    begin = time.process_time()
    for line in lines:
        cut(line)
    return time.process_time() - begin


if __name__ == "__main__":
    main()
