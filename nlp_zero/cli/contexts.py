"""The contexts of words: how wide they are in a terminal, and the option ``--contexts`` of `build-vocab`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .._utils.compression import strip_compression_suffix
from .._utils.display import display_width
from .._utils.progress import begin_stage
from ..corpus import Corpus
from .errors import UsageError

if TYPE_CHECKING:
    from ..concordance import Concordance
    from ..lexicon.lexicon import Lexicon

__all__ = ["WIDTH", "check_contexts_option", "contexts_name", "find_contexts", "fit_width"]

WIDTH, LEAST_WIDTH = 40, 10  # columns on each side
DIGITS = 7  # of a line number, for which a terminal has room
LEAST_LENGTH = 2  # characters of a word that has contexts


def fit_width(words: Iterable[str], sources: Iterable[str]) -> int:
    """Return the columns on each side of a word with which lines of a concordance fit in the terminal."""
    if not sys.stdout.isatty():
        return WIDTH
    place = max(map(display_width, sources), default=0) + 1 + DIGITS
    taken = max(map(display_width, words), default=0) + place + len("  ") * 3
    import shutil

    return min(WIDTH, max(LEAST_WIDTH, (shutil.get_terminal_size().columns - taken) // 2))


def check_contexts_option(arguments: argparse.Namespace) -> None:
    """Refuse ``--contexts`` where there is no text, or no place for the contexts."""
    if arguments.contexts is None:
        return
    if not arguments.sources:
        raise UsageError("--contexts shows where words occur, so that --counts is not enough; name the corpus too.")
    if arguments.output in (None, "-") and not (arguments.output is None and sys.stdout.isatty()):
        raise UsageError("--contexts writes a second file; name the first with -o, such as -o words.tsv.")


def contexts_name(path: str) -> str:
    """Return the name of the file with the contexts of the words in another file.

    Examples
    --------
    >>> contexts_name("words.tsv"), contexts_name("a/words.parquet"), contexts_name("list.txt.gz")
    ('words.contexts.tsv', 'a/words.contexts.parquet', 'list.contexts.tsv.gz')
    """
    plain = strip_compression_suffix(path)
    stem, suffix = os.path.splitext(plain)
    return f"{stem}.contexts{'.parquet' if suffix.lower() == '.parquet' else '.tsv'}{path[len(plain):]}"


def find_contexts(
    texts: Corpus | Iterable[str], lexicon: Lexicon, words: Sequence[str], limit: int, *, width: int = WIDTH
) -> Concordance:
    """Find the first occurrences of each word of two or more characters, as a token of the lexicon.

    Parameters
    ----------
    texts : Corpus or iterable of str
        Read once.
    lexicon : Lexicon
        The lexicon that cuts the texts.
    words : sequence of str
        The words.
    limit : int
        At most this many occurrences of each.
    width : int, default 40
        Columns of text on each side.

    Returns
    -------
    Concordance
        In the order of `words`.
    """
    from ..concordance import Concordance, ConcordanceBuilder
    from ..tokenization.tokenizer import Tokenizer

    begin_stage("finding contexts")
    longer = [word for word in words if len(word) >= LEAST_LENGTH]
    if not longer:
        return Concordance((), {})
    builder = ConcordanceBuilder(longer, width=width, limit=limit, tokenizer=Tokenizer(lexicon))
    rank = {word: number for number, word in enumerate(longer)}
    found = builder.build(texts)
    return Concordance(sorted(found, key=lambda occurrence: rank[occurrence.word]), found.totals)
