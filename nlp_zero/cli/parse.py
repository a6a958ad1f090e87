"""The commands about sentence structure: ``parse`` and ``evaluate-parse``.  Private to the package."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from .common import (
    Commands,
    UsageError,
    add_command,
    add_input,
    add_output,
    configured,
    corpus_of,
    output,
)

Tree = TypeVar("Tree")

if TYPE_CHECKING:
    from ..evaluation.brackets import Brackets, BracketScores
    from ..templates.inventory import TemplateInventory
    from ..templates.parser import TemplateParser
    from ..templates.tree import ParseTree


def add_parse(commands: Commands) -> None:
    parser = add_command(
        commands,
        "parse",
        run_parse,
        "Show the structure of sentences: a tree for each line.",
        "  nlpzero parse news.txt --templates templates.jsonl --lexicon words.tsv\n"
        "  nlpzero parse cut.txt --templates templates.jsonl --tokenized --format brackets -o trees.txt\n"
        "  echo '他 从 北京 到 上海 。' | nlpzero parse --templates templates.jsonl --tokenized --format svg > a.svg",
    )
    add_input(parser, name="FILE", nargs="*")
    add_output(parser, "the trees")
    _add_parser_options(parser)
    words = parser.add_mutually_exclusive_group()
    words.add_argument("-l", "--lexicon", metavar="FILE", help="cut the text with these words")
    words.add_argument("--tokenized", action="store_true", help="words stand apart by white space already")
    parser.add_argument(
        "--format", choices=("pretty", "json", "brackets", "svg"), default="pretty",
        help="a drawing in plain characters; a JSON object a line; nested parentheses, a line a sentence; "
        "a picture (of one sentence)",
    )  # fmt: skip


def _add_parser_options(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    parser.add_argument(
        "-t", "--templates", required=required, metavar="FILE", help="what mine-templates learnt"
    )
    parser.add_argument(
        "--method", choices=("boundary", "chart"), default="boundary",
        help="brackets from where phrases begin and end, named by templates (default), or templates alone",
    )  # fmt: skip
    parser.add_argument(
        "--prominence", type=float, default=0.4, metavar="NATS", help="fewer brackets if greater (default: 0.4)"
    )
    parser.add_argument("--hide-punctuation", action="store_true", help="parse as if there were no punctuation")


def _parser_of(arguments: argparse.Namespace, inventory: TemplateInventory, tokenizer: object = None) -> TemplateParser:
    from ..templates.parser import TemplateParser

    return configured(
        TemplateParser,
        inventory,
        method=arguments.method,
        tokenizer=tokenizer,
        prominence=arguments.prominence,
        punctuation=not arguments.hide_punctuation,
    )


def run_parse(arguments: argparse.Namespace) -> None:
    from ..lexicon.lexicon import Lexicon
    from ..templates.inventory import TemplateInventory
    from ..tokenization.tokenizer import Tokenizer

    if arguments.lexicon is None and not arguments.tokenized:
        raise UsageError("say how to find the words: --lexicon FILE, or --tokenized if they stand apart already")
    arguments.sources = arguments.sources or ["-"]
    tokenizer = None if arguments.lexicon is None else Tokenizer(Lexicon.load(arguments.lexicon))
    parser = _parser_of(arguments, TemplateInventory.load(arguments.templates), tokenizer)
    sentences = 0
    with output(arguments.output) as write:
        for lines in corpus_of(arguments).batches():
            trees = parser.parse_batch(lines if tokenizer else [line.split() for line in lines])
            sentences += len(trees)
            if arguments.format == "svg" and sentences > 1:
                raise UsageError("--format svg draws one sentence; give it one line")
            write("".join(_drawn(tree, arguments.format) for tree in trees))


def _drawn(tree: ParseTree, form: str) -> str:
    if form == "brackets":
        return tree.to_brackets() + "\n"
    if form == "svg":
        return tree.to_svg() + "\n"
    if form == "pretty":
        return tree.pretty() + "\n\n"
    line = json.dumps(tree.to_dict(), ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:  # a lone surrogate, which only an escape can carry
        line = json.dumps(tree.to_dict())
    return line + "\n"


def add_evaluate_parse(commands: Commands) -> None:
    parser = add_command(
        commands,
        "evaluate-parse",
        run_evaluate_parse,
        "Score brackets against gold trees, and templates against a list of constructions.",
        "  nlpzero evaluate-parse gold.conllu --templates templates.jsonl --baselines\n"
        "  nlpzero evaluate-parse gold.txt --predicted trees.txt --max-words 40 --json\n"
        "  nlpzero evaluate-parse --templates templates.jsonl --constructions known.txt --at 50 100",
    )
    add_input(parser, name="GOLD", nargs="*")
    add_output(parser, "the scores")
    _add_parser_options(parser, required=False)
    parser.add_argument("--predicted", metavar="FILE", help="trees made before, as brackets, a line a sentence")
    parser.add_argument(
        "--gold-format", choices=("brackets", "conllu"), help="default: conllu for files named .conllu, else brackets"
    )
    parser.add_argument("--max-words", type=int, metavar="N", help="only sentences of at most N words and marks")
    parser.add_argument("--punctuation", action="store_true", help="count punctuation as words")
    parser.add_argument("--baselines", action="store_true", help="also score trees that know nothing of the words")
    parser.add_argument("--seed", type=int, default=0, help="of the random baseline (default: 0)")
    parser.add_argument("--constructions", metavar="FILE", help="known constructions, one a line: 从…到…")
    parser.add_argument(
        "--at", type=int, nargs="+", default=[50, 100], metavar="K", help="how many templates (default: 50 100)"
    )
    parser.add_argument("--json", action="store_true", help="scores as JSON")


def run_evaluate_parse(arguments: argparse.Namespace) -> None:
    from ..corpus.corpus import Corpus
    from ..evaluation.brackets import construction_scores
    from ..templates.inventory import TemplateInventory

    if not arguments.sources and arguments.constructions is None:
        raise UsageError("say what to score: GOLD trees, or --templates against --constructions")
    if arguments.templates is None and (arguments.constructions is not None or arguments.predicted is None):
        raise UsageError("--templates FILE is needed" + ("" if arguments.constructions else ", or --predicted FILE"))
    if min(arguments.at) < 1 or arguments.seed < 0 or (arguments.max_words is not None and arguments.max_words < 1):
        raise UsageError("--at and --max-words must be 1 or more, --seed 0 or more")
    inventory = None if arguments.templates is None else TemplateInventory.load(arguments.templates)
    with output(arguments.output) as write:
        result: dict[str, object] = {}
        text: list[str] = []
        if arguments.sources:
            rows = _bracket_rows(arguments, inventory)
            text += _table(rows, arguments)
            result["brackets"] = {name: {k: s.to_dict() for k, s in both.items()} for name, both in rows.items()}
        if arguments.constructions is not None and inventory is not None:
            known = Corpus(arguments.constructions, encoding="utf-8-sig")
            scores = construction_scores(inventory.templates, known, at=arguments.at)
            text += [f"first {k} templates: precision {p:.4f}, recall {r:.4f}" for k, (p, r) in scores.items()]
            result["constructions"] = {str(k): {"precision": p, "recall": r} for k, (p, r) in scores.items()}
        write(json.dumps(result, ensure_ascii=False) + "\n" if arguments.json else "\n".join(text) + "\n")


def _gold(arguments: argparse.Namespace) -> list[Brackets]:
    from ..evaluation.brackets import read_brackets, read_conllu

    corpus = corpus_of(arguments)
    form = arguments.gold_format
    if form is None:
        form = "conllu" if all(".conllu" in str(source) for source in arguments.sources) else "brackets"
    sentences = read_conllu(corpus) if form == "conllu" else read_brackets(corpus)
    return list(sentences)


def _bracket_rows(
    arguments: argparse.Namespace, inventory: TemplateInventory | None
) -> dict[str, dict[str, BracketScores]]:
    """Name of a parser -> scores without and with the spans of whole sentences."""
    from ..evaluation.brackets import BASELINES, baseline, bracket_scores, read_brackets

    gold = _gold(arguments)
    others: dict[str, Iterable[Brackets | ParseTree]] = {}
    if arguments.predicted is not None:
        others["predicted"] = list(read_brackets(corpus_of(arguments, arguments.predicted, progress=False)))
        if len(list(others["predicted"])) != len(gold):
            raise UsageError(
                f"{len(gold)} gold sentences, {len(list(others['predicted']))} in {arguments.predicted}; "
                "they must be the same sentences"
            )
    elif inventory is not None:
        others["parser"] = _parser_of(arguments, inventory).parse_batch([one.words for one in gold])
    if arguments.baselines:
        for cut in (False, True):
            for kind in BASELINES:
                name = f"{kind}, cut at punctuation" if cut else kind
                others[name] = [baseline(one.words, kind, cut=cut, seed=arguments.seed) for one in gold]
    short = [arguments.max_words is None or len(one.words) <= arguments.max_words for one in gold]
    right = list(_kept(gold, short))
    return {
        name: {
            key: bracket_scores(right, _kept(trees, short), punctuation=arguments.punctuation, whole=whole)
            for key, whole in (("inside", False), ("with_whole_sentences", True))
        }
        for name, trees in others.items()
    }


def _kept(items: Iterable[Tree], keep: Sequence[bool]) -> Iterator[Tree]:
    return (item for item, kept in zip(items, keep, strict=True) if kept)


def _table(rows: dict[str, dict[str, BracketScores]], arguments: argparse.Namespace) -> list[str]:
    one = next(iter(rows.values()))["inside"]
    marks = "counted as words" if arguments.punctuation else "taken out"
    lines = [
        f"{one.sentences:,} sentences, {one.gold:,} gold brackets; punctuation {marks}; x 100",
        f"{'':<28}sentence F1  corpus F1  precision  recall  crossing  with whole sentences",
    ]
    for name, both in rows.items():
        s, w = both["inside"], both["with_whole_sentences"]
        lines.append(
            f"{name:<28}{100 * s.sentence_f1:11.1f}{100 * s.f1:11.1f}{100 * s.precision:11.1f}{100 * s.recall:8.1f}"
            f"{s.crossing:10.2f}{100 * w.sentence_f1:12.1f}{100 * w.f1:9.1f}"
        )
    return lines
