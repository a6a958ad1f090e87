"""Documents: what commands that compare documents take for one, and the words that they cut them into."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from .._utils.progress import begin_stage
from ..corpus import Corpus, FileTexts, restartable
from .errors import UsageError
from .options import configure, open_corpus

if TYPE_CHECKING:
    from ..lexicon.lexicon import Lexicon

__all__ = [
    "NamedFiles", "add_documents", "add_lexicon", "count_words_in_documents", "find_words", "open_documents",
]  # fmt: skip

DOCUMENTS = ("texts", "files")
MEANING = "texts: each line of a text file, each record of a table, each paragraph of other formats; files: each file"


def add_documents(parser: argparse._ActionsContainer, *, purpose: str = "", default: str | None = "texts") -> None:
    """Add the option that says what a document is."""
    shown = "none" if default is None else default
    parser.add_argument(
        "--documents", choices=DOCUMENTS, default=default,
        help=f"{purpose}what a document is; {MEANING} (default: {shown})",
    )  # fmt: skip


def add_lexicon(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the words, which are learnt if it is not given."""
    parser.add_argument(
        "-l", "--lexicon", metavar="FILE",
        help="words, such as a result of build-vocab (default: learn them from CORPUS)",
    )  # fmt: skip


class NamedFiles:
    """The files of a corpus as documents, whose names are noted while they are read.

    Attributes
    ----------
    names : list of str
        Of the documents that the last iteration has yielded.
    """

    def __init__(self, corpus: Corpus) -> None:
        self.files = FileTexts(corpus)
        self.names: list[str] = []

    def __iter__(self) -> Iterator[str]:
        self.names.clear()
        for name, text in self.files.items():
            self.names.append(name)
            yield text


def open_documents(arguments: argparse.Namespace) -> tuple[Corpus, Corpus | NamedFiles]:
    """Return the corpus that the options describe, and its documents; both can be read again."""
    corpus = restartable(open_corpus(arguments))
    assert isinstance(corpus, Corpus)
    return corpus, NamedFiles(corpus) if arguments.documents == "files" else corpus


def find_words(arguments: argparse.Namespace, corpus: Corpus | Iterable[str]) -> Lexicon:
    """Return the lexicon that was named, or learn one from the corpus."""
    from ..builders.pmi import PmiLexiconBuilder
    from ..lexicon.lexicon import Lexicon

    if arguments.lexicon is not None:
        begin_stage("loading words")
        return Lexicon.load(arguments.lexicon)
    options = {name: getattr(arguments, name) for name in ("memory", "temp_dir", "workers")}
    return configure(PmiLexiconBuilder, **options).build(corpus, scores=False)


def count_words_in_documents(
    arguments: argparse.Namespace, corpus: Corpus | Iterable[str], lexicon: Lexicon
) -> Lexicon:
    """Add document frequencies to a lexicon, if ``--documents`` asks for them.

    Raises
    ------
    UsageError
        If there is no corpus.
    """
    if arguments.documents is None:
        return lexicon
    from ..keywords import add_document_frequencies, count_documents
    from ..tokenization.tokenizer import Tokenizer

    if not isinstance(corpus, Corpus):
        raise UsageError("--documents counts in the text, and there is only --counts; name the corpus too.")
    begin_stage("counting documents")
    texts = restartable(corpus)
    assert isinstance(texts, Corpus)
    documents = FileTexts(texts) if arguments.documents == "files" else texts
    found = count_documents(Tokenizer(lexicon), documents, workers=arguments.workers or 1)
    return add_document_frequencies(lexicon, found)
