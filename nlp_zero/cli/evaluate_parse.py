"""The command `evaluate-parse`: score trees and templates."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import compress
from typing import TYPE_CHECKING

from .._utils.progress import begin_stage, report_stages
from ..corpus import Corpus
from ..errors import CorpusError, NlpZeroError
from .errors import UsageError
from .messages import plural, shows_progress
from .options import (
    Commands,
    add_command,
    add_input,
    add_output,
    add_workers,
    check_least,
    open_corpus,
    split_numbers,
)
from .output import dump_json_line, open_output
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
        "  nlpzero evaluate-parse --templates templates.jsonl --constructions known.txt --at 50,100",
    )
    add_input(parser, name="GOLD", nargs="*")
    add_output(parser, "the scores")
    add_parser_options(parser, required=False)
    parser.add_argument(
        "--predicted", metavar="FILE", help="trees of another parser, as brackets, a sentence in each line"
    )
    parser.add_argument(
        "--gold-format", choices=("brackets", "conllu"),
        help="form of the gold trees (default: conllu for files named .conllu, else brackets)",
    )
    parser.add_argument("--max-words", type=int, metavar="N", help="only sentences of at most N words and marks "
                        "(default: all)")  # fmt: skip
    parser.add_argument("--punctuation", action="store_true", help="count punctuation as words")
    parser.add_argument("--baselines", action="store_true", help="also score trees that do not depend on the words")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random baseline (default: 0)")
    parser.add_argument("--constructions", metavar="FILE", help="known constructions, one in each line: 从…到…")
    parser.add_argument(
        "--at", default="50,100", metavar="K[,K...]", help="numbers of templates to score (default: 50,100)"
    )
    parser.add_argument("--json", action="store_true", help="scores as JSON")
    add_workers(parser)
    parser.set_defaults(workers=1)


def run_evaluate_parse(arguments: argparse.Namespace) -> None:
    """Run the command."""
    _check_options(arguments)
    with report_stages(shows_progress(arguments)):
        _evaluate_parse(arguments)


def _evaluate_parse(arguments: argparse.Namespace) -> None:
    from ..templates.inventory import TemplateInventory

    begin_stage("scoring")
    inventory = None if arguments.templates is None else TemplateInventory.load(arguments.templates)
    with open_output(arguments.output) as write:
        result: dict[str, object] = {}
        text: list[str] = []
        if arguments.sources:
            rows = _score_brackets(arguments, inventory)
            text += _format_table(rows, arguments)
            result["brackets"] = {name: {k: s.to_dict() for k, s in scores.items()} for name, scores in rows.items()}
        if arguments.constructions is not None and inventory is not None:
            found = _score_constructions(arguments, inventory)
            text += [f"first {plural(k, 'template')}: precision {p:.4f}, recall {r:.4f}" for k, (p, r) in found.items()]
            result["constructions"] = {str(k): {"precision": p, "recall": r} for k, (p, r) in found.items()}
        write(dump_json_line(result) if arguments.json else "\n".join(text) + "\n")


def _check_options(arguments: argparse.Namespace) -> None:
    if not arguments.sources and arguments.constructions is None:
        raise UsageError("nothing to score; name GOLD trees, or --templates and --constructions.")
    if arguments.templates is None and (arguments.constructions is not None or arguments.predicted is None):
        raise UsageError("--templates FILE is needed" + ("." if arguments.constructions else ", or --predicted FILE."))
    arguments.at = split_numbers("--at", arguments.at, int)
    check_least(arguments, 1, "at", "max_words", "workers")
    check_least(arguments, 0, "seed")


def _score_constructions(arguments: argparse.Namespace, inventory: TemplateInventory) -> dict[int, tuple[float, float]]:
    """Return precision and recall of the first templates, for each number of --at."""
    from ..evaluation.brackets import construction_scores

    if not len(inventory):
        raise CorpusError(f"{arguments.templates} has no templates to score; mine them from more text.")
    known = Corpus(arguments.constructions, format="text")
    return construction_scores(inventory.templates, known, at=arguments.at)


def _read_gold(arguments: argparse.Namespace) -> list[Brackets]:
    from ..evaluation.brackets import read_brackets, read_conllu

    corpus = open_corpus(arguments)
    form = arguments.gold_format
    if form is None:
        form = "conllu" if all(".conllu" in str(source) for source in arguments.sources) else "brackets"
    name = ", ".join(arguments.sources)
    try:
        sentences = list(read_conllu(corpus) if form == "conllu" else read_brackets(corpus))
    except (NlpZeroError, ValueError) as error:
        if str(error).startswith("line "):
            raise CorpusError(f"{name}, {error}") from None
        raise
    if not sentences:
        raise CorpusError(f"{name}: there are no trees to score against; check the file and --gold-format.")
    return sentences


def _score_brackets(
    arguments: argparse.Namespace, inventory: TemplateInventory | None
) -> dict[str, dict[str, BracketScores]]:
    """Return for each parser the scores without and with the spans of whole sentences."""
    from ..evaluation.brackets import bracket_scores

    gold = _read_gold(arguments)
    trees_by_parser = _parse_sentences(arguments, inventory, gold)
    chosen = [arguments.max_words is None or len(sentence.words) <= arguments.max_words for sentence in gold]
    chosen_gold = list(compress(gold, chosen))
    if not any(sentence.spans for sentence in chosen_gold):
        chosen_by = "" if arguments.max_words is None else f" within --max-words {arguments.max_words}"
        remedy = "check the file and --gold-format" if not chosen_by else "raise it, or check the file"
        raise CorpusError(f"{', '.join(arguments.sources)}: no sentence{chosen_by} has brackets; {remedy}.")
    return {
        name: {
            key: bracket_scores(chosen_gold, compress(trees, chosen), punctuation=arguments.punctuation, whole=whole)
            for key, whole in (("inside", False), ("with_whole_sentences", True))
        }
        for name, trees in trees_by_parser.items()
    }


def _parse_sentences(
    arguments: argparse.Namespace, inventory: TemplateInventory | None, gold: list[Brackets]
) -> dict[str, Sequence[Brackets | ParseTree]]:
    """Return the trees of each parser that is scored."""
    from ..evaluation.brackets import BASELINES, baseline, read_brackets

    trees: dict[str, Sequence[Brackets | ParseTree]] = {}
    if arguments.predicted is not None:
        predicted = list(read_brackets(open_corpus(arguments, arguments.predicted, progress=False)))
        if len(predicted) != len(gold):
            raise UsageError(
                f"{len(gold)} gold sentences, and {len(predicted)} in {arguments.predicted}; "
                "both must hold the same sentences."
            )
        trees["predicted"] = predicted
    elif inventory is not None:
        trees["parser"] = create_parser(arguments, inventory).parse_batch(
            [sentence.words for sentence in gold], workers=arguments.workers
        )
    if arguments.baselines:
        for cut in (False, True):
            for kind in BASELINES:
                name = f"{kind}, cut at punctuation" if cut else kind
                trees[name] = [baseline(sentence.words, kind, cut=cut, seed=arguments.seed) for sentence in gold]
    return trees


def _format_table(rows: dict[str, dict[str, BracketScores]], arguments: argparse.Namespace) -> list[str]:
    first = next(iter(rows.values()))["inside"]
    marks = "counted as words" if arguments.punctuation else "left out"
    lines = [
        f"{plural(first.sentences, 'sentence')}, {plural(first.gold, 'gold bracket')}; punctuation {marks}; x 100",
        f"{'':<28}sentence F1  corpus F1  precision  recall  crossing  with whole sentences",
    ]
    for name, scores in rows.items():
        inside, whole = scores["inside"], scores["with_whole_sentences"]
        lines.append(
            f"{name:<28}{100 * inside.sentence_f1:11.1f}{100 * inside.f1:11.1f}{100 * inside.precision:11.1f}"
            f"{100 * inside.recall:8.1f}{inside.crossing:10.2f}{100 * whole.sentence_f1:12.1f}{100 * whole.f1:9.1f}"
        )
    return lines
