"""Exact n-gram counts: a counter that keeps to a memory budget, and the frozen prefix tree that it yields."""

from .counter import NgramCounter, count
from .counts import MAX_ORDER, NgramCounts

__all__ = ["MAX_ORDER", "NgramCounter", "NgramCounts", "count"]
