"""Boundary trees in plain Python: counting, self-training and brackets, by the formulas."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from nlp_zero.templates.marks import MARK_KINDS, is_mark, word_form

STEP = 1 << 20
INF = math.inf
Segment = list[str]


class PlainBoundaries:
    def __init__(self, sentences: Sequence[Sequence[str]], rounds: int) -> None:
        segments = segments_of(sentences)
        self.count = Counter(word for segment in segments for word in segment)
        self.pairs = Counter(pair for segment in segments for pair in pairwise(segment))
        self.left, self.right = Counter(), Counter()
        for (u, v), times in self.pairs.items():
            self.left[u] += times
            self.right[v] += times
        first, last = Counter(s[0] for s in segments), Counter(s[-1] for s in segments)
        self.rate = len(segments) / sum(self.count.values())
        self.starts, self.ends = first, last
        for _ in range(rounds):
            starts, ends = Counter(first), Counter(last)
            for segment in segments:
                if 3 <= len(segment) <= 30:
                    for u, v in self.cuts(segment):
                        ends[u] += 1
                        starts[v] += 1
            self.starts, self.ends = starts, ends

    def gaps(self, words: Segment) -> list[int]:
        return [self.score(u, v) for u, v in pairwise(words)]

    def cuts(self, segment: Segment) -> list[tuple[str, str]]:
        gaps = self.gaps(segment)
        top = gaps.index(max(gaps))
        places = [top]
        for a, b in ((0, top), (top + 1, len(gaps))):
            if a < b:
                places.append(gaps.index(max(gaps[a:b]), a, b))
        return [(segment[i], segment[i + 1]) for i in places]

    def log_odds(self, times: Counter[str], word: str) -> int:
        if word not in self.count:
            return 0
        p = self.rate
        return round(math.log((times[word] + 10 * p) / ((self.count[word] + 10) * p)) * STEP)

    def score(self, u: str, v: str) -> int:
        value = self.log_odds(self.ends, u) + self.log_odds(self.starts, v)
        if u in self.count and v in self.count:
            expected = self.left[u] * self.right[v] / max(sum(self.pairs.values()), 1)
            value -= round(0.5 * math.log((self.pairs[u, v] + 1) / (expected + 1)) * STEP)
        return value


def segments_of(sentences: Sequence[Sequence[str]]) -> list[Segment]:
    segments: list[Segment] = []
    for sentence in sentences:
        segments.append([])
        for token in sentence:
            if not is_mark(token):
                segments[-1].append(word_form(token))
            elif MARK_KINDS.get(token[:1], 0) != 5:
                segments.append([])
    return [segment for segment in segments if segment]


def spans(
    model: PlainBoundaries, tokens: Sequence[str], prominence: float = 0.4, pause: float = 1.5
) -> set[tuple[int, int]]:
    """Brackets of two or more tokens except the whole sentence: top down, splitting at all largest gaps at once."""
    mates = partners(tokens)
    found: set[tuple[int, int]] = set()
    weight = {0: 1e15, 3: 1e15, 2: 2e15, 1: 4e15, 4: round(pause * STEP), 5: -1e15}

    def piece(start: int, end: int) -> tuple[str, str] | None:
        """Bracket tokens start..end - 1; return the first and the last word in them."""
        items: list[tuple[int, int, str, str]] = []
        gaps: list[float] = []
        mark = -INF
        at = start
        while at < end:
            token, stop, words = tokens[at], at + 1, None
            if at in mates and mates[at] > at:
                stop = mates[at] + 1
                words = piece(at + 1, stop - 1)
                if words is None:
                    mark = max(mark, weight[0])
                else:
                    found.add((at, stop))
            elif not is_mark(token):
                words = word_form(token), word_form(token)
            else:
                mark = max(mark, weight.get(MARK_KINDS.get(token[:1], 0), weight[0]))
            if words is not None:
                if items:
                    gaps.append(model.score(items[-1][3], words[0]) if mark == -INF else mark)
                items.append((at, stop, *words))
                mark = -INF
            at = stop
        split(items, gaps, 0, len(items), INF)
        return (items[0][2], items[-1][3]) if items else None

    def split(items: list, gaps: list[float], start: int, end: int, around: float) -> None:
        if end - start < 2:
            return
        top = max(gaps[start : end - 1])
        if (start, end) != (0, len(items)) and around - top > round(prominence * STEP):
            found.add((items[start][0], items[end - 1][1]))
        places = [i for i in range(start, end - 1) if gaps[i] == top]
        edges = [start, *(i + 1 for i in places), end]
        for a, b in pairwise(edges):
            outer = [gaps[a - 1] if a else INF, gaps[b - 1] if b < len(items) else INF]
            split(items, gaps, a, b, min(outer))

    piece(0, len(tokens))
    return {(a, b) for a, b in found if b - a > 1} - {(0, len(tokens))}


def partners(tokens: Sequence[str]) -> dict[int, int]:
    """Opening and closing marks that belong together; a closing mark removes the open marks inside it."""
    mates: dict[int, int] = {}
    open_: list[int] = []
    for at, token in enumerate(tokens):
        kind = MARK_KINDS.get(token[:1], 0) if is_mark(token) else 0
        if 8 <= kind < 64:
            open_.append(at)
        elif kind >= 64:
            fitting = [i for i in open_ if MARK_KINDS[tokens[i][:1]] == kind - 56]
            if fitting:
                mates[fitting[-1]], mates[at] = at, fitting[-1]
                del open_[open_.index(fitting[-1]) :]
    return mates
