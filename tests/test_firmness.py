"""Firmness: the score against its formula, and its effect on words with function characters."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from nlp_zero import Corpus, Lexicon, PmiLexiconBuilder, select_discovered
from nlp_zero.statistics import firmness

WORDS = ["孔明", "诸葛亮", "孔", "明", "亮", "明曰", "曰"]
SCORES = {
    "pmi": [6.0, 7.0, 0.0, 0.0, 0.0, 2.0, 0.0],
    "left_entropy": [4.0, 3.0, 5.0, 4.5, 4.0, 3.5, 5.5],
    "right_entropy": [3.0, 3.5, 1.0, 5.0, 4.0, 3.0, 7.0],
    "cohesion": [0.9, 0.8, 0.1, 0.2, 0.3, 0.9, 0.5],
}
COUNTS = [100, 64, 20, 50, 30, 81, 400]
SCORED = Lexicon(WORDS, COUNTS, scores=SCORES)


def test_the_formula_by_hand() -> None:
    value = {word: SCORED.firmness[SCORED.index(word)] for word in WORDS}
    assert value["孔明"] == pytest.approx(10 * 3.0 * (6 - 1 - 0.1 * 1.0 - 0.2 * 4.5))
    assert value["诸葛亮"] == pytest.approx(8 * 3.0 * (7 - 1 - 2 - 0 - 0.3 * 4.0))  # 诸 is not a word of its own
    assert value["明曰"] == pytest.approx(9 * 3.0 * (2 - 1 - 0.2 * 5.0 - 0.5 * 5.5))
    assert value["曰"] == 0
    above = {**SCORES, "cohesion": [0.9, 0.8, 0.1, 1.5, 0.3, 0.9, 0.5]}  # counts from two segmentations
    other = Lexicon(WORDS, COUNTS, scores=above)
    assert other.firmness[other.index("孔明")] == pytest.approx(10 * 3.0 * (6 - 1 - 0.1 - 1.0 * 4.5))
    assert SCORED.top(9, by="firmness") == ["孔明", "诸葛亮", "明曰"]


def test_words_without_freedom_or_joints_are_neither_firm_nor_loose() -> None:
    assert firmness(1, 9.0, 2, 0.0, 3.0) == 0
    assert firmness(1, 9.0, 2, -1e-17, 3.0) == 0  # an entropy of 0, rounded
    assert firmness(50, 0.0, 1, 2.0, 3.0) == 0
    joined = Lexicon(
        ["2026"], [9], scores={"pmi": [0], "cohesion": [1], "left_entropy": [2], "right_entropy": [2]}
    )  # with alnum="join" this is one symbol
    assert joined.firmness.tolist() == [0]


def test_unknown_scores_are_last_and_missing_columns_are_named() -> None:
    scores = {**SCORES, "pmi": [math.nan, *SCORES["pmi"][1:]]}
    assert Lexicon(WORDS, COUNTS, scores=scores).top(9, by="firmness") == ["诸葛亮", "明曰", "孔明"]
    plain = Lexicon(["早晨"], [1])
    with pytest.raises(ValueError, match="needs the column cohesion"):
        _ = plain.firmness
    with pytest.raises(ValueError, match="needs the column cohesion"):
        select_discovered(plain)
    with pytest.raises(ValueError, match=r"by must be one of count, firmness, not 'length'\."):
        plain.top(1, by="length")
    assert "firmness" not in plain.without([]).scores


def test_ranking_by_other_columns() -> None:
    assert SCORED.top(2, by="pmi") == ["诸葛亮", "孔明"]
    assert SCORED.top(3, by="cohesion", min_length=1) == ["孔明", "明曰", "诸葛亮"]  # tie: the more frequent word
    assert SCORED.top(3) == SCORED.top(3, by="count") == ["孔明", "明曰", "诸葛亮"]


def test_firmness_survives_the_loss_of_single_characters() -> None:
    expected = dict(zip(SCORED.words, SCORED.firmness.tolist(), strict=True))
    rest = SCORED.without(["孔明"])
    assert rest.words == ("明曰", "诸葛亮")
    assert rest.firmness.tolist() == [expected[word] for word in rest.words]
    assert "firmness" not in SCORED.scores
    assert rest.with_firmness() is rest
    with pytest.raises(ValueError, match="read-only"):
        SCORED.with_firmness().scores["firmness"][0] = 1


def make_dialogues() -> list[str]:
    """Names of two characters, ten of which are shortened in speech (操曰); 之 stands between nouns."""
    rng = random.Random(5)
    symbols = [chr(0x4E00 + 40 * k) for k in range(400)]
    names = ["".join(rng.sample(symbols[:200], 2)) for _ in range(200)]
    nouns = ["".join(rng.sample(symbols[200:], 2)) for _ in range(200)]
    lines = []
    for _ in range(6000):
        name, first, second = rng.choice(names), rng.choice(nouns), rng.choice(nouns)
        kind = rng.random()
        if kind < 0.1:
            lines.append(rng.choice(names[:10])[1] + "曰，" + first)
        elif kind < 0.4:
            lines.append(name + "曰，" + first + "之" + second)
        else:
            lines.append(name + first + second if kind < 0.7 else first + "之" + second)
    return lines


def test_joined_function_characters_are_the_least_firm() -> None:
    lexicon = PmiLexiconBuilder().build(make_dialogues())
    loose = {word for word in lexicon if len(word) > 1 and set(word) & {"曰", "之"}}
    assert len(loose) == 10
    assert loose <= set(lexicon.top(250))
    assert loose <= set(lexicon.top(len(lexicon), by="firmness")[-25:])
    firmest = lexicon.top(200, by="firmness")
    assert len(firmest) == 200
    assert all(len(word) == 2 for word in firmest)


def test_discovered_words_are_firm() -> None:
    assert select_discovered(SCORED).words == ("孔明", "诸葛亮")
    assert "明曰" in select_discovered(SCORED, min_firmness=-math.inf)
    assert select_discovered(SCORED, min_firmness=100).words == ("孔明",)
    assert select_discovered(SCORED).top(1, by="firmness") == ["孔明"]


def test_the_best_words_of_the_sample_text_have_no_function_characters() -> None:
    lexicon = PmiLexiconBuilder().build(Corpus(Path(__file__).parents[1] / "corpora" / "sample.txt"))
    silly = {"的人", "了一", "他说", "他的", "到了", "来的", "听了", "我就"}
    assert silly <= set(lexicon.top(len(lexicon)))
    assert set(lexicon.top(40)) & silly
    assert {"青石镇", "陈守业", "周明远", "林秋云"} <= set(lexicon.top(40, by="firmness"))
    assert not set(lexicon.top(100, by="firmness")) & silly
    assert not set(select_discovered(lexicon, min_cohesion=0)) & silly
