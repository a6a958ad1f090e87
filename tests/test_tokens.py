"""Tokens of more than one character, kinds of tokens, and their ids."""

from __future__ import annotations

import json
import math
import pickle
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero._kernels.counting import UNICODE_VERSION
from nlp_zero.cli import main
from nlp_zero.lexicon import Lexicon, LexiconMeta
from nlp_zero.lexicon.formats import pieces
from nlp_zero.tokenization import Tokenizer, kind_of
from tests.reference import extent
from tests.reference import tokenizer as reference

PLAIN = Tokenizer(Lexicon(["早晨", "喝茶", "中国"], [3, 2, 2]))
EMPTY = Tokenizer(Lexicon([], []))  # every symbol is a token
MARKED = Tokenizer(PLAIN.lexicon, words=["、国", "·"], force=["，"])
# Each line: tokens between bars.  The page docs/tokenization.md shows some of them.
GOLDEN = [
    "是|3.14|，|共|1,234,567.8|元|，|涨|50%|。",
    "１９９８|年|１２∶３０|，|增|３．１４％|，|占|１／３",
    "2026-11-26| |12:30:15|见|2026/11/26|及|2026.1.2",
    "3.5|kg|和|5kg|，|5|：|3|，|10|-|20",
    "12|,|34|、|1|,|2345|，|1|,|2",
    "看|https://a.cn/x(1)?y=1#z|。|或|www.baidu.com|！|HTTP://B.CN|)",
    "信|a.b+c@x-y.com.cn|。|@|某|人| |a|@|b| |c",
    "don't| |it’s| |e-mail| |COVID-19| |v1.2.3| |Python3.11| |C|++| |end|.",
    "等|等|……|——|完|！！！|～～|。。。|--|“|“|（|（",
    "👨\u200d👩\u200d👧\u200d👦|🇨🇳|🇺🇸|🇨|1\ufe0f\u20e3|2\u20e3|👍🏽|❤\ufe0f|😀|😀",
    "cafe\u0301|中\u0301|国|，\ufe00|葛\U000e0100|早晨| \u0301",
    "a|\r\n|b|\n|\u0301|c|\r\n|\r|\t",
    "각|한|\u1100\u1161\u11a8|\uac00\u11a8|글",
    "\u060012|\u0600",
]


@pytest.mark.parametrize("line", GOLDEN)
def test_golden_lines(line: str) -> None:
    tokens = [token for token in line.split("|") if token]
    text = "".join(tokens)
    encoding = PLAIN(text)
    assert encoding.tokens == tokens
    assert [text[a:b] for a, b in encoding.spans] == tokens
    assert EMPTY(text).spans == reference.symbols(text)


@pytest.mark.parametrize("line", GOLDEN)
def test_every_method_agrees(line: str) -> None:
    text = line.replace("|", "")
    encoding = PLAIN(text)
    assert PLAIN.nbest(text, 1)[0][0] == encoding.tokens
    assert PLAIN.sample(text, alpha=math.inf) == encoding.tokens
    assert PLAIN.sample_ids(text, alpha=math.inf) == encoding.ids == PLAIN.encode_batch([text])[0].tolist()
    drawn, ids = PLAIN.sample(text, seed=3), PLAIN.sample_ids(text, seed=3)
    assert "".join(drawn) == text
    assert ids == [PLAIN.get_vocab().get(t, PLAIN.get_vocab().get(f"<{kind_of(t)}>", 0)) for t in drawn]
    assert PLAIN.sample_batch([text], seed=3, k=20)[0] in PLAIN.sample_batch([text], seed=3, k=20, workers=2)
    possible = {(start, end, number) for start, end, number, _ in PLAIN.marginals(text).tokens}
    assert {(*span, number) for span, number in zip(encoding.spans, encoding.ids, strict=True)} <= possible
    assert EMPTY.log_prob(EMPTY.tokenize(text)) == pytest.approx(0.0, abs=1e-9)  # the only segmentation
    assert -math.inf < PLAIN.log_prob(encoding.tokens) <= 1e-9


CHARACTERS = [
    "a",
    "é",
    "中",
    "国",
    "，",
    "!",
    " ",
    "\r",
    "\n",
    "\t",
    "0",
    "9",
    "１",
    "#",
    "*",
    "\u0301",
    "\u0300",
    "\u200d",
    "\u200c",
    "\ufe0f",
    "\ufe0e",
    "\u20e3",
    "😀",
    "👩",
    "👍",
    "🏽",
    "❤",
    "©",
    "‼",
    "🇨",
    "🇳",
    "\U0001f3f4",
    "\U000e0067",
    "\U000e007f",
    "\u1100",
    "\u1161",
    "\u11a8",
    "가",
    "각",
    "\u0600",
    "\u0903",
    "\u093e",
    "\u0e33",
    "ก",
    "\u200b",
    "\ufeff",
    "\u2028",
    "ﾞ",
    "カ",
    "\ud800",
    "𠀀",
    "\U000e0100",
    "\u00ad",
    "\u0e31",
]
odd_texts = st.lists(st.sampled_from(CHARACTERS), max_size=12).map("".join)


def clusters(text: str) -> set[int]:
    """Where grapheme clusters end, by another implementation."""
    return {match.end() for match in regex.finditer(r"\X", text)}


@settings(max_examples=1000, deadline=None)
@given(odd_texts)
def test_no_token_ends_inside_a_grapheme_cluster(text: str) -> None:
    ends = {end for _, end in PLAIN(text).spans}
    assert ends <= clusters(text)


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.sampled_from([c for c in CHARACTERS if c not in "aé09１，!#*"]), max_size=12).map("".join))
def test_without_numbers_latin_and_repeated_marks_tokens_are_grapheme_clusters(text: str) -> None:
    assert [end for _, end in EMPTY(text).spans] == sorted(clusters(text))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30), st.sampled_from(["token", "join", "split"]))
def test_any_text_is_kept(text: str, alnum: str) -> None:
    tokenizer = Tokenizer(PLAIN.lexicon, alnum=alnum)
    encoding = tokenizer(text)
    assert "".join(encoding.tokens) == text
    assert [text[a:b] for a, b in encoding.spans] == encoding.tokens
    assert encoding.ids == tokenizer.encode(text)
    assert len(encoding.kinds) == len(encoding)
    assert all(0 <= number < tokenizer.vocab_size for number in encoding.ids)


@settings(max_examples=500, deadline=None)
@given(st.text("0129.,:/-%％．：・·∶年a\u0301\u20e3", max_size=14), st.text("aZé1.-'’@_+:/wht()w.中?", max_size=24))
def test_numbers_words_and_addresses_equal_their_patterns(numbers: str, words: str) -> None:
    for text in (numbers, words, "www." + words, "http://" + words, "a@" + words):
        assert EMPTY(text).spans == reference.symbols(text)


@pytest.mark.parametrize("char", [chr(code) for code in range(0x20, 0x80)])
def test_which_characters_end_an_address(char: str) -> None:
    text = f"http://a.cn/x{char}y"
    assert EMPTY(text).spans == reference.symbols(text)
    assert (EMPTY(text).tokens == [text]) == (char not in ' "<>\\^`{|}\x7f')


@pytest.mark.parametrize(
    "unit", ["e\u0301", "👩\u200d👧", "!!", "12.5%", "🇨🇳", "a@b.cn ", "\r\n", "中\u0301", "\u1100\u1161"]
)
@pytest.mark.parametrize("shift", range(4))
def test_block_edges(unit: str, shift: int) -> None:
    lexicon = Lexicon(["中国", "国", "中"], [3, 2, 1])  # 国 is a word: blocks do not end at it
    text = "国" * (1022 - shift) + unit + "国" * 3072 + unit + "国中" * 30
    tokens = Tokenizer(lexicon).tokenize(text)
    assert "".join(tokens) == text
    assert [t for t in tokens if t not in lexicon] == [
        t for t in Tokenizer(lexicon).tokenize(unit) if t not in lexicon
    ] * 2


def test_words_of_the_lexicon_may_be_such_tokens() -> None:
    lexicon = Lexicon(["3.14", "……", "中\u0301国", "e-mail", "\u0301国", "50%涨"], [5, 4, 3, 2, 1, 1])
    tokenizer = Tokenizer(lexicon)
    assert tokenizer.tokenize("3.14……中\u0301国e-mail") == ["3.14", "……", "中\u0301国", "e-mail"]
    assert tokenizer.encode("3.14……中\u0301国e-mail") == [
        lexicon.index(w) + 1 for w in ("3.14", "……", "中\u0301国", "e-mail")
    ]
    assert tokenizer.tokenize("中\u0301国") == ["中\u0301国"]
    assert tokenizer.tokenize("中国50%涨") == ["中", "国", "50%", "涨"]


KINDS = {
    "早晨": "word",
    "未": "word",
    "①": "word",
    "\u0301": "word",
    " ": "space",
    "\u3000": "space",
    "\r\n": "space",
    "，": "punctuation",
    "……": "punctuation",
    "——": "punctuation",
    "～～": "symbol",
    "+": "symbol",
    "￥": "symbol",
    "👍🏽": "emoji",
    "🇨🇳": "emoji",
    "❤\ufe0f": "emoji",
    "❤": "symbol",
    "1\ufe0f\u20e3": "emoji",
    "#\u20e3": "emoji",
    "3.14": "number",
    "１９９８": "number",
    "12:30": "number",
    "don't": "latin",
    "5kg": "latin",
    "cafe\u0301": "latin",
    "www.a.cn": "url",
    "HTTPS://a.cn/": "url",
    "1@a.cn": "url",
    "\x00": "control",
    "\u200b": "control",
    "\ud800": "control",
}


def test_kinds_and_their_ids() -> None:
    vocab = PLAIN.get_vocab()
    for token, kind in KINDS.items():
        assert (token, kind_of(token)) == (token, kind)
        assert extent.kind_name(token) == kind
        expected = PLAIN.lexicon.index(token) + 1 if token in PLAIN.lexicon else vocab.get(f"<{kind}>", 0)
        assert (token, PLAIN.encode(token)) == (token, [expected])
    assert kind_of("") == "word"
    assert kind_of("，但") == "word"
    assert kind_of("1998年") == "word"


EVERYTHING = [chr(code_point) for code_point in range(sys.maxunicode + 1)]


@pytest.mark.parametrize("tokenizer", [PLAIN, MARKED, EMPTY])
def test_strings_that_are_kept_are_those_of_the_text(tokenizer: Tokenizer) -> None:
    """A string that was kept for one character is never given for another, whichever of them is first."""
    lines = [f"早晨{chr(c)}国" for c in range(0x10000)] + ["早晨\U00020000国"]
    expected = [tokenizer(line).tokens for line in lines]
    assert ["".join(tokens) for tokens in expected] == lines
    for order in (1, -1):
        fresh = pickle.loads(pickle.dumps(tokenizer))
        for _ in range(2):
            assert list(map(fresh.tokenize, lines[::order])) == expected[::order]


def test_the_tables_are_frozen() -> None:
    counts = Counter(map(kind_of, EVERYTHING))
    assert counts == {
        "word": 1099809, "symbol": 5985, "emoji": 3281, "control": 2266, "latin": 1263, "punctuation": 819,
        "number": 660, "space": 29,
    }  # fmt: skip
    assert sum(len(EMPTY.tokenize("中" + char)) == 1 for char in EVERYTHING) == 2484


@pytest.mark.skipif(unicodedata.unidata_version != UNICODE_VERSION, reason="this Python has other characters")
def test_every_character_joins_the_one_before_it_as_in_unicode() -> None:
    assigned = [char for char in EVERYTHING if unicodedata.category(char) != "Cn"]
    joined = [char for char in assigned if len(EMPTY.tokenize("中" + char)) == 1]
    assert joined == [char for char in assigned if clusters("中" + char) == {2}]


def test_ids_of_words_are_those_of_before_and_imported_models_keep_theirs() -> None:
    assert [PLAIN.token_to_id(word) for word in PLAIN.lexicon.words] == [1, 2, 3]
    assert PLAIN.token_to_id("<number>") == 8
    assert PLAIN.decode(PLAIN.encode("早晨3.14")) == "早晨\ufffd"
    imported = Tokenizer(PLAIN.lexicon.with_meta(unk_id=0))
    assert (imported.vocab_size, imported.encode("3.14")) == (4, [0])
    vocabulary = Tokenizer(Lexicon(["a", "早晨"], [1, 1], meta=LexiconMeta(boundaries=False)))
    assert (vocabulary.vocab_size, "<number>" in vocabulary.get_vocab()) == (3, False)
    exported = {piece.text for piece in pieces.pieces_of(PLAIN.lexicon, spare_ascii=False)[0]}
    assert "……" in exported
    assert not {"<number>", "<punctuation>"} & exported
    named = Tokenizer(Lexicon(["<number>", "早晨"], [2, 1]))
    assert named.token_to_id("<number>") == 1


@pytest.mark.parametrize("given_format", ["words", "json", "ids"])
@pytest.mark.parametrize("sample", [[], ["--sample", "--alpha", "inf"]])
def test_drop_spaces_and_punctuation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given_format: str, sample: list[str]
) -> None:
    words, text = tmp_path / "words.tsv", tmp_path / "text.txt"
    Lexicon(["早晨", "，"], [3, 1]).save(words)
    text.write_text("早晨 ，12:30～～👍。\n", encoding="utf-8")
    rows = []
    for options in ([], ["--drop-spaces"], ["--drop-punctuation"], ["--drop-spaces", "--drop-punctuation"]):
        arguments = ["tokenize", str(text), "-l", str(words), "--format", given_format, *sample, *options]
        assert main(arguments) in (0, None)
        line = capsys.readouterr().out
        rows.append(json.loads(line) if given_format == "json" else line.rstrip("\n").split(" "))
    ids = {"早晨": "1", "，": "2", " ": "3", "12:30": "7", "～～": "5", "👍": "6", "。": "4"}
    expected = [["早晨", " ", "，", "12:30", "～～", "👍", "。"], ["早晨", "，", "12:30", "～～", "👍", "。"],
                ["早晨", " ", "12:30", "👍"], ["早晨", "12:30", "👍"]]  # fmt: skip
    if given_format == "ids":
        expected = [[ids[token] for token in row] for row in expected]
    if given_format == "words":
        expected = [" ".join(row).split(" ") for row in expected]
    assert rows == expected
