"""Exact n-gram counts: a counter that keeps to a memory budget, and the frozen prefix tree that it yields."""

from .counter import NgramCounter, count_ngrams
from .counts import MAX_ORDER, NgramCounts
from .resources import Resources

__all__ = ["MAX_ORDER", "NgramCounter", "NgramCounts", "Resources", "count_ngrams"]
