"""The command `suggest-lines`: which lines to cut by hand for `build-vocab --examples`."""

from __future__ import annotations

import argparse

from .._utils.progress import begin_stage, report_stages
from .messages import plural, print_message, shows_progress
from .options import Commands, add_command, add_input, add_output, check_least, configure, open_corpus
from .output import open_output

__all__ = ["add_suggest_lines"]


def add_suggest_lines(commands: Commands) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands,
        "suggest-lines",
        run_suggest_lines,
        "Suggest lines to cut by hand, cut as the lexicon would: correct the spaces, then teach with --examples.",
        "  nlpzero suggest-lines novel.txt --lexicon words.tsv -n 50 -o cut.txt\n"
        "  nlpzero build-vocab novel.txt --method bayes --examples cut.txt -o words.tsv",
    )
    add_input(parser)
    add_output(parser, "the lines")
    parser.add_argument("-l", "--lexicon", required=True, metavar="FILE", help="words learnt from the corpus")
    parser.add_argument("--max-length", type=int, metavar="N", help="longest line, in characters (default: no limit)")
    parser.add_argument("-n", type=int, default=50, metavar="N", help="number of lines (default: 50)")


def run_suggest_lines(arguments: argparse.Namespace) -> None:
    """Run the command."""
    from ..builders.teaching import suggest_lines
    from ..corpus import restartable
    from ..lexicon.lexicon import Lexicon

    check_least(arguments, 1, "n", "max_length")
    with report_stages(shows_progress(arguments), 2), open_output(arguments.output) as write:
        begin_stage("loading words")
        lexicon = Lexicon.load(arguments.lexicon)
        corpus = open_corpus(arguments)
        begin_stage("choosing lines")
        lines = configure(
            suggest_lines, restartable(corpus), lexicon, arguments.n, max_length=arguments.max_length
        )
        write("".join(line + "\n" for line in lines))
    words = sum(len(line.split()) for line in lines)
    print_message(
        arguments,
        f"{plural(len(lines), 'line')} of {plural(words, 'word')}; correct the spaces, enclose in {{ }} what "
        "you leave open, and give the file to build-vocab --examples.",
    )
