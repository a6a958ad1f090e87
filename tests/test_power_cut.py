"""Power cuts in simulation: whenever the power fails in a save, the old result or the new one is there, and whole."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nlp_zero import FormatError, Lexicon, NgramCounter, NgramCounts, TemplateInventory, TemplateMiner, Tokenizer
from nlp_zero._utils.files import new_file
from nlp_zero.builders.bayes.checkpoint import SamplerCheckpoint
from nlp_zero.cli import main
from nlp_zero.cli.table_files import open_table
from nlp_zero.counting.checkpoint import remove_checkpoint
from nlp_zero.report import Report
from tests.reference.disk import Disk, distinct, write_tree

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the rules are those of POSIX")

TEXTS = ["春江潮水连海平，海上明月共潮生。", "滟滟随波千万里，何处春江无月明。"]
WORDS = [["春江", "明月"], ["潮水", "明月", "何处"]]


def play(tmp_path: Path, name: str, save: Callable[[Path, int], object], *, replace: bool) -> Disk:
    """Record a save of the new result (1), over the old one (0) if `replace`."""
    root = tmp_path / "disk"
    root.mkdir()
    if replace:
        save(root / name, 0)
    disk = Disk(root)
    with disk.record():
        save(root / name, 1)
    assert os.listdir(root) == [name]
    assert "fsync" in disk.calls
    return disk


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)


# --- the model --------------------------------------------------------------------------------------------------------


def careless(path: Path) -> None:
    """No fsync before the rename."""
    with open(path.with_suffix(".part"), "wb") as file:
        file.write(b"new")
    os.replace(path.with_suffix(".part"), path)


def unordered(path: Path) -> None:
    """Two files of which the second names the first, without an fsync of the folder between them."""
    for name in ("data", "index"):
        with open(path.with_name(name), "wb") as file:
            file.write(b"new")
            file.flush()
            os.fsync(file.fileno())


def in_place(path: Path) -> None:
    """The old content is lost before the new one is there."""
    with open(path, "wb") as file:
        file.write(b"new")
        file.flush()
        os.fsync(file.fileno())


@pytest.mark.parametrize(
    ("save", "found"),
    [(careless, {"x": b""}), (unordered, {"x": b"old", "index": b"new"}), (in_place, {"x": b""})],
)
def test_the_model_finds_known_mistakes(save: Callable[[Path], None], found: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"old")
    disk = Disk(tmp_path)
    with disk.record():
        save(tmp_path / "x")
    assert any(found.items() <= dict(state).items() and "data" not in dict(state) for state in disk.states)


def test_the_model_takes_a_save_by_the_book(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"old")
    disk = Disk(tmp_path)
    with disk.record(), new_file(tmp_path / "x") as temporary, open(temporary, "wb") as file:
        file.write(b"new")
        file.flush()
        os.fsync(file.fileno())
    assert {dict(state)["x"] for state in disk.states} == {b"old", b"new"}
    assert {tuple(name for name, _ in state) for state in disk.states} > {("x",)}


# --- files ------------------------------------------------------------------------------------------------------------


def save_table(path: Path, number: int) -> None:
    with open_table(str(path)) as write:
        write({"word": WORDS[number], "count": np.arange(len(WORDS[number]))})


def save_export(path: Path, number: int) -> None:
    counts(number).export(path)


def counts(number: int) -> NgramCounts:
    return NgramCounter(order=2).update(TEXTS[: number + 1]).freeze()


def lexicon(number: int) -> Lexicon:
    return Lexicon(WORDS[number], range(1, len(WORDS[number]) + 1))


def templates(number: int) -> TemplateInventory:
    sentences = [[subject, "喜欢", thing] for subject in "我你他" for thing in "茶酒月花"[number:]]
    return TemplateMiner(min_fillers=2).mine(sentences)


FILES: dict[str, Callable[[Path, int], object]] = {
    **{
        name: lambda path, number: lexicon(number).save(path)
        for name in ("words.tsv", "words.csv", "words.tsv.gz", "words.parquet", "jieba.txt",
                     "sentencepiece.model", "tokenizer.json", "bytepiece.model")
    },
    "words.json": lambda path, number: lexicon(number).save(path, format="json"),
    "tokenizer.tsv": lambda path, number: Tokenizer(lexicon(number)).save(path),
    "templates.jsonl": lambda path, number: templates(number).save(path),
    "report.html": lambda path, number: Report("<!doctype html>" + "字" * (number + 1), 20).save(path),
    **dict.fromkeys(("table.tsv", "table.csv", "table.jsonl", "table.jsonl.gz", "table.parquet"), save_table),
    **dict.fromkeys(("ngrams.parquet", "ngrams.arrow"), save_export),
}  # fmt: skip


@pytest.mark.parametrize("replace", [True, False], ids=["replace", "first"])
@pytest.mark.parametrize("name", FILES)
def test_a_power_cut_leaves_the_old_or_the_new_file(name: str, replace: bool, tmp_path: Path) -> None:
    if name.endswith((".parquet", ".arrow")):
        pytest.importorskip("pyarrow", reason="pyarrow (extra test) is not installed")
    disk = play(tmp_path, name, FILES[name], replace=replace)
    whole = [disk.before.get(name), (disk.root / name).read_bytes()]
    seen = set()
    for state, moments in disk.states.items():
        content = dict(state).get(name)
        assert content in whole, moments[:3]
        seen.add(content)
    assert seen == set(whole)
    assert len(seen) == 2


# --- folders ----------------------------------------------------------------------------------------------------------


def read_counts(path: Path) -> tuple[int, ...]:
    found = NgramCounts.load(path)
    return (found.total(1), *(found[word] for word in ("春江", "潮水", "明月", "何处")))


def check_counts(disk: Disk, tmp_path: Path, allowed: list[tuple[int, ...] | None]) -> None:
    """Each state is read as one of the allowed results, and the next save removes what was left."""
    seen: set[object] = set()
    cleaned: set[frozenset[str]] = set()
    place = tmp_path / "after"
    for state, moments in distinct(disk.states).items():
        write_tree(place, state)
        empty = not any(name == FOLDER or name.endswith(".old") for name, _ in state)
        found = None if empty else read_counts(place / FOLDER)
        assert found in allowed, moments[:3]
        seen.add(found)
        if (names := frozenset(name for name, _ in state)) not in cleaned:
            cleaned.add(names)
            counts(1).save(place / FOLDER)
            assert os.listdir(place) == [FOLDER], moments[:3]
    assert seen == set(allowed)


FOLDER = "counts"
COUNTED = [(16, 1, 1, 1, 0), (32, 2, 1, 2, 1)]


def test_the_two_counts_differ(tmp_path: Path) -> None:
    for number in (0, 1):
        counts(number).save(tmp_path / FOLDER)
        COUNTED[number] = read_counts(tmp_path / FOLDER)
    assert COUNTED[0] != COUNTED[1]


@pytest.mark.parametrize("replace", [True, False], ids=["replace", "first"])
def test_a_power_cut_leaves_the_old_or_the_new_counts(replace: bool, tmp_path: Path) -> None:
    disk = play(tmp_path, FOLDER, lambda path, number: counts(number).save(path), replace=replace)
    check_counts(disk, tmp_path, [COUNTED[0] if replace else None, COUNTED[1]])


@pytest.mark.parametrize("memory", [[], ["--memory", "64K"]], ids=["in memory", "in files"])
@pytest.mark.parametrize("command", ["-o", "--add"])
def test_a_power_cut_in_the_command_count(command: str, memory: list[str], tmp_path: Path) -> None:
    for number, text in enumerate(TEXTS):
        (tmp_path / f"{number}.txt").write_text(text, encoding="utf-8")
    both = [str(tmp_path / "0.txt"), str(tmp_path / "1.txt")]

    def save(path: Path, number: int) -> None:
        if command == "-o" or not number:
            assert main(["count", *both[: number + 1], "--order", "2", "-o", str(path), "-q", *memory]) == 0
        else:
            assert main(["count", both[1], "--add", str(path), "-q", *memory]) == 0

    check_counts(play(tmp_path, FOLDER, save, replace=True), tmp_path, list(COUNTED))


# --- checkpoints ------------------------------------------------------------------------------------------------------


def test_a_power_cut_in_a_count_with_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From its first moment to its last, the same command goes on, to the same counts."""
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("\n".join(TEXTS * 40) + "\n", encoding="utf-8")
    monkeypatch.setattr("nlp_zero.counting.resources.CHECKPOINT_POSITIONS", 500)
    monkeypatch.setattr("nlp_zero.cli.options.BLOCK_BYTES", 1500)

    def count(root: Path) -> int:
        return main(["count", str(corpus), "--order", "2", "-o", str(root / FOLDER), "--checkpoint",
                     str(root / "work"), "-q"])  # fmt: skip

    root = tmp_path / "disk"
    root.mkdir()
    disk = Disk(root)
    with disk.record():
        assert count(root) == 0
    wanted = read_counts(root / FOLDER)
    assert os.listdir(root) == [FOLDER]
    assert any(name == "work/000002.run" for state in disk.states for name, _ in state)
    for state, moments in distinct(disk.states).items():
        write_tree(root, state)
        assert count(root) == 0, moments[:3]
        assert read_counts(root / FOLDER) == wanted
        assert os.listdir(root) == [FOLDER], moments[:3]


def test_a_power_cut_leaves_the_old_or_the_new_state_of_a_sampler(tmp_path: Path) -> None:
    """Also while a finished run removes its checkpoint: the next run goes on from a whole state, or begins again."""
    root = tmp_path / "disk"
    root.mkdir()

    def save(number: int) -> None:
        checkpoint = SamplerCheckpoint(root / "work")
        checkpoint.resume({"text": "x"})
        checkpoint.save({"sweep": number}, {"lengths": np.full(3 + number, number, np.uint32)})

    save(0)
    disk = Disk(root)
    with disk.record():
        save(1)
        remove_checkpoint(root / "work")
    assert os.listdir(root) == []
    seen = set()
    for state, moments in distinct(disk.states).items():
        write_tree(root, state)
        checkpoint = SamplerCheckpoint(root / "work")
        try:
            checkpoint.resume({"text": "x"})
        except FormatError as error:
            raise AssertionError(moments[:3]) from error
        number = checkpoint.progress.get("sweep")
        assert number is None or checkpoint.arrays["lengths"].tolist() == [number] * (3 + number)
        seen.add(number)
        checkpoint.save({"sweep": 2}, {"lengths": np.zeros(2, np.uint32)})
        del checkpoint
        remove_checkpoint(root / "work")
        assert os.listdir(root) == [], moments[:3]
    assert seen == {0, 1, None}
