"""Counts that grow: files that are counted already, and the period of a text."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from .._utils.locks import hold_in_place
from ..corpus import Corpus
from ..counting.history import check_period
from .errors import OutputError, UsageError
from .messages import print_message
from .options import open_corpus

if TYPE_CHECKING:
    from ..counting.counts import NgramCounts

__all__ = ["add_period_option", "hold_counts", "parse_period", "select_new_sources"]


def add_period_option(parser: argparse.ArgumentParser) -> None:
    """Add the option to a parser."""
    parser.add_argument(
        "--period", metavar="DATE",
        help="when CORPUS is from: a year, month or day such as 2024, 2024-01 or 2024-01-31; words then know when they "
        "were first and last seen (default: not said)",
    )  # fmt: skip


def parse_period(text: str | None) -> int | None:
    """Return the number of a period.

    Examples
    --------
    >>> parse_period("2024"), parse_period("2024-01"), parse_period("20240131"), parse_period(None)
    (2024, 202401, 20240131, None)

    Raises
    ------
    UsageError
        If the text is not a year, month or day.
    """
    if text is None:
        return None
    try:
        if re.fullmatch(r"\d{4}(-?\d\d){0,2}", text, re.ASCII):
            return check_period(int(text.replace("-", "")))
    except ValueError:
        pass
    raise UsageError(f"--period must be a year, a month or a day, such as 2024, 2024-01 or 2024-01-31, not {text!r}.")


def select_new_sources(arguments: argparse.Namespace, counts: NgramCounts) -> Corpus | None:
    """Return the corpus without the files that have been counted; None if all have been.

    A message says how many were left out.
    """
    corpus = open_corpus(arguments)
    counted = set(counts.find_counted(corpus))
    if not counted:
        return corpus
    files, sources = corpus.files(), []
    for source in arguments.sources:
        found = Corpus(source).files()
        sources += [name for name in found if name not in counted] if counted & set(found) else [source]
    example = next(name for name in files if name in counted)
    shown = example if len(counted) == 1 else f"{len(counted):,} of {len(files):,} files, such as {example},"
    are = "was" if len(counted) == 1 else "were"
    print_message(arguments, f"{shown} {are} counted before and {are} left out.")
    if not sources:
        return None
    arguments.corpora.pop()
    return open_corpus(arguments, *sources)


@contextmanager
def hold_counts(arguments: argparse.Namespace) -> Iterator[None]:
    """Let no other process add to the counts of --add in the block: one of the two additions would be lost.

    Raises
    ------
    OutputError
        If another process adds to them.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(hold_in_place(arguments.add if arguments.output is None else None))
        except BlockingIOError:
            raise OutputError(
                f"{arguments.add}: another process adds to these counts; run the same command again when it is done."
            ) from None
        yield
