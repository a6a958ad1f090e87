"""Teaching: from a few lines cut by hand to words in their convention.

The modules in reading order: ``examples`` (the lines), ``texts`` (a corpus with them), ``columns`` (numbers about each
gap of a text), ``field`` (a conditional random field that reads them), ``second_view`` (better probabilities without
examples), ``teacher`` (fields taught by examples), ``corpus`` (for builders that
read a corpus as a stream), and ``suggestion`` (which lines to cut next).
"""

from .columns import GapStatistics
from .corpus import add_to_passes, teach_words
from .examples import ExampleLines, parse_examples
from .field import Evidence, FieldReader
from .second_view import combine_views
from .suggestion import suggest_lines
from .teacher import (
    EncodedExamples,
    Teacher,
    Teaching,
    count_cut_words,
    encode_words,
    join_evidence,
    read_teaching,
)

__all__ = [
    "EncodedExamples",
    "Evidence",
    "ExampleLines",
    "FieldReader",
    "GapStatistics",
    "Teacher",
    "Teaching",
    "add_to_passes",
    "combine_views",
    "count_cut_words",
    "encode_words",
    "join_evidence",
    "parse_examples",
    "read_teaching",
    "suggest_lines",
    "teach_words",
]
