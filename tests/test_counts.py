"""Counts against a dictionary counter."""

from __future__ import annotations

import gc
import json
import math
import os
import random
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import CorpusError, FormatError, NgramCounter, NgramCounts
from nlp_zero._kernels.counting import (
    ALNUM,
    BOUNDARY,
    UNICODE_VERSION,
    Alphabet,
    allow_avx512,
    character_properties,
    has_property,
)
from nlp_zero._utils.arrays import release
from nlp_zero.counting import counter
from nlp_zero.counting.counter import count_ngrams
from nlp_zero.counting.counts import levels_of
from nlp_zero.counting.linked import LinkedTree
from tests.reference import counts as slow
from tests.reference.counts import branching_entropy, min_split_pmi
from tests.reference.text import is_alnum, is_boundary, runs


def is_as_old(char: str) -> bool:
    return (has_property(char, BOUNDARY), has_property(char, ALNUM)) == (is_boundary(char), is_alnum(char))


# Few distinct characters, so that n-grams repeat; with every kind that has broken a tokenizer somewhere.
ODD = "一二三人，。 \n\r\t\0aＺ9９é\u0301\ufeff\u200d😀𠀀𠮷\ud800\udfffẞاйあ한①Ⅳ〇"
# The oracle asks this Python, whose Unicode may be newer than that of the kernels.
CHARACTERS = st.characters() if unicodedata.unidata_version == UNICODE_VERSION else st.characters().filter(is_as_old)
TEXT = st.text(st.one_of(st.sampled_from(ODD), st.sampled_from("一二三"), CHARACTERS), max_size=60)


def as_dict(counts: NgramCounts) -> list[dict[str, int]]:
    return [dict(counts.items(n)) for n in range(1, counts.order + 1)]


def oracle(texts: list[str], order: int, alnum: str, min_count: int = 1) -> list[dict[str, int]]:
    levels = slow.count_ngrams((run for text in texts for run in runs(text, alnum)), order)
    return [{"".join(x): c for x, c in level.items() if c >= min_count or len(x) == 1} for level in levels]


@settings(max_examples=1500, deadline=None)
@given(st.lists(TEXT, max_size=4), st.integers(1, 8), st.sampled_from(["token", "split"]), st.integers(1, 3))
def test_equals_dictionary(texts: list[str], order: int, alnum: str, min_count: int) -> None:
    counts = NgramCounter(order=order, alnum=alnum).update(texts).freeze(min_count=min_count)
    assert as_dict(counts) == oracle(texts, order, alnum, min_count)
    everything = oracle(texts, order, alnum)
    assert [counts.total(n) for n in range(1, order + 1)] == [sum(level.values()) for level in everything]
    for n in range(1, order + 1):
        assert [x for x, _ in counts.items(n)] == sorted(x for x, _ in counts.items(n))


@pytest.fixture(params=[True, False], ids=["any instructions", "portable"])
def instructions(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run a test with the instructions of this processor, and with those of all processors."""
    allow_avx512(request.param)
    yield
    allow_avx512(True)


@pytest.mark.usefixtures("instructions")
@pytest.mark.parametrize("order", range(1, 9))
@pytest.mark.parametrize("symbols", ["一", "一一一一二", "一二三，", "一二三四五六七八九十，"])
def test_long_texts_equal_a_dictionary(order: int, symbols: str) -> None:
    """Buckets of more keys than are written to the tree in one step, with equal keys on both sides of a step."""
    for seed, size in enumerate([1024, 1025, 5000]):
        text = "".join(np.random.default_rng(seed).choice(list(symbols), size))
        everything = oracle([text], order, "token")
        assert as_dict(NgramCounter(order=order).update([text]).freeze()) == everything
        frequent = [{x: c for x, c in level.items() if c >= 3 or len(x) == 1} for level in everything]
        assert as_dict(NgramCounter(order=order).update([text]).freeze(min_count=3)) == frequent


@pytest.mark.usefixtures("instructions")
@pytest.mark.parametrize("rare", [False, True])
def test_large_trees_equal_sorted_keys(rare: bool) -> None:
    """Several pages of 2 MB of keys become pages of the tree; with rare n-grams its arrays grow after that."""
    rng = np.random.default_rng(0)
    symbols, size = 1000, 1_500_000
    ids = rng.integers(1, symbols, size) if rare else rng.zipf(1.3, size) % symbols
    ids[-1] = 0
    table = np.array([ord("，"), *range(0x4E00, 0x4E00 + symbols - 1)], np.uint32)
    text = table[ids].tobytes().decode("utf-32-le")
    inside = np.concatenate([ids, np.zeros(3, ids.dtype)])
    keys = inside[:size].astype(np.uint64)
    for ahead in range(1, 4):
        keys = keys << np.uint64(10) | inside[ahead : ahead + size].astype(np.uint64)
    for n in range(3, 0, -1):  # nothing follows a boundary
        end = keys >> np.uint64(10 * n) & np.uint64(1023) == 0
        keys[end] &= ~np.uint64((1 << 10 * n) - 1)
    counts = NgramCounter(order=4).update([text]).freeze()
    present = np.unique(ids[ids > 0])
    assert list(counts.symbols) == [chr(table[k]) for k in present]
    above = np.zeros(0, np.uint64)
    ends = np.zeros(0, np.uint32)
    keys = keys[ids > 0]
    for n, (symbol, count, end) in enumerate(levels_of(counts), 1):
        prefix = keys >> np.uint64(10 * (4 - n))
        distinct, times = np.unique(prefix[prefix & np.uint64(1023) > 0], return_counts=True)
        assert np.array_equal(present[symbol - 1], distinct & np.uint64(1023))
        assert np.array_equal(count, times)
        assert np.array_equal(ends, np.searchsorted(distinct >> np.uint64(10), above, side="right"))
        above, ends = distinct, end


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("symbols", ["一二三四五六七八九十，", "一，", "一二，"])
def test_rounds_do_not_change_counts(symbols: str, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With rare n-grams left out, first symbols are counted range by range, in the same memory."""
    texts = ["".join(np.random.default_rng(seed).choice(list(symbols), 3000)) for seed in range(3)]
    monkeypatch.setattr(counter, "ROUND_POSITIONS", 1000)
    for order in (1, 2, 4):
        found = NgramCounter(order=order, workers=workers).update(texts).freeze(min_count=2)
        assert as_dict(found) == oracle(texts, order, "token", 2)


@pytest.mark.usefixtures("instructions")
def test_bad_pivots_do_not_change_counts() -> None:
    """Bigrams in an order in which the samples of a quicksort are always the lowest keys that are left."""
    size, lowest = 128 + 8 * 80, 0
    left, order = np.arange(size), np.full(size, size)
    while len(left) > 128:
        sample = left[(2 * np.arange(8) + 1) * (len(left) // 16)]
        fresh = sample[order[sample] == size]
        order[fresh] = range(lowest, lowest + len(fresh))
        lowest += len(fresh)
        left = left[order[left] >= np.sort(order[sample])[4]]
    rest = np.flatnonzero(order == size)
    order[rest] = range(lowest, size)
    text = "，".join(f"一{chr(0x4E01 + k)}" for k in reversed(order.tolist()))
    counts = NgramCounter(order=2).update([text]).freeze()
    assert [x for x, _ in counts.items(2)] == [f"一{chr(0x4E01 + k)}" for k in range(size)]


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("一二三四，"), max_size=400), st.integers(2, 5), st.integers(1, 3))
def test_instructions_do_not_change_counts(text: str, order: int, min_count: int) -> None:
    levels = []
    for allowed in (True, False):
        allow_avx512(allowed)
        levels.append(levels_of(NgramCounter(order=order).update([text]).freeze(min_count=min_count)))
    allow_avx512(True)
    assert all(np.array_equal(x, y) for a, b in zip(*levels, strict=True) for x, y in zip(a, b, strict=True))


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXT, max_size=4), st.integers(1, 5))
def test_joined_alnum_runs_are_symbols(texts: list[str], order: int) -> None:
    counts = NgramCounter(order=order, alnum="join").update(texts).freeze()
    levels = slow.count_ngrams((run for text in texts for run in runs(text, "join")), order)
    for n, level in enumerate(levels, 1):
        want = sorted(
            ("".join(x), c) for x, c in level.items()
        )  # "a一" may be the text of two n-grams: a list of pairs, not a dict
        assert sorted(counts.items(n)) == want
    assert [counts.types(n) for n in range(1, order + 1)] == [len(level) for level in levels]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(st.sampled_from(ODD.replace("\ud800", "").replace("\udfff", "")), max_size=40), max_size=3),
       st.integers(1, 8))  # fmt: skip
def test_bytes_unit(texts: list[str], order: int) -> None:
    counts = NgramCounter(order=order, unit="byte").update(texts).freeze()
    lines = [line for text in texts for line in text.encode().split(b"\n")]
    levels = slow.count_ngrams(([bytes([b]) for b in line] for line in lines), order)
    assert as_dict(counts) == [{b"".join(x): c for x, c in level.items()} for level in levels]


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=5), st.integers(1, 5), st.integers(0, 5))
def test_merge_equals_counting_at_once(texts: list[str], order: int, cut: int) -> None:
    whole = NgramCounter(order=order).update(texts).freeze()
    a, b = (NgramCounter(order=order).update(part).freeze() for part in (texts[:cut], texts[cut:]))
    for merged in (a.merge(b), b.merge(a)):
        assert merged.symbols == whole.symbols
        for mine, its in zip(levels_of(merged), levels_of(whole), strict=True):
            assert all(np.array_equal(x, y) for x, y in zip(mine, its, strict=True))
        assert [merged.total(n) for n in range(1, order + 1)] == [whole.total(n) for n in range(1, order + 1)]


def test_wide_alphabets_and_keys() -> None:
    """Ids above 16 bits, and keys of one, two and four words."""
    text = "".join(chr(c) for c in range(0x3400, 0x33000) if not is_boundary(chr(c)) and not is_alnum(chr(c)))[:70000]
    for order in (2, 5, 8):
        counts = NgramCounter(order=order).update([text[:100], text, text[:100]]).freeze()
        assert counts.types(1) == len(text)
        assert counts.total(order) == len(text) + 202 - 3 * (order - 1) - 2
        assert counts[text[:order]] == 3
        assert counts[text[-order:]] == 1
        assert counts.types(order) == len(text) - order + 1


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.sampled_from("一二三，"), max_size=30), min_size=1, max_size=4), st.integers(2, 5))
def test_statistics(texts: list[str], order: int) -> None:
    counts = NgramCounter(order=order).update(texts).freeze()
    all_runs = [run for text in texts for run in runs(text)]
    levels = slow.count_ngrams(all_runs, order)
    tree = LinkedTree(counts)
    for n in range(1, order + 1):
        words = counts.texts(n, np.arange(counts.types(n)))
        if n > 1:
            want = [min_split_pmi(tuple(w), levels) for w in words]
            got = tree.pmi(n, np.arange(len(words), dtype=np.uint32))
            assert got.tolist() == pytest.approx(want)
        if n < order:
            some = np.arange(len(words) - 1, -1, -2, dtype=np.uint32)
            left, right = tree.branching_entropies(n, some)
            wanted = [branching_entropy(tuple(words[k]), all_runs) for k in some]
            assert list(zip(left, right, strict=True)) == [pytest.approx(w, abs=1e-12) for w in wanted]


def test_entropies_survive_pruning_of_singletons() -> None:
    texts = ["一二三一二四一二三，一二"]
    full, pruned = (NgramCounter(order=3).update(texts).freeze(min_count=m) for m in (1, 2))
    place = [x for x, _ in full.items(2)].index("一二"), [x for x, _ in pruned.items(2)].index("一二")
    left_right = [
        [side[k] for side in LinkedTree(c).branching_entropies(2, np.arange(c.types(2), dtype=np.uint32))]
        for c, k in zip((full, pruned), place, strict=True)
    ]
    # 一二 occurs 4 times; before it: start, 三, 四, start; after it: 三 twice, 四, end
    assert left_right[0] == pytest.approx([math.log(4), math.log(4) - 2 * math.log(2) / 4])
    assert left_right[1] == pytest.approx(left_right[0])


def test_utf8_bytes_and_str_agree() -> None:
    text = "".join(c for c in ODD if not "\ud800" <= c <= "\udfff")
    for alnum in ("token", "join", "split"):
        a, b = Alphabet(alnum=alnum), Alphabet(alnum=alnum)
        assert a.encode(text, grow=True).tolist() == b.encode(text.encode(), grow=True).tolist()
        assert a.symbols == b.symbols
        assert Alphabet(alnum=alnum, symbols=a.symbols).encode(text).tolist() == a.encode(text).tolist()


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=12))
def test_utf8_validity_is_pythons(data: bytes) -> None:
    try:
        data.decode("utf-8")
        valid = True
    except UnicodeDecodeError as error:
        valid = False
        first_bad = error.start
    alphabet = Alphabet()
    if valid:
        assert alphabet.encode(data, grow=True).tolist() == Alphabet().encode(data.decode(), grow=True).tolist()
    else:
        with pytest.raises(UnicodeDecodeError) as raised:
            alphabet.encode(data, grow=True)
        assert raised.value.start == first_bad


def test_three_bytes_in_a_longer_text_are_checked() -> None:
    """The short way for three bytes refuses what Python refuses: long forms, surrogates, missing bytes."""
    alphabet = Alphabet()
    for first in range(0xE0, 0xF0):
        for second in range(256):
            for third in (0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xE4):
                data = "中".encode() + bytes([first, second, third]) + "中国".encode()
                try:
                    first_bad, wanted = None, alphabet.encode(data.decode(), grow=True).tolist()
                except UnicodeDecodeError as error:
                    first_bad, wanted = error.start, []
                if first_bad is None:
                    assert alphabet.encode(data, grow=True).tolist() == wanted
                    continue
                with pytest.raises(UnicodeDecodeError) as raised:
                    alphabet.encode(data, grow=True)
                assert raised.value.start == first_bad


def test_classes_are_those_of_the_frozen_table() -> None:
    """`test_unicode.py` compares the table itself with that of Python."""
    alphabet = Alphabet()
    chars = "".join(map(chr, range(0x30000)))
    other = (character_properties(chars) & (BOUNDARY | ALNUM)).tolist()
    for char, excluded in zip(chars, other, strict=True):
        assert (len(alphabet.encode(char, grow=True)) > 0) == (not excluded), hex(ord(char))


def test_counts_contain_what_occurs() -> None:
    counts = NgramCounter(order=2).update(["中国人民", "中国队"]).freeze()
    assert "中国" in counts
    assert "中队" not in counts
    assert 3 not in counts
    with pytest.raises(ValueError, match="has 3 symbols"):
        assert "中国人" in counts
    with pytest.raises(TypeError, match="'NgramCounts' object is not iterable"):
        list(counts)  # type: ignore[call-overload]


def test_lookup() -> None:
    counts = NgramCounter(order=3).update(["中国人民爱中国"]).freeze()
    assert counts["中国"] == 2
    assert counts["国人民"] == 1
    assert counts["民国"] == counts["日"] == counts["，"] == counts["中，"] == 0
    with pytest.raises(ValueError, match="4 symbols"):
        counts["中国人民"]
    with pytest.raises(ValueError, match="orders 1 to 3"):
        counts.total(4)


def test_most_frequent() -> None:
    counts = NgramCounter(order=2).update(["中国人民，人民中国，中国队"]).freeze()
    assert counts.most_frequent(2, 2) == [("中国", 3), ("人民", 2)]
    assert counts.most_frequent(1, 2) == [("中", 3), ("国", 3)]  # ties: in the order of their text
    assert sorted(counts.most_frequent(2, 99)) == list(counts.items(2))


def test_representations() -> None:
    counter = NgramCounter(order=2).update(["中国人民"])
    assert repr(counter) == "<NgramCounter(order=2, unit='char', alnum='token'): 4 chars counted>"
    assert repr(counter.freeze()) == "<NgramCounts of orders 1 to 2: 4, 3 distinct; 4 chars>"


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs the list of open files of Linux")
def test_loaded_counts_keep_no_file_open(tmp_path) -> None:
    counts = NgramCounter(order=3).update(["春江潮水连海平", "春江花月夜"]).freeze()
    counts.save(tmp_path / "counts")
    before = os.listdir("/proc/self/fd")
    loaded = [NgramCounts.load(tmp_path / "counts") for _ in range(3)]
    array = levels_of(loaded[0])[1][0]
    assert os.listdir("/proc/self/fd") == before
    assert str(tmp_path) in Path("/proc/self/maps").read_text()
    release(array[1:])
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1
    shutil.rmtree(tmp_path / "counts")
    assert loaded[0].merge(*loaded[1:])["春江"] == 6
    del loaded
    assert array.tolist() == levels_of(counts)[1][0].tolist()
    del array
    gc.collect()
    assert str(tmp_path) not in Path("/proc/self/maps").read_text()


def test_save_and_load(tmp_path) -> None:
    folder = tmp_path / "counts"
    for unit in ("char", "byte"):
        counts = NgramCounter(order=3, unit=unit).update(["中国人民，中国队 a1"]).freeze()
        counts.save(folder)
        loaded = NgramCounts.load(folder)
        assert isinstance(levels_of(loaded)[0][0], np.memmap)
        assert as_dict(loaded) == as_dict(counts)
        assert (loaded.order, loaded.unit, loaded.alnum, loaded.min_count) == (3, unit, "token", 1)
        assert loaded.total(3) == counts.total(3)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["counts"]  # no debris


def test_damaged_folders_are_refused(tmp_path) -> None:
    NgramCounter(order=2).update(["中国人民"]).freeze().save(tmp_path / "good")

    def damaged(name: str) -> object:
        shutil.copytree(tmp_path / "good", tmp_path / name)
        return tmp_path / name

    folder = damaged("short")
    array = folder / "counts2.npy"
    array.write_bytes(array.read_bytes()[:-2])
    with pytest.raises(FormatError, match=r"counts2\.npy"):
        NgramCounts.load(folder)
    folder = damaged("flipped")
    data = bytearray((folder / "symbols1.npy").read_bytes())
    data[-4] ^= 1
    (folder / "symbols1.npy").write_bytes(bytes(data))
    with pytest.raises(FormatError, match="altered"):
        NgramCounts.load(folder)
    wrong = [("version", 99, "version 99"), ("format", "x", "format 'nlp-zero counts'"), ("order", 3, "usable")]
    for key, value, message in wrong:
        folder = damaged(f"meta-{key}")
        meta = json.loads((folder / "meta.json").read_text())
        (folder / "meta.json").write_text(json.dumps({**meta, key: value}))
        with pytest.raises(FormatError, match=message):
            NgramCounts.load(folder)
    (tmp_path / "empty").mkdir()
    for name, message in (("empty", r"it has no meta\.json"), ("nowhere", "no such folder")):
        with pytest.raises(FormatError, match=message):
            NgramCounts.load(tmp_path / name)


def test_refusals(tmp_path) -> None:
    with pytest.raises(ValueError, match="order must be"):
        NgramCounter(order=9)
    with pytest.raises(ValueError, match="unit must be"):
        NgramCounter(unit="word")
    with pytest.raises(ValueError, match="alnum must be"):
        NgramCounter(alnum="x")
    with pytest.raises(TypeError, match="many texts"):
        NgramCounter().update("中国")
    with pytest.raises(CorpusError, match="no countable text"):
        count_ngrams(["，。", ""], order=2)
    a = NgramCounter(order=2).update(["中国"]).freeze()
    with pytest.raises(ValueError, match="different order"):
        a.merge(NgramCounter(order=3).update(["中国"]).freeze())
    with pytest.raises(ValueError, match="Pruned"):
        a.merge(a.prune(2))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "precious").write_text("x")
    with pytest.raises(FileExistsError, match="not have the format 'nlp-zero counts'"):
        a.save(tmp_path / "other")


def test_one_long_line() -> None:
    """A single line of 3 million characters with no boundary, cut off at nothing."""
    rng = np.random.default_rng(0)
    text = "".join(map(chr, (0x4E00 + rng.integers(0, 50, 3_000_000)).tolist()))
    counts = NgramCounter(order=3).update([text]).freeze()
    assert counts.total(3) == 3_000_000 - 2
    assert sum(c for _, c in counts.items(3)) == counts.total(3)
    assert counts[text[5:8]] == sum(text.startswith(text[5:8], i) for i in range(len(text)))


def test_runs_of_different_alphabets() -> None:
    """Ids of a run whose symbols are all common, or far apart among those of the whole text."""
    rng = random.Random(5)
    characters = [chr(0x4E00 + k) for k in range(6000)]
    alphabets = [characters[::700], characters[:20] + characters[5000::300], characters[1::2], characters]
    texts = ["".join(rng.choices(alphabet, k=100_000)) for alphabet in alphabets]
    spilled = NgramCounter(order=3, memory="1600K")
    for text in texts:
        spilled.update([text])
    assert len({len(run.index()[3]) for run in spilled._store.runs}) >= 3
    whole, merged = NgramCounter(order=3).update(texts).freeze(), spilled.freeze()
    for n in (1, 2, 3):
        assert dict(merged.items(n)) == dict(whole.items(n))
