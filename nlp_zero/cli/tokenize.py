"""The command that uses a lexicon: ``tokenize``.  Private to the package.

One function adds the parser of a command, one runs it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .._kernels.counting import ALNUM_MODES
from .common import (
    Commands,
    UsageError,
    add_command,
    add_input,
    add_new_words,
    add_output,
    configured,
    corpus_of,
    output,
)

if TYPE_CHECKING:
    from ..tokenization.tokenizer import Tokenizer


def add_tokenize(commands: Commands) -> None:
    parser = add_command(
        commands,
        "tokenize",
        run_tokenize,
        "Cut text into the words of a lexicon, a line of tokens for each line of text.",
        "  nlpzero tokenize novel.txt --lexicon words.tsv -o cut.txt\n"
        "  echo 滚滚长江东逝水 | nlpzero tokenize --lexicon words.tsv --separator '|'\n"
        "  nlpzero tokenize news.jsonl.gz --lexicon words.tsv --format json\n"
        "  nlpzero tokenize other.txt --lexicon words.tsv --new-words\n"
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
    what = "what digit and Latin runs are (default: as the lexicon says)"
    parser.add_argument("--alnum", choices=ALNUM_MODES, help=what)
    add_new_words(parser)
    parser.add_argument("--sample", action="store_true", help="draw segmentations at random instead of the best one")
    parser.add_argument("--alpha", type=float, help="with --sample: 0 is uniform, large near the best (default: 0.2)")
    parser.add_argument("--seed", type=int, help="with --sample: same seed, same output")
    parser.add_argument("-k", type=int, metavar="N", help="with --sample: N draws for each line, in N lines")


def run_tokenize(arguments: argparse.Namespace) -> None:
    from ..lexicon.lexicon import Lexicon
    from ..tokenization.sampling import check_alpha, seed_of
    from ..tokenization.tokenizer import Tokenizer

    if not arguments.sample and (arguments.alpha, arguments.seed, arguments.k) != (None, None, None):
        raise UsageError("--alpha, --seed and -k go with --sample")
    if arguments.k is not None and arguments.k < 1:
        raise UsageError("-k must be 1 or more draws")
    if arguments.sample and arguments.new_words:
        raise UsageError("--sample draws words of the lexicon; --new-words goes without it")
    arguments.alpha = 0.2 if arguments.alpha is None else arguments.alpha
    configured(check_alpha, arguments.alpha)
    arguments.seed = configured(seed_of, arguments.seed)  # one for all batches
    arguments.sources = arguments.sources or ["-"]
    tokenizer = configured(
        Tokenizer, Lexicon.load(arguments.lexicon), alnum=arguments.alnum, new_words=arguments.new_words
    )
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
    options = {"alpha": arguments.alpha, "seed": arguments.seed, "index": start, "k": arguments.k or 1}
    if arguments.format != "ids":
        return tokenizer.sample_batch(texts, **options)
    ids, offsets = tokenizer.sample_ids_batch(texts, **options)
    return [ids[begin:end].tolist() for begin, end in pairwise(offsets.tolist())]


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
