"""Peak memory of commands with a budget, each in a process of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nlp_zero.builders import VocabularyBuilder
from nlp_zero.builders.vocabulary.text import find_min_count, limit_sample
from nlp_zero.cli import main
from nlp_zero.templates import TemplateMiner

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak cannot be measured here")

PEAK = (
    "import re, sys; from pathlib import Path; from nlp_zero.cli import main; code = main(sys.argv[1:]); "
    "print('PEAK', code, re.search('VmHWM:[^0-9]*([0-9]+)', Path('/proc/self/status').read_text())[1], file=sys.stderr)"
)
MB = 1 << 20


def make_text(path: Path, characters: int, seed: int = 1) -> Path:
    """Write lines of words of one to three characters, some of which are frequent, as in text."""
    rng = np.random.default_rng(seed)
    letters = rng.integers(0x4E00, 0x4E00 + 3000, (20_000, 3))
    words = ["".join(map(chr, row[:n])) for row, n in zip(letters.tolist(), rng.integers(1, 4, 20_000), strict=True)]
    chosen = (20_000 * rng.random(characters // 2) ** 3).astype(int).tolist()
    with path.open("w", encoding="utf-8") as file:
        for begin in range(0, len(chosen), 30):
            file.write("".join([words[k] for k in chosen[begin : begin + 30]]) + "。\n")
    return path


def measure_peak(*arguments: object) -> int:
    """Return the most bytes of memory that a command takes."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *map(str, arguments)], capture_output=True, text=True, check=True
    )
    code, peak = re.search(r"PEAK (\d+) (\d+)", done.stderr).groups()  # type: ignore[union-attr]
    assert code == "0", done.stderr
    return int(peak) << 10


def assert_bounded(small: Path, large: Path, budget: int, *command: object) -> None:
    """Make sure that a large text takes little more than the budget on top of a small one, and more without it."""
    least = measure_peak(command[0], small, *command[1:])
    bounded = measure_peak(command[0], large, *command[1:], "--memory", budget)
    free = measure_peak(command[0], large, *command[1:])
    assert bounded - least < 1.25 * budget
    assert free - least > 1.75 * budget  # or the text is too small to show anything


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_text(tmp_path_factory.mktemp("text") / "small.txt", 20_000)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_text(tmp_path_factory.mktemp("text") / "large.txt", 1_500_000)


@pytest.fixture(scope="module")
def huge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_text(tmp_path_factory.mktemp("text") / "huge.txt", 10_500_000)


@pytest.mark.parametrize("algorithm", ["swap", "ngram-lm"])
def test_vocabulary(small: Path, large: Path, tmp_path: Path, algorithm: str) -> None:
    options = ("--method", "vocabulary", "--algorithm", algorithm, "--vocab-size", 900, "-q", "-o", tmp_path / "v.tsv")
    assert_bounded(small, large, 16 * MB, "build-vocab", *options)


def test_bayes(small: Path, tmp_path: Path) -> None:
    """The sample is the same with and without the budget, which bounds everything else."""
    text = make_text(tmp_path / "text.txt", 3_000_000)
    options = ("--method", "bayes", "--sample-size", 60_000, "-q", "-o", tmp_path / "w.tsv")
    assert_bounded(small, text, 40 * MB, "build-vocab", *options)


def test_phrases(small: Path, huge: Path, tmp_path: Path) -> None:
    """The budget is more than the 32 MB of the least one, and other steps keep to it, too."""
    options = ("--phrases", "--phrase-rounds", 2, "-q", "-o", tmp_path / "w.tsv")
    assert_bounded(small, huge, 36 * MB, "build-vocab", *options)


def test_compare(small: Path, huge: Path, tmp_path: Path) -> None:
    assert_bounded(small, huge, 36 * MB, "compare", "--against", small, "-q", "-o", tmp_path / "words.tsv")


def test_mine_templates(small: Path, large: Path, tmp_path: Path) -> None:
    """Tables of up to 3,000 frequent words by each other take 150 MB at most, with any budget."""
    words = tmp_path / "w.tsv"
    assert main(["build-vocab", str(small), "-q", "-o", str(words)]) == 0
    command = ("mine-templates", large, "-l", words, "--across-clauses", "-q", "-o", tmp_path / "t.jsonl")
    least = measure_peak("mine-templates", small, *command[2:])
    bounded = measure_peak(*command, "--memory", 8 * MB)
    assert bounded - least < (8 + 150) * MB
    assert measure_peak(*command) - bounded > 100 * MB


def test_templates_are_mined_from_a_sample(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lists = [["从", f"甲{k}", "到", f"乙{k}", "。"] for k in range(1000)]
    assert "text_words" not in TemplateMiner(memory="2M").mine(lists).meta
    inventory = TemplateMiner(memory="500K").mine(lists)
    assert inventory.meta["text_words"] == 5000
    assert inventory.meta["words"] == 4 * 16 * 16  # every fourth group of 16 lists, without marks
    assert inventory.templates == TemplateMiner().mine([x for k, x in enumerate(lists) if k // 16 % 4 == 0]).templates
    text = tmp_path / "cut.txt"
    text.write_text("".join(" ".join(tokens) + "\n" for tokens in lists), encoding="utf-8")
    call = ["mine-templates", str(text), "--tokenized", "-o", str(tmp_path / "t.jsonl"), "--memory", "500K"]
    assert main(call) == 0
    assert "with --memory 500K, a sample was mined" in capsys.readouterr().err
    assert main([*call, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["text_words"] == 5000


@pytest.mark.parametrize("option", [("--bootstrap", 1), ("--breakdown",)])
def test_evaluate(small: Path, large: Path, tmp_path: Path, option: tuple[object, ...]) -> None:
    """A block of very short lines takes 50 MB as a list of strings, with any budget."""
    paths = []
    for text in (small, large):
        paths.append(tmp_path / text.name)
        cut = " ".join(text.read_text(encoding="utf-8"))
        cut = cut.replace("。 \n ", "。\n") if option[0] == "--breakdown" else cut.replace(" ", " \n")
        paths[-1].write_text(cut, encoding="utf-8")
    call = ("-o", tmp_path / "s.txt", *option, "--predicted")
    least = measure_peak("evaluate", paths[0], *call, paths[0])
    bounded = measure_peak("evaluate", paths[1], *call, paths[1], "--memory", 8 * MB)
    assert bounded - least < (8 + 72) * MB
    assert measure_peak("evaluate", paths[1], *call, paths[1]) - bounded > 80 * MB


def test_vocabulary_learns_from_a_sample_that_fits(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    builder = VocabularyBuilder(vocab_size=300, memory="500K")
    assert builder.sample == limit_sample(16_000_000, 500 << 10, "swap") == (500 << 10) // 50
    assert VocabularyBuilder(memory="1M", sample=9).sample == 9
    lines = small.read_text(encoding="utf-8").splitlines()
    assert builder.build(lines).meta.characters < VocabularyBuilder(vocab_size=300).build(lines).meta.characters
    assert find_min_count(20_000) == find_min_count(20_000, 1 << 30) == 2
    assert find_min_count(20_000, 1 << 20) == 5  # rare candidates would not fit
    call = ["build-vocab", str(small), "--method", "vocabulary", "--vocab-size", "300", "-o", "-", "--memory", "500K"]
    assert main(call) == 0
    assert "with --memory 500K, about 10,240 characters are learnt from" in capsys.readouterr().err
