"""Occurrences in a corpus whose parts are searched by other processes; they are numbered and chosen here."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from ..corpus import Corpus, TextBatch
from .occurrences import BatchText, Occurrence
from .search import WordSearch
from .stream import OccurrenceStream, SearchOptions, find_words

__all__ = ["PartStream"]

Totals = Mapping[str, int | None]
Chosen = Mapping[str, frozenset[int]]
"""For each word, the numbers of the occurrences in a part that are drawn."""


@dataclass(frozen=True)
class FoundInPart:
    """What was found in a part of a corpus.

    Attributes
    ----------
    rows : list of Occurrence
        Their lines are numbered from the beginning of the part.
    totals : dict of str to (int or None)
        See `OccurrenceStream`.
    texts : int
        Number of texts that were searched.
    continues : bool
        Whether the part begins within a file.
    """

    rows: list[Occurrence]
    totals: Totals
    texts: int
    continues: bool


class PartStream(OccurrenceStream):
    """The occurrences of words in a corpus that other processes read; the same as `OccurrenceStream` gives.

    Parameters
    ----------
    options : SearchOptions
    corpus : Corpus
        Read twice for a random sample.
    """

    def __init__(self, options: SearchOptions, corpus: Corpus) -> None:
        self._corpus = corpus
        self._texts_before = 0  # in the file of a part
        super().__init__(options, iter(()))

    def _take(self) -> Iterator[list[Occurrence]]:
        options, totals = replace(self._options, sort="position", temp_dir=None), self.totals
        for part in self._corpus.map_parts(_search, options):
            taken = []
            for row in self._number_lines(part):
                total = totals[row.word]
                if total is None:
                    continue
                totals[row.word] = None if total == options.limit else total + 1
                if total != options.limit:
                    taken.append(row)
            totals.update({word: None for word, total in part.totals.items() if total is None})
            yield taken
            if all(total is None for total in totals.values()):
                return

    def _draw(self) -> Iterator[list[Occurrence]]:
        options = replace(self._options, sort="position", temp_dir=None)
        counted = list(self._corpus.map_parts(_count, options))
        self.totals.update({word: sum(counts[word] for counts in counted) for word in options.words})
        chosen = _draw_numbers(options, counted)
        rows: list[Occurrence] = []
        for part in self._corpus.map_parts(_pick, options, chosen):
            rows += self._number_lines(part)
        yield rows

    def _number_lines(self, part: FoundInPart) -> Iterator[Occurrence]:
        """Yield the occurrences in a part, whose lines are numbered from the beginning of the file."""
        before = self._texts_before if part.continues else 0
        self._texts_before = before + part.texts
        return (row._replace(line=row.line + before) for row in part.rows)


def _draw_numbers(options: SearchOptions, counted: Sequence[Mapping[str, int]]) -> list[dict[str, frozenset[int]]]:
    """Return, for each part and word, the numbers of the occurrences with the least random numbers."""
    chosen: list[dict[str, frozenset[int]]] = [{} for _ in counted]
    for word in options.words:
        random, total = Random(f"{options.seed}:{word}").random, sum(counts[word] for counts in counted)
        least = heapq.nsmallest(options.limit or 0, ((random(), number) for number in range(total)))
        numbers, begin = {number for _, number in least}, 0
        for part, counts in zip(chosen, counted, strict=True):
            here = range(begin, begin + counts[word])
            part[word] = frozenset(number - begin for number in numbers if number in here)
            begin = here.stop
    return chosen


def _search(part: Corpus, options: SearchOptions) -> FoundInPart:
    """Return the first occurrences of each word in a part, as many as the limit allows."""
    batches = _CountedBatches(part)
    stream = OccurrenceStream(options, iter(batches))
    rows = list(stream)
    return FoundInPart(rows, stream.totals, batches.texts, getattr(part, "begin", 0) > 0)


def _count(part: Corpus, options: SearchOptions) -> Counter[str]:
    """Return how often each word occurs in a part."""
    search, counts = WordSearch(options.words), Counter[str]()
    for batch in part.text_batches():
        counts.update(word for _, word in find_words(search, BatchText(batch, options.width), options.tokenizer))
    return counts


def _pick(part: Corpus, options: SearchOptions, chosen: Sequence[Chosen]) -> FoundInPart:
    """Return the occurrences in a part that are drawn."""
    search, batches, own = WordSearch(options.words), _CountedBatches(part), chosen[part.number]
    seen, rows = Counter[str](), []
    for batch in batches:
        text = BatchText(batch, options.width)
        for place, word in find_words(search, text, options.tokenizer):
            if seen[word] in own[word]:
                rows.append(text.describe(place, word))
            seen[word] += 1
    return FoundInPart(rows, {}, batches.texts, getattr(part, "begin", 0) > 0)


class _CountedBatches:
    """The batches of a part, and the number of texts in those that were read."""

    def __init__(self, part: Corpus) -> None:
        self._part, self.texts = part, 0

    def __iter__(self) -> Iterator[TextBatch]:
        for batch in self._part.text_batches():
            if isinstance(batch.texts, str):
                self.texts += batch.texts.count("\n") + (batch.texts[-1:] not in ("", "\n"))
            else:
                self.texts += len(batch.texts)
            yield batch
