"""N-gram counting with a dictionary."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence


def count_ngrams(runs: Iterable[Sequence[str]], order: int) -> list[Counter[tuple[str, ...]]]:
    counts: list[Counter[tuple[str, ...]]] = [Counter() for _ in range(order)]
    for run in runs:
        for n in range(1, order + 1):
            for i in range(len(run) - n + 1):
                counts[n - 1][tuple(run[i : i + n])] += 1
    return counts


def min_split_pmi(ngram: tuple[str, ...], counts: list[Counter[tuple[str, ...]]]) -> float:
    total = counts[0].total()
    splits = [(ngram[:k], ngram[k:]) for k in range(1, len(ngram))]
    return min(
        math.log(counts[len(ngram) - 1][ngram] * total / (counts[len(a) - 1][a] * counts[len(b) - 1][b]))
        for a, b in splits
    )


def branching_entropy(ngram: tuple[str, ...], runs: Iterable[Sequence[str]]) -> tuple[float, float]:
    """Left and right; each run end is a symbol of its own."""
    left: Counter[object] = Counter()
    right: Counter[object] = Counter()
    n = len(ngram)
    for r, run in enumerate(runs):
        for i in range(len(run) - n + 1):
            if tuple(run[i : i + n]) == ngram:
                left[run[i - 1] if i else ("start", r)] += 1
                right[run[i + n] if i + n < len(run) else ("end", r)] += 1
    return _entropy(left), _entropy(right)


def _entropy(counts: Counter[object]) -> float:
    total = counts.total()
    return -sum(c / total * math.log(c / total) for c in counts.values())
