"""The lexicon and its file."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlp_zero.errors import FormatError
from nlp_zero.lexicon import Lexicon

words = st.text(st.characters() | st.sampled_from("\\\t\n\r#\0\ud800中"), min_size=1, max_size=5)
rows = st.dictionaries(words, st.tuples(st.integers(0, 2**50), st.floats(-50, 50) | st.just(float("nan"))), max_size=20)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows)
def test_files_give_back_what_was_saved(tmp_path: Path, table: dict[str, tuple[int, float]]) -> None:
    lexicon = Lexicon(list(table), [c for c, _ in table.values()], scores={"pmi": [s for _, s in table.values()]})
    lexicon.save(tmp_path / "a.tsv")
    loaded = Lexicon.load(tmp_path / "a.tsv")
    assert loaded.words == lexicon.words
    np.testing.assert_array_equal(loaded.counts, lexicon.counts)
    np.testing.assert_allclose(loaded.scores["pmi"], lexicon.scores["pmi"], rtol=1e-5)


def test_rows_are_ranked() -> None:
    lexicon = Lexicon(["乙", "丙", "甲"], [1, 5, 1], scores={"pmi": [1.0, 2.0, 3.0]})
    assert lexicon.words == ("丙", "乙", "甲")
    assert lexicon.scores["pmi"].tolist() == [2.0, 1.0, 3.0]
    assert lexicon.index("甲") == 2
    assert lexicon["甲"] == 1
    assert "丁" not in lexicon
    assert lexicon.total == 7
    np.testing.assert_allclose(lexicon.log_probs, np.log([5 / 7, 1 / 7, 1 / 7]))
    with pytest.raises(ValueError, match="read-only"):
        lexicon.counts[0] = 3
    assert pickle.loads(pickle.dumps(lexicon)) == lexicon


def test_the_callers_arrays_stay_their_own() -> None:
    counts = np.array([3, 2])
    lexicon = Lexicon(["甲", "乙"], counts)
    counts[0] = 9
    assert lexicon["甲"] == 3


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="distinct"):
        Lexicon(["甲", "甲"], [1, 2])
    with pytest.raises(ValueError, match="distinct and not empty"):
        Lexicon([""], [1])
    with pytest.raises(ValueError, match="as many counts"):
        Lexicon(["甲"], [1, 2])
    with pytest.raises(ValueError, match="negative"):
        Lexicon(["甲"], [-1])
    with pytest.raises(ValueError, match="every score must be a column of 1"):
        Lexicon(["甲"], [1], scores={"pmi": [1.0, 2.0]})
    with pytest.raises(TypeError, match="not one string"):
        Lexicon("甲", [1])


HEAD = "#nlp-zero lexicon v1\tmethod=pmi\n#word\tcount\tpmi\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HEAD + "甲\t3\t1.5\n乙\t2\n", "line 4: 2 columns"),
        (HEAD + "甲\t3\t1.5\n乙\t2\t1", "line 4: the file is truncated"),
        (HEAD + "甲\t3\t1.5\n甲\t2\t1\n", "line 4: the word '甲' was already on line 3"),
        (HEAD + "甲\tx\t1.5\n", "line 3: 'x' is not a usable number"),
        (HEAD + "甲\t-3\t1.5\n", "line 3: '-3' is not a usable number"),
        (HEAD + "甲\t99999999999999999999\t1.5\n", "line 3: '99999999999999999999'"),
        (HEAD + "甲\t3\tmany\n", "line 3: 'many'"),
        (HEAD + "\t3\t1\n", "line 3: the word is empty"),
        (HEAD + "甲\t3\t1\n\\x\t3\t1\n", "line 4: .*unknown escape"),
        ("#nlp-zero lexicon v9\n", "line 1: .*update nlp-zero"),
        ("甲 3\n甲 2\n", "line 2: the word '甲' was already on line 1"),
        ("甲 3\n乙 viele\n", "line 2: the count 'viele'"),
        ("", "line 1: there is not one word"),
    ],
)
def test_damage_is_named_with_its_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "lexicon.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FormatError, match=message) as error:
        Lexicon.load(path)
    assert str(path) in str(error.value)


def test_missing_and_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="cannot be read"):
        Lexicon.load(tmp_path / "none.tsv")
    (tmp_path / "gbk.txt").write_bytes("甲 3\n".encode("gbk"))
    with pytest.raises(FormatError, match="not UTF-8 at byte 0"):
        Lexicon.load(tmp_path / "gbk.txt")


def test_plain_lists_and_windows_files(tmp_path: Path) -> None:
    path = tmp_path / "dict.txt"
    path.write_bytes("\ufeff中国 30 ns\r\n人民 20\r\n\r\n茶\r\n".encode())
    assert dict(zip((lexicon := Lexicon.load(path)).words, lexicon.counts.tolist(), strict=True)) == {
        "中国": 30, "人民": 20, "茶": 1,
    }  # fmt: skip
    path.write_bytes(HEAD.replace("\n", "\r\n").encode() + "甲\t3\t1.5\r\n".encode())
    assert Lexicon.load(path).meta == {"method": "pmi"}


def test_known_words_are_left_out() -> None:
    lexicon = Lexicon(["中国", "人民", "茶"], [3, 2, 1])
    assert lexicon.without(["中国"]).words == ("人民",)
    assert lexicon.top(1) == ["中国"]
    assert lexicon.top(5, min_length=1) == ["中国", "人民", "茶"]
