"""Vocabularies for language models: the options and the work of ``build-vocab --method vocabulary``."""

from __future__ import annotations

import argparse
import os
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..corpus import Corpus
from .errors import UsageError
from .lexicon_output import open_lexicon
from .messages import plural, print_json_summary, print_message, shows_progress, verb
from .options import configure, open_corpus, option_name, split_numbers
from .output import open_output

if TYPE_CHECKING:
    from ..builders import VocabularyBuilder

__all__ = ["OPTIONS", "add_vocabulary_options", "run_vocabulary"]

OPTIONS = (
    "vocab_size", "unit", "byte_fallback", "ensure_unicode", "beginnings", "objective", "algorithm",
    "max_piece_length", "isolate_digits", "required", "specials", "split_at", "base", "add_pieces", "hold_out",
)  # fmt: skip
LABELS = {"learnt": "text that was learnt from", "held_out": "lines that were held out"}
SUMMARY = ("method", "objective", "characters", "tokens", "bytes_per_token", "entropy_before", "entropy_after")


def add_vocabulary_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the method."""
    group = parser.add_argument_group("vocabularies for language models (--method vocabulary)")
    group.add_argument("--vocab-size", metavar="N[,N...]", help="ids in all, with specials and 256 bytes; several "
                       "sizes give a file each, NAME.N.tsv for -o NAME.tsv (default: 20000)")  # fmt: skip
    group.add_argument("--objective", choices=("shortest", "unigram"), help="shortest: fewest tokens; unigram: fewest "
                       "bits (default: shortest)")  # fmt: skip
    group.add_argument("--algorithm", choices=("swap", "ngram-lm"), help="a search, or BytePiece's method "
                       "(default: swap)")  # fmt: skip
    group.add_argument("--unit", choices=("char", "byte"), help="units of the text (default: char)")
    group.add_argument("--no-byte-fallback", dest="byte_fallback", action="store_false", default=None,
                       help="no bytes: characters without a piece are unknown")  # fmt: skip
    group.add_argument("--no-ensure-unicode", dest="ensure_unicode", action="store_false", default=None,
                       help="byte units: pieces may be any bytes, also parts of characters")  # fmt: skip
    group.add_argument("--no-beginnings", dest="beginnings", action="store_false", default=None,
                       help="no piece is part of a character, as SentencePiece needs it")  # fmt: skip
    group.add_argument("--max-piece-length", type=int, metavar="N", help="longest piece, in characters (default: 16; "
                       "48 bytes if pieces may be any bytes)")  # fmt: skip
    group.add_argument("--isolate-digits", action="store_true", default=None, help="every digit is a token of its own")
    group.add_argument("--split-at", metavar="CHARS", help="no piece joins these characters to another character; "
                       "punctuation: all punctuation marks and symbols (default: none)")  # fmt: skip
    group.add_argument("--required", metavar="FILE", help="pieces that the vocabulary must have, one in each line "
                       "(default: none)")  # fmt: skip
    group.add_argument("--specials", metavar="A[,B...]", help="special tokens; they get the first ids, in this "
                       "order (default: none)")  # fmt: skip
    group.add_argument("--base", metavar="FILE", help="a tokenizer.json (Unigram or byte-level BPE) that pieces are "
                       "added to; the result is a tokenizer.json (default: none)")  # fmt: skip
    group.add_argument("--add-pieces", type=int, metavar="N", help="with --base: number of new pieces, in "
                       "place of --vocab-size (default: none)")  # fmt: skip
    group.add_argument("--hold-out", type=int, metavar="N", help="with --base: every N-th line is not learnt from, "
                       "and measures how many tokens are saved; 0: none (default: 10)")  # fmt: skip


def run_vocabulary(arguments: argparse.Namespace) -> None:
    """Build one vocabulary, or several of different sizes."""
    from ..builders import VocabularyBuilder

    options = _builder_options(arguments)
    _check_base_options(arguments)
    builder = configure(VocabularyBuilder, progress=shows_progress(arguments), **options)
    if arguments.base is not None:
        _extend(arguments, builder)
        return
    sizes = builder.sizes
    paths = {size: _path_of(arguments.output, size, several=len(sizes) > 1) for size in sizes}
    summaries = []
    with ExitStack() as stack:  # each file appears whole or not at all
        writers = {size: stack.enter_context(open_lexicon(path)) for size, path in paths.items()}
        for size, lexicon in builder.build_sizes(open_corpus(arguments)).items():
            writers[size](lexicon)
            meta = lexicon.meta
            shown = {name: getattr(meta, name) for name in SUMMARY}
            summaries.append({"vocab_size": size, "pieces": len(lexicon), **shown, "most_characters": builder.sample})
    for summary in summaries:
        _report(arguments, summary)
    _report_sample(arguments, builder)


def _check_base_options(arguments: argparse.Namespace) -> None:
    if arguments.base is None:
        for name in ("add_pieces", "hold_out"):
            if getattr(arguments, name) is not None:
                raise UsageError(f"{option_name(name)} needs --base, the vocabulary that pieces are added to.")
    elif (arguments.add_pieces is None) == (arguments.vocab_size is None):
        raise UsageError(
            "--base needs either --add-pieces, the number of new pieces, or --vocab-size, the number of all ids."
        )


def _extend(arguments: argparse.Namespace, builder: VocabularyBuilder) -> None:
    """Add pieces to the vocabulary of another model."""
    if arguments.output is None:
        raise UsageError("--base gives a tokenizer.json; name it with -o, such as -o extended/tokenizer.json.")
    with open_output(arguments.output) as write:
        vocabulary = builder.extend(open_corpus(arguments))
        write(vocabulary.to_json())
    texts = {"learnt": vocabulary.learnt, "held_out": vocabulary.held_out}
    if arguments.json:
        shown = {name: {**asdict(savings), "saved": savings.saved} for name, savings in texts.items()}
        summary = {"method": "vocabulary", "base_size": vocabulary.base_size, "added": len(vocabulary), **shown}
        print_json_summary(arguments, summary)
        return
    print_message(
        arguments,
        f"vocabulary: {plural(len(vocabulary), 'piece')} {verb(len(vocabulary), 'was', 'were')} added to the "
        f"{vocabulary.base_size:,} ids of {arguments.base}.",
    )
    for name, savings in texts.items():
        if savings.lines:
            print_message(
                arguments,
                f"{LABELS[name]}: {plural(savings.lines, 'line')}; {plural(savings.tokens_before, 'token')} before, "
                f"{savings.tokens_after:,} now, {savings.saved:.1%} fewer.",
            )
    _report_sample(arguments, builder)


def _report_sample(arguments: argparse.Namespace, builder: VocabularyBuilder) -> None:
    """Print how much text is learnt from, if a memory budget limits it."""
    if arguments.memory is not None and not arguments.json:
        print_message(
            arguments,
            f"with --memory {arguments.memory}, about {builder.sample:,} characters are learnt from, spread over the "
            "text.",
        )


def _builder_options(arguments: argparse.Namespace) -> dict[str, Any]:
    options = {name: getattr(arguments, name) for name in (*OPTIONS, "sample", "memory", "workers")}
    options = {name: value for name, value in options.items() if value is not None}
    if "vocab_size" in options:
        sizes = _parse_sizes(options["vocab_size"])
        options["vocab_size"] = sizes if len(sizes) > 1 else sizes[0]
    if "specials" in options:
        options["specials"] = options["specials"].split(",")
    if "required" in options:
        options["required"] = [line for line in Corpus(options["required"], format="text") if line]
    return options


def _parse_sizes(text: str) -> list[int]:
    sizes = split_numbers("--vocab-size", text, int)
    if len(set(sizes)) != len(sizes):
        raise UsageError(f"--vocab-size names a size twice in {text}; name each size once.")
    return sizes


def _path_of(path: str | None, size: int, *, several: bool) -> str | None:
    if not several:
        return path
    if path in (None, "-"):
        raise UsageError("several sizes give several files; name them with -o, such as -o vocab.tsv.")
    stem, suffix = os.path.splitext(str(path))
    return f"{stem}.{size}{suffix}"


def _report(arguments: argparse.Namespace, summary: dict[str, Any]) -> None:
    if arguments.json:
        print_json_summary(arguments, summary)
        return
    print_message(
        arguments,
        f"vocabulary: {summary['vocab_size']:,} ids, {summary['pieces']:,} of them pieces and bytes; the "
        f"{plural(summary['characters'], 'character')} that {verb(summary['characters'], 'was', 'were')} learnt from "
        f"{verb(summary['characters'], 'is', 'are')} {plural(summary['tokens'], 'token')} of "
        f"{summary['bytes_per_token']:.3f} bytes; average information {summary['entropy_before']:.4f} -> "
        f"{summary['entropy_after']:.4f} nats per character.",
    )
