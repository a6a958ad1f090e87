"""Learn the words of raw Chinese text: no dictionary, no labels.

>>> from nlp_zero import PmiLexiconBuilder, Tokenizer
>>> texts = ["青石镇的早晨", "我到青石镇来", "青石镇下雨了", "早晨的茶", "早晨下雨"]
>>> lexicon = PmiLexiconBuilder(min_count=2).build(texts)
>>> Tokenizer(lexicon).tokenize("早晨的青石镇。")
['早晨', '的', '青石镇', '。']
"""

from importlib.metadata import version as _version

try:
    from ._kernels import ngrams as _ngrams
except ImportError as error:  # no silent fallback: without its kernels the library is of no use
    raise ImportError(
        "The compiled part of nlp_zero is missing or does not fit this Python; install it with 'pip install .' "
        f"(a C++ compiler is needed). ({error})"
    ) from None

from .builders import EntropyLexiconBuilder, PmiLexiconBuilder
from .corpus import Corpus
from .counts import NgramCounter, NgramCounts
from .errors import CorpusError, FormatError, NlpZeroError
from .lexicon import Lexicon
from .tokenizer import Tokenizer

__version__ = _version("nlp-zero")
__all__ = [
    "Corpus",
    "CorpusError",
    "EntropyLexiconBuilder",
    "FormatError",
    "Lexicon",
    "NgramCounter",
    "NgramCounts",
    "NlpZeroError",
    "PmiLexiconBuilder",
    "Tokenizer",
]
del _ngrams, _version
