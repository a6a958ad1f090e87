"""The command line: ``nlpzero COMMAND ...``.

Results are written to stdout or to ``-o``, messages and progress to stderr.  The exit status is 0 for success, 1 for
a failure that one sentence explains, 2 for wrong usage, and 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .. import __version__
from ..errors import NlpZeroError
from .build_vocab import add_build_vocab
from .convert import add_convert
from .count import add_count
from .errors import Stopped, UsageError
from .evaluate import add_evaluate
from .evaluate_parse import add_evaluate_parse
from .mine_templates import add_mine_templates
from .parse import add_parse
from .suggest_lines import add_suggest_lines
from .tokenize import add_tokenize

__all__ = ["build_parser", "main"]

COMMANDS = (  # each adds the parser of one command
    add_count,
    add_build_vocab,
    add_suggest_lines,
    add_tokenize,
    add_convert,
    add_evaluate,
    add_mine_templates,
    add_parse,
    add_evaluate_parse,
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands.

    Returns
    -------
    argparse.ArgumentParser
        Parsed arguments have the attribute `run`, the function of the command.
    """
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
    """Run one command.

    With ``NLP_ZERO_TRACEBACK=1`` in the environment, exceptions are not caught, for bug reports.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments of the command line; by default those of the process.

    Returns
    -------
    int
        The exit status.

    Raises
    ------
    SystemExit
        As usual with argparse: with status 2 for wrong usage that the parser finds, and with status 0 for ``--help``
        and ``--version``.
    """
    arguments = build_parser().parse_args(argv)
    status, message = _run(arguments)
    if message:
        print(f"nlpzero: {message}", file=sys.stderr)
    return status


def _run(arguments: argparse.Namespace) -> tuple[int, str]:
    """Return the exit status and the message, which is printed when all progress bars are closed."""
    if os.environ.get("NLP_ZERO_TRACEBACK") == "1":
        arguments.run(arguments)
        return 0, ""
    try:
        arguments.run(arguments)
    except KeyboardInterrupt:
        return 130, "stopped; no unfinished result was left."
    except Stopped as exc:
        return 130, str(exc)
    except BrokenPipeError:  # the reader of the results has stopped
        _discard_stdout()
        return 0, ""
    except UsageError as exc:
        return 2, f"error: {exc}"
    except (NlpZeroError, OSError, ValueError, ImportError) as exc:
        return 1, f"error: {exc}"
    except MemoryError:
        return 1, "error: out of memory; limit it with --memory, or use a smaller --order or a part of the corpus."
    except Exception as exc:
        return 1, f"internal error ({type(exc).__name__}: {exc}); run with NLP_ZERO_TRACEBACK=1 and report it."
    return 0, ""


def _discard_stdout() -> None:
    """Discard the rest of the buffer, so that the last flush of the interpreter does not fail."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):  # stdout is not a file, as under a test
        pass
