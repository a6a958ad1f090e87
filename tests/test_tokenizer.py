"""`Tokenizer` against its definition."""

from __future__ import annotations

import inspect
import itertools
import math
import multiprocessing
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero.errors import FormatError
from nlp_zero.lexicon import Lexicon, LexiconMeta
from nlp_zero.tokenization.tokenizer import Tokenizer
from tests.reference import tokenizer as reference
from tests.reference.extent import kind_name

ODD = [
    "1,234.5%", "12:30", "2026-11-26", "don't", "e-mail", "www.a.cn", "x@a.cn", "...", "!!", "1\ufe0f\u20e3", "🇨🇳🇺",
    "👩\u200d👧", "\u0301", "각", "\u1100", "\u1161", "\ud800", "\0", "\r\n", "\ufeff", "😀", "e\u0301", "𠀀", "\u3000",
    "１", "9", "a", "é", "，", "·", " ", "\u200d",
]  # fmt: skip
pieces = st.one_of(st.sampled_from(ODD), st.sampled_from(list("中国人民共和天地")))
texts = st.lists(pieces, max_size=14).map("".join)
words = st.lists(st.one_of(pieces, st.sampled_from(list("中国人民"))), min_size=1, max_size=4).map("".join)
lexicons = st.dictionaries(words, st.integers(1, 9), max_size=24).map(lambda d: Lexicon(list(d), list(d.values())))
modes = st.sampled_from(["token", "join", "split"])


def expected_ids(tokenizer: Tokenizer, tokens: list[str]) -> list[int]:
    """The id of each token: that of a word, or of its kind; 0 for a new word, which has several symbols."""
    words, vocab = tokenizer.lexicon, tokenizer.get_vocab()
    single = [len(reference.symbols(token, tokenizer.alnum)) == 1 for token in tokens]
    kinds = [vocab.get(f"<{kind_name(t)}>", 0) if one else 0 for t, one in zip(tokens, single, strict=True)]
    return [words.index(t) + 1 if t in words else kind for t, kind in zip(tokens, kinds, strict=True)]


def log_probs(lexicon: Lexicon) -> Mapping[str, float]:
    return dict(zip(lexicon.words, lexicon.log_probs.tolist(), strict=True))


@settings(max_examples=400, deadline=None)
@given(lexicons, st.lists(texts, min_size=1, max_size=12), modes)
def test_equals_the_definition(lexicon: Lexicon, lines: list[str], alnum: str) -> None:
    tokenizer = Tokenizer(lexicon, alnum=alnum)
    for text in lines:
        tokens = tokenizer.tokenize(text)
        assert tokens == reference.best_path(text, log_probs(lexicon), tokenizer.unk_log_prob, alnum)
        assert "".join(tokens) == text
        spans = tokenizer(text).spans
        assert [text[a:b] for a, b in spans] == tokens
        ids = tokenizer.encode(text)
        assert ids == expected_ids(tokenizer, tokens)


def test_equals_the_definition_with_many_words() -> None:
    """Characters with 1,200 continuations, few of them and one, in the trie; longer words share their beginnings."""
    rng = np.random.default_rng(16)
    chars = [chr(0x4E00 + k) for k in range(2500)]
    listed = {chars[k] + other: 1 for k in range(25) for other in rng.choice(chars, 1200, replace=False)}
    for length in (1, 2, 3, 4, 5, 9):
        words = rng.choice(chars[: 250 * length], (2000, length))
        listed |= {"".join(word): int(count) for word, count in zip(words, rng.integers(1, 99, 2000), strict=True)}
    listed |= {word + chars[k]: 50 for word in list(listed)[::9] for k in (0, 1999)}
    lexicon = Lexicon(list(listed), list(listed.values()))
    tokenizer = Tokenizer(lexicon)
    lines = ["".join(rng.choice([*listed, *chars], 40)) for _ in range(60)]
    for text in lines:
        tokens = tokenizer.tokenize(text)
        assert tokens == reference.best_path(text, log_probs(lexicon), tokenizer.unk_log_prob, "token")


@settings(max_examples=200, deadline=None)
@given(lexicons, st.lists(texts, min_size=1, max_size=6), modes, st.floats(1e-6, 0.9))
def test_new_words_equal_the_definition(lexicon: Lexicon, lines: list[str], alnum: str, share: float) -> None:
    lexicon = lexicon.with_meta(new_words=share)
    tokenizer = Tokenizer(lexicon, alnum=alnum)
    long = [n for word, n in zip(lexicon.words, lexicon.counts.tolist(), strict=True) if len(word) > 1]
    assert tokenizer.new_words == bool(long)
    rare = math.log((min(long, default=1) + 1.5) / lexicon.total) if long else 0.0
    score = reference.spelling(log_probs(lexicon), share, rare, alnum) if long else lambda text: None
    for text in lines:
        tokens = tokenizer.tokenize(text)
        assert tokens == reference.best_path(text, log_probs(lexicon), tokenizer.unk_log_prob, alnum, score)
        assert [text[a:b] for a, b in tokenizer(text).spans] == tokens
        assert tokenizer.encode(text) == expected_ids(tokenizer, tokens)
        ids, _ = tokenizer.encode_batch([text, text], workers=2)
        assert ids.tolist() == tokenizer.encode(text) * 2
        assert tokenizer.tokenize_batch([text], workers=2) == [tokens]
    plain = Tokenizer(lexicon, alnum=alnum, new_words=False)
    assert [plain.sample(t, alpha=math.inf) for t in lines] == [tokenizer.sample(t, alpha=math.inf) for t in lines]
    assert [plain.entropy(t) for t in lines] == [tokenizer.entropy(t) for t in lines]
    assert pickle.loads(pickle.dumps(tokenizer)).new_words == tokenizer.new_words


def test_a_name_that_the_lexicon_lacks_is_found_on_demand() -> None:
    names = ["王伟", "王芳", "李伟", "李芳", "张伟", "张敏", "李敏"]
    lexicon = Lexicon([*names, "是", "的", "朋友"], [1] * len(names) + [30, 40, 20])
    assert Tokenizer(lexicon).tokenize("王敏是李伟的朋友") == ["王", "敏", "是", "李伟", "的", "朋友"]
    finder = Tokenizer(lexicon, new_words=True)
    assert finder.tokenize("王敏是李伟的朋友") == ["王敏", "是", "李伟", "的", "朋友"]
    assert finder.new_words
    assert not Tokenizer(lexicon).new_words
    with pytest.raises(ValueError, match="new_words needs a lexicon of words"):
        Tokenizer(lexicon, objective="shortest", new_words=True)
    with pytest.raises(ValueError, match="new_words must be a number from 0 to 1, not 3"):
        LexiconMeta(new_words=3)


@settings(max_examples=150, deadline=None)
@given(lexicons, texts, modes)
def test_no_segmentation_is_better(lexicon: Lexicon, text: str, alnum: str) -> None:
    tokenizer = Tokenizer(lexicon, alnum=alnum)
    probabilities, unk = log_probs(lexicon), tokenizer.unk_log_prob
    parts = reference.symbols(text[:9], alnum)
    paths = list(reference.segmentations(reference.edges(text[:9], probabilities, unk, alnum), parts))
    greatest = max(sum(reference.fixed(edge[2]) for edge in path) for path in paths)
    chosen = [path for path in paths if [text[e[0] : e[1]] for e in path] == tokenizer.tokenize(text[:9])]
    assert [sum(reference.fixed(edge[2]) for edge in path) for path in chosen] == [greatest]
    assert len(chosen[0]) == min(
        len(p) for p in paths if sum(reference.fixed(edge[2]) for edge in p) == greatest
    )


def test_ties_go_to_fewer_tokens_then_to_the_longer_first() -> None:
    # total 16: p(a) = 1/2, p(aa) = 1/4, p(aaa) = 1/8 are exact halves; 甲乙丙 ties with every cut of it
    tie = Tokenizer(Lexicon(["甲", "甲甲", "甲甲甲", "乙"], [8, 4, 2, 2]))
    assert tie.tokenize("甲甲甲") == ["甲甲甲"]
    assert tie.tokenize("甲" * 5) == ["甲甲甲", "甲甲"]


@settings(max_examples=100, deadline=None)
@given(lexicons, st.lists(texts, max_size=12), modes, st.integers(1, 5))
def test_batches_equal_single_calls(lexicon: Lexicon, lines: list[str], alnum: str, workers: int) -> None:
    tokenizer = Tokenizer(lexicon, alnum=alnum)
    ids, offsets = tokenizer.encode_batch(iter(lines), workers=workers)
    assert ids.dtype == np.int32
    assert offsets.dtype == np.int64
    assert len(offsets) == len(lines) + 1
    split = [ids[a:b].tolist() for a, b in itertools.pairwise(offsets)]
    assert split == [tokenizer.encode(line) for line in lines]
    assert tokenizer.tokenize_batch(lines, workers=workers) == [tokenizer.tokenize(line) for line in lines]


@pytest.mark.parametrize("boundary", ["", "，"])
def test_long_lines(boundary: str) -> None:
    tokenizer = Tokenizer(Lexicon(["中国", "国人", "人民", "中", "国"], [5, 3, 3, 1, 1]))
    line = ("中国人民" * 700 + boundary) * 1000  # 2.8 M characters; blocks end at boundaries or must grow
    tokens = tokenizer.tokenize(line)
    assert tokens == (["中国", "人民"] * 700 + [boundary] * bool(boundary)) * 1000
    ids, _ = tokenizer.encode_batch([line, line], workers=2)
    assert len(ids) == 2 * len(tokens)


@pytest.mark.parametrize("size", [1020, 1021, 1022, 1023, 1024, 1025, 1026, 2047, 2048, 4096])
def test_block_edges(size: int) -> None:
    lexicon = Lexicon(["中国", "国人", "人中国", "中"], [5, 4, 3, 1])
    tokenizer = Tokenizer(lexicon)
    for text in ("中国人" * size, "中国人" * (size // 3) + "，" + "中国人" * 900, "12 " * size, "人" * size):
        text = text[: size * 2]
        expected = reference.best_path(text, log_probs(lexicon), tokenizer.unk_log_prob)
        assert tokenizer.tokenize(text) == expected


def test_alnum_modes() -> None:
    lexicon = Lexicon(["1998年", "1998", "年", "n"], [4, 2, 2, 2])
    text = "1998年n1"
    assert Tokenizer(lexicon).tokenize(text) == ["1998", "年", "n1"]
    assert Tokenizer(lexicon, alnum="join").tokenize(text) == ["1998年", "n1"]
    assert Tokenizer(lexicon, alnum="split").tokenize(text) == ["1998年", "n", "1"]
    assert Tokenizer(Lexicon(["1998年"], [1], meta=LexiconMeta(alnum="join"))).alnum == "join"


def test_strings_are_the_lexicons_own() -> None:
    lexicon = Lexicon(["中国", "人民"], [2, 1])
    tokens = Tokenizer(lexicon).tokenize("中国，人民，" * 2)
    assert all(any(token is word for word in lexicon.words) for token in tokens if token != "，")
    assert tokens[1] is tokens[3]


def test_decode() -> None:
    tokenizer = Tokenizer(Lexicon(["中国", "人民"], [2, 1]))
    assert tokenizer.decode(tokenizer.encode("中国人民")) == "中国人民"
    assert tokenizer.decode([3, 10]) == "\ufffd" * 2
    with pytest.raises(TypeError, match="'str' object cannot be interpreted as an integer"):
        tokenizer.decode("12")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"id 11 is not in 0\.\.10"):
        tokenizer.decode([11])
    with pytest.raises(ValueError, match="id -1"):
        tokenizer.decode([-1])


def test_bad_options() -> None:
    lexicon = Lexicon(["中"], [1])
    with pytest.raises(ValueError, match="alnum must be 'token', 'join' or 'split'"):
        Tokenizer(lexicon, alnum="word")
    for bad in (0.5, float("nan"), float("-inf")):
        with pytest.raises(ValueError, match="unk_log_prob"):
            Tokenizer(lexicon, unk_log_prob=bad)
    with pytest.raises(TypeError, match=r"Lexicon\.load"):
        Tokenizer("lexicon.tsv")  # type: ignore[arg-type]
    tokenizer = Tokenizer(lexicon)
    for text in (b"a", None, 3):
        with pytest.raises(TypeError):
            tokenizer.tokenize(text)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="wrap it in a list"):
        tokenizer.encode_batch("中")
    with pytest.raises(TypeError, match="must be str, not int"):
        tokenizer.encode_batch([1])  # type: ignore[list-item]
    for workers in (0, -1, 1.5):
        with pytest.raises(ValueError, match="workers"):
            tokenizer.tokenize_batch(["中"], workers=workers)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        tokenizer.alnum = "split"  # type: ignore[misc]


def test_empty_lexicon_and_str_subclass() -> None:
    class Text(str):
        __slots__ = ()

    tokenizer = Tokenizer(Lexicon([], []))
    assert tokenizer.tokenize(Text("中国a1")) == ["中", "国", "a1"]
    assert tokenizer.tokenize("") == [] == tokenizer.encode("")


def _cut(tokenizer: Tokenizer) -> list[str]:
    return tokenizer.tokenize("中国人民")


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_pickles_and_processes(method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this platform cannot {method}")
    tokenizer = Tokenizer(Lexicon(["中国", "人民"], [2, 1]), alnum="join", unk_log_prob=-7.5)
    copy = pickle.loads(pickle.dumps(tokenizer))
    assert (copy.lexicon, copy.alnum, copy.unk_log_prob) == (tokenizer.lexicon, "join", -7.5)
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.apply(_cut, (tokenizer,)) == ["中国", "人民"]
        assert pool.map(tokenizer.tokenize, ["人民中国"]) == [["人民", "中国"]]  # a method of the kernel
        [marginals] = pool.map(tokenizer.marginals, ["中国人"])
    ours = tokenizer.marginals("中国人")
    assert (repr(marginals), marginals.text, marginals.tokens) == (repr(ours), ours.text, ours.tokens)
    assert marginals.cuts.tolist() == ours.cuts.tolist()
    marginals.cuts[:] = 0  # a copy, like every array of marginals
    assert marginals.cuts.tolist() == ours.cuts.tolist()


@pytest.mark.parametrize("name", ["tokenize", "encode", "sample", "sample_ids", "nbest"])
def test_methods_are_pickled_with_their_tokenizer(name: str) -> None:
    tokenizer = Tokenizer(Lexicon(["中国", "人民"], [2, 1]), words=["人"], granularity=1)
    method = getattr(tokenizer, name)
    options = {"seed": 1} if name.startswith("sample") else {}
    assert pickle.loads(pickle.dumps(method))("中国人民", **options) == method("中国人民", **options)
    theirs = list(inspect.signature(getattr(Tokenizer, name)).parameters.values())[1:]
    ours = list(inspect.signature(method).parameters.values())  # help() of an object shows them
    assert [(one.name, one.default) for one in ours] == [(one.name, one.default) for one in theirs]
    assert f"see ``help(Tokenizer.{name})``" in method.__doc__


@settings(max_examples=100, deadline=None)
@given(lexicons, st.lists(texts, max_size=8), modes)
def test_an_encoding_is_one_segmentation(lexicon: Lexicon, lines: list[str], alnum: str) -> None:
    tokenizer = Tokenizer(lexicon, alnum=alnum)
    for text in lines:
        encoding = tokenizer(text)
        assert (encoding.ids, encoding.tokens) == (tokenizer.encode(text), tokenizer.tokenize(text))
        assert [text[a:b] for a, b in encoding.spans] == encoding.tokens
        assert len(encoding) == len(encoding.ids)
        assert encoding == tokenizer(text)


def test_an_encoding_is_frozen_and_shown() -> None:
    encoding = Tokenizer(Lexicon(["中国"], [1]))("中国人")
    with pytest.raises(AttributeError):
        encoding.ids = []  # type: ignore[misc]
    assert repr(encoding) == "<Encoding of 2 tokens: 中国 人>"
    assert repr(Tokenizer(Lexicon([], []))("\ud800")) == "<Encoding of 1 token: \\ud800>"
    assert repr(Tokenizer(Lexicon([], []))("")) == "<Encoding of 0 tokens>"
    assert pickle.loads(pickle.dumps(encoding)) == encoding


NAMES = Lexicon(["王伟", "王芳", "李伟", "李芳", "张伟", "张敏", "李敏", "是", "的", "1998年"], [1] * 7 + [30, 40, 2])
LINES = ["王敏是李伟的朋友", "1998年，a1", "的是的王芳"]


@pytest.mark.parametrize("name", ["t.tsv", "t", "t.json"])
@pytest.mark.parametrize(
    "options",
    [{}, {"new_words": True}, {"alnum": "join"}, {"unk_log_prob": -1 / 3}, {"objective": "shortest"},
     {"new_words": True, "alnum": "split", "unk_log_prob": -7.5}],
)  # fmt: skip
def test_a_saved_tokenizer_segments_the_same(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    tokenizer = Tokenizer(NAMES, **options)
    tokenizer.save(tmp_path / name)
    loaded = Tokenizer.load(tmp_path / name)
    assert loaded._options == tokenizer._options
    assert [loaded(line) for line in LINES] == [tokenizer(line) for line in LINES]
    assert loaded.lexicon.words == NAMES.words
    if not options:
        assert loaded.lexicon == NAMES


def test_options_of_the_lexicon_can_be_switched_off_in_a_file(tmp_path: Path) -> None:
    tokenizer = Tokenizer(NAMES.with_meta(new_words=0.07, alnum="join"), new_words=False, alnum="token")
    tokenizer.save(tmp_path / "t.tsv")
    loaded = Tokenizer.load(tmp_path / "t.tsv")
    assert (loaded.new_words, loaded.alnum) == (False, "token")
    with pytest.raises(FormatError, match=r"tokenizer\.json is a huggingface file by its name"):
        tokenizer.save(tmp_path / "tokenizer.json")


def test_the_vocabulary() -> None:
    tokenizer = Tokenizer(Lexicon(["中国", "人民"], [2, 1]))
    kinds = ["<space>", "<punctuation>", "<symbol>", "<emoji>", "<number>", "<latin>", "<url>", "<control>"]
    assert len(tokenizer) == tokenizer.vocab_size == 11
    assert tokenizer.get_vocab() == {"中国": 1, "人民": 2} | {name: 3 + k for k, name in enumerate(kinds)}
    assert [tokenizer.id_to_token(number) for number in range(11)] == ["\ufffd", "中国", "人民", *kinds]
    assert all(tokenizer.token_to_id(token) == number for token, number in tokenizer.get_vocab().items())


def test_a_subclass_can_change_how_text_is_cut() -> None:
    class Lower(Tokenizer):
        def tokenize(self, text: str | bytes, /) -> list[str]:
            assert isinstance(text, str)
            return super().tokenize(text.lower())

    tokenizer = Lower(Lexicon(["ab中"], [2]), alnum="split")
    assert tokenizer.tokenize("AB中") == ["ab中"]
    assert tokenizer.encode("AB中") == [7, 7, 0]
