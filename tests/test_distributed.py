"""A real scheduler with two worker processes, against the same work in this process."""

from __future__ import annotations

import gzip
import os
import signal
import socket
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import dask
import distributed as dask_distributed
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import (
    Corpus,
    CorpusError,
    EntropyLexiconBuilder,
    Lexicon,
    NgramCounter,
    NgramCounts,
    PmiLexiconBuilder,
    Tokenizer,
    distributed,
)
from nlp_zero.cli import main
from nlp_zero.corpus import slice_corpus
from nlp_zero.counting.count_data import CountOptions
from nlp_zero.counting.counts import levels_of
from nlp_zero.counting.levels import read_symbol_ids
from nlp_zero.counting.tree import TreeBuilder
from nlp_zero.distributed import reduce, shuffle, tasks
from nlp_zero.distributed.connection import connect
from nlp_zero.distributed.ranged import RangedTree
from nlp_zero.distributed.ranges import add_edges
from nlp_zero.errors import ClusterError
from nlp_zero.report.survey import survey_texts

from .dying import die_twice

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
    corpus = Corpus(path, block_size=7)
    assert [text for part in parts for text in part] == list(corpus)
    assert [text for part in parts for batch in part.text_batches() for text in batch.split()] == list(corpus)
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
def test_counts_are_the_same(client, folder, tmp_path, monkeypatch, options, min_count, part_size) -> None:
    monkeypatch.setattr(reduce, "RANGE_BYTES", 1000)
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


def ids_of(levels, n: int) -> list[tuple[int, ...]]:
    return list(map(tuple, read_symbol_ids(levels, n, np.arange(len(levels[n - 1][0]))).tolist()))


@pytest.mark.parametrize(("order", "min_count", "ranges"), [(4, 1, 40), (3, 3, 200), (4, 2, 1000), (1, 2, 8)])
def test_ranges_divide_frequent_ngrams(folder, order, min_count, ranges) -> None:
    """Frequent symbols, pairs and triples are divided; each n-gram is in one range, with its whole count."""
    corpus = Corpus(folder)
    parts, task = slice_corpus(corpus, 20000), tasks.CountTask(order, CountOptions(min_count=min_count))
    cuts = tasks.cut_ngrams(parts, ranges, task)
    depths = [0, *map(len, cuts), 0]
    assert max(depths) == min(order, {40: 2, 200: 3, 1000: 4, 8: 1}[ranges])
    runs = [tasks.count_part(part, cuts, task) for part in parts]
    columns = zip(zip(*runs, strict=True), pairwise(depths), strict=True)
    merged = [tasks.merge_range([[run] for run in column], task, max(depth) > 2) for column, depth in columns]
    if ranges == 40:
        positions = [int(levels[0][1].sum()) for _, _, levels in merged]
        assert max(positions) < 2 * sum(positions) / len(positions)
    tree = TreeBuilder.in_memory(order)
    edges = [tasks.describe_edges(part) for part in merged]
    sums = [Counter() for _ in range(order)]
    for part, shared in zip(merged, add_edges(edges), strict=True):
        tree.append(tasks.close_range(part, task, shared.totals, shared.later)[2])
        own = tasks.close_range(part, task, shared.totals, None)[2]  # with the part of each count that the range has
        for n, (_, times, _) in enumerate(own, 1):
            sums[n - 1].update(dict(zip(ids_of(own, n), times.tolist(), strict=True)))
    counts = NgramCounter(order=order).update(corpus).freeze(min_count=min_count)
    levels = levels_of(counts)
    for n in range(1, order + 1):
        assert sums[n - 1] == dict(zip(ids_of(levels, n), levels[n - 1][1].tolist(), strict=True))
    for mine, its in zip(tree.finish(), levels, strict=True):
        assert all(x.dtype == y.dtype and x.tolist() == y.tolist() for x, y in zip(mine, its, strict=True))


def test_many_flushes_of_a_part(folder, monkeypatch) -> None:
    """A part that is too large to be counted at once is counted in several runs."""
    parts = slice_corpus(Corpus(folder), 1 << 40)
    task = tasks.CountTask(4, CountOptions())
    cuts = tasks.cut_ngrams(parts, 3, task)
    assert len(cuts) == 2
    whole = [tasks.count_part(part, cuts, task) for part in parts]
    monkeypatch.setattr(tasks, "FLUSH_POSITIONS", 1000)
    parts = slice_corpus(Corpus(folder, block_size=500), 1 << 40)
    flushed = [tasks.count_part(part, cuts, task) for part in parts]
    for k in range(3):
        one, other = (tasks.merge_range([[m[k]] for m in maps], task) for maps in (whole, flushed))
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

    class Dying(RangedTree):
        def select(self, *thresholds):
            kill_one(client)
            died.append(True)
            return super().select(*thresholds)

    monkeypatch.setattr(reduce, "RangedTree", Dying)
    there = distributed.build_vocab(folder, PmiLexiconBuilder(min_pmi=2.5), client=client, part_size=9000)
    assert died
    monkeypatch.undo()
    assert there == PmiLexiconBuilder(min_pmi=2.5).build(Corpus(folder))


@pytest.fixture
def small_parts(monkeypatch) -> None:
    monkeypatch.setattr("nlp_zero.distributed.corpus.choose_part_size", lambda *_: 2500)


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("lexicon") / "words.tsv"
    PmiLexiconBuilder(min_pmi=2.5).build(Corpus(SAMPLE)).save(path)
    return path


COMMANDS = [
    "tokenize TEXTS -l WORDS -o OUT",
    "tokenize TEXTS -l WORDS --format json --drop-spaces --drop-punctuation -o OUT.gz",
    "tokenize TEXTS -l WORDS --format ids -o OUT.csv",
    "tokenize TEXTS -l WORDS --sample --seed 7 -k 2 -o OUT",
    "tokenize TEXTS -l WORDS --sample --seed 7 --format json -o OUT",
    "count TEXTS --order 3 --top 50 --json",
    "count TEXTS --period 2024-05 --min-count 2 --export OUT.tsv",
    "build-vocab TEXTS --min-pmi 2.5 -o OUT",
    "build-vocab TEXTS --min-pmi 2.5 --memory 64M --documents texts -o OUT",
    "build-vocab TEXTS --method entropy -o OUT",
    "compare TEXTS/a.txt --against TEXTS/b.txt.gz --max-p 1 -o OUT.tsv",
    "compare TEXTS/a.txt TEXTS/b.txt.gz --lexicon WORDS --max-p 1 --json",
    "keywords TEXTS -o OUT.tsv",
    "stop-words TEXTS -o OUT.tsv",
    "mine-templates TEXTS -l WORDS --min-fillers 2 --across-clauses -o OUT",
    "parse TEXTS -l WORDS -t TEMPLATES --format brackets -o OUT",
    "fillers TEXTS -l WORDS -t TEMPLATES -o OUT.tsv",
    "build-vocab TEXTS --method bayes --sample-size 4000 -o OUT",
    "build-vocab TEXTS --method bayes --memory 64M -o OUT",
    "build-vocab TEXTS --method vocabulary --vocab-size 400 -o OUT",
    "concordance 青石,青石镇,的,没有的词 TEXTS -o OUT.tsv",
    "concordance 青石,的 TEXTS --limit 7 --sort right --lexicon WORDS --json",
    "concordance 青石,的 TEXTS --limit 9 --sample --seed 3 -o OUT.tsv",
]


@pytest.fixture(scope="module", autouse=True)
def templates(lexicon, folder) -> Path:
    path = lexicon.with_name("templates.jsonl")
    command = ["mine-templates", str(folder), "-l", str(lexicon), "--min-fillers", "2", "-o", str(path), "-q"]
    assert main(command) == 0
    return path


def run(command: str, capsys, folder: Path, lexicon: Path, place: Path, *more: str) -> dict[str, bytes]:
    """Run a command, and return what it writes to stdout and to files in `place`."""
    place.mkdir()
    named = {"TEXTS": str(folder), "WORDS": str(lexicon), "OUT": str(place / "out")}
    named["TEMPLATES"] = str(lexicon.with_name("templates.jsonl"))
    arguments = command.split()
    for name, path in named.items():
        arguments = [argument.replace(name, path) for argument in arguments]
    assert main([*arguments, "-q", *more]) == 0
    return {"stdout": capsys.readouterr().out.encode(), **files_of(place)}


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_give_the_same(client, folder, lexicon, tmp_path, capsys, small_parts, command) -> None:
    here = run(command, capsys, folder, lexicon, tmp_path / "here")
    there = run(command, capsys, folder, lexicon, tmp_path / "there", "--scheduler", client.scheduler.address)
    assert there == here
    assert len(here) > 1 or here["stdout"]


@pytest.mark.parametrize(
    ("name", "suffix"), [("tokenize", ".txt"), ("tokenize", ".gz"), ("tokenize", ".parquet"), ("parse", ".txt")]
)
def test_a_file_for_each_part(client, folder, lexicon, templates, tmp_path, small_parts, name, suffix) -> None:
    command = [name, str(folder), "-l", str(lexicon), "-q", *(["-t", str(templates)] if name == "parse" else [])]
    there = ["--scheduler", client.scheduler.address, "-o", str(tmp_path / f"cut/part-*{suffix}")]
    assert main([*command, *there]) == 0
    shards = sorted((tmp_path / "cut").iterdir())
    assert [shard.name for shard in shards] == [f"part-{k:05}{suffix}" for k in range(len(shards))]
    assert len(shards) > 6
    assert main([*command, "-o", str(tmp_path / f"whole{suffix}")]) == 0
    whole = tmp_path / f"whole{suffix}"
    if suffix == ".parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
        assert [row for shard in shards for row in parquet.read_table(shard).to_pylist()] == (
            parquet.read_table(whole).to_pylist()
        )
    else:
        read = gzip.decompress if suffix == ".gz" else bytes
        assert b"".join(read(shard.read_bytes()) for shard in shards) == read(whole.read_bytes())
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]


def test_wrong_shards(client, folder, lexicon, tmp_path, capsys) -> None:
    command = ["tokenize", str(folder), "-l", str(lexicon), "-q"]
    there = ["--scheduler", client.scheduler.address]
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").write_text("mine", encoding="utf-8")
    assert main([*command, "-o", str(tmp_path / "cut/*.txt")]) == 2
    assert "add --scheduler" in capsys.readouterr().err
    for name in ("cut*/a.txt", "cut/*-*.txt"):
        assert main([*command, *there, "-o", str(tmp_path / name)]) == 2
    assert "new folder and a name with one *" in capsys.readouterr().err
    parse = ["parse", *command[1:], "-t", str(lexicon.with_name("templates.jsonl")), "--format", "svg"]
    assert main([*parse, *there, "-o", str(tmp_path / "cut/*.svg")]) == 2
    assert "--format svg draws one sentence; name one file" in capsys.readouterr().err
    assert main([*command, *there, "-o", str(tmp_path / "full/*.txt")]) == 1
    assert "not an empty folder" in capsys.readouterr().err
    (tmp_path / "bad.txt").write_bytes("中国\n".encode() + b"\xb5\n")
    bad = ["tokenize", str(tmp_path / "bad.txt"), "-l", str(lexicon), "-q", *there]
    assert main([*bad, "-o", str(tmp_path / "cut/*.txt")]) == 1
    assert "bad.txt: byte 7" in capsys.readouterr().err
    assert sorted(os.listdir(tmp_path)) == ["bad.txt", "full"]
    assert (tmp_path / "full" / "a.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(("min_count", "range_bytes"), [(2, None), (1, 3000)])
def test_counts_in_parts(client, folder, tmp_path, small_parts, capsys, monkeypatch, min_count, range_bytes) -> None:
    """Every range is saved by a worker; their sum is what one process counts."""
    if range_bytes is not None:
        monkeypatch.setattr(reduce, "RANGE_BYTES", range_bytes)
    command = ["count", str(folder), "--order", "3", "-q", "--min-count", str(min_count)]
    assert main([*command, "-o", str(tmp_path / "counts/*"), "--scheduler", client.scheduler.address]) == 0
    places = sorted((tmp_path / "counts").iterdir())
    assert [place.name for place in places] == [f"{k:05}" for k in range(len(places))]
    parts = [NgramCounts.load(place) for place in places]
    assert len(parts) == 2 if range_bytes is None else len(parts) > 5
    whole = NgramCounter(order=3).update(Corpus(folder)).freeze(min_count=min_count)
    for n in (1, 2, 3):
        sums: Counter[str] = Counter()  # an n-gram at which a range begins is in two of them
        for part in parts:
            sums.update(dict(part.items(n)))
        assert sums == dict(whole.items(n))
    assert sum(part.total(1) for part in parts) == whole.total(1)
    if min_count == 1:
        assert repr(parts[0].merge(*parts[1:])) == repr(whole)
    assert main([*command, "-o", str(tmp_path / "more/*")]) == 2
    assert main([*command, "-o", str(tmp_path / "more/*"), "--scheduler", "local", "--top", "3"]) == 2
    assert "--top needs all counts in one folder" in capsys.readouterr().err
    assert os.listdir(tmp_path) == ["counts"]


@pytest.mark.parametrize("command", [*COMMANDS[:1], *COMMANDS[4:10], *COMMANDS[10:16:2], *COMMANDS[15::2]])
def test_two_of_four_workers_die(
    four_workers, folder, lexicon, tmp_path, capsys, monkeypatch, small_parts, command
) -> None:
    """The first two that finish a third and a sixth task are killed with their results."""
    here = run(command, capsys, folder, lexicon, tmp_path / "here")
    (tmp_path / "calls").mkdir()
    dangerous = ["work_on_range"] if command in COMMANDS[7:10:2] else ["run_part", "count_part", "count_blocks"]
    for name in dangerous:
        monkeypatch.setattr(tasks, name, die_twice(getattr(tasks, name), tmp_path / "calls"))
    monkeypatch.setattr(reduce, "WHOLE_BYTES", 0)  # parts of a small text, too
    monkeypatch.setattr(reduce, "RANGE_BYTES", 3000)
    monkeypatch.setattr(shuffle, "DIRECT_PICKS", 20)
    address = four_workers.scheduler.address
    there = run(command, capsys, folder, lexicon, tmp_path / "there", "--scheduler", address)
    assert len(os.listdir(tmp_path / "calls")) > 6
    assert there == here


def test_a_worker_that_dies_leaves_no_half_file(
    four_workers, folder, lexicon, tmp_path, monkeypatch, small_parts
) -> None:
    """Two workers die in the middle of writing: their parts are written by others, and nothing else remains."""
    from nlp_zero.cli import tokenize

    real, killed = tokenize._write_shard, tmp_path / "killed"
    killed.mkdir()

    def write_half(part, tokenizer, options, starts, name_shard):
        import os
        import signal

        from nlp_zero._utils.files import write_bytes

        if part.number in (1, 4):
            try:
                os.close(os.open(killed / str(part.number), os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return real(part, tokenizer, options, starts, name_shard)
            with write_bytes(name_shard(part.number)) as file:
                file.write(b"half")
                file.flush()
                os.kill(os.getpid(), signal.SIGKILL)
        return real(part, tokenizer, options, starts, name_shard)

    monkeypatch.setattr(tokenize, "_write_shard", write_half)
    command = ["tokenize", str(folder), "-l", str(lexicon), "-q"]
    there = ["--scheduler", four_workers.scheduler.address, "-o", str(tmp_path / "cut/*.txt")]
    assert main([*command, *there]) == 0
    assert sorted(os.listdir(killed)) == ["1", "4"]
    shards = sorted((tmp_path / "cut").iterdir())
    assert [shard.name for shard in shards] == [f"{k:05}.txt" for k in range(len(shards))]
    assert main([*command, "-o", str(tmp_path / "whole.txt")]) == 0
    assert b"".join(shard.read_bytes() for shard in shards) == (tmp_path / "whole.txt").read_bytes()


def test_report(client, folder, lexicon, small_parts) -> None:
    tokenizer = Tokenizer(Lexicon.load(lexicon))
    words = tokenizer.lexicon.top(50, min_length=2)
    there = distributed.distribute(Corpus(folder), client)
    assert len(there.parts) > 6
    surveys = [vars(survey_texts(corpus, tokenizer, words)) for corpus in (Corpus(folder), there)]
    for name, value in surveys[0].items():
        assert np.array_equal(value, surveys[1][name]) if isinstance(value, np.ndarray) else value == surveys[1][name]
    assert surveys[0]["contexts"]
    assert surveys[0]["sentences"]


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
    for options in ({"order": 9}, {"min_count": 0}, {"part_size": 0}):
        with pytest.raises(ValueError, match="must be"):
            distributed.count(folder, client=client, **options)
    with pytest.raises(ValueError, match="workers must be"):
        distributed.count(folder, workers=0)
    assert main(["build-vocab", str(folder), "--scheduler", "local", "--checkpoint", "x"]) == 2
    assert "cluster" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["build-vocab PIPE", "tokenize PIPE -l WORDS", "keywords PIPE"])
def test_pipes_are_refused(client, lexicon, tmp_path, capsys, command) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    named = {"PIPE": str(tmp_path / "pipe.txt"), "WORDS": str(lexicon)}
    arguments = [named.get(argument, argument) for argument in command.split()]
    assert main([*arguments, "--scheduler", client.scheduler.address]) == 1
    assert "pipe.txt can be read only once, and by one process; save it to a file first." in capsys.readouterr().err


def test_no_scheduler(folder, capsys) -> None:
    with dask.config.set({"distributed.comm.timeouts.connect": "200ms"}):
        with pytest.raises(ClusterError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
            distributed.count(folder, client="tcp://127.0.0.1:9")
        with pytest.raises(ClusterError, match="no Dask scheduler answers at nonsense"):
            distributed.count(folder, client="nonsense://x")
        with pytest.raises(ClusterError, match="no Dask scheduler answers at 8786"):
            distributed.count(folder, client=8786)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", None])
def test_another_server_answers(folder, capfd, answer: bytes | None) -> None:
    """Dask takes the first bytes for a size, and allocates exabytes; if none arrive, it waits forever."""
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as pool:

        def serve() -> None:
            with suppress(OSError), server.accept()[0] as connection:  # the other end may reset the connection
                connection.recv(1)
                if answer is not None:
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_WR)
                while connection.recv(1000):  # until the other end gives up
                    pass

        pool.submit(serve)
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
            assert main(["count", str(folder), "--top", "1", "-q", "--scheduler", address]) == 1
        said = capfd.readouterr().err
        assert said.startswith(f"nlpzero: error: no Dask scheduler answers at {address} (")
        assert said.count("\n") == 1


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://x"])
def test_a_client_that_does_not_start_is_closed_at_once(address: str, monkeypatch) -> None:
    """The garbage collector would close it while the start of another client holds a lock: both would wait forever."""
    start, clients, threads = dask_distributed.Client.start, [], threading.active_count()
    monkeypatch.setattr(
        dask_distributed.Client, "start", lambda client, **options: (clients.append(client), start(client, **options))
    )
    monkeypatch.setattr("nlp_zero.distributed.connection._ask_scheduler", lambda *_: None)
    with dask.config.set({"distributed.comm.timeouts.connect": "200ms"}), pytest.raises(ClusterError):
        connect(address).__enter__()
    assert [client.status for client in clients] == ["closed"]
    assert threading.active_count() == threads


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


def test_a_lost_scheduler_is_no_error_of_the_output(client) -> None:
    """Dask reports it as an OSError, which a command would take for one of the file that it writes."""
    message = r"the connection to the cluster was lost \(gone\); check its scheduler"
    with pytest.raises(ClusterError, match=message), connect(client):
        raise dask_distributed.comm.CommClosedError("gone")


def test_a_bad_text_is_one_sentence_from_local_workers_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "gbk.txt"
    bad.write_bytes("春江潮水连海平".encode("gbk"))
    command = ["count", str(bad), "-o", str(tmp_path / "counts"), "-q", "--scheduler", "local", "--workers", "1"]
    assert main(command) == 1
    said = capfd.readouterr().err
    assert said.startswith(f"nlpzero: error: {bad}: byte 0 (0xb4) is not valid utf-8")
    assert said.count("\n") == 1
    assert os.listdir(tmp_path) == ["gbk.txt"]


@pytest.mark.parametrize("error", [AssertionError, TimeoutError])
def test_workers_that_leave_late_do_not_hide_the_result(tmp_path: Path, monkeypatch, capfd, error) -> None:
    """A guard of a worker that fails while it is closed, as it does on a busy machine if the worker does not end."""
    nanny = pytest.importorskip("distributed.nanny").Nanny
    close, failed = nanny.close, []

    async def close_twice(self, *args, **kwargs):
        if self in failed:
            return await close(self, *args, **kwargs)
        failed.append(self)
        await close(self, *args, **kwargs)
        self.status = dask_distributed.Status.closing_gracefully
        raise error

    monkeypatch.setattr(nanny, "close", close_twice)
    text = tmp_path / "text.txt"
    text.write_text("春江潮水连海平，海上明月共潮生。\n", encoding="utf-8")
    command = ["count", str(text), "-o", str(tmp_path / "counts"), "-q", "--scheduler", "local", "--workers", "2"]
    assert main(command) == 0
    assert len(failed) == 2
    assert capfd.readouterr().err == ""
    bad = tmp_path / "gbk.txt"
    bad.write_bytes("春江潮水连海平".encode("gbk"))
    assert main([*command[:1], str(bad), *command[2:3], str(tmp_path / "none"), *command[4:]]) == 1
    assert "is not valid utf-8" in capfd.readouterr().err
