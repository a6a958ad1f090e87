"""The command `mine-templates`: find patterns of words with slots."""

from __future__ import annotations

import argparse
from array import array
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING

from .._utils.progress import report_stages
from ..corpus import Corpus, restartable
from .errors import UsageError
from .findings import require_cut
from .messages import plural, print_json_summary, print_message, shows_progress
from .options import (
    Commands,
    add_command,
    add_input,
    add_output,
    add_resources,
    add_scheduler,
    check_least,
    configure,
    open_corpus,
    option_name,
)
from .output import open_output
from .table_files import refuse_other_format

if TYPE_CHECKING:
    from ..templates.inventory import Template, TemplateInventory
    from ..templates.mining import TemplateMiner
    from ..tokenization.tokenizer import Tokenizer


__all__ = ["TokenizedTexts", "add_mine_templates", "require_cut_corpus"]

METHOD_OPTIONS = {"iterations": "entropy", "min_pmi": "skipgram"}  # option -> the only method that has it


def add_mine_templates(commands: Commands) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands,
        "mine-templates",
        run_mine_templates,
        "Find the templates of a corpus, patterns of words with slots such as 从 … 到 …, ranked by their gain.",
        "  nlpzero mine-templates novel.txt --lexicon words.tsv -o templates.jsonl --top 50\n"
        "  nlpzero mine-templates cut.txt --tokenized -o templates.jsonl\n"
        "  nlpzero mine-templates cut.txt --tokenized --across-clauses --top 100\n"
        "  nlpzero mine-templates 'news/*.txt' -l words.tsv --scheduler tcp://host:8786 -o templates.jsonl",
    )
    add_input(parser)
    add_output(parser, "the templates, as JSON lines")
    words = parser.add_mutually_exclusive_group(required=True)
    words.add_argument("-l", "--lexicon", metavar="FILE", help="cut the text into the words of this lexicon")
    words.add_argument("--tokenized", action="store_true", help="the text is words separated by spaces")
    _add_mining_options(parser)
    parser.add_argument("--json", action="store_true", help="the summary as JSON: on stdout with -o, else on stderr")
    add_resources(parser, checkpoint=False)
    add_scheduler(parser)
    parser.set_defaults(workers=1)


def _add_mining_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--method", choices=("entropy", "skipgram"), default="entropy",
        help="a template grammar of least entropy, or chains of pairs that are close in PMI (default: entropy)",
    )  # fmt: skip
    parser.add_argument(
        "--across-clauses", action="store_true", help="also pairs that open neighbouring clauses: 虽然 … ， 但 …"
    )
    parser.add_argument("--top", type=int, metavar="N", help="print the first N templates, not JSON lines")
    parser.add_argument(
        "--max-examples", type=int, default=3, metavar="N", help="most example fillings of each template (default: 3)"
    )
    parser.add_argument("--min-fillers", type=int, metavar="N", help="fewest different fillings (default: 5)")
    parser.add_argument("--window", type=int, metavar="N", help="most words that a template spans "
                        "(default: entropy 12, skipgram 5)")  # fmt: skip
    parser.add_argument("--iterations", type=int, metavar="N", help="entropy: rounds of fitting (default: 6)")
    parser.add_argument("--min-pmi", type=float, metavar="X", help="skipgram: least PMI in nats (default: 2)")


def run_mine_templates(arguments: argparse.Namespace) -> None:
    """Run the command."""
    from ..lexicon.lexicon import Lexicon
    from ..tokenization.tokenizer import Tokenizer

    miner = _miner(arguments)
    refuse_other_format(arguments.output, ".jsonl", ".json", ".txt")
    to_file = arguments.output not in (None, "-")
    tokenizer = Tokenizer(Lexicon.load(arguments.lexicon)) if arguments.lexicon is not None else None
    stages = report_stages(shows_progress(arguments), 3 + arguments.across_clauses)
    with stages, open_output(arguments.output) as write:
        corpus = restartable(open_corpus(arguments))
        assert isinstance(corpus, Corpus)
        if tokenizer is None:
            require_cut_corpus(corpus)
        inventory = miner.mine(TokenizedTexts(corpus, tokenizer, arguments.workers))
        if to_file or arguments.top is None:
            for line in inventory.lines():
                write(line)
    if arguments.top is not None:
        with open_output(None) as write:
            write("".join(_format_row(rank, t) for rank, t in enumerate(inventory.templates[: arguments.top], 1)))
    _report(arguments, inventory)


def _miner(arguments: argparse.Namespace) -> TemplateMiner:
    """Return the miner that the options describe."""
    from ..templates.mining import TemplateMiner

    check_least(arguments, 1, "top")
    for name, method in METHOD_OPTIONS.items():
        if getattr(arguments, name) is not None and arguments.method != method:
            raise UsageError(f"{option_name(name)} is not an option of --method {arguments.method}; leave it out.")
    names = ("window", "min_fillers", "iterations", "min_pmi")
    options = {name: value for name in names if (value := getattr(arguments, name)) is not None}
    return configure(
        TemplateMiner,
        method=arguments.method,
        across_clauses=arguments.across_clauses,
        max_examples=arguments.max_examples,
        workers=arguments.workers,
        progress=shows_progress(arguments),
        memory=arguments.memory,
        temp_dir=arguments.temp_dir,
        **options,
    )


def require_cut_corpus(corpus: Corpus) -> None:
    """Refuse a corpus without spaces before the work; only its beginning is read."""
    remedy = "leave out --tokenized, and add --lexicon FILE (a result of nlpzero build-vocab)"
    for _ in require_cut(corpus, ", ".join(corpus.sources), remedy):
        break


class TokenizedTexts:
    """The texts of a corpus as lists of words; can be read again and again."""

    def __init__(self, corpus: Corpus, tokenizer: Tokenizer | None, workers: int = 1) -> None:
        self.corpus, self.tokenizer, self.workers = corpus, tokenizer, workers

    def __iter__(self) -> Iterator[Sequence[str]]:
        batches = self.corpus.map_parts(_cut_part, self.tokenizer, self.workers)
        return chain.from_iterable(chain.from_iterable(batches))


class TokenLists(list[Sequence[str]]):
    """Lists of words, each distinct word of which is sent once from a worker of a cluster."""

    def __reduce__(self) -> tuple[object, ...]:
        numbers: dict[str, int] = {}
        flat = array("i", [numbers.setdefault(word, len(numbers)) for words in self for word in words])
        return _restore_lists, (list(numbers), flat, array("i", map(len, self)))


def _restore_lists(words: list[str], flat: array[int], lengths: array[int]) -> list[list[str]]:
    tokens = map(words.__getitem__, flat)
    return [list(islice(tokens, length)) for length in lengths]


def _cut_part(part: Corpus, tokenizer: Tokenizer | None, workers: int) -> Iterator[TokenLists]:
    for texts in part.batches():
        if tokenizer is None:
            yield TokenLists(map(str.split, texts))
        else:
            yield TokenLists(tokenizer.tokenize_batch(texts, workers=workers))


def _format_row(rank: int, template: Template) -> str:
    slots = (" / ".join(filling) for filling in template.examples)
    mark = " （跨小句）" if template.across else ""
    return (
        f"{rank}\t{template}{mark}\t{template.count:.0f}\t{template.fillers}\t{template.pmi:.2f}\t{template.gain:.0f}\t"
        f"{'; '.join(slots)}\n"
    )


def _report(arguments: argparse.Namespace, inventory: TemplateInventory) -> None:
    gapped = sum(template.is_gapped for template in inventory)
    words, clauses = (int(str(inventory.meta[name])) for name in ("words", "segments"))
    if arguments.json:
        summary = {"method": arguments.method, "templates": len(inventory), "gapped": gapped}
        text_words = {name: inventory.meta[name] for name in ("text_words",) if name in inventory.meta}
        print_json_summary(arguments, summary | {"words": words, "clauses": clauses} | text_words)
        return
    if not len(inventory):
        print_message(arguments, "no templates were found; give more text, or lower --min-fillers.")
    print_message(
        arguments,
        f"{arguments.method}: {plural(len(inventory), 'template')}, {gapped:,} of them with a slot between words, "
        f"from {plural(words, 'word')} in {plural(clauses, 'different clause')}.",
    )
    if "text_words" in inventory.meta:
        print_message(
            arguments,
            f"with --memory {arguments.memory}, a sample was mined that is spread over the text, which has "
            f"{inventory.meta['text_words']:,} words and marks.",
        )
