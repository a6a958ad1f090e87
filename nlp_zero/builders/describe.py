"""What every builder does with the words that it found: score them and make the lexicon."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from .._kernels import counting as kernel
from .._kernels.counting import NgramList, Occurrences, Patterns, PieceCounter
from .._utils.arrays import release, take
from .._utils.threads import for_each
from ..corpus.corpus import Block, Corpus, blocks_of, restartable
from ..counting.counter import count
from ..counting.counts import NgramCounts
from ..counting.links import Chosen, Links, require_memory
from ..lexicon.lexicon import Lexicon
from ..lexicon.meta import LexiconMeta
from ..statistics import information_per_symbol

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    class _Counter(Protocol):
        def add(self, data: str | bytes) -> None: ...
        def another(self) -> Any: ...
        def merge(self, other: Any) -> None: ...


ABSENT = 0xFFFFFFFF
WORD_BYTES = 500  # a word, until it is a line of the lexicon
SYMBOL = 4  # bytes of a symbol id
LOOKED_UP = 1 << 14  # n-grams that are looked up before pages of a mapped tree are given up
C = TypeVar("C", bound="_Counter")


class Passes:
    """The passes over a corpus that builders make, on threads of this process."""

    def __init__(self, texts: Corpus | Iterable[str], *, alnum: str = "token", **resources: Any) -> None:
        self.texts, self.alnum, self.resources = restartable(texts), alnum, resources
        self.workers: int = resources.get("workers", 1)
        self.memory, self.temp_dir = (resources.get(name) for name in ("memory", "temp_dir"))

    def count(self, order: int, min_count: int = 1) -> NgramCounts:
        """Count n-grams; refuses an empty corpus."""
        return count(self.texts, order=order, alnum=self.alnum, min_count=min_count, **self.resources)

    def cut(self, counts: NgramCounts, patterns: Patterns) -> PieceCounter:
        """Cut the corpus and count the pieces."""
        return self._counted(lambda: PieceCounter(counts.alphabet, patterns))

    def find(self, counts: NgramCounts, listed: NgramList, described: int) -> Occurrences:
        """Count all occurrences of some n-grams, and what stands beside the first `described` of them."""
        return self._counted(lambda: Occurrences(counts.alphabet, listed, described))

    def _counted(self, make: Callable[[], C]) -> C:
        """Hand all blocks to counters, one for each thread; the sum of the counters."""
        first = make()
        counters = [first, *(first.another() for _ in range(self.workers - 1))]
        idle = list(counters)

        def work(block: Block) -> None:
            counter = idle.pop()
            try:
                counter.add(block.data)
            except UnicodeDecodeError as error:
                raise block.located(error) from None
            finally:
                idle.append(counter)

        for_each(blocks_of(self.texts), work, self.workers)
        for other in counters[1:]:
            first.merge(other)
        return first


def top_level(levels: list[kernel.Level], order: int) -> list[kernel.Level]:
    """The tree cut off above `order`: what is now the top level has no children."""
    symbol, count, end = levels[order - 1]
    return [*levels[: order - 1], (symbol, count, end[:0])]


class Words:
    """Words with their symbols and, where the count tree is deep enough for them, their places in it.

    Attributes
    ----------
    words, tokens
        The words and how often each came as one (int64).
    length, node
        Number of symbols, and place among the n-grams of that order; ``ABSENT`` for those that the tree lacks.
    deep
        Rows of the words that have the tree's order or more; ``ids`` are the bytes of their symbol ids (uint32): in
        this form a million of them need a tenth of the memory that tuples would.
    """

    def __init__(
        self,
        words: list[str],
        tokens: npt.ArrayLike,
        length: npt.NDArray[np.uint32],
        node: npt.NDArray[np.uint32],
        deep: npt.NDArray[np.int64],
        ids: list[bytes],
    ) -> None:
        self.words, self.tokens, self.length, self.node = words, np.asarray(tokens, np.int64), length, node
        self.deep, self.ids = deep, ids

    @classmethod
    def find(cls, counts: NgramCounts, words: Sequence[str], tokens: npt.ArrayLike) -> Words:
        """Look words up in the count tree."""
        encoded = counts.alphabet.encode("\n".join(words)) if words else np.zeros(0, np.uint32)
        node, length = kernel.find_ngrams(counts.levels, encoded, len(words))
        starts = np.concatenate([[0], np.cumsum(length.astype(np.int64) + 1)])
        deep = np.flatnonzero(length >= counts.order)
        ids = [encoded[starts[k] : starts[k + 1] - 1].tobytes() for k in deep.tolist()]
        return cls(list(words), tokens, length, node, deep, ids)

    @classmethod
    def from_pieces(
        cls,
        counts: NgramCounts,
        chosen: Chosen,
        pieces: PieceCounter,
        min_count: int,
        *,
        max_length: int | None = None,
        memory: int | None = None,
    ) -> Words:
        """The pieces of at most `max_length` symbols that came `min_count` times, and all single symbols."""
        words: list[str] = []
        tokens, length, node = [], [], []
        ids: list[bytes] = []
        for n, times in enumerate(pieces.counts(), 1):
            if n > (max_length or n):
                break
            places = np.flatnonzero(times >= (min_count if n > 1 else 1))
            nodes = chosen.nodes[n - 1][places]
            words += counts.texts(n, nodes)
            tokens.append(times[places])
            length.append(np.full(len(places), n, np.uint32))
            node.append(nodes)
            if n == counts.order:
                ids = _rows(counts.ids(n, nodes))
        long, more = pieces.longer(min_count)
        if max_length is not None:
            kept = [k for k, piece in enumerate(long) if len(piece) <= SYMBOL * max_length]
            long, more = [long[k] for k in kept], more[kept]
        words += ["".join([counts.symbols[s - 1] for s in memoryview(piece).cast("I")]) for piece in long]
        tokens.append(more.astype(np.int64))
        length.append(np.array([len(piece) // SYMBOL for piece in long], np.uint32))
        node.append(np.full(len(long), ABSENT, np.uint32))
        ids += long
        require_memory(memory, WORD_BYTES * len(words), f"{len(words):,} words")
        deep = np.arange(len(words) - len(ids), len(words))
        return cls(words, np.concatenate(tokens), np.concatenate(length), np.concatenate(node), deep, ids)

    def keep(self, rows: npt.NDArray[np.int64]) -> Words:
        """The words at some places, which must rise."""
        new_place = np.full(len(self.words), -1)
        new_place[rows] = np.arange(len(rows))
        deep = new_place[self.deep]
        ids = [x for x, place in zip(self.ids, deep.tolist(), strict=True) if place >= 0]
        words = [self.words[k] for k in rows.tolist()]
        return Words(words, self.tokens[rows], self.length[rows], self.node[rows], deep[deep >= 0], ids)


def describe(
    texts: Corpus | Iterable[str],
    counts: NgramCounts,
    links: Links,
    words: Sequence[str],
    tokens: npt.ArrayLike,
    *,
    method: str,
) -> Lexicon:
    """The lexicon of `words` that came `tokens` times; see `lexicon_of`."""
    return lexicon_of(Passes(texts), counts, links, Words.find(counts, words, tokens), method=method)


def lexicon_of(passes: Passes, counts: NgramCounts, links: Links, found: Words, *, method: str) -> Lexicon:
    """The lexicon of the words found, with PMI, branching entropies and cohesion.

    Words shorter than the order of `counts` are read off the count tree; one more pass finds the others.
    """
    size = len(found.words)
    columns = {name: np.full(size, np.nan) for name in ("pmi", "left_entropy", "right_entropy")}
    raw = np.zeros(size, np.int64)
    shorter = np.zeros(0, np.int64)
    for n in range(1, counts.order + 1):
        here = np.flatnonzero((found.length == n) & (found.node != ABSENT))
        at = found.node[here]
        raw[here] = take(counts.levels[n - 1][1], at)
        columns["pmi"][here] = 0.0
        if n > 1:
            columns["pmi"][here], columns["left_entropy"][shorter], columns["right_entropy"][shorter] = links.measured(
                n, at, found.node[shorter]
            )
        shorter = here
    if len(found.deep):
        _scan(passes, counts, found, raw, columns)
    columns["cohesion"] = np.divide(found.tokens, raw, out=np.full(size, np.nan), where=raw > 0)
    frequency = counts.levels[0][1]
    meta = LexiconMeta(
        method=method,
        unit=counts.unit,
        alnum=counts.alnum,
        characters=counts.total(1),
        tokens=int(found.tokens.sum()),
        entropy_before=information_per_symbol(frequency, 1),
        entropy_after=information_per_symbol(found.tokens, list(map(len, found.words))),
    )
    return Lexicon(found.words, found.tokens, scores=columns, meta=meta)


def _scan(
    passes: Passes,
    counts: NgramCounts,
    found: Words,
    raw: npt.NDArray[np.int64],
    columns: dict[str, npt.NDArray[np.float64]],
) -> None:
    """Fill in what the count tree is too shallow for: entropies of the deep words, all numbers of those beyond it."""
    ids, deep = found.ids, found.deep
    order = counts.order * SYMBOL
    beyond = [k for k, w in enumerate(ids) if len(w) > order]
    affixes = {x for k in beyond for i in range(SYMBOL, len(ids[k]), SYMBOL) for x in (ids[k][:i], ids[k][i:])}
    affixes.difference_update(ids)
    shallow = _by_beginning([x for x in affixes if len(x) <= order])
    wanted = ids + [x for x in affixes if len(x) > order]
    del affixes
    listed = NgramList(_flat(wanted), len(counts.symbols))
    times, left, right = passes.find(counts, listed, len(ids)).result()
    raw[deep] = times[: len(ids)]
    columns["left_entropy"][deep], columns["right_entropy"][deep] = left, right
    number = dict(zip(wanted, times.tolist(), strict=True))
    del listed, wanted
    number |= zip(shallow, _looked_up(counts, shallow), strict=True)
    worst = np.array(
        [max([number[w[:i]] * number[w[i:]] for i in range(SYMBOL, len(w), SYMBOL)]) for w in (ids[k] for k in beyond)],
        np.float64,
    )
    at = deep[beyond]
    columns["pmi"][at] = np.log(raw[at] * float(counts.total(1)) / worst)


def _by_beginning(ids: list[bytes]) -> list[bytes]:
    """N-grams in the order of their first two symbols: neighbours are near each other in the count tree, too."""
    pairs = np.frombuffer(b"".join([x[: 2 * SYMBOL].ljust(2 * SYMBOL, b"\0") for x in ids]), np.uint32).reshape(-1, 2)
    return [ids[k] for k in np.lexsort((pairs[:, 1], pairs[:, 0])).tolist()]


def _looked_up(counts: NgramCounts, ids: Sequence[bytes]) -> list[int]:
    """How often n-grams came, which the count tree has."""
    result = np.zeros(len(ids), np.int64)
    for begin in range(0, len(ids), LOOKED_UP):
        some = ids[begin : begin + LOOKED_UP]
        node, length = kernel.find_ngrams(counts.levels, _flat(some), len(some))
        for n, (_, times, _) in enumerate(counts.levels, 1):
            here = np.flatnonzero(length == n)
            result[begin + here] = times[node[here]]
        for level in counts.levels:
            for array in level:
                release(array)
    return result.tolist()


def _rows(table: npt.NDArray[np.uint32]) -> list[bytes]:
    """The rows of a table, as bytes."""
    data, step = table.tobytes(), SYMBOL * table.shape[1]
    return [data[k : k + step] for k in range(0, len(data), step)]


def _flat(ngrams_: Sequence[bytes]) -> npt.NDArray[np.uint32]:
    """N-grams end to end, each closed by a 0."""
    end = bytes(SYMBOL)
    return np.frombuffer(end.join([*ngrams_, b""]), np.uint32)
