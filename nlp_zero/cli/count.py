"""The command `count`: count the n-grams of a corpus, look counts up, merge counts."""

from __future__ import annotations

import argparse
import importlib.util
import os
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels.counting import ALNUM_MODES
from .._utils.compression import strip_compression_suffix
from .._utils.progress import begin_stage, report_stages
from .._utils.validation import check_integer
from ..corpus import require_text
from ..counting.format import FORMAT, MAX_ORDER
from .errors import MissingPackage, UsageError
from .growth import add_period_option, hold_counts, parse_period, select_new_sources
from .interrupts import resumable
from .messages import plural, print_message, shows_progress
from .options import (
    Commands,
    add_command,
    add_input,
    add_resources,
    add_scheduler,
    check_least,
    configure,
    connect_cluster,
    open_corpus,
    refuse_checkpoint_on_cluster,
)
from .output import check_folder, dump_json_line, open_output, unwritable
from .queries import check_queries
from .saved_counts import find_folders
from .shards import check_shards, is_shard_pattern, open_shards
from .table_files import open_table

if TYPE_CHECKING:
    from ..corpus import Corpus
    from ..counting.counts import NgramCounts

__all__ = ["add_count"]

UNITS = {"char": "character", "byte": "byte"}
COUNTING_OPTIONS = ("order", "unit", "alnum")
TEXT_TABLES = (".tsv", ".csv", ".jsonl")
EXPORTED_ROWS = 1 << 14  # of a text table, that are made at a time


def add_count(commands: Commands) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands,
        "count",
        run_count,
        "Count all n-grams of a corpus, exactly; look counts up, list the most frequent, merge counts.",
        "  nlpzero count novel.txt -o counts            count n-grams of 1 to 4 characters\n"
        "  nlpzero count novel.txt --query 曹操,刘备    how often?\n"
        "  nlpzero count big/ -o counts --memory 2G --workers 8 --checkpoint work\n"
        "  nlpzero count new/ --add counts              the same as if new/ had been counted with the rest\n"
        "  nlpzero count may.txt --add counts --period 2024-05\n"
        "  nlpzero count --merge part1 --merge part2 -o all\n"
        "  nlpzero count --merge all --top 20           the 20 most frequent of each order\n"
        "  nlpzero count --merge 'a/*' --merge 'b/*' -o 'counts/*' --scheduler tcp://host0:8786",
    )
    add_input(parser, nargs="*")
    parser.add_argument(
        "-o", "--output", metavar="FOLDER",
        help="save the counts here; with --scheduler, a name such as 'counts/*' for a new folder with one folder for "
        "each range of first characters, which the workers write (default: not saved)",
    )  # fmt: skip
    parser.add_argument("--order", type=int, default=4, help="longest n-gram, 1 to 8 (default: 4)")
    parser.add_argument("--unit", choices=("char", "byte"), default="char", help="unit of the n-grams (default: char)")
    parser.add_argument(
        "--alnum", choices=ALNUM_MODES, default="token", help="how digits and Latin letters are read (default: token)"
    )
    parser.add_argument(
        "--min-count", type=int, default=1, metavar="N", help="drop n-grams that occur fewer times (default: 1)"
    )
    parser.add_argument(
        "--merge", action="append", default=[], metavar="FOLDER",
        help="add these saved counts; a pattern such as 'counts/*' means all folders that match; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--add", metavar="FOLDER",
        help="add the corpus to these saved counts, with their options; files that they have are left out",
    )  # fmt: skip
    add_period_option(parser)
    parser.add_argument(
        "--query", action="append", default=[], metavar="WORD[,WORD...]", help="print their counts; may be repeated"
    )
    parser.add_argument("--top", type=int, metavar="N", help="print the N most frequent n-grams of each order")
    parser.add_argument(
        "--export", metavar="FILE",
        help="write all n-grams to a table that ends in .tsv, .csv, .jsonl, .parquet or .arrow (default: not written)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print counts and summary as a JSON object")
    add_resources(parser)
    add_scheduler(parser)
    parser.set_defaults(workers=1)


def run_count(arguments: argparse.Namespace) -> None:
    """Run the command."""
    _check_options(arguments)
    if is_shard_pattern(arguments.output):
        _count_in_parts(arguments)
        return
    folder = arguments.output if arguments.output is not None else arguments.add
    if folder is not None:
        check_folder(folder, format=FORMAT)
    total = 2 + bool(arguments.export) + bool(arguments.add and arguments.sources)
    with hold_counts(arguments), resumable(arguments), report_stages(shows_progress(arguments), total):
        counts = _count(arguments, folder)
        if arguments.export is not None:
            begin_stage("exporting")
            _export(counts, arguments.export)
        _print_results(arguments, counts)


def _print_results(arguments: argparse.Namespace, counts: NgramCounts) -> None:
    """Print the counts of --query and --top, and a summary."""
    rows = [(word, counts[word.encode() if counts.unit == "byte" else word]) for word in arguments.query]
    if arguments.top is not None:
        for n in range(1, counts.order + 1):
            rows += counts.most_frequent(n, arguments.top)
    named = {_format_word(word): count for word, count in rows}
    seen = {_format_word(word): counts.seen(word) for word, _ in rows} if counts.periods else {}
    types = [counts.types(n) for n in range(1, counts.order + 1)]
    with open_output(None) as write:
        if arguments.json:
            summary = {"unit": counts.unit, "total": counts.total(1), "types": types, "counts": named}
            summary |= {"periods": counts.periods, "seen": seen} if counts.periods else {}
            write(dump_json_line(summary))
            return
        sizes = ", ".join(f"{size:,} of order {n}" for n, size in enumerate(types, 1))
        print_message(arguments, f"{plural(counts.total(1), UNITS[counts.unit])} counted; distinct n-grams: {sizes}.")
        periods = {word: "".join(f"\t{'-' if x is None else x}" for x in pair) for word, pair in seen.items()}
        write("".join(f"{word}\t{count}{periods.get(word, '')}\n" for word, count in named.items()))


def _check_options(arguments: argparse.Namespace) -> None:
    if not arguments.sources and not arguments.merge:
        raise UsageError("nothing to count; name a corpus, or counts with --merge.")
    if arguments.add is not None and not arguments.sources:
        raise UsageError("--add needs a corpus; name one, or add up saved counts with --merge and -o.")
    results = (arguments.output, arguments.add, arguments.export, arguments.top, arguments.query or None)
    if all(result is None for result in results):
        raise UsageError("no result was asked for; add -o, --add, --export, --query or --top.")
    if arguments.output == "-":
        raise UsageError("-o -: counts are a folder, which is not written to standard output; name a folder.")
    _check_sources(arguments)
    check_least(arguments, 1, "min_count", "top")
    configure(check_integer, "--order", arguments.order, most=MAX_ORDER)
    if arguments.export is not None:
        _check_export(arguments.export)
    arguments.period = parse_period(arguments.period)
    if arguments.period is not None and not arguments.sources:
        raise UsageError("--period needs a corpus; name one, or leave it out.")
    if arguments.checkpoint is not None and not arguments.sources:
        raise UsageError("--checkpoint needs a corpus; name one, or leave it out.")
    refuse_checkpoint_on_cluster(arguments)
    check_shards(arguments.output, arguments.scheduler)
    if is_shard_pattern(arguments.output):
        for name in ("query", "top", "export", "add", "period"):
            if getattr(arguments, name) not in (None, []):
                raise UsageError(f"--{name} needs all counts in one folder, and -o with * makes many; leave one out.")
        if arguments.merge and arguments.sources:
            raise UsageError("-o with * either counts a corpus or merges counts; leave one out.")
    arguments.merge = [folder for name in arguments.merge for folder in find_folders("--merge", name)]


def _check_sources(arguments: argparse.Namespace) -> None:
    """Refuse sources that are most likely values of an option which takes one value."""
    for source in arguments.sources:
        if os.path.isfile(os.path.join(source, "meta.json")):
            pattern = ", or quote the pattern: --merge 'counts/*'" if arguments.merge else ""
            raise UsageError(f"{source} is a folder of counts, not a text; write --merge {source}{pattern}.")
        if arguments.query and "." not in source and not os.path.exists(source) and not source.isascii():
            raise UsageError(
                f"{source} is not a file; to look up several words, separate them with commas: "
                f"--query {arguments.query[0]},{source}."
            )


def _check_export(path: str) -> None:
    """Make sure, before the work, that a table can be written to `path`."""
    if not path.endswith((".parquet", ".arrow")):
        plain = strip_compression_suffix(path)
        if not plain.endswith(TEXT_TABLES):
            raise UsageError(f"the name given to --export must end in {', '.join(TEXT_TABLES)}, .parquet or .arrow.")
    elif importlib.util.find_spec("pyarrow") is None:
        raise MissingPackage("--export needs the package pyarrow; install it with: pip install 'nlpzero[formats]'.")
    folder = os.path.dirname(os.path.realpath(path))
    if os.path.isdir(path):
        raise unwritable(path, IsADirectoryError(21, "it is a folder"), "name a file with --export")
    if not os.access(folder, os.W_OK):
        reason = "no permission" if os.path.isdir(folder) else "No such file or directory"
        raise unwritable(path, OSError(13, reason), "choose another place with --export")


def _export(counts: NgramCounts, path: str) -> None:
    """Write all n-grams, piece by piece."""
    if path.endswith((".parquet", ".arrow")):
        try:
            counts.export(path)
        except OSError as error:
            raise unwritable(path, error, "choose another place with --export") from error
        return
    with open_table(path, option="--export") as write:
        for n in range(1, counts.order + 1):
            items = counts.items(n)
            while rows := list(islice(items, EXPORTED_ROWS)):
                texts, numbers = zip(*rows, strict=True)
                write({"ngram": texts, "order": np.full(len(rows), n), "count": np.array(numbers, np.int64)})


def _count(arguments: argparse.Namespace, folder: str | None) -> NgramCounts:
    """Return the counts that the options describe, which are saved if a folder is given."""
    from ..counting.counter import NgramCounter
    from ..counting.counts import NgramCounts

    begin_stage("loading counts" if arguments.merge or arguments.add else "counting n-grams")
    saved = [NgramCounts.load(name) for name in [*arguments.merge, *filter(None, [arguments.add])]]
    model = saved[-1] if saved else arguments
    arguments.query = check_queries(arguments.query, unit=model.unit, alnum=model.alnum, order=model.order)
    resources = {name: getattr(arguments, name) for name in ("memory", "temp_dir", "workers")}
    options = {name: getattr(arguments, name) for name in COUNTING_OPTIONS}
    corpus = None
    if arguments.add is not None:
        _check_period(arguments, saved[-1])
        options = {name: getattr(saved[-1], name) for name in options}
        corpus = select_new_sources(arguments, saved[-1])
    elif arguments.sources:
        corpus = open_corpus(arguments)
    if corpus is None:
        begin_stage("adding counts")
        return _add_up(arguments, saved, folder, resources)
    if arguments.add is not None:
        begin_stage("counting n-grams")
    if arguments.scheduler is not None:
        if not saved:
            return _count_on_cluster(arguments, corpus, options, min_count=arguments.min_count, folder=folder)
        counts = _count_on_cluster(arguments, corpus, options)
        return counts.merge(*saved, min_count=arguments.min_count, folder=folder, **resources)
    counter = configure(NgramCounter, **options, **resources, checkpoint=arguments.checkpoint)
    counter.update(corpus)
    begin_stage("sorting n-grams")
    require_text(counter.positions, corpus)
    if not saved:
        return counter.freeze(min_count=arguments.min_count, folder=folder, period=arguments.period)
    counts = counter.freeze(period=arguments.period)
    return counts.merge(*saved, min_count=arguments.min_count, folder=folder, **resources)


def _count_in_parts(arguments: argparse.Namespace) -> None:
    """Count, or add up counts, on the cluster, whose workers save the result: a folder for each range."""
    from ..distributed import count_in_parts, merge_in_parts

    options = {name: getattr(arguments, name) for name in (*COUNTING_OPTIONS, "min_count")}
    with report_stages(shows_progress(arguments)), open_shards(arguments.output) as name_shard:
        begin_stage("adding counts" if arguments.merge else "counting n-grams")
        if arguments.merge:
            options = {"client": connect_cluster(arguments), "min_count": arguments.min_count}
            types = configure(merge_in_parts, arguments.merge, name_shard, **options)
        else:
            corpus = open_corpus(arguments)
            types = configure(count_in_parts, corpus, name_shard, client=arguments.cluster, **options)
    sizes = ", ".join(f"{size:,} of order {n}" for n, size in enumerate(types, 1))
    print_message(arguments, f"distinct n-grams: {sizes}.")


def _count_on_cluster(
    arguments: argparse.Namespace, corpus: Corpus, counting: dict[str, Any], **options: Any
) -> NgramCounts:
    from ..distributed import count

    return configure(count, corpus, client=arguments.cluster, period=arguments.period, **counting, **options)


def _add_up(
    arguments: argparse.Namespace, saved: list[NgramCounts], folder: str | None, resources: dict[str, Any]
) -> NgramCounts:
    """Return the sum of saved counts, which is saved if a folder is given."""
    if len(saved) > 1:
        return saved[0].merge(*saved[1:], min_count=arguments.min_count, folder=folder, **resources)
    counts = saved[0].prune(arguments.min_count)
    if folder is not None and folder != arguments.add:  # else nothing was added
        counts.save(folder)
    return counts


def _check_period(arguments: argparse.Namespace, counts: NgramCounts) -> None:
    """Refuse text without a period where the counts have periods."""
    if arguments.sources and counts.periods and arguments.period is None:
        raise UsageError(
            f"{arguments.add} has periods, the last of which is {counts.periods[-1]}; add --period to say when the "
            "corpus is from."
        )


def _format_word(word: str | bytes) -> str:
    return word if isinstance(word, str) else word.decode("utf-8", "backslashreplace")
