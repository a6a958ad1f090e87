"""The commands that learn from text: ``count`` and ``build-vocab``.  Private to the package.

One function adds the parser of a command, one runs it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from .._kernels.counting import ALNUM_MODES
from ..corpus.corpus import require_text, restartable
from ..lexicon.formats.tsv import blocks
from .common import (
    Commands,
    UsageError,
    add_command,
    add_input,
    add_output,
    add_resources,
    check_folder,
    configured,
    corpus_of,
    first_columns,
    output,
    resumable,
    say,
)
from .learn_vocabulary import OPTIONS as VOCABULARY_OPTIONS
from .learn_vocabulary import add_vocabulary_options, run_vocabulary

if TYPE_CHECKING:
    from ..builders.phrases import PhraseBuilder
    from ..corpus.corpus import Corpus
    from ..counting.counts import NgramCounts
    from ..lexicon.lexicon import Lexicon

RESOURCES = ("memory", "temp_dir", "workers", "checkpoint")
# The options that each method has; its builder's name.
METHODS = {
    "pmi": ("PmiLexiconBuilder", {"order", "min_pmi", "min_count", "max_length", "deduplicate", *RESOURCES}),
    "entropy": ("EntropyLexiconBuilder", {"min_count", "max_length", *RESOURCES}),
    "bayes": ("BayesLexiconBuilder", {"max_length", "seed", "sample", "time_limit", "workers", "checkpoint"}),
    "vocabulary": ("VocabularyBuilder", {*VOCABULARY_OPTIONS, "sample"}),
}


def add_count(commands: Commands) -> None:
    parser = add_command(
        commands,
        "count",
        run_count,
        "Count all n-grams of a corpus, exactly; look counts up, list the most frequent, merge counts.",
        "  nlpzero count novel.txt -o counts            count n-grams of 1 to 4 characters\n"
        "  nlpzero count novel.txt --query 曹操 刘备    how often?\n"
        "  nlpzero count big/ -o counts --memory 2G --workers 8 --checkpoint work\n"
        "  nlpzero count new/ --add counts              the same as if new/ had been counted with the rest\n"
        "  nlpzero count --merge part1 part2 -o all     add up counts of parts\n"
        "  nlpzero count --merge all --top 20           the 20 most frequent of each order",
    )
    add_input(parser, nargs="*")
    parser.add_argument("-o", "--output", metavar="FOLDER", help="save the counts here")
    parser.add_argument("--order", type=int, default=4, help="longest n-gram, 1 to 8 (default: 4)")
    parser.add_argument("--unit", choices=("char", "byte"), default="char", help="what an n-gram is made of")
    parser.add_argument("--alnum", choices=ALNUM_MODES, default="token", help="what digit and Latin runs are")
    parser.add_argument("--min-count", type=int, default=1, metavar="N", help="drop n-grams that are rarer")
    parser.add_argument("--merge", nargs="+", action="extend", default=[], metavar="FOLDER", help="add saved counts")
    parser.add_argument("--add", metavar="FOLDER", help="add the corpus to these counts, with their options")
    parser.add_argument("--query", nargs="+", action="extend", default=[], metavar="WORD", help="print their counts")
    parser.add_argument("--top", type=int, metavar="N", help="print the N most frequent n-grams of each order")
    parser.add_argument("--export", metavar="FILE", help="write a table as Parquet, or Arrow if it ends in .arrow")
    add_resources(parser)
    parser.set_defaults(workers=1)


def run_count(arguments: argparse.Namespace) -> None:
    if not arguments.sources and not arguments.merge:
        raise UsageError("nothing to count; name a corpus, or counts with --merge")
    results = (arguments.output, arguments.add, arguments.export, arguments.top, arguments.query or None)
    if all(result is None for result in results):
        raise UsageError("say what to do with the counts: -o, --add, --export, --query or --top")
    if arguments.min_count < 1 or (arguments.top is not None and arguments.top < 1):
        raise UsageError("--min-count and --top must be 1 or more")
    if arguments.export is not None and not arguments.export.endswith((".parquet", ".arrow")):
        raise UsageError("the name given to --export must end in .parquet or .arrow")
    if arguments.checkpoint is not None and not arguments.sources:
        raise UsageError("--checkpoint goes with a corpus")
    folder = arguments.output if arguments.output is not None else arguments.add
    if folder is not None:
        check_folder(folder)
    with resumable(arguments):
        counts = _counts(arguments, folder)
        sizes = ", ".join(f"{counts.types(n):,} of order {n}" for n in range(1, counts.order + 1))
        say(arguments, f"{counts.total(1):,} {counts.unit}s counted; distinct n-grams: {sizes}")
        if arguments.export is not None:
            counts.export(arguments.export)
        rows = [(word, counts[word]) for word in arguments.query]
        if arguments.top is not None:
            rows += _most_frequent(counts, arguments.top)
        with output(None) as write:
            write("".join(f"{_shown(word)}\t{count}\n" for word, count in rows))


def _counts(arguments: argparse.Namespace, folder: str | None) -> NgramCounts:
    """What was asked for, pruned, and saved where a folder is given."""
    from ..counting.counter import NgramCounter
    from ..counting.counts import NgramCounts

    saved = [NgramCounts.load(name) for name in [*arguments.merge, *filter(None, [arguments.add])]]
    resources = {name: getattr(arguments, name) for name in ("memory", "temp_dir", "workers")}
    if not arguments.sources:
        if len(saved) > 1:
            return saved[0].merge(*saved[1:], min_count=arguments.min_count, folder=folder, **resources)
        counts = saved[0].prune(arguments.min_count)
        if folder is not None:
            counts.save(folder)
        return counts
    options = {name: getattr(arguments, name) for name in ("order", "unit", "alnum")}
    if arguments.add is not None:
        options = {name: getattr(saved[-1], name) for name in options}
    counter = configured(NgramCounter, **options, **resources, checkpoint=arguments.checkpoint)
    corpus = corpus_of(arguments)
    counter.update(corpus)
    require_text(counter.positions, corpus)
    if not saved:
        return counter.freeze(min_count=arguments.min_count, folder=folder)
    counts = counter.freeze()
    return counts.merge(*saved, min_count=arguments.min_count, folder=folder, **resources)


def _most_frequent(counts: NgramCounts, top: int) -> Iterable[tuple[str | bytes, int]]:
    """The most frequent n-grams of each order; ties in the order of their text."""
    import numpy as np

    for n in range(1, counts.order + 1):
        numbers = counts.levels[n - 1][1].astype(np.int64)
        best = np.argsort(-numbers, kind="stable")[:top]
        yield from zip(counts.texts(n, best), numbers[best].tolist(), strict=True)


def _shown(word: str | bytes) -> str:
    return word if isinstance(word, str) else word.decode("utf-8", "backslashreplace")


def add_build_vocab(commands: Commands) -> None:
    parser = add_command(
        commands,
        "build-vocab",
        run_build_vocab,
        "Learn the words of raw text, ranked and scored: a lexicon that people can read and `tokenize` can use.",
        "  nlpzero build-vocab novel.txt -o words.tsv\n"
        "  nlpzero build-vocab news/ --method entropy --top 20000 -o words.tsv\n"
        "  nlpzero build-vocab reviews.jsonl.gz --field body --known dict.txt -o new-words.tsv\n"
        "  nlpzero build-vocab news/ --method vocabulary --vocab-size 8000,20000 -o vocab.tsv\n"
        "  zcat big.gz | nlpzero build-vocab - --min-count 20 --min-pmi 0,2,4,6 > words.tsv",
    )
    add_input(parser)
    add_output(parser, "the lexicon")
    parser.add_argument("--method", choices=list(METHODS), default="pmi", help="how to find words (default: pmi)")
    parser.add_argument("--min-count", type=int, metavar="N", help="leave out rarer words")
    parser.add_argument("--min-pmi", metavar="X[,X...]", help="pmi: least PMI in nats, one or one for each length")
    parser.add_argument("--order", type=int, help="pmi: longest n-gram that is counted")
    parser.add_argument("--max-length", type=int, metavar="N", help="longest word, in characters")
    parser.add_argument("--deduplicate", action="store_true", default=None, help="pmi: drop words that others explain")
    parser.add_argument("--seed", type=int, help="bayes: same seed, same words (default: 0)")
    parser.add_argument(
        "--sample", type=int, metavar="N", help="bayes, vocabulary: learn on N characters spread over the corpus"
    )
    parser.add_argument("--time-limit", type=float, metavar="SECONDS", help="bayes: stop sampling after so long")
    add_resources(parser)
    parser.add_argument(
        "--scheduler", metavar="ADDRESS",
        help="pmi, entropy: work on this Dask cluster (tcp://host:8786), or on --workers local processes (local)",
    )  # fmt: skip
    parser.add_argument("--alnum", choices=ALNUM_MODES, help="what digit and Latin runs are (default: token)")
    parser.add_argument("--discovered", metavar="FILE", help="also write the words that stand firmly by themselves")
    parser.add_argument("--phrases", action="store_true", help="also merge neighbouring words into phrases")
    parser.add_argument("--phrase-rounds", type=int, metavar="N", help="with --phrases: stop after N rounds of merging")
    parser.add_argument(
        "--known", nargs="+", action="extend", default=[], metavar="DICT",
        help="keep only words (of two or more characters) that these word lists lack",
    )  # fmt: skip
    parser.add_argument("--top", type=int, metavar="N", help="keep the N most frequent words of two or more characters")
    parser.add_argument("--json", action="store_true", help="the summary as JSON (on stdout if -o is given)")
    add_vocabulary_options(parser)


def run_build_vocab(arguments: argparse.Namespace) -> None:
    from .. import builders

    if arguments.top is not None and arguments.top < 1:
        raise UsageError("--top must be 1 or more words")
    class_name, options = _builder_options(arguments)
    if arguments.method == "vocabulary":
        _refuse_word_options(arguments)
        run_vocabulary(arguments)
        return
    builder = configured(getattr(builders, class_name), **options)
    phrases = _phrase_builder(arguments)
    known = set().union(*map(first_columns, arguments.known))
    listing = nullcontext() if arguments.discovered is None else output(arguments.discovered)
    with resumable(arguments), output(arguments.output) as write, listing as write_listing:
        corpus, lexicon = _learnt(arguments, builder)
        if write_listing is not None:
            write_listing("".join(builders.discovered(lexicon).without(known).lines()))
        if phrases is not None:
            lexicon = phrases.build(corpus, lexicon)
        summary = _summary(lexicon)
        if arguments.known:
            lexicon = lexicon.without(known)
        if arguments.top is not None:
            chosen = set(lexicon.top(arguments.top))
            lexicon = lexicon.keep(len(word) == 1 or word in chosen for word in lexicon)
        summary["words"] = len(lexicon)
        for block in blocks(lexicon, workers=arguments.workers or 1):
            write(block)
    _report_build(arguments, summary)


def _learnt(arguments: argparse.Namespace, builder: Any) -> tuple[Corpus | Iterable[str], Lexicon]:
    corpus = corpus_of(arguments)
    if arguments.scheduler is None:
        texts = restartable(corpus)
        return texts, builder.build(texts)
    from ..distributed import build_vocab

    return corpus, build_vocab(corpus, builder, client=arguments.scheduler, workers=arguments.workers)


def _phrase_builder(arguments: argparse.Namespace) -> PhraseBuilder | None:
    from ..builders.phrases import PhraseBuilder

    if not arguments.phrases:
        if arguments.phrase_rounds is not None:
            raise UsageError("--phrase-rounds goes with --phrases")
        return None
    limit = {} if arguments.phrase_rounds is None else {"max_rounds": arguments.phrase_rounds}
    return configured(PhraseBuilder, **limit)


def _builder_options(arguments: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    class_name, allowed = METHODS[arguments.method]
    if arguments.scheduler is not None:
        if arguments.method not in ("pmi", "entropy"):
            raise UsageError(f"--method {arguments.method} does not run on a cluster; leave out --scheduler")
        allowed = allowed - {"memory", "temp_dir", "checkpoint"}  # the cluster sees to that
    options: dict[str, Any] = {"alnum": arguments.alnum or "token"}
    if arguments.method == "bayes":  # Ctrl-C ends sampling; the words so far are written, or a checkpoint is kept
        shown = not arguments.quiet and sys.stderr.isatty()
        options |= {"progress": shown, "keep_on_interrupt": arguments.checkpoint is None}
    for name in sorted(set().union(*(names for _, names in METHODS.values()))):
        value = getattr(arguments, name)
        if value is None:
            continue
        if name not in allowed:
            where = f"--method {arguments.method}" + (" on a cluster" if arguments.scheduler is not None else "")
            raise UsageError(f"--{name.replace('_', '-')} is no option of {where}")
        options[name] = _numbers(value) if name == "min_pmi" else value
    return class_name, options


def _refuse_word_options(arguments: argparse.Namespace) -> None:
    """What goes with words does not go with pieces."""
    for name in ("alnum", "discovered", "phrases", "phrase_rounds", "known", "top"):
        if getattr(arguments, name):
            raise UsageError(f"--{name.replace('_', '-')} is no option of --method vocabulary")


def _numbers(text: str) -> float | list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f"--min-pmi needs numbers such as 1.5 or 0,2,4,6, not {text!r}") from None
    return values if len(values) > 1 else values[0]


def _summary(lexicon: Lexicon) -> dict[str, Any]:
    names = ("method", "characters", "tokens", "entropy_before", "entropy_after")
    return {**{name: getattr(lexicon.meta, name) for name in names}, "phrases": len(lexicon.parts)}


def _report_build(arguments: argparse.Namespace, summary: dict[str, Any]) -> None:
    if arguments.json:
        line = json.dumps(summary, ensure_ascii=False)
        to_file = arguments.output not in (None, "-")
        print(line, file=sys.stdout if to_file else sys.stderr)
        return
    phrases = f", {summary['phrases']:,} phrases" if arguments.phrases else ""
    say(
        arguments,
        f"{summary['method']}: {summary['words']:,} words{phrases}; the text's {summary['characters']:,} characters "
        f"are {summary['tokens']:,} tokens; average information {summary['entropy_before']:.4f} -> "
        f"{summary['entropy_after']:.4f} nats per character",
    )
