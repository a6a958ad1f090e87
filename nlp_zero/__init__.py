"""Learn the words of raw Chinese text: no dictionary, no labels.

>>> from nlp_zero import PmiLexiconBuilder, Tokenizer
>>> texts = ["青石镇的早晨", "我到青石镇来", "青石镇下雨了", "早晨的茶", "早晨下雨"]
>>> lexicon = PmiLexiconBuilder(min_pmi=1, min_count=2).build(texts)
>>> Tokenizer(lexicon).tokenize("早晨的青石镇。")
['早晨', '的', '青石镇', '。']
"""

try:
    from ._kernels import ngrams as _ngrams
except ImportError as error:  # no silent fallback: without its kernels the library is of no use
    raise ImportError(
        "The compiled part of nlp_zero is missing or does not fit this Python; install it with 'pip install .' "
        f"(a C++ compiler is needed). ({error})"
    ) from None

from typing import TYPE_CHECKING as _TYPE_CHECKING

from ._version import __version__

if _TYPE_CHECKING:
    from .builders import (
        BayesLexiconBuilder,
        EntropyLexiconBuilder,
        PmiLexiconBuilder,
        VocabularyBuilder,
        discovered,
    )
    from .corpus import Corpus
    from .counter import NgramCounter
    from .counts import NgramCounts
    from .errors import CorpusError, FormatError, NlpZeroError
    from .lattice import Lattice
    from .lexicon import Lexicon
    from .parser import ParseTree, TemplateParser
    from .phrases import PhraseBuilder
    from .templates import BoundaryModel, Template, TemplateGrammar, TemplateInventory, TemplateMiner
    from .tokenizer import Tokenizer

__all__ = [
    "BayesLexiconBuilder",
    "BoundaryModel",
    "Corpus",
    "CorpusError",
    "EntropyLexiconBuilder",
    "FormatError",
    "Lattice",
    "Lexicon",
    "NgramCounter",
    "NgramCounts",
    "NlpZeroError",
    "ParseTree",
    "PhraseBuilder",
    "PmiLexiconBuilder",
    "Template",
    "TemplateGrammar",
    "TemplateInventory",
    "TemplateMiner",
    "TemplateParser",
    "Tokenizer",
    "VocabularyBuilder",
    "__version__",
    "discovered",
]
del _ngrams
# A module is imported when something of it is asked for: whoever counts does not wait for parsers.
_MODULES = {
    "builders.bayes": "BayesLexiconBuilder discovered",
    "builders.entropy": "EntropyLexiconBuilder",
    "builders.pmi": "PmiLexiconBuilder",
    "builders.vocabulary": "VocabularyBuilder",
    "corpus": "Corpus",
    "counter": "NgramCounter",
    "counts": "NgramCounts",
    "errors": "CorpusError FormatError NlpZeroError",
    "lattice": "Lattice",
    "lexicon": "Lexicon",
    "parser": "ParseTree TemplateParser",
    "phrases": "PhraseBuilder",
    "templates": "BoundaryModel Template TemplateGrammar TemplateInventory TemplateMiner",
    "tokenizer": "Tokenizer",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _HOMES:
        thing: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    elif name in ("builders", "evaluation", "formats", *_MODULES):
        thing = import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = thing
    return thing


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
