"""`Lexicon`, `LexiconMeta` and the TSV file."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlp_zero._kernels.counting import RowError, parse_rows
from nlp_zero.counting.packed import PackedWords
from nlp_zero.errors import FormatError
from nlp_zero.lexicon import Lexicon, LexiconMeta

COUNTS = st.sampled_from([0, 1, 2, 2047, 2048, 1 << 40, (1 << 63) - 1])
words = st.text(st.characters() | st.sampled_from("\\\t\n\r#\0\ud800中"), min_size=1, max_size=5)
rows = st.dictionaries(words, st.tuples(st.integers(0, 2**50), st.floats(-50, 50) | st.just(float("nan"))), max_size=20)


@pytest.mark.parametrize("packed", [False, True])
def test_characters_of_all_tokens(packed: bool) -> None:
    found = ["滚滚", "长", "𠮷野家"]
    lexicon = Lexicon(PackedWords.pack(found) if packed else found, [5, 4, 2])
    assert lexicon.count_characters() == 2 * 5 + 4 + 3 * 2
    assert Lexicon([], []).count_characters() == 0


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
    with pytest.raises(ValueError, match="one number for each"):
        Lexicon(["甲"], [1, 2])
    with pytest.raises(ValueError, match="negative"):
        Lexicon(["甲"], [-1])
    with pytest.raises(ValueError, match="every score must be a column of 1"):
        Lexicon(["甲"], [1], scores={"pmi": [1.0, 2.0]})
    with pytest.raises(TypeError, match="not one string"):
        Lexicon("甲", [1])
    for word in (1, b"a", None):
        with pytest.raises(TypeError, match=r"words must be str; .* is not one"):
            Lexicon(["甲", word], [1, 1])  # type: ignore[list-item]
    for count in (1.5, math.nan, math.inf, "1", None, 2**63, 2**64, -(2**64)):
        with pytest.raises(ValueError, match=r"counts must be whole numbers; .* is not one"):
            Lexicon(["甲"], [count])  # type: ignore[list-item]
    with pytest.raises(ValueError, match=r"add up to less than 2\*\*63"):
        Lexicon(["甲", "乙"], [2**62, 2**62])
    for name in ("word", "count", "parts", "", "a\tb", "a\n", 3):
        with pytest.raises(ValueError, match="scores must not have the name"):
            Lexicon(["甲"], [1], scores={name: [1.0]})  # type: ignore[dict-item]


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
        ("", "line 1: this lexicon has no words"),
    ],
)
def test_damage_is_named_with_its_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "lexicon.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FormatError, match=message) as error:
        Lexicon.load(path)
    assert str(path) in str(error.value)


NUMBER_TEXTS = st.one_of(
    st.floats().map(repr),
    st.floats().map("{:.6g}".format),
    st.integers(-(10**25), 10**25).map(str),
    st.from_regex(r"[-+]?[0-9]{0,17}(\.[0-9]{0,17})?(e[-+]?[0-9]{0,3})?", fullmatch=True),
    st.sampled_from(["", "-", ".", "1.", ".5", "1e", "1e+", "1e5x", "1e22", "1e23", "0x10", "--1", "9007199254740993"]),
)


@given(st.lists(NUMBER_TEXTS, min_size=1, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_numbers_are_read_as_float_reads_them(texts: list[str], line_end: str) -> None:
    counts, column = np.empty(len(texts), np.int64), np.empty(len(texts))
    table = "".join(f"词\t{k}\t{text}\t甲 乙{line_end}" for k, text in enumerate(texts)).encode()
    expected = []
    for row, text in enumerate(texts):
        try:
            expected.append(float(text))
        except ValueError:
            with pytest.raises(RowError) as error:
                parse_rows(table, counts, [column, None])
            assert error.value.args == (row, f"{text!r} is not a usable number.")
            return
    words, extra = parse_rows(table, counts, [column, None])
    assert words == ["词"] * len(texts)
    assert extra == [["甲 乙"]] * len(texts)
    assert counts.tolist() == list(range(len(texts)))
    np.testing.assert_array_equal(np.signbit(column), np.signbit(expected))
    np.testing.assert_array_equal(column, expected)


@pytest.mark.parametrize("data", [b"", b"a\t1", b"a\t1\na\t1\n"])
def test_rows_must_be_as_many_as_counts(data: bytes) -> None:
    with pytest.raises(ValueError, match="every row must end with a line feed"):
        parse_rows(data, np.empty(1, np.int64), [])
    with pytest.raises(ValueError, match="same length"):
        parse_rows(b"a\t1\t2\n", np.empty(1, np.int64), [np.empty(2)])


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
    assert Lexicon.load(path).meta == LexiconMeta(method="pmi")


def test_known_words_are_left_out() -> None:
    lexicon = Lexicon(["中国", "人民", "茶"], [3, 2, 1])
    assert lexicon.without(["中国"]).words == ("人民",)
    with pytest.raises(TypeError, match=r"known must be a collection of words, not one string\.$"):
        lexicon.without("中国")
    for chosen in (["中国"], [True], [1] * len(lexicon), np.ones(len(lexicon) + 1, np.bool_)):
        with pytest.raises(ValueError, match=rf"chosen must be one true or false for each of {len(lexicon)} words, "):
            lexicon.keep(chosen)  # type: ignore[arg-type]
    assert lexicon.top(1) == ["中国"]
    assert lexicon.top(5, min_length=1) == ["中国", "人民", "茶"]


SCORED = Lexicon(["甲乙", "乙"], [3, 2], scores={"pmi": [1.0, 2.0]}, parts={"甲乙": ["甲", "乙"]})


def test_nothing_of_a_lexicon_can_be_changed() -> None:
    for name in ("words", "counts", "scores", "meta", "parts", "new"):
        with pytest.raises(AttributeError, match=f"{name} cannot be set"):
            setattr(SCORED, name, None)
    with pytest.raises(AttributeError, match="cannot be deleted"):
        del SCORED.meta
    with pytest.raises(TypeError):
        SCORED.scores["pmi"] = np.zeros(2)  # type: ignore[index]
    with pytest.raises(TypeError):
        SCORED.parts["乙"] = ("乙",)  # type: ignore[index]
    with pytest.raises(ValueError, match="read-only"):
        SCORED.scores["pmi"][0] = 3
    with pytest.raises(AttributeError):
        SCORED.meta.alnum = "join"  # type: ignore[misc]
    with pytest.raises(TypeError):
        LexiconMeta(other={"x": 1}).other["x"] = 2  # type: ignore[index]
    assert SCORED.parts == {"甲乙": ("甲", "乙")}


def test_equality_covers_all_that_changes_a_segmentation() -> None:
    def made(words: list[str] = ["甲乙", "乙"], counts: list[int] = [3, 2], pmi: float = 1.0, parts: str = "甲乙",  # noqa: B006
             **meta: Any) -> Lexicon:  # fmt: skip
        return Lexicon(words, counts, scores={"pmi": [pmi, 2.0]}, parts={"甲乙": list(parts)}, meta=LexiconMeta(**meta))

    assert made() == SCORED == made(method="pmi", seed=3, other={"x": 1})
    others = [made(["甲丙", "乙"]), made(counts=[4, 2]), made(pmi=1.5), made(parts="乙甲"), made(alnum="join"),
              made(new_words=0.1), made(unk_log_prob=-3.0), made(objective="shortest"), made(boundaries=False),
              made(specials=("<s>",)), made(unk_id=3), made(unit="byte"), made(byte_fallback=True),
              made(specials=("<s>",), special_ids=(4,)), made(byte_ids=tuple(range(256)))]  # fmt: skip
    assert all(other != SCORED for other in others)
    assert SCORED != "甲乙"
    with pytest.raises(TypeError, match="unhashable"):
        hash(SCORED)


@pytest.mark.parametrize("copy", [lambda x: pickle.loads(pickle.dumps(x)), deepcopy])
def test_copies(copy: Callable[[Lexicon], Lexicon]) -> None:
    lexicon = SCORED.with_meta(alnum="join", specials=["<s>"], other={"x": 1})
    again = copy(lexicon)
    assert again == lexicon
    assert again.meta == lexicon.meta
    assert hash(again.meta) == hash(lexicon.meta)
    assert again.parts == {"甲乙": ("甲", "乙")}


def test_meta_takes_numbers_of_numpy(tmp_path: Path) -> None:
    numbers: dict[str, Any] = {"characters": np.int64(5), "entropy_before": np.float32(0.5)}
    meta = LexiconMeta(**numbers, granularity=np.float64(2), other={"x": np.int8(3)})  # type: ignore[dict-item]
    plain = LexiconMeta(characters=5, entropy_before=0.5, granularity=2.0, other={"x": 3})
    assert (repr(meta), meta, hash(meta)) == (repr(plain), plain, hash(plain))
    Lexicon(["甲"], [1], meta=meta).save(tmp_path / "m.json", format="json")
    assert Lexicon.load(tmp_path / "m.json").meta == plain


def test_with_meta() -> None:
    assert "乙" in SCORED  # ranks are made
    changed = SCORED.with_meta(alnum="join")
    assert (changed.meta.alnum, SCORED.meta.alnum) == ("join", None)
    assert changed.counts is SCORED.counts
    assert changed["乙"] == 2
    with pytest.raises(TypeError, match="no_such"):
        SCORED.with_meta(no_such=1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"unit": "word"}, "unit must be 'char' or 'byte', not 'word'"),
        ({"objective": "best"}, "objective must be 'unigram', 'classes' or 'shortest', not 'best'"),
        ({"alnum": "no"}, "alnum must be 'token', 'join' or 'split', not 'no'"),
        ({"new_words": 1.0}, "new_words must be less than 1"),
        ({"unk_log_prob": 1.0}, "unk_log_prob must be a number from -1e"),
        ({"byte_fallback": "yes"}, "byte_fallback must be True or False, not 'yes'"),
        ({"specials": "<s>"}, "specials must be a tuple, not one string"),
        ({"specials": ("<s>",), "special_ids": (1, 2)}, "special_ids must be one for each of the 1 specials, not 2"),
        ({"special_ids": (-1,)}, "special_ids must be an integer from 0"),
        ({"byte_ids": (1,)}, "byte_ids must be 256 numbers, not 1"),
        ({"unk_id": 1 << 40}, "unk_id must be an integer from 0"),
        ({"other": {"seed": 1}}, "other must not contain 'seed'"),
    ],
)
def test_bad_meta(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LexiconMeta(**fields)


def test_meta_shows_known_fields() -> None:
    assert repr(LexiconMeta()) == "LexiconMeta()"
    meta = LexiconMeta(method="pmi", specials=("<s>",), other={"x": 1})
    assert repr(meta) == "LexiconMeta(specials=('<s>',), method='pmi', other={'x': 1})"
    assert eval(repr(meta)) == meta


def test_meta_must_be_typed() -> None:
    with pytest.raises(TypeError, match="meta must be a LexiconMeta, not dict"):
        Lexicon(["甲"], [1], meta={"method": "pmi"})  # type: ignore[arg-type]


# Golden: the headers that each builder writes.  Existing files have these forms.
HEADERS = {
    "method=pmi\tunit=char\talnum=join\tcharacters=9\ttokens=5\tentropy_before=1.500000\tentropy_after=0.250000": (
        LexiconMeta(method="pmi", alnum="join", characters=9, tokens=5, entropy_before=1.5, entropy_after=0.25)
    ),
    "method=bayes\tunit=char\talnum=token\tcharacters=9\ttokens=5\tentropy_before=1.500000\tentropy_after=0.250000\t"
    "seed=0\tclasses=4\tsweeps=12\tmax_length=4\tnew_words=0.041200\tinterrupted=True\t"
    "phrase_rounds=1.500000 0.250000": (
        LexiconMeta(
            method="bayes", alnum="token", characters=9, tokens=5, entropy_before=1.5, entropy_after=0.25, seed=0,
            classes=4, sweeps=12, max_length=4, new_words=0.0412, interrupted=True, phrase_rounds=(1.5, 0.25),
        )
    ),
    "method=vocabulary\tunit=byte\tbyte_fallback=no\tobjective=unigram\talgorithm=swap\tspecials=<pad> a\\\\sb\t"
    "max_piece_length=16\talnum=split\tboundaries=no\tcharacters=9\ttokens=5\tbytes_per_token=3.500000\t"
    "entropy_before=1.500000\tentropy_after=0.250000": (
        LexiconMeta(
            method="vocabulary", unit="byte", algorithm="swap", specials=("<pad>", "a b"), max_piece_length=16,
            alnum="split", boundaries=False, characters=9, tokens=5, bytes_per_token=3.5, entropy_before=1.5,
            entropy_after=0.25,
        )
    ),
    "x=007\tfrom a later version=1e3": LexiconMeta(other={"x": "007", "from a later version": "1e3"}),
    "": LexiconMeta(),
}  # fmt: skip


@pytest.mark.parametrize("header", HEADERS)
def test_headers(tmp_path: Path, header: str) -> None:
    path = tmp_path / "lexicon.tsv"
    line = "#nlp-zero lexicon v1" + "\t" * bool(header) + header
    path.write_text(f"{line}\n#word\tcount\n甲\t3\n", encoding="utf-8")
    loaded = Lexicon.load(path)
    assert loaded.meta == HEADERS[header]
    loaded.save(tmp_path / "again.tsv")
    assert (tmp_path / "again.tsv").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("seed=many", "line 1: the field seed must be a whole number, not 'many'"),
        ("boundaries=maybe", "line 1: the field boundaries must be yes or no, not 'maybe'"),
        ("special_ids=x", "line 1: the field special_ids must be whole numbers, not 'x'"),
        ("new_words=x", "line 1: the field new_words must be a number, not 'x'"),
        ("new_words=3", "line 1: new_words must be a number from 0 to 1, not 3"),
        ("unit=word", "line 1: unit must be 'char' or 'byte', not 'word'"),
    ],
)
def test_damaged_headers(tmp_path: Path, header: str, message: str) -> None:
    (tmp_path / "l.tsv").write_text(f"#nlp-zero lexicon v1\t{header}\n#word\tcount\n", encoding="utf-8")
    with pytest.raises(FormatError, match=message):
        Lexicon.load(tmp_path / "l.tsv")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(words, st.integers(0, 3)), unique_by=lambda entry: entry[0]))
def test_packed_words_make_the_same_lexicon(entries: list[tuple[str, int]]) -> None:
    words, counts = [word for word, _ in entries], [count for _, count in entries]
    packed = PackedWords.pack(words)
    assert list(packed) == words
    assert packed.lengths.tolist() == list(map(len, words))
    lexicon, made = Lexicon(packed, counts), Lexicon(words, counts)
    assert list(lexicon.lines()) == list(made.lines())  # before it makes strings
    assert (list(lexicon), len(lexicon), lexicon.with_meta(method="pmi").words) == (list(made), len(made), made.words)
    assert lexicon == made
    odd = packed.take(np.arange(1, len(words), 2))
    assert odd.unpack() == words[1::2] == list(packed[1::2])
    assert list(PackedWords.join([packed, odd])) == words + words[1::2]


@given(st.lists(st.tuples(st.lists(st.sampled_from([0, 1, 1 << 21, 1 << 22, (1 << 32) - 1]), min_size=1), COUNTS)))
def test_packed_words_of_any_symbols_are_ranked(entries: list[tuple[list[int], int]]) -> None:
    distinct = {tuple(word): count for word, count in entries}
    listed = list(distinct)
    characters = np.array([symbol for word in listed for symbol in word], np.uint32)
    packed = PackedWords(characters, np.cumsum([*map(len, listed)], dtype=np.int64))
    ranked = packed.rank(np.array([distinct[word] for word in listed], np.int64))
    assert ranked.tolist() == sorted(range(len(listed)), key=lambda k: (-distinct[listed[k]], listed[k]))


@pytest.mark.parametrize("words", [["茶", "茶馆", "茶"], ["茶", ""]])
def test_packed_words_are_distinct_and_not_empty(words: list[str]) -> None:
    with pytest.raises(ValueError, match="distinct and not empty"):
        Lexicon(PackedWords.pack(words), range(len(words)))
