"""`Lexicon.merge` and the command `merge`."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero.cli.main import main
from nlp_zero.lexicon import Lexicon, LexiconMeta
from nlp_zero.tokenization import Tokenizer

rows = st.dictionaries(
    st.text("中国人民", min_size=1, max_size=3),
    st.tuples(st.integers(0, 50), st.one_of(st.just(math.nan), st.floats(-5, 9)), st.floats(0.01, 1)),
    max_size=6,
)


def make(table: dict[str, tuple[int, float, float]], *, scores: bool = True) -> Lexicon:
    counts, pmi, cohesion = zip(*table.values(), strict=True) if table else ((), (), ())
    return Lexicon(list(table), counts, scores={"pmi": pmi, "cohesion": cohesion} if scores else None)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(rows, st.booleans()), min_size=1, max_size=3))
def test_merging_equals_the_definition(tables: list[tuple[dict[str, tuple[int, float, float]], bool]]) -> None:
    lexicons = [make(table, scores=scores) for table, scores in tables]
    merged = lexicons[0].merge(*lexicons[1:])
    counts: Counter[str] = Counter()
    for lexicon in lexicons:
        counts.update(dict(zip(lexicon.words, lexicon.counts.tolist(), strict=True)))
    assert dict(zip(merged.words, merged.counts.tolist(), strict=True)) == counts
    assert set(merged.scores) == ({"pmi", "cohesion"} if any(scores for _, scores in tables) else set())
    for word in merged.words if merged.scores else ():
        found = [table[word] for table, scores in tables if scores and word in table]
        known = [(max(n, 0.5), x) for n, x, _ in found if not math.isnan(x)]
        mean = sum(n * x for n, x in known) / sum(n for n, _ in known) if known else math.nan
        assert merged.scores["pmi"][merged.index(word)] == pytest.approx(mean, nan_ok=True)
        strings = sum(max(n, 0.5) / c for n, _, c in found)
        cohesion = sum(max(n, 0.5) for n, _, _ in found) / strings if found else math.nan
        assert merged.scores["cohesion"][merged.index(word)] == pytest.approx(cohesion, nan_ok=True)
    assert lexicons[0].merge() is lexicons[0]
    if len(lexicons) == 2:
        other = lexicons[1].merge(lexicons[0])
        assert (other.words, other.counts.tolist()) == (merged.words, merged.counts.tolist())


def test_probabilities_are_mixed() -> None:
    first = Lexicon(["甲", "乙"], [30, 10], scores={"log_prob": np.log([0.9, 0.1])})
    second = Lexicon(["乙", "丙"], [6, 4])
    merged = first.merge(second)
    expected = {"甲": 0.8 * 0.9, "乙": 0.8 * 0.1 + 0.2 * 0.6, "丙": 0.2 * 0.4}
    assert {w: merged.log_probs[merged.index(w)] for w in merged} == pytest.approx(
        {word: math.log(p) for word, p in expected.items()}
    )


def test_periods() -> None:
    first = Lexicon(["甲", "乙"], [3, 1], scores={"first_seen": [2, np.nan], "last_seen": [5, np.nan]})
    second = Lexicon(["甲", "乙"], [9, 4], scores={"first_seen": [3, 1], "last_seen": [7, 1]})
    merged = first.merge(second, Lexicon(["丙"], [1]))
    columns = {name: merged.scores[name].tolist()[:2] for name in ("first_seen", "last_seen")}
    assert columns == {"first_seen": [2, 1], "last_seen": [7, 1]}


def test_documents_are_added_as_counts_are() -> None:
    first = Lexicon(["甲", "乙"], [3, 1], scores={"df": [2, 1], "cf": [3, 1]}, meta=LexiconMeta(documents=4))
    second = Lexicon(["甲", "丙"], [9, 4], scores={"df": [5, 2], "cf": [8, 4]}, meta=LexiconMeta(documents=6))
    merged = first.merge(second, Lexicon(["丁"], [1]))
    assert merged.meta.documents == 10
    columns = {word: [merged.scores[name][merged.index(word)] for name in ("df", "cf")] for word in "甲乙丙丁"}
    assert columns == {"甲": [7, 11], "乙": [1, 1], "丙": [2, 4], "丁": [pytest.approx(np.nan, nan_ok=True)] * 2}
    assert first.merge(first).meta.documents == 8  # as for the other numbers, a text that is named twice counts twice


def test_fields_of_meta() -> None:
    first = LexiconMeta(alnum="join", method="pmi", characters=100, tokens=60, new_words=0.1, seed=1,
                        forbidden_words=("坏",), own_words=("新", "旧"), other={"a": 1, "b": 2})  # fmt: skip
    second = LexiconMeta(method="pmi", characters=50, tokens=20, new_words=0.3, seed=2, interrupted=True,
                         own_words=("旧", "A股"), other={"a": 1, "b": 3})  # fmt: skip
    merged = Lexicon(["甲"], [30], meta=first).merge(Lexicon(["甲"], [10], meta=second)).meta
    assert merged.new_words == pytest.approx(0.15)
    assert replace(merged, new_words=0.15) == LexiconMeta(
        alnum="join", method="pmi", characters=150, tokens=80, new_words=0.15, interrupted=True,
        forbidden_words=("坏",), own_words=("新", "旧", "A股"), other={"a": 1},
    )  # fmt: skip
    phrases = Lexicon(["甲乙"], [3], parts={"甲乙": ["甲", "乙"]}).merge(Lexicon(["丙丁"], [2], parts={"丙丁": "丙丁"}))
    assert phrases.parts == {"甲乙": ("甲", "乙"), "丙丁": ("丙", "丁")}
    classes = Lexicon(["甲", "乙"], [2, 1]).with_classes({"甲": 0, "乙": 1}, [[1, 2, 0]] * 3)
    assert "class" not in classes.merge(classes).scores
    assert classes.merge(classes).meta.class_links == ()
    Tokenizer(classes.merge(Lexicon(["丙"], [1]))).tokenize("甲乙丙")


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ({"alnum": "join"}, {"alnum": "token"}, "alnum is 'join' in the first and 'token' in the second; make both"),
        ({"unk_log_prob": -9.0}, {"unk_log_prob": -8.0}, "unk_log_prob is -9.0 in the first"),
        ({"objective": "shortest"}, {}, "objective is 'shortest' in the first and 'unigram' in the second"),
        ({"granularity": 1.0}, {}, "granularity is 1.0 in the first and 0.0"),
        ({"forbidden_words": ("坏",)}, {"forced_words": ("坏",)}, "'坏' is a forbidden word of one and an own word"),
        ({"unk_id": 3}, {}, "one of them has the ids of another program's model"),
    ],
)
def test_lexicons_that_cannot_be_merged(first: dict[str, object], second: dict[str, object], message: str) -> None:
    one = Lexicon(["甲"], [1], meta=LexiconMeta(**first))  # type: ignore[arg-type]
    two = Lexicon(["乙"], [1], meta=LexiconMeta(**second))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=message):
        one.merge(two)
    if "alnum" in first:
        assert one.merge(Lexicon(["丙"], [1])).meta.alnum == "join"  # a word list does not state it
    with pytest.raises(TypeError, match="a lexicon can be merged with a Lexicon, not str"):
        one.merge("words.tsv")  # type: ignore[arg-type]
    large = Lexicon(["甲"], [(1 << 63) - 1])
    with pytest.raises(ValueError, match="the sum of the counts of a word is too large"):
        large.merge(large, large)


def test_the_command(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Lexicon(["早晨", "茶"], [2, 5], meta=LexiconMeta(alnum="token")).save("a.tsv")
    Path("b.txt").write_text("茶 1\n茶馆 3\n", encoding="utf-8")
    Lexicon(["早晨"], [2], meta=LexiconMeta(alnum="split")).save("c.tsv")
    assert main(["merge", "a.tsv", "b.txt", "-o", "m.tsv"]) == 0
    out, err = capfd.readouterr()
    assert (out, err) == ("", "2 + 2 words make 3 words, 11 tokens.\n")
    assert Lexicon.load("m.tsv") == Lexicon(["茶", "茶馆", "早晨"], [6, 3, 2], meta=LexiconMeta(alnum="token"))
    assert main(["merge", "a.tsv", "b.txt", "-q"]) == 0
    assert capfd.readouterr() == (Path("m.tsv").read_text(encoding="utf-8"), "")
    assert main(["merge", "a.tsv", "b.txt", "-o", "m.tsv", "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == {
        "lexicons": [{"name": "a.tsv", "words": 2}, {"name": "b.txt", "words": 2}], "words": 3, "tokens": 11,
    }  # fmt: skip
    for command, status, message in [
        (["a.tsv", "c.tsv", "-o", "x.tsv"], 1, "a.tsv and c.tsv cannot be merged: alnum is 'token' in the first and"),
        (["a.tsv"], 2, "nothing to merge a.tsv with; name two or more lexicons."),
        (["a.tsv", "b.txt", "-o", "b.txt"], 2, "b.txt (-o) is also an input (LEXICON) and would be replaced"),
        (["a.tsv", "none.tsv", "-o", "x.tsv"], 1, "none.tsv"),
        (["a.tsv", "b.txt", "-o", "x.json"], 2, "a lexicon is written as .tsv or .parquet"),
    ]:
        assert main(["merge", *command]) == status
        assert message in capfd.readouterr().err
    assert not Path("x.tsv").exists()
