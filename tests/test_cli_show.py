"""Lists of words at the command line: tables, their order, and what is said when there is nothing to list."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from nlp_zero._utils.display import display_width
from nlp_zero.cli import main
from nlp_zero.cli.findings import require_cut
from nlp_zero.cli.ranking import default_order, rank_words
from nlp_zero.cli.table import format_table
from nlp_zero.errors import CorpusError
from nlp_zero.lexicon import Lexicon, LexiconMeta

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = str(ROOT / "corpora" / "sample.txt")
Capture = pytest.CaptureFixture[str]
JAPANESE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。\n"


def run(capsys: Capture, *arguments: object) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main([str(argument) for argument in arguments])
    return (status, *capsys.readouterr())


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lexicon") / "words.tsv"
    assert main(["build-vocab", SAMPLE, "-o", str(path), "--quiet"]) == 0
    return path


def words_of(table: str) -> list[str]:
    return [line.split()[0] for line in table.splitlines()[1:]]


# --- tables -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("abc", 3), ("曹操", 4), ("ＡＢ", 4), ("“，。", 5), ("한국", 4), ("e\u0301", 1), ("\u200b", 0)],
)
def test_display_width(text: str, width: int) -> None:
    assert display_width(text) == width


def test_columns_end_at_the_same_cell() -> None:
    rows = [["曹操", 1234567, 1.005], ["abc", 1, float("nan")], ["e\u0301一", 12, -3.5]]
    lines = format_table(["word", "count", "pmi"], rows).splitlines()
    assert {display_width(line) for line in lines} == {display_width(lines[0])}
    assert [line.split() for line in lines[1:]] == [
        ["曹操", "1,234,567", "1.00"], ["abc", "1", "–"], ["e\u0301一", "12", "-3.50"]
    ]  # fmt: skip


def test_show_is_the_order_of_the_library(lexicon: Path, capsys: Capture) -> None:
    words = Lexicon.load(lexicon)
    status, out, err = run(capsys, "show", lexicon)
    assert (status, err) == (0, "")
    assert out.splitlines()[0].split() == (
        ["word", "count", "firmness", "pmi", "left", "entropy", "right", "entropy", "cohesion"]
    )
    assert words_of(out) == words.top(20, by="firmness")
    for by in ("count", "pmi", "cohesion", "left_entropy", "right_entropy", "firmness"):
        out = run(capsys, "show", lexicon, "--sort", by, "--top", 7)[1]
        assert words_of(out) == words.top(7, by=by), by
    for length in (1, 3):
        out = run(capsys, "show", lexicon, "--min-length", length, "--sort", "count", "--top", 5)[1]
        assert words_of(out) == words.top(5, min_length=length)
    row = out.splitlines()[1].split()
    assert (row[0], int(row[1])) == (words.top(1, min_length=3)[0], words[row[0]])


def test_show_as_json(lexicon: Path, capsys: Capture) -> None:
    words = Lexicon.load(lexicon)
    status, out, err = run(capsys, "show", lexicon, "--top", 3, "--json")
    assert (status, err) == (0, "")
    records = json.loads(out)
    assert [record["word"] for record in records] == words.top(3, by="firmness")
    for record in records:
        k = words.index(record["word"])
        assert record["count"] == words.counts[k]
        assert record["firmness"] == words.firmness[k]
        assert record["pmi"] == words.scores["pmi"][k]


def test_json_of_bytes_is_utf_8(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    tokens = [chr(0xDC00 + byte) if byte > 127 else chr(byte) for byte in range(256)]
    vocabulary, text = tmp_path / "vocabulary.tsv", tmp_path / "text.txt"
    Lexicon(tokens, [1] * 256, meta=LexiconMeta(byte_fallback=True)).save(vocabulary)
    text.write_text("春江春江\n潮水\n春潮\n" * 9, encoding="utf-8")
    for call in (["show", vocabulary, "--min-length", 1, "--top", 256], ["stop-words", text, "--lexicon", vocabulary]):
        assert main([*map(str, call), "--json"]) == 0
        words = [record["word"] for record in json.loads(capfdbinary.readouterr().out.decode())]
        assert set(words) <= set(tokens)
        assert any(word > "\udc7f" for word in words), call[0]


@pytest.mark.parametrize(
    "name", ["a.json", "a.model", "tokenizer.json", "bytepiece.model", "jieba_words.txt", "a.parquet"]
)
def test_show_reads_every_format(name: str, lexicon: Path, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / name
    to = ["--to", "json"] if name == "a.json" else []
    assert run(capsys, "convert", lexicon, path, "-q", *to)[0] == 0
    status, out, err = run(capsys, "show", path, "--top", 4, "--sort", "count")
    assert (status, err) == (0, "")
    assert words_of(out) == Lexicon.load(path).top(4)


def test_show_a_word_list_without_scores(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "dict.txt"
    path.write_text("青石镇 5 ns\n早晨 7\n茶 9\n", encoding="utf-8")
    assert default_order(Lexicon.load(path)) == "count"
    assert run(capsys, "show", path) == (0, "word    count\n早晨        7\n青石镇      5\n", "")
    status, out, err = run(capsys, "show", path, "--sort", "firmness")
    assert (status, out) == (2, "")
    assert err == "nlpzero: error: --sort firmness: the words have no such column; choose from count.\n"
    assert run(capsys, "show", path, "--min-length", 4) == (
        0, "", f"{path} has no words of 4 or more characters; the longest has 3.\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sort", "cohesoin"], "--sort cohesoin: the words have no such column; did you mean cohesion?"),
        (["--sort", "xyz"], "choose from count, firmness, pmi, left_entropy, right_entropy, cohesion."),
        (["--top", "0"], "--top must be an integer of at least 1, not 0."),
        (["--min-length", "0"], "--min-length must be an integer of at least 1, not 0."),
    ],
)
def test_wrong_options_of_show(options: list[str], message: str, lexicon: Path, capsys: Capture) -> None:
    status, out, err = run(capsys, "show", lexicon, *options)
    assert (status, out) == (2, "")
    assert message in err


# --- build-vocab --------------------------------------------------------------------------------------------------


def test_a_terminal_gets_a_table_and_the_way_to_save(
    lexicon: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    words = Lexicon.load(lexicon)
    status, out, _ = run(capsys, "build-vocab", SAMPLE, "-q")
    assert status == 0
    *table, hint = out.splitlines(keepends=True)
    assert "".join(table) == run(capsys, "show", lexicon)[1]
    assert hint == f"… and {len(words) - 20:,} more; add -o words.tsv to save all words.\n"
    assert len(run(capsys, "build-vocab", SAMPLE, "-q", "--top", 3)[1].splitlines()) == 4
    (tmp_path / "short.txt").write_text("好坏\n", encoding="utf-8")
    assert run(capsys, "build-vocab", tmp_path / "short.txt", "-q") == (0, "", "")  # nothing, and not "2 more"
    path = tmp_path / "words.tsv"
    assert run(capsys, "build-vocab", SAMPLE, "-q", "-o", path) == (0, "", "")
    assert run(capsys, "build-vocab", SAMPLE, "-q", "-o", "-")[1] == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("method", ["pmi", "entropy", "bayes"])
def test_top_is_words_of_two_characters_and_nothing_else(method: str, tmp_path: Path, capsys: Capture) -> None:
    everything, best = tmp_path / "all.tsv", tmp_path / "best.tsv"
    command = ("build-vocab", SAMPLE, "-q", "--method", method)
    assert run(capsys, *command, "-o", everything)[0] == 0
    assert run(capsys, *command, "-o", best, "--top", 6)[0] == 0
    expected = rank_words(Lexicon.load(everything), top=6)
    assert sorted(Lexicon.load(best)) == sorted(expected)
    assert words_of(run(capsys, "show", best)[1]) == expected  # although function characters are no longer known


# --- results without content --------------------------------------------------------------------------------------


def test_no_words(tmp_path: Path, capsys: Capture) -> None:
    text, words = tmp_path / "text.txt", tmp_path / "words.tsv"
    text.write_text("你好\n", encoding="utf-8")
    err = run(capsys, "build-vocab", text, "-o", words)[2]
    assert err.startswith(
        "no words of two or more characters were found in 2 characters; give a longer text (a novel has some 500,000), "
        "or try --min-count 2.\n"
    )
    err = run(capsys, "build-vocab", text, "-o", words, "--min-count", 2)[2]
    assert "(a novel has some 500,000).\n" in err
    err = run(capsys, "build-vocab", SAMPLE, "-o", words, "--min-count", 1000)[2]
    assert "although the text has 5,688 characters; lower --min-count or --min-pmi" in err
    err = run(capsys, "build-vocab", SAMPLE, "-o", words, "--method", "entropy", "--min-count", 1000)[2]
    assert "although the text has 5,688 characters; lower --min-count.\n" in err
    err = run(capsys, "build-vocab", SAMPLE, "-o", words, "--max-length", 1)[2]
    assert err.startswith("no words of two or more characters were looked for; raise --max-length.\n")
    assert run(capsys, "build-vocab", text, "-o", words, "-q")[2] == ""
    assert run(capsys, "build-vocab", SAMPLE, "-o", words)[2].count("\n") == 1


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (JAPANESE * 3, r"note: \d\d% of the characters are Japanese letters"),
        ("한국어 문장입니다. 한국어를 공부합니다.\n" * 3, r"note: 100% of the characters are Korean letters"),
        ("中国人民の友谊，中国人民。" * 5, ""),  # a kana in Chinese text
    ],
)
def test_other_scripts(text: str, note: str, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "text.txt"
    path.write_text(text, encoding="utf-8")
    status, _, err = run(capsys, "build-vocab", path, "-o", tmp_path / "words.tsv")
    assert status == 0
    assert bool(re.match(note, err)) if note else "note" not in err


def test_nothing_is_new(lexicon: Path, tmp_path: Path, capsys: Capture) -> None:
    err = run(capsys, "build-vocab", SAMPLE, "--known", lexicon, "-o", tmp_path / "new.tsv")[2]
    assert err.startswith("the word lists of --known have all words that were found.\n")


def test_text_without_chinese_characters(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "text.txt"
    path.write_text("All work and no play.\n", encoding="utf-8")
    status, _, err = run(capsys, "build-vocab", path)
    assert status == 1
    assert "no Chinese characters" in err
    assert "alnum" in err


RAW = "滚滚长江东逝水，浪花淘尽英雄。是非成败转头空。\n青山依旧在，几度夕阳红。\n"


@pytest.mark.parametrize(
    ("command", "remedy"),
    [
        (["evaluate", "RAW", "-l", "WORDS"], "use nlpzero tokenize"),
        (["evaluate", "CUT", "--predicted", "RAW"], "name a file whose words are separated by spaces"),
        (["mine-templates", "RAW", "--tokenized"], "leave out --tokenized, and add --lexicon FILE"),
        (["parse", "RAW", "--tokenized", "-t", "TEMPLATES"], "leave out --tokenized, and add --lexicon FILE"),
    ],
)
def test_text_that_is_not_cut(
    command: list[str], remedy: str, lexicon: Path, tmp_path: Path, capsys: Capture
) -> None:
    raw, cut, templates = tmp_path / "raw.txt", tmp_path / "cut.txt", tmp_path / "t.jsonl"
    raw.write_text(RAW, encoding="utf-8")
    cut.write_text("滚滚 长江 东 逝水\n", encoding="utf-8")
    assert run(capsys, "mine-templates", SAMPLE, "-l", lexicon, "-o", templates, "-q")[0] == 0
    names = {"RAW": raw, "CUT": cut, "WORDS": lexicon, "TEMPLATES": templates}
    status, out, err = run(capsys, *(names.get(word, word) for word in command))
    assert (status, out) == (1, "")
    assert "not cut into words: 30 Chinese characters are 2 words between spaces" in err
    assert err.endswith(remedy + ".\n") or f"{remedy} (" in err


def test_cut_text_passes_unchanged() -> None:
    long = ["共同 创造 美好 的 新 世纪 ， 迈向 二十一 世纪"] * 2000
    for lines in (long, ["柳河大桥"], [], ["a" * 100], ["", "春 天"]):
        assert list(require_cut(iter(lines), "it", "cut it")) == lines
    with pytest.raises(CorpusError, match="40 Chinese characters are 1 word between spaces; cut it"):
        list(require_cut(["春" * 40], "it", "cut it"))


def test_no_templates(tmp_path: Path, capsys: Capture) -> None:
    text, templates = tmp_path / "cut.txt", tmp_path / "t.jsonl"
    text.write_text("春天 来 了\n", encoding="utf-8")
    status, out, err = run(capsys, "mine-templates", text, "--tokenized", "-o", templates)
    assert (status, out) == (0, "")
    assert err.startswith("no templates were found; give more text, or lower --min-fillers.\n")
    summary = json.loads(run(capsys, "mine-templates", text, "--tokenized", "-o", templates, "--json")[1])
    assert (summary["templates"], summary["words"]) == (0, 3)


def test_summaries_as_json(lexicon: Path, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "jieba_words.txt"
    status, out, err = run(capsys, "convert", lexicon, path, "--json")
    assert (status, err) == (0, "")
    summary = json.loads(out)
    assert summary["format"] == "jieba"
    assert summary["words"] + sum(summary["left_out"].values()) == len(Lexicon.load(lexicon))
    assert os.path.samefile(summary["output"], path)
    out = run(capsys, "count", SAMPLE, "--order", 2, "--query", "青石,柳河", "--json")[1]
    assert json.loads(out) == {
        "unit": "char", "total": 5688, "types": [635, 2578], "counts": {"青石": 55, "柳河": 69}
    }  # fmt: skip
