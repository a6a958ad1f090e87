"""Make a text of any size from a smaller one, with new n-grams throughout as in real text.

``python benchmarks/grow.py SOURCE SIZE OUTPUT [--seed N]``; SIZE like 100M or 1G (10^6, 10^9 bytes).

All lines of the source repeatedly, in a new order each time.  Every third line gets a new random name of two to four
characters, drawn with their frequencies in the source.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Iterator
from pathlib import Path

UNITS = {"K": 10**3, "M": 10**6, "G": 10**9}


def grow_lines(lines: list[str], seed: int) -> Iterator[str]:
    """Yield lines endlessly."""
    rng = random.Random(seed)
    letters = re.sub(r"[^\u4e00-\u9fff]", "", "".join(rng.sample(lines, min(len(lines), 20000))))
    while True:
        rng.shuffle(lines)
        for line in lines:
            if rng.random() < 1 / 3 and line:
                at = rng.randrange(len(line) + 1)
                name = "".join([letters[int(rng.random() * len(letters))] for _ in range(rng.randrange(2, 5))])
                line = line[:at] + name + line[at:]
            yield line


def parse_size(text: str) -> int:
    return int(float(text[:-1]) * UNITS[text[-1].upper()]) if text[-1].upper() in UNITS else int(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("size", type=parse_size)
    parser.add_argument("output", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    written = 0
    with options.output.open("wb") as file:
        for line in grow_lines(options.source.read_text(encoding="utf-8").splitlines(), options.seed):
            data = line.encode() + b"\n"
            file.write(data)
            written += len(data)
            if written >= options.size:
                return


if __name__ == "__main__":
    main()
