"""Teaching by hand-cut lines: the field against enumeration, its gradient against differences, and what is learnt."""

from __future__ import annotations

import numpy as np
import pytest

from nlp_zero._kernels.teaching import Field, exchange_classes
from tests.reference.teaching import TAGS, PlainField

ANY, FIRST, LAST = 15, 9, 12  # sets of tags: all; B, S; E, S
BITS = 12


def random_case(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Columns, runs, labels that are known in part, and scores to start from."""
    sizes = rng.integers(1, 7, 3)
    positions = int(sizes.sum()) + len(sizes)
    ends = np.cumsum(sizes + 1) - 1
    runs = np.stack([ends - sizes, ends], axis=1).astype(np.uint64)
    columns = rng.integers(0, 3, (2, positions)).astype(np.uint32)
    allowed = np.full(positions, ANY, np.uint8)
    for begin, end in runs.tolist():
        for gap in range(begin, end + 1):  # the gap before each symbol: unknown, a cut, none
            kind = 1 if gap in (begin, end) else rng.integers(0, 3)
            if kind and gap < end:
                allowed[gap] &= FIRST if kind == 1 else ANY ^ FIRST
            if kind and gap > begin:
                allowed[gap - 1] &= LAST if kind == 1 else ANY ^ LAST
    return columns, runs, allowed, rng.normal(0, 1, (positions, 4)).astype(np.float32)


TEMPLATES = [[], [(0, 0)], [(1, -1)], [(0, 0), (1, 1)]]


def field_with_weights(rng: np.random.Generator) -> Field:
    field = Field(TEMPLATES, BITS)
    field.weights = (rng.normal(0, 1, (1 << BITS, 4)).astype(np.float32), rng.normal(0, 1, 8).tolist())
    return field


def scores_of(field: Field, columns: np.ndarray, runs: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Scores by position and tag, from which places the gradient of one run at a time touches."""
    table = field.weights[0].astype(np.float64)
    scores = start.astype(np.float64)
    for begin, end in runs.tolist():
        for i in range(begin, end):
            scores[i] += table[field.places(columns, (begin, end), i)].sum(axis=0)
    return scores


@pytest.mark.parametrize("seed", range(6))
def test_field_equals_enumeration(seed: int) -> None:
    """Log likelihood, gradient of transitions and probabilities of word begins, with labels known in part."""
    rng = np.random.default_rng(seed)
    columns, runs, allowed, start = random_case(rng)
    field = field_with_weights(rng)
    scores = scores_of(field, columns, runs, start)
    follow = field.weights[1]
    fit, table, pairs = field.gradient(columns, runs, allowed, start=start)
    begins = np.zeros(columns.shape[1], np.float32)
    field.begins(columns, runs, begins, start=start)
    expected_fit, expected_pairs, expected_table = 0.0, np.zeros(8), np.zeros_like(table)
    for begin, end in runs.tolist():
        rows = scores[begin:end].tolist()
        sets = ["".join(tag for k, tag in enumerate(TAGS) if mask >> k & 1) for mask in allowed[begin:end].tolist()]
        free, told = PlainField(rows, follow), PlainField(rows, follow, sets)
        expected_fit += told.log_sum - free.log_sum
        expected_pairs += np.array(told.pairs()) - np.array(free.pairs())
        for i, (some, every) in enumerate(zip(told.marginals(), free.marginals(), strict=True), begin):
            assert begins[i] == pytest.approx(every[0] + every[3], abs=1e-6)
            for place in field.places(columns, (begin, end), i):
                expected_table[place] += np.array(some) - np.array(every)
    assert fit == pytest.approx(expected_fit, abs=1e-5)
    np.testing.assert_allclose(pairs, expected_pairs, atol=1e-6)
    np.testing.assert_allclose(table, expected_table, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_gradient_equals_finite_differences(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns, runs, allowed, start = random_case(rng)
    field = field_with_weights(rng)
    table, follow = field.weights
    _, slope, pairs = field.gradient(columns, runs, allowed, start=start)
    touched = np.argwhere(np.abs(slope) > 1e-3)
    assert len(touched) > 10
    step = 2.0**-6

    def fit(changed: np.ndarray, steps: np.ndarray) -> float:
        field.weights = (changed, steps)
        return field.gradient(columns, runs, allowed, start=start)[0]

    for place, tag in rng.permutation(touched)[:12].tolist():
        up, down = table.copy(), table.copy()
        up[place, tag] += step
        down[place, tag] -= step
        assert (fit(up, follow) - fit(down, follow)) / (2 * step) == pytest.approx(slope[place, tag], abs=2e-3)
    for pair in range(8):
        move = np.zeros(8)
        move[pair] = step
        assert (fit(table, follow + move) - fit(table, follow - move)) / (2 * step) == pytest.approx(
            pairs[pair], abs=2e-3
        )


def test_learning_raises_the_likelihood_and_ignores_impossible_labels() -> None:
    rng = np.random.default_rng(5)
    columns, runs, allowed, _ = random_case(rng)
    field = Field(TEMPLATES, BITS)
    before = field.gradient(columns, runs, allowed)[0]
    field.learn(columns, runs, allowed, epochs=20, rate=0.1, seed=1)
    after = field.gradient(columns, runs, allowed)[0]
    assert after > before / 2  # both are below 0
    weights = field.weights[0].copy()
    allowed[:] = 2  # M everywhere: no word begins or ends
    field.learn(columns, runs, allowed, epochs=3, rate=0.1, seed=1)
    np.testing.assert_array_equal(field.weights[0], weights)


def test_columns_beyond_a_run_are_not_read() -> None:
    columns = np.array([[7, 1, 2, 7]], np.uint32)
    other = np.array([[9, 1, 2, 5]], np.uint32)
    field = Field([[(0, -1)], [(0, 1)], [(0, -2)], [(0, 2), (0, 0)]], BITS)
    for i in (1, 2):
        assert field.places(columns, (1, 3), i) == field.places(other, (1, 3), i)


@pytest.mark.parametrize(
    ("runs", "positions"), [([[0, 5]], 4), ([[2, 2]], 4), ([[3, 2]], 4), ([[0, 4]], 3)], ids=str
)
def test_sizes_are_checked(runs: list[list[int]], positions: int) -> None:
    columns, spans = np.zeros((1, 4), np.uint32), np.array(runs, np.uint64)
    with pytest.raises(ValueError, match=r"\."):
        Field([[(0, 0)]], 4).learn(columns, spans, np.full(positions, ANY, np.uint8), epochs=1, rate=0.1)
    with pytest.raises(ValueError, match="column"):
        Field([[(1, 0)]], 4).gradient(columns, np.array([[0, 1]], np.uint64), np.full(4, ANY, np.uint8))


def test_classes_gather_words_with_the_same_neighbours() -> None:
    tokens = np.array([0, 2, 9, 1, 2, 9, 0, 3, 9, 1, 3, 9] * 20, np.uint32)
    classes = exchange_classes(tokens, 4, 2, 5).tolist()
    assert classes[0] == classes[1] != classes[2] == classes[3]
