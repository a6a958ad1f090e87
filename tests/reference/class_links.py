"""Segmentation with word classes by its definition: all segmentations of a text, with their scores."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from nlp_zero.lexicon import Lexicon
from tests.reference.own_words import MARGIN, Edge, OwnWordsModel
from tests.reference.text import is_alnum, is_boundary
from tests.reference.tokenizer import symbols

Links = list[list[float]]
New = Callable[[str], int | None]


def links_of(lexicon: Lexicon) -> Links:
    """ln P(b | a) / P(b) for the classes, boundaries (the last class of the counts) and open words, in nats."""
    counts = lexicon.meta.class_links
    size = len(counts) - 1
    total = sum(map(sum, counts))
    share = [(sum(row[b] for row in counts) + 1) / (total + size + 1) for b in range(size + 1)]
    ratio = [
        [(row[b] + 30 * share[b]) / (sum(row) + 30) / share[b] for b in range(size + 1)] for row in counts
    ]
    ratio[size][size] = 1.0
    once, often = [0.0] * size, [1.0] * size
    for count, number in zip(lexicon.counts.tolist(), lexicon.scores["class"].tolist(), strict=True):
        if not math.isnan(number):
            once[int(number)] += count == 1
            often[int(number)] += count
    weights = once if any(once) else often
    mixture = [x / sum(weights) for x in weights] + [0.0]
    for row in ratio:
        row.append(sum(x * y for x, y in zip(row, mixture, strict=True)))
    ratio.append([sum(mixture[a] * ratio[a][b] for a in range(size + 1)) for b in range(size + 2)])
    return [[round(math.log(x) * 2**20) / 2**20 for x in row] for row in ratio]


class ClassModel(OwnWordsModel):
    """A lexicon whose words have classes, with own words.

    An own word has the classes of the first and the last token of its best segmentation between boundaries, and ln p
    just above what makes it better than every segmentation of its symbols between any two classes.

    `ambiguous` says that an own word has two best segmentations with other classes.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        unk: float,
        alnum: str = "token",
        *,
        words: Sequence[str] = (),
        forbid: Sequence[str] = (),
        force: Sequence[str] = (),
        granularity: float = 0.0,
        new: New = lambda text: None,
    ) -> None:
        self.new: New = lambda text: None
        self.links = links_of(lexicon)
        self.boundary, self.open = len(self.links) - 2, len(self.links) - 1
        known = zip(lexicon.words, lexicon.scores["class"].tolist(), strict=True)
        self.sides = {word: (int(z), int(z)) for word, z in known if not math.isnan(z)}
        log_probs = dict(zip(lexicon.words, lexicon.log_probs.tolist(), strict=True))
        super().__init__(log_probs, unk, alnum, forbid=forbid, granularity=granularity)
        self.force = set(force)
        self.log_probs |= {word: log_probs[word] for word in force if word in log_probs}
        self.ambiguous = False
        own = {word for word in (*words, *force) if word in words or word not in log_probs}
        for word in sorted(own, key=lambda word: len(symbols(word, alnum))):
            self._add(word, log_probs.get(word, -math.inf))
        self.new = new

    def _add(self, word: str, least: float) -> None:
        known = {other: p for other, p in self.log_probs.items() if other not in self.force and other != word}
        found = []
        for path in self.paths(word, symbols(word, self.alnum), known):
            left, right = self.classes(word, path[0])[0], self.classes(word, path[-1])[1]
            inside = self.total(word, path) - self.links[self.boundary][left] - self.links[right][self.boundary]
            found.append((inside, left, right))
        links, end = self.links, self.boundary
        best, first, last = max((links[end][a] + x + links[b][end], a, b) for x, a, b in found)
        self.ambiguous |= any(
            links[end][a] + x + links[b][end] > best - 1e-9 and (a, b) != (first, last) for x, a, b in found
        )
        every = range(len(links))
        most = max(
            links[a][left] + x + links[right][b] - links[a][first] - links[last][b]
            for a in every for b in every for x, left, right in found
        )  # fmt: skip
        self.sides[word] = first, last
        self.log_probs[word] = max(most + self.granularity + MARGIN, least)

    def classes(self, text: str, edge: Edge) -> tuple[int, int]:
        """The class of a token on its left and on its right side."""
        start, end, _, known = edge
        if known:
            return self.sides.get(text[start:end], (self.open, self.open))
        outside = is_boundary(text[start]) or (self.alnum == "token" and is_alnum(text[start]))
        return (self.boundary,) * 2 if outside else (self.open,) * 2

    def total(self, text: str, path: Sequence[Edge]) -> float:
        """The score of a segmentation with its links."""
        before, nats = self.boundary, []
        for edge in path:
            left, right = self.classes(text, edge)
            nats += [self.links[before][left], edge[2]]
            before = right
        return math.fsum([*nats, self.links[before][self.boundary] if path else 0.0])

    def segmentations_with_new_words(self, text: str, start: int = 0) -> Iterator[list[Edge]]:
        """Every segmentation of a text, also into words that the lexicon lacks."""
        parts = [part for part in symbols(text, self.alnum) if part[0] >= start]
        if not parts:
            yield []
        for j in range(1, len(parts) + 1):
            edge = self.edge(text, parts[:j], self.log_probs)
            if edge is None and (points := self.new(text[start : parts[j - 1][1]])) is not None:
                edge = start, parts[j - 1][1], points * 2**-30 - self.granularity, False
            if edge is not None:
                for rest in self.segmentations_with_new_words(text, edge[1]):
                    yield [edge, *rest]
