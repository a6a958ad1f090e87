"""Counts that grow: files are counted once, and n-grams know when they were first and last seen."""

from __future__ import annotations

import json
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import Corpus, FormatError, Lexicon, NgramCounter, NgramCounts, PmiLexiconBuilder
from nlp_zero._kernels.counting import locate_children
from nlp_zero._utils.locks import hold_in_place
from nlp_zero.cli.growth import parse_period
from nlp_zero.cli.main import main
from nlp_zero.corpus import fingerprint_files
from nlp_zero.counting import history
from tests.reference.counts import count_ngrams
from tests.reference.text import runs

TEXTS = st.lists(st.text(st.sampled_from("一二三四五，"), max_size=12), min_size=1, max_size=3)
PERIOD = st.one_of(st.none(), st.integers(1, 5))
Capture = pytest.CaptureFixture[str]
NO_DATES = [
    "", "x", "2024-1", "24-01-01-01", "0", "-2024", "202401311", "2024-01-", "２０２４", "2024-99-99", "2024-13",
    "2024-02-30", "2023-02-29", "2024-00-00", "20240230", "24", "0000", "2024013",
]  # fmt: skip


def counted(texts: list[str], order: int, period: int | None = None, **options: object) -> NgramCounts:
    return NgramCounter(order=order, **options).update(texts).freeze(period=period)  # type: ignore[arg-type]


def folder_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def write(folder: Path, name: str, texts: list[str]) -> str:
    (folder / name).write_text("\n".join(texts) + "\n", encoding="utf-8")
    return str(folder / name)


def made_up(lines: int, seed: int = 0) -> list[str]:
    rng = random.Random(seed)
    return ["".join(rng.choices("天地人你我他，", k=rng.randint(1, 30))) for _ in range(lines)]


# --- periods ------------------------------------------------------------------------------------------------------


def seen_in(parts: list[tuple[list[str], int | None]], order: int) -> dict[str, tuple[int | None, int | None]]:
    """The first and last period of each n-gram; text without a period is older than all others."""
    found: dict[str, list[int]] = {}
    for texts, period in parts:
        for level in count_ngrams([run for text in texts for run in runs(text, "token")], order):
            for ngram in level:
                found.setdefault("".join(ngram), []).append(period or 0)
    return {word: (min(periods) or None, max(periods) or None) for word, periods in found.items()}


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(TEXTS, PERIOD), min_size=1, max_size=5), st.integers(1, 4), st.integers(1, 3), st.randoms()
)
def test_periods_of_sums(
    parts: list[tuple[list[str], int | None]], order: int, min_count: int, rng: random.Random
) -> None:
    want = seen_in(parts, order)
    trees = [counted(texts, order, period) for texts, period in parts]
    flat = trees[0].merge(*trees[1:], min_count=min_count)
    rng.shuffle(trees)
    middle = rng.randint(1, len(trees))
    nested = trees[0].merge(*trees[1:middle]).merge(*trees[middle:])
    for counts in (flat, nested.prune(min_count), nested.merge(min_count=min_count), flat.truncate(order)):
        assert counts.periods == tuple(sorted({period for _, period in parts if period is not None}))
        for n in range(1, order + 1):
            listed = [word for word, _ in counts.items(n)]
            assert [counts.seen(word) for word in listed] == [want[word] for word in listed]
        assert_same(counts, flat)
    short = flat.truncate(1)
    assert {word: short.seen(word) for word, _ in short.items(1)} == {w: s for w, s in want.items() if len(w) == 1}


def assert_same(one: NgramCounts, two: NgramCounts) -> None:
    assert one._history.periods == two._history.periods
    assert len(one._history.seen) == len(two._history.seen)
    for mine, its in zip(one._history.seen, two._history.seen, strict=True):
        assert np.array_equal(mine, its)
    for mine_level, its_level in zip(one._levels, two._levels, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(mine_level, its_level, strict=True))


def test_periods_in_steps_and_in_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [(made_up(40, seed), 2000 + seed % 4) for seed in range(6)]
    trees = [counted(texts, 3, period) for texts, period in parts]
    want = trees[0].merge(*trees[1:])
    monkeypatch.setattr(history, "STEP_NODES", 7)
    for k, options in enumerate([{}, {"memory": "16K", "workers": 2, "temp_dir": tmp_path}]):
        folder = tmp_path / f"counts{k}"
        assert_same(trees[0].merge(*trees[1:], **options), want)
        assert_same(trees[0].merge(*trees[1:], folder=folder, **options), want)
        assert_same(NgramCounts.load(folder), want)
    want.save(tmp_path / "saved")
    assert folder_bytes(tmp_path / "saved") == folder_bytes(tmp_path / "counts0") == folder_bytes(tmp_path / "counts1")
    grown = NgramCounts.load(tmp_path / "saved").merge(counted(["天龙地"], 3, 2010))
    assert grown.seen("天") == (2000, 2010)
    assert grown.seen("天龙") == (2010, 2010)
    assert grown.seen("天地") == want.seen("天地")


def test_counts_of_one_period_have_no_arrays(tmp_path: Path) -> None:
    one, two = counted(["天地人"], 2, 2024), counted(["天地你"], 2, 2024)
    one.merge(two).save(tmp_path / "counts")
    assert not list((tmp_path / "counts").glob("seen*"))
    assert NgramCounts.load(tmp_path / "counts").seen("天地") == (2024, 2024)
    assert one.merge(counted(["天"], 2)).seen("天") == (None, 2024)


@pytest.mark.parametrize("period", [0, -1, 10**9, 1.5, "2024"])
def test_periods_that_are_none(period: object) -> None:
    with pytest.raises((ValueError, TypeError), match="period must be an integer"):
        NgramCounter().update(["天"]).freeze(period=period)  # type: ignore[arg-type]


@pytest.mark.parametrize("period", [20249999, 202413, 202400, 20240230, 20230229, 20240000, 2024013, 20241])
def test_periods_that_are_in_no_calendar(period: int) -> None:
    with pytest.raises(ValueError, match=f"^period must be a year, a month or a day, .*, not {period}"):
        NgramCounter().update(["天"]).freeze(period=period)


def test_arrays_that_do_not_fit_together() -> None:
    def u32(*values: int) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
        return np.array(values, np.uint32)

    good = [u32(1, 2), u32(1, 2), u32(0, 1), u32(0, 1, 2), u32(1, 2, 2), u32(1, 3)]
    assert locate_children(*good).tolist() == [0, 2 - 1]
    assert locate_children(u32(), u32(), u32(), u32(0), u32(), u32()).tolist() == []
    bad = {
        0: [u32(1), u32(1, 9)], 1: [u32(1), u32(2, 1), u32(1, 3)], 2: [u32(0), u32(0, 7)], 3: [u32(0, 1)],
        4: [u32(1, 2)], 5: [u32(1, 2), u32()],
    }  # fmt: skip
    for place, arrays in bad.items():
        for array in arrays:
            with pytest.raises(ValueError, match=r"no such|different lengths|do not fit"):
                locate_children(*good[:place], array, *good[place + 1 :])


def spoil(name: str, values: Callable[[np.ndarray], np.ndarray], folder: Path) -> None:
    """Write another array, with the right checksum."""
    import zlib

    array = values(np.load(folder / f"{name}.npy"))
    np.save(folder / f"{name}.npy", array)
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    meta["arrays"][name] = [len(array), zlib.crc32(array.tobytes())]
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("files", lambda x: np.concatenate([x, x]), "the array files is damaged"),
        ("files", lambda x: x.astype(np.uint32), "the array files is damaged"),
        ("seen2", lambda x: x[:-1], "the array seen2 has the wrong length"),
        ("seen1", lambda x: x | np.uint32(9), "the array seen1 names periods that do not exist"),
        ("seen1", lambda x: x | np.uint32(9 << 16), "the array seen1 names periods that do not exist"),
    ],
)
def test_damaged_histories(name: str, values: Callable[[np.ndarray], np.ndarray], message: str, tmp_path: Path) -> None:
    text = write(tmp_path, "a.txt", ["天地"])
    one = NgramCounter(order=2).update(Corpus(text)).freeze(period=1)
    one.merge(counted(["人"], 2, 2)).save(tmp_path / "counts")
    spoil(name, values, tmp_path / "counts")
    with pytest.raises(FormatError, match=message):
        NgramCounts.load(tmp_path / "counts")


@pytest.mark.parametrize("periods", [3, "2024", [2, 1], ["1"], [1, 1]])
def test_damaged_periods(periods: object, tmp_path: Path) -> None:
    counted(["天"], 2, 2).save(tmp_path / "counts")
    meta = json.loads((tmp_path / "counts" / "meta.json").read_text(encoding="utf-8"))
    (tmp_path / "counts" / "meta.json").write_text(json.dumps(meta | {"periods": periods}), encoding="utf-8")
    with pytest.raises(FormatError, match="the periods"):
        NgramCounts.load(tmp_path / "counts")


# --- files --------------------------------------------------------------------------------------------------------


def test_files_are_recognised_by_their_content(tmp_path: Path) -> None:
    text = write(tmp_path, "a.txt", ["天地"])
    counts = NgramCounter(order=2).update(Corpus(text)).freeze()
    copy, longer = shutil.copy(text, tmp_path / "b.txt"), write(tmp_path, "c.txt", ["天地人"])
    other, empty = write(tmp_path, "d.txt", ["天人"]), write(tmp_path, "e.txt", [])
    (tmp_path / "e.txt").write_text("")
    assert counts.find_counted(Corpus(copy, longer, other, empty)) == [str(copy)]
    assert counts.find_counted(Corpus(text, normalize="NFC")) == []
    assert counted(["天地"], 2).find_counted(Corpus(text)) == []


def test_large_files_are_recognised(tmp_path: Path) -> None:
    data = "天地人，".encode() * 100_000
    (tmp_path / "a.txt").write_bytes(data)
    code = fingerprint_files(Corpus(tmp_path / "a.txt"))[str(tmp_path / "a.txt")]
    for k, changed in enumerate([b"x" + data[1:], data[:-1] + b"x", data + b"\n", data]):
        path = tmp_path / f"{k}.txt"
        path.write_bytes(changed)
        assert (fingerprint_files(Corpus(path))[str(path)] == code) is (changed == data)


def test_another_field_is_another_text(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"title": "天", "text": "地"}\n', encoding="utf-8")
    titles = NgramCounter(order=2).update(Corpus(path, field="title")).freeze()
    assert titles.find_counted(Corpus(path)) == []
    assert titles.find_counted(Corpus(path, field="title")) == [str(path)]


def test_a_file_in_two_counts_is_refused(tmp_path: Path) -> None:
    text = Corpus(write(tmp_path, "a.txt", ["天地"]))
    one, two = (NgramCounter(order=2).update(text).freeze() for _ in range(2))
    with pytest.raises(ValueError, match=r"1 file was counted in more than one of these counts, and would be counted"):
        one.merge(two)
    assert one.merge(counted(["天地"], 2))["天地"] == 2


# --- the command --------------------------------------------------------------------------------------------------


def test_adding_is_counting_at_once(tmp_path: Path) -> None:
    """Random splits; some parts are added twice, and some folders hold files that are counted already."""
    for seed in range(4):
        rng, place = random.Random(seed), tmp_path / str(seed)
        (place / "texts").mkdir(parents=True)
        files = [write(place / "texts", f"{k}.txt", made_up(9, 10 * seed + k)) for k in range(6)]
        whole, grown = str(place / "whole"), str(place / "grown")
        assert main(["count", *files, "-q", "-o", whole, "--order", "3"]) == 0
        cut = sorted(rng.sample(range(1, 6), 2))
        assert main(["count", *files[: cut[0]], "-q", "-o", grown, "--order", "3"]) == 0
        assert main(["count", *files[: cut[1]], "-q", "--add", grown, "--memory", "16K"]) == 0
        assert main(["count", *files[cut[0] : cut[1]], "-q", "--add", grown]) == 0
        assert main(["count", str(place / "texts"), "-q", "--add", grown]) == 0
        assert folder_bytes(Path(grown)) == folder_bytes(Path(whole))


def test_what_was_left_out_is_said(tmp_path: Path, capsys: Capture) -> None:
    files = [write(tmp_path, f"{k}.txt", made_up(9, k)) for k in range(3)]
    grown = str(tmp_path / "grown")
    assert main(["count", *files[:2], "-q", "-o", grown]) == 0
    before = folder_bytes(Path(grown))
    capsys.readouterr()
    assert main(["count", files[0], "--add", grown]) == 0
    assert capsys.readouterr().err.startswith(f"{files[0]} was counted before and was left out.\n")
    assert folder_bytes(Path(grown)) == before
    assert main(["count", *files, "--add", grown]) == 0
    assert f"2 of 3 files, such as {files[0]}, were counted before and were left out.\n" in capsys.readouterr().err
    assert main(["count", files[0], "--add", grown, "-o", str(tmp_path / "copy"), "-q"]) == 0
    assert folder_bytes(tmp_path / "copy") == folder_bytes(Path(grown))


def test_a_stop_leaves_the_old_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    files = [write(tmp_path, f"{k}.txt", made_up(9, k)) for k in range(2)]
    grown = tmp_path / "grown"
    assert main(["count", files[0], "-q", "--period", "2023", "-o", str(grown)]) == 0
    before, names = folder_bytes(grown), sorted(path.name for path in tmp_path.iterdir())
    for target in ("nlp_zero.counting.finishing.merge_to_tree", "nlp_zero.counting.history._add_periods",
                   "nlp_zero.counting.finishing.write_meta"):  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(target, lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
            assert main(["count", files[1], "--period", "2024", "--add", str(grown)]) == 130
        assert "no unfinished result was left" in capsys.readouterr().err
        assert folder_bytes(grown) == before
        assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert main(["count", files[1], "-q", "--period", "2024", "--add", str(grown)]) == 0
    assert NgramCounts.load(grown).periods == (2023, 2024)


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked")
def test_two_additions_at_the_same_time_lose_nothing(tmp_path: Path, capsys: Capture) -> None:
    counts = tmp_path / "counts"
    assert main(["count", write(tmp_path, "a.txt", ["中国"]), "-o", str(counts), "-q"]) == 0
    command = ["count", write(tmp_path, "b.txt", ["中国人"]), "--add", str(counts), "-q"]
    before = folder_bytes(counts)
    with hold_in_place(counts):  # what another process does while it adds
        assert main(command) == 1
        assert "another process adds to these counts; run the same command again when" in capsys.readouterr().err
        assert folder_bytes(counts) == before
        assert main([*command, "-o", str(tmp_path / "sum")]) == 0  # which does not replace them
    assert main(command) == 0
    assert NgramCounts.load(counts)["中国"] == NgramCounts.load(tmp_path / "sum")["中国"] == 2
    shutil.rmtree(counts)
    with hold_in_place(counts):
        assert main(command) == 1
    assert "no such folder" in capsys.readouterr().err


def test_words_know_when_they_were_seen(tmp_path: Path, capsys: Capture) -> None:
    months = {"2024-01": ["春天来了。春天！春天"] * 3, "2024-02": ["夏天来了，春天去了。夏天"] * 3}
    counts = str(tmp_path / "counts")
    for k, (month, texts) in enumerate(months.items()):
        text = write(tmp_path, f"{month}.txt", texts)
        assert main(["count", text, "-q", "--period", month, *(["--add", counts] if k else ["-o", counts])]) == 0
    assert main(["count", "-q", "--merge", counts, "--query", "春天,夏天,来了,秋天"]) == 0
    rows = ["春天\t12\t202401\t202402", "夏天\t6\t202402\t202402", "来了\t6\t202401\t202402", "秋天\t0\t-\t-"]
    assert capsys.readouterr().out.splitlines() == rows
    assert main(["count", "-q", "--merge", counts, "--query", "夏天", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["seen"] == {"夏天": [202402, 202402]}
    words = str(tmp_path / "words.tsv")
    assert main(["build-vocab", "-q", "--counts", counts, "--min-pmi", "0.5", "-o", words]) == 0
    lexicon = Lexicon.load(words)
    assert "\t202402\t202402\n" in Path(words).read_text(encoding="utf-8")
    for word in lexicon:
        seen = [lexicon.scores[name][lexicon.index(word)] for name in ("first_seen", "last_seen")]
        assert tuple(seen) == NgramCounts.load(counts).seen(word)
    lexicon.save(tmp_path / "words.json", format="json")
    assert Lexicon.load(tmp_path / "words.json") == lexicon
    assert main(["show", words, "--sort", "first_seen", "--top", "1"]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.split()[-4:] == ["first", "seen", "last", "seen"]
    assert row.split()[-2:] == ["202402", "202402"]


def test_words_with_the_text_know_when_they_were_seen() -> None:
    texts = [["天地人和天地人和你"] * 3, ["天地人和我"] * 3]
    counts = counted(texts[0], 4, 1).merge(counted(texts[1], 4, 2))
    builder = PmiLexiconBuilder(min_pmi=0.1)
    want, got = builder.build(texts[0] + texts[1]), builder.build_from(counts, texts[0] + texts[1])
    assert got.words == want.words
    assert got.counts.tolist() == want.counts.tolist()
    long = [word for word in got if len(word) > 4]
    assert long
    for word in got:
        seen = [got.scores[name][got.index(word)] for name in ("first_seen", "last_seen")]
        expected = counts.seen(word) if word not in long else (None, None)
        assert [None if np.isnan(x) else int(x) for x in seen] == list(expected)


@pytest.mark.parametrize("text", NO_DATES)
def test_periods_that_the_command_refuses(text: str, capsys: Capture) -> None:
    assert main(["count", "corpora/sample.txt", "--top", "1", f"--period={text}"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "--period must be a year, a month or a day, such as 2024, 2024-01 or 2024-01-31, not " in err
    assert err.endswith(f"{text!r}.\n")


def test_periods_that_the_command_reads() -> None:
    assert [parse_period(x) for x in ("0184", "2024", "2024-01", "202401", "2024-02-29")] == [
        184, 2024, 202401, 202401, 20240229,
    ]  # fmt: skip


def test_calls_that_make_no_sense(tmp_path: Path, capsys: Capture) -> None:
    text, counts = write(tmp_path, "a.txt", ["天地"]), str(tmp_path / "counts")
    assert main(["count", text, "-q", "--period", "2024", "-o", counts]) == 0
    new = write(tmp_path, "b.txt", ["人"])
    assert main(["count", new, "--add", counts]) == 2
    assert "has periods, the last of which is 2024; add --period" in capsys.readouterr().err
    assert main(["count", "--merge", counts, "--top", "1", "--period", "2025"]) == 2
    assert "--period needs a corpus" in capsys.readouterr().err
    assert main(["count", "--merge", counts, "--merge", counts, "--top", "1"]) == 1
    assert "1 file was counted in more than one of these counts" in capsys.readouterr().err
