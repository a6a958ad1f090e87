"""Words with their counts and scores, and the files that hold them."""

from .classes import WordClasses
from .formats import SaveReport
from .lexicon import Lexicon
from .meta import LexiconMeta

__all__ = ["Lexicon", "LexiconMeta", "SaveReport", "WordClasses"]
