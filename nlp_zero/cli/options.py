"""Options that several commands share, and the objects that they describe."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from .._utils.file_kinds import looks_like_text
from .._utils.validation import check_integer
from ..corpus import Corpus, refuse_empty
from ..errors import CorpusError
from ..lexicon.formats.tsv import FORMAT as LEXICON_FORMAT
from ..lexicon.formats.tsv import unescape
from ..lexicon.meta import OBJECTIVES
from .errors import UsageError
from .messages import say_typed, shows_progress

__all__ = [
    "Commands",
    "add_command",
    "add_input",
    "add_new_words",
    "add_objective",
    "add_output",
    "add_own_words",
    "add_resources",
    "add_scheduler",
    "add_table_output",
    "add_workers",
    "check_least",
    "check_workers",
    "configure",
    "connect_cluster",
    "drop_parameters",
    "name_options",
    "open_corpus",
    "option_name",
    "read_word_list",
    "read_word_lists",
    "refuse_checkpoint_on_cluster",
    "split_numbers",
]

Result = TypeVar("Result")
Commands = Any  # the type of argparse's add_subparsers() is private
# Parameters of the library whose option has another name: `--sample` is a switch of tokenize.
OPTION_NAMES = {
    "number": "class", "sample": "sample_size", "max_rounds": "phrase_rounds", "language": "lang",
}  # fmt: skip
MOST_WORKERS = 1024
ASSIGNMENT = re.compile(r"(?<![\w/.-])([a-z_]+)=(?:'([^'\s]*)'|(\d+(?:\.\d+)?|True|False)\b)")  # not in a path
ALTERNATIVE = re.compile(rf", or [^,;.]*{ASSIGNMENT.pattern}[^,;.]*")
FIRST_PARAMETER = re.compile(r"[a-z]+_[a-z_]+(?= )|[a-z]+(?= must )")
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
    parser.set_defaults(run=run, command=name)
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress and no messages on stderr")
    return parser


def add_input(parser: argparse.ArgumentParser, *, name: str = "CORPUS", nargs: str = "+") -> None:
    """Add the options that say which texts are read, and how."""
    parser.add_argument(
        "sources",
        metavar=name,
        nargs=nargs,
        help="files, folders, patterns, URLs, or - for stdin; text, or what the suffix says: .jsonl .json .csv .tsv "
        ".parquet .html .docx .epub (-.jsonl for stdin); compressed files and ZIP archives too",
    )
    group = parser.add_argument_group("reading")
    group.add_argument(
        "--encoding", default="utf-8",
        help="such as gb18030; a byte order mark in the file comes first (default: utf-8)",
    )  # fmt: skip
    group.add_argument(
        "--errors", choices=("strict", "replace", "ignore"), default="strict",
        help="invalid bytes and records without a text: stop (default), replace or leave out the bytes; records are "
        "then skipped and counted",
    )  # fmt: skip
    group.add_argument(
        "--field", default="text",
        help="field of a JSON record, or column of a table, that holds the text; a.b for nested ones; a number if "
        "the table has no header (default: text)",
    )  # fmt: skip
    group.add_argument(
        "--normalize", choices=("NFC", "NFKC", "NFD", "NFKD"), help="Unicode normalisation (default: none)"
    )
    group.add_argument(
        "--temp-dir", metavar="FOLDER",
        help="where temporary files are written: copies of stdin, and data that does not fit in --memory "
        "(default: that of the system)",
    )  # fmt: skip


def add_new_words(parser: argparse.ArgumentParser) -> None:
    """Add the option that says whether words outside the lexicon are found."""
    parser.add_argument(
        "--new-words", action=argparse.BooleanOptionalAction,
        help="also find words that the lexicon lacks (default: as the lexicon says; those of bayes do, others do not)",
    )  # fmt: skip


def add_objective(parser: argparse.ArgumentParser) -> None:
    """Add the option that says which segmentation is the best."""
    parser.add_argument(
        "--objective", choices=OBJECTIVES,
        help="the best segmentation: unigram, the most probable words; classes, also the most probable classes of "
        "neighbouring words; shortest, the fewest tokens (default: as the lexicon says; classes for those of bayes)",
    )  # fmt: skip


def add_own_words(parser: argparse.ArgumentParser) -> None:
    """Add the options that name the user's own words, and the cost of a token."""
    group = parser.add_argument_group(
        "own words (files with one word on each line; each option may be repeated)"
    )
    for name, meaning in (
        ("words", "words that are added to the lexicon"),
        ("forbid", "words that are never cut"),
        ("force", "words that are always one token"),
    ):
        group.add_argument(
            f"--{name}", action="append", metavar="FILE", help=f"{meaning} (default: those saved with the lexicon)"
        )
    group.add_argument(
        "--granularity", type=float, metavar="NATS",
        help="cost of a token: above 0 for fewer and longer tokens, below 0 for more and shorter ones (default: as the "
        "lexicon says, or 0)",
    )  # fmt: skip


def add_output(parser: argparse.ArgumentParser, result: str) -> None:
    """Add the option that names the file of the result."""
    parser.add_argument("-o", "--output", metavar="FILE", help=f"where to write {result} (default: stdout)")


def add_table_output(parser: argparse.ArgumentParser, rows: str) -> None:
    """Add the option that names the file of a table; see `nlp_zero.cli.table_files.open_table`."""
    parser.add_argument(
        "-o", "--output", metavar="FILE",
        help=f"write {rows} to a table that ends in .tsv, .csv, .parquet or .jsonl (default: print them)",
    )  # fmt: skip


def add_resources(parser: argparse.ArgumentParser, *, checkpoint: bool = True) -> None:
    """Add the options that limit memory and threads, and that make counting resumable."""
    group = parser.add_argument_group("resources (they never change a result, unless a message names a sample)")
    group.add_argument("--memory", metavar="SIZE", help="most memory to use, such as 512M (default: no limit)")
    add_workers(group)
    if checkpoint:
        group.add_argument("--checkpoint", metavar="FOLDER", help="if stopped, the same command resumes from this "
                           "folder (default: none)")  # fmt: skip


def add_workers(parser: argparse._ActionsContainer) -> None:
    """Add the option that says how many threads work."""
    parser.add_argument("--workers", type=int, metavar="N", help="threads; they never change a result (default: 1)")


def add_scheduler(parser: argparse._ActionsContainer, *, exception: str = "") -> None:
    """Add the option that says on which cluster the corpus is read; `main` closes the connection."""
    parser.add_argument(
        "--scheduler", metavar="ADDRESS",
        help="work on this Dask cluster (tcp://host:8786), or on --workers local processes (local); never "
        f"changes a result{exception} (default: in this process)",
    )  # fmt: skip


def refuse_checkpoint_on_cluster(arguments: argparse.Namespace) -> None:
    """Refuse --checkpoint with --scheduler.

    Raises
    ------
    UsageError
        If both are given.
    """
    if arguments.scheduler is not None and arguments.checkpoint is not None:
        raise UsageError("--checkpoint is not an option on a cluster, which repeats lost work; leave it out.")


def check_workers(arguments: argparse.Namespace) -> None:
    """Check the number of threads of any command, so that a slip of a key does not start a million of them.

    Raises
    ------
    UsageError
        If it is not from 1 to `MOST_WORKERS`.
    """
    value = getattr(arguments, "workers", None)
    if value is not None:
        configure(check_integer, "--workers", value, most=MOST_WORKERS)


def open_corpus(
    arguments: argparse.Namespace, *sources: str, progress: bool = True, may_be_empty: bool = False
) -> Corpus:
    """Return the corpus that the options describe.

    Parameters
    ----------
    arguments : argparse.Namespace
        The options of `add_input`.
    *sources : str
        Other sources than those of the arguments.
    progress : bool, default True
        Whether to show a progress bar if the arguments do not forbid it.
    may_be_empty : bool, default False
        Whether files without content are accepted.

    Returns
    -------
    Corpus
        The corpus, whose files exist; with --scheduler, distributed over the cluster.

    Raises
    ------
    CorpusError
        If a file is missing, or all are empty and may not be.
    UsageError
        If an option is not valid.
    """
    if not sources:
        say_typed(arguments)
    corpus = configure(
        Corpus,
        *(sources or arguments.sources),
        encoding=arguments.encoding,
        errors=arguments.errors,
        field=arguments.field,
        normalize=arguments.normalize,
        progress=progress and shows_progress(arguments),
        block_size=BLOCK_BYTES,
        temp_dir=arguments.temp_dir,
    )
    files = len(corpus.files())
    if not may_be_empty:
        refuse_empty(corpus)
    arguments.corpora = [*getattr(arguments, "corpora", ()), (corpus, files)]  # for the summary
    if getattr(arguments, "scheduler", None) is None:
        return corpus
    from ..distributed import distribute

    return distribute(corpus, connect_cluster(arguments))


def connect_cluster(arguments: argparse.Namespace) -> Any:
    """Return a client of the cluster of the command, which is connected to when it is first needed."""
    from ..distributed import connect

    if arguments.cluster is None:
        processes = arguments.workers if arguments.scheduler == "local" else None
        arguments.cluster = arguments.connections.enter_context(connect(arguments.scheduler, workers=processes))
    return arguments.cluster


def configure(make: Callable[..., Result], *arguments: Any, **options: Any) -> Result:
    """Call a constructor; options that it refuses are wrong usage.

    Raises
    ------
    UsageError
        With the message of the ValueError or TypeError that `make` raises; a parameter that it begins with is named
        as the option is.
    """
    try:
        return make(*arguments, **options)
    except (ValueError, TypeError) as error:
        message = name_options(str(error), options)
        name, rest = re.match(r"(\w*)(.*)", message, re.DOTALL).groups()  # type: ignore[union-attr]
        raise UsageError(f"{option_name(name)}{rest}" if name in options else message) from error


def name_options(message: str, names: Collection[str]) -> str:
    """Write the parameters in a message of the library, such as ``alnum='join'``, as options, also the first word.

    Parameters
    ----------
    message : str
    names : collection of str
        The parameters that are options.

    Returns
    -------
    str

    Examples
    --------
    >>> name_options("use byte_fallback=False with unit='char' or min_count=3.", ["byte_fallback", "unit", "min_count"])
    'use --no-byte-fallback with --unit char or --min-count 3.'
    >>> name_options("vocab_size 9 is too small.", ["vocab_size"])
    '--vocab-size 9 is too small.'
    """

    def rewrite(found: re.Match[str]) -> str:
        name, quoted, plain = found.groups()
        if name not in names:
            return found[0]
        option = option_name(name)
        if plain in ("True", "False"):
            return option if plain == "True" else option.replace("--", "--no-", 1)
        return f"{option} {plain if quoted is None else quoted}"

    first = FIRST_PARAMETER.match(message)
    if first and first[0] in names:
        message = option_name(first[0]) + message[first.end() :]
    return ASSIGNMENT.sub(rewrite, message)


def drop_parameters(message: str) -> str:
    """Leave out an alternative in a message of the library that is not an option of the command.

    Examples
    --------
    >>> drop_parameters("give another text, or count letters with alnum='split' or alnum='join'.")
    'give another text.'
    """
    return ALTERNATIVE.sub("", message)


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


def split_numbers(option: str, text: str, kind: Callable[[str], Result]) -> list[Result]:
    """Return the numbers of an option that takes several, separated by commas.

    Examples
    --------
    >>> split_numbers("--at", "50,100", int)
    [50, 100]

    Raises
    ------
    UsageError
        If one is not a number.
    """
    try:
        return [kind(part.replace("_", "")) for part in text.split(",")]
    except ValueError:
        kind_name = "whole numbers such as 50 or 50,100" if kind is int else "numbers such as 1.5 or 0,2,4,6"
        raise UsageError(f"{option} must be {kind_name}, not {text!r}.") from None


def option_name(name: str) -> str:
    """Return the option of an attribute of the parsed arguments.

    Examples
    --------
    >>> option_name("min_pmi"), option_name("k"), option_name("sample")
    ('--min-pmi', '-k', '--sample-size')
    """
    name = OPTION_NAMES.get(name, name)
    return f"{'-' if len(name) == 1 else '--'}{name.replace('_', '-')}"


def read_word_list(path: str) -> list[str]:
    """Return the words of a word list, in the order of the file and each once.

    A word is the text before the first tab of a line or, if the line has no tab, before the first white space.  In a
    lexicon, the lines of the header are no words.

    Raises
    ------
    CorpusError
        If the file is missing or is not UTF-8.
    """
    words: dict[str, None] = {}
    lexicon = False
    try:
        for number, batch in enumerate(Corpus(path, format="text").text_batches()):
            lines, name = batch.split(), batch.source if os.path.isdir(path) else path
            if number == 0 and lines and lines[0].startswith(LEXICON_FORMAT):
                lexicon, lines = True, lines[2:]
            elif not words:
                _refuse_other_than_words("\n".join(lines).encode(errors="replace"), name)
            words.update(dict.fromkeys(filter(None, map(_word_of_line, lines))))
    except CorpusError as error:
        if isinstance(error.__cause__, UnicodeDecodeError):
            name = str(error).partition(": byte ")[0]
            raise CorpusError(f"{name}: a word list must be UTF-8, and this is not; convert it first.") from error
        raise
    return [unescape(word) for word in words] if lexicon else list(words)


def read_word_lists(paths: list[str] | None) -> list[str] | None:
    """Return the words of several word lists; None if none was named."""
    return None if not paths else [word for path in paths for word in read_word_list(path)]


def _refuse_other_than_words(head: bytes, name: str) -> None:
    from ..lexicon.formats.csv import looks_like_csv

    if looks_like_csv(head, name):
        raise CorpusError(f"{name}: this looks like CSV, not a word list; give one word on each line.")
    if looks_like_text(head):
        raise CorpusError(f"{name}: this looks like a text, not a word list; give one word on each line.")


def _word_of_line(line: str) -> str:
    if "\t" in line:
        return line.split("\t", 1)[0].strip()
    return next(iter(line.split(None, 1)), "")
