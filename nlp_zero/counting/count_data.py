"""Finished counts as plain data: a count tree, its history, and how it was counted."""

from __future__ import annotations

from dataclasses import dataclass

from .history import Counted

__all__ = ["CountData", "CountOptions"]


@dataclass(frozen=True)
class CountOptions:
    """Unit, treatment of digits and Latin letters, and least count of the n-grams listed; see `NgramCounter`."""

    unit: str = "char"
    alnum: str = "token"
    min_count: int = 1


@dataclass(frozen=True)
class CountData(Counted):
    """A count tree with its history, the number of n-grams of each order in the text, and the options of the count."""

    totals: list[int]
    options: CountOptions
