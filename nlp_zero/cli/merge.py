"""The command `merge`: join the words of several lexicons."""

from __future__ import annotations

import argparse
from itertools import combinations
from typing import Any

from .._utils.progress import begin_stage, report_stages
from ..errors import NlpZeroError
from .errors import UsageError
from .lexicon_output import open_lexicon
from .messages import plural, print_json_summary, print_message, shows_progress
from .options import Commands, add_command

__all__ = ["add_merge"]


def add_merge(commands: Commands) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands,
        "merge",
        run_merge,
        "Join the words of several lexicons into one; counts are added.",
        "  nlpzero merge january.tsv february.tsv -o words.tsv\n"
        "  nlpzero merge words.tsv names.txt -o words.parquet        a word list counts, too\n"
        "  nlpzero merge *.tsv | nlpzero show /dev/stdin",
    )
    parser.add_argument(
        "lexicons", metavar="LEXICON", nargs="+", help="two or more lexicons or word lists of any format that is read"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE",
        help="where to write the lexicon: Parquet if it ends in .parquet, else TSV (default: stdout)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="the summary as JSON: on stdout with -o, else on stderr")


def run_merge(arguments: argparse.Namespace) -> None:
    """Run the command."""
    from ..lexicon.lexicon import Lexicon
    from ..lexicon.merging import describe_conflict

    names: list[str] = arguments.lexicons
    if len(names) < 2:
        raise UsageError(f"nothing to merge {names[0]} with; name two or more lexicons.")
    with report_stages(shows_progress(arguments), total=2), open_lexicon(arguments.output) as save:
        begin_stage("loading words")
        lexicons = [Lexicon.load(name) for name in names]
        for (one, first), (two, second) in combinations(zip(names, lexicons, strict=True), 2):
            if (conflict := describe_conflict(first, second)) is not None:
                raise NlpZeroError(f"{one} and {two} cannot be merged: {conflict}.")
        begin_stage("merging")
        merged = lexicons[0].merge(*lexicons[1:])
        save(merged)
    summary: dict[str, Any] = {
        "lexicons": [{"name": name, "words": len(lexicon)} for name, lexicon in zip(names, lexicons, strict=True)],
        "words": len(merged),
        "tokens": merged.total,
    }
    if arguments.json:
        print_json_summary(arguments, summary)
        return
    sizes = " + ".join(f"{len(lexicon):,}" for lexicon in lexicons)
    print_message(arguments, f"{sizes} words make {plural(len(merged), 'word')}, {plural(merged.total, 'token')}.")
