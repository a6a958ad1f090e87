"""The command line: ``nlpzero COMMAND ...``.

Results go to stdout or to ``-o``, messages and progress to stderr.  Exit status: 0 done, 1 failed (one sentence says
why), 2 wrong usage, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .. import __version__
from ..errors import NlpZeroError
from .common import Stopped, UsageError
from .convert import add_convert
from .evaluate import add_evaluate
from .learn import add_build_vocab, add_count
from .mine import add_mine_templates
from .parse import add_evaluate_parse, add_parse
from .tokenize import add_tokenize

__all__ = ["build_parser", "main"]

COMMANDS = (  # each adds the parser of one command
    add_count,
    add_build_vocab,
    add_tokenize,
    add_convert,
    add_evaluate,
    add_mine_templates,
    add_parse,
    add_evaluate_parse,
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="nlpzero",
        description="Learn the words of raw Chinese text, and cut text with them: no dictionary, no labels.",
        epilog="nlpzero COMMAND --help explains a command, with examples.",
    )
    parser.add_argument("--version", action="version", version=f"nlpzero {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in COMMANDS:
        add(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    Wrong usage that the parser itself finds ends with ``SystemExit(2)``, ``--help`` and ``--version`` with
    ``SystemExit(0)``, as is usual with argparse.  ``NLP_ZERO_TRACEBACK=1`` lets errors through, for bug reports.
    """
    arguments = build_parser().parse_args(argv)
    status, message = _run(arguments)
    if message:
        print(f"nlpzero: {message}", file=sys.stderr)
    return status


def _run(arguments: argparse.Namespace) -> tuple[int, str]:
    """Return the exit status and the message; progress bars are closed by the time that it is printed."""
    if os.environ.get("NLP_ZERO_TRACEBACK") == "1":
        arguments.run(arguments)
        return 0, ""
    try:
        arguments.run(arguments)
    except KeyboardInterrupt:
        return 130, "stopped; no unfinished result was left"
    except Stopped as exc:
        return 130, str(exc)
    except BrokenPipeError:  # whoever reads the results has seen enough
        _forget_stdout()
        return 0, ""
    except UsageError as exc:
        return 2, f"error: {exc}"
    except (NlpZeroError, OSError, ValueError, ImportError) as exc:
        return 1, f"error: {exc}"
    except MemoryError:
        return 1, "error: out of memory; limit it with --memory, or use a smaller --order or a part of the corpus"
    except Exception as exc:
        return 1, f"internal error ({type(exc).__name__}: {exc}); run with NLP_ZERO_TRACEBACK=1 and report it"
    return 0, ""


def _forget_stdout() -> None:
    """Send what is left in the buffer nowhere, so that the interpreter's last flush does not complain."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):  # stdout is not a file, as under a test
        pass
