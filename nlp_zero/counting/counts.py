"""Exact n-gram counts, frozen: the result of `NgramCounter`.

Counts are a prefix tree, level by level: order n lists every n-gram once, in the order of its symbols, as its last
symbol, its count and where its continuations of order n + 1 end. Symbols are numbered by their text, so two trees merge
in one pass even if their texts differ, and the same text gives the same arrays however it was cut.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels.counting import Alphabet
from .._utils.arrays import ArrayFile, ArrayStore, narrow, release
from .._utils.files import storage
from .._utils.folders import ELSEWHERE, new_folder, write_arrays, write_folder, write_meta
from .._utils.progress import progress_bar
from .._utils.tables import Columns, Tabular, html_table, stream_tables
from .._utils.validation import check_integer
from ..corpus import Corpus, fingerprint_files
from .format import FORMAT, MAX_ORDER, VERSION, CountOptions, describe_counts, read_counts, report_damage
from .history import NO_HISTORY, Counted, CountHistory, unite_files, unite_histories
from .merging import RunSource, TreeSource, merge_to_tree, unite_symbols
from .resources import MemoryPlan, Resources
from .store import RunStore
from .tree import COLUMNS, TreeBuilder

if TYPE_CHECKING:
    import numpy.typing as npt

    from .tree import Level

    Trace = Callable[[Sequence[Any], list[Level]], CountHistory]

__all__ = [
    "MAX_ORDER", "CountOptions", "NgramCounts", "alphabet_of", "collect_counts", "history_of", "levels_of",
    "merge_sources", "restrict_counts",
]

LOOKUP_NODES = 1 << 14  # n-grams that are looked up before pages of mapped arrays are given back
RANKED_NODES = 1 << 20  # n-grams that are sorted by count at a time
SHOWN_NGRAMS = 10  # of each order, in a notebook
BATCH_NODES = 1 << 16  # n-grams whose texts `items` and `export` make at a time


class NgramCounts(Tabular):
    """Frozen n-gram counts. Made by `NgramCounter.freeze` or `NgramCounts.load`.

    Attributes
    ----------
    order : int
        Longest n-gram.
    unit, alnum : str
        As in `NgramCounter`.
    min_count : int
        N-grams of two or more symbols that occur fewer times are not listed; `total` still includes them.
    periods : tuple of int
        The periods of the text, rising; empty if it was counted without one.
    symbols : tuple of str or bytes
        The distinct symbols (`bytes` with ``unit="byte"``), in the order of their text.

    Examples
    --------
    >>> from nlp_zero import NgramCounter
    >>> counts = NgramCounter(order=2).update(["中国人民", "中国队"]).freeze()
    >>> counts["中国"], counts.types(2), counts.total(2)
    (2, 4, 5)
    """

    order: int
    unit: str
    alnum: str
    min_count: int
    symbols: tuple[Any, ...]
    # For each order: last symbol of each n-gram (place in `symbols`, from 1), its count, and where its continuations of
    # the next order end (those of n-gram i start where those of n-gram i - 1 end). The arrays are uint32; counts and
    # ends are uint64 where one of them is larger than 4,294,967,295.
    _levels: list[Any]
    _totals: list[int]
    _history: CountHistory
    _alphabet: Alphabet
    _characters: npt.NDArray[np.uint32] | None  # code points by id, if every symbol is one character

    def __init__(self) -> None:
        raise TypeError("NgramCounts are made by NgramCounter.freeze() and NgramCounts.load().")

    @classmethod
    def _of(
        cls,
        symbols: Sequence[Any],
        levels: list[Level],
        totals: list[int],
        options: CountOptions,
        history: CountHistory = NO_HISTORY,
    ) -> NgramCounts:
        self = cls.__new__(cls)
        self._history = history
        self.symbols = tuple(symbols)
        self._levels, self._totals, self.order = levels, totals, len(levels)
        self.unit, self.alnum, self.min_count = options.unit, options.alnum, options.min_count
        for array in [*(array for level in levels for array in level), *history.arrays().values()]:
            array.flags.writeable = False
        self._alphabet = Alphabet(unit=self.unit, alnum=self.alnum, symbols=self.symbols)
        single = self.unit == "char" and self.alnum != "join"
        self._characters = np.array([0, *map(ord, self.symbols)], np.uint32) if single else None
        return self

    def __repr__(self) -> str:
        sizes = ", ".join(f"{self.types(n):,}" for n in range(1, self.order + 1))
        return f"<NgramCounts of orders 1 to {self.order}: {sizes} distinct; {self.total(1):,} {self.unit}s>"

    def __getitem__(self, ngram: str | bytes) -> int:
        """Look up the count of an n-gram.

        Parameters
        ----------
        ngram : str or bytes
            `bytes` with ``unit="byte"``.

        Returns
        -------
        int
            0 if it does not occur, was pruned, or contains a boundary.

        Raises
        ------
        ValueError
            If it has more than `order` symbols, or none.
        """
        found = self._find(ngram)
        return 0 if found is None else int(self._levels[found[0] - 1][1][found[1]])

    def seen(self, ngram: str | bytes) -> tuple[int | None, int | None]:
        """Return the first and the last period in which an n-gram occurs.

        Parameters
        ----------
        ngram : str or bytes
            `bytes` with ``unit="byte"``.

        Returns
        -------
        tuple of (int or None, int or None)
            None if it does not occur, was pruned, or occurs in text that was counted without a period: such text is
            older than all periods.

        Raises
        ------
        ValueError
            If it has more than `order` symbols, or none.

        Examples
        --------
        >>> from nlp_zero import NgramCounter
        >>> january = NgramCounter(order=2).update(["中国人民"]).freeze(period=202401)
        >>> february = NgramCounter(order=2).update(["中国队"]).freeze(period=202402)
        >>> counts = january.merge(february)
        >>> counts.seen("中国"), counts.seen("人民"), counts.seen("国队"), counts.seen("民队")
        ((202401, 202402), (202401, 202401), (202402, 202402), (None, None))
        """
        found = self._find(ngram)
        if found is None:
            return None, None
        first, last = (float(x[0]) for x in self._history.look_up(found[0], np.array([found[1]])))
        return None if math.isnan(first) else int(first), None if math.isnan(last) else int(last)

    @property
    def periods(self) -> tuple[int, ...]:
        """The periods of the text, rising; see `NgramCounter.freeze`."""
        return self._history.periods

    def find_counted(self, corpus: Corpus) -> list[str]:
        """Return the names of the files of a corpus that have been counted here.

        Parameters
        ----------
        corpus : Corpus

        Returns
        -------
        list of str
            Files are recognised by size and content, not by name; of files above 1 MB, samples are compared. Standard
            input and remote files are never recognised.

        Raises
        ------
        CorpusError
            If a file is missing.
        """
        counted = set(self._history.files.tolist())
        return [name for name, code in fingerprint_files(corpus).items() if code in counted]

    def _find(self, ngram: str | bytes) -> tuple[int, int] | None:
        """Return the order of an n-gram and its place, or None; refuse an n-gram that is too long or empty."""
        ids = self._alphabet.encode(ngram)
        inside = ids[(ids > 0) & (ids <= len(self.symbols))]
        if sum(len(self.symbols[s - 1]) for s in inside.tolist()) != len(ngram):  # unseen, or a boundary in it
            return None
        ids = ids[:-1]
        if not 1 <= len(ids) <= self.order:
            raise ValueError(f"{ngram!r} has {len(ids)} symbols; these counts have n-grams of 1 to {self.order}.")
        low, high = 0, len(self._levels[0][0])
        at = 0
        for n, symbol in enumerate(ids):
            symbols, _, ends = self._levels[n]
            at = low + int(np.searchsorted(symbols[low:high], symbol))
            if at == high or symbols[at] != symbol:
                return None
            if n + 1 < len(ids):
                low, high = int(ends[at - 1]) if at else 0, int(ends[at])
        return len(ids), at

    def total(self, n: int = 1) -> int:
        """Return the number of n-grams of order `n` in the text, with repetitions and including pruned ones.

        Parameters
        ----------
        n : int, default 1

        Returns
        -------
        int
        """
        return self._totals[self._level(n)]

    def types(self, n: int = 1) -> int:
        """Return the number of distinct n-grams of order `n` that are listed.

        Parameters
        ----------
        n : int, default 1

        Returns
        -------
        int
        """
        return len(self._levels[self._level(n)][0])

    def items(self, n: int) -> Iterator[tuple[Any, int]]:
        """Yield all n-grams of order `n` with their counts, in the order of their text.

        Parameters
        ----------
        n : int

        Yields
        ------
        tuple of (str or bytes, int)
        """
        for texts, numbers in self._batches(n):
            yield from zip(texts, numbers.tolist(), strict=True)

    def most_frequent(self, n: int, size: int) -> list[tuple[Any, int]]:
        """Return the most frequent n-grams of order `n` with their counts.

        Parameters
        ----------
        n : int
        size : int
            How many, at most.

        Returns
        -------
        list of tuple of (str or bytes, int)
            Ties are in the order of their text.

        Examples
        --------
        >>> from nlp_zero import NgramCounter
        >>> NgramCounter(order=2).update(["中国人民", "中国队"]).freeze().most_frequent(2, 2)
        [('中国', 2), ('人民', 1)]
        """
        numbers = self._levels[self._level(n)][1]
        best = _find_largest(numbers, size)
        return list(zip(self.texts(n, best), numbers[best].tolist(), strict=True))

    def to_columns(self) -> Columns:
        """Return all n-grams: ``ngram``, ``order`` and ``count``, by order and text.

        All texts are in memory at once; `items`, `__arrow_c_stream__` and `export` make them piece by piece.

        Returns
        -------
        mapping of str to column

        Examples
        --------
        >>> from nlp_zero import NgramCounter
        >>> NgramCounter(order=2).update(["中国"]).freeze().to_columns()["ngram"]
        ['中', '国', '中国']
        """
        texts: list[Any] = []
        for n in range(1, self.order + 1):
            for batch, _ in self._batches(n):
                texts += batch
        orders = np.repeat(np.arange(1, self.order + 1, dtype=np.uint8), [*map(self.types, range(1, self.order + 1))])
        counts = np.concatenate([level[1].astype(np.uint64) for level in self._levels])
        return {"ngram": texts, "order": orders, "count": counts}

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Export all n-grams to any Arrow library, piece by piece; the columns are those of `to_columns`.

        Raises
        ------
        ImportError
            If pyarrow is not installed.
        """
        batches = (
            {"ngram": texts, "order": np.full(len(texts), n, np.uint8), "count": numbers.astype(np.uint64)}
            for n in range(1, self.order + 1)
            for texts, numbers in self._batches(n)
        )
        nothing = {"ngram": [], "order": np.zeros(0, np.uint8), "count": np.zeros(0, np.uint64)}
        return stream_tables(chain(batches, [nothing])).__arrow_c_stream__(requested_schema)

    def _repr_html_(self) -> str:
        """Return the most frequent n-grams of each order, side by side, for a notebook."""
        columns = {}
        for n in range(1, self.order + 1):
            best = self.most_frequent(n, SHOWN_NGRAMS)
            texts = [(ngram if isinstance(ngram, str) else repr(ngram), count) for ngram, count in best]
            blank = [""] * (SHOWN_NGRAMS - len(best))
            columns[f"order {n}"] = [f"{ngram} {count:,}" for ngram, count in texts] + blank
        return html_table(columns, caption=repr(self).strip("<>"))

    def texts(self, n: int, nodes: npt.NDArray[Any]) -> list[Any]:
        """Return the texts of n-grams.

        Parameters
        ----------
        n : int
            Their order.
        nodes : array of int
            Their places among the n-grams of that order.

        Returns
        -------
        list of str or bytes
            `bytes` with ``unit="byte"``.
        """
        ids = self._symbol_ids(n, nodes)
        if self._characters is not None:  # every symbol is one character: faster
            return list(self._characters[ids].view(f"U{n}").ravel().tolist()) if len(ids) else []
        empty: Any = b"" if self.unit == "byte" else ""
        names = (None, *self.symbols)
        return [empty.join([names[s] for s in ngram]) for ngram in ids.tolist()]

    def _batches(self, n: int) -> Iterator[tuple[list[Any], npt.NDArray[Any]]]:
        """Yield texts and counts of all n-grams of order `n`."""
        numbers = self._levels[self._level(n)][1]
        for begin in range(0, len(numbers), BATCH_NODES):
            chunk = numbers[begin : begin + BATCH_NODES]
            yield self.texts(n, np.arange(begin, begin + len(chunk))), chunk

    def _symbol_ids(self, n: int, nodes: npt.NDArray[Any]) -> npt.NDArray[np.uint32]:
        """Symbol ids, shape (nodes, n), of the n-grams at places `nodes` of order `n`."""
        table = np.zeros((len(nodes), self._level(n) + 1), np.uint32)
        for begin in range(0, len(nodes), LOOKUP_NODES):
            at = nodes[begin : begin + LOOKUP_NODES]
            for level in range(n - 1, -1, -1):
                symbols, _, _ = self._levels[level]
                table[begin : begin + LOOKUP_NODES, level] = symbols[at]
                if level:
                    ends = self._levels[level - 1][2]
                    at = np.searchsorted(ends, at.astype(ends.dtype), side="right")
            if len(at) == LOOKUP_NODES:  # else there are few pages
                for symbols, _, ends in self._levels[:n]:
                    release(symbols)
                    release(ends)
        return table

    def prune(self, min_count: int) -> NgramCounts:
        """Return the same counts without rare n-grams.

        Parameters
        ----------
        min_count : int
            N-grams of two or more symbols that occur fewer times are left out.

        Returns
        -------
        NgramCounts
            These counts if nothing can change.
        """
        if check_integer("min_count", min_count) <= self.min_count:
            return self
        levels: list[Level] = []
        # The beginning of an n-gram occurs at least as often, so this stays a tree.
        keeps = [(counts >= min_count) | (n == 0) for n, (_, counts, _) in enumerate(self._levels)]
        for n, (symbols, counts, ends) in enumerate(self._levels):
            if n + 1 < self.order:
                survivors = np.concatenate([[0], np.cumsum(keeps[n + 1], dtype=np.uint64)])
                ends = narrow(survivors[ends[keeps[n]]])
            levels.append((symbols[keeps[n]], narrow(counts[keeps[n]]), ends))
        options = CountOptions(self.unit, self.alnum, min_count)
        return NgramCounts._of(self.symbols, levels, self._totals, options, self._history.keep(keeps))

    def truncate(self, order: int) -> NgramCounts:
        """Return the same counts without longer n-grams, as if n-grams of up to `order` symbols had been counted.

        Parameters
        ----------
        order : int
            From 1 to the order of these counts.

        Returns
        -------
        NgramCounts
            These counts if nothing can change.

        Raises
        ------
        ValueError
            If these counts do not have n-grams of that order.

        Examples
        --------
        >>> from nlp_zero import NgramCounter
        >>> NgramCounter(order=3).update(["中国人民"]).freeze().truncate(2)
        <NgramCounts of orders 1 to 2: 4, 3 distinct; 4 chars>
        """
        if self._level(order) + 1 == self.order:
            return self
        symbols, counts, ends = self._levels[order - 1]
        levels = [*self._levels[: order - 1], (symbols, counts, ends[:0])]
        options = CountOptions(self.unit, self.alnum, self.min_count)
        return NgramCounts._of(self.symbols, levels, self._totals[:order], options, self._history.truncate(order))

    def merge(
        self,
        *others: NgramCounts,
        min_count: int = 1,
        memory: int | str | None = None,
        temp_dir: str | os.PathLike[str] | None = None,
        workers: int = 1,
        folder: str | os.PathLike[str] | None = None,
    ) -> NgramCounts:
        """Add up counts: the same arrays, bit for bit, as counting all texts at once.

        Parameters
        ----------
        *others : NgramCounts
        min_count : int, default 1
        folder : str, path-like or None, default None
            As in `NgramCounter.freeze`.
        memory : int, str or None, default None
        temp_dir : str, path-like or None, default None
        workers : int, default 1
            As in `NgramCounter`.

        Returns
        -------
        NgramCounts

        Raises
        ------
        ValueError
            If orders, units or `alnum` differ, counts were pruned (their sum would not be exact), or a file was
            counted in two of them (it would be counted twice).
        StorageError
            If a disk is full or the memory budget is too small.
        """
        for other in others:
            for name in ("order", "unit", "alnum"):
                mine, its = getattr(self, name), getattr(other, name)
                if mine != its:
                    raise ValueError(
                        f"Counts of different {name} ({mine!r} and {its!r}) cannot be merged; count with the same one."
                    )
        if max(counts.min_count for counts in (self, *others)) > 1:
            raise ValueError("Pruned counts cannot be merged exactly; count with min_count=1 and prune the sum.")
        parts = [Counted(counts.symbols, counts._levels, counts._history) for counts in (self, *others)]
        if repeated := sum(len(part.history.files) for part in parts) - len(unite_files(parts)):
            raise ValueError(
                f"{repeated:,} {'file was' if repeated == 1 else 'files were'} counted in more than one of these "
                "counts, and would be counted twice; count each file once."
            )
        resources = Resources(memory=memory, temp_dir=temp_dir, workers=workers)
        plan = MemoryPlan.make(resources, order=self.order, alnum=self.alnum)
        sources = [TreeSource(c.symbols, c._levels, c._totals) for c in (self, *others)]
        options = CountOptions(self.unit, self.alnum, check_integer("min_count", min_count))
        trees = [array for part in parts for level in part.levels for array in level]
        store = ArrayStore(resources.budget, resources.temp_dir, trees)
        trace = partial(unite_histories, parts, store=store)
        return merge_sources(sources, RunStore(plan, resources.temp_dir), options, folder, trace=trace)

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write a folder of ``.npy`` arrays and ``meta.json``, whole or not at all.

        Parameters
        ----------
        folder : str or path-like
            Replaced if it holds counts.

        Raises
        ------
        FileExistsError
            If the folder holds something else.
        StorageError
            If the disk is full.
        """
        arrays = {
            f"{name}{n}": array
            for n, level in enumerate(self._levels, 1)
            for name, array in zip(COLUMNS, level, strict=True)
        } | self._history.arrays()
        options = CountOptions(self.unit, self.alnum, self.min_count)
        meta = describe_counts(self.symbols, self._totals, options, self._history)
        with storage(folder, ELSEWHERE):
            write_folder(folder, format=FORMAT, version=VERSION, meta=meta, arrays=arrays)

    def export(self, path: str | os.PathLike[str]) -> None:
        """Write all n-grams as a table with columns ngram, order and count.

        Parameters
        ----------
        path : str or path-like
            Ends in ``.parquet`` or ``.arrow``. N-grams are text, or binary with ``unit="byte"``.

        Raises
        ------
        ValueError
            If the name ends in something else.
        ImportError
            If pyarrow is missing.
        """
        from .export import write_table

        batches = ((n, *batch) for n in range(1, self.order + 1) for batch in self._batches(n))
        write_table(path, batches, binary=self.unit == "byte")

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> NgramCounts:
        """Open a folder written by `save`; the arrays stay on disk and are mapped into memory.

        Parameters
        ----------
        folder : str or path-like

        Returns
        -------
        NgramCounts

        Raises
        ------
        FormatError
            If the folder is missing, truncated, altered or of another version.
        """
        with report_damage(folder):
            return cls._of(*read_counts(folder))

    def _level(self, n: int) -> int:
        if not 1 <= n <= self.order:
            raise ValueError(f"order {n} is not counted here; these counts have orders 1 to {self.order}.")
        return n - 1


def _find_largest(numbers: npt.NDArray[Any], size: int) -> npt.NDArray[np.int64]:
    """Return the places of the largest numbers, largest first; ties: the first places.  Reads piece by piece."""
    places, values = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for begin in range(0, len(numbers), RANKED_NODES):
        chunk = numbers[begin : begin + RANKED_NODES].astype(np.int64)
        # An equal number that comes later is not among the largest.
        new = np.flatnonzero(chunk > values[-1]) if 0 < len(values) == size else np.arange(len(chunk))
        places, values = np.append(places, begin + new), np.append(values, chunk[new])
        order = np.argsort(-values, kind="stable")[:size]
        places, values = places[order], values[order]
    return places


def alphabet_of(counts: NgramCounts) -> Alphabet:
    """Return the encoder of text for the symbol ids of some counts; for other packages of this library."""
    return counts._alphabet


def history_of(counts: NgramCounts) -> CountHistory:
    """Return the files and periods of some counts; for other modules of this package."""
    return counts._history


def levels_of(counts: NgramCounts) -> list[Level]:
    """Return the levels of the count tree, as kernels take them; for other packages of this library."""
    return counts._levels


def restrict_counts(counts: NgramCounts, order: int, min_count: int, resources: Resources) -> NgramCounts:
    """Return counts without n-grams that are longer than `order` or, above order 1, occur fewer than `min_count` times.

    The same counts as ``counts.truncate(order).prune(min_count)``; under a memory budget, they are in files.
    """
    short = counts.truncate(order)
    if resources.budget is None or min_count <= short.min_count:
        return short.prune(min_count)
    plan = MemoryPlan.make(resources, order=order, alnum=counts.alnum)
    source = TreeSource(short.symbols, short._levels, short._totals)
    options = CountOptions(counts.unit, counts.alnum, min_count)
    return merge_sources([source], RunStore(plan, resources.temp_dir), options)


def merge_sources(
    sources: Sequence[RunSource | TreeSource],
    store: RunStore,
    options: CountOptions,
    folder: str | os.PathLike[str] | None = None,
    *,
    progress: bool = False,
    trace: Trace | None = None,
) -> NgramCounts:
    """Add up runs and count trees; see `NgramCounter.freeze` for `folder`, and `collect_counts` for `trace`."""
    totals = [sum(column) for column in zip(*(source.totals for source in sources), strict=True)]
    symbols = unite_symbols(sources)
    store.plan.check_alphabet(len(symbols))
    if folder is not None and options.min_count == 1:
        store.check_result(folder, (source.size for source in sources))

    def fill(tree: TreeBuilder) -> None:
        with progress_bar(progress, "merging", total=1, unit="share") as advance:
            merge_to_tree(sources, len(symbols), tree, store.plan, min_count=options.min_count, advance=advance)

    return collect_counts(fill, symbols, totals, store, options, folder, trace)


def collect_counts(
    fill: Callable[[TreeBuilder], None],
    symbols: Sequence[Any],
    totals: list[int],
    store: RunStore,
    options: CountOptions,
    folder: str | os.PathLike[str] | None = None,
    trace: Trace | None = None,
) -> NgramCounts:
    """Make counts of a tree that `fill` appends: in memory, in a folder, or (under a memory budget) in nameless files.

    `trace` makes the history of the finished tree, given its symbols and levels.

    Raises
    ------
    StorageError
        If a disk is full.
    """
    order, plan = len(totals), store.plan
    if folder is not None:
        with store.report_full_disk(folder), new_folder(folder, format=FORMAT) as temporary:
            tree = TreeBuilder.in_folder(order, temporary)
            levels = _fill_and_finish(tree, fill)
            history = NO_HISTORY if trace is None else trace(symbols, levels)
            meta = describe_counts(symbols, totals, options, history)
            files = {name: array for name, array in tree.arrays.items() if isinstance(array, ArrayFile)}
            files |= write_arrays(temporary, history.arrays())
            write_meta(temporary, format=FORMAT, version=VERSION, meta=meta, arrays=files)
    elif plan.budget is not None:
        with store.report_full_disk():
            levels = _fill_and_finish(TreeBuilder.in_temporary_files(order, store.temp_dir), fill)
            history = NO_HISTORY if trace is None else trace(symbols, levels)
    else:
        levels = _fill_and_finish(TreeBuilder.in_memory(order), fill, plan.workers)
        history = NO_HISTORY if trace is None else trace(symbols, levels)
    return NgramCounts._of(symbols, levels, totals, options, history)


def _fill_and_finish(tree: TreeBuilder, fill: Callable[[TreeBuilder], None], workers: int = 1) -> list[Level]:
    try:
        fill(tree)
        return tree.finish(workers)
    finally:
        tree.close()
