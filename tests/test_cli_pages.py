"""The pages about the command line say what the commands do today."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from nlp_zero.builders import PmiLexiconBuilder
from nlp_zero.corpus import Corpus
from nlp_zero.tokenization import Tokenizer

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "corpora" / "data"
needs_shell = pytest.mark.skipif(shutil.which("sh") is None or sys.platform == "win32", reason="needs a POSIX shell")


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_commands", ROOT / "docs" / "make_commands.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_commands = load_script()


def round_numbers(text: str) -> str:
    """Numbers with many digits differ in the last ones from platform to platform."""
    return re.sub(r"\d+\.\d{5,}", lambda number: f"{float(number[0]):.4f}", text)


def blocks_of(page: str) -> list[str]:
    """The console blocks that show output."""
    return re.findall(r"```(?:console)?\n(\$ .*?)\n```", page, re.DOTALL)


def test_the_reference_of_commands_is_up_to_date() -> None:
    assert make_commands.make_page() == (ROOT / "docs/commands.md").read_text(encoding="utf-8"), "run 'make api'"


def test_the_reference_names_every_option() -> None:
    page = make_commands.make_page()
    for option in ("--print-completion SHELL", "--known FILE", "--no-new-words", "--query WORD[,WORD...]"):
        assert f"`{option}`" in page, option


@needs_shell
def test_the_output_on_the_page_is_real() -> None:
    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    assert len(blocks_of(page)) >= 9
    assert round_numbers(make_commands.run_examples(page)) == round_numbers(page), "run 'make api'"


@needs_shell
def test_the_demo_shows_the_output_of_its_commands(tmp_path: Path) -> None:
    """Every block of the demo is what the command above it prints, run by hand on the same text."""
    shutil.copytree(ROOT / "corpora", tmp_path / "corpora", ignore=shutil.ignore_patterns("data"))
    (tmp_path / "bin").mkdir()
    for name, arguments in (("nlpzero", "-m nlp_zero "), ("python", "")):
        (tmp_path / "bin" / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments}"$@"\n')
        (tmp_path / "bin" / name).chmod(0o755)
    environment = {
        **os.environ, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)
    }  # fmt: skip
    done = subprocess.run(
        ["sh", str(tmp_path / "corpora" / "demo.sh"), "sample"], env=environment, capture_output=True,
        encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lexicon = PmiLexiconBuilder().build(Corpus(ROOT / "corpora" / "sample.txt"))
    build, show, cut = done.stdout.strip().split("\n\n")
    assert build.startswith(f"$ nlpzero build-vocab sample.txt -o sample.tsv\npmi: {len(lexicon):,} words; ")
    rows = [row.split() for row in show.splitlines()[2:]]
    assert [row[0] for row in rows] == lexicon.top(10, by="firmness")
    for word, count, firmness, pmi, *_ in rows:
        k = lexicon.index(word)
        assert int(count) == lexicon.counts[k]
        assert float(firmness) == pytest.approx(lexicon.firmness[k], abs=0.01)
        assert float(pmi) == pytest.approx(lexicon.scores["pmi"][k], abs=0.01)
    assert len(cut.splitlines()) == 4
    assert "却说" in cut.replace(" ", "")


@needs_shell
@pytest.mark.skipif(not (DATA / "sanguo.txt").exists(), reason="needs 'python corpora/fetch.py sanguo'")
@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_the_demo_of_the_readme_is_real(page: str, tmp_path: Path) -> None:
    shown = [block for block in blocks_of((ROOT / page).read_text(encoding="utf-8")) if "sanguo" in block]
    assert shown
    lexicon = PmiLexiconBuilder().build(Corpus(DATA / "sanguo.txt"))
    lexicon.save(tmp_path / "sanguo.tsv")
    for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$).*\n?)*)", "\n".join(shown), re.MULTILINE):
        lines = output.splitlines()
        if " show " in command:
            assert make_commands.run_block(f"$ {command}", tmp_path).splitlines()[1:] == lines
        elif " tokenize " in command:
            assert [Tokenizer(lexicon).tokenize(line.replace(" ", "")) for line in lines] == [
                line.split() for line in lines
            ]
        elif lines:
            assert f"{len(lexicon):,} words" in lines[0]


@pytest.mark.skipif(not (DATA / "reviews.txt").exists(), reason="needs 'python corpora/fetch.py reviews'")
def test_new_words_of_the_reviews() -> None:
    jieba = pytest.importorskip("jieba")
    dictionary = Path(jieba.__file__).parent / "dict.txt"
    known = {line.split()[0] for line in dictionary.read_text(encoding="utf-8").splitlines()}
    lexicon = PmiLexiconBuilder().build(Corpus(DATA / "reviews.txt")).without(known)
    best = lexicon.top(100, by="firmness")
    assert {"酷睿", "烤漆", "巴学园"} <= set(best)
    assert {"这本书", "很好", "都是"} & set(best) == set()
