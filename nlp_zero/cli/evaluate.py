"""The command ``evaluate``.  Private to the package."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import CorpusError
from .common import (
    Commands,
    UsageError,
    add_command,
    add_input,
    add_new_words,
    add_output,
    configured,
    corpus_of,
    first_columns,
    output,
)

if TYPE_CHECKING:
    from ..evaluation import Agreement, Breakdown, Evaluation
    from ..lexicon.lexicon import Lexicon
    from ..tokenization.tokenizer import Tokenizer

LEVEL_OF = {"split": "punct", "token": "alnum", "join": "join"}  # what a tokenizer with this alnum= is given
ALNUM_OF = {level: alnum for alnum, level in LEVEL_OF.items()}
SAME, OTHER = 0.99, 0.05  # overlap with the training text from which, or up to which, the setting has a name
Values = dict[str, Any]


def add_evaluate(commands: Commands) -> None:
    parser = add_command(
        commands,
        "evaluate",
        run_evaluate,
        "Score a lexicon, or text that was cut before, against a gold standard: words separated by whitespace of any "
        "kind, in any script. What each score means: docs/evaluation.md.",
        "  nlpzero evaluate gold.txt --lexicon words.tsv\n"
        "  nlpzero evaluate gold.txt --lexicon words.tsv --trained-on news/ --bootstrap 1000 --breakdown\n"
        "  nlpzero evaluate gold.txt --predicted jieba.txt --level alnum --json\n"
        "  nlpzero evaluate pku.txt --tags / --lexicon words.tsv --words jieba.dict.txt idioms.txt\n"
        "  nlpzero evaluate seed1.txt --predicted seed2.txt      how alike are two cuts of a text?",
    )
    add_input(parser, name="GOLD", nargs="+")
    add_output(parser, "the scores")
    parser.add_argument("-l", "--lexicon", metavar="FILE", help="cut the gold text, less its spaces, with these words")
    add_new_words(parser)
    parser.add_argument("--predicted", metavar="FILE", help="the gold text as cut by something else")
    parser.add_argument(
        "--level", choices=["raw", *ALNUM_OF],
        help="what every segmenter is given: raw (nothing), punct (marks are tokens), alnum (and so are digit and "
        "Latin runs), join (such runs are whole, but may join neighbours); default: as the lexicon was made, and raw "
        "for --predicted",
    )  # fmt: skip
    parser.add_argument(
        "--trained-on", nargs="+", action="extend", default=[], metavar="TEXT",
        help="what the words were learnt from: tells the setting, by how much of the gold text is in it",
    )  # fmt: skip
    parser.add_argument("--tags", metavar="SEP", help="gold words carry tags: / for 中国/ns, _ for 中国_NR")
    parser.add_argument("--train-words", metavar="FILE", help="word list; also tell recall outside and inside of it "
                        "(default: the lexicon)")  # fmt: skip
    parser.add_argument("--breakdown", action="store_true", help="where the errors are, and what the cut compresses")
    parser.add_argument("--lexicon-precision", action="store_true",
                        help="which share of the lexicon are gold words, and which share of these it has")  # fmt: skip
    parser.add_argument("--words", nargs="+", action="extend", default=[], metavar="DICT",
                        help="the same against these word lists")  # fmt: skip
    parser.add_argument("--bootstrap", type=int, default=0, metavar="N", help="95%% intervals from N resamples")
    parser.add_argument("--seed", type=int, default=0, help="of the resampling (default: 0)")
    parser.add_argument("--json", action="store_true", help="scores as JSON")


def run_evaluate(arguments: argparse.Namespace) -> None:
    from ..evaluation import evaluate, without_spaces
    from ..lexicon.lexicon import Lexicon

    _check(arguments)
    lexicon = None if arguments.lexicon is None else Lexicon.load(arguments.lexicon)
    lists = {name: first_columns(name) for name in arguments.words}
    known = lexicon if arguments.train_words is None else first_columns(arguments.train_words)
    training = corpus_of(arguments, *arguments.trained_on) if arguments.trained_on else None
    with output(arguments.output) as write:
        gold = _gold(arguments)
        raw = [without_spaces(line) for line in gold]
        tokenizer, level = _tokenizer(lexicon, arguments.level, arguments.new_words)
        predicted: Iterable[str | Sequence[str]]
        if tokenizer is not None:
            predicted = tokenizer.tokenize_batch(raw)
        else:
            predicted = corpus_of(arguments, arguments.predicted, progress=False)
        scores = evaluate(gold, predicted, level=level, train_words=known, bootstrap=arguments.bootstrap,
                          seed=arguments.seed, breakdown=arguments.breakdown)  # fmt: skip
        values = scores.to_dict()
        values["setting"] = _setting(raw, training)
        if tokenizer is not None and arguments.breakdown:
            values["breakdown"]["information"] |= _model_bits(tokenizer, raw, scores)
        if lexicon is not None and (arguments.lexicon_precision or lists):
            values["lexicon"] = _lexicon_scores(lexicon, gold, raw, lists)
        vocabulary = "lexicon" if arguments.train_words is None else "word list"
        write(json.dumps(values, ensure_ascii=False) + "\n" if arguments.json else _text(scores, values, vocabulary))


def _check(arguments: argparse.Namespace) -> None:
    if (arguments.lexicon is None) == (arguments.predicted is None):
        raise UsageError("say what to score: --lexicon or --predicted")
    if arguments.lexicon is None and (arguments.lexicon_precision or arguments.words):
        raise UsageError(f"--{'words' if arguments.words else 'lexicon-precision'} needs --lexicon")
    inputs = [*arguments.sources, *arguments.trained_on, *[arguments.predicted] * (arguments.predicted is not None)]
    if sum(name == "-" or name.startswith("-.") for name in inputs) > 1:
        raise UsageError("standard input can be only one of gold text, --predicted and --trained-on")
    if arguments.bootstrap < 0 or arguments.seed < 0:
        raise UsageError("--bootstrap and --seed must be 0 or more")
    if arguments.tags is not None and (not arguments.tags or arguments.tags.isspace()):
        raise UsageError("--tags needs the character between word and tag, such as / or _")


def _gold(arguments: argparse.Namespace) -> list[str]:
    """The lines of the gold standard, without tags."""
    from ..evaluation.aligned import looks_tagged, untagged

    lines = list(corpus_of(arguments))
    if arguments.tags is not None:
        return [" ".join(untagged(line, arguments.tags)) for line in lines]
    if (separator := looks_tagged(lines[:1000])) is not None:
        example = next(word for line in lines for word in line.split() if separator in word)
        raise CorpusError(f"the gold words seem to carry tags, as in {example!r}; say --tags {separator}")
    return lines


def _tokenizer(
    lexicon: Lexicon | None, level: str | None, new_words: bool | None = None
) -> tuple[Tokenizer | None, str]:
    """The tokenizer that knows what the level gives, and the level."""
    from ..tokenization.tokenizer import Tokenizer

    if lexicon is None:
        return None, level or "raw"
    if lexicon.meta.byte_fallback:  # its words may hold marks: it uses nothing that a level gives
        return configured(Tokenizer, lexicon, new_words=new_words), level or "raw"
    if level == "raw":
        raise UsageError("a lexicon is made with marks of punctuation as tokens; --level raw goes with --predicted")
    tokenizer = configured(Tokenizer, lexicon, alnum=ALNUM_OF.get(level or ""), new_words=new_words)
    return tokenizer, LEVEL_OF[tokenizer.alnum]


def _setting(raw: list[str], training: Iterable[str] | None) -> Values:
    from ..evaluation import training_overlap

    if training is None:
        return {"name": "not stated", "overlap": None}
    overlap = training_overlap(raw, training)
    name = "transductive" if overlap >= SAME else "external" if overlap <= OTHER else "mixed"
    return {"name": name, "overlap": overlap}


def _model_bits(tokenizer: Tokenizer, raw: list[str], scores: Evaluation) -> Values:
    from ..evaluation import bits_per_character

    assert scores.breakdown is not None
    return {"model_bits": bits_per_character(tokenizer, raw, scores.breakdown.characters)}


def _lexicon_scores(lexicon: Lexicon, gold: list[str], raw: list[str], lists: dict[str, set[str]]) -> Values:
    from ..evaluation import lexicon_precision, lexicon_recall, occurring, word_types

    lists = {"gold standard": word_types(gold), **lists}
    there = occurring(set().union(*lists.values()), raw)
    return {
        name: {
            "words": len(listed & there),
            "precision": lexicon_precision(lexicon, listed),
            "recall": lexicon_recall(lexicon, listed & there),
        }
        for name, listed in lists.items()
    }


def _text(scores: Evaluation, values: Values, vocabulary: str) -> str:
    """The scores for people; `vocabulary` says in which words gold words are known."""
    table = _main_table(scores, values, vocabulary)
    lines = [*_header(scores, values), "", *table, *_details(scores, values)]
    return "".join(line.rstrip() + "\n" for line in lines)


def _header(scores: Evaluation, values: Values) -> Iterator[str]:
    from ..evaluation import LEVELS

    overlap = values["setting"]["overlap"]
    share = "--trained-on TEXT tells it" if overlap is None else f"{overlap:.1%} of this text is in the training text"
    yield f"level    {scores.level}: {LEVELS[scores.level]}"
    yield f"setting  {values['setting']['name']}: {share}"
    words = scores.words
    yield f"text     {scores.lines:,} lines, {words.gold:,} gold words, {words.predicted:,} predicted words"


def _main_table(scores: Evaluation, values: Values, vocabulary: str) -> Iterator[str]:
    interval = "   95 % interval of F1" if scores.intervals else ""
    yield f"{'':<22}precision  recall      F1{interval}"
    for name, prefix in (("words", ""), ("unaided words", "unaided_"), ("boundaries", "boundary_")):
        numbers = [values[prefix + ratio] for ratio in ("precision", "recall", "f1")]
        low, high = scores.intervals.get(prefix + "f1", (None, None))
        interval = "" if low is None else f"   {low:.4f} to {high:.4f}"
        yield f"{name:<22}   {'  '.join(map(_number, numbers))}{interval}"
    if scores.level != "raw":
        yield f"{'at most, at this level':<39}{scores.ceiling:.4f}"
    for where, counts, ratio in (("not in", scores.unknown, "oov_recall"), ("in", scores.known, "iv_recall")):
        if counts is not None and counts.gold:
            low, high = scores.intervals.get(ratio, (None, None))
            interval = "" if low is None else f"   {low:.4f} to {high:.4f} (of recall)"
            share = f"{counts.gold / scores.unaided.gold:.1%}"
            yield f"{f'{where} the {vocabulary}':<22}{share:>9}  {counts.recall:.4f}{'':8}{interval}"


def _details(scores: Evaluation, values: Values) -> Iterator[str]:
    if scores.breakdown is not None:
        yield from _breakdown(scores.breakdown, values["breakdown"]["information"])
    for name, against in values.get("lexicon", {}).items():
        yield ""
        yield f"the lexicon's words against {name} ({against['words']:,} of whose words occur in the text)"
        yield f"{'':<22}precision  recall"
        for size, precision in against["precision"].items():
            yield f"  {f'first {size:,}':<23}{_number(precision)}  {_number(against['recall'].get(size))}"


def _breakdown(details: Breakdown, information: Values) -> Iterator[str]:
    for title, rows in (("characters", details.by_length), ("times in the gold text", details.by_frequency)):
        yield ""
        yield f"{title:<24}gold words  precision  recall      F1"
        for name, counts in rows.items():
            yield f"  {name:<22}{counts.gold:>10,}   {'  '.join(map(_number, _ratios(counts)))}"
    yield ""
    yield f"{'errors':<24}gold words  predicted   most frequent"
    for kind, counts in details.kinds.items():
        shown = ", ".join(f"{gold} → {cut} ({n:,})" for gold, cut, n in details.examples[kind][:3])
        yield f"  {kind:<22}{counts.gold:>10,} {counts.predicted:>10,}   {shown}"
    yield ""
    share = details.stuck / details.wrong if details.wrong else 0.0
    yield f"function words stuck to a neighbour: in {details.stuck:,} of {details.wrong:,} wrong words ({share:.1%})"
    yield "  " + "  ".join(f"{w.word} {w.stuck / w.count:.0%}" for w in details.function_words)
    yield ""
    yield "information (nats a character)   as characters  as predicted words  as gold words"
    numbers = (information[name] for name in ("characters", "predicted", "gold"))
    yield "{:>46.4f}{:>20.4f}{:>15.4f}".format(*numbers)
    if "model_bits" in information:
        yield f"unigram model of the lexicon: {information['model_bits']:.4f} bits a character"


def _ratios(counts: Agreement) -> tuple[float | None, ...]:
    values = counts.precision, counts.recall, counts.f1
    return tuple(None if value != value else value for value in values)  # NaN is not itself


def _number(value: float | None) -> str:
    return "     –" if value is None else f"{value:.4f}"
