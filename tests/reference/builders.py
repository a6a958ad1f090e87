"""The rules of the builders, written plainly."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from .counts import branching_entropy, count_ngrams, min_split_pmi

Ngram = tuple[str, ...]


def pmi_pieces(runs: list[list[str]], *, order: int, min_pmi: Sequence[float], min_count: int) -> Counter[Ngram]:
    """word-discovery: keep n-grams, join those that overlap, count the pieces that survive backtracking.

    N-grams that occur only once are never kept.
    """
    counts = count_ngrams(runs, order)
    kept: set[Ngram] = set(counts[0])
    for n in range(2, order + 1):
        for ngram, c in counts[n - 1].items():
            if c >= max(2, min_count) and min_split_pmi(ngram, counts) >= min_pmi[n - 1]:
                kept.add(ngram)
    pieces: Counter[Ngram] = Counter()
    for run in runs:
        joined = [False] * (len(run) - 1)  # whether symbols i and i + 1 belong together
        for i in range(len(run)):
            for n in range(2, order + 1):
                if tuple(run[i : i + n]) in kept and i + n <= len(run):
                    joined[i : i + n - 1] = [True] * (n - 1)
        piece = [run[0]]
        for i in range(1, len(run) + 1):
            if i < len(run) and joined[i - 1]:
                piece.append(run[i])
                continue
            pieces[tuple(piece)] += 1
            piece = run[i : i + 1]
    good: Counter[Ngram] = Counter()
    for piece_, c in pieces.items():
        inner = [piece_[i : i + order] for i in range(max(1, len(piece_) - order + 1))]
        if all(x in kept for x in inner) and (len(piece_) == 1 or c >= min_count):
            good[piece_] = c
    return good


def nvbe_scores(runs: list[list[str]], max_length: int, single: float) -> dict[Ngram, float]:
    """a(x) times length: the variation of branching entropy on both sides, less its mean over the types of a length."""
    counts = count_ngrams(runs, max_length)
    h = {x: branching_entropy(x, runs) for level in counts for x in level}
    scores = {}
    for n in range(1, max_length + 1):
        rise = {}
        for x in counts[n - 1]:
            left, right = h[x]
            rise[x] = left + right if n == 1 else left - h[x[1:]][0] + right - h[x[:-1]][1]
        mean = sum(rise.values()) / max(1, len(rise))
        # strings that occur once take part in the mean, but only single symbols among them may be pieces
        possible = {x: r for x, r in rise.items() if n == 1 or counts[n - 1][x] > 1}
        scores.update({x: (r - mean) * (n if n > 1 else single) for x, r in possible.items()})
    return scores


def best_cut_score(run: list[str], scores: dict[Ngram, float], max_length: int) -> float:
    """The greatest sum of scores over all segmentations, by trying them all."""
    if not run:
        return 0.0
    return max(
        scores[tuple(run[:n])] + best_cut_score(run[n:], scores, max_length)
        for n in range(1, min(max_length, len(run)) + 1)
        if tuple(run[:n]) in scores
    )


def segmentations(word: str, words: set[str]) -> list[list[str]]:
    """All ways to write a word as a sequence of other words."""
    if not word:
        return [[]]
    return [
        [word[:n], *rest]
        for n in range(1, len(word) + 1)
        if word[:n] in words
        for rest in segmentations(word[n:], words)
    ]


STEPS_PER_NAT = 1 << 30  # ln of counts are compared in such steps, so that ties are ties on every platform


def deduplicate(words: dict[str, int]) -> dict[str, int]:
    """Drop words that are made of others, longest first, and give their counts to the words that they are made of.

    kexue.fm/archives/5476, step 4: a word goes if its PMI against its best segmentation into other words is below
    len(word) - 1 nats. All counts, and their total, are those of the moment. Ties between segmentations go to fewer
    words, then to the longer first word.
    """
    left = dict(words)

    def steps(count: int) -> int:
        return round(math.log(count) * STEPS_PER_NAT)

    for word in sorted(words, key=lambda w: (-len(w), w)):
        if len(word) < 2:
            continue
        total = steps(sum(left.values()))
        others = set(left) - {word}
        cuts = segmentations(word, others)
        if not cuts:
            continue

        def log_p(x: str, total: int = total) -> int:
            return steps(left[x]) - total

        best = max(cuts, key=lambda cut: (sum(map(log_p, cut)), -len(cut), [len(x) for x in cut]))
        if log_p(word) - sum(map(log_p, best)) < (len(word) - 1) * STEPS_PER_NAT:
            count = left.pop(word)
            for part in best:
                left[part] += count
    return left


def expected_pieces(
    runs: list[list[str]], *, order: int, longest: int, kept: set[Ngram], longest_word: int
) -> dict[Ngram, float]:
    """How often n-grams are pieces, estimated from windows of `order` symbols.

    An end of an occurrence is free in a window if no kept n-gram within the window crosses it; a run's end ends the
    window, too. Windows with the n-gram at all places are combined as in a Markov chain.
    """

    def count_free(word: Ngram, left: int, right: int) -> int:
        free = 0
        for run in runs:
            for i in range(len(run) - len(word) + 1):
                j = i + len(word)
                if tuple(run[i:j]) == word:
                    low, high = max(0, i - left), min(len(run), j + right)
                    inside = [(a, b) for a in range(low, high) for b in range(a + 2, high + 1)]
                    crossing = [(a, b) for a, b in inside if a < i < b or a < j < b]
                    free += not any(tuple(run[a:b]) in kept for a, b in crossing)
        return free

    def count_pieces(word: Ngram) -> float:
        reach, spare = longest - 1, order - len(word)
        if not spare:
            counts = count_free(word, 0, 0), count_free(word[1:], 0, 0), count_free(word[:-1], 0, 0)
            return counts[0] * count_free(word[1:], 0, 1) / counts[1] * count_free(word[:-1], 1, 0) / counts[2]
        spare = min(spare, 2 * reach)
        uneven = 2 if spare < 4 else 1
        lefts = [a for a in range(spare + 1) if a <= reach and spare - a <= reach and abs(spare - 2 * a) <= uneven]
        times = math.prod(count_free(word, a, spare - a) for a in lefts)
        shared = math.prod(count_free(word, a, spare - 1 - a) for a in lefts[:-1])
        return times / shared if times else 0.0

    words = {tuple(run[i : i + n]) for run in runs for n in range(1, longest_word + 1) for i in range(len(run) - n + 1)}
    return {
        word: count_pieces(word)
        for word in words
        if len(word) == 1
        or word in kept
        or (len(word) > longest and all(word[i : i + longest] in kept for i in range(len(word) - longest + 1)))
    }
