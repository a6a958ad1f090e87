"""Statistics of counts and scores of words, each against its definition, term by term."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero.lexicon.scores import estimate_log_probs, scores_of_pieces
from nlp_zero.statistics import (
    branching_entropy,
    entropy_gain,
    expected_document_frequency,
    firmness,
    information_per_symbol,
    new_words,
    pmi,
)
from nlp_zero.statistics.logarithms import x_log

counts = st.lists(st.integers(0, 1000), max_size=12)


@given(counts, st.data())
def test_information_is_that_of_each_character(n: list[int], data: st.DataObject) -> None:
    lengths = [data.draw(st.integers(1, 6)) for _ in n]
    total, characters = sum(n), sum(k * size for k, size in zip(n, lengths, strict=True))
    expected = -sum(k * math.log(k / total) for k in n if k) / characters if total else 0.0
    assert information_per_symbol(n, lengths) == pytest.approx(expected, abs=1e-12)
    if total:  # one length for all words
        assert information_per_symbol(n, 3) == pytest.approx(expected * characters / (3 * total), abs=1e-12)


@given(st.lists(st.integers(1, 1000), max_size=12), st.integers(0, 50))
def test_other_neighbours_occur_once_each(n: list[int], others: int) -> None:
    everything = [*n, *[1] * others]
    total = sum(everything)
    expected = -sum(k / total * math.log(k / total) for k in everything) if total else 0.0
    assert branching_entropy(everything) == pytest.approx(expected, abs=1e-12)
    assert branching_entropy(n, total) == pytest.approx(expected, abs=1e-12)
    assert branching_entropy([0, *n, 0], total) == branching_entropy(n, total)


@given(counts, st.integers(0, 1000))
def test_the_share_of_new_words(n: list[int], rest: int) -> None:
    total = sum(n) + rest
    seen = [k for k in n if k]
    if not seen:
        assert new_words(n, total) == (0.0, 0.0)
        return
    least = min(seen)
    once = Fraction(seen.count(least) * least * (least + 1), 2)
    share, rare = new_words(n, total)
    assert share == pytest.approx(float(min(once / total, Fraction(1, 2))))
    assert rare == pytest.approx(math.log((least + 1.5) / total))


@given(st.lists(st.tuples(st.integers(1, 99), st.integers(1, 99), st.integers(1, 99)), max_size=9))
def test_pmi_of_many_pairs(table: list[tuple[int, int, int]]) -> None:
    ab, a, b = np.array(table, int).reshape(-1, 3).T
    expected = [math.log(Fraction(n, 500) / (Fraction(left, 500) * Fraction(right, 500))) for n, left, right in table]
    assert pmi(ab, a, b, 500).tolist() == pytest.approx(expected, abs=1e-12)


def test_products_of_large_counts_do_not_overflow() -> None:
    large = np.array([10**15])
    assert pmi(large, large, large, 10**16).tolist() == pytest.approx([math.log(10)])
    gain = 0.1 * math.log(10) - 0.9 * math.log(0.9)
    assert entropy_gain(large, large, large, 10**16).tolist() == pytest.approx([gain])


def test_more_occurrences_than_tokens() -> None:
    """The counts of a lexicon may be those of another segmentation."""
    assert expected_document_frequency([11, 5], [10]).tolist() == pytest.approx([1, 1 - 0.5**10])


def test_a_logarithm_that_is_multiplied_by_nothing() -> None:
    values = x_log(np.array([2.0, 0.0, 0.0, -1e-17, 0.5, 1.0]), np.array([4.0, 0.0, 3.0, -1e-17, 0.5, 0.0]))
    assert values.tolist() == pytest.approx([2 * math.log(4), 0, 0, 0, 0.5 * math.log(0.5), 0])


def test_firmness_of_longer_words() -> None:
    """Each further symbol costs 2 nats, loose characters what they are loose; the freer side does not count."""
    left, right = [1.5, 4.0, 1.5], [4.0, 1.5, 1.5]
    value = firmness([25, 25, 25], [9.0, 9.0, 9.0], [2, 3, 5], left, right, [0, 0.25, 0], [0, 0.5, 1])
    assert value.tolist() == [5 * 1.5 * 8, 5 * 1.5 * (6 - 0.75), 5 * 1.5 * (2 - 1)]
    assert firmness(25, 9.0, 2, 1.5, 4.0) == 5 * 1.5 * 8
    assert math.copysign(1, firmness(4, 0.0, 2, 0.0, 3.0)) == 1


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_probabilities_of_words(n: list[int]) -> None:
    got = estimate_log_probs(np.array(n)).tolist()
    expected = [math.log((k or 0.5) / sum(n)) if sum(n) else 0.0 for k in n]
    assert got == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.floats(-40, 0), max_size=20))
def test_scores_of_pieces_are_multiples_of_a_power_of_two(nats: list[float]) -> None:
    log_probs = np.array(nats)
    rounded = scores_of_pieces(log_probs, "unigram")
    assert np.abs(rounded - log_probs).max(initial=0) <= 2**-13
    costs = scores_of_pieces(log_probs, "shortest")
    least = min([*nats, -1e-9])
    # 5 nats for each token and up to 5/8 for the least probable one
    assert np.abs(costs + 5 + np.array([value / least * 0.625 for value in nats])).max(initial=0) <= 2**-13
    for scores in (rounded, costs):
        assert (scores * 4096 == np.round(scores * 4096)).all()
    if nats and min(nats) <= -1e-9:
        assert costs.min() == -5.625


def test_scores_by_hand() -> None:
    # p(ab) = .1, p(a) = p(b) = .2: PMI = ln(.1 / .04)
    assert pmi(10, 20, 20, 100) == pytest.approx(math.log(2.5))
    # the formula of the docstring, term by term
    g = 0.1 * math.log(2.5) + 2 * 0.1 * math.log(0.5) - 0.9 * math.log(0.9)
    assert entropy_gain(10, 20, 20, 100) == pytest.approx(g)
    assert entropy_gain(20, 20, 20, 100) == pytest.approx(0.2 * math.log(5) - 0.8 * math.log(0.8))
    assert entropy_gain([0, 10], [20, 20], [30, 20], 100).tolist() == pytest.approx([0, g])  # no pair, no gain
    # abab as ab ab: 0 nats; as four letters: ln 2 each
    assert information_per_symbol([2], [2]) == 0
    assert information_per_symbol([2, 2], [1, 1]) == pytest.approx(math.log(2))


@settings(max_examples=200)
@given(st.integers(1, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 500))
def test_gain_is_the_fall_of_entropy(ab: int, a_rest: int, b_rest: int, other: int) -> None:
    """G against the change of information per old unit, worked out from the two unigram models."""
    a, b = ab + a_rest, ab + b_rest
    total = a + b + other

    def information(counts: list[int]) -> float:
        n = sum(counts)
        return -sum(c * math.log(c / n) for c in counts if c) / total

    before = information([a, b, other])
    after = information([ab, a_rest, b_rest, other])
    assert entropy_gain(ab, a, b, total) == pytest.approx(before - after, abs=1e-9)
