"""Templates that join two clauses of a sentence: pairs of words near the beginnings of neighbouring clauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._kernels.templates import ClausePairs, Fillings
from .candidates import number_anchors
from .fillings import MAX_FILLINGS, choose_examples
from .numbered_grammar import form_cost
from .numbering import NumberedCorpus
from .template import Template

if TYPE_CHECKING:
    import numpy.typing as npt

    Int32Array = npt.NDArray[np.int32]
    Float64Array = npt.NDArray[np.float64]

__all__ = ["mine_clause_pairs"]

MIN_PMI_NATS = 1.5  # over pairs of clauses
REMEMBERED_PAIRS = 1 << 23  # fingerprints of pairs of clauses, of 8 bytes
LEAST_REMEMBERED_PAIRS = 1 << 16


def mine_clause_pairs(
    corpus: NumberedCorpus, *, min_count: int, examples: int, budget: int | None = None
) -> list[Template]:
    """Find pairs of words near the beginnings of neighbouring clauses (虽然 … ， 但 …).

    The gain is the information that the first word gives about the second, summed over all pairs of clauses (number of
    pairs times the mutual information of the two events, nats), minus the cost of describing the template.

    Parameters
    ----------
    corpus : NumberedCorpus
        The corpus; repeated pairs of clauses count once.
    min_count : int
        Least number of pairs of clauses that have both words.
    examples : int
        Most examples of a template.
    budget : int, optional
        Memory in bytes, of which fingerprints take an eighth.

    Returns
    -------
    list of Template
        Those with a positive gain, `Template.across` set.
    """
    anchors, anchor_numbers = number_anchors(corpus)
    remembered = REMEMBERED_PAIRS
    if budget is not None:
        remembered = min(remembered, max(LEAST_REMEMBERED_PAIRS, 1 << (budget // 64).bit_length() - 1))
    pairs = ClausePairs(len(anchors), remembered)
    for _, words in corpus.text_pieces():
        pairs.count(words, _number_words(words, anchor_numbers))
    table, first_counts, second_counts, total = pairs.result()
    a, b = np.nonzero(table >= min_count)
    both = table[a, b].astype(np.float64)
    first, second = first_counts[a].astype(np.float64), second_counts[b].astype(np.float64)
    pmi = np.log(both * total / (first * second))
    log_probs = np.log(corpus.counts[anchors] / corpus.counts.sum())
    gain = _information(both, first, second, float(total)) + log_probs[a - 1] + log_probs[b - 1] - form_cost(3, total)
    kept = (pmi > MIN_PMI_NATS) & (gain > 0)
    a, b, both, pmi, gain = a[kept], b[kept], both[kept], pmi[kept], gain[kept]
    shape = table.shape
    del table
    labels = np.full(shape, -1, np.int32)
    labels[a, b] = np.arange(len(a))
    fillings = Fillings(MAX_FILLINGS)
    pairs.forget()
    for place, words in corpus.text_pieces():
        pairs.fill(words, _number_words(words, anchor_numbers), labels, fillings, place)
    chosen, distinct = choose_examples(fillings, corpus.text(), corpus.words, examples)
    return [
        Template(
            (corpus.words[anchors[a[label] - 1]], None, corpus.words[anchors[b[label] - 1]]),
            count=float(both[label]),
            fillers=distinct.get(label, 0),
            pmi=float(pmi[label]),
            gain=float(gain[label]),
            probability=float(both[label] / total),
            examples=chosen.get(label, ()),
            across=True,
        )
        for label in range(len(a))
    ]


def _number_words(words: Int32Array, anchor_numbers: Int32Array) -> Int32Array:
    """Return the numbers of words among the anchors; 0 for other words and for punctuation."""
    return np.where(words > 0, anchor_numbers[np.maximum(words, 0)], 0).astype(np.int32)


def _information(both: Float64Array, first: Float64Array, second: Float64Array, total: float) -> Float64Array:
    """Return the mutual information of two events, nats, times the number of observations."""
    nats = np.zeros(len(both))
    for observed, row, column in (
        (both, first, second),
        (first - both, first, total - second),
        (second - both, total - first, second),
        (total - first - second + both, total - first, total - second),
    ):
        positive = observed > 0
        nats[positive] += observed[positive] * np.log(observed[positive] * total / (row[positive] * column[positive]))
    return nats
