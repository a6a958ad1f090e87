"""`Lattice` against the list of all its paths."""

from __future__ import annotations

import math
import pickle
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero.tokenization.lattice import Lattice
from tests.reference import lattice as reference

ALPHAS = [0.0, 0.2, 0.5, 1.0, 2.0, 5.0]
#  0 --- 1 --- 2 --- 3      weights: 0-1 .5, 1-2 .25, 2-3 .25, 0-2 .125, 1-3 .5
#   \_________/     /       paths: 1|2|3 1/32, 12|3 1/32, 1|23 1/4; Z = 5/16
#         \________/
TOY = [(0, 1, 0.5), (1, 2, 0.25), (2, 3, 0.25), (0, 2, 0.125), (1, 3, 0.5)]
toy_edges = [(a, b, math.log(w)) for a, b, w in TOY]


def lattice_of(n: int, edges: list[reference.Edge]) -> Lattice:
    return Lattice(n, [e[0] for e in edges], [e[1] for e in edges], [e[2] for e in edges])


def test_toy_by_hand() -> None:
    lattice = lattice_of(3, toy_edges)
    assert lattice.log_partition() == pytest.approx(math.log(5 / 16), abs=1e-12)
    cuts, edges = lattice.marginals()
    np.testing.assert_allclose(cuts, [1, 0.9, 0.2, 1], atol=1e-12)
    np.testing.assert_allclose(edges, [0.9, 0.1, 0.2, 0.1, 0.8], atol=1e-12)
    assert lattice.entropy() == pytest.approx(-0.8 * math.log(0.8) - 0.2 * math.log(0.1), abs=1e-12)
    assert lattice.viterbi() == [(0, 1), (1, 3)]
    assert lattice.nbest(9) == [
        ([(0, 1), (1, 3)], pytest.approx(math.log(1 / 4), abs=1e-12)),
        ([(0, 2), (2, 3)], pytest.approx(math.log(1 / 32), abs=1e-12)),
        ([(0, 1), (1, 2), (2, 3)], pytest.approx(math.log(1 / 32), abs=1e-12)),
    ]
    assert lattice.log_partition(0.0) == pytest.approx(math.log(3), abs=1e-12)
    # thresholds 0 and 1: gains of 1|2|3, 12|3, 1|23 are 1.2, .3, 1.7 and -1.8, -1.7, -.3
    assert lattice.minimum_risk(0.0) == lattice.minimum_risk(1.0) == [(0, 1), (1, 3)]


@st.composite
def lattices(draw: st.DrawFn) -> tuple[int, list[reference.Edge]]:
    n = draw(st.integers(1, 7))
    nats = st.floats(-30, 5) | st.sampled_from([-1.0, -2.0, math.log(1e-300), 0.0, -800.0])
    pairs = draw(st.sets(st.tuples(st.integers(0, n - 1), st.integers(1, n)).filter(lambda p: p[0] < p[1])))
    pairs |= {(k, k + 1) for k in range(n)}
    return n, [(a, b, draw(nats)) for a, b in sorted(pairs)]


@settings(max_examples=500, deadline=None)
@given(lattices(), st.sampled_from([*ALPHAS, 50.0]))
def test_equals_enumeration(toy: tuple[int, list[reference.Edge]], alpha: float) -> None:
    n, edges = toy
    lattice = lattice_of(n, edges)
    law = reference.law(n, edges, alpha)
    z = reference.log_partition(n, edges, alpha)
    assert lattice.log_partition(alpha) == pytest.approx(z, rel=1e-12, abs=1e-12)
    spread = max(1.0, alpha * max(abs(e[2]) for e in edges) * n)  # rounding of the scores themselves
    marginal = [reference.edge_marginal(law, edge) for edge in edges]
    np.testing.assert_allclose(lattice.marginals(alpha)[1], marginal, atol=1e-12 * spread)
    assert lattice.entropy(alpha) == pytest.approx(reference.entropy(law), abs=1e-11 * spread)
    every = sorted((reference.score(path) for path in law), reverse=True)
    best = lattice.nbest(1000)
    assert [s for _, s in best] == pytest.approx(every, rel=1e-12, abs=1e-12)
    assert len({tuple(path) for path, _ in best}) == len(every)
    assert lattice.viterbi() == best[0][0]
    drawn = lattice.sample_distinct(1000, alpha, seed=3)
    possible = [p for p in law.values() if p > 0]
    assert len({tuple(path) for path, _ in drawn}) == len(drawn) >= min(len(possible), 1)
    for path, log_p in drawn:
        exact = next(p for q, p in law.items() if [(a, b) for a, b, _ in q] == path)
        assert math.exp(log_p) == pytest.approx(exact, abs=1e-12 * spread)
    gains = {path: math.fsum(reference.edge_marginal(law, e) - 0.4 for e in path) for path in law}
    risk = lattice.minimum_risk(0.4, alpha)
    chosen = next(g for path, g in gains.items() if [(a, b) for a, b, _ in path] == risk)
    assert chosen == pytest.approx(max(gains.values()), abs=1e-9 * spread)


@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_without_replacement_has_the_right_law(alpha: float) -> None:
    """Ordered pairs of distinct paths: P(a, b) = p(a) p(b) / (1 - p(a)); chi-square at a false-alarm rate of 1e-6."""
    lattice, law = lattice_of(3, toy_edges), reference.law(3, toy_edges, alpha)
    p = {tuple((a, b) for a, b, _ in path): x for path, x in law.items()}
    rounds = 6000
    seen = Counter(tuple(tuple(q) for q, _ in lattice.sample_distinct(2, alpha, seed=s)) for s in range(rounds))
    expected = {(a, b): rounds * p[a] * p[b] / (1 - p[a]) for a in p for b in p if a != b}
    chi2 = sum((seen[pair] - e) ** 2 / e for pair, e in expected.items())
    assert chi2 < 35.9  # 5 degrees of freedom


def test_a_million_positions() -> None:
    """A cut is possible at every position, with weights of 1e-300: sums reach 1e-300000000 and stay exact to 1e-9."""
    n = 1_000_000
    single, pair = np.arange(n), np.arange(n - 1)
    tiny = math.log(1e-300)
    lattice = Lattice(
        n, np.r_[single, pair], np.r_[single + 1, pair + 2], np.r_[np.full(n, tiny), np.full(n - 1, 2 * tiny)]
    )
    golden = (1 + math.sqrt(5)) / 2  # paths are counted by Fibonacci numbers: F(n + 1) = golden^(n + 1) / sqrt(5)
    expected = n * tiny + (n + 1) * math.log(golden) - math.log(math.sqrt(5))
    assert lattice.log_partition() == pytest.approx(expected, rel=1e-12)
    cuts, _ = lattice.marginals()
    # far from the ends the probability of a cut is 1 / (golden^2 + 1) * golden^2
    assert cuts[n // 2] == pytest.approx(golden**2 / (golden**2 + 1), abs=1e-9)
    (path,) = lattice.sample(seed=1)
    assert path[-1][1] == n
    assert len(path) == pytest.approx(n * golden**2 / (golden**2 + 1), rel=0.005)
    ties = Lattice(n, np.r_[single, pair], np.r_[single + 1, pair + 2], np.r_[np.full(n, -1.0), np.full(n - 1, -2.0)])
    assert len(ties.viterbi()) == n // 2  # all paths tie: fewest edges


def test_bad_lattices_and_options() -> None:
    with pytest.raises(ValueError, match="0 <= start < end <= 2"):
        Lattice(2, [1], [1], [0.0])
    with pytest.raises(ValueError, match="no such path"):
        Lattice(2, [0], [1], [0.0])
    with pytest.raises(ValueError, match="no such path"):
        Lattice(1, [0], [1], [-math.inf])
    with pytest.raises(ValueError, match="finite or -inf"):
        Lattice(1, [0], [1], [math.nan])
    with pytest.raises(ValueError, match="one length"):
        Lattice(1, [0], [1], [])
    lattice = lattice_of(3, toy_edges)
    for alpha in (-1.0, math.nan):
        with pytest.raises(ValueError, match="alpha"):
            lattice.sample(alpha)
        with pytest.raises(ValueError, match="alpha"):
            lattice.log_partition(alpha)
    for seed in (-1, 1 << 64, 1.5):
        with pytest.raises(ValueError, match="seed"):
            lattice.sample(seed=seed)  # type: ignore[arg-type]
    for n in (0, 1001):
        with pytest.raises(ValueError, match="1 to 1000"):
            lattice.nbest(n)
    with pytest.raises(ValueError, match="threshold"):
        lattice.minimum_risk(2.0)
    assert lattice.sample(math.inf, k=2) == [[(0, 1), (1, 3)]] * 2
    assert Lattice(0, [], [], []).viterbi() == []


def test_a_lattice_cannot_be_changed_and_can_be_copied() -> None:
    lattice = Lattice(2, [0, 1, 0], [2, 2, 1], [-1.5, -1.0, -1.0])
    with pytest.raises(AttributeError, match="n cannot be set"):
        lattice.n = 3
    copy = pickle.loads(pickle.dumps(lattice))
    for left, right in zip(copy.marginals(), lattice.marginals(), strict=True):
        np.testing.assert_array_equal(left, right)
    assert repr(lattice) == "<Lattice of 2 positions, 3 edges>"
