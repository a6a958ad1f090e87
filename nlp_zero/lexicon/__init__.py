"""Words with their counts and scores, and the files that hold them."""

from .lexicon import Lexicon

__all__ = ["Lexicon"]
