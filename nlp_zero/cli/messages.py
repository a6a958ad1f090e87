"""Messages on stderr: whether progress is shown, and summaries of the work."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping

__all__ = ["print_json_summary", "print_message", "shows_progress"]


def shows_progress(arguments: argparse.Namespace) -> bool:
    """Return whether progress bars are shown: in a terminal, unless --quiet."""
    return not arguments.quiet and sys.stderr.isatty()


def print_message(arguments: argparse.Namespace, message: str) -> None:
    """Print a message on stderr, unless --quiet."""
    if not arguments.quiet:
        print(message, file=sys.stderr, flush=True)


def print_json_summary(arguments: argparse.Namespace, summary: Mapping[str, object]) -> None:
    """Print a summary as a line of JSON: on stdout if the result is written to a file, else on stderr."""
    to_file = arguments.output not in (None, "-")
    print(json.dumps(summary, ensure_ascii=False), file=sys.stdout if to_file else sys.stderr)
