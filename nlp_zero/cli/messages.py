"""Messages on stderr: whether progress is shown, and summaries of the work."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping

__all__ = ["is_typed", "print_json_summary", "print_message", "say_typed", "shows_progress"]


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
        print(message, file=sys.stderr, flush=True)


def say_typed(arguments: argparse.Namespace) -> None:
    """Say that the command waits for text, if it is to be typed."""
    if is_typed(arguments) and sys.stderr.isatty():
        print_message(arguments, "type text, line by line; Ctrl-D ends (Windows: Ctrl-Z and Enter).")


def print_json_summary(arguments: argparse.Namespace, summary: Mapping[str, object]) -> None:
    """Print a summary as a line of JSON: on stdout if the result is written to a file, else on stderr."""
    to_file = arguments.output not in (None, "-")
    print(json.dumps(summary, ensure_ascii=False), file=sys.stdout if to_file else sys.stderr)
