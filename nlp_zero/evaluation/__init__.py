"""How well text is cut: words and cuts against gold segmentations, lexicons against lists of known words.

A segmented line is a `str` whose words stand apart by whitespace of any kind (U+3000 too), or a sequence of words.
Words are compared as spans of the line without its whitespace.  What a level gives, and what each score counts, is
told to readers in docs/evaluation.md.
"""

from .aligned import Agreement, untagged, without_spaces, word_types
from .breakdown import Breakdown, FunctionWord
from .levels import LEVELS
from .scores import Evaluation, evaluate
from .training import bits_per_character, lexicon_precision, lexicon_recall, occurring, training_overlap

__all__ = [
    "LEVELS",
    "Agreement",
    "Breakdown",
    "Evaluation",
    "FunctionWord",
    "bits_per_character",
    "evaluate",
    "lexicon_precision",
    "lexicon_recall",
    "occurring",
    "training_overlap",
    "untagged",
    "without_spaces",
    "word_types",
]
