"""Exact n-gram counts: a counter that grows, and the frozen counts that it yields.

Counts are kept as a prefix tree, level by level: order n lists every n-gram once, in the order of its symbols, as its
last symbol, its count and where its continuations of order n + 1 end.  Symbols are numbered by their text, so two trees
merge in one pass whatever text they come from, and the same text gives the same arrays however it was cut.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ._kernels import ngrams
from ._kernels.alphabet import Alphabet
from ._store import read_folder, write_folder
from .corpus import Corpus, blocks_of, require_text
from .errors import FormatError

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._kernels.ngrams import Level

__all__ = ["MAX_ORDER", "NgramCounter", "NgramCounts"]

MAX_ORDER = 8
FORMAT = "nlp-zero counts"
VERSION = 1
PART_SIZE = 1 << 26  # positions that are counted at once: bounds the memory of a count, and node numbers to 32 bits
LARGEST_COUNT = 0xFFFFFFFF


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

    Examples
    --------
    >>> counts = NgramCounter(order=2).update(["中国人民", "中国队"]).freeze()
    >>> counts["中国"], counts["国人"], counts["人国"], counts.total(1)
    (2, 1, 0, 7)
    """

    def __init__(self, *, order: int = 4, unit: str = "char", alnum: str = "token") -> None:
        if not isinstance(order, int) or not 1 <= order <= MAX_ORDER:
            raise ValueError(f"order must be a whole number from 1 to {MAX_ORDER}, not {order!r}.")
        self._tree = ngrams.TreeCounter(unit=unit, alnum=alnum)
        self._finished: NgramCounts | None = None
        self.order, self.unit, self.alnum = order, unit, alnum

    def update(self, texts: Corpus | Iterable[str]) -> NgramCounter:
        """Count more texts (lines of a `Corpus`, or any iterable of `str`); returns the counter.

        No n-gram reaches from one text into the next.

        Raises
        ------
        CorpusError
            When a file cannot be read or decoded.  The counter then holds what came before.
        """
        for block in blocks_of(texts, unit=self.unit):
            try:
                self._tree.add(block.data)
            except UnicodeDecodeError as error:
                raise block.located(error) from None
            if self._tree.positions >= PART_SIZE:
                self._finished = self._frozen(1)
                self._tree = ngrams.TreeCounter(unit=self.unit, alnum=self.alnum)
        return self

    def freeze(self, *, min_count: int = 1) -> NgramCounts:
        """The counts so far; counting may go on.

        N-grams of two or more symbols that came less than `min_count` times are left out.
        """
        if not isinstance(min_count, int) or min_count < 1:
            raise ValueError(f"min_count must be a whole number from 1, not {min_count!r}.")
        return self._frozen(min_count)

    def _frozen(self, min_count: int) -> NgramCounts:
        alone = self._finished is None
        symbols, levels = self._tree.count(self.order, min_count if alone else 1)
        totals = self._tree.totals(self.order)
        part = NgramCounts._of(symbols, levels, totals, self.unit, self.alnum, min_count if alone else 1)
        if self._finished is None:
            return part
        return self._finished.merge(part).prune(min_count)


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
        For each order, three arrays (uint32): last symbol of each n-gram, its count, and where its continuations
        of the next order end (those of n-gram i start where those of n-gram i - 1 end).
    """

    order: int
    unit: str
    alnum: str
    min_count: int
    symbols: tuple[Any, ...]
    levels: list[Level]
    _totals: list[int]
    _alphabet: Alphabet
    _characters: npt.NDArray[np.uint32] | None  # code points by id, where every symbol is one character

    def __init__(self) -> None:
        raise TypeError("NgramCounts are made by NgramCounter.freeze() and NgramCounts.load().")

    @classmethod
    def _of(
        cls,
        symbols: Sequence[Any],
        levels: list[Level],
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
        parts = []
        symbols: Any
        if self._characters is not None:  # every symbol is one character: quicker
            table = np.zeros((len(nodes), n), np.uint32)
            for level in range(self._level(n), -1, -1):
                table[:, level] = self._characters[self.levels[level][0][nodes]]
                if level:
                    nodes = np.searchsorted(self.levels[level - 1][2], nodes, side="right")
            return list(table.view(f"U{n}").ravel().tolist()) if len(table) else []
        for level in range(self._level(n), -1, -1):
            symbols, _, _ = self.levels[level]
            parts.append([self.symbols[s - 1] for s in symbols[nodes].tolist()])
            if level:
                nodes = np.searchsorted(self.levels[level - 1][2], nodes, side="right")
        empty: Any = b"" if self.unit == "byte" else ""
        return [empty.join(ngram) for ngram in zip(*reversed(parts), strict=True)]

    def prune(self, min_count: int) -> NgramCounts:
        """The same counts without n-grams of two or more symbols that came less than `min_count` times."""
        if min_count <= self.min_count:
            return self
        levels: list[Level] = []
        # What an n-gram begins with came at least as often, so this stays a tree.
        keeps = [(counts >= min_count) | (n == 0) for n, (_, counts, _) in enumerate(self.levels)]
        for n, (symbols, counts, ends) in enumerate(self.levels):
            if n + 1 < self.order:
                survivors = np.concatenate([[0], np.cumsum(keeps[n + 1], dtype=np.uint32)])
                ends = survivors[ends[keeps[n]]].astype(np.uint32)
            levels.append((symbols[keeps[n]], counts[keeps[n]], ends))
        return NgramCounts._of(self.symbols, levels, self._totals, self.unit, self.alnum, min_count)

    def merge(self, *others: NgramCounts) -> NgramCounts:
        """The counts of all texts together: the same arrays, bit for bit, as counting them at once.

        Raises
        ------
        ValueError
            When orders, units or `alnum` differ, or counts were pruned (their sum would not be exact).
        """
        merged = self
        for other in others:
            merged = merged._merge(other)
        return merged

    def _merge(self, other: NgramCounts) -> NgramCounts:
        for name in ("order", "unit", "alnum"):
            mine, its = getattr(self, name), getattr(other, name)
            if mine != its:
                raise ValueError(f"Counts of different {name} ({mine!r} and {its!r}) cannot be merged.")
        if max(self.min_count, other.min_count) > 1:
            raise ValueError("Pruned counts cannot be merged exactly; count with min_count=1 and prune the sum.")
        totals = [a + b for a, b in zip(self._totals, other._totals, strict=True)]
        if totals[0] > LARGEST_COUNT:
            raise ValueError(f"The merged counts would hold {totals[0]:,} positions; {LARGEST_COUNT:,} is the limit.")
        symbols: list[Any] = sorted({*self.symbols, *other.symbols})
        place = {symbol: i for i, symbol in enumerate(symbols, 1)}
        maps = [np.array([0, *(place[s] for s in c.symbols)], np.uint32) for c in (self, other)]
        levels = ngrams.merge(self.levels, maps[0], other.levels, maps[1])
        return NgramCounts._of(symbols, levels, totals, self.unit, self.alnum, 1)

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write a folder of ``.npy`` arrays and ``meta.json``; it appears whole or not at all."""
        names = ("symbols", "counts", "ends")
        arrays = {
            f"{name}{n}": array
            for n, level in enumerate(self.levels, 1)
            for name, array in zip(names, level, strict=True)
        }
        text = [s.hex() if isinstance(s, bytes) else s for s in self.symbols]
        meta = {
            "order": self.order,
            "unit": self.unit,
            "alnum": self.alnum,
            "min_count": self.min_count,
            "totals": self._totals,
            "symbols": text,
        }
        write_folder(folder, format=FORMAT, version=VERSION, meta=meta, arrays=arrays)

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


def count(texts: Corpus | Iterable[str], *, order: int, unit: str = "char", alnum: str = "token",
          min_count: int = 1) -> NgramCounts:  # fmt: skip
    """Count all of `texts`; refuses an empty corpus.

    Raises
    ------
    CorpusError
        When there is not one countable symbol.
    """
    counts = NgramCounter(order=order, unit=unit, alnum=alnum).update(texts).freeze(min_count=min_count)
    require_text(counts.total(1), texts)
    return counts


def _check(levels: list[Level], symbols: int, totals: list[int], order: int) -> None:
    """Refuse arrays that would make a look-up read outside of them."""
    if not 1 <= order <= MAX_ORDER or len(totals) != order:
        raise ValueError("the order is out of range")
    for n, (symbol, counts, ends) in enumerate(levels):
        last = n + 1 == order
        if any(a.dtype != np.uint32 or a.ndim != 1 for a in (symbol, counts, ends)) or len(symbol) != len(counts):
            raise ValueError(f"the arrays of order {n + 1} do not fit together")
        if len(ends) != (0 if last else len(symbol)):
            raise ValueError(f"the array ends{n + 1} has the wrong length")
        if len(symbol) and (int(symbol.max()) > symbols or int(symbol.min()) < 1):
            raise ValueError(f"the array symbols{n + 1} names symbols that do not exist")
        if not last and len(ends):
            if int(ends[-1]) != len(levels[n + 1][0]) or bool((ends[1:] < ends[:-1]).any()):
                raise ValueError(f"the array ends{n + 1} is damaged")
        elif not last and len(levels[n + 1][0]):
            raise ValueError(f"the array ends{n + 1} is damaged")
