"""Vocabularies of fixed size for language models.

The modules in reading order: ``text`` (reading and sampling), ``rules`` and ``candidates`` (which strings may be
pieces), ``discount`` (the value of savings on unseen text), ``folds``, ``swap`` (the search), ``ngram_pieces``
(BytePiece's method), ``base``, ``merging``, ``extended`` and ``extend`` (vocabularies of other models with further
pieces) and ``builder``.
"""

from .builder import VocabularyBuilder
from .extended import ExtendedVocabulary, TokenSavings

__all__ = ["ExtendedVocabulary", "TokenSavings", "VocabularyBuilder"]
