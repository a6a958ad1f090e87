"""Prediction of unseen text by templates: mined from nine of ten lines, measured on every tenth.

    python benchmarks/held_out.py corpora/data/people-daily-gold.txt
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from nlp_zero import TemplateGrammar, TemplateMiner


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", help="text with words separated by spaces")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    lines = [line.split() for line in Path(options.text).read_text(encoding="utf-8").split("\n")]
    begin, cpu = time.perf_counter(), time.process_time()
    inventory = TemplateMiner(workers=options.workers).mine([line for k, line in enumerate(lines) if k % 10 != 9])
    wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
    found = TemplateGrammar.from_inventory(inventory).entropy(lines[9::10])
    print(f"{len(inventory):,} templates mined in {wall:.1f} s ({cpu:.1f} CPU s, {options.workers} threads)")
    print(f"{found.words:,} unseen words; the templates cost {found.model:,.0f} nats to write down")
    for name in ("leaves", "contiguous", "gapped", "all"):
        nats = getattr(found, name)
        print(f"{name:<12}{nats:.3f} nats per word   {1 - nats / found.leaves:6.1%} shorter")


if __name__ == "__main__":
    main()
