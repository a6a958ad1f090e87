"""All segmentations of one stretch of text: best, n best, drawn, or summed over.  Knows no vocabulary."""

from __future__ import annotations

import heapq
import math
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from .._kernels import tokenization as kernel

if TYPE_CHECKING:
    import numpy.typing as npt

Path = list[tuple[int, int]]

__all__ = ["Lattice"]


class Lattice:
    """Edges (start, end, score) over positions 0..n; a path from 0 to n is a segmentation.  Immutable.

    P(path) = exp(alpha * score of the path) / Z(alpha), where the score is the sum over its edges, in nats.

    Parameters
    ----------
    n
        Number of positions (characters).
    starts, ends
        Where edges begin and end, 0 <= start < end <= n.
    scores
        Log-weights in nats, finite or -inf.

    Examples
    --------
    >>> lattice = Lattice(2, [0, 1, 0], [1, 2, 2], [-1.0, -1.0, -1.5])
    >>> lattice.viterbi()
    [(0, 2)]
    >>> round(lattice.log_partition(), 6), lattice.nbest(5)
    (-1.025923, [([(0, 2)], -1.5), ([(0, 1), (1, 2)], -2.0)])
    """

    __slots__ = ("_ends", "_first", "_order", "_scores", "_starts", "n")

    def __init__(self, n: int, starts: npt.ArrayLike, ends: npt.ArrayLike, scores: npt.ArrayLike) -> None:
        start, end, score = np.asarray(starts, np.int64), np.asarray(ends, np.int64), np.asarray(scores, np.float64)
        if n < 0 or not start.shape == end.shape == score.shape == (start.size,):
            raise ValueError("a lattice needs n >= 0 and starts, ends and scores of one length.")
        if start.size and (start.min() < 0 or end.max() > n or (start >= end).any()):
            raise ValueError(f"every edge must have 0 <= start < end <= {n}.")
        if np.isnan(score).any() or (score == np.inf).any():
            raise ValueError("scores must be finite or -inf.")
        self.n = n
        order = np.lexsort((end, start))
        self._order, self._starts = order, start[order]
        self._ends, self._scores = np.ascontiguousarray(end[order]), np.ascontiguousarray(score[order])
        self._first = np.searchsorted(self._starts, np.arange(n + 1)).astype(np.int64)
        if n and self.log_partition() == -math.inf:
            raise ValueError("no path of edges leads from 0 to n.")

    def _q(self, alpha: float) -> tuple[npt.NDArray[np.float64], float]:
        if not 0 <= alpha <= 1e8:
            raise ValueError(f"alpha must be between 0 and 1e8 here, not {alpha}.")
        scores = np.where(np.isneginf(self._scores), -np.inf, alpha * np.maximum(self._scores, -1e300))
        return kernel.transitions(self._first, self._ends, scores, 1.0)

    def _path(self, edges: list[int]) -> Path:
        return list(zip(self._starts[edges].tolist(), self._ends[edges].tolist(), strict=True))

    def viterbi(self) -> Path:
        """The best path; ties go to fewer edges, then to the longer first edge."""
        return self._path(kernel.find_best_path(self._first, self._ends, self._scores))

    def log_partition(self, alpha: float = 1.0) -> float:
        """Ln Z(alpha), in nats."""
        return self._q(alpha)[1]

    def sample(self, alpha: float = 1.0, *, seed: int | None = None, k: int = 1, index: int = 0) -> list[Path]:
        """`k` independent paths, exactly by P; alpha 0 is uniform over paths, infinity the best path."""
        check_alpha(alpha)
        if alpha > 1e8:
            return [self.viterbi() for _ in range(k)]
        drawn = kernel.sample_paths(self._first, self._ends, self._q(alpha)[0], seed_of(seed), index, k)
        return [self._path(edges) for edges in drawn]

    def sample_distinct(self, k: int, alpha: float = 1.0, *, seed: int | None = None) -> list[tuple[Path, float]]:
        """At most `k` different paths, drawn without replacement in order, each with its ln P.

        Gumbel-top-k over the tree of prefixes (Kool, van Hoof and Welling 2019): each prefix carries the greatest
        Gumbel-perturbed ln P below it, which is passed on to its children, conditioned on its value.
        """
        q = self._q(alpha)[0]
        numbers = _uniforms(seed_of(seed))
        heap: list[tuple[float, int, float, int, tuple[object, ...]]] = [(-_gumbel(next(numbers)), 0, 0.0, 0, ())]
        found: list[tuple[Path, float]] = []
        tie = 0
        while heap and len(found) < k:
            top, _, log_p, at, prefix = heapq.heappop(heap)
            if at == self.n:
                found.append((self._path(_unlinked(prefix)), log_p))
                continue
            edges = [e for e in range(self._first[at], self._first[at + 1]) if q[e] > 0]
            below = [log_p + math.log(q[e]) for e in edges]
            noisy = [phi + _gumbel(next(numbers)) if len(edges) > 1 else -top for phi in below]
            greatest = max(noisy)
            for e, phi, g in zip(edges, below, noisy, strict=True):
                tie += 1
                moved = _truncated(g, greatest, -top)
                heapq.heappush(heap, (-moved, tie, phi, int(self._ends[e]), (prefix, e)))
        return found

    def nbest(self, n: int) -> list[tuple[Path, float]]:
        """The `n` <= 1000 best paths with their scores; ties as in `viterbi`, each tied path listed."""
        if not 1 <= n <= 1000:
            raise ValueError(f"n must be from 1 to 1000, not {n}.")
        paths = kernel.find_best_paths(self._first, self._ends, self._scores, n)
        return [(self._path(edges), math.fsum(self._scores[edges])) for edges in paths]

    def marginals(self, alpha: float = 1.0) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Probabilities that a path passes each position (n + 1) and each edge (in the order given)."""
        cuts, edges, _ = kernel.marginals(self._first, self._ends, self._q(alpha)[0])
        given = np.empty_like(edges)
        given[self._order] = edges
        return cuts, given

    def entropy(self, alpha: float = 1.0) -> float:
        """Entropy of the segmentation in nats."""
        return kernel.marginals(self._first, self._ends, self._q(alpha)[0])[2]

    def minimum_risk(self, threshold: float = 0.4, alpha: float = 1.0) -> Path:
        """The path with the greatest sum of (edge marginal - threshold): a higher threshold means fewer edges."""
        if not 0 <= threshold <= 1:
            raise ValueError(f"threshold must be between 0 and 1, not {threshold}.")
        edges = kernel.marginals(self._first, self._ends, self._q(alpha)[0])[1]
        gains = np.where(edges > 0, edges - threshold, -np.inf)
        return self._path(kernel.find_best_path(self._first, self._ends, gains))


def check_alpha(alpha: float) -> None:
    if not alpha >= 0:
        raise ValueError(f"alpha must be a number from 0 to infinity, not {alpha}.")


def seed_of(seed: int | None) -> int:
    """A 64-bit seed; fresh entropy for None."""
    if seed is None:
        return int.from_bytes(os.urandom(8), "little")
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 1 << 64:
        raise ValueError(f"seed must be a whole number from 0 to 2**64 - 1, not {seed!r}.")
    return int(seed)


def _uniforms(seed: int) -> Iterator[float]:
    index = 0
    while True:
        yield from kernel.draw_uniforms(seed, index, 64).tolist()
        index += 1


def _gumbel(u: float) -> float:
    return -math.log(-math.log(u or 2.0**-54))


def _truncated(g: float, greatest: float, limit: float) -> float:
    """Move a Gumbel variable so that the greatest of its family becomes `limit`: the stable form in the appendix."""
    if g == greatest:
        return limit
    v = limit - g + math.log(-math.expm1(g - greatest))
    return limit - max(0.0, v) - math.log1p(math.exp(-abs(v)))


def _unlinked(prefix: tuple[object, ...]) -> list[int]:
    edges: list[int] = []
    while prefix:
        prefix, edge = prefix  # type: ignore[assignment]
        edges.append(edge)  # type: ignore[arg-type]
    return edges[::-1]
