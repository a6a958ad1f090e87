"""Counts of slices of a text are added up on a cluster, and each range of the sum is saved by a worker."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from nlp_zero import Corpus, NgramCounter, NgramCounts
from nlp_zero.cli import main
from nlp_zero.distributed import addition, reduce, tasks

from .dying import die_twice

SAMPLE = Path("corpora/sample.txt")
pytestmark = pytest.mark.skipif("libasan" in os.environ.get("LD_PRELOAD", ""), reason="forks under AddressSanitizer")


@pytest.fixture
def small_parts(monkeypatch) -> None:
    monkeypatch.setattr("nlp_zero.distributed.corpus.choose_part_size", lambda *_: 2500)


@pytest.mark.parametrize("min_count", [1, 2])
def test_slices_are_merged_in_parts(four_workers, tmp_path, small_parts, capsys, monkeypatch, min_count) -> None:
    """Slices of a text whose ranges begin at different n-grams; the sum has ranges of its own."""
    monkeypatch.setattr(reduce, "RANGE_BYTES", 3000)
    monkeypatch.setattr(addition, "RANGE_NGRAMS", 200)
    there = ["-q", "--scheduler", four_workers.scheduler.address]
    lines = SAMPLE.read_text(encoding="utf-8").splitlines(keepends=True) + ["的的的的人民\n的的\n"] * 300
    slices = [tmp_path / f"{name}.txt" for name in "abc"]
    for k, path in enumerate(slices):
        path.write_text("".join(lines[k::3]), encoding="utf-8")
        counts = ["-o", str(tmp_path / path.stem / "*")]
        assert main(["count", str(path), "--order", "3", *counts, *there]) == 0
    patterns = [option for path in slices for option in ("--merge", str(tmp_path / path.stem / "*"))]
    limit = ["--min-count", str(min_count)]
    assert main(["count", *patterns, "-o", str(tmp_path / "all/*"), *limit, *there]) == 0
    parts = [NgramCounts.load(place) for place in sorted((tmp_path / "all").iterdir())]
    assert len(parts) > 5
    whole = NgramCounter(order=3).update(Corpus(*slices)).freeze(min_count=min_count)
    for n in (1, 2, 3):
        sums: Counter[str] = Counter()
        for part in parts:
            sums.update(dict(part.items(n)))
        assert sums == dict(whole.items(n))
    assert [sum(part.total(n) for part in parts) for n in (1, 2, 3)] == [whole.total(n) for n in (1, 2, 3)]
    assert parts[0].symbols == whole.symbols
    if min_count == 1:  # also in one process
        assert main(["count", *patterns, "-o", str(tmp_path / "one"), "-q"]) == 0
        assert repr(NgramCounts.load(tmp_path / "one")) == repr(whole)
    else:
        assert main(["count", "--merge", str(tmp_path / "all/*"), "-o", str(tmp_path / "no/*"), *there]) == 2
        assert "pruned counts, which cannot be merged exactly" in capsys.readouterr().err
    assert main(["count", "--merge", str(tmp_path / "none/*"), "-o", str(tmp_path / "no/*"), *there]) == 2
    assert "no folder matches this pattern" in capsys.readouterr().err
    assert main(["count", str(slices[0]), *patterns, "-o", str(tmp_path / "no/*"), *there]) == 2
    assert "either counts a corpus or merges counts" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()


def read_tree(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.mark.parametrize("task", ["run_part", "save_range"])
def test_two_of_four_workers_die_while_slices_are_merged(
    four_workers, tmp_path, small_parts, monkeypatch, task
) -> None:
    """They die with a range of the sum, or while they write one: the same files, and nothing else."""
    monkeypatch.setattr(reduce, "RANGE_BYTES", 3000)
    monkeypatch.setattr(addition, "RANGE_NGRAMS", 200)
    there = ["-q", "--scheduler", four_workers.scheduler.address]
    lines = SAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)
    for k, name in enumerate("ab"):
        (tmp_path / f"{name}.txt").write_text("".join(lines[k::2]), encoding="utf-8")
        assert main(["count", str(tmp_path / f"{name}.txt"), "-o", str(tmp_path / name / "*"), *there]) == 0
    merge = ["count", "--merge", str(tmp_path / "a/*"), "--merge", str(tmp_path / "b/*"), *there]
    assert main([*merge, "-o", str(tmp_path / "undisturbed/*")]) == 0
    (tmp_path / "calls").mkdir()
    module = addition if task == "run_part" else tasks
    dying = die_twice(getattr(module, task), tmp_path / "calls", before_fsync=task == "save_range")
    monkeypatch.setattr(module, task, dying)
    workers = set(four_workers.run(os.getpid).values())
    assert main([*merge, "-o", str(tmp_path / "all/*")]) == 0
    assert len(workers - set(four_workers.run(os.getpid).values())) == 2
    assert len(os.listdir(tmp_path / "calls")) > 7
    assert read_tree(tmp_path / "all") == read_tree(tmp_path / "undisturbed")
    assert sorted(os.listdir(tmp_path / "all")) == sorted(os.listdir(tmp_path / "undisturbed"))
    assert sorted(os.listdir(tmp_path)) == ["a", "a.txt", "all", "b", "b.txt", "calls", "undisturbed"]
