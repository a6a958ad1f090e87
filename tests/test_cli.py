"""The command line, as a user meets it: results, exit status, one sentence for each error, and quiet endings."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import nlp_zero
from nlp_zero import builders
from nlp_zero.cli import main
from nlp_zero.cli.evaluate import _choose_tokenizer
from nlp_zero.cli.ranking import rank_words
from nlp_zero.lexicon import Lexicon, LexiconMeta
from nlp_zero.tokenization.tokenizer import Tokenizer

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = str(ROOT / "corpora" / "sample.txt")
COMMANDS = (
    "build-vocab", "suggest-lines", "show", "tokenize", "count", "convert", "evaluate", "mine-templates", "parse",
    "evaluate-parse", "compare", "keywords", "stop-words",
)  # fmt: skip
Capture = pytest.CaptureFixture[str]


def run(capsys: Capture, *arguments: object) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main([str(argument) for argument in arguments])
    return (status, *capsys.readouterr())


def feed_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


# As in a user's shell: the interpreter buffers what it writes to a pipe.
SHELL = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "nlp_zero", *map(str, arguments)]


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lexicon") / "words.tsv"
    assert main(["build-vocab", SAMPLE, "-o", str(path), "--quiet"]) == 0
    return path


# --- help and usage -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_examples(name: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stop:
        main([name, "--help"])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert "examples:" in out
    assert f"nlpzero {name}" in out.split("examples:")[1]


def test_version(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"nlpzero {nlp_zero.__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"], ["build-vocab", SAMPLE, "--method", "magic"], ["tokenize", SAMPLE],
        ["count", SAMPLE, "--order", "many"], ["build-vocab", SAMPLE, "--errors", "hide"],
    ],
)  # fmt: skip
def test_wrong_usage_that_the_parser_finds(arguments: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["count"], "nothing to count"),
        (["count", SAMPLE], "add -o, --add, --export, --query or --top"),
        (["count", SAMPLE, "--top", "0"], "--top must be an integer of at least 1, not 0."),
        (["count", SAMPLE, "--query", "啊", "--min-count", "0"], "--min-count"),
        (["count", SAMPLE, "--query", "啊", "--order", "9"], "--order must be"),
        (["count", SAMPLE, "--query", "啊", "--encoding", "klingon"], "--encoding must name a text encoding"),
        (["build-vocab", SAMPLE, "--min-count", "0"], "--min-count must be"),
        (["build-vocab", SAMPLE, "--min-count", "-3"], "--min-count must be"),
        (["build-vocab", SAMPLE, "--max-length", "0"], "--max-length must be"),
        (["build-vocab", SAMPLE, "--order", "1"], "--order must be"),
        (["build-vocab", SAMPLE, "--min-pmi", "nan"], "--min-pmi must be a number, not nan."),
        (["build-vocab", SAMPLE, "--min-pmi", "high"], "--min-pmi must be numbers"),
        (["build-vocab", SAMPLE, "--min-pmi", "1,2"], "--min-pmi needs"),
        (["build-vocab", SAMPLE, "--top", "0"], "--top must be"),
        (["build-vocab", SAMPLE, "--method", "entropy", "--min-pmi", "1"], "not an option of --method entropy"),
        (["build-vocab", SAMPLE, "--phrase-rounds", "2"], "needs --phrases"),
        (["build-vocab", SAMPLE, "--phrases", "--phrase-rounds", "0"], "--phrase-rounds must be"),
        (["tokenize", SAMPLE, "-l", SAMPLE, "--alpha", "1"], "need --sample"),
        (["tokenize", SAMPLE, "-l", SAMPLE, "--sample", "--alpha", "-1"], "--alpha must be a number of at least 0"),
        (["tokenize", SAMPLE, "-l", SAMPLE, "--sample", "-k", "0"], "-k must be an integer from 1 to 1000000, not 0."),
        (["tokenize", SAMPLE, "-l", SAMPLE, "--format", "json", "--separator", ","], "not an option of --format json"),
        (["tokenize", SAMPLE, "-l", SAMPLE, "-o", "x.jsonl"], "not written as .jsonl; end the name in .csv, .parquet"),
        (["tokenize", SAMPLE, "-l", SAMPLE, "-o", "x.xlsx", "--format", "json"], "not written as .xlsx; end the name"),
        (["mine-templates", SAMPLE, "--tokenized", "-o", "t.csv"], "not written as .csv; end the name in .jsonl, "),
        (["report", SAMPLE, "-o", "r.pdf"], "r.pdf (-o): this result is not written as .pdf; end the name in .html or"),
        (["tokenize", SAMPLE, "-l", SAMPLE, "--sample", "--new-words"], "leave out --new-words"),
        (["evaluate", SAMPLE], "either --lexicon or --predicted"),
        (["evaluate", SAMPLE, "--predicted", SAMPLE, "--lexicon-precision"], "needs --lexicon"),
        (["evaluate", SAMPLE, "--predicted", SAMPLE, "--lexicon", SAMPLE], "and --predicted exclude each other"),
        (["count", "--merge", "counts", "--add", "others"], "--add needs a corpus; name one"),
        (["concordance", "啊", SAMPLE, "-o", "k.html"], "must end in .txt, .tsv, .csv, .parquet or .jsonl."),
        (["evaluate", SAMPLE, "--predicted", SAMPLE, "--bootstrap", "-1"], "--bootstrap must be an integer"),
        (["evaluate", SAMPLE, "--predicted", SAMPLE, "--tags", " "], "--tags must be"),
        (["evaluate", "-", "--predicted", "-"], "standard input can be only one"),
    ],
)
def test_options_that_make_no_sense(arguments: list[str], message: str, capsys: Capture) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("nlpzero: error: ")
    assert message in err
    assert err.endswith(".\n")
    assert err.count("\n") == 1


# --- the whole job, on a real text --------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["pmi", "entropy"])
def test_from_raw_text_to_words_to_scores(method: str, tmp_path: Path, capsys: Capture) -> None:
    words, cut = tmp_path / "words.tsv", tmp_path / "cut.txt"
    status, out, err = run(capsys, "build-vocab", SAMPLE, "-o", words, "--method", method)
    assert (status, out) == (0, "")
    before, after = map(float, re.findall(r"(\d\.\d+) ", err)[-2:])
    assert 0 < after < before
    assert err.startswith(f"{method}: ")
    assert "青石镇" in Lexicon.load(words).top(10)

    assert run(capsys, "tokenize", SAMPLE, "-l", words, "-o", cut) == (0, "", "")
    text = Path(SAMPLE).read_text(encoding="utf-8")
    assert cut.read_text(encoding="utf-8").replace(" ", "") == text.replace(" ", "")

    status, out, err = run(capsys, "evaluate", cut, "-l", words, "--json", "--lexicon-precision")
    assert (status, err) == (0, "")
    scores = json.loads(out)
    assert scores["f1"] > 0.999  # the level splits ……, which is one token
    assert scores["unaided_f1"] == 1.0
    assert scores["lines"] == text.count("\n")
    assert 0.5 < max(scores["lexicon"]["gold standard"]["precision"].values()) <= 1


def test_json_tokens_join_to_the_lines(lexicon: Path, capsys: Capture) -> None:
    status, out, _ = run(capsys, "tokenize", SAMPLE, "-l", lexicon, "--format", "json")
    assert status == 0
    lines = Path(SAMPLE).read_text(encoding="utf-8").splitlines()
    rows = [json.loads(row) for row in out.splitlines()]
    assert ["".join(row) for row in rows] == lines
    assert rows == [Tokenizer(Lexicon.load(lexicon)).tokenize(line) for line in lines]


def test_ids_and_separator(lexicon: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    words = Lexicon.load(lexicon)
    feed_stdin(monkeypatch, "青石镇，\n\n青石镇".encode())
    assert run(capsys, "tokenize", "-l", lexicon, "--format", "ids")[:2] == (
        0,
        f"{words.index('青石镇') + 1} {len(words) + 2}\n\n{words.index('青石镇') + 1}\n",
    )
    feed_stdin(monkeypatch, "青石镇，\r\n\r\n".encode())
    assert run(capsys, "tokenize", "-", "-l", lexicon, "--separator", "|") == (0, "青石镇|，\n\n", "")


def test_lines_and_records_keep_their_number(lexicon: Path, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "a.jsonl.gz"
    rows = [{"body": "青石镇\n青石镇"}, {"body": ""}, {"body": "\ud800"}]
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    status, out, _ = run(capsys, "tokenize", path, "--field", "body", "-l", lexicon, "--format", "json")
    assert status == 0
    assert [json.loads(line) for line in out.splitlines()] == [["青石镇", "\n", "青石镇"], [], ["\ud800"]]
    path = tmp_path / "b.jsonl"
    path.write_text(json.dumps({"text": "青石镇\n青石镇"}))
    assert run(capsys, "tokenize", path, "-l", lexicon) == (0, "青石镇 青石镇\n", "")


def test_samples_are_seeded(lexicon: Path, tmp_path: Path, capsys: Capture) -> None:
    def sample(*options: object, file: object = SAMPLE) -> str:
        status, out, err = run(capsys, "tokenize", file, "-l", lexicon, "--sample", "--separator", "", *options)
        assert (status, err) == (0, "")
        return out

    text = Path(SAMPLE).read_text(encoding="utf-8")
    assert sample("--seed", 7) == text
    assert sample("-k", 2).splitlines()[::2] == text.splitlines()
    first = run(capsys, "tokenize", SAMPLE, "-l", lexicon, "--sample", "--seed", 7, "-k", 2)[1]
    assert first == run(capsys, "tokenize", SAMPLE, "-l", lexicon, "--sample", "--seed", 7, "-k", 2)[1]
    assert first != run(capsys, "tokenize", SAMPLE, "-l", lexicon, "--sample", "--seed", 8, "-k", 2)[1]
    ids = run(capsys, "tokenize", SAMPLE, "-l", lexicon, "--sample", "--seed", 7, "-k", 2, "--format", "ids")[1]
    assert [len(line.split()) for line in ids.splitlines()] == [
        len(json.loads(line))
        for line in run(
            capsys, "tokenize", SAMPLE, "-l", lexicon, "--sample", "--seed", 7, "-k", 2, "--format", "json"
        )[1].splitlines()
    ]
    status, out, err = run(capsys, "tokenize", SAMPLE, "-l", lexicon, "--sample", "--alpha", "nan")
    assert (status, out) == (2, "")
    assert "alpha" in err


def test_new_words_by_option_and_by_lexicon(tmp_path: Path, capsys: Capture) -> None:
    text, gold, words = tmp_path / "text.txt", tmp_path / "gold.txt", tmp_path / "words.tsv"
    text.write_text("王敏是李伟的朋友\n", encoding="utf-8")
    gold.write_text("王敏 是 李伟 的 朋友\n", encoding="utf-8")
    names = ["王伟", "王芳", "李伟", "李芳", "张伟", "张敏", "李敏"]
    counts = [1] * len(names) + [30, 40, 20]
    known, new = "王 敏 是 李伟 的 朋友\n", "王敏 是 李伟 的 朋友\n"
    for meta, usual in ((LexiconMeta(), known), (LexiconMeta(new_words=0.07), new)):
        Lexicon([*names, "是", "的", "朋友"], counts, meta=meta).save(words)
        assert run(capsys, "tokenize", text, "-l", words) == (0, usual, "")
        assert run(capsys, "tokenize", text, "-l", words, "--new-words") == (0, new, "")
        assert run(capsys, "tokenize", text, "-l", words, "--no-new-words") == (0, known, "")
        scores = [json.loads(run(capsys, "evaluate", gold, "-l", words, "--json", *options)[1])["f1"]
                  for options in ([], ["--new-words"], ["--no-new-words"])]  # fmt: skip
        assert scores == [1.0 if usual == new else scores[2], 1.0, scores[2]]
        assert scores[2] < 1
    words.write_text("#nlp-zero lexicon v1\tnew_words=many\n#word\tcount\n王伟\t1\n", encoding="utf-8")
    status, _, err = run(capsys, "tokenize", text, "-l", words)
    assert status != 0
    assert "the field new_words must be a number" in err


def listed_words(path: Path) -> list[str]:
    """The words of a lexicon file in the order of its lines."""
    return [line.split("\t")[0] for line in path.read_text(encoding="utf-8").splitlines()[2:]]


def test_known_words_and_top(lexicon: Path, tmp_path: Path, capsys: Capture) -> None:
    known = tmp_path / "dict.txt"
    known.write_text("\ufeff青石镇 100 ns\n柳河大桥\n", encoding="utf-8")
    status, out, _ = run(capsys, "build-vocab", SAMPLE, "--known", known, "--known", lexicon)
    assert status == 0
    assert [line for line in out.splitlines() if not line.startswith("#")] == []
    new = tmp_path / "new.tsv"
    assert run(capsys, "build-vocab", SAMPLE, "--known", known, "--top", 5, "-o", new)[0] == 0
    words = Lexicon.load(lexicon)
    firm = [word for word in rank_words(words) if word not in ("青石镇", "柳河大桥")]
    assert listed_words(new) == firm[:5]  # in the file, too
    assert firm[:5] != [word for word in words.top(7) if word in firm][:5]  # which is another order than by count
    assert run(capsys, "build-vocab", SAMPLE, "--known", known, "-o", new)[0] == 0
    assert listed_words(new) == firm
    assert Lexicon.load(new).words == words.without(["青石镇", "柳河大桥"]).words
    assert run(capsys, "build-vocab", SAMPLE, "--top", 3, "-o", new)[0] == 0
    assert listed_words(new) == rank_words(words)[:3]
    known.write_bytes("青石镇\n".encode("gb18030"))
    status, out, err = run(capsys, "build-vocab", SAMPLE, "--known", known)
    assert (status, out) == (1, "")
    assert "must be UTF-8" in err


def test_summary_as_json(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "words.tsv"
    status, out, err = run(capsys, "build-vocab", SAMPLE, "-o", path, "--json")
    assert (status, err) == (0, "")
    summary = json.loads(out)
    assert summary["words"] == len(Lexicon.load(path))
    assert summary["entropy_after"] < summary["entropy_before"]
    status, out, err = run(capsys, "build-vocab", SAMPLE, "--json")
    assert out == path.read_text(encoding="utf-8")
    assert json.loads(err) == summary


def test_phrases(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "words.tsv"
    status, out, _ = run(capsys, "build-vocab", SAMPLE, "-o", path, "--phrases", "--json", "--max-length", 2)
    assert status == 0
    summary = json.loads(out)
    assert summary["phrases"] == len(Lexicon.load(path).parts) > 0
    fewer = run(capsys, "build-vocab", SAMPLE, "--phrases", "--phrase-rounds", 1, "--json", "--max-length", 2)[2]
    assert 0 < json.loads(fewer)["phrases"] < summary["phrases"]
    assert json.loads(fewer)["entropy_after"] > summary["entropy_after"]


def test_stdin_and_encodings_give_the_same_lexicon(
    lexicon: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = Path(SAMPLE).read_text(encoding="utf-8")
    expected = lexicon.read_text(encoding="utf-8")
    feed_stdin(monkeypatch, text.encode())
    assert run(capsys, "build-vocab", "-", "-q") == (0, expected, "")
    phrases = run(capsys, "build-vocab", SAMPLE, "-q", "--phrases")
    feed_stdin(monkeypatch, text.encode())
    assert run(capsys, "build-vocab", "-", "-q", "--phrases") == phrases
    for encoding in ("gb18030", "utf-16"):
        path = tmp_path / f"{encoding}.txt"
        path.write_bytes(text.encode(encoding))
        assert run(capsys, "build-vocab", path, "-q", "--encoding", encoding) == (0, expected, "")
    path = tmp_path / "bom.txt"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert run(capsys, "build-vocab", path, "-q") == (0, expected, "")


# --- count --------------------------------------------------------------------------------------------------------


def test_count_query_top_and_merge(tmp_path: Path, capsys: Capture) -> None:
    one, two = tmp_path / "1.txt", tmp_path / "2.txt"
    one.write_text("中国人，中国\n", encoding="utf-8")
    two.write_text("中国队\n", encoding="utf-8")
    assert run(capsys, "count", one, "-q", "--query", "中国,国中", "--order", 2) == (0, "中国\t2\n国中\t0\n", "")
    for source, name in ((one, "a"), (two, "b")):
        assert run(capsys, "count", source, "--order", 2, "-o", tmp_path / name)[:2] == (0, "")
    arguments = ("--merge", tmp_path / "a", "--merge", tmp_path / "b", "-o", tmp_path / "all", "--query", "中国")
    assert run(capsys, "count", *arguments)[:2] == (0, "中国\t3\n")
    status, out, err = run(capsys, "count", "--merge", tmp_path / "all", "--top", 2)
    assert (status, out) == (0, "中\t3\n国\t3\n中国\t3\n国人\t1\n")
    assert err.startswith("8 characters counted")
    assert run(capsys, "count", two, "--merge", tmp_path / "a", "-q", "--order", 2, "--query", "中国")[1] == "中国\t3\n"
    pruned = run(capsys, "count", "--merge", tmp_path / "all", "-q", "--min-count", 2, "--query", "国人")
    assert pruned == (0, "国人\t0\n", "")
    status, _, err = run(capsys, "count", one, "--merge", tmp_path / "a", "--order", 3, "--query", "中国")
    assert status == 1
    assert "order" in err
    # of the four trigrams of bytes that occur twice, the first in the order of bytes
    out = run(capsys, "count", one, "--unit", "byte", "--top", 1, "-q", "--order", 3)[1]
    assert out.splitlines()[-1] == "\\xad\\xe5\\x9b\t2"


@pytest.mark.parametrize("pattern", ["?", "[ab]", "b[1]", "**/?"])
def test_count_merges_the_folders_that_a_pattern_matches(tmp_path: Path, monkeypatch, capsys: Capture, pattern) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b", "b[1]"):
        Path(f"{name}.txt").write_text("中国人" * (2 if name == "b[1]" else 1) + name, encoding="utf-8")
        assert run(capsys, "count", f"{name}.txt", "-o", name, "-q")[:2] == (0, "")
    assert run(capsys, "count", "--merge", pattern, "-q", "--query", "中国")[1] == "中国\t2\n"


# --- evaluate -----------------------------------------------------------------------------------------------------


def test_evaluate_against_another_cut(tmp_path: Path, capsys: Capture) -> None:
    gold, cut, known = tmp_path / "gold.txt", tmp_path / "cut.txt", tmp_path / "known.txt"
    gold.write_text("共同 创造\u3000美好 的 新 世纪\n", encoding="utf-8")
    cut.write_text("共同 创造 美 好的 新世纪\n", encoding="utf-8")
    known.write_text("共同 5\n世纪 3\n", encoding="utf-8")
    status, out, err = run(capsys, "evaluate", gold, "--predicted", cut, "--known", known, "--bootstrap", 10)
    assert (status, err) == (0, "")
    values = {name: numbers.split() for name, numbers in re.findall(r"^([a-z ]+?)  +([\d. to%]+)", out, re.M)}
    assert values["words"] == ["0.4000", "0.3333", "0.3636", "0.3636", "to", "0.3636"]
    assert values["boundaries"][2] == "0.6667"
    assert (values["not in the word list"][1], values["in the word list"][1]) == ("0.2500", "0.5000")
    assert out.splitlines()[0] == "level    raw: only the ends of lines are given"
    assert out.splitlines()[1].startswith("setting  not stated")
    target = tmp_path / "scores.json"
    assert run(capsys, "evaluate", gold, "--predicted", cut, "--json", "-o", target) == (0, "", "")
    assert json.loads(target.read_text())["words"] == {"correct": 2, "predicted": 5, "gold": 6}
    cut.write_text("共同 创造 美 坏的\n", encoding="utf-8")
    status, out, err = run(capsys, "evaluate", gold, "--predicted", cut)
    assert (status, out) == (1, "")
    assert "line 1, character 6" in err


def test_evaluate_tells_level_and_setting(lexicon: Path, tmp_path: Path, capsys: Capture) -> None:
    gold, train = tmp_path / "gold.txt", tmp_path / "train.txt"
    gold.write_text("青石镇/ns 的/u 早晨/t ，/w １９９８年/t\n[柳河/ns 大桥/n]ns\n", encoding="utf-8")
    train.write_text("柳河大桥\n", encoding="utf-8")
    arguments = ["evaluate", gold, "-l", lexicon, "--trained-on", train]
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (1, "")
    assert "add --tags /." in err
    status, out, err = run(capsys, *arguments, "--tags", "/", "--breakdown", "--json")
    assert (status, err) == (0, "")
    scores = json.loads(out)
    assert (scores["level"], scores["words"]["gold"]) == ("alnum", 7)
    assert scores["setting"]["name"] == "mixed"
    assert scores["setting"]["overlap"] == pytest.approx(4 / 16)
    assert scores["breakdown"]["information"]["model_bits"] > 0
    for level in ("punct", "join"):
        out = run(capsys, *arguments, "--tags", "/", "--level", level, "--breakdown")[1]
        assert out.startswith(f"level    {level}: ")
        assert "function words joined to a neighbour" in out
    assert run(capsys, *arguments, "--tags", "/", "--level", "raw")[::2] == (
        2,
        "nlpzero: error: a lexicon makes every mark of punctuation a token; --level raw needs --predicted.\n",
    )
    one = tmp_path / "one.txt"
    one.write_text("柳河大桥\n", encoding="utf-8")
    assert "setting  transductive: 100.0%" in run(capsys, "evaluate", one, "-l", lexicon, "--trained-on", train)[1]
    other = tmp_path / "other.txt"
    other.write_text("早晨 的 茶\n", encoding="utf-8")
    assert "setting  external: 0.0%" in run(capsys, "evaluate", other, "-l", lexicon, "--trained-on", one)[1]


def test_a_lexicon_of_bytes_is_given_nothing() -> None:
    every = [bytes([n]).decode("utf-8", "surrogateescape") for n in range(256)]
    words = ["中国", "。", *every]
    lexicon = Lexicon(words, [1] * len(words), meta=LexiconMeta(byte_fallback=True))
    assert _choose_tokenizer(lexicon, None)[1] == "raw"
    assert _choose_tokenizer(lexicon, "join")[1] == "join"


def test_bytes_of_a_character_are_no_words(tmp_path: Path, capsys: Capture) -> None:
    every = [bytes([n]).decode("utf-8", "surrogateescape") for n in range(256)]
    words = ["早晨", "早", "晨", "\udce9\udcbe", *every]
    vocabulary, gold, trees = tmp_path / "v.tsv", tmp_path / "gold.txt", tmp_path / "trees.txt"
    Lexicon(words, [1] * len(words), meta=LexiconMeta(byte_fallback=True, alnum="split")).save(vocabulary)
    gold.write_text("龘 早晨\n", encoding="utf-8")
    assert "\nwords                    1.0000  1.0000  1.0000\n" in run(capsys, "evaluate", gold, "-l", vocabulary)[1]
    assert run(capsys, "suggest-lines", gold, "-l", vocabulary)[1] == "龘 早晨\n"
    templates = tmp_path / "t.jsonl"
    cut = tmp_path / "cut.txt"
    cut.write_text("从 北京 到 上海 。\n从 广州 到 深圳 。\n" * 20, encoding="utf-8")
    assert run(capsys, "mine-templates", cut, "--tokenized", "--min-fillers", "1", "-o", templates)[0] == 0
    command = ("parse", gold, "-l", vocabulary, "-t", templates, "--format", "brackets", "-o", trees)
    assert run(capsys, *command)[0] == 0
    assert trees.read_text(encoding="utf-8").startswith("(<0xE9><0xBE> <0x98>")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gb18030"])
def test_help_in_an_encoding_that_lacks_characters(encoding: str) -> None:
    done = subprocess.run(command("mine-templates", "--help"), capture_output=True, check=False,
                          env=SHELL | {"PYTHONIOENCODING": encoding})  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    example = "从 … 到".encode(encoding, "backslashreplace")
    assert example in done.stdout


@pytest.mark.parametrize("method", ["pmi", "vocabulary"])
def test_one_is_no_plural(method: str, tmp_path: Path, capsys: Capture) -> None:
    one, words = tmp_path / "one.txt", tmp_path / "words.tsv"
    one.write_text("好\n", encoding="utf-8")
    size = ["--vocab-size", "257"] * (method == "vocabulary")
    _, _, shown = run(capsys, "build-vocab", one, "--method", method, *size, "-o", words)
    of_what = {"pmi": "of the text", "vocabulary": "that was learnt from"}[method]
    assert f"the 1 character {of_what} is 1 token" in shown
    assert shown.endswith("average information 0.0000 -> 0.0000 nats per character.\n")
    if method == "pmi":
        assert "were found in 1 character;" in shown
        assert "pmi: 1 word; " in shown
        assert run(capsys, "merge", words, words)[2] == "1 + 1 words make 1 word, 2 tokens.\n"
        assert run(capsys, "convert", words, tmp_path / "w.txt", "--to", "plain")[2].endswith(": plain, 1 word.\n")
        other = tmp_path / "other.txt"
        other.write_text("好好\n", encoding="utf-8")
        shown = run(capsys, "compare", one, "--against", other, "--min-count", "1", "--max-p", "1")[2]
        assert "has 1 token, " in shown
        assert "; 1 word occurs 1 or more times." in shown
        assert run(capsys, "count", one, "--top", "1")[2].startswith("1 character counted; ")


def test_evaluate_against_word_lists(lexicon: Path, tmp_path: Path, capsys: Capture) -> None:
    listed = tmp_path / "dict.txt"
    listed.write_text("青石镇 3 ns\n早晨 2\n火星人 1\n", encoding="utf-8")
    gold = tmp_path / "gold.txt"
    assert run(capsys, "tokenize", SAMPLE, "-l", lexicon, "-o", gold)[0] == 0
    command = ("evaluate", gold, "-l", lexicon, "--known", listed, "--lexicon-precision")
    scores = json.loads(run(capsys, *command, "--json")[1])
    against = scores["lexicon"]
    assert list(against) == ["gold standard", str(listed)]
    assert against[str(listed)]["words"] == 2  # nobody on Mars
    assert max(against[str(listed)]["recall"].values()) == 1.0
    assert scores["iv_words"] == sum(gold.read_text(encoding="utf-8").split().count(w) for w in ("青石镇", "早晨"))
    assert f"against {listed} (2 of whose words occur in the text)" in run(capsys, *command)[1]


# --- what can go wrong --------------------------------------------------------------------------------------------


def failing_inputs(folder: Path) -> dict[str, tuple[list[object], str]]:
    """Name → arguments and what the message says."""
    files = {
        "invalid.txt": "甲乙\n".encode() * 3 + b"\xff\n",
        "gbk.txt": "滚滚长江东逝水\n".encode("gbk"),
        "empty.txt": b"",
        "marks.txt": "，。！\n\n".encode(),
        "blank.txt": b" \n\n",
        "gold.txt": "春天 来 了\n".encode(),
        "one.tsv": "甲\t3\n".encode(),
        "bad.jsonl": b'{"text": "a"}\n{"body": "b"}\n',
        "cut.txt.gz": gzip.compress(os.urandom(1000))[:500],
        "truncated.tsv": "#nlp-zero lexicon v1\n#word\tcount\n甲\t3\n乙".encode(),
        "wrong.tsv": "#nlp-zero lexicon v1\n#word\tcount\n甲\tmany\n".encode(),
        "future.tsv": b"#nlp-zero lexicon v99\n",
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "nothing").mkdir()
    (folder / "texts").mkdir()
    (folder / "texts" / "a.txt").write_text("春天来了。\n夏天来了。\n", encoding="utf-8")
    (folder / "counts").mkdir()
    (folder / "counts" / "meta.json").write_text("{")
    build, cut = ["build-vocab"], ["tokenize", SAMPLE, "-l"]
    return {
        "missing file": ([*build, folder / "no.txt"], "no such file"),
        "missing pattern": ([*build, folder / "*.none"], "no file matches"),
        "folder without text": ([*build, folder / "nothing"], "holds no text file"),
        "invalid utf-8": ([*build, folder / "invalid.txt"], r"invalid\.txt: byte 21 .*--encoding.*--errors"),
        "invalid utf-8, counting": (
            ["count", folder / "invalid.txt", "--top", "1"],
            r"invalid\.txt: byte 21 .*--encoding.*--errors",
        ),
        "gbk": ([*build, folder / "gbk.txt"], r"gbk\.txt: byte 0 .*gb18030"),
        "empty": ([*build, folder / "empty.txt"], "empty.txt: the file is empty"),
        "no words to mine": (["mine-templates", folder / "blank.txt", "--tokenized"], "nothing to mine; give a text"),
        "words in a folder": ([*build, SAMPLE, "--known", folder / "texts"], r"texts.a\.txt: this looks like a text"),
        "missing word list": (["concordance", f"@{folder}/no.txt", SAMPLE], r"no\.txt: a word list cannot be read"),
        "no short lines": (
            ["suggest-lines", folder / "gold.txt", "-l", folder / "one.tsv", "--max-length", "2"],
            "no line of the texts is short enough for --max-length 2; raise it",
        ),
        "no lines": (["suggest-lines", folder / "blank.txt", "-l", folder / "one.tsv"], "no line that could be cut"),
        "large vocabulary": (
            [*build, SAMPLE, "--method", "vocabulary", "--vocab-size", "3000000"], "error: --vocab-size 3000000 is more"
        ),
        "no text in it": ([*build, folder / "marks.txt"], "nothing to count|no countable text"),
        "empty, counting": (["count", folder / "empty.txt", "--top", "1"], r"empty\.txt: the file is empty"),
        "json field": ([*build, folder / "bad.jsonl"], r"bad\.jsonl, line 2: .*--field"),
        "truncated gzip": ([*build, folder / "cut.txt.gz"], "not a complete gzip file"),
        "truncated lexicon": ([*cut, folder / "truncated.tsv"], "line 4"),
        "wrong lexicon": ([*cut, folder / "wrong.tsv"], "line 3"),
        "later lexicon": ([*cut, folder / "future.tsv"], "v99"),
        "missing lexicon": ([*cut, folder / "no.tsv"], r"no\.tsv"),
        "no counts": (["count", "--merge", folder / "nothing", "--top", "1"], r"meta\.json"),
        "damaged counts": (["count", "--merge", folder / "counts", "--top", "1"], r"meta\.json"),
        "empty gold": (["evaluate", folder / "empty.txt", "--predicted", folder / "empty.txt"], "the file is empty"),
        "missing prediction": (["evaluate", SAMPLE, "--predicted", folder / "no.txt"], "no such file"),
        "output in no folder": ([*build, SAMPLE, "-o", folder / "none" / "x"], r"none.*cannot be written: No such"),
        "output is a folder": ([*build, SAMPLE, "-o", folder], "is a folder"),
        "counts in no folder": (["count", SAMPLE, "-o", folder / "none" / "x"], "cannot be written: No such"),
        "counts on a file": (["count", SAMPLE, "-o", folder / "gbk.txt"], "cannot be written"),
    }


CASES = sorted([
    "missing file", "missing pattern", "folder without text", "invalid utf-8", "invalid utf-8, counting", "gbk",
    "empty", "no text in it", "empty, counting", "json field", "truncated gzip", "truncated lexicon", "wrong lexicon",
    "large vocabulary", "later lexicon", "missing lexicon", "no counts", "damaged counts", "empty gold",
    "missing prediction", "no words to mine", "output in no folder", "output is a folder", "counts in no folder",
    "counts on a file", "words in a folder", "missing word list", "no short lines", "no lines",
])  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_one_sentence_and_status_1(case: str, tmp_path: Path, capsys: Capture) -> None:
    inputs = failing_inputs(tmp_path)
    assert sorted(inputs) == CASES
    arguments, message = inputs[case]
    before = sorted(tmp_path.rglob("*"))
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (1, ""), err
    assert err.startswith("nlpzero: error: ")
    assert err.endswith(".\n")
    assert err.count("\n") == 1
    assert re.search(message, err), err
    assert sorted(tmp_path.rglob("*")) == before


def test_errors_replace_reads_on(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("中国".encode() + b"\xff" + "中国\n".encode())
    assert run(capsys, "count", path, "--errors", "replace", "--query", "中国,国中", "-q")[1] == "中国\t2\n国中\t0\n"
    assert run(capsys, "count", path, "--errors", "ignore", "--query", "国中", "-q")[1] == "国中\t1\n"


def test_a_failure_keeps_the_old_result(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "bad.txt").write_bytes(b"\xff")
    old = tmp_path / "words.tsv"
    old.write_text("old")
    assert run(capsys, "build-vocab", tmp_path / "bad.txt", "-o", old)[0] == 1
    assert old.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.txt", "words.tsv"]


def test_an_unwritable_place_is_found_before_the_work(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: object) -> None:
        raise AssertionError("the work began")

    monkeypatch.setattr(builders.PmiLexiconBuilder, "build", work)
    monkeypatch.setattr(nlp_zero.NgramCounter, "update", work)
    assert run(capsys, "build-vocab", SAMPLE, "-o", tmp_path / "none" / "x")[0] == 1
    assert run(capsys, "count", SAMPLE, "-o", tmp_path / "none" / "x")[0] == 1


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="no devices here")
def test_a_device_is_written_to_and_not_replaced(capsys: Capture) -> None:
    assert run(capsys, "build-vocab", SAMPLE, "-o", "/dev/null", "-q") == (0, "", "")
    assert not os.path.isfile("/dev/null")


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="no names of pipes here")
@pytest.mark.parametrize(
    "command", ["tokenize {0} -l {1} -o {2}", "build-vocab {0} -o {2} -q", "convert {1} {2} --to plain -q"]
)
def test_a_pipe_without_a_path_is_written_to_and_read_from(command: str, tmp_path: Path, capsys: Capture) -> None:
    text, words = tmp_path / "a.txt", tmp_path / "words.tsv"
    text.write_text("春天来了春天来了春天\n", encoding="utf-8")
    words.write_text("春天 3\n来了 2\n", encoding="utf-8")
    read, write = os.pipe()
    link = tmp_path / "stdout"
    link.symlink_to(f"/dev/fd/{write}")  # as /dev/stdout, a link that leads to no path
    status, _, err = run(capsys, *command.format(text, words, link).split())
    os.close(write)
    assert (status, err) == (0, "")
    with open(read, "rb") as file:
        piped = file.read()
    assert link.is_symlink()
    status, _, _ = run(capsys, *command.format(text, words, tmp_path / "file").split())
    assert status == 0
    assert piped == (tmp_path / "file").read_bytes()


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="no names of pipes here")
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_lexicon_is_read_from_a_pipe(pack: Any, tmp_path: Path, capsys: Capture) -> None:
    """`nlpzero merge *.tsv | nlpzero show /dev/stdin` was refused, because the pipe is not seekable."""
    data = pack("春天 3\n来了 2\n".encode())
    (tmp_path / "words").write_bytes(data)
    read, write = os.pipe()
    os.write(write, data)
    os.close(write)
    assert run(capsys, "show", f"/dev/fd/{read}", "--json") == run(capsys, "show", tmp_path / "words", "--json")
    os.close(read)


@pytest.mark.parametrize(
    "command", [["tokenize", SAMPLE, "-l"], ["show"], ["count", SAMPLE, "--top", "1"], ["--help"], ["show", "--help"]]
)
def test_a_closed_stdout_is_told(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (tmp_path / "words.tsv").write_text("春天 3\n", encoding="utf-8")
    lexicon = [str(tmp_path / "words.tsv")] if command[-1] in ("-l", "show") else []
    monkeypatch.setattr(sys, "stdout", None)
    status = main([*map(str, command), *lexicon])
    assert (status, capsys.readouterr().err.splitlines()[-1]) == (
        1, "nlpzero: error: standard output is closed; redirect it to a file, or name a file with -o.",
    )  # fmt: skip
    assert main(["build-vocab", str(SAMPLE), "-o", str(tmp_path / "new.tsv")]) == 0


def test_a_closed_stderr_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["build-vocab", str(SAMPLE), "-o", str(tmp_path / "new.tsv")]) == 0
    sys.stderr.close()
    assert capsys.readouterr().out == ""


def test_an_error_of_another_file_is_not_that_of_the_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """A folder of --temp-dir that cannot be written to was reported as the file of -o."""
    place = tmp_path / "ro" / "nlp-zero-1"

    def build(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(place))

    monkeypatch.setattr(builders.PmiLexiconBuilder, "build", build)
    command = ("build-vocab", SAMPLE, "-o", tmp_path / "x.tsv", "--temp-dir", tmp_path / "ro")
    place.parent.mkdir()
    message = f"{place}: Permission denied; check the disk, make room on it, or choose another place with --temp-dir."
    assert run(capsys, *command) == (1, "", f"nlpzero: error: {message}\n")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_stays_a_link(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "real.tsv").write_text("old")
    (tmp_path / "link.tsv").symlink_to(tmp_path / "real.tsv")
    assert run(capsys, "build-vocab", SAMPLE, "-o", tmp_path / "link.tsv", "-q")[0] == 0
    assert (tmp_path / "link.tsv").is_symlink()
    assert "青石镇" in Lexicon.load(tmp_path / "real.tsv")


@pytest.mark.parametrize(
    ("failure", "status", "message"),
    [
        (KeyboardInterrupt(), 130, "stopped"),
        (BrokenPipeError(), 0, ""),
        (MemoryError(), 1, "out of memory"),
        (OSError(errno.EMFILE, "Too many open files", "x"), 1, r"x: Too many open files; raise their limit \(ulimit"),
        (ZeroDivisionError("x"), 1, r"internal error \(ZeroDivisionError: x\)"),
    ],
)
def test_every_ending_is_quiet(
    failure: BaseException, status: int, message: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.delenv("NLP_ZERO_TRACEBACK", raising=False)
    monkeypatch.setattr(builders.PmiLexiconBuilder, "build", fail)
    code, out, err = run(capsys, "build-vocab", SAMPLE, "-o", tmp_path / "words.tsv")
    assert (code, out) == (status, "")
    assert re.search(message, err)
    assert err.count("\n") == bool(message)
    assert list(tmp_path.iterdir()) == []


# --- real processes -----------------------------------------------------------------------------------------------


def test_the_module_runs(lexicon: Path, tmp_path: Path) -> None:
    environment = {**SHELL, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        command("tokenize", "--lexicon", lexicon), input="青石镇，\n".encode(), capture_output=True, env=environment,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "青石镇 ，\n".encode(), b"")
    (tmp_path / "坏.txt").write_bytes(b"\xff")
    done = subprocess.run(
        command("build-vocab", tmp_path / "坏.txt"), capture_output=True, env=environment, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(b"nlpzero: error: ")
    assert b"Traceback" not in done.stderr


def test_a_closed_pipe_ends_quietly(lexicon: Path, tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_bytes(Path(SAMPLE).read_bytes() * 200)
    with subprocess.Popen(
        command("tokenize", path, "--lexicon", lexicon), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=SHELL
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_a_pipe_that_was_closed_before_the_first_line(lexicon: Path) -> None:
    """A few bytes stay in the buffer then, and the interpreter tries to write them once more when it ends."""
    with subprocess.Popen(
        command("tokenize", "--lexicon", lexicon),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=SHELL,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        _, err = process.communicate("青石镇\n".encode(), timeout=60)
        assert (process.returncode, err) == (0, b"")


def test_lines_of_a_live_pipe_come_back_at_once(lexicon: Path) -> None:
    with subprocess.Popen(
        command("tokenize", "--lexicon", lexicon), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=SHELL
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        watchdog = threading.Timer(15, process.kill)  # a line that is held back fails the test, and does not hang it
        watchdog.start()
        for _ in range(3):
            process.stdin.write("青石镇\n".encode())
            process.stdin.flush()
            assert process.stdout.readline() == "青石镇\n".encode()
        watchdog.cancel()
        process.stdin.close()
        assert process.wait(60) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there")
def test_ctrl_c(lexicon: Path, tmp_path: Path) -> None:
    target = tmp_path / "cut.txt"
    with subprocess.Popen(
        command("tokenize", "-", "--lexicon", lexicon, "-o", target),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=SHELL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores Ctrl-C
    ) as process:
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        assert process.stdin is not None
        process.stdin.write("青石镇\n".encode() * 100_000)  # more than a pipe holds: returns when the command has read
        process.stdin.flush()
        assert [path.suffix for path in tmp_path.iterdir()] == [".part"]
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        watchdog.cancel()
        assert process.returncode == 130
    assert err == b"nlpzero: stopped; no unfinished result was left; run the same command to start again.\n"
    assert list(tmp_path.iterdir()) == []


def test_bayes_and_its_list_of_discovered_words(tmp_path: Path, capsys: Capture) -> None:
    words, listing = tmp_path / "words.tsv", tmp_path / "found.tsv"
    command = ("build-vocab", SAMPLE, "--method", "bayes", "--seed", 3, "--workers", 2)
    status, out, _ = run(capsys, *command, "-o", words, "--discovered", listing)
    assert (status, out) == (0, "")
    learnt, found = Lexicon.load(words), Lexicon.load(listing)
    assert "青石镇" in found
    assert set(found.words) < set(learnt.words)
    assert min(found.scores["cohesion"]) >= 0.7
    assert run(capsys, *command)[1] == words.read_text(encoding="utf-8")
    assert run(capsys, "build-vocab", SAMPLE, "--seed", 3)[0] == 2
