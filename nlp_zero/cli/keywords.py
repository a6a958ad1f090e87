"""The command `keywords`: the words that are special to each document."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._utils.display import escape_controls
from .._utils.progress import report_stages
from .documents import NamedFiles, add_documents, find_words, open_documents
from .errors import UsageError
from .messages import plural, print_message, shows_progress
from .options import (
    Commands,
    add_command,
    add_input,
    add_resources,
    add_scheduler,
    add_table_output,
    check_least,
    configure,
    read_word_list,
)
from .output import dump_json, open_output
from .table_files import open_table, table_records

if TYPE_CHECKING:
    from .._utils.tables import Columns
    from ..keywords import KeywordTable

__all__ = ["add_keywords"]


def add_keywords(commands: Commands) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands,
        "keywords",
        run_keywords,
        "Find the keywords of each document: words that are frequent in it and rare in the others.",
        "  nlpzero keywords news.jsonl --top 5\n"
        "  nlpzero keywords reports/ --documents files\n"
        "  nlpzero stop-words news.jsonl -o stop.txt            then edit the list, and leave these words out:\n"
        "  nlpzero keywords news.jsonl --stop-words stop.txt -o keywords.csv\n"
        "  nlpzero build-vocab news.jsonl --documents texts -o words.tsv\n"
        "  nlpzero keywords today.txt --documents files --lexicon words.tsv     one document, against the news",
    )
    add_input(parser)
    add_table_output(parser, "the keywords")
    add_documents(parser)
    parser.add_argument(
        "-l", "--lexicon", metavar="FILE",
        help="words, such as a result of build-vocab; if it was made with --documents, documents are compared with the "
        "text of the lexicon and not with each other (default: learn words from CORPUS)",
    )  # fmt: skip
    parser.add_argument(
        "--by", choices=("tfidf", "g2"), default="tfidf",
        help="tfidf: words that few documents have; g2: words that are surely more frequent than elsewhere "
        "(default: tfidf)",
    )  # fmt: skip
    parser.add_argument("--top", type=int, default=10, metavar="N", help="most keywords of a document (default: 10)")
    parser.add_argument(
        "--min-length", type=int, default=2, metavar="N", help="words of at least N characters (default: 2)"
    )
    parser.add_argument(
        "--min-count", type=int, default=1, metavar="N",
        help="words that occur at least N times in the document (default: 1)",
    )  # fmt: skip
    parser.add_argument(
        "--stop-words", action="append", default=[], metavar="FILE",
        help="a word list, such as a result of stop-words: words that are never keywords; may be repeated (default: "
        "none)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="a JSON list of keywords with their columns, on stdout")
    add_resources(parser, checkpoint=False)
    add_scheduler(parser)
    parser.set_defaults(workers=1)


def run_keywords(arguments: argparse.Namespace) -> None:
    """Run the command."""
    from ..keywords import KeywordExtractor

    to_file = arguments.output not in (None, "-")
    if arguments.json and to_file:
        raise UsageError("--json prints to stdout; for a file of JSON lines, leave it out and add -o keywords.jsonl.")
    check_least(arguments, 1, "top", "min_length", "min_count")
    stop_words: set[str] = set().union(*map(read_word_list, arguments.stop_words))
    place: Any = open_table(arguments.output) if to_file else open_output(None)
    found = documents = 0
    with report_stages(shows_progress(arguments), 3 if arguments.lexicon else 5), place as write:
        corpus, texts = open_documents(arguments)
        lexicon = find_words(arguments, corpus)
        options = {name: getattr(arguments, name) for name in ("by", "top", "min_length", "min_count", "workers")}
        extractor = configure(KeywordExtractor, lexicon, stop_words=stop_words, **options)
        put = _make_writer(write, arguments, texts.names if isinstance(texts, NamedFiles) else [])
        for table in extractor.extract_batches(texts):
            put(table)
            found, documents = found + len(table), documents + table.documents
        if arguments.json:
            write("]\n" if found else "[]\n")
    print_message(arguments, f"{plural(documents, 'document')}, {plural(found, 'keyword')}.")


def _make_writer(write: Any, arguments: argparse.Namespace, names: list[str]) -> Callable[[KeywordTable], None]:
    """Return a function that writes the keywords of the next documents."""
    started = False

    def put_table(table: KeywordTable) -> None:
        write(_name_documents(table, names))

    def put_json(table: KeywordTable) -> None:
        nonlocal started
        for record in table_records(_name_documents(table, names)):
            write((", " if started else "[") + dump_json(record))
            started = True

    def put_lines(table: KeywordTable) -> None:
        lists = enumerate(table.to_lists(), table.first)
        write("".join(f"{escape_controls(names[k - 1]) if names else k}\t{' '.join(words)}\n" for k, words in lists))

    return put_json if arguments.json else put_lines if arguments.output in (None, "-") else put_table


def _name_documents(table: KeywordTable, names: list[str]) -> Columns:
    """Return the columns of the table, with the names of files in place of numbers."""
    columns = table.to_columns()
    return {**columns, "document": [names[k - 1] for k in table.document.tolist()]} if names else columns
