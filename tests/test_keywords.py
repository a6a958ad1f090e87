"""Keywords, document frequencies and stop words: against textbook computations, in parts, and as commands."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_zero import (
    Corpus,
    CorpusError,
    KeywordExtractor,
    Lexicon,
    LexiconMeta,
    PmiLexiconBuilder,
    Tokenizer,
    find_stop_words,
)
from nlp_zero.cli import main
from nlp_zero.corpus import FileTexts
from nlp_zero.keywords import add_document_frequencies, count_documents
from nlp_zero.statistics import expected_document_frequency, tf_idf

from .reference import keywords as reference
from .test_cli_progress import place, watch

LINES = Path("corpora/sample.txt").read_text(encoding="utf-8").splitlines()
NEWS = Path("corpora/data/people-daily.txt")
LEXICON = PmiLexiconBuilder().build(LINES)
Capture = pytest.CaptureFixture[str]


def documents_of(lines: list[str], lexicon: Lexicon = LEXICON) -> list[list[str]]:
    tokenizer = Tokenizer(lexicon)
    return [reference.tokens_of(tokenizer, line) for line in lines]


# Statistics ------------------------------------------------------------------------------------------------------


def test_tf_idf_is_zero_for_words_of_all_documents() -> None:
    assert tf_idf([1, 3], 10, [8, 8], 8).tolist() == [0, 0]
    assert tf_idf(1, 10, 0, 100) == pytest.approx(0.1 * np.log(200))  # a word that no document has


@given(st.lists(st.integers(1, 60), min_size=1, max_size=12), st.integers(1, 60))
def test_the_expected_number_of_documents(lengths: list[int], count: int) -> None:
    total = sum(lengths)
    count = min(count, total)
    p = count / total
    expected = sum(1 - (1 - p) ** length for length in lengths)
    assert expected_document_frequency([count], lengths) == pytest.approx([expected])
    sizes = sorted(set(lengths))
    times = [lengths.count(size) for size in sizes]
    assert expected_document_frequency([count], sizes, times) == pytest.approx([expected])
    assert expected_document_frequency([total], lengths) == pytest.approx([len(lengths)])


# Document frequencies --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 3])
def test_document_frequencies_are_those_of_a_recount(workers: int, tmp_path: Path) -> None:
    lines = [*LINES, "，。", ""]
    documents = documents_of(lines)
    (tmp_path / "a.txt").write_text("\n".join(lines), encoding="utf-8")
    tokenizer = Tokenizer(LEXICON)
    for texts in (lines, Corpus(tmp_path / "a.txt", block_size=700)):
        found = count_documents(tokenizer, texts, workers=workers)
        assert found.frequencies.tolist() == [reference.document_frequency(documents, word) for word in LEXICON]
        assert found.counts.tolist() == [sum(document.count(word) for document in documents) for word in LEXICON]
        assert found.documents == sum(1 for document in documents if document)
        assert found.tokens == sum(map(len, documents))
        assert sum(size * times for size, times in found.lengths) == found.tokens
        assert sum(times for _, times in found.lengths) == found.documents


def test_a_lexicon_keeps_its_document_frequencies(tmp_path: Path) -> None:
    found = count_documents(Tokenizer(LEXICON), LINES)
    lexicon = add_document_frequencies(LEXICON, found)
    assert lexicon.words == LEXICON.words
    assert lexicon.meta.documents == found.documents
    for name in ("words.tsv", "words.json"):
        lexicon.save(tmp_path / name, format=name.split(".")[1])
        loaded = Lexicon.load(tmp_path / name)
        assert loaded.meta.documents == found.documents
        assert loaded.scores["df"].tolist() == found.frequencies.tolist()
        assert loaded.scores["cf"].tolist() == found.counts.tolist()
    assert Tokenizer(lexicon).tokenize(LINES[1]) == Tokenizer(LEXICON).tokenize(LINES[1])


# Keywords --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["tfidf", "g2"])
@pytest.mark.parametrize("options", [{}, {"min_length": 1, "top": 3}, {"stop_words": ["青石镇", "陈守业"], "top": 4}])
def test_keywords_are_those_of_the_textbook(by: str, options: dict[str, Any]) -> None:
    lines = [*LINES[:30], "", "，", *LINES[30:]]
    documents = documents_of(lines)
    least, stop = options.get("min_length", 2), options.get("stop_words", ())
    words = [word for word in LEXICON if len(word) >= least and word not in stop]
    table = KeywordExtractor(LEXICON, by=by, **options).extract(lines)
    assert table.documents == len(lines)
    assert len(table.to_lists()) == len(lines)
    rows = list(zip(table.document.tolist(), table.words, getattr(table, by).tolist(), strict=True))
    for k, found in enumerate(table.to_lists()):
        expected = reference.keywords(documents, k, words, by, options.get("top", 10))
        mine = {word: score for number, word, score in rows if number == k + 1}
        assert [mine[word] for word in found] == pytest.approx([score for _, score in expected])
        for word, score in mine.items():  # words with equal scores may change places by rounding
            assert score == pytest.approx({"tfidf": reference.tf_idf, "g2": reference.g2}[by](documents, k, word))
    for row, (number, word, _) in enumerate(rows):
        assert table.count[row] == documents[number - 1].count(word)
        assert table.df[row] == reference.document_frequency(documents, word)


def test_parts_make_the_same_table(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n".join(LINES), encoding="utf-8")
    corpus = Corpus(tmp_path / "a.txt", block_size=900)
    extractor = KeywordExtractor(LEXICON, top=3, workers=2)
    parts, whole = list(extractor.extract_batches(corpus)), extractor.extract(LINES)
    assert len(parts) > 3
    assert [words for part in parts for words in part.to_lists()] == whole.to_lists()
    assert [part.first for part in parts] == np.cumsum([1, *(part.documents for part in parts[:-1])]).tolist()
    together = extractor.extract(corpus)
    assert together.to_lists() == whole.to_lists()
    assert together.document.tolist() == whole.document.tolist()


def test_a_new_document_is_compared_with_the_text_of_the_lexicon() -> None:
    found = count_documents(Tokenizer(LEXICON), LINES)
    lexicon = add_document_frequencies(LEXICON, found)
    text = "柳河大桥的柳河号是一艘船，青石镇的人都知道柳河。"
    table = KeywordExtractor(lexicon, top=99, min_length=1).extract([text])
    tokens = documents_of([text])[0]
    assert len(table) > 5
    for word, score, g2 in zip(table.words, table.tfidf.tolist(), table.g2.tolist(), strict=True):
        k = LEXICON.index(word)
        df = int(found.frequencies[k])
        assert score == pytest.approx(tokens.count(word) / len(tokens) * np.log(found.documents / df))
        counts = tokens.count(word), int(found.counts[k]), len(tokens), int(found.counts.sum())
        assert g2 == pytest.approx(reference.comparison.likelihood_ratio(*counts))


def test_pieces_with_marks_are_not_keywords() -> None:
    lexicon = Lexicon(["，陈守业", "陈守业", "早\udce6", "青石镇"], [9, 2, 3, 4], meta=LexiconMeta(boundaries=False))
    lines = ["，陈守业青石镇", "陈守业", "早\udce6", "，陈守业"]
    assert set(KeywordExtractor(lexicon).extract(lines).words) == {"青石镇", "陈守业"}


def test_own_words_can_be_keywords(tmp_path: Path) -> None:
    Tokenizer(LEXICON, words=["柳河大桥的"], forbid=["青石镇"]).save(tmp_path / "words.tsv")
    lexicon = Lexicon.load(tmp_path / "words.tsv")
    documents = documents_of(LINES, lexicon)
    k = next(k for k, document in enumerate(documents) if "柳河大桥的" in document)
    table = KeywordExtractor(lexicon, top=99).extract(LINES)
    words = table.to_lists()[k]
    assert "柳河大桥的" in words
    assert "青石镇" not in table.words
    found = count_documents(Tokenizer(lexicon), LINES)
    assert found.words[-1] == "柳河大桥的"
    assert found.frequencies[-1] == reference.document_frequency(documents, "柳河大桥的")
    known = add_document_frequencies(lexicon, found)
    assert "柳河大桥的" in KeywordExtractor(known, top=99).extract([LINES[k]]).words
    assert len(find_stop_words(lexicon, LINES))


def test_a_keyword_can_have_a_least_count() -> None:
    table = KeywordExtractor(LEXICON, min_count=2).extract(LINES)
    assert len(table)
    assert (table.count >= 2).all()


def test_the_usual_forms_of_a_table() -> None:
    table = KeywordExtractor(LEXICON, top=2).extract(LINES)
    assert repr(table) == f"<KeywordTable of {len(LINES)} documents: {len(table)} keywords>"
    assert "<table>" in table._repr_html_()
    with pytest.raises(ValueError, match="read-only"):
        table.tfidf[0] = 1
    pyarrow = pytest.importorskip("pyarrow")
    assert pyarrow.table(table).column_names == ["document", "word", "count", "df", "tfidf", "g2"]
    assert KeywordExtractor(LEXICON).extract(iter_twice(LINES)).to_lists()  # any iterable that can be read again


def iter_twice(lines: list[str]) -> Any:
    return tuple(lines)


def test_documents_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(CorpusError, match="there is 1 document with words; give more, or a lexicon"):
        KeywordExtractor(LEXICON).extract([LINES[1], "，"])
    with pytest.raises(CorpusError, match="there are 0 documents"):
        KeywordExtractor(LEXICON).extract([])
    with pytest.raises(TypeError, match="used up after one pass"):
        KeywordExtractor(LEXICON).extract(iter(LINES))
    with pytest.raises(TypeError, match="stop_words"):
        KeywordExtractor(LEXICON, stop_words="的了")
    with pytest.raises(TypeError, match="Lexicon"):
        KeywordExtractor("words.tsv")  # type: ignore[arg-type]
    for options in ({"by": "bm25"}, {"top": 0}, {"min_length": 0}, {"min_count": 0}, {"workers": 0}):
        with pytest.raises(ValueError, match=next(iter(options))):
            KeywordExtractor(LEXICON, **options)  # type: ignore[arg-type]


# Stop words ------------------------------------------------------------------------------------------------------


def test_stop_words_are_those_of_the_textbook() -> None:
    lines = LINES * 2  # more neighbours that repeat
    expected = reference.stop_word_scores(Tokenizer(LEXICON), lines)
    found = find_stop_words(LEXICON, lines, top=40)
    numbers = [getattr(found, name).tolist() for name in list(found.to_columns())[1:]]
    assert len(found) == 40
    for word, *row in zip(found, *numbers, strict=True):
        assert row == pytest.approx(expected[word]), word
    scores = sorted((row[-1] for row in expected.values()), reverse=True)[:40]
    assert found.score.tolist() == pytest.approx(scores)
    assert {"的", "在", "了"} <= set(found.words[:10])
    assert find_stop_words(LEXICON, lines, top=40, workers=3).words == found.words
    assert repr(found).startswith("<StopWords: 40 words, ")


@pytest.mark.skipif(not NEWS.exists(), reason="needs 'python corpora/fetch.py people-daily'")
def test_stop_words_of_the_news_are_function_words() -> None:
    found = find_stop_words(PmiLexiconBuilder().build(Corpus(NEWS)), Corpus(NEWS))
    assert set("的在和为了是也与并对从而将就以") <= set(found.words[:30])
    assert not {"经济", "企业", "中国", "发展", "记者", "新华社", "北京", "市场", "国家"} & set(found)


def test_text_without_words_has_no_stop_words() -> None:
    with pytest.raises(CorpusError, match="nothing to count"):
        find_stop_words(LEXICON, ["，。"])
    with pytest.raises(ValueError, match="top"):
        find_stop_words(LEXICON, LINES, top=1001)
    assert list(find_stop_words(LEXICON, [LINES[1][:2]])) == []
    assert list(find_stop_words(Lexicon([], []), LINES)) == []


# Files as documents ----------------------------------------------------------------------------------------------


def test_each_file_is_a_document(tmp_path: Path) -> None:
    for k, name in enumerate(("a.txt", "b.jsonl", "c.txt")):
        lines = LINES[k::3]
        text = "".join(json.dumps({"text": x}, ensure_ascii=False) + "\n" for x in lines) if "json" in name else (
            "\n".join(lines)
        )  # fmt: skip
        (tmp_path / name).write_text(text, encoding="utf-8")
    texts = FileTexts(Corpus(tmp_path, block_size=500))
    assert list(texts) == list(texts) == ["\n".join(LINES[k::3]) for k in range(3)]
    assert [Path(name).name for name, _ in texts.items()] == ["a.txt", "b.jsonl", "c.txt"]
    extractor, joined = KeywordExtractor(LEXICON, top=5), ["\n".join(LINES[k::3]) for k in range(3)]
    assert extractor.extract(texts).to_lists() == extractor.extract(joined).to_lists()


# The commands ----------------------------------------------------------------------------------------------------


def run(capsys: Capture, *arguments: object) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main([str(argument) for argument in arguments])
    return (status, *capsys.readouterr())


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("novel.txt").write_text("\n".join(LINES) + "\n", encoding="utf-8")
    Path("marks.txt").write_text("，\n", encoding="utf-8")
    Path("few.txt").write_text("春😀夏\n", encoding="utf-8")
    Path("parts").mkdir()
    for k in range(3):
        Path(f"parts/{k}.txt").write_text("\n".join(LINES[k * 28 : k * 28 + 28]), encoding="utf-8")
    return tmp_path


def test_the_command_prints_the_keywords_of_the_library(files: Path, capsys: Capture) -> None:
    expected = KeywordExtractor(LEXICON, top=4).extract(LINES)
    status, out, err = run(capsys, "keywords", "novel.txt", "--top", 4)
    assert status == 0
    assert out == "".join(f"{k}\t{' '.join(words)}\n" for k, words in enumerate(expected.to_lists(), 1))
    assert err == f"{len(LINES)} documents, {len(expected):,} keywords.\n"
    records = json.loads(run(capsys, "keywords", "novel.txt", "--top", 4, "--json", "-q")[1])
    assert [(row["document"], row["word"]) for row in records] == list(
        zip(expected.document.tolist(), expected.words, strict=True)
    )
    assert run(capsys, "keywords", "novel.txt", "--top", 4, "--by", "g2", "-o", "k.csv")[0] == 0
    lines = Path("k.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "document,word,count,df,tfidf,g2"
    by_g2 = KeywordExtractor(LEXICON, top=4, by="g2").extract(LINES)
    assert [line.split(",")[1] for line in lines[1:]] == list(by_g2.words)


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes")
def test_names_of_any_bytes_stay_in_their_line(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    for k, name in enumerate((b"a\xff\n\t\x1b[31m.txt", b"b.txt")):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text("\n".join(LINES[k::2]), encoding="utf-8")
    shown = "a\\udcff\\n\\t\\x1b[31m.txt"
    assert main(["keywords", str(tmp_path), "--documents", "files", "--by", "g2", "-q"]) == 0
    lines = capsysbinary.readouterr().out.decode().splitlines()
    assert [line.split("\t")[0].rpartition("/")[2] for line in lines] == [shown, "b.txt"]
    assert main(["keywords", str(tmp_path), "--documents", "files", "--by", "g2", "-q", "--json"]) == 0
    assert json.loads(capsysbinary.readouterr().out.decode())[0]["document"].endswith("a\udcff\n\t\x1b[31m.txt")
    files = [os.path.join(tmp_path, name) for name in sorted(os.listdir(tmp_path))]
    assert main(["compare", *files, "--max-p", "1"]) == 0
    out, err = (stream.decode() for stream in capsysbinary.readouterr())
    assert f"{shown}: " in out
    assert "\\t\\x1b[31m.txt has " in err
    assert main(["keywords", files[0] + "none"]) == 1
    assert "\\t\\x1b[31m.txtnone: no file matches" in capsysbinary.readouterr().err.decode()


def test_golden_lines(files: Path, capsys: Capture) -> None:
    out = run(capsys, "keywords", "parts", "--documents", "files", "--top", 5)[1]
    assert out == GOLDEN


GOLDEN = """\
parts/0.txt\t喜欢 报道 一天 火车 站长
parts/1.txt\t二〇〇 山下 过去 高兴 公路
parts/2.txt\t柳河号 检测 马丽华 赵志远 赵铁柱
"""


def test_stop_words_are_left_out(files: Path, capsys: Capture) -> None:
    status, out, err = run(capsys, "stop-words", "novel.txt", "--top", 30, "-o", "stop.txt")
    assert (status, out) == (0, "")
    assert err == "stop.txt: 30 words; read them, and delete those that matter.\n"
    stop = Path("stop.txt").read_text(encoding="utf-8").splitlines()
    assert stop == list(find_stop_words(LEXICON, LINES, top=30))
    Path("more.txt").write_text("青石镇\n柳河\n", encoding="utf-8")
    options = ("--stop-words", "stop.txt", "--stop-words", "more.txt", "--min-length", 1, "--json", "--top", 99)
    found = {row["word"] for row in json.loads(run(capsys, "keywords", "novel.txt", *options)[1])}
    assert len(found) > 100
    assert not found & {*stop, "青石镇", "柳河"}
    records = json.loads(run(capsys, "stop-words", "novel.txt", "--top", 30, "--json")[1])
    assert [row["word"] for row in records] == stop
    table = run(capsys, "stop-words", "novel.txt", "--top", 30)[1].splitlines()
    assert [line.split()[0] for line in table[1:]] == stop
    assert run(capsys, "stop-words", "novel.txt", "--top", 3, "-o", "stop.csv")[0] == 0
    assert Path("stop.csv").read_text(encoding="utf-8").startswith("word,count,df,left_entropy,right_entropy,evenness,")


@pytest.mark.parametrize("options", [(), ("-o", "stop.txt")])
def test_no_stop_words_are_a_sentence(options: tuple[str, ...], files: Path, capsys: Capture) -> None:
    assert run(capsys, "stop-words", "few.txt", *options) == (0, "", "no function words were found; give more text.\n")


def test_a_lexicon_with_document_frequencies_reads_a_document_once(
    files: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(capsys, "build-vocab", "novel.txt", "--documents", "texts", "-o", "words.tsv")[0] == 0
    lexicon = Lexicon.load("words.tsv")
    found = count_documents(Tokenizer(LEXICON), LINES)
    assert lexicon.meta.documents == found.documents
    assert lexicon.scores["df"].tolist() == found.frequencies.tolist()
    shown = run(capsys, "show", "words.tsv", "--sort", "df", "--top", 1)[1].splitlines()[1].split()
    assert shown[-2:] == [str(int(lexicon.scores[name][lexicon.index(shown[0])])) for name in ("df", "cf")]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("柳河大桥的故事。\n".encode())))
    status, out, err = run(capsys, "keywords", "-", "--lexicon", "words.tsv")
    assert (status, err) == (0, "1 document, 1 keyword.\n")
    assert out.startswith("1\t")
    assert len(out.split()) == 2
    assert "柳河" in out
    assert run(capsys, "build-vocab", "parts", "--documents", "files", "-o", "words.tsv")[0] == 0
    assert Lexicon.load("words.tsv").meta.documents == 3


def test_stages_are_numbered(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["build-vocab", "novel.txt", "-o", "words.tsv", "-q"]) == 0
    stages, _ = watch(monkeypatch)
    for command in ("keywords", "stop-words"):
        for options, total in ((["novel.txt"], 5), (["novel.txt", "--lexicon", "words.tsv"], 3)):
            stages.clear()
            assert main([command, *options, "-o", "t.csv"]) == 0
            assert [place(label) for label in stages] == [(k, total) for k in range(1, total + 1)], stages
    stages.clear()
    assert main(["build-vocab", "novel.txt", "--documents", "texts", "-o", "words.tsv"]) == 0
    assert stages[-1] == "counting documents 5/5"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["keywords", "novel.txt", "--top", "0"], 2, "--top must be"),
        (["keywords", "novel.txt", "--min-length", "0"], 2, "--min-length must be"),
        (["keywords", "novel.txt", "-o", "x.txt"], 2, "must end in .tsv, .csv, .parquet or .jsonl"),
        (["keywords", "novel.txt", "-o", "x.tsv", "--json"], 2, "--json prints to stdout"),
        (["keywords", "novel.txt", "--documents", "files"], 1, "there is 1 document with words; give more"),
        (["keywords", "novel.txt", "--stop-words", "missing.txt"], 1, "missing.txt"),
        (["stop-words", "novel.txt", "--top", "1001"], 2, "--top must be an integer from 1 to 1000, not 1001."),
        (["stop-words", "novel.txt", "-o", "novel.txt"], 2, "is also an input"),
        (["stop-words", "marks.txt"], 1, "no countable text in it (no Chinese characters); give another text.\n"),
        (["build-vocab", "novel.txt", "--documents", "texts", "--method", "vocabulary", "--vocab-size", "300"], 2,
         "--documents is not an option of --method vocabulary"),
    ],
)  # fmt: skip
def test_wrong_usage(arguments: list[str], status: int, message: str, files: Path, capsys: Capture) -> None:
    found, out, err = run(capsys, *arguments)
    assert (found, out) == (status, "")
    assert err.startswith("nlpzero: error: ")
    assert message in err


def test_things_of_another_type_are_refused() -> None:
    lexicon = Lexicon(["早晨", "茶"], [3, 2])
    assert repr(count_documents(Tokenizer(lexicon), ["茶"])) == "<DocumentFrequencies of 2 words in 1 documents>"
    with pytest.raises(TypeError, match="tokenizer must be a Tokenizer, not Lexicon"):
        count_documents(lexicon, ["茶"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="found must be DocumentFrequencies"):
        add_document_frequencies(lexicon, ["茶"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="lexicon must be a Lexicon, not tuple"):
        KeywordExtractor(lexicon.words)  # type: ignore[arg-type]
