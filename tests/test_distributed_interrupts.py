"""Ctrl-C while a command works on local workers: one sentence, and no traceback of any process."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

import pytest

from .test_interrupts import SAMPLE, SENTENCE, STATUS, child, finish

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals cannot be sent to one process there"),
    pytest.mark.skipif("libasan" in os.environ.get("LD_PRELOAD", ""), reason="forks under AddressSanitizer"),
]

# Signals are sent to the process, or like those of a terminal to its group, just before or after a function is called.
PROGRAM = """
import os, signal, time
from multiprocessing import forkserver
from nlp_zero.__main__ import run
from nlp_zero.distributed import api, connection, submission
import nlp_zero.distributed.corpus, nlp_zero.distributed.reduce
moment, number, to_group, times = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "group", int(sys.argv[4])
sys.argv[1:] = sys.argv[5:]
def interrupt(owner, name, seconds):
    real = getattr(owner, name)
    def work(*arguments, **options):
        setattr(owner, name, real)
        for _ in range(times):
            (os.killpg if to_group else os.kill)(os.getpid(), number)
            time.sleep(seconds)
        return real(*arguments, **options)
    setattr(owner, name, work)
real_import = connection._import_dask
def import_dask(**options):
    dask = real_import(**options)
    if moment == "start":
        from distributed.nanny import WorkerProcess
        interrupt(WorkerProcess, "_wait_until_connected", 0.1)
    if moment == "work":
        interrupt(dask.Client, "map", 0.1)
    if moment == "close":
        interrupt(dask.LocalCluster, "close", 0.1)
    return dask
connection._import_dask = import_dask
if moment == "import":
    real_start = forkserver.ensure_running
    def ensure_running():
        real_start()
        forkserver.ensure_running = real_start
        time.sleep(0.1)  # for the fork server to load modules
        os.killpg(0, number)
    forkserver.ensure_running = ensure_running
sys.exit(run())
"""


@pytest.mark.parametrize(
    ("moment", "number", "receiver", "times", "method"),
    [
        ("import", signal.SIGINT, "group", 1, ""),
        ("start", signal.SIGINT, "group", 1, ""),
        ("start", signal.SIGINT, "group", 1, "spawn"),
        ("start", signal.SIGINT, "process", 2, ""),
        ("start", signal.SIGTERM, "process", 1, ""),
        ("work", signal.SIGINT, "group", 1, ""),
        ("work", signal.SIGINT, "process", 1, ""),
        ("close", signal.SIGINT, "group", 2, ""),
    ],
)
def test_one_sentence(
    moment: str, number: signal.Signals, receiver: str, times: int, method: str, tmp_path: Path
) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    if method:
        environment["DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD"] = method
    command = ("count", SAMPLE, "--top", "1", "-q", "--scheduler", "local", "--workers", "2")
    process = child(PROGRAM, moment, number, receiver, times, *command, env=environment, start_new_session=True)
    status, _, err = finish(process)  # when all workers have ended, which have the same stderr
    assert status == STATUS[number], err
    assert re.fullmatch(SENTENCE, err), err.decode()
