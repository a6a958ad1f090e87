"""Learn the words of raw Chinese text: no dictionary, no labels.

>>> from nlp_zero import PmiLexiconBuilder, Tokenizer
>>> texts = ["青石镇的早晨", "我到青石镇来", "青石镇下雨了", "早晨的茶", "早晨下雨"]
>>> lexicon = PmiLexiconBuilder(min_pmi=1, min_count=2).build(texts)
>>> Tokenizer(lexicon).tokenize("早晨的青石镇。")
['早晨', '的', '青石镇', '。']
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

if _TYPE_CHECKING:
    from .builders import (
        BayesLexiconBuilder,
        EntropyLexiconBuilder,
        PhraseBuilder,
        PmiLexiconBuilder,
        VocabularyBuilder,
        select_discovered,
    )
    from .comparison import ComparisonTable, TextComparer
    from .concordance import Concordance, ConcordanceBuilder
    from .corpus import Corpus
    from .counting import NgramCounter, NgramCounts
    from .displays import ComparisonDisplay, LatticeDisplay, LexiconDisplay
    from .errors import CheckpointError, ClusterError, CorpusError, FormatError, NlpZeroError, StorageError
    from .keywords import KeywordExtractor, KeywordTable, StopWords, find_stop_words
    from .lexicon import Lexicon, LexiconMeta, SaveReport, WordClasses
    from .report import Report, ReportBuilder
    from .templates import (
        BoundaryModel,
        FillerCounter,
        ParseTree,
        SlotFillers,
        Template,
        TemplateGrammar,
        TemplateInventory,
        TemplateMiner,
        TemplateParser,
    )
    from .tokenization import Encoding, Lattice, Marginals, Tokenizer

__version__ = "1.0.0.dev0"
__all__ = [
    "BayesLexiconBuilder",
    "BoundaryModel",
    "CheckpointError",
    "ClusterError",
    "ComparisonDisplay",
    "ComparisonTable",
    "Concordance",
    "ConcordanceBuilder",
    "Corpus",
    "CorpusError",
    "Encoding",
    "EntropyLexiconBuilder",
    "FillerCounter",
    "FormatError",
    "KeywordExtractor",
    "KeywordTable",
    "Lattice",
    "LatticeDisplay",
    "Lexicon",
    "LexiconDisplay",
    "LexiconMeta",
    "Marginals",
    "NgramCounter",
    "NgramCounts",
    "NlpZeroError",
    "ParseTree",
    "PhraseBuilder",
    "PmiLexiconBuilder",
    "Report",
    "ReportBuilder",
    "SaveReport",
    "SlotFillers",
    "StopWords",
    "StorageError",
    "Template",
    "TemplateGrammar",
    "TemplateInventory",
    "TemplateMiner",
    "TemplateParser",
    "TextComparer",
    "Tokenizer",
    "VocabularyBuilder",
    "WordClasses",
    "__version__",
    "find_stop_words",
    "select_discovered",
]
# A module is imported when one of its names is first used: counting does not wait for the import of parsers.
_PACKAGES = {
    "builders": (
        "BayesLexiconBuilder EntropyLexiconBuilder PhraseBuilder PmiLexiconBuilder VocabularyBuilder"
        " select_discovered"
    ),
    "comparison": "ComparisonTable TextComparer",
    "concordance": "Concordance ConcordanceBuilder",
    "corpus": "Corpus",
    "counting": "NgramCounter NgramCounts",
    "displays": "ComparisonDisplay LatticeDisplay LexiconDisplay",
    "errors": "CheckpointError ClusterError CorpusError FormatError NlpZeroError StorageError",
    "keywords": "KeywordExtractor KeywordTable StopWords find_stop_words",
    "lexicon": "Lexicon LexiconMeta SaveReport WordClasses",
    "report": "Report ReportBuilder",
    "templates": (
        "BoundaryModel FillerCounter ParseTree SlotFillers Template TemplateGrammar TemplateInventory TemplateMiner"
        " TemplateParser"
    ),
    "tokenization": "Encoding Lattice Marginals Tokenizer",
}
_HOMES = {name: module for module, names in _PACKAGES.items() for name in names.split()}


def _find_old_package(folder: str) -> str | None:
    """Return the folder of nlp-zero 0.x, another library with our import name, if it is installed next to us."""
    from os import scandir

    with scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("nlp_zero-0.") and entry.name.endswith((".dist-info", ".egg-info", ".egg")):
                return entry.name
    return None


def _warn_of_old_package() -> None:
    from os.path import dirname

    try:
        old = _find_old_package(dirname(dirname(__file__)))
    except OSError:  # in an archive
        return
    if old is not None:
        from warnings import warn

        message = (
            f"the older package nlp-zero ({old}) is installed in the same folder and has the same import name; run "
            "'pip uninstall nlp-zero nlpzero', then 'pip install nlpzero'."
        )
        warn(message, stacklevel=3)


_warn_of_old_package()


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _HOMES:
        thing: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    elif name in ("cli", "distributed", "evaluation", "statistics", *_PACKAGES):
        thing = import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = thing
    return thing


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
