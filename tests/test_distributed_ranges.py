"""Words from a count tree in ranges, against the same from a tree in one piece; tasks run at once, in this process."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import Corpus, EntropyLexiconBuilder, PmiLexiconBuilder
from nlp_zero._utils.arrays import SUM_BITS, sum_exactly
from nlp_zero.corpus import slice_corpus
from nlp_zero.counting.resources import Resources
from nlp_zero.distributed import reduce, shuffle, tasks
from nlp_zero.distributed.subtrees import NgramTree, cut_tree

SAMPLE = Path("corpora/sample.txt")


class Done:
    """A future of a task that has run."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def result(self) -> Any:
        return self.value


def resolve(argument: Any) -> Any:
    if isinstance(argument, list | tuple) and not hasattr(argument, "_fields"):
        return type(argument)(map(resolve, argument))
    return argument.value if isinstance(argument, Done) else argument


class Immediate:
    """A client that runs tasks when they are submitted."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def submit(self, work: Any, *arguments: Any, **options: Any) -> Done:
        self.calls.append(options.get("key", "").split("-")[0])
        return Done(work(*map(resolve, arguments)))

    def map(self, work: Any, *columns: Any, key: list[str], **options: Any) -> list[Done]:
        return [self.submit(work, *row, key=one) for one, row in zip(key, zip(*columns, strict=True), strict=True)]

    def nthreads(self) -> dict[str, int]:
        return {"here": 3}

    def wait_for_workers(self, *_: Any, **__: Any) -> None:
        pass


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch) -> None:
    monkeypatch.setattr(reduce, "raise_failures", lambda futures: futures.clear())


def build_taught(builder: Any, path: Path, examples: list[str], *, split: bool) -> Any:
    corpus = Corpus(path)
    passes = reduce.ClusterPasses(Immediate(), [corpus], slice_corpus(corpus, 8000), split=split)
    return builder.build(passes, examples=examples)


def build(builder: PmiLexiconBuilder, path: Path, part_size: int, ranges: int) -> tuple[Any, Immediate]:
    client, corpus = Immediate(), Corpus(path)
    parts = slice_corpus(corpus, part_size)
    passes = reduce.ClusterPasses(client, [corpus], parts, split=True, alnum=builder.alnum, resources=Resources())
    passes.ranges = ranges
    return builder.build(passes), client


def assert_same(there: Any, here: Any) -> None:
    assert there == here
    assert there.meta == here.meta
    for name, column in here.scores.items():
        assert there.scores[name].tobytes() == column.tobytes(), name


@pytest.mark.parametrize(
    ("builder", "ranges"),
    [
        (PmiLexiconBuilder(min_pmi=2.5), 40),
        (PmiLexiconBuilder(min_pmi=-5, min_count=1), 300),
        (PmiLexiconBuilder(order=2, min_pmi=1, deduplicate=True), 60),
        (PmiLexiconBuilder(order=3, min_pmi=1.5), 1),
        (PmiLexiconBuilder(order=6, min_pmi=1, min_count=2, alnum="join"), 100),
        (EntropyLexiconBuilder(), 40),
        (EntropyLexiconBuilder(max_length=3, alnum="join"), 120),
        (EntropyLexiconBuilder(max_length=1), 60),
        (EntropyLexiconBuilder(max_length=6, min_count=1), 5),
    ],
)
def test_words_of_ranges(builder, ranges, monkeypatch) -> None:
    monkeypatch.setattr("nlp_zero.distributed.ranged.CANDIDATE_NGRAMS", 300)
    monkeypatch.setattr(shuffle, "DIRECT_PICKS", 150)
    there, client = build(builder, SAMPLE, 8000, ranges)
    assert_same(there, builder.build(Corpus(SAMPLE)))
    assert client.calls.count("keep_range") == client.calls.count("merge_range") > ranges // 2
    assert "close_range" not in client.calls  # the tree was not collected
    everywhere = ranges > (12 if isinstance(builder, EntropyLexiconBuilder) else 40)  # ranges exchange n-grams, too
    assert ("regroup" in client.calls) == everywhere


@pytest.mark.parametrize("builder", [PmiLexiconBuilder(min_pmi=2.5), EntropyLexiconBuilder()])
@pytest.mark.parametrize("split", [False, True])
def test_examples_that_the_corpus_lacks_are_counted(builder, split) -> None:
    text = SAMPLE.read_text(encoding="utf-8").splitlines()[0]
    examples = ["丁丂 " + " ".join(text[k : k + 2] for k in range(0, 40, 2))] + ["青石镇 的 龘靐 来 了"] * 2
    there = build_taught(builder, SAMPLE, examples, split=split)
    assert "龘靐" in there
    assert_same(there, builder.build(Corpus(SAMPLE), examples=examples))


def test_counts_of_64_bits(monkeypatch) -> None:
    """Counts of a text that is 2**33 times as long have the same PMI, bit for bit."""

    def scale(work: Any, position: int) -> Any:
        def scaled(*arguments: Any) -> Any:
            first, second = work(*arguments)
            if position:
                return first, [total << 33 for total in second]
            return [(ids, times.astype(np.uint64) << np.uint64(33), ends) for ids, times, ends in first], second

        return scaled

    def select(order: int = 4) -> tuple[Any, Any, list[Any]]:
        client, corpus = Immediate(), Corpus(SAMPLE)
        passes = reduce.ClusterPasses(client, [corpus], slice_corpus(corpus, 8000), split=True)
        tree = passes.count_selectable(order)
        nodes = tree.select(2, (0, 1.5, 2, 3)).nodes
        length = np.concatenate([np.full(len(here), n, np.uint32) for n, here in enumerate(nodes, 1)])
        return tree.counts, nodes, tree.measure(length, np.concatenate(nodes))

    counts, nodes, (times, pmi, *_) = select()
    monkeypatch.setattr(tasks, "keep_range", scale(tasks.keep_range, 0))
    monkeypatch.setattr(tasks, "describe_range", scale(tasks.describe_range, 1))
    more_counts, more_nodes, (more_times, more_pmi, *entropies) = select()
    assert more_counts.total(1) == counts.total(1) << 33
    assert [here.tolist() for here in more_nodes] == [here.tolist() for here in nodes]
    assert len(nodes[3]) > 10
    assert more_times.tolist() == [count << 33 for count in times.tolist()]
    assert more_pmi.tobytes() == pmi.tobytes()
    assert np.isfinite(entropies[0][: len(nodes[0])]).all()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 5),
    st.integers(1, 4),
    st.floats(-2, 3),
    st.integers(1, 60),
    st.integers(2, 5),
    st.integers(0, 2**32),
)
def test_words_of_any_text(tmp_path_factory, order, min_count, min_pmi, ranges, letters, seed) -> None:
    """Few symbols and many repetitions: ranges are cut anywhere in an n-gram."""
    path = tmp_path_factory.getbasetemp() / "random.txt"
    rng = random.Random(seed)
    words = ["".join(rng.choices("一二三四五"[:letters], k=rng.randrange(1, 5))) for _ in range(6)]
    lines = ["".join(rng.choices(words, k=rng.randrange(1, 8))) for _ in range(40)]
    path.write_text("\n".join(lines), encoding="utf-8")
    pmi = PmiLexiconBuilder(order=order, min_pmi=min_pmi, min_count=min_count)
    for builder in (pmi, EntropyLexiconBuilder(max_length=order - 1, min_count=min_count)):
        assert_same(build(builder, path, 400, ranges)[0], builder.build(Corpus(path)))


@given(st.lists(st.floats(-4e6, 4e6), max_size=40), st.randoms(use_true_random=False))
def test_sums_do_not_depend_on_the_order(values: list[float], rng: random.Random) -> None:
    total = sum_exactly(np.array(values))
    assert abs(total - sum(map(Fraction, values)) * (1 << SUM_BITS)) <= len(values) / 2
    rng.shuffle(values)
    half = len(values) // 2
    assert sum_exactly(np.array(values)) == total
    assert sum_exactly(np.array(values[:half])) + sum_exactly(np.array(values[half:])) == total


@given(st.lists(st.tuples(*[st.integers(1, 3)] * 3), max_size=30), st.tuples(*[st.integers(0, 3)] * 3))
def test_cut_tree(ngrams: list[tuple[int, ...]], bound: tuple[int, ...]) -> None:
    """Both sides of a bound have all n-grams between them, and their beginnings."""
    if 0 in bound:
        bound = (*bound[: bound.index(0)], *(0,) * (3 - bound.index(0)))
    ngrams = [*ngrams, (1, 1, 1), (2, 2, 2), (3, 3, 3)]
    levels = [sorted({ngram[: n + 1] for ngram in ngrams}) for n in range(3)]
    ends = [
        np.array([sum(child[: n + 1] <= parent for child in levels[n + 1]) for parent in levels[n]], np.uint32)
        for n in range(2)
    ]
    tree = NgramTree([np.array([x[-1] for x in level], np.uint32) for level in levels], [*ends, np.zeros(0, np.uint32)])
    everything = (0, 0, 0), (4, 0, 0)
    for low, high in ((everything[0], bound), (bound, everything[1])):
        part, slices = cut_tree(tree, low, high)
        for n, where in enumerate(slices):
            padded = [(*x, *(0,) * (2 - n)) for x in levels[n]]
            inside = {x for x, full in zip(levels[n], padded, strict=True) if low <= full < high}
            found = set(levels[n][where])
            assert inside <= found
            assert all(x == low[: n + 1] for x in found - inside)
        for n in range(2):
            parents, children = levels[n][slices[n]], levels[n + 1][slices[n + 1]]
            assert part.ends[n].tolist() == [sum(c[: n + 1] <= p for c in children) for p in parents]
