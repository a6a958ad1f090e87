"""The commands that use a lexicon: ``tokenize`` and ``evaluate``.  Private to the package.

One function adds the parser of a command, one runs it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ._cli import (
    ALNUM,
    Commands,
    UsageError,
    add_command,
    add_input,
    add_output,
    configured,
    corpus_of,
    first_columns,
    output,
)

if TYPE_CHECKING:
    from .evaluation import Evaluation
    from .tokenizer import Tokenizer

RATIOS = (
    "precision", "recall", "f1", "boundary_precision", "boundary_recall", "boundary_f1", "oov_recall", "iv_recall",
)  # fmt: skip


def add_tokenize(commands: Commands) -> None:
    parser = add_command(
        commands,
        "tokenize",
        run_tokenize,
        "Cut text into the words of a lexicon, a line of tokens for each line of text.",
        "  nlpzero tokenize novel.txt --lexicon words.tsv -o cut.txt\n"
        "  echo 滚滚长江东逝水 | nlpzero tokenize --lexicon words.tsv --separator '|'\n"
        "  nlpzero tokenize news.jsonl.gz --lexicon words.tsv --format json\n"
        "  nlpzero tokenize novel.txt --lexicon words.tsv --sample --alpha 0.3 --seed 7 -k 4",
    )
    add_input(parser, name="FILE", nargs="*")
    add_output(parser, "the tokens")
    parser.add_argument(
        "-l", "--lexicon", required=True, metavar="FILE", help="the words: of build-vocab, or 'word count'"
    )
    parser.add_argument(
        "--format", choices=("words", "json", "ids"), default="words",
        help="words with separators; a JSON list a line (joined, it is the line); numbers (0: not in the lexicon)",
    )  # fmt: skip
    parser.add_argument("--separator", default=" ", metavar="TEXT", help="between words (default: a space)")
    parser.add_argument("--alnum", choices=ALNUM, help="what digit and Latin runs are (default: as the lexicon says)")
    parser.add_argument("--sample", action="store_true", help="draw segmentations at random instead of the best one")
    parser.add_argument("--alpha", type=float, help="with --sample: 0 is uniform, large near the best (default: 0.2)")
    parser.add_argument("--seed", type=int, help="with --sample: same seed, same output")
    parser.add_argument("-k", type=int, metavar="N", help="with --sample: N draws for each line, in N lines")


def run_tokenize(arguments: argparse.Namespace) -> None:
    from .lattice import check_alpha, seed_of
    from .lexicon import Lexicon
    from .tokenizer import Tokenizer

    if not arguments.sample and (arguments.alpha, arguments.seed, arguments.k) != (None, None, None):
        raise UsageError("--alpha, --seed and -k go with --sample")
    if arguments.k is not None and arguments.k < 1:
        raise UsageError("-k must be 1 or more draws")
    arguments.alpha = 0.2 if arguments.alpha is None else arguments.alpha
    configured(check_alpha, arguments.alpha)
    arguments.seed = configured(seed_of, arguments.seed)  # one for all batches
    arguments.sources = arguments.sources or ["-"]
    tokenizer = configured(Tokenizer, Lexicon.load(arguments.lexicon), alnum=arguments.alnum)
    arguments.bytes = tokenizer.byte_fallback
    corpus = corpus_of(arguments)
    start = 0
    with output(arguments.output) as write:
        for texts in corpus.batches():
            rows = (
                _sampled(tokenizer, texts, arguments, start) if arguments.sample else _cut(tokenizer, texts, arguments)
            )
            write("".join(_line(row, arguments) for row in rows))
            start += len(texts)


def _cut(tokenizer: Tokenizer, texts: list[str], arguments: argparse.Namespace) -> Sequence[Sequence[Any]]:
    if arguments.format != "ids":
        return tokenizer.tokenize_batch(texts)
    ids, offsets = tokenizer.encode_batch(texts)
    return [ids[begin:end].tolist() for begin, end in pairwise(offsets.tolist())]


def _sampled(
    tokenizer: Tokenizer, texts: list[str], arguments: argparse.Namespace, start: int
) -> Sequence[Sequence[Any]]:
    """Draw for each text from its own stream, which depends on the seed and on its number in the whole input."""
    drawn = tokenizer.sample_batch(
        texts,
        alpha=arguments.alpha,
        seed=arguments.seed,
        k=arguments.k or 1,
        start=start,
        output="ids" if arguments.format == "ids" else "words",
    )
    return [row for rows in drawn for row in rows]


def _line(row: Sequence[Any], arguments: argparse.Namespace) -> str:
    if arguments.format == "ids":
        return " ".join(map(str, row)) + "\n"
    if arguments.format == "json":
        line = json.dumps(row, ensure_ascii=False)
        try:
            line.encode()
        except UnicodeEncodeError:  # a lone surrogate, which only an escape can carry
            line = json.dumps(row)
        return line + "\n"
    if "\n" in row:  # a line end inside a JSON text
        row = [token for token in row if token != "\n"]
    line = str(arguments.separator.join(row)) + "\n"
    if arguments.bytes and not line.isascii():  # parts of characters, which no text file can hold
        line = "".join(f"<0x{ord(c) - 0xDC00:02X}>" if "\udc80" <= c <= "\udcff" else c for c in line)
    return line


def add_evaluate(commands: Commands) -> None:
    parser = add_command(
        commands,
        "evaluate",
        run_evaluate,
        "Score a lexicon, or text that was cut before, against a gold standard (words separated by whitespace).",
        "  nlpzero evaluate gold.txt --lexicon words.tsv\n"
        "  nlpzero evaluate gold.txt --lexicon words.tsv --lexicon-precision --bootstrap 1000\n"
        "  nlpzero evaluate gold.txt --predicted cut.txt --train-words words.txt --json",
    )
    add_input(parser, name="GOLD", nargs="+")
    add_output(parser, "the scores")
    parser.add_argument("-l", "--lexicon", metavar="FILE", help="cut the gold text, less its spaces, with these words")
    parser.add_argument("--predicted", metavar="FILE", help="the gold text as cut by something else")
    parser.add_argument("--alnum", choices=ALNUM, help="what digit and Latin runs are (default: as the lexicon says)")
    parser.add_argument("--train-words", metavar="FILE", help="word list; also tell recall outside and inside of it")
    parser.add_argument("--lexicon-precision", action="store_true", help="which share of the lexicon are gold words")
    parser.add_argument("--bootstrap", type=int, default=0, metavar="N", help="95%% intervals from N resamples")
    parser.add_argument("--seed", type=int, default=0, help="of the resampling (default: 0)")
    parser.add_argument("--json", action="store_true", help="scores as JSON")


def run_evaluate(arguments: argparse.Namespace) -> None:
    from .evaluation import evaluate, lexicon_precision, without_spaces, word_types
    from .lexicon import Lexicon
    from .tokenizer import Tokenizer

    if arguments.lexicon is None and arguments.predicted is None:
        raise UsageError("say what to score: --lexicon or --predicted")
    if arguments.lexicon is None and arguments.lexicon_precision:
        raise UsageError("--lexicon-precision needs --lexicon")
    if arguments.bootstrap < 0 or arguments.seed < 0:
        raise UsageError("--bootstrap and --seed must be 0 or more")
    lexicon = None if arguments.lexicon is None else Lexicon.load(arguments.lexicon)
    train_words = None if arguments.train_words is None else first_columns(arguments.train_words)
    with output(arguments.output) as write:
        gold = list(corpus_of(arguments))
        predicted: Iterable[str | Sequence[str]] = ()
        if arguments.predicted is not None:
            predicted = corpus_of(arguments, arguments.predicted, progress=False)
        elif lexicon is not None:
            tokenizer = Tokenizer(lexicon, alnum=arguments.alnum)
            predicted = tokenizer.tokenize_batch([without_spaces(line) for line in gold])
        scores = evaluate(gold, predicted, train_words=train_words, bootstrap=arguments.bootstrap, seed=arguments.seed)
        precision = {}
        if lexicon is not None and arguments.lexicon_precision:
            precision = lexicon_precision(lexicon, word_types(gold))
        write(_scores_json(scores, precision) if arguments.json else _scores_text(scores, precision))


def _scores_json(scores: Evaluation, precision: dict[int, float]) -> str:
    values = scores.to_dict()
    if precision:
        values["lexicon_precision"] = {str(n): value for n, value in precision.items()}
    return json.dumps(values, ensure_ascii=False) + "\n"


def _scores_text(scores: Evaluation, precision: dict[int, float]) -> str:
    lines = [f"{scores.lines:,} lines, {scores.words.gold:,} gold words, {scores.words.predicted:,} predicted words"]
    values = scores.to_dict()
    for name in (
        "precision",
        "recall",
        "f1",
        "boundary_precision",
        "boundary_recall",
        "boundary_f1",
        "oov_recall",
        "iv_recall",
    ):
        if values[name] is not None:
            low, high = scores.intervals.get(name, (None, None))
            interval = "" if low is None else f"   {low:.4f} to {high:.4f}"
            lines.append(f"{name.replace('_', ' '):<20}{values[name]:.4f}{interval}")
    lines += [f"{f'lexicon precision at {n:,}':<30}{value:.4f}" for n, value in precision.items()]
    return "\n".join(lines) + "\n"
