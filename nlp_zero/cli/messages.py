"""Messages on stderr: whether progress is shown, and summaries of the work."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Mapping

from .._utils.display import escape_controls
from .._utils.progress import above_bars
from ..corpus import Corpus
from .output import dump_json_line

__all__ = [
    "describe_reading_summary",
    "is_typed",
    "plural",
    "print_json_summary",
    "print_message",
    "print_reading_summary",
    "say_typed",
    "shows_progress",
    "verb",
]

SHOWN_NAMES = 3  # files or suffixes that a message lists


def shows_progress(arguments: argparse.Namespace) -> bool:
    """Return whether progress is shown: in a terminal, unless --quiet, and never between typed or printed lines."""
    if arguments.quiet or not sys.stderr.isatty() or is_typed(arguments):
        return False
    streams = getattr(arguments, "streams", False) and arguments.output in (None, "-")
    return not (streams and sys.stdout.isatty())


def is_typed(arguments: argparse.Namespace) -> bool:
    """Return whether the text is typed at a terminal."""
    from_stdin = any(source == "-" or source.startswith("-.") for source in getattr(arguments, "sources", ()))
    return from_stdin and sys.stdin is not None and sys.stdin.isatty()


def print_message(arguments: argparse.Namespace, message: str) -> None:
    """Print a message on stderr, unless --quiet."""
    if not arguments.quiet:
        with above_bars():
            print(escape_controls(message, keep="\n"), file=sys.stderr, flush=True)


def plural(count: int, noun: str, many: str | None = None) -> str:
    """Return a count and its noun.

    Examples
    --------
    >>> plural(1, "word"), plural(2000, "word"), plural(0, "class", "classes")
    ('1 word', '2,000 words', '0 classes')
    """
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def verb(count: int, one: str, many: str) -> str:
    """Return the form of a verb that goes with a count.

    Examples
    --------
    >>> verb(1, "is", "are"), verb(2, "is", "are")
    ('is', 'are')
    """
    return one if count == 1 else many


def say_typed(arguments: argparse.Namespace) -> None:
    """Print that the command waits for text, if the text is typed at a terminal."""
    if is_typed(arguments) and sys.stderr.isatty():
        print_message(arguments, "type text, line by line; Ctrl-D ends (Windows: Ctrl-Z and Enter).")


def print_json_summary(arguments: argparse.Namespace, summary: Mapping[str, object]) -> None:
    """Print a summary as a line of JSON: on stdout if the result is written to a file, else on stderr."""
    to_file = arguments.output not in (None, "-")
    print(dump_json_line(summary), end="", file=sys.stdout if to_file else sys.stderr)


def print_reading_summary(arguments: argparse.Namespace) -> None:
    """Print how many files were read and how many skipped, for each corpus that was opened."""
    for corpus, files in getattr(arguments, "corpora", ()):
        if summary := describe_reading_summary(corpus, files):
            print_message(arguments, summary)


def describe_reading_summary(corpus: Corpus, files: int) -> str:
    """Return how many files were read and how many skipped; empty if one file was read without skipping."""
    skipped, records = corpus.skipped_files(), corpus.skipped_records
    parts = [f"{files:,} files were read"] if files > 1 else []
    if skipped:
        suffixes = Counter(os.path.splitext(name)[1].lower() or "no suffix" for name in skipped)
        listed = _list_counts(suffixes)
        are = "files were" if len(skipped) > 1 else "file was"
        parts.append(f"{len(skipped):,} {are} skipped ({listed}; to read them, name them or a pattern)")
    if records:
        total = sum(records.values())
        are = "records without text were" if total > 1 else "record without text was"
        parts.append(f"{total:,} {are} skipped ({_list_counts(Counter(records))})")
    return "; ".join(parts) + "." if parts else ""


def _list_counts(counts: Counter[str]) -> str:
    """Return the most frequent names with their counts."""
    listed = ", ".join(f"{name}: {count:,}" for name, count in counts.most_common(SHOWN_NAMES))
    return listed + (", ..." if len(counts) > SHOWN_NAMES else "")
