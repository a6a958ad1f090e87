"""Signals at any moment: one sentence, a status of its own, nothing unfinished, nothing lost."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nlp_zero._utils import interrupts
from nlp_zero.builders.bayes import sampling
from nlp_zero.cli import main
from nlp_zero.cli.interrupts import interrupted_name
from nlp_zero.lexicon import Lexicon

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals cannot be sent to one process there")

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "corpora" / "sample.txt"
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
SENTENCE = rb"nlpzero: stopped[^\n]*\.\n"


def child(program: str, *arguments: object, **options: object) -> subprocess.Popen[bytes]:
    """Start a Python program with default actions of signals, as in a shell."""

    def reset() -> None:
        for number in STATUS:
            signal.signal(number, signal.SIG_DFL)

    return subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{program}", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=reset, **options,  # type: ignore[call-overload]
    )  # fmt: skip


def finish(process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    out, err = process.communicate()
    watchdog.cancel()
    return process.returncode, out, err


# The process sends a signal to itself at the N-th event of a kind, so no test depends on time.
AT_IMPORT = """
import os
at, number = int(sys.argv[1]), int(sys.argv[2])
sys.argv[1:] = sys.argv[3:]
class Finder:
    seen = 0
    def find_spec(self, name, path=None, target=None):
        Finder.seen += 1
        if Finder.seen == at:
            os.kill(os.getpid(), number)
from nlp_zero._utils import interrupts
from nlp_zero.__main__ import run
sys.meta_path.insert(0, Finder())
status = run()
sys.stdout.write(f"{Finder.seen}\\n")
sys.exit(status)
"""
AT_CALL = """
import os, signal
from nlp_zero.__main__ import run
seen, at, number = 0, int(sys.argv[1]), int(sys.argv[2])
def audit(event, values):
    global seen
    if event in EVENTS:
        seen += 1
        if seen == at:
            os.kill(os.getpid(), number)
sys.argv[1:] = sys.argv[3:]
sys.addaudithook(audit)
status = run()
sys.stdout.write(f"{seen}\\n")
sys.exit(status)
"""
FILE_EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.listdir", "os.scandir", "shutil.rmtree")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_modules_are_loaded(number: signal.Signals, tmp_path: Path) -> None:
    target = tmp_path / "words.tsv"
    arguments = ("build-vocab", SAMPLE, "-o", target, "-q")
    status, out, err = finish(child(AT_IMPORT, 0, number, *arguments))
    assert (status, err) == (0, b"")
    imports = int(out)
    assert imports > 50
    for at in [1, *range(2, imports, imports // 5), imports]:
        target.unlink(missing_ok=True)
        status, out, err = finish(child(AT_IMPORT, at, number, *arguments))
        assert status == STATUS[number], err
        assert re.fullmatch(SENTENCE, err), err
        assert out in (b"", f"{imports}\n".encode()) or int(out) <= imports
        assert [path.name for path in tmp_path.iterdir()] in ([], ["words.tsv"])
        if target.exists():
            Lexicon.load(target)


def calls(folder: Path) -> dict[str, tuple[object, ...]]:
    cut, words = folder / "cut.txt", folder / "words.tsv"
    return {
        "count": ("count", SAMPLE, "-o", folder / "result", "--memory", "200K", "--temp-dir", folder),
        "count with a checkpoint": ("count", SAMPLE, "-o", folder / "result", "--checkpoint", folder / "work"),
        "count and export": ("count", SAMPLE, "-o", folder / "result", "--top", 3),
        "build-vocab": ("build-vocab", SAMPLE, "-o", folder / "result", "--discovered", folder / "found"),
        "bayes with a checkpoint": (
            "build-vocab", SAMPLE, "-o", folder / "result", "--method", "bayes", "--checkpoint", folder / "work",
        ),
        "vocabulary": (
            "build-vocab", SAMPLE, "-o", folder / "result.tsv", "--method", "vocabulary", "--vocab-size", "1500,2000",
        ),
        "tokenize": ("tokenize", SAMPLE, "-l", words, "-o", folder / "result"),
        "convert": ("convert", words, folder / "result.json", "--to", "json"),
        "evaluate": ("evaluate", cut, "-l", words, "-o", folder / "result"),
        "mine-templates": ("mine-templates", cut, "--tokenized", "-o", folder / "result", "--min-fillers", 2),
        "parse": ("parse", cut, "-t", folder / "templates.jsonl", "--tokenized", "-o", folder / "result"),
    }  # fmt: skip


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("inputs")
    assert main(["build-vocab", str(SAMPLE), "-o", str(folder / "words.tsv"), "-q"]) == 0
    assert main(["tokenize", str(SAMPLE), "-l", str(folder / "words.tsv"), "-o", str(folder / "cut.txt")]) == 0
    mine = ["mine-templates", str(folder / "cut.txt"), "--tokenized", "-o", str(folder / "templates.jsonl"), "-q"]
    assert main([*mine, "--min-fillers", "2"]) == 0
    return {path.name: path.read_bytes() for path in folder.iterdir()}


RESULTS = {"result", "found", "work", "result.json", "result.1500.tsv", "result.2000.tsv"}


@pytest.mark.parametrize("call", calls(Path()))
def test_a_signal_at_any_access_to_files(call: str, inputs: dict[str, bytes], tmp_path: Path) -> None:
    """Whole results or none, no `.part`, and the inputs as they were, at moments spread over the whole run."""
    program = AT_CALL.replace("EVENTS", repr(FILE_EVENTS))
    temporary = tmp_path / "tmp"

    def play(at: int, number: int) -> tuple[int, bytes, bytes]:
        for path in tmp_path.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        temporary.mkdir()
        for name, data in inputs.items():
            (tmp_path / name).write_bytes(data)
        return finish(
            child(program, at, number, *calls(tmp_path)[call], "-q", env={**os.environ, "TMPDIR": str(temporary)})
        )

    status, out, err = play(0, signal.SIGINT)
    assert (status, err) == (0, b"")
    whole = {path.name for path in tmp_path.iterdir()} - set(inputs) - {"tmp"}
    assert whole <= RESULTS
    total = int(out.splitlines()[-1])
    moments = sorted({*range(total - 3, total + 1), *range(1, total, max(1, total // 4))})
    for k, at in enumerate(moment for moment in moments if moment > 0):
        number = (signal.SIGINT, signal.SIGTERM)[k % 2]
        status, out, err = play(at, number)
        assert status == STATUS[number], (at, total, out, err)
        assert re.fullmatch(SENTENCE, err), (at, err)
        left = {path.name for path in tmp_path.iterdir()} - set(inputs) - {"tmp"}
        assert left <= whole | {"work"}, (at, left)
        assert list(temporary.iterdir()) == []
        assert not [path for path in tmp_path.rglob("*") if path.suffix in (".part", ".old")]
        assert {name: (tmp_path / name).read_bytes() for name in inputs} == inputs


def test_a_second_signal_leaves_nothing_either(tmp_path: Path) -> None:
    """The second one arrives while the first is handled."""
    program = """
import os, signal
from pathlib import Path
from nlp_zero.__main__ import run
from nlp_zero._utils.files import write_text
import nlp_zero.cli
unlink = Path.unlink
def interrupted(self, missing_ok=False):
    signal.raise_signal(signal.SIGINT)
    unlink(self, missing_ok=missing_ok)
def main():
    Path.unlink = interrupted
    with write_text(sys.argv[1]) as file:
        signal.raise_signal(signal.SIGINT)
nlp_zero.cli.main = main
sys.exit(run())
"""
    status, _, err = finish(child(program, tmp_path / "x"))
    assert status == 130
    assert err == b"nlpzero: stopped.\n"
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_that_python_would_ignore_is_raised_again() -> None:
    """An exception in a destructor is printed and forgotten; the user would have to press Ctrl-C once more."""
    program = """
import os, signal, threading
from nlp_zero.__main__ import run
import nlp_zero.cli
class Thing:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
        for _ in range(1000):
            pass
def main():
    Thing()
    threading.Event().wait(30)
    return 0
nlp_zero.cli.main = main
sys.exit(run())
"""
    assert finish(child(program)) == (130, b"", b"nlpzero: stopped.\n")


def test_an_interrupt_that_becomes_another_error_is_still_an_interrupt() -> None:
    program = """
import signal
from nlp_zero.__main__ import run
from nlp_zero.cli import count
def work(*_):
    try:
        signal.raise_signal(signal.SIGINT)
    except BaseException:
        raise ImportError("numpy.core.multiarray failed to import")
count._check_options = work
sys.argv[1:] = ["count", "x.txt", "--top", "1"]
sys.exit(run())
"""
    status, out, err = finish(child(program))
    assert (status, out) == (130, b"")
    assert re.fullmatch(SENTENCE, err)


def test_signals_that_the_parent_ignores_stay_ignored() -> None:
    program = """
import signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
from nlp_zero._utils import interrupts
interrupts.install()
interrupts.begin_work()
signal.raise_signal(signal.SIGHUP)
try:
    signal.raise_signal(signal.SIGTERM)
except interrupts.Interrupt as stop:
    print(interrupts.exit_status(stop), stop.args)
"""
    assert finish(child(program)) == (0, b"143 ()\n", b"")
    assert interrupts.exit_status() is None
    assert interrupts.exit_status(KeyboardInterrupt()) == 130


# --- bayes --------------------------------------------------------------------------------------------------------


@pytest.fixture
def stop_in_sweep(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """A function that lets the next runs stop in sweep N; 0 for never."""
    original = sampling.TextSlice.sweep

    def stop_in(number: int) -> None:
        def sweep(self: sampling.TextSlice, *how: object) -> None:
            if number and self.sweeps == number:
                raise KeyboardInterrupt
            original(self, *how)  # type: ignore[arg-type]

        monkeypatch.setattr(sampling.TextSlice, "sweep", sweep)

    return stop_in


def test_interrupted_bayes_keeps_the_complete_result_and_the_words_so_far(
    tmp_path: Path, stop_in_sweep: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    target, listing = tmp_path / "words.tsv", tmp_path / "found.tsv"
    command = ["build-vocab", str(SAMPLE), "--method", "bayes", "-o", str(target), "--discovered", str(listing)]
    stop_in_sweep(0)
    assert main(command) == 0
    complete = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    capsys.readouterr()
    stop_in_sweep(4)
    for suffix in ("", "-2"):
        assert main(command) == 130
        out, err = capsys.readouterr()
        part = tmp_path / f"words.interrupted{suffix}.tsv"
        assert out == ""
        assert re.fullmatch(
            rf"nlpzero: stopped after 4 of about \d+ sweeps; the words found so far are in {re.escape(str(part))}; "
            r"with --checkpoint FOLDER, the same command can go on after a stop\.\n",
            err,
        ), err
        assert Lexicon.load(part).meta.interrupted
        assert {name: (tmp_path / name).read_bytes() for name in complete} == complete
    assert len(list(tmp_path.iterdir())) == 4
    assert main(command[:-4]) == 130  # to stdout
    assert capsys.readouterr().out == ""
    assert interrupted_name(str(target)) == str(tmp_path / "words.interrupted-3.tsv")


def test_interrupted_bayes_with_a_checkpoint(
    tmp_path: Path, stop_in_sweep: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    target, work = tmp_path / "words.tsv", tmp_path / "work"
    command = ["build-vocab", str(SAMPLE), "--method", "bayes", "-o", str(target), "--checkpoint", str(work), "-q"]
    stop_in_sweep(3)
    assert main(command) == 130
    err = capsys.readouterr().err
    how_far = r"nlpzero: stopped after 3 of about \d+ sweeps"
    assert re.fullmatch(rf"{how_far}; run the same command to go on from the checkpoint {work}\.\n", err)
    assert sorted(path.name for path in work.iterdir()) == [".lock", "state"]
    stop_in_sweep(0)
    assert main(command) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["words.tsv"]


@contextmanager
def holder(folder: Path) -> Iterator[None]:
    """Another process that has just begun to use a checkpoint, and waits for the corpus to appear in a pipe."""
    os.mkfifo(folder / "pipe.txt")
    program = "from nlp_zero.cli import main; sys.exit(main(sys.argv[1:]))"
    arguments = ["build-vocab", folder / "pipe.txt", "--method", "bayes", "--checkpoint", folder / "work", "-q"]
    with child(program, *arguments) as process:
        with open(folder / "pipe.txt", "wb"):  # returns when the process has opened the pipe to read
            yield
        process.kill()
        process.communicate()


def test_the_checkpoint_of_bayes_is_locked_before_the_text_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["build-vocab", str(SAMPLE), "--method", "bayes", "--checkpoint", str(tmp_path / "work"), "-q"]
    with holder(tmp_path):
        assert main(command) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert re.fullmatch(r"nlpzero: error: .*work is in use by another process; wait until it is done, .*\.\n", err)
        assert (tmp_path / "work" / ".lock").exists()
    assert main(command) == 0
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("method", ["pmi", "bayes"])
def test_what_a_killed_program_left_is_cleared_when_it_is_resumed(
    method: str, tmp_path: Path, stop_in_sweep: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    command = ["build-vocab", str(SAMPLE), "--method", method, "--checkpoint", str(work), "-q", "-o"]
    command.append(str(tmp_path / "words.tsv"))

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        stop_in_sweep(2)
        patch.setattr("nlp_zero.builders.passes.LinkedTree.__init__", fail)
        assert main(command) == 130
    stop_in_sweep(0)
    assert (work / "state" if method == "bayes" else work / "checkpoint.json").exists()
    (work / ".checkpoint.json.0123456789ab.part").write_text("{") if method == "pmi" else None
    if method == "bayes":
        (work / ".state.0123456789ab.part").mkdir()
        (work / ".state.0123456789ab.part" / "length0.npy").write_text("half")
    (tmp_path / ".words.tsv.0123456789ab.part").write_text("half")
    assert main(command) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["words.tsv"]


def test_a_checkpoint_without_a_state_is_not_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.txt").write_bytes(b"\xff")
    command = ["build-vocab", "--method", "bayes", "--checkpoint", str(tmp_path / "work"), "-q"]
    assert main([*command, str(tmp_path / "bad.txt")]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["bad.txt"]

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nlp_zero.builders.passes.CorpusPasses.count_ngrams", fail)
    assert main([*command, str(SAMPLE)]) == 130
    assert "run the same command to start again" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["bad.txt"]
