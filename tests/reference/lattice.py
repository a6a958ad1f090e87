"""All segmentations of a lattice as a list, from which every other quantity is computed."""

from __future__ import annotations

import math
from collections.abc import Sequence

Edge = tuple[int, int, float]
Path = tuple[Edge, ...]


def paths(n: int, edges: Sequence[Edge], at: int = 0) -> list[Path]:
    if at == n:
        return [()]
    return [(edge, *rest) for edge in edges if edge[0] == at for rest in paths(n, edges, edge[1])]


def score(path: Path) -> float:
    return math.fsum(edge[2] for edge in path)


def law(n: int, edges: Sequence[Edge], alpha: float) -> dict[Path, float]:
    """P(path) at inverse temperature alpha."""
    every = paths(n, edges)
    top = max(alpha * score(path) for path in every)
    weights = [math.exp(alpha * score(path) - top) for path in every]
    total = math.fsum(weights)
    return {path: weight / total for path, weight in zip(every, weights, strict=True)}


def log_partition(n: int, edges: Sequence[Edge], alpha: float) -> float:
    scores = [alpha * score(path) for path in paths(n, edges)]
    return max(scores) + math.log(math.fsum(math.exp(s - max(scores)) for s in scores))


def edge_marginal(probabilities: dict[Path, float], edge: Edge) -> float:
    return math.fsum(p for path, p in probabilities.items() if edge in path)


def entropy(probabilities: dict[Path, float]) -> float:
    return -math.fsum(p * math.log(p) for p in probabilities.values() if p > 0)
