"""Sampling: its distribution, seeds, extreme values, and the same test applied to a biased sampler."""

from __future__ import annotations

import gc
import itertools
import math
import pickle
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlp_zero._kernels.tokenization import MarginalTable
from nlp_zero.builders import VocabularyBuilder
from nlp_zero.lexicon import Lexicon, LexiconMeta
from nlp_zero.lexicon.ids import byte_token
from nlp_zero.tokenization import Lattice, kind_of
from nlp_zero.tokenization.scoring import calibrate_alpha
from nlp_zero.tokenization.tokenizer import Tokenizer
from tests.reference import tokenizer as reference

ALPHAS = [0.0, 0.2, 0.5, 1.0, 2.0, 5.0]
LEXICON = Lexicon(["中国", "国人", "人民", "中", "国", "人", "中国人", "国人民"], [40, 9, 30, 12, 15, 20, 6, 1])
TEXT = "中国人民"
DRAWS = 20_000
FALSE_ALARM = 1e-6  # of each chi-square test; seeds are fixed, so a test that passes keeps passing


def law(tokenizer: Tokenizer, text: str, alpha: float) -> dict[tuple[str, ...], float]:
    probabilities = dict(zip(LEXICON.words, tokenizer.lexicon.log_probs.tolist(), strict=True))
    parts = reference.symbols(text)
    paths = list(reference.segmentations(reference.edges(text, probabilities, tokenizer.unk_log_prob), parts))
    weight = {tuple(text[a:b] for a, b, _, _ in p): math.exp(alpha * math.fsum(e[2] for e in p)) for p in paths}
    total = math.fsum(weight.values())
    return {path: w / total for path, w in weight.items()}


def id_of(tokenizer: Tokenizer, token: str) -> int:
    return LEXICON.index(token) + 1 if token in LEXICON else tokenizer.get_vocab().get(f"<{kind_of(token)}>", 0)


def chi_square_limit(freedom: int) -> float:
    """The 1 - 1e-6 quantile, by Wilson and Hilferty (within 1 % from 2 degrees of freedom on)."""
    z = 4.753424  # of the normal law at 1 - 1e-6
    return freedom * (1 - 2 / (9 * freedom) + z * math.sqrt(2 / (9 * freedom))) ** 3


def fits(counts: Counter[tuple[str, ...]], exact: dict[tuple[str, ...], float]) -> bool:
    """Chi-square (rare outcomes pooled) and total variation."""
    draws = counts.total()
    common = [path for path, p in exact.items() if p * draws >= 10]
    rest = 1 - math.fsum(exact[path] for path in common)
    observed = [counts[path] for path in common] + [draws - sum(counts[path] for path in common)]
    expected = [exact[path] * draws for path in common] + [rest * draws]
    if expected[-1] < 10:
        expected.pop()
        if observed.pop() > 45:  # P(Poisson(10) > 45) < 1e-12
            return False
    chi2 = sum((o - e) ** 2 / e for o, e in zip(observed, expected, strict=True))
    distance = sum(abs(counts[path] / draws - p) for path, p in exact.items()) / 2
    variation = math.sqrt((len(exact) * math.log(2) + math.log(1 / FALSE_ALARM)) / (2 * draws))  # over all 2^m events
    return chi2 < chi_square_limit(max(len(observed) - 1, 1)) + 3 and distance < variation


DRAWERS: dict[str, Callable[[Tokenizer, float], list[list[str]]]] = {
    "one by one": lambda t, a: [t.sample(TEXT, alpha=a, seed=7, index=i) for i in range(DRAWS)],
    "k": lambda t, a: t.sample_batch([TEXT], alpha=a, seed=7, k=DRAWS),
    "batch": lambda t, a: t.sample_batch([TEXT] * DRAWS, alpha=a, seed=7, workers=2),
}


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("way", DRAWERS)
def test_samples_follow_the_distribution(way: str, alpha: float) -> None:
    tokenizer = Tokenizer(LEXICON)
    counts = Counter(map(tuple, DRAWERS[way](tokenizer, alpha)))
    exact = law(tokenizer, TEXT, alpha)
    assert counts.keys() <= exact.keys()
    assert fits(counts, exact)


@pytest.mark.parametrize("alpha", [0.2, 0.5, 1.0])
def test_the_test_finds_a_biased_sampler(alpha: float) -> None:
    """Viterbi sampling (keep the better of two with probability sigmoid of their score) is wrong, and must fail."""
    tokenizer, random = Tokenizer(LEXICON), np.random.default_rng(1)
    cost = dict(zip(LEXICON.words, LEXICON.log_probs.tolist(), strict=True))
    cost.setdefault("民", tokenizer.unk_log_prob)
    counts: Counter[tuple[str, ...]] = Counter()
    for _ in range(DRAWS):
        best: list[tuple[float, tuple[str, ...]]] = [(0.0, ())]
        for end in range(1, len(TEXT) + 1):
            kept: tuple[float, tuple[str, ...]] | None = None
            for start in range(end):
                if (word := TEXT[start:end]) in cost:
                    new = (best[start][0] + alpha * cost[word], (*best[start][1], word))
                    if kept is None or random.random() < 1 / (1 + math.exp(kept[0] - new[0])):
                        kept = new
            assert kept is not None
            best.append(kept)
        counts[best[-1][1]] += 1
    assert not fits(counts, law(tokenizer, TEXT, alpha))


@settings(max_examples=150, deadline=None)
@given(st.text("中国人民，a1", max_size=9), st.sampled_from(ALPHAS))
def test_sums_equal_enumeration(text: str, alpha: float) -> None:
    tokenizer = Tokenizer(LEXICON)
    exact = law(tokenizer, text, alpha)
    assert tokenizer.entropy(text, alpha=alpha) == pytest.approx(
        -math.fsum(p * math.log(p) for p in exact.values()), abs=1e-11
    )
    for path, p in exact.items():
        assert math.exp(tokenizer.log_prob(path, alpha=alpha)) == pytest.approx(p, abs=1e-12)
    cuts = np.zeros(len(text) + 1)
    for path, p in exact.items():
        cuts[np.cumsum([0, *map(len, path)])] += p
    np.testing.assert_allclose(tokenizer.marginals(text, alpha=alpha).cuts, cuts, atol=1e-12)
    for start, end, number, p in tokenizer.marginals(text, alpha=alpha).tokens:
        spans = [list(zip(np.cumsum([0, *map(len, q)]), np.cumsum([*map(len, q)]), strict=False)) for q in exact]
        inside = math.fsum(x for s, x in zip(spans, exact.values(), strict=True) if (start, end) in s)
        assert p == pytest.approx(inside, abs=1e-12)
        assert number == id_of(tokenizer, text[start:end])
    best = tokenizer.nbest(text, 1000)
    assert {tuple(tokens) for tokens, _ in best} == exact.keys()
    assert best[0][0] == tokenizer.tokenize(text)
    scores = [score for _, score in best]
    assert scores == pytest.approx(sorted(scores, reverse=True), abs=1e-8)
    z = tokenizer.log_partition(text)
    for tokens, score in best:
        assert score - z == pytest.approx(tokenizer.log_prob(tokens), abs=1e-9)


def test_impossible_tokens_have_no_probability() -> None:
    tokenizer = Tokenizer(LEXICON)
    assert tokenizer.log_prob(["中", "国人民", "，"]) > -math.inf
    assert tokenizer.log_prob(["中国人民"]) == -math.inf
    assert tokenizer.log_prob(["中", "", "国人民", "，"]) == -math.inf  # no token is empty
    with pytest.raises(TypeError, match="tokens must be str, not int"):
        tokenizer.log_prob([1])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="list of tokens"):
        tokenizer.log_prob("中国")


def test_defaults_of_sums() -> None:
    tokenizer, text = Tokenizer(LEXICON), TEXT * 3
    assert tokenizer.nbest(text) == tokenizer.nbest(text, 10) == tokenizer.nbest(text, 1000)[:10]
    for sums in (
        tokenizer.entropy, tokenizer.log_partition, lambda text, **options: tokenizer.marginals(text, **options).tokens,
        lambda text, **options: tokenizer.log_prob(tokenizer.tokenize(text), **options),
    ):  # fmt: skip
        assert sums(text) == sums(text, alpha=1.0) != sums(text, alpha=2.0)
    with pytest.raises(ValueError, match=r"^n must be .* 1 to 1000"):
        tokenizer.nbest(text, 1001)


TIES = Lexicon(["中", "国", "中国", "国人", "人", "人人", "中国人", "人中国", "人人人人"], [5, 5, 5, 5, 5, 5, 2, 2, 1])


def best_by_lattice(tokenizer: Tokenizer, text: str, n: int) -> list[list[str]]:
    """The same by the lattice of the text, from the scores that the tokenizer adds up: multiples of 2**-30."""
    scores = dict(zip(tokenizer.lexicon.words, tokenizer.lexicon.log_probs.tolist(), strict=True))
    edges = [(a, b) for a in range(len(text)) for b in range(a + 1, min(a + 4, len(text)) + 1)]
    edges = [(a, b) for a, b in edges if b == a + 1 or text[a:b] in scores]
    nats = [scores.get(text[a:b], tokenizer.unk_log_prob) for a, b in edges]
    starts, ends = zip(*edges, strict=True)
    lattice = Lattice(len(text), starts, ends, [math.floor(x * 2**30 + 0.5) / 2**30 for x in nats])
    return [[text[a:b] for a, b in path] for path, _ in lattice.nbest(n)]


@settings(max_examples=150, deadline=None)
@given(st.text("中国人民龘", min_size=1, max_size=30), st.integers(1, 60), st.sampled_from([LEXICON, TIES]))
def test_nbest_equals_that_of_the_lattice(text: str, n: int, lexicon: Lexicon) -> None:
    tokenizer = Tokenizer(lexicon)
    assert [tokens for tokens, _ in tokenizer.nbest(text, n)] == best_by_lattice(tokenizer, text, n)


def test_nbest_of_a_long_text() -> None:  # of more symbols than the stack holds
    characters = np.random.default_rng(4).choice(list("中国人民"), 5_000)
    text = "".join(characters.tolist())
    for lexicon in (LEXICON, TIES):
        tokenizer = Tokenizer(lexicon)
        best = tokenizer.nbest(text, 40)
        assert [tokens for tokens, _ in best] == best_by_lattice(tokenizer, text, 40)
        scores = dict(zip(lexicon.words, lexicon.log_probs.tolist(), strict=True))
        for tokens, nats in best:
            total = 0.0
            for token in tokens:  # `sum` compensates for rounding from Python 3.12 on
                total += scores.get(token, tokenizer.unk_log_prob)
            assert nats == total


def test_nbest_by_the_fewest_tokens_of_a_long_text() -> None:  # 2,000 of them cost more than 2**24
    tokenizer = Tokenizer(TIES, objective="shortest")
    best = tokenizer.nbest("民中国" * 1_000, 30)
    costs = [(len(tokens), -nats) for tokens, nats in best]
    assert [size for size, _ in costs] == [2000] + [2001] * 29
    assert [tokens.index("中") for tokens, _ in best[1:]] == list(range(1, 58, 2))  # ties: found first


def test_the_only_segmentation_is_certain() -> None:
    for token in ("a", "\ud800"):  # the second is not in UTF-8
        assert Tokenizer(LEXICON).log_prob([token]) == pytest.approx(0, abs=1e-12)


def test_same_seed_same_output_everywhere() -> None:
    tokenizer = Tokenizer(LEXICON)
    lines = [TEXT * (1 + i % 7) + "，" * (i % 3) for i in range(500)]
    one = tokenizer.sample_batch(lines, alpha=0.2, seed=5)
    for workers in (2, 3, 8):
        assert tokenizer.sample_batch(lines, alpha=0.2, seed=5, workers=workers) == one
        ids, offsets = tokenizer.sample_ids_batch(lines, alpha=0.2, seed=5, workers=workers)
        assert len(ids) == sum(map(len, one)) == offsets[-1]
    first = tokenizer.sample_batch(lines[:90], alpha=0.2, seed=5)
    rest = tokenizer.sample_batch(lines[90:], alpha=0.2, seed=5, index=90)
    assert first + rest == one
    assert [tokenizer.sample(line, alpha=0.2, seed=5, index=i) for i, line in enumerate(lines)] == one
    assert pickle.loads(pickle.dumps(tokenizer)).sample_batch(lines, alpha=0.2, seed=5) == one
    assert tokenizer.sample_batch(lines, alpha=0.2, seed=6) != one
    assert tokenizer.sample_ids(TEXT * 9, seed=1) == [
        LEXICON.index(t) + 1 if t in LEXICON else 0 for t in tokenizer.sample(TEXT * 9, seed=1)
    ]
    # golden: if this changes, the output of every seed changes
    assert tokenizer.sample(TEXT * 2, alpha=0.2, seed=1) == GOLDEN


@pytest.mark.parametrize("alpha", [0.0, 0.2, 1.0, math.inf])
@pytest.mark.parametrize("alnum", ["token", "split"])
def test_several_draws_are_the_same_for_every_number_of_workers(alpha: float, alnum: str) -> None:
    tokenizer = Tokenizer(LEXICON, alnum=alnum)
    lines = [TEXT * (1 + i % 7) + "，a1" * (i % 3) for i in range(60)] + ["", "，"]
    options = {"alpha": alpha, "seed": 5, "index": 3}
    expected = tokenizer.sample_batch(lines, k=3, **options)
    assert len(expected) == 3 * len(lines)
    assert expected[::3] == tokenizer.sample_batch(lines, k=1, **options)
    many = tokenizer.sample_batch(lines, k=20, **options)  # takes another path through the code
    assert [many[20 * i + j] for i in range(len(lines)) for j in range(3)] == expected
    assert tokenizer.sample_batch(lines, k=20, workers=2, **options) == many
    assert [t for i, line in enumerate(lines) for t in tokenizer.sample_batch([line], k=3, alpha=alpha, seed=5,
                                                                              index=3 + i)] == expected  # fmt: skip
    for workers in (1, 2, 3, 8):
        assert tokenizer.sample_batch(lines, k=3, workers=workers, **options) == expected
        ids, offsets = tokenizer.sample_ids_batch(lines, k=3, workers=workers, **options)
        assert len(offsets) == 3 * len(lines) + 1
        rows = [ids[a:b].tolist() for a, b in itertools.pairwise(offsets)]
        assert rows == [[id_of(tokenizer, t) for t in tokens] for tokens in expected]
    if 0 < alpha < math.inf:
        assert expected[0::3] != expected[1::3]


@example(
    dict.fromkeys(["中国", "人", "中", "国人"], 10**6) | {"民众": 1, "民": 10**12, "众": 10**12},
    ["民众中国人" * 3], 0, 30.0, 16,
)  # fmt: skip
@given(
    counts=st.dictionaries(st.text("中国人", min_size=1, max_size=9), st.sampled_from([1, 5, 10**12]), min_size=1),
    texts=st.lists(st.text("中国人，", max_size=40), max_size=3),
    sure=st.integers(0, 40),
    alpha=st.sampled_from([0.0, 0.2, 1.0, 30.0, 1e4]),  # from 30 on, the probabilities of some tokens are 0
    k=st.integers(16, 200),
)
def test_many_draws_equal_those_one_by_one(
    counts: dict[str, int], texts: list[str], sure: int, alpha: float, k: int
) -> None:
    tokenizer = Tokenizer(Lexicon(list(counts), list(counts.values())))
    lines = [text + "。，" * sure + text for text in texts]  # of punctuation each mark is a token
    many = tokenizer.sample_batch(lines, alpha=alpha, seed=3, k=k)
    assert many == tokenizer.sample_batch(lines, alpha=alpha, seed=3, k=k, workers=2)


def test_several_draws_run_on_the_batch_kernel() -> None:
    """Regression: `workers` was ignored when `k` was given."""
    tokenizer = Tokenizer(LEXICON)
    calls: list[tuple[object, ...]] = []

    class Recorder:
        def sample_batch(self, *arguments: object) -> list[list[str]]:
            calls.append(arguments)
            return []

    object.__setattr__(tokenizer, "_kernel", Recorder())
    tokenizer.sample_batch([TEXT], k=99, seed=1, workers=2)
    tokenizer.sample_ids_batch([TEXT], k=99, seed=1, workers=2)
    assert calls == [([TEXT], 0.2, 1, 0, 99, True, 2), ([TEXT], 0.2, 1, 0, 99, False, 2)]


GOLDEN = ["中国", "人民", "中", "国人民"]


def test_rng_and_fresh_entropy() -> None:
    tokenizer = Tokenizer(LEXICON)
    text = TEXT * 50
    first = tokenizer.sample(text, rng=np.random.default_rng(3))
    assert first == tokenizer.sample(text, rng=np.random.default_rng(3))
    rng = np.random.default_rng(3)
    assert tokenizer.sample(text, rng=rng) != tokenizer.sample(text, rng=rng)
    assert tokenizer.sample(text) != tokenizer.sample(text)
    with pytest.raises(ValueError, match="exclude each other"):
        tokenizer.sample(text, seed=1, rng=rng)


@pytest.mark.parametrize("alpha", [0.0, 1e-9, 0.2, 1.0, 30.0, 1e4, 1e300, math.inf])
@pytest.mark.parametrize("boundary", ["", "，"])
def test_a_million_characters(alpha: float, boundary: str) -> None:
    tokenizer = Tokenizer(LEXICON)
    text = (TEXT * 250 + boundary) * 1000
    tokens = tokenizer.sample(text, alpha=alpha, seed=1)
    assert "".join(tokens) == text
    if alpha > 1000:  # only the best has a probability above 0
        assert tokens == tokenizer.tokenize(text)
    else:
        expected = tokenizer._kernel.sums(text, alpha)[2]
        assert len(tokens) == pytest.approx(expected, abs=6 * math.sqrt(expected))
    if alpha == 0:  # all paths have the same probability
        assert tokenizer.log_partition(text, alpha=0.0) == pytest.approx(tokenizer.entropy(text, alpha=0.0), rel=1e-9)


def test_counts_over_three_hundred_powers_of_ten() -> None:
    tokenizer = Tokenizer(Lexicon(["甲乙", "甲", "乙"], [10**18, 1, 1]), unk_log_prob=-690.0)
    assert tokenizer.sample("甲乙丙", alpha=1.0, seed=1) == ["甲乙", "丙"]
    assert tokenizer.log_prob(["甲", "乙"], alpha=30.0) == pytest.approx(-60 * 18 * math.log(10), rel=1e-9)
    assert len(tokenizer.sample("甲乙" * 100, alpha=0.0, seed=1)) > 120


@pytest.mark.parametrize("bad", [-0.1, math.nan, -math.inf])
def test_bad_options(bad: float) -> None:
    tokenizer = Tokenizer(LEXICON)
    for call in (tokenizer.sample, tokenizer.marginals, tokenizer.entropy, tokenizer.log_partition):
        with pytest.raises(ValueError, match="alpha must be"):
            call(TEXT, alpha=bad)
    with pytest.raises(ValueError, match="seed must be"):
        tokenizer.sample(TEXT, seed=-1)
    draws: list[Callable[..., Any]] = [tokenizer.sample, tokenizer.sample_ids]
    draws += [lambda text, draw=draw, k=k, **options: draw([text], k=k, **options)
              for draw in (tokenizer.sample_batch, tokenizer.sample_ids_batch) for k in (None, 2, 20)]  # fmt: skip
    for draw in draws:
        for index in (-1, 1.5, "0", True, 2**64):
            with pytest.raises(ValueError, match="index must be an integer from 0 to 18446744073709551615, not"):
                draw(TEXT, seed=1, index=index)
        for alpha in ("1", None, True, bad):
            with pytest.raises(ValueError, match=r"alpha must be a number (of at least 0|from 0 to infinity), not"):
                draw(TEXT, seed=1, alpha=alpha)
        with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
            draw(TEXT, rng=np.random.RandomState(1))
        assert repr(draw(TEXT, seed=1, index=np.int64(3), alpha=1)) == repr(draw(TEXT, seed=1, index=3, alpha=1.0))
    lines = [TEXT, TEXT]
    assert tokenizer.sample_batch(lines, seed=1, index=2**64 - 1, k=20) == tokenizer.sample_batch(
        lines, seed=1, index=2**64 - 1, k=20, workers=2
    )
    for k in (0, -1, 1.5, True, 1 << 60):
        with pytest.raises(ValueError, match="k must be"):
            tokenizer.sample_batch([TEXT], k=k)
    for batch in (tokenizer.sample_batch, tokenizer.sample_ids_batch):
        with pytest.raises(ValueError, match="workers must be"):
            batch([TEXT], k=2, workers=0)
    with pytest.raises(ValueError, match="n must be"):
        tokenizer.nbest(TEXT, 1001)
    assert tokenizer.sample("", seed=1) == [] == tokenizer.sample_batch([])
    with pytest.raises(MemoryError, match="do not fit"):
        tokenizer._kernel.sample_batch([TEXT], 0.2, 1, 0, 1 << 62, True, 1)  # 2**62 draws of 4 characters: no room
    with pytest.raises(ValueError, match="only Segmenter"):
        MarginalTable().arrays()


def test_calibration() -> None:
    tokenizer = Tokenizer(LEXICON)
    alpha = tokenizer.calibrate_alpha(TEXT * 30, 1.6)
    assert tokenizer.calibrate_alpha([TEXT * 30] * 2, 1.6) == pytest.approx(alpha, rel=1e-9)
    tokens = tokenizer.sample(TEXT * 30000, alpha=alpha, seed=2)
    assert len(TEXT) * 30000 / len(tokens) == pytest.approx(1.6, rel=0.01)
    with pytest.raises(ValueError, match=r"between 1\.\d+ \(alpha 0\)"):
        tokenizer.calibrate_alpha(TEXT, 4.0)


def test_calibration_of_a_known_length() -> None:
    """Texts of n characters have n / (1 + alpha / 4) tokens: tokens of c characters need an alpha of 4 (c - 1)."""

    def count(line: str, alpha: float) -> float:
        return len(line) / (1 + alpha / 4)

    texts = ["甲乙丙", "", "丁" * 5]
    for wanted in (1.0, 1.25, 3.0, 5.0):
        assert calibrate_alpha(count, iter(texts), wanted) == pytest.approx(4 * wanted - 4, abs=1e-10)
    assert calibrate_alpha(count, texts, 5.0) == 16
    for wrong in (0.99, 5.01):
        message = r"^characters_per_token must be between 1\.000 \(alpha 0\) and 5\.000 \(alpha 16\) on this text, not "
        with pytest.raises(ValueError, match=f"{message}{wrong}\\.$"):
            calibrate_alpha(count, texts, wrong)
    assert calibrate_alpha(lambda line, alpha: len(line), texts, 1.0) < 1e-10  # any alpha would do: the least
    with pytest.raises(ValueError, match="texts must have characters; they are empty"):
        calibrate_alpha(count, ["", ""], 1.0)


def test_threads_do_not_disturb_each_other() -> None:
    tokenizer = Tokenizer(LEXICON)
    expected = {
        alpha: [tokenizer.sample(TEXT * 30, alpha=alpha, seed=s) for s in range(200)] for alpha in (0.1, 0.2, 0.3)
    }
    wrong: list[float] = []

    def work(shift: int) -> None:
        for s in range(200):
            alpha = (0.1, 0.2, 0.3)[(s + shift) % 3]
            tokenizer.sample(TEXT, alpha=1.0 + shift + s, seed=1)  # pushes tables out of the cache
            if tokenizer.sample(TEXT * 30, alpha=alpha, seed=s) != expected[alpha][s]:
                wrong.append(alpha)

    threads = [threading.Thread(target=work, args=(shift,)) for shift in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_against_sentencepiece(tmp_path: object) -> None:
    """Same pieces, same law: the mean log-probability of samples and the entropy agree within sampling error."""
    sentencepiece = pytest.importorskip("sentencepiece", reason="sentencepiece (extra test) is not installed")
    sentencepiece.SentencePieceTrainer.train(
        input="corpora/sample.txt", model_prefix=f"{tmp_path}/m", vocab_size=1200, character_coverage=1.0,
        hard_vocab_limit=False, minloglevel=2, add_dummy_prefix=False, normalization_rule_name="identity",
    )  # fmt: skip
    model = sentencepiece.SentencePieceProcessor(model_file=f"{tmp_path}/m.model")
    score = {model.id_to_piece(i): model.get_score(i) for i in range(3, model.get_piece_size())}
    counts = {w: round(math.exp(s) * 2**55) for w, s in score.items() if "\u2581" not in w}
    counts["\0"] = 2**55 - sum(counts.values())  # so that every piece keeps its probability
    tokenizer = Tokenizer(Lexicon(list(counts), list(counts.values())), alnum="split")
    text = "青石镇的老人每天早晨都到望江茶馆喝茶"
    for alpha, draws in ((0.2, 4000), (1.0, 4000)):
        samples = tokenizer.sample_batch([text], alpha=alpha, seed=1, k=draws)
        ours = [math.fsum(map(score.__getitem__, tokens)) for tokens in samples]
        drawn = [model.sample_encode_as_pieces(text, -1, alpha) for _ in range(draws)]
        theirs = [math.fsum(map(score.__getitem__, tokens)) for tokens in drawn]
        error = math.sqrt((np.var(ours) + np.var(theirs)) / draws)  # of the difference; 5 of them: false alarm 6e-7
        assert np.mean(ours) == pytest.approx(np.mean(theirs), abs=5 * error)
        entropy = tokenizer.log_partition(text, alpha=alpha) - alpha * np.mean(theirs)  # H = ln Z - alpha E[score]
        assert tokenizer.entropy(text, alpha=alpha) == pytest.approx(entropy, abs=5 * alpha * error)


def test_marginals_are_shown_and_cannot_be_changed() -> None:
    marginals = Tokenizer(LEXICON).marginals(TEXT)
    assert repr(marginals) == "<Marginals of 4 positions, 9 possible tokens>"
    with pytest.raises(AttributeError, match="cannot be set"):
        marginals.cuts = np.zeros(5)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("length", "unk"), [(3, -5.0), (40, -5.0), (300, -5.0), (300, -50.0), (1200, -200.0), (300, -1e4)]
)
def test_sums_of_any_range(length: int, unk: float) -> None:
    """Sums over the reach of a word may not fit into doubles; a lattice of the same edges works with any numbers."""
    text = "甲" * (2 * length + 7)
    tokenizer = Tokenizer(Lexicon(["甲" * length, "甲甲"], [1, 3]), unk_log_prob=unk)
    sizes = {1: unk, 2: math.log(0.75), length: math.log(0.25)}
    edges = [(k, k + n, score) for n, score in sizes.items() for k in range(len(text) - n + 1)]
    lattice = Lattice(len(text), *zip(*edges, strict=True))
    marginals = tokenizer.marginals(text)
    positions, probabilities = lattice.marginals()
    assert marginals.cuts == pytest.approx(positions, rel=1e-9)
    expected = {(a, b): p for (a, b, _), p in zip(edges, probabilities.tolist(), strict=True)}
    assert {(a, b): p for a, b, _, p in marginals.tokens} == pytest.approx(expected, rel=1e-9)
    assert tokenizer.entropy(text) == pytest.approx(lattice.entropy(), rel=1e-9)
    assert tokenizer.log_prob(["甲甲"] * length + ["甲"] * 7) == pytest.approx(
        length * math.log(0.75) + 7 * unk - lattice.log_partition(), rel=1e-9
    )


def test_lists_of_tokens_hold_references_of_their_own() -> None:
    others = [chr(0x4E2E + k) for k in range(1100)]  # Python shares the integers up to 256, from 3.15 on up to 1024
    tokenizer = Tokenizer(Lexicon([*others, "中国"], [2] * 1100 + [1]))
    text = "中国1998，" * 500
    calls: list[Callable[[], object]] = [
        lambda: tokenizer.tokenize(text), lambda: tokenizer.encode(text), lambda: tokenizer.sample(text, seed=1),
        lambda: tokenizer.sample_ids(text, seed=1), lambda: tokenizer.sample_batch([text] * 3, seed=1, workers=2),
        lambda: tokenizer.tokenize_batch([text] * 3, workers=2), lambda: tokenizer.nbest(text, 3),
        lambda: tokenizer.sample_batch([text, "中国1998"], seed=1, k=30),
    ]  # fmt: skip
    objects = [*tokenizer.tokenize("中国1998，"), *tokenizer.encode("中国1998，")]
    for call in calls:
        before = [sys.getrefcount(one) for one in objects]
        kept = call()
        assert [sys.getrefcount(one) for one in objects] != before
        del kept
        assert [sys.getrefcount(one) for one in objects] == before
    tokens, plain = tokenizer.tokenize("1998年1998"), [str(1998), "年", str(1998)]
    found, expected = ([sys.getrefcount(token) for token in some if token == "1998"] for some in (tokens, plain))
    assert found == expected


@pytest.mark.parametrize("collects", [False, True])
def test_lists_of_a_batch_leave_the_garbage_collector_as_it_was(collects: bool) -> None:
    tokenizer = Tokenizer(LEXICON)
    texts = [TEXT * n for n in range(700)]  # more than one slice
    try:
        (gc.enable if collects else gc.disable)()
        drawn = tokenizer.sample_batch(texts, seed=5, workers=3)
        assert gc.isenabled() == collects
    finally:
        gc.enable()
    assert all(map(gc.is_tracked, drawn))
    assert drawn == [tokenizer.sample(text, seed=5, index=i) for i, text in enumerate(texts)]
    assert tokenizer.tokenize_batch(texts, workers=3) == [tokenizer.tokenize(text) for text in texts]


def byte_models() -> list[Tokenizer]:
    """Tokenizers whose tokens may be single bytes, and one that knows a single word."""
    words = [*map(byte_token, range(256)), "春江", "春", "江"]
    lexicon = Lexicon(words, range(1, len(words) + 1), meta=LexiconMeta(byte_fallback=True))
    by_byte = VocabularyBuilder(vocab_size=270, unit="byte").build(["春江潮水连海平，海上明月共潮生。"])
    one = Lexicon(["春"], [3])
    return [
        Tokenizer(lexicon), Tokenizer(lexicon, granularity=0.7), Tokenizer(lexicon, granularity=-0.7),
        Tokenizer(lexicon, objective="shortest"), Tokenizer(by_byte), Tokenizer(one),
        Tokenizer(one, objective="shortest"), Tokenizer(lexicon, unk_log_prob=-3.0, granularity=0.7),
    ]  # fmt: skip


@pytest.mark.parametrize("tokenizer", byte_models())
@pytest.mark.parametrize("text", ["春江", "一春江", "春一", "一丁春", "x"])
def test_all_segmentations_have_the_probability_one(tokenizer: Tokenizer, text: str) -> None:
    everything = [tokens for tokens, _ in tokenizer.nbest(text, 1000)]
    assert len(everything) < 1000
    assert math.fsum(math.exp(tokenizer.log_prob(tokens)) for tokens in everything) == pytest.approx(1.0, rel=1e-9)


def test_tokens_that_are_no_text_are_impossible() -> None:
    tokenizer = byte_models()[0]
    assert tokenizer.log_prob(["\ud800"]) == -math.inf
    assert tokenizer.log_prob(["\udce4", "春"]) == -math.inf
