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

from ._version import __version__
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
