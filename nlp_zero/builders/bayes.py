"""The best words: a latent-class Pitman-Yor model of text, sampled."""

from __future__ import annotations

import math
import os
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels.bayes import Cutter, Sampler
from ..corpus import Corpus, blocks_of, restartable
from ..counter import count
from ..counts import MAX_ORDER, NgramCounts
from ..lexicon import Lexicon
from ..scores import information_per_symbol, new_word_share
from ._describe import Links, describe, positive_int
from ._state import SavedState, text_sum
from .entropy import SINGLE

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy.typing as npt

__all__ = ["BayesLexiconBuilder", "discovered"]

# Discounts and strengths of the classes (d, theta) and of what they share (d1, theta1), and prior strengths of the
# class chain, of a class's type lengths and of the spelling model.
HYPER = {"d": 0.7, "theta": 10.0, "d1": 0.6, "theta1": 10.0, "chain": 30.0, "ratio": 100.0, "spelling": 300.0}
LENGTHS = (0.2, 0.6, 0.15, 0.05)  # prior of word lengths; every further symbol divides by 3
AVERAGED = 5  # sweeps whose span probabilities are averaged
COST = 0.4  # a word must be this probable to be worth its place
SETTLED, WINDOW = 0.01, 5  # stop when the tokens changed by less than this share over so many sweeps
MOST_SWEEPS = 200
ROUNDS = 256  # a sweep is done in so many rounds; what one round samples does not see each other
SAVED = 10.0  # seconds between the states that are saved
SLICE = 2000  # symbols that a spread sample takes at a time


class BayesLexiconBuilder:
    """Samples segmentations from a latent-class Pitman-Yor unigram model, and keeps the words of their average.

    Every word belongs to a latent class, classes follow each other as a Markov chain, and each class emits words by a
    Pitman-Yor process over a distribution that the classes share, itself one over a spelling model.  The state starts
    at the entropy segmentation with classes by exchange clustering; sweeps of exact forward filtering and backward
    sampling follow until the number of tokens settles, then five whose exact span probabilities are averaged.
    Sources: Goldwater, Griffiths and Johnson, Cognition 2009; Mochihashi, Yamada and Ueda, ACL 2009; Chen et al.,
    EMNLP 2014 (start from nVBE).

    All words are kept, those that came once too: cutting text needs them.  `discovered` picks the list to look at.

    Parameters
    ----------
    max_length
        Longest word in symbols; time grows with it in proportion.
    classes
        Latent classes (1 to 255); by default (symbols to the power of 3/4) / 600, within 4 and 64: 9 for 100,000
        characters, 64 for 1.6 million.
    seed
        The same seed gives the same lexicon, for any `workers`.
    sample
        Learn on about so many symbols, spread evenly over the corpus, then cut and count all of it with what was
        learnt.  None learns on everything.
    time_limit
        Seconds after which sampling stops (a result then depends on the machine's speed).
    workers
        Threads.
    checkpoint
        A folder for the state of the sampler, saved every few seconds.  If it holds one, `build` goes on from there and
        ends with the same lexicon as if it had never stopped.  The folder stays; remove it when the lexicon is safe.
    keep_on_interrupt
        When true, a `KeyboardInterrupt` (Ctrl-C) ends sampling, and `build` returns the lexicon of the last state,
        marked ``interrupted`` in ``meta``.  Otherwise the interrupt is raised as usual.
    progress
        Show a progress bar on stderr: tokens, types and information per symbol (nats) after each sweep, and
        the time that is left by the pace at which the number of tokens settles.
    alnum
        What digit and Latin runs are; see `NgramCounter`.

    Examples
    --------
    >>> lexicon = BayesLexiconBuilder(seed=1).build(["青石镇的早晨", "我到青石镇来", "青石镇下雨了"] * 3)
    >>> "青石镇" in lexicon, lexicon.meta["method"]
    (True, 'bayes')
    """

    def __init__(
        self,
        *,
        max_length: int = 4,
        classes: int | None = None,
        seed: int = 0,
        sample: int | None = None,
        time_limit: float | None = None,
        workers: int = 1,
        checkpoint: str | os.PathLike[str] | None = None,
        keep_on_interrupt: bool = False,
        progress: bool = False,
        alnum: str = "token",
    ) -> None:
        self.max_length = positive_int("max_length", max_length)
        self.classes = None if classes is None else positive_int("classes", classes)
        if max(self.max_length, self.classes or 0) > 255:
            raise ValueError("max_length and classes must be at most 255.")
        self.seed = positive_int("seed", seed, least=0) % (1 << 64)
        self.sample = None if sample is None else positive_int("sample", sample)
        if time_limit is not None and not time_limit > 0:
            raise ValueError(f"time_limit must be a number of seconds above 0, not {time_limit!r}.")
        self.time_limit, self.alnum = time_limit, alnum
        self.workers = positive_int("workers", workers)
        self.checkpoint = checkpoint
        self.keep_on_interrupt, self.progress = bool(keep_on_interrupt), bool(progress)

    def build(self, texts: Corpus | Iterable[str], *, start: Lexicon | None = None) -> Lexicon:
        """Learn the lexicon of `texts`, which are read two or three times.

        With `start`, sampling goes on from these words (a lexicon that an interrupted run left, say) instead of the
        entropy segmentation.

        Raises
        ------
        CorpusError
            When the texts cannot be read or hold nothing to count.
        CheckpointError
            When the checkpoint is of another text or of other options.
        """
        begun = time.monotonic()
        texts = restartable(texts)
        counts = count(texts, order=min(self.max_length + 1, MAX_ORDER), alnum=self.alnum)
        text = self._text(texts, counts)
        saved = self._saved(text, counts, start)
        sampler = self._sampler(text, counts, start, saved)
        run = _Run(self, sampler, begun, saved)
        run.learn()
        words, tokens = _words(sampler, text, counts)
        seldom = [n for word, n in zip(words, tokens, strict=True) if len(word) > 1]
        share = new_word_share(seldom, sum(tokens))
        if self.sample is not None and self.sample < counts.total(1):
            words, tokens = _recount(texts, counts, words, tokens)
        lexicon = describe(texts, counts, Links(counts), words, tokens, method="bayes")
        lexicon.meta.update(seed=self.seed, classes=sampler.classes, sweeps=run.sweeps, max_length=self.max_length)
        lexicon.meta["new_words"] = round(share, 6)
        if run.interrupted:
            lexicon.meta["interrupted"] = True
        return lexicon

    def _text(self, texts: Corpus | Iterable[str], counts: NgramCounts) -> npt.NDArray[np.uint32]:
        """The encoded text to learn on."""
        encoded: Iterable[npt.NDArray[np.uint32]] = (counts.alphabet.encode(block.data) for block in blocks_of(texts))
        total = counts.total(1)
        if self.sample is not None and self.sample < total:
            encoded = _spread(encoded, self.sample / total)
        text = np.concatenate([np.zeros(1, np.uint32), *encoded])
        if len(text) >= 1 << 31:
            raise ValueError(f"The text has {total:,} symbols, more than can be learnt on at once; set sample=.")
        return text

    def _saved(
        self, text: npt.NDArray[np.uint32], counts: NgramCounts, start: Lexicon | None
    ) -> SavedState | None:
        if self.checkpoint is None:
            return None
        what = {name: getattr(self, name) for name in ("max_length", "classes", "seed", "sample", "alnum")}
        words = None if start is None else zlib.crc32("".join(start.lines()).encode("utf-8", "surrogatepass"))
        constants = [*HYPER.values(), *LENGTHS, AVERAGED, COST, SETTLED, WINDOW, ROUNDS]
        text_is = text_sum(text, list(map(str, counts.symbols)))
        return SavedState(self.checkpoint, {**what, "start": words, "constants": constants, "text": text_is})

    def _sampler(
        self,
        text: npt.NDArray[np.uint32],
        counts: NgramCounts,
        start: Lexicon | None = None,
        saved: SavedState | None = None,
    ) -> Sampler:
        symbols = int(np.count_nonzero(text))
        classes = self.classes or min(64, max(4, round(symbols**0.75 / 600)))
        weights = [LENGTHS[n] if n < len(LENGTHS) else LENGTHS[-1] / 3.0 ** (n + 1 - len(LENGTHS))
                   for n in range(self.max_length)]  # fmt: skip
        lengths = [max(w, 1e-30) / sum(weights) for w in weights]
        sampler = Sampler(text, classes, lengths, HYPER, self.max_length + 1)
        if saved is not None and saved.arrays:
            sampler.set_state(saved.arrays["length"], saved.arrays["class"])
            if "marginals" in saved.arrays:
                sampler.marginals = saved.arrays["marginals"].reshape(self.max_length, -1)
            sampler.load()
            return sampler
        if start is None:
            sampler.cut_by_entropy(self.max_length, SINGLE)
        else:
            words = [(w, k) for w, k in zip(start.words, start.counts.tolist(), strict=True) if k > 0]
            cutter, _ = _cutter(counts, [w for w, _ in words], [k for _, k in words], self.max_length)
            sampler.set_state(cutter.cut(text).astype(np.uint8), np.zeros(len(text), np.uint8))
        sampler.classify(2, 5)
        sampler.load()
        return sampler


class _Run:
    """One run of the sampler: when to go on and when to stop."""

    def __init__(
        self, builder: BayesLexiconBuilder, sampler: Sampler, begun: float, saved: SavedState | None = None
    ) -> None:
        self.sampler, self.seed, self.workers, self.saved = sampler, builder.seed, builder.workers, saved
        self.limit = math.inf if builder.time_limit is None else begun + builder.time_limit
        self.keep, self.show = builder.keep_on_interrupt, builder.progress
        run = saved.run if saved is not None else {}
        self.sweeps: int = run.get("sweeps", 0)
        self.averaged: int = run.get("averaged", 0)
        self.tokens: list[int] = run.get("tokens") or [sampler.tokens]  # before each sweep, and now
        self.saved_at = time.monotonic()
        self.interrupted = False

    def learn(self) -> None:
        """Sample until the state settles, average, and leave the best segmentation in the sampler."""
        from concurrent.futures import ThreadPoolExecutor

        try:
            with _bar(self.show) as bar, ThreadPoolExecutor(self.workers) as pool:
                late = False
                while not (late or self.averaged or self._settled()):
                    begun = time.monotonic()
                    self._sweep(pool, bar)
                    self.tokens.append(self.sampler.tokens)
                    self._save()
                    now = time.monotonic()
                    late = now + 1.5 * AVERAGED * (now - begun) > self.limit  # averaging costs half as much again
                while self.averaged < AVERAGED and (self.averaged == 0 or time.monotonic() < self.limit):
                    self._sweep(pool, bar, average=self.averaged + 1)
                    self.averaged += 1
                    self._save()
        except KeyboardInterrupt:
            if not self.keep:
                raise
            self.interrupted = True
        if self.averaged and not self.interrupted:
            self.sampler.decode(self.averaged, COST)

    def _change(self, back: int = 0) -> float:
        """Share by which the tokens changed in the window that ended `back` sweeps ago."""
        now, before = self.tokens[-1 - back], self.tokens[-1 - back - WINDOW]
        return abs(now - before) / max(now, 1)

    def _settled(self) -> bool:
        return len(self.tokens) > MOST_SWEEPS or (len(self.tokens) > WINDOW and self._change() < SETTLED)

    def _left(self) -> int:
        """About how many sweeps are left: the change of the tokens falls by a factor that hardly changes."""
        if self.averaged or self._settled():
            return AVERAGED - self.averaged
        if len(self.tokens) < WINDOW + 2:
            return max(20 - self.sweeps, 5) + AVERAGED
        change, before = self._change(), self._change(1)
        pace = math.log(before / change) if 0 < change < before else 0.1
        return min(MOST_SWEEPS, max(1, math.ceil(math.log(change / SETTLED) / max(pace, 0.02)))) + AVERAGED

    def _save(self) -> None:
        if self.saved is None or time.monotonic() - self.saved_at < SAVED:
            return
        length, cls = self.sampler.state
        arrays: dict[str, np.ndarray[Any, Any]] = {"length": length, "class": cls}
        if self.averaged:
            arrays["marginals"] = self.sampler.marginals.ravel()
        self.saved.save({"sweeps": self.sweeps, "averaged": self.averaged, "tokens": self.tokens}, arrays)
        self.saved_at = time.monotonic()

    def _sweep(self, pool: Executor, bar: Any, *, average: int = 0) -> None:
        """One sweep; `average` numbers those that add to the average from 1."""
        sampler, seed, number = self.sampler, self.seed, self.sweeps
        size, fence = sampler.begin_sweep(seed, number, first_average=average == 1)
        step = min(1024, max(1, size // ROUNDS))
        bounds = [*range(0, fence, step), *range(fence, size, step), size]
        for begin, end in pairwise(bounds):
            sampler.take_out(begin, end)
            cuts = np.linspace(begin, end, min(self.workers, end - begin) + 1).astype(int).tolist()
            jobs = [pool.submit(sampler.sample, a, b, seed, number, average > 0) for a, b in pairwise(cuts[:-1])]
            sampler.sample(cuts[-2], end, seed, number, average > 0)
            for job in jobs:
                job.result()
            sampler.put_in(begin, end)
        self.sweeps += 1
        if bar is not None:
            _, lengths, counts = sampler.words()
            nats = information_per_symbol(counts, lengths)
            bar.set_postfix_str(f"{sampler.tokens:,} tokens, {sampler.types:,} types, {nats:.3f} nats", refresh=False)
            bar.total = self.sweeps + self._left()
            bar.update(self.sweeps - bar.n)


def discovered(lexicon: Lexicon, *, min_cohesion: float = 0.7, min_entropy: float = 0.5) -> Lexicon:
    """The words of two or more characters that stand on their own: the list to look at, not the one to cut with.

    Kept are words whose count as a word is at least `min_cohesion` of their count as a string, and whose smaller
    branching entropy is at least `min_entropy` nats.

    Examples
    --------
    >>> scores = {"cohesion": [0.9, 0.9], "left_entropy": [1.5, 0.2], "right_entropy": [1.1, 2.0]}
    >>> discovered(Lexicon(["早晨", "晨的"], [3, 2], scores=scores)).words
    ('早晨',)
    """
    entropy = np.minimum(lexicon.scores["left_entropy"], lexicon.scores["right_entropy"])
    good = (lexicon.scores["cohesion"] >= min_cohesion) & (entropy >= min_entropy)
    return lexicon.keep(len(word) > 1 and ok for word, ok in zip(lexicon.words, good.tolist(), strict=True))


@contextmanager
def _bar(show: bool) -> Iterator[Any]:
    if not show:
        yield None
        return
    from tqdm import tqdm  # type: ignore[import-untyped, unused-ignore]

    with tqdm(total=40, unit=" sweeps", desc="sampling") as bar:
        yield bar


def _spread(encoded: Iterable[npt.NDArray[np.uint32]], share: float) -> Iterator[npt.NDArray[np.uint32]]:
    """About `share` of the text, in slices of whole runs that are spread evenly."""
    due = 1.0
    for block in encoded:
        begin = 0
        ends = np.flatnonzero(block == 0) + 1
        while begin < len(block):
            end = int(ends[min(int(np.searchsorted(ends, begin + SLICE)), len(ends) - 1)])
            due += share * (end - begin)
            if due > 0:
                due -= end - begin
                yield block[begin:end]
            begin = end


def _words(sampler: Sampler, text: npt.NDArray[np.uint32], counts: NgramCounts) -> tuple[list[str], list[int]]:
    """Words and token counts of the sampler's segmentation."""
    places, lengths, tokens = sampler.words()
    symbols = [str(symbol) for symbol in counts.symbols]
    ids = text.tolist()
    words = ["".join(symbols[s - 1] for s in ids[at : at + n])
             for at, n in zip(places.tolist(), lengths.tolist(), strict=True)]  # fmt: skip
    return words, tokens.tolist()


def _cutter(counts: NgramCounts, words: list[str], tokens: list[int], longest: int) -> tuple[Cutter, list[str]]:
    """Unigram Viterbi over `words` of at most `longest` symbols and over every symbol, and the words it counts."""
    known, alphabet = set(words), len(counts.symbols)
    encoded, scores, kept = [], [], []
    log_total = math.log(max(sum(tokens), 1))
    for word, n in zip(words, tokens, strict=True):
        ids = counts.alphabet.encode(word)
        inside = int(np.count_nonzero((ids > 0) & (ids <= alphabet)))
        if 0 < inside == len(ids) - 1 <= longest:
            encoded.append(ids)
            scores.append(math.log(n) - log_total)
            kept.append(word)
    unknown = -math.log(sum(tokens) + 1) - 1
    for number, symbol in enumerate(counts.symbols, 1):
        if symbol not in known:
            encoded.append(np.array([number, 0], np.uint32))
            scores.append(unknown)
            kept.append(str(symbol))
    return Cutter(np.concatenate(encoded), np.array(scores), unknown), kept


def _recount(
    texts: Corpus | Iterable[str], counts: NgramCounts, words: list[str], tokens: list[int]
) -> tuple[list[str], list[int]]:
    """What was learnt on a sample, counted over the whole corpus."""
    cutter, kept = _cutter(counts, words, tokens, 255)
    for block in blocks_of(texts):
        cutter.cut(counts.alphabet.encode(block.data), count=True)
    found = [(w, n) for w, n in zip(kept, cutter.counts.tolist(), strict=True) if n]
    return [w for w, _ in found], [n for _, n in found]
