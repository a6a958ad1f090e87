"""Wrong calls of every command, played in a temporary folder, and checked against the rules of docs/reliability.md.

    python benchmarks/wrong_calls.py                  # plays all calls, prints the Markdown table, exits 1 if one broke a rule
    python benchmarks/wrong_calls.py --only tokenize  # one command
    python benchmarks/wrong_calls.py --write          # also puts the table into docs/reliability.md
"""  # noqa: E501

from __future__ import annotations

import argparse
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from wrong_calls_list import CALLS, Call, make_files

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- begin of the table -->\n", "<!-- end of the table -->\n"
PATIENCE_SECONDS = 120
MEMORY_BYTES = 6 << 30  # of a call: a huge value must not take the machine down
SMALL_FILE_BYTES = 200  # the largest file where the disk is "small"
PIPE = "pipe.txt"
SIGNALS = {
    "Ctrl-C": signal.SIGINT, "SIGTERM": signal.SIGTERM, "SIGHUP": signal.SIGHUP, "Ctrl-C at once": signal.SIGINT,
}  # fmt: skip
REMEDY = re.compile(
    r"\b(add|ask for|can be only|check|choose|convert|count|did you mean|expected|fetch|give|has one object|install|"
    r"is needed|leave it out|leave out|limit|look up|make|mine|move|must (be|end|hold|have|name)|name|needs?|pass|pipe|"
    r"remove|repeat|run|save|separate|set|try|update|use|wait|write)\b|\(--help explains it\)"
)


@dataclass(frozen=True)
class Outcome:
    """What a call did: its exit status, what it wrote, and the files that it left or changed."""

    status: int
    out: str
    err: str
    created: tuple[str, ...]
    changed: tuple[str, ...]


def find_faults(call: Call, outcome: Outcome) -> list[str]:
    """Return the rules that a call has broken."""
    faults = []
    if outcome.status != call.status:
        faults.append(f"status {outcome.status}, not {call.status}")
    if "Traceback" in outcome.err or "internal error" in outcome.err or "Exception ignored" in outcome.err:
        faults.append("a traceback or an internal error")
    faults += _find_faults_of_sentence(call, outcome.err)
    if outcome.changed:
        faults.append(f"changed {', '.join(outcome.changed)}")
    if debris := [name for name in outcome.created if name not in call.left]:
        faults.append(f"left {', '.join(debris)}")
    return faults


def _find_faults_of_sentence(call: Call, err: str) -> Iterator[str]:
    lines = err.splitlines()
    if call.status in (0, -signal.SIGKILL):
        if lines:
            yield "says something"
        return
    start = "nlpzero: error: " if call.status in (1, 2) else "nlpzero: stopped"
    if not any(line.startswith(start) for line in lines):
        yield f"does not begin with {start!r}"
    usage = [line for line in lines if re.fullmatch(r"usage: nlpzero .* +\(--help explains it\)", line)]
    if len([line for line in lines if line.startswith("nlpzero: ")]) > 1 or len(usage) > 1:
        yield "more than one sentence"
    if [line for line in lines if not line.endswith((".", "?")) and line not in usage]:
        yield "no full stop"
    if call.status in (1, 2) and not REMEDY.search(err):
        yield "no remedy"
    if not re.search(call.says, err):
        yield f"does not say {call.says!r}"


class Stage:
    """A temporary folder with the files of the calls, and the environment of a shell that works in it."""

    def __init__(self, files: Path, root: Path = ROOT) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="wrong-calls-"))
        self.place = self.folder / "place"
        shutil.copytree(files, self.place, symlinks=True)
        (self.place / "hard.txt").unlink()
        os.link(self.place / "novel.txt", self.place / "hard.txt")
        (self.folder / "tmp").mkdir()
        self.before = self.read()
        names = {name: value for name, value in os.environ.items() if not name.startswith(("NLP_ZERO", "PYTHON"))}
        self.environment = {**names, "PYTHONPATH": str(root), "TMPDIR": str(self.folder / "tmp")}

    def read(self) -> dict[str, bytes]:
        """Return the content of every file, also of the folder for temporary files."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            name = str(path.relative_to(self.folder)).removeprefix("place/")
            if path.is_symlink():
                found[name] = os.readlink(path).encode()
            elif path.is_file():
                found[name] = path.read_bytes()
            elif path.is_dir():
                found[name] = b""
        return found

    def compare(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the names of what is new, and of what has changed or is gone; files in new folders are not named."""
        now = self.read()
        new = [name for name in now if name not in self.before]
        created = tuple(name for name in new if not any(name.startswith(f"{other}/") for other in new))
        return created, tuple(name for name, data in self.before.items() if now.get(name) != data)

    def start(self, line: str, *, shell: bool = False, limit: int | None = None) -> subprocess.Popen[bytes]:
        """Start the command line with default actions of signals."""

        def prepare() -> None:
            for number in {*SIGNALS.values()}:
                signal.signal(number, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        program = [sys.executable, "-m", "nlp_zero"]
        command = f"set -o pipefail; {shlex.join(program)} {line}" if shell else [*program, *shlex.split(line)]
        return subprocess.Popen(
            ["bash", "-c", command] if isinstance(command, str) else command,
            cwd=self.place, env=self.environment, preexec_fn=prepare,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def finish(self, process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
        """Return the exit status and what was written; a process that hangs is killed."""
        try:
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            err += b"(killed, because it did not end)"
        return process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


Result = tuple[int, str, str]


def _play_plain(stage: Stage, call: Call) -> Result:
    return stage.finish(stage.start(call.line))


def _play_shell(stage: Stage, call: Call) -> Result:
    return stage.finish(stage.start(call.line, shell=True))


def _play_small_disk(stage: Stage, call: Call) -> Result:
    return stage.finish(stage.start(call.line, limit=SMALL_FILE_BYTES))


def _start_with_pipe(stage: Stage, line: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start a call that reads a named pipe; return when it has opened the pipe, with our end of it."""
    os.mkfifo(stage.place / PIPE)
    process = stage.start(line.replace("PIPE", PIPE))
    return process, os.open(stage.place / PIPE, os.O_WRONLY)


def _play_signal(stage: Stage, call: Call) -> Result:
    """Send a signal while the command waits for its text."""
    process, writer = _start_with_pipe(stage, call.line)
    os.write(writer, "青石镇 的 早晨\n".encode())
    process.send_signal(SIGNALS[call.how])
    result = stage.finish(process)
    os.close(writer)
    os.unlink(stage.place / PIPE)
    return result


def _play_signal_at_once(stage: Stage, call: Call) -> Result:
    """Send a signal as soon as Python has begun to load our modules: when it opens the file of the first kernel."""
    hook = (
        "import os, signal, sys; seen = []\n"
        "def hook(event, values):\n"
        "    if event == 'import' and values[0] == 'numpy' and not seen:\n"
        "        seen.append(1); os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.addaudithook(hook)\n"
    )
    (stage.folder / "tmp" / "sitecustomize.py").write_text(hook, encoding="utf-8")
    stage.environment["PYTHONPATH"] += os.pathsep + str(stage.folder / "tmp")
    result = stage.finish(stage.start(call.line.replace("PIPE", "novel.txt")))
    shutil.rmtree(stage.folder / "tmp")
    (stage.folder / "tmp").mkdir()
    return result


def _play_killed(stage: Stage, call: Call) -> Result:
    """Kill the command while it waits for its text; the same output is then written by another call."""
    process, writer = _start_with_pipe(stage, call.line)
    process.kill()
    result = stage.finish(process)
    os.close(writer)
    os.unlink(stage.place / PIPE)
    line = call.line.replace("novel.txt PIPE", "novel.txt").replace("PIPE", "novel.txt")
    again = stage.finish(stage.start(f"{line} -q" if not line.startswith("tokenize") else line))
    return (result[0], result[1], result[2] + again[2]) if again[0] == 0 else again


def _play_locked(stage: Stage, call: Call) -> Result:
    """Play a call while another process uses its checkpoint."""
    other, writer = _start_with_pipe(stage, call.line.replace("novel.txt", "PIPE").replace("new.tsv", "other.tsv"))
    result = stage.finish(stage.start(call.line))
    other.kill()
    other.communicate()
    os.close(writer)
    os.unlink(stage.place / PIPE)
    for leftover in stage.place.glob(".other.tsv.*.part"):
        leftover.unlink()
    return result


PLAYERS: dict[str, Callable[[Stage, Call], Result]] = {
    "": _play_plain,
    "shell": _play_shell,
    "small disk": _play_small_disk,
    "Ctrl-C": _play_signal,
    "SIGTERM": _play_signal,
    "SIGHUP": _play_signal,
    "Ctrl-C at once": _play_signal_at_once,
    "killed, and played again on novel.txt": _play_killed,
    "another process uses the checkpoint": _play_locked,
}


def play(call: Call, files: Path, root: Path = ROOT) -> Outcome:
    """Play a call in a folder of its own."""
    stage = Stage(files, root)
    try:
        status, out, err = PLAYERS[call.how](stage, call)
        return Outcome(status, out, err, *stage.compare())
    finally:
        stage.remove()


def format_row(call: Call, outcome: Outcome, faults: list[str]) -> str:
    """Return a row of the table."""
    shown = f"`nlpzero {call.line}`" + (f" ({call.how})" if call.how not in ("", "shell") else "")
    lines = [line for line in outcome.err.splitlines() if line.startswith("nlpzero: ")] or outcome.err.splitlines()
    line = lines[0] if lines else "(nothing)"
    said = line.removeprefix("nlpzero: ").removeprefix("error: ")
    created = ", ".join(outcome.created) or "nothing"
    broken = f" **broken: {'; '.join(faults)}**" if faults else ""
    cells = (shown, said + broken, str(outcome.status), created)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") if k else cell.replace("|", "\\|")
                             for k, cell in enumerate(cells)) + " |\n"  # fmt: skip


def main() -> int:
    """Play the calls, print the table, and return 1 if a rule was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="COMMAND", help="play the calls of one command")
    parser.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    parser.add_argument("--root", type=Path, default=ROOT, help="play another source tree")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    calls = [call for call in CALLS if options.only in (None, call.command)]
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(options.workers) as pool:
        files = Path(folder)
        make_files(files)
        outcomes = list(pool.map(lambda call: play(call, files, options.root), calls))
    sections, broken = {}, 0
    for command in dict.fromkeys(call.command for call in calls):
        rows = [(call, outcome) for call, outcome in zip(calls, outcomes, strict=True) if call.command == command]
        section = f"### `{command}`: {len(rows)} calls\n\n"
        section += "| call | what happened | status | left on disk |\n|---|---|---|---|\n"
        for call, outcome in rows:
            faults = find_faults(call, outcome)
            broken += bool(faults)
            section += format_row(call, outcome, faults)
        sections[command] = section + "\n"
    print("".join(sections.values()) + f"{len(calls)} calls, {broken} of which broke a rule.")
    if options.write:
        write_page(sections)
    return 1 if broken else 0


def write_page(sections: dict[str, str]) -> None:
    """Put the tables of some commands into the page."""
    head, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    table, tail = rest.split(END)
    present = {part.split("`")[1]: part for part in re.split(r"^(?=### )", table, flags=re.MULTILINE) if "`" in part}
    table = "".join((present | sections).values())
    PAGE.write_text(f"{head}{BEGIN}{table}{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
