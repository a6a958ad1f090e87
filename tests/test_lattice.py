"""`Lattice` against the list of all its paths."""

from __future__ import annotations

import math
import pickle
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero.tokenization.lattice import Lattice, _gumbel, _shift_gumbel
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


def test_an_impossible_edge_changes_nothing() -> None:
    lattice, toy = lattice_of(3, [*toy_edges, (0, 3, -math.inf)]), lattice_of(3, toy_edges)
    for alpha in ALPHAS:  # 0 times -inf must not be NaN
        assert lattice.log_partition(alpha) == toy.log_partition(alpha)
        cuts, edges = lattice.marginals(alpha)
        np.testing.assert_array_equal(cuts, toy.marginals(alpha)[0])
        np.testing.assert_array_equal(edges, [*toy.marginals(alpha)[1], 0])
        assert lattice.sample(alpha, k=20, seed=1) == toy.sample(alpha, k=20, seed=1)
        assert len(lattice.sample_distinct(9, alpha, seed=1)) == 3
    assert all(path != [(0, 3)] for path, score in lattice.nbest(9) if score > -math.inf)
    # Five paths of steps of one and two, each with probability 1/5: at a threshold of 1, the best path loses 1.2, and
    # one impossible edge would lose 1.
    steps = [(a, a + k, 0.0) for k in (1, 2) for a in range(5 - k)]
    assert lattice_of(4, [*steps, (0, 4, -math.inf)]).minimum_risk(1.0, 0.0) == [(0, 2), (2, 4)]


def test_defaults() -> None:
    lattice = lattice_of(3, toy_edges)
    assert lattice.sample(seed=3) == lattice.sample(1.0, seed=3, k=1, index=0)
    many = lattice.sample(seed=3, k=200)
    assert many == lattice.sample(1.0, seed=3, k=200, index=0)
    assert many not in (lattice.sample(2.0, seed=3, k=200), lattice.sample(seed=3, k=200, index=1))
    assert lattice.sample(seed=3, k=0) == lattice.sample_distinct(0, seed=3) == []
    assert lattice.sample_distinct(3, seed=3) == lattice.sample_distinct(3, 1.0, seed=3)
    # 1|2 with probability p gains 2 (p - t), and 12 gains 1 - p - t: 1|2 is best if t < 3 p - 1.  At alpha 1 this is
    # .41; at alpha 2, p is .44 and the limit .32.
    two = lattice_of(2, [(0, 1, 0.0), (1, 2, 0.0), (0, 2, math.log(0.53 / 0.47))])
    assert [len(two.minimum_risk(t, 1.0)) for t in (0.4, 0.42)] == [2, 1]
    assert [len(two.minimum_risk(t, 2.0)) for t in (0.3, 0.4)] == [2, 1]
    assert len(two.minimum_risk()) == 2


def test_a_high_alpha_is_still_a_law_and_infinity_is_the_best_path() -> None:
    ties = lattice_of(2, [(0, 1, -1.0), (1, 2, -1.0), (0, 2, -2.0)])
    assert {len(path) for path in ties.sample(1e8, k=64, seed=1)} == {1, 2}
    assert {len(path) for path in ties.sample(math.inf, k=64, seed=1)} == {1}  # ties go to fewer edges


def test_perturbed_probabilities_are_those_of_the_paper() -> None:
    """Kool, van Hoof and Welling 2019, appendix B.3: -ln(exp(-limit) - exp(-greatest) + exp(-g)), in a stable form."""
    assert _gumbel(0.5) == pytest.approx(-math.log(math.log(2)), rel=1e-12)
    assert _gumbel(0.0) == pytest.approx(-math.log(54 * math.log(2)), rel=1e-12)  # as for 2**-54
    rng = np.random.default_rng(1)
    for greatest, limit, below in rng.uniform([-3, -3, 0.01], [3, 3, 4], (200, 3)).tolist():
        g = greatest - below
        plain = -math.log(math.exp(-limit) - math.exp(-greatest) + math.exp(-g))
        assert _shift_gumbel(g, greatest, limit) == pytest.approx(plain, rel=1e-9, abs=1e-9)
        assert _shift_gumbel(greatest, greatest, limit) == limit


def test_seeds_keep_their_paths() -> None:
    """More numbers than are drawn at once."""
    steps = [(a, a + k, -float(k)) for k in (1, 2, 3) for a in range(9 - k)]
    drawn = lattice_of(8, steps).sample_distinct(81, seed=7)
    assert len({tuple(path) for path, _ in drawn}) == len(drawn) == 81  # all paths
    lengths = "455757557654646454555455666655443757574664456465554545558574654645466653466666553"
    assert "".join(str(len(path)) for path, _ in drawn) == lengths


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
    for start, end in ((-1, 2), (0, 3), (2, 1)):
        with pytest.raises(ValueError, match="0 <= start < end <= 2"):
            Lattice(2, [0, start], [2, end], [0.0, 0.0])
    with pytest.raises(ValueError, match=r"^n must be"):
        Lattice(-1, [], [], [])
    with pytest.raises(ValueError, match="no such path"):
        Lattice(2, [0], [1], [0.0])
    with pytest.raises(ValueError, match="no such path"):
        Lattice(1, [0], [1], [-math.inf])
    for score in (math.nan, math.inf):
        with pytest.raises(ValueError, match="finite or -inf"):
            Lattice(1, [0], [1], [score])
    for starts, ends, scores in (([0], [1], []), ([0], [1, 1], [0.0]), ([0, 0], [1], [0.0]), ([[0]], [[1]], [[0.0]])):
        with pytest.raises(ValueError, match="the same length"):
            Lattice(1, starts, ends, scores)
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
        with pytest.raises(ValueError, match=r"^n must be .* 1 to 1000"):
            lattice.nbest(n)
    for threshold in (-0.01, 1.01):
        with pytest.raises(ValueError, match=r"^threshold"):
            lattice.minimum_risk(threshold)
    for draw in (lambda: lattice.sample(k=-1), lambda: lattice.sample_distinct(-1)):
        with pytest.raises(ValueError, match=r"^k must be"):
            draw()
    with pytest.raises(ValueError, match=r"^index must be"):
        lattice.sample(index=-1)
    with pytest.raises(ValueError, match=r"^starts must be whole numbers; 0\.5 is not one"):
        Lattice(1, [0.5], [1], [-2])
    assert lattice.sample(math.inf, k=2) == [[(0, 1), (1, 3)]] * 2
    assert Lattice(0, [], [], []).viterbi() == []
    assert Lattice(1, [0], [1], [-2]).log_partition() == -2  # scores may be integers


def test_a_lattice_cannot_be_changed_and_can_be_copied() -> None:
    lattice = Lattice(2, [0, 1, 0], [2, 2, 1], [-1.5, -1.0, -1.0])
    with pytest.raises(AttributeError, match="n cannot be set"):
        lattice.n = 3
    copy = pickle.loads(pickle.dumps(lattice))
    for left, right in zip(copy.marginals(), lattice.marginals(), strict=True):
        np.testing.assert_array_equal(left, right)
    assert repr(lattice) == "<Lattice of 2 positions, 3 edges>"
