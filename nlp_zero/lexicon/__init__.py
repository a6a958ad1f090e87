"""Words with their counts and scores, and the files that hold them."""

from .lexicon import Lexicon
from .meta import LexiconMeta

__all__ = ["Lexicon", "LexiconMeta"]
