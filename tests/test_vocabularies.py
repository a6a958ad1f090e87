"""Vocabularies with byte fallback: lossless, ids, both objectives by enumeration, bytes, streams."""

from __future__ import annotations

import itertools
import math
import pickle
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero.lexicon import Lexicon, LexiconMeta
from nlp_zero.lexicon.formats.header import join_names, split_names
from nlp_zero.lexicon.scores import scores_of_pieces
from nlp_zero.tokenization.tokenizer import Tokenizer
from tests.reference import tokenizer as reference

BYTES = [chr(b if b < 128 else 0xDC00 + b) for b in range(256)]
ODD = ["\ud800", "\udce4", "\udcff", "\0", "\n", "\r\n", "😀", "𠀀", "é", "，", " ", "<s>", "龘", "\u2581"]
letters = st.sampled_from(list("中国人民ab"))
texts = st.lists(letters | st.sampled_from(ODD), max_size=10).map("".join)
whole = st.lists(letters | st.sampled_from(["，", "é", " ", "😀"]), min_size=1, max_size=4).map("".join)
parts = st.sampled_from([b"\xe4\xb8", b"\xb8\xad", b"\xad\xe5", b"\xe4\xb8\xad\xe5", b"a\xe4"]).map(reference.escaped)


def raw(pieces: list[str]) -> bytes:
    return "".join(pieces).encode("utf-8", "surrogateescape")


def vocabulary(extra: dict[str, int], **meta: Any) -> Lexicon:
    counts = dict.fromkeys(BYTES, 1) | extra
    return Lexicon(list(counts), list(counts.values()), meta=LexiconMeta(byte_fallback=True, **meta))


def build(extra: dict[str, int], unit: str, objective: str) -> Tokenizer:
    if unit == "char":
        extra = {w: n for w, n in extra.items() if w.isprintable()}
    return Tokenizer(vocabulary(extra, unit=unit, objective=objective, specials=("<s>", "<pad>")))


extras = st.dictionaries(whole | parts, st.integers(1, 9), max_size=16)
units = st.sampled_from(["char", "byte"])
objectives = st.sampled_from(["unigram", "shortest"])


def weight(tokenizer: Tokenizer, path: list[str]) -> float:
    """The log-weight of a path where paths are compared by probability."""
    if tokenizer.objective == "shortest":
        return -len(path) * math.log(tokenizer.vocab_size)
    return log_prob(tokenizer, path)


def log_prob(tokenizer: Tokenizer, path: list[str]) -> float:
    lexicon = tokenizer.lexicon
    return math.fsum(lexicon.log_probs[lexicon.index(t)] for t in path)


@settings(max_examples=300, deadline=None)
@given(extras, units, objectives, st.lists(texts, min_size=1, max_size=6))
def test_decoding_gives_back_any_text(extra: dict[str, int], unit: str, objective: str, lines: list[str]) -> None:
    tokenizer = build(extra, unit, objective)
    for text in lines:
        tokens, ids = tokenizer.tokenize(text), tokenizer.encode(text)
        assert tokenizer.decode(ids) == text == tokenizer.decode(ids, errors="strict") == tokenizer.join(tokens)
        assert tokenizer.decode_bytes(ids) == text.encode("utf-8", "surrogatepass")
        assert ids == [tokenizer.token_to_id(t) for t in tokens]
        assert tokens == [tokenizer.id_to_token(i) for i in ids]
        decoder = tokenizer.decoder()
        streamed = [decoder.feed([i]) for i in ids]
        assert "".join(streamed) + decoder.finish() == text
        spans = tokenizer(text).spans
        assert len(spans) == len(tokens)
        data, at = text.encode("utf-8", "surrogatepass"), 0
        for token, (start, end) in zip(tokens, spans, strict=True):  # the smallest range of characters that holds it
            after = at + len(token.encode("utf-8", "surrogateescape"))
            before = [text[:k].encode("utf-8", "surrogatepass") for k in range(len(text) + 1)]
            assert start == max(k for k, b in enumerate(before) if len(b) <= at)
            assert end == min(k for k, b in enumerate(before) if len(b) >= after)
            at = after
        assert at == len(data)
    ids_of, offsets = tokenizer.encode_batch(lines, workers=2)
    assert ids_of.dtype == np.int32
    assert [ids_of[a:b].tolist() for a, b in itertools.pairwise(offsets)] == [tokenizer.encode(x) for x in lines]
    for workers in (1, 3):
        assert tokenizer.tokenize_batch(lines, workers=workers) == [tokenizer.tokenize(x) for x in lines]
        drawn = tokenizer.sample_batch(lines, alpha=0.3, seed=5, workers=workers)
        assert drawn == [tokenizer.sample(x, alpha=0.3, seed=5, index=i) for i, x in enumerate(lines)]
        assert [tokenizer.join(tokens) for tokens in drawn] == lines
        ids_of, offsets = tokenizer.sample_ids_batch(lines, alpha=0.3, seed=5, workers=workers)
        assert [tokenizer.decode(ids_of[a:b]) for a, b in itertools.pairwise(offsets)] == lines
    assert pickle.loads(pickle.dumps(tokenizer)).tokenize_batch(lines) == tokenizer.tokenize_batch(lines)


@settings(max_examples=300, deadline=None)
@given(extras, objectives, st.binary(max_size=9) | st.lists(parts, max_size=5).map(raw))
def test_any_bytes_come_back(extra: dict[str, int], objective: str, data: bytes) -> None:
    tokenizer = build(extra, "byte", objective)
    ids = tokenizer.encode(data)
    assert tokenizer.decode_bytes(ids) == data
    assert [data[a:b] for a, b in tokenizer(data).spans] == [tokenizer.decode_bytes([i]) for i in ids]
    assert tokenizer.tokenize_batch([data, "中"])[0] == tokenizer.tokenize(data)
    assert tokenizer.decode_bytes(tokenizer.sample_ids(data, alpha=0.2, seed=1)) == data
    with pytest.raises(TypeError, match="only vocabularies with unit='byte'"):
        build(extra, "char", objective).encode(data)


@settings(max_examples=250, deadline=None)
@given(extras, units, objectives, st.lists(letters | st.sampled_from([*"龘é，", "\udce4"]), max_size=5).map("".join))
def test_best_of_all_segmentations(extra: dict[str, int], unit: str, objective: str, text: str) -> None:
    tokenizer = build(extra, unit, objective)
    paths = reference.vocabulary_paths(text, set(tokenizer.lexicon.words), unit)
    best = tokenizer.tokenize(text)
    assert best in paths
    if objective == "shortest":
        assert len(best) == min(map(len, paths))
        rivals = [p for p in paths if len(p) == len(best)]
    else:
        rivals = paths
    greatest = max(log_prob(tokenizer, p) for p in rivals)
    assert log_prob(tokenizer, best) == pytest.approx(greatest, abs=1e-4)
    listed = tokenizer.nbest(text, 1000)
    assert sorted(p for p, _ in listed) == sorted(paths)[: len(listed)] if len(paths) <= 1000 else True
    assert listed[0][0] == best
    for path, score in listed:
        assert score == pytest.approx(weight(tokenizer, path), abs=1e-9)
    counts = [len(p) for p, _ in listed]
    if objective == "shortest":
        assert counts == sorted(counts)
    else:
        assert [s for _, s in listed] == sorted((s for _, s in listed), reverse=True) or np.allclose(
            [s for _, s in listed], sorted((s for _, s in listed), reverse=True), atol=1e-8
        )


@settings(max_examples=150, deadline=None)
@given(
    extras, units, objectives, st.sampled_from([0.0, 0.2, 1.0, 3.0]),
    st.lists(letters | st.sampled_from(["龘", "é"]), max_size=4).map("".join),
)  # fmt: skip
def test_sums_equal_enumeration(extra: dict[str, int], unit: str, objective: str, alpha: float, text: str) -> None:
    tokenizer = build(extra, unit, objective)
    paths = reference.vocabulary_paths(text, set(tokenizer.lexicon.words), unit)
    weights = [math.exp(alpha * weight(tokenizer, p)) for p in paths]
    total = math.fsum(weights)
    law = [w / total for w in weights]
    assert tokenizer.log_partition(text, alpha=alpha) == pytest.approx(math.log(total), abs=1e-9)
    entropy = -math.fsum(p * math.log(p) for p in law if p)
    assert tokenizer.entropy(text, alpha=alpha) == pytest.approx(entropy, abs=1e-9)
    assert tokenizer._kernel.sums(text, alpha)[2] == pytest.approx(
        math.fsum(p * len(q) for p, q in zip(law, paths, strict=True)), abs=1e-9
    )
    ids: Counter[int] = Counter()
    for path, p in zip(paths, law, strict=True):
        assert tokenizer.log_prob(path, alpha=alpha) == pytest.approx(math.log(p) if p else -math.inf, abs=1e-8)
        for token in path:
            ids[tokenizer.token_to_id(token)] += p  # type: ignore[assignment]
    found: Counter[int] = Counter()
    marginals = tokenizer.marginals(text, alpha=alpha)
    for start, end, number, p in marginals.tokens:
        found[number] += p  # type: ignore[assignment]
        assert 0 <= start < end <= (len(text.encode()) if unit == "byte" else len(text))
    assert all(found[i] == pytest.approx(ids[i], abs=1e-9) for i in ids | found)
    assert marginals.cuts[[0, -1]] == pytest.approx(1)
    assert tokenizer.log_prob([*"中国x"], alpha=alpha) == -math.inf or "中" in tokenizer.lexicon or unit == "byte"


def test_bytes_that_are_not_text_have_no_probability() -> None:
    tokenizer = Tokenizer(vocabulary({"中国": 4}))
    assert tokenizer.log_prob(["中国", *reference.in_bytes("国")]) > -math.inf
    assert tokenizer.log_prob(["中国", *reference.in_bytes("国")[:1]]) == -math.inf


@pytest.mark.parametrize("objective", ["unigram", "shortest"])
@pytest.mark.parametrize("unit", ["char", "byte"])
@pytest.mark.parametrize("way", ["k", "one by one"])
def test_samples_follow_the_distribution(unit: str, objective: str, way: str) -> None:
    tokenizer = build({"中国": 40, "国人": 30, "人": 20, "中": 9, "国人龘": 5, "龘a": 7}, unit, objective)
    text, alpha, draws = "中国人龘a", 0.15, 20_000
    paths = reference.vocabulary_paths(text, set(tokenizer.lexicon.words), unit)
    weights = {tuple(p): math.exp(alpha * weight(tokenizer, p)) for p in paths}
    total = math.fsum(weights.values())
    if way == "k":
        drawn = tokenizer.sample_batch([text], alpha=alpha, seed=3, k=draws)
    else:
        drawn = tokenizer.sample_batch([text] * draws, alpha=alpha, seed=3)
    counts = Counter(map(tuple, drawn))
    assert counts.keys() <= weights.keys()
    expected = {p: w / total * draws for p, w in weights.items()}
    chi2 = math.fsum((counts[p] - e) ** 2 / e for p, e in expected.items() if e >= 10)
    freedom = sum(e >= 10 for e in expected.values())
    assert freedom >= 4
    assert chi2 < freedom + 5 * math.sqrt(2 * freedom) + 12.5  # chi-square tail (Laurent and Massart): below 4e-6
    rare = sum(counts[p] for p, e in expected.items() if e < 10)
    mean = math.fsum(e for e in expected.values() if e < 10)
    assert rare <= mean + 6 * math.sqrt(mean) + 12


def test_ids() -> None:
    tokenizer = Tokenizer(vocabulary({"中国": 5, "中": 9}, specials=("<pad>", "a b", "\\s")))
    assert tokenizer.vocab_size == 3 + 258 == 3 + len(tokenizer.lexicon)
    assert tokenizer.specials == ("<pad>", "a b", "\\s")
    assert [tokenizer.token_to_id(t) for t in ("<pad>", "a b", "\\s", "中", "中国")] == [0, 1, 2, 3, 4]
    assert [tokenizer.id_to_token(i) for i in range(5)] == ["<pad>", "a b", "\\s", "中", "中国"]
    assert tokenizer.encode("中国<pad>") == [4, *map(tokenizer.token_to_id, "<pad>")]
    assert tokenizer.encode_with_specials("中国<pad>a b中") == [4, 0, 1, 3]
    assert tokenizer.decode([4, 0, 3]) == "中国<pad>中"
    assert tokenizer.decode([4, 0, 3], skip_specials=True) == "中国中"
    with pytest.raises(KeyError):
        tokenizer.token_to_id("人")
    with pytest.raises(ValueError, match=r"id 261 is not in 0\.\.260"):
        tokenizer.decode([261])
    plain = Tokenizer(Lexicon(["中国", "中"], [5, 9]))
    assert (plain.vocab_size, plain.token_to_id("中"), plain.id_to_token(0)) == (3 + 8, 1, "\ufffd")
    assert plain.encode_with_specials("中人") == [1, 0]
    assert plain.decode_bytes([1, 2]) == "中中国".encode()


def test_incomplete_characters_wait() -> None:
    tokenizer = Tokenizer(vocabulary({}))
    ids = tokenizer.encode("é中😀\ud800")
    decoder = tokenizer.decoder()
    assert [decoder.feed([i]) for i in ids] == ["", "é", "", "", "中", "", "", "", "😀", "", "", "\ud800"]
    half = tokenizer.encode("中")[:2]
    assert decoder.feed(half) == ""
    assert decoder.finish() == "\ufffd"
    assert decoder.feed([half[0], tokenizer.token_to_id("a")]) == "\ufffda"
    assert tokenizer.decode(half) == "\ufffd"
    with pytest.raises(UnicodeDecodeError):
        tokenizer.decode(half, errors="strict")
    strict = tokenizer.decoder(errors="strict")
    strict.feed(half)
    with pytest.raises(UnicodeDecodeError):
        strict.finish()
    with pytest.raises(ValueError, match="errors must be 'replace' or 'strict'"):
        tokenizer.decoder(errors="ignore")
    with pytest.raises(ValueError, match="errors must be 'replace' or 'strict'"):
        tokenizer.decode(half, errors="ignore")


@given(st.binary(max_size=12), st.integers(1, 5))
def test_streams_equal_the_whole(data: bytes, step: int) -> None:
    tokenizer = Tokenizer(vocabulary({}, unit="byte"))
    ids = tokenizer.encode(data)
    decoder = tokenizer.decoder()
    text = "".join(decoder.feed(ids[k : k + step]) for k in range(0, len(ids), step)) + decoder.finish()
    assert text == tokenizer.decode(ids)


@given(st.lists(st.text(min_size=1), max_size=5))
def test_names(names: list[str]) -> None:
    assert split_names(join_names(names)) == tuple(names)


def test_fewest_tokens_then_the_most_probable() -> None:
    words = {"中国": 1, "国人": 1000, "中": 1000, "人": 1000, "人民": 500, "中国人": 3, "民": 2}
    tokenizer = Tokenizer(vocabulary(words, objective="shortest"))
    assert tokenizer.tokenize("中国人民") == ["中国", "人民"]  # not 中国人+民, which is less probable
    assert Tokenizer(vocabulary(words), objective="shortest").tokenize("中国人民") == ["中国", "人民"]
    assert Tokenizer(vocabulary(words)).tokenize("中国人") == ["中", "国人"]
    assert tokenizer.tokenize("中国人") == ["中国人"]


def scored(scores: dict[str, float], arithmetic: str) -> Tokenizer:
    meta = LexiconMeta(boundaries=False, unk_log_prob=-10.5, arithmetic=arithmetic)
    values = list(scores.values())
    return Tokenizer(Lexicon(list(scores), [1] * len(scores), scores={"log_prob": values}, meta=meta))


ROUND = {"exact": float, "single": lambda x: float(np.float32(x)), "double": float}


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["exact", "single", "double"]),
    st.dictionaries(st.text("中国人", min_size=1, max_size=3), st.sampled_from([-1.1, -2.2, -3.3, -4.4, -5.5, -9.9])),
    st.text("中国人龘", max_size=30),
)
def test_ties_are_broken_as_by_sentencepiece(arithmetic: str, scores: dict[str, float], text: str) -> None:
    scores = {word: float(np.float32(score)) if arithmetic == "single" else score for word, score in scores.items()}
    tokenizer = scored(scores, arithmetic)
    if arithmetic == "exact":
        scores = dict(zip(scores, scores_of_pieces(np.array(list(scores.values())), "unigram").tolist(), strict=True))
    best = reference.best_pieces(text, scores, -10.5, ROUND[arithmetic])
    assert tokenizer.tokenize(text) == best
    assert tokenizer.tokenize_batch([text] * 3, workers=2) == [best] * 3
    assert tokenizer.sample(text, alpha=math.inf, seed=1) == best
    assert tokenizer.nbest(text, 1)[0][0] == tokenizer.nbest(text, 9)[0][0] == best


@pytest.mark.parametrize("arithmetic", ["exact", "single", "double"])
def test_sums_go_on_from_block_to_block(arithmetic: str) -> None:
    """Long texts are read in blocks that end at unknown characters; sums are rounded as in one piece."""
    letters = np.random.default_rng(2).choice(list("中国人龘"), 20_000, p=[0.4, 0.3, 0.28, 0.02])
    text = "".join(letters.tolist())
    scores = {"中": -3.3, "国": -2.7, "人": -4.1, "中中": -4.3, "国国": -3.9, "人人": -6.1, "国中": -4.7, "中国": -4.6}
    scores = {word: float(np.float32(score)) for word, score in scores.items()}
    tokenizer = scored(scores, arithmetic)
    if arithmetic == "exact":
        scores = dict(zip(scores, scores_of_pieces(np.array(list(scores.values())), "unigram").tolist(), strict=True))
    best = reference.best_pieces(text, scores, -10.5, ROUND[arithmetic])
    assert tokenizer.tokenize(text) == best
    lines = [reference.best_pieces(line, scores, -10.5, ROUND[arithmetic]) for line in text.split("龘")]
    split = [piece for line in lines for piece in line]
    assert ([piece for piece in best if "龘" not in piece] == split) == (arithmetic != "single")


@pytest.mark.parametrize("objective", ["unigram", "shortest"])
def test_scores_are_added_up_without_rounding_in_32_bits(objective: str) -> None:
    scores = scores_of_pieces(np.log(np.random.default_rng(1).random(700) ** 4 + 1e-7), objective)
    single = np.zeros((), np.float32)
    for score in scores.astype(np.float32):
        single += score
    assert abs(single) > 2000
    assert float(single) == math.fsum(scores)


def test_equal_scores_take_the_longer_last_token() -> None:
    words = {"天": 5, "天天": 9}
    assert Tokenizer(vocabulary(words)).tokenize("天天天") == ["天", "天天"]
    assert Tokenizer(vocabulary(words, objective="shortest")).tokenize("天天天") == ["天", "天天"]
    assert Tokenizer(vocabulary(words, unit="byte")).tokenize("天天天") == ["天", "天天"]
    assert Tokenizer(Lexicon(["天", "天天"], [5, 9])).tokenize("天天天") == ["天天", "天"]  # a lexicon of words


def test_unknown_characters_without_fallback() -> None:
    lexicon = Lexicon(["中国", "，a"], [5, 9], meta=LexiconMeta(boundaries=False))
    tokenizer = Tokenizer(lexicon)
    assert tokenizer.tokenize("人民中国，a，b") == ["人民", "中国", "，a", "，b"]
    assert tokenizer("人民中国，").spans == [(0, 2), (2, 4), (4, 5)]
    assert tokenizer.encode("人民中国人") == [0, 2, 0]
    assert tokenizer.encode_batch(["人民中国人", "人"])[0].tolist() == [0, 2, 0, 0]
    assert tokenizer.sample_batch(["人民中国"], alpha=0.2, seed=1, k=3)[0][0][0] == "人"
    assert tokenizer.log_prob(["人民", "中国"]) <= 0
    for tokens in tokenizer.sample_batch(["人民中国人民"], alpha=0.0, seed=1, k=9):
        assert tokenizer.log_prob(tokens, alpha=0.0) == pytest.approx(-math.log(2))


def test_foreign_ids() -> None:
    counts = dict.fromkeys(BYTES, 1) | {"中国": 4, "中": 3}
    ids = {word: k for k, word in enumerate(["中国", "中", *BYTES], 1000)}
    lexicon = Lexicon(
        list(counts), list(counts.values()), scores={"id": [ids[w] for w in counts]},
        meta=LexiconMeta(byte_fallback=True, specials=("<unk>", "<s>"), special_ids=(0, 7), unk_log_prob=-20.0,
                         byte_ids=tuple(range(300, 556))),
    )  # fmt: skip
    tokenizer = Tokenizer(lexicon)
    assert tokenizer.encode("中国a") == [1000, ids["a"]]
    assert tokenizer.encode_batch(["中国a"])[0].tolist() == [1000, ids["a"]]
    assert tokenizer.decode([1000, 300 + ord("a"), 0, 7]) == "中国a<unk><s>"
    assert tokenizer.decode([300 + b for b in "中".encode()]) == "中"
    assert tokenizer.vocab_size == 1258
    assert tokenizer.id_to_token(5) == ""
    assert tokenizer.log_prob([*reference.in_bytes("龘")]) == pytest.approx(0)
    assert tokenizer.log_partition("龘", alpha=1.0) == pytest.approx(-20)
    paths = tokenizer.nbest("中国龘", 5)
    assert [len(path) for path, _ in paths] == [4, 7]
    assert paths[1][1] == pytest.approx(lexicon.log_probs[lexicon.index("中")] - 40)


@pytest.mark.parametrize(
    ("lexicon", "message"),
    [
        (Lexicon(["a"], [1], meta=LexiconMeta(byte_fallback=True)), "all 256 bytes as words; 255 are missing, first"),
        (vocabulary({"\udce4a": 1}), "not made of whole characters; only unit='byte'"),
        (vocabulary({"a\ud800b": 1}, unit="byte"), "not made of whole characters"),
        (Lexicon(["a"], [1], meta=LexiconMeta(unit="byte")), "does not hold all 256"),
        (vocabulary({}, alnum="token"), "alnum must be 'split'"),
        (Lexicon(["a", "b"], [1, 1], scores={"id": [1, 1]}), "the same id"),
        (Lexicon(["a", "b"], [1, 1], scores={"id": [1, 1.5]}), "whole numbers"),
        (Lexicon(["a", "b"], [1, 1], scores={"id": [1, 1e18]}), "numbers from 0 to"),
        (Lexicon(["a"], [1], scores={"id": [float("nan")]}), "whole numbers"),
    ],
)
def test_bad_vocabularies(lexicon: Lexicon, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Tokenizer(lexicon)


def test_long_texts() -> None:
    tokenizer = Tokenizer(vocabulary({"中国": 4, "国中": 3}, unit="byte", objective="shortest"))
    text = "中国" * 300_000 + "龘"
    assert len(tokenizer.encode(text)) == 300_003
    assert tokenizer.decode(tokenizer.encode(text)) == text
    in_chars = Tokenizer(vocabulary({"中国": 4}))
    ids, offsets = in_chars.encode_batch(["龘😀" * 5000, "中国", "龘" * 9000], workers=3)
    assert np.diff(offsets).tolist() == [35000, 1, 27000]
    assert in_chars.decode(ids) == "龘😀" * 5000 + "中国" + "龘" * 9000


@pytest.mark.parametrize("value", [float("nan"), float("-inf")])
def test_every_word_needs_a_probability(value: float) -> None:
    with pytest.raises(ValueError, match=r"ln p of the word '茶馆' is (nan|-inf); give it a number"):
        Tokenizer(Lexicon(["茶", "茶馆"], [1, 1], scores={"log_prob": [-1, value]}))


def test_all_methods_take_bytes() -> None:
    tokenizer = Tokenizer(vocabulary({"中国": 4, "国中": 3}, unit="byte", specials=("<pad>",)))
    text = "中国<pad>".encode()
    assert tokenizer.encode_with_specials(text) == [*tokenizer.encode("中国".encode()), 0]
    parts = tokenizer.encode(b"\xff"), tokenizer.encode(b"\xe4")
    assert tokenizer.encode_with_specials(b"\xff<pad>\xe4") == [*parts[0], 0, *parts[1]]
    assert tokenizer.encode_with_specials("中国<pad>") == tokenizer.encode_with_specials(text)
    assert tokenizer.calibrate_alpha(text, 1.5) == tokenizer.calibrate_alpha([text], 1.5)
    for wrong in (None, ["<pad>"]):
        with pytest.raises(TypeError, match="a text must be str"):
            tokenizer.encode_with_specials(wrong)  # type: ignore[arg-type]
