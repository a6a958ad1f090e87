"""The Bayesian builder: its sampler against enumeration, and what it learns."""

from __future__ import annotations

import math
import random
import re
import zlib
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import nlp_zero.builders.bayes.builder as builder_module
import nlp_zero.builders.bayes.recounting as recounting
import nlp_zero.builders.bayes.sampling as sampling
import nlp_zero.builders.bayes.text as text_module
from nlp_zero import CorpusError
from nlp_zero._kernels.bayes import Cutter, Sampler
from nlp_zero.builders import BayesLexiconBuilder, select_discovered
from nlp_zero.builders.phrases import PhraseBuilder
from nlp_zero.cli import main
from nlp_zero.errors import CheckpointError, FormatError
from tests.reference.bayes import PlainModel, Token, best_unigram_score

LENGTHS = (0.2, 0.6, 0.2)
TOY = [(1, 2, 1, 2), (1, 2, 3), (3, 1, 2, 2, 1), (2, 3), (1, 1, 2, 3)]


def encoded(runs: list[tuple[int, ...]]) -> np.ndarray:
    return np.array([s for run in runs for s in (*run, 0)], np.uint32)


def sentences(text: np.ndarray, length: np.ndarray, cls: np.ndarray) -> list[list[Token]]:
    out: list[list[Token]] = [[]]
    for i, s in enumerate(text.tolist()):
        if not s:
            out.append([])
        elif length[i]:
            out[-1].append((tuple(text[i : i + length[i]].tolist()), int(cls[i])))
    return out[:-1]


def toy(classes: int, hyper: dict[str, float], lengths: tuple[float, ...] = LENGTHS) -> tuple[np.ndarray, Sampler]:
    text = encoded(TOY)
    sampler = Sampler(text, classes, lengths, hyper, 5)
    random.seed(3)
    length, cls = np.zeros(len(text), np.uint8), np.zeros(len(text), np.uint8)
    at = 0
    for run in TOY:
        end = at + len(run)
        for _ in run:
            if at < end:
                n = random.randint(1, min(end - at, len(lengths)))
                length[at], cls[at] = n, random.randrange(classes)
                at += n
        at += 1
    sampler.set_state(length, cls)
    sampler.load()
    return text, sampler


@pytest.mark.parametrize("classes", [1, 2])
def test_conditional_equals_enumeration(classes: int) -> None:
    """Sampled frequencies and exact marginals of one run given all others, against the plain model."""
    hyper = {"d": 0.5, "theta": 2.0, "d1": 0.6, "theta1": 3.0, "chain": 4.0, "ratio": 5.0, "spelling": 2.0}
    text, sampler = toy(classes, hyper)
    before = sentences(text, *sampler.state)
    sampler.begin_sweep(1, 0, first_average=True)
    begin, end = sampler.stretch(0)
    run = tuple(text[begin:end].tolist())
    which = int((text[:begin] == 0).sum())
    others = before[:which] + before[which + 1 :]
    symbols = Counter(s for r in TOY for s in r)
    exact = PlainModel(others, before, symbols, classes, LENGTHS, hyper).posterior(run)
    sampler.take_out(0, 1)
    draws = 20_000
    seen: Counter[tuple[Token, ...]] = Counter()
    for k in range(draws):
        sampler.sample(0, 1, 7, k, False)
        length, cls = sampler.state
        seen[tuple(sentences(text, length, cls)[which])] += 1
    distance = sum(abs(seen[path] / draws - p) for path, p in exact.items()) / 2
    # each path adds about sqrt(p / (2 pi n)) to the expected distance; 1.6 times that is very unlikely
    bound = 1.6 * sum(math.sqrt(p * (1 - p) / (2 * math.pi * draws)) for p in exact.values())
    assert distance < bound
    assert set(seen) <= set(exact)
    sampler.sample(0, 1, 7, 0, True)
    spans: Counter[tuple[int, int]] = Counter()
    for path, p in exact.items():
        at = 0
        for w, _ in path:
            spans[at, len(w)] += p  # type: ignore[assignment]
            at += len(w)
    for (at, n), p in spans.items():
        assert sampler.marginals[n - 1, begin + at] == pytest.approx(p, rel=1e-4)


@pytest.mark.parametrize("classes", [2, 64, 70, 140, 255])
def test_marginals_of_any_number_of_classes_cover_each_symbol_once(classes: int) -> None:
    """Rows of more than 64 classes are added up in several groups."""
    text, sampler = toy(classes, builder_module.HYPERPARAMETERS)
    stretches, _ = sampler.begin_sweep(1, 0, first_average=True)
    for k in range(stretches):
        sampler.take_out(k, k + 1)
        sampler.sample(k, k + 1, 1, k, True)
        sampler.put_in(k, k + 1)
    covered = np.zeros(len(text))
    for n in range(1, len(LENGTHS) + 1):
        for k in range(n):
            covered[k:] += sampler.marginals[n - 1, : len(text) - k]
    assert covered == pytest.approx((text > 0).astype(float), abs=1e-4)


def test_counts_match_the_segmentation_after_many_sweeps() -> None:
    """Removing and adding stretches many times leaves the counts of the current segmentation."""
    text, sampler = toy(2, builder_module.HYPERPARAMETERS)
    for sweep in range(50):
        size, _ = sampler.begin_sweep(5, sweep)
        for k in range(size):
            sampler.take_out(k, k + 1)
            sampler.sample(k, k + 1, 5, sweep, False)
            sampler.put_in(k, k + 1)
    state = sentences(text, *sampler.state)
    assert [tuple(s for w, _ in line for s in w) for line in state] == TOY
    assert sampler.types == len({w for line in state for w, _ in line})
    assert sampler.tokens == sum(map(len, state))
    _, lengths, counts = sampler.words()
    assert int(counts.sum()) == sampler.tokens
    assert int((lengths * counts).sum()) == sum(map(len, TOY))


def test_rounds_in_one_call_are_the_same_as_single_ones() -> None:
    samplers = [toy(2, builder_module.HYPERPARAMETERS)[1] for _ in range(2)]
    for sweep in range(4):
        average = sweep > 1
        sizes = {sampler.begin_sweep(5, sweep, first_average=sweep == 2) for sampler in samplers}
        ((size, fence),) = sizes
        bounds = [*range(0, fence, 2), *range(fence, size, 2), size]
        samplers[0].sample_rounds(bounds, 5, sweep, average)
        for begin, end in pairwise(bounds):
            samplers[1].take_out(begin, end)
            samplers[1].sample(begin, end, 5, sweep, average)
            samplers[1].put_in(begin, end)
    together, single = samplers
    assert [array.tolist() for array in together.state] == [array.tolist() for array in single.state]
    assert together.marginals.tolist() == single.marginals.tolist()
    assert together.types == single.types


def planted(size: int) -> tuple[list[str], set[str]]:
    rng = random.Random(11)
    characters = [chr(0x4E00 + k) for k in range(1200)]
    words = ["".join(rng.choices(characters, k=rng.choices((1, 2, 3, 4), (5, 60, 25, 10))[0])) for _ in range(1500)]
    words = list(dict.fromkeys(words))
    weights = [1 / (k + 1) for k in range(len(words))]
    texts, used, total = [], set(), 0
    for _ in range(size):  # a line has at least three characters
        if total >= size:
            break
        line = rng.choices(words, weights, k=rng.randint(3, 12))
        used.update(line)
        texts.append("".join(line))
        total += len(texts[-1])
    return texts, used


def test_planted_lexicon_is_recovered() -> None:
    texts, used = planted(100_000)
    lexicon = BayesLexiconBuilder().build(texts)
    right = len(used & set(lexicon.words))
    precision, recall = right / len(lexicon), right / len(used)
    assert 2 * precision * recall / (precision + recall) >= 0.95
    assert lexicon.total == lexicon.meta.tokens
    shown = select_discovered(lexicon)
    assert 0 < len(shown) < len(lexicon)
    assert min(map(len, shown.words)) > 1


def test_golden_lexicon_with_and_without_wide_registers() -> None:
    """The debug build does not use 256-bit registers; both builds must find exactly this lexicon."""
    lexicon = BayesLexiconBuilder(seed=4, classes=20, join_words=False).build(planted(8_000)[0])
    words = repr(list(zip(lexicon.words, lexicon.counts.tolist(), strict=True)))
    assert lexicon.top(5) == ["傟剕", "偡僀", "偦僳", "买佬乬", "兀串劚"]
    assert (len(lexicon), lexicon.meta.sweeps, lexicon.meta.tokens) == (813, 11, 3393)
    assert zlib.crc32(words.encode()) == 0xEFC293B5


@pytest.mark.parametrize("slice_symbols", [900_000, 3_000])
def test_same_seed_same_lexicon_for_any_workers(slice_symbols: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "SLICE_SYMBOLS", slice_symbols)
    texts, _ = planted(8_000)
    first = BayesLexiconBuilder(seed=4).build(texts)
    assert first == BayesLexiconBuilder(seed=4).build(texts)
    for workers in (2, 3, 7):
        assert first == BayesLexiconBuilder(seed=4, workers=workers).build(texts)
    assert first != BayesLexiconBuilder(seed=5).build(texts)


def test_slices_are_whole_runs_of_equal_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that is learnt in slices has the words of all slices, and every symbol is in a word."""
    monkeypatch.setattr(text_module, "SLICE_SYMBOLS", 1_000)
    rng = np.random.default_rng(3)
    for runs in (1, 2, 400):
        text = np.concatenate([[0], *[np.append(rng.integers(1, 9, rng.integers(1, 30)), 0) for _ in range(runs)]])
        slices = text_module.split_text(text.astype(np.uint32))
        assert np.array_equal(np.concatenate(slices), text)
        assert all(one[-1] == 0 for one in slices)
        sizes = [np.count_nonzero(one) for one in slices]
        assert len(slices) == min(runs, max(1, round(sum(sizes) / 1_000)))
        assert max(sizes) - min(sizes) <= 60
    texts, used = planted(40_000)
    monkeypatch.setattr(text_module, "SLICE_SYMBOLS", 12_000)
    lexicon = BayesLexiconBuilder().build(texts)
    assert sum(len(w) * n for w, n in zip(lexicon.words, lexicon.counts.tolist(), strict=True)) == sum(map(len, texts))
    assert sum(w in used for w in lexicon.top(200)) > 180


def test_long_runs_do_not_underflow() -> None:
    """One run of 30,000 symbols: stretches of it are sampled, and all numbers stay finite."""
    rng = random.Random(2)
    text = "".join(rng.choices(["青石镇", "柳河", "茶", "望江楼", "早晨"], k=14_000))[:30_000]
    lexicon = BayesLexiconBuilder().build([text])
    assert {"青石镇", "柳河", "望江楼", "早晨"} <= set(lexicon.words)
    assert sum(len(w) * n for w, n in zip(lexicon.words, lexicon.counts.tolist(), strict=True)) == len(text)
    symbols = np.append(np.arange(1, 399, dtype=np.uint32), 0).astype(np.uint32)  # every symbol once, one stretch
    sampler = Sampler(symbols, 4, LENGTHS, builder_module.HYPERPARAMETERS, 5)
    sampler.cut_by_entropy(3, 1.0)
    sampler.load()
    sampler.begin_sweep(0, 0, first_average=True)
    sampler.take_out(0, 1)
    sampler.sample(0, 1, 0, 0, True)
    covered = np.zeros(len(symbols))
    for n in range(1, 4):
        for k in range(n):
            covered[k:] += sampler.marginals[n - 1, : len(symbols) - k]
    assert covered[:-1] == pytest.approx(np.ones(398), abs=1e-3)


@pytest.mark.parametrize("texts", [["一"], ["一二三四五六七八九十"], ["的" * 3000], ["一\n\n二"], ["abc 12", "word"],
                                   ["あいうえお", "かきくけこ" * 3]])  # fmt: skip
@pytest.mark.parametrize("alnum", ["token", "join", "split"])
def test_unusual_corpora(texts: list[str], alnum: str) -> None:
    builder = BayesLexiconBuilder(alnum=alnum, max_length=6)
    if alnum == "token" and texts[0].startswith("abc"):
        with pytest.raises(CorpusError, match="no countable text"):
            builder.build(texts)
        return
    lexicon = builder.build(texts)
    assert len(lexicon)
    assert all(math.isfinite(getattr(lexicon.meta, name)) for name in ("entropy_before", "entropy_after"))
    with pytest.raises(CorpusError, match="no countable text"):
        builder.build(["，。"])


def test_sample_counts_the_whole_corpus() -> None:
    texts, used = planted(40_000)
    characters = sum(map(len, texts))
    lexicon = BayesLexiconBuilder(sample=20_000).build(texts)
    assert sum(len(w) * n for w, n in zip(lexicon.words, lexicon.counts.tolist(), strict=True)) == characters
    assert set("".join(texts)) - set("".join(lexicon.words)) == set()
    assert sum(w in used for w in lexicon.top(200)) > 180
    assert lexicon == BayesLexiconBuilder(sample=20_000, workers=3).build(texts)


def test_a_sample_finds_new_words_in_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, used = planted(40_000)
    build = BayesLexiconBuilder(sample=10_000).build
    long = {word for word in used if len(word) > 1}
    found = len(long & set(build(texts).words))
    monkeypatch.setattr(recounting, "MAX_REMEMBERED_WORDS", 1500)
    frugal = len(long & set(build(texts).words))  # rare new words are left out
    monkeypatch.setattr(recounting, "new_words", lambda counts, total: (0.0, 0.0))
    learnt = len(long & set(build(texts).words))
    assert found > frugal > learnt


def test_interrupt_keeps_the_last_state(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, _ = planted(4_000)
    sweep = sampling.TextSlice.sweep

    def interrupted(self, *args, **options):
        if self.sweeps == 2:
            raise KeyboardInterrupt
        sweep(self, *args, **options)

    monkeypatch.setattr(sampling.TextSlice, "sweep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        BayesLexiconBuilder().build(texts)
    lexicon = BayesLexiconBuilder(keep_on_interrupt=True).build(texts)
    assert lexicon.meta.interrupted is True
    assert lexicon.meta.sweeps == 2
    assert sum(len(w) * n for w, n in zip(lexicon.words, lexicon.counts.tolist(), strict=True)) == sum(map(len, texts))
    monkeypatch.undo()
    resumed = BayesLexiconBuilder().build(texts, start=lexicon)
    assert not resumed.meta.interrupted


def test_time_limit_and_progress(capsys: pytest.CaptureFixture[str]) -> None:
    texts, _ = planted(4_000)
    lexicon = BayesLexiconBuilder(time_limit=1e-6, progress=True).build(texts)
    assert lexicon.meta.sweeps == 2  # one to sample, one to average
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "tokens" in captured.err
    assert "types" in captured.err


def test_cutter_finds_the_best_cut() -> None:
    rng = random.Random(1)
    for _ in range(200):
        words = list({tuple(rng.choices((1, 2, 3), k=rng.randint(1, 7))) for _ in range(12)})
        scores = {w: -rng.random() * 9 for w in words}
        run = tuple(rng.choices((1, 2, 3, 4), k=rng.randint(1, 12)))
        cutter = Cutter(encoded(words), np.array([scores[w] for w in words]), -8.0)
        text = encoded([run, run])
        length = cutter.cut(text)
        pieces = [run[i : i + n] for i, n in enumerate(length[: len(run)].tolist()) if n]
        assert sum(map(len, pieces)) == len(run)
        assert sum(scores.get(w, -8.0) for w in pieces) == pytest.approx(best_unigram_score(run, scores, -8.0))


def test_invalid_options_are_refused() -> None:
    for options in ({"max_length": 0}, {"classes": 0}, {"classes": 256}, {"sample": 0}, {"time_limit": 0},
                    {"time_limit": float("nan")}, {"workers": 0}, {"seed": -1}):  # fmt: skip
        with pytest.raises(ValueError, match="must be"):
            BayesLexiconBuilder(**options)


class KilledError(Exception):
    """Ends a run in a test."""


@pytest.mark.parametrize("slice_symbols", [900_000, 2_500])
def test_resumed_run_gives_the_same_lexicon(
    slice_symbols: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is killed in a sweep while it settles, and again while it averages."""
    monkeypatch.setattr(text_module, "SLICE_SYMBOLS", slice_symbols)
    texts, _ = planted(6_000)
    whole = BayesLexiconBuilder(seed=3).build(texts)
    folder = tmp_path / "state"
    monkeypatch.setattr(sampling, "SAVE_SECONDS", 0.0)
    sweep = sampling.TextSlice.sweep
    stops = [3, whole.meta.sweeps - 2]

    def killed(self, *args, **options):
        if stops and self.sweeps == stops[0]:
            stops.pop(0)
            self.sampler.take_out(0, 5)  # in the middle of a sweep
            raise KilledError
        sweep(self, *args, **options)

    monkeypatch.setattr(sampling.TextSlice, "sweep", killed)
    for _ in range(2):
        with pytest.raises(KilledError):
            BayesLexiconBuilder(seed=3, checkpoint=folder).build(texts)
    assert (folder / "state" / "marginals0.npy").exists()
    resumed = BayesLexiconBuilder(seed=3, checkpoint=folder, workers=2).build(texts)
    assert not stops
    assert resumed == whole
    assert BayesLexiconBuilder(seed=3, checkpoint=folder).build(texts) == whole  # from the finished state


def test_few_samplers_are_in_memory_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "SLICE_SYMBOLS", 2_500)
    texts, _ = planted(12_000)
    start, end = sampling.TextSlice.start, sampling.TextSlice.end
    active: set[int] = set()
    numbers: list[int] = []  # of samplers, whenever one is created

    def note_start(self):
        active.add(id(self))
        numbers.append(len(active))
        start(self)

    def note_end(self):
        active.discard(id(self))
        end(self)

    monkeypatch.setattr(sampling.TextSlice, "start", note_start)
    monkeypatch.setattr(sampling.TextSlice, "end", note_end)
    whole = BayesLexiconBuilder(workers=3).build(texts)
    assert max(numbers) == 3
    numbers.clear()
    monkeypatch.setattr(builder_module, "SAMPLER_SYMBOL_BYTES", 4_000)
    monkeypatch.setattr(builder_module, "LARGEST_SLICE", 1_000)
    assert BayesLexiconBuilder(workers=3, memory="16M").build(texts) == whole
    assert max(numbers) == 1
    assert not active


def test_a_sweep_that_was_the_last_one_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C comes after the last sweep and before the result is kept."""
    texts, _ = planted(4_000)
    whole = BayesLexiconBuilder(seed=3).build(texts)
    end = sampling.TextSlice.end

    def interrupted(self):
        monkeypatch.setattr(sampling.TextSlice, "end", end)
        raise KeyboardInterrupt

    monkeypatch.setattr(sampling.TextSlice, "end", interrupted)
    with pytest.raises(KeyboardInterrupt):
        BayesLexiconBuilder(seed=3, checkpoint=tmp_path / "state").build(texts)
    assert BayesLexiconBuilder(seed=3, checkpoint=tmp_path / "state").build(texts) == whole


def test_other_checkpoints_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts, _ = planted(2_000)
    monkeypatch.setattr(sampling, "SAVE_SECONDS", 0.0)
    folder = tmp_path / "state"
    BayesLexiconBuilder(checkpoint=folder).build(texts)
    with pytest.raises(CheckpointError, match="seed 0, not 1"):
        BayesLexiconBuilder(checkpoint=folder, seed=1).build(texts)
    with pytest.raises(CheckpointError, match="another text"):
        BayesLexiconBuilder(checkpoint=folder).build([*texts, "又一行"])
    meta = (folder / "state" / "meta.json").read_text(encoding="utf-8")
    for altered in (meta.replace('"parts"', '"pieces"'), re.sub(r'"tokens": \[', '"tokens": [null, ', meta)):
        assert altered != meta
        (folder / "state" / "meta.json").write_text(altered, encoding="utf-8")
        with pytest.raises(FormatError, match="no valid state to resume from"):
            BayesLexiconBuilder(checkpoint=folder).build(texts)
    (folder / "state" / "meta.json").write_text(meta, encoding="utf-8")
    (folder / "state" / "length0.npy").write_bytes(b"damaged")
    with pytest.raises(FormatError, match="length"):
        BayesLexiconBuilder(checkpoint=folder).build(texts)
    (tmp_path / "mine.txt").write_text("notes")
    with pytest.raises(CheckpointError, match="not a sampling checkpoint"):
        BayesLexiconBuilder(checkpoint=tmp_path).build(texts)


def test_command_line_resumes_after_an_interrupt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts, _ = planted(3_000)
    corpus, folder = tmp_path / "text.txt", tmp_path / "state"
    corpus.write_text("\n".join(texts), encoding="utf-8")
    command = ["build-vocab", str(corpus), "--method", "bayes", "-o", str(tmp_path / "words.tsv")]
    assert main(command) == 0
    whole = (tmp_path / "words.tsv").read_bytes()
    (tmp_path / "words.tsv").unlink()
    sweep = sampling.TextSlice.sweep

    def stopped(self, *args, **options):
        if self.sweeps == 4:
            raise KeyboardInterrupt
        sweep(self, *args, **options)

    monkeypatch.setattr(sampling.TextSlice, "sweep", stopped)
    assert main([*command, "--checkpoint", str(folder)]) != 0
    assert "run the same command to go on" in capsys.readouterr().err
    assert not (tmp_path / "words.tsv").exists()
    monkeypatch.setattr(sampling.TextSlice, "sweep", sweep)
    assert main([*command, "--checkpoint", str(folder)]) == 0
    assert (tmp_path / "words.tsv").read_bytes() == whole
    assert not folder.exists()


def test_long_words_and_phrases() -> None:
    """中华人民共和国 is a word if words may be long enough or are joined, and a phrase otherwise."""
    lines, _ = planted(12_000)
    texts = [a + "中华人民共和国" + b for a, b in pairwise(lines)]
    assert "中华人民共和国" in BayesLexiconBuilder(max_length=7).build(texts)
    assert "中华人民共和国" in BayesLexiconBuilder(max_length=4).build(texts)
    short = BayesLexiconBuilder(max_length=4, join_words=False).build(texts)
    assert "中华人民共和国" not in short
    assert "中华人民共和国" in PhraseBuilder().build(texts, short)
