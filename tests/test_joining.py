"""Words of a sampled segmentation that hardly occur apart: against a plain version, and in a lexicon."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import Tokenizer
from nlp_zero.builders import BayesLexiconBuilder
from nlp_zero.builders.bayes.joining import join_words, number_words
from nlp_zero.statistics import branching_entropy, entropy_gain

Runs = list[list[str]]


def number(runs: Runs) -> tuple[list[str], np.ndarray]:
    words = list(dict.fromkeys(word for run in runs for word in run))
    return words, np.array([k for run in runs for k in [*map(words.index, run), -1]], np.int64)


def join_plainly(runs: Runs, min_probability: float, min_count: int) -> Counter[str]:
    """The definition, word by word, on tuples of the first words."""
    order = {(word,): k for k, word in enumerate(dict.fromkeys(word for run in runs for word in run))}
    cut = [[(word,) for word in run] for run in runs]
    most: Counter[tuple[str, ...]] = Counter()
    while True:
        counts = Counter(word for run in cut for word in run)
        most |= counts
        times = Counter(pair for run in cut for pair in pairwise(run))
        total = sum(counts.values())
        gains = {
            (a, b): entropy_gain(n, counts[a], counts[b], total)
            for (a, b), n in times.items()
            if a != b and n >= min_count and n >= min_probability * max(most[a], most[b])
        }
        chosen: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
        for pair in sorted(gains, key=lambda ab: (-gains[ab], order[ab[0]], order[ab[1]])):
            if gains[pair] > 0 and not any(pair[0] == b or pair[1] == a for a, b in chosen):
                chosen.append(pair)
        if not chosen:
            break
        for a, b in chosen:
            order.setdefault(a + b, len(order))
        cut = [join_run(run, set(chosen)) for run in cut]
    count = Counter("".join(word) for run in cut for word in run)
    before: dict[tuple[str, ...], list[object]] = {}
    after: dict[tuple[str, ...], list[object]] = {}
    for run in cut:
        for k, word in enumerate(run):
            before.setdefault(word, []).append(run[k - 1] if k else object())
            after.setdefault(word, []).append(run[k + 1] if k + 1 < len(run) else object())
    for word in before:
        free = min(branching_entropy(list(Counter(side[word]).values())) for side in (before, after))
        if len(word) > 1 and free < 0.5:
            count.subtract({"".join(word): count["".join(word)]})
            for part in word:
                count[part] += len(before[word])
    return +count


def join_run(run: list[tuple[str, ...]], chosen: set[tuple[tuple[str, ...], tuple[str, ...]]]) -> list[tuple[str, ...]]:
    done: list[tuple[str, ...]] = []
    at = 0
    while at < len(run):
        if at + 1 < len(run) and (run[at], run[at + 1]) in chosen:
            done.append(run[at] + run[at + 1])
            at += 2
        else:
            done.append(run[at])
            at += 1
    return done


# Words of one letter each, so that different words never have the same text when they are joined.
plain_runs = st.lists(st.lists(st.sampled_from("abcde"), min_size=1, max_size=6), min_size=1, max_size=25)


@settings(max_examples=400, deadline=None)
@given(plain_runs, st.sampled_from([0.3, 0.4, 0.5, 0.75, 1.0]), st.integers(1, 4))
def test_equals_the_definition(runs: Runs, min_probability: float, min_count: int) -> None:
    words, counts = join_words(*number(runs), min_probability=min_probability, min_count=min_count)
    found = dict(zip(words, counts, strict=True))
    assert sum(len(word) * n for word, n in found.items()) == sum(map(len, runs))
    assert found == join_plainly(runs, min_probability, min_count)


def join_runs(runs: Runs) -> dict[str, int]:
    words, counts = join_words(*number(runs))
    return dict(zip(words, counts, strict=True))


def test_pairs_at_the_limits() -> None:
    others = [[name] for name in ("曹操", "刘备", "孙权", "张飞")] * 10
    names = [["诸葛", "亮"]] * 4
    assert join_runs([*names, *others])["诸葛亮"] == 4
    assert join_runs([*names[:3], *others])["诸葛亮"] == 3
    assert "诸葛亮" not in join_runs([*names[:2], *others])  # too rare
    assert join_runs([*names, *others, *[["亮"]] * 6])["亮"] == 6  # 4 of 10
    assert "诸葛亮" not in join_runs([*names, *others, *[["亮"]] * 7])
    assert "诸葛亮" not in join_runs([*names, *others, *[["诸葛"]] * 7])


def test_parts_of_something_longer_are_joined_to_it_or_not_at_all() -> None:
    others = [[name] for name in ("曹操", "刘备", "孙权", "张飞")] * 10
    found = join_runs([*[["内塔尼", "亚", "胡"]] * 5, *others])
    assert (found.get("内塔尼亚胡"), found.get("内塔尼亚"), found.get("亚")) == (5, None, None)
    said = [["的", "亚", "胡"]] * 5 + [["的", "书"]] * 20  # 亚胡 always follows 的, which has many other followers
    assert not {"亚胡", "的亚胡"} & join_runs([*said, *others]).keys()


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Sentences of two-character words, with one name of seven characters."""
    rng = random.Random(3)
    words = ["".join(chr(rng.randrange(0x5000, 0x5400)) for _ in range(2)) for _ in range(300)]
    lines = ["".join(rng.choice(words) for _ in range(8)) for _ in range(900)]
    return [line[:8] + "谢瓦尔德纳泽夫" + line[8:] if k % 20 == 0 else line for k, line in enumerate(lines)]


def test_a_lexicon_holds_names_that_are_longer_than_sampled_words(texts: list[str]) -> None:
    joined = BayesLexiconBuilder().build(texts)
    assert joined["谢瓦尔德纳泽夫"] == 45
    assert joined.scores["cohesion"][joined.index("谢瓦尔德纳泽夫")] == 1
    plain = BayesLexiconBuilder(join_words=False).build(texts)
    assert max(map(len, plain)) <= 4 < max(map(len, joined))
    assert joined.total < plain.total == plain.meta.tokens
    assert joined.meta.tokens == joined.total
    assert sum(len(w) * joined[w] for w in joined) == sum(len(w) * plain[w] for w in plain)
    assert Tokenizer(joined).tokenize(texts[0])[-3:] == Tokenizer(plain).tokenize(texts[0])[-3:]
    assert "谢瓦尔德纳泽夫" in Tokenizer(joined).tokenize(texts[0])


def test_joined_words_of_a_sample_and_of_slices(texts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "谢瓦尔德纳泽夫" in BayesLexiconBuilder(sample=9000).build(texts)
    monkeypatch.setattr("nlp_zero.builders.bayes.text.SLICE_SYMBOLS", 5000)
    whole = BayesLexiconBuilder().build(texts)
    assert whole["谢瓦尔德纳泽夫"] == 45
    assert whole == BayesLexiconBuilder(workers=3).build(texts)


@settings(max_examples=200)
@given(st.lists(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=40), min_size=1, max_size=3))
def test_words_are_numbered_by_first_occurrence(texts: list[list[tuple[int, bool]]]) -> None:
    """Against dictionaries; boundaries (0) are cuts, and so is the first symbol after one."""
    segmentations, words, runs = [], [], []
    for places in texts:
        text = np.array([symbol for symbol, _ in places], np.uint32)
        cut = np.array([begins for _, begins in places], bool)
        cut |= (text == 0) | (np.append(0, text[:-1])[: len(text)] == 0)
        segmentations.append((text, cut))
        marks = ["。" if not s else "，" * c + "abcd"[s - 1] for s, c in zip(text, cut.tolist(), strict=True)]
        for run in "".join(marks).split("。"):
            found = run.split("，")[1:]
            words += found
            runs += [*found, None] if found else []
    names, numbers = number_words(segmentations, "abcd")
    assert names == list(dict.fromkeys(words))
    assert [names[k] if k >= 0 else None for k in numbers.tolist()] == runs


def test_many_words_are_numbered() -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    text = rng.integers(0, 60, 60_000).astype(np.uint32)
    cut = (rng.random(len(text)) < 0.4) | (text == 0) | (np.append(0, text[:-1]) == 0)
    symbols = [chr(0x4E00 + k) for k in range(60)]
    names, numbers = number_words([(text, cut)], symbols)
    assert len(names) == len(set(names)) > 10_000
    told = "".join([names[k] if k >= 0 else "\n" for k in numbers.tolist()])
    raw = "".join(symbols[s - 1] if s else "\n" for s in text.tolist())
    assert told.split() == raw.split()
