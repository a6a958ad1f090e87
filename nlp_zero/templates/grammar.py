"""Template grammars: all parses of a segment, summed, best, or drawn; and how short they make a text.

A segment, and every slot, is a chain of units: after each unit the chain ends with probability q.  A unit is a word by
itself or a template, whose slots are chains again.  `nlp_zero.templates.mining` finds the templates.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .._kernels.templates import TemplateChart
from ..tokenization.sampling import seed_of
from .clauses import clauses, token_lists_of
from .inventory import Template, TemplateInventory

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int32]
    Longs = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

__all__ = ["SLOT", "WORD", "GrammarEntropy", "ParseSpan", "TemplateGrammar"]

WORD, SLOT = -1, -2  # labels of spans beside the numbers of templates
LONGEST = 128  # words; longer segments are parsed in pieces of this length, so that time stays in proportion
FORM_COST = 0.7  # nats for the form of each item of a template
BATCH = 4096  # segments


class ParseSpan(NamedTuple):
    """A node of a parse, in depth-first order: a unit, or a slot of the unit before it that is one level up."""

    start: int
    end: int
    label: int  # number of the template, WORD (-1) for a word by itself, SLOT (-2)
    depth: int


class GrammarEntropy(NamedTuple):
    """Nats a word of a text under parts of a grammar, and what the templates themselves cost (nats in all).

    ``leaves`` uses no template, ``contiguous`` those without a slot between words, ``gapped`` those with one,
    ``all`` every one.  ``model`` is the cost of writing all templates down; the two-part description length of the
    text is ``words * all + model`` against ``words * leaves``.
    """

    words: int
    leaves: float
    contiguous: float
    gapped: float
    all: float
    model: float


class TemplateGrammar:
    """A probabilistic grammar of templates.  Immutable.

    All probabilities follow from counts: of each template, of each word by itself, and of segments.  With U units (the
    sum of both) and C chains (segments, and one a slot), P(template) = count / U and q = C / U.  A word by itself gets
    its share of what is left, half a count added, also for all unknown words together.

    Parameters
    ----------
    templates
        Templates or their items; no two need differ.
    counts
        How often each is used.
    leaves
        How often each word stands by itself.
    segments
        How many segments there were.

    Examples
    --------
    >>> grammar = TemplateGrammar([("从", None, "到", None)], [5], {"北京": 9, "上海": 9, "从": 1, "到": 1}, segments=8)
    >>> for span in grammar.viterbi(["从", "北京", "到", "上海"]):
    ...     print(span.start, span.end, span.label, span.depth)
    0 4 0 0
    1 2 -2 1
    1 2 -1 2
    3 4 -2 1
    3 4 -1 2
    """

    def __init__(
        self,
        templates: Iterable[Template | Sequence[str | None]],
        counts: Sequence[float] | Floats,
        leaves: Mapping[str, float],
        *,
        segments: float,
    ) -> None:
        self.templates = tuple(t.items if isinstance(t, Template) else Template(tuple(t)).items for t in templates)
        self._numbers = {word: k for k, word in enumerate(leaves, 1)}
        for items in self.templates:
            for word in items:
                if word is not None:
                    self._numbers.setdefault(word, len(self._numbers) + 1)
        leaf = np.zeros(len(self._numbers) + 1)
        leaf[1 : len(leaves) + 1] = list(leaves.values())
        numbers = self._numbers
        forms = [tuple(0 if item is None else numbers[item] for item in items) for items in self.templates]
        self._model = Model(forms, np.asarray(counts, np.float64), leaf, segments)

    @classmethod
    def of(cls, inventory: TemplateInventory) -> TemplateGrammar:
        """The grammar of an inventory; templates that join clauses (`Template.across`) are no part of it.

        Raises
        ------
        ValueError
            If the inventory does not hold the counts of words by themselves (``method="skipgram"`` has none).
        """
        if not inventory.leaves:
            raise ValueError("these templates have no grammar; mine them with method='entropy'.")
        inside = [t for t in inventory if not t.across]
        segments = float(str(inventory.meta.get("segments", 1)))
        return cls(inside, [t.count for t in inside], inventory.leaves, segments=segments)

    @property
    def q(self) -> float:
        """Probability that a chain ends after a unit."""
        return self._model.q

    @property
    def probabilities(self) -> Floats:
        """Probability of each template where a unit is written."""
        return self._model.counts / self._model.units

    def inside(self, tokens: Sequence[str]) -> float:
        """ln of the probability of a segment, summed over all its parses; nats."""
        words, offsets = self._segments([tokens])
        return float(self._model.log_probs(words, offsets).sum())

    def viterbi(self, tokens: Sequence[str]) -> list[ParseSpan]:
        """The most probable parse, depth first.

        Ties (within a part in 10^9): a shorter first unit before a longer one; a word by itself before templates,
        and these by their number; a longer last slot before a shorter one.
        """
        return _spans(self.viterbi_batch([tokens])[0])

    def viterbi_batch(self, segments: Iterable[Sequence[str]]) -> tuple[Ints, Longs]:
        """`viterbi` of many segments.

        Returns
        -------
        spans : int32, shape (spans, 4)
            Start, end, label, depth, as in `ParseSpan`.
        offsets : int64, shape (segments + 1,)
            Segment i has the spans ``spans[offsets[i]:offsets[i + 1]]``.
        """
        words, offsets = self._segments(segments)
        return self._model.best(words, offsets)

    def sample(self, tokens: Sequence[str], *, seed: int | None = None, k: int = 1) -> list[list[ParseSpan]]:
        """`k` parses, drawn exactly by their probability; the same seed gives the same ones everywhere."""
        words, offsets = self._segments([tokens])
        number, chart = seed_of(seed), self._model.chart
        cut = _cut(offsets).tolist()
        drawn: list[list[ParseSpan]] = [[] for _ in range(k)]
        for piece, (start, end) in enumerate(pairwise(cut)):
            rows, ends = chart.draw(self._model.anchors(words[start:end]), number, piece * k, k)
            rows[:, :2] += start
            for spans, (first, last) in zip(drawn, pairwise(ends.tolist()), strict=True):
                spans += _spans(rows[first:last])
        return drawn

    def marginals(self, tokens: Sequence[str]) -> Floats:
        """Probability that tokens i..k-1 are one unit, over all parses: shape (n + 1, n + 1), at [i, k].

        Raises
        ------
        ValueError
            If the segment is longer than 128 words.
        """
        words, _ = self._segments([tokens])
        if len(words) > LONGEST:
            raise ValueError(f"marginals are for segments of at most {LONGEST} words, not {len(words)}; cut it first.")
        return self._model.chart.spans(self._model.anchors(words))

    def entropy(self, token_lists: Iterable[Sequence[str]]) -> GrammarEntropy:
        """How well parts of the grammar foretell a text: its clauses, without the punctuation.

        The parts share all counts: where a template is left out, its words are by themselves again.
        """
        gapped = np.array([_gapped(items) for items in self.templates], bool)
        everything = np.ones(len(gapped), bool)
        models = [self._model.part(kept) for kept in (~everything, ~gapped, gapped)] + [self._model]
        nats, count = np.zeros(4), 0
        for batch in _batches(token_lists_of(token_lists)):
            words, offsets = self._segments(batch)
            count += len(words)
            nats += [model.log_probs(words, offsets).sum() for model in models]
        if not count:
            raise ValueError("the text has no words.")
        leaves, contiguous, between, all_ = (-nats / count).tolist()
        return GrammarEntropy(count, leaves, contiguous, between, all_, float(self._model.costs().sum()))

    def _segments(self, segments: Iterable[Sequence[str]]) -> tuple[Ints, Longs]:
        get = self._numbers.get
        lists = []
        for tokens in segments:
            if isinstance(tokens, str):
                raise TypeError("tokens must be a list of words, not one text.")
            lists.append([get(word, 0) for word in tokens])
        words = np.fromiter((number for numbers in lists for number in numbers), np.int32)
        return words, np.cumsum([0, *map(len, lists)], dtype=np.int64)


class Model:
    """A grammar over numbers: words from 1 (0: unknown), templates as tuples of words and 0 for a slot."""

    def __init__(self, forms: Sequence[tuple[int, ...]], counts: Floats, leaf: Floats, segments: float) -> None:
        if len(forms) != len(counts) or (len(counts) and counts.min() < 0) or leaf.min() < 0 or segments <= 0:
            raise ValueError("a grammar needs a count for each template, none negative, and at least one segment.")
        self.forms, self.counts, self.leaf, self.segments = tuple(forms), counts, leaf, segments
        self.lengths = np.array([len(form) for form in forms], np.int64)
        self.flat = np.fromiter((item for form in forms for item in form), np.int32)
        self.owner = np.repeat(np.arange(len(forms)), self.lengths)
        self.slots = np.bincount(self.owner[self.flat == 0], minlength=len(forms))
        self.units = float(leaf.sum() + counts.sum()) or 1.0
        chains = segments + float((counts * self.slots).sum())
        self.q = min(max(chains / self.units, 1e-9), 1 - 1e-9)
        alone = max(float(leaf.sum()) / self.units, 1e-9)
        self.log_leaf: Floats = np.log((leaf + 0.5) / (leaf.sum() + 0.5 * len(leaf))) + math.log(alone)
        with np.errstate(divide="ignore"):
            ratios = np.log(counts / self.units) - self.over_anchors(self.log_leaf)
        self._ratios, self._offsets = ratios, np.cumsum([0, *self.lengths], dtype=np.int64)
        self.chart = TemplateChart(self.flat, self._offsets, np.exp(np.minimum(ratios, 600.0)), self.q)
        self._anchor = np.zeros(len(leaf), bool)
        self._anchor[self.flat] = True

    def over_anchors(self, values: Floats) -> Floats:
        """The sum of a value of words over the anchors of each template."""
        words = self.flat > 0
        sums = np.bincount(self.owner[words], weights=values[self.flat[words]], minlength=len(self.forms))
        return sums.astype(np.float64)

    def anchors(self, words: Ints) -> Ints:
        """Words that are no anchor of any template become 0, which the chart steps over fastest."""
        return np.where(self._anchor[words], words, 0).astype(np.int32)

    def part(self, kept: npt.NDArray[np.bool_]) -> Model:
        """Some of the templates; the anchors of the others are words by themselves."""
        gone = ~kept[self.owner] & (self.flat > 0)
        leaf = self.leaf + np.bincount(
            self.flat[gone], weights=self.counts[self.owner[gone]], minlength=len(self.leaf)
        )
        forms = [form for form, keep in zip(self.forms, kept.tolist(), strict=True) if keep]
        return Model(forms, self.counts[kept], leaf, self.segments)

    @property
    def word_counts(self) -> Floats:
        """Of each word, in templates and by itself."""
        return self.part(np.zeros(len(self.forms), bool)).leaf

    def expected(self, words: Ints, offsets: Longs) -> Floats:
        """Expected uses of each template."""
        return self.chart.expected(self.anchors(words), _cut(offsets))[0]

    def log_probs(self, words: Ints, offsets: Longs) -> Floats:
        """ln P of each segment (of each piece, where it was cut)."""
        offsets = _cut(offsets)
        sums = np.concatenate([[0.0], np.cumsum(self.log_leaf[words])])
        alone: Floats = sums[offsets[1:]] - sums[offsets[:-1]]
        return alone + self.chart.log_values(self.anchors(words), offsets)

    def best(self, words: Ints, offsets: Longs) -> tuple[Ints, Longs]:
        """Spans of the best parses, and where each segment's begin."""
        cut = _cut(offsets)
        rows, ends, _ = self.chart.best(self.anchors(words), cut)
        if len(cut) > len(offsets):
            segment = np.searchsorted(offsets, cut[:-1], side="right") - 1
            rows[:, :2] += np.repeat(cut[:-1] - offsets[segment], np.diff(ends)).astype(np.int32)[:, None]
        return rows, ends[np.searchsorted(cut, offsets)]

    def costs(self) -> Floats:
        """Nats to write each template down: its words, the form of its items, and the precision of its count."""
        unigram = self.part(np.zeros(len(self.forms), bool)).log_leaf
        return FORM_COST * self.lengths + 0.5 * math.log(max(self.units, 1.0)) - self.over_anchors(unigram)

    def gains(self) -> Floats:
        """Nats that each template saves where it is used, against the best parse of its items without it; cost paid."""
        with np.errstate(invalid="ignore"):
            saved = self._ratios + self.slots * math.log(self.q) - self.chart.alternatives(self.flat, self._offsets)
            return np.where(self.counts > 0, self.counts * saved, 0.0) - self.costs()


def _cut(offsets: Longs) -> Longs:
    """The offsets of segments, and of the pieces of those that are too long."""
    if np.diff(offsets).max(initial=0) <= LONGEST:
        return offsets
    starts = [at for a, b in pairwise(offsets.tolist()) for at in range(a, max(b, a + 1), LONGEST)]
    return np.array([*starts, offsets[-1]], np.int64)


def _gapped(items: Sequence[str | None]) -> bool:
    words = [k for k, item in enumerate(items) if item is not None]
    return len(words) > 1 and None in items[words[0] : words[-1]]


def _batches(token_lists: Iterable[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    batch: list[Sequence[str]] = []
    for tokens in token_lists:
        batch += [tokens[start:end] for start, end in clauses(tokens)]
        if len(batch) >= BATCH:
            yield batch
            batch = []
    yield batch


def _spans(rows: Ints) -> list[ParseSpan]:
    return [ParseSpan(*row) for row in rows.tolist()]
