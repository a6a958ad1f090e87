"""Errors of the text on a cluster whose scheduler and two workers are processes of their own, as on other machines."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nlp_zero import Corpus, CorpusError, FormatError, NgramCounter, distributed
from nlp_zero.cli import main
from nlp_zero.distributed import reduce, tasks
from nlp_zero.distributed.submission import submit_each, take_results

LINES = "中国人民的青石镇，柳河大桥。\n" * 400
pytestmark = pytest.mark.skipif("libasan" in os.environ.get("LD_PRELOAD", ""), reason="Dask under AddressSanitizer")


class Cluster(NamedTuple):
    """An address, and the file that all processes log to."""

    address: str
    log: Path

    def read_log(self) -> str:
        """Return what was logged at WARNING or above."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return "\n".join(line for line in lines if " - INFO - " not in line and line.strip())


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[Cluster]:
    place = tmp_path_factory.mktemp("cluster")
    found, log = place / "scheduler.json", place / "log"
    worker = ["worker", "--nthreads", "1", "--no-nanny", "--local-directory", str(place)]
    programs = [["scheduler", "--port", "0", "--no-dashboard"], worker, worker]
    environment = {**os.environ, "PYTHONPATH": os.getcwd(), "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}
    processes = []
    try:
        with open(log, "wb") as file:
            for name, *options in programs:
                options += ["--scheduler-file", str(found)]
                command = [sys.executable, "-m", f"distributed.cli.dask_{name}", *options]
                processes.append(subprocess.Popen(command, stdout=file, stderr=file, env=environment, cwd=place))
        import distributed as dask

        with dask.Client(scheduler_file=str(found), timeout=60) as client:
            client.wait_for_workers(2, timeout=60)
            address = client.scheduler.address
        yield Cluster(address, log)
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


def record_errors(work: Callable[..., Any], folder: Path) -> Callable[..., Any]:
    """Return `work` as a function that makes a file for each call that raises an exception."""

    def recording(*arguments: Any) -> Any:  # a local function, which Dask sends by value
        try:
            return work(*arguments)
        except Exception:
            (folder / f"{work.__name__}-{uuid.uuid4()}").touch()
            raise

    recording.__name__ = work.__name__
    return recording


@pytest.fixture
def errors(tmp_path, monkeypatch) -> Path:
    """Return a folder that has a file for each call of a task that raised an exception."""
    folder = tmp_path / "errors"
    folder.mkdir()
    for name in ("count_part", "cut_ngrams", "count_blocks", "run_part", "count_range"):
        monkeypatch.setattr(tasks, name, record_errors(getattr(tasks, name), folder))
    return folder


def read_parts(path: Path, *, client: str, part_size: int) -> None:
    """Read a corpus as `tokenize` does."""
    with distributed.connect(client) as cluster:
        for _ in distributed.distribute(path, cluster, part_size=part_size).map_parts(list):
            pass


def write_bad(name: str, folder: Path) -> Path:
    """Write a text whose last part cannot be read."""
    path = folder / name
    data = LINES.encode()
    if name == "bad.txt":
        path.write_bytes(data + b"\xb5\xda\n")
    elif name == "bad.txt.gz":
        path.write_bytes(gzip.compress(data)[:-20])
    else:
        path.write_text('{"text": "青石镇"}\n' * 400 + '{"text": \n', encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bad.txt", r"bad\.txt: byte 17200 \(0xb5\) is not valid utf-8"),
        ("bad.txt.gz", r"bad\.txt\.gz: "),
        ("bad.jsonl", r"bad\.jsonl, line 401: not a JSON object"),
    ],
)
@pytest.mark.parametrize("work", [distributed.count, distributed.build_vocab, read_parts])
def test_an_error_of_the_text_is_met_once(cluster, tmp_path, errors, name, message, work) -> None:
    path = write_bad(name, tmp_path)
    with pytest.raises(CorpusError, match=message):
        work(path, client=cluster.address, part_size=2000)
    assert len(os.listdir(errors)) == 1
    assert cluster.read_log() == ""


def test_a_missing_folder_of_counts_is_met_once(cluster, tmp_path, errors, monkeypatch) -> None:
    monkeypatch.setattr("nlp_zero.distributed.addition.run_part", tasks.run_part)
    with pytest.raises(FormatError, match="none"):
        distributed.merge_in_parts([tmp_path / "none"], lambda k: str(tmp_path / f"all/{k}"), client=cluster.address)
    assert len(os.listdir(errors)) == 1
    assert cluster.read_log() == ""


def test_the_command_says_one_sentence(cluster, tmp_path, capfd) -> None:
    path = write_bad("bad.txt", tmp_path)
    assert main(["count", str(path), "-o", str(tmp_path / "counts"), "-q", "--scheduler", cluster.address]) == 1
    said = capfd.readouterr().err
    assert said.startswith(f"nlpzero: error: {path}: byte 17200")
    assert said.count("\n") == 1
    assert cluster.read_log() == ""


def test_an_error_is_raised_before_the_other_parts_are_read(cluster, tmp_path, monkeypatch) -> None:
    """Other parts wait until the error has been raised."""
    bad, real, calls = tmp_path / "bad.txt", tasks.count_part, tmp_path / "calls"
    bad.write_bytes(b"\xb5\n" + LINES.encode())
    calls.mkdir()

    def wait_elsewhere(part, *arguments):
        import os
        import time

        if part.begin == 0:
            return real(part, *arguments)
        for _ in range(300):
            if os.listdir(calls):
                return real(part, *arguments)
            time.sleep(0.1)
        (calls / "late").touch()
        return real(part, *arguments)

    monkeypatch.setattr(tasks, "count_part", wait_elsewhere)
    monkeypatch.setattr(tasks, "cut_ngrams", lambda *_: [])
    with pytest.raises(CorpusError, match=r"bad\.txt: byte 0"):
        distributed.count(bad, client=cluster.address, part_size=2000)
    (calls / "raised").touch()
    assert os.listdir(calls) == ["raised"]


def test_errors_of_a_machine_are_retried(cluster, tmp_path) -> None:
    def work(name: str) -> str:
        if not (tmp_path / name).exists():
            (tmp_path / name).touch()
            raise {"lost": ConnectionResetError, "late": TimeoutError, "full": MemoryError}[name]("try again")
        return name

    names = ["lost", "late", "full"]
    with distributed.connect(cluster.address) as client:
        assert list(take_results(submit_each(client, work, names))) == names
    assert "try again" in cluster.read_log()


def test_counts_are_the_same(cluster, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(reduce, "RANGE_BYTES", 2000)
    (tmp_path / "a.txt").write_text(LINES, encoding="utf-8")
    there = distributed.count(tmp_path / "a.txt", client=cluster.address, part_size=2000)
    assert repr(there) == repr(NgramCounter().update(Corpus(tmp_path / "a.txt")).freeze())
