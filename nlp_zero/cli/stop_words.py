"""The command `stop-words`: the function words of a text, as a list that people can edit."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._utils.compression import strip_compression_suffix
from .._utils.progress import report_stages
from .documents import add_documents, add_lexicon, find_words, open_documents
from .errors import UsageError
from .messages import print_message, shows_progress
from .options import Commands, add_command, add_input, add_resources, add_scheduler, check_least, configure
from .output import dump_json_line, open_output
from .table import format_table
from .table_files import TABLE_SUFFIXES, open_table, table_records

if TYPE_CHECKING:
    from ..keywords import StopWords

__all__ = ["add_stop_words"]


def add_stop_words(commands: Commands) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands,
        "stop-words",
        run_stop_words,
        "Find the function words of a text: frequent, next to many different words, and even in all documents.",
        "  nlpzero stop-words news.jsonl                        look at them\n"
        "  nlpzero stop-words news.jsonl --top 200 -o stop.txt  a list to edit, one word on each line\n"
        "  nlpzero keywords news.jsonl --stop-words stop.txt",
    )
    add_input(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE",
        help="write the words, one on each line; with their columns if the name ends in .tsv, .csv, .parquet or .jsonl "
        "(default: print a table)",
    )  # fmt: skip
    add_documents(parser)
    add_lexicon(parser)
    parser.add_argument("--top", type=int, default=100, metavar="N", help="number of words, up to 1000 (default: 100)")
    parser.add_argument("--json", action="store_true", help="a JSON list of words with their columns, on stdout")
    add_resources(parser, checkpoint=False)
    add_scheduler(parser)
    parser.set_defaults(workers=1)


def run_stop_words(arguments: argparse.Namespace) -> None:
    """Run the command."""
    from ..keywords import find_stop_words

    to_file = arguments.output not in (None, "-")
    if arguments.json and to_file:
        raise UsageError("--json prints to stdout; for a file of JSON lines, leave it out and add -o words.jsonl.")
    check_least(arguments, 1, "top")
    as_table = to_file and Path(strip_compression_suffix(arguments.output)).suffix.lower() in TABLE_SUFFIXES
    place: Any = open_table(arguments.output) if as_table else open_output(arguments.output if to_file else None)
    with report_stages(shows_progress(arguments), 3 if arguments.lexicon else 5), place as write:
        corpus, documents = open_documents(arguments)
        lexicon = find_words(arguments, corpus)
        found = configure(find_stop_words, lexicon, documents, top=arguments.top, workers=arguments.workers)
        if as_table:
            write(found.to_columns())
        elif to_file:
            write("".join(word + "\n" for word in found))
        elif arguments.json:
            write(dump_json_line(table_records(found.to_columns())))
        else:
            write(_format(found))
    if not len(found):
        print_message(arguments, "no function words were found; give more text.")
    elif to_file:
        print_message(arguments, f"{arguments.output}: {len(found):,} words; read them, and delete those that matter.")


def _format(found: StopWords) -> str:
    columns = found.to_columns()
    rows = zip(*(column if isinstance(column, tuple) else column.tolist() for column in columns.values()), strict=True)
    return format_table([name.replace("_", " ") for name in columns], list(rows)) if len(found) else ""
