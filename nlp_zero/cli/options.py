"""Options that several commands share, and the objects that they describe."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, TypeVar

from .._utils.validation import check_integer
from ..corpus import Corpus
from ..errors import CorpusError
from .errors import UsageError
from .messages import shows_progress

__all__ = [
    "Commands",
    "add_command",
    "add_input",
    "add_new_words",
    "add_output",
    "add_resources",
    "check_least",
    "configure",
    "open_corpus",
    "option_name",
    "read_word_list",
]

Result = TypeVar("Result")
Commands = Any  # the type of argparse's add_subparsers() is private
BLOCK_BYTES = 1 << 20  # bytes that are read at a time


def add_command(
    commands: Commands, name: str, run: Callable[[argparse.Namespace], None], summary: str, examples: str
) -> argparse.ArgumentParser:
    """Add the parser of a command.

    Parameters
    ----------
    commands : argparse subparsers
        Where the command is added.
    name : str
        Name of the command.
    run : callable
        Called with the parsed arguments.
    summary : str
        One sentence.
    examples : str
        Lines of examples for ``--help``.

    Returns
    -------
    argparse.ArgumentParser
        The parser, to which the command adds its options.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=summary,
        epilog="examples:\n" + examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress and no summary on stderr")
    return parser


def add_input(parser: argparse.ArgumentParser, *, name: str = "CORPUS", nargs: str = "+") -> None:
    """Add the options that say which texts are read, and how."""
    parser.add_argument(
        "sources",
        metavar=name,
        nargs=nargs,
        help="files, folders, patterns, URLs, or - for stdin; text, or JSON lines if so named (.jsonl .ndjson "
        ".json); also .gz .bz2 .xz .zst; -.jsonl or -.gz for such data on stdin",
    )
    group = parser.add_argument_group("reading")
    group.add_argument("--encoding", default="utf-8-sig", help="such as gb18030 or utf-16 (default: UTF-8)")
    group.add_argument(
        "--errors", choices=("strict", "replace", "ignore"), default="strict", help="how to treat invalid bytes"
    )
    group.add_argument("--field", default="text", help="field of a JSON line that holds the text (default: text)")
    group.add_argument("--normalize", choices=("NFC", "NFKC", "NFD", "NFKD"), help="Unicode normalisation")


def add_new_words(parser: argparse.ArgumentParser) -> None:
    """Add the option that says whether words outside the lexicon are found."""
    parser.add_argument(
        "--new-words", action=argparse.BooleanOptionalAction,
        help="also find words that the lexicon lacks (default: as the lexicon says; those of bayes do, others do not)",
    )  # fmt: skip


def add_output(parser: argparse.ArgumentParser, result: str) -> None:
    """Add the option that names the file of the result."""
    parser.add_argument("-o", "--output", metavar="FILE", help=f"where to write {result} (default: stdout)")


def add_resources(parser: argparse.ArgumentParser) -> None:
    """Add the options that limit memory and threads, and that make counting resumable."""
    group = parser.add_argument_group("resources (none changes a result)")
    group.add_argument("--memory", metavar="SIZE", help="most memory to use, such as 512M (default: no limit)")
    group.add_argument("--temp-dir", metavar="FOLDER", help="where to write data that does not fit in --memory")
    group.add_argument("--workers", type=int, metavar="N", help="threads (default: 1)")
    group.add_argument("--checkpoint", metavar="FOLDER", help="if stopped, the same command resumes from this folder")


def open_corpus(arguments: argparse.Namespace, *sources: str, progress: bool = True) -> Corpus:
    """Return the corpus that the options describe.

    Parameters
    ----------
    arguments : argparse.Namespace
        The options of `add_input`.
    *sources : str
        Other sources than those of the arguments.
    progress : bool, default True
        Whether to show a progress bar if the arguments do not forbid it.

    Returns
    -------
    Corpus
        The corpus, whose files exist.

    Raises
    ------
    CorpusError
        If a file is missing.
    UsageError
        If an option is not valid.
    """
    corpus = configure(
        Corpus,
        *(sources or arguments.sources),
        encoding=arguments.encoding,
        errors=arguments.errors,
        field=arguments.field,
        normalize=arguments.normalize,
        progress=progress and shows_progress(arguments),
        block_size=BLOCK_BYTES,
    )
    corpus.files()
    return corpus


def configure(make: Callable[..., Result], *arguments: Any, **options: Any) -> Result:
    """Call a constructor; options that it refuses are wrong usage.

    Raises
    ------
    UsageError
        With the message of the ValueError or TypeError that `make` raises.
    """
    try:
        return make(*arguments, **options)
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from error


def check_least(arguments: argparse.Namespace, least: int, *names: str) -> None:
    """Check integers of the command line, in the wording of the library; options that were not given are skipped.

    Raises
    ------
    UsageError
        If one is less than `least`.
    """
    for name in names:
        value = getattr(arguments, name)
        for number in value if isinstance(value, list) else [value]:
            if number is not None:
                configure(check_integer, option_name(name), number, least=least)


def option_name(name: str) -> str:
    """Return the option of an attribute of the parsed arguments.

    Examples
    --------
    >>> option_name("min_pmi"), option_name("k")
    ('--min-pmi', '-k')
    """
    return f"{'-' if len(name) == 1 else '--'}{name.replace('_', '-')}"


def read_word_list(path: str) -> set[str]:
    """Return the words of a word list: the first whitespace-separated column of each line.

    Raises
    ------
    CorpusError
        If the file is missing or is not UTF-8.
    """
    try:
        return {fields[0] for line in Corpus(path, encoding="utf-8-sig") if (fields := line.split(None, 1))}
    except CorpusError as error:
        if isinstance(error.__cause__, UnicodeDecodeError):
            raise CorpusError(f"{path}: a word list must be UTF-8, and this is not; convert it first.") from error
        raise
