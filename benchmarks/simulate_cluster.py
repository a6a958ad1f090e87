"""Time and memory of counting and building on clusters, from costs that are measured here.

``python benchmarks/simulate_cluster.py TEXT`` counts a text of 20 to 100 MB with the functions that are the tasks of a
cluster, measures the CPU seconds of each, and computes what corpora of 100 GB to 100 TB take on 4, 16 and 256 machines.

The computation is a list of stages that follow each other.  A stage is done by all threads of the cluster, by all disks
or networks of its machines, or by the calling process; its time is its work divided by the speed of what does it. New
n-grams become rarer as the text grows: their number is extrapolated as ``types = K * size ** b`` (Heaps), fitted to
the whole text and to a quarter of it.  The power usually falls as a text grows, so the numbers are likely upper bounds.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from nlp_zero import Corpus, Lexicon, PmiLexiconBuilder, Tokenizer
from nlp_zero._kernels.counting import PieceCounter
from nlp_zero.cli.tokenize import _cut_lines
from nlp_zero.corpus import slice_corpus
from nlp_zero.counting.count_data import CountOptions
from nlp_zero.counting.counter import count_ngrams
from nlp_zero.counting.linked import LinkedTree
from nlp_zero.distributed import tasks

R = TypeVar("R")
GB = 1e9
SIZES = {"100 GB": 1e11, "1 TB": 1e12, "10 TB": 1e13, "100 TB": 1e14}  # bytes
MACHINES = (4, 16, 256)
PARTS = 4  # of the text, whose runs are merged
ORDER = 4
PATTERN_BYTES = 48  # of a kept n-gram in the table that every worker has
MOST_KEPT = 5e7  # kept n-grams: for larger texts, --min-count is raised
MOST_NODES = 1 << 32  # n-grams of one length in the tree of a builder
LARGEST_RANGE = 0.04  # share of the n-grams that begin with the most frequent character


@dataclass(frozen=True)
class Machine:
    """What a machine of the cluster has: assumed, not measured.

    Parameters
    ----------
    threads : int
    memory : float
        Bytes.
    network, disk : float
        Bytes per second.
    """

    threads: int = 16
    memory: float = 64 * GB
    network: float = 1.25 * GB
    disk: float = 0.5 * GB


@dataclass(frozen=True)
class Costs:
    """What was measured: CPU seconds and bytes, for each byte of the text unless said otherwise."""

    count: float
    run_bytes: float
    merge: float
    cut: float  # of build-vocab, with the kept n-grams
    link: float  # in the calling process, for each n-gram
    tokenize: float
    tokenized_bytes: float
    pack: float  # for each byte that is sent
    types_k: float
    types_b: float
    twice_share: float  # n-grams that occur twice, of all
    longest_share: float  # of these, those of the longest length
    kept_share: float  # of these, those that are kept as patterns
    node_bytes: float  # of an n-gram in saved counts

    def types(self, size: float) -> float:
        """Return the number of different n-grams of all orders in `size` bytes of text."""
        return self.types_k * size**self.types_b

    def nodes(self, size: float) -> float:
        """Return the number of n-grams that occur at least twice."""
        return self.twice_share * self.types(size)

    def pattern_bytes(self, size: float) -> float:
        """Return the size of the table of kept n-grams."""
        return PATTERN_BYTES * min(MOST_KEPT, self.kept_share * self.nodes(size))

    def largest_range(self, size: float) -> float:
        """Return the bytes of the runs of the largest range."""
        return LARGEST_RANGE * self.run_bytes * size


@dataclass(frozen=True)
class Stage:
    """A stage of the work.

    Parameters
    ----------
    name : str
    seconds : float
    where : str
        What limits it.
    """

    name: str
    seconds: float
    where: str


def measure(text: Path) -> Costs:
    """Run the tasks of a cluster on a text, one after another, in this process."""
    size = text.stat().st_size
    corpus = Corpus(text)
    parts = slice_corpus(corpus, -(-size // PARTS))
    task = tasks.CountTask(ORDER, CountOptions())
    cuts = tasks.cut_ngrams(parts, PARTS, task)
    count_seconds, runs = clock(lambda: [tasks.count_part(part, cuts, task) for part in parts])
    merge_seconds, ranges = clock(lambda: [tasks.merge_range([run[k] for run in runs], task) for k in range(PARTS)])
    whole = sum(len(level[0]) for _, _, levels in ranges for level in levels)
    quarter = sum(count_ngrams(parts[0], order=ORDER).types(n) for n in range(1, ORDER + 1))
    b = math.log(whole / quarter) / math.log(PARTS)
    run_bytes = sum(len(data) for run in runs for data in run)
    pack_seconds, _ = clock(lambda: [bytes(bytearray(data)) for run in runs for data in run])
    counts = count_ngrams(corpus, order=ORDER, min_count=2)
    nodes = sum(counts.types(n) for n in range(1, ORDER + 1))
    builder = PmiLexiconBuilder()
    link_seconds, tree = clock(lambda: LinkedTree(counts))
    select_seconds, selection = clock(lambda: tree.select(builder.min_count, builder.min_pmi))
    shared = (PieceCounter, (tree.alphabet, selection.patterns))
    cut_seconds, _ = clock(lambda: [tasks.count_blocks(part, shared) for part in parts])
    tokenizer = Tokenizer(_learn(corpus, builder))
    options = argparse.Namespace(separator=" ", workers=1, sample=False)
    tokenize_seconds, tokenized = clock(lambda: sum(map(len, _cut_lines(corpus, tokenizer, options, 0))))
    kept = sum(map(len, selection.nodes))
    with tempfile.TemporaryDirectory() as folder:
        count_ngrams(corpus, order=ORDER).save(Path(folder) / "counts")
        stored = sum(file.stat().st_size for file in (Path(folder) / "counts").iterdir())
    return Costs(
        count=count_seconds / size, run_bytes=run_bytes / size, merge=merge_seconds / size, cut=cut_seconds / size,
        link=(link_seconds + select_seconds) / nodes, tokenize=tokenize_seconds / size,
        tokenized_bytes=tokenized / size, pack=pack_seconds / run_bytes,
        types_k=whole / size**b, types_b=b,
        twice_share=nodes / whole, longest_share=counts.types(ORDER) / nodes, kept_share=kept / nodes,
        node_bytes=stored / whole,
    )  # fmt: skip


def clock(work: Callable[[], R]) -> tuple[float, R]:
    """Return the CPU seconds of some work, and its result."""
    begin = time.process_time()
    result = work()
    return time.process_time() - begin, result


def _learn(corpus: Corpus, builder: PmiLexiconBuilder) -> Lexicon:
    lexicon: Lexicon = builder.build(corpus, scores=False)
    return lexicon


def range_stages(size: float, machines: int, costs: Costs, machine: Machine) -> list[Stage]:
    """Return the stages until the ranges of the count tree are on the workers."""
    threads, sent = machines * machine.threads, costs.run_bytes * size
    fits = costs.largest_range(size) <= machine.memory
    return [
        Stage("map", (costs.count * size + costs.pack * sent) / threads, "threads"),
        Stage("read", size / (machines * machine.disk), "disks"),
        Stage("send runs", sent / (machines * machine.network), "network"),
        Stage("spill runs", max(0.0, sent - machines * machine.memory / 2) / (machines * machine.disk), "disks"),
        Stage("merge", costs.merge * size * max(1 / threads, LARGEST_RANGE), "one thread: the largest range"),
        Stage("hold the largest range", 0.0 if fits else math.inf, "memory of a worker"),
    ]


def count_stages(size: float, machines: int, costs: Costs, machine: Machine) -> list[Stage]:
    """Return the stages of ``count --scheduler -o counts``."""
    result = costs.node_bytes * costs.types(size)
    seconds = result / min(machine.disk, machine.network)
    return [*range_stages(size, machines, costs, machine), Stage("write the result", seconds, "one process")]


def count_in_parts_stages(size: float, machines: int, costs: Costs, machine: Machine) -> list[Stage]:
    """Return the stages of ``count --scheduler -o 'counts/*'``, whose ranges are written where they are."""
    result = costs.node_bytes * costs.types(size)
    seconds = max(1 / machines, LARGEST_RANGE) * result / machine.disk
    return [
        *range_stages(size, machines, costs, machine),
        Stage("write the result", seconds, "disk: the largest range"),
    ]


def build_stages(size: float, machines: int, costs: Costs, machine: Machine) -> list[Stage]:
    """Return the stages of ``build-vocab --scheduler``; the tree has the n-grams that occur twice."""
    nodes, patterns = costs.nodes(size), costs.pattern_bytes(size)
    fits = patterns * machine.threads <= machine.memory
    numbered = costs.longest_share * nodes < MOST_NODES
    return [
        *range_stages(size, machines, costs, machine),
        Stage("write the tree", costs.node_bytes * nodes / machine.disk, "one process"),
        Stage("link and select", costs.link * nodes / machine.threads, "one process"),
        Stage("send patterns", patterns * machine.threads * math.log2(machines) / machine.network, "network"),
        Stage("cut and describe", 2 * costs.cut * size / (machines * machine.threads), "threads"),
        Stage("hold the patterns", 0.0 if fits else math.inf, "memory of a worker"),
        Stage("number the n-grams", 0.0 if numbered else math.inf, "32 bits in the calling process"),
    ]


def tokenize_stages(size: float, machines: int, costs: Costs, machine: Machine) -> list[Stage]:
    """Return the stages of ``tokenize --scheduler -o 'cut/*.txt'``; each worker reads and writes its parts."""
    return [
        Stage("cut", costs.tokenize * size / (machines * machine.threads), "threads"),
        Stage("read and write", (1 + costs.tokenized_bytes) * size / (machines * machine.disk), "disks"),
    ]


WORK: dict[str, Callable[[float, int, Costs, Machine], list[Stage]]] = {
    "count -o counts": count_stages, "count -o 'counts/*'": count_in_parts_stages, "build-vocab": build_stages,
    "tokenize -o 'cut/*.txt'": tokenize_stages,
}  # fmt: skip


def format_seconds(seconds: float) -> str:
    if seconds == math.inf:
        return "–"
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path)
    for name, value in vars(Machine()).items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    options = parser.parse_args()
    costs = measure(options.text)
    machine = Machine(options.threads, options.memory, options.network, options.disk)
    print_costs(costs)
    times = " | ".join(f"{machines} machines" for machines in MACHINES)
    print(f"| command | text | {times} | limit of {MACHINES[1]} machines | memory of a worker | of the caller |")
    print(f"|---|---|{'---|' * len(MACHINES)}---|---|---|")
    for name, stages_of in WORK.items():
        for label, size in SIZES.items():
            stages = {machines: stages_of(size, machines, costs, machine) for machines in MACHINES}
            print(format_row(name, label, stages, size, costs))


def print_costs(costs: Costs) -> None:
    print(f"map {costs.count * GB:.0f} CPU s a GB, {costs.run_bytes:.2f} bytes of runs for each byte of text;")
    print(f"merge {costs.merge * GB:.0f} CPU s a GB; cut {costs.cut * GB:.0f}, tokenize {costs.tokenize * GB:.0f};")
    print(f"link and select {costs.link * 1e9:.0f} ns for each n-gram; {costs.node_bytes:.1f} bytes of each are saved;")
    print(f"the number of different n-grams rises with the power {costs.types_b:.2f} of the text;")
    print(f"{costs.twice_share:.0%} of them occur twice, and {costs.kept_share:.0%} of these are kept.\n")


def format_row(name: str, label: str, stages: dict[int, list[Stage]], size: float, costs: Costs) -> str:
    """Return a row with the time on each number of machines."""
    longest = max(stages[MACHINES[1]], key=lambda stage: stage.seconds)
    worker = caller = 0.3 * GB
    if "tokenize" not in name:
        worker = max(worker, costs.largest_range(size))
    if name == "build-vocab":
        worker, caller = max(worker, costs.pattern_bytes(size)), max(caller, costs.pattern_bytes(size))
    cells = [
        f"`{name}`", label, *(format_seconds(sum(stage.seconds for stage in one)) for one in stages.values()),
        f"{longest.name} ({longest.where})", f"{worker / GB:.1f} GB", f"{caller / GB:.1f} GB",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
