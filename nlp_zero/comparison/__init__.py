"""What is special to a text: counts of words in two or more texts, compared."""

from .comparer import TextComparer, count_tokens
from .table import MEASURES, ComparisonTable, compare_counts

__all__ = ["MEASURES", "ComparisonTable", "TextComparer", "compare_counts", "count_tokens"]
