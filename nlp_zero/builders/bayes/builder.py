"""The best words: a latent-class Pitman-Yor model of text, sampled."""

from __future__ import annotations

import math
import os
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.bayes import Cutter, Sampler
from ..._kernels.counting import ALNUM_MODES
from ..._kernels.tokenization import Segmenter
from ..._utils.validation import check_integer
from ...corpus.corpus import Corpus, blocks_of, restartable
from ...counting.counter import count
from ...counting.counts import MAX_ORDER, NgramCounts
from ...counting.links import Links
from ...lexicon.lexicon import Lexicon
from ...statistics import new_words
from ..describe import describe
from ..entropy import SINGLE
from .state import SavedState, text_sum
from .sweeps import AVERAGED, COST, ROUNDS, SETTLED, WINDOW, Part, Run, words_of

if TYPE_CHECKING:

    import numpy.typing as npt

__all__ = ["BayesLexiconBuilder", "discovered"]

# Discounts and strengths of the classes (d, theta) and of what they share (d1, theta1), and prior strengths of the
# class chain, of a class's type lengths and of the spelling model.
HYPER = {"d": 0.7, "theta": 10.0, "d1": 0.6, "theta1": 10.0, "chain": 30.0, "ratio": 100.0, "spelling": 300.0}
LENGTHS = (0.2, 0.6, 0.15, 0.05)  # prior of word lengths; every further symbol divides by 3
SLICE = 2000  # symbols that a spread sample takes at a time
MOST_FOUND = 4_000_000  # words of a large corpus that are remembered while it is counted with those of a sample
PART = 900_000  # symbols that are learnt together: with more, frequent neighbours are taken for words


class BayesLexiconBuilder:
    """Samples segmentations from a latent-class Pitman-Yor unigram model, and keeps the words of their average.

    Every word belongs to a latent class, classes follow each other as a Markov chain, and each class emits words by a
    Pitman-Yor process over a distribution that the classes share, itself one over a spelling model.  The state starts
    at the entropy segmentation with classes by exchange clustering; sweeps of exact forward filtering and backward
    sampling follow until the number of tokens settles, then five whose exact span probabilities are averaged.
    Sources: Goldwater, Griffiths and Johnson, Cognition 2009; Mochihashi, Yamada and Ueda, ACL 2009; Chen et al.,
    EMNLP 2014 (start from nVBE).

    A text of more than 1.35 million symbols is learnt in equal parts of about 900,000, each by a sampler of its own,
    and the words are added up.

    All words are kept, those that came once too: cutting text needs them.  `discovered` picks the list to look at.

    Parameters
    ----------
    max_length
        Longest word in symbols; time grows with it in proportion.
    classes
        Latent classes of each part (1 to 255); by default (symbols to the power of 3/4) / 600, within 4 and 64: 9 for
        100,000 characters, 45 for 800,000.
    seed
        The same seed gives the same lexicon, for any `workers`.
    sample
        Learn on about so many symbols, spread evenly over the corpus, then cut all of it with what was learnt, and
        count the words that come there, new ones of the same kind too (as `Tokenizer` finds them with ``new_words``).
        None learns on everything.
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
    >>> "青石镇" in lexicon, lexicon.meta.method
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
        self.max_length = check_integer("max_length", max_length)
        self.classes = None if classes is None else check_integer("classes", classes)
        if max(self.max_length, self.classes or 0) > 255:
            raise ValueError("max_length and classes must be at most 255.")
        self.seed = check_integer("seed", seed, least=0) % (1 << 64)
        self.sample = None if sample is None else check_integer("sample", sample)
        if time_limit is not None and not time_limit > 0:
            raise ValueError(f"time_limit must be a number of seconds above 0, not {time_limit!r}.")
        self.time_limit, self.alnum = time_limit, alnum
        self.workers = check_integer("workers", workers)
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
        parts = [self._part(part, counts, start, saved, number) for number, part in enumerate(_parts(text))]
        limit = math.inf if self.time_limit is None else begun + self.time_limit
        keep, show = self.keep_on_interrupt, self.progress
        run = Run(parts, workers=self.workers, limit=limit, keep=keep, show=show, saved=saved)
        run.learn()
        words, tokens = words_of(parts, counts)
        if self.sample is not None and self.sample < counts.total(1):
            words, tokens = _recount(texts, counts, words, tokens, self.workers)
        share, _ = _new_words(words, tokens)
        lexicon = describe(texts, counts, Links(counts), words, tokens, method="bayes")
        return lexicon.with_meta(
            seed=self.seed,
            classes=parts[0].sampler.classes,
            sweeps=run.sweeps,
            max_length=self.max_length,
            new_words=round(share, 6),
            interrupted=run.interrupted,
        )

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
        constants = [*HYPER.values(), *LENGTHS, AVERAGED, COST, SETTLED, WINDOW, ROUNDS, PART]
        text_is = text_sum(text, list(map(str, counts.symbols)))
        return SavedState(self.checkpoint, {**what, "start": words, "constants": constants, "text": text_is})

    def _part(
        self,
        text: npt.NDArray[np.uint32],
        counts: NgramCounts,
        start: Lexicon | None = None,
        saved: SavedState | None = None,
        number: int = 0,
    ) -> Part:
        symbols = int(np.count_nonzero(text))
        classes = self.classes or min(64, max(4, round(symbols**0.75 / 600)))
        weights = [LENGTHS[n] if n < len(LENGTHS) else LENGTHS[-1] / 3.0 ** (n + 1 - len(LENGTHS))
                   for n in range(self.max_length)]  # fmt: skip
        lengths = [max(w, 1e-30) / sum(weights) for w in weights]
        part = Part(text, Sampler(text, classes, lengths, HYPER, self.max_length + 1), self.seed)
        sampler = part.sampler
        if saved is not None and saved.arrays:
            part.go_on(saved, number)
            return part
        if start is None:
            sampler.cut_by_entropy(self.max_length, SINGLE)
        else:
            cutter = _cutter(counts, start, self.max_length)
            sampler.set_state(cutter.cut(text).astype(np.uint8), np.zeros(len(text), np.uint8))
        sampler.classify(2, 5)
        sampler.load()
        part.tokens.append(sampler.tokens)
        return part


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


def _parts(text: npt.NDArray[np.uint32]) -> list[npt.NDArray[np.uint32]]:
    """The text in parts of equal size, of about `PART` symbols, each of whole runs."""
    ends = np.flatnonzero(text == 0) + 1
    symbols = ends - np.arange(1, len(ends) + 1)  # before each end
    number = max(1, round(int(symbols[-1]) / PART))
    cuts = ends[np.searchsorted(symbols, symbols[-1] * np.arange(1, number) // number)].tolist()
    return [text[a:b] for a, b in pairwise([0, *cuts, len(text)]) if np.any(text[a:b])]


def _cutter(counts: NgramCounts, words: Lexicon, longest: int) -> Cutter:
    """Unigram Viterbi over words of at most `longest` symbols and over every symbol."""
    known, alphabet = set(words), len(counts.symbols)
    encoded, scores = [], []
    log_total = math.log(max(words.total, 1))
    for word, n in zip(words.words, words.counts.tolist(), strict=True):
        ids = counts.alphabet.encode(word)
        inside = int(np.count_nonzero((ids > 0) & (ids <= alphabet)))
        if n and 0 < inside == len(ids) - 1 <= longest:
            encoded.append(ids)
            scores.append(math.log(n) - log_total)
    unknown = -math.log(words.total + 1) - 1
    for number, symbol in enumerate(counts.symbols, 1):
        if symbol not in known:
            encoded.append(np.array([number, 0], np.uint32))
            scores.append(unknown)
    return Cutter(np.concatenate(encoded), np.array(scores), unknown)


def _new_words(words: list[str], tokens: list[int]) -> tuple[float, float]:
    return new_words([n for word, n in zip(words, tokens, strict=True) if len(word) > 1], sum(tokens))


def _recount(
    texts: Corpus | Iterable[str], counts: NgramCounts, words: list[str], tokens: list[int], workers: int
) -> tuple[list[str], list[int]]:
    """The words of a sample, and new ones like them (see `Tokenizer`), counted over the whole corpus."""
    total, mode = sum(tokens), ALNUM_MODES.index(counts.alnum)
    log_probs, numbers = np.log(np.array(tokens) / total), np.arange(len(words) + 1, dtype=np.int32)
    segmenter = Segmenter(tuple(words), log_probs, numbers, mode, False, False, False, -math.log(total + 1) - 1, 0.0,
                          *_new_words(words, tokens))  # fmt: skip
    learnt, alphabet = set(words), len(counts.symbols)
    found: Counter[str] = Counter()
    others: set[str] = set()  # marks, and stretches of digits and Latin letters that are no symbols
    for block in blocks_of(texts):
        text = block.data if isinstance(block.data, str) else block.data.decode("utf-8", "surrogatepass")
        here = Counter(chain.from_iterable(segmenter.tokenize_batch(text.split("\n"), workers)))
        for word in [word for word in here if word not in learnt and word not in found]:
            if word not in others:
                ids = counts.alphabet.encode(word)[:-1]
                if len(ids) and ids.min() > 0 and ids.max() <= alphabet:
                    continue
                others.add(word)
            del here[word]
        found.update(here)
        if len(found) > MOST_FOUND:  # what came once may come again, but memory is bounded
            found = Counter({word: k for word, k in found.items() if k > 1 or word in learnt})
        if len(others) > MOST_FOUND:
            others.clear()
    return list(found), list(found.values())
