"""Words from ranges of counts that were saved, against the same from the text in one process."""

from __future__ import annotations

import os
import random
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import BayesLexiconBuilder, Corpus, EntropyLexiconBuilder, NgramCounter, PmiLexiconBuilder
from nlp_zero.cli import main
from nlp_zero.corpus import slice_corpus
from nlp_zero.counting.count_data import CountOptions
from nlp_zero.distributed import DistributedCorpus, build_vocab, ranged, reduce, saved, tasks
from nlp_zero.distributed.ranged import RangedTree
from nlp_zero.distributed.saved import SavedPasses
from nlp_zero.errors import CorpusError, FormatError

from .dying import die_twice
from .test_distributed_ranges import Immediate, assert_same

SAMPLE = Path("corpora/sample.txt")
forks = pytest.mark.skipif("libasan" in os.environ.get("LD_PRELOAD", ""), reason="forks under AddressSanitizer")


@pytest.fixture(autouse=True)
def at_once(monkeypatch) -> None:
    monkeypatch.setattr(reduce, "raise_failures", lambda futures: futures.clear())


def save_ranges(
    path: Path, place: Path, *, order: int, ranges: int, min_count: int = 1, alnum: str = "token"
) -> list[str]:
    """Count a text in ranges, save them, and return their folders."""
    corpus = Corpus(path)
    passes = reduce.ClusterPasses(Immediate(), [corpus], slice_corpus(corpus, 4000), split=True)
    passes.ranges = ranges
    options = CountOptions(alnum=alnum, min_count=min_count)
    passes.save_ranges(order, options, lambda k: str(place / str(k)))
    return sorted(map(str, place.iterdir()), key=lambda name: int(Path(name).name))


def build_saved(builder: Any, path: Path, folders: list[str]) -> tuple[Any, Immediate]:
    client = Immediate()
    corpus = DistributedCorpus(Corpus(path), client, part_size=8000)
    passes = SavedPasses(corpus, folders, alnum=builder.alnum, resources=builder.resources)
    return builder.build(passes), client


@pytest.mark.parametrize(
    ("builder", "order", "ranges", "min_count", "piece"),
    [
        (PmiLexiconBuilder(min_pmi=2.5), 4, 1, 1, 300),
        (PmiLexiconBuilder(min_pmi=2.5), 4, 10, 2, 20),
        (PmiLexiconBuilder(order=3, min_pmi=1.5), 4, 40, 2, 1 << 24),  # ranges are divided at longer n-grams
        (PmiLexiconBuilder(order=2, min_pmi=1, deduplicate=True), 5, 60, 1, 10),
        (PmiLexiconBuilder(order=5, min_pmi=1, min_count=2, alnum="join"), 5, 10, 2, 10),
        (EntropyLexiconBuilder(), 5, 10, 1, 200),
        (EntropyLexiconBuilder(max_length=2), 4, 30, 1, 60),
    ],
)
def test_words_of_saved_ranges(tmp_path, monkeypatch, builder, order, ranges, min_count, piece) -> None:
    monkeypatch.setattr(saved, "PIECE_NGRAMS", piece)
    monkeypatch.setattr(ranged, "VISITED_RANGES", 7)
    trees: list[Any] = []

    def make_tree(*arguments: Any, **options: Any) -> RangedTree:
        trees.append(RangedTree(*arguments, **options))
        return trees[-1]

    monkeypatch.setattr(saved, "RangedTree", make_tree)
    folders = save_ranges(SAMPLE, tmp_path, order=order, ranges=ranges, min_count=min_count, alnum=builder.alnum)
    there, client = build_saved(builder, SAMPLE, folders)
    assert_same(there, builder.build(Corpus(SAMPLE)))
    assert len(folders) > ranges // 2
    pieces = len(trees[0]._ranges)
    assert pieces > 1.2 * len(folders) if piece < 1000 else pieces == len(folders)
    assert "count_part" not in client.calls


@settings(max_examples=25, deadline=None)
@given(
    st.integers(2, 4),
    st.integers(0, 1),
    st.integers(1, 3),
    st.floats(-2, 3),
    st.integers(1, 20),
    st.integers(5, 60),
    st.integers(2, 5),
    st.integers(0, 2**32),
)
def test_words_of_any_text(tmp_path_factory, order, more, min_count, min_pmi, ranges, piece, letters, seed) -> None:
    """Few symbols and many repetitions: pieces are cut anywhere in an n-gram, and ranges may be empty."""
    folder = tmp_path_factory.mktemp("saved")
    rng = random.Random(seed)
    words = ["".join(rng.choices("一二三四五"[:letters], k=rng.randrange(1, 5))) for _ in range(6)]
    lines = ["".join(rng.choices(words, k=rng.randrange(1, 8))) for _ in range(20)]
    path = folder / "text.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    pmi = PmiLexiconBuilder(order=order, min_pmi=min_pmi, min_count=min_count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(saved, "PIECE_NGRAMS", piece)
        for builder, least in ((pmi, rng.choice([1, 2])), (EntropyLexiconBuilder(max_length=order - 1), 1)):
            place = folder / str(least) / type(builder).__name__
            place.mkdir(parents=True)
            folders = save_ranges(path, place, order=order + more, ranges=ranges, min_count=least)
            assert_same(build_saved(builder, path, folders)[0], builder.build(Corpus(path)))


def test_a_piece_takes_the_memory_of_its_ngrams(tmp_path) -> None:
    """Of a folder of any size, a task has one piece in memory."""
    rng = random.Random(3)
    text = "".join(rng.choices([chr(0x4E00 + k) for k in range(50)], k=400_000))
    NgramCounter(order=4).update([text]).freeze().save(tmp_path / "counts")
    stored = sum(file.stat().st_size for file in (tmp_path / "counts").glob("*.npy"))
    task = tasks.CountTask(4, CountOptions(min_count=1))
    peaks = []
    for size in (1 << 24, 1000):
        piece = saved.cut_into_pieces(str(tmp_path / "counts"), 4, size).pieces[-1]
        tracemalloc.start()
        levels, _ = saved.open_piece(piece, task, {}, set())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert len(levels[-1][0]) <= 1000
    assert peaks[0] > stored > 8 * peaks[1]  # of a piece, most are buffers of open files


def test_counts_that_do_not_fit(tmp_path) -> None:
    (tmp_path / "other.txt").write_text("中国人民\n" * 20, encoding="utf-8")
    for name in ("own", "short", "pruned", "joined", "others"):
        (tmp_path / name).mkdir()
    own = save_ranges(SAMPLE, tmp_path / "own", order=4, ranges=9)
    others = save_ranges(tmp_path / "other.txt", tmp_path / "others", order=4, ranges=2)
    NgramCounter(order=4).update(["中国人民"]).freeze(period=2024).save(tmp_path / "dated")

    def learn(folders: list[str], builder: Any = None) -> Any:
        return build_saved(builder or PmiLexiconBuilder(), SAMPLE, folders)

    for folders, error, message in [
        (save_ranges(SAMPLE, tmp_path / "short", order=3, ranges=9), CorpusError, "this method needs 4; count with"),
        (save_ranges(SAMPLE, tmp_path / "pruned", order=4, ranges=9, min_count=3), CorpusError, "fewer than 3 times"),
        (save_ranges(SAMPLE, tmp_path / "joined", order=4, ranges=9, alnum="join"), CorpusError, "alnum='join'"),
        (others, CorpusError, "the text has 5,688 countable symbols, but the counts are of a text of 80"),
        (own[1:], ValueError, "is one of several ranges, and some are missing"),
        ([*own[:4], *own[5:]], ValueError, "is one of several ranges, and some are missing"),
        (own[:1], ValueError, "is one of several ranges, and some are missing"),
        ([*own[:3], own[2], *own[3:]], ValueError, "have n-grams in common, or are not in order"),
        (own[::-1], ValueError, "have n-grams in common, or are not in order"),
        ([*own, *others], ValueError, "are not ranges of one count"),
        ([str(tmp_path / "dated")], ValueError, "has periods, which are not looked up on a cluster"),
        ([str(tmp_path / "missing")], FormatError, "no such folder"),
    ]:
        with pytest.raises(error, match=message):
            learn(folders)
    with pytest.raises(CorpusError, match="fewer than 3 times"):
        learn(sorted(map(str, (tmp_path / "pruned").iterdir())), EntropyLexiconBuilder(max_length=3))
    (Path(own[4]) / "counts2.npy").write_bytes(b"")
    with pytest.raises(FormatError, match="cannot be read"):
        learn(own)


def run(command: str, address: str) -> int:
    return main([*command.split(), "--scheduler", address, "-q"])


@pytest.fixture
def counted(four_workers, tmp_path, monkeypatch) -> str:
    """A text and its counts, made by two slices and merged, in a folder; returns the address of the scheduler."""
    monkeypatch.setattr("nlp_zero.distributed.corpus.choose_part_size", lambda *_: 2500)
    monkeypatch.setattr(reduce, "RANGE_BYTES", 3000)
    monkeypatch.setattr("nlp_zero.distributed.addition.RANGE_NGRAMS", 800)
    monkeypatch.setattr(saved, "PIECE_NGRAMS", 300)
    address: str = four_workers.scheduler.address
    lines = SAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)
    for k, name in enumerate("ab"):
        (tmp_path / f"{name}.txt").write_text("".join(lines[k::2]), encoding="utf-8")
        assert run(f"count {tmp_path}/{name}.txt -o {tmp_path}/{name}/* --order 5", address) == 0
    assert run(f"count --merge {tmp_path}/a/* --merge {tmp_path}/b/* -o {tmp_path}/all/*", address) == 0
    return address


@forks
@pytest.mark.parametrize("method", ["pmi", "entropy"])
def test_the_command(counted, tmp_path, capsys, method) -> None:
    text = f"build-vocab {tmp_path}/a.txt {tmp_path}/b.txt --method {method} -o {tmp_path}"
    assert main([*f"{text}/here.tsv -q".split()]) == 0
    assert run(f"{text}/there.tsv --counts {tmp_path}/all/*", counted) == 0
    assert (tmp_path / "there.tsv").read_bytes() == (tmp_path / "here.tsv").read_bytes()
    assert run(f"{text}/no.tsv --counts {tmp_path}/?/*", counted) == 2
    assert "are not ranges of one count" in capsys.readouterr().err
    assert run(f"{text}/no.tsv --counts {tmp_path}/all/*".replace(f"{tmp_path}/b.txt", ""), counted) == 1
    assert "give the text that was counted" in capsys.readouterr().err
    assert not (tmp_path / "no.tsv").exists()


@forks
@pytest.mark.parametrize("task", ["open_piece", "work_on_range", "visit_range"])
def test_two_of_four_workers_die(four_workers, counted, tmp_path, monkeypatch, task) -> None:
    """They die while they open a range, or work on one."""
    text = f"build-vocab {tmp_path}/a.txt {tmp_path}/b.txt -o {tmp_path}"
    assert main([*f"{text}/here.tsv -q".split()]) == 0
    (tmp_path / "calls").mkdir()
    module = saved if task == "open_piece" else tasks
    monkeypatch.setattr(module, task, die_twice(getattr(module, task), tmp_path / "calls"))
    workers = set(four_workers.run(os.getpid).values())
    assert run(f"{text}/there.tsv --counts {tmp_path}/all/*", counted) == 0
    assert len(workers - set(four_workers.run(os.getpid).values())) == 2
    assert len(os.listdir(tmp_path / "calls")) > 10
    assert (tmp_path / "there.tsv").read_bytes() == (tmp_path / "here.tsv").read_bytes()


def test_other_builders_do_not_use_counts(tmp_path) -> None:
    with pytest.raises(ValueError, match="BayesLexiconBuilder does not use counts"):
        build_vocab(SAMPLE, BayesLexiconBuilder(), client=None, workers=1, counts=["counts"])
