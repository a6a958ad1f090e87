"""Scores of segmentations against gold standards, and of lexicons against lists of known words.

A segmented line is a `str` whose words are separated by whitespace of any kind (also U+3000), or a sequence of words.
Words are compared as spans of the line without its whitespace.  docs/evaluation.md explains the levels and the scores.
"""

from .alignment import Agreement, find_tag_separator, remove_tags, without_spaces, word_types
from .breakdown import Breakdown, FunctionWord
from .levels import LEVELS
from .lexicon_scores import (
    bits_per_character,
    find_occurring_words,
    lexicon_precision,
    lexicon_recall,
    training_overlap,
)
from .scores import Evaluation, evaluate

__all__ = [
    "LEVELS",
    "Agreement",
    "Breakdown",
    "Evaluation",
    "FunctionWord",
    "bits_per_character",
    "evaluate",
    "find_occurring_words",
    "find_tag_separator",
    "lexicon_precision",
    "lexicon_recall",
    "remove_tags",
    "training_overlap",
    "without_spaces",
    "word_types",
]
