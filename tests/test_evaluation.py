"""Scores against cases worked by hand, and against a textbook version on random segmentations."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero.errors import CorpusError
from nlp_zero.evaluation import (
    LEVELS,
    Agreement,
    bits_per_character,
    bounded,
    evaluate,
    find_occurring_words,
    find_tag_separator,
    lexicon_precision,
    lexicon_recall,
    remove_tags,
    scores,
    training_overlap,
    without_spaces,
    word_types,
)
from nlp_zero.evaluation.alignment import _align_lines
from nlp_zero.evaluation.bounded import AlignmentSample
from nlp_zero.lexicon import Lexicon, LexiconMeta
from nlp_zero.tokenization.tokenizer import Tokenizer
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
    assert result.to_dict() == {
        "level": "raw", "lines": 1, "ceiling": 1.0,
        "precision": 2 / 5, "recall": 2 / 6, "f1": 4 / 11,
        "unaided_precision": 2 / 5, "unaided_recall": 2 / 6, "unaided_f1": 4 / 11,  # this level gives no word
        "boundary_precision": 3 / 4, "boundary_recall": 3 / 5, "boundary_f1": 6 / 9,
        "oov_recall": 0.25, "iv_recall": 0.5, "oov_words": 4, "iv_words": 2,
        "words": {"correct": 2, "predicted": 5, "gold": 6}, "unaided": {"correct": 2, "predicted": 5, "gold": 6},
        "boundaries": {"correct": 3, "predicted": 4, "gold": 5}, "intervals": {},
    }  # fmt: skip
    without = evaluate(["共同 创造"], ["共同 创造"]).to_dict()
    assert [without[name] for name in ("oov_recall", "iv_recall", "oov_words", "iv_words")] == [None] * 4


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


def test_undefined_scores_are_nan_and_null() -> None:
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


def test_parts_of_characters_are_joined() -> None:
    words = ["春天", "来", "了", "a", "𠀀"]
    tokens = [chr(0xDC00 + byte) if byte > 127 else chr(byte) for byte in range(256)]
    for unit in ("char", "byte"):
        vocabulary = Lexicon(tokens, [1] * 256, meta=LexiconMeta(byte_fallback=True, unit=unit))
        tokenizer = Tokenizer(vocabulary)
        scores = evaluate([" ".join(words)], [tokenizer.tokenize("".join(words))])
        assert (scores.words.correct, scores.words.predicted, scores.words.gold) == (4, 6, 5)
    assert evaluate(["天来 了"], [["天\udce6", "\udc9d\udca5", "了"]]).words.f1 == 1
    for tokens in (["\udce6", "\udce6\udc9d\udca5"], ["\udce6\udc9d"], ["\ud800"]):
        with pytest.raises(CorpusError, match=r"line 1, character 1 .*'来', the prediction with '.ud"):
            evaluate(["来"], [tokens])


def test_nonsense_options_are_refused() -> None:
    with pytest.raises(TypeError, match=r"\[line\]"):
        evaluate("一 二", ["一 二"])
    for options in (
        {"bootstrap": -1}, {"confidence": 0.0}, {"confidence": 1.0}, {"confidence": float("nan")}, {"seed": -1},
        {"temp_dir": "no such folder"},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=rf"^{next(iter(options))} must be .*\.$"):
            evaluate(["一"], ["一"], **options)  # type: ignore[arg-type]


words = st.lists(st.lists(st.sampled_from("一二三１a。—"), min_size=1, max_size=3).map("".join), max_size=6)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[list[list[str]], list[list[str]]]:
    gold = draw(st.lists(words, min_size=1, max_size=5).filter(any))
    predicted = []
    for line in gold:
        text = "".join(line)
        ends = sorted(draw(st.sets(st.integers(1, max(1, len(text) - 1))))) if len(text) > 1 else []
        predicted.append([text[a:b] for a, b in zip([0, *ends], [*ends, len(text)], strict=True) if a < b])
    return gold, predicted


@settings(max_examples=250, deadline=None)
@given(pairs(), st.sets(st.sampled_from(["一", "二", "一二", "二三", "一二三"])))
def test_agrees_with_the_textbook(pair: tuple[list[list[str]], list[list[str]]], known: set[str]) -> None:
    gold, predicted = pair
    result = evaluate(gold, [" ".join(line) for line in predicted], train_words=known)
    expected = reference.agreement(gold, predicted, known)
    for name, counts in expected.items():
        assert getattr(result, name) == Agreement(*counts), name


@settings(max_examples=100, deadline=None)
@given(st.lists(pairs(), min_size=1, max_size=3), st.sampled_from(sorted(LEVELS)), st.integers(1, 3))
def test_batches_never_change_a_result(
    parts: list[tuple[list[list[str]], list[list[str]]]], level: str, size: int
) -> None:
    gold, predicted = ([line for part in parts for line in [*part[side], []]] for side in (0, 1))  # and empty lines
    options: dict[str, Any] = {"level": level, "train_words": {"一", "一二"}, "bootstrap": 5}
    if not any(gold):
        return
    whole = evaluate(gold, predicted, **options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scores, "BATCH_LINES", size)
        assert json.dumps(evaluate(iter(gold), iter(predicted), **options).to_dict()) == json.dumps(whole.to_dict())


def test_lines_are_read_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "BATCH_LINES", 2)
    read: list[int] = []
    sizes: list[int] = []
    count = scores._count_by_line
    monkeypatch.setattr(scores, "_count_by_line", lambda *parts: (sizes.append(len(read)), count(*parts))[1])
    gold = (read.append(number) or "一 二" for number in range(6))  # type: ignore[func-returns-value]
    assert evaluate(gold, ["一 二"] * 6).lines == 6
    assert sizes == [2, 4, 6]
    with pytest.raises(CorpusError, match="line 5, character 2"):
        evaluate(["一 二"] * 6, ["一 二"] * 4 + ["一三"] * 2)
    with pytest.raises(CorpusError, match="line 6: only the gold"):
        evaluate(["一 二"] * 6, ["一 二"] * 5)


def test_bootstrap_is_seeded_and_covers_the_score() -> None:
    gold = ["一 二 三", "一二 三", "四 五", "六"] * 25
    predicted = ["一 二 三", "一 二 三", "四五", "六"] * 25
    first = evaluate(gold, predicted, bootstrap=200, seed=1)
    assert first.intervals == evaluate(gold, predicted, bootstrap=200, seed=1).intervals
    assert evaluate(gold, predicted, bootstrap=5).intervals == evaluate(gold, predicted, bootstrap=5, seed=0).intervals
    assert evaluate(gold, predicted).intervals == {}
    assert first.intervals != evaluate(gold, predicted, bootstrap=200, seed=2).intervals
    low, high = first.intervals["f1"]
    assert low < first.f1 < high
    assert high - low < 0.25
    narrow = evaluate(gold, predicted, bootstrap=200, seed=1, confidence=0.5).intervals["f1"]
    assert low < narrow[0] < narrow[1] < high
    assert "oov_recall" not in first.intervals


def test_bootstrap_scores_whole_resamples_of_the_lines() -> None:
    gold = ["一 二 三", "一二 三", "四 五", "六", "七八 。"] * 4
    predicted = ["一 二 三", "一 二 三", "四五", "六", "七 八 。"] * 4
    rng = np.random.default_rng(7)
    scores = []
    for _ in range(150):  # more than are drawn at once
        chosen = rng.integers(0, len(gold), len(gold)).tolist()
        scores.append(evaluate([gold[k] for k in chosen], [predicted[k] for k in chosen], level="punct"))
    intervals = evaluate(gold, predicted, level="punct", bootstrap=150, seed=7, confidence=0.8).intervals
    for name in ("precision", "recall", "f1", "unaided_f1", "boundary_f1"):
        values = [getattr(result, name) for result in scores]
        assert intervals[name] == pytest.approx(tuple(np.quantile(values, [0.1, 0.9]))), name


def test_a_budget_never_changes_a_score(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "LEAST_CHUNK_LINES", 7)
    rng = np.random.default_rng(3)
    texts = [["".join(map(chr, rng.integers(0x4E00, 0x4E20, n))) for n in rng.integers(0, 9, 2)] for _ in range(400)]
    gold = [" ".join(filter(None, (a + b, a))) for a, b in texts]
    predicted = [" ".join(filter(None, (a, b, a))) for a, b in texts]
    options: dict[str, Any] = {"bootstrap": 70, "seed": 5, "train_words": {"一丁"}}
    whole = evaluate(gold, predicted, **options)
    assert evaluate(gold, predicted, memory=4096, **options) == whole  # in chunks of 8 lines
    assert evaluate(gold, predicted, memory="1G", breakdown=True, **options) == evaluate(
        gold, predicted, breakdown=True, **options
    )
    small = evaluate(gold, predicted, memory=4096, breakdown=True, **options)
    assert replace(small, breakdown=None) == whole
    assert small.breakdown == evaluate(gold[:256], predicted[:256], breakdown=True).breakdown
    assert small.breakdown is not None
    assert small.breakdown.lines == 256 < small.lines


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.text("一二 ", max_size=9), min_size=1), min_size=1), st.integers(1, 40))
def test_a_sample_of_an_alignment(batches: list[list[str]], most: int) -> None:
    sample = AlignmentSample(most * bounded.BREAKDOWN_BYTES)
    parts = [_align_lines(list(enumerate(zip(lines, lines, strict=True)))) for lines in batches]
    for part in parts:
        sample.add(part)
    kept = parts[:: sample._stride]
    joined = sample.join()
    assert joined.text == "".join(part.text for part in kept)
    assert len(kept) == 1 or len(joined.text) <= most
    chosen = [line for lines in batches[:: sample._stride] for line in lines]
    expected = _align_lines(list(enumerate(zip(chosen, chosen, strict=True))))
    for name in ("line_ends", "gold", "predicted"):
        assert getattr(joined, name).tolist() == getattr(expected, name).tolist()


def test_known_words_may_be_any_iterable() -> None:
    gold, predicted = ["一二 三 四"], ["一二 三四"]
    expected = evaluate(gold, predicted, train_words={"一二", "四"})
    assert expected.unknown.gold == 1
    for known in (["一二", "四", "四"], iter(["一二", "四"]), {"一二": 1, "四": 2}):
        assert evaluate(gold, predicted, train_words=known) == expected


def test_bootstrap_of_a_single_word() -> None:
    intervals = evaluate(["一"], ["一"], bootstrap=3).intervals
    assert intervals["f1"] == intervals["precision"] == intervals["recall"] == (1.0, 1.0)


def test_bootstrap_of_equal_lines_has_no_width() -> None:
    result = evaluate(["一二 三"] * 20, ["一 二 三"] * 20, bootstrap=50)
    assert result.intervals["f1"] == (result.f1, result.f1)


def test_lexicon_precision_by_hand() -> None:
    lexicon = ["的", "中国", "国人", "人民", "民币"]  # 的 is too short to count
    gold = {"中国", "人民", "人民币"}
    assert lexicon_precision(lexicon, gold, n=(1, 2, 3, 4)) == {1: 1.0, 2: 0.5, 3: 2 / 3, 4: 0.5}
    assert lexicon_precision(lexicon, list(gold), n=(2, 100, 1000)) == {2: 0.5, 4: 0.5}
    assert lexicon_precision(["的"], gold) == {}
    with pytest.raises(ValueError, match="n must be an integer of at least 1, not 0"):
        lexicon_precision(lexicon, gold, n=(0,))


def test_word_types_and_raw_text() -> None:
    assert word_types(["一 二", ["二", "三"]]) == {"一", "二", "三"}
    assert without_spaces("\u3000一 二\t三\n") == "一二三"


# --- levels -------------------------------------------------------------------------------------------------------

MIXED = ["他 在 １９９８年 说 ： “ 好 ” ———"]
GUESS = ["他在１９ ９８ 年说：“好 ”———"]


@pytest.mark.parametrize(
    ("level", "words", "unaided", "ceiling"),
    [
        # 他在１９|９８|年说：“好|”———
        ("raw", Agreement(0, 4, 9), Agreement(0, 4, 9), 1.0),
        # 他在１９|９８|年说|：|“|好|”|—|—|—: marks are cut off; the gold ——— cannot be reached
        ("punct", Agreement(4, 10, 9), Agreement(1, 4, 5), 2 * 8 / (9 + 11)),
        # 他在|１９９８|年说|...
        ("alnum", Agreement(4, 10, 9), Agreement(1, 3, 5), 2 * 7 / (9 + 12)),
        # 他在１９９８|年说|...: １９９８ is whole, but the guess had no cut before it
        ("join", Agreement(4, 9, 9), Agreement(1, 3, 5), 2 * 8 / (9 + 11)),
    ],
)
def test_levels_by_hand(level: str, words: Agreement, unaided: Agreement, ceiling: float) -> None:
    result = evaluate(MIXED, GUESS, level=level)
    assert (result.level, result.words, result.unaided, result.ceiling) == (level, words, unaided, ceiling)


@settings(max_examples=200, deadline=None)
@given(pairs(), st.sampled_from(sorted(LEVELS)))
def test_levels_agree_with_the_textbook(pair: tuple[list[list[str]], list[list[str]]], level: str) -> None:
    gold, predicted = pair
    result = evaluate(gold, predicted, level=level, breakdown=True)
    changed = [reference.at_level(line, level) for line in predicted]
    best = [reference.at_level(line, level) for line in gold]
    assert result.words == Agreement(*reference.agreement(gold, changed, set())["words"])
    assert result.boundaries == Agreement(*reference.agreement(gold, changed, set())["boundaries"])
    assert result.unaided == Agreement(*reference.unaided(gold, predicted, level))
    assert result.ceiling == Agreement(*reference.agreement(gold, best, set())["words"]).f1
    assert evaluate(gold, changed, level=level).words == result.words  # doing it twice changes nothing
    details = result.breakdown
    assert details is not None
    for kind, (inside, cut) in reference.kinds(gold, predicted, level).items():
        assert details.kinds[kind] == Agreement(0, cut, inside), kind
    own = [[w for line in lines for w in line if not reference.is_given(w, level)] for lines in (gold, changed)]
    assert details.information["gold"] == pytest.approx(reference.information(own[0]))
    assert details.information["predicted"] == pytest.approx(reference.information(own[1]))
    assert details.information["characters"] == pytest.approx(reference.information([*"".join(own[1])]))
    assert details.characters == len("".join(own[1]))
    for rows in (details.by_length, details.by_frequency):
        totals = [sum(getattr(row, name) for row in rows.values()) for name in ("correct", "predicted", "gold")]
        assert Agreement(*totals) == result.unaided


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match=r"level must be 'raw', 'punct', 'alnum' or 'join', not 'word'\.$"):
        evaluate(["一"], ["一"], level="word")


def test_given_words_are_not_new_words() -> None:
    result = evaluate(["他 １２ 。"], ["他 １２ 。"], level="alnum", train_words={"她"})
    assert result.unknown == Agreement(1, 0, 1)


# --- where the errors are -----------------------------------------------------------------------------------------


def test_breakdown_by_hand() -> None:
    gold = ["中国 的 人民", "的 人民 来 了", "他们 的", "社会主义"]
    predicted = ["中国 的人 民", "的 人民 来了", "他们的", "社会 主义"]
    result = evaluate(gold, predicted, breakdown=True)
    details = result.breakdown
    assert details is not None
    assert details.by_length["1"] == Agreement(1, 2, 5)  # gold 的 的 来 了 的; predicted 民 的
    assert details.by_length["2"] == Agreement(2, 6, 4)  # 中国 人民 人民 他们; 中国 的人 人民 来了 社会 主义
    assert details.by_length["3"] == Agreement(0, 1, 0)
    assert details.by_length["4"] == Agreement(0, 0, 1)
    assert details.by_frequency["2-9"] == Agreement(2, 2, 5)  # gold 的 x 3, 人民 x 2; predicted 的, 人民
    assert details.by_frequency["1"] == Agreement(1, 1, 5)
    assert details.by_frequency["not a gold word"] == Agreement(0, 6, 0)
    assert details.examples["crossed"] == [("的 人民", "的人 民", 1)]
    assert details.examples["joined"] == [("他们 的", "他们的", 1), ("来 了", "来了", 1)]
    assert details.examples["split"] == [("社会主义", "社会 主义", 1)]
    assert [(w.word, w.count, w.stuck) for w in details.function_words] == [("的", 3, 2), ("了", 1, 1), ("来", 1, 1)]
    assert (details.stuck, details.wrong) == (3, 6)  # 的人, 来了, 他们的
    assert result.to_dict()["breakdown"] == details.to_dict()
    assert json.loads(json.dumps(details.to_dict()))["kinds"]["split"] == {"correct": 0, "predicted": 2, "gold": 1}


def test_results_show_themselves_in_one_line() -> None:
    result = evaluate(["他们 的", "社会主义"], ["他们的", "社会 主义"], breakdown=True)
    scores = "precision=0.0000, recall=0.0000, f1=0.0000, boundary_f1=0.0000"
    assert repr(result) == f"Evaluation(level='raw', lines=2, {scores})"
    assert repr(result.breakdown) == "Breakdown(wrong=3, joined=2, split=1, crossed=0, stuck=1, characters=7)"


def test_function_words_are_letters() -> None:
    details = evaluate(["， 的 ３ a ，"], [", 的 ３ a ，".replace(",", "，")], breakdown=True).breakdown
    assert details is not None
    assert [w.word for w in details.function_words] == ["的"]


# --- lexicons, tags, settings -------------------------------------------------------------------------------------


def test_lexicon_recall_by_hand() -> None:
    lexicon = ["的", "中国", "国人", "人民", "民币"]
    assert lexicon_recall(lexicon, {"中国", "人民", "人民币", "我"}, n=(1, 3, 9)) == {1: 1 / 3, 3: 2 / 3, 4: 2 / 3}
    assert lexicon_recall(lexicon, {"我"}) == {}


def test_occurring_words_stand_between_marks() -> None:
    texts = ["一二，三1四", "五六七八九十一二三"]
    words = ["一二", "二三", "三1四", "1四", "一", "五六七八九十一二", "五六七八九十一二三", "二，三"]
    found = find_occurring_words(words, texts)
    assert found == {"一二", "二三", "三1四", "1四", "五六七八九十一二"}
    assert find_occurring_words([], texts) == set()
    assert find_occurring_words(["一二", "。。"], ["。。"]) == set()


def test_training_overlap_in_parts() -> None:
    test = [f"在 中国{k % 70}" for k in range(100)]
    training = [f"在中国{k}" for k in range(0, 100, 3)]
    assert training_overlap(test, training, memory=4096) == training_overlap(test, training)
    assert 0 < training_overlap(test, training) < 1


def test_training_overlap_counts_characters() -> None:
    assert training_overlap(["一二三", "一二三", "四"], ["四", "五"]) == pytest.approx(1 / 7)
    assert training_overlap(["一 二", ""], iter(["一二"])) == 1.0
    assert training_overlap([], ["一"]) == 0.0


def test_bits_of_a_lexicon_are_those_of_its_model() -> None:
    tokenizer = Tokenizer(Lexicon(["一", "二", "一二"], [2, 1, 1]))
    # p(一二) = 1/4, p(一) p(二) = 2/4 · 1/4; three characters, the mark is free
    expected = -(math.log2(1 / 4 + 1 / 8) + math.log2(1 / 2)) / 3
    assert bits_per_character(tokenizer, ["一二，", "一"], 3) == pytest.approx(expected)


def test_tags_come_off() -> None:
    assert remove_tags("19980101/m 迈向/v  [中共中央/nt 总书记/n]nt 、/w １/２/m", "/") == [
        "19980101", "迈向", "中共中央", "总书记", "、", "１/２",
    ]  # fmt: skip
    assert remove_tags("中国_NR _PU 说_VV ： a/b", "_") == ["中国", "_PU", "说", "：", "a/b"]
    assert remove_tags("[/w [/w 甲/n", "/") == ["[", "[", "甲"]
    assert find_tag_separator(["迈向/v 充满/v [中央/n 台/n]nt"]) == "/"
    assert find_tag_separator(["迈向_VV 充满_VV"]) == "_"
    assert find_tag_separator(["迈向 充满 a/b 1/2"]) is None
    assert find_tag_separator([]) is None


@pytest.mark.parametrize(
    "call",
    [
        word_types, find_tag_separator, lambda text: evaluate(["他"], text),
        lambda text: training_overlap(text, ["他"]),
        lambda text: training_overlap(["他"], text), lambda text: lexicon_precision(["他们"], text),
        lambda text: lexicon_recall(text, {"他们"}),
        lambda text: evaluate(["他"], ["他"], train_words=text),
    ],
)  # fmt: skip
def test_one_string_is_not_many(call: Callable[[str], object]) -> None:
    with pytest.raises(TypeError, match=r"not (a single one; write \[line\]|one string)\."):
        call("他 来")


def test_known_words_count_once() -> None:
    words, known = ["中国", "国人"], ["中国", "政府", "中国", "的"]
    for listed in (known, set(known), iter(known), dict.fromkeys(known)):
        assert lexicon_recall(words, listed, n=[2]) == {2: 0.5}  # type: ignore[arg-type]
        assert lexicon_precision(words, known, n=[2]) == {2: 0.5}


def test_an_iterator_is_not_read_twice() -> None:
    test, training = ["在 中国", "人民"], ["在中国", "他们"]
    assert training_overlap(iter(test), iter(training)) == 0.6
    assert training_overlap(test, iter(training), memory="512M") == 0.6
    with pytest.raises(TypeError, match="read more than once, but this list_iterator is used up"):
        training_overlap(iter(test), training, memory="512M")
    with pytest.raises(TypeError, match="read more than once, but this list_iterator is used up"):
        training_overlap(test * 999, iter(training), memory=4096)
