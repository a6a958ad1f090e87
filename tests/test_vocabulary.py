"""Vocabularies of fixed size: candidates, savings and search against slow versions; the builder."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import Corpus, CorpusError, Lexicon, Tokenizer, VocabularyBuilder
from nlp_zero._kernels.vocabulary import Search, Splitter, Text, count_pieces
from nlp_zero.builders.vocabulary.discount import Discount
from nlp_zero.builders.vocabulary.folds import assign_folds
from nlp_zero.builders.vocabulary.swap import SwapSearch, find_largest
from nlp_zero.builders.vocabulary.text import sample_blocks
from nlp_zero.cli import main
from nlp_zero.corpus import read_blocks
from nlp_zero.counting.counter import NgramCounter
from nlp_zero.counting.counts import levels_of

from .reference import vocabulary as slow

SAMPLE = Path(__file__).parent.parent / "corpora" / "sample.txt"
LINES = ["青石镇的早晨下雨", "我到青石镇来喝早晨的茶", "青石镇下雨了，早晨下雨", "早晨的茶12龘", "哈哈哈哈哈😀"] * 2
lines_of_text = st.lists(st.text("abc春天é", max_size=12), min_size=1, max_size=6)


def text_of(lines: list[str], *, as_bytes: bool = False) -> Text:
    text = Text(bytes=as_bytes)
    assert text.add(np.frombuffer("\n".join(lines).encode(), np.uint8))
    return text


def search_of(lines: list[str], *, min_count: int = 2, longest: int = 6, block: int = 5) -> Search:
    return Search(text_of(lines), min_count=min_count, max_length=longest, fallback=True, block=block)


def ids_of(search: Search, pieces: list[str]) -> list[int]:
    found = search.locate([list(map(ord, piece)) for piece in pieces])
    assert None not in found
    return [id_ for id_ in found if id_ is not None]


def candidates(search: Search) -> dict[str, int]:
    counts = search.counts()
    return {search.spell(k).decode(): int(counts[k]) for k in range(search.first_symbol)}


# --- the text ---------------------------------------------------------------------------------------------------------


def test_text_is_lines_of_symbols() -> None:
    text = Text(bytes=False)
    assert text.add(np.frombuffer("春天\r\n\n春a\rb".encode(), np.uint8))
    assert text.encoded.tolist() == [0, 1, 2, 0, 1, 3, 4, 5, 0]
    assert [chr(c) for c in text.codes.tolist()[1:]] == ["春", "天", "a", "\r", "b"]
    assert text.symbols == 6


def test_bad_bytes_change_nothing() -> None:
    text = text_of(["春天"])
    assert not text.add(np.frombuffer(b"ab\n\xe6\x98", np.uint8))
    assert text.encoded.tolist() == [0, 1, 2, 0]
    surrogate = "\ud83d".encode("utf-8", "surrogatepass")
    assert not text.add(np.frombuffer(surrogate, np.uint8))
    assert text.add(np.frombuffer(surrogate, np.uint8), surrogates=True)
    assert text.codes.tolist()[-1] == 0xD83D


def test_long_lines_are_cut() -> None:
    assert np.count_nonzero(text_of(["春" * 10_000]).encoded == 0) == 1 + 3


# --- candidates -------------------------------------------------------------------------------------------------------


@given(lines_of_text, st.integers(2, 3), st.integers(1, 5))
@settings(max_examples=150)
def test_candidates_are_the_maximal_strings(lines: list[str], min_count: int, longest: int) -> None:
    if not any(lines):
        return
    search = search_of(lines, min_count=min_count, longest=longest)
    assert candidates(search) == slow.maximal_strings(lines, min_count=min_count, longest=longest)


def test_lonely_symbols_join_no_others() -> None:
    text = text_of(["春1天1春"] * 3)
    search = Search(text, min_count=2, max_length=4, fallback=True, block=5, lonely=[2])
    assert chr(text.codes[2]) == "1"
    assert candidates(search) == {}


def test_wanted_strings_are_candidates_however_rare() -> None:
    text = text_of(["春天来了", "春天"])
    wanted = ["天来了", "春天", "秋天", "来"]
    search = Search(text, min_count=2, max_length=2, fallback=True, block=5, wanted=[list(map(ord, w)) for w in wanted])
    assert candidates(search) == {"春天": 2, "天来了": 1}
    assert [id_ is None for id_ in search.locate([list(map(ord, w)) for w in wanted])] == [False, False, True, False]


def test_many_positions_are_sorted_like_few() -> None:
    """More than 1,024 positions in one group go through the radix sort."""
    rng = np.random.default_rng(0)
    lines = ["".join(chr(0x4E00 + k) for k in rng.integers(0, 4, 40)) for _ in range(300)]
    assert candidates(search_of(lines, min_count=9, longest=3)) == slow.maximal_strings(lines, min_count=9, longest=3)


# --- savings of pieces ------------------------------------------------------------------------------------------------


def prepared(lines: list[str], chosen: list[int]) -> tuple[Search, list[str], list[str]]:
    """A search with some pieces present, those, and the absent ones."""
    search = search_of(lines)
    names = sorted(candidates(search)) + sorted({c for line in lines for c in line if c >= "\x80"})
    present = [names[k % len(names)] for k in chosen] if names else []
    mask = np.zeros(len(search.present), np.bool_)
    mask[ids_of(search, present)] = True
    search.present = mask
    search.activate()
    return search, sorted(set(present)), sorted(set(names) - set(present))


@given(lines_of_text, st.lists(st.integers(0, 50), max_size=8))
@settings(max_examples=150)
def test_tokens_are_the_fewest(lines: list[str], chosen: list[int]) -> None:
    if not any(lines):
        return
    search, present, _ = prepared(lines, chosen)
    search.run(absent=False)
    assert search.tokens == sum(slow.fewest(line, present) for line in lines)
    assert search.uses.sum() + search.byte_uses.sum() >= search.tokens


@given(lines_of_text, st.lists(st.integers(0, 50), max_size=8))
@settings(max_examples=100)
def test_value_of_absent_pieces_is_their_saving_at_each_place(lines: list[str], chosen: list[int]) -> None:
    if not any(lines):
        return
    search, present, absent = prepared(lines, chosen)
    search.run(absent=True)
    for piece, id_ in zip(absent, ids_of(search, absent), strict=True):
        expected, free = 0, 0
        for line in lines:
            free = 0
            for i in range(len(line) - len(piece) + 1):
                saved = slow.gain(line, i, i + len(piece), present) if line[i : i + len(piece)] == piece else 0
                if saved and i >= free:
                    expected, free = expected + saved, i + len(piece)
        assert search.saved[id_].sum() == expected, piece


@given(lines_of_text, st.lists(st.integers(0, 50), max_size=8))
@settings(max_examples=100)
def test_value_of_present_pieces_is_their_loss_at_each_place(lines: list[str], chosen: list[int]) -> None:
    """Ties between paths are broken by probability, so only the sum over all pieces of one line is compared."""
    lines = [line[:7] for line in lines]
    if not any(lines):
        return
    search, present, _ = prepared(lines, chosen)
    search.run(absent=False)
    total = float(search.saved[search.present].sum())
    low = high = 0.0
    for line in lines:
        best = slow.fewest(line, present)
        sums = []
        for path in slow.segmentations(line, present):
            if slow.cost(path, present) == best:
                known = [k for k, piece in enumerate(path) if piece in present]
                sums.append(sum(slow.loss(path, k, present) for k in known))
        low, high = low + min(sums), high + max(sums)
    assert low <= total <= high


def test_beginnings_spell_characters_in_fewer_tokens() -> None:
    search = search_of(["龘龙龜春", "龘😀é"])
    lengths, counts = search.lengths(), search.counts()
    beginnings = {search.spell(k): int(counts[k]) for k in range(search.first_prefix, len(lengths))}
    assert beginnings["龘".encode()[:2]] == 3  # 龘, 龙 and 龜
    assert set(beginnings) == {"龘".encode()[:2], "春".encode()[:2], "😀".encode()[:2], "😀".encode()[:3]}
    mask = np.zeros(len(lengths), np.bool_)
    search.run(absent=False)
    assert search.tokens == 5 * 3 + 4 + 2
    for name, saved in ((b"\xe9\xbe", 4), ("😀".encode()[:2], 1), ("😀".encode()[:3], 1)):
        before = search.tokens
        mask[next(k for k in range(search.first_prefix, len(lengths)) if search.spell(k) == name)] = True
        search.present = mask
        search.run(absent=False)
        pieces = [search.spell(int(k)) for k in np.flatnonzero(mask)]
        expected = sum(len(slow.spelled(c, pieces)) for c in "龘龙龜春龘😀é")
        assert search.tokens == expected == before - saved


# --- the discount -----------------------------------------------------------------------------------------------------


def test_discount_is_recovered_from_folds_that_have_it() -> None:
    """Where rates fall off as a power law with exponent 1.2, a count of n is worth n - 1.2 on average."""
    rng = np.random.default_rng(3)
    rate = 0.1 * (rng.pareto(1.2, 400_000) + 1)
    blocks = rng.poisson(np.minimum(rate, 300)[:, None] / 4, (len(rate), 4))
    discount = Discount()
    discount.estimate(blocks.astype(np.float32), blocks.astype(np.uint32), np.full(4, 0.25), np.full(len(rate), 2))
    assert discount.discount[2] == pytest.approx(1.2, abs=0.15)
    assert discount.scale[2] == pytest.approx(1, abs=0.03)
    assert discount.discount[3] == Discount().discount[3]  # the other classes had no data


def test_folds_follow_topics() -> None:
    lines = ["春天来了花开鸟叫" * 5] * 40 + ["股票市场今日上涨" * 5] * 40
    rng = np.random.default_rng(1)
    order = rng.permutation(80)
    search = Search(text_of([lines[k] for k in order]), min_count=2, max_length=4, fallback=True, block=30)
    folds = assign_folds(search)
    assert np.bincount(folds, minlength=4).tolist() == [20] * 4
    first = set(folds[order < 40].tolist())
    assert first in ({0, 1}, {2, 3})


def test_largest_breaks_ties_by_place() -> None:
    values = np.array([1.0, 3.0, 2.0, 3.0, 2.0, 2.0])
    assert find_largest(values, 3).tolist() == [1, 2, 3]
    assert find_largest(values, 0).tolist() == []
    assert find_largest(values, 9).tolist() == list(range(6))


# --- the builder ------------------------------------------------------------------------------------------------------


def built(lines: list[str] | Corpus, **options: object) -> Lexicon:
    return VocabularyBuilder(**options).build(lines)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [258, 270, 300])
@pytest.mark.parametrize("unit", ["char", "byte"])
@pytest.mark.parametrize("objective", ["shortest", "unigram"])
def test_vocabulary_has_its_size_and_decodes_every_text(size: int, unit: str, objective: str) -> None:
    lexicon = built(LINES, vocab_size=size, unit=unit, objective=objective, specials=["<pad>"])
    assert len(lexicon) == size - 1
    assert {bytes([b]).decode("utf-8", "surrogateescape") for b in range(256)} <= set(lexicon)
    tokenizer = Tokenizer(lexicon)
    for text in [*LINES, "", "完全不同的文字 abc\u0000\r\n\t", "\U0001f9ff\ud83d", "é" * 50]:
        assert tokenizer.decode(tokenizer.encode(text)) == text


def test_any_bytes_are_decoded() -> None:
    lexicon = built(LINES, vocab_size=262, unit="byte", ensure_unicode=False)
    tokenizer = Tokenizer(lexicon)
    data = bytes(range(256)) + "青石镇".encode()[:-1]
    assert tokenizer.decode_bytes(tokenizer.encode(data)) == data
    assert any(len(word) > 1 and any(c >= "\udc80" for c in word) for word in lexicon)  # pieces cut characters


def test_counts_are_those_of_the_tokenizer() -> None:
    """The learning kernel and the tokenizer agree on the number of tokens."""
    for options in ({}, {"unit": "byte"}, {"unit": "byte", "ensure_unicode": False}, {"beginnings": False}):
        lexicon = built(Corpus(SAMPLE), vocab_size=600, **options)
        tokenizer = Tokenizer(lexicon)
        tokens = [token for line in Corpus(SAMPLE) for token in tokenizer.tokenize(line)]
        assert len(tokens) == lexicon.total
        assert lexicon.total == lexicon.meta.tokens
        parts = [word for word in lexicon if len(word) > 1 and any("\udc80" <= c <= "\udcff" for c in word)]
        assert bool(parts) == ("beginnings" not in options)


def test_a_vocabulary_beats_its_characters() -> None:
    lexicon = built(Corpus(SAMPLE), vocab_size=900)
    characters = sorted({c for line in Corpus(SAMPLE) for c in line})
    plain = sum(slow.fewest(line, characters) for line in Corpus(SAMPLE))
    assert lexicon.total < 0.75 * plain
    assert "青石镇" in lexicon
    assert lexicon["青石镇"] > 0


def test_several_sizes_equal_single_ones() -> None:
    builder = VocabularyBuilder(vocab_size=[300, 500])
    assert builder.sizes == VocabularyBuilder(vocab_size=np.array([300, 500])).sizes  # type: ignore[arg-type]
    both = builder.build_sizes(Corpus(SAMPLE))
    with pytest.raises(ValueError, match="build_sizes"):
        builder.build(LINES)
    assert list(both) == [300, 500]
    assert both[300] == built(Corpus(SAMPLE), vocab_size=300)
    assert both[500] == built(Corpus(SAMPLE), vocab_size=500)
    assert both[500].meta == built(Corpus(SAMPLE), vocab_size=500).meta


def test_required_and_specials() -> None:
    required = ["雨了，早晨", "不在文中", "a", "龘", "鑫"]
    lexicon = built(LINES, vocab_size=266, required=required, specials=["<pad>", "早晨", "b c"])
    assert len(lexicon) == 263
    assert set(required) <= set(lexicon)
    assert lexicon["不在文中"] == 0
    assert "早晨" not in lexicon  # a special token is never learnt from text
    tokenizer = Tokenizer(lexicon)
    assert tokenizer.token_to_id("<pad>") == 0
    assert tokenizer.token_to_id("b c") == 2
    assert tokenizer.tokenize("下雨了，早晨")[-1] == "雨了，早晨"


def test_digits_alone() -> None:
    lines = ["在1998年和１９９８年", "1998年", "三〇年1998"] * 4
    joined = built(lines, vocab_size=266)
    assert any(len(word) > 1 and any(map(str.isdecimal, word)) for word in joined)
    alone = built(lines, vocab_size=266, isolate_digits=True)
    assert not any(len(word) > 1 and any(map(str.isdecimal, word)) for word in alone)


def test_longest_piece() -> None:
    lexicon = built(LINES, vocab_size=270, max_piece_length=2)
    assert max(map(len, lexicon)) == 2


def test_without_bytes_the_rest_is_unknown() -> None:
    lexicon = built(LINES, vocab_size=20, byte_fallback=False)
    assert len(lexicon) == 20
    assert not any("\udc80" <= c <= "\udcff" for word in lexicon for c in word)
    assert lexicon.meta.byte_fallback is False
    assert "".join(Tokenizer(lexicon).tokenize("青石镇蠹")) == "青石镇蠹"


def test_surrogates_are_not_pieces() -> None:
    lexicon = built(["\ud83d春\ud83d春"] * 4, vocab_size=257)
    assert not any("\ud83d" in word for word in lexicon)
    tokenizer = Tokenizer(lexicon)
    assert tokenizer.decode(tokenizer.encode("\ud83d春")) == "\ud83d春"


def test_the_file_holds_everything(tmp_path: Path) -> None:
    lexicon = built(LINES, vocab_size=290, specials=["<pad>", "a b"])
    lexicon.save(tmp_path / "v.tsv")
    again = Lexicon.load(tmp_path / "v.tsv")
    assert again == lexicon
    text = "青石镇龘\t\\ 😀"
    assert Tokenizer(again).encode(text) == Tokenizer(lexicon).encode(text)


def test_a_generator_is_enough() -> None:
    assert built((line for line in LINES), vocab_size=280) == built(LINES, vocab_size=280)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vocab_size": 256}, "too small"),
        ({"vocab_size": 0}, "at least 1"),
        ({"vocab_size": []}, "at least one"),
        ({"vocab_size": 300, "unit": "word"}, "unit"),
        ({"objective": "longest"}, "objective"),
        ({"unit": "byte", "byte_fallback": False}, "256 bytes"),
        ({"algorithm": "bpe"}, "algorithm"),
        ({"algorithm": "ngram-lm", "byte_fallback": False}, "bytes"),
        ({"max_piece_length": 64}, "from 1 to 63"),
        ({"required": ["a", "a"]}, "twice"),
        ({"required": ["春"], "specials": ["春"]}, "both"),
        ({"specials": [""]}, "empty"),
        ({"specials": ["\udce4"]}, "whole characters"),
        ({"sample": 0}, "sample"),
    ],
)
def test_bad_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        VocabularyBuilder(**options)  # type: ignore[arg-type]


def test_strings_in_place_of_lists_are_refused() -> None:
    with pytest.raises(TypeError, match="list of strings"):
        VocabularyBuilder(specials="<pad>")
    with pytest.raises(TypeError, match="many texts"):
        VocabularyBuilder().build("春天")


def test_too_little_text_names_the_largest_size() -> None:
    with pytest.raises(ValueError, match="a size of at most") as caught:
        VocabularyBuilder(vocab_size=5000).build(LINES)
    most = int(str(caught.value).rstrip(".").split()[-1])
    assert len(built(LINES, vocab_size=most)) == most
    with pytest.raises(ValueError, match="more than"):
        VocabularyBuilder(vocab_size=most + 1).build(LINES)


def test_no_text() -> None:
    with pytest.raises(CorpusError, match="nothing to count"):
        VocabularyBuilder().build(["", ""])


def test_bad_utf8_is_named_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes("春天\n".encode() + b"ab\xff\n")
    with pytest.raises(CorpusError, match="byte 9"):
        VocabularyBuilder(vocab_size=300).build(Corpus(path))
    path.write_bytes(b"ab\xff\nab\xff\n")
    assert len(built(Corpus(path), vocab_size=257, unit="byte", ensure_unicode=False)) == 257


# --- BytePiece's method -----------------------------------------------------------------------------------------------


@given(st.lists(st.text("ab春天", min_size=1, max_size=3), min_size=2, max_size=5), st.integers(2, 4), st.booleans())
@settings(max_examples=60)
def test_cut_by_ngrams_is_the_best_of_all_cuts(lines: list[str], order: int, whole: bool) -> None:
    counts = NgramCounter(order=order, unit="byte").update(lines).freeze()
    table = Counter(
        data[i : i + n]
        for data in map(str.encode, lines)
        for n in range(1, order + 1)
        for i in range(len(data) - n + 1)
    )
    total = counts.total(1)
    for line in lines:
        text = text_of([line], as_bytes=True)
        found = count_pieces(levels_of(counts), counts.symbols, total, text.encoded, text.codes, whole=whole)
        scores = [
            (slow.ngram_score(cut, table, total, order), Counter(cut))
            for cut in slow.byte_cuts(line.encode(), whole=whole)
        ]
        best = max(score for score, _ in scores)
        assert any(score >= best - 1e-9 and pieces == found for score, pieces in scores)


@given(st.dictionaries(st.text("ab", min_size=1, max_size=4), st.integers(1, 9), max_size=8), st.text("ab", max_size=7))
def test_splitter_takes_the_most_probable_pieces(counts: dict[str, int], text: str) -> None:
    counts |= {"a": 1, "b": 1}
    log_probs = {piece: math.log(n / sum(counts.values())) for piece, n in counts.items()}
    splitter = Splitter({piece.encode(): value for piece, value in log_probs.items()})
    parts = [part.decode() for part in splitter.split(text.encode())]
    assert "".join(parts) == text
    assert -sum(log_probs[part] for part in parts) / math.log(2) == pytest.approx(slow.bits(text, log_probs))
    if len(text) > 1:
        assert splitter.split(text.encode(), itself=False) != [text.encode()]


@pytest.mark.parametrize("unit", ["char", "byte"])
def test_ngram_lm(unit: str) -> None:
    options = {"unit": unit, "algorithm": "ngram-lm", "isolate_digits": True, "required": ["周明远说"]}
    lexicon = built(Corpus(SAMPLE), vocab_size=500, specials=["<s>"], **options)
    assert len(lexicon) == 499
    assert "周明远说" in lexicon
    assert "青石镇" in lexicon
    assert not any(len(word) > 1 and any(map(str.isdecimal, word)) for word in lexicon)
    assert max(len(word) for word in lexicon) <= 16
    tokenizer = Tokenizer(lexicon)
    for text in ["青石镇在柳河边", "😀 abc\n", "龘"]:
        assert tokenizer.decode(tokenizer.encode(text)) == text
    both = VocabularyBuilder(vocab_size=[400, 500], specials=["<s>"], **options).build_sizes(Corpus(SAMPLE))  # type: ignore[arg-type]
    assert both[500] == lexicon


def test_ngram_lm_of_any_bytes(tmp_path: Path) -> None:
    path = tmp_path / "b"
    path.write_bytes(b"ab\xff\xfeab\xff\xfe\n" * 5 + SAMPLE.read_bytes())
    lexicon = built(Corpus(path), vocab_size=400, unit="byte", ensure_unicode=False, algorithm="ngram-lm")
    assert len(lexicon) == 400
    tokenizer = Tokenizer(lexicon)
    assert tokenizer.decode_bytes(tokenizer.encode(b"ab\xff\xfe\xe9")) == b"ab\xff\xfe\xe9"
    with pytest.raises(CorpusError, match="byte 2"):
        VocabularyBuilder(vocab_size=400, unit="byte", algorithm="ngram-lm").build(Corpus(path))


# --- the sample -------------------------------------------------------------------------------------------------------


@given(st.integers(1, 4000), st.integers(0, 60))
@settings(max_examples=40)
def test_a_spread_sample_is_bounded_and_even(most: int, number: int) -> None:
    lines = [f"{k:04d}" * 2048 + "\n" for k in range(number)]  # each is half a piece
    blocks = list(sample_blocks(read_blocks(lines), most * 8, any_bytes=False))
    total = sum(len(block.data) for block in blocks)
    everything = sum(map(len, lines)) + max(0, number - 1)
    if everything <= most * 8:
        assert total == everything
    else:
        assert most * 4 < total <= most * 8 + 8193 * 2


def test_sample_is_reproducible() -> None:
    lines = list(Corpus(SAMPLE)) * 5
    sampled = built(lines, vocab_size=400, sample=8000)
    assert sampled == built(lines, vocab_size=400, sample=8000)
    assert 6000 < sampled.meta.characters < 9000


# --- the search -------------------------------------------------------------------------------------------------------


def test_one_swap_never_leaves_more_or_fewer_pieces() -> None:
    search = search_of(LINES)
    usable = np.ones(len(search.present), np.bool_)
    usable[search.first_symbol] = False
    fixed = np.zeros_like(usable)
    fixed[ids_of(search, ["龘"])] = True
    swap = SwapSearch(search, usable, fixed)
    for size in (1, 5, 12, swap.most):
        swap.run(size)
        assert np.count_nonzero(search.present) == size
        assert search.present[fixed].all()


# --- the command line -------------------------------------------------------------------------------------------------


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "v.tsv"
    required = tmp_path / "required.txt"
    required.write_text("青石\n\n周明远说\n", encoding="utf-8")
    assert run(
        "build-vocab", SAMPLE, "-o", out, "--method", "vocabulary", "--vocab-size", 400, "--specials", "<pad>,<bos>",
        "--required", required, "--isolate-digits", "--max-piece-length", 5,
    ) == 0  # fmt: skip
    assert "400 ids" in capsys.readouterr().err
    lexicon = Lexicon.load(out)
    assert len(lexicon) == 398
    assert "周明远说" in lexicon
    assert lexicon.meta.specials == ("<pad>", "<bos>")
    assert run("tokenize", SAMPLE, "--lexicon", out, "--format", "ids", "-o", tmp_path / "ids") == 0


def test_command_line_several_sizes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "v.tsv"
    assert run("build-vocab", SAMPLE, "-o", out, "--method", "vocabulary", "--vocab-size", "300,400", "--json") == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["vocab_size"], line["pieces"]) for line in found] == [(300, 300), (400, 400)]
    assert [len(Lexicon.load(tmp_path / f"v.{n}.tsv")) for n in (300, 400)] == [300, 400]
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["--vocab-size", "many"], 2, "whole numbers"),
        (["--vocab-size", "300,300"], 2, "twice"),
        (["--vocab-size", "300,400"], 2, "several files"),
        (["--vocab-size", "100"], 2, "too small"),
        (["--vocab-size", "100000"], 1, "a size of at most"),
        (["--min-count", "2"], 2, "--min-count is not an option"),
        (["--top", "5"], 2, "--top is not an option"),
        (["--alnum", "join"], 2, "--alnum is not an option"),
        (["--required", "missing.txt"], 1, "missing.txt"),
    ],
)
def test_command_line_refusals(
    options: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("build-vocab", SAMPLE, "--method", "vocabulary", *options) == status
    assert message in capsys.readouterr().err


def test_vocabulary_options_belong_to_vocabularies(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("build-vocab", SAMPLE, "--vocab-size", "300") == 2
    assert "--vocab-size is not an option of --method pmi" in capsys.readouterr().err


# --- characters at which pieces end -----------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"unit": "byte"}, {"algorithm": "ngram-lm"}, {"objective": "unigram"}])
def test_no_piece_joins_characters_of_split_at(options: dict[str, str]) -> None:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    free = VocabularyBuilder(vocab_size=700, **options).build(lines)  # type: ignore[arg-type]
    assert any(len(piece) > 1 and "，" in piece for piece in free)
    assert any(len(piece) > 1 and "的" in piece for piece in free)
    for split_at in ("，的", "punctuation"):
        vocabulary = VocabularyBuilder(vocab_size=700, split_at=split_at, **options).build(lines)  # type: ignore[arg-type]
        chars = "，。！“”—" if split_at == "punctuation" else split_at
        assert not [piece for piece in vocabulary if len(piece) > 1 and any(char in piece for char in chars)]
        assert any(len(piece) > 1 and "的" in piece for piece in vocabulary) == (split_at == "punctuation")
        tokenizer = Tokenizer(vocabulary)
        assert [tokenizer.decode(tokenizer.encode(line)) for line in lines] == lines


def test_pieces_that_must_be_there_may_join_any_characters() -> None:
    vocabulary = VocabularyBuilder(vocab_size=300, split_at="，", required=["早，晨"]).build(LINES)
    assert "早，晨" in vocabulary


# --- threads ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"objective": "unigram"}, {"unit": "byte"}, {"algorithm": "ngram-lm"}])
def test_threads_do_not_change_a_vocabulary(options: dict[str, str]) -> None:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    files = set()
    for workers in (1, 2, 3, 9):
        builder = VocabularyBuilder(vocab_size=[500, 700], workers=workers, **options)  # type: ignore[arg-type]
        files.add("".join("".join(lexicon.lines()) for lexicon in builder.build_sizes(lines).values()))
    assert len(files) == 1


@given(lines_of_text, st.integers(1, 6), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_passes_of_threads_are_those_of_one(lines: list[str], block: int, random: Random) -> None:
    lines = [*lines, "春天ab", "春天ab"]
    found = []
    for workers in (1, 2, 4):
        search = search_of(lines, block=block)
        search.fold = np.array([random.randrange(4) for _ in search.fold] if not found else found[0][0], np.uint8)
        present = np.zeros(len(search.present), np.bool_)
        present[: len(present) // 2] = True
        search.present = present
        search.set_price(0, 1)
        search.activate(workers=workers)
        results: list[Any] = [search.fold.tolist()]
        for absent in (False, True, False):
            search.run(absent=absent, workers=workers)
            results += [search.uses.tolist(), search.byte_uses.tolist(), search.saved.tolist(), search.spread.tolist()]
            results += [search.tokens, search.cost]
        found.append(results)
    assert found[0] == found[1] == found[2]


def test_folds_may_change_after_pieces_were_activated() -> None:
    """The lattice of a fold is that of its own blocks."""
    savings = []
    for late in (False, True):
        search = search_of(LINES)
        folds = np.arange(len(search.fold), dtype=np.uint8)[::-1] % 4
        search.present = np.ones(len(search.present), np.bool_)
        if not late:
            search.fold = folds
        search.activate()
        if late:
            search.fold = folds
        search.run(absent=False)
        savings.append((search.saved.tolist(), search.uses.tolist(), search.tokens))
    assert savings[0] == savings[1]
