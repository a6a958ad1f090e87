"""Textbook versions of the field over B M E S: every tag sequence is listed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise, product

TAGS = "BMES"
PAIRS = ("BM", "BE", "MM", "ME", "EB", "ES", "SB", "SS")  # tags that may follow each other


def tag_sequences(length: int) -> Iterator[str]:
    """All tag sequences of a run: words begin with B and end with E, or are S."""
    for tags in map("".join, product(TAGS, repeat=length)):
        if tags[0] in "BS" and tags[-1] in "ES" and all(a + b in PAIRS for a, b in pairwise(tags)):
            yield tags


class PlainField:
    """Sums over all sequences that keep to sets of tags, for scores by position and tag and by pair of tags."""

    def __init__(
        self, scores: Sequence[Sequence[float]], follow: Sequence[float], allowed: Sequence[str] | None = None
    ) -> None:
        self.length = len(scores)
        pair = dict(zip(PAIRS, follow, strict=True))
        self.weights: dict[str, float] = {}
        for tags in tag_sequences(len(scores)):
            if allowed is not None and any(tag not in some for tag, some in zip(tags, allowed, strict=True)):
                continue
            score = sum(row[TAGS.index(tag)] for tag, row in zip(tags, scores, strict=True))
            score += sum(pair[a + b] for a, b in pairwise(tags))
            self.weights[tags] = math.exp(score)
        self.sum = sum(self.weights.values())

    @property
    def log_sum(self) -> float:
        return math.log(self.sum) if self.sum else -math.inf

    def marginals(self) -> list[list[float]]:
        """The probability of each tag at each position."""
        return [
            [sum(w for tags, w in self.weights.items() if tags[i] == tag) / self.sum for tag in TAGS]
            for i in range(self.length)
        ]

    def pairs(self) -> list[float]:
        """The expected number of each pair of tags."""
        return [
            sum(w * sum(a + b == pair for a, b in pairwise(tags)) for tags, w in self.weights.items())
            / self.sum
            for pair in PAIRS
        ]
