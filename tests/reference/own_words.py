"""Added, forbidden and forced words by their definition: all segmentations of a text, with their scores."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence

from tests.reference.text import is_alnum, is_boundary
from tests.reference.tokenizer import symbols

Part = tuple[int, int]  # start, end (in characters)
Edge = tuple[int, int, float, bool]  # start, end, score in nats, is a word
MARGIN = 2**-20


class OwnWordsModel:
    """A plain lexicon with own words.

    `log_probs` has the words that may be cut: those of the lexicon without the forbidden ones, then the own words, each
    with ln p just above the best segmentation of its symbols.
    """

    def __init__(
        self,
        lexicon: Mapping[str, float],
        unk: float,
        alnum: str = "token",
        *,
        words: Collection[str] = (),
        forbid: Collection[str] = (),
        force: Collection[str] = (),
        granularity: float = 0.0,
    ) -> None:
        self.unk, self.alnum, self.force, self.granularity = unk, alnum, set(force), granularity
        self.log_probs = {word: p for word, p in lexicon.items() if word not in forbid and self.fits(word)}
        own = {word for word in (*words, *force) if word in words or word not in lexicon}
        self.log_probs |= {word: lexicon[word] for word in force if word in lexicon}
        for word in sorted(own, key=lambda word: len(symbols(word, alnum))):
            known = {other: p for other, p in self.log_probs.items() if other not in self.force and other != word}
            best = max(self.score(path) for path in self.paths(word, symbols(word, alnum), known))
            self.log_probs[word] = max(best + granularity + MARGIN, lexicon.get(word, -math.inf))

    def fits(self, word: str) -> bool:
        """Whether a word of the lexicon may be cut: its symbols can stand in one word."""
        parts = symbols(word, self.alnum)
        first = [word[start] for start, _ in parts]
        return len(parts) == 1 or not any(is_boundary(c) or (self.alnum == "token" and is_alnum(c)) for c in first)

    def score(self, path: Sequence[Edge]) -> float:
        return math.fsum(edge[2] for edge in path)

    def contract(self, text: str) -> list[Part]:
        """The symbols of a text, in which forced words are one symbol: from the left, the longest first."""
        parts, i = [], 0
        found = symbols(text, self.alnum)
        while i < len(found):
            j = next((j for j in range(len(found), i, -1) if self.spells(text, found[i:j]) in self.force), i + 1)
            parts.append((found[i][0], found[j - 1][1]))
            i = j
        return parts

    def spells(self, text: str, parts: Sequence[Part]) -> str | None:
        """The word that has just these symbols, None if it would be read as others."""
        begin = parts[0][0]
        word = text[begin : parts[-1][1]]
        return word if symbols(word, self.alnum) == [(a - begin, b - begin) for a, b in parts] else None

    def paths(
        self, text: str, parts: Sequence[Part], known: Mapping[str, float], whole: Collection[str] = (), i: int = 0
    ) -> Iterator[list[Edge]]:
        """Every segmentation of parts into `known` words and single parts; no longer word has a part of `whole`."""
        if i == len(parts):
            yield []
        for j in range(i + 1, len(parts) + 1):
            if j - i > 1 and any(text[a:b] in whole for a, b in parts[i:j]):
                break
            edge = self.edge(text, parts[i:j], known)
            if edge is not None:
                for rest in self.paths(text, parts, known, whole, j):
                    yield [edge, *rest]

    def edge(self, text: str, parts: Sequence[Part], known: Mapping[str, float]) -> Edge | None:
        start, end = parts[0][0], parts[-1][1]
        word = text[start:end] if len(parts) == 1 else self.spells(text, parts)
        if word in known:
            return start, end, known[word] - self.granularity, True
        if len(parts) > 1:
            return None
        return start, end, (0.0 if is_boundary(text[start]) else self.unk) - self.granularity, False

    def segmentations(self, text: str) -> list[list[Edge]]:
        """Every segmentation of a text."""
        return list(self.paths(text, self.contract(text), self.log_probs, self.force))
