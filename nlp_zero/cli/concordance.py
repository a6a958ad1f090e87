"""The command `concordance`: where words occur, with the text on both sides."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .._utils.compression import strip_compression_suffix
from .._utils.display import display_width
from .._utils.progress import begin_stage, report_stages
from ..corpus import Corpus
from ..errors import CorpusError
from .contexts import WIDTH, fit_width
from .errors import UsageError
from .messages import print_message, shows_progress
from .options import Commands, add_command, add_input, add_scheduler, configure, open_corpus
from .output import dump_json_line, open_output
from .table_files import TABLE_SUFFIXES, open_table

if TYPE_CHECKING:
    from ..concordance import ConcordanceBuilder, Occurrence, OccurrenceStream

__all__ = ["add_concordance"]

SHOWN_WORDS = 10  # in the summary
Write = Callable[["list[Occurrence]"], object]


class WordsAction(argparse.Action):
    """The action of the words: separated by commas, or ``@`` and the name of a file."""

    def __call__(self, parser: Any, namespace: Any, value: Any, option: Any = None) -> None:
        """Store the words, and the name of the file where the paths are checked."""
        setattr(namespace, self.dest, value)
        namespace.word_files = [value[1:]] if value.startswith("@") and len(value) > 1 else []


def add_concordance(commands: Commands) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands,
        "concordance",
        run_concordance,
        "Show where words occur, with the text on both sides (keyword in context).",
        "  nlpzero concordance 曹操 novel.txt\n"
        "  nlpzero concordance 曹操,刘备 novels/ --sort right\n"
        "  nlpzero concordance 东风 news/ --limit 100 --sample      100 of all occurrences, drawn at random\n"
        "  nlpzero concordance 大雪 novel.txt --lexicon words.tsv   only where it is a word\n"
        "  nlpzero concordance @list.txt novel.txt -o occurrences.csv\n"
        "  nlpzero concordance 东风 'news/*.txt' --scheduler tcp://host:8786 -o occurrences.parquet",
    )
    parser.add_argument(
        "query", action=WordsAction, metavar="WORD[,WORD...]",
        help="what to search for: one word, or several separated by commas; @FILE for the words of a file, one on each "
        "line",
    )  # fmt: skip
    add_input(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE",
        help="where to write the occurrences: .txt for aligned lines, .tsv .csv .parquet .jsonl for a table "
        "(default: aligned lines on stdout)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="a JSON object for each occurrence, in a line of its own")
    parser.add_argument(
        "--width", type=int, metavar="N",
        help="columns of text on each side; a Chinese character takes two (default: 40, or what fits in the terminal)",
    )  # fmt: skip
    parser.add_argument(
        "--limit", type=int, metavar="N", help="only the first N occurrences of each word (default: all)"
    )
    parser.add_argument(
        "--sample", action="store_true", help="with --limit: N occurrences drawn at random, instead of the first"
    )
    parser.add_argument("--seed", type=int, help="with --sample: another seed gives another sample (default: 0)")
    parser.add_argument(
        "--sort", choices=("position", "left", "right"), default="position",
        help="the order of lines: that of the text, or by the characters to the left or right of the word "
        "(default: position)",
    )  # fmt: skip
    parser.add_argument(
        "-l", "--lexicon", metavar="FILE",
        help="only occurrences that `tokenize` cuts as a word with this lexicon (default: all)",
    )  # fmt: skip
    parser.add_argument(
        "--workers", type=int, metavar="N", help="with --scheduler local: processes (default: one on each core)"
    )
    add_scheduler(parser)
    parser.set_defaults(streams=True, word_files=[])


def run_concordance(arguments: argparse.Namespace) -> None:
    """Run the command."""
    _check_arguments(arguments)
    with report_stages(shows_progress(arguments), 1 + (arguments.lexicon is not None)):
        tokenizer = _load_tokenizer(arguments)
        corpus = open_corpus(arguments)
        builder = _make_builder(arguments, corpus, tokenizer)
        begin_stage("searching")
        found = builder.iterate(corpus)
        with _open_result(arguments, builder) as write:
            for rows in found.batches():
                if rows:
                    write(rows)
    print_message(arguments, _summarize(found, arguments))


def _check_arguments(arguments: argparse.Namespace) -> None:
    for source in arguments.sources:
        if "." not in source and not source.isascii() and not os.path.exists(source):
            raise UsageError(
                f"{source} is not a file; to search for several words, separate them with commas: "
                f"{arguments.query},{source}."
            )
    if arguments.seed is not None and not arguments.sample:
        raise UsageError("--seed needs --sample.")
    if arguments.sample and arguments.limit is None:
        raise UsageError("--sample needs --limit N, the number of occurrences of each word.")
    if arguments.workers is not None and arguments.scheduler != "local":
        raise UsageError("--workers needs --scheduler local, whose processes it counts; leave it out.")
    if arguments.json and arguments.output not in (None, "-"):
        raise UsageError("--json prints to stdout; for a file of JSON lines, leave it out and add -o FILE.jsonl.")
    if arguments.output not in (None, "-"):
        suffix = os.path.splitext(strip_compression_suffix(arguments.output))[1].lower()
        if suffix not in (".txt", *TABLE_SUFFIXES):
            raise UsageError(f"{arguments.output} (-o): the name must end in .txt, .tsv, .csv, .parquet or .jsonl.")
    for name in arguments.word_files:
        if not os.path.exists(name):
            raise CorpusError(f"{name}: a word list cannot be read: no such file; check the name after the @.")


def _load_tokenizer(arguments: argparse.Namespace) -> Any:
    if arguments.lexicon is None:
        return None
    from ..lexicon.lexicon import Lexicon
    from ..tokenization.tokenizer import Tokenizer

    begin_stage("loading words")
    return Tokenizer(Lexicon.load(arguments.lexicon))


def _make_builder(arguments: argparse.Namespace, corpus: Corpus, tokenizer: Any) -> ConcordanceBuilder:
    from ..concordance import ConcordanceBuilder

    words = _read_words(arguments)
    in_lines = not arguments.json and arguments.output in (None, "-")
    width = (fit_width(words, corpus.files()) if in_lines else WIDTH) if arguments.width is None else arguments.width
    options = {name: getattr(arguments, name) for name in ("limit", "sample", "sort", "temp_dir")}
    return configure(
        ConcordanceBuilder, words, width=width, seed=arguments.seed or 0, tokenizer=tokenizer, **options
    )


def _read_words(arguments: argparse.Namespace) -> list[str]:
    if arguments.word_files:
        from ..lexicon.lexicon import Lexicon

        return list(Lexicon.load(arguments.word_files[0]).words)
    words = [word for word in arguments.query.split(",") if word]
    if not words:
        raise UsageError("no word was given; name one or more, separated by commas.")
    return words


@contextmanager
def _open_result(arguments: argparse.Namespace, builder: ConcordanceBuilder) -> Iterator[Write]:
    """Open the place of the occurrences; yield a function that writes some of them."""
    from ..concordance.result import format_occurrence, make_columns

    path = arguments.output
    if path in (None, "-") or strip_compression_suffix(path).lower().endswith(".txt"):
        widths = (builder.width, max(map(display_width, builder.words)), builder.width)
        with open_output(path) as write:
            if arguments.json:
                yield lambda rows: write("".join(dump_json_line(row._asdict()) for row in rows))
            else:
                yield lambda rows: write("".join(f"{format_occurrence(row, *widths)}\n" for row in rows))
        return
    with open_table(path) as write_columns:
        yield lambda rows: write_columns(make_columns(rows))


def _summarize(found: OccurrenceStream, arguments: argparse.Namespace) -> str:
    """Return how often the words occur, or how many occurrences are shown."""
    totals = found.totals
    if not any(total is None or total for total in totals.values()):
        where = " as a word of this lexicon" if arguments.lexicon is not None else ""
        return f"{_list_words(dict.fromkeys(totals))} {'does' if len(totals) == 1 else 'do'} not occur{where}."
    listed = {word: _describe_total(total, arguments) for word, total in totals.items()}
    if len(listed) == 1:
        [(word, total)] = listed.items()
        return f"{word}: {total} occurrence{'s' * (total.rpartition(' ')[2] != '1')}."
    return f"occurrences: {_list_words(listed)}."


def _describe_total(total: int | None, arguments: argparse.Namespace) -> str:
    if total is None:
        return f"more than {arguments.limit:,}"
    if arguments.sample and total > arguments.limit:
        return f"{arguments.limit:,} of {total:,}"
    return f"{total:,}"


def _list_words(words: Mapping[str, str | None]) -> str:
    """Return the first words, each with its text."""
    shown = [word if text is None else f"{word} {text}" for word, text in list(words.items())[:SHOWN_WORDS]]
    rest = len(words) - len(shown)
    return ", ".join(shown) + (f" and {rest:,} more" if rest else "")
