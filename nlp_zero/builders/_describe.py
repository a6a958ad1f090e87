"""What every builder does with the words that it found: score them and make the lexicon."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from .._kernels import ngrams
from .._kernels.segment import NgramList, Occurrences, Patterns, PieceCounter
from .._threads import for_each
from ..corpus import Block, Corpus, blocks_of, restartable
from ..counter import count
from ..counts import NgramCounts
from ..errors import CorpusError
from ..lexicon import Lexicon
from .._store import take
from ..scores import information_per_symbol
from ._links import Chosen, Links

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    class _Counter(Protocol):
        def add(self, data: str | bytes) -> None: ...
        def another(self) -> Any: ...
        def merge(self, other: Any) -> None: ...


ABSENT = 0xFFFFFFFF
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


def top_level(levels: list[ngrams.Level], order: int) -> list[ngrams.Level]:
    """The tree cut off above `order`: what is now the top level has no children."""
    symbol, count, end = levels[order - 1]
    return [*levels[: order - 1], (symbol, count, end[:0])]


def positive_int(name: str, value: object, *, least: int = 1) -> int:
    """A whole number of at least `least`, or a `ValueError` that says so."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} must be a whole number from {least}, not {value!r}.")
    return value


class Words:
    """Words with their symbols and, where the count tree is deep enough for them, their places in it.

    Attributes
    ----------
    words, tokens
        The words and how often each came as one (int64).
    length, node
        Number of symbols, and place among the n-grams of that order; ``ABSENT`` for those that the tree lacks.
    deep
        Rows of the words that have the tree's order or more; ``ids`` are their symbols.
    """

    def __init__(
        self,
        words: list[str],
        tokens: npt.ArrayLike,
        length: npt.NDArray[np.uint32],
        node: npt.NDArray[np.uint32],
        deep: npt.NDArray[np.int64],
        ids: list[tuple[int, ...]],
    ) -> None:
        self.words, self.tokens, self.length, self.node = words, np.asarray(tokens, np.int64), length, node
        self.deep, self.ids = deep, ids

    @classmethod
    def find(cls, counts: NgramCounts, words: Sequence[str], tokens: npt.ArrayLike) -> Words:
        """Look words up in the count tree."""
        encoded = counts.alphabet.encode("\n".join(words)) if words else np.zeros(0, np.uint32)
        node, length = ngrams.find(counts.levels, encoded, len(words))
        starts = np.concatenate([[0], np.cumsum(length.astype(np.int64) + 1)])
        deep = np.flatnonzero(length >= counts.order)
        ids = [tuple(encoded[starts[k] : starts[k + 1] - 1].tolist()) for k in deep.tolist()]
        return cls(list(words), tokens, length, node, deep, ids)

    @classmethod
    def from_pieces(
        cls, counts: NgramCounts, chosen: Chosen, pieces: PieceCounter, min_count: int, max_length: int | None = None
    ) -> Words:
        """The pieces of at most `max_length` symbols that came `min_count` times, and all single symbols."""
        words: list[str] = []
        tokens, length, node = [], [], []
        ids: list[tuple[int, ...]] = []
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
                ids = list(map(tuple, counts.ids(n, nodes).tolist()))
        long, more = pieces.longer(min_count)
        if max_length is not None:
            kept = [k for k, piece in enumerate(long) if len(piece) <= max_length]
            long, more = [long[k] for k in kept], [more[k] for k in kept]
        words += ["".join(counts.symbols[s - 1] for s in piece) for piece in long]
        tokens.append(np.array(more, np.int64))
        length.append(np.array([len(piece) for piece in long], np.uint32))
        node.append(np.full(len(long), ABSENT, np.uint32))
        ids += long
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
    meta: dict[str, object] = {
        "method": method,
        "unit": counts.unit,
        "alnum": counts.alnum,
        "characters": counts.total(1),
        "tokens": int(found.tokens.sum()),
        "entropy_before": information_per_symbol(frequency, 1),
        "entropy_after": information_per_symbol(found.tokens, list(map(len, found.words))),
    }
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
    beyond = [k for k, w in enumerate(ids) if len(w) > counts.order]
    affixes = list({x for k in beyond for i in range(1, len(ids[k])) for x in (ids[k][:i], ids[k][i:])}.difference(ids))
    shallow = [x for x in affixes if len(x) <= counts.order]
    wanted = ids + [x for x in affixes if len(x) > counts.order]
    listed = NgramList(_flat(wanted), len(counts.symbols))
    times, left, right = passes.find(counts, listed, len(ids)).result()
    raw[deep] = times[: len(ids)]
    columns["left_entropy"][deep], columns["right_entropy"][deep] = left, right
    number = dict(zip(wanted, times.tolist(), strict=True))
    node, _ = ngrams.find(counts.levels, _flat(shallow), len(shallow))
    for x, place in zip(shallow, node.tolist(), strict=True):
        number[x] = int(counts.levels[len(x) - 1][1][place])
    worst = [max(number[w[:i]] * number[w[i:]] for i in range(1, len(w))) for w in (ids[k] for k in beyond)]
    at = deep[beyond]
    columns["pmi"][at] = np.log(raw[at] * float(counts.total(1)) / np.array(worst, np.float64))


def _flat(ngrams_: Sequence[tuple[int, ...]]) -> npt.NDArray[np.uint32]:
    """N-grams end to end, each closed by a 0."""
    return np.array([symbol for x in ngrams_ for symbol in (*x, 0)], np.uint32)
