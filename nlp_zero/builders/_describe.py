"""What every builder does with the words that it found: score them and make the lexicon."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels import ngrams
from .._kernels.segment import Occurrences, PieceCounter
from ..corpus import Corpus, blocks_of
from ..counts import NgramCounts
from ..lexicon import Lexicon
from ..scores import information_per_symbol

if TYPE_CHECKING:
    import numpy.typing as npt

ABSENT = 0xFFFFFFFF


class Links:
    """A count tree with its suffix and prefix links."""

    def __init__(self, counts: NgramCounts) -> None:
        self.levels, self.total = counts.levels, counts.total(1)
        self.suffix, self.prefix = ngrams.suffix_links(counts.levels)
        self._branching: dict[int, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]] = {}

    def pmi(self, n: int, nodes: npt.NDArray[np.uint32]) -> npt.NDArray[np.float64]:
        """PMI in nats, the smallest over the split points, of the n-grams of order `n` at places `nodes`."""
        return ngrams.min_split_pmi(self.levels, self.suffix, self.prefix, self.total, n, nodes)

    def branching(self, n: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Left and right branching entropies in nats of all n-grams of order `n`, below the top order."""
        if n not in self._branching:
            self._branching[n] = ngrams.branching_entropy(self.levels, self.suffix, n)
        return self._branching[n]


def cut_corpus(texts: Corpus | Iterable[str], counts: NgramCounts, pieces: PieceCounter) -> None:
    """Cut all of `texts` into pieces."""
    for block in blocks_of(texts, unit=counts.unit):
        pieces.add(counts.alphabet.encode(block.data))


def top_level(levels: list[ngrams.Level], order: int) -> list[ngrams.Level]:
    """The tree cut off above `order`: what is now the top level has no children."""
    symbol, count, end = levels[order - 1]
    return [*levels[: order - 1], (symbol, count, end[:0])]


def positive_int(name: str, value: object, *, least: int = 1) -> int:
    """A whole number of at least `least`, or a `ValueError` that says so."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} must be a whole number from {least}, not {value!r}.")
    return value


def describe(
    texts: Corpus | Iterable[str],
    counts: NgramCounts,
    links: Links,
    words: Sequence[str],
    tokens: npt.ArrayLike,
    *,
    method: str,
) -> Lexicon:
    """The lexicon of `words` that came `tokens` times, with PMI, branching entropies and cohesion.

    Words shorter than the order of `counts` are read off the count tree; `texts` is scanned once more for the others.
    """
    token_counts = np.asarray(tokens, np.int64)
    encoded = counts.alphabet.encode("\n".join(words)) if words else np.zeros(0, np.uint32)
    node, length = ngrams.find(counts.levels, encoded, len(words))
    columns = {name: np.full(len(words), np.nan) for name in ("pmi", "left_entropy", "right_entropy")}
    raw = np.zeros(len(words), np.int64)
    for n in range(1, counts.order + 1):
        here = np.flatnonzero((length == n) & (node != ABSENT))
        at = node[here]
        raw[here] = counts.levels[n - 1][1][at]
        columns["pmi"][here] = links.pmi(n, at) if n > 1 else 0.0
        if n < counts.order:
            left, right = links.branching(n)
            columns["left_entropy"][here], columns["right_entropy"][here] = left[at], right[at]
    deep = np.flatnonzero(length >= counts.order)
    if len(deep):
        _scan(texts, counts, encoded, length, deep, raw, columns)
    columns["cohesion"] = np.divide(token_counts, raw, out=np.full(len(words), np.nan), where=raw > 0)
    sizes = [len(word) for word in words]
    frequency = counts.levels[0][1]
    meta: dict[str, object] = {
        "method": method,
        "unit": counts.unit,
        "alnum": counts.alnum,
        "characters": counts.total(1),
        "tokens": int(token_counts.sum()),
        "entropy_before": information_per_symbol(frequency, 1),
        "entropy_after": information_per_symbol(token_counts, sizes),
    }
    return Lexicon(words, token_counts, scores=columns, meta=meta)


def _scan(
    texts: Corpus | Iterable[str],
    counts: NgramCounts,
    encoded: npt.NDArray[np.uint32],
    length: npt.NDArray[np.uint32],
    deep: npt.NDArray[np.int64],
    raw: npt.NDArray[np.int64],
    columns: dict[str, npt.NDArray[np.float64]],
) -> None:
    """Fill in raw counts, entropies and PMI of the words `deep`, which the count tree is too shallow for."""
    starts = np.concatenate([[0], np.cumsum(length.astype(np.int64) + 1)])
    ids = [tuple(encoded[starts[k] : starts[k + 1] - 1].tolist()) for k in deep.tolist()]
    affixes = list({x for w in ids for k in range(1, len(w)) for x in (w[:k], w[k:])}.difference(ids))
    shallow = [x for x in affixes if len(x) <= counts.order]
    wanted = ids + [x for x in affixes if len(x) > counts.order]
    occurrences = Occurrences(_flat(wanted), len(wanted), len(counts.symbols))
    for block in blocks_of(texts, unit=counts.unit):
        occurrences.add(counts.alphabet.encode(block.data))
    times, left, right = occurrences.result()
    raw[deep] = times[: len(ids)]
    columns["left_entropy"][deep], columns["right_entropy"][deep] = left[: len(ids)], right[: len(ids)]
    number = dict(zip(wanted, times.tolist(), strict=True))
    node, _ = ngrams.find(counts.levels, _flat(shallow), len(shallow))
    for x, place in zip(shallow, node.tolist(), strict=True):
        number[x] = int(counts.levels[len(x) - 1][1][place])
    worst = [max(number[w[:k]] * number[w[k:]] for k in range(1, len(w))) for w in ids]
    columns["pmi"][deep] = np.log(raw[deep] * float(counts.total(1)) / np.array(worst, np.float64))


def _flat(ngrams_: Sequence[tuple[int, ...]]) -> npt.NDArray[np.uint32]:
    """N-grams end to end, each closed by a 0."""
    return np.array([symbol for x in ngrams_ for symbol in (*x, 0)], np.uint32)


def rows(
    counts: NgramCounts, per_order: list[npt.NDArray[np.int64]], least: Sequence[int]
) -> tuple[list[str], list[Any]]:
    """Words and token counts of the n-grams that came at least ``least[n - 1]`` times as pieces."""
    words: list[str] = []
    tokens: list[Any] = []
    for n, (count, minimum) in enumerate(zip(per_order, least, strict=True), 1):
        places = np.flatnonzero(count >= minimum)
        words.extend(counts.texts(n, places))
        tokens.extend(count[places].tolist())
    return words, tokens
