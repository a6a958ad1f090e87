"""Phrases: merged pairs against a recount, and the fall of information."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import (
    EntropyLexiconBuilder,
    Lexicon,
    LexiconMeta,
    PhraseBuilder,
    StorageError,
    Tokenizer,
    select_discovered,
)
from nlp_zero._utils.key_counts import KeyCounts
from nlp_zero.builders.ranked_text import RankedText
from nlp_zero.lexicon.ids import byte_token
from nlp_zero.statistics import entropy_gain, information_per_symbol


def tokens_of(texts: list[str], lexicon: Lexicon) -> list[list[str]]:
    tokenizer = Tokenizer(lexicon)
    return [[t for t in tokenizer.tokenize(text) if t in lexicon] for text in texts]


def test_worked_example() -> None:
    words = Lexicon(["中华", "人民", "共和国", "爱"], [9, 9, 9, 9])
    texts = ["中华人民共和国爱人民", "爱中华人民共和国", "人民爱中华人民共和国"]
    lexicon = PhraseBuilder(min_count=3, max_words=3).build(texts, words)
    assert lexicon.parts["中华人民共和国"] == ("中华", "人民", "共和国")
    assert lexicon["中华人民共和国"] == 3
    assert lexicon["人民"] == 2
    assert Tokenizer(lexicon).tokenize("中华人民共和国，人民") == ["中华人民共和国", "，", "人民"]


def test_first_round_takes_the_greatest_gain() -> None:
    words = Lexicon(["天", "地", "人", "心"], [1, 1, 1, 1])
    random.seed(1)
    texts = ["".join(random.choice(["天地", "人", "心"]) for _ in range(20)) for _ in range(20)]
    pairs: Counter[tuple[str, str]] = Counter()
    singles: Counter[str] = Counter()
    for tokens in tokens_of(texts, words):
        singles.update(tokens)
        pairs.update(itertools.pairwise(tokens))
    total = singles.total()
    gains = {p: float(entropy_gain(c, singles[p[0]], singles[p[1]], total)) for p, c in pairs.items()}
    best = max(gains, key=gains.__getitem__)
    lexicon = PhraseBuilder(max_rounds=1, min_count=1).build(texts, words)
    assert best == ("天", "地")
    assert lexicon.parts["天地"] == best
    assert lexicon.scores["gain"][lexicon.index("天地")] == pytest.approx(gains[best])
    assert lexicon["天地"] == pairs[best]
    assert lexicon["天"] == singles["天"] - pairs[best]


def test_information_falls_with_every_round() -> None:
    texts = Path("corpora/sample.txt").read_text(encoding="utf-8").splitlines()
    words = EntropyLexiconBuilder().build(texts)
    lexicon = PhraseBuilder(min_count=3).build(texts, words)
    rounds = list(lexicon.meta.phrase_rounds)
    assert len(rounds) > 2
    assert all(a > b for a, b in itertools.pairwise(rounds))
    assert lexicon.meta.entropy_after == pytest.approx(rounds[-1], abs=1e-6)
    assert lexicon.meta.entropy_after == pytest.approx(
        information_per_symbol(lexicon.counts, [len(w) for w in lexicon.words])
    )
    before = sum(len(t) for tokens in tokens_of(texts, words) for t in tokens)
    assert sum(len(w) * c for w, c in zip(lexicon.words, lexicon.counts.tolist(), strict=True)) == before
    assert all("".join(parts) == phrase and len(parts) > 1 for phrase, parts in lexicon.parts.items())
    assert all(np.isfinite(lexicon.scores["gain"][lexicon.index(p)]) for p in lexicon.parts)


def test_limits_and_round_trip(tmp_path: Path) -> None:
    texts = ["甲乙丙丁"] * 20 + ["甲", "乙", "丙", "丁"] * 3
    words = Lexicon(list("甲乙丙丁"), [1, 1, 1, 1])
    assert max(map(len, PhraseBuilder(max_words=2).build(texts, words).words)) == 2
    lexicon = PhraseBuilder().build(texts, words)
    assert "甲乙丙丁" in lexicon
    lexicon.save(tmp_path / "x.tsv")
    assert Lexicon.load(tmp_path / "x.tsv").parts == lexicon.parts
    assert PhraseBuilder(min_count=100).build(texts, words).parts == {}
    assert PhraseBuilder().build(["，"], words).parts == {}
    with pytest.raises(ValueError, match="max_words"):
        PhraseBuilder(max_words=1)


def with_bytes(words: dict[str, int], **meta: Any) -> Lexicon:
    """A vocabulary with byte fallback: all bytes and some words."""
    counts = {byte_token(byte): 1 for byte in range(256)} | words
    return Lexicon(list(counts), list(counts.values()), meta=LexiconMeta(byte_fallback=True, **meta))


def count_words(texts: list[str], lexicon: Lexicon) -> Counter[str]:
    tokenizer = Tokenizer(lexicon)
    return Counter(token for text in texts for token in tokenizer.tokenize(text) if token in lexicon)


def own_ids() -> Lexicon:
    """Ids as an imported model has them: in no order, with gaps, and specials among them."""
    words = ["天", "地", "人", "心"]
    meta = LexiconMeta(specials=("<s>",), special_ids=(4,), unk_id=0)
    return Lexicon(words, [9, 8, 7, 6], scores={"id": [7, 2, 11, 5]}, meta=meta)


@pytest.mark.parametrize(
    "lexicon",
    [own_ids(), with_bytes({"天": 90, "地": 80, "人": 70, "心": 60}, specials=("<pad>", "<s>"))],
    ids=["own ids", "byte fallback"],
)
def test_lexicons_whose_ids_are_not_their_ranks(lexicon: Lexicon) -> None:
    """Ids were taken for ranks: other words than those of the text were counted and merged."""
    texts = ["天地人天地心", "人天地龘", "心人心天地"] * 3
    phrases = PhraseBuilder(min_count=3, max_rounds=1).build(texts, lexicon)
    assert phrases.parts == {"天地": ("天", "地")}
    assert phrases["天地"] == 12
    plain = count_words(texts, lexicon)
    assert plain["天"] == 12
    for word in lexicon.words:
        assert phrases[word] == (0 if word in ("天", "地") else plain[word]), word
    tokenizer = Tokenizer(phrases)
    assert tokenizer.tokenize("人天地") == ["人", "天地"]
    assert tokenizer.decode(tokenizer.encode("人天地")) == "人天地"


def test_bytes_of_characters_are_not_merged() -> None:
    texts = ["龘龘天"] * 9
    lexicon = PhraseBuilder(min_count=2).build(texts, with_bytes({"天": 9}))
    assert lexicon.parts == {}
    assert lexicon[byte_token("龘".encode()[0])] == 18
    in_bytes = PhraseBuilder(min_count=2).build(texts, with_bytes({}, unit="byte"))
    assert any("".join(parts) == phrase for phrase, parts in in_bytes.parts.items())


def test_words_that_a_user_added_are_not_merged() -> None:
    lexicon = Lexicon(["中华", "人民"], [9, 9]).with_meta(own_words=("共和国",))
    phrases = PhraseBuilder(min_count=3).build(["中华人民共和国"] * 5, lexicon)
    assert phrases.parts == {"中华人民": ("中华", "人民")}
    assert "共和国" not in phrases


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(-3, 12), max_size=30)), st.sampled_from([None, 1]), st.integers(1, 9))
def test_key_counts_against_a_counter(parts: list[list[int]], memory: int | None, limit: int) -> None:
    with KeyCounts(memory, None) as counts:
        counts._limit = limit  # a few keys in each run
        for part in parts:
            counts.add(np.array(part, np.int64))
        blocks = list(counts.read())
    keys = [key for block, _ in blocks for key in block.tolist()]
    times = [number for _, block in blocks for number in block.tolist()]
    expected = sorted(Counter(itertools.chain.from_iterable(parts)).items())
    assert list(zip(keys, times, strict=True)) == expected


def test_key_counts_merge_in_several_rounds() -> None:
    keys = np.random.default_rng(1).integers(0, 3000, 40_000)
    with KeyCounts(1, None) as counts:
        counts.add(keys)
        blocks = list(counts.read())
    assert len(blocks) > 5
    assert np.array_equal(np.concatenate([block for block, _ in blocks]), np.unique(keys))
    assert np.array_equal(np.concatenate([times for _, times in blocks]), np.unique(keys, return_counts=True)[1])


def merge_plainly(ranks: list[int], pairs: dict[tuple[int, int], int]) -> list[int]:
    merged: list[int] = []
    place = 0
    while place < len(ranks):
        new = pairs.get((ranks[place], ranks[place + 1])) if place + 1 < len(ranks) else None
        merged.append(ranks[place] if new is None else new)
        place += 1 if new is None else 2
    return merged


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(st.integers(-1, 5), max_size=12), min_size=1),
    st.sets(st.tuples(st.sampled_from([0, 2, 4]), st.sampled_from([1, 3, 5])), min_size=1),
    st.sampled_from([None, 1]), st.integers(1, 7),
)  # fmt: skip
def test_merged_neighbours(
    parts: list[list[int]], chosen: set[tuple[int, int]], memory: int | None, chunk: int
) -> None:
    pairs = {pair: 6 + k for k, pair in enumerate(chosen)}
    left, right = np.array(list(pairs)).T
    expected = list(itertools.chain.from_iterable(parts))
    with RankedText(memory, None) as text:
        text._chunk = chunk
        for part in parts:
            text.append(np.array(part, np.int32))
        neighbours = [pair for block in text.neighbours() for pair in np.stack(block, axis=1).tolist()]
        assert neighbours == [[a, b] for a, b in itertools.pairwise(expected) if a >= 0 and b >= 0]
        text.merge(left, right, np.array(list(pairs.values())))
        expected = merge_plainly(expected, pairs)
        assert [rank for block in text._read() for rank in block.tolist()] == expected
        counts = Counter(expected)
        assert text.count(20).tolist() == [counts[rank] for rank in range(20)]


def test_a_budget_never_changes_phrases() -> None:
    texts = Path("corpora/sample.txt").read_text(encoding="utf-8").splitlines()
    words = EntropyLexiconBuilder().build(texts)
    whole = PhraseBuilder(min_count=3).build(texts, words)
    bounded = PhraseBuilder(min_count=3, memory="1M").build(texts, words)
    assert bounded == whole
    assert bounded.parts == whole.parts
    assert np.array_equal(bounded.scores["gain"], whole.scores["gain"], equal_nan=True)
    assert bounded.meta.phrase_rounds == whole.meta.phrase_rounds


def test_words_that_do_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlp_zero.builders.phrases.LEAST_BUDGET_BYTES", 1)
    words = Lexicon([chr(0x4E00 + k) for k in range(100)], [5] * 100)
    with pytest.raises(StorageError, match="too small for 100 words and phrases; give at least 50,000 bytes"):
        PhraseBuilder(memory=4096).build(["一丁"] * 9, words)
    with pytest.raises(StorageError, match="100 words and phrases and 2 or more pairs"):
        PhraseBuilder(memory=50_001).build(["一丁"] * 9 + ["七万"] * 90, words)


@pytest.mark.parametrize("use", [select_discovered, lambda lexicon: PhraseBuilder().build(["茶"], lexicon)])
def test_a_tokenizer_is_not_a_lexicon(use: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError, match="lexicon must be a Lexicon, not Tokenizer"):
        use(Tokenizer(Lexicon(["茶"], [1])))
