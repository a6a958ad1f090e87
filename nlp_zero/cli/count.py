"""The command `count`: count the n-grams of a corpus, look counts up, merge counts."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .._kernels.counting import ALNUM_MODES
from ..corpus import require_text
from .errors import UsageError
from .interrupts import resumable
from .messages import print_message
from .options import Commands, add_command, add_input, add_resources, check_least, configure, open_corpus
from .output import check_folder, open_output

if TYPE_CHECKING:
    from ..counting.counts import NgramCounts

__all__ = ["add_count"]

COUNTING_OPTIONS = ("order", "unit", "alnum")


def add_count(commands: Commands) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands,
        "count",
        run_count,
        "Count all n-grams of a corpus, exactly; look counts up, list the most frequent, merge counts.",
        "  nlpzero count novel.txt -o counts            count n-grams of 1 to 4 characters\n"
        "  nlpzero count novel.txt --query 曹操 刘备    how often?\n"
        "  nlpzero count big/ -o counts --memory 2G --workers 8 --checkpoint work\n"
        "  nlpzero count new/ --add counts              the same as if new/ had been counted with the rest\n"
        "  nlpzero count --merge part1 part2 -o all     add up counts of parts\n"
        "  nlpzero count --merge all --top 20           the 20 most frequent of each order",
    )
    add_input(parser, nargs="*")
    parser.add_argument("-o", "--output", metavar="FOLDER", help="save the counts here")
    parser.add_argument("--order", type=int, default=4, help="longest n-gram, 1 to 8 (default: 4)")
    parser.add_argument("--unit", choices=("char", "byte"), default="char", help="unit of the n-grams (default: char)")
    parser.add_argument("--alnum", choices=ALNUM_MODES, default="token", help="how digits and Latin letters are read")
    parser.add_argument("--min-count", type=int, default=1, metavar="N", help="drop n-grams that occur fewer times")
    parser.add_argument("--merge", nargs="+", action="extend", default=[], metavar="FOLDER", help="add saved counts")
    parser.add_argument("--add", metavar="FOLDER", help="add the corpus to these counts, with their options")
    parser.add_argument("--query", nargs="+", action="extend", default=[], metavar="WORD", help="print their counts")
    parser.add_argument("--top", type=int, metavar="N", help="print the N most frequent n-grams of each order")
    parser.add_argument("--export", metavar="FILE", help="write a table as Parquet, or Arrow if it ends in .arrow")
    add_resources(parser)
    parser.set_defaults(workers=1)


def run_count(arguments: argparse.Namespace) -> None:
    """Run the command."""
    _check_options(arguments)
    folder = arguments.output if arguments.output is not None else arguments.add
    if folder is not None:
        check_folder(folder)
    with resumable(arguments):
        counts = _count(arguments, folder)
        sizes = ", ".join(f"{counts.types(n):,} of order {n}" for n in range(1, counts.order + 1))
        print_message(arguments, f"{counts.total(1):,} {counts.unit}s counted; distinct n-grams: {sizes}.")
        if arguments.export is not None:
            counts.export(arguments.export)
        rows = [(word, counts[word]) for word in arguments.query]
        if arguments.top is not None:
            for n in range(1, counts.order + 1):
                rows += counts.most_frequent(n, arguments.top)
        with open_output(None) as write:
            write("".join(f"{_format_word(word)}\t{count}\n" for word, count in rows))


def _check_options(arguments: argparse.Namespace) -> None:
    if not arguments.sources and not arguments.merge:
        raise UsageError("nothing to count; name a corpus, or counts with --merge.")
    results = (arguments.output, arguments.add, arguments.export, arguments.top, arguments.query or None)
    if all(result is None for result in results):
        raise UsageError("no result was asked for; add -o, --add, --export, --query or --top.")
    check_least(arguments, 1, "min_count", "top")
    if arguments.export is not None and not arguments.export.endswith((".parquet", ".arrow")):
        raise UsageError("the name given to --export must end in .parquet or .arrow.")
    if arguments.checkpoint is not None and not arguments.sources:
        raise UsageError("--checkpoint needs a corpus; name one, or leave it out.")


def _count(arguments: argparse.Namespace, folder: str | None) -> NgramCounts:
    """Return the counts that the options describe, which are saved if a folder is given."""
    from ..counting.counter import NgramCounter
    from ..counting.counts import NgramCounts

    saved = [NgramCounts.load(name) for name in [*arguments.merge, *filter(None, [arguments.add])]]
    resources = {name: getattr(arguments, name) for name in ("memory", "temp_dir", "workers")}
    if not arguments.sources:
        if len(saved) > 1:
            return saved[0].merge(*saved[1:], min_count=arguments.min_count, folder=folder, **resources)
        counts = saved[0].prune(arguments.min_count)
        if folder is not None:
            counts.save(folder)
        return counts
    options = {name: getattr(arguments, name) for name in COUNTING_OPTIONS}
    if arguments.add is not None:
        options = {name: getattr(saved[-1], name) for name in options}
    counter = configure(NgramCounter, **options, **resources, checkpoint=arguments.checkpoint)
    corpus = open_corpus(arguments)
    counter.update(corpus)
    require_text(counter.positions, corpus)
    if not saved:
        return counter.freeze(min_count=arguments.min_count, folder=folder)
    counts = counter.freeze()
    return counts.merge(*saved, min_count=arguments.min_count, folder=folder, **resources)


def _format_word(word: str | bytes) -> str:
    return word if isinstance(word, str) else word.decode("utf-8", "backslashreplace")
