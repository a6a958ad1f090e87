"""Exact n-gram counts, frozen: what `NgramCounter` yields.

Counts are kept as a prefix tree, level by level: order n lists every n-gram once, in the order of its symbols, as its
last symbol, its count and where its continuations of order n + 1 end.  Symbols are numbered by their text, so two trees
merge in one pass whatever text they come from, and the same text gives the same arrays however it was cut.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels.counting import Alphabet
from .._utils.arrays import LARGEST, STEP, ArrayFile, release
from .._utils.files import storage
from .._utils.folders import ELSEWHERE, new_folder, read_folder, write_folder, write_meta
from .._utils.progress import progress_bar
from ..errors import FormatError
from .levels import NAMES, LevelFiles, Levels, MemoryColumn
from .runs import RunSource, TreeSource, merge_to_levels, union_of
from .spill import Spill

if TYPE_CHECKING:

    import numpy.typing as npt

    from .levels import AnyLevel

__all__ = ["MAX_ORDER", "NgramCounts", "gathered", "merged"]

MAX_ORDER = 8
FORMAT = "nlp-zero counts"
VERSION = 1
PART = 1 << 14  # n-grams that are looked up before pages of mapped arrays are given up


class NgramCounts:
    """Frozen n-gram counts.  Made by `NgramCounter.freeze` or `NgramCounts.load`.

    Attributes
    ----------
    order, unit, alnum
        As in `NgramCounter`.
    min_count
        N-grams of two or more symbols that came less often are not listed; `total` still has them.
    symbols
        The symbols (`str`, or `bytes` with ``unit="byte"``) in the order of their text;
        ``levels`` uses their place in it, from 1.
    levels
        For each order, three arrays: last symbol of each n-gram, its count, and where its continuations
        of the next order end (those of n-gram i start where those of n-gram i - 1 end).  They are uint32; counts and
        ends are uint64 where one of them is larger than 4,294,967,295.
    """

    order: int
    unit: str
    alnum: str
    min_count: int
    symbols: tuple[Any, ...]
    levels: list[Any]
    _totals: list[int]
    _alphabet: Alphabet
    _characters: npt.NDArray[np.uint32] | None  # code points by id, where every symbol is one character

    def __init__(self) -> None:
        raise TypeError("NgramCounts are made by NgramCounter.freeze() and NgramCounts.load().")

    @classmethod
    def _of(
        cls,
        symbols: Sequence[Any],
        levels: list[AnyLevel],
        totals: list[int],
        unit: str,
        alnum: str,
        min_count: int,
    ) -> NgramCounts:
        self = cls.__new__(cls)
        self.symbols = tuple(symbols)
        self.levels, self._totals = levels, totals
        self.order, self.unit, self.alnum, self.min_count = len(levels), unit, alnum, min_count
        for level in levels:
            for array in level:
                array.flags.writeable = False
        self._alphabet = Alphabet(unit=unit, alnum=alnum, symbols=self.symbols)
        single = unit == "char" and alnum != "join"
        self._characters = np.array([0, *map(ord, self.symbols)], np.uint32) if single else None
        return self

    def __repr__(self) -> str:
        sizes = ", ".join(f"{self.types(n):,}" for n in range(1, self.order + 1))
        return f"<NgramCounts of orders 1 to {self.order}: {sizes} distinct; {self.total(1):,} {self.unit}s>"

    @property
    def alphabet(self) -> Alphabet:
        """Encodes text with the symbol ids that `levels` uses."""
        return self._alphabet

    def __getitem__(self, ngram: str | bytes) -> int:
        """How often an n-gram came; 0 when it did not, was pruned, or holds a boundary."""
        ids = self._alphabet.encode(ngram)
        inside = ids[(ids > 0) & (ids <= len(self.symbols))]
        if sum(len(self.symbols[s - 1]) for s in inside.tolist()) != len(ngram):  # unseen, or a boundary in it
            return 0
        ids = ids[:-1]
        if not 1 <= len(ids) <= self.order:
            raise ValueError(f"{ngram!r} has {len(ids)} symbols; these counts have n-grams of 1 to {self.order}.")
        low, high = 0, len(self.levels[0][0])
        at = 0
        for n, symbol in enumerate(ids):
            symbols, _, ends = self.levels[n]
            at = low + int(np.searchsorted(symbols[low:high], symbol))
            if at == high or symbols[at] != symbol:
                return 0
            if n + 1 < len(ids):
                low, high = int(ends[at - 1]) if at else 0, int(ends[at])
        return int(self.levels[len(ids) - 1][1][at])

    def total(self, n: int = 1) -> int:
        """Number of n-grams of order `n` in the text, pruned ones included."""
        return self._totals[self._level(n)]

    def types(self, n: int = 1) -> int:
        """Number of distinct n-grams of order `n` that are listed."""
        return len(self.levels[self._level(n)][0])

    def items(self, n: int) -> Iterator[tuple[Any, int]]:
        """All n-grams of order `n` with their counts, in the order of their text."""
        step = 1 << 16
        top = self._level(n)
        size = len(self.levels[top][0])
        for begin in range(0, size, step):
            texts = self.texts(n, np.arange(begin, min(size, begin + step)))
            yield from zip(texts, self.levels[top][1][begin : begin + step].tolist(), strict=True)

    def texts(self, n: int, nodes: npt.NDArray[Any]) -> list[Any]:
        """The n-grams (`str`, or `bytes` with unit="byte") at places `nodes` of order `n`."""
        ids = self.ids(n, nodes)
        if self._characters is not None:  # every symbol is one character: quicker
            return list(self._characters[ids].view(f"U{n}").ravel().tolist()) if len(ids) else []
        empty: Any = b"" if self.unit == "byte" else ""
        names = (None, *self.symbols)
        return [empty.join([names[s] for s in ngram]) for ngram in ids.tolist()]

    def ids(self, n: int, nodes: npt.NDArray[Any]) -> npt.NDArray[np.uint32]:
        """Symbol ids, shape (nodes, n), of the n-grams at places `nodes` of order `n`."""
        table = np.zeros((len(nodes), self._level(n) + 1), np.uint32)
        for begin in range(0, len(nodes), PART):
            at = nodes[begin : begin + PART]
            for level in range(n - 1, -1, -1):
                symbols, _, _ = self.levels[level]
                table[begin : begin + PART, level] = symbols[at]
                if level:
                    ends = self.levels[level - 1][2]
                    at = np.searchsorted(ends, at.astype(ends.dtype), side="right")
            if len(at) == PART:  # else pages are few
                for level in range(n):
                    release(self.levels[level][0])
                    release(self.levels[level][2])
        return table

    def prune(self, min_count: int) -> NgramCounts:
        """The same counts without n-grams of two or more symbols that came less than `min_count` times."""
        if min_count <= self.min_count:
            return self
        levels: list[AnyLevel] = []
        # What an n-gram begins with came at least as often, so this stays a tree.
        keeps = [(counts >= min_count) | (n == 0) for n, (_, counts, _) in enumerate(self.levels)]
        for n, (symbols, counts, ends) in enumerate(self.levels):
            if n + 1 < self.order:
                survivors = np.concatenate([[0], np.cumsum(keeps[n + 1], dtype=np.uint64)])
                ends = _narrow(survivors[ends[keeps[n]]])
            levels.append((symbols[keeps[n]], _narrow(counts[keeps[n]]), ends))
        return NgramCounts._of(self.symbols, levels, self._totals, self.unit, self.alnum, min_count)

    def merge(
        self,
        *others: NgramCounts,
        min_count: int = 1,
        memory: int | str | None = None,
        temp_dir: str | os.PathLike[str] | None = None,
        workers: int = 1,
        folder: str | os.PathLike[str] | None = None,
    ) -> NgramCounts:
        """The counts of all texts together: the same arrays, bit for bit, as counting them at once.

        `memory`, `temp_dir` and `workers` are those of `NgramCounter`, `min_count` and `folder` those of
        `NgramCounter.freeze`.

        Raises
        ------
        ValueError
            When orders, units or `alnum` differ, or counts were pruned (their sum would not be exact).
        """
        for other in others:
            for name in ("order", "unit", "alnum"):
                mine, its = getattr(self, name), getattr(other, name)
                if mine != its:
                    raise ValueError(f"Counts of different {name} ({mine!r} and {its!r}) cannot be merged.")
        if max(counts.min_count for counts in (self, *others)) > 1:
            raise ValueError("Pruned counts cannot be merged exactly; count with min_count=1 and prune the sum.")
        spill = Spill(memory=memory, temp_dir=temp_dir, workers=workers, order=self.order, alnum=self.alnum)
        sources = [TreeSource(c.symbols, c.levels, c._totals) for c in (self, *others)]
        return merged(sources, spill, self.unit, self.alnum, min_count, folder)

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write a folder of ``.npy`` arrays and ``meta.json``; it appears whole or not at all."""
        arrays = {
            f"{name}{n}": array
            for n, level in enumerate(self.levels, 1)
            for name, array in zip(NAMES, level, strict=True)
        }
        meta = _meta(self.symbols, self._totals, self.unit, self.alnum, self.min_count)
        with storage(folder, ELSEWHERE):
            write_folder(folder, format=FORMAT, version=VERSION, meta=meta, arrays=arrays)

    def export(self, path: str | os.PathLike[str]) -> None:
        """Write all n-grams as a table (ngram, order, count): Parquet, or Arrow if `path` ends in ``.arrow``.

        N-grams are text, with ``unit="byte"`` binary.  Needs pyarrow.
        """
        from .export import export

        export(self, path)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> NgramCounts:
        """Open a folder written by `save`; the arrays stay on disk and are mapped into memory.

        Raises
        ------
        FormatError
            When the folder is missing, truncated, altered or of another version.
        """
        meta, arrays = read_folder(folder, format=FORMAT, version=VERSION)
        try:
            order, totals = int(meta["order"]), [int(x) for x in meta["totals"]]
            unit, alnum, min_count = str(meta["unit"]), str(meta["alnum"]), int(meta["min_count"])
            symbols: list[Any] = [bytes.fromhex(s) if unit == "byte" else s for s in meta["symbols"]]
            levels = [(arrays[f"symbols{n}"], arrays[f"counts{n}"], arrays[f"ends{n}"]) for n in range(1, order + 1)]
            _check(levels, len(symbols), totals, order)
            return cls._of(symbols, levels, totals, unit, alnum, min_count)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise FormatError(f"{folder} is not a usable counts folder ({error}); count the corpus again.") from None

    def _level(self, n: int) -> int:
        if not 1 <= n <= self.order:
            raise ValueError(f"order {n} is not counted here; these counts have orders 1 to {self.order}.")
        return n - 1


def merged(
    sources: Sequence[RunSource | TreeSource],
    spill: Spill,
    unit: str,
    alnum: str,
    min_count: int,
    folder: str | os.PathLike[str] | None,
    *,
    progress: bool = False,
) -> NgramCounts:
    """The counts that are the sum of runs and count trees."""
    totals = [sum(column) for column in zip(*(source.totals for source in sources), strict=True)]
    symbols = union_of(sources)
    spill.check_alphabet(len(symbols))
    if folder is not None and min_count == 1:
        spill.check_result(folder, sources)

    def fill(levels: Levels) -> None:
        with progress_bar(progress) as advance:
            merge_to_levels(sources, len(symbols), levels, min_count=min_count, advance=advance, **spill.merging)

    return gathered(fill, symbols, totals, spill, unit, alnum, min_count, folder)


def gathered(
    fill: Callable[[Levels], None],
    symbols: Sequence[Any],
    totals: list[int],
    spill: Spill,
    unit: str,
    alnum: str,
    min_count: int,
    folder: str | os.PathLike[str] | None,
) -> NgramCounts:
    """Counts whose levels `fill` appends: in memory, in a folder, or (under a memory budget) in nameless files."""
    order = len(totals)
    if folder is None and spill.memory is None:
        levels = Levels(order, lambda name: MemoryColumn())
        fill(levels)
        return NgramCounts._of(symbols, levels.in_memory(spill.workers), totals, unit, alnum, min_count)
    if folder is None:
        with spill.full_disk():
            arrays = _in_files(LevelFiles(order, None, spill.temp_dir), fill)[0]
    else:
        with spill.full_disk(folder), new_folder(folder, format=FORMAT) as temporary:
            arrays, columns = _in_files(LevelFiles(order, temporary, None), fill)
            meta = _meta(symbols, totals, unit, alnum, min_count)
            write_meta(temporary, format=FORMAT, version=VERSION, meta=meta, arrays=columns)
    return NgramCounts._of(symbols, arrays, totals, unit, alnum, min_count)


def _in_files(files: LevelFiles, fill: Callable[[Levels], None]) -> tuple[list[AnyLevel], dict[str, ArrayFile]]:
    try:
        fill(files)
        return files.mapped(), files.columns
    finally:
        files.close()


def _meta(symbols: Sequence[Any], totals: list[int], unit: str, alnum: str, min_count: int) -> dict[str, object]:
    text = [s.hex() if isinstance(s, bytes) else s for s in symbols]
    return {
        "order": len(totals), "unit": unit, "alnum": alnum, "min_count": min_count, "totals": totals, "symbols": text,
    }  # fmt: skip


def _narrow(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The values as uint32, if they fit."""
    return values.astype(np.uint32, copy=False) if not len(values) or int(values.max()) <= LARGEST else values


def _check(levels: list[AnyLevel], symbols: int, totals: list[int], order: int) -> None:
    """Refuse arrays that would make a look-up read outside of them."""
    if not 1 <= order <= MAX_ORDER or len(totals) != order:
        raise ValueError("the order is out of range")
    for n, (symbol, counts, ends) in enumerate(levels):
        last = n + 1 == order
        wide = (np.dtype(np.uint32), np.dtype(np.uint64))
        right = symbol.dtype == np.uint32 and counts.dtype in wide and ends.dtype in wide
        if not right or len(symbol) != len(counts):
            raise ValueError(f"the arrays of order {n + 1} do not fit together")
        if any(array.ndim != 1 for array in (symbol, counts, ends)) or len(ends) != (0 if last else len(symbol)):
            raise ValueError(f"the array ends{n + 1} has the wrong length")
        below, before = 0 if last else len(levels[n + 1][0]), 0
        for begin in range(0, len(symbol), STEP):
            part, stop = symbol[begin : begin + STEP], ends[begin : begin + STEP]
            if int(part.max()) > symbols or int(part.min()) < 1:
                raise ValueError(f"the array symbols{n + 1} names symbols that do not exist")
            if len(stop) and (int(stop[0]) < before or bool((stop[1:] < stop[:-1]).any())):
                raise ValueError(f"the array ends{n + 1} is damaged")
            before = int(stop[-1]) if len(stop) else before
            release(symbol)
            release(ends)
        if before != below:
            raise ValueError(f"the array ends{n + 1} is damaged")
