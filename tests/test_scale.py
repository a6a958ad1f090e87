"""Counting within a memory budget, from checkpoints and by threads: always what a dictionary counts."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import CorpusError, FormatError, NgramCounter, NgramCounts
from nlp_zero._kernels.counting import EncodedText
from nlp_zero._utils import arrays, files, threads
from nlp_zero.builders import EntropyLexiconBuilder, PmiLexiconBuilder
from nlp_zero.cli import main
from nlp_zero.corpus import Block, Corpus
from nlp_zero.counting import counter as counter_module
from nlp_zero.counting import encoding
from nlp_zero.counting import tree as tree_module
from nlp_zero.counting.checkpoint import Checkpoint
from nlp_zero.counting.counts import levels_of
from nlp_zero.counting.encoding import encode_blocks, look_ahead
from nlp_zero.counting.merging import RunSource, merge_to_tree, unite_symbols
from nlp_zero.counting.resources import MemoryPlan
from nlp_zero.counting.runs import RunFile
from nlp_zero.counting.tree import TreeBuilder
from nlp_zero.errors import CheckpointError, StorageError
from tests.test_counts import ODD, as_dict, oracle

LINE = st.text(st.one_of(st.sampled_from("一二三四五，"), st.sampled_from(ODD)), max_size=40)


def made_up(lines: int, seed: int = 0) -> list[str]:
    """Text whose later lines use other characters than its earlier ones."""
    rng = random.Random(seed)
    return [
        "".join(chr(0x4E00 + rng.randrange(9) + 5 * k * 8 // lines) for _ in range(rng.randrange(1, 30))) + "，"
        for k in range(lines)
    ]


def assert_same(one: NgramCounts, other: NgramCounts) -> None:
    assert one.symbols == other.symbols
    assert [one.total(n) for n in range(1, one.order + 1)] == [other.total(n) for n in range(1, other.order + 1)]
    for mine, its in zip(levels_of(one), levels_of(other), strict=True):
        for x, y in zip(mine, its, strict=True):
            assert x.dtype == y.dtype
            assert np.array_equal(x, y)


def counted(texts: list[str], parts: int = 1, *, min_count: int = 1, **options: object) -> NgramCounts:
    """Counts of texts that are handed over in parts, so that each may fill a budget."""
    counter = NgramCounter(**options)  # type: ignore[arg-type]
    for k in range(parts):
        counter.update(texts[k * len(texts) // parts : (k + 1) * len(texts) // parts])
    return counter.freeze(min_count=min_count)


def change_plan(counter: NgramCounter, **sizes: int) -> None:
    counter._store.plan = dataclasses.replace(counter._store.plan, **sizes)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(made_up(3000)), encoding="utf-8")
    return path


@settings(max_examples=60, deadline=None)
@given(
    st.lists(LINE, min_size=1, max_size=12), st.integers(1, 8), st.sampled_from(["token", "join", "split"]),
    st.integers(1, 3), st.integers(1, 3), st.integers(1, 40),
)  # fmt: skip
def test_parts_of_any_size(
    texts: list[str], order: int, alnum: str, min_count: int, workers: int, part_size: int
) -> None:
    whole = NgramCounter(order=order, alnum=alnum).update(texts).freeze(min_count=min_count)
    if alnum != "join":
        assert as_dict(whole) == oracle(texts, order, alnum, min_count)
    for memory in (None, 20_000):
        counter = NgramCounter(order=order, alnum=alnum, workers=workers, memory=memory)
        change_plan(counter, part_positions=part_size, block_bytes=8, merge_bytes=16)  # a few records each
        for text in texts:
            counter.update([text])
        assert counter.positions == whole.total(1)
        assert_same(counter.freeze(min_count=min_count), whole)


def test_each_block_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """On one thread, also if many runs are merged range by range: else time rises with their number, squared."""
    texts = made_up(300)
    counter = NgramCounter(memory=100_000)
    change_plan(counter, part_positions=200, block_bytes=64, merge_bytes=500)
    for text in texts:
        counter.update([text])
    reads: list[tuple[int, int]] = []
    real = RunFile.read

    def read(run: RunFile, begin: int, end: int, checksum: int) -> bytes:
        reads.append((id(run), begin))
        return real(run, begin, end, checksum)

    monkeypatch.setattr(RunFile, "read", read)
    assert_same(counter.freeze(), counted(texts))
    assert len({run for run, _ in reads}) > 10
    assert len(reads) == len(set(reads)) > 100


@pytest.mark.parametrize("options", [{"order": 1}, {"order": 4}, {"order": 8}, {"order": 5, "unit": "byte"}])
def test_tiny_budgets(options: dict[str, object]) -> None:
    """A few KB: many runs, merged in several rounds, over alphabets that differ."""
    texts = made_up(3000)
    whole = counted(texts, **options)
    counter = NgramCounter(memory=16_000, **options)  # type: ignore[arg-type]
    change_plan(counter, most_runs=3)
    for k in range(0, len(texts), 20):
        counter.update(texts[k : k + 20])
    assert len(counter._store.runs) > 9
    assert len({tuple(run.index()[3]) for run in counter._store.runs}) > 3  # alphabets
    parts = counter.freeze()
    assert isinstance(levels_of(parts)[0][0], np.memmap)
    assert_same(parts, whole)
    assert_same(counter.freeze(min_count=3), whole.prune(3))


def test_budget_and_workers_never_change_a_result(corpus: Path) -> None:
    whole = NgramCounter().update(Corpus(corpus)).freeze(min_count=2)
    for memory, workers in [(None, 3), ("16K", 1), ("16k", 2), (1 << 20, 4)]:
        counter = NgramCounter(memory=memory, workers=workers).update(Corpus(corpus, block_size=1000))
        assert_same(counter.freeze(min_count=2), whole)


def test_counting_goes_on_after_freeze() -> None:
    texts = made_up(400)
    for memory in (None, 16_000):
        counter = NgramCounter(memory=memory).update(texts[:300])
        assert_same(counter.freeze(), counted(texts[:300]))
        assert_same(counter.update(texts[300:]).freeze(), counted(texts))


def test_runs_are_small() -> None:
    """Runs of real text are smaller than the text; those of this nearly random one are smaller than three times."""
    texts = made_up(3000)
    counter = NgramCounter(memory=40_000)
    for k in range(0, len(texts), 50):
        counter.update(texts[k : k + 50])
    assert sum(run.size for run in counter._store.runs) < 3 * sum(len(text.encode()) for text in texts)


def test_bad_text_keeps_earlier_text(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes("一二\n三四\n五\n".encode() + b"\xff\n" + "六七\n八九\n".encode() * 9)
    for workers in (1, 2, 3, 5):
        counter = NgramCounter(order=2, workers=workers)
        with pytest.raises(CorpusError, match="byte 18"):
            counter.update(Corpus(tmp_path / "bad.txt", block_size=1))
        assert as_dict(counter.freeze()) == oracle(["一二", "三四", "五"], 2, "token")


def test_unreadable_files_keep_earlier_text(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("一二\n三四\n五六\n", encoding="utf-8")
    (tmp_path / "bad.txt.gz").write_bytes(b"no gzip")
    for workers in (1, 2, 3, 4):
        counter = NgramCounter(order=2, workers=workers)
        with pytest.raises(CorpusError, match="not a complete gzip file"):
            counter.update(Corpus(tmp_path / "good.txt", tmp_path / "bad.txt.gz", block_size=1))
        assert as_dict(counter.freeze()) == oracle(["一二", "三四", "五六"], 2, "token")


def test_merge_within_a_budget(tmp_path: Path) -> None:
    texts = made_up(3000)
    whole = counted(texts)
    for k in range(3):
        counted(texts[1000 * k : 1000 * k + 1000]).save(tmp_path / str(k))
    a, b, c = (NgramCounts.load(tmp_path / str(k)) for k in range(3))
    assert_same(a.merge(b, c), whole)
    assert_same(a.merge(b, c, memory=16_000, workers=2, min_count=2), whole.prune(2))
    assert_same(c.merge(a, b, memory=16_000, folder=tmp_path / "all"), whole)
    assert_same(NgramCounts.load(tmp_path / "all"), whole)
    whole.save(tmp_path / "saved")  # a folder holds the same bytes whichever way it was written
    for file in (tmp_path / "saved").iterdir():
        assert file.read_bytes() == (tmp_path / "all" / file.name).read_bytes()


def test_large_numbers_take_eight_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As if 32 bits ended at 99: the values stay, the arrays that need it are wide."""
    texts = made_up(300)
    whole = counted(texts, order=3)
    for module in (arrays, tree_module):
        monkeypatch.setattr(module, "MOST_UINT32", 99)
    monkeypatch.setattr(arrays, "CHUNK_VALUES", 7)
    wide = counted(texts, 5, order=3, memory=20_000)
    kept = counted(texts, 5, order=3, workers=3)
    wide.save(tmp_path / "wide")
    assert levels_of(wide)[0][1].dtype == levels_of(wide)[0][2].dtype == np.uint64
    assert levels_of(wide)[0][0].dtype == np.uint32
    for counts in (wide, kept, NgramCounts.load(tmp_path / "wide"), wide.merge(wide).merge(wide), wide.prune(2)):
        times = 3 if counts.total(1) > whole.total(1) else 1
        same = whole.prune(counts.min_count)
        for mine, its in zip(levels_of(counts), levels_of(same), strict=True):
            assert np.array_equal(mine[0], its[0])
            assert np.array_equal(mine[1], times * its[1].astype(np.uint64))
            assert np.array_equal(mine[2], its[2])
    assert [wide[x] for x, _ in whole.items(3)] == [c for _, c in whole.items(3)]


def test_nothing_is_left(tmp_path: Path) -> None:
    counter = NgramCounter(memory=16_000, temp_dir=tmp_path).update(made_up(300))
    counts = counter.freeze()
    assert list(tmp_path.iterdir()) == []  # files without names, even now
    assert counts.types(1) > 9


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("fails", [(), (0,), (1,), (4,), (2, 5), (5, 2)])
@pytest.mark.parametrize("unreadable", [False, True])
def test_texts_hold_the_blocks_before_the_first_that_fails(
    workers: int, fails: tuple[int, ...], unreadable: bool
) -> None:
    """A block cannot be decoded, or the next one cannot be read: then those after it are taken back."""
    good = [f"春天{'来' * k}了\n".encode() for k in range(7)]

    def read() -> Iterator[Block]:
        for number, data in enumerate(good):
            yield Block(data + b"\xff" if number in fails else data, "a.txt", 100 * number)
        if unreadable:
            raise CorpusError("unreadable")

    texts = [EncodedText() for _ in range(workers)]
    before = min(fails, default=len(good))
    size = len(good[before]) if fails else 0
    message = f"a.txt.*byte {100 * before + size:,}" if fails else "unreadable"
    with pytest.raises(CorpusError, match=message) if fails or unreadable else contextlib.nullcontext():
        encode_blocks(read(), texts)
    whole = EncodedText()
    for data in good[:before]:
        whole.add(data)
    assert [sum(column) for column in zip(*(text.totals(8) for text in texts), strict=True)] == whole.totals(8)


@pytest.mark.parametrize("fails_after", [0, 2, 9, None])
def test_looking_ahead_changes_nothing(fails_after: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "SMALL_BYTES", 1000)

    def read() -> Iterator[Any]:
        for k in range(9):
            if k == fails_after:
                raise OSError("unreadable")
            yield (0, k), Block(b"x" * 10, "a.txt", k)
        if fails_after == 9:
            raise OSError("unreadable")

    for most, few in [(1, fails_after == 0), (90, fails_after in (0, 2)), (91, True), (2000, True)]:
        blocks, found = look_ahead(read(), most)
        assert found == few
        places = []
        with contextlib.nullcontext() if fails_after is None else pytest.raises(OSError, match="unreadable"):
            for (_, k), _ in blocks:
                places.append(k)
        assert places == list(range(9 if fails_after is None else fails_after))


def test_threads_are_not_started_for_small_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    text = ["春天来了，春天"]
    want = counted(text)

    def refuse(*_: object) -> None:
        raise RuntimeError("threads were started")

    monkeypatch.setattr(threads, "run_alongside", refuse)
    with pytest.raises(RuntimeError, match="threads were started"):
        NgramCounter(workers=2).update(text)
    monkeypatch.setattr(encoding, "SMALL_BYTES", 100)
    monkeypatch.setattr(counter_module, "SMALL_POSITIONS", 100)
    assert_same(NgramCounter(workers=2).update(text).freeze(), want)


def test_refusals(tmp_path: Path) -> None:
    for memory, message in [("x", "512M"), (100, "at least 4096"), ("-1K", "512M"), (True, "4096"), (1.5, "4096")]:
        with pytest.raises(ValueError, match=message):
            NgramCounter(memory=memory)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="temp_dir must be a folder"):
        NgramCounter(temp_dir=tmp_path / "nowhere")
    with pytest.raises(StorageError, match="90 distinct symbols found so far; give more than 23,040 bytes"):
        counted(["".join(chr(0x4E00 + k) for k in range(90)) * 9, "丁"], 2, memory=9000)
    with pytest.raises(ValueError, match="workers"):
        NgramCounter(workers=0)
    with pytest.raises(ValueError, match="memory"):
        PmiLexiconBuilder(memory="lots")
    many = ["".join(chr(0x4E00 + k) for k in range(100))]
    counter = NgramCounter(memory=5000)
    with pytest.raises(StorageError, match="100 distinct symbols; the smallest that works here is 25,600 bytes"):
        counter.update(many).freeze()
    assert_same(counted(many, memory=25_600), counted(many))
    with pytest.raises(StorageError, match=r"MB more are needed on this disk and .* MB are free; make room"):
        files.require_space(tmp_path, 1 << 60, "make room")


def read_whole(file: IO[bytes]) -> None:
    source = RunSource(RunFile(file, "it"))
    plan = MemoryPlan(None, merge_bytes=100)
    merge_to_tree([source], len(unite_symbols([source])), TreeBuilder.in_memory(4), plan, min_count=1)


def test_damaged_runs_are_refused(tmp_path: Path) -> None:
    counter = NgramCounter(memory=16_000).update(made_up(100))
    counter._write_run((0, 0))
    file = counter._store.runs[0]._file
    file.seek(0)
    good = file.read()
    rng = random.Random(1)
    for trial in range(200):
        data = bytearray(good)
        if trial % 2:
            del data[rng.randrange(len(data)) :]
        else:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        (tmp_path / "run").write_bytes(data)
        with open(tmp_path / "run", "rb") as damaged, pytest.raises(FormatError, match="truncated or was altered"):
            read_whole(damaged)


# Checkpoints


def resumed(corpus: Path, folder: Path, **options: object) -> NgramCounter:
    counter = NgramCounter(checkpoint=folder, **options)  # type: ignore[arg-type]
    change_plan(counter, part_positions=2000)
    return counter.update(Corpus(corpus, block_size=500))


@pytest.mark.parametrize("kind", [".txt", ".txt.gz", ".jsonl", "-gb18030.txt"])
def test_resume_in_the_middle(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    texts = made_up(2000)
    whole = counted(texts)
    encoding = "gb18030" if "gb" in kind else "utf-8-sig"
    data = "\n".join(json.dumps({"text": t}) if "json" in kind else t for t in texts).encode(encoding)
    path = tmp_path / f"corpus{kind}"
    path.write_bytes(gzip.compress(data) if "gz" in kind else data)
    (tmp_path / "more.txt").write_text("一丁\n丂", encoding="utf-8")
    monkeypatch.setattr("nlp_zero.corpus.blocks.BLOCK_CHARACTERS", 1000)
    corpus = Corpus(path, path, encoding=encoding, block_size=1000)
    read: list[int] = []

    def interrupt(self: Checkpoint, *how: object, add=Checkpoint.add) -> None:  # type: ignore[no-untyped-def]
        add(self, *how)
        read.append(len(self.runs))
        if len(read) % 3 == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoint, "add", interrupt)
    for _ in range(100):
        counter = NgramCounter(checkpoint=tmp_path / "work", workers=2)
        change_plan(counter, part_positions=4000)
        try:
            counter.update(corpus)
        except KeyboardInterrupt:
            continue
        break
    assert len(read) > 9
    assert read == sorted(set(read))  # no run was counted twice
    assert_same(counter.freeze(), whole.merge(whole))


def test_checkpoints_of_something_else(corpus: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    resumed(corpus, work)
    with pytest.raises(CheckpointError, match="a count with order 4, not 3"):
        resumed(corpus, work, order=3)
    other = tmp_path / "other.txt"
    other.write_text("一", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"of a count of .*corpus\.txt, not .*other\.txt"):
        resumed(other, work)
    with pytest.raises(CheckpointError, match=r"without .*other\.txt"):
        NgramCounter(checkpoint=work).update(Corpus(corpus, other, block_size=500))
    with pytest.raises(CheckpointError, match="normalize None, not 'NFC'"):
        NgramCounter(checkpoint=work).update(Corpus(corpus, normalize="NFC", block_size=500))
    with pytest.raises(ValueError, match="one Corpus, once"):
        NgramCounter(checkpoint=work).update(["一"])
    stat = corpus.stat()
    os.utime(corpus, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    with pytest.raises(CheckpointError, match=r"corpus\.txt has changed since .*another time"):
        resumed(corpus, work)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious").write_text("x")
    with pytest.raises(CheckpointError, match="is not a checkpoint"):
        resumed(corpus, tmp_path / "mine")


def test_damaged_checkpoints_are_refused(corpus: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    resumed(corpus, work)
    run = work / "000002.run"
    good = run.read_bytes()
    run.write_bytes(good[:-100])
    with pytest.raises(FormatError, match=r"000002\.run is truncated or was altered"):
        resumed(corpus, work)
    run.write_bytes(good.replace(good[100:110], b"0123456789"))
    with pytest.raises(FormatError, match=r"000002\.run is truncated or was altered"):
        resumed(corpus, work).freeze()
    run.write_bytes((work / "000001.run").read_bytes())
    with pytest.raises(FormatError, match="is not the run that"):
        resumed(corpus, work)
    run.unlink()
    with pytest.raises(FormatError, match=r"000002\.run: No such file"):
        resumed(corpus, work)
    (work / "checkpoint.json").write_text('{"format": ')
    with pytest.raises(FormatError, match="cannot be used"):
        resumed(corpus, work)
    (work / "checkpoint.json").write_text('{"format": "nlp-zero checkpoint", "version": 99}')
    with pytest.raises(CheckpointError, match="another version"):
        resumed(corpus, work)


def test_one_process_at_a_time(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second process is refused in one sentence; a dead one locks nobody out."""
    work = tmp_path / "work"
    holder = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from nlp_zero.counting.checkpoint import Checkpoint\nfrom nlp_zero import Corpus\n"
        f"corpus = Corpus({str(corpus)!r}, encoding='utf-8-sig', block_size=1 << 20)\n"
        f"checkpoint = Checkpoint({str(work)!r}, corpus, {{'order': 4, 'unit': 'char', 'alnum': 'token'}})\n"
        "print('here', flush=True)\ninput()\n"
    )
    command = ["count", str(corpus), "-o", str(tmp_path / "counts"), "--checkpoint", str(work)]
    with subprocess.Popen(
        [sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "here\n"
        assert main(command) == 1
        message = capsys.readouterr().err
        assert f"{work} is in use by another process; wait until it is done" in message
        assert "Traceback" not in message
        other.kill()
    assert main(command) == 0
    assert not work.exists()
    assert (tmp_path / "counts").is_dir()


def test_results_that_cannot_fit_are_refused_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = NgramCounter(memory=20_000).update(made_up(300)).freeze()
    parts = [NgramCounter().update(made_up(300, seed)).freeze() for seed in (1, 2)]
    full = type("Usage", (), {"free": 100})
    monkeypatch.setattr("shutil.disk_usage", lambda _: full)
    for save in (lambda: counts.save(tmp_path / "a"), lambda: parts[0].merge(parts[1], folder=tmp_path / "b")):
        with pytest.raises(StorageError, match=r"about .* MB more are needed .* and 0\.0 MB are free; make room"):
            save()
    assert list(tmp_path.iterdir()) == []


def test_builders_take_the_same_resources(corpus: Path, tmp_path: Path) -> None:
    for Builder in (PmiLexiconBuilder, EntropyLexiconBuilder):
        plain = list(Builder().build(Corpus(corpus)).lines())
        how = {"memory": 20_000, "workers": 2, "temp_dir": tmp_path, "checkpoint": tmp_path / Builder.__name__}
        assert list(Builder(**how).build(Corpus(corpus)).lines()) == plain
        assert list(Builder(**how).build(Corpus(corpus)).lines()) == plain  # from the finished checkpoint


# The command line, killed and out of room

CHILD = """
import sys
from nlp_zero.counting import resources
from nlp_zero.cli import options
from nlp_zero.cli import main
resources.CHECKPOINT_POSITIONS = options.BLOCK_BYTES = 5_000
sys.exit(main(sys.argv[1:]))
"""


def start(*arguments: object, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; {CHILD}", *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload, no-any-return]


def folder_bytes(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_killed_at_fifty_moments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The moments are spread at random over the time that the whole work takes."""
    monkeypatch.setattr("nlp_zero.counting.resources.CHECKPOINT_POSITIONS", 5_000)
    monkeypatch.setattr("nlp_zero.cli.options.BLOCK_BYTES", 5_000)
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("\n".join(made_up(4_000)), encoding="utf-8")
    command = ["count", str(corpus), "--memory", "2M", "--checkpoint", str(tmp_path / "work"), "-q", "-o"]

    def forked(folder: str) -> Any:
        child = get_context("fork").Process(target=lambda: os._exit(main([*command, str(tmp_path / folder)])))
        child.start()
        return child

    began = time.monotonic()
    child = forked("want")
    child.join()
    whole = time.monotonic() - began
    rng = random.Random(3)
    killed, resumed_from = 0, set()
    for _ in range(500):  # some children finish before they are killed
        if killed == 50:
            break
        resumed_from.add(len(list((tmp_path / "work").glob("*.run"))))
        child = forked("got")
        time.sleep(rng.random() * whole)
        child.kill()
        child.join()
        assert child.exitcode in (0, -signal.SIGKILL)
        killed += child.exitcode != 0
        if child.exitcode == 0:
            assert not (tmp_path / "work").exists()
            assert folder_bytes(tmp_path / "got") == folder_bytes(tmp_path / "want")
    assert killed == 50
    child = forked("got")
    child.join()
    assert child.exitcode == 0
    assert len(resumed_from) > 5
    assert folder_bytes(tmp_path / "got") == folder_bytes(tmp_path / "want")


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))  # as if the disk were full after that
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def test_full_disk_is_one_sentence_and_the_checkpoint_goes_on(corpus: Path, tmp_path: Path) -> None:
    """The limit is large enough for the runs, and too small for the result."""
    command = ["count", corpus, "-q", "--memory", "100K", "--temp-dir", tmp_path, "-o", tmp_path / "counts"]
    child = start(*command, preexec_fn=limited)
    _, errors = child.communicate()
    assert child.returncode == 1
    assert re.fullmatch(r"nlpzero: error: .*no room is left on this disk \(File too large\); make room.*\.\n", errors)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus.txt"]
    command += ["--checkpoint", tmp_path / "work"]
    child = start(*command, preexec_fn=limited)
    _, errors = child.communicate()
    assert child.returncode == 1
    assert f"run the same again: it continues from the checkpoint {tmp_path / 'work'}" in errors
    assert len(list((tmp_path / "work").glob("*.run"))) > 1
    child = start(*command)
    _, errors = child.communicate()
    assert child.returncode == 0, errors
    assert_same(NgramCounts.load(tmp_path / "counts"), NgramCounter().update(Corpus(corpus)).freeze())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus.txt", "counts"]


def test_ctrl_c_says_how_to_continue(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*how: object, **options: object) -> None:
        raise KeyboardInterrupt

    command = ["build-vocab", str(corpus), "-q", "--checkpoint", str(tmp_path / "work"), "-o", str(tmp_path / "words")]
    with monkeypatch.context() as patch:
        patch.setattr("nlp_zero.builders.passes.LinkedTree.__init__", interrupted)
        assert main(command) == 130
    assert f"run the same command to go on from the checkpoint {tmp_path / 'work'}" in capsys.readouterr().err
    assert (tmp_path / "work" / "checkpoint.json").exists()
    assert main(command) == 0
    assert not (tmp_path / "work").exists()
    assert main([*command[:2], "-q", "-o", str(tmp_path / "plain")]) == 0
    assert (tmp_path / "words").read_bytes() == (tmp_path / "plain").read_bytes()


def test_add_files_later(tmp_path: Path) -> None:
    texts = made_up(300)
    for k in range(3):
        (tmp_path / f"{k}.txt").write_text("\n".join(texts[100 * k : 100 * k + 100]), encoding="utf-8")
    files = [str(tmp_path / f"{k}.txt") for k in range(3)]
    assert main(["count", *files, "-q", "-o", str(tmp_path / "whole"), "--order", "3", "--alnum", "split"]) == 0
    assert main(["count", files[0], "-q", "-o", str(tmp_path / "grown"), "--order", "3", "--alnum", "split"]) == 0
    assert main(["count", files[1], "-q", "--add", str(tmp_path / "grown")]) == 0
    assert main(["count", files[2], "-q", "--add", str(tmp_path / "grown"), "--memory", "16K", "--workers", "2"]) == 0
    assert folder_bytes(tmp_path / "grown") == folder_bytes(tmp_path / "whole")


def test_standard_input_cannot_be_resumed(tmp_path: Path) -> None:
    child = start("count", "-", "-q", "--top", "1", "--checkpoint", tmp_path / "work", stdin=subprocess.DEVNULL)
    _, errors = child.communicate()
    assert child.returncode == 1
    assert "<stdin> can be read only once, so a count of it cannot be resumed; save it to a file" in errors


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_tables(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow

    monkeypatch.setattr("nlp_zero.counting.counts.BATCH_NODES", 10)
    path = tmp_path / f"table.{kind}"
    for unit in ("char", "byte"):
        counts = counted(made_up(20), order=3, unit=unit)
        counts.export(path)
        table = parquet.read_table(path) if kind == "parquet" else pyarrow.ipc.open_file(path.read_bytes()).read_all()
        rows = zip(table["ngram"].to_pylist(), table["order"].to_pylist(), table["count"].to_pylist(), strict=True)
        assert list(rows) == [(x, n, c) for n in (1, 2, 3) for x, c in counts.items(n)]
    with pytest.raises(ValueError, match=r"\.parquet or \.arrow"):
        counts.export(tmp_path / "table.csv")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
