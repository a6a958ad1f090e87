"""Texts as the builders take them: a corpus, or any iterable of str."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby
from typing import Any, TypeVar

from .._utils.validation import check_choice
from ..errors import CorpusError
from .blocks import Block, TextBatch, batch_texts, join_texts
from .corpus import UNITS, Corpus

__all__ = [
    "FileTexts", "JoinedTexts", "map_parts", "read_batches", "read_blocks", "read_text_batches", "refuse_empty",
    "require_text", "restartable",
]  # fmt: skip

R = TypeVar("R")


class JoinedTexts:
    """Several corpora or iterables of str that are read as one, in their order.

    Parameters
    ----------
    parts : sequence of (Corpus or iterable of str)

    Examples
    --------
    >>> list(JoinedTexts([["春天"], ["夏天"]]))
    ['春天', '夏天']
    """

    def __init__(self, parts: Sequence[Corpus | Iterable[str]]) -> None:
        self.parts = list(parts)

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self.parts)

    def blocks(self, unit: str = "char") -> Iterator[Block]:
        """Read all parts once, as blocks; see `Corpus.blocks`.

        Parameters
        ----------
        unit : {"char", "byte"}

        Returns
        -------
        iterator of Block
        """
        return chain.from_iterable(read_blocks(part, unit) for part in self.parts)


class FileTexts:
    """Each file of a corpus as one text: its lines, records or paragraphs, with line ends between them.

    Parameters
    ----------
    corpus : Corpus
        A file without text is left out; a file in an archive is a file of its own.

    Attributes
    ----------
    corpus : Corpus
    """

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus

    def __iter__(self) -> Iterator[str]:
        return (text for _, text in self.items())

    def items(self) -> Iterator[tuple[str, str]]:
        """Read the files once.

        Yields
        ------
        tuple of (str, str)
            The name of a file, and its text.
        """
        for source, batches in groupby(self.corpus.text_batches(), key=lambda batch: batch.source):
            yield source, "\n".join(chain.from_iterable(batch.split() for batch in batches))


def map_parts(texts: Corpus | Iterable[str], work: Callable[..., R], *arguments: Any) -> Iterator[R]:
    """Apply a function to the parts of a corpus, or of any iterable of texts; see `Corpus.map_parts`.

    Parameters
    ----------
    texts : Corpus or iterable of str
    work : callable
    *arguments : object

    Yields
    ------
    object
        What `work` returns, in the order of the texts.

    Examples
    --------
    >>> list(map_parts(JoinedTexts([["春天"], ["夏天", "秋天"]]), len))
    [1, 2]
    """
    for part in texts.parts if isinstance(texts, JoinedTexts) else [texts]:
        if isinstance(part, Corpus):
            yield from part.map_parts(work, *arguments)
        else:
            yield work(part, *arguments)


def read_batches(texts: Corpus | Iterable[str]) -> Iterator[list[str]]:
    """Read a corpus, or any iterable of texts, in lists of about a million characters.

    Parameters
    ----------
    texts : Corpus or iterable of str

    Returns
    -------
    iterator of list of str

    Raises
    ------
    TypeError
        If `texts` is a single string, or a text is not a str.
    CorpusError
        If a corpus cannot be read; see `Corpus.batches`.

    Examples
    --------
    >>> list(read_batches(["春天", "夏天"]))
    [['春天', '夏天']]
    """
    return (batch.split() for batch in read_text_batches(texts))


def read_blocks(texts: Corpus | Iterable[str], unit: str = "char") -> Iterator[Block]:
    r"""Read a corpus, or any iterable of texts, as blocks.

    No run crosses from one text to the next.

    Parameters
    ----------
    texts : Corpus or iterable of str
        What is read.
    unit : {"char", "byte"}
        See `Corpus.blocks`.

    Returns
    -------
    iterator of Block
        The blocks.

    Raises
    ------
    TypeError
        If `texts` is a single string, or a text is not a str.
    ValueError
        If `unit` is not valid.
    CorpusError
        If a corpus cannot be read; see `Corpus.blocks`.

    Examples
    --------
    >>> list(read_blocks(["春天", "夏天"]))
    [Block(data='春天\n夏天', source='<texts>', offset=0)]
    """
    if isinstance(texts, Corpus | JoinedTexts):
        return texts.blocks(unit)
    check_choice("unit", unit, UNITS)
    return join_texts(_check_texts(texts))


def read_text_batches(texts: Corpus | Iterable[str]) -> Iterator[TextBatch]:
    """Read a corpus, or any iterable of texts, in batches that say where the texts are from.

    Parameters
    ----------
    texts : Corpus or iterable of str
        What is read.

    Returns
    -------
    iterator of TextBatch
        See `Corpus.text_batches`.

    Raises
    ------
    TypeError
        If `texts` is a single string, or a text is not a str.
    CorpusError
        If a corpus cannot be read.

    Examples
    --------
    >>> list(read_text_batches(["春天", "夏天"]))
    [TextBatch(texts=['春天', '夏天'], source='<texts>', first=1)]
    """
    if isinstance(texts, JoinedTexts):
        return chain.from_iterable(map(read_text_batches, texts.parts))
    return texts.text_batches() if isinstance(texts, Corpus) else batch_texts(_check_texts(texts))


def restartable(texts: Corpus | Iterable[str]) -> Corpus | Iterable[str]:
    """Make sure that texts can be read twice.

    Standard input and pipes are copied to a temporary file, which is removed with the returned corpus.

    Parameters
    ----------
    texts : Corpus or iterable of str
        What is to be read.

    Returns
    -------
    Corpus or iterable of str
        `texts` themselves if they can be read twice, else a corpus of copies.

    Raises
    ------
    TypeError
        If `texts` is an iterator (used up after one pass) or a single string.

    Examples
    --------
    >>> restartable(["春天"])
    ['春天']
    >>> restartable(line for line in ["春天"])
    Traceback (most recent call last):
    TypeError: the texts are read more than once, but this generator is used up after one pass; give a list or a Corpus.
    """
    if isinstance(texts, Corpus):
        return texts._spool() if texts._has_one_shot_sources() else texts
    if isinstance(texts, JoinedTexts):
        return JoinedTexts([restartable(part) for part in texts.parts])
    if iter(_check_texts(texts)) is texts:
        raise TypeError(
            f"the texts are read more than once, but this {type(texts).__name__} is used up after one pass; "
            "give a list or a Corpus."
        )
    return texts


def require_text(symbols: int, texts: Corpus | Iterable[str]) -> None:
    """Make sure that a text has something to count.

    Parameters
    ----------
    symbols : int
        The number of countable characters that were found.
    texts : Corpus or iterable of str
        Where they were found, for the message.

    Raises
    ------
    CorpusError
        If `symbols` is 0.
    """
    if symbols > 0:
        return
    parts = texts.parts if isinstance(texts, JoinedTexts) else [texts]
    corpora = [part for part in parts if isinstance(part, Corpus)]
    if len(corpora) == len(parts) and all(corpus.is_empty() for corpus in corpora):
        refuse_empty(*corpora)
    where = ", ".join(source for corpus in corpora for source in corpus.sources) or "the texts"
    raise CorpusError(
        f"{where}: nothing to count, no countable text in it (no Chinese characters); give another text, or count "
        "Latin letters and digits with alnum='split' or alnum='join'."
    )


def refuse_empty(*corpora: Corpus) -> None:
    """Refuse corpora of which all files are empty.

    Parameters
    ----------
    *corpora : Corpus

    Raises
    ------
    CorpusError
        With the name of the file.
    """
    if not all(corpus.is_empty() for corpus in corpora):
        return
    files = [file for corpus in corpora for file in corpus.files()]
    if len(files) > 1:
        listed = ", ".join(source for corpus in corpora for source in corpus.sources)
        raise CorpusError(f"{listed}: all {len(files):,} files are empty; name files that have text in them.")
    if files[0].startswith("<stdin>"):
        raise CorpusError("standard input is empty; pipe a text into the command.")
    raise CorpusError(f"{files[0]}: the file is empty; name one that has text in it.")


def _check_texts(texts: Iterable[str]) -> Iterable[str]:
    if isinstance(texts, str | bytes | os.PathLike):
        raise TypeError("Expected many texts, not a single one; write [text] for a text, or Corpus(path) for a file.")
    if not isinstance(texts, Iterable):
        raise TypeError(f"Expected a Corpus or an iterable of str, not {type(texts).__name__}.")
    return texts
