"""Vocabularies of fixed size for language models.

The modules in reading order: ``text`` (reading and sampling), ``rules`` and ``candidates`` (which strings may be
pieces), ``discount`` (what savings are worth on unseen text), ``folds``, ``swap`` (the search), ``ngram_pieces``
(BytePiece's method) and ``builder``.
"""

from .builder import VocabularyBuilder

__all__ = ["VocabularyBuilder"]
