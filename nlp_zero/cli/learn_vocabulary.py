"""``build-vocab --method vocabulary``: its options and what it does.  Private to the package."""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import ExitStack
from typing import Any

from ..corpus.corpus import Corpus
from .common import UsageError, configured, corpus_of, output, say

OPTIONS = (
    "vocab_size", "unit", "byte_fallback", "ensure_unicode", "beginnings", "objective", "algorithm",
    "max_piece_length", "isolate_digits", "required", "specials",
)  # fmt: skip
SHOWN = ("method", "objective", "characters", "tokens", "bytes_per_token", "entropy_before", "entropy_after")


def add_vocabulary_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("vocabularies for language models (--method vocabulary)")
    group.add_argument("--vocab-size", metavar="N[,N...]", help="ids altogether, specials and 256 bytes too (default: "
                       "20000); several sizes give a file each, NAME.N.tsv for -o NAME.tsv")  # fmt: skip
    group.add_argument("--objective", choices=("shortest", "unigram"), help="fewest tokens (default) or fewest bits")
    group.add_argument("--algorithm", choices=("swap", "ngram-lm"), help="search (default), or BytePiece's method")
    group.add_argument("--unit", choices=("char", "byte"), help="what text is made of (default: char)")
    group.add_argument("--no-byte-fallback", dest="byte_fallback", action="store_false", default=None,
                       help="no bytes: characters without a piece are unknown")  # fmt: skip
    group.add_argument("--no-ensure-unicode", dest="ensure_unicode", action="store_false", default=None,
                       help="byte units: pieces may be any bytes, not only characters")  # fmt: skip
    group.add_argument("--no-beginnings", dest="beginnings", action="store_false", default=None,
                       help="no piece is part of a character: for SentencePiece, which cannot hold such")  # fmt: skip
    group.add_argument("--max-piece-length", type=int, metavar="N", help="longest piece, in characters (default: 16)")
    group.add_argument("--isolate-digits", action="store_true", default=None, help="every digit is a token of its own")
    group.add_argument("--required", metavar="FILE", help="pieces that the vocabulary must hold, one a line")
    group.add_argument("--specials", metavar="A[,B...]", help="special tokens; they take the first ids, in this order")


def run_vocabulary(arguments: argparse.Namespace) -> None:
    from ..builders import VocabularyBuilder

    options = _options(arguments)
    builder = configured(VocabularyBuilder, progress=not arguments.quiet and sys.stderr.isatty(), **options)
    sizes = builder.sizes
    paths = {size: _path(arguments.output, size, several=builder.several) for size in sizes}
    summaries = []
    with ExitStack() as stack:  # every file appears whole or not at all
        writers = {size: stack.enter_context(output(path)) for size, path in paths.items()}
        built = builder.build(corpus_of(arguments))
        for size, lexicon in (built if isinstance(built, dict) else {sizes[0]: built}).items():
            writers[size]("".join(lexicon.lines()))
            meta = lexicon.meta
            shown = {name: getattr(meta, name) for name in SHOWN}
            summaries.append({"vocab_size": size, "pieces": len(lexicon), **shown})
    for summary in summaries:
        _report(arguments, summary)


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    options = {name: getattr(arguments, name) for name in (*OPTIONS, "sample")}
    options = {name: value for name, value in options.items() if value is not None}
    if "vocab_size" in options:
        sizes = _sizes(options["vocab_size"])
        options["vocab_size"] = sizes if len(sizes) > 1 else sizes[0]
    if "specials" in options:
        options["specials"] = options["specials"].split(",")
    if "required" in options:
        options["required"] = [line for line in Corpus(options["required"], encoding="utf-8-sig") if line]
    return options


def _sizes(text: str) -> list[int]:
    try:
        sizes = [int(part.replace("_", "")) for part in text.split(",")]
    except ValueError:
        raise UsageError(f"--vocab-size needs whole numbers such as 20000 or 8000,20000, not {text!r}") from None
    if len(set(sizes)) != len(sizes):
        raise UsageError(f"--vocab-size names a size twice: {text}")
    return sizes


def _path(path: str | None, size: int, *, several: bool) -> str | None:
    if not several:
        return path
    if path in (None, "-"):
        raise UsageError("several sizes make several files; name them with -o, such as -o vocab.tsv")
    stem, suffix = os.path.splitext(str(path))
    return f"{stem}.{size}{suffix}"


def _report(arguments: argparse.Namespace, summary: dict[str, Any]) -> None:
    if arguments.json:
        to_file = arguments.output not in (None, "-")
        print(json.dumps(summary, ensure_ascii=False), file=sys.stdout if to_file else sys.stderr)
        return
    say(
        arguments,
        f"vocabulary: {summary['vocab_size']:,} ids, {summary['pieces']:,} of them pieces and bytes; the text's "
        f"{summary['characters']:,} characters are {summary['tokens']:,} tokens of "
        f"{summary['bytes_per_token']:.3f} bytes; average information {summary['entropy_before']:.4f} -> "
        f"{summary['entropy_after']:.4f} nats per character",
    )
