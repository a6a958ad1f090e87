"""The counter: text goes in, block by block; when it is too much to hold, it goes to the disk as sorted runs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import pairwise, repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels import counting as kernel
from .._utils.threads import in_order
from .._utils.validation import check_memory
from ..corpus.corpus import Block, Corpus, blocks_of, require_text
from .counts import MAX_ORDER, NgramCounts, gathered, merged
from .levels import Levels
from .runs import RunSource
from .spill import Spill

if TYPE_CHECKING:
    from concurrent.futures import Future

    from .spill import Position

__all__ = ["NgramCounter", "count", "counting"]

PIECES = 16  # of a part, for each thread: what is counted at a time
ROUND = 4  # blocks that a thread encodes before it waits for the others


class NgramCounter:
    """Counts the n-grams of orders 1 ... `order` of a stream of text.

    Parameters
    ----------
    order
        Longest n-gram, in symbols (1 to 8).
    unit
        ``"char"``: symbols are characters, and punctuation, symbols, white space and controls end a run.
        ``"byte"``: symbols are bytes of UTF-8, and only a line feed ends a run.
    alnum
        What a stretch of digits and Latin letters is: ``"token"`` ends a run (it is a token by itself),
        ``"join"`` makes it one symbol, ``"split"`` makes each of its characters a symbol.
    memory
        Bytes that counting may take, as a number or like ``"512M"``; what does not fit goes to the disk.  Beside it
        Python and its libraries take up to 150 MB.  None: everything is held in memory.
    temp_dir
        Folder for what goes to the disk (the system's, if None); nothing is left there.
    workers
        Threads.
    checkpoint
        Folder from which the count goes on when it was stopped and is started again; see `update`.

    None of the last four changes a result.

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
        if not isinstance(order, int) or not 1 <= order <= MAX_ORDER:
            raise ValueError(f"order must be a whole number from 1 to {MAX_ORDER}, not {order!r}.")
        if not isinstance(workers, int) or workers < 1:
            raise ValueError(f"workers must be a whole number from 1, not {workers!r}.")
        self.order, self.unit, self.alnum, self.workers = order, unit, alnum, workers
        self._spill = Spill(memory=memory, temp_dir=temp_dir, workers=workers, order=order, alnum=alnum)
        self.memory, self.checkpoint = self._spill.memory, checkpoint
        self._progress = False
        self._texts = self._no_text()

    def update(self, texts: Corpus | Iterable[str]) -> NgramCounter:
        """Count more texts (lines of a `Corpus`, or any iterable of `str`); returns the counter.

        No n-gram reaches from one text into the next.  With a checkpoint, `texts` is a `Corpus` of files and the only
        one: what an earlier process counted of it is not counted again.

        Raises
        ------
        CorpusError
            When a file cannot be read or decoded.  The counter then holds what came before.
        StorageError
            When a disk is full or the memory budget is too small.
        CheckpointError
            When the checkpoint is of another corpus or of other options.
        """
        blocks: Iterator[tuple[Position, Block]]
        if self.checkpoint is not None:
            blocks = self._resumed(texts)
        else:
            blocks = zip(repeat((0, 0)), blocks_of(texts, self.unit), strict=False)
        if isinstance(texts, Corpus):
            self._progress = texts.progress
            self._spill.check_disk(texts.stored_bytes())
        for position in self._encoded(blocks):
            if sum(text.positions for text in self._texts) >= self._spill.part_size:
                self._seal(position)
        if self.checkpoint is not None and any(text.positions for text in self._texts):
            self._seal(position)
        return self

    def _resumed(self, texts: Corpus | Iterable[str]) -> Iterator[tuple[Position, Block]]:
        """What the checkpoint's corpus still has."""
        from .checkpoint import Checkpoint

        if not isinstance(texts, Corpus) or self._spill.checkpoint is not None:
            raise ValueError("with a checkpoint, update() takes one Corpus, once: other texts cannot be read again.")
        options = {"order": self.order, "unit": self.unit, "alnum": self.alnum}
        assert self.checkpoint is not None
        self._spill.resume(Checkpoint(self.checkpoint, texts, options))
        return texts.blocks_from(self._spill.position, self.unit)

    def _encoded(self, blocks: Iterator[tuple[Position, Block]]) -> Iterator[Position]:
        """Encode blocks, one for each thread at a time; yields the position behind them."""
        if self.workers == 1:
            for position, block in blocks:
                _add(self._texts[0], block)
                yield position
            return
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(self.workers) as pool:
            ready: list[tuple[Position, Block]] = []
            failed: Exception | None = None
            while True:
                # The counters of now: the consumer may put others in their place between two rounds.
                share = -(-len(ready) // self.workers)
                shares = [[block for _, block in ready[k * share : (k + 1) * share]] for k in range(self.workers)]
                jobs = [pool.submit(_add_all, text, some) for text, some in zip(self._texts, shares, strict=True)]
                following: list[tuple[Position, Block]] = []
                try:
                    size = 0
                    for item in blocks if failed is None else ():
                        following.append(item)  # one by one: what was read before an error is counted
                        size += len(item[1].data)
                        enough = len(following) >= ROUND * self.workers or size >= self._spill.part_size // 8
                        if enough and len(following) % self.workers == 0:
                            break
                except Exception as error:
                    failed = error
                self._settle(jobs)
                if ready:
                    yield ready[-1][0]
                if failed is not None and not following:
                    raise failed
                if not following:
                    return
                ready = following

    def _settle(self, jobs: list[Future[tuple[int, Exception | None]]]) -> None:
        """Wait for all; if one failed, take back what came after it."""
        results = [job.result() for job in jobs]
        first = next((k for k, (_, error) in enumerate(results) if error is not None), None)
        if first is not None:
            for text, (added, _) in list(zip(self._texts, results, strict=True))[first + 1 :]:
                for _ in range(added):
                    text.drop_last()
            raise results[first][1]  # type: ignore[misc]

    def _no_text(self) -> list[kernel.EncodedText]:
        return [kernel.EncodedText(unit=self.unit, alnum=self.alnum) for _ in range(self.workers)]

    def _part(self) -> tuple[kernel.NgramSorter, list[tuple[int, int]]]:
        """What was encoded, dealt, and ranges of first symbols that make pieces of about the same size."""
        part = kernel.NgramSorter(self._texts, self.order)
        for _ in in_order(range(len(self._texts)), part.deal, self.workers):
            pass
        pieces = PIECES * self.workers
        total = int(part.begin[-1])
        cuts = np.searchsorted(part.begin, [total * k // pieces for k in range(1, pieces)], side="left")
        bounds = sorted({1, *np.maximum(cuts, 1).tolist(), len(part.symbols) + 1})
        return part, list(pairwise(bounds))

    def _seal(self, position: Position) -> None:
        """Turn what was encoded into a run."""
        part, ranges = self._part()
        totals = [sum(column) for column in zip(*(text.totals(self.order) for text in self._texts), strict=True)]
        pieces = in_order(ranges, lambda r: part.run(*r, self._spill.block_size), self.workers)
        self._spill.add(pieces, part.symbols, totals, position)
        self._texts = self._no_text()

    @property
    def positions(self) -> int:
        """How many symbols were counted so far."""
        return sum(text.positions for text in self._texts) + sum(int(run.totals[0]) for run in self._spill.runs)

    def freeze(self, *, min_count: int = 1, folder: str | os.PathLike[str] | None = None) -> NgramCounts:
        """The counts so far; counting may go on.

        N-grams of two or more symbols that came less than `min_count` times are left out.  With a `folder`, the counts
        are written there, as by `NgramCounts.save`, and used from there; that takes less memory than saving them later.
        """
        if not isinstance(min_count, int) or min_count < 1:
            raise ValueError(f"min_count must be a whole number from 1, not {min_count!r}.")
        if self._spill.runs and any(text.positions for text in self._texts):
            self._seal(self._spill.position)
        if self._spill.runs:
            sources = [RunSource(run) for run in self._spill.reduced()]
            return merged(sources, self._spill, self.unit, self.alnum, min_count, folder, progress=self._progress)
        parts = [self._part()]
        symbols = parts[0][0].symbols
        self._spill.check_alphabet(len(symbols))
        totals = [sum(column) for column in zip(*(text.totals(self.order) for text in self._texts), strict=True)]

        def fill(levels: Levels) -> None:
            part, ranges = parts.pop()  # its memory is free when this is done
            for piece in in_order(ranges, lambda r: part.tree(*r, min_count), self.workers):
                levels.append(piece)

        return gathered(fill, symbols, totals, self._spill, self.unit, self.alnum, min_count, folder)


def _add(text: kernel.EncodedText, block: Block) -> None:
    try:
        text.add(block.data)
    except UnicodeDecodeError as error:
        raise block.located(error) from None


def _add_all(text: kernel.EncodedText, blocks: list[Block]) -> tuple[int, Exception | None]:
    """Add blocks up to the first that fails; how many were added, and what failed."""
    for k, block in enumerate(blocks):
        try:
            _add(text, block)
        except Exception as error:
            return k, error
    return len(blocks), None


def count(
    texts: Corpus | Iterable[str],
    *,
    order: int,
    unit: str = "char",
    alnum: str = "token",
    min_count: int = 1,
    **how: Any,
) -> NgramCounts:
    """Count all of `texts`; refuses an empty corpus.  `how` are memory, temp_dir, workers and checkpoint.

    Raises
    ------
    CorpusError
        When there is not one countable symbol.
    """
    counts = NgramCounter(order=order, unit=unit, alnum=alnum, **how).update(texts).freeze(min_count=min_count)
    require_text(counts.total(1), texts)
    return counts


def counting(*, memory: int | str | None, workers: int, **others: Any) -> dict[str, Any]:
    """The resources of a count, for the `how` of `count`; refuses a bad budget at once."""
    return {"memory": check_memory(memory), "workers": workers, **others}
