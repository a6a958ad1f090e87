"""The command `build-vocab`: learn the words of raw text, or a vocabulary for language models."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from .._kernels.counting import ALNUM_MODES
from ..corpus import restartable
from ..lexicon.formats.tsv import blocks
from .errors import UsageError
from .interrupts import resumable
from .messages import print_json_summary, print_message, shows_progress
from .options import (
    Commands,
    add_command,
    add_input,
    add_output,
    add_resources,
    check_least,
    configure,
    open_corpus,
    option_name,
    read_word_list,
)
from .output import open_output
from .vocabulary_options import OPTIONS as VOCABULARY_OPTIONS
from .vocabulary_options import add_vocabulary_options, run_vocabulary

if TYPE_CHECKING:
    from ..builders.phrases import PhraseBuilder
    from ..corpus import Corpus
    from ..lexicon.lexicon import Lexicon

__all__ = ["add_build_vocab"]

RESOURCES = ("memory", "temp_dir", "workers", "checkpoint")
# Method -> the name of its builder, and the options that it has.
METHODS = {
    "pmi": ("PmiLexiconBuilder", {"order", "min_pmi", "min_count", "max_length", "deduplicate", *RESOURCES}),
    "entropy": ("EntropyLexiconBuilder", {"min_count", "max_length", *RESOURCES}),
    "bayes": ("BayesLexiconBuilder", {"max_length", "seed", "sample", "time_limit", "workers", "checkpoint"}),
    "vocabulary": ("VocabularyBuilder", {*VOCABULARY_OPTIONS, "sample"}),
}
CLUSTER_METHODS = ("pmi", "entropy")
CLUSTER_RESOURCES = {"memory", "temp_dir", "checkpoint"}  # managed by the cluster instead
WORD_OPTIONS = (  # of all methods but vocabulary
    "examples", "known_words", "alnum", "discovered", "phrases", "phrase_rounds", "known", "top",
)  # fmt: skip


def add_build_vocab(commands: Commands) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands,
        "build-vocab",
        run_build_vocab,
        "Learn the words of raw text, ranked and scored: a lexicon that people can read and `tokenize` can use.",
        "  nlpzero build-vocab novel.txt -o words.tsv\n"
        "  nlpzero build-vocab news/ --method entropy --top 20000 -o words.tsv\n"
        "  nlpzero build-vocab reviews.jsonl.gz --field body --known dict.txt -o new-words.tsv\n"
        "  nlpzero build-vocab novel.txt --method bayes --examples cut.txt -o words.tsv\n"
        "  nlpzero build-vocab news/ --method vocabulary --vocab-size 8000,20000 -o vocab.tsv\n"
        "  zcat big.gz | nlpzero build-vocab - --min-count 20 --min-pmi 0,2,4,6 > words.tsv",
    )
    add_input(parser)
    add_output(parser, "the lexicon")
    _add_method_options(parser)
    add_resources(parser)
    parser.add_argument(
        "--scheduler", metavar="ADDRESS",
        help="pmi, entropy: work on this Dask cluster (tcp://host:8786), or on --workers local processes (local)",
    )  # fmt: skip
    _add_teaching_options(parser)
    _add_word_options(parser)
    parser.add_argument("--json", action="store_true", help="the summary as JSON (on stdout if -o is given)")
    add_vocabulary_options(parser)


def _add_method_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--method", choices=list(METHODS), default="pmi", help="how to find words (default: pmi)")
    parser.add_argument("--min-count", type=int, metavar="N", help="drop words that occur fewer times")
    parser.add_argument("--min-pmi", metavar="X[,X...]", help="pmi: least PMI in nats, one or one for each length")
    parser.add_argument("--order", type=int, help="pmi: longest n-gram that is counted")
    parser.add_argument("--max-length", type=int, metavar="N", help="longest word, in characters")
    parser.add_argument(
        "--deduplicate", action="store_true", default=None, help="pmi: drop words that are made of shorter ones"
    )
    parser.add_argument("--seed", type=int, help="bayes: the same seed gives the same words (default: 0)")
    parser.add_argument(
        "--sample", type=int, metavar="N", help="bayes, vocabulary: learn from N characters spread over the corpus"
    )
    parser.add_argument("--time-limit", type=float, metavar="SECONDS", help="bayes: stop sampling after this time")


def _add_teaching_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("teaching (pmi, entropy, bayes)")
    group.add_argument(
        "--examples", metavar="FILE",
        help="lines cut by hand: spaces are cuts, { } enclose what is left open; the text is cut in their convention",
    )  # fmt: skip
    group.add_argument(
        "--known-words", nargs="+", action="extend", default=[], metavar="DICT", help="word lists that help --examples"
    )


def _add_word_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--alnum", choices=ALNUM_MODES, help="how digits and Latin letters are read (default: token)")
    parser.add_argument("--discovered", metavar="FILE", help="also write the words that hold together best")
    parser.add_argument("--phrases", action="store_true", help="also merge neighbouring words into phrases")
    parser.add_argument("--phrase-rounds", type=int, metavar="N", help="with --phrases: stop after N rounds of merging")
    parser.add_argument(
        "--known", nargs="+", action="extend", default=[], metavar="DICT",
        help="keep only words (of two or more characters) that these word lists lack",
    )  # fmt: skip
    parser.add_argument("--top", type=int, metavar="N", help="keep the N most frequent words of two or more characters")


def run_build_vocab(arguments: argparse.Namespace) -> None:
    """Run the command."""
    from .. import builders

    check_least(arguments, 1, "top")
    class_name, options = _builder_options(arguments)
    if arguments.method == "vocabulary":
        _refuse_word_options(arguments)
        run_vocabulary(arguments)
        return
    builder = configure(getattr(builders, class_name), **options)
    teaching = _read_teaching(arguments)
    phrases = _phrase_builder(arguments)
    known = set().union(*map(read_word_list, arguments.known))
    listing = nullcontext() if arguments.discovered is None else open_output(arguments.discovered)
    with resumable(arguments), open_output(arguments.output) as write, listing as write_listing:
        corpus, lexicon = _learn(arguments, builder, teaching)
        if write_listing is not None:
            write_listing("".join(builders.select_discovered(lexicon).without(known).lines()))
        if phrases is not None:
            lexicon = phrases.build(corpus, lexicon)
        summary = _summarize(lexicon)
        lexicon = _select(lexicon, known, arguments.top)
        summary["words"] = len(lexicon)
        for block in blocks(lexicon, workers=arguments.workers or 1):
            write(block)
    _report(arguments, summary)


def _read_teaching(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what the builder is taught: options of its method `build`."""
    if arguments.examples is None:
        if arguments.known_words:
            raise UsageError("--known-words helps to learn from --examples, and there are none; give --examples too.")
        return {}
    if arguments.scheduler is not None:
        raise UsageError("--examples does not run on a cluster; leave out --scheduler.")
    from ..builders.teaching import parse_examples

    lines = parse_examples(open_corpus(arguments, arguments.examples, progress=False), name=arguments.examples)
    words = sorted(set().union(*map(read_word_list, arguments.known_words)))
    return {"examples": lines, "known_words": words or None}


def _learn(
    arguments: argparse.Namespace, builder: Any, teaching: dict[str, Any]
) -> tuple[Corpus | Iterable[str], Lexicon]:
    """Return the corpus, in a form that can be read again, and its lexicon."""
    corpus = open_corpus(arguments)
    if arguments.scheduler is None:
        texts = restartable(corpus)
        return texts, builder.build(texts, **teaching)
    from ..distributed import build_vocab

    return corpus, build_vocab(corpus, builder, client=arguments.scheduler, workers=arguments.workers)


def _select(lexicon: Lexicon, known: set[str], top: int | None) -> Lexicon:
    """Return the lexicon without known words, and with the most frequent longer words only."""
    if known:
        lexicon = lexicon.without(known)
    if top is not None:
        chosen = set(lexicon.top(top))
        lexicon = lexicon.keep(len(word) == 1 or word in chosen for word in lexicon)
    return lexicon


def _phrase_builder(arguments: argparse.Namespace) -> PhraseBuilder | None:
    from ..builders.phrases import PhraseBuilder

    if not arguments.phrases:
        if arguments.phrase_rounds is not None:
            raise UsageError("--phrase-rounds needs --phrases.")
        return None
    limit = {} if arguments.phrase_rounds is None else {"max_rounds": arguments.phrase_rounds}
    return configure(PhraseBuilder, **limit)


def _builder_options(arguments: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Return the name of the builder and its options, and refuse options that it does not have."""
    class_name, allowed = METHODS[arguments.method]
    if arguments.scheduler is not None:
        if arguments.method not in CLUSTER_METHODS:
            raise UsageError(f"--method {arguments.method} does not run on a cluster; leave out --scheduler.")
        allowed = allowed - CLUSTER_RESOURCES
    options: dict[str, Any] = {"alnum": arguments.alnum or "token"}
    if arguments.method == "bayes":  # Ctrl-C ends sampling; the words so far are written, or a checkpoint is kept
        options |= {"progress": shows_progress(arguments), "keep_on_interrupt": arguments.checkpoint is None}
    for name in sorted(set().union(*(names for _, names in METHODS.values()))):
        value = getattr(arguments, name)
        if value is None:
            continue
        if name not in allowed:
            where = f"--method {arguments.method}" + (" on a cluster" if arguments.scheduler is not None else "")
            raise UsageError(f"{option_name(name)} is not an option of {where}; leave it out.")
        options[name] = _parse_numbers(value) if name == "min_pmi" else value
    return class_name, options


def _refuse_word_options(arguments: argparse.Namespace) -> None:
    """Refuse options for words, where a vocabulary of pieces is built."""
    for name in WORD_OPTIONS:
        if getattr(arguments, name):
            raise UsageError(f"{option_name(name)} is not an option of --method vocabulary; leave it out.")


def _parse_numbers(text: str) -> float | list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f"--min-pmi must be numbers such as 1.5 or 0,2,4,6, not {text!r}.") from None
    return values if len(values) > 1 else values[0]


def _summarize(lexicon: Lexicon) -> dict[str, Any]:
    names = ("method", "characters", "tokens", "entropy_before", "entropy_after")
    return {**{name: getattr(lexicon.meta, name) for name in names}, "phrases": len(lexicon.parts)}


def _report(arguments: argparse.Namespace, summary: dict[str, Any]) -> None:
    if arguments.json:
        print_json_summary(arguments, summary)
        return
    phrases = f", {summary['phrases']:,} phrases" if arguments.phrases else ""
    print_message(
        arguments,
        f"{summary['method']}: {summary['words']:,} words{phrases}; the {summary['characters']:,} characters of the "
        f"text are {summary['tokens']:,} tokens; average information {summary['entropy_before']:.4f} -> "
        f"{summary['entropy_after']:.4f} nats per character.",
    )
