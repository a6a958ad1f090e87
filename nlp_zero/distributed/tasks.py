"""The tasks of a cluster: functions that run on workers."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .._kernels import counting as kernel
from .._kernels.counting import Occurrences, PieceCounter
from ..corpus import Block, CorpusSlice
from ..counting.count_data import CountOptions
from ..counting.finishing import collect_counts, merge_sources
from ..counting.merging import RunSource, cut_run, merge_to_run
from ..counting.resources import MemoryPlan
from ..counting.runs import RunFile, write_run
from ..counting.store import RunStore
from .ranges import choose_cuts, close_edges, find_bound, find_repeated, list_edges
from .shuffle import flatten
from .subtrees import NgramTree, find_counts

if TYPE_CHECKING:
    from ..counting.tree import Level
    from .ranges import Cut, Ids, Range

    KeptRange = tuple[list[Level], list[bool]]
    """The levels of a range, and for each order whether an earlier range has its first n-gram, too."""
    class Part(Protocol):
        """A part of a corpus, which a worker reads."""

        def blocks(self, unit: str) -> Iterator[Block]:
            """Read the part; see `CorpusSlice.blocks`."""

    State = tuple[Any, ...]
    """The state of a counter of the kernels."""

__all__ = [
    "CountTask",
    "add_states",
    "close_range",
    "count_blocks",
    "count_part",
    "count_range",
    "cut_ngrams",
    "describe_edges",
    "describe_range",
    "keep_range",
    "list_singles",
    "look_up",
    "merge_range",
    "run_part",
    "save_range",
    "work_on_range",
]

FLUSH_POSITIONS = 1 << 24  # positions that a task counts at once: about 18 bytes each
PLAN = MemoryPlan(None)


@dataclass(frozen=True)
class CountTask:
    """Order and options of a count that tasks make; see `NgramCounter`."""

    order: int
    options: CountOptions

    def new_text(self) -> kernel.EncodedText:
        """Return an empty text to be counted."""
        return kernel.EncodedText(unit=self.options.unit, alnum=self.options.alnum)


def run_part(part: CorpusSlice, shared: tuple[Callable[..., Any], tuple[Any, ...]]) -> Any:
    """Apply a function to a part of a corpus; the items of an iterator are returned as a list."""
    work, arguments = shared
    result = work(part, *arguments)
    return list(result) if isinstance(result, Iterator) else result


def cut_ngrams(parts: Sequence[Part], ranges: int, task: CountTask) -> list[Cut]:
    """Choose where ranges begin, so that those of a sample of the text are of about the same size."""
    text = task.new_text()
    for part in parts:
        for block in part.blocks(task.options.unit):
            _add_block(text, block)
            break
    sample = kernel.NgramSorter([text], task.order)
    sample.deal(0)
    return choose_cuts(sample.tree(1, len(sample.symbols) + 1, 1), sample.symbols, ranges)


def count_range(k: int, ranges: int, parts: Sequence[Part], task: CountTask) -> Range:
    """Count range `k` of all parts. All workers read the same text, so they compute the same ranges."""
    text = task.new_text()
    for part in parts:
        for block in part.blocks(task.options.unit):
            _add_block(text, block)
    counted = kernel.NgramSorter([text], task.order)
    cuts = _cut_evenly(counted.begin, ranges)
    firsts = [1, *(max(cut, 1) for cut in cuts), len(counted.symbols) + 1]
    counted.restrict_to(firsts[k], firsts[k + 1])
    counted.deal(0)
    levels = counted.tree(firsts[k], firsts[k + 1], task.options.min_count)
    return list(counted.symbols), text.totals(task.order), levels


def count_part(part: Part, cuts: list[Cut], task: CountTask) -> list[bytes]:
    """Count a part, and return one run for each range."""
    found: list[list[bytes]] = [[] for _ in range(len(cuts) + 1)]
    text = task.new_text()
    for block in part.blocks(task.options.unit):
        _add_block(text, block)
        if text.positions >= FLUSH_POSITIONS:
            _write_ranges(text, cuts, task.order, found)
            text = task.new_text()
    _write_ranges(text, cuts, task.order, found)
    return [_merge_runs(runs) for runs in found]


def merge_range(picked: list[list[Any]], task: CountTask, is_open: bool = False) -> Range:
    """Add up one range of all parts; leave out rare n-grams, unless `close_range` has to do it.

    `picked` has the runs of all parts, see `shuffle`.
    """
    sources = [RunSource(run) for run in _open_runs(flatten(picked))]
    options = replace(task.options, min_count=1) if is_open else task.options
    counts = merge_sources(sources, RunStore(PLAN, None), options)
    return list(counts.symbols), counts.totals, counts.levels


def describe_edges(counted: Range) -> dict[Ids, int]:
    """Return the n-grams that other ranges may have, too; see `list_edges`."""
    return list_edges(counted[2])


def close_range(counted: Range, task: CountTask, totals: dict[Ids, int], later: set[Ids] | None) -> Range:
    """Complete a range with the sums of its edges; see `close_edges`."""
    symbols, numbers, levels = counted
    return symbols, numbers, close_edges(levels, totals, task.options.min_count, later=later)


def keep_range(counted: Range, task: CountTask, totals: dict[Ids, int], earlier: set[Ids]) -> KeptRange:
    """Complete a range for a tree that stays on the workers: n-grams that several ranges have are in all of them."""
    levels = close_edges(counted[2], totals, task.options.min_count, later=set())
    return levels, find_repeated(levels, earlier)


def list_singles(kept: KeptRange) -> tuple[Any, Any]:
    """Return the ids of the single symbols of a range, and their counts."""
    return kept[0][0][:2]


def work_on_range(kept: KeptRange, shared: tuple[Callable[..., Any], tuple[Any, ...]], *arguments: Any) -> Any:
    """Apply a function to the n-grams of a range, and to arguments, first those that only this task has."""
    work, others = shared
    return work(*kept, *arguments, *others)


def look_up(kept: KeptRange, trees: list[NgramTree], size: int) -> list[list[Any]]:
    """Return the counts that the n-grams of trees have in a range, by order."""
    return [find_counts(tree, kept[0], size) for tree in trees]


def save_range(counted: Range, task: CountTask, folder: str) -> list[int]:
    """Save one range as counts of its own, and return the numbers of its n-grams of each order."""
    symbols, totals, levels = counted
    store = RunStore(PLAN, None)
    saved = collect_counts(lambda tree: tree.append(levels), symbols, totals, store, task.options, folder)
    return [len(level[0]) for level in saved.levels]


def describe_range(counted: Range) -> tuple[list[Any], list[int]]:
    """Return all symbols, and the totals; those of the first range are the totals of the whole text."""
    return counted[:2]


def count_blocks(part: Part, shared: tuple[Any, tuple[Any, ...]]) -> State:
    """Count a part with a counter of the kernels, given by its class and arguments."""
    kind, arguments = shared
    counter = kind(*arguments)
    for block in part.blocks("char"):
        _add_block(counter, block)
    state: State = counter.state()
    return state


def add_states(states: list[State], shared: tuple[Any, tuple[Any, ...]]) -> State:
    """Add up states of counters of the kernels."""
    return {PieceCounter: _add_pieces, Occurrences: _add_occurrences}[shared[0]](states)


def _add_pieces(states: list[State]) -> State:
    """Add up states of `PieceCounter`."""
    tokens, slots, times, longer, symbols = zip(*states, strict=True)
    total: dict[bytes, int] = {}
    for pieces in longer:
        for piece, n in pieces.items():
            total[piece] = total.get(piece, 0) + n
    slot, sums = _add_by_key(np.concatenate(slots), np.concatenate(times))
    return sum(tokens), slot, sums, total, sum(symbols)


def _add_occurrences(states: list[State]) -> State:
    """Add up states of `Occurrences`."""
    raw, left, right = zip(*states, strict=True)
    neighbours = (np.concatenate(side) for side in (left, right))
    return np.sum(raw, axis=0, dtype=np.uint64), *(
        np.stack(_add_by_key(pairs[:, 0], pairs[:, 1]), axis=1) for pairs in neighbours
    )


def _add_by_key(keys: Any, times: Any) -> tuple[Any, Any]:
    """Return the distinct keys and the sums of their counts."""
    distinct, places = np.unique(keys, return_inverse=True)
    total = np.zeros(len(distinct), np.uint64)
    np.add.at(total, places.ravel(), times)
    return distinct, total


def _add_block(counter: Any, block: Any) -> None:
    try:
        counter.add(block.data)
    except UnicodeDecodeError as error:
        raise block.locate_error(error) from None


def _cut_evenly(begin: Any, ranges: int) -> list[int]:
    """Return the symbols at which ranges of about the same number of positions begin, after the first range."""
    total = int(begin[-1])
    cuts = np.searchsorted(begin, [total * k // ranges for k in range(1, ranges)], side="left")
    return [int(cut) for cut in cuts]


def _write_ranges(text: kernel.EncodedText, cuts: list[Cut], order: int, found: list[list[bytes]]) -> None:
    """Count some text, and add a run to the list of each range."""
    part = kernel.NgramSorter([text], order)
    part.deal(0)
    first, stop = ((place, *(0,) * (order - 1)) for place in (1, len(part.symbols) + 1))
    bounds = [first, *(find_bound(part.symbols, cut, order) for cut in cuts), stop]
    symbols = {bound[0] for bound in bounds if any(bound[1:])}
    divided = {symbol: _write_symbol(part, symbol, order) for symbol in symbols}
    for k, (low, high) in enumerate(pairwise(bounds)):
        totals = text.totals(order) if k == 0 else [0] * order
        blocks = _read_range(part, low, high, divided)
        found[k].append(_write_bytes(write_run, blocks, order=order, symbols=part.symbols, totals=totals))


def _write_symbol(part: kernel.NgramSorter, symbol: int, order: int) -> bytes:
    """Return the run of the n-grams that begin with a symbol."""
    blocks = [part.run(symbol, symbol + 1, PLAN.block_bytes)] if symbol <= len(part.symbols) else []
    return _write_bytes(write_run, blocks, order=order, symbols=part.symbols, totals=[0] * order)


def _read_range(
    part: kernel.NgramSorter, low: Ids, high: Ids, divided: dict[int, bytes]
) -> Iterator[kernel.RunBlocks]:
    """Yield the blocks of the n-grams from `low` to `high`; symbols that are divided among ranges are in runs."""
    begin = low
    while begin < high:
        symbol, *others = begin
        after = (symbol + 1, *(0 for _ in others))
        if symbol in divided:
            [run] = _open_runs([divided[symbol]])
            blocks = cut_run(run, begin, min(after, high), PLAN)
            if blocks[0]:
                yield blocks
        else:
            stop = min([high[0], *(other for other in divided if other > symbol)])
            after = (stop, *(0 for _ in others))
            yield part.run(symbol, stop, PLAN.block_bytes)
        begin = after


def _merge_runs(runs: list[bytes]) -> bytes:
    if len(runs) == 1:
        return runs[0]
    return _write_bytes(lambda file: merge_to_run(_open_runs(runs), file, PLAN))


def _write_bytes(write: Callable[..., RunFile], *arguments: Any, **options: Any) -> bytes:
    """Return the bytes that `write` writes to a file."""
    file = io.BytesIO()
    run = write(file, *arguments, **options)
    data = file.getvalue()
    del run  # closes the file
    return data


def _open_runs(runs: Iterable[bytes]) -> list[RunFile]:
    return [RunFile(io.BytesIO(data), "a run of a task") for data in runs]
