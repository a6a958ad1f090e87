"""Keyword in context (KWIC): where words occur, with the text on both sides."""

from .builder import ConcordanceBuilder
from .occurrences import Occurrence
from .result import Concordance
from .stream import OccurrenceStream

__all__ = ["Concordance", "ConcordanceBuilder", "Occurrence", "OccurrenceStream"]
