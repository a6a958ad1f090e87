"""Play the commands of `tests.reference.commands` while something goes wrong; `tests/test_faults.py` runs this.

Every fault prints one JSON object: the command, the fault, the statuses and messages, what changed on the disk, and
whether the same command, run again, gives the result of an undisturbed run.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nlp_zero.cli import main
from tests.reference.commands import COMMANDS, Files, make_inputs, prepare, read_files, same_results

EVERYTHING = "NLP_ZERO_FUZZ" in os.environ
KILLS = 40 if EVERYTHING else 8  # of each command
CAPABILITIES = 0x20080522  # the version of the structures of capset(2)
OVERRIDE = 1 << 1 | 1 << 2  # the rights of root to any file: CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
DEBRIS = re.compile(r"(^|/)\.[^/]+\.[0-9a-f]{12}\.(part|old)(/|$)|^(tmp|work)(/|$)")
Play = Callable[[str], tuple[int, str]]


def play(line: str) -> tuple[int, str]:
    """Run a command in this process; return its status and message."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), "utf-8")):
        status = main([*line.split(), "-q"])
    return status, said.getvalue()


def obey_permissions() -> None:
    """Take from this process the right of root to read and write any file."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = (ctypes.c_uint32 * 2)(CAPABILITIES, 0), (ctypes.c_uint32 * 6)()
    if libc.capget(header, sets) == 0:
        sets[0] &= ~OVERRIDE  # the effective ones
        assert libc.capset(header, sets) == 0, os.strerror(ctypes.get_errno())


def start(line: str, prepare_child: Callable[[], None] = lambda: None) -> tuple[int, int]:
    """Run a command in a child process; return its process id, and a pipe with its status and message."""
    out, into = os.pipe()
    if child := os.fork():
        os.close(into)
        return child, out
    os.close(out)
    prepare_child()
    os.write(into, json.dumps(play(line)).encode())
    os._exit(0)


def finish(child: int, out: int) -> tuple[int, str]:
    """Wait for a child; return its status and message, or the negative number of the signal that ended it."""
    with open(out, "rb") as pipe:
        said = pipe.read()
    state = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return (state, "") if state else tuple(json.loads(said))


def report(line: str, fault: str, before: Files, **facts: Any) -> None:
    """Print what happened."""
    after = read_files(Path.cwd())
    changed = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    print(json.dumps({"command": line, "fault": fault, **facts, "changed": changed}, ensure_ascii=False), flush=True)


def inputs_of(line: str, inputs: Files) -> Iterator[str]:
    """Yield the names of the files that a command reads."""
    for name in inputs:
        if name in line.split():
            yield name
        elif name.startswith("old/") and "--add" in line:
            yield name.replace("old/", "result/")


# --- faults -----------------------------------------------------------------------------------------------------------


def play_reads(line: str, inputs: Files) -> None:
    """Each input cannot be read from some read on; `faulty_reads.c` must be preloaded."""
    shim = ctypes.CDLL(None)
    for name in inputs_of(line, inputs):
        prepare(Path.cwd(), inputs, line)
        shim.fault_set(name.encode(), ctypes.c_long(0))
        play(line)
        reads = shim.fault_count()
        for at in range(1, reads + 1) if EVERYTHING else sorted({1, reads // 2, reads} - {0}):
            prepare(Path.cwd(), inputs, line)
            before = read_files(Path.cwd())
            shim.fault_set(name.encode(), ctypes.c_long(at))
            status, said = play(line)
            shim.fault_set(b"", ctypes.c_long(0))
            report(line, f"read {at} of {name}", before, status=status, said=said)


def play_permissions(line: str, inputs: Files) -> None:
    """An input that must not be read, a folder that must not be written to."""
    place = Path.cwd()
    for name in [*inputs_of(line, inputs), "."]:
        prepare(place, inputs, line)
        before = read_files(place)
        (place / name).chmod(0o555 if name == "." else 0)
        status, said = finish(*start(line, obey_permissions))
        place.chmod(0o700)
        report(line, f"no permission for {name}", before, status=status, said=said)


def play_kills(line: str, inputs: Files) -> None:
    """SIGKILL at random moments; the times of all files change, and the same command runs again."""
    place = Path.cwd()
    prepare(place, inputs, line)
    before = read_files(place)
    begun = time.monotonic()
    assert finish(*start(line))[0] == 0
    seconds = time.monotonic() - begun
    new = read_files(place)
    rng = random.Random(line)
    for _ in range(KILLS):
        prepare(place, inputs, line)
        child, out = start(line)
        moment = rng.uniform(0, seconds)
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        killed = finish(child, out)[0]
        found = read_files(place)
        whole = all(
            DEBRIS.search(name) or found.get(name) == before.get(name) or same_file(name, found, new)
            for name in {*found, *before}
        )
        for name in found.keys() - inputs.keys():  # of all but the inputs, whose times a checkpoint knows
            os.utime(place / name, (rng.choice([0, 2**32]),) * 2)
        status, said = play(line)
        again = read_files(place)
        report(line, f"killed after {moment:.3f} s", again, killed=killed, whole=whole, status=status, said=said,
               same=same_results(again, new), left=sorted(again.keys() ^ new.keys()))  # fmt: skip


def same_file(name: str, found: Files, new: Files) -> bool:
    """Compare one file of two folders."""
    return same_results({name: found.get(name, b"")}, {name: new.get(name, b"")})


def play_pairs(line: str, inputs: Files) -> None:
    """Two processes write one output at the same time."""
    place = Path.cwd()
    prepare(place, inputs, line)
    assert play(line)[0] == 0
    new = read_files(place)
    for _ in range(KILLS // 4):
        prepare(place, inputs, line)
        ends = [finish(*child) for child in [start(line), start(line)]]
        found = read_files(place)
        report(
            line,
            "two processes",
            found,
            ends=ends,
            same=same_results(found, new),
            left=sorted(found.keys() ^ new.keys()),
        )


def play_clocks(line: str, inputs: Files) -> None:
    """The clock goes back whenever it is read."""
    place = Path.cwd()
    prepare(place, inputs, line)
    assert play(line)[0] == 0
    new = read_files(place)
    prepare(place, inputs, line)
    now, clock = iter(range(2_000_000_000, 0, -86_400)), time.time
    time.time = lambda: float(next(now))
    try:
        status, said = play(line.replace(" -q", ""))
    finally:
        time.time = clock
    report(line, "the clock goes back", new, status=status, said=said)


FAULTS = {
    "reads": play_reads,
    "permissions": play_permissions,
    "kills": play_kills,
    "pairs": play_pairs,
    "clocks": play_clocks,
}

if __name__ == "__main__":
    os.fsync = lambda handle: None
    with tempfile.TemporaryDirectory() as source, tempfile.TemporaryDirectory() as folder:
        files = make_inputs(Path(source))
        os.chdir(folder)
        tempfile.tempdir = f"{folder}/tmp"
        for command in COMMANDS.values():  # so that all modules are imported
            prepare(Path.cwd(), files, command)
            assert play(command) == (0, ""), command
        for command in sys.argv[2:] or COMMANDS.values():
            FAULTS[sys.argv[1]](command, files)
        tempfile.tempdir = None
        os.chdir("/")
