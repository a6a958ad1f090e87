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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cluster_costs import LEAST_BYTES, NODE_BYTES, PATTERN_BYTES, UNEVEN, Costs, measure

from nlp_zero.distributed.addition import RANGE_NGRAMS
from nlp_zero.distributed.corpus import choose_part_size
from nlp_zero.distributed.ranged import CANDIDATE_NGRAMS, MOST_BLOCKS, VISITED_RANGES
from nlp_zero.distributed.reduce import choose_ranges
from nlp_zero.distributed.saved import PIECE_NGRAMS
from nlp_zero.distributed.shuffle import plan_shuffle

GB = 1e9
SLICE = 1e13  # bytes of text that are counted at once; larger texts in slices, which are merged
SIZES = {"100 GB": 1e11, "1 TB": 1e12, "10 TB": 1e13, "100 TB": 1e14}  # bytes
MACHINES = (4, 16, 256)
WORK_BYTES = 60  # of an n-gram of a range that is worked on
LEARNING = ("score candidates", "send patterns", "cut and describe", "hold the patterns")  # from counts of any kind


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


def plan_tasks(size: float, threads: int) -> tuple[int, int, int]:
    """Return the number of parts and of ranges of a count, and the number of its tasks."""
    parts = math.ceil(size / choose_part_size(int(size), threads))
    ranges = choose_ranges(int(size), threads)
    width, height = plan_shuffle(parts, ranges)
    if width == 1:
        return parts, ranges, parts + parts * ranges + ranges
    columns, groups = math.ceil(ranges / width), math.ceil(parts / height)
    return parts, ranges, parts + parts * columns + groups * columns + groups * ranges + 3 * ranges


def range_stages(size: float, machines: int, costs: Costs, machine: Machine) -> list[Stage]:
    """Return the stages until the ranges of the count tree are on the workers."""
    threads, sent = machines * machine.threads, costs.run_bytes * size
    parts, ranges, number = plan_tasks(size, threads)
    hops = 1 if plan_shuffle(parts, ranges)[0] == 1 else 2
    needed = max(costs.largest_range(size, ranges), costs.map_bytes(size, parts))
    fits = needed * machine.threads <= machine.memory
    return [
        Stage("map", (costs.count * size + hops * costs.pack * sent) / threads, "threads"),
        Stage("schedule", costs.task * number, "one process"),
        Stage("read", size / (machines * machine.disk), "disks"),
        Stage("send runs", hops * sent / (machines * machine.network), "network"),
        Stage("spill runs", hops * max(0.0, sent - machines * machine.memory / 2) / (machines * machine.disk), "disks"),
        Stage("merge", costs.merge * size * max(1 / threads, UNEVEN / ranges), "threads"),
        Stage("hold a range", 0.0 if fits else math.inf, "memory of a worker"),
    ]


def count_stages(size: float, machines: int, costs: Costs, machine: Machine) -> list[Stage]:
    """Return the stages of ``count --scheduler -o counts``."""
    result = costs.node_bytes * costs.types(size)
    seconds = result / min(machine.disk, machine.network)
    return [*range_stages(size, machines, costs, machine), Stage("write the result", seconds, "one process")]


def count_in_parts_stages(size: float, machines: int, costs: Costs, machine: Machine) -> list[Stage]:
    """Return the stages of ``count --scheduler -o 'counts/*'``, whose ranges are written where they are."""
    seconds = costs.node_bytes * costs.types(size) / (machines * machine.disk)
    return [*range_stages(size, machines, costs, machine), Stage("write the result", seconds, "disks")]


def plan_merge(size: float, costs: Costs) -> tuple[int, int, int]:
    """Return the number of slices of a text, of the ranges of each, and of the ranges of their sum."""
    slices = math.ceil(size / SLICE)
    longest = slices * costs.longest_share * costs.types(size / slices)
    return slices, choose_ranges(int(size / slices), 1 << 20), math.ceil(longest / RANGE_NGRAMS)


def count_slices_stages(size: float, machines: int, costs: Costs, machine: Machine) -> list[Stage]:
    """Return the stages of counting slices one after another, and of merging their ranges.

    A task of the merge reads each folder that reaches into its range, so the folders are read several times.
    """
    slices, folders, ranges = plan_merge(size, costs)
    counted = count_in_parts_stages(size / slices, machines, costs, machine)
    stored, disks = costs.node_bytes * costs.types(size / slices) * slices, machines * machine.disk
    return [
        *(Stage(stage.name, slices * stage.seconds, stage.where) for stage in counted),
        Stage("describe and read folders", stored * (2 + ranges / folders) / disks, "disks"),
        Stage("merge slices", costs.merge * size / (machines * machine.threads), "threads"),
        Stage("schedule the merge", costs.task * (slices * folders + 4 * ranges), "one process"),
        Stage("write the sum", costs.node_bytes * costs.types(size) / disks, "disks"),
    ]


def build_stages(size: float, machines: int, costs: Costs, machine: Machine) -> list[Stage]:
    """Return the stages of ``build-vocab --scheduler``; the ranges have the n-grams that occur twice."""
    threads, nodes = machines * machine.threads, costs.nodes(size)
    patterns, candidates = PATTERN_BYTES * costs.kept(size), costs.candidates(size)
    _, ranges, _ = plan_tasks(size, threads)
    blocks = min(MOST_BLOCKS, threads)
    visits = (2 + candidates / CANDIDATE_NGRAMS + blocks) * ranges
    fits = patterns * machine.threads <= machine.memory
    return [
        *range_stages(size, machines, costs, machine),
        Stage("find candidates", costs.find * nodes / min(threads, ranges), "threads"),
        Stage("score candidates", costs.score * candidates + 20 * candidates / machine.network, "one process"),
        Stage("schedule visits of ranges", costs.task * visits, "one process"),
        Stage("send patterns", patterns * machine.threads * math.log2(machines) / machine.network, "network"),
        Stage("cut and describe", 2 * costs.cut * size / threads, "threads"),
        Stage("branching entropies", costs.entropy * nodes / min(blocks, ranges), "64 blocks of words"),
        Stage("hold the patterns", 0.0 if fits else math.inf, "memory of a worker"),
    ]


def plan_pieces(size: float, costs: Costs) -> tuple[int, int]:
    """Return the number of folders of the saved counts of a text, and of their pieces."""
    folders = choose_ranges(int(size), 1) if size <= SLICE else plan_merge(size, costs)[2]
    return folders, max(folders, math.ceil(costs.longest_share * costs.nodes(size) / PIECE_NGRAMS))


def learn_stages(size: float, machines: int, costs: Costs, machine: Machine) -> list[Stage]:
    """Return the stages of ``build-vocab --counts 'counts/*' --scheduler``, with the n-grams that occur twice.

    The counts are read twice when they are described, and then for candidates, for look-ups and for entropies.
    """
    threads, nodes, candidates = machines * machine.threads, costs.nodes(size), costs.candidates(size)
    folders, pieces = plan_pieces(size, costs)
    rounds = 2 + math.ceil(candidates / CANDIDATE_NGRAMS)  # candidates are found, and looked up as words are
    blocks = min(MOST_BLOCKS, threads)
    read = (3 + rounds) * costs.node_bytes * nodes / (machines * machine.disk)
    number = folders + (2 * rounds + 1 + blocks) * pieces
    sums = 32 * costs.kept(size) * pieces / VISITED_RANGES  # before and after words, to the workers and back
    filled = 1 + blocks / min(VISITED_RANGES, pieces)
    return [
        Stage("read ranges", read, "disks"),
        Stage("check and open ranges", (costs.describe + (1 + rounds) * costs.open) * nodes / threads, "threads"),
        Stage("find candidates", costs.find * nodes / min(threads, pieces), "threads"),
        Stage("schedule visits of ranges", costs.task * number, "one process"),
        Stage("return sums", sums / machine.network, "one process"),
        Stage("branching entropies", filled * costs.entropy * nodes / min(blocks, pieces), "64 blocks of words"),
        *(stage for stage in build_stages(size, machines, costs, machine) if stage.name in LEARNING),
    ]


def learn_slices_stages(size: float, machines: int, costs: Costs, machine: Machine) -> list[Stage]:
    """Return the stages of counting slices, merging their counts, and learning from the sum."""
    counted, learnt = (stages(size, machines, costs, machine) for stages in (count_slices_stages, learn_stages))
    return [*counted, *learnt]


def tokenize_stages(size: float, machines: int, costs: Costs, machine: Machine) -> list[Stage]:
    """Return the stages of ``tokenize --scheduler -o 'cut/*.txt'``; each worker reads and writes its parts."""
    return [
        Stage("cut", costs.tokenize * size / (machines * machine.threads), "threads"),
        Stage("read and write", (1 + costs.tokenized_bytes) * size / (machines * machine.disk), "disks"),
    ]


WORK: dict[str, Callable[[float, int, Costs, Machine], list[Stage]]] = {
    "count -o counts": count_stages, "count -o 'counts/*'": count_in_parts_stages, "build-vocab": build_stages,
    "tokenize -o 'cut/*.txt'": tokenize_stages, "count -o 'counts/*', slices merged": count_slices_stages,
    "build-vocab --counts 'counts/*'": learn_stages,
    "slices counted and merged, build-vocab --counts 'counts/*'": learn_slices_stages,
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
    print(f"| command | text | {times} | limit of {MACHINES[1]} machines | memory of a thread |")
    print(f"|---|---|{'---|' * len(MACHINES)}---|---|")
    for name, stages_of in WORK.items():
        for label, size in SIZES.items():
            if "slices" in name and size <= SLICE:
                continue
            stages = {machines: stages_of(size, machines, costs, machine) for machines in MACHINES}
            print(format_row(name, label, stages, size, costs, machine))
    most = max(map(costs.caller_bytes, SIZES.values()))
    print(f"\nThe calling process takes {LEAST_BYTES / GB:.1f} GB, with build-vocab up to {most / GB:.1f} GB.")


def print_costs(costs: Costs) -> None:
    print(f"map {costs.count * GB:.0f} CPU s a GB, {costs.run_bytes:.2f} bytes of runs for each byte of text;")
    print(f"merge {costs.merge * GB:.0f} CPU s a GB; cut {costs.cut * GB:.0f}, tokenize {costs.tokenize * GB:.0f};")
    print(f"find candidates {costs.find * 1e9:.0f} ns, entropies {costs.entropy * 1e9:.0f} ns for each n-gram;")
    print(f"score {costs.score * 1e9:.0f} ns for each candidate; {costs.task * 1e6:.0f} µs for each task;")
    print(f"{costs.node_bytes:.1f} bytes of each n-gram are saved;", end=" ")
    print(f"{costs.describe * 1e9:.0f} ns to check it and {costs.open * 1e9:.0f} ns to open it;")
    print(f"the number of different n-grams rises with the power {costs.types_b:.2f} of the text;")
    print(f"{costs.twice_share:.0%} of them occur twice,", end=" ")
    print(f"{costs.candidate_share:.0%} of these are candidates, {costs.kept_share:.0%} are kept.\n")


def format_row(
    name: str, label: str, stages: dict[int, list[Stage]], size: float, costs: Costs, machine: Machine
) -> str:
    """Return a row with the time on each number of machines."""
    longest = max(stages[MACHINES[1]], key=lambda stage: stage.seconds)
    threads = MACHINES[1] * machine.threads
    worker = LEAST_BYTES
    if "slices" in name:
        slices, _, sum_ranges = plan_merge(size, costs)
        parts, ranges, _ = plan_tasks(size / slices, threads)
        worker = max(costs.largest_range(size / slices, ranges), costs.map_bytes(size / slices, parts))
        worker = max(worker, UNEVEN * NODE_BYTES * costs.types(size) / sum_ranges)
    elif "tokenize" not in name and "--counts" not in name:
        parts, ranges, _ = plan_tasks(size, threads)
        worker = max(costs.largest_range(size, ranges), costs.map_bytes(size, parts))
    if "--counts" in name:
        inside = costs.nodes(size) / plan_pieces(size, costs)[1]
        worker = max(worker, WORK_BYTES * min(UNEVEN * inside, PIECE_NGRAMS / costs.longest_share))
    if "build-vocab" in name:
        worker = max(worker, PATTERN_BYTES * costs.kept(size))
    cells = [
        f"`{name}`", label, *(format_seconds(sum(stage.seconds for stage in one)) for one in stages.values()),
        f"{longest.name} ({longest.where})", f"{worker / GB:.1f} GB",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
