"""What the commands share: options that name texts, results written whole, messages.

Private to the package; the other modules of this folder hold the commands, `nlp_zero.cli` the way in.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from .._utils.files import write_text
from ..corpus.corpus import Corpus
from ..errors import CorpusError, NlpZeroError

Result = TypeVar("Result")
BLOCK_SIZE = 1 << 20  # bytes that are read at a time
Commands = Any  # argparse keeps the type of add_subparsers() to itself


class UsageError(Exception):
    """The options make no sense; exit status 2."""


class Stopped(Exception):
    """Ctrl-C, and there is a way to go on; exit status 130."""


class OutputError(NlpZeroError):
    """A result cannot be written."""


def add_command(
    commands: Commands, name: str, run: Callable[[argparse.Namespace], None], summary: str, examples: str
) -> argparse.ArgumentParser:
    """Add the parser of one command; `run` is called with the parsed arguments."""
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
        ".json); also .gz .bz2 .xz .zst; -.jsonl or -.gz say what comes from stdin",
    )
    group = parser.add_argument_group("reading")
    group.add_argument("--encoding", default="utf-8-sig", help="such as gb18030 or utf-16 (default: UTF-8)")
    group.add_argument(
        "--errors", choices=("strict", "replace", "ignore"), default="strict", help="what to do with invalid bytes"
    )
    group.add_argument("--field", default="text", help="field of a JSON line that holds the text (default: text)")
    group.add_argument("--normalize", choices=("NFC", "NFKC", "NFD", "NFKD"), help="Unicode normalisation")


def add_new_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--new-words", action=argparse.BooleanOptionalAction,
        help="also find words that the lexicon lacks (default: as it was made, that is: bayes yes, others no)",
    )  # fmt: skip


def add_output(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the option that names the result."""
    parser.add_argument("-o", "--output", metavar="FILE", help=f"where to write {what} (default: stdout)")


def add_resources(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what counting may take, and where it goes on from when it was stopped."""
    group = parser.add_argument_group("resources (none changes a result)")
    group.add_argument("--memory", metavar="SIZE", help="keep to so many bytes, like 512M (default: no limit)")
    group.add_argument("--temp-dir", metavar="FOLDER", help="where to put what does not fit")
    group.add_argument("--workers", type=int, metavar="N", help="threads (default: 1)")
    group.add_argument("--checkpoint", metavar="FOLDER", help="if stopped, the same command goes on from here")


@contextmanager
def resumable(arguments: argparse.Namespace) -> Iterator[None]:
    """Say how to go on after Ctrl-C; the checkpoint goes when all is done."""
    from ..counting.checkpoint import remove_checkpoint

    try:
        yield
    except KeyboardInterrupt:
        if arguments.checkpoint is None or not os.path.isdir(arguments.checkpoint):
            raise
        raise Stopped(f"stopped; run the same command to go on from the checkpoint {arguments.checkpoint}") from None
    if arguments.checkpoint is not None:
        remove_checkpoint(arguments.checkpoint)


def corpus_of(arguments: argparse.Namespace, *sources: str, progress: bool = True) -> Corpus:
    """Return the corpus that the options describe; missing files are reported here, before any work."""
    corpus = configured(
        Corpus,
        *(sources or arguments.sources),
        encoding=arguments.encoding,
        errors=arguments.errors,
        field=arguments.field,
        normalize=arguments.normalize,
        progress=progress and not arguments.quiet and sys.stderr.isatty(),
        block_size=BLOCK_SIZE,
    )
    corpus.files()
    return corpus


def configured(make: Callable[..., Result], *arguments: Any, **options: Any) -> Result:
    """Call a constructor; what it refuses is wrong usage."""
    try:
        return make(*arguments, **options)
    except (ValueError, TypeError) as exc:
        raise UsageError(str(exc)) from exc


def first_columns(path: str) -> set[str]:
    """Return the words of a dictionary: the first whitespace-separated column of each line."""
    try:
        return {fields[0] for line in Corpus(path, encoding="utf-8-sig") if (fields := line.split(None, 1))}
    except CorpusError as exc:
        if isinstance(exc.__cause__, UnicodeDecodeError):
            raise CorpusError(f"{path}: a word list must be UTF-8, and this is not; convert it first") from exc
        raise


def say(arguments: argparse.Namespace, message: str) -> None:
    """Tell the user something, unless --quiet."""
    if not arguments.quiet:
        print(message, file=sys.stderr, flush=True)


@contextmanager
def output(path: str | None) -> Iterator[Callable[[str], object]]:
    """Open the place of the results; yields a function that writes text.

    A file appears whole at the end or not at all.  Enter before long work, so that an unwritable place is found first.
    """
    if path is None or path == "-":
        yield _write_stdout
        return
    target = os.path.realpath(path)  # a link stays, what it points to is replaced
    if os.path.isdir(target):
        raise OutputError(f"{path} is a folder; name a file")
    try:
        if os.path.exists(target) and not os.path.isfile(target):  # a device or pipe, never to be replaced by a file
            with open(target, "w", encoding="utf-8", newline="\n", errors="surrogatepass") as file:
                yield file.write
        else:
            if os.path.exists(target) and not os.access(target, os.W_OK):
                raise PermissionError(13, "the file is write-protected")
            with write_text(target) as file:
                yield file.write
    except BrokenPipeError:
        raise
    except OSError as exc:
        raise OutputError(f"{path}: cannot be written: {exc.strerror or exc}; choose another place with -o") from exc


def check_folder(path: str) -> None:
    """Make sure that a folder of results can be put at `path`."""
    parent = os.path.dirname(os.path.realpath(path))
    try:
        if os.path.exists(path) and not os.path.isdir(path):
            raise FileExistsError(17, "a file of this name exists")
        os.rmdir(tempfile.mkdtemp(prefix=".nlp-zero-", dir=parent))
    except OSError as exc:
        raise OutputError(f"{path}: cannot be written: {exc.strerror or exc}; choose another place with -o") from exc


def _write_stdout(text: str) -> None:
    """Write UTF-8 whatever the locale says, and at once: what reads a pipe may be waiting."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "surrogatepass"))
    sys.stdout.buffer.flush()
