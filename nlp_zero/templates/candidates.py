"""Candidates of templates: pairs of words with a slot between, and contiguous words (n-grams)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.templates import DistinctPairs
from .clauses import is_numeral
from .numbered_grammar import Form
from .numbering import NumberedCorpus

if TYPE_CHECKING:
    import numpy.typing as npt

    Int32Array = npt.NDArray[np.int32]
    Int64Array = npt.NDArray[np.int64]

__all__ = ["KeyCounter", "chain_pairs", "find_candidates", "number_anchors", "select_anchors"]

MAX_ANCHORS = 3000  # most frequent words that may stand before or after a slot
MIN_PAIR_PMI_NATS = 0.2  # over distinct fillings
MIN_FILLING_SHARE = 0.2  # or: distinct fillings for each occurrence of the more frequent word
MIN_NGRAM_COUNT = 3
MIN_NGRAM_PMI_NATS = 0.2
MAX_NGRAM_ORDER = 3
REMEMBERED_FILLINGS = 1 << 23  # fingerprints of fillings
MAX_KEYS = 1 << 23  # distinct keys that are counted at once; beyond it, the rarest are dropped
# First guesses of how often a candidate is used; expectation maximisation replaces them.
USES_PER_NGRAM, USES_PER_FILLING = 0.2, 0.5


def find_candidates(corpus: NumberedCorpus, *, window: int, min_fillers: int) -> dict[Form, float]:
    """Return the forms that may be templates, with a first guess of how often each is used."""
    forms: dict[Form, float] = {form: USES_PER_NGRAM * count for form, count in find_ngrams(corpus)}
    pairs = find_pairs(corpus, window=window, min_fillers=min_fillers)
    return forms | {form: USES_PER_FILLING * fillings for form, fillings in pairs}


def select_anchors(corpus: NumberedCorpus) -> Int64Array:
    """Return the most frequent words that are not numerals; of equally frequent ones, those that occur first."""
    anchors: list[int] = []
    for word in np.lexsort((np.arange(len(corpus.counts)), -corpus.counts)).tolist():
        if len(anchors) == MAX_ANCHORS or corpus.counts[word] < MIN_NGRAM_COUNT:
            break
        if not is_numeral(corpus.words[word]):
            anchors.append(word)
    return np.array(anchors, np.int64)


def number_anchors(corpus: NumberedCorpus) -> tuple[Int64Array, Int32Array]:
    """Return the anchors, and for each word its number among them: from 1, or 0 if it is not an anchor."""
    anchors = select_anchors(corpus)
    anchor_numbers = np.zeros(len(corpus.words), np.int32)
    anchor_numbers[anchors] = np.arange(1, len(anchors) + 1)
    return anchors, anchor_numbers


def find_pairs(corpus: NumberedCorpus, *, window: int, min_fillers: int) -> Iterator[tuple[Form, int]]:
    """Find pairs a … b that have many distinct fillings, and yield them with the number of these."""
    anchors, anchor_numbers = number_anchors(corpus)
    pairs = DistinctPairs(len(anchors), window, REMEMBERED_FILLINGS)
    for _, words, offsets in corpus.clause_pieces():
        pairs.add(words, anchor_numbers[words], offsets)
    table = pairs.counts()
    del pairs
    left, right = np.nonzero(table >= min_fillers)
    fillings = table[left, right]
    expected = table.sum(1)[left] * (table.sum(0)[right] / max(float(table.sum()), 1.0))
    larger_count = np.maximum(corpus.counts[anchors[left - 1]], corpus.counts[anchors[right - 1]])
    kept = (np.log(fillings / expected) > MIN_PAIR_PMI_NATS) | (fillings >= MIN_FILLING_SHARE * larger_count)
    firsts, seconds = anchors[left[kept] - 1].tolist(), anchors[right[kept] - 1].tolist()
    for first, second, number in zip(firsts, seconds, fillings[kept].tolist(), strict=True):
        yield (first, 0, second), number


def find_ngrams(corpus: NumberedCorpus) -> Iterator[tuple[Form, int]]:
    """Find n-grams that occur more often than by chance, and yield them with their counts."""
    size, total = len(corpus.words), float(corpus.counts.sum())
    levels: list[Int64Array] = []  # of each order the sorted keys: number of the prefix * size + last word
    forms, counts = np.arange(size)[:, None], corpus.counts
    for _ in range(MAX_NGRAM_ORDER - 1):
        keys, key_counts = _count_longer_ngrams(corpus, levels, size)
        prefix, last = keys // size, keys % size
        pmi = np.log(key_counts * total / (counts[prefix].astype(np.float64) * corpus.counts[last]))
        kept = (key_counts >= MIN_NGRAM_COUNT) & (pmi > MIN_NGRAM_PMI_NATS)
        levels.append(keys[kept])
        forms, counts = np.column_stack([forms[prefix[kept]], last[kept]]), key_counts[kept]
        yield from zip(map(tuple, forms.tolist()), counts.tolist(), strict=True)


def _count_longer_ngrams(
    corpus: NumberedCorpus, levels: Sequence[Int64Array], size: int
) -> tuple[Int64Array, Int64Array]:
    """Return keys and counts of the n-grams that are one word longer than those of the last level."""
    counter = KeyCounter()
    for _, words, offsets in corpus.clause_pieces():
        word = words.astype(np.int64)
        clause_ends = np.repeat(offsets[1:], np.diff(offsets))
        ngram, start = word, np.arange(len(word))
        for length, keys in enumerate(levels, 1):
            ngram, start = _extend(ngram, start, word, clause_ends, length, size)
            place = np.minimum(np.searchsorted(keys, ngram), max(len(keys) - 1, 0))
            known = keys[place] == ngram if len(keys) else np.zeros(len(ngram), bool)
            ngram, start = place[known], start[known]
        counter.add(_extend(ngram, start, word, clause_ends, len(levels) + 1, size)[0])
    return counter.result()


def _extend(
    ngram: Int64Array, start: Int64Array, word: Int64Array, clause_ends: Int64Array, length: int, size: int
) -> tuple[Int64Array, Int64Array]:
    """Return keys and starts of the n-grams with the next word of their clause, where there is one."""
    inside = start + length < clause_ends[start]
    ngram, start = ngram[inside], start[inside]
    return ngram * size + word[start + length], start


class KeyCounter:
    """Counts integers; if there are too many distinct ones, those with the lowest counts are dropped."""

    def __init__(self) -> None:
        self._keys, self._counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self._pending: list[tuple[Int64Array, Int64Array]] = []
        self._pending_keys = 0

    def add(self, keys: Int64Array) -> None:
        """Count some keys, each as often as it is in the array."""
        self._pending.append(np.unique(keys, return_counts=True))
        self._pending_keys += len(self._pending[-1][0])
        if self._pending_keys > max(1 << 20, len(self._keys)):
            self._merge()

    def result(self) -> tuple[Int64Array, Int64Array]:
        """Return the distinct keys, sorted, and their counts."""
        self._merge()
        return self._keys, self._counts

    def _merge(self) -> None:
        keys = np.concatenate([self._keys, *(keys for keys, _ in self._pending)])
        counts = np.concatenate([self._counts, *(counts for _, counts in self._pending)])
        self._keys, place = np.unique(keys, return_inverse=True)
        self._counts = np.bincount(place.ravel(), weights=counts, minlength=len(self._keys)).astype(np.int64)
        threshold = 1
        while len(self._keys) > MAX_KEYS:
            kept = self._counts > threshold
            self._keys, self._counts, threshold = self._keys[kept], self._counts[kept], 2 * threshold
        self._pending, self._pending_keys = [], 0


def chain_pairs(frequent: dict[Form, float], known: set[Form]) -> dict[Form, float]:
    """Join frequent pairs to templates of three words.

    Parameters
    ----------
    frequent : dict of Form to float
        Frequent pairs, with or without a slot between, and their uses.
    known : set of Form
        All candidates.

    Returns
    -------
    dict of Form to float
        Forms a b c, with or without slots between, such that two of the pairs a b, b c and a … c are frequent and the
        third is known; with the lesser of the uses of the two.
    """
    by_first: dict[int, list[Form]] = {}
    by_last: dict[int, list[Form]] = {}
    for form in frequent:
        by_first.setdefault(form[0], []).append(form)
        by_last.setdefault(form[-1], []).append(form)
    chains: dict[Form, float] = {}
    for form, uses in frequent.items():
        for tail in by_first.get(form[-1], ()):
            if (form[0], 0, tail[-1]) in known:
                chains[(*form, *tail[1:])] = min(uses, frequent[tail])
        if 0 in form:
            continue
        a, b = form
        for whole in by_first[a]:  # a b … c
            if 0 in whole and (b, 0, whole[-1]) in known:
                chains[a, b, 0, whole[-1]] = min(uses, frequent[whole])
        for whole in by_last[b]:  # c … a b
            if 0 in whole and (whole[0], 0, a) in known:
                chains[whole[0], 0, a, b] = min(uses, frequent[whole])
    return chains
