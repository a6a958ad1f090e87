"""A real scheduler with two worker processes, against the same work in this process."""

from __future__ import annotations

import gzip
import os
import signal
import sys
import time
from pathlib import Path

import dask
import distributed as dask_distributed
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import Corpus, CorpusError, EntropyLexiconBuilder, NgramCounter, PmiLexiconBuilder, distributed
from nlp_zero.builders import BayesLexiconBuilder
from nlp_zero.cli import main
from nlp_zero.corpus import slice_corpus
from nlp_zero.counting.count_data import CountOptions
from nlp_zero.counting.counts import levels_of
from nlp_zero.counting.linked import LinkedTree
from nlp_zero.counting.tree import TreeBuilder
from nlp_zero.distributed import reduce, tasks
from nlp_zero.errors import ClusterError

SAMPLE = Path("corpora/sample.txt")
# Forks of a process with threads, which Dask's workers are, can deadlock in the allocator of AddressSanitizer.
pytestmark = pytest.mark.skipif("libasan" in os.environ.get("LD_PRELOAD", ""), reason="forks under AddressSanitizer")


@pytest.fixture(scope="module")
def client():
    with distributed.connect(workers=2) as client:
        yield client


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Plain text, text that cannot be split, and an empty file."""
    folder = tmp_path_factory.mktemp("corpus")
    lines = SAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "a.txt").write_text("".join(lines), encoding="utf-8")
    (folder / "b.txt.gz").write_bytes(gzip.compress("".join(lines[::2]).encode()))
    (folder / "c.txt").write_text("", encoding="utf-8")
    (folder / "d.jsonl").write_text('{"text": "青石镇2024年"}\n{"text": "柳河大桥"}\n', encoding="utf-8")
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.sampled_from(["", "一", "二三", "abc，四五", "\r", "六" * 30]), max_size=12),
    st.integers(1, 40),
    st.booleans(),
)
def test_parts_are_the_text(tmp_path_factory, lines: list[str], part_size: int, closed: bool) -> None:
    path = tmp_path_factory.getbasetemp() / "parts.txt"
    data = ("\n".join(lines) + "\n" * closed).encode()
    path.write_bytes(data)
    parts = slice_corpus(Corpus(path, block_size=7), part_size)
    assert len(parts) == max(1, -(-len(data) // part_size))
    blocks = [block for part in parts for block in part.blocks("byte")]
    assert b"".join(block.data for block in blocks) == data
    assert all(data[b.offset : b.offset + len(b.data)] == b.data for b in blocks)
    # a part begins with a line, so no run reaches from one into the next
    firsts = [next(part.blocks("byte"), None) for part in parts]
    assert all(b is None or b.offset == 0 or data[b.offset - 1 : b.offset] == b"\n" for b in firsts)


@pytest.mark.parametrize(
    ("options", "min_count", "part_size"),
    [
        ({"order": 4}, 1, None),
        ({"order": 3, "alnum": "join"}, 2, 5000),
        ({"order": 1}, 1, 5000),
        ({"order": 5, "unit": "byte"}, 3, 20000),
    ],
)
def test_counts_are_the_same(client, folder, tmp_path, options, min_count, part_size) -> None:
    corpus = Corpus(folder)
    here = NgramCounter(**options).update(corpus).freeze(min_count=min_count)
    here.save(tmp_path / "here")
    there = distributed.count(
        corpus, client=client, min_count=min_count, part_size=part_size, folder=tmp_path / "there", **options
    )
    assert repr(there) == repr(here)
    assert files_of(tmp_path / "there") == files_of(tmp_path / "here")


@pytest.mark.parametrize("options", [{"order": 4}, {"order": 1}, {"order": 5, "unit": "byte"}])
def test_small_texts_are_read_whole(client, tmp_path, monkeypatch, options) -> None:
    monkeypatch.setattr(tasks, "count_part", None)  # would fail
    NgramCounter(**options).update(Corpus(SAMPLE)).freeze(min_count=2).save(tmp_path / "here")
    distributed.count(SAMPLE, client=client, min_count=2, folder=tmp_path / "there", **options)
    assert files_of(tmp_path / "there") == files_of(tmp_path / "here")
    if options == {"order": 4}:
        assert distributed.build_vocab(SAMPLE, client=client) == PmiLexiconBuilder().build(Corpus(SAMPLE))


@pytest.mark.parametrize("ranges", [1, 2, 3, 40])
def test_ranges_of_a_whole_text(tmp_path, ranges) -> None:
    """Each range alone; there may be more ranges than symbols."""
    (tmp_path / "a.txt").write_text("一二三一二，三二一二\n一一二三四\n" * 3, encoding="utf-8")
    corpus = Corpus(tmp_path)
    counts = NgramCounter(order=3).update(corpus).freeze(min_count=2)
    tree = TreeBuilder.in_memory(3)
    task = tasks.CountTask(3, CountOptions(min_count=2))
    for k in range(ranges):
        symbols, totals, piece = tasks.count_range(k, ranges, slice_corpus(corpus, 1 << 40), task)
        tree.append(piece)
    assert tuple(symbols) == counts.symbols
    assert totals == [counts.total(n) for n in (1, 2, 3)]
    for mine, its in zip(tree.finish(), levels_of(counts), strict=True):
        assert all((x == y).all() and len(x) == len(y) for x, y in zip(mine, its, strict=True))


def test_many_flushes_of_a_part(folder, monkeypatch) -> None:
    """A part that is too large to be counted at once is counted in several runs."""
    parts = slice_corpus(Corpus(folder), 1 << 40)
    task = tasks.CountTask(4, CountOptions())
    cuts = tasks.cut_symbols(parts, 3, task)
    assert len(cuts) == 2
    whole = [tasks.count_part(part, cuts, task) for part in parts]
    monkeypatch.setattr(tasks, "FLUSH_POSITIONS", 1000)
    parts = slice_corpus(Corpus(folder, block_size=500), 1 << 40)
    flushed = [tasks.count_part(part, cuts, task) for part in parts]
    for k in range(3):
        one, other = (tasks.merge_range([m[k] for m in maps], task) for maps in (whole, flushed))
        assert one[:2] == other[:2]
        assert all((a == b).all() for x, y in zip(one[2], other[2], strict=True) for a, b in zip(x, y, strict=True))


@pytest.mark.parametrize(
    "builder",
    [PmiLexiconBuilder(min_pmi=2.5), PmiLexiconBuilder(order=2, min_pmi=1, deduplicate=True), EntropyLexiconBuilder()],
)
def test_lexicons_are_the_same(client, folder, builder) -> None:
    here = builder.build(Corpus(folder))
    there = distributed.build_vocab(folder, builder, client=client, part_size=9000)
    assert there == here
    assert "".join(there.lines()) == "".join(here.lines())


def kill_one(client) -> None:
    """Kill a worker process, and wait until the scheduler has noticed."""
    processes = client.run(os.getpid)
    address, process = next(iter(processes.items()))
    os.kill(process, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while address in client.scheduler_info()["workers"]:  # soon another one has the same address
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_worker_dies_while_counting(client, folder, tmp_path, monkeypatch) -> None:
    """When the first range is known, one worker goes, with what it holds of the others."""
    real, died = reduce.require_text, []

    def dying(*arguments) -> None:
        kill_one(client)
        died.append(True)
        real(*arguments)

    monkeypatch.setattr(reduce, "require_text", dying)
    NgramCounter().update(Corpus(folder)).freeze().save(tmp_path / "here")
    distributed.count(folder, client=client, part_size=3000, folder=tmp_path / "there")
    assert died
    assert files_of(tmp_path / "there") == files_of(tmp_path / "here")


def test_a_worker_dies_between_passes(client, folder, monkeypatch) -> None:
    died = []

    class Dying(LinkedTree):
        def select(self, *thresholds):
            kill_one(client)
            died.append(True)
            return super().select(*thresholds)

    monkeypatch.setattr("nlp_zero.builders.passes.LinkedTree", Dying)
    there = distributed.build_vocab(folder, PmiLexiconBuilder(min_pmi=2.5), client=client, part_size=9000)
    assert died
    monkeypatch.undo()
    assert there == PmiLexiconBuilder(min_pmi=2.5).build(Corpus(folder))


def test_command(client, folder, tmp_path) -> None:
    for name, more in (("here", []), ("there", ["--scheduler", client.scheduler.address])):
        assert main(["build-vocab", str(folder), "-q", "--min-pmi", "2.5", "-o", str(tmp_path / name), *more]) == 0
    assert (tmp_path / "here").read_bytes() == (tmp_path / "there").read_bytes()


def test_bad_input(client, folder, tmp_path, capsys) -> None:
    (tmp_path / "bad.txt").write_bytes("中国人民\n".encode() * 500 + b"\xb5\xda\n")
    with pytest.raises(CorpusError, match=r"bad\.txt: byte 6500 .*--encoding"):
        distributed.count(tmp_path / "bad.txt", client=client, part_size=1000)
    (tmp_path / "empty.txt").write_text("，。\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="nothing to count"):
        distributed.count(tmp_path / "empty.txt", client=client)
    with pytest.raises(CorpusError, match="no such file"):
        distributed.count([tmp_path / "none.txt"], client=client)
    with pytest.raises(TypeError, match="pmi and entropy"):
        distributed.build_vocab(folder, BayesLexiconBuilder(), client=client)
    for options in ({"order": 9}, {"min_count": 0}, {"part_size": 0}):
        with pytest.raises(ValueError, match="must be"):
            distributed.count(folder, client=client, **options)
    with pytest.raises(ValueError, match="workers must be"):
        distributed.count(folder, workers=0)
    for more in (["--memory", "1G"], ["--checkpoint", "x"], ["--method", "bayes"]):
        assert main(["build-vocab", str(folder), "--scheduler", "local", *more]) == 2
    assert "cluster" in capsys.readouterr().err


def test_no_scheduler(folder, capsys) -> None:
    with dask.config.set({"distributed.comm.timeouts.connect": "200ms"}):
        with pytest.raises(ClusterError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
            distributed.count(folder, client="tcp://127.0.0.1:9")
        with pytest.raises(ClusterError, match="no Dask scheduler answers at nonsense"):
            distributed.count(folder, client="nonsense://x")


def test_without_dask(folder, monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["build-vocab", str(folder), "--scheduler", "local"]) == 1
    assert "pip install 'nlpzero[distributed]'" in capsys.readouterr().err


def test_workers_that_keep_dying(monkeypatch, folder) -> None:
    class Failing(dask_distributed.Client):
        def __init__(self) -> None:
            pass

        def wait_for_workers(self, *_, **__):
            raise dask_distributed.KilledWorker("_map", None, 3)

    with pytest.raises(ClusterError, match="died again and again"):
        distributed.count(folder, client=Failing())
