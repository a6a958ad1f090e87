"""The command `evaluate-parse`: score trees and templates."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import compress
from typing import TYPE_CHECKING

from ..corpus import Corpus
from .errors import UsageError
from .options import Commands, add_command, add_input, add_output, check_least, open_corpus
from .output import open_output
from .parse import add_parser_options, create_parser

if TYPE_CHECKING:
    from ..evaluation.brackets import Brackets, BracketScores
    from ..templates.inventory import TemplateInventory
    from ..templates.tree import ParseTree

__all__ = ["add_evaluate_parse"]


def add_evaluate_parse(commands: Commands) -> None:
    """Add the parser of the command."""
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
    add_parser_options(parser, required=False)
    parser.add_argument(
        "--predicted", metavar="FILE", help="trees of another parser, as brackets, a sentence in each line"
    )
    parser.add_argument(
        "--gold-format", choices=("brackets", "conllu"), help="default: conllu for files named .conllu, else brackets"
    )
    parser.add_argument("--max-words", type=int, metavar="N", help="only sentences of at most N words and marks")
    parser.add_argument("--punctuation", action="store_true", help="count punctuation as words")
    parser.add_argument("--baselines", action="store_true", help="also score trees that do not depend on the words")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random baseline (default: 0)")
    parser.add_argument("--constructions", metavar="FILE", help="known constructions, one in each line: 从…到…")
    parser.add_argument(
        "--at",
        type=int,
        nargs="+",
        default=[50, 100],
        metavar="K",
        help="numbers of templates to score (default: 50 100)",
    )
    parser.add_argument("--json", action="store_true", help="scores as JSON")


def run_evaluate_parse(arguments: argparse.Namespace) -> None:
    """Run the command."""
    from ..templates.inventory import TemplateInventory

    _check_options(arguments)
    inventory = None if arguments.templates is None else TemplateInventory.load(arguments.templates)
    with open_output(arguments.output) as write:
        result: dict[str, object] = {}
        text: list[str] = []
        if arguments.sources:
            rows = _score_brackets(arguments, inventory)
            text += _format_table(rows, arguments)
            result["brackets"] = {name: {k: s.to_dict() for k, s in both.items()} for name, both in rows.items()}
        if arguments.constructions is not None and inventory is not None:
            scores = _score_constructions(arguments, inventory)
            text += [f"first {k} templates: precision {p:.4f}, recall {r:.4f}" for k, (p, r) in scores.items()]
            result["constructions"] = {str(k): {"precision": p, "recall": r} for k, (p, r) in scores.items()}
        write(json.dumps(result, ensure_ascii=False) + "\n" if arguments.json else "\n".join(text) + "\n")


def _check_options(arguments: argparse.Namespace) -> None:
    if not arguments.sources and arguments.constructions is None:
        raise UsageError("nothing to score; name GOLD trees, or --templates and --constructions.")
    if arguments.templates is None and (arguments.constructions is not None or arguments.predicted is None):
        raise UsageError("--templates FILE is needed" + ("." if arguments.constructions else ", or --predicted FILE."))
    check_least(arguments, 1, "at", "max_words")
    check_least(arguments, 0, "seed")


def _score_constructions(arguments: argparse.Namespace, inventory: TemplateInventory) -> dict[int, tuple[float, float]]:
    """Return precision and recall of the first templates, for each number of --at."""
    from ..evaluation.brackets import construction_scores

    known = Corpus(arguments.constructions, encoding="utf-8-sig")
    return construction_scores(inventory.templates, known, at=arguments.at)


def _read_gold(arguments: argparse.Namespace) -> list[Brackets]:
    from ..evaluation.brackets import read_brackets, read_conllu

    corpus = open_corpus(arguments)
    form = arguments.gold_format
    if form is None:
        form = "conllu" if all(".conllu" in str(source) for source in arguments.sources) else "brackets"
    sentences = read_conllu(corpus) if form == "conllu" else read_brackets(corpus)
    return list(sentences)


def _score_brackets(
    arguments: argparse.Namespace, inventory: TemplateInventory | None
) -> dict[str, dict[str, BracketScores]]:
    """Return for each parser the scores without and with the spans of whole sentences."""
    from ..evaluation.brackets import bracket_scores

    gold = _read_gold(arguments)
    others = _parse_sentences(arguments, inventory, gold)
    chosen = [arguments.max_words is None or len(one.words) <= arguments.max_words for one in gold]
    right = list(compress(gold, chosen))
    return {
        name: {
            key: bracket_scores(right, compress(trees, chosen), punctuation=arguments.punctuation, whole=whole)
            for key, whole in (("inside", False), ("with_whole_sentences", True))
        }
        for name, trees in others.items()
    }


def _parse_sentences(
    arguments: argparse.Namespace, inventory: TemplateInventory | None, gold: list[Brackets]
) -> dict[str, Sequence[Brackets | ParseTree]]:
    """Return the trees of each parser that is scored."""
    from ..evaluation.brackets import BASELINES, baseline, read_brackets

    others: dict[str, Sequence[Brackets | ParseTree]] = {}
    if arguments.predicted is not None:
        predicted = list(read_brackets(open_corpus(arguments, arguments.predicted, progress=False)))
        if len(predicted) != len(gold):
            raise UsageError(
                f"{len(gold)} gold sentences, and {len(predicted)} in {arguments.predicted}; "
                "both must hold the same sentences."
            )
        others["predicted"] = predicted
    elif inventory is not None:
        others["parser"] = create_parser(arguments, inventory).parse_batch([one.words for one in gold])
    if arguments.baselines:
        for cut in (False, True):
            for kind in BASELINES:
                name = f"{kind}, cut at punctuation" if cut else kind
                others[name] = [baseline(one.words, kind, cut=cut, seed=arguments.seed) for one in gold]
    return others


def _format_table(rows: dict[str, dict[str, BracketScores]], arguments: argparse.Namespace) -> list[str]:
    one = next(iter(rows.values()))["inside"]
    marks = "counted as words" if arguments.punctuation else "left out"
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
