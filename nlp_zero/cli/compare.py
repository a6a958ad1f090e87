"""The command `compare`: the words that are special to a text."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from .._kernels.counting import ALNUM_MODES
from .._utils.display import escape_controls
from .._utils.progress import begin_stage, report_stages
from .._utils.validation import check_number
from .errors import UsageError
from .messages import plural, print_message, say_typed, shows_progress, verb
from .options import (
    Commands,
    add_command,
    add_input,
    add_resources,
    add_scheduler,
    add_table_output,
    check_least,
    configure,
    open_corpus,
)
from .output import dump_json_line, open_output
from .table import format_table
from .table_files import open_table, table_records

if TYPE_CHECKING:
    from ..comparison import ComparisonTable, TextComparer
    from ..corpus import Corpus
    from ..counting import NgramCounts

__all__ = ["add_compare"]

TABLE_ROWS = 20  # words of each list that is printed
NAMED_TEXTS = 5  # texts whose sizes the summary states one by one
MIN_LENGTHS = {"tokens": 1, "strings": 2}  # as a string, every character would be a word
SORTS = {"g2": "g2", "log-ratio": "log_ratio", "share": "share"}


def add_compare(commands: Commands) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands,
        "compare",
        run_compare,
        "Find the words that are special to a text: more frequent in it than in another, and by how much.",
        "  nlpzero compare may.txt --against april.txt          what is new in May?\n"
        "  nlpzero compare may.txt --against april.txt -o words.tsv\n"
        "  nlpzero compare mine/ --against other/ --lexicon words.tsv --sort log-ratio\n"
        "  nlpzero compare 2021.txt 2022.txt 2023.txt           each year against the other two\n"
        "  nlpzero compare may-counts --against april-counts    folders of nlpzero count: strings, not tokens\n"
        "  nlpzero compare reviews.csv --field body --against 'news/*.txt' --alnum join",
    )
    add_input(parser)
    parser.add_argument(
        "--against", action="append", metavar="OLD",
        help="the text to compare with; may be repeated; without it, each CORPUS is a text of its own, such as a year, "
        "and is compared with all others together (default: none)",
    )  # fmt: skip
    add_table_output(parser, "the words")
    parser.add_argument(
        "-l", "--lexicon", metavar="FILE",
        help="words, such as a result of build-vocab (default: they are learnt from all texts together)",
    )  # fmt: skip
    parser.add_argument(
        "--alnum", choices=ALNUM_MODES,
        help="how digits and Latin letters are read; with join, 5G and iPhone can be words (default: as the lexicon "
        "says, else token: they are not words)",
    )  # fmt: skip
    parser.add_argument(
        "--min-count", type=int, default=5, metavar="N",
        help="leave out words that occur fewer times on both sides together (default: 5)",
    )  # fmt: skip
    parser.add_argument(
        "--max-p", type=float, default=0.05, metavar="P",
        help="greatest p-value of a word, corrected for the number of words; 1 keeps all words (default: 0.05)",
    )  # fmt: skip
    parser.add_argument(
        "--sort", choices=list(SORTS), default="g2",
        help="g2: how sure the difference is; log-ratio: how large it is; share: large and frequent (default: g2)",
    )  # fmt: skip
    parser.add_argument(
        "--top", type=int, metavar="N", help="the first N words of each side (default: 20; with -o or --json all)"
    )
    parser.add_argument(
        "--min-length", type=int, metavar="N", help="words of at least N characters (default: 1; with saved counts 2)"
    )
    parser.add_argument("--json", action="store_true", help="a JSON list of words with their columns, on stdout")
    add_resources(parser, checkpoint=False)
    add_scheduler(parser)
    parser.set_defaults(workers=1)


def run_compare(arguments: argparse.Namespace) -> None:
    """Run the command."""
    check_least(arguments, 1, "min_count", "top", "min_length")
    configure(check_number, "--max-p", arguments.max_p, least=0, most=1)
    to_file = arguments.output not in (None, "-")
    if arguments.json and to_file:
        raise UsageError("--json prints to stdout; for a file of JSON lines, leave it out and add -o words.jsonl.")
    names = _name_texts(arguments)
    place: Any = open_table(arguments.output) if to_file else open_output(None)
    with report_stages(shows_progress(arguments), _count_stages(arguments)), place as write:
        table = _compare(arguments, names)
        least = arguments.min_length or MIN_LENGTHS[table.unit]
        shown = table.significant(arguments.max_p).with_min_length(least)
        if to_file:
            write(_order(shown, arguments).to_columns())
        elif arguments.json:
            write(dump_json_line(table_records(_order(shown, arguments).to_columns())))
        else:
            write(_format(shown, arguments))
    _report(arguments, table, shown)


def _count_stages(arguments: argparse.Namespace) -> int:
    """Return the number of stages; with counts, words are looked up, too."""
    counts = any(map(_is_counts, [*arguments.sources, *(arguments.against or [])]))
    return (4 if arguments.lexicon is None else 2) + counts


def _is_counts(source: str) -> bool:
    """Return whether a source is a folder of saved counts."""
    return os.path.isfile(os.path.join(source, "meta.json"))


def _name_texts(arguments: argparse.Namespace) -> list[str]:
    """Return the names of the texts, and refuse texts that cannot be compared."""
    sources, against = arguments.sources, arguments.against
    if against is None and len(sources) < 2:
        raise UsageError(f"{sources[0]} is compared with nothing; add --against OLD, or name two or more texts.")
    typed = [source for source in [*sources, *(against or [])] if source == "-" or source.startswith("-.")]
    if len(typed) > 1:
        raise UsageError("standard input is named twice, and can be only one of the texts.")
    if against is None:
        if repeated := [source for source in sources if sources.count(source) > 1]:
            raise UsageError(f"{repeated[0]} is named twice; each text is compared with all others, so name it once.")
        return _short_names(sources)
    names = _short_names([", ".join(sources), ", ".join(against)])
    return names if names[0] != names[1] else ["new", "old"]


def _short_names(names: list[str]) -> list[str]:
    """Return the last parts of paths, if they differ."""
    short = [os.path.basename(name.rstrip("/\\")) or name for name in names]
    return short if len(set(short)) == len(short) else names


def _compare(arguments: argparse.Namespace, names: list[str]) -> ComparisonTable:
    comparer = _make_comparer(arguments)
    if arguments.against is not None:
        say_typed(arguments)
        new, old = _open(arguments, arguments.sources), _open(arguments, arguments.against)
        return comparer.compare(new, old, names=(names[0], names[1]))
    texts = [_open(arguments, [source]) for source in arguments.sources]
    return comparer.compare_each(dict(zip(names, texts, strict=True)))


def _open(arguments: argparse.Namespace, sources: list[str]) -> Corpus | NgramCounts:
    """Return the corpus of some sources, or the counts in a folder."""
    from ..counting.counts import NgramCounts

    folders = [source for source in sources if _is_counts(source)]
    if folders and len(sources) > 1:
        raise UsageError(
            f"{folders[0]} is a folder of counts, which cannot be one of several sources of a text; add counts up with "
            "nlpzero count --merge."
        )
    return NgramCounts.load(folders[0]) if folders else open_corpus(arguments, *sources)


def _make_comparer(arguments: argparse.Namespace) -> TextComparer:
    from ..comparison import TextComparer
    from ..lexicon.lexicon import Lexicon

    lexicon = None
    if arguments.lexicon is not None:
        begin_stage("loading words")
        lexicon = Lexicon.load(arguments.lexicon)
    names = ("min_count", "alnum", "workers", "memory", "temp_dir")
    return configure(TextComparer, lexicon=lexicon, **{name: getattr(arguments, name) for name in names})


def _order(table: ComparisonTable, arguments: argparse.Namespace) -> ComparisonTable:
    """Return the rows that are written, in the order of the measure that was asked for."""
    by = SORTS[arguments.sort]
    if arguments.top is None:
        return table.sort(by)
    return table.ends(arguments.top, by=by)


def _format(table: ComparisonTable, arguments: argparse.Namespace) -> str:
    """Return a list of words for each text, and one for the text that they are compared with."""
    n, by = arguments.top or TABLE_ROWS, SORTS[arguments.sort]
    lists = [(name, table.of(name).top(n, by=by), int((table.of(name).g2 > 0).sum())) for name in table.texts]
    if arguments.against is not None:
        lists.append((table.other, table.bottom(n, by=by), int((table.g2 < 0).sum())))
    header = ["word", *(("new", "old") if arguments.against is not None else ("count", "rest"))]
    header += ["log ratio", "G²", "share"]
    blocks = []
    for name, rows, total in lists:
        more = f", the first {len(rows):,}" if len(rows) < total else ""
        columns = (rows.count, rows.other_count, rows.log_ratio, rows.g2, rows.share)
        cells = zip(rows.words, *(column.tolist() for column in columns), strict=True)
        title = f"special to {escape_controls(name)}: {plural(total, 'word')}{more}\n"
        blocks.append(title + (format_table(header, list(cells)) if len(rows) else ""))
    return "\n".join(blocks)


def _report(arguments: argparse.Namespace, table: ComparisonTable, shown: ComparisonTable) -> None:
    if not len(table):
        print_message(arguments, "no word occurs often enough to be compared; give more text, or lower --min-count.")
        return
    kind = {"tokens": "token", "strings": "character"}[table.unit]
    sizes = [f"{name} has {plural(total, kind)}" for name, total in zip(table.texts, table.totals, strict=True)]
    if len(sizes) > NAMED_TEXTS:
        sizes = [f"{len(sizes):,} texts have {plural(sum(table.totals), kind)}"]
    if arguments.against is not None:
        sizes.append(f"{table.other} has {table.other_totals[0]:,}")
    if table.unit == "strings":
        print_message(arguments, "note: with saved counts, strings are compared: 中国 is also counted inside 中国人.")
    words, found = len(set(table.words)), len(set(shown.words))
    occur = f"{verb(words, 'occurs', 'occur')} {arguments.min_count:,} or more times"
    summary = f"{', '.join(sizes)}; {plural(words, 'word')} {occur}"
    limit = f"(p ≤ {arguments.max_p:g}, corrected for {plural(len(table), 'comparison')})"
    if arguments.max_p < 1 and found:
        summary += f"; {found:,} of them {verb(found, 'differs', 'differ')} significantly {limit}"
    elif arguments.max_p < 1:
        summary += f"; none of them differs significantly {limit}; --max-p 1 lists them all"
    print_message(arguments, f"{summary}.")
