"""Kernels check sizes where memory is written, and report that memory is exhausted as MemoryError."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import NgramCounter
from nlp_zero._kernels import bayes, counting, templates, tokenization, vocabulary
from nlp_zero.counting.counts import alphabet_of, levels_of

SANITIZED = "libasan" in os.environ.get("LD_PRELOAD", "")


def uint32(*values: int) -> counting.Uint32:
    return np.array(values, np.uint32)


def int32(*values: int) -> templates.Int32:
    return np.array(values, np.int32)


def int64(*values: int) -> templates.Int64:
    return np.array(values, np.int64)


def test_ngrams_with_a_boundary_inside_are_not_written_beyond_the_result() -> None:
    counter = NgramCounter(order=2)
    counter.update(["春天来了"])
    counts = counter.freeze()
    for text in ["春\n天", "春天\n" * 1000, "春天，来了"]:
        encoded = alphabet_of(counts).encode(text)
        with pytest.raises(ValueError, match="no 0 inside"):
            counting.find_ngrams(levels_of(counts), encoded, np.count_nonzero(encoded == 0) - 1)
    with pytest.raises(ValueError, match="closed by one 0"):
        counting.find_ngrams(levels_of(counts), uint32(1, 2), 1)
    assert counting.find_ngrams(levels_of(counts), uint32(1, 2, 0), 1)[1].tolist() == [2]


def test_ranges_of_first_symbols_are_checked() -> None:
    text = counting.EncodedText()
    text.add("春天来了")
    sorter = counting.NgramSorter([text], 2)
    sorter.restrict_to(1, 3)
    sorter.deal(0)
    for first, stop in [(0, 1), (1, 4), (2, 1), (1, 1 << 40)]:
        with pytest.raises(IndexError):
            sorter.tree(first, stop, 1)
        with pytest.raises(IndexError):
            sorter.run(first, stop, 100)
    with pytest.raises(ValueError, match="changed"):
        sorter.deal(1)
    sorter.tree(1, 3, 1)
    for write in (lambda: sorter.tree(2, 3, 1), lambda: sorter.run(2, 3, 100)):
        with pytest.raises(ValueError, match="counted twice"):
            write()


def test_a_text_must_not_change_between_layout_and_dealing() -> None:
    text = counting.EncodedText()
    text.add("春")
    sorter = counting.NgramSorter([text], 2)
    text.add("夏天" * 1000)
    with pytest.raises(ValueError, match="changed"):
        sorter.deal(0)


def test_text_that_is_refused_or_taken_back_leaves_no_trace() -> None:
    want, text = counting.EncodedText(), counting.EncodedText()
    for part in ("春天，来了", "夏"):
        want.add(part)
        text.add(part)
        with pytest.raises(UnicodeDecodeError):
            text.add("秋天了，".encode() + b"\xff")
        text.add("冬天")
        text.drop_last()
    assert text.totals(4) == want.totals(4)
    sorters = [counting.NgramSorter([one], 3) for one in (text, want)]
    for sorter in sorters:
        sorter.deal(0)
    assert sorters[0].symbols == ["了", "夏", "天", "春", "来"]
    for mine, its in zip(*(sorter.tree(1, 6, 1) for sorter in sorters), strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(mine, its, strict=True))


@settings(max_examples=300)
@given(st.lists(st.lists(st.integers(0, 70) | st.integers(0, 3), max_size=40), max_size=3), st.booleans())
def test_totals_of_runs_of_any_length(pieces: list[list[int]], avx512: bool) -> None:
    counting.allow_avx512(avx512)
    try:
        text = counting.EncodedText()
        for lengths in pieces:
            text.add("，".join("春" * length for length in lengths))
    finally:
        counting.allow_avx512(True)
    runs = [length for lengths in pieces for length in lengths]
    assert text.totals(8) == [sum(max(0, length - n + 1) for length in runs) for n in range(1, 9)]


@pytest.mark.parametrize("order", [1, 2, 4, 8])
def test_several_texts_are_counted_as_one_where_most_runs_are_short(order: int) -> None:
    parts = ["春，春天，春，", "天，天，", "春天来了，了，春", "", "，，", "天，春天，春，秋"]
    one = counting.EncodedText()
    texts = [counting.EncodedText() for _ in parts]
    for text, part in zip(texts, parts, strict=True):
        one.add(part)
        text.add(part)
    results = []
    for stored in ([one], texts):
        for first in (1, 3):
            trees, runs = counting.NgramSorter(stored, order), counting.NgramSorter(stored, order)
            for sorter in (trees, runs):
                sorter.restrict_to(first, 6)
                for k in range(len(stored)):
                    sorter.deal(k)
            levels = [array.tolist() for level in trees.tree(first, 6, 1) for array in level]
            data, starts, firsts = runs.run(first, 6, 100)
            results.append((levels, data, starts.tolist(), firsts.tolist()))
    assert results[:2] == results[2:]
    assert results[0][0][1] == [2, 6, 7, 1, 1], "了 天 春 来 秋"


@pytest.mark.parametrize("order", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("min_count", [1, 2, 3])
@pytest.mark.parametrize("avx512", [False, True])
def test_a_tree_grows_range_by_range(order: int, min_count: int, avx512: bool) -> None:
    counting.allow_avx512(avx512)
    try:
        texts = [counting.EncodedText(), counting.EncodedText()]
        for k, part in enumerate(["春天来了，春天，天来春了", "春天来，天来了" * 300, "春，" * 70]):
            texts[k % 2].add(part)
        whole, ranges = counting.NgramSorter(texts, order), counting.NgramSorter(texts, order)
        for sorter in (whole, ranges):
            sorter.deal(0)
            sorter.deal(1)
        for symbols in [(3, 4), (1, 2)]:  # ahead of what follows, and the rest when it is needed
            ranges.sort(*symbols)
        for symbols in [(1, 3), (3, 4), (4, 5)]:
            ranges.extend_tree(*symbols, min_count)
        with pytest.raises(ValueError, match="counted twice"):
            ranges.extend_tree(4, 5, min_count)
        with pytest.raises(IndexError):
            ranges.sort(4, 6)
        for mine, its in zip(ranges.take_tree(), whole.tree(1, 5, min_count), strict=True):
            assert [x.tolist() for x in mine] == [x.tolist() for x in its]
    finally:
        counting.allow_avx512(True)


def defeat_pivots(size: int, tied: Sequence[int]) -> list[int]:
    """Return keys of which 64 pivots in turn (sort_avx512.hpp) make no short parts.

    All keys that a pivot is chosen from are the lowest of those that are left; those of the levels in `tied` are equal.
    """

    def part(keys: list[int], low: set[int]) -> list[int]:
        others, front = list[int](), len(keys) // 8 * 8
        for group in [keys[k : k + 8] for k in range(0, front, 8)] + [[key] for key in keys[front:]]:
            others[:0] = [key for key in group if key not in low]
        return others

    rank, keys = dict[int, int](), list(range(size))
    for level in range(64):
        assert len(keys) > 64
        chosen = [keys[(2 * k + 1) * (len(keys) // 16)] for k in range(8)]
        for key in chosen:
            rank.setdefault(key, 10 * level + (0 if level in tied else (3 * chosen.index(key) + 4) % 8))
        pivot = sorted(rank[key] for key in chosen)[4]
        left = {key for key in keys if rank.get(key, size * 10) < pivot}
        if not left:
            keys, left = part(keys, left), {key for key in keys if rank.get(key) == pivot}
        keys = part(keys, left)
    return [rank.get(key, 10 * size + key) for key in range(size)]


@pytest.mark.parametrize("tied", [[], [0], [5, 6, 9], list(range(0, 64, 3))], ids=str)
def test_pivots_that_make_no_short_parts(tied: list[int]) -> None:
    keys = defeat_pivots(900, tied)
    order = {key: rank for rank, key in enumerate(sorted(set(keys)))}
    pairs = ["一" + chr(0x5000 + order[key]) for key in keys]
    text = counting.EncodedText()
    text.add("，".join(reversed(pairs)))  # n-grams are dealt from the end of the text to its beginning
    sorter = counting.NgramSorter([text], 2)
    sorter.deal(0)
    symbols, counts, _ = sorter.tree(1, 2, 1)[1]
    found = dict(zip(["一" + str(sorter.symbols[symbol - 1]) for symbol in symbols], counts.tolist(), strict=True))
    assert found == Counter(pairs)
    assert symbols.tolist() == sorted(symbols.tolist())


def test_nothing_is_taken_back_from_an_empty_text() -> None:
    with pytest.raises(IndexError):
        counting.EncodedText().drop_last()


@pytest.mark.parametrize("order", [0, 9])
def test_orders_are_checked(order: int) -> None:
    text = counting.EncodedText()
    text.add("春天")
    with pytest.raises(ValueError, match="order must be 1 to 8"):
        text.totals(order)
    with pytest.raises(ValueError, match="order must be 1 to 8"):
        counting.NgramSorter([text], order)
    with pytest.raises(ValueError, match="order must be 1 to 8"):
        counting.TreePiece(order)
    with pytest.raises(ValueError, match="order must be 1 to 8"):
        counting.RunPiece(order, 100)


def test_pickled_patterns_are_checked() -> None:
    ngrams = counting.NgramList(uint32(1, 2, 0, 3, 0), 3)
    rebuild, (table, size) = ngrams.__reduce__()
    assert rebuild(table, size).size == 2
    with pytest.raises(ValueError, match="do not fit together"):
        rebuild(table, size + 1)
    with pytest.raises(ValueError, match="out of range"):
        rebuild((*table[:3], 1, *table[4:]), 1)


def test_lattices_are_checked() -> None:
    scores = np.zeros(2)
    wrong = [([0, 1, 2], [1, 3]), ([0, 1, 3], [1, 2]), ([0, 2, 1], [1, 2]), ([0, 1, 2], [0, 2]), ([1, 2], [1])]
    for first, end in wrong:
        with pytest.raises(ValueError, match="lattice"):
            tokenization.marginals(int64(*first), int64(*end), scores)
    none = np.zeros(0)
    with pytest.raises(ValueError, match="no path"):
        tokenization.find_best_path(int64(0, 0), int64(), none)
    with pytest.raises(ValueError, match="no path"):
        tokenization.sample_paths(int64(0, 0), int64(), none, 1, 0, 1)


def test_anchors_and_offsets_are_checked() -> None:
    words, anchors = int32(1, 2, 1), int32(1, 0, 2)
    pairs = templates.DistinctPairs(2, 4, 100)
    pairs.add(words, anchors, int64(0, 3))
    assert pairs.counts()[1, 2] == 1
    for bad, offsets in [(int32(1, 0, 3), int64(0, 3)), (int32(-1, 0, 1), int64(0, 3)), (anchors, int64(0, 4))]:
        with pytest.raises(ValueError, match=r"number|offsets"):
            pairs.add(words, bad, offsets)
    clauses = templates.ClausePairs(2, 8)
    with pytest.raises(ValueError, match="number"):
        clauses.count(words, int32(3, 0, 0))
    with pytest.raises(ValueError, match="same length"):
        clauses.count(words, int32(1))
    with pytest.raises(ValueError, match="owner"):
        clauses.fill(words, anchors, np.zeros((2, 2), np.int32), templates.Fillings(10), 0)
    with pytest.raises(ValueError, match="power of 2"):
        templates.ClausePairs(2, 3)
    with pytest.raises(ValueError, match="power of 2"):
        templates.FreshSegments(0)
    with pytest.raises(ValueError, match="outside its clause"):
        templates.Fillings(10).add(np.array([[0, 4, 1, 0]], np.int32), int64(0, 1), words, int64(0, 3), 0)


def test_cuts_and_charts_are_checked() -> None:
    counts = int64(1, 1)
    with pytest.raises(ValueError, match="no word"):
        templates.count_cuts(int32(0, 2), int64(0, 2), counts, counts, int64(0), 2, 9)
    with pytest.raises(ValueError, match="offsets"):
        templates.count_cuts(int32(0, 1), int64(0, 3), counts, counts, int64(0), 2, 9)
    chart = templates.TemplateChart(int32(1, 0, 2), int64(0, 3), np.ones(1), 0.5)
    with pytest.raises(ValueError, match="offsets"):
        chart.best(int32(1, 3, 2), int64(0, 4))
    with pytest.raises(ValueError, match="offsets"):
        chart.alternatives(int32(1, 1), int64(0, 1, 2))


def test_the_sampler_checks_ranges() -> None:
    hyper = {"d": 0.7, "theta": 10, "d1": 0.8, "theta1": 10, "chain": 10, "ratio": 100, "spelling": 100}
    sampler = bayes.Sampler(uint32(1, 2, 1, 2, 0), 2, [0.5, 0.5], hyper, 4)
    with pytest.raises(ValueError, match="max_length"):
        sampler.cut_by_entropy(3, 1.0)
    sampler.cut_by_entropy(2, 1.0)
    sampler.load()
    sampler.begin_sweep(1, 0)
    for work in (sampler.take_out, sampler.put_in):
        with pytest.raises(IndexError):
            work(0, 2)
    with pytest.raises(IndexError):
        sampler.sample_rounds([0, 1, 2], 1, 0, False)
    with pytest.raises(IndexError):
        sampler.sample_rounds([1, 0], 1, 0, False)
    with pytest.raises(ValueError, match="first_average"):
        sampler.sample_rounds([0, 1], 1, 0, True)
    with pytest.raises(ValueError, match="probabilities"):
        sampler.decode(1, 0)


def test_pieces_need_counts() -> None:
    with pytest.raises(ValueError, match="levels"):
        vocabulary.count_pieces([], [], 1.0, uint32(0), uint32(0), whole=False)
    level = (uint32(1), uint32(2), uint32())
    with pytest.raises(ValueError, match="code"):
        vocabulary.count_pieces([level], [b"a"], 2.0, uint32(0, 5, 0), uint32(0, 97), whole=False)


EXHAUSTED = {
    "parses": """
        chart = templates.TemplateChart(np.array([1], np.int32), np.array([0, 1]), np.ones(1), 0.5)
        words = np.ones(2_000_000, np.int32)
        work = lambda: chart.best(words, np.arange(0, 2_000_001))
    """,
    "numbers": """
        column = np.full(3_000_000, 1 / 3)
        work = lambda: counting.format_rows(b"a\\n" * len(column), np.full(len(column), 1 << 60), [column] * 8)
    """,
    "bytes": """
        table = tuple(map(chr, range(128)))
        segmenter = tokenization.Segmenter(
            table, np.full(128, -5.0), np.arange(129, dtype=np.int32), 2, True, False, True, -10.0, 0.0, 0.0, 0.0)
        text = "春" * 20_000_000
        work = lambda: segmenter.encode_batch([text], 1)
    """,
    "counts": """
        text = counting.EncodedText()
        data = "春" * 40_000_000
        work = lambda: [text.add(data) for _ in range(10)]
    """,
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the address space")
@pytest.mark.skipif(SANITIZED, reason="the sanitizer ends the process when memory is exhausted")
@pytest.mark.parametrize("name", EXHAUSTED)
def test_exhausted_memory_is_an_error(name: str) -> None:
    program = textwrap.dedent("""
        import resource, numpy as np
        from nlp_zero._kernels import counting, templates, tokenization
    """) + textwrap.dedent(EXHAUSTED[name]) + textwrap.dedent("""
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + (48 << 20), resource.RLIM_INFINITY))
        try:
            work()
        except MemoryError:
            print("MemoryError")
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, "MemoryError"), done.stderr[-2000:]
