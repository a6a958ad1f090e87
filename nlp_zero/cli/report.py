"""The command `report`: a page about a corpus for the browser."""

from __future__ import annotations

import argparse
import shlex

from .._utils.progress import begin_stage, report_stages
from ..corpus import restartable
from .messages import plural, print_message, shows_progress
from .options import (
    Commands,
    add_command,
    add_input,
    add_scheduler,
    add_workers,
    check_least,
    configure,
    open_corpus,
    read_word_list,
)
from .output import open_output
from .table_files import refuse_other_format

__all__ = ["add_report"]

# Learning words 4, describing them 1, templates 3, phrases 2, a comparison 5, drawing 1.
STAGES = 16
MOST_WORDS = 50_000  # in the table of words


def add_report(commands: Commands) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands,
        "report",
        run_report,
        "Make an HTML page about a corpus: its words in context, charts, templates and sentences. Opens offline.",
        "  nlpzero report novel.txt -o report.html\n"
        "  nlpzero report novel.txt --lexicon words.tsv --known dictionary.txt -o report.html\n"
        "  nlpzero report may.txt --against april.txt -o report.html\n"
        "  nlpzero report reviews.jsonl --lang en --sentence 房间很干净，服务也不错。 -o report.html",
    )
    add_input(parser)
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="where to write the page")
    parser.add_argument(
        "-l", "--lexicon", metavar="FILE", help="the words to report on (default: learn them, as build-vocab does)"
    )
    parser.add_argument(
        "-t", "--templates", metavar="FILE",
        help="a result of mine-templates (default: find templates, if the text has at most 5 million tokens)",
    )  # fmt: skip
    parser.add_argument(
        "--against", action="append", metavar="OLD",
        help="another text; words that are special to one of the two are shown; may be repeated (default: none)",
    )  # fmt: skip
    parser.add_argument(
        "--known", action="append", default=[], metavar="FILE",
        help="a dictionary; words that it lacks are marked as new; may be repeated",
    )  # fmt: skip
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="language of the page (default: zh)")
    parser.add_argument(
        "--sentence", action="append", default=[], metavar="TEXT",
        help="a sentence to draw; may be repeated (default: three of the corpus)",
    )  # fmt: skip
    parser.add_argument(
        "--top", type=int, default=MOST_WORDS, metavar="N", help=f"most words in the table (default: {MOST_WORDS})"
    )
    add_workers(parser)
    add_scheduler(parser)
    parser.set_defaults(workers=1)


def run_report(arguments: argparse.Namespace) -> None:
    """Run the command."""
    from ..lexicon.lexicon import Lexicon
    from ..report import ReportBuilder
    from ..report.page import check_packages
    from ..templates.inventory import TemplateInventory

    check_least(arguments, 1, "top", "workers")
    refuse_other_format(arguments.output, ".html", ".htm")
    check_packages()
    builder = ReportBuilder(language=arguments.lang, max_words=arguments.top, workers=arguments.workers)
    with report_stages(shows_progress(arguments), STAGES), open_output(arguments.output) as write:
        begin_stage("loading words")
        known = set().union(*map(read_word_list, arguments.known))
        lexicon = Lexicon.load(arguments.lexicon) if arguments.lexicon else None
        templates = TemplateInventory.load(arguments.templates) if arguments.templates else None
        report = configure(
            builder.build,
            restartable(open_corpus(arguments)),
            lexicon=lexicon,
            templates=templates,
            against=restartable(open_corpus(arguments, *arguments.against)) if arguments.against else None,
            known=known,
            sentences=arguments.sentence,
            command=_describe_command(arguments),
        )
        write(report.html)
    print_message(arguments, f"{plural(report.words, 'word')}; open {arguments.output} in a browser.")


def _describe_command(arguments: argparse.Namespace) -> str:
    """Return the command line that makes the same page."""
    words = ["nlpzero", "report", *arguments.sources]
    for option, values in (
        ("--lexicon", [arguments.lexicon]),
        ("--templates", [arguments.templates]),
        ("--against", arguments.against or []),
        ("--known", arguments.known),
        ("--sentence", arguments.sentence),
        ("--field", [arguments.field if arguments.field != "text" else None]),
        ("--encoding", [arguments.encoding if arguments.encoding != "utf-8" else None]),
        ("--errors", [arguments.errors if arguments.errors != "strict" else None]),
        ("--normalize", [arguments.normalize]),
        ("--top", [str(arguments.top) if arguments.top != MOST_WORDS else None]),
    ):
        words += [part for value in values if value is not None for part in (option, value)]
    return shlex.join([*words, "--lang", arguments.lang, "-o", arguments.output])
