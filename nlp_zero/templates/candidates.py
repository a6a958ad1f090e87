"""Candidates of templates, and templates that need no grammar: counts over a corpus.  Private to the package."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.templates import ClausePairs, DistinctPairs, Fillings
from .grammar import FORM_COST
from .inventory import Template
from .numbers import CLAUSE, SENTENCE, NumberedCorpus, is_numeral

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int32]
    Longs = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

Form = tuple[int, ...]  # words from 1, 0 a slot

ANCHORS = 3000  # most frequent words that may stand before or after a slot
MIN_PAIR_PMI = 0.2  # nats, over distinct fillings
MIN_SHARE = 0.2  # or: distinct fillings for each coming of the more frequent word
MIN_RUN = 3  # occurrences of words side by side
MIN_RUN_PMI = 0.2  # nats
LONGEST_RUN = 3  # words side by side
MIN_ACROSS_PMI = 1.5  # nats, over pairs of clauses
LONGEST_CHAIN = 6  # anchors of a chain of skip-grams
REMEMBERED = 1 << 23  # fingerprints of fillings, and of pairs of clauses
EXAMPLES = 1 << 21  # different fillings that examples are chosen from
DIFFERENT = 1 << 23  # different keys that are counted at once; beyond, the rarest are forgotten
SHOWN = {CLAUSE: "，", SENTENCE: "。"}  # in examples


def candidates(corpus: NumberedCorpus, *, window: int, min_fillers: int) -> dict[Form, float]:
    """Forms that may be templates, with a first guess of how often each is used."""
    forms: dict[Form, float] = {form: 0.2 * count for form, count in runs(corpus)}
    forms |= {form: 0.5 * fillings for form, fillings in pairs(corpus, window=window, min_fillers=min_fillers)}
    return forms


def anchors_of(corpus: NumberedCorpus) -> Longs:
    """The most frequent words that are no numerals; ties: which came first."""
    chosen: list[int] = []
    for word in np.lexsort((np.arange(len(corpus.counts)), -corpus.counts)).tolist():
        if len(chosen) == ANCHORS or corpus.counts[word] < MIN_RUN:
            break
        if not is_numeral(corpus.words[word]):
            chosen.append(word)
    return np.array(chosen, np.int64)


def _anchor_numbers(corpus: NumberedCorpus) -> tuple[Longs, Ints]:
    """The anchors, and the number of each word among them: from 1, or 0."""
    anchors = anchors_of(corpus)
    number = np.zeros(len(corpus.words), np.int32)
    number[anchors] = np.arange(1, len(anchors) + 1)
    return anchors, number


def pairs(corpus: NumberedCorpus, *, window: int, min_fillers: int) -> Iterator[tuple[Form, int]]:
    """Pairs a X b with their distinct fillings."""
    anchors, number = _anchor_numbers(corpus)
    found = DistinctPairs(len(anchors), window, REMEMBERED)
    for _, words, offsets in corpus.clauses():
        found.add(words, number[words], offsets)
    counts = found.counts()
    left, right = np.nonzero(counts >= min_fillers)
    c = counts[left, right]
    expected = counts.sum(1)[left] * (counts.sum(0)[right] / max(float(counts.sum()), 1.0))
    often = np.maximum(corpus.counts[anchors[left - 1]], corpus.counts[anchors[right - 1]])
    kept = (np.log(c / expected) > MIN_PAIR_PMI) | (c >= MIN_SHARE * often)
    chosen = zip(anchors[left[kept] - 1].tolist(), anchors[right[kept] - 1].tolist(), c[kept].tolist(), strict=True)
    return (((a, 0, b), fillings) for a, b, fillings in chosen)


def runs(corpus: NumberedCorpus) -> Iterator[tuple[Form, int]]:
    """Words side by side that come together more often than by chance, with their counts."""
    size, total = len(corpus.words), float(corpus.counts.sum())
    levels: list[Longs] = []  # sorted keys of each length: number of the run without its last word * size + that word
    forms, counts = np.arange(size)[:, None], corpus.counts
    for _ in range(LONGEST_RUN - 1):
        keys, c = _run_counts(corpus, levels, size)
        head, last = keys // size, keys % size
        pmi = np.log(c * total / (counts[head].astype(np.float64) * corpus.counts[last]))
        kept = (c >= MIN_RUN) & (pmi > MIN_RUN_PMI)
        levels.append(keys[kept])
        forms, counts = np.column_stack([forms[head[kept]], last[kept]]), c[kept]
        yield from zip(map(tuple, forms.tolist()), counts.tolist(), strict=True)


def _run_counts(corpus: NumberedCorpus, levels: Sequence[Longs], size: int) -> tuple[Longs, Longs]:
    """Keys and counts of the runs that are a word longer than those of the last level."""
    total = KeyCounts()
    for _, words, offsets in corpus.clauses():
        word = words.astype(np.int64)
        ends = np.repeat(offsets[1:], np.diff(offsets))
        run, at = word, np.arange(len(word))
        for length, keys in enumerate(levels, 1):
            run, at = _extended(run, at, word, ends, length, size)
            place = np.minimum(np.searchsorted(keys, run), max(len(keys) - 1, 0))
            known = keys[place] == run if len(keys) else np.zeros(len(run), bool)
            run, at = place[known], at[known]
        total.add(_extended(run, at, word, ends, len(levels) + 1, size)[0])
    return total.result()


def _extended(run: Longs, at: Longs, word: Longs, ends: Longs, length: int, size: int) -> tuple[Longs, Longs]:
    """Keys of the runs that begin `at`, with one more word, where their clause has one."""
    inside = at + length < ends[at]
    run, at = run[inside], at[inside]
    return run * size + word[at + length], at


class KeyCounts:
    """Counts numbers; when there are too many different ones, those that came least often are forgotten."""

    def __init__(self) -> None:
        self._keys, self._counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self._new: list[tuple[Longs, Longs]] = []
        self._waiting = 0

    def add(self, keys: Longs) -> None:
        self._new.append(np.unique(keys, return_counts=True))
        self._waiting += len(self._new[-1][0])
        if self._waiting > max(1 << 20, len(self._keys)):
            self._merge()

    def result(self) -> tuple[Longs, Longs]:
        """Different numbers, in order, and their counts."""
        self._merge()
        return self._keys, self._counts

    def _merge(self) -> None:
        keys = np.concatenate([self._keys, *(keys for keys, _ in self._new)])
        counts = np.concatenate([self._counts, *(counts for _, counts in self._new)])
        self._keys, place = np.unique(keys, return_inverse=True)
        self._counts = np.bincount(place.ravel(), weights=counts, minlength=len(self._keys)).astype(np.int64)
        least = 1
        while len(self._keys) > DIFFERENT:
            kept = self._counts > least
            self._keys, self._counts, least = self._keys[kept], self._counts[kept], 2 * least
        self._new, self._waiting = [], 0


def clause_templates(corpus: NumberedCorpus, min_count: int, examples: int) -> list[Template]:
    """Pairs of words near the beginnings of neighbouring clauses of a sentence (虽然 … ， 但 …).

    The gain is the information that the first word gives about the second, in nats over all pairs of clauses
    (pairs * mutual information of the two events), minus the cost of writing the template down.
    """
    anchors, number = _anchor_numbers(corpus)
    found = ClausePairs(len(anchors), REMEMBERED)
    for _, words in corpus.raw():
        found.count(words, _numbers_of(words, number))
    counts, left, right, total = found.result()
    a, b = np.nonzero(counts >= min_count)
    c, first, second = counts[a, b].astype(np.float64), left[a].astype(np.float64), right[b].astype(np.float64)
    pmi = np.log(c * total / (first * second))
    log_p = np.log(corpus.counts[anchors] / corpus.counts.sum())
    gain = _information(c, first, second, float(total)) + log_p[a - 1] + log_p[b - 1] - _form_cost(3, total)
    kept = (pmi > MIN_ACROSS_PMI) & (gain > 0)
    a, b, c, pmi, gain = a[kept], b[kept], c[kept], pmi[kept], gain[kept]
    owner = np.full(counts.shape, -1, np.int32)
    owner[a, b] = np.arange(len(a))
    fillings = Fillings(EXAMPLES)
    found.forget()
    for place, words in corpus.raw():
        found.fill(words, _numbers_of(words, number), owner, fillings, place)
    shown, different = examples_of(fillings, corpus.raw_text(), corpus.words, examples)
    word = corpus.words
    return [
        Template(
            (word[anchors[a[t] - 1]], None, word[anchors[b[t] - 1]]),
            count=float(c[t]),
            fillers=different.get(t, 0),
            pmi=float(pmi[t]),
            gain=float(gain[t]),
            probability=float(c[t] / total),
            examples=shown.get(t, ()),
            across=True,
        )
        for t in range(len(a))
    ]


def _numbers_of(words: Ints, number: Ints) -> Ints:
    return np.where(words > 0, number[np.maximum(words, 0)], 0).astype(np.int32)


def _form_cost(items: int, total: float) -> float:
    return FORM_COST * items + 0.5 * math.log(max(total, 1.0))


def _information(both: Floats, first: Floats, second: Floats, total: float) -> Floats:
    """Nats of mutual information of two events, times the number of observations."""
    nats = np.zeros(len(both))
    for seen, row, column in (
        (both, first, second),
        (first - both, first, total - second),
        (second - both, total - first, second),
        (total - first - second + both, total - first, total - second),
    ):
        some = seen > 0
        nats[some] += seen[some] * np.log(seen[some] * total / (row[some] * column[some]))
    return nats


def examples_of(
    fillings: Fillings, text: Ints, words: Sequence[str], limit: int
) -> tuple[dict[int, tuple[tuple[str, ...], ...]], dict[int, int]]:
    """The most frequent fillings of each template (ties: which came first), and how many different ones there are."""
    owners, counts, first, spans = fillings.result()
    text = np.asarray(text)  # a slice of a mapped array costs ten times as much
    different = dict(enumerate(np.bincount(owners).tolist()))
    order = np.lexsort((np.arange(len(owners)), -counts, owners))
    begin = np.flatnonzero(np.diff(owners[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(begin, np.diff(np.append(begin, len(order))))
    examples: dict[int, list[tuple[str, ...]]] = {}
    for k in order[rank < limit].tolist():
        slots = spans[first[k] // 2 : first[k + 1] // 2].tolist()
        filling = tuple(_text(text[start : start + length], words) for start, length in slots)
        examples.setdefault(int(owners[k]), []).append(filling)
    return {t: tuple(found) for t, found in examples.items()}, different


def _text(numbers: Ints, words: Sequence[str]) -> str:
    return " ".join(words[number] if number > 0 else SHOWN.get(number, "…") for number in numbers.tolist())


def skipgram_templates(
    corpus: NumberedCorpus, *, window: int, min_pmi: float, min_proba: float, min_fillers: int, examples: int
) -> list[Template]:
    """Chains of words, each linked to the strongest partner on its right; what lies between and beside them is a slot.

    A chain has at most 6 anchors.  The gain is uses * sum of PMI of its links, minus the cost of writing it down.
    """
    keys, pmis = _skip_pairs(corpus, window, min_pmi, min_proba)
    size = len(corpus.words)
    uses: Counter[Form] = Counter()
    for _, words, offsets in corpus.clauses():
        uses.update(form for form, _, _ in _chains(words, offsets, keys, pmis, size, window))
        if len(uses) > DIFFERENT // 8:
            uses = Counter({form: count for form, count in uses.items() if count > 1})
    forms = [form for form, count in uses.items() if count >= min_fillers]
    label = {form: t for t, form in enumerate(forms)}
    fillings = Fillings(EXAMPLES)
    for place, words, offsets in corpus.clauses():
        rows, ends = _rows(_chains(words, offsets, keys, pmis, size, window), label, len(offsets) - 1)
        fillings.add(rows, ends, words, offsets, place)
    shown, different = examples_of(fillings, corpus.clause_text(), corpus.words, examples)
    known = dict(zip(keys.tolist(), pmis.tolist(), strict=True))
    log_p = np.log(np.maximum(corpus.counts, 1) / corpus.counts.sum())
    templates = []
    for t, form in enumerate(forms):
        anchors = [word for word in form if word]
        links = [known[a * size + b] for a, b in pairwise(anchors)]
        cost = _form_cost(len(form), corpus.segments) - float(log_p[anchors].sum())
        if different.get(t, 0) >= min_fillers:
            templates.append(
                Template(
                    tuple(corpus.words[word] if word else None for word in form),
                    count=uses[form],
                    fillers=different[t],
                    pmi=min(links),
                    gain=uses[form] * sum(links) - cost,
                    probability=uses[form] / corpus.segments,
                    examples=shown.get(t, ()),
                )
            )
    return templates


def _skip_pairs(corpus: NumberedCorpus, window: int, min_pmi: float, min_proba: float) -> tuple[Longs, Floats]:
    """Pairs that are kept, as first word * words + second, in order; and their PMI in nats."""
    size, counter = len(corpus.words), KeyCounts()
    for _, words, offsets in corpus.clauses():
        word = words.astype(np.int64)
        ends = np.repeat(offsets[1:], np.diff(offsets))
        for distance in range(1, window):
            at = np.flatnonzero(np.arange(len(word)) + distance < ends)
            counter.add(word[at] * size + word[at + distance])
    keys, counts = counter.result()
    total = float(counts.sum())
    p = corpus.counts / corpus.counts.sum()
    pmi = np.log(counts / max(total, 1.0) / (p[keys // size] * p[keys % size]))
    kept = (counts > min_proba * total) & (pmi > min_pmi)
    return keys[kept], pmi[kept]


def _chains(
    words: Ints, offsets: Longs, keys: Longs, pmis: Floats, size: int, window: int
) -> Iterator[tuple[Form, int, list[int]]]:
    """Form, number of the clause, and places of the anchors in the clause, of each chain."""
    word = words.astype(np.int64)
    clause = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    best, partner = np.full(len(word), -np.inf), np.full(len(word), -1)
    for distance in range(1, window if len(keys) else 1):
        at = np.flatnonzero(np.arange(len(word)) + distance < offsets[clause + 1])
        key = word[at] * size + word[at + distance]
        place = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
        value = np.where(keys[place] == key, pmis[place], -np.inf)
        better = value > best[at]  # ties: the nearer one
        best[at[better]], partner[at[better]] = value[better], at[better] + distance
    linked = np.zeros(len(word) + 1, bool)
    linked[partner] = True
    follow, starts, numbers = partner.tolist(), offsets.tolist(), words.tolist()
    for head in np.flatnonzero((partner >= 0) & ~linked[:-1]).tolist():
        k = int(clause[head])
        chain = [int(head)]
        while follow[chain[-1]] >= 0 and len(chain) < LONGEST_CHAIN:
            chain.append(follow[chain[-1]])
        form = [0] if head > starts[k] else []
        for here, there in pairwise([*chain, starts[k + 1]]):
            form += [numbers[here], 0] if there > here + 1 else [numbers[here]]
        yield tuple(form), k, [place - starts[k] for place in [starts[k], *chain, starts[k + 1]]]


def _rows(chains: Iterator[tuple[Form, int, list[int]]], label: dict[Form, int], clauses: int) -> tuple[Ints, Longs]:
    """Chains as rows of trees, in the form that `TemplateChart.best` gives."""
    rows: list[tuple[int, int, int, int]] = []
    ends = np.zeros(clauses + 1, np.int64)
    for form, k, (first, *places, end) in chains:
        if form in label:
            rows.append((0, end, label[form], 0))
            if places[0] > first:
                rows.append((first, places[0], -2, 1))
            rows += [(here + 1, there, -2, 1) for here, there in pairwise([*places, end]) if there > here + 1]
        ends[k + 1] = len(rows)
    return np.array(rows, np.int32).reshape(-1, 4), np.maximum.accumulate(ends)
