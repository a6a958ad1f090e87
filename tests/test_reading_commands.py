"""Reading at the command line: standard input, summaries, compressed outputs and lexicons, files of the wrong kind."""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from pathlib import Path

import pytest

from nlp_zero import Lexicon, NgramCounter
from nlp_zero._utils import compression, file_kinds
from nlp_zero.cli.main import main
from nlp_zero.cli.messages import describe_reading_summary
from nlp_zero.corpus import Corpus
from nlp_zero.errors import FormatError
from nlp_zero.templates import TemplateInventory, TemplateMiner
from tests.test_corpus import PACK, feed_stdin, write

Capture = pytest.CaptureFixture[str]
TEXT = "春眠不觉晓，处处闻啼鸟。\n夜来风雨声，花落知多少。\n" * 20


def run(capsys: Capture, *arguments: object) -> tuple[int, str, str]:
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as exit:
        status = int(exit.code or 0)
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return status, out, err


@pytest.fixture
def lexicon(tmp_path: Path) -> Path:
    path = tmp_path / "words.tsv"
    Lexicon(["春眠", "不觉", "晓"], [3, 2, 1]).save(path)
    return path


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("-.gz", gzip.compress("春眠不觉\n".encode())),
        ("-", gzip.compress("春眠不觉\n".encode())),
        ("-", "\ufeff春眠不觉\n".encode("utf-16-le")),
        ("-.jsonl", '{"text": "春眠不觉"}\n'.encode()),
        ("-.json", '["春眠不觉"]'.encode()),
        ("-.jsonl.gz", gzip.compress('{"text": "春眠不觉"}\n'.encode())),
        ("-.csv", "id,text\n1,春眠不觉\n".encode()),
        ("-.html", "<p>春眠不觉".encode()),
    ],
)
def test_standard_input_with_a_suffix(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, lexicon: Path, name: str, data: bytes
) -> None:
    for arguments in ([name, "-l", lexicon], ["-l", lexicon, name], ["-l", lexicon, "--", name]):
        feed_stdin(monkeypatch, data)
        assert run(capsys, "tokenize", *arguments) == (0, "春眠 不觉\n", "")


def test_every_command_takes_such_names(capsys: Capture, monkeypatch: pytest.MonkeyPatch, lexicon: Path) -> None:
    gold = gzip.compress("春眠 不觉\n".encode())
    for command in (
        ["count", "-.gz", "--top", "1"], ["build-vocab", "-.gz", "--min-count", "1"],
        ["mine-templates", "-.gz", "--tokenized"], ["evaluate", "-.gz", "-l", lexicon],
    ):  # fmt: skip
        feed_stdin(monkeypatch, gold)
        status, _, err = run(capsys, *command)
        assert status == 0, err


def test_the_summary_says_what_was_read_and_skipped(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "in"
    write(folder / "a.txt", TEXT)
    assert run(capsys, "count", folder, "--query", "春眠")[2].endswith(" of order 4.\n")  # one file: nothing to say
    write(folder / "b.jsonl", '{"text": "甲"}\n{"text": null}\n{}\n')
    for name in ("c.pdf", "d.PDF", "e.csv", "f"):
        write(folder / name, "x")
    status, _, err = run(capsys, "count", folder, "--query", "春眠")
    assert status == 1
    assert "b.jsonl, line 2: no text in the field 'text'" in err
    status, out, err = run(capsys, "count", folder, "--query", "春眠", "--errors", "ignore")
    assert (status, out) == (0, "春眠\t20\n")
    assert err.splitlines()[1] == (
        "2 files were read; 4 files were skipped (.pdf: 2, .csv: 1, no suffix: 1; to read them, name them or a "
        "pattern); "
        f"2 records without text were skipped ({folder / 'b.jsonl'}: 2)."
    )
    assert run(capsys, "count", folder, "--query", "春眠", "--errors", "ignore", "-q") == (0, "春眠\t20\n", "")
    corpus = Corpus(*[folder / name for name in ("b.jsonl",)], errors="ignore")
    assert describe_reading_summary(corpus, 1) == ""
    list(corpus)
    assert describe_reading_summary(corpus, 1) == f"2 records without text were skipped ({folder / 'b.jsonl'}: 2)."


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_outputs_are_compressed_and_read_again(tmp_path: Path, capsys: Capture, lexicon: Path, suffix: str) -> None:
    text = write(tmp_path / "a.txt", TEXT)
    for end in ("", suffix):
        words, cut = tmp_path / f"w.tsv{end}", tmp_path / f"cut.txt{end}"
        assert run(capsys, "build-vocab", text, "--method", "entropy", "-o", words)[0] == 0
        assert run(capsys, "tokenize", text, "-l", words, "-o", cut) == (0, "", "")
    kind = compression.compression_from_name(words)
    for name in ("w.tsv", "cut.txt"):
        packed = tmp_path / f"{name}{suffix}"
        assert compression.compression_from_content(packed.read_bytes()) == kind
        assert compression.read_decompressed(packed, 1 << 20) == (tmp_path / name).read_bytes()
    assert Lexicon.load(words) == Lexicon.load(tmp_path / "w.tsv")
    assert run(capsys, "convert", lexicon, words)[0] == 0
    for name in ("w.json", "w.txt", "jieba.txt", "w.model", "tokenizer.json"):
        plain, packed = tmp_path / name, tmp_path / f"{name}{suffix}"
        to = {"w.txt": ["--to", "plain"], "w.json": ["--to", "json"]}.get(name, [])
        assert run(capsys, "convert", words, plain, *to)[0] == run(capsys, "convert", words, packed, *to)[0] == 0
        assert compression.read_decompressed(packed, 1 << 20) == plain.read_bytes()
        assert Lexicon.load(packed) == Lexicon.load(plain)


def test_templates_are_read_compressed(tmp_path: Path) -> None:
    inventory = TemplateMiner(min_fillers=2).mine([["从", f"甲{k}", "到", f"乙{k}"] for k in range(50)])
    for suffix in ("", ".gz", ".xz"):
        inventory.save(tmp_path / f"t.jsonl{suffix}")
        loaded = TemplateInventory.load(tmp_path / f"t.jsonl{suffix}")
        assert list(map(str, loaded)) == list(map(str, inventory))
        assert len(loaded) > 0


def test_a_lexicon_compressed_by_another_program_under_another_name(tmp_path: Path, lexicon: Path) -> None:
    for suffix, compress in PACK.items():
        path = write(tmp_path / "x.tsv", compress(lexicon.read_bytes()))
        assert Lexicon.load(path) == Lexicon.load(lexicon), suffix
    path = write(tmp_path / "x.tsv", gzip.compress(lexicon.read_bytes() * 100)[:-30])
    with pytest.raises(FormatError, match=r"x\.tsv: not a complete gzip file \(.*\); fetch it again\.$"):
        Lexicon.load(path)


def test_a_lexicon_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_kinds, "MOST_OWN_BYTES", 1_000_000)
    path = write(tmp_path / "w.tsv.gz", gzip.compress(bytes(20_000_000)))
    with pytest.raises(FormatError, match=r"w\.tsv\.gz: its content is larger than 1 MB\.$"):
        Lexicon.load(path)


# --- files of the wrong kind --------------------------------------------------------------------------------------


@pytest.fixture
def things(tmp_path: Path, lexicon: Path) -> Path:
    """A folder with one file of each kind."""
    write(tmp_path / "text.txt", TEXT)
    write(tmp_path / "cut.txt", "春眠 不觉 晓 。\n" * 9)
    write(tmp_path / "a.pdf", "%PDF-1.4")
    write(tmp_path / "a.zip", b"PK\x03\x04" + bytes(40))
    (tmp_path / "folder").mkdir()
    counter = NgramCounter(order=2)
    counter.update(["春天来了"])
    counter.freeze().save(tmp_path / "counts")
    TemplateMiner(min_fillers=2).mine([["从", f"甲{k}", "到"] for k in range(9)]).save(tmp_path / "templates.jsonl")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("text.txt", "line 1: this looks like a text, not a lexicon"),
        ("cut.txt", "line 1: this looks like a text, not a lexicon"),
        ("a.pdf", "this looks like a PDF file, not a lexicon; make one with nlpzero build-vocab"),
        ("a.zip", "this looks like a ZIP archive, not a lexicon"),
        ("folder", "this is a folder, not a lexicon"),
        ("counts", "this is a folder of counts, not a lexicon"),
        ("templates.jsonl", "this looks like a file of templates, not a lexicon"),
        ("none.tsv", "a lexicon cannot be read: No such file or directory"),
    ],
)
def test_what_is_not_a_lexicon(things: Path, capsys: Capture, name: str, message: str) -> None:
    status, out, err = run(capsys, "tokenize", "-l", things / name, things / "text.txt")
    assert (status, out) == (1, "")
    assert f"{things / name}" in err
    assert message in err
    assert err.endswith(".\n")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("text.txt", "line 1: this is not a template file; make one with nlpzero mine-templates"),
        ("words.tsv", "this looks like a lexicon, not a file of templates; make one with nlpzero mine-templates"),
        ("counts", "this is a folder of counts, not a file of templates"),
        ("a.pdf", "this looks like a PDF file, not a file of templates"),
    ],
)
def test_what_is_not_a_file_of_templates(things: Path, capsys: Capture, name: str, message: str) -> None:
    status, _, err = run(capsys, "parse", "-t", things / name, "--tokenized", things / "cut.txt")
    assert status == 1
    assert message in err


@pytest.mark.parametrize("name", ["text.txt", "words.tsv"])
def test_what_is_not_a_folder_of_counts(things: Path, capsys: Capture, name: str) -> None:
    status, _, err = run(capsys, "count", "--merge", things / name, "--top", 1)
    assert status == 1
    assert f"{things / name}: this is a file, not a folder of counts; name the folder that was written.\n" in err


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("words.tsv", "this is a lexicon of nlp-zero, not a text; name it with --lexicon, or --known"),
        ("templates.jsonl", "this is a file of templates of nlp-zero, not a text; name a text"),
        ("counts", "this is a folder of counts, not a folder of texts; give it to nlpzero count --merge"),
        ("a.pdf", "this looks like a PDF file; convert it to text first (pdftotext)"),
    ],
)
def test_what_is_not_a_text(things: Path, capsys: Capture, name: str, message: str) -> None:
    for command in (["count", "--top", 1], ["build-vocab"], ["tokenize", "-l", things / "words.tsv"]):
        status, _, err = run(capsys, command[0], things / name, *command[1:])
        if (command[0], name) == ("count", "counts"):
            assert (status, f"write --merge {things / name}." in err) == (2, True)
            continue
        assert status == 1
        assert f"{things / name}: {message}.\n" in err


def test_word_lists(things: Path, capsys: Capture) -> None:
    text = things / "text.txt"
    packed = write(things / "known.csv", gzip.compress("春眠 1\n".encode()))  # lines of words, whatever the name
    for known in (things / "words.tsv", packed):
        assert run(capsys, "build-vocab", text, "--known", known)[0] == 0
    status, _, err = run(capsys, "build-vocab", text, "--known", text)
    assert status == 1
    assert "text.txt: this looks like a text, not a word list; give one word on each line.\n" in err
    write(things / "table.csv", "word,count\n春眠,1\n".encode())  # the words were "word,count" and "春眠,1"
    status, _, err = run(capsys, "build-vocab", text, "--known", things / "table.csv")
    assert status == 1
    assert "table.csv: this looks like CSV, not a word list; give one word on each line.\n" in err


def test_a_text_about_nlp_zero_is_a_text(tmp_path: Path) -> None:
    lines = ["The first line is `#nlp-zero lexicon v1`.", 'Templates begin with {"format": "nlp-zero templates"}.']
    assert list(Corpus(write(tmp_path / "a.md", "\n".join(lines)))) == lines


@pytest.mark.parametrize(
    ("lines", "is_text"),
    [
        (["一年之计在于春，一日之计在于晨"] * 9, False),  # sayings
        (["春眠 12 n", "不觉 3 v"], False),
        (["春眠 n", "不觉 v"], False),
        (["春眠"], False),
        ([], False),
        (["却说曹操引大军来到江边，与刘备相见，大喜过望。"], True),
        (["春眠 不觉 晓"], True),
    ],
)
def test_texts_and_word_lists_look_different(lines: list[str], is_text: bool) -> None:
    assert file_kinds.looks_like_text("\n".join(lines).encode()) == is_text


# --- temporary files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ["build-vocab", "-", "--min-count", "1"],
        ["build-vocab", "-", "--method", "entropy", "--min-count", "1"],
        ["build-vocab", "-", "--method", "bayes", "--time-limit", "0.1"],
        ["build-vocab", "-", "--method", "vocabulary", "--vocab-size", "290"],
        ["build-vocab", "-", "--memory", "1M"],
        ["count", "-", "--memory", "1M", "--top", "1"],
        ["mine-templates", "-", "--tokenized"],
    ],
)
def test_every_temporary_file_is_in_temp_dir(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, command: list[str]
) -> None:
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))  # files elsewhere cannot be created
    text = (" ".join(TEXT) if "--tokenized" in command else TEXT).encode()
    feed_stdin(monkeypatch, text)
    status, _, err = run(capsys, *command, "--temp-dir", tmp_path / "temp")
    assert status == 0, err
    assert list((tmp_path / "temp").iterdir()) == []
    feed_stdin(monkeypatch, text)
    status, _, err = run(capsys, *command, "--temp-dir", tmp_path / "none")
    assert status == 2
    assert "--temp-dir must be a folder" in err


def test_json_arrays_and_nested_fields_at_the_command_line(tmp_path: Path, capsys: Capture) -> None:
    path = write(tmp_path / "a.json", json.dumps([{"post": {"body": "春眠不觉晓"}}] * 3, indent=1))
    assert run(capsys, "count", path, "--field", "post.body", "--query", "春眠", "-q") == (0, "春眠\t3\n", "")


def test_the_name_of_a_link_decides_about_the_compression(tmp_path: Path, capsys: Capture, lexicon: Path) -> None:
    text, target, link = write(tmp_path / "a.txt", "春眠不觉\n"), write(tmp_path / "data", b""), tmp_path / "link.gz"
    link.symlink_to(target)
    assert run(capsys, "tokenize", text, "-l", lexicon, "-o", link) == (0, "", "")
    assert gzip.decompress(target.read_bytes()).decode() == "春眠 不觉\n"
    assert link.is_symlink()


def test_writing_zstd_without_its_package(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, lexicon: Path
) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    text, output = write(tmp_path / "a.txt", "春眠不觉\n"), tmp_path / "out" / "cut.zst"
    output.parent.mkdir()
    status, _, err = run(capsys, "tokenize", text, "-l", lexicon, "-o", output)
    assert status == 1
    assert err.endswith("zstandard is needed to read and write zstd files; run: pip install 'nlpzero[io]'.\n")
    assert list(output.parent.iterdir()) == []
