"""Builders against their rules written plainly."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import Corpus, CorpusError, EntropyLexiconBuilder, Lexicon, NgramCounter, PhraseBuilder, PmiLexiconBuilder
from nlp_zero.builders import entropy as entropy_module
from nlp_zero.builders.pmi import deduplicate
from tests.reference import builders as slow
from tests.reference.builders import best_cut_score, nvbe_scores, pmi_pieces
from tests.reference.counts import branching_entropy, count_ngrams
from tests.reference.text import runs

TEXTS = st.lists(st.text(st.sampled_from("一二三四，a9"), max_size=40), min_size=1, max_size=4)
SAMPLE = "corpora/sample.txt"


def sample() -> list[str]:
    return Path(SAMPLE).read_text(encoding="utf-8").splitlines()


def has_text(texts: list[str], alnum: str = "token") -> bool:
    return any(runs(text, alnum) for text in texts)


@settings(max_examples=800, deadline=None)
@given(TEXTS, st.integers(2, 4), st.floats(-0.5, 2), st.integers(1, 3), st.sampled_from(["token", "join", "split"]))
def test_pmi_equals_its_rules(texts: list[str], order: int, threshold: float, min_count: int, alnum: str) -> None:
    if not has_text(texts, alnum):
        return
    lexicon = PmiLexiconBuilder(order=order, min_pmi=threshold, min_count=min_count, alnum=alnum).build(texts)
    all_runs = [run for text in texts for run in runs(text, alnum)]
    want = pmi_pieces(all_runs, order=order, min_pmi=[0.0] + [threshold] * (order - 1), min_count=min_count)
    want_words: dict[str, int] = {}
    for piece, c in want.items():
        want_words["".join(piece)] = want_words.get("".join(piece), 0) + c
    got = dict(zip(lexicon.words, lexicon.counts.tolist(), strict=True))
    assert got == want_words


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.integers(1, 4))
def test_entropy_cut_is_the_best_one(texts: list[str], max_length: int) -> None:
    if not has_text(texts):
        return
    texts = [text[:12] for text in texts]
    all_runs = [run for text in texts for run in runs(text)]
    if not all_runs:
        return
    lexicon = EntropyLexiconBuilder(max_length=max_length, min_count=1).build(texts)
    scores = nvbe_scores(all_runs, max_length, entropy_module.SINGLE)
    best = sum(best_cut_score(run, scores, max_length) for run in all_runs)
    got = sum(scores[tuple(w)] * c for w, c in zip(lexicon.words, lexicon.counts.tolist(), strict=True))
    assert got == pytest.approx(best, abs=1e-9)
    assert sum(len(w) * c for w, c in zip(lexicon.words, lexicon.counts.tolist(), strict=True)) == sum(
        map(len, all_runs)
    )


@pytest.mark.parametrize(
    "builder", [PmiLexiconBuilder(order=3, min_pmi=0.5, min_count=2), EntropyLexiconBuilder(max_length=3)]
)
def test_scores_of_the_rows(builder) -> None:
    random.seed(5)
    words = ["青石镇", "柳河大桥", "茶", "早晨", "来", "望江茶馆老板", "了"]
    texts = ["".join(random.choices(words, k=6)) + "，" for _ in range(60)]
    lexicon = builder.build(texts)
    all_runs = [run for text in texts for run in runs(text)]
    counts = count_ngrams(all_runs, 8)
    assert any(len(w) > 3 for w in lexicon.words) or isinstance(builder, EntropyLexiconBuilder)
    total = counts[0].total()
    for k, word in enumerate(lexicon.words):
        x = tuple(word)
        if len(x) > 8:
            continue
        raw = counts[len(x) - 1][x]
        left, right = branching_entropy(x, all_runs)
        worst = min((math.log(raw * total / (counts[i - 1][x[:i]] * counts[len(x) - i - 1][x[i:]]))
                     for i in range(1, len(x))), default=0.0)  # fmt: skip
        row = {name: column[k] for name, column in lexicon.scores.items()}
        want = {"pmi": worst, "left_entropy": left, "right_entropy": right, "cohesion": lexicon.counts[k] / raw}
        assert row == pytest.approx(want, abs=1e-9), word


def test_real_text() -> None:
    """Recurrent names of the sample are found, whole."""
    texts = sample()
    for builder in (PmiLexiconBuilder(), EntropyLexiconBuilder()):
        lexicon = builder.build(texts)
        top = lexicon.top(40)
        assert "青石镇" in top
        assert lexicon.meta.entropy_after < lexicon.meta.entropy_before
        assert lexicon.meta.characters == NgramCounter(order=1).update(texts).freeze().total(1)
    assert {"柳河大桥", "望江茶馆"} <= set(PmiLexiconBuilder(min_pmi=2.5).build(texts).words)


def test_words_without_scores_are_the_same() -> None:
    texts = sample()
    scored, plain = PmiLexiconBuilder().build(texts), PmiLexiconBuilder().build(texts, scores=False)
    assert (plain.words, plain.counts.tolist(), plain.meta) == (scored.words, scored.counts.tolist(), scored.meta)
    assert dict(plain.scores) == {}


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.floats(-0.5, 2), st.integers(1, 3))
def test_older_variant_equals_its_rules(texts: list[str], threshold: float, min_count: int) -> None:
    if not has_text(texts):
        return
    options = {"order": 2, "min_pmi": threshold, "min_count": min_count}
    lexicon = PmiLexiconBuilder(**options, deduplicate=True).build(texts)
    plain = PmiLexiconBuilder(**options).build(texts)
    want = slow.deduplicate(dict(zip(plain.words, plain.counts.tolist(), strict=True)))
    assert dict(zip(lexicon.words, lexicon.counts.tolist(), strict=True)) == want


@settings(max_examples=500, deadline=None)
@given(st.dictionaries(st.text("ab", min_size=1, max_size=6), st.integers(1, 9), min_size=1, max_size=20))
def test_deduplicate_equals_its_rules(words: dict[str, int]) -> None:
    """Few counts and letters, so that segmentations tie and dropped words fall into words that are dropped later."""
    names = list(words)
    rows, tokens = deduplicate(names, list(words.values()))
    assert {names[k]: n for k, n in zip(rows.tolist(), tokens.tolist(), strict=True)} == slow.deduplicate(words)
    # the text stays the same, cut into more words
    assert sum(len(names[k]) * n for k, n in zip(rows.tolist(), tokens.tolist(), strict=True)) == sum(
        len(word) * n for word, n in words.items()
    )


def test_deduplicate_takes_long_words_and_large_counts() -> None:
    words = ["天地" * 1500, "天", "地", "\ud800人", "人"]  # ln 2 for each part, and a word of one part less must gain 1
    rows, left = deduplicate(words, [7, 10**12, 10**12, 3, 4])
    assert rows.tolist() == [1, 2, 3, 4]
    assert left.tolist() == [10**12 + 7 * 1500, 10**12 + 7 * 1500, 3, 4]
    assert [x.tolist() for x in deduplicate([], [])] == [[], []]


@pytest.mark.parametrize(
    ("words", "tokens", "message"),
    [(["a", ""], [1, 1], "every word needs"), (["a"], [0], "every word needs"), (["a"], [1, 2], "different lengths")],
)
def test_deduplicate_refuses_words_that_are_none(words: list[str], tokens: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        deduplicate(words, tokens)


def test_older_variant_drops_words_that_others_explain() -> None:
    texts = ["天地", "玄黄", "天地玄黄"] * 30 + ["宇宙", "洪荒", "日月", "盈昃"] * 30
    plain = PmiLexiconBuilder(order=2, min_pmi=-5).build(texts)
    assert "天地玄黄" in plain
    older = PmiLexiconBuilder(order=2, min_pmi=-5, deduplicate=True).build(texts)
    # ln p(天地玄黄) = ln(30/210), of the parts 2 ln(30/210): it gains 1.95 nats, less than 4 - 1
    assert "天地玄黄" not in older
    # its 30 tokens are now tokens of the words that it falls into
    assert (older["天地"], older["玄黄"]) == (plain["天地"] + 30, plain["玄黄"] + 30)
    assert older.meta.tokens == plain.meta.tokens + 30
    assert older.scores["cohesion"][older.index("天地")] == 1
    assert {"天地", "玄黄", "宇宙"} <= set(older.words)


def test_max_length() -> None:
    assert max(map(len, PmiLexiconBuilder(min_pmi=2.5).build(sample()).words)) >= 4
    assert max(map(len, PmiLexiconBuilder(min_pmi=2.5, max_length=3).build(sample()).words)) == 3


@pytest.mark.parametrize("builder", [PmiLexiconBuilder(), EntropyLexiconBuilder()])
def test_odd_corpora(builder) -> None:
    for texts in (["一"], ["一二三四五六七八九十"], ["的" * 500], ["一\n\n二"]):
        lexicon = builder.build(texts)
        assert all(np.isfinite(x) for x in (lexicon.meta.entropy_before, lexicon.meta.entropy_after))
        assert builder.build(texts) == lexicon
    for texts in ([], [""], ["，。 \n", "\0\ud800"]):
        with pytest.raises(CorpusError, match="no countable text"):
            builder.build(texts)
    with pytest.raises(TypeError, match=r"twice|restart|list"):
        builder.build(x for x in ["一二"])


def test_representations() -> None:
    assert repr(PmiLexiconBuilder(order=3, min_pmi=1)).startswith("PmiLexiconBuilder(order=3, min_pmi=(0.0, 1.0, 1.0),")
    assert repr(EntropyLexiconBuilder()) == "EntropyLexiconBuilder(max_length=4, min_count=2, alnum='token')"
    assert repr(PhraseBuilder()) == "PhraseBuilder(max_rounds=20, min_count=5, max_words=8)"


def test_nonsense_options() -> None:
    for options in ({"order": 1}, {"order": 9}, {"min_count": 0}, {"min_pmi": float("nan")}, {"min_pmi": (1, 2)},
                    {"min_pmi": "1"}, {"min_pmi": True}, {"order": np.array([3, 4])},
                    {"max_length": 0}, {"min_count": 1.5}):  # fmt: skip
        with pytest.raises(ValueError, match=r"must be|needs one"):
            PmiLexiconBuilder(**options)
    for one in (np.float32(1), np.int64(1), [0, 1, 1, 1], np.array([0.0, 1, 1, 1])):
        assert PmiLexiconBuilder(min_pmi=one).min_pmi == (0.0, 1.0, 1.0, 1.0)  # type: ignore[arg-type]
    for options in ({"max_length": 0}, {"max_length": 8}, {"min_count": 0}):
        with pytest.raises(ValueError, match="must be"):
            EntropyLexiconBuilder(**options)


@pytest.mark.parametrize("make", [PmiLexiconBuilder, EntropyLexiconBuilder])
def test_threads_change_nothing(make, tmp_path) -> None:
    """Bit for bit, with many blocks that come in any order."""
    path = tmp_path / "a.txt"
    path.write_text("\n".join(sample() * 3), encoding="utf-8")
    options = {"min_pmi": 2.5} if make is PmiLexiconBuilder else {}
    alone = make(**options).build(Corpus(path))
    for workers, block_size in ((2, 400), (5, 1000), (3, 1 << 20)):
        lexicon = make(workers=workers, **options).build(Corpus(path, block_size=block_size))
        assert "".join(lexicon.lines()) == "".join(alone.lines())
        assert lexicon == alone
        assert lexicon.meta == alone.meta


def test_bad_text_that_a_thread_meets(tmp_path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("中国人民\n".encode() * 500 + b"\xb5\xda\n")
    builder = PmiLexiconBuilder(workers=2)
    with pytest.raises(CorpusError, match="byte 6500 "):
        builder.build(Corpus(path, block_size=100))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(), max_size=5), st.integers(0, 10**12))
def test_rows_are_written_as_python_writes_them(numbers: list[float], count: int) -> None:
    scores = {str(k): [x] for k, x in enumerate(numbers)}
    *_, line = Lexicon(["词"], [count], scores=scores).lines()
    assert line == "\t".join(["词", str(count), *(f"{x:.6g}" for x in numbers)]) + "\n"


def test_numbers_at_the_edges_of_their_forms() -> None:
    """Halves, where binary fractions round either way, and numbers next to a change of exponent."""
    rng = np.random.default_rng(0)
    halves = (rng.integers(0, 10**6, 4000) + 0.5) / 10.0 ** rng.integers(0, 10, 4000)
    edges = [e * f for e in (1e-5, 1e-4, 1.0, 1e5, 1e6) for f in (1 - 1e-16, 1 - 4.9e-7, 1 - 5.1e-7, 1.0, 1 + 1e-15)]
    for x in [*halves.tolist(), *edges, 999999.5, 99999.95, 0.00010000005]:
        *_, line = Lexicon(["词"], [1], scores={"x": [x]}).lines()
        assert line == f"词\t1\t{x:.6g}\n"
