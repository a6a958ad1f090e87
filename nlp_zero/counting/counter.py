"""The counter: it counts text block by block, and writes parts that exceed the memory budget as sorted runs."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise, repeat
from typing import TYPE_CHECKING

import numpy as np

from .._kernels import counting as kernel
from .._utils.threads import finish_in_order, for_each, in_order
from .._utils.validation import check_integer
from ..corpus import Block, Corpus, count_stored_bytes, read_blocks, read_blocks_from, require_text
from .count_data import CountData, CountOptions
from .counts import MAX_ORDER, NgramCounts, counts_of
from .encoding import encode_blocks, keep_freed_blocks, look_ahead
from .finishing import collect_counts, merge_sources
from .history import CountHistory, check_period
from .merging import RunSource
from .resources import MemoryPlan, Resources
from .store import RunStore
from .tree import TreeBuilder

if TYPE_CHECKING:
    from .store import Position
    from .tree import Level

__all__ = ["NgramCounter", "count_ngrams"]

PIECES_PER_WORKER = 16  # pieces of a part, which threads share or which are written one by one: small, and even work
MOST_ROUNDS = 3  # with more, reading the texts again takes longer than it saves
ROUND_POSITIONS = 1 << 22  # fewer are sorted at once
SMALL_POSITIONS = 1 << 21  # that one thread counts sooner than several


class NgramCounter:
    """Counts the n-grams of orders 1 ... `order` of a stream of text.

    Parameters
    ----------
    order : int, default 4
        Longest n-gram, in symbols (1 to 8).
    unit : {"char", "byte"}, default "char"
        ``"char"``: symbols are characters, and punctuation, symbols, white space and controls end a run.
        ``"byte"``: symbols are bytes of UTF-8, and only a line feed ends a run.
    alnum : {"token", "join", "split"}, default "token"
        How a stretch of digits and Latin letters is counted: ``"token"`` ends a run (the stretch is a token of its
        own), ``"join"`` makes it one symbol, ``"split"`` makes each of its characters a symbol.
    memory : int, str or None, default None
        Bytes that counting may take, as a number or like ``"512M"``; data that does not fit is written to disk. Python
        and its libraries take up to 150 MB in addition. None: everything is held in memory.
    temp_dir : str, path-like or None, default None
        Folder for temporary files (None for that of the system); nothing is left there.
    workers : int, default 1
        Threads.
    checkpoint : str, path-like or None, default None
        Folder from which counting continues after it was stopped; see `update`.

    Attributes
    ----------
    resources : Resources
        Memory, temporary folder, threads and checkpoint.

    Raises
    ------
    ValueError
        If an option makes no sense.

    Notes
    -----
    `memory`, `temp_dir`, `workers` and `checkpoint` never change a result.  A counter belongs to one thread at a time;
    `NgramCounts.merge` adds up the counts of several.

    Examples
    --------
    >>> counts = NgramCounter(order=2).update(["中国人民", "中国队"]).freeze()
    >>> counts["中国"], counts["国人"], counts["人国"], counts.total(1)
    (2, 1, 0, 7)
    """

    def __init__(
        self,
        *,
        order: int = 4,
        unit: str = "char",
        alnum: str = "token",
        memory: int | str | None = None,
        temp_dir: str | os.PathLike[str] | None = None,
        workers: int = 1,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> None:
        self.order, self.unit, self.alnum = check_integer("order", order, most=MAX_ORDER), unit, alnum
        self.resources = Resources(memory=memory, temp_dir=temp_dir, workers=workers, checkpoint=checkpoint)
        plan = MemoryPlan.make(self.resources, order=self.order, alnum=alnum)
        self._store = RunStore(plan, temp_dir)
        self._progress = False
        self._corpora: list[Corpus] = []
        self._texts = self._make_texts()
        self._in_use = threading.RLock()

    def __repr__(self) -> str:
        options = f"order={self.order}, unit={self.unit!r}, alnum={self.alnum!r}"
        return f"<NgramCounter({options}): {self.positions:,} {self.unit}s counted>"

    def update(self, texts: Corpus | Iterable[str]) -> NgramCounter:
        """Count more texts.

        No n-gram crosses from one text to the next.

        Parameters
        ----------
        texts : Corpus or iterable of str
            With a checkpoint, a `Corpus` of files, and `update` may be called once; text that an earlier process
            counted is not counted again.

        Returns
        -------
        NgramCounter
            The counter itself.

        Raises
        ------
        CorpusError
            If a file cannot be read or decoded. The counter then holds the text before it.
        StorageError
            If a disk is full or the memory budget is too small.
        CheckpointError
            If the checkpoint is of another corpus or of other options.
        RuntimeError
            If another thread uses the counter.
        """
        with self._used_by_one_thread():
            self._count(texts)
        return self

    def _count(self, texts: Corpus | Iterable[str]) -> None:
        blocks: Iterator[tuple[Position, Block]]
        if self.resources.checkpoint is not None:
            blocks = self._resume(texts, self.resources.checkpoint)
        else:
            blocks = zip(repeat((0, 0)), read_blocks(texts, self.unit), strict=False)
        if isinstance(texts, Corpus):
            self._corpora.append(texts)
            self._progress = texts.progress
            self._store.check_disk(count_stored_bytes(texts))
        if self._store.plan.budget is None:
            keep_freed_blocks()
        self._encode(blocks)

    def freeze(
        self,
        *,
        min_count: int = 1,
        folder: str | os.PathLike[str] | None = None,
        period: int | None = None,
    ) -> NgramCounts:
        """Return the counts of the text so far; counting may continue.

        Parameters
        ----------
        min_count : int, default 1
            N-grams of two or more symbols that occur fewer times are left out.
        folder : str, path-like or None, default None
            Write the counts there, as `NgramCounts.save` does, and use them from there; that takes less memory than
            saving them later.
        period : int, optional
            When the text is from, such as 2024 or 202401; sums of counts know the first and the last period in which
            each n-gram occurs (see `NgramCounts.seen`).

        Returns
        -------
        NgramCounts

        Raises
        ------
        StorageError
            If a disk is full or the memory budget is too small.
        RuntimeError
            If another thread uses the counter.
        """
        options = CountOptions(self.unit, self.alnum, check_integer("min_count", min_count))
        periods = () if period is None else (check_period(period),)
        with self._used_by_one_thread():
            return counts_of(self._freeze(options, folder, CountHistory.of_corpora(self._corpora, periods)))

    @property
    def positions(self) -> int:
        """Number of symbols that were counted so far."""
        return self._waiting + sum(int(run.totals[0]) for run in self._store.runs)

    @contextmanager
    def _used_by_one_thread(self) -> Iterator[None]:
        if not self._in_use.acquire(blocking=False):
            raise RuntimeError(
                "another thread uses this NgramCounter; give each thread a counter, and merge their counts with"
                " NgramCounts.merge()."
            )
        try:
            yield
        finally:
            self._in_use.release()

    def _freeze(
        self, options: CountOptions, folder: str | os.PathLike[str] | None, history: CountHistory
    ) -> CountData:
        min_count = options.min_count
        if self._store.runs and self._waiting:
            self._write_run(self._store.position)
        if self._store.runs:
            sources = [RunSource(run) for run in self._store.reduce()]
            return merge_sources(
                sources, self._store, options, folder, progress=self._progress, trace=lambda *_: history
            )
        workers = self._useful_workers
        in_memory = folder is None and self._store.plan.budget is None
        rounds = self._count_rounds(min_count) if in_memory else 1
        parts = [self._lay_out(rounds)]
        symbols = parts[0][0].symbols
        self._store.plan.check_alphabet(len(symbols))

        def fill(tree: TreeBuilder) -> None:
            part, rounds = parts.pop()  # so that its memory is freed when this function returns
            if in_memory:
                tree.append(self._grow_tree(part, rounds, min_count))
                return
            for ranges in rounds:
                self._deal(part, ranges)
                for piece in in_order(ranges, lambda r: part.tree(*r, min_count), workers):
                    tree.append(piece)

        return collect_counts(fill, symbols, self._totals(), self._store, options, folder, lambda *_: history)

    def _grow_tree(
        self, part: kernel.NgramSorter, rounds: list[list[tuple[int, int]]], min_count: int
    ) -> list[Level]:
        """Count the n-grams of all ranges in one tree: one thread at a time extends it, while others sort ahead."""

        def extend(symbols: tuple[int, int]) -> None:
            part.extend_tree(*symbols, min_count)

        def sort(symbols: tuple[int, int]) -> None:
            part.sort(*symbols)

        workers = self._useful_workers
        for ranges in rounds:
            self._deal(part, ranges)
            if workers == 1:
                for symbols in ranges:  # each bucket is sorted then, too, while it is in the cache
                    extend(symbols)
            else:
                finish_in_order(ranges, sort, extend, workers)
        return part.take_tree()

    def _resume(
        self, texts: Corpus | Iterable[str], folder: str | os.PathLike[str]
    ) -> Iterator[tuple[Position, Block]]:
        """Open the checkpoint, and return the blocks of the corpus that it has not counted."""
        from .checkpoint import Checkpoint

        if not isinstance(texts, Corpus) or self._store.checkpoint is not None:
            raise ValueError("with a checkpoint, update() takes one Corpus, once: other texts cannot be read again.")
        options = {"order": self.order, "unit": self.unit, "alnum": self.alnum}
        self._store.resume(Checkpoint(folder, texts, options))
        return read_blocks_from(texts, self._store.position, self.unit)

    def _encode(self, blocks: Iterator[tuple[Position, Block]]) -> None:
        """Encode blocks, and write a run whenever there is enough for a part."""
        part, workers = self._store.plan.part_positions, self.resources.workers
        if workers > 1:
            blocks, few = look_ahead(blocks, part // 8)
            workers = 1 if few else workers
        position, ended = self._store.position, False

        def take(most: int) -> Iterator[Block]:
            """Yield blocks until they have `most` bytes."""
            nonlocal position, ended
            size = 0
            for placed in blocks:
                position, block = placed
                yield block
                size += len(block.data)
                if size >= most:
                    return
            ended = True

        while not ended:
            # A byte is at most one symbol.  A part may be an eighth larger: threads would share little again and again.
            encode_blocks(take(max(part - self._waiting, part // 8)), self._texts[:workers])
            if self._waiting >= part or (ended and self._waiting and self.resources.checkpoint is not None):
                self._write_run(position)

    @property
    def _waiting(self) -> int:
        """Number of positions that were encoded and are not in a run yet."""
        return sum(text.positions for text in self._texts)

    @property
    def _useful_workers(self) -> int:
        """Number of threads that count the encoded texts."""
        return self.resources.workers if self._waiting >= SMALL_POSITIONS else 1

    def _make_texts(self) -> list[kernel.EncodedText]:
        return [kernel.EncodedText(unit=self.unit, alnum=self.alnum) for _ in range(self.resources.workers)]

    def _totals(self) -> list[int]:
        """Number of n-grams of each order in the encoded texts."""
        return [sum(column) for column in zip(*(text.totals(self.order) for text in self._texts), strict=True)]

    def _count_rounds(self, min_count: int) -> int:
        """Return in how many rounds the texts are sorted in memory.

        Each round reads all texts and sorts a range of the first symbols, in the memory of the round before.  If rare
        n-grams are left out, that takes less time than the system needs to supply memory for all keys at once; else
        this memory becomes that of the tree.
        """
        return max(1, min(MOST_ROUNDS, self._waiting // ROUND_POSITIONS)) if min_count > 1 and self.order > 1 else 1

    def _lay_out(self, rounds: int = 1) -> tuple[kernel.NgramSorter, list[list[tuple[int, int]]]]:
        """Prepare to sort the texts; for each round return ranges of first symbols, pieces of about the same size."""
        part = kernel.NgramSorter(self._texts, self.order)
        total, pieces = int(part.begin[-1]), rounds * PIECES_PER_WORKER * self._useful_workers
        cuts = np.searchsorted(part.begin, [total * k // pieces for k in range(1, pieces)], side="left")
        ranges = list(pairwise(sorted({1, *np.maximum(cuts, 1).tolist(), len(part.symbols) + 1})))
        size = max(1, -(-len(ranges) // rounds))
        return part, [ranges[begin : begin + size] for begin in range(0, len(ranges), size)]

    def _deal(self, part: kernel.NgramSorter, ranges: list[tuple[int, int]]) -> None:
        """Distribute the positions whose first symbol is in the ranges."""
        if ranges:
            part.restrict_to(ranges[0][0], ranges[-1][1])
        for_each(range(len(self._texts)), part.deal, self._useful_workers)

    def _write_run(self, position: Position) -> None:
        """Write the encoded texts as a run of the text up to `position`."""
        part, rounds = self._lay_out()
        ranges = rounds[0] if rounds else []  # a text without symbols has none
        self._deal(part, ranges)
        block_bytes = self._store.plan.block_bytes
        pieces = in_order(ranges, lambda r: part.run(*r, block_bytes), self._useful_workers)
        self._store.add(pieces, part.symbols, self._totals(), position)
        self._texts = self._make_texts()


def count_ngrams(
    texts: Corpus | Iterable[str],
    *,
    order: int,
    unit: str = "char",
    alnum: str = "token",
    min_count: int = 1,
    resources: Resources | None = None,
    kept: list[kernel.EncodedText] | None = None,
) -> NgramCounts:
    """Count the n-grams of texts that must have at least one countable symbol.

    Parameters
    ----------
    texts : Corpus or iterable of str
    order : int
    unit : {"char", "byte"}, default "char"
    alnum : {"token", "join", "split"}, default "token"
        As in `NgramCounter`.
    min_count : int, default 1
        As in `NgramCounter.freeze`.
    resources : Resources, optional
        Memory, temporary folder, threads and checkpoint.
    kept : list of EncodedText, optional
        Receives the encoded text, unless there is a memory budget or a part of the text is on disk.

    Returns
    -------
    NgramCounts

    Raises
    ------
    CorpusError
        If the texts cannot be read, or have nothing to count.
    """
    used = Resources() if resources is None else resources
    counter = NgramCounter(
        order=order, unit=unit, alnum=alnum,
        memory=used.memory, temp_dir=used.temp_dir, workers=used.workers, checkpoint=used.checkpoint,
    )  # fmt: skip
    counter.update(texts)
    counter._corpora.clear()  # the counts are not saved, so that nobody asks for fingerprints
    counts = counter.freeze(min_count=min_count)
    require_text(counts.total(1), texts)
    if kept is not None and used.budget is None and not counter._store.runs:
        kept += counter._texts
    return counts
