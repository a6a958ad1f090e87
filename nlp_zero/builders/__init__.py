"""Lexicon builders: from a corpus to its words.

>>> texts = ["青石镇的早晨", "我到青石镇来", "青石镇下雨了", "早晨的茶", "早晨下雨"]
>>> PmiLexiconBuilder(min_pmi=1, min_count=2).build(texts).top(2)
['早晨', '青石镇']
"""

from .bayes import BayesLexiconBuilder, discovered
from .entropy import EntropyLexiconBuilder
from .pmi import PmiLexiconBuilder
from .vocabulary import VocabularyBuilder

__all__ = ["BayesLexiconBuilder", "EntropyLexiconBuilder", "PmiLexiconBuilder", "VocabularyBuilder", "discovered"]
