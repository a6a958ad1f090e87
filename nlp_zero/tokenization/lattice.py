"""All segmentations of a text as paths of weighted edges; independent of any vocabulary."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from .._kernels import tokenization as kernel
from .._kernels.elementary import exp, expm1, log, log1p
from .._utils.arrays import whole_numbers
from .._utils.immutable import Immutable
from .._utils.seeds import check_index, seed_of
from .._utils.validation import check_integer, check_number
from .drawing import draw_segmentations
from .sampling import MAX_ALPHA, check_alpha, check_finite_alpha

if TYPE_CHECKING:
    import numpy.typing as npt

Path = list[tuple[int, int]]

__all__ = ["Lattice"]

MAX_DRAWN_POSITIONS = 60  # a longer lattice is not drawn in a notebook


class Lattice(Immutable):
    """Edges (start, end, score) over positions 0..n; a path from 0 to n is a segmentation.  Immutable.

    P(path) = exp(alpha * score of the path) / Z(alpha), where the score is the sum over its edges, in nats.

    Parameters
    ----------
    n : int
        Number of positions (characters).
    starts, ends : array of int, shape (edges,)
        Where edges begin and end, 0 <= start < end <= n.
    scores : array of float, shape (edges,)
        Log-weights in nats, finite or -inf.

    Raises
    ------
    ValueError
        If an edge or a score is not valid, or no path leads from 0 to n.

    Examples
    --------
    >>> lattice = Lattice(2, [0, 1, 0], [1, 2, 2], [-1.0, -1.0, -1.5])
    >>> lattice.viterbi()
    [(0, 2)]
    >>> round(lattice.log_partition(), 6), lattice.nbest(5)
    (-1.025923, [([(0, 2)], -1.5), ([(0, 1), (1, 2)], -2.0)])
    """

    __slots__ = ("_ends", "_first", "_order", "_scores", "_starts", "n")

    n: int
    _order: npt.NDArray[np.int64]
    _starts: npt.NDArray[np.int64]
    _ends: npt.NDArray[np.int64]
    _scores: npt.NDArray[np.float64]
    _first: npt.NDArray[np.int64]

    def __init__(self, n: int, starts: npt.ArrayLike, ends: npt.ArrayLike, scores: npt.ArrayLike) -> None:
        check_integer("n", n, least=0)
        start, end = whole_numbers("starts", starts), whole_numbers("ends", ends)
        score = np.asarray(scores, np.float64)
        if not start.shape == end.shape == score.shape == (start.size,):
            raise ValueError("starts, ends and scores must be arrays of the same length.")
        if start.size and (start.min() < 0 or end.max() > n or (start >= end).any()):
            raise ValueError(f"every edge must have 0 <= start < end <= {n}.")
        if np.isnan(score).any() or (score == np.inf).any():
            raise ValueError("scores must be finite or -inf.")
        order = np.lexsort((end, start))
        first = np.searchsorted(start[order], np.arange(n + 1)).astype(np.int64)
        ends_, scores_ = np.ascontiguousarray(end[order]), np.ascontiguousarray(score[order])
        self._set(n=n, _order=order, _starts=start[order], _ends=ends_, _scores=scores_, _first=first)
        if n and self.log_partition() == -math.inf:
            raise ValueError("edges must lead from 0 to n; there is no such path.")

    def __reduce__(self) -> tuple[object, ...]:
        given = np.argsort(self._order, kind="stable")
        return Lattice, (self.n, self._starts[given], self._ends[given], self._scores[given])

    def __repr__(self) -> str:
        return f"<Lattice of {self.n:,} positions, {len(self._ends):,} edges>"

    def _repr_svg_(self) -> str | None:
        """Return a picture for a notebook: a box for each edge, as dark as it is probable; the best path has frames."""
        if not 0 < self.n <= MAX_DRAWN_POSITIONS:
            return None
        probabilities = self.marginals()[1][self._order]
        edges = list(zip(self._starts.tolist(), self._ends.tolist(), probabilities.tolist(), strict=True))
        return draw_segmentations("·" * self.n, edges, self.viterbi(), label="p")

    def _transitions(self, alpha: float) -> tuple[npt.NDArray[np.float64], float]:
        """Return the probability of each edge, given its start, and ln Z."""
        alpha = check_finite_alpha(alpha)
        scores = np.where(np.isneginf(self._scores), -np.inf, alpha * np.maximum(self._scores, -1e300))
        return kernel.transitions(self._first, self._ends, scores, 1.0)

    def _path(self, edges: list[int]) -> Path:
        return list(zip(self._starts[edges].tolist(), self._ends[edges].tolist(), strict=True))

    def viterbi(self) -> Path:
        """Return the path with the greatest score.

        Returns
        -------
        list of (int, int)
            Start and end of each edge. Ties go to fewer edges, then to the longer first edge.
        """
        return self._path(kernel.find_best_path(self._first, self._ends, self._scores))

    def log_partition(self, alpha: float = 1.0) -> float:
        """Return ln Z(alpha).

        Parameters
        ----------
        alpha : float, default 1
            Inverse temperature, from 0 to 1e8.

        Returns
        -------
        float
            In nats.
        """
        return self._transitions(alpha)[1]

    def sample(self, alpha: float = 1.0, *, seed: int | None = None, k: int = 1, index: int = 0) -> list[Path]:
        """Draw independent paths, exactly by P.

        Parameters
        ----------
        alpha : float, default 1
            Inverse temperature: 0 is uniform over paths, infinity the best path.
        seed : int, optional
            From 0 to 2**64 - 1; default: fresh entropy.
        k : int, default 1
            Number of paths.
        index : int, default 0
            Number of the stream under this seed.

        Returns
        -------
        list of list of (int, int)
            Start and end of each edge of each path.
        """
        check_integer("k", k, least=0)
        number, stream = seed_of(seed), check_index(index)
        if check_alpha(alpha) > MAX_ALPHA:
            return [self.viterbi() for _ in range(k)]
        drawn = kernel.sample_paths(self._first, self._ends, self._transitions(alpha)[0], number, stream, k)
        return [self._path(edges) for edges in drawn]

    def sample_distinct(self, k: int, alpha: float = 1.0, *, seed: int | None = None) -> list[tuple[Path, float]]:
        """Draw different paths without replacement.

        Parameters
        ----------
        k : int
            Number of paths, at most.
        alpha : float, default 1
            Inverse temperature, from 0 to 1e8.
        seed : int, optional
            From 0 to 2**64 - 1; default: fresh entropy.

        Returns
        -------
        list of (list of (int, int), float)
            The paths, in the order in which they were drawn, and ln P of each, in nats.

        Notes
        -----
        Gumbel-top-k over the tree of prefixes (Kool, van Hoof and Welling 2019): each prefix carries the greatest
        Gumbel-perturbed ln P below it, which is passed on to its children, conditioned on its value.
        """
        check_integer("k", k, least=0)
        q = self._transitions(alpha)[0]
        numbers = _uniforms(seed_of(seed))
        heap: list[tuple[float, int, float, int, tuple[object, ...]]] = [(-_gumbel(next(numbers)), 0, 0.0, 0, ())]
        found: list[tuple[Path, float]] = []
        tie = 0
        while heap and len(found) < k:
            top, _, log_p, at, prefix = heapq.heappop(heap)
            if at == self.n:
                found.append((self._path(_edges_of(prefix)), log_p))
                continue
            edges = [e for e in range(self._first[at], self._first[at + 1]) if q[e] > 0]
            below = [log_p + log(q[e]) for e in edges]
            noisy = [phi + _gumbel(next(numbers)) if len(edges) > 1 else -top for phi in below]
            greatest = max(noisy)
            for e, phi, g in zip(edges, below, noisy, strict=True):
                tie += 1
                shifted = _shift_gumbel(g, greatest, -top)
                heapq.heappush(heap, (-shifted, tie, phi, int(self._ends[e]), (prefix, e)))
        return found

    def nbest(self, n: int) -> list[tuple[Path, float]]:
        """Return the paths with the greatest scores.

        Parameters
        ----------
        n : int
            Number of paths, at most (1 to 1000).

        Returns
        -------
        list of (list of (int, int), float)
            The paths and their scores, in nats. Ties are in the order of `viterbi`.
        """
        check_integer("n", n, most=1000)
        paths = kernel.find_best_paths(self._first, self._ends, self._scores, n)
        return [(self._path(edges), math.fsum(self._scores[edges])) for edges in paths]

    def marginals(self, alpha: float = 1.0) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return the probabilities that a path passes each position and each edge.

        Parameters
        ----------
        alpha : float, default 1
            Inverse temperature, from 0 to 1e8.

        Returns
        -------
        positions : ndarray of float64, shape (n + 1,)
        edges : ndarray of float64, shape (edges,)
            In the order of the constructor.
        """
        cuts, edges, _ = kernel.marginals(self._first, self._ends, self._transitions(alpha)[0])
        given = np.empty_like(edges)
        given[self._order] = edges
        return cuts, given

    def entropy(self, alpha: float = 1.0) -> float:
        """Return the entropy of the segmentation.

        Parameters
        ----------
        alpha : float, default 1
            Inverse temperature, from 0 to 1e8.

        Returns
        -------
        float
            In nats.
        """
        return kernel.marginals(self._first, self._ends, self._transitions(alpha)[0])[2]

    def minimum_risk(self, threshold: float = 0.4, alpha: float = 1.0) -> Path:
        """Return the path with the greatest sum of (edge marginal - threshold).

        Parameters
        ----------
        threshold : float, default 0.4
            From 0 to 1; higher thresholds give longer edges.
        alpha : float, default 1
            Inverse temperature, from 0 to 1e8.

        Returns
        -------
        list of (int, int)
            Start and end of each edge.
        """
        check_number("threshold", threshold, least=0, most=1)
        edges = kernel.marginals(self._first, self._ends, self._transitions(alpha)[0])[1]
        gains = np.where(edges > 0, edges - threshold, -np.inf)
        return self._path(kernel.find_best_path(self._first, self._ends, gains))


def _uniforms(seed: int) -> Iterator[float]:
    index = 0
    while True:
        yield from kernel.draw_uniforms(seed, index, 64).tolist()
        index += 1


def _gumbel(u: float) -> float:
    return -log(-log(u or 2.0**-54))


def _shift_gumbel(g: float, greatest: float, limit: float) -> float:
    """Shift a Gumbel variable so that the greatest among its siblings is `limit`; the stable form of the appendix."""
    if g == greatest:
        return limit
    v = limit - g + log(-expm1(g - greatest))
    return limit - max(0.0, v) - log1p(exp(-abs(v)))


def _edges_of(prefix: tuple[object, ...]) -> list[int]:
    edges: list[int] = []
    while prefix:
        prefix, edge = prefix  # type: ignore[assignment]
        edges.append(edge)  # type: ignore[arg-type]
    return edges[::-1]
