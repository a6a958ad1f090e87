"""Templates by skip-grams, which need no grammar: chains of words that are linked by their PMI."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .._kernels.elementary import log
from .._kernels.templates import Fillings
from .candidates import MAX_KEYS, KeyCounter
from .fillings import MAX_FILLINGS, choose_examples
from .grammar import SLOT
from .numbered_grammar import Form, form_cost
from .numbering import NumberedCorpus
from .template import Template

if TYPE_CHECKING:
    import numpy.typing as npt

    Int32Array = npt.NDArray[np.int32]
    Int64Array = npt.NDArray[np.int64]
    Float64Array = npt.NDArray[np.float64]

__all__ = ["mine_skipgrams"]

MAX_CHAIN_ANCHORS = 6
MAX_FORMS = MAX_KEYS // 8  # forms that are counted at once; beyond it, those with one use are dropped


class Links(NamedTuple):
    """Pairs of words that may be linked, as keys first * words + second, sorted; and their PMI in nats."""

    keys: Int64Array
    pmis: Float64Array


class Chain(NamedTuple):
    """Linked words of one clause."""

    form: Form
    clause: int  # number of the clause in the piece
    anchors: list[int]  # places of the words in the clause
    end: int  # length of the clause in words


def mine_skipgrams(
    corpus: NumberedCorpus, *, window: int, min_pmi: float, min_proba: float, min_fillers: int, examples: int
) -> list[Template]:
    """Find chains of words in which each word is linked to its strongest partner on the right.

    The words between and around the linked ones are slots.  A chain has at most 6 linked words.  The gain is the
    number of uses times the sum of the PMI of the links, minus the cost of describing the template.

    Parameters
    ----------
    corpus : NumberedCorpus
        The corpus; its distinct clauses are used.
    window : int
        Two linked words lie fewer than this many words apart.
    min_pmi : float
        Least PMI of a link, nats (exclusive).
    min_proba : float
        Least share of all pairs that a link has (exclusive).
    min_fillers : int
        Least number of uses and of distinct fillings.
    examples : int
        Most examples of a template.

    Returns
    -------
    list of Template
        In the order of first occurrence.
    """
    links = _count_links(corpus, window, min_pmi, min_proba)
    uses = _count_forms(corpus, links, window, min_fillers)
    labels = {form: label for label, form in enumerate(uses)}
    fillings = Fillings(MAX_FILLINGS)
    for place, words, offsets in corpus.clause_pieces():
        chains = _iterate_chains(words, offsets, links, len(corpus.words), window)
        rows, ends = _rows_of_chains(chains, labels, len(offsets) - 1)
        fillings.add(rows, ends, words, offsets, place)
    chosen, distinct = choose_examples(fillings, corpus.clause_text(), corpus.words, examples)
    pmi_of_key = dict(zip(links.keys.tolist(), links.pmis.tolist(), strict=True))
    log_probs = log(np.maximum(corpus.counts, 1) / corpus.counts.sum())
    templates = []
    for form, label in labels.items():
        if distinct.get(label, 0) < min_fillers:
            continue
        anchors = [word for word in form if word]
        pmis = [pmi_of_key[a * len(corpus.words) + b] for a, b in pairwise(anchors)]
        cost = form_cost(len(form), corpus.clause_count) - float(log_probs[anchors].sum())
        templates.append(
            Template(
                tuple(corpus.words[word] if word else None for word in form),
                count=uses[form],
                fillers=distinct[label],
                pmi=min(pmis),
                gain=uses[form] * sum(pmis) - cost,
                probability=uses[form] / corpus.clause_count,
                examples=chosen.get(label, ()),
            )
        )
    return templates


def _count_forms(corpus: NumberedCorpus, links: Links, window: int, min_count: int) -> dict[Form, int]:
    """Return the forms of chains that occur at least `min_count` times, in the order of first occurrence."""
    uses: Counter[Form] = Counter()
    for _, words, offsets in corpus.clause_pieces():
        uses.update(chain.form for chain in _iterate_chains(words, offsets, links, len(corpus.words), window))
        if len(uses) > MAX_FORMS:
            uses = Counter({form: count for form, count in uses.items() if count > 1})
    return {form: count for form, count in uses.items() if count >= min_count}


def _count_links(corpus: NumberedCorpus, window: int, min_pmi: float, min_proba: float) -> Links:
    size, counter = len(corpus.words), KeyCounter()
    for _, words, offsets in corpus.clause_pieces():
        word = words.astype(np.int64)
        clause_ends = np.repeat(offsets[1:], np.diff(offsets))
        for distance in range(1, window):
            first = np.flatnonzero(np.arange(len(word)) + distance < clause_ends)
            counter.add(word[first] * size + word[first + distance])
    keys, counts = counter.result()
    total = float(counts.sum())
    probs = corpus.counts / corpus.counts.sum()
    pmi = log(counts / max(total, 1.0) / (probs[keys // size] * probs[keys % size]))
    kept = (counts > min_proba * total) & (pmi > min_pmi)
    return Links(keys[kept], pmi[kept])


def _iterate_chains(
    words: Int32Array, offsets: Int64Array, links: Links, size: int, window: int
) -> Iterator[Chain]:
    """Yield the chains of all clauses of a piece."""
    word = words.astype(np.int64)
    clause = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    best, partner = np.full(len(word), -np.inf), np.full(len(word), -1)
    for distance in range(1, window if len(links.keys) else 1):
        first = np.flatnonzero(np.arange(len(word)) + distance < offsets[clause + 1])
        key = word[first] * size + word[first + distance]
        place = np.minimum(np.searchsorted(links.keys, key), len(links.keys) - 1)
        pmi = np.where(links.keys[place] == key, links.pmis[place], -np.inf)
        better = pmi > best[first]  # ties: the nearer partner
        best[first[better]], partner[first[better]] = pmi[better], first[better] + distance
    is_partner = np.zeros(len(word) + 1, bool)
    is_partner[partner] = True
    partners, starts, numbers = partner.tolist(), offsets.tolist(), words.tolist()
    for head in np.flatnonzero((partner >= 0) & ~is_partner[:-1]).tolist():
        k = int(clause[head])
        anchors = [int(head)]
        while partners[anchors[-1]] >= 0 and len(anchors) < MAX_CHAIN_ANCHORS:
            anchors.append(partners[anchors[-1]])
        form = [0] if head > starts[k] else []
        for here, there in pairwise([*anchors, starts[k + 1]]):
            form += [numbers[here], 0] if there > here + 1 else [numbers[here]]
        yield Chain(tuple(form), k, [anchor - starts[k] for anchor in anchors], starts[k + 1] - starts[k])


def _rows_of_chains(
    chains: Iterator[Chain], labels: dict[Form, int], clauses: int
) -> tuple[Int32Array, Int64Array]:
    """Return chains as rows of parse trees, in the form that `TemplateChart.best` gives."""
    rows: list[tuple[int, int, int, int]] = []
    ends = np.zeros(clauses + 1, np.int64)
    for form, clause, anchors, end in chains:
        if form in labels:
            rows.append((0, end, labels[form], 0))
            if anchors[0] > 0:
                rows.append((0, anchors[0], SLOT, 1))
            rows += [(here + 1, there, SLOT, 1) for here, there in pairwise([*anchors, end]) if there > here + 1]
        ends[clause + 1] = len(rows)
    return np.array(rows, np.int32).reshape(-1, 4), np.maximum.accumulate(ends)
