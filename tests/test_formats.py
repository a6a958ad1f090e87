"""Files of other programs: ours in theirs, theirs in ours, and damaged ones.

``NLP_ZERO_FUZZ=100`` runs a hundred times as many damaged files.
"""

from __future__ import annotations

import base64
import builtins
import importlib.machinery
import json
import math
import os
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlp_zero import VocabularyBuilder
from nlp_zero.cli import main
from nlp_zero.errors import FormatError, NlpZeroError
from nlp_zero.lexicon import Lexicon, LexiconMeta, formats
from nlp_zero.lexicon.formats import wire
from nlp_zero.lexicon.formats.jieba import kept_frequencies
from nlp_zero.lexicon.formats.pieces import BYTE_NAMES, model_scores
from nlp_zero.lexicon.ids import byte_token
from nlp_zero.tokenization.tokenizer import Tokenizer
from tests.reference import bytepiece as reference

FUZZ = int(os.environ.get("NLP_ZERO_FUZZ", "1"))
SAMPLE = Path("corpora/sample.txt").read_text(encoding="utf-8").splitlines()
ODD = ["龘靐齉", "a龘b", "\0\x01\t\r\n", " 前后  空 格 ", "1998年，ABC é😀", "<0xE4><s><unk>", "\u3000", ""]
# The same pieces in another order have the same score.
TIES = ["的的的", "青石镇的的的青石镇", "一一一一一", "山山山山水水水", "。。。", "３３３年", SAMPLE[1] * 4]
objectives = pytest.mark.parametrize("objective", ["unigram", "shortest"])


def vocabulary(objective: str, **options: Any) -> Lexicon:
    """Words, characters and bytes of the sample: no piece is part of a character."""
    from collections import Counter

    counts = Counter(byte_token(byte) for byte in range(256))
    for line in SAMPLE:
        counts.update(line)
        counts.update(line[k : k + n] for n in (2, 3, 4) for k in range(len(line) - n + 1))
    kept = {w: c for w, c in counts.items() if c >= 3 or len(w) == 1}
    kept |= {"  ": 5, " 格": 4, "，我": 9}
    meta = LexiconMeta(method="vocabulary", byte_fallback=True, objective=objective, specials=("<pad>", "<s>", "</s>"))
    total = sum(kept.values())
    shifted = [math.log(n / total) - 0.01 * (k * 0.6180339887 % 1) for k, n in enumerate(kept.values())]  # few ties
    return Lexicon(list(kept), list(kept.values()), scores={"log_prob": shifted}, meta=replace(meta, **options))


# --- own formats -----------------------------------------------------------------------------------------------------

texts = st.text(st.characters() | st.sampled_from("\\\t\n\r#\0\ud800\udce4 中"), min_size=1, max_size=5)
numbers = st.floats(-50, 50) | st.just(math.nan)
rows = st.dictionaries(texts, st.tuples(st.integers(0, 2**50), numbers, numbers), max_size=12)


@pytest.mark.parametrize("name", ["a.tsv", "a.json", "a.parquet"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=rows)
def test_round_trip(tmp_path: Path, name: str, table: dict[str, tuple[int, float, float]]) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow", reason="pyarrow (extra test) is not installed")
    scores = {"pmi": [r[1] for r in table.values()], "log_prob": [r[2] for r in table.values()]}
    parts = {word: (word, "x y") for word in list(table)[::2]}
    meta = LexiconMeta(method="pmi", specials=("1", "2"), entropy_before=1.5, alnum="split", other={"x": "1e5 \t"})
    lexicon = Lexicon(list(table), [r[0] for r in table.values()], scores=scores, meta=meta, parts=parts)
    report = lexicon.save(tmp_path / name, format=name.removeprefix("a."))
    assert (report.words, report.left_out, report.differences) == (len(lexicon), {}, ())
    loaded = Lexicon.load(tmp_path / name)
    assert loaded.words == lexicon.words
    np.testing.assert_array_equal(loaded.counts, lexicon.counts)
    if table:  # a table without rows does not say which columns hold numbers
        np.testing.assert_array_equal(loaded.scores["log_prob"], lexicon.scores["log_prob"])
        np.testing.assert_allclose(loaded.scores["pmi"], lexicon.scores["pmi"], rtol=1e-5)
    assert loaded.meta == meta
    if not name.endswith("tsv"):  # there a space separates parts
        assert loaded.parts == parts


def test_word_lists(tmp_path: Path) -> None:
    lexicon = Lexicon(["中国", "a b", "\udce4", "，"], [5, 4, 3, 2])
    report = lexicon.save(tmp_path / "words.txt", format="plain")
    assert (report.format, report.words) == ("plain", 2)
    assert report.left_out == {"words with white space": 1, "bytes and parts of characters": 1}
    assert (tmp_path / "words.txt").read_text(encoding="utf-8") == "中国 5\n， 2\n"
    assert Lexicon.load(tmp_path / "words.txt").words == ("中国", "，")
    (tmp_path / "words.txt").write_text("B超 3 n\n中 2\nB超 3 n\n", encoding="utf-8")  # as in jieba's dict.txt
    assert Lexicon.load(tmp_path / "words.txt").words == ("B超", "中")


def test_names_and_contents_tell_the_format(tmp_path: Path) -> None:
    names = {
        "a.model": "sentencepiece", "my-bytepiece.model": "bytepiece", "tokenizer.json": "huggingface",
        "a.json": None, "jieba.txt": "jieba", "user_dict.txt": "jieba", "a.txt": None, "a.parquet": "parquet",
        "a.csv": "csv", "a.tsv": "tsv", "a": None,
    }  # fmt: skip
    assert {name: formats.format_of_name(name) for name in names} == names
    lexicon = vocabulary("unigram")
    for format in ("tsv", "csv", "json", "sentencepiece", "huggingface", "bytepiece", "plain"):
        lexicon.save(tmp_path / "nameless", format=format)
        assert formats.format_of_content((tmp_path / "nameless").read_bytes(), "nameless") == format
        assert "青石镇" in Lexicon.load(tmp_path / "nameless")
    (tmp_path / "nameless").write_text("{ 30\n\n中 2\n", encoding="utf-8")
    assert Lexicon.load(tmp_path / "nameless").words == ("{", "中")
    with pytest.raises(ValueError, match=r"format must be 'tsv', 'plain', .*not 'xlsx'"):
        lexicon.save(tmp_path / "a", format="xlsx")


def test_parquet_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    assert real is builtins.__import__
    with pytest.raises(FormatError, match=r"need pyarrow; run: pip install 'nlpzero\[formats\]'"):
        Lexicon(["a"], [1]).save(tmp_path / "a.parquet")
    assert not list(tmp_path.iterdir())


# --- SentencePiece ----------------------------------------------------------------------------------------------------


def test_wire_format() -> None:
    message = wire.int_field(3, 300) + wire.bytes_field(1, b"abc") + wire.float_field(2, -1.5)
    assert message.hex() == "18ac02" + "0a03616263" + "150000c0bf"  # computed by hand from the format description
    found = [(n, v, message[a:b]) for n, v, a, b in wire.fields(message, 0, len(message))]
    assert found == [(3, 300, b""), (1, 0, b"abc"), (2, -1.5, b"\0\0\xc0\xbf")]


@objectives
def test_sentencepiece_cuts_as_we_do(tmp_path: Path, objective: str) -> None:
    sentencepiece = pytest.importorskip("sentencepiece", reason="sentencepiece (extra test) is not installed")
    lexicon = vocabulary(objective)
    tokenizer = Tokenizer(lexicon)
    report = lexicon.save(tmp_path / "m.model")
    assert (report.words, report.left_out, report.differences) == (len(lexicon), {}, ())
    model = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "m.model"))
    lines = SAMPLE + ODD + TIES
    ours = [tokenizer.encode(line) for line in lines]
    assert model.encode(lines) == ours
    assert [model.decode(ids) for ids in ours] == lines
    assert (model.bos_id(), model.eos_id(), model.pad_id()) == (1, 2, 0)
    assert model.get_piece_size() == tokenizer.vocab_size + 128  # 127 bytes that have a character's piece, and <unk>
    back = Tokenizer.load(tmp_path / "m.model")
    assert [back.encode(line) for line in lines] == ours
    assert [back.decode(ids) for ids in ours] == lines


@pytest.mark.parametrize("fallback", [True, False])
def test_models_of_sentencepiece_are_read(tmp_path: Path, fallback: bool) -> None:
    sentencepiece = pytest.importorskip("sentencepiece", reason="sentencepiece (extra test) is not installed")
    sentencepiece.SentencePieceTrainer.train(
        input="corpora/sample.txt", model_prefix=str(tmp_path / "m"), vocab_size=1200, character_coverage=0.98,
        hard_vocab_limit=False, minloglevel=2, normalization_rule_name="identity", byte_fallback=fallback,
        user_defined_symbols=["望江", "<sep>"], control_symbols=["<mask>"], remove_extra_whitespaces=False,
    )  # fmt: skip
    model = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "m.model"))
    tokenizer = Tokenizer.load(tmp_path / "m.model")
    lexicon = tokenizer.lexicon
    assert lexicon.meta.dummy_prefix
    lines = [line for line in SAMPLE + ODD + TIES if line and "\0" not in line]
    for line in lines:
        theirs = model.encode(line)
        assert tokenizer.encode(" " + line) == theirs  # it puts a space in front
        if fallback:
            assert tokenizer.decode(theirs) == " " + line
            assert tokenizer.vocab_size == model.get_piece_size()
    assert lexicon.meta.specials == ("<unk>", "<s>", "</s>", "<mask>")[not fallback :]
    copy = Tokenizer.load(_saved(lexicon, tmp_path / "copy.tsv"))
    assert [copy.encode(line) for line in lines] == [tokenizer.encode(line) for line in lines]
    again = Tokenizer.load(_saved(lexicon, tmp_path / "tokenizer.json"))
    assert [again.encode(line) for line in lines] == [tokenizer.encode(line) for line in lines]


def _saved(lexicon: Lexicon, path: Path) -> Path:
    lexicon.save(path)
    return path


def plain_lexicon(**meta: Any) -> Lexicon:
    words = ["早晨", "喝茶", "茶", "葡萄", "B超", "卡尔·马克思", "，"]
    return Lexicon(words, [9, 5, 4, 3, 2, 2, 1], meta=LexiconMeta(**meta))


PLAIN = ["早晨，喝茶。", "“早晨……喝茶！”——茶 茶", "葡茶，葡萄葡", "３早晨（喝茶）5茶a", "卡尔·马克思喝茶"]


def test_plain_lexicons_become_models(tmp_path: Path) -> None:
    sentencepiece = pytest.importorskip("sentencepiece", reason="sentencepiece (extra test) is not installed")
    lexicon = plain_lexicon()
    tokenizer = Tokenizer(lexicon)
    report = lexicon.save(tmp_path / "m.model")
    assert report.left_out == {"words that cross punctuation, numbers or Latin words": 2}
    model = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "m.model"))
    assert model.encode("早晨喝茶") == [1, 2]
    for line in PLAIN[:4]:  # single digits and letters are whole numbers and words here
        assert [piece.replace("\u2581", " ") for piece in model.encode(line, out_type=str)] == tokenizer.tokenize(line)
    assert all(model.decode(model.encode(line)) == line for line in PLAIN)
    assert "<0x" in "".join(model.encode("龘", out_type=str))


def test_plain_lexicons_become_tokenizers(tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers (extra test) is not installed")
    lexicon = plain_lexicon()
    lexicon.save(tmp_path / "tokenizer.json")
    theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert theirs.encode("早晨喝茶").ids == [1, 2]
    for line in PLAIN[:4]:
        assert theirs.encode(line).tokens == Tokenizer(lexicon).tokenize(line)
    assert all(theirs.decode(theirs.encode(line).ids) == line for line in PLAIN)


def test_symbols_that_users_define_win(tmp_path: Path) -> None:
    """Whatever their length and the scores of the other pieces."""
    sentencepiece = pytest.importorskip("sentencepiece", reason="sentencepiece (extra test) is not installed")
    scores = {"中": -0.3, "国": -0.4, "中国人民": -20.0, "人": -0.5, "民中": -0.2}
    pieces = wire.bytes_field(1, wire.bytes_field(1, b"<unk>") + wire.int_field(3, 2))
    for text, score in scores.items():
        kind = wire.int_field(3, 4) if text == "中国人民" else b""
        pieces += wire.bytes_field(1, wire.bytes_field(1, text.encode()) + wire.float_field(2, score) + kind)
    normalizer = wire.bytes_field(1, b"identity") + wire.int_field(3, 0) + wire.int_field(4, 0)
    specs = wire.bytes_field(2, wire.int_field(3, 1)) + wire.bytes_field(3, normalizer)
    (tmp_path / "m.model").write_bytes(pieces + specs)
    model = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "m.model"))
    for text in ("中国人民中国", "中国人中国人民"):
        theirs = model.encode(text)
        assert 3 in theirs
        assert Tokenizer.load(tmp_path / "m.model").encode(text) == theirs


def test_only_unigram_models_are_read(tmp_path: Path) -> None:
    sentencepiece = pytest.importorskip("sentencepiece", reason="sentencepiece (extra test) is not installed")
    sentencepiece.SentencePieceTrainer.train(
        input="corpora/sample.txt", model_prefix=str(tmp_path / "b"), vocab_size=900, model_type="bpe", minloglevel=2
    )
    with pytest.raises(FormatError, match=r"b\.model, this is a BPE model; only unigram models can be read"):
        Lexicon.load(tmp_path / "b.model")


# --- Hugging Face -----------------------------------------------------------------------------------------------------


@objectives
@pytest.mark.parametrize("parts", [False, True])
def test_tokenizers_segments_as_we_do(tmp_path: Path, objective: str, parts: bool) -> None:
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers (extra test) is not installed")
    lexicon = vocabulary(objective)
    if parts:  # beginnings of characters
        extra = ["\udce9\udcbe", "\udce9\udcbd"]
        scores = {"log_prob": [*lexicon.scores["log_prob"].tolist(), -5.0, -6.0]}
        lexicon = Lexicon([*lexicon.words, *extra], [*lexicon.counts.tolist(), 9, 5], scores=scores, meta=lexicon.meta)
    tokenizer = Tokenizer(lexicon)
    report = lexicon.save(tmp_path / "tokenizer.json")
    assert (report.words, report.left_out, report.differences) == (len(lexicon), {}, ())
    theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    lines = SAMPLE + TIES + [line for line in ODD if "<s>" not in line]  # it finds special tokens in text
    ours = [tokenizer.encode(line) for line in lines]
    assert [encoding.ids for encoding in theirs.encode_batch(lines)] == ours
    assert [theirs.decode(ids) for ids in ours] == lines
    assert theirs.get_vocab_size() == tokenizer.vocab_size + (not parts)
    assert theirs.token_to_id("</s>") == tokenizer.token_to_id("</s>") == 2
    assert theirs.encode("中<s>").ids == tokenizer.encode_with_specials("中<s>")
    assert theirs.decode(tokenizer.encode("<0xE4>")) == "<0xE4>"
    back = Tokenizer.load(tmp_path / "tokenizer.json")
    assert [back.decode(ids) for ids in ours] == lines
    assert [back.encode(line) for line in lines] == ours


def test_transformers_takes_it(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    lexicon = vocabulary("unigram")
    lexicon.save(tmp_path / "tokenizer.json")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = transformers.PreTrainedTokenizerFast(tokenizer_file=str(tmp_path / "tokenizer.json"))
        ids = theirs(SAMPLE[:20])["input_ids"]
    assert ids == [Tokenizer(lexicon).encode(line) for line in SAMPLE[:20]]
    assert [theirs.decode(row) for row in ids] == SAMPLE[:20]


# --- BytePiece --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("objective", ["unigram", "shortest"])
def test_bytepiece_segments_as_we_do(tmp_path: Path, objective: str) -> None:
    lexicon = vocabulary(objective, specials=("<pad>", "<bos>", "<eos>"), unit="byte")
    tokenizer = Tokenizer(lexicon)
    lexicon.save(tmp_path / "bytepiece.model")
    model = json.loads((tmp_path / "bytepiece.model").read_text(encoding="utf-8"))
    scores = dict(zip(lexicon.words, model_scores(lexicon).tolist(), strict=True))
    same = 0
    lines = SAMPLE[:60] + ODD
    for line in lines:
        found = reference.cut(line, model)
        ours = [tokenizer.decode_bytes([i]) for i in tokenizer.encode(line)]
        same += ours == found
        words = [[piece.decode("utf-8", "surrogateescape") for piece in pieces] for pieces in (ours, found)]
        a, b = (math.fsum(scores[word] for word in row) for row in words)
        assert b"".join(found).decode() == line
        assert math.isclose(a, b, abs_tol=1e-6)
    assert same >= 0.94 * len(lines)  # the logarithms of counts are rounded, and with them equal sums
    ids = {base64.b64decode(key): row[0] for key, row in model.items()}
    assert all(ids[tokenizer.decode_bytes([i])] == i for i in tokenizer.encode("".join(SAMPLE)))
    back = Tokenizer.load(tmp_path / "bytepiece.model")
    theirs = [[ids[piece] for piece in reference.cut(line, model)] for line in SAMPLE[:60]]
    assert [back.encode(line) for line in SAMPLE[:60]] == theirs
    assert back.specials == ("<pad>", "<bos>", "<eos>")
    back.lexicon.save(tmp_path / "again.model", format="bytepiece")
    assert json.loads((tmp_path / "again.model").read_text(encoding="utf-8")) == model


# --- jieba ------------------------------------------------------------------------------------------------------------


def test_frequencies_keep_words() -> None:
    """With the new frequencies, the whole word has a greater score than every segmentation of it."""
    known = {"甲": 300, "乙": 50, "丙": 900, "甲乙": 40, "乙丙": 7, "丙丁": 30}
    total = sum(known.values())
    found = kept_frequencies(dict.fromkeys(["甲乙丙", "甲乙", "丙丁甲乙", "戊己"], 1), known, total)
    everything = known | found
    grown = total + sum(found.values())
    for word in found:
        for cuts in range(1, 1 << (len(word) - 1)):
            pieces, start = [], 0
            for k in range(1, len(word) + 1):
                if k == len(word) or cuts >> (k - 1) & 1:
                    pieces.append(word[start:k])
                    start = k
            if all(len(piece) == 1 or piece in everything for piece in pieces):
                score = math.fsum(math.log(everything.get(piece, 1) / grown) for piece in pieces)
                assert math.log(found[word] / grown) > score
    assert found["甲乙"] >= 40
    assert found["戊己"] == 1


def test_jieba_keeps_the_words(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        jieba = pytest.importorskip("jieba", reason="jieba (extra test) is not installed")
    jieba.setLogLevel(60)
    lexicon = Lexicon.load(_saved(VocabularyBuilder(vocab_size=900).build(SAMPLE), tmp_path / "v.tsv"))
    words = [word for word in lexicon.words if len(word) > 1 and word.isalnum()]
    lexicon = Lexicon(words, [lexicon[word] for word in words])
    count = lexicon.save(tmp_path / "userdict.txt").words
    exported = Lexicon.load(tmp_path / "userdict.txt")  # not 二〇〇, which jieba cannot hold
    assert count == len(exported) > 50
    cutter = jieba.Tokenizer()
    cutter.tmp_dir = str(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cutter.initialize()
        before = {word for word, frequency in cutter.FREQ.items() if frequency}
        cutter.load_userdict(str(tmp_path / "userdict.txt"))
    ours, lost, used = Tokenizer(lexicon), 0, 0
    for line in SAMPLE:
        theirs, at = set(), 0
        for word in cutter.cut(line, HMM=False):
            theirs.add((at, at + len(word)))
            at += len(word)
        for start, end in ours(line).spans:
            if line[start:end] in exported and line[start:end] not in before:
                used += 1
                crossed = any(a < start < b or a < end < b for a, b in theirs)
                assert (start, end) in theirs or crossed  # kept wherever no word overlaps it
                lost += crossed
    assert used > 100
    assert lost < 0.2 * used


def test_words_that_jieba_cannot_hold_are_left_out(tmp_path: Path) -> None:
    lexicon = Lexicon(["中", "卡尔·马克思", "a b", "石墨烯", "c++"], [9, 8, 7, 6, 5])
    report = lexicon.save(tmp_path / "jieba.txt")
    assert report.words == 2
    assert report.left_out == {"single characters": 1, "words with characters at which jieba always cuts": 2}
    assert [line.split()[0] for line in (tmp_path / "jieba.txt").read_text(encoding="utf-8").splitlines()] == [
        "石墨烯", "c++",
    ]  # fmt: skip


# --- convert ----------------------------------------------------------------------------------------------------------


def test_convert(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = str(_saved(vocabulary("shortest"), tmp_path / "v.tsv"))
    size = len(Lexicon.load(source))
    for name in ("v.model", "tokenizer.json", "v.json", "v-bytepiece.model", "again.tsv"):
        assert main(["convert", source, str(tmp_path / name), *(["--to", "json"] if name == "v.json" else [])]) == 0
        assert f"{size:,} words.\n" in capsys.readouterr().err
        source = str(tmp_path / name) if name != "v.json" else source
    assert main(["convert", source, str(tmp_path / "w.txt"), "--to", "plain"]) == 0
    assert "; left out: words with white space (12), bytes and parts of characters (128)." in capsys.readouterr().err
    assert main(["convert", str(tmp_path / "w.txt"), str(tmp_path / "x.tsv"), "--from", "plain", "-q"]) == 0
    assert main(["convert", source, str(tmp_path / "w.txt")]) == 2
    assert "add --to with one of tsv, plain" in capsys.readouterr().err
    assert main(["convert", source, str(tmp_path / "none" / "v.model")]) == 1
    assert "cannot be written: No such file or directory" in capsys.readouterr().err
    (tmp_path / "folder.tsv").mkdir()
    assert main(["convert", source, str(tmp_path / "folder.tsv")]) == 1
    assert "it is a folder" in capsys.readouterr().err
    assert main(["convert", str(tmp_path / "missing"), str(tmp_path / "v.model")]) == 1
    assert "cannot be read" in capsys.readouterr().err
    assert not list(tmp_path.glob(".*.part"))


def test_json_needs_a_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = _saved(vocabulary("shortest"), tmp_path / "v.tsv")
    assert main(["convert", str(source), str(tmp_path / "v.json")]) == 2
    assert "v.json could be a tokenizer.json of Hugging Face or a lexicon as JSON; add --to" in capsys.readouterr().err
    with pytest.raises(FormatError, match=r"v\.json could be .* choose format='huggingface' or format='json'\.$"):
        Lexicon.load(source).save(tmp_path / "v.json")
    assert not (tmp_path / "v.json").exists()
    for format in ("huggingface", "json"):
        assert main(["convert", str(source), str(tmp_path / "v.json"), "--to", format, "-q"]) == 0
        assert formats.format_of_content((tmp_path / "v.json").read_bytes(), "v.json") == format
    Tokenizer.load(source).save(tmp_path / "t.json")  # a tokenizer has one kind of JSON
    assert Lexicon.load(tmp_path / "t.json") == Lexicon.load(source)


PREFIX = "The model was made for text with the normalisation nmt_nfkc and a space in front"
NOTES = [
    (vocabulary("shortest"), "v.model", []),
    (vocabulary("shortest"), "tokenizer.json", []),
    (vocabulary("shortest"), "bytepiece.model", ['--specials "<pad>,<bos>,<eos>" to make them agree.']),
    (vocabulary("unigram", specials=("<pad>", "<bos>", "<eos>")), "bytepiece.model", []),
    (vocabulary("unigram"), "words.txt", ["A word list holds words and counts only"]),
    (vocabulary("unigram", normalizer="nmt_nfkc", dummy_prefix=True), "tokenizer.json", [PREFIX]),
    (vocabulary("unigram", normalizer="identity"), "v.model", []),
    (plain_lexicon(), "v.model", ["in SentencePiece numbers and Latin words are single characters, characters"]),
    (plain_lexicon(alnum="split"), "v.model", ["in SentencePiece characters that the lexicon lacks are bytes"]),
    (plain_lexicon(alnum="join"), "tokenizer.json", ["numbers and Latin words that are not words of the lexicon are"]),
    (plain_lexicon(new_words=0.1), "v.model", ["Words have the same ids", "compare with --no-new-words."]),
    (plain_lexicon(), "bytepiece.model", ["Ids differ, because BytePiece reserves 0, 1 and 2; and what is not a word"]),
    (plain_lexicon(), "words.txt", []),
    (plain_lexicon(), "words.tsv", []),
    (plain_lexicon(), "words.csv", []),
    (vocabulary("unigram"), "words.csv", ["CSV holds words, counts and scores only"]),
]  # fmt: skip


@pytest.mark.parametrize(("lexicon", "name", "notes"), NOTES)
def test_convert_says_why_ids_differ(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lexicon: Lexicon, name: str, notes: list[str]
) -> None:
    lexicon.save(tmp_path / "source.tsv")
    more = ["--to", "plain"] if name == "words.txt" else []
    assert main(["convert", str(tmp_path / "source.tsv"), str(tmp_path / name), *more]) == 0
    printed = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note: ")]
    report = lexicon.save(tmp_path / name, format=more[1] if more else None)
    assert printed == [f"note: {difference}" for difference in report.differences]
    assert len(printed) == len(notes)
    assert all(note in line for note, line in zip(notes, printed, strict=True))
    assert all(line.endswith(".") for line in printed)
    assert main(["convert", str(tmp_path / "source.tsv"), str(tmp_path / name), *more, "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_convert_misses_jieba(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"jieba": None}
    monkeypatch.setattr("importlib.util.find_spec", lambda name: found[name])
    note = plain_lexicon().save(tmp_path / "jieba.txt").differences[0]
    assert "jieba is not installed here" in note
    assert "Install jieba and convert again" in note
    (tmp_path / "dict.txt").write_text("早晨 9\n", encoding="utf-8")
    found["jieba"] = importlib.machinery.ModuleSpec("jieba", None, origin=str(tmp_path / "__init__.py"))
    assert plain_lexicon().save(tmp_path / "jieba.txt").differences == ()


def test_beginnings_are_named_with_the_remedy(tmp_path: Path) -> None:
    words = ["\udce9\udcbe", "\udce9\udcbd", "<0x41>", "<s>", "a\0", "\u2581b"]
    lexicon = vocabulary("shortest")
    lexicon = Lexicon([*lexicon.words, *words], [*lexicon.counts.tolist(), *[2] * 6], meta=lexicon.meta)
    report = lexicon.save(tmp_path / "v.model")
    assert report.left_out == {
        "pieces that are parts of characters": 2,
        "pieces that are the names of special tokens or bytes": 2,
        "pieces with U+0000 or U+2581": 2,
    }
    assert report.words == len(lexicon) - 6
    assert len(report.differences) == 1
    assert "one of the 2 pieces that are parts of characters" in report.differences[0]
    assert "--no-beginnings" in report.differences[0]
    assert lexicon.save(tmp_path / "tokenizer.json").differences == ()  # a model of bytes holds them


def test_tokenize_shows_bytes(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    lexicon = _saved(vocabulary("shortest"), tmp_path / "v.tsv")
    (tmp_path / "t.txt").write_text("龘青石镇\n", encoding="utf-8")
    assert main(["tokenize", str(tmp_path / "t.txt"), "--lexicon", str(lexicon), "-q"]) == 0
    assert capsysbinary.readouterr().out.decode() == "<0xE9> <0xBE> <0x98> 青石镇\n"


# --- damage -----------------------------------------------------------------------------------------------------------


def small(fallback: bool = True) -> Lexicon:
    words = [*map(byte_token, range(256)), "中国", "人 民"] if fallback else ["中国", "人民"]
    meta = LexiconMeta(byte_fallback=True, specials=("<s>",)) if fallback else None
    return Lexicon(words, range(1, len(words) + 1), scores={"pmi": [1.5] * len(words)}, meta=meta)


GOOD = ("tsv", "plain", "csv", "json", "parquet", "sentencepiece", "huggingface", "bytepiece")
SEEDS: dict[str, list[bytes]] = {}


def seeds(format: str) -> list[bytes]:
    if format not in SEEDS:
        module: Any = formats._module(format)
        SEEDS[format] = [module.dumps(small(True))[0], module.dumps(small(False))[0]]
    return SEEDS[format]


@st.composite
def damaged(draw: Callable[..., Any], format: str) -> bytes:
    data = bytearray(draw(st.sampled_from(seeds(format))))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        at = draw(st.sampled_from([at, min(at, 64)]))
        match draw(st.integers(0, 3)):
            case 0:
                data[at : at + 1] = draw(st.binary(max_size=6))
            case 1:
                del data[at:]
            case 2:
                del data[at : at + draw(st.integers(1, 9))]
            case _:
                data[at:at] = draw(st.sampled_from([b"\xff" * 9, b"[" * 50, b"1e999", b"null", b'"', b"-1", b"\t"]))
    return bytes(data)


@pytest.mark.parametrize("format", GOOD)
def test_damaged_files_give_one_sentence(tmp_path: Path, format: str) -> None:
    if format == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow (extra test) is not installed")

    @settings(max_examples=120 * FUZZ, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(damaged(format) | st.binary(max_size=60))
    def check(data: bytes) -> None:
        path = tmp_path / "damaged"
        path.write_bytes(data)
        for chosen in (format, None):
            try:
                lexicon = Lexicon.load(path, format=chosen)
            except NlpZeroError as error:
                sentences.append(str(error))
                continue
            try:
                tokenizer = Tokenizer(lexicon)
            except ValueError:
                continue
            for text in ("中国人 民a龘", "\0\ud800"):
                tokens = tokenizer.tokenize(text)
                if tokenizer.byte_fallback:
                    assert tokenizer.join(tokens) == text
                tokenizer.decode(tokenizer.encode(text))

    sentences: list[str] = []
    check()
    assert all("\n" not in sentence and str(tmp_path) in sentence for sentence in sentences)
    assert len(sentences) > 20


HF = {"model": {"type": "Unigram", "vocab": [["a", -1.0]], "unk_id": None}}
JSON = {"format": "nlp-zero lexicon", "version": 1, "columns": ["word", "count"]}
BP = {base64.b64encode(bytes([byte])).decode(): [byte + 3, "", 1] for byte in range(256)}


@pytest.mark.parametrize(
    ("format", "data", "message"),
    [
        ("sentencepiece", b"\n\x7f\n\x03abc", "byte 0: a field of 127 bytes goes past the end"),
        ("sentencepiece", b"\n" + b"\xff" * 12, "byte 1: a number does not end"),
        ("sentencepiece", b"\x03", "byte 0: this is not a field"),
        ("sentencepiece", b"", "byte 0: there are no pieces"),
        ("sentencepiece", b"\n\x03\n\x01\xff", "byte 4: piece 0 is not UTF-8"),
        ("sentencepiece", b"\n\x05\n\x01a\x18\x09", "byte 2: piece 0, 'a', is of an unknown kind"),
        ("sentencepiece", b"\n\x08\n\x01a\x15\x00\x00\xc0\x7f", "piece 0: the score nan is not a log-probability"),
        ("sentencepiece", b"\n\x03\n\x01a\n\x03\n\x01a", "piece 1: 'a' is empty or occurs twice"),
        ("sentencepiece", b"\n\x03\n\x01a\x12\x03\x98\x02\x01", "byte fallback but no piece <0x00>"),
        ("huggingface", b"{", "line 1, column 2: this is not JSON"),
        ("huggingface", b"[" * 100_000, "nested too deeply"),
        ("huggingface", b"[]", "it has no model"),
        ("huggingface", json.dumps({"model": {"type": "BPE"}}).encode(), "its type is BPE; only Unigram"),
        ("huggingface", json.dumps({"model": {"vocab": {}}}).encode(), r"model\.vocab: it must be a list"),
        ("huggingface", json.dumps({"model": {"vocab": [["a"]]}}).encode(), r"model\.vocab\[0\]: it must be a piece"),
        ("huggingface", b'{"model": {"vocab": [["a", NaN]]}}', r"model\.vocab\[0\]: 'nan' is not a usable number"),
        ("huggingface", json.dumps(HF | {"added_tokens": [{"id": 9**9, "content": "x"}]}).encode(), "far from those"),
        ("huggingface", json.dumps(HF | {"added_tokens": [3]}).encode(), r"added_tokens\[0\]: it must have"),
        ("bytepiece", b"{}", "the byte 0x00 is not a piece"),
        ("bytepiece", b'{"*": [3, "", 1]}', r"piece 1 \('\*'\): its name is not base64"),
        ("bytepiece", b'{"YQ==": [3, ""]}', r"piece 1 \('YQ=='\): it must have a list"),
        ("bytepiece", b'{"YQ==": [3, "", 0]}', "the count must be 1 or more"),
        ("bytepiece", json.dumps(BP | {"YWI=": [3, "", 1]}).encode(), "same id"),
        ("json", b"{}", "this JSON is not a lexicon"),
        ("json", b'{"format": "nlp-zero lexicon", "version": 9}', "version 9 of the lexicon; update nlp-zero"),
        ("json", json.dumps(JSON | {"rows": [["a"]]}).encode(), "row 1: it must be a list of 2 values"),
        ("json", json.dumps(JSON | {"rows": [["a", -1]]}).encode(), "row 1: '-1' is not a usable number"),
        ("json", json.dumps(JSON | {"rows": [["a", 1], ["a", 1]]}).encode(), "row 2: the word 'a' was already on row"),
        ("tsv", "中 3\n".encode(), "line 1: this is not the first line of a lexicon of nlp-zero; check the name"),
        ("plain", "中 99999999999999999999\n".encode(), "line 1: the count '99999999999999999999' is not"),
        ("plain", "中 ٣\n".encode(), "line 1: the count"),
        ("parquet", b"PAR1", "this Parquet file cannot be read"),
    ],
)  # fmt: skip
def test_damage_is_named_with_its_place(tmp_path: Path, format: str, data: bytes, message: str) -> None:
    if format == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow (extra test) is not installed")
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(FormatError, match=message) as error:
        Lexicon.load(tmp_path / "f", format=format)
    assert str(tmp_path / "f") in str(error.value)


def test_byte_names() -> None:
    assert len(BYTE_NAMES) == 256
    assert BYTE_NAMES["<0x0A>"] == 10
