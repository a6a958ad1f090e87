"""The command line: ``nlpzero COMMAND ...``.

Results are written to stdout or to ``-o``, messages and progress to stderr.  The exit status is 0 for success, 1 for
a failure that one sentence explains, 2 for wrong usage, and 128 plus the number of the signal for a command that was
stopped: 130 for Ctrl-C, 143 for SIGTERM, 129 for a terminal that was closed.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import chain

from .. import __version__
from .._utils.display import escape_controls
from .._utils.interrupts import exit_status
from ..errors import NlpZeroError
from .errors import OutputError, Stopped, UsageError
from .interrupts import describe_stop
from .messages import print_reading_summary
from .options import check_workers, drop_parameters, name_options
from .output import discard_stdout, open_missing_streams
from .parser import CommandParser, PrintCompletion
from .paths import check_paths

__all__ = ["build_parser", "main"]

COMMAND_GROUPS = {  # each command is a module with a function that adds its parser: build_vocab, add_build_vocab
    "learn the words of a text": ("build-vocab", "show", "classes", "suggest-lines", "merge", "convert"),
    "cut text": ("tokenize", "evaluate"),
    "study a text": ("report", "count", "concordance", "compare", "keywords", "stop-words"),
    "find patterns of words": ("mine-templates", "fillers", "parse", "evaluate-parse"),
}
COMMANDS = tuple(chain.from_iterable(COMMAND_GROUPS.values()))
LINE_END = "\n"
START = """\
start here:
  nlpzero build-vocab novel.txt -o words.tsv       learn the words of a text
  nlpzero show words.tsv                           look at them
  nlpzero tokenize novel.txt --lexicon words.tsv   cut text into them

nlpzero COMMAND --help explains a command, with examples.
"""


def build_parser(commands: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """Return the parser of all commands, or of some.

    Parameters
    ----------
    commands : sequence of str
        Names of commands. Others are not imported.

    Returns
    -------
    argparse.ArgumentParser
        Parsed arguments have the attribute `run`, the function of the command.
    """
    parser = CommandParser(
        prog="nlpzero",
        description="Learn the words of raw Chinese text, and cut text with them: no dictionary, no labels.",
        epilog=START,
        groups=COMMAND_GROUPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-V", "--version", action="version", version=f"nlpzero {__version__}")
    parser.add_argument(
        "--print-completion", action=PrintCompletion, metavar="SHELL",
        help="print a completion script for bash, zsh or tcsh (extra: completion)",
    )  # fmt: skip
    parsers = parser.add_subparsers(metavar="COMMAND", required=True, help=argparse.SUPPRESS)
    for command in commands:
        name = command.replace("-", "_")
        getattr(importlib.import_module(f".{name}", __package__), f"add_{name}")(parsers)
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
    open_missing_streams()
    argv = sys.argv[1:] if argv is None else argv
    parser = build_parser(argv[:1] if argv and argv[0] in COMMANDS else COMMANDS)
    try:
        if not argv:
            parser.print_help()
            return 0
        arguments = parser.parse_args(argv)
    except BrokenPipeError:  # the reader of the help has stopped
        discard_stdout()
        return 0
    except OutputError as error:  # there is nowhere to write the help
        print(f"nlpzero: error: {error}", file=sys.stderr)
        return 1
    status, message = _run(arguments)
    if message:
        print(f"nlpzero: {escape_controls(message, keep=LINE_END)}", file=sys.stderr)
    return status


def _run(arguments: argparse.Namespace) -> tuple[int, str]:
    """Return the exit status and the message, which is printed when all progress bars are closed."""
    if os.environ.get("NLP_ZERO_TRACEBACK") == "1":
        _work(arguments)
        return 0, ""
    try:
        check_workers(arguments)
        check_paths(arguments.command, arguments)
        _work(arguments)
        print_reading_summary(arguments)
    except KeyboardInterrupt as stop:
        return exit_status(stop) or 1, describe_stop(arguments, stop)
    except Stopped as stop:
        return stop.status, str(stop)
    except BrokenPipeError:  # the reader of the results has stopped
        discard_stdout()
        return 0, ""
    except Exception as exc:
        if (status := exit_status()) is not None:  # compiled code has turned an interrupt into another exception
            return status, describe_stop(arguments, exc)
        return _explain(exc, arguments)
    return 0, ""


def _work(arguments: argparse.Namespace) -> None:
    """Run the command; the cluster that it connects to is left at the end."""
    with ExitStack() as arguments.connections:
        arguments.cluster = None
        arguments.run(arguments)


def _explain(error: Exception, arguments: argparse.Namespace) -> tuple[int, str]:
    """Return the exit status and the message for an error."""
    if isinstance(error, UsageError):
        return 2, f"error: {error}"
    if isinstance(error, OSError) and error.errno is not None:  # of the system, not a sentence of this library
        place = "a file cannot be read or written" if error.filename is None else os.fsdecode(error.filename)
        if error.errno in (errno.EMFILE, errno.ENFILE):
            return 1, f"error: {place}: {error.strerror}; raise their limit (ulimit -n), or use fewer --workers."
        temporary = getattr(arguments, "temp_dir", None)
        option = " with --temp-dir" if temporary and place.startswith(os.path.abspath(temporary)) else ""
        return 1, f"error: {place}: {error.strerror}; check the disk, make room on it, or choose another place{option}."
    if isinstance(error, (NlpZeroError, OSError, ValueError, ImportError)):
        return 1, f"error: {drop_parameters(name_options(str(error), vars(arguments)))}"
    if isinstance(error, MemoryError):
        return 1, "error: out of memory; limit it with --memory, or use a smaller --order or a part of the corpus."
    return 1, f"internal error ({type(error).__name__}: {error}); run with NLP_ZERO_TRACEBACK=1 and report it."
