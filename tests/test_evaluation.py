"""Scores against cases worked by hand, and against a textbook version on random segmentations."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero.errors import CorpusError
from nlp_zero.evaluation import Agreement, evaluate, lexicon_precision, without_spaces, word_types
from tests.reference import evaluation as reference


def test_a_case_worked_by_hand() -> None:
    #   gold       共同 | 创造 | 美好 | 的 | 新 | 世纪      spans 0-2 2-4 4-6 6-7 7-8 8-10
    #   predicted  共同 | 创造 | 美 | 好的 | 新世纪         spans 0-2 2-4 4-5 5-7 7-10
    #   common words: 共同, 创造;  common cuts: 2, 4, 7
    result = evaluate(["共同 创造 美好 的 新 世纪"], ["共同 创造 美 好的 新世纪"], train_words={"共同", "世纪"})
    assert result.words == Agreement(correct=2, predicted=5, gold=6)
    assert (result.precision, result.recall, result.f1) == (2 / 5, 2 / 6, 4 / 11)
    assert result.boundaries == Agreement(correct=3, predicted=4, gold=5)
    assert (result.boundaries.precision, result.boundaries.recall, result.boundary_f1) == (3 / 4, 3 / 5, 6 / 9)
    assert result.unknown == Agreement(correct=1, predicted=0, gold=4)  # 创造 of 创造, 美好, 的, 新
    assert result.known == Agreement(correct=1, predicted=0, gold=2)  # 共同 of 共同, 世纪
    assert (result.oov_recall, result.iv_recall) == (0.25, 0.5)


def test_both_ends_right_but_cut_inside_is_wrong() -> None:
    assert evaluate(["一二三"], ["一 二 三"]).words == Agreement(0, 3, 1)
    assert evaluate(["一 二 三"], ["一二三"]).words == Agreement(0, 1, 3)


def test_words_do_not_match_across_lines() -> None:
    # Without the line ends, 二三 would be a common span of both sides.
    result = evaluate(["一 二", "三 四"], ["一二", "三 四"])
    assert result.words == Agreement(2, 3, 4)
    assert result.boundaries == Agreement(1, 1, 2)


def test_any_whitespace_separates_and_counts_for_nothing() -> None:
    gold = ["\u3000一二\t三\u00a0四 \r", "", "  ", "五\u2003六"]
    result = evaluate(gold, [["一二", "三", "四"], [], [" "], ["五", "六"]])
    assert result.f1 == 1.0
    assert result.lines == 4
    assert result.words.gold == 5


def test_a_perfect_and_a_fully_wrong_segmentation() -> None:
    assert evaluate(["一二 三"], ["一二 三"]).f1 == 1.0
    wrong = evaluate(["一二 三四"], ["一 二三 四"])
    assert wrong.f1 == 0.0
    assert wrong.boundary_f1 == 0.0


def test_what_is_undefined_is_nan_and_null() -> None:
    result = evaluate(["一"], ["一"])
    assert math.isnan(result.boundary_f1)
    assert math.isnan(result.oov_recall)
    values = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert values["boundary_f1"] is None
    assert values["oov_recall"] is None
    assert values["f1"] == 1.0
    assert values["words"] == {"correct": 1, "predicted": 1, "gold": 1}


@pytest.mark.parametrize(
    ("gold", "predicted", "message"),
    [
        (["一", "一 二三四"], ["一", "一二 四三"], r"line 2, character 3 .*'三四'.*'四三'"),
        (["一 二"], ["一"], r"line 1, character 2 .*'二'.*''"),
        (["一", "二"], ["一"], r"line 2: only the gold standard"),
        (["一"], ["一", "二"], r"line 2: only the prediction"),
        ([" "], [""], "no word"),
        ([], [], "no word"),
    ],
)
def test_texts_that_differ_are_refused(gold: list[str], predicted: list[str], message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        evaluate(gold, predicted)


def test_nonsense_options_are_refused() -> None:
    with pytest.raises(TypeError, match=r"\[line\]"):
        evaluate("一 二", ["一 二"])
    for options in ({"bootstrap": -1}, {"confidence": 1.0}, {"confidence": float("nan")}):
        with pytest.raises(ValueError, match="must"):
            evaluate(["一"], ["一"], **options)  # type: ignore[arg-type]


words = st.lists(st.lists(st.sampled_from("一二三"), min_size=1, max_size=3).map("".join), max_size=6)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[list[list[str]], list[list[str]]]:
    gold = draw(st.lists(words, min_size=1, max_size=5).filter(any))
    predicted = []
    for line in gold:
        text = "".join(line)
        ends = sorted(draw(st.sets(st.integers(1, max(1, len(text) - 1))))) if len(text) > 1 else []
        predicted.append([text[a:b] for a, b in zip([0, *ends], [*ends, len(text)], strict=True) if a < b])
    return gold, predicted


@settings(max_examples=400, deadline=None)
@given(pairs(), st.sets(st.sampled_from(["一", "二", "一二", "二三", "一二三"])))
def test_agrees_with_the_textbook(pair: tuple[list[list[str]], list[list[str]]], known: set[str]) -> None:
    gold, predicted = pair
    result = evaluate(gold, [" ".join(line) for line in predicted], train_words=known)
    expected = reference.agreement(gold, predicted, known)
    for name, counts in expected.items():
        assert getattr(result, name) == Agreement(*counts), name


def test_bootstrap_is_seeded_and_covers_the_score() -> None:
    gold = ["一 二 三", "一二 三", "四 五", "六"] * 25
    predicted = ["一 二 三", "一 二 三", "四五", "六"] * 25
    first = evaluate(gold, predicted, bootstrap=200, seed=1)
    assert first.intervals == evaluate(gold, predicted, bootstrap=200, seed=1).intervals
    assert first.intervals != evaluate(gold, predicted, bootstrap=200, seed=2).intervals
    low, high = first.intervals["f1"]
    assert low < first.f1 < high
    assert high - low < 0.25
    narrow = evaluate(gold, predicted, bootstrap=200, seed=1, confidence=0.5).intervals["f1"]
    assert low < narrow[0] < narrow[1] < high
    assert "oov_recall" not in first.intervals


def test_bootstrap_of_lines_that_are_all_alike_has_no_width() -> None:
    result = evaluate(["一二 三"] * 20, ["一 二 三"] * 20, bootstrap=50)
    assert result.intervals["f1"] == (result.f1, result.f1)


def test_lexicon_precision_by_hand() -> None:
    lexicon = ["的", "中国", "国人", "人民", "民币"]  # 的 is too short to count
    gold = {"中国", "人民", "人民币"}
    assert lexicon_precision(lexicon, gold, n=(1, 2, 3, 4)) == {1: 1.0, 2: 0.5, 3: 2 / 3, 4: 0.5}
    assert lexicon_precision(lexicon, list(gold), n=(2, 100, 1000)) == {2: 0.5, 4: 0.5}
    assert lexicon_precision(["的"], gold) == {}
    with pytest.raises(ValueError, match="1 word"):
        lexicon_precision(lexicon, gold, n=(0,))


def test_word_types_and_raw_text() -> None:
    assert word_types(["一 二", ["二", "三"]]) == {"一", "二", "三"}
    assert without_spaces("\u3000一 二\t三\n") == "一二三"
