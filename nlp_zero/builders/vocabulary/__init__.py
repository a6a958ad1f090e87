"""Vocabularies of fixed size for language models."""

from .builder import VocabularyBuilder

__all__ = ["VocabularyBuilder"]
