"""The command `classes`: the classes of words that a lexicon has learnt."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.progress import begin_stage, report_stages
from ..errors import NlpZeroError
from .errors import UsageError
from .messages import plural, print_message, shows_progress
from .options import Commands, add_command, add_table_output, check_least
from .output import dump_json_line, open_output
from .table import format_table
from .table_files import open_table, table_records

if TYPE_CHECKING:
    from ..lexicon.classes import WordClasses

__all__ = ["add_classes"]

CLASS_TOP, WORD_TOP = 8, 20  # words of each class in the list of classes, and words of one class


def add_classes(commands: Commands) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands,
        "classes",
        run_classes,
        "Show the classes of words that --method bayes learns: words that occur in similar contexts, each with its "
        "share of the tokens of its class.",
        "  nlpzero build-vocab news.txt --method bayes -o words.tsv\n"
        "  nlpzero classes words.tsv                          all classes, the largest first\n"
        "  nlpzero classes words.tsv --class 20 --top 50      the words of one class\n"
        "  nlpzero classes words.tsv --query 北京,我们          the classes of these words\n"
        "  nlpzero classes words.tsv -o classes.parquet       all words, for pandas, polars, DuckDB",
    )
    parser.add_argument("lexicon", metavar="FILE", help="a lexicon of build-vocab --method bayes")
    add_table_output(parser, "class, word, count and share of the words")
    parser.add_argument(
        "--top", type=int, metavar="N",
        help=f"the N most frequent words of each class (default: {CLASS_TOP}; with --class {WORD_TOP}; with -o all)",
    )  # fmt: skip
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument(
        "--class", dest="number", type=int, metavar="K", help="only the words of this class (default: all classes)"
    )
    chosen.add_argument(
        "--query", action="append", default=[], metavar="WORD[,WORD...]",
        help="only the classes of these words; may be repeated (default: all classes)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="a JSON list of words with class, count and share")


def run_classes(arguments: argparse.Namespace) -> None:
    """Run the command."""
    from ..lexicon.lexicon import Lexicon

    to_file = arguments.output not in (None, "-")
    if arguments.json and to_file:
        raise UsageError("--json prints to stdout; for a file of JSON lines, leave it out and add -o classes.jsonl.")
    check_least(arguments, 1, "top")
    queried = _read_queries(arguments.query)
    place: Any = open_table(arguments.output) if to_file else open_output(None)
    with report_stages(shows_progress(arguments)), place as write:
        begin_stage("loading words")
        classes = _classes_of(Lexicon.load(arguments.lexicon), arguments.lexicon)
        if arguments.number is not None and not 0 <= arguments.number < len(classes):
            raise UsageError(
                f"--class must be from 0 to {len(classes) - 1} for {arguments.lexicon}, not {arguments.number}."
            )
        known = _find_words(arguments, queried, classes)
        numbers = [arguments.number] if arguments.number is not None else sorted({classes[word] for word in known})
        numbers = numbers or list(classes)
        one = arguments.number is not None
        top = arguments.top or (None if to_file or arguments.json else WORD_TOP if one else CLASS_TOP)
        if to_file:
            write(_columns(classes, numbers, top))
            print_message(arguments, f"{arguments.output}: {plural(len(numbers), 'class', 'classes')}.")
        elif arguments.json:
            write(dump_json_line(table_records(_columns(classes, numbers, top))))
        elif one:
            columns = _columns(classes, numbers, top)
            shares = map(_percent, columns["share"].tolist())
            rows = list(zip(columns["word"], columns["count"].tolist(), shares, strict=True))
            write(format_table(["word", "count", "share"], rows))
        elif known:
            write(_format_query(classes, known, top))
        else:
            write(_format_classes(classes, top))


def _read_queries(queries: list[str]) -> list[str]:
    """Return the words of the options; full-width commas separate as well."""
    words = [word for query in queries for word in re.split("[,，、]", query) if word]
    if queries and not words:
        raise UsageError("--query needs at least one word.")
    return list(dict.fromkeys(words))


def _classes_of(lexicon: Any, name: str) -> WordClasses:
    try:
        classes: WordClasses = lexicon.classes
    except ValueError:
        raise NlpZeroError(
            f"{name} has no classes of words; make one with nlpzero build-vocab CORPUS --method bayes."
        ) from None
    return classes


def _find_words(arguments: argparse.Namespace, queried: list[str], classes: WordClasses) -> list[str]:
    """Return the words that have a class; report the others, and fail if there are only such."""
    missing = [word for word in queried if word not in classes]
    if missing:
        text = f"{arguments.lexicon} has no class for {', '.join(missing)}."
        if len(missing) == len(queried):
            raise NlpZeroError(text)
        print_message(arguments, text)
    return [word for word in queried if word in classes]


def _columns(classes: WordClasses, numbers: list[int], top: int | None) -> dict[str, Any]:
    """Return the table of the first words of some classes."""
    columns = classes.to_columns()
    number = columns["class"]
    begins = np.flatnonzero(np.append(True, number[1:] != number[:-1])) if len(number) else np.zeros(0, np.int64)
    rank = np.arange(len(number)) - np.repeat(begins, np.diff(np.append(begins, len(number))))
    rows = np.flatnonzero(np.isin(number, numbers) & (rank < (len(number) if top is None else top)))
    return {
        name: column[rows] if isinstance(column, np.ndarray) else [column[k] for k in rows.tolist()]
        for name, column in columns.items()
    }


def _format_classes(classes: WordClasses, top: int | None) -> str:
    rows = []
    for number in classes:
        words, tokens = classes.words(number), classes.tokens(number)
        shown = [f"{word} {_percent(classes.share(word))}" for word in words[:top]]
        rows.append([number, tokens, len(words), "  ".join(shown)])
    return format_table(["class", "tokens", "words", "most frequent words, with their share of the tokens"], rows)


def _format_query(classes: WordClasses, words: list[str], top: int | None) -> str:
    rows = []
    for word in words:
        number = classes[word]
        others = " ".join(classes.words(number)[:top])
        rows.append([word, number, _percent(classes.share(word)), others])
    return format_table(["word", "class", "share", "most frequent words of the class"], rows)


def _percent(share: float) -> str:
    """Return a share in percent, with two digits."""
    percent = 100 * share
    digits = 0 if percent >= 9.95 else 1 if percent >= 0.995 else 2
    return f"{percent:.{digits}f}%"
