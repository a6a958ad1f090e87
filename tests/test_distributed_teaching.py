"""Words in the convention of examples, learnt on a cluster, against the same from one process."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_zero import Corpus, EntropyLexiconBuilder, PmiLexiconBuilder, distributed
from nlp_zero._kernels.teaching import ContextMeans, Dictionary, Field
from nlp_zero.builders import BayesLexiconBuilder
from nlp_zero.builders.describe import look_up_words
from nlp_zero.builders.teaching import GapStatistics
from nlp_zero.cli import main
from nlp_zero.distributed import reduce, tasks
from nlp_zero.distributed.corpus import DistributedCorpus

from .dying import die_twice
from .test_distributed_ranges import Immediate, assert_same

SAMPLE = Path("corpora/sample.txt")
LINES = SAMPLE.read_text(encoding="utf-8").splitlines()
OWN = [" ".join(line[k : k + 2] for k in range(0, len(line), 2)) for line in LINES[:60:3]]
FOREIGN = ["丁丂 青石镇 的 龘靐 来 了", "青石镇 的 龘靐 又 来 了"]


def distribute(part_size: int = 8000) -> tuple[DistributedCorpus, Immediate]:
    """The sample as a corpus of several parts, whose tasks run at once, in this process."""
    client = Immediate()
    return DistributedCorpus(Corpus(SAMPLE), client, part_size=part_size), client


@pytest.fixture
def at_once(monkeypatch) -> None:
    monkeypatch.setattr(reduce, "raise_failures", lambda futures: futures.clear())
    monkeypatch.setattr(reduce, "choose_ranges", lambda *_: 40)


@pytest.mark.parametrize("examples", [OWN, OWN + FOREIGN])
@pytest.mark.parametrize("reference", [2_000_000, 3000])
@pytest.mark.parametrize(
    "builder",
    [
        PmiLexiconBuilder(min_pmi=2.5),
        PmiLexiconBuilder(order=3, min_count=1, deduplicate=True),
        EntropyLexiconBuilder(),
        EntropyLexiconBuilder(max_length=2, alnum="split"),
    ],
)
def test_taught_words_of_ranges(at_once, monkeypatch, builder, reference, examples) -> None:
    """The count tree stays in ranges, and the text is cut in parts."""
    monkeypatch.setattr("nlp_zero.builders.teaching.corpus.REFERENCE_SYMBOLS", reference)
    monkeypatch.setattr("nlp_zero.distributed.ranged.PAIRS", 500)
    texts, client = distribute()
    there = builder.build(texts, examples=examples, known_words=["青石镇", "柳河大桥"])
    assert_same(there, builder.build(Corpus(SAMPLE), examples=examples, known_words=["青石镇", "柳河大桥"]))
    assert ("龘靐" in there) == (examples is not OWN)
    assert "close_range" not in client.calls  # the tree was not collected
    assert client.calls.count("keep_range") > 20
    assert client.calls.count("run_part") >= 3 * len(texts.parts)  # lines of examples, reference, cut


def test_the_reference_does_not_depend_on_blocks_and_parts(monkeypatch) -> None:
    monkeypatch.setattr("nlp_zero.builders.teaching.corpus.REFERENCE_SYMBOLS", 3000)
    builder = PmiLexiconBuilder(min_pmi=2.5)
    whole = builder.build(Corpus(SAMPLE), examples=OWN)
    assert_same(builder.build(Corpus(SAMPLE, block_size=1000), examples=OWN), whole)
    assert_same(builder.build(LINES, examples=OWN), whole)
    assert_same(PmiLexiconBuilder(min_pmi=2.5, workers=3).build(Corpus(SAMPLE), examples=OWN), whole)


@pytest.mark.parametrize(("order", "min_count"), [(3, 2), (4, 1)])
def test_statistics_of_gaps_in_ranges(at_once, order, min_count) -> None:
    """Pairs that occur once are not asked for: their statistics are known."""
    texts, _ = distribute()
    there = texts.open_passes([texts], alnum="token", resources=None).count_selectable(order, min_count)  # type: ignore[arg-type]
    here = reduce.CorpusPasses(Corpus(SAMPLE)).count_tree(order, min_count)
    text = here.alphabet.encode(SAMPLE.read_text(encoding="utf-8"))
    assert GapStatistics(there).measure(text).tobytes() == GapStatistics(here).measure(text).tobytes()
    some = [text[:300], text[900:1000]]
    assert GapStatistics(there, some).measure(text).tobytes() == GapStatistics(here, some).measure(text).tobytes()


def test_words_are_looked_up_in_ranges(at_once) -> None:
    """Words of any length and in any order, and words that the tree lacks."""
    texts, _ = distribute()
    there = texts.open_passes([texts], alnum="token", resources=None).count_selectable(3)  # type: ignore[arg-type]
    here = reduce.CorpusPasses(Corpus(SAMPLE)).count_tree(3, min_count=2)
    words = [line[k : k + n] for n in (2, 5, 1, 3) for line in LINES[:40] for k in (0, 4) if line[k : k + n].isalpha()]
    words = list(dict.fromkeys([*words, "镇镇", "青镇石"]))
    tokens = np.arange(len(words))
    found, expected = look_up_words(there, words, tokens), look_up_words(here, words, tokens)
    assert found.length.tolist() == expected.length.tolist()
    assert found.ids.tolist() == expected.ids.tolist()
    assert found.deep.tolist() == expected.deep.tolist()
    for own, other in zip(
        there.measure(found.length, found.node), here.measure(expected.length, expected.node), strict=True
    ):
        assert own.tobytes() == other.tobytes()
    assert not len(there.find([])[0])


def test_what_a_teacher_has_learnt_can_be_sent() -> None:
    rng = np.random.default_rng(1)
    text = np.append(rng.integers(0, 9, 5000), 0).astype(np.uint32)
    runs = np.array([[k, k + 9] for k in range(0, 4990, 10)], np.uint64)
    field = Field([[], [(0, 0)], [(0, -1), (0, 1)]], 12)
    field.learn(text[None], runs, rng.choice([1, 8, 15], len(text)).astype(np.uint8), epochs=2, rate=0.1)
    means = ContextMeans(-2, 1)
    means.add(text, rng.random(len(text), np.float32), np.zeros(len(text), np.uint8))
    words = Dictionary(np.array([1, 2, 0, 3, 4, 5, 0], np.uint32))

    def apply(field: Field) -> bytes:
        out = np.ones(len(text), np.float32)
        field.begins(text[None], runs, out)
        return out.tobytes()

    calls: list[tuple[Any, Callable[[Any], bytes]]] = [
        (field, apply),
        (means, lambda means: means.mean(text).tobytes()),
        (words, lambda words: words.find(text).tobytes()),
    ]
    for one, use in calls:
        assert use(pickle.loads(pickle.dumps(one))) == use(one)
    again = pickle.loads(pickle.dumps(means))
    for other in (means, again):  # it can go on
        other.add(text[::-1].copy(), np.ones(len(text), np.float32), np.zeros(len(text), np.uint8))
    assert again.mean(text).tobytes() == means.mean(text).tobytes()


# --- a real cluster ------------------------------------------------------------------------------------------------

forks = pytest.mark.skipif("libasan" in os.environ.get("LD_PRELOAD", ""), reason="forks under AddressSanitizer")


@pytest.fixture
def small_parts(monkeypatch) -> None:
    monkeypatch.setattr("nlp_zero.distributed.corpus.choose_part_size", lambda *_: 2500)
    monkeypatch.setattr(reduce, "WHOLE_THREADS", 0)
    monkeypatch.setattr(reduce, "RANGE_BYTES", 3000)


def write_examples(folder: Path) -> str:
    path = folder / "cut.txt"
    path.write_text("\n".join(OWN + FOREIGN) + "\n", encoding="utf-8")
    return str(path)


@forks
@pytest.mark.parametrize("method", [["pmi"], ["entropy"], ["bayes", "--seed", "1"]])
def test_the_command_on_a_cluster(four_workers, tmp_path, small_parts, method) -> None:
    there = ["--scheduler", four_workers.scheduler.address]
    command = ["build-vocab", str(SAMPLE), "--method", *method, "--examples", write_examples(tmp_path), "-q"]
    assert main([*command, "-o", str(tmp_path / "here.tsv")]) == 0
    assert main([*command, "-o", str(tmp_path / "there.tsv"), *there]) == 0
    assert (tmp_path / "there.tsv").read_bytes() == (tmp_path / "here.tsv").read_bytes()


@forks
@pytest.mark.parametrize("phase", ["_TaughtCounter.count", "work_on_range"])
def test_two_of_four_workers_die_while_text_is_taught(four_workers, tmp_path, small_parts, monkeypatch, phase) -> None:
    """They die with a part that was cut, or with what a range has found."""
    (tmp_path / "calls").mkdir()
    name = "run_part" if phase == "_TaughtCounter.count" else phase
    usual = getattr(tasks, name)
    dying = die_twice(usual, tmp_path / "calls")

    def die_in_phase(one: Any, shared: Any, *arguments: Any) -> Any:  # a local function, which Dask sends by value
        chosen = phase in ("work_on_range", shared[0].__qualname__)
        return (dying if chosen else usual)(one, shared, *arguments)

    monkeypatch.setattr(tasks, name, die_in_phase)
    workers = set(four_workers.run(os.getpid).values())
    texts = distributed.distribute(SAMPLE, client=four_workers)
    there = PmiLexiconBuilder().build(texts, examples=OWN + FOREIGN)
    assert len(workers - set(four_workers.run(os.getpid).values())) == 2
    assert len(os.listdir(tmp_path / "calls")) > 7
    assert_same(there, PmiLexiconBuilder().build(Corpus(SAMPLE), examples=OWN + FOREIGN))


@forks
def test_bayes_samples_on_the_cluster_with_lines_that_the_corpus_lacks(four_workers, small_parts) -> None:
    builder = BayesLexiconBuilder(sample=2000)
    texts = distributed.distribute(SAMPLE, client=four_workers)
    assert_same(builder.build(texts, examples=OWN + FOREIGN), builder.build(Corpus(SAMPLE), examples=OWN + FOREIGN))
