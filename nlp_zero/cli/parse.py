"""The command `parse`: show the structure of sentences."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from .._utils.progress import begin_stage, report_stages
from .._utils.tables import name_bytes
from ..corpus import Corpus
from .errors import UsageError
from .findings import require_cut
from .messages import shows_progress
from .options import (
    Commands,
    add_command,
    add_input,
    add_output,
    add_scheduler,
    add_workers,
    check_least,
    configure,
    open_corpus,
)
from .output import dump_json_line, open_output
from .shards import ShardName, check_shards, is_shard_pattern, open_shards

if TYPE_CHECKING:
    from ..templates.inventory import TemplateInventory
    from ..templates.parser import TemplateParser
    from ..templates.tree import ParseTree
    from ..tokenization.tokenizer import Tokenizer

__all__ = ["add_parse", "add_parser_options", "create_parser"]

BATCH_LINES = 256  # that are parsed at once


def add_parse(commands: Commands) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands,
        "parse",
        run_parse,
        "Show the structure of sentences: a tree for each line.",
        "  nlpzero parse news.txt --templates templates.jsonl --lexicon words.tsv\n"
        "  nlpzero parse cut.txt --templates templates.jsonl --tokenized --format brackets -o trees.txt\n"
        "  nlpzero parse 'news/*.txt' -t templates.jsonl -l words.tsv --scheduler tcp://host:8786 -o 'trees/*.txt'\n"
        "  echo '他 从 北京 到 上海 。' | nlpzero parse --templates templates.jsonl --tokenized --format svg > a.svg",
    )
    add_input(parser, name="FILE", nargs="*")
    add_output(
        parser,
        "the trees; with --scheduler, a name such as 'trees/*.txt' for a new folder with one file for each part",
    )
    add_parser_options(parser)
    words = parser.add_mutually_exclusive_group()
    words.add_argument("-l", "--lexicon", metavar="FILE", help="cut the text with these words")
    words.add_argument("--tokenized", action="store_true", help="the text is words separated by spaces")
    parser.add_argument(
        "--format", choices=("pretty", "json", "brackets", "svg"), default="pretty",
        help="a drawing in plain characters; a JSON object in each line; nested parentheses, a sentence in each line; "
        "a picture of one sentence (default: pretty)",
    )  # fmt: skip
    add_workers(parser)
    add_scheduler(parser)
    parser.set_defaults(workers=1, streams=True)


def add_parser_options(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add the options that describe a template parser."""
    parser.add_argument("-t", "--templates", required=required, metavar="FILE", help="a result of mine-templates")
    parser.add_argument(
        "--method", choices=("boundary", "chart"), default="boundary",
        help="brackets where phrases begin and end, labelled by templates, or templates alone (default: boundary)",
    )  # fmt: skip
    parser.add_argument(
        "--prominence", type=float, default=0.4, metavar="NATS", help="larger values give fewer brackets (default: 0.4)"
    )
    parser.add_argument("--hide-punctuation", action="store_true", help="parse as if there were no punctuation")


def create_parser(
    arguments: argparse.Namespace, inventory: TemplateInventory, tokenizer: Tokenizer | None = None
) -> TemplateParser:
    """Return the template parser that the options describe."""
    from ..templates.parser import TemplateParser

    return configure(
        TemplateParser,
        inventory,
        method=arguments.method,
        tokenizer=tokenizer,
        prominence=arguments.prominence,
        punctuation=not arguments.hide_punctuation,
    )


def run_parse(arguments: argparse.Namespace) -> None:
    """Run the command."""
    if arguments.lexicon is None and not arguments.tokenized:
        raise UsageError(
            "the words of the text are needed; add --lexicon FILE, or --tokenized if spaces separate them."
        )
    check_least(arguments, 1, "workers")
    check_shards(arguments.output, arguments.scheduler)
    arguments.sources = arguments.sources or ["-"]
    with report_stages(shows_progress(arguments), total=2):
        _parse(arguments)


def _parse(arguments: argparse.Namespace) -> None:
    from ..lexicon.lexicon import Lexicon
    from ..templates.inventory import TemplateInventory
    from ..tokenization.tokenizer import Tokenizer

    begin_stage("loading words and templates")
    tokenizer = None if arguments.lexicon is None else Tokenizer(Lexicon.load(arguments.lexicon))
    parser = create_parser(arguments, TemplateInventory.load(arguments.templates), tokenizer)
    corpus = open_corpus(arguments, may_be_empty=True)
    workers = arguments.workers if arguments.scheduler is None else 1  # a task of a cluster has one thread
    work = partial(
        _parse_part, parser=parser, cut=tokenizer is None, form=arguments.format, workers=workers
    )
    begin_stage("parsing")
    if is_shard_pattern(arguments.output):
        if arguments.format == "svg":
            raise UsageError("--format svg draws one sentence; name one file with -o.")
        with open_shards(arguments.output) as name_shard:
            for _ in corpus.map_parts(_write_shard, work, name_shard):
                pass
        return
    with open_output(arguments.output) as write:
        sentences = 0
        for number, text in chain.from_iterable(corpus.map_parts(work)):
            sentences += number
            if arguments.format == "svg" and sentences > 1:
                raise UsageError("--format svg draws one sentence; give it one line.")
            write(text)


def _write_shard(part: Corpus, work: Callable[[Corpus], Iterator[tuple[int, str]]], name_shard: ShardName) -> None:
    """Parse a part of a corpus, and write a file of its own."""
    with open_output(name_shard(part.number)) as write:
        for _, text in work(part):
            write(text)


def _parse_part(
    part: Corpus, *, parser: TemplateParser, cut: bool, form: str, workers: int
) -> Iterator[tuple[int, str]]:
    """Yield numbers of sentences and their trees as text; a few more than one sentence are enough for a picture."""
    must_check = cut and part.number == 0
    for lines in _small_batches(part):
        if must_check:
            lines = list(require_cut(lines, "the text", "leave out --tokenized, and add --lexicon FILE"))
            must_check = False
        words = [line.split() for line in lines] if cut else lines
        trees = parser.parse_batch(words, workers=workers)
        yield len(trees), "".join(_format_tree(tree, form) for tree in trees)
        if form == "svg" and len(trees) > 1:
            break


def _small_batches(corpus: Corpus) -> Iterator[list[str]]:
    """Yield lists of a few lines, since trees take much more memory than their text."""
    for lines in corpus.batches():
        for start in range(0, len(lines), BATCH_LINES):
            yield lines[start : start + BATCH_LINES]


def _format_tree(tree: ParseTree, form: str) -> str:
    if form == "brackets":
        return name_bytes(tree.to_brackets()) + "\n"
    if form == "svg":
        return tree.to_svg() + "\n"
    if form == "pretty":
        return tree.pretty() + "\n\n"
    return dump_json_line(tree.to_dict())
