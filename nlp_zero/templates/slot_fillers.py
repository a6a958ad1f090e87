"""What fills the slots of templates: a table, and slots that take words of the same classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from .._kernels.elementary import log
from .._utils.immutable import Immutable
from .._utils.tables import Columns, Tabular
from .._utils.validation import check_integer, check_number
from .template import Template

__all__ = ["ClassLookup", "Slot", "SlotFillers"]

MAX_DIVERGENCE_NATS = 0.15  # between slots that are shown together
MIN_GROUP_USES = 20  # uses of a slot that is compared with others
NO_CLASS = -1  # of a word without a class
MIN_KNOWN_SHARE = 0.5  # of the fillings that have a class, or a slot is not compared


class ClassLookup(Protocol):
    """What tells the classes of words: a mapping of words to numbers, or `Lexicon.classes`."""

    def __contains__(self, word: object, /) -> bool: ...
    def __getitem__(self, word: str, /) -> int: ...


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot of a template, and what fills it in a text.

    Attributes
    ----------
    template : Template
        The template.
    number : int
        Which of its slots, from 1.
    uses : int
        How often the text uses the template.
    distinct : int
        Number of different fillers.
    fillers : tuple of (str, int)
        Fillers, words separated by spaces, and how often each occurs; most frequent first, ties by text.
    last_words : mapping of str to int
        How often each word ends a filler.  The last word of a Chinese noun phrase is its head, so its class is that of
        the filler.
    """

    template: Template
    number: int
    uses: int
    distinct: int
    fillers: tuple[tuple[str, int], ...]
    last_words: Mapping[str, int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "last_words", MappingProxyType(dict(self.last_words)))

    def __reduce__(self) -> tuple[object, ...]:
        values = (self.template, self.number, self.uses, self.distinct, self.fillers, dict(self.last_words))
        return Slot, values

    def __repr__(self) -> str:
        return f"<Slot {self.number} of {self.template}: {self.uses:,} uses, {self.distinct:,} different fillers>"

    def __str__(self) -> str:
        """Return the template with the slot in brackets, if it has several."""
        if self.template.slots == 1:
            return str(self.template)
        marks = iter(range(1, self.template.slots + 1))
        items = [item or ("[…]" if next(marks) == self.number else "…") for item in self.template.items]
        return " ".join(items)

    def class_counts(self, classes: ClassLookup) -> dict[int, int]:
        """Return how often words of each class end a filler.

        Parameters
        ----------
        classes : mapping of str to int, or WordClasses
            The class of each word; words without one are left out.

        Returns
        -------
        dict of int to int
            Most frequent class first; ties: the smaller number.

        Examples
        --------
        >>> slot = Slot(Template(("从", None, "起")), 1, 4, 2, (("今年", 3), ("去年", 1)), {"今年": 3, "去年": 1})
        >>> slot.class_counts({"今年": 7, "去年": 7})
        {7: 4}
        """
        counts = Counter[int]()
        for word, count in self.last_words.items():
            if word in classes:
                counts[int(classes[word])] += count
        return dict(sorted(counts.items(), key=lambda row: (-row[1], row[0])))


class SlotFillers(Immutable, Tabular):
    """The fillers of the slots of templates, made by `FillerCounter.count`.  Immutable.

    Iterating yields `Slot` objects, in the order of the templates.  As a table (`to_frame`, Arrow), it has a row for
    each filler.

    Parameters
    ----------
    slots : sequence of Slot
    classes : mapping of str to int, or WordClasses, optional
        The class of each word.

    Examples
    --------
    >>> slot = Slot(Template(("从", None, "起")), 1, 4, 2, (("今年", 3), ("去年", 1)), {"今年": 3, "去年": 1})
    >>> fillers = SlotFillers([slot], classes={"今年": 7, "去年": 7})
    >>> fillers
    <SlotFillers of 1 slots: 2 fillers>
    >>> fillers.to_columns()["filler"], fillers.to_columns()["share"].tolist(), fillers.to_columns()["class"]
    (['今年', '去年'], [0.75, 0.25], array([7, 7]))
    """

    __slots__ = ("_slots", "classes")

    _slots: tuple[Slot, ...]
    classes: ClassLookup | None

    def __init__(self, slots: Sequence[Slot], *, classes: ClassLookup | None = None) -> None:
        self._set(_slots=tuple(slots), classes=classes)

    def __len__(self) -> int:
        return len(self._slots)

    def __iter__(self) -> Iterator[Slot]:
        return iter(self._slots)

    def __getitem__(self, place: int) -> Slot:
        return self._slots[place]

    def __repr__(self) -> str:
        return f"<SlotFillers of {len(self):,} slots: {sum(len(slot.fillers) for slot in self):,} fillers>"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self._slots, self.classes)

    def to_columns(self) -> Columns:
        """Return a row for each filler.

        Returns
        -------
        mapping of str to column
            ``template``, ``slot`` (from 1), ``filler``, ``count``, ``share`` of the uses of the template, and
            ``class`` of the last word if classes are known (-1 for a word without one).
        """
        rows = [(slot, filler, count) for slot in self for filler, count in slot.fillers]
        counts = np.array([count for _, _, count in rows], np.int64)
        columns: dict[str, Any] = {
            "template": [str(slot.template) for slot, _, _ in rows],
            "slot": np.array([slot.number for slot, _, _ in rows], np.int64),
            "filler": [filler for _, filler, _ in rows],
            "count": counts,
            "share": counts / np.array([slot.uses for slot, _, _ in rows], np.float64),
        }
        if self.classes is not None:
            columns["class"] = np.array([_class_of(filler, self.classes) for _, filler, _ in rows], np.int64)
        return columns

    def group(
        self, *, max_divergence: float = MAX_DIVERGENCE_NATS, min_uses: int = MIN_GROUP_USES
    ) -> list[tuple[Slot, ...]]:
        """Return slots that take words of the same classes, together.

        Slots are taken by falling use (ties: their order).  A slot joins the first group whose first slot has a
        similar distribution of classes, or begins a new group.

        Parameters
        ----------
        max_divergence : float, default 0.15
            Greatest Jensen–Shannon divergence of the classes of two slots, in nats; from 0 to ln 2 = 0.69.
        min_uses : int, default 20
            Slots that are used less often, or half of whose fillers have no class, are left out.

        Returns
        -------
        list of tuple of Slot

        Raises
        ------
        ValueError
            If no classes are known.
        """
        check_number("max_divergence", max_divergence, least=0, most=log(2))
        check_integer("min_uses", min_uses)
        if self.classes is None:
            raise ValueError("classes must be given to group slots, such as the classes of a lexicon of build-vocab "
                             "--method bayes.")  # fmt: skip
        groups: list[tuple[dict[int, float], list[Slot]]] = []
        for slot in sorted((slot for slot in self if slot.uses >= min_uses), key=lambda slot: -slot.uses):
            counts = slot.class_counts(self.classes)
            known = sum(counts.values())
            if known < MIN_KNOWN_SHARE * slot.uses:
                continue
            shares = {number: count / known for number, count in counts.items()}
            for leader, members in groups:
                if divergence(leader, shares) <= max_divergence:
                    members.append(slot)
                    break
            else:
                groups.append((shares, [slot]))
        return [tuple(members) for _, members in groups]


def divergence(first: Mapping[int, float], second: Mapping[int, float]) -> float:
    """Return the Jensen–Shannon divergence of two distributions, nats.

    Examples
    --------
    >>> divergence({1: 1.0}, {1: 1.0}), round(divergence({1: 1.0}, {2: 1.0}), 4)
    (0.0, 0.6931)
    """
    total = 0.0
    for one, other in ((first, second), (second, first)):
        total += sum(0.5 * p * log(2 * p / (p + other.get(key, 0.0))) for key, p in one.items() if p > 0)
    return max(total, 0.0)


def _class_of(filler: str, classes: ClassLookup) -> int:
    word = filler.rsplit(" ", 1)[-1]
    return int(classes[word]) if word in classes else NO_CLASS


def _rebuild(slots: tuple[Slot, ...], classes: ClassLookup | None) -> SlotFillers:
    return SlotFillers(slots, classes=classes)
