"""The wrong calls of benchmarks/wrong_calls.py that need no process of their own, played in this one.

`python benchmarks/wrong_calls.py` plays all of them as a shell does: with signals, full disks, pipes and redirections.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import pytest

from nlp_zero.cli import main

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
pytest.importorskip("resource", reason="the script plays the calls of a Unix shell")

from wrong_calls import Outcome, Stage, find_faults  # noqa: E402
from wrong_calls_list import CALLS, Call, make_files  # noqa: E402

SLOW = ("--method vocabulary", "--method bayes", "--scheduler")  # in the script only
PLAIN = [call for call in CALLS if not call.how and not any(word in call.line for word in SLOW)]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    make_files(folder)
    return folder


@pytest.mark.parametrize("command", dict.fromkeys(call.command for call in PLAIN))
def test_wrong_calls_break_no_rule(
    command: str, files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = Stage(files)
    monkeypatch.chdir(stage.place)
    broken = []
    try:
        for call in PLAIN:
            if call.command != command:
                continue
            capsys.readouterr()
            try:
                status = main(shlex.split(call.line))
            except SystemExit as stop:
                status = int(str(stop.code))
            out, err = capsys.readouterr()
            if faults := find_faults(call, Outcome(status, out, err, *stage.compare())):
                broken.append((call.line, faults, err))
            if call.left:
                shutil.rmtree(stage.folder)
    finally:
        stage.remove()
    assert not broken, "\n".join(map(repr, broken))


def test_the_checks_can_fail() -> None:
    """A rule that no call can break would check nothing."""
    call = Call("count x", "x", 1)
    good = Outcome(1, "", "nlpzero: error: x is missing; check the name.\n", (), ())
    assert find_faults(call, good) == []
    for changed in (
        {"status": 0}, {"err": "nlpzero: error: x is missing.\n"}, {"err": "nlpzero: error: x; check it\n"},
        {"err": "x; check it.\n"}, {"err": good.err * 2}, {"err": good.err + "Traceback.\n"}, {"created": ("y",)},
        {"changed": ("x",)}, {"err": "nlpzero: error: y is missing; check the name.\n"},
    ):  # fmt: skip
        assert find_faults(call, Outcome(**{**good.__dict__, **changed})), changed  # type: ignore[arg-type]


def test_there_are_enough_calls_and_all_are_in_the_page() -> None:
    assert len(CALLS) >= 150
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert "**broken" not in page
    for call in CALLS:
        assert f"`nlpzero {call.line}`".replace("|", "\\|") in page, "run python benchmarks/wrong_calls.py --write"
