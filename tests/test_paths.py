"""Outputs that would destroy an input, or another output, are refused before any work."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from nlp_zero.cli import build_parser, main
from nlp_zero.cli.paths import COMMAND_PATHS, WORK_FOLDERS
from nlp_zero.counting import NgramCounter
from nlp_zero.lexicon import Lexicon

TEXT = "青石镇的早晨\n我到青石镇来\n青石镇下雨了\n" * 20
NOT_PATHS = {  # options whose metavar is a name in capitals, and that name no file
    "print_completion", "sort", "at", "encoding", "field", "separator", "tags", "specials", "scheduler", "memory",
    "query", "min_pmi", "vocab_size", "split_at", "sentence", "period", "prefix", "template",
}  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a text, a folder of texts, a lexicon, counts, and links to them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "novel.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "news").mkdir()
    for name in ("a.txt", "b.txt"):
        (tmp_path / "news" / name).write_text(TEXT, encoding="utf-8")
    (tmp_path / "cut.txt").write_text("青石镇 的 早晨\n" * 20, encoding="utf-8")
    (tmp_path / "templates.jsonl").write_text("{}\n", encoding="utf-8")
    Lexicon(["青石镇", "早晨"], [9, 5]).save(tmp_path / "words.tsv")
    NgramCounter(order=2).update(["青石镇"]).freeze().save(tmp_path / "counts")
    (tmp_path / "soft.txt").symlink_to("novel.txt")
    os.link(tmp_path / "novel.txt", tmp_path / "hard.txt")
    (tmp_path / "linked").symlink_to("news")
    return tmp_path


def read_all(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
    }


REFUSED = {
    "build-vocab novel.txt -o novel.txt": r"novel.txt \(-o\) is also an input \(a text\) and would be replaced; ",
    "build-vocab novel.txt -o ./news/../novel.txt": r"also an input \(a text: novel.txt\)",
    "build-vocab novel.txt -o soft.txt": r"soft.txt \(-o\) is also an input \(a text: novel.txt\)",
    "build-vocab soft.txt -o novel.txt": "also an input",
    "build-vocab hard.txt -o novel.txt": "also an input",
    "build-vocab news -o news/a.txt": r"\(found in news: news/a.txt\)|also an input \(found in news\)",
    "build-vocab news -o linked/a.txt": "also an input",
    "build-vocab news/*.txt -o news/b.txt": "also an input",
    "build-vocab cut.txt news -o x.tsv --discovered news/b.txt": r"news/b.txt \(--discovered\) is also an input",
    "build-vocab novel.txt -o x.tsv --discovered x.tsv": "x.tsv is named by both -o and --discovered",
    "build-vocab novel.txt -o x.tsv --discovered ./news/../x.tsv": "named by both -o and --discovered",
    "build-vocab novel.txt --known words.tsv -o words.tsv": r"\(--known\)",
    "build-vocab novel.txt --method vocabulary --required words.tsv -o words.tsv": r"\(--required\)",
    "build-vocab novel.8000.txt --method vocabulary --vocab-size 4000,8000 -o novel.txt": "novel.8000.txt .* input",
    "build-vocab novel.txt --checkpoint novel.txt": "checkpoint.* is also an input",
    "build-vocab novel.txt --checkpoint work -o work": r"work \(-o\) is the same as work \(--checkpoint\)",
    "build-vocab novel.txt --checkpoint work -o work/x.tsv": "the checkpoint is removed at the end",
    "build-vocab news --checkpoint news/work": "is in the input folder news",
    "build-vocab news --checkpoint linked": "is the same as the input folder news",
    "tokenize novel.txt -l words.tsv -o novel.txt": "also an input",
    "tokenize novel.txt -l words.tsv -o words.tsv": r"words.tsv \(-o\) is also an input \(--lexicon\)",
    "convert words.tsv words.tsv": r"words.tsv \(OUT\) is also an input \(IN\).*name another file\.",
    "evaluate cut.txt -l words.tsv -o cut.txt": "also an input",
    "evaluate cut.txt -l words.tsv -o words.tsv": r"\(--lexicon\)",
    "evaluate cut.txt --predicted novel.txt -o novel.txt": r"\(--predicted\)",
    "evaluate cut.txt -l words.tsv --trained-on news -o news/a.txt": "also an input",
    "evaluate cut.txt -l words.tsv --known novel.txt -o novel.txt": r"\(--known\)",
    "mine-templates cut.txt --tokenized -o cut.txt": "also an input",
    "mine-templates novel.txt -l words.tsv -o words.tsv": r"\(--lexicon\)",
    "parse cut.txt -t templates.jsonl --tokenized -o cut.txt": "also an input",
    "parse cut.txt -t templates.jsonl --tokenized -o templates.jsonl": r"\(--templates\)",
    "parse novel.txt -t templates.jsonl -l words.tsv -o words.tsv": r"\(--lexicon\)",
    "evaluate-parse cut.txt -t templates.jsonl -o cut.txt": "also an input",
    "evaluate-parse cut.txt -t templates.jsonl -o templates.jsonl": r"\(--templates\)",
    "evaluate-parse cut.txt --predicted novel.txt -o novel.txt": r"\(--predicted\)",
    "evaluate-parse -t templates.jsonl --constructions cut.txt -o cut.txt": r"\(--constructions\)",
    "count novel.txt -o x --export novel.txt": r"\(--export\) is also an input",
    "count novel.txt -o x.parquet --export x.parquet": "named by both|is the same as",
    "count novel.txt -o counts --export counts/x.parquet": r"is in counts \(-o\), and the command replaces this folder",
    "count novel.txt --add counts --export counts/x.parquet": r"is in counts \(--add\)",
    "count --merge counts -o counts": r"counts \(-o\) is also an input \(--merge\)",
    "count novel.txt --add counts -o counts": "leave out -o, because --add writes to its own folder",
    "count novel.txt --merge counts --add counts": r"also an input \(--merge\) .*; leave out one of them",
    "count novel.txt -o work --checkpoint work": "is the same as",
    "count novel.txt -o work --checkpoint work/deeper": "choose another place with --checkpoint",
    "count novel.txt -o work/counts --checkpoint work": "choose another place with -o",
    "count novel.txt -o news --temp-dir news": "choose another place with --temp-dir",
    "count news -o news/counts": "is in the input folder news, and its files would be read as texts",
    "count news -o news": "is the same as the input folder news",
    "show words.tsv -o words.csv": r"words.csv \(-o\) is also an input \(FILE: words.tsv\)",
}  # fmt: skip


@pytest.mark.parametrize("call", REFUSED)
def test_a_dangerous_output_is_refused(call: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import re

    (place / "work").mkdir()
    (place / "novel.8000.txt").write_text(TEXT, encoding="utf-8")
    (place / "words.csv").symlink_to("words.tsv")
    before = read_all(place)
    status = main(call.split())
    out, err = capsys.readouterr()
    assert (status, out) == (2, ""), err
    assert re.search(REFUSED[call], err), err
    assert re.fullmatch(r"nlpzero: error: [^\n]*; [^\n]*\.\n", err), err
    assert read_all(place) == before


@pytest.mark.parametrize(
    ("call", "label"),
    [
        ("build-vocab novel.txt -o ''", "-o"),
        ("count novel.txt -o ''", "-o"),
        ("count novel.txt --top 1 --checkpoint ''", "--checkpoint"),
        ("count novel.txt --top 1 --temp-dir ''", "--temp-dir"),
        ("count novel.txt --top 1 --scheduler ''", "--scheduler"),
        ("count --merge counts --merge '' --top 1", "--merge"),
        ("count novel.txt '' --top 1", "a text"),
        ("convert words.tsv ''", "OUT"),
        ("show ''", "FILE"),
    ],
)
def test_an_empty_name_is_refused(call: str, label: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = read_all(place)
    assert main(shlex.split(call)) == 2
    message = f"the name of {label} is empty; give one, or check the variable that it is taken from."
    assert capsys.readouterr() == ("", f"nlpzero: error: {message}\n")
    assert read_all(place) == before


@pytest.mark.parametrize(
    "call",
    [
        "build-vocab novel.txt -o news/words.tsv -q",
        "build-vocab news -o news/words.tsv --discovered news/found.tsv -q",
        "build-vocab novel.txt -o x.tsv --checkpoint work --temp-dir news -q",
        "build-vocab novel.txt -o /dev/null --discovered /dev/null -q",
        "count novel.txt -o counts --export x.arrow -q",
        "count novel.txt --add counts --order 2 -q",
        "count novel.txt -o work/counts --temp-dir work -q",
        "convert words.tsv words.txt --to plain -q",
        "tokenize novel.txt soft.txt -l words.tsv -o cut.txt -q",
        "evaluate cut.txt --predicted cut.txt -o scores.txt -q",
    ],
)
def test_other_outputs_are_not_refused(call: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "work").mkdir(exist_ok="count" in call)
    if "checkpoint" in call:
        (place / "work").rmdir()
    if "arrow" in call:
        pytest.importorskip("pyarrow")
    assert main(call.split()) == 0, capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="redirections of a shell")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("tokenize -l words.tsv -o novel.txt < novel.txt", "also an input (stdin)"),
        ("tokenize /dev/stdin -l words.tsv -o novel.txt < novel.txt", "also an input (a text: /dev/stdin)"),
        ("tokenize - -l words.tsv -o soft.txt < novel.txt", "also an input (stdin)"),
        ("build-vocab - -o novel.txt < novel.txt", "also an input (stdin)"),
        ("tokenize novel.txt -l words.tsv >> novel.txt", "standard output (stdout) is also an input"),
        ("tokenize novel.txt -l words.tsv -o /dev/stdout >> novel.txt", "also an input"),
        ("count - --top 3 >> novel.txt < novel.txt", "standard output (stdout) is also an input"),
    ],
)
def test_redirections_are_seen(call: str, message: str, place: Path) -> None:
    before = read_all(place)
    program = f'"{sys.executable}" -c "import sys; sys.path[:0] = {sys.path!r}; from nlp_zero.cli import main; '
    program += f'sys.exit(main(sys.argv[1:]))" {call}'
    done = subprocess.run(program, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert read_all(place) == before


def command_parsers() -> dict[str, argparse.ArgumentParser]:
    (commands,) = (action for action in build_parser()._actions if isinstance(action, argparse._SubParsersAction))
    return dict(commands.choices)


def test_every_option_that_names_a_place_is_declared() -> None:
    """A new option with a metavar in capitals either names no file, or has a role in COMMAND_PATHS."""
    parsers = command_parsers()
    for name, parser in parsers.items():
        paths = COMMAND_PATHS.get(name)
        for action in parser._actions:
            metavar = action.metavar or (action.dest.upper() if action.nargs != 0 and not action.choices else None)
            if metavar is None or action.type is not None or action.dest in NOT_PATHS:
                continue
            assert paths is not None, f"{name} has no entry in COMMAND_PATHS"
            declared = (*paths.texts, *paths.files, *paths.outputs, *paths.folders, *WORK_FOLDERS)
            assert action.dest in declared, f"{name}: give {action.dest} a role in COMMAND_PATHS, or list it here"
    for name, paths in COMMAND_PATHS.items():
        known = {action.dest for action in parsers[name]._actions} | {"word_files"}  # the file of a query "@FILE"
        assert {*paths.texts, *paths.files, *paths.outputs, *paths.folders} <= known


def test_a_folder_that_cannot_be_replaced_is_found_before_the_work(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(*_: object) -> None:
        raise AssertionError("the work began")

    monkeypatch.setattr(NgramCounter, "update", work)
    (place / "notes").mkdir()
    (place / "notes" / "mine.md").write_text("mine")
    (place / "counts" / "mine.md").write_text("mine")
    for folder, message in (("notes", "does not have the format"), ("counts", "mine.md in it does not belong"),
                            ("counts/deeper", "is in a folder of the format 'nlp-zero counts', and does not belong")):
        before = read_all(place)
        assert main(["count", "novel.txt", "-o", folder]) == 1
        assert message in capsys.readouterr().err
        assert read_all(place) == before


