"""Exact n-gram counts, frozen: the result of `NgramCounter`.

Counts are a prefix tree, level by level: order n lists every n-gram once, in the order of its symbols, as its last
symbol, its count and where its continuations of order n + 1 end. Symbols are numbered by their text, so two trees merge
in one pass even if their texts differ, and the same text gives the same arrays however it was cut.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels.counting import Alphabet
from .._utils.arrays import freeze_arrays
from .._utils.immutable import Immutable
from .._utils.tables import Columns, Tabular
from .._utils.validation import check_integer
from ..corpus import Corpus, fingerprint_files
from .count_data import CountData, CountOptions
from .export import make_preview, stream_table, tabulate, write_table
from .finishing import merge_counts, reduce_counts
from .format import MAX_ORDER, read_counts, report_damage, write_counts
from .history import CountHistory
from .levels import find_largest, find_ngram, prune_levels, read_symbol_ids, truncate_levels
from .resources import Resources

if TYPE_CHECKING:
    import numpy.typing as npt

    from .tree import Level

    Batch = tuple[int, list[Any], npt.NDArray[Any]]
    """Order, texts and counts of some n-grams."""

__all__ = [
    "MAX_ORDER", "NgramCounts", "alphabet_of", "counts_of", "data_of", "history_of", "levels_of", "restrict_counts",
]

SHOWN_NGRAMS = 10  # of each order, in a notebook
BATCH_NODES = 1 << 16  # n-grams whose texts `items` and `export` make at a time


class NgramCounts(Immutable, Tabular):
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
    >>> "中国" in counts, "中队" in counts
    (True, False)
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
    def _of(cls, data: CountData) -> NgramCounts:
        self = cls.__new__(cls)
        options, symbols = data.options, tuple(data.symbols)
        freeze_arrays([*(array for level in data.levels for array in level), *data.history.arrays().values()])
        self._set(_levels=data.levels, _totals=data.totals, _history=data.history, order=len(data.levels))
        self._set(unit=options.unit, alnum=options.alnum, min_count=options.min_count, symbols=symbols)
        single = options.unit == "char" and options.alnum != "join"
        self._set(
            _alphabet=Alphabet(unit=options.unit, alnum=options.alnum, symbols=symbols),
            _characters=np.array([0, *map(ord, symbols)], np.uint32) if single else None,
        )
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

    def __contains__(self, ngram: object) -> bool:
        return isinstance(ngram, (str, bytes)) and self[ngram] > 0

    __iter__ = None  # `items` iterates; without this, Python would look up the numbers 0, 1 ...

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
        at = find_ngram(self._levels, ids)
        return None if at is None else (len(ids), at)

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
        best = find_largest(numbers, size)
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
        return tabulate(self._all_batches())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Export all n-grams to any Arrow library, piece by piece; the columns are those of `to_columns`.

        Raises
        ------
        ImportError
            If pyarrow is not installed.
        """
        return stream_table(self._all_batches()).__arrow_c_stream__(requested_schema)

    def _repr_html_(self) -> str:
        """Return the most frequent n-grams of each order, side by side, for a notebook."""
        best = [self.most_frequent(n, SHOWN_NGRAMS) for n in range(1, self.order + 1)]
        return make_preview(best, SHOWN_NGRAMS, repr(self).strip("<>"))

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
        ids = read_symbol_ids(self._levels, self._level(n) + 1, nodes)
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

    def _all_batches(self) -> Iterator[Batch]:
        """Yield order, texts and counts of all n-grams."""
        for n in range(1, self.order + 1):
            for texts, numbers in self._batches(n):
                yield n, texts, numbers

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
        levels, keeps = prune_levels(self._levels, min_count)
        options = CountOptions(self.unit, self.alnum, min_count)
        return NgramCounts._of(CountData(self.symbols, levels, self._history.keep(keeps), self._totals, options))

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
        levels, history = truncate_levels(self._levels, order), self._history.truncate(order)
        options = CountOptions(self.unit, self.alnum, self.min_count)
        return NgramCounts._of(CountData(self.symbols, levels, history, self._totals[:order], options))

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
        TypeError
            If one of them is something else.
        ValueError
            If orders, units or `alnum` differ, counts were pruned (their sum would not be exact), or a file was
            counted in two of them (it would be counted twice).
        StorageError
            If a disk is full or the memory budget is too small.
        """
        for other in others:
            if not isinstance(other, NgramCounts):
                raise TypeError(f"counts can be merged with NgramCounts, not {type(other).__name__}.")
        resources = Resources(memory=memory, temp_dir=temp_dir, workers=workers)
        parts = [data_of(counts) for counts in (self, *others)]
        return NgramCounts._of(merge_counts(parts, check_integer("min_count", min_count), resources, folder))

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
        write_counts(folder, data_of(self))

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
        write_table(path, self._all_batches(), binary=self.unit == "byte")

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
            return cls._of(read_counts(folder))

    def _level(self, n: int) -> int:
        if not 1 <= n <= self.order:
            raise ValueError(f"order {n} is not counted here; these counts have orders 1 to {self.order}.")
        return n - 1


def alphabet_of(counts: NgramCounts) -> Alphabet:
    """Return the encoder of text for the symbol ids of some counts; for other packages of this library."""
    return counts._alphabet


def history_of(counts: NgramCounts) -> CountHistory:
    """Return the files and periods of some counts; for other modules of this package."""
    return counts._history


def levels_of(counts: NgramCounts) -> list[Level]:
    """Return the levels of the count tree, as kernels take them; for other packages of this library."""
    return counts._levels


def data_of(counts: NgramCounts) -> CountData:
    """Return counts as plain data; for other modules of this package."""
    options = CountOptions(counts.unit, counts.alnum, counts.min_count)
    return CountData(counts.symbols, counts._levels, counts._history, counts._totals, options)


def counts_of(data: CountData) -> NgramCounts:
    """Return the counts that have this data; for other packages of this library."""
    return NgramCounts._of(data)


def restrict_counts(counts: NgramCounts, order: int, min_count: int, resources: Resources) -> NgramCounts:
    """Return counts without n-grams that are longer than `order` or, above order 1, occur fewer than `min_count` times.

    The same counts as ``counts.truncate(order).prune(min_count)``; under a memory budget, they are in files.
    """
    short = counts.truncate(order)
    if resources.budget is None or min_count <= short.min_count:
        return short.prune(min_count)
    return counts_of(reduce_counts(data_of(short), min_count, resources))
