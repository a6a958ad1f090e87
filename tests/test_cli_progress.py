"""Progress at the command line: stages with a number, no bar over typed or printed lines, silence in pipes."""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

from nlp_zero._utils import progress
from nlp_zero.cli import main
from nlp_zero.cli.build_vocab import STAGES
from nlp_zero.cli.messages import print_message

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = str(ROOT / "corpora" / "sample.txt")
CUT = "从 北京 到 上海 。 从 广州 到 深圳 。 他 来 了 。\n" * 20


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def watch(monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], Terminal]:
    """Make stderr a terminal; return the list of the stages that are begun from now on, and the terminal.

    Not a fixture: pytest gives stderr back to itself between the fixtures and the test.
    """
    begun: list[str] = []
    terminal = Terminal()
    original = progress.Stages.begin

    def begin(self: progress.Stages, label: str) -> None:
        original(self, label)
        begun.append(self.label)

    monkeypatch.setattr(progress.Stages, "begin", begin)
    monkeypatch.setattr(sys, "stderr", terminal)
    return begun, terminal


def place(label: str) -> tuple[int, int]:
    """The number and the total at the end of a label."""
    number, _, total = label.split()[-1].partition("/")
    return int(number), int(total)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--method", "pmi"], ["counting n-grams", "linking n-grams", "cutting text", "measuring words"]),
        (["--method", "entropy"], ["counting n-grams", "linking n-grams", "cutting text", "measuring words"]),
        (["--method", "pmi", "--phrases"], [
            "counting n-grams", "linking n-grams", "cutting text", "measuring words", "cutting text", "merging phrases",
        ]),
        (["--method", "bayes", "--sample-size", "2000"], [
            "counting n-grams", "reading text", "preparing", "sampling", "linking n-grams", "comparing views",
            "counting words", "measuring words",
        ]),
        (["--method", "pmi", "--examples"], [
            "counting n-grams", "linking n-grams", "cutting text", "teaching", "cutting text", "measuring words",
        ]),
        (["--method", "entropy", "--examples"], [
            "counting n-grams", "linking n-grams", "cutting text", "teaching", "cutting text", "measuring words",
        ]),
        (["--method", "bayes", "--examples"], [
            "counting n-grams", "reading text", "preparing", "sampling", "linking n-grams", "teaching",
            "measuring words",
        ]),
        (["--method", "pmi", "--contexts", "1"], [
            "counting n-grams", "linking n-grams", "cutting text", "measuring words", "finding contexts",
        ]),
        (["--method", "vocabulary", "--vocab-size", "300"], ["reading text", "finding candidates", "choosing pieces"]),
    ],
)  # fmt: skip
def test_stages_of_build_vocab(
    options: list[str], names: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stages, _ = watch(monkeypatch)
    if "--examples" in options:
        (tmp_path / "cut.txt").write_text("望江 茶馆 是 陈守业 的 父亲 陈老先生 开 的 。\n", encoding="utf-8")
        options = [*options, str(tmp_path / "cut.txt")]
    assert main(["build-vocab", SAMPLE, "-o", str(tmp_path / "words.tsv"), *options]) == 0
    assert [label.rsplit(" ", 1)[0] for label in stages] == names
    total = STAGES[options[1]] + 2 * ("--phrases" in options) + ("--contexts" in options)
    total += 2 * ("--examples" in options and "bayes" not in options)
    assert [place(label) for label in stages] == [(k, total) for k in range(1, len(names) + 1)]
    assert len(names) == total or options[1] in ("bayes", "vocabulary")  # they have stages that these calls skip


def test_stages_of_the_other_commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stages, _ = watch(monkeypatch)
    words, cut, templates = (str(tmp_path / name) for name in ("words.tsv", "cut.txt", "t.jsonl"))
    Path(cut).write_text(CUT, encoding="utf-8")
    assert main(["build-vocab", SAMPLE, "-o", words, "-q"]) == 0
    assert stages == []  # --quiet
    counts, more, other = str(tmp_path / "counts"), str(tmp_path / "more"), str(tmp_path / "other")
    assert main(["count", cut, "-o", more, "-q"]) == 0
    for command, total in (
        (["count", SAMPLE, "-o", counts], 2),
        (["count", "--merge", counts, "--merge", more, "-o", other, "--export", counts + ".arrow"], 3),
        (["tokenize", cut, "-l", words, "-o", other + ".txt"], 2),
        (["evaluate", cut, "-l", words, "--trained-on", SAMPLE, "--bootstrap", "9", "--lexicon-precision"], 7),
        (["mine-templates", cut, "--tokenized", "--across-clauses", "-o", templates], 4),
        (["parse", cut, "--tokenized", "-t", templates, "-o", other + ".txt"], 2),
    ):
        stages.clear()
        assert main(command) == 0, command
        assert [place(label) for label in stages] == [(k, total) for k in range(1, total + 1)], command
    for command in (["show", words], ["convert", words, other + ".tsv"]):
        stages.clear()
        assert main(command) == 0
        assert stages == ["loading words"]


def test_bars_have_the_name_of_their_stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _, terminal = watch(monkeypatch)
    # With a budget, every pass reads the text again.
    assert main(["build-vocab", SAMPLE, "-o", str(tmp_path / "words.tsv"), "--memory", "64M"]) == 0
    shown = terminal.getvalue()
    assert "counting n-grams 1/4: " in shown
    assert "cutting text 3/4: " in shown
    assert shown.split("\r")[-1].startswith("pmi: ")  # every bar has been removed


def test_a_text_that_is_read_twice_at_once_has_one_bar(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cut = tmp_path / "cut.txt"
    cut.write_text(CUT, encoding="utf-8")
    words = tmp_path / "words.tsv"
    assert main(["build-vocab", SAMPLE, "-o", str(words), "-q"]) == 0
    _, terminal = watch(monkeypatch)
    assert main(["evaluate", str(cut), "-l", str(words), "-o", str(tmp_path / "scores.txt")]) == 0
    assert "comparing 4/4: " in terminal.getvalue()
    assert "\n" not in terminal.getvalue()  # which moves to the line of a second bar


def test_a_stage_without_a_bar_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = threading.Event()

    class Watched(Terminal):
        def write(self, text: str) -> int:
            if "linking 1/2 [" in text:
                drawn.set()
            return super().write(text)

    monkeypatch.setattr(sys, "stderr", Watched())
    monkeypatch.setattr(progress, "FIRST_SECONDS", 0.0)
    with progress.report_stages(True, total=2):
        progress.begin_stage("linking")
        assert drawn.wait(30)
        progress.begin_stage("cutting")
    assert isinstance(sys.stderr, Terminal)
    assert sys.stderr.getvalue().split("\r")[-1].strip() == ""


def test_messages_are_not_glued_to_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(progress, "TICK_SECONDS", 0.001)
    _, terminal = watch(monkeypatch)
    with progress.report_stages(True):
        progress.begin_stage("exporting")
        while "exporting" not in terminal.getvalue():
            time.sleep(0.001)
        print_message(argparse.Namespace(quiet=False), "7 characters counted.")
    before, _, after = terminal.getvalue().partition("7 characters counted.\n")
    assert before.endswith("\r")
    assert after.endswith("\r")


def test_more_stages_than_announced_have_no_number() -> None:
    stages = progress.Stages(2)
    labels = []
    for name in ("a", "b", "c"):
        stages.begin(name)
        labels.append(stages.label)
    stages.end()
    assert labels == ["a 1/2", "b 2/2", "c"]


def test_stages_are_silent_unless_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    threads = threading.active_count()
    progress.begin_stage("counting")
    progress.announce("resuming at 40%")
    with progress.report_stages(False, total=2):
        progress.begin_stage("counting")
        progress.announce("resuming at 40%")
    assert threading.active_count() == threads
    assert capsys.readouterr().err == ""


def test_an_error_removes_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    threads = threading.active_count()

    def stop() -> None:
        with progress.report_stages(True):
            progress.begin_stage("counting")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()
    assert threading.active_count() == threads


def test_a_bar_whose_end_is_not_known_has_no_total(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress.status_bar(True, "sampling", unit=" sweeps") as report:
        assert report is not None
        report(3, "about 20 to go")
    assert isinstance(sys.stderr, Terminal)
    assert "sampling: 3 sweeps [" in sys.stderr.getvalue()
    assert "%" not in sys.stderr.getvalue()


def test_resuming_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nlp_zero.corpus import Corpus
    from nlp_zero.corpus.positions import read_blocks_from

    path = tmp_path / "text.txt"
    path.write_bytes(("春" * 33 + "\n").encode() * 100)  # 10,000 bytes
    _, terminal = watch(monkeypatch)
    with progress.report_stages(True):
        list(read_blocks_from(Corpus(path), (0, 4000)))
        list(read_blocks_from(Corpus(path), (0, 0)))
    assert terminal.getvalue().count("resuming at") == 1
    assert "resuming at 40%\n" in terminal.getvalue()


# --- where bars must not be shown ---------------------------------------------------------------------------------


def test_pipes_are_silent(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nlp_zero", "build-vocab", SAMPLE, "-o", str(tmp_path / "words.tsv")]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.count(b"\n") == 1
    assert b"\r" not in done.stderr.replace(b"\r\n", b"\n")


@pytest.mark.parametrize("output", [None, "-"])
def test_no_bar_between_printed_lines(
    output: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages, _ = watch(monkeypatch)
    words = str(tmp_path / "words.tsv")
    assert main(["build-vocab", SAMPLE, "-o", words, "-q"]) == 0
    stages.clear()
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    options = [] if output is None else ["-o", output]
    assert main(["tokenize", SAMPLE, "-l", words, *options]) == 0
    assert stages == []


@contextmanager
def type_text(words: str) -> Iterator[BinaryIO]:
    """Start `tokenize` in a terminal, and read its first line; at the end, one Ctrl-D must end it."""
    import pty

    assert main(["build-vocab", SAMPLE, "-o", words, "-q"]) == 0
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-m", "nlp_zero", "tokenize", "-l", words])
    with open(terminal, "rb+", buffering=0) as file:
        watchdog = threading.Timer(60, os.kill, (pid, 9))
        watchdog.start()
        shown = b""
        while not shown.endswith(b"\n"):
            shown += file.read(1)
        assert shown.startswith(b"type text, line by line; Ctrl-D ends")
        yield file
        file.write(b"\x04")
        assert os.waitpid(pid, 0)[1] == 0
        watchdog.cancel()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_nothing_is_printed_over_typed_lines(tmp_path: Path) -> None:
    shown = b""
    with type_text(str(tmp_path / "words.tsv")) as file:
        file.write("青石镇，\n".encode())
        while shown.count(b"\n") < 2:  # the terminal repeats what is typed
            shown += file.read(1)
    assert shown == "青石镇，\r\n青石镇 ，\r\n".encode()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_one_end_of_input_ends_an_empty_text(tmp_path: Path) -> None:
    with type_text(str(tmp_path / "words.tsv")):
        pass
