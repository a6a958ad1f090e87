"""Vocabularies of other models with further pieces: byte-level BPE and Unigram, against plain encoders and theirs."""

from __future__ import annotations

import inspect
import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

import nlp_zero
from nlp_zero import CorpusError, FormatError, Lexicon, VocabularyBuilder
from nlp_zero._kernels.vocabulary import Merger
from nlp_zero.builders import ExtendedVocabulary
from nlp_zero.cli import main

from .reference.extending import WORDS, ByteLevelBpe, count_pairs, merge_word

SAMPLE = Path(__file__).parent.parent / "corpora" / "sample.txt"
CHINESE = SAMPLE.read_text(encoding="utf-8").splitlines()
ENGLISH = [
    line.encode("ascii", "ignore").decode()
    for thing in (nlp_zero.Tokenizer, nlp_zero.Lexicon, nlp_zero.Corpus, nlp_zero.NgramCounts, VocabularyBuilder)
    for line in inspect.getsource(thing).splitlines()
]
MIXED = ["Call me 陈守业.", "  两个  空格 \t", "a<|end|>青石镇<|pad|><|end|>", "龘靐😀é", "1998年１月", "…………！！", ""]
LINES = [*CHINESE, *ENGLISH, *MIXED]


def train_bpe() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=600, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(ENGLISH, trainer)
    tokenizer.add_special_tokens(["<|end|>"])
    tokenizer.add_tokens([AddedToken("<|pad|>", normalized=False)])
    return tokenizer


def train_unigram() -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    trainer = trainers.UnigramTrainer(
        vocab_size=1600, unk_token="<unk>", special_tokens=["<unk>"], show_progress=False
    )
    tokenizer.train_from_iterator([*ENGLISH, *sorted(set("".join(CHINESE)))], trainer)
    tokenizer.add_special_tokens(["<|end|>"])
    return tokenizer


@cache
def text_of_base(kind: str) -> str:
    """The tokenizer.json of a small model of English."""
    value = json.loads((train_unigram() if kind == "unigram" else train_bpe()).to_str())
    if kind == "old merges":
        value["model"]["merges"] = [" ".join(pair) for pair in value["model"]["merges"]]
    if kind == "whole words":  # as Llama 3 has it
        value["model"]["ignore_merges"] = True
        value["pre_tokenizer"] = json.loads(pre_tokenizers_of_llama().to_str())["pre_tokenizer"]
    return json.dumps(value)


def pre_tokenizers_of_llama() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(WORDS.pattern), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    return tokenizer


def base_of(kind: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(text_of_base(kind))
    return value


@cache
def extended(kind: str = "bpe", add: int = 300) -> ExtendedVocabulary:
    return VocabularyBuilder(base=base_of(kind), add_pieces=add).extend(CHINESE)


def tokenizer_of(vocabulary: ExtendedVocabulary) -> Tokenizer:
    return Tokenizer.from_str(vocabulary.to_json())


def encode(tokenizer: Tokenizer, line: str) -> list[int]:
    ids: list[int] = tokenizer.encode(line, add_special_tokens=False).ids
    return ids


BPE_KINDS = ["bpe", "old merges", "whole words"]

# --- the kernel -------------------------------------------------------------------------------------------------------


def merger_of(words: dict[tuple[int, ...], int]) -> Merger:
    tokens = np.array([token for word in words for token in word], np.uint32)
    ends = np.cumsum([len(word) for word in words]).astype(np.uint64)
    return Merger(tokens, ends, np.array(list(words.values()), np.uint64))


def words_of(merger: Merger) -> list[list[int]]:
    tokens, ends = merger.list_tokens()
    return [part.tolist() for part in np.split(tokens, ends[:-1].astype(np.int64))]


small_words = st.dictionaries(
    st.lists(st.integers(0, 3), min_size=1, max_size=12).map(tuple), st.integers(1, 9), min_size=1, max_size=8
)


@given(small_words, st.integers(1, 8), st.booleans())
@settings(max_examples=200)
def test_merges_are_those_of_the_definition(words: dict[tuple[int, ...], int], number: int, same: bool) -> None:
    """After each merge, the words are what an encoder makes of them, also if two pairs become the same token."""
    merger, ranks, results = merger_of(words), dict[tuple[Any, Any], int](), dict[tuple[Any, Any], Any]()
    spelling = {token: str(token) for token in range(4)}
    tokens: dict[str, int] = {}
    for step in range(number):
        now = [tuple(merge_word(list(word), ranks, results)) for word in words]
        assert words_of(merger) == [list(word) for word in now]
        pairs = count_pairs(zip(now, words.values(), strict=True))
        best = min(pairs, key=lambda pair: (-pairs[pair], pair)) if pairs else None
        assert merger.find_best() == (None if best is None else (*best, pairs[best]))
        if best is None:
            return
        text = spelling[best[0]] + spelling[best[1]]
        merged = tokens.setdefault(text, 4 + len(tokens)) if same else 4 + step
        spelling[merged] = text
        ranks[best], results[best] = step, merged
        merger.merge(*best, merged)


def test_an_earlier_merge_is_made_at_once() -> None:
    """Two pairs that become one token: the merge learnt first continues where the second one ends."""
    merger = merger_of({(0, 1, 2, 3): 9, (0, 9, 1, 2, 3): 1})
    a, b, c, d, ab, bc, abc, abcd = 0, 1, 2, 3, 10, 11, 12, 13
    for left, right, merged in [(a, b, ab), (ab, c, abc), (abc, d, abcd), (b, c, bc)]:
        merger.merge(left, right, merged)
    assert words_of(merger) == [[abcd], [0, 9, bc, 3]]
    later = merger_of({(0, 4, 2, 3): 1})
    for left, right, merged in [(abc, d, abcd), (4, c, bc), (a, bc, abc)]:
        later.merge(left, right, merged)
    assert words_of(later) == [[abcd]]


def test_rejected_pairs_and_rare_pairs_are_not_offered() -> None:
    merger = merger_of({(0, 1): 5, (2, 3): 4, (2, 2): 1})
    assert merger.find_best() == (0, 1, 5)
    merger.reject(0, 1)
    assert merger.find_best() == (2, 3, 4)
    assert merger.find_best(5) is None
    assert Merger(np.zeros(0, np.uint32), np.zeros(0, np.uint64), np.zeros(0, np.uint64)).find_best() is None
    with pytest.raises(ValueError, match="one number for each word"):
        Merger(np.zeros(3, np.uint32), np.array([2], np.uint64), np.array([1], np.uint64))


# --- byte-level BPE ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BPE_KINDS)
def test_ids_are_those_of_the_definition_and_of_tokenizers(kind: str) -> None:
    vocabulary = extended(kind)
    theirs, plain = tokenizer_of(vocabulary), ByteLevelBpe(json.loads(vocabulary.to_json()))
    ids = [encode(theirs, line) for line in LINES]
    assert ids == [plain.encode(line) for line in LINES]
    assert [theirs.decode(line, skip_special_tokens=False) for line in ids] == LINES
    assert max(map(max, filter(None, ids))) >= vocabulary.base_size


@given(st.text("青石镇的早晨，。 ab1\n<|end|>😀", max_size=20))
@settings(max_examples=100)
def test_any_text_has_the_ids_of_the_definition(text: str) -> None:
    theirs, plain = tokenizer_of_bpe(), plain_bpe()
    assert encode(theirs, text) == plain.encode(text)


@cache
def tokenizer_of_bpe() -> Tokenizer:
    return tokenizer_of(extended())


@cache
def plain_bpe() -> ByteLevelBpe:
    return ByteLevelBpe(json.loads(extended().to_json()))


@pytest.mark.parametrize("kind", [*BPE_KINDS, "unigram"])
def test_ids_of_the_base_are_kept(kind: str) -> None:
    before, after = Tokenizer.from_str(text_of_base(kind)), tokenizer_of(extended(kind))
    assert extended(kind).base_size == before.get_vocab_size()
    for piece, number in before.get_vocab().items():
        assert after.token_to_id(piece) == number
    assert after.get_vocab_size() == before.get_vocab_size() + 300
    assert after.get_added_tokens_decoder().keys() == before.get_added_tokens_decoder().keys()
    again = Tokenizer.from_str(after.to_str())  # as save_pretrained writes it
    assert [encode(again, line) for line in LINES] == [encode(after, line) for line in LINES]


@pytest.mark.parametrize("kind", [*BPE_KINDS, "unigram"])
def test_text_without_new_pieces_is_unchanged_and_no_text_gets_longer(kind: str) -> None:
    before, after = Tokenizer.from_str(text_of_base(kind)), tokenizer_of(extended(kind))
    unchanged = 0
    for line in LINES:
        old, new = encode(before, line), encode(after, line)
        assert len(new) <= len(old)
        if max(new, default=0) < extended(kind).base_size:
            assert old == new
            unchanged += 1
    assert unchanged > len(ENGLISH) / 2


@pytest.mark.parametrize("kind", [*BPE_KINDS, "unigram"])
def test_savings_are_counted(kind: str) -> None:
    vocabulary = extended(kind)
    lines = [line for line in CHINESE if line]
    held_out = lines[9::10]
    learnt = [line for place, line in enumerate(lines) if place % 10 != 9]
    before, after = Tokenizer.from_str(text_of_base(kind)), tokenizer_of(vocabulary)
    ids: list[int] = []
    for savings, part in ((vocabulary.held_out, held_out), (vocabulary.learnt, learnt)):
        assert (savings.lines, savings.characters) == (len(part), sum(map(len, part)))
        assert savings.tokens_before == sum(len(encode(before, line)) for line in part)
        ids = [number for line in part for number in encode(after, line)]
        assert savings.tokens_after == len(ids)
        assert savings.saved == 1 - savings.tokens_after / savings.tokens_before
    new = np.bincount(np.array(ids), minlength=vocabulary.base_size + 300)[vocabulary.base_size :]
    assert vocabulary.counts.tolist() == new.tolist()
    assert vocabulary.held_out.saved > 0.2


def test_each_merge_is_the_most_frequent_pair() -> None:
    """The first pieces, chosen in the plainest way from the words of the learnt lines."""
    plain = ByteLevelBpe(base_of("bpe"))
    words: dict[tuple[str, ...], int] = {}
    lines = [line for line in CHINESE if line]
    for place, line in enumerate(lines):
        for word in WORDS.findall(line) if place % 10 != 9 else []:
            letters = [plain.letters[byte] for byte in word.encode()]
            key = tuple(merge_word(letters, plain.ranks, plain.results))
            words[key] = words.get(key, 0) + 1
    ids = {**plain.vocab}
    size, pieces = 602, []
    for _ in range(20):
        pairs = count_pairs(words.items())
        best = min(pairs, key=lambda pair: (-pairs[pair], ids[pair[0]], ids[pair[1]]))
        piece = "".join(best)
        ids[piece] = size + len(pieces)
        pieces.append(piece)
        merged: dict[tuple[str, ...], int] = {}
        for word, count in words.items():
            key = tuple(merge_word(list(word), {best: 0}, {best: piece}))
            merged[key] = merged.get(key, 0) + count
        words = merged
    theirs = tokenizer_of(extended())
    assert [theirs.id_to_token(size + k) for k in range(20)] == pieces


# --- Unigram ----------------------------------------------------------------------------------------------------------


def test_ids_are_those_of_our_tokenizer(tmp_path: Path) -> None:
    """A base without normalizer and pre-tokenizer is read by our own tokenizer, which gives the same ids."""
    base = VocabularyBuilder(vocab_size=900, beginnings=False, specials=["<|end|>"]).build(ENGLISH)
    base.save(tmp_path / "tokenizer.json")
    vocabulary = VocabularyBuilder(base=tmp_path / "tokenizer.json", vocab_size=1500).extend(CHINESE)
    vocabulary.save(tmp_path / "new.json")
    theirs, ours = tokenizer_of(vocabulary), nlp_zero.Tokenizer(Lexicon.load(tmp_path / "new.json"))
    assert theirs.get_vocab_size() == 1500
    for line in [*CHINESE, *ENGLISH, *MIXED]:
        if "<|" not in line:
            assert encode(theirs, line) == ours.encode(line)
    assert vocabulary.held_out.saved > 0.4


def test_a_base_that_normalizes_and_splits() -> None:
    tokenizer = train_unigram()
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    lines = [*CHINESE, *["１９９８年 早晨 ABC 喝茶"] * 30]
    vocabulary = VocabularyBuilder(base=tokenizer, add_pieces=100).extend(lines)
    after = tokenizer_of(vocabulary)
    assert "▁1998年" in vocabulary.pieces
    assert after.encode("１９９８年 abc").tokens == ["▁1998年", "▁abc"]
    assert not any(char in piece for piece in vocabulary.pieces for char in " １Ａ")


def test_pieces_of_a_unigram_model_of_bytes() -> None:
    """ByteLevel writes bytes as letters; pieces are counted and shown as the text that they are."""
    step = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    letters = [[letter, -5.0] for letter in sorted(pre_tokenizers.ByteLevel.alphabet())]
    model = {"type": "Unigram", "unk_id": None, "vocab": letters, "byte_fallback": False}
    value = {**base_of("unigram"), "added_tokens": [], "pre_tokenizer": step, "decoder": step, "model": model}
    vocabulary = VocabularyBuilder(base=value, add_pieces=200, max_piece_length=3).extend(CHINESE)
    theirs = tokenizer_of(vocabulary)
    assert "青石镇" in vocabulary.pieces
    texts = [piece.encode("utf-8", "surrogateescape").decode(errors="ignore") for piece in vocabulary.pieces]
    assert max(map(len, texts)) == 3
    for line in CHINESE:
        assert theirs.decode(encode(theirs, line)) == line


# --- options ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_rules_of_pieces(kind: str) -> None:
    builder = VocabularyBuilder(
        base=base_of(kind), add_pieces=400, max_piece_length=2, isolate_digits=True, split_at="的", hold_out=0
    )
    vocabulary = builder.extend([*CHINESE, "1998年" * 5])
    assert vocabulary.held_out.lines == 0
    assert vocabulary.learnt.lines == len([line for line in CHINESE if line]) + 1
    for piece in vocabulary.pieces:
        text = piece.encode("utf-8", "surrogateescape").decode(errors="ignore")
        assert len(text) <= 2
        assert len(piece) == 1 or not any(char in "的0123456789" for char in piece)
    free = VocabularyBuilder(base=base_of(kind), add_pieces=400).extend(CHINESE)
    assert any("的" in piece for piece in free.pieces if len(piece) > 1)


def test_every_form_of_a_base_gives_the_same(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(text_of_base("bpe"), encoding="utf-8")
    expected = extended().to_json()
    theirs = Tokenizer.from_str(text_of_base("bpe"))
    for base in (tmp_path / "tokenizer.json", str(tmp_path / "tokenizer.json"), theirs):
        assert VocabularyBuilder(base=base, add_pieces=300).extend(CHINESE).to_json() == expected
    backend = type("Fast", (), {"backend_tokenizer": theirs})()
    assert VocabularyBuilder(base=backend, vocab_size=902).extend(CHINESE).to_json() == expected


def test_truncation_and_padding_do_not_count_and_are_kept() -> None:
    tokenizer = train_bpe()
    tokenizer.enable_truncation(5)
    tokenizer.enable_padding(length=50)
    vocabulary = VocabularyBuilder(base=tokenizer, add_pieces=300).extend(CHINESE)
    assert vocabulary.learnt == extended().learnt
    assert json.loads(vocabulary.to_json())["truncation"]["max_length"] == 5


def test_the_result_is_a_table() -> None:
    vocabulary = extended()
    assert repr(vocabulary).startswith("<ExtendedVocabulary of 602 + 300 ids, ")
    columns = vocabulary.to_columns()
    assert list(columns) == ["id", "piece", "count"]
    assert columns["id"].tolist() == list(range(602, 902))
    assert "<table>" in vocabulary._repr_html_()
    with pytest.raises(AttributeError):
        vocabulary.base_size = 3  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        vocabulary.counts[0] = 3


def test_wrong_options() -> None:
    base = base_of("bpe")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"add_pieces": 5}, "add_pieces needs base"),
        ({"base": base}, "base needs either add_pieces"),
        ({"base": base, "add_pieces": 5, "vocab_size": 9}, "base needs either add_pieces"),
        ({"base": base, "vocab_size": [700, 800]}, "vocab_size must be an integer"),
        ({"base": base, "add_pieces": 0}, "add_pieces must be an integer of at least 1"),
        ({"base": base, "add_pieces": 5, "hold_out": 1}, "hold_out must not be 1"),
        ({"base": base, "add_pieces": 5, "hold_out": -1}, "hold_out must be an integer"),
        ({"base": base, "add_pieces": 5, "specials": ["<a>"]}, "specials must not be given with base"),
        ({"base": base, "add_pieces": 5, "unit": "byte"}, "unit must not be given with base"),
        ({"unit": "byte", "ensure_unicode": False, "split_at": "，"}, "split_at needs pieces of whole characters"),
    ]
    for options, message in wrong:
        with pytest.raises(ValueError, match=message):
            VocabularyBuilder(**options)
    with pytest.raises(TypeError, match="split_at must be a string"):
        VocabularyBuilder(split_at=["，"])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="use extend"):
        VocabularyBuilder(base=base, add_pieces=5).build(CHINESE)
    with pytest.raises(ValueError, match=r"use build\(\)"):
        VocabularyBuilder().extend(CHINESE)
    with pytest.raises(TypeError, match=r"base must be the name of a tokenizer\.json"):
        VocabularyBuilder(base=5, add_pieces=5).extend(CHINESE)
    with pytest.raises(ValueError, match="vocab_size 600 must be more than the 602 ids"):
        VocabularyBuilder(base=base, vocab_size=600).extend(CHINESE)
    with pytest.raises(CorpusError):
        VocabularyBuilder(base=base, add_pieces=5).extend([])
    for kind in ("bpe", "unigram"):
        with pytest.raises(ValueError, match=r"100000 new pieces are more than this text yields: .* add at most"):
            VocabularyBuilder(base=base_of(kind), add_pieces=100_000).extend(CHINESE)


def change(kind: str, *path: str, to: object) -> str:
    """The tokenizer.json of a base in which one field is changed."""
    value: Any = base_of(kind)
    place = value
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = to
    return json.dumps(value)


DAMAGES: list[tuple[Callable[[], str], str]] = [
    (lambda: Tokenizer(models.WordPiece({"[UNK]": 0, "a": 1})).to_str(), "its type is WordPiece; only a Unigram model"),
    (lambda: Tokenizer(models.WordLevel({"a": 1})).to_str(), "its type is WordLevel; only a Unigram model"),
    (lambda: change("bpe", "pre_tokenizer", to={"type": "Whitespace"}), "this BPE is not byte-level"),
    (lambda: change("bpe", "model", "end_of_word_suffix", to="</w>"), "model.end_of_word_suffix: it is '</w>'"),
    (lambda: change("bpe", "model", "dropout", to=0.1), "model.dropout: it is 0.1"),
    (lambda: change("bpe", "model", "merges", to=[["ab", "zz"]]), "tokenizers cannot read it"),
    (lambda: change("bpe", "model", "vocab", to=[]), "model.vocab: it must be the pieces"),
    (lambda: change("unigram", "model", "vocab", to=[["a"]]), "tokenizers cannot read it"),
    (lambda: change("bpe", "pre_tokenizer", to={"type": "Magic", "of": {"type": "ByteLevel"}}), "cannot read it"),
    (lambda: text_of_base("bpe")[:999], "this is not JSON"),
    (lambda: "[]", "it has no model"),
    (lambda: "{}", "it has no model"),
]


@pytest.mark.parametrize("number", range(len(DAMAGES)))
def test_a_wrong_base_gives_one_sentence(number: int, tmp_path: Path) -> None:
    make, message = DAMAGES[number]
    path = tmp_path / "tokenizer.json"
    path.write_text(make(), encoding="utf-8")
    with pytest.raises(FormatError, match=message) as error:
        VocabularyBuilder(base=path, add_pieces=5).extend(CHINESE)
    assert str(error.value).startswith(str(path))
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)


def test_a_base_without_unknown_token() -> None:
    model = {"type": "Unigram", "unk_id": None, "vocab": [["a", -1.0]], "byte_fallback": False}
    with pytest.raises(FormatError, match=r"the base cannot encode this text .*; use a base that has bytes"):
        VocabularyBuilder(base={**base_of("unigram"), "added_tokens": [], "model": model}, add_pieces=5).extend(CHINESE)


def test_lines_of_which_the_base_leaves_nothing() -> None:
    tokenizer = train_bpe()
    tokenizer.normalizer = normalizers.Strip()
    vocabulary = VocabularyBuilder(base=tokenizer, add_pieces=9).extend(["   ", *CHINESE])
    assert vocabulary.learnt.tokens_after < vocabulary.learnt.tokens_before


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tokenizers", None)
    with pytest.raises(ImportError, match=r"pip install 'nlpzero\[extend\]'"):
        VocabularyBuilder(base=base_of("bpe"), add_pieces=5).extend(CHINESE)


# --- the command ------------------------------------------------------------------------------------------------------


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(SAMPLE, "sample.txt")
    Path("tokenizer.json").write_text(text_of_base("bpe"), encoding="utf-8")
    call = ["build-vocab", "sample.txt", "--method", "vocabulary", "--base", "tokenizer.json"]
    assert main([*call, "--add-pieces", "300", "-o", "new.json"]) == 0
    assert Path("new.json").read_text(encoding="utf-8") == extended().to_json()
    messages = capsys.readouterr().err.splitlines()
    assert messages[0] == "vocabulary: 300 pieces were added to the 602 ids of tokenizer.json."
    held_out = extended().held_out
    assert messages[2] == (
        f"lines that were held out: {held_out.lines:,} lines; {held_out.tokens_before:,} tokens before, "
        f"{held_out.tokens_after:,} now, {held_out.saved:.1%} fewer."
    )
    assert main([*call, "--vocab-size", "902", "-o", "again.json", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["added"] == 300
    assert summary["held_out"]["tokens_after"] == held_out.tokens_after
    assert Path("again.json").read_bytes() == Path("new.json").read_bytes()
    wrong = [
        (["--add-pieces", "5"], "name it with -o", 2),
        (["-o", "x.json"], "--base needs either --add-pieces", 2),
        (["--add-pieces", "5", "-o", "tokenizer.json"], "is also an input", 2),
        (["--add-pieces", "5", "-o", "x.json", "--objective", "unigram"], "--objective must not be given with base", 2),
        (["--add-pieces", "99999", "-o", "x.json"], "add at most", 1),
    ]
    for options, message, status in wrong:
        assert main([*call, *options]) == status
        assert message in capsys.readouterr().err
    assert main(["build-vocab", "sample.txt", "--method", "vocabulary", "--hold-out", "5", "-o", "x.tsv"]) == 2
    assert "--hold-out needs --base" in capsys.readouterr().err
    assert main(["build-vocab", "sample.txt", "--base", "tokenizer.json", "-o", "x.tsv"]) == 2
    assert "--base is not an option of --method pmi" in capsys.readouterr().err
    assert not Path("x.json").exists()
