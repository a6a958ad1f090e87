"""Occurrences as a stream: which ones are kept, and in which order."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, count, islice
from operator import itemgetter
from random import Random
from typing import TYPE_CHECKING

from .._utils.files import storage
from .._utils.temporary import find_temporary_folder, open_temporary_file
from ..corpus import TextBatch
from .occurrences import BatchText, Occurrence
from .search import WordSearch

if TYPE_CHECKING:
    from ..tokenization import Tokenizer

__all__ = ["OccurrenceStream", "SearchOptions", "find_words", "sort_occurrences"]

BATCH_ROWS = 1000  # sorted occurrences that are yielded together
RUN_ROWS = 200_000  # occurrences that are sorted in memory; more are sorted on disk
SORT_KEYS: dict[str, Callable[[Occurrence], str]] = {
    "left": lambda occurrence: occurrence.left[::-1],
    "right": lambda occurrence: occurrence.right,
}


@dataclass(frozen=True)
class SearchOptions:
    """The options of `ConcordanceBuilder`, which checks them."""

    words: tuple[str, ...]
    width: int
    limit: int | None
    sample: bool
    seed: int
    sort: str
    tokenizer: Tokenizer | None
    temp_dir: str | None


class OccurrenceStream:
    """The occurrences of words, which are searched for while this is iterated over, once.

    Parameters
    ----------
    options : SearchOptions
    texts : iterator of TextBatch

    Attributes
    ----------
    totals : dict of str to (int or None)
        For each word, how many occurrences were found so far; None if the word has more than the limit, and was
        therefore not counted to the end.
    """

    def __init__(self, options: SearchOptions, texts: Iterator[TextBatch]) -> None:
        self.totals: dict[str, int | None] = dict.fromkeys(options.words, 0)
        self._options, self._texts = options, texts
        found = self._draw() if options.sample else self._take()
        if options.sort != "position":
            found = _batch(sort_occurrences(chain.from_iterable(found), options.sort, options.temp_dir))
        self._batches = found
        self._each = chain.from_iterable(found)

    def __iter__(self) -> Iterator[Occurrence]:
        return self

    def __next__(self) -> Occurrence:
        return next(self._each)

    def batches(self) -> Iterator[list[Occurrence]]:
        """Yield the occurrences in lists: in the order of the text, those of the lines that are read at a time.

        Yields
        ------
        list of Occurrence
        """
        return self._batches

    def _take(self) -> Iterator[list[Occurrence]]:
        """Yield the first occurrences of each word, as many as the limit allows."""
        limit, totals = self._options.limit, self.totals
        search = WordSearch(self._options.words)
        for batch in self._texts:
            text = BatchText(batch, self._options.width)
            taken = []
            for place, word in find_words(search, text, self._options.tokenizer):
                total = totals[word]
                if total is None:
                    continue
                totals[word] = None if total == limit else total + 1
                if total != limit:
                    taken.append(text.describe(place, word))
            yield taken
            if limit is not None:
                missing = [word for word in search.words if totals[word] is not None]
                if not missing:
                    return
                if len(missing) <= len(search.words) // 2:
                    search = WordSearch(missing)

    def _draw(self) -> Iterator[list[Occurrence]]:
        """Yield a uniform sample of the occurrences of each word: those with the smallest of random numbers."""
        options, totals = self._options, self.totals
        draw = {word: Random(f"{options.seed}:{word}").random for word in options.words}
        kept: dict[str, list[tuple[float, int, Occurrence]]] = {word: [] for word in options.words}
        search = WordSearch(options.words)
        numbers = count()
        for batch in self._texts:
            text = BatchText(batch, options.width)
            for place, word in find_words(search, text, options.tokenizer):
                number = next(numbers)
                totals[word] = (totals[word] or 0) + 1
                priority, sample = -draw[word](), kept[word]  # the root of the heap has the largest random number
                if len(sample) < (options.limit or 0):
                    heapq.heappush(sample, (priority, number, text.describe(place, word)))
                elif priority > sample[0][0]:
                    heapq.heapreplace(sample, (priority, number, text.describe(place, word)))
        rows = sorted(chain.from_iterable(kept.values()), key=itemgetter(1))
        yield [occurrence for _, _, occurrence in rows]


def find_words(search: WordSearch, text: BatchText, tokenizer: Tokenizer | None) -> Iterable[tuple[int, str]]:
    """Return places of words; with a tokenizer, only those that are tokens of their line."""
    found = search.find(text.text)
    if tokenizer is None or not found:
        return found
    return _keep_tokens(found, text, lambda line: tokenizer(line).spans)


def _keep_tokens(
    found: Iterable[tuple[int, str]], text: BatchText, cut: Callable[[str], list[tuple[int, int]]]
) -> Iterator[tuple[int, str]]:
    """Yield the occurrences that are tokens of their line."""
    begin, end = 0, -1
    spans: set[tuple[int, int]] = set()
    for place, word in found:
        if place > end:
            begin, end = text.find_line(place)
            spans = set(cut(text.text[begin:end]))
        if (place - begin, place - begin + len(word)) in spans:
            yield place, word


def _batch(found: Iterator[Occurrence]) -> Iterator[list[Occurrence]]:
    while rows := list(islice(found, BATCH_ROWS)):
        yield rows


def sort_occurrences(
    found: Iterator[Occurrence], by: str, temp_dir: str | None = None, *, run_rows: int = RUN_ROWS
) -> Iterator[Occurrence]:
    """Yield occurrences in the order of a neighbour; more than fit in memory are sorted in temporary files.

    Parameters
    ----------
    found : iterator of Occurrence
    by : {"left", "right"}
        The text that is compared, by code points, from the word outwards.  Equal texts stay in the order of `found`.
    temp_dir : str, optional
        The folder of temporary files; by default that of the system.
    run_rows : int, optional
        How many are sorted in memory.

    Yields
    ------
    Occurrence
    """
    key = SORT_KEYS[by]
    with ExitStack() as stack:
        runs: list[Iterator[Occurrence]] = []
        while True:
            rows = sorted(islice(found, run_rows), key=key)
            if len(rows) < run_rows:
                break
            runs.append(_write_run(rows, temp_dir, stack))
        yield from heapq.merge(*runs, iter(rows), key=key)


def _write_run(rows: list[Occurrence], temp_dir: str | None, stack: ExitStack) -> Iterator[Occurrence]:
    """Write sorted occurrences to a temporary file, and return an iterator that reads them."""
    folder = temp_dir or find_temporary_folder()
    with storage(folder, "make room, or name another folder with --temp-dir"):
        file = stack.enter_context(open_temporary_file(folder))
        for row in rows:
            file.write(json.dumps(row).encode() + b"\n")
        file.seek(0)
    return (Occurrence(*json.loads(line)) for line in file)
