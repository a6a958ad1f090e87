"""The formulas of a template grammar, over numbers: words from 1 (0 is any unknown word), templates as tuples."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.elementary import exp, log
from .._kernels.templates import TemplateChart

if TYPE_CHECKING:
    import numpy.typing as npt

    Int32Array = npt.NDArray[np.int32]
    Int64Array = npt.NDArray[np.int64]
    Float64Array = npt.NDArray[np.float64]

__all__ = ["MAX_SEGMENT_WORDS", "Form", "NumberedGrammar", "form_cost", "split_offsets"]

Form = tuple[int, ...]  # a template: the numbers of its words, and 0 for a slot

MAX_SEGMENT_WORDS = 128  # longer segments are parsed in pieces of this length, so that time grows in proportion
ITEM_COST_NATS = 0.7  # cost of encoding whether an item of a template is a word or a slot, or that the template ends
MAX_LOG_WEIGHT = 600.0  # exp() of it is still a finite double


class NumberedGrammar:
    """A template grammar over numbers.  Immutable.

    With U units (templates and words outside templates) and C chains (segments, and one for each slot), the
    probabilities are P(template) = count / U and q = C / U.  Words outside templates share what remains in proportion
    to their counts plus ½.

    Parameters
    ----------
    forms : sequence of Form
        The templates.
    counts : ndarray of float64, shape (templates,)
        How often each template is used.
    leaf_counts : ndarray of float64, shape (words + 1,)
        How often each word is used outside templates; entry 0 is for unknown words.
    segments : float
        Number of segments.

    Raises
    ------
    ValueError
        If counts are missing or negative, or there are no segments.
    """

    def __init__(
        self, forms: Sequence[Form], counts: Float64Array, leaf_counts: Float64Array, segments: float
    ) -> None:
        if len(forms) != len(counts):
            raise ValueError(f"counts must have one count for each of the {len(forms)} templates, not {len(counts)}.")
        if not (counts.min(initial=0) >= 0 and leaf_counts.min(initial=0) >= 0):  # also if one is NaN
            raise ValueError("counts and leaves must be counts of at least 0.")
        if not segments > 0:
            raise ValueError(f"segments must be a number above 0, not {segments}.")
        self.forms, self.counts, self.leaf_counts, self.segments = tuple(forms), counts, leaf_counts, segments
        self.lengths = np.array([len(form) for form in forms], np.int64)
        self.items = np.fromiter((item for form in forms for item in form), np.int32)
        self.owners = np.repeat(np.arange(len(forms)), self.lengths)  # template of each item
        self.slots = np.bincount(self.owners[self.items == 0], minlength=len(forms))
        self.units = float(leaf_counts.sum() + counts.sum()) or 1.0
        chains = segments + float((counts * self.slots).sum())
        self.q = min(max(chains / self.units, 1e-9), 1 - 1e-9)
        leaf_share = max(float(leaf_counts.sum()) / self.units, 1e-9)
        smoothed = (leaf_counts + 0.5) / (leaf_counts.sum() + 0.5 * len(leaf_counts))
        self.leaf_log_probs: Float64Array = log(smoothed) + log(leaf_share)
        with np.errstate(divide="ignore"):
            log_weights = log(counts / self.units) - self.sum_over_anchors(self.leaf_log_probs)
        self._log_weights, self._offsets = log_weights, np.cumsum([0, *self.lengths], dtype=np.int64)
        weights = exp(np.minimum(log_weights, MAX_LOG_WEIGHT))
        self.chart = TemplateChart(self.items, self._offsets, weights, self.q)
        self._is_anchor = np.zeros(len(leaf_counts), bool)
        self._is_anchor[self.items] = True

    def sum_over_anchors(self, values: Float64Array) -> Float64Array:
        """Return, for each template, the sum of `values` (one for each word) over its words."""
        words = self.items > 0
        sums = np.bincount(self.owners[words], weights=values[self.items[words]], minlength=len(self.forms))
        return sums.astype(np.float64)

    def keep_anchors(self, words: Int32Array) -> Int32Array:
        """Return words with 0 for those that are in no template, which the chart processes fastest."""
        return np.where(self._is_anchor[words], words, 0).astype(np.int32)

    def restrict(self, kept: npt.NDArray[np.bool_]) -> NumberedGrammar:
        """Return the grammar of the templates that are `kept`; words of the others are used outside templates."""
        dropped = ~kept[self.owners] & (self.items > 0)
        leaf_counts = self.leaf_counts + np.bincount(
            self.items[dropped], weights=self.counts[self.owners[dropped]], minlength=len(self.leaf_counts)
        )
        forms = [form for form, keep in zip(self.forms, kept.tolist(), strict=True) if keep]
        return NumberedGrammar(forms, self.counts[kept], leaf_counts, self.segments)

    def without_templates(self) -> NumberedGrammar:
        """Return the unigram model of the words."""
        return self.restrict(np.zeros(len(self.forms), bool))

    def expected_uses(self, words: Int32Array, offsets: Int64Array) -> Float64Array:
        """Return the expected number of uses of each template in segments."""
        return self.chart.expected(self.keep_anchors(words), split_offsets(offsets))[0]

    def log_probs(self, words: Int32Array, offsets: Int64Array) -> Float64Array:
        """Return ln P of each segment; a segment that is too long gives one value for each of its pieces."""
        offsets = split_offsets(offsets)
        sums = np.concatenate([[0.0], np.cumsum(self.leaf_log_probs[words])])
        as_leaves: Float64Array = sums[offsets[1:]] - sums[offsets[:-1]]
        return as_leaves + self.chart.log_values(self.keep_anchors(words), offsets)

    def best_parses(self, words: Int32Array, offsets: Int64Array) -> tuple[Int32Array, Int64Array]:
        """Return spans (start, end, label, depth) of the most probable parses, and the offsets of the segments."""
        pieces = split_offsets(offsets)
        spans, ends, _ = self.chart.best(self.keep_anchors(words), pieces)
        if len(pieces) > len(offsets):
            segment = np.searchsorted(offsets, pieces[:-1], side="right") - 1
            spans[:, :2] += np.repeat(pieces[:-1] - offsets[segment], np.diff(ends)).astype(np.int32)[:, None]
        return spans, ends[np.searchsorted(pieces, offsets)]

    def costs(self) -> Float64Array:
        """Return the description length of each template in nats: its words, its items, the precision of its count."""
        word_log_probs = self.without_templates().leaf_log_probs
        precision = 0.5 * log(max(self.units, 1.0))
        return ITEM_COST_NATS * self.lengths + precision - self.sum_over_anchors(word_log_probs)

    def gains(self) -> Float64Array:
        """Return the nats that each template saves, minus its cost.

        The saving of a use is the difference from the most probable parse of the items of the template without it.
        """
        with np.errstate(invalid="ignore"):
            best_other = self.chart.alternatives(self.items, self._offsets)
            saved = self._log_weights + self.slots * log(self.q) - best_other
            return np.where(self.counts > 0, self.counts * saved, 0.0) - self.costs()

    def pmis(self) -> Float64Array:
        """Return the PMI of the words of each template: ln(P(template) / product of P(word)), for each of the links.

        A template of n words has n - 1 links between neighbouring words; a single word has PMI 0.
        """
        word_counts = self.without_templates().leaf_counts
        anchors = self.lengths - self.slots
        with np.errstate(divide="ignore"):
            word_log_probs = log(word_counts) - log(word_counts.sum())
            template_log_probs = log(self.counts / word_counts.sum())
        pmi = template_log_probs - self.sum_over_anchors(word_log_probs)
        return np.where((anchors > 1) & (self.counts > 0), pmi / np.maximum(anchors - 1, 1), 0.0)


def form_cost(items: int, units: float) -> float:
    """Return the description length of a template in nats without its words: its items, the precision of its count."""
    return ITEM_COST_NATS * items + 0.5 * log(max(units, 1.0))


def split_offsets(offsets: Int64Array) -> Int64Array:
    """Return the offsets of segments, those longer than `MAX_SEGMENT_WORDS` cut into pieces."""
    if np.diff(offsets).max(initial=0) <= MAX_SEGMENT_WORDS:
        return offsets
    starts = [place for a, b in pairwise(offsets.tolist()) for place in range(a, max(b, a + 1), MAX_SEGMENT_WORDS)]
    return np.array([*starts, offsets[-1]], np.int64)
