"""Raw text as a restartable stream of blocks: sources, compression, decoding, slices for many machines."""

from .corpus import Corpus, blocks_of, require_text, restartable
from .reader import Block

__all__ = ["Block", "Corpus", "blocks_of", "require_text", "restartable"]
