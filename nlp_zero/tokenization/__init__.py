"""Segmentation: a lattice of weighted edges, and the tokenizer that fills it from a lexicon."""

from .lattice import Lattice
from .sampling import Marginals
from .tokenizer import Tokenizer

__all__ = ["Lattice", "Marginals", "Tokenizer"]
