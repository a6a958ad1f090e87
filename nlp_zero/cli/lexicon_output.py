"""Lexicons in files that commands write: our own format, or Parquet if the name says so."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .._utils.compression import strip_compression_suffix
from ..lexicon.formats import format_of_name, parquet
from ..lexicon.formats.tsv import blocks
from .errors import MissingPackage, UsageError
from .output import open_binary_output, open_utf8_output

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..lexicon.lexicon import Lexicon
    from ..lexicon.meta import LexiconMeta

__all__ = ["SaveLexicon", "check_lexicon_name", "open_lexicon"]


class SaveLexicon(Protocol):
    """Writes a lexicon to a file that is open."""

    def __call__(self, lexicon: Lexicon, *, words: Sequence[str] | None = None, workers: int = 1) -> None:
        """Write the words in their order, or in the order of `words`; threads make the lines."""


@contextmanager
def open_lexicon(path: str | None, *, option: str = "-o") -> Iterator[SaveLexicon]:
    """Open the place of a lexicon; the file appears whole or not at all.

    Enter this before long work, so that a wrong name or a place that cannot be written to is found first.

    Parameters
    ----------
    path : str or None
        A file: Parquet if the name ends in ``.parquet``, else our own format; None or ``-`` for stdout.
    option : str, default "-o"
        The option that names it, for messages.

    Yields
    ------
    SaveLexicon
        Writes the lexicon.

    Raises
    ------
    UsageError
        If the name is that of a format that does not keep everything.
    MissingPackage
        If Parquet is asked for and pyarrow is not installed.
    OutputError
        If the file cannot be written.
    """
    if path is not None and check_lexicon_name(path, option=option) == "parquet":
        with open_binary_output(path, option=option) as file:

            def save_table(lexicon: Lexicon, *, words: Sequence[str] | None = None, workers: int = 1) -> None:
                file.write(parquet.dumps(_order(lexicon, words))[0])

            yield save_table
        return
    with open_utf8_output(path, option=option) as write:

        def save_lines(lexicon: Lexicon, *, words: Sequence[str] | None = None, workers: int = 1) -> None:
            for block in blocks(_order(lexicon, words), workers=workers):
                write(block)

        yield save_lines


def check_lexicon_name(path: str, *, option: str = "-o") -> str:
    """Return the format of a lexicon that a command writes: tsv or parquet.

    Raises
    ------
    UsageError
        If the name is that of another format.
    MissingPackage
        If pyarrow is needed and not installed.

    Examples
    --------
    >>> check_lexicon_name("words.tsv.gz"), check_lexicon_name("words.txt")
    ('tsv', 'tsv')
    """
    format, plain = format_of_name(path), strip_compression_suffix(path)
    if format == "parquet":
        if plain != path:
            raise UsageError(f"{path} ({option}): Parquet is already compressed; name the file {plain}.")
        if importlib.util.find_spec("pyarrow") is None:
            raise MissingPackage(f"{path} ({option}) needs pyarrow; run: pip install 'nlpzero[formats]'.")
    elif format not in (None, "tsv") or plain.lower().endswith((".json", ".jsonl")):
        command = f"show words.tsv -o {path}" if plain.lower().endswith(".jsonl") else f"convert words.tsv {path}"
        raise UsageError(
            f"{path} ({option}): a lexicon is written as .tsv or .parquet, which keep all of it; write words.tsv, then "
            f"run 'nlpzero {command}'."
        )
    return "tsv" if format is None else format


@dataclass(frozen=True)
class OrderedRows:
    """The rows of a lexicon in another order; see `Lexicon` for the fields."""

    words: tuple[str, ...]
    counts: npt.NDArray[np.int64]
    scores: Mapping[str, npt.NDArray[np.float64]]
    meta: LexiconMeta
    parts: Mapping[str, tuple[str, ...]]


def _order(lexicon: Lexicon, words: Sequence[str] | None) -> Any:
    if words is None:
        return lexicon
    places = np.array([lexicon.index(word) for word in words], np.int64)
    scores = {name: column[places] for name, column in lexicon.scores.items()}
    return OrderedRows(tuple(words), lexicon.counts[places], scores, lexicon.meta, lexicon.parts)
