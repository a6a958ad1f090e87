"""Lexicon builders: from a corpus to its words.

>>> from nlp_zero.builders import PmiLexiconBuilder
>>> texts = ["青石镇的早晨", "我到青石镇来", "青石镇下雨了", "早晨的茶", "早晨下雨"]
>>> PmiLexiconBuilder(min_pmi=1, min_count=2).build(texts).top(2)
['早晨', '青石镇']
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .bayes import BayesLexiconBuilder, select_discovered
    from .entropy import EntropyLexiconBuilder
    from .phrases import PhraseBuilder
    from .pmi import PmiLexiconBuilder
    from .teaching import ExampleLines, parse_examples, suggest_lines
    from .vocabulary import ExtendedVocabulary, TokenSavings, VocabularyBuilder

__all__ = [
    "BayesLexiconBuilder",
    "EntropyLexiconBuilder",
    "ExampleLines",
    "ExtendedVocabulary",
    "PhraseBuilder",
    "PmiLexiconBuilder",
    "TokenSavings",
    "VocabularyBuilder",
    "parse_examples",
    "select_discovered",
    "suggest_lines",
]
_HOMES = {
    "BayesLexiconBuilder": "bayes",
    "EntropyLexiconBuilder": "entropy",
    "ExampleLines": "teaching",
    "ExtendedVocabulary": "vocabulary",
    "PhraseBuilder": "phrases",
    "PmiLexiconBuilder": "pmi",
    "TokenSavings": "vocabulary",
    "VocabularyBuilder": "vocabulary",
    "parse_examples": "teaching",
    "select_discovered": "bayes",
    "suggest_lines": "teaching",
}


def __getattr__(name: str) -> object:  # builders are imported on first use
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
