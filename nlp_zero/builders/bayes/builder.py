"""Lexicons by a latent-class Pitman-Yor model of text, sampled."""

from __future__ import annotations

import math
import os
import time
import zlib
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.bayes import Cutter
from ..._kernels.counting import ALNUM_MODES, return_memory
from ..._kernels.elementary import log
from ..._utils.progress import announce, begin_stage
from ..._utils.validation import check_choice, check_integer, check_memory, check_number
from ...corpus import Corpus, map_parts, restartable
from ...counting.counts import MAX_ORDER, NgramCounts, alphabet_of
from ...counting.resources import Resources
from ...lexicon.lexicon import Lexicon
from ..describe import describe_words, look_up_words
from ..drawn_lines import encode_text
from ..passes import CorpusPasses, open_passes
from ..teaching import ExampleLines, add_to_passes, read_teaching
from .checkpoint import SamplerCheckpoint, compute_checksum
from .classes import classify_words
from .domains import draw_by_domain
from .preparing import HYPERPARAMETERS, LENGTH_PRIOR, SamplerOptions, prepare_slice, sample_slice
from .recounting import estimate_new_words, recount_words
from .sampling import SamplingRun
from .segmentation import find_words
from .slices import AVERAGED_SWEEPS, MIN_SPAN_PROBABILITY, ROUNDS, SETTLED_CHANGE, SETTLED_WINDOW, SampledText
from .text import SLICE_SYMBOLS, split_text

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["BayesLexiconBuilder"]

SAMPLE_SYMBOLS = 9_000_000  # of the text that is learnt from
SAMPLER_SYMBOL_BYTES = 220  # of each symbol of a slice while it is sampled
FURTHER_SYMBOL_BYTES = 30  # of each symbol of other slices
VIEWED_SYMBOL_BYTES = 150  # of each symbol of a slice while its views are combined, in addition
TAUGHT_SYMBOL_BYTES = 320  # of each symbol that is learnt from with examples
LARGEST_SLICE = 3 * SLICE_SYMBOLS // 2
MAX_SYMBOLS = (1 << 31) - 1
MAX_LENGTH_AND_CLASSES = 255
MIN_ORDER = 3  # of the counts: statistics of gaps need three symbols


class BayesLexiconBuilder:
    """Learns a lexicon by sampling segmentations from a latent-class Pitman-Yor unigram model.

    All words of the average segmentation are kept, also those that occur once, because tokenizing needs them.
    `select_discovered` selects a list to read.

    Parameters
    ----------
    max_length : int, default 4
        Longest word that is sampled, in symbols, at most 255; time grows in proportion.
    classes : int, optional
        Latent classes of each slice (1 to 255); by default (symbols to the power of 3/4) / 600, within 4 and 64: 9 for
        100,000 characters, 45 for 800,000.
    seed : int, default 0
        The same seed gives the same lexicon, for any `workers`.
    sample : int, default 9,000,000
        Learn from about this many symbols of a longer corpus; then tokenize all of it with the words learnt, and count
        these words and new ones (as `Tokenizer` finds them with ``new_words``).
    memory : int or str, optional
        Budget in bytes, or a size like ``"512M"``; Python and its libraries need up to 150 MB more.  Counts that exceed
        it are on disk; a small one limits the sample (220 bytes for each of the first 1,350,000 symbols and 30 for each
        further one; 320 with examples) and new words (1,000 bytes a word).
    temp_dir : str or path-like, optional
        Folder for temporary files of counts that exceed the budget.
    time_limit : float, optional
        Seconds after which sampling stops; the result then depends on the speed of the machine.
    workers : int, default 1
        Threads; they never change a result.
    checkpoint : str or path-like, optional
        A folder for the state of the sampler, saved every few seconds.  If it holds a state, `build` resumes from it
        and ends with the same lexicon as an uninterrupted run.  The folder is not removed.
    keep_on_interrupt : bool, default False
        If True, a `KeyboardInterrupt` (Ctrl-C) ends sampling, and `build` returns the lexicon of the last state, marked
        ``interrupted`` in ``meta``.  If False, the interrupt is raised.
    progress : bool, default False
        Show a progress bar on stderr: tokens, types and information per symbol (nats) after each sweep, and the
        estimated number of sweeps.
    alnum : {"token", "join", "split"}
        How runs of digits and Latin letters are treated; see `NgramCounter`.
    join_words : bool, default True
        After sampling, join words that hardly occur apart (诸葛 and 亮): pairs of neighbours that occur three times, if
        each word is next to the other in at least 40 % of its occurrences. Such words may be longer than `max_length`.

    Attributes
    ----------
    interruption : str or None
        How far the last `build` came if `keep_on_interrupt` ended it, such as ``after 6 of about 20 sweeps``.

    Raises
    ------
    ValueError
        If an option is not of its type or out of bounds.

    Notes
    -----
    Every word belongs to a latent class, and classes follow each other as a Markov chain.  Each class emits words by a
    Pitman-Yor process whose base distribution is shared by all classes; that is a Pitman-Yor process over a spelling
    model.  Sampling starts from the entropy segmentation with classes by exchange clustering.  Sweeps of exact forward
    filtering and backward sampling follow until the number of tokens settles; then the exact span probabilities of
    five sweeps are averaged.  `Lexicon.classes` are those of the sampler, one for each word.

    A text of more than 1.35 million symbols is learnt in equal slices of about 900,000, each by a sampler of its own,
    and the words are added.  A sample consists of lines, without copies.  They are clustered by the symbols that occur
    in them into at most six domains, such as news, reviews and poems; each domain gives the same number of symbols, as
    far as it has them, and no slice has lines of two domains.

    Sources: Goldwater, Griffiths and Johnson, Cognition 2009; Mochihashi, Yamada and Ueda, ACL 2009; start from the
    entropy segmentation: Chen et al., EMNLP 2014.

    Examples
    --------
    >>> builder = BayesLexiconBuilder(seed=1)
    >>> builder
    BayesLexiconBuilder(max_length=4, classes=None, seed=1, sample=9000000)
    >>> lexicon = builder.build(["青石镇的早晨", "我到青石镇来", "青石镇下雨了"] * 3)
    >>> "青石镇" in lexicon, lexicon.meta.method
    (True, 'bayes')
    """

    def __init__(
        self,
        *,
        max_length: int = 4,
        classes: int | None = None,
        seed: int = 0,
        sample: int = SAMPLE_SYMBOLS,
        memory: int | str | None = None,
        temp_dir: str | os.PathLike[str] | None = None,
        time_limit: float | None = None,
        workers: int = 1,
        checkpoint: str | os.PathLike[str] | None = None,
        keep_on_interrupt: bool = False,
        progress: bool = False,
        alnum: str = "token",
        join_words: bool = True,
    ) -> None:
        self.max_length = check_integer("max_length", max_length, most=MAX_LENGTH_AND_CLASSES)
        self.classes = None if classes is None else check_integer("classes", classes, most=MAX_LENGTH_AND_CLASSES)
        self.seed = check_integer("seed", seed, least=0) % (1 << 64)
        self.sample = check_integer("sample", sample)
        self.memory = check_memory(memory)
        self.temp_dir = temp_dir
        self.time_limit = None if time_limit is None else check_number("time_limit", time_limit, least=0)
        if self.time_limit == 0:
            raise ValueError("time_limit must be a number of seconds above 0, not 0.")
        self.alnum = check_choice("alnum", alnum, ALNUM_MODES)
        self.workers = check_integer("workers", workers)
        self.checkpoint = checkpoint
        self.keep_on_interrupt, self.progress = bool(keep_on_interrupt), bool(progress)
        self.interruption: str | None = None
        self.join_words = bool(join_words)

    def __repr__(self) -> str:
        names = ("max_length", "classes", "seed", "sample")
        return f"BayesLexiconBuilder({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    def build(
        self,
        texts: Corpus | Iterable[str],
        *,
        start: Lexicon | None = None,
        examples: Iterable[str] | ExampleLines | None = None,
        known_words: Iterable[str] | None = None,
    ) -> Lexicon:
        """Learn the lexicon of a corpus.

        Parameters
        ----------
        texts : Corpus or iterable of str
            The corpus, read two or three times.
        start : Lexicon, optional
            Sampling starts from these words (for example, those of an interrupted run) instead of the entropy
            segmentation.
        examples : iterable of str or ExampleLines, optional
            Lines cut by hand, from the corpus or not: spaces are cuts, and nothing is said about gaps inside ``{ }``.
            The text is then cut in their convention, examples as they are given, and words may be longer than
            `max_length`. Lines that the corpus lacks are read as a part of it.
        known_words : iterable of str, optional
            A word list that helps with `examples`.

        Returns
        -------
        Lexicon
            All words, with counts and scores.

        Raises
        ------
        CorpusError
            If the texts cannot be read or have nothing to count, or the examples cannot be learnt from.
        CheckpointError
            If the checkpoint belongs to another text or to other options.
        ValueError
            If the text is too long to learn from at once, or `known_words` are given without `examples`.
        """
        taught = read_teaching(examples, known_words)
        begun = time.monotonic()
        checkpoint = None if self.checkpoint is None else SamplerCheckpoint(self.checkpoint)  # locked from now on
        texts = restartable(texts)
        begin_stage("counting n-grams")
        resources = Resources(memory=self.memory, temp_dir=self.temp_dir, workers=self.workers)
        passes = open_passes(texts, alnum=self.alnum, resources=resources)
        added = [] if taught is None else add_to_passes(passes, taught)
        texts = passes.texts
        counts = passes.count_ngrams(min(max(self.max_length + 1, MIN_ORDER), MAX_ORDER))
        begin_stage("reading text")
        encoded_examples = None if taught is None else taught.encode(counts, added)
        limit = self._limit(taught is not None)
        domains = self._encode(texts, counts, limit)
        if encoded_examples is not None:
            domains[0] = np.append(domains[0], encoded_examples.missing_runs(domains))  # a sample may lack some
        begin_stage("preparing")
        if checkpoint is not None:
            checkpoint.resume(self._identify(np.concatenate(domains), counts, start))
        texts_of_slices = [part for text in domains for part in split_text(text)]
        del domains
        return_memory()
        at_once = self._count_samplers(max(map(len, texts_of_slices)))
        slices = self._sample(texts_of_slices, passes, counts, start, checkpoint, begun, at_once)
        tree = passes.link(counts)
        begin_stage("comparing views" if taught is None else "teaching")
        segmentation = find_words(
            slices, tree, max_length=self.max_length, seed=self.seed, resources=resources,
            at_once=min(at_once, self._count_views([len(one.text) for one in slices])),
            teaching=taught, examples=encoded_examples, join=self.join_words,
        )  # fmt: skip
        classes, links = classify_words(segmentation, slices, counts.symbols)
        words, tokens = segmentation.words, segmentation.counts.tolist()
        sampled = sum(int(np.count_nonzero(one.text)) for one in slices)
        if limit < counts.total(1):
            begin_stage("counting words")
            words, tokens = recount_words(texts, counts, words, tokens, resources, is_remote=passes.is_remote)
        share, _ = estimate_new_words(words, tokens)
        lexicon = describe_words(look_up_words(tree, words, tokens), tree, passes, method="bayes")
        lexicon = lexicon.with_classes(classes, links.tolist())
        return lexicon.with_meta(
            objective="classes",
            seed=self.seed,
            classes=slices[0].classes,
            sweeps=max(one.sweeps for one in slices),
            sampled=sampled if limit < counts.total(1) else None,
            max_length=self.max_length,
            new_words=round(share, 6),
            examples=None if taught is None or self.interruption is not None else len(taught.examples.lines),
            interrupted=self.interruption is not None,
        )

    def _limit(self, taught: bool) -> int:
        """Return the most symbols of the text that are learnt from."""
        if self.memory is None:
            return self.sample
        if taught:
            return min(self.sample, max(self.memory // TAUGHT_SYMBOL_BYTES, 1))
        together = self.memory // SAMPLER_SYMBOL_BYTES  # symbols of one sampler
        if together > LARGEST_SLICE:
            together = LARGEST_SLICE + (self.memory - LARGEST_SLICE * SAMPLER_SYMBOL_BYTES) // FURTHER_SYMBOL_BYTES
        return min(self.sample, max(together, 1))

    def _count_samplers(self, symbols: int) -> int:
        """Return how many slices of this many symbols are sampled at a time."""
        return self.workers if self.memory is None else max(1, self.memory // (SAMPLER_SYMBOL_BYTES * symbols))

    def _count_views(self, symbols: list[int]) -> int:
        """Return how many slices with these numbers of symbols are combined with other views at a time."""
        if self.memory is None:
            return self.workers
        return max(1, (self.memory - FURTHER_SYMBOL_BYTES * sum(symbols)) // (VIEWED_SYMBOL_BYTES * max(symbols)))

    def _encode(
        self, texts: Corpus | Iterable[str], counts: NgramCounts, limit: int
    ) -> list[npt.NDArray[np.uint32]]:
        """Return the encoded text to learn from, one array for each domain; without a sample, there is one domain."""
        alphabet, total = alphabet_of(counts), counts.total(1)
        if limit < total:
            parts = draw_by_domain(texts, alphabet, total, limit, self.seed)
        else:
            parts = [np.concatenate(list(map_parts(texts, encode_text, alphabet)))]
        parts[0] = np.append(np.zeros(1, np.uint32), parts[0])
        if sum(map(len, parts)) > MAX_SYMBOLS:
            raise ValueError(f"The text has {total:,} symbols, too many to learn from at once; set a smaller sample.")
        return parts

    def _identify(
        self, text: npt.NDArray[np.uint32], counts: NgramCounts, start: Lexicon | None
    ) -> dict[str, object]:
        """Return the text and the options that the state of a run belongs to."""
        options = {name: getattr(self, name) for name in ("max_length", "classes", "seed", "alnum")}
        start_sum = None if start is None else zlib.crc32("".join(start.lines()).encode("utf-8", "surrogatepass"))
        settled = (SETTLED_CHANGE, SETTLED_WINDOW, ROUNDS, SLICE_SYMBOLS)
        constants = [*HYPERPARAMETERS.values(), *LENGTH_PRIOR, AVERAGED_SWEEPS, MIN_SPAN_PROBABILITY, *settled]
        text_sum = compute_checksum(text, list(map(str, counts.symbols)))
        return {**options, "start": start_sum, "constants": constants, "text": text_sum}

    def _sample(
        self,
        texts: list[npt.NDArray[np.uint32]],
        passes: CorpusPasses,
        counts: NgramCounts,
        start: Lexicon | None,
        checkpoint: SamplerCheckpoint | None,
        begun: float,
        at_once: int,
    ) -> list[SampledText]:
        """Sample the slices of the text: some at a time in this process, or each on a worker of a cluster."""
        options = SamplerOptions(self.max_length, self.classes, self.seed)
        cutter = None if start is None else _make_cutter(counts, start, self.max_length)
        if passes.is_remote:
            if self.time_limit is not None:
                options = replace(options, seconds=max(0.0, begun + self.time_limit - time.monotonic()))
            begin_stage("sampling")
            pairs = ((text, None if cutter is None else _cut(cutter, text)) for text in texts)
            found = passes.map_items(partial(sample_slice, options=options), pairs)
            return [replace(one, text=text) for one, text in zip(found, texts, strict=True)]
        cuts = (None if cutter is None else partial(_cut, cutter, text) for text in texts)
        slices = [prepare_slice(text, cut, options) for text, cut in zip(texts, cuts, strict=True)]
        if checkpoint is not None and checkpoint.arrays:
            for number, one in enumerate(slices):
                one.restore(checkpoint, number)
            announce(f"resuming after {sum(one.sweeps for one in slices)} sweeps")
        run = SamplingRun(
            slices,
            workers=self.workers,
            at_once=at_once,
            deadline=math.inf if self.time_limit is None else begun + self.time_limit,
            keep_on_interrupt=self.keep_on_interrupt,
            progress=self.progress,
            checkpoint=checkpoint,
        )
        begin_stage("sampling")
        sampled = run.learn()
        self.interruption = run.interruption
        return sampled


def _cut(cutter: Cutter, text: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    return cutter.cut(text).astype(np.uint8)


def _make_cutter(counts: NgramCounts, words: Lexicon, max_length: int) -> Cutter:
    """Return a unigram segmenter over words of at most `max_length` symbols and over every symbol."""
    known, alphabet_size = set(words), len(counts.symbols)
    encoded, scores = [], []
    log_total = log(max(words.total, 1))
    for word, tokens in zip(words.words, words.counts.tolist(), strict=True):
        ids = alphabet_of(counts).encode(word)
        symbols = int(np.count_nonzero((ids > 0) & (ids <= alphabet_size)))
        if tokens and 0 < symbols == len(ids) - 1 <= max_length:
            encoded.append(ids)
            scores.append(log(tokens) - log_total)
    unknown = -log(words.total + 1) - 1
    for number, symbol in enumerate(counts.symbols, 1):
        if symbol not in known:
            encoded.append(np.array([number, 0], np.uint32))
            scores.append(unknown)
    return Cutter(np.concatenate(encoded), np.array(scores), unknown)
