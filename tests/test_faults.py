"""Disks that cannot be read, missing permissions, SIGKILL at random moments, two processes with one output, odd clocks.

Every command that writes is played with each fault in a process of its own, see `tests.reference.faults`;
``NLP_ZERO_FUZZ=1`` tries more moments and every read.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_zero._utils.folders import read_folder, write_folder
from tests.reference.commands import COMMANDS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the faults are those of Linux")


def play_faults(fault: str, **env: str) -> list[dict[str, Any]]:
    """Play all commands with a fault; return what happened."""
    pytest.importorskip("pyarrow", reason="pyarrow (extra test) is not installed")
    command = [sys.executable, "-W", "ignore", "-m", "tests.reference.faults", fault]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | env)
    assert run.returncode == 0, run.stderr
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    assert {row["command"] for row in rows} == set(COMMANDS.values())
    return rows


def leaves_only_a_checkpoint(row: dict[str, Any]) -> bool:
    return all(path.startswith("work/") for path in row["changed"])


def one_sentence(said: str) -> bool:
    return (
        said.startswith("nlpzero: error: ") and said.endswith(".\n") and said.count("\n") == 1 and "Errno" not in said
    )


@pytest.mark.skipif(shutil.which("cc") is None, reason="the fault is compiled C")
def test_an_error_of_the_disk_in_the_middle_of_an_input(tmp_path: Path) -> None:
    library = tmp_path / "faulty_reads.so"
    source = "tests/reference/faulty_reads.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), source, "-ldl"], check=True)
    rows = play_faults("reads", LD_PRELOAD=str(library))
    for row in rows:
        name = row["fault"].split(" of ")[1]
        assert row["status"] == 1, row
        assert one_sentence(row["said"]), row
        assert "Input/output error" in row["said"], row
        assert name in row["said"], row
        assert leaves_only_a_checkpoint(row), row
    assert sum(row["fault"].startswith("read 1 of") for row in rows) >= len(COMMANDS)


def test_a_missing_permission() -> None:
    for row in play_faults("permissions"):
        assert row["status"] == 1, row
        assert one_sentence(row["said"]), row
        assert "ermission" in row["said"], row
        assert leaves_only_a_checkpoint(row), row


def test_a_kill_at_a_random_moment() -> None:
    """Every file is the old or the new one; the same command then gives the same result, and removes what was left."""
    rows = play_faults("kills")
    for row in rows:
        assert row["whole"], row
        assert (row["status"], row["said"], row["same"]) == (0, "", True), row
    assert sum(row["killed"] < 0 for row in rows) > len(rows) // 5


def test_two_processes_with_one_output() -> None:
    for row in play_faults("pairs"):
        assert row["same"], row
        states = sorted(status for status, _ in row["ends"])
        told_to_wait = any(option in row["command"] for option in ("--add", "--checkpoint"))
        assert states == [0, 0] or (told_to_wait and states == [0, 1]), row
        assert all(one_sentence(said) for status, said in row["ends"] if status), row


def write_again_and_again(path: Path, number: int, times: int) -> None:
    os.fsync = lambda handle: None
    for _ in range(times):
        arrays = {name: np.arange(number, dtype=np.uint64) for name in "xyz"}
        write_folder(path, format="test", version=1, meta={}, arrays=arrays)
        _, found = read_folder(path, format="test", version=1)
        assert len({len(array) for array in found.values()}) == 1


def test_processes_that_replace_and_read_one_folder_at_the_same_time(tmp_path: Path) -> None:
    processes = multiprocessing.get_context("spawn")
    path = tmp_path / "result"
    children = [processes.Process(target=write_again_and_again, args=(path, n, 600)) for n in range(2, 8)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0] * 6
    assert os.listdir(tmp_path) == ["result"]


def test_a_clock_that_goes_back() -> None:
    for row in play_faults("clocks"):
        assert (row["status"], row["said"]) == (0, ""), row
        assert [path for path in row["changed"] if not path.endswith((".html", ".gz"))] == [], row
