"""The command `show`: the words of a lexicon as a table."""

from __future__ import annotations

import argparse
from typing import Any

from .._utils.progress import begin_stage, report_stages
from .errors import UsageError
from .messages import plural, print_message, shows_progress
from .options import Commands, add_command, add_table_output, check_least
from .output import dump_json_line, open_output
from .ranking import format_words, rank_words, word_columns
from .table_files import open_table, table_records

__all__ = ["add_show"]

TOP, MIN_LENGTH = 20, 2  # of a table that is printed


def add_show(commands: Commands) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands,
        "show",
        run_show,
        "Show the words of a lexicon as a table, best words first.",
        "  nlpzero show words.tsv\n"
        "  nlpzero show words.tsv --top 50 --sort count\n"
        "  nlpzero show words.tsv --sort cohesion --min-length 4\n"
        "  nlpzero show vocab.tsv --prefix 望江\n"
        "  nlpzero show unigram.model --top 100 --json\n"
        "  nlpzero show words.tsv -o words.parquet             all words, for pandas, polars, DuckDB",
    )
    parser.add_argument("lexicon", metavar="FILE", help="a lexicon, word list or model of any format that is read")
    add_table_output(parser, "the words")
    parser.add_argument("--top", type=int, metavar="N", help="the first N words (default: 20; with -o all)")
    parser.add_argument(
        "--sort", metavar="COLUMN",
        help="the highest first: count, firmness, pmi, cohesion, left_entropy, right_entropy, or another column of the "
        "file (default: firmness, or count if the file has no scores)",
    )  # fmt: skip
    parser.add_argument(
        "--min-length", type=int, metavar="N", help="words of at least N characters (default: 2; with -o 1)"
    )
    parser.add_argument("--prefix", metavar="TEXT", help="words that begin with this text (default: all)")
    parser.add_argument("--json", action="store_true", help="a JSON list of words with their columns, without rounding")


def run_show(arguments: argparse.Namespace) -> None:
    """Run the command."""
    from ..lexicon.lexicon import Lexicon

    to_file = arguments.output not in (None, "-")
    if arguments.json and to_file:
        raise UsageError("--json prints to stdout; for a file of JSON lines, leave it out and add -o words.jsonl.")
    check_least(arguments, 1, "top", "min_length")
    least = arguments.min_length or (1 if to_file else MIN_LENGTH)
    top = arguments.top or (None if to_file else TOP)
    stages = report_stages(shows_progress(arguments))
    place: Any = open_table(arguments.output) if to_file else open_output(None)
    with stages, place as write:
        begin_stage("loading words")
        lexicon = Lexicon.load(arguments.lexicon)
        prefix = arguments.prefix or ""
        words = rank_words(lexicon, arguments.sort, top=None if prefix else top, min_length=least)
        if prefix:
            words = [word for word in words if word.startswith(prefix)][:top]
        if to_file:
            write(word_columns(lexicon, words))
        elif arguments.json:
            write(dump_json_line(table_records(word_columns(lexicon, words))))
        else:
            write(format_words(lexicon, words))
    if not words and prefix:
        print_message(arguments, f"{arguments.lexicon} has no words of {least} or more characters with this beginning.")
    elif not words:
        longest = max(map(len, lexicon), default=0)
        print_message(
            arguments, f"{arguments.lexicon} has no words of {least} or more characters; the longest has {longest}."
        )
    elif to_file:
        print_message(arguments, f"{arguments.output}: {plural(len(words), 'word')}.")
