"""Phrases: merged pairs against a recount, and the fall of information."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from nlp_zero import EntropyLexiconBuilder, Lexicon, PhraseBuilder, Tokenizer
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
