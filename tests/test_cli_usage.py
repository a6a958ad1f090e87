"""The first five minutes at the command line: help, mistyped commands, one value for each option, completion."""

from __future__ import annotations

import argparse
import inspect
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nlp_zero
from nlp_zero import builders
from nlp_zero.builders.phrases import PhraseBuilder
from nlp_zero.cli import build_parser, main
from nlp_zero.cli.build_vocab import METHODS
from nlp_zero.cli.options import option_name
from nlp_zero.cli.queries import check_queries
from nlp_zero.counting import NgramCounter
from nlp_zero.templates import TemplateMiner

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = str(ROOT / "corpora" / "sample.txt")
Capture = pytest.CaptureFixture[str]


def commands() -> dict[str, argparse.ArgumentParser]:
    for action in build_parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    raise AssertionError("there are no commands")


def options() -> Iterator[tuple[str, argparse.Action]]:
    """The options of all commands, each with its command."""
    for name, parser in commands().items():
        for action in parser._actions:
            if action.option_strings and not isinstance(action, argparse._HelpAction):
                yield name, action


def run(capsys: Capture, *arguments: object) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main([str(argument) for argument in arguments])
    return (status, *capsys.readouterr())


def fail(capsys: Capture, *arguments: object) -> list[str]:
    """The lines on stderr of a command that the parser refuses."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    assert stop.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


# --- help ---------------------------------------------------------------------------------------------------------


def test_the_name_alone_prints_help(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    status, out, err = run(capsys)
    assert (status, err) == (0, "")
    assert out.startswith("usage: nlpzero COMMAND ...\n")
    for name in commands():
        assert re.search(rf"^  {name} ", out, re.MULTILINE), name
    monkeypatch.setattr(sys, "argv", ["nlpzero"])
    capsys.readouterr()
    assert main() == 0
    assert capsys.readouterr().out == out


def test_help_has_no_colours(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """From Python 3.14 on, argparse writes colours in a terminal."""
    plain = run(capsys)[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run(capsys)[1] == plain
    assert plain.index("\n  tokenize ") < plain.index("\noptions:\n") < plain.index("\nstart here:\n")


def test_the_version_has_a_short_option(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["-V"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"nlpzero {nlp_zero.__version__}\n"


@pytest.mark.parametrize("name", commands())
def test_the_usage_in_the_help_is_one_line(name: str) -> None:
    lines = commands()[name].format_help().splitlines()
    assert lines[0].startswith(f"usage: nlpzero {name} ")
    assert lines[1] == ""


def test_every_value_has_its_default_in_the_help() -> None:
    """Options that name a file or add a result do nothing unless they are given, so they have no default."""
    missing = [
        f"{command} {action.option_strings[-1]}"
        for command, action in options()
        if action.nargs != 0 and not action.required and "default" not in (action.help or "")
    ]
    without = {"--lexicon", "--predicted", "--trained-on", "--templates", "--constructions", "--from", "--to",
               "--merge", "--add", "--query", "--top", "--export", "--known"}  # fmt: skip
    assert [one for one in missing if one.split()[1] not in without] == []


def stated_defaults(command: str, option: str) -> dict[str, str]:
    """What the help says: by method, or for all of them under the name ''."""
    found = [action for name, action in options() if name == command and option in action.option_strings]
    stated = re.search(r"\(default: ([^)]*)\)", found[0].help or "")
    assert stated, option
    methods = dict(re.findall(r"(pmi|entropy|bayes|vocabulary|skipgram) (no limit|\d+)", stated[1]))
    return methods or {"": stated[1].split(";")[0]}


def signature_default(thing: Any, name: str) -> Any:
    return inspect.signature(thing).parameters[name].default


def test_the_stated_defaults_are_those_of_the_library() -> None:
    compared = 0
    for method, (class_name, names) in METHODS.items():
        for name in names:
            option = option_name(name)
            default = signature_default(getattr(builders, class_name), name)
            if name in ("deduplicate", "workers", "checkpoint", "memory", "temp_dir", "min_pmi", "sample", "seed"):
                continue
            if default is None or isinstance(default, bool | tuple):
                continue
            stated = stated_defaults("build-vocab", option)
            assert stated.get(method, stated.get("")) == (str(default) or "none"), f"{option} of {method}"
            compared += 1
    assert compared >= 8
    assert stated_defaults("build-vocab", "--min-pmi")[""] == ",".join(
        f"{x:g}" for x in builders.PmiLexiconBuilder().min_pmi
    )
    assert stated_defaults("build-vocab", "--sample-size")["vocabulary"] == str(builders.VocabularyBuilder().sample)
    assert stated_defaults("build-vocab", "--seed")[""] == str(builders.BayesLexiconBuilder().seed)
    assert stated_defaults("build-vocab", "--phrase-rounds")[""] == str(PhraseBuilder().max_rounds)
    assert stated_defaults("count", "--order")[""] == str(signature_default(NgramCounter, "order"))
    windows = {method: str(TemplateMiner(method=method).window) for method in ("entropy", "skipgram")}
    assert stated_defaults("mine-templates", "--window") == windows
    for name in ("min_fillers", "iterations", "max_examples"):
        option = "--" + name.replace("_", "-")
        assert stated_defaults("mine-templates", option)[""] == str(signature_default(TemplateMiner, name))


def test_an_option_means_one_thing() -> None:
    """An option with one name is a switch in all commands or in none, and may be repeated in all or in none."""
    shapes: dict[str, set[str]] = {}
    for _, action in options():
        shapes.setdefault(action.option_strings[-1], set()).add(type(action).__name__)
    assert {name: kinds for name, kinds in shapes.items() if len(kinds) > 1} == {}
    # A dictionary of known words is --known everywhere; --words adds words to those of a tokenizer.
    assert {command for command, action in options() if action.option_strings[-1] == "--words"} == {"tokenize"}


def test_no_option_takes_more_than_one_value() -> None:
    assert [action.option_strings for _, action in options() if action.nargs in ("+", "*")] == []


def test_quiet_workers_and_json_are_where_they_make_sense() -> None:
    has: dict[str, set[str]] = {}
    for command, action in options():
        has.setdefault(command, set()).update(action.option_strings)
    assert all("--quiet" in names for names in has.values())
    assert {name for name, names in has.items() if "--workers" not in names} == {
        "show", "classes", "convert", "merge", "suggest-lines"
    }  # fmt: skip
    # tokenize and parse have --format json; report writes a page
    without = {name for name, names in has.items() if "--json" not in names}
    assert without == {"tokenize", "parse", "suggest-lines", "report"}


# --- mistakes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["biuld-vocab", SAMPLE], "'biuld-vocab' is not a command of nlpzero; did you mean build-vocab?"),
        (["tokenise", SAMPLE], "'tokenise' is not a command of nlpzero; did you mean tokenize?"),
        (["xyz"], "'xyz' is not a command of nlpzero; choose from build-vocab, show, classes, suggest-lines, "),
        (["tokenize", SAMPLE, "--lexcion", "x"], "--lexcion is not an option of nlpzero tokenize; did you mean --lex"),
        (["tokenize", SAMPLE, "--lex", "x"], "--lex is not an option of nlpzero tokenize; did you mean --lexicon?"),
        (["tokenize", SAMPLE, "--qwxz=3"], "--qwxz is not an option of nlpzero tokenize."),
        (["tokenize", SAMPLE, "-l", "x", "-z"], "-z is not an option of nlpzero tokenize."),
        (["show", "a", "b"], "b is one argument too many for nlpzero show."),
        (["build-vocab", SAMPLE, "--method", "pmmi"], "--method cannot be 'pmmi'; did you mean pmi?"),
        (["build-vocab", SAMPLE, "--alnum", "x"], "--alnum cannot be 'x'; choose from token, join, split."),
        (["tokenize", SAMPLE], "--lexicon must be given."),
        (["mine-templates", "-l", "x"], "CORPUS must be given."),
        (["build-vocab", SAMPLE, "--top", "many"], "--top must be an integer, not 'many'."),
        (["build-vocab", SAMPLE, "--time-limit", "long"], "--time-limit must be a number, not 'long'."),
        (["build-vocab", SAMPLE, "-o"], "--output needs a value."),
        (["build-vocab", SAMPLE, "--json=yes"], "--json takes no value, but has 'yes'."),
        (["mine-templates", SAMPLE], "one of --lexicon and --tokenized must be given."),
        (["mine-templates", SAMPLE, "--tokenized", "-l", "x"], "--lexicon excludes --tokenized."),
    ],
)
def test_mistakes_are_explained_above_one_line_of_usage(arguments: list[str], message: str, capsys: Capture) -> None:
    error, usage = fail(capsys, *arguments)
    assert error.startswith(f"nlpzero: error: {message}")
    assert error.endswith((".", "?"))
    command = arguments[0] if arguments[0] in commands() else "COMMAND"
    assert usage.startswith(f"usage: nlpzero {command} ")
    assert "SUPPRESS" not in usage


def test_options_and_files_may_be_mixed(tmp_path: Path, capsys: Capture) -> None:
    one, two = tmp_path / "1.txt", tmp_path / "2.txt"
    one.write_text("中国人\n", encoding="utf-8")
    two.write_text("中国队\n", encoding="utf-8")
    for arguments in (
        (one, "--query", "中国", two, "-q"), ("--query", "中国", one, two, "-q"), ("-q", one, two, "--query=中国"),
    ):  # fmt: skip
        assert run(capsys, "count", *arguments) == (0, "中国\t2\n", "")


def test_two_dashes_end_the_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("-dash.txt", "--query", "plain.txt"):
        Path(name).write_text("中国人\n", encoding="utf-8")
    query = ("--query", "中国", "-q")
    assert run(capsys, "count", *query, "--", "-dash.txt") == (0, "中国\t1\n", "")
    assert run(capsys, "count", "plain.txt", *query, "--", "--query", "-dash.txt") == (0, "中国\t3\n", "")
    assert run(capsys, "concordance", "--", "国人", "-dash.txt")[1].split() == ["中", "国人", "-dash.txt:1"]
    assert fail(capsys, "count", "-dash.txt", *query)[0].endswith("nlpzero count; for the file, write ./-dash.txt.")
    assert fail(capsys, "show", "--", "a", "-b")[0] == "nlpzero: error: -b is one argument too many for nlpzero show."


def test_standard_input_of_a_kind_is_not_an_option(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (("-.jsonl", "--query", "中国"), ("--query", "中国", "-q", "-.jsonl")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO('{"text": "中国人"}\n'.encode())))
        assert run(capsys, "count", *command, "-q") == (0, "中国\t1\n", "")


def test_options_that_may_be_repeated_do_not_swallow_the_corpus(tmp_path: Path, capsys: Capture) -> None:
    text = tmp_path / "1.txt"
    text.write_text("中国人，中国\n", encoding="utf-8")
    assert run(capsys, "count", "--query", "中国", "--query", "国人,国", text, "-q")[1] == "中国\t2\n国人\t1\n国\t2\n"
    known = tmp_path / "known.txt"
    known.write_text("青石镇\n", encoding="utf-8")
    status, out, _ = run(capsys, "build-vocab", "--known", known, SAMPLE)
    assert status == 0
    assert "青石镇\t" not in out


def test_values_that_were_meant_for_an_option_are_recognised(tmp_path: Path, capsys: Capture) -> None:
    status, out, err = run(capsys, "count", SAMPLE, "--query", "青石", "柳河")
    assert (status, out) == (2, "")
    assert "separate them with commas: --query 青石,柳河." in err
    for name in ("a", "b"):
        assert run(capsys, "count", SAMPLE, "-q", "-o", tmp_path / name)[0] == 0
    status, out, err = run(capsys, "count", "--merge", tmp_path / "a", tmp_path / "b", "--top", 1)
    assert (status, out) == (2, "")
    assert f"write --merge {tmp_path / 'b'}, or quote the pattern: --merge 'counts/*'." in err


# --- queries and exports, before the work --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--query", "。"], "'。' is punctuation, a symbol or a space"),
        (["--query", "青石，柳河"], "'，' is punctuation, a symbol or a space"),
        (["--query", "青石,柳河。"], "--query 柳河。: '。' is punctuation"),
        (["--query", "青石 镇"], "' ' is punctuation, a symbol or a space"),
        (["--query", "青石镇的早晨"], "has 6 characters, and only n-grams of up to 4 are counted; count with --order"),
        (["--query", "青石镇的早晨很安静"], "has 9 characters, and only n-grams of up to 4 are counted; look up a sho"),
        (["--query", "青石", "--unit", "byte"], "has 6 bytes"),
        (["--query", "iPhone"], "is a Latin letter or a digit, which --alnum token never counts"),
        (["--query", ","], "--query needs a word"),
        (["--export", "words.xlsx"], "--export must end in .tsv, .csv, .jsonl, .parquet or .arrow."),
    ],
)
def test_queries_that_cannot_have_an_answer(
    options: list[str], message: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: object) -> None:
        raise AssertionError("the work began")

    monkeypatch.setattr(NgramCounter, "update", work)
    status, out, err = run(capsys, "count", SAMPLE, *options)
    assert (status, out) == (2, "")
    assert message in err
    assert err.endswith(".\n")


def test_an_export_that_cannot_be_written_is_found_before_the_work(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: object) -> None:
        raise AssertionError("the work began")

    monkeypatch.setattr(NgramCounter, "update", work)
    for path, message in ((tmp_path / "none" / "x.parquet", "No such file"), (tmp_path / "a.arrow", "is a folder")):
        (tmp_path / "a.arrow").mkdir(exist_ok=True)
        status, out, err = run(capsys, "count", SAMPLE, "--export", path)
        assert (status, out) == (1, "")
        assert message in err
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    status, _, err = run(capsys, "count", SAMPLE, "--export", tmp_path / "x.parquet")
    assert status == 1
    assert "needs the package pyarrow; install it with" in err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no disk that is always full")
@pytest.mark.parametrize("name", ["x.parquet", "x.tsv"])
def test_a_full_disk_names_the_export(name: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / name).symlink_to("/dev/full")
    status, _, err = run(capsys, "count", SAMPLE, "--export", tmp_path / name)
    assert status == 1
    assert err.endswith(f"{name}: cannot be written: No space left on device; choose another place with --export.\n")


def test_a_dash_is_no_name_of_a_result(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.txt").write_text("早晨 2\n", encoding="utf-8")
    status, out, err = run(capsys, "convert", "words.txt", "-", "--to", "csv")
    assert (status, out) == (2, "")
    assert err.startswith("nlpzero: error: - (OUT) is no file; for standard output, write /dev/stdout.\n")
    status, out, err = run(capsys, "count", SAMPLE, "-o", "-")
    assert (status, out) == (2, "")
    assert "name a folder" in err
    assert [path.name for path in tmp_path.iterdir()] == ["words.txt"]


def test_queries_use_the_options_of_saved_counts(tmp_path: Path, capsys: Capture) -> None:
    counts = tmp_path / "counts"
    assert run(capsys, "count", SAMPLE, "-q", "--order", 2, "-o", counts)[0] == 0
    status, out, err = run(capsys, "count", "--merge", counts, "--query", "青石镇")
    assert (status, out) == (2, "")
    assert "n-grams of up to 2" in err


def test_queries_of_bytes(tmp_path: Path, capsys: Capture) -> None:
    text = tmp_path / "1.txt"
    text.write_text("中国人，中国\n", encoding="utf-8")
    options = ("--unit", "byte", "--order", 6, "-q")
    assert run(capsys, "count", text, *options, "--query", "中国")[1] == "中国\t2\n"


def test_queries_of_letters() -> None:
    for alnum in ("join", "split"):
        assert check_queries(["x1,中"], unit="char", alnum=alnum, order=2) == ["x1", "中"]


# --- completion ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_scripts_know_commands_and_options(shell: str, capsys: Capture) -> None:
    pytest.importorskip("shtab")
    with pytest.raises(SystemExit) as stop:
        main(["--print-completion", shell])
    assert stop.value.code == 0
    script = capsys.readouterr().out
    assert all(name in script for name in commands())
    assert "sample-size" in script


@pytest.mark.skipif(sys.platform == "win32", reason="there is no bash")
def test_the_bash_script_completes(capsys: Capture) -> None:
    pytest.importorskip("shtab")
    with pytest.raises(SystemExit):
        main(["--print-completion", "bash"])
    script = capsys.readouterr().out
    code = f"{script}\nCOMP_WORDS=(nlpzero tok); COMP_CWORD=1; _shtab_nlpzero nlpzero tok nlpzero; echo $COMPREPLY"
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["tokenize"], done.stderr


def test_completion_without_its_package(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    with pytest.raises(SystemExit) as stop:
        main(["--print-completion", "bash"])
    assert stop.value.code == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "nlpzero: error: --print-completion needs the package shtab; install it with: "
        "pip install 'nlpzero[completion]'.\n"
    )
