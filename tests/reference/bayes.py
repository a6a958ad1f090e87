"""The latent-class Pitman-Yor model in plain Python, from its formulas."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

Word = tuple[int, ...]
Token = tuple[Word, int]


class PlainModel:
    """Probabilities from the tokens of all other stretches; spelling from `spelled`, the segmentation before."""

    def __init__(
        self,
        sentences: Sequence[Sequence[Token]],
        spelled: Sequence[Sequence[Token]],
        symbols: Counter[int],
        classes: int,
        lengths: Sequence[float],
        hyper: Mapping[str, float],
    ) -> None:
        self.k, self.lengths, self.h, self.symbols = classes, lengths, hyper, symbols
        self.c = Counter((z, w) for s in sentences for w, z in s)
        self.chain: Counter[tuple[int, int]] = Counter()
        for s in sentences:
            path = [classes, *(z for _, z in s), classes]
            self.chain.update(pairwise(path))
        self.holders = Counter(w for _, w in self.c)
        before = Counter((z, w) for s in spelled for w, z in s)
        self.spelled = Counter(w for _, w in before)

    def transition(self, a: int, b: int) -> float:
        row = sum(n for (x, _), n in self.chain.items() if x == a)
        into = sum(n for (_, y), n in self.chain.items() if y == b)
        prior = (into + 1) / (sum(self.chain.values()) + self.k + 1)
        return (self.chain[a, b] + self.h["chain"] * prior) / (row + self.h["chain"])

    def spelling(self, w: Word) -> float:
        total = sum(self.symbols.values())
        p = self.lengths[len(w) - 1]
        if len(w) == 1:
            return p * self.symbols[w[0]] / total
        places = [lambda x: x[:1], lambda x: x[1:-1], lambda x: x[-1:]]
        for s, place in zip(w, [places[0], *[places[1]] * (len(w) - 2), places[2]], strict=True):
            here = Counter(c for x in self.spelled if len(x) > 1 for c in place(x))
            p *= (here[s] + self.h["spelling"] * self.symbols[s] / total) / (sum(here.values()) + self.h["spelling"])
        return p

    def shared(self, w: Word) -> float:
        h = self.h
        known = max(self.holders[w] - h["d1"], 0.0) if w in self.holders else 0.0
        rest = (h["theta1"] + h["d1"] * len(self.holders)) * self.spelling(w)
        return (known + rest) / (sum(self.holders.values()) + h["theta1"])

    def length_share(self, n: int) -> float:
        """Mass of P1 on length n, from the segmentation before."""
        h, pairs = self.h, sum(self.spelled.values())
        known = sum(k - h["d1"] for w, k in self.spelled.items() if len(w) == n)
        return (known + (h["theta1"] + h["d1"] * len(self.spelled)) * self.lengths[n - 1]) / (pairs + h["theta1"])

    def emission(self, w: Word, z: int) -> float:
        h = self.h
        types = [x for y, x in self.c if y == z]
        total = sum(n for (y, _), n in self.c.items() if y == z)
        q = self.length_share(len(w))
        here = sum(len(x) == len(w) for x in types)
        ratio = (here + h["ratio"] * q) / (len(types) + h["ratio"]) / q
        known = max(self.c[z, w] - h["d"], 0.0)
        return (known + (h["theta"] + h["d"] * len(types)) * self.shared(w) * ratio) / (total + h["theta"])

    def posterior(self, run: Word) -> dict[tuple[Token, ...], float]:
        """Every segmentation with classes of a run, by enumeration."""
        weight = {}
        for path in self._paths(run):
            p, a = 1.0, self.k
            for w, z in path:
                p *= self.transition(a, z) * self.emission(w, z)
                a = z
            weight[path] = p * self.transition(a, self.k)
        total = math.fsum(weight.values())
        return {path: p / total for path, p in weight.items()}

    def _paths(self, run: Word) -> Iterator[tuple[Token, ...]]:
        if not run:
            yield ()
        for n in range(1, min(len(run), len(self.lengths)) + 1):
            for z in range(self.k):
                for rest in self._paths(run[n:]):
                    yield ((run[:n], z), *rest)


def best_unigram_score(run: Word, scores: Mapping[Word, float], unknown: float) -> float:
    """The best score of a segmentation, by recursion over all of them."""
    if not run:
        return 0.0
    return max(
        scores.get(run[:n], unknown if n == 1 else -math.inf) + best_unigram_score(run[n:], scores, unknown)
        for n in range(1, len(run) + 1)
    )
