"""Segmentation: a lattice of weighted edges, and the tokenizer that fills it from a lexicon."""

from .encoding import Encoding
from .lattice import Lattice
from .marginals import Marginals
from .tokenizer import Tokenizer

__all__ = ["Encoding", "Lattice", "Marginals", "Tokenizer"]
