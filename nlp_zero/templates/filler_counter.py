"""Counting what fills the slots of templates in a text, exactly, whatever the size of the text."""

from __future__ import annotations

import heapq
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from typing import IO, TYPE_CHECKING

import numpy as np

from .._utils.temporary import open_temporary_file
from .._utils.threads import in_order
from .._utils.validation import check_folder, check_integer
from .clauses import check_token_lists, split_clauses
from .grammar import SLOT, TemplateGrammar
from .inventory import TemplateInventory
from .slot_fillers import ClassLookup, Slot, SlotFillers
from .template import Template

if TYPE_CHECKING:
    import numpy.typing as npt

    Int32Array = npt.NDArray[np.int32]
    Int64Array = npt.NDArray[np.int64]

__all__ = ["FillerCounter"]

BATCH_CLAUSES = 4096  # that are parsed together
MAX_KEYS = 1 << 19  # distinct fillers in memory, about 100 MB; more become sorted runs in temporary files
SEPARATOR = "\x1f"  # between the words of a filler in a key; a control character is a clause boundary, never a word
HIDDEN_LINE_FEED = "\x1e"  # a line feed in a word of a run
SORT_BYTES = 8  # of the number of a slot in a key

Clauses = list[Sequence[str]]


class FillerCounter:
    """Counts the fillers of slots: the words in each slot in the most probable parse of each clause.

    The parse is that of `TemplateGrammar.viterbi`, so that every word belongs to one use of a template at most, and a
    template may be used inside a slot of another one.  All clauses count, repeated ones too.

    Parameters
    ----------
    inventory : TemplateInventory
        Templates mined with ``method="entropy"``.
    templates : iterable of Template, optional
        Templates of the inventory whose fillers are counted; by default all that have slots, except those that join
        clauses (`Template.across`).
    max_fillers : int, optional
        Only this many of the most frequent fillers of each slot are kept (ties: the first by text); by default all.
    min_count : int, default 1
        Fillers that occur fewer times are not kept.
    classes : mapping of str to int, or WordClasses, optional
        The class of each word, such as ``lexicon.classes``.
    workers : int, default 1
        Threads; they never change a result.
    temp_dir : str or path-like, optional
        The folder of the temporary files, which are needed for large texts; by default that of the system.

    Raises
    ------
    TypeError
        If `inventory` is no inventory.
    ValueError
        If the templates were not mined with ``method="entropy"``, or an option is not valid.

    Examples
    --------
    >>> from nlp_zero import TemplateMiner
    >>> texts = [["从", f"甲{k % 40}", "到", f"乙{k}"] for k in range(60)]
    >>> counter = FillerCounter(TemplateMiner().mine(texts), max_fillers=2)
    >>> counter.count(texts)[0].fillers
    (('甲0', 2), ('甲1', 2))
    """

    def __init__(
        self,
        inventory: TemplateInventory,
        *,
        templates: Iterable[Template] | None = None,
        max_fillers: int | None = None,
        min_count: int = 1,
        classes: ClassLookup | None = None,
        workers: int = 1,
        temp_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        self.max_fillers = None if max_fillers is None else check_integer("max_fillers", max_fillers)
        self.min_count = check_integer("min_count", min_count)
        self.workers = check_integer("workers", workers)
        self.temp_dir = check_folder("temp_dir", temp_dir)
        self.classes = classes
        self._grammar = TemplateGrammar.from_inventory(inventory)
        inside = [template for template in inventory if not template.across]
        wanted = None if templates is None else {template.items for template in templates}
        self._slots = [
            (template, number)
            for template in inside
            if wanted is None or template.items in wanted
            for number in range(1, template.slots + 1)
        ]
        # First slot of each template among all slots; -1 if its fillers are not counted.
        self._first_slot = np.full(len(inside) + 1, -1, np.int64)
        places = {id(template): place for place, template in enumerate(inside)}
        for slot, (template, number) in enumerate(self._slots):
            if number == 1:
                self._first_slot[places[id(template)]] = slot

    def __repr__(self) -> str:
        return f"<FillerCounter of {len(self._slots):,} slots>"

    def count(self, token_lists: Iterable[Sequence[str]]) -> SlotFillers:
        """Count the fillers in a text.

        Parameters
        ----------
        token_lists : iterable of sequence of str
            Sentences or lines as lists of words, punctuation included; read once.

        Returns
        -------
        SlotFillers
            Slots in the order of the templates; slots that the text does not use are left out.

        Raises
        ------
        TypeError
            If a text is given.
        """
        return SlotFillers(list(self.iterate(token_lists)), classes=self.classes)

    def iterate(self, token_lists: Iterable[Sequence[str]]) -> Iterator[Slot]:
        """Count the fillers in a text, and yield slot by slot, so that only one slot is in memory.

        Parameters
        ----------
        token_lists : iterable of sequence of str
            As for `count`.

        Yields
        ------
        Slot
            As in the result of `count`.
        """
        with SortedCounts(self.temp_dir) as counts:
            for keys in in_order(_batch_clauses(check_token_lists(token_lists)), self._find_fillers, self.workers):
                counts.add(keys)
            for number, rows in groupby(counts.merge(), key=lambda row: row[0][:SORT_BYTES]):
                template, place = self._slots[int(number)]
                yield self._make_slot(template, place, ((key[SORT_BYTES:], count) for key, count in rows))

    def _make_slot(self, template: Template, number: int, rows: Iterable[tuple[str, int]]) -> Slot:
        uses = distinct = 0
        last_words = Counter[str]()

        def measure() -> Iterator[tuple[int, str]]:
            nonlocal uses, distinct
            for key, count in rows:
                uses, distinct = uses + count, distinct + 1
                last_words[key.rsplit(SEPARATOR, 1)[-1]] += count
                if count >= self.min_count:
                    yield -count, key.replace(SEPARATOR, " ")

        kept = sorted(measure()) if self.max_fillers is None else heapq.nsmallest(self.max_fillers, measure())
        fillers = tuple((filler, -count) for count, filler in kept)
        return Slot(template, number, uses, distinct, fillers, dict(last_words.most_common()))

    def _find_fillers(self, clauses: Clauses) -> list[str]:
        """Return a key for each slot of each use of a template: the number of the slot, and its words."""
        spans, offsets = self._grammar.viterbi_batch(clauses)
        rows, slots = _number_slots(spans, self._first_slot)
        owners = np.searchsorted(offsets, rows, side="right") - 1
        bounds = spans[rows, :2].tolist()
        return [
            f"{slot:0{SORT_BYTES}d}{SEPARATOR.join(clauses[clause][start:end])}"
            for slot, clause, (start, end) in zip(slots.tolist(), owners.tolist(), bounds, strict=True)
        ]


class SortedCounts:
    """Counts of keys; more of them than fit in memory are sorted runs in temporary files.

    Parameters
    ----------
    folder : str, optional
        The folder of the files.
    """

    def __init__(self, folder: str | None) -> None:
        self._folder, self._counts, self._stack = folder, Counter[str](), ExitStack()
        self._runs: list[IO[bytes]] = []

    def __enter__(self) -> SortedCounts:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def add(self, keys: Iterable[str]) -> None:
        """Count keys."""
        self._counts.update(keys)
        if len(self._counts) >= MAX_KEYS:
            run = self._stack.enter_context(open_temporary_file(self._folder))
            for key, count in sorted(self._counts.items()):
                run.write(f"{count}\t{_hide(key)}\n".encode("utf-8", "surrogatepass"))
            self._runs.append(run)
            self._counts.clear()

    def merge(self) -> Iterator[tuple[str, int]]:
        """Yield keys in order, with their counts."""
        runs = [_read_run(run) for run in self._runs]
        for key, rows in groupby(heapq.merge(sorted(self._counts.items()), *runs), key=lambda row: row[0]):
            yield key, sum(count for _, count in rows)


def _read_run(run: IO[bytes]) -> Iterator[tuple[str, int]]:
    run.seek(0)
    for line in run:
        count, _, key = line.decode("utf-8", "surrogatepass").partition("\t")
        yield key[:-1].replace(HIDDEN_LINE_FEED, "\n"), int(count)


def _hide(key: str) -> str:
    return key.replace("\n", HIDDEN_LINE_FEED)


def _number_slots(spans: Int32Array, first_slots: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Return the rows of slots in parses, and the number of each slot among all slots that are counted.

    Depth-first order alternates units and slots: the template of a slot is the last unit above it that is one level
    higher.
    """
    labels, depths = spans[:, 2], spans[:, 3]
    rows, numbers = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for depth in range(1, int(depths.max(initial=0)) + 1, 2):
        slots = np.flatnonzero((labels == SLOT) & (depths == depth))
        units = np.flatnonzero(depths == depth - 1)
        owners = units[np.searchsorted(units, slots) - 1]
        new = np.diff(owners, prepend=-1) != 0
        begins = np.maximum.accumulate(np.where(new, np.arange(len(slots)), 0))
        first = first_slots[labels[owners]]
        kept = first >= 0
        rows.append(slots[kept])
        numbers.append((first + np.arange(len(slots)) - begins)[kept])
    return np.concatenate(rows), np.concatenate(numbers)


def _batch_clauses(token_lists: Iterable[Sequence[str]]) -> Iterator[Clauses]:
    batch: Clauses = []
    for tokens in token_lists:
        batch += [tokens[start:end] for start, end in split_clauses(tokens)]
        if len(batch) >= BATCH_CLAUSES:
            yield batch
            batch = []
    if batch:
        yield batch
