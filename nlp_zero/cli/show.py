"""The command `show`: the words of a lexicon as a table."""

from __future__ import annotations

import argparse
import json

from .._utils.progress import begin_stage, report_stages
from .._utils.validation import check_integer
from .messages import print_message, shows_progress
from .options import Commands, add_command, configure
from .output import open_output
from .ranking import format_words, rank_words, word_records

__all__ = ["add_show"]


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
        "  nlpzero show unigram.model --top 100 --json",
    )
    parser.add_argument("lexicon", metavar="FILE", help="a lexicon, word list or model of any format that is read")
    parser.add_argument("--top", type=int, default=20, metavar="N", help="the first N words (default: 20)")
    parser.add_argument(
        "--sort", metavar="COLUMN",
        help="the highest first: count, firmness, pmi, cohesion, left_entropy, right_entropy, or another column of the "
        "file (default: firmness, or count if the file has no scores)",
    )  # fmt: skip
    parser.add_argument(
        "--min-length", type=int, default=2, metavar="N", help="words of at least N characters (default: 2)"
    )
    parser.add_argument("--json", action="store_true", help="a JSON list of words with their columns, without rounding")


def run_show(arguments: argparse.Namespace) -> None:
    """Run the command."""
    from ..lexicon.lexicon import Lexicon

    for name, value in (("--top", arguments.top), ("--min-length", arguments.min_length)):
        configure(check_integer, name, value, least=1)
    with report_stages(shows_progress(arguments)):
        begin_stage("loading words")
        lexicon = Lexicon.load(arguments.lexicon)
    words = rank_words(lexicon, arguments.sort, top=arguments.top, min_length=arguments.min_length)
    with open_output(None) as write:
        if arguments.json:
            records = [{k: None if v != v else v for k, v in one.items()} for one in word_records(lexicon, words)]
            write(json.dumps(records, ensure_ascii=False) + "\n")
        else:
            write(format_words(lexicon, words))
    if not words:
        longest = max(map(len, lexicon), default=0)
        print_message(
            arguments,
            f"{arguments.lexicon} has no words of {arguments.min_length} or more characters; "
            f"the longest has {longest}.",
        )
