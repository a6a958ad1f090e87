"""Statistics of the linked count tree, within memory budgets, against a dictionary."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import Corpus, NgramCounter, NgramCounts
from nlp_zero._kernels.counting import Patterns, PieceCounter
from nlp_zero.builders import EntropyLexiconBuilder, PmiLexiconBuilder
from nlp_zero.counting import Resources
from nlp_zero.counting.counts import alphabet_of
from nlp_zero.counting.linked import LinkedTree
from nlp_zero.distributed.tasks import add_states
from nlp_zero.errors import StorageError
from tests.reference.counts import branching_entropy, count_ngrams, min_split_pmi
from tests.reference.text import runs
from tests.test_scale import made_up

TEXTS = st.lists(st.text(st.sampled_from("一二三四五六七，"), max_size=40), min_size=1, max_size=4)


def places(counts: NgramCounts, n: int) -> np.ndarray:
    return np.arange(counts.types(n), dtype=np.uint32)


def on_disk(texts: list[str], order: int, min_count: int, workers: int) -> tuple[NgramCounts, LinkedTree]:
    """Counts and links that are mapped from files, worked through in the smallest pieces there are."""
    counts = NgramCounter(order=order, memory=20_000).update(texts).freeze(min_count=min_count)
    return counts, LinkedTree(counts, Resources(workers=workers, memory=4096))


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.integers(2, 6), st.integers(1, 2), st.integers(1, 3))
def test_pieces_and_disk_change_nothing(texts: list[str], order: int, min_count: int, workers: int) -> None:
    all_runs = [run for text in texts for run in runs(text)]
    levels = count_ngrams(all_runs, order)
    plain_counts = NgramCounter(order=order).update(texts).freeze(min_count=min_count)
    plain = LinkedTree(plain_counts)
    counts, tree = on_disk(texts, order, min_count, workers)
    for n in range(1, order + 1):
        words = counts.texts(n, places(counts, n))
        if n > 1:
            got = tree.pmi(n, places(counts, n))
            assert got.tolist() == pytest.approx([min_split_pmi(tuple(word), levels) for word in words])
            assert np.array_equal(got, plain.pmi(n, places(counts, n)))
        if n < order:
            some = places(counts, n)[::-2]
            got_both = tree.branching_entropies(n, some)
            wanted = [branching_entropy(tuple(words[k]), all_runs) for k in some]
            assert list(zip(*got_both, strict=True)) == [pytest.approx(w, abs=1e-12) for w in wanted]
            assert all(np.array_equal(x, y) for x, y in zip(got_both, plain.branching_entropies(n, some), strict=True))


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(2, 5), st.integers(1, 3), st.sampled_from([-1.0, 0.5, 1.0]), st.integers(1, 3))
def test_kept_ngrams(texts: list[str], order: int, min_count: int, min_pmi: float, workers: int) -> None:
    levels = count_ngrams([run for text in texts for run in runs(text)], order)
    kept = [
        {x for x, c in level.items() if n == 0 or (c >= min_count and min_split_pmi(x, levels) >= min_pmi - 1e-12)}
        for n, level in enumerate(levels)
    ]
    needed = [{x[: n + 1] for longer in kept[n:] for x in longer} for n in range(order)]
    counts, tree = on_disk(texts, order, 1, workers)
    chosen = tree.select(min_count, (0.0, *[min_pmi - 1e-12] * (order - 1)))
    for n, nodes in enumerate(chosen.nodes, 1):
        assert nodes.tolist() == sorted(nodes.tolist())
        assert set(counts.texts(n, nodes)) == {"".join(x) for x in needed[n - 1]}
    # The patterns know which of them may be a piece: each kept n-gram, cut alone, is one piece, and no other is.
    for n in range(1, order + 1):
        for k, word in enumerate(counts.texts(n, chosen.nodes[n - 1])):
            counter = PieceCounter(alphabet_of(counts), chosen.patterns)
            counter.add(word)
            if tuple(word) in kept[n - 1]:
                assert counter.counts()[n - 1][k] == 1


def test_links_lie_on_the_disk_and_leave_nothing(tmp_path: Path) -> None:
    counts = NgramCounter(order=5, memory=20_000, temp_dir=tmp_path).update(made_up(300)).freeze()
    tree = LinkedTree(counts, Resources(memory="1M", temp_dir=tmp_path))
    assert [type(array) for array in tree._links[2:4]] == [np.memmap, np.memmap]
    assert list(tmp_path.iterdir()) == []
    assert [type(array) for array in LinkedTree(counts)._links[2:4]] == [np.ndarray, np.ndarray]


def test_pieces_cover_all_symbols() -> None:
    counts = NgramCounter(order=3).update(made_up(400)).freeze()
    for memory, least in ((None, 1), (4096, 8)):
        tree = LinkedTree(counts, Resources(memory=memory))
        assert tree._bounds[0] == 0
        assert tree._bounds[-1] == counts.types(1)
        assert len(tree._bounds) > least
        assert len(tree._stretches) > least


@pytest.mark.parametrize("order", [2, 5])
def test_budgets_of_builders(order: int, tmp_path: Path) -> None:
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(made_up(600)), encoding="utf-8")
    for make in (
        lambda **how: PmiLexiconBuilder(order=order, min_pmi=0.5, **how),
        lambda **how: EntropyLexiconBuilder(max_length=order - 1, **how),
    ):
        plain = list(make().build(Corpus(path)).lines())
        for memory, workers in ((16_000, 1), (20_000, 3)):
            how = {"memory": memory, "workers": workers, "temp_dir": tmp_path}
            assert list(make(**how).build(Corpus(path)).lines()) == plain
    assert [file.name for file in tmp_path.iterdir()] == ["corpus.txt"]


@pytest.mark.parametrize("builder", [PmiLexiconBuilder, EntropyLexiconBuilder])
def test_the_smallest_budget_that_works(builder: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The budgets that refusals name are enough after a few steps."""
    monkeypatch.setattr("nlp_zero.counting.selectable.FREE_BYTES", 0)
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(made_up(1500)), encoding="utf-8")
    plain = builder().build(Corpus(path))
    memory, refused = 16_000, 0
    for _ in range(4):
        try:
            lexicon = builder(memory=memory).build(Corpus(path))
            break
        except StorageError as error:
            message = str(error)
            found = re.findall(r"give at least ([\d,]+) bytes, or leave", message)
            needed = int(found[0].replace(",", ""))
        assert needed > memory
        memory, refused = needed, refused + 1
    assert 1 <= refused <= 3
    assert lexicon == plain


def test_no_room_for_links(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    counts = NgramCounter(order=4, memory=20_000).update(made_up(100)).freeze()

    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(StorageError, match=re.escape(str(tmp_path)) + ": no room is left.*; make room, or name"):
        LinkedTree(counts, Resources(memory="1M", temp_dir=tmp_path))


def test_pieces_are_counted_together() -> None:
    """Counters of several threads share one table; frequent and long pieces are counted right all the same."""
    texts = [*made_up(500), "一二三" * 5000 + "，" + "丁丂" * 900]
    counts = NgramCounter(order=3).update(texts).freeze()
    patterns = LinkedTree(counts).select(1, (0.0, 0.0, 0.0)).patterns
    alone = PieceCounter(alphabet_of(counts), patterns)
    together = [first := PieceCounter(alphabet_of(counts), patterns), first.another(), first.another()]
    for k, text in enumerate(texts):
        alone.add(text)
        together[k % 3].add(text)
    for other in together[1:]:
        first.merge(other)
    assert first.tokens == alone.tokens
    assert all(np.array_equal(x, y) for x, y in zip(first.counts(), alone.counts(), strict=True))
    assert all(np.array_equal(x, y) for x, y in zip(first.longer(1), alone.longer(1), strict=True))
    with pytest.raises(ValueError, match="another"):
        first.merge(alone)


def test_impossible_patterns_are_refused() -> None:
    one, none = np.array([1], np.uint32), np.zeros(0, np.uint32)
    yes = np.ones(1, np.uint8)
    for levels, edges, message in (
        ([(one + 7, none, yes)], 0, "symbol"),
        ([(one, none, yes), (one, one + 8, yes)], 1, "prefix"),
        ([(one, none, yes), (one, one - 1, yes)], 0, "announced"),
        ([(one, none, np.ones(2, np.uint8))], 0, "lengths"),
    ):
        with pytest.raises(ValueError, match=message):
            Patterns(levels, edges, 2)


def test_single_symbols_that_occur_more_than_32_bits_can_count() -> None:
    """Counts that double when they are merged with themselves; PMI does not change by powers of two, by one bit."""
    doublings = 22
    texts = ["一，" * 4000, "一二三一二，三二一二。一二三四" * 40]
    small = NgramCounter(order=3).update(texts).freeze()
    large = small
    for _ in range(doublings):
        large = large.merge(large)
    assert large["一"] == small["一"] << doublings > 1 << 32
    few, many = LinkedTree(small), LinkedTree(large)
    assert many.symbol_counts().tolist() == [n << doublings for n in few.symbol_counts().tolist()]
    for n in (1, 2, 3):
        assert many.counts.texts(n, places(large, n)) == few.counts.texts(n, places(small, n))
        if n > 1:
            assert many.pmi(n, places(large, n)).tolist() == few.pmi(n, places(small, n)).tolist()
    length = np.repeat(np.array([1, 2], np.uint32), [large.types(1), large.types(2)])
    node = np.concatenate([places(large, 1), places(large, 2)])
    counts, pmi, _, right = many.measure(length, node)
    assert counts.tolist() == [large[x] for n in (1, 2) for x in many.counts.texts(n, places(large, n))]
    assert pmi.tolist() == few.measure(length, node)[1].tolist()
    after = [large["一" + symbol] for symbol in large.symbols]
    total = large["一"]
    ends = total - sum(after)  # all different
    expected = -sum(n / total * np.log(n / total) for n in after if n) + ends / total * np.log(total)
    place = many.counts.texts(1, places(large, 1)).index("一")
    assert right[place] == pytest.approx(expected, rel=1e-12)
    assert many.branching_entropies(1, places(large, 1))[1][place] == right[place]
    for mine, its in zip(
        many.select(3 << doublings, [0, 0.5, 0.5]).nodes, few.select(3, [0, 0.5, 0.5]).nodes, strict=True
    ):
        assert mine.tolist() == its.tolist()


def test_pieces_that_occur_more_than_32_bits_can_count() -> None:
    counts = NgramCounter(order=2).update(["春天，夏天，春天，秋天"] * 3).freeze()
    tree = LinkedTree(counts)
    selection = tree.select(2, [0, 0])
    counter = PieceCounter(tree.alphabet, selection.patterns)
    counter.add("春天，夏天，春天，秋天")
    tokens, slots, times, longer, symbols = counter.state()
    total = [column.astype(np.int64) for column in counter.counts()]
    near = (1 << 32) - 2
    for _ in range(3):
        counter.add_state((tokens, slots, times * np.uint64(near), longer, symbols))
    counter.add("春天，夏天，春天，秋天\n" * 5)
    for mine, one in zip(counter.counts(), total, strict=True):
        assert mine.dtype == np.uint64
        assert mine.tolist() == [n * (1 + 3 * near + 5) for n in one.tolist()]
    state = counter.state()
    other = PieceCounter(tree.alphabet, selection.patterns)
    other.add_state(add_states([state, state], (PieceCounter, ())))
    for mine, one in zip(other.counts(), counter.counts(), strict=True):
        assert mine.tolist() == [2 * n for n in one.tolist()]
