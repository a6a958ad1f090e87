"""The command `build-vocab`: learn the words of raw text, or a vocabulary for language models."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from .._kernels.counting import ALNUM_MODES
from .._utils.interrupts import exit_status
from .._utils.progress import report_stages
from ..corpus import restartable
from .contexts import check_contexts_option, contexts_name, find_contexts, fit_width
from .documents import add_documents, count_words_in_documents
from .errors import Stopped, UsageError
from .findings import BEGINNING_CHARACTERS, explain_lexicon
from .interrupts import advise_checkpoint, interrupted_name, resumable
from .lexicon_output import SaveLexicon, open_lexicon
from .messages import plural, print_json_summary, print_message, shows_progress, verb
from .options import (
    Commands,
    add_command,
    add_input,
    add_resources,
    add_scheduler,
    check_least,
    configure,
    open_corpus,
    option_name,
    read_word_list,
    refuse_checkpoint_on_cluster,
    split_numbers,
)
from .output import open_output
from .ranking import format_words, rank_words
from .saved_counts import add_counts_option, build_from_counts, check_counts_option
from .table_files import open_table
from .vocabulary_options import OPTIONS as VOCABULARY_OPTIONS
from .vocabulary_options import add_vocabulary_options, run_vocabulary

if TYPE_CHECKING:
    from ..builders.phrases import PhraseBuilder
    from ..concordance import Concordance
    from ..corpus import Corpus
    from ..lexicon.lexicon import Lexicon

__all__ = ["add_build_vocab"]

RESOURCES = ("memory", "temp_dir", "workers", "checkpoint")
# Method -> the name of its builder, and the options that it has.
METHODS = {
    "pmi": ("PmiLexiconBuilder", {"order", "min_pmi", "min_count", "max_length", "deduplicate", *RESOURCES}),
    "entropy": ("EntropyLexiconBuilder", {"min_count", "max_length", *RESOURCES}),
    "bayes": ("BayesLexiconBuilder", {"max_length", "seed", "sample", "time_limit", *RESOURCES}),
    "vocabulary": ("VocabularyBuilder", {*VOCABULARY_OPTIONS, "sample", "memory", "workers"}),
}
STAGES = {"pmi": 4, "entropy": 4, "bayes": 8, "vocabulary": 4}  # most stages of each method
TEACHING_STAGES = 2  # in addition, with examples; bayes has them anyway
TABLE_ROWS = 20  # words that are shown in a terminal
WORD_OPTIONS = (  # of all methods but vocabulary
    "examples", "known_words", "alnum", "contexts", "discovered", "phrases", "phrase_rounds", "known", "top",
    "documents",
)  # fmt: skip


def add_build_vocab(commands: Commands) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands,
        "build-vocab",
        run_build_vocab,
        "Learn the words of raw text, with counts and scores: a lexicon that people can read and `tokenize` can use.",
        "  nlpzero build-vocab novel.txt                      look at the best words\n"
        "  nlpzero build-vocab novel.txt -o words.tsv         save all words\n"
        "  nlpzero build-vocab news/ --method entropy -o words.tsv\n"
        "  nlpzero build-vocab news/ --top 20000 -o list.tsv  a list of words of two or more characters\n"
        "  nlpzero build-vocab reviews.jsonl.gz --field body --known dict.txt -o new-words.tsv\n"
        "  nlpzero build-vocab --counts counts -o words.tsv   from saved counts, without reading the text\n"
        "  nlpzero build-vocab 'news/*.txt' --counts 'counts/*' --scheduler tcp://host0:8786 -o words.tsv\n"
        "  nlpzero build-vocab novel.txt --method bayes --examples cut.txt -o words.tsv\n"
        "  nlpzero build-vocab news/ --method vocabulary --vocab-size 8000,20000 -o vocab.tsv\n"
        "  nlpzero build-vocab news/ --method vocabulary --base tokenizer.json --add-pieces 5000 -o extended.json\n"
        "  zcat big.gz | nlpzero build-vocab - --min-count 20 --min-pmi 0,2,4,6 > words.tsv",
    )
    add_input(parser, nargs="*")
    parser.add_argument(
        "-o", "--output", metavar="FILE",
        help="where to write the lexicon: Parquet if it ends in .parquet, else TSV (default: stdout; in a terminal, a "
        "table of the best words)",
    )  # fmt: skip
    _add_method_options(parser)
    add_resources(parser)
    add_counts_option(parser)
    add_scheduler(parser, exception=", except for the sample that vocabulary draws from a long text")
    _add_teaching_options(parser)
    _add_word_options(parser)
    parser.add_argument("--json", action="store_true", help="the summary as JSON: on stdout with -o, else on stderr")
    add_vocabulary_options(parser)


def _add_method_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--method", choices=list(METHODS), default="pmi",
        help="how words are found (default: pmi); docs/quality.md compares the methods",
    )  # fmt: skip
    parser.add_argument(
        "--min-count", type=int, metavar="N",
        help="pmi, entropy: drop words of two or more characters that occur fewer times (default: pmi 3, entropy 2)",
    )  # fmt: skip
    parser.add_argument(
        "--min-pmi", metavar="X[,X...]",
        help="pmi: least PMI in nats, one number or one for each length from 1 (default: 0,1.5,4,7)",
    )  # fmt: skip
    parser.add_argument("--order", type=int, metavar="N", help="pmi: longest n-gram that is counted (default: 4)")
    parser.add_argument(
        "--max-length", type=int, metavar="N",
        help="longest word, in characters (default: entropy 4, bayes 4, pmi no limit)",
    )  # fmt: skip
    parser.add_argument(
        "--deduplicate", action="store_true", default=None, help="pmi: drop words that are made of shorter ones"
    )
    parser.add_argument("--seed", type=int, help="bayes: the same seed gives the same words (default: 0)")
    parser.add_argument(
        "--sample-size", dest="sample", type=int, metavar="N",
        help="bayes, vocabulary: learn from N characters spread over the corpus (default: bayes 9000000, vocabulary "
        "16000000)",
    )  # fmt: skip
    parser.add_argument(
        "--time-limit", type=float, metavar="SECONDS", help="bayes: stop sampling after this time (default: no limit)"
    )


def _add_teaching_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("teaching (pmi, entropy, bayes)")
    group.add_argument(
        "--examples", metavar="FILE",
        help="lines cut by hand: spaces are cuts, { } enclose what is left open; the text is cut in their convention "
        "(default: none)",
    )  # fmt: skip
    group.add_argument(
        "--known-words", action="append", default=[], metavar="FILE",
        help="a word list that helps --examples; may be repeated (default: none)",
    )


def _add_word_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--alnum", choices=ALNUM_MODES, help="how digits and Latin letters are read (default: token)")
    parser.add_argument(
        "--discovered", metavar="FILE", help="also write the words that hold together best (default: not written)"
    )
    add_documents(parser, purpose="also count in how many documents each word occurs (columns df, cf): ", default=None)
    parser.add_argument(
        "--contexts", type=int, metavar="N",
        help="also show the first N contexts of each word of two or more characters: with -o words.tsv in "
        "words.contexts.tsv, in a terminal below the table (default: none)",
    )  # fmt: skip
    parser.add_argument("--phrases", action="store_true", help="also merge neighbouring words into phrases")
    parser.add_argument(
        "--phrase-rounds", type=int, metavar="N", help="with --phrases: most rounds of merging (default: 20)"
    )
    parser.add_argument(
        "--known", action="append", default=[], metavar="FILE",
        help="a word list: only words of two or more characters that it lacks, firmest first; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--top", type=int, metavar="N",
        help="only the N best words of two or more characters, in the order of `nlpzero show` (default: all words)",
    )  # fmt: skip


def run_build_vocab(arguments: argparse.Namespace) -> None:
    """Run the command."""
    from .. import builders

    check_least(arguments, 1, "top", "contexts")
    check_contexts_option(arguments)
    check_counts_option(arguments)
    class_name, options = _builder_options(arguments)
    if arguments.method == "vocabulary":
        _refuse_word_options(arguments)
        with report_stages(shows_progress(arguments), STAGES["vocabulary"]):
            run_vocabulary(arguments)
        return
    builder = configure(getattr(builders, class_name), **options)
    teaching = _read_teaching(arguments)
    phrases = _phrase_builder(arguments)
    known = set().union(*map(read_word_list, arguments.known))
    listing: Any = nullcontext()
    if arguments.discovered is not None:
        listing = open_lexicon(arguments.discovered, option="--discovered")
    contexts: Any = nullcontext()
    if arguments.contexts is not None and arguments.output is not None:
        contexts = open_table(contexts_name(arguments.output))
    total = STAGES[arguments.method] + 2 * arguments.phrases
    total += TEACHING_STAGES * (arguments.examples is not None and arguments.method != "bayes")
    total += arguments.contexts is not None
    total += arguments.documents is not None
    stages = report_stages(shows_progress(arguments), total)
    files = (open_lexicon(arguments.output), listing, contexts)
    with resumable(arguments), stages, files[0] as save, files[1] as save_listing, files[2] as save_contexts:
        corpus, lexicon = _learn(arguments, builder, teaching)
        if lexicon.meta.interrupted:
            raise _keep_interrupted(arguments, builder, lexicon)
        note = explain_lexicon(
            lexicon, _read_beginning(corpus), getattr(builder, "min_count", 1), max_length=builder.max_length
        )
        if save_listing is not None:
            save_listing(builders.select_discovered(lexicon).without(known))
        if phrases is not None:
            lexicon = phrases.build(corpus, lexicon)
        lexicon = count_words_in_documents(arguments, corpus, lexicon)
        summary = _summarize(lexicon)
        whole, lexicon = lexicon, _select(lexicon, known, arguments.top)
        summary["words"] = len(lexicon)
        find = None if arguments.contexts is None else partial(find_contexts, corpus, whole, limit=arguments.contexts)
        if save_contexts is not None and find is not None:
            found = find(_order_of_file(arguments, lexicon))
            save_contexts(found.to_columns())
            summary["contexts"] = len(found)
        _write(arguments, lexicon, save, find)
    _report(arguments, summary, note)


def _read_beginning(corpus: Corpus | Iterable[str]) -> str:
    """Return the beginning of the texts."""
    texts, size = [], 0
    for text in corpus:
        texts.append(text)
        size += len(text)
        if size >= BEGINNING_CHARACTERS:
            break
    return "".join(texts)[:BEGINNING_CHARACTERS]


def _write(
    arguments: argparse.Namespace, lexicon: Lexicon, save: SaveLexicon, find: Callable[..., Concordance] | None
) -> None:
    """Write the file of the lexicon; to a terminal, a table of the best words, and their contexts."""
    if arguments.output is None and sys.stdout.isatty():
        words = rank_words(lexicon, top=arguments.top or TABLE_ROWS)
        contexts = [] if find is None else ["", *find(words, width=fit_width(words, arguments.sources)).lines()]
        rest = len(lexicon) - len(words)
        with open_output(None) as write:
            write(format_words(lexicon, words))
            if rest and words:
                write(f"… and {rest:,} more; add -o words.tsv to save all words.\n")
            write("".join(f"{line}\n" for line in contexts))
    elif arguments.known or arguments.top:  # a list for people
        save(lexicon, words=_order_of_file(arguments, lexicon))
    else:
        save(lexicon, workers=arguments.workers or 1)


def _order_of_file(arguments: argparse.Namespace, lexicon: Lexicon) -> Sequence[str]:
    """Return the words in the order in which they are saved; a list for people has the best words first."""
    return rank_words(lexicon) if arguments.known or arguments.top else lexicon.words


def _read_teaching(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the examples and known words, as options of the method `build`."""
    if arguments.examples is None:
        if arguments.known_words:
            raise UsageError("--known-words helps to learn from --examples, and there are none; give --examples too.")
        return {}
    from ..builders.teaching import parse_examples

    lines = parse_examples(open_corpus(arguments, arguments.examples, progress=False), name=arguments.examples)
    words = sorted(set().union(*map(read_word_list, arguments.known_words)))
    return {"examples": lines, "known_words": words or None}


def _learn(
    arguments: argparse.Namespace, builder: Any, teaching: dict[str, Any]
) -> tuple[Corpus | Iterable[str], Lexicon]:
    """Return the corpus, in a form that can be read again, and its lexicon."""
    if arguments.counts is not None:
        return build_from_counts(arguments, builder)
    corpus = open_corpus(arguments)
    texts = restartable(corpus)
    return texts, builder.build(texts, **teaching)


def _keep_interrupted(arguments: argparse.Namespace, builder: Any, lexicon: Lexicon) -> Stopped:
    """Save the words that an interrupted builder has found, never in place of a complete result."""
    message, path = f"stopped {builder.interruption}", arguments.output
    if path not in (None, "-") and (os.path.isfile(path) or not os.path.exists(path)):
        name = interrupted_name(path)
        with open_lexicon(name) as save:
            save(lexicon, workers=arguments.workers or 1)
        message += f"; the words found so far are in {name}"
    return Stopped(f"{message}; {advise_checkpoint()}.", exit_status(KeyboardInterrupt()) or 1)


def _select(lexicon: Lexicon, known: set[str], top: int | None) -> Lexicon:
    """Return the lexicon without known words, and with the best longer words only."""
    if not known and top is None:
        return lexicon
    lexicon = lexicon.without(known)
    if top is None:
        return lexicon
    chosen = set(rank_words(lexicon, top=top))
    return lexicon.keep(word in chosen for word in lexicon)


def _phrase_builder(arguments: argparse.Namespace) -> PhraseBuilder | None:
    if not arguments.phrases:
        if arguments.phrase_rounds is not None:
            raise UsageError("--phrase-rounds needs --phrases.")
        return None
    from ..builders.phrases import PhraseBuilder

    limit = {} if arguments.phrase_rounds is None else {"max_rounds": arguments.phrase_rounds}
    return configure(PhraseBuilder, memory=arguments.memory, temp_dir=arguments.temp_dir, **limit)


def _builder_options(arguments: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Return the name of the builder and its options, and refuse options that it does not have."""
    class_name, allowed = METHODS[arguments.method]
    if arguments.scheduler is not None:
        refuse_checkpoint_on_cluster(arguments)
    options: dict[str, Any] = {"alnum": arguments.alnum or "token"}
    if arguments.method == "bayes":  # Ctrl-C ends sampling; the words so far are written, or a checkpoint is kept
        options |= {"progress": shows_progress(arguments), "keep_on_interrupt": arguments.checkpoint is None}
    for name in sorted(set().union(*(names for _, names in METHODS.values()))):
        value = getattr(arguments, name)
        if value is None:
            continue
        if name == "temp_dir" and name not in allowed:  # the reader of the corpus uses it too
            continue
        if name not in allowed:
            raise UsageError(f"{option_name(name)} is not an option of --method {arguments.method}; leave it out.")
        options[name] = _parse_min_pmi(value) if name == "min_pmi" else value
    return class_name, options


def _refuse_word_options(arguments: argparse.Namespace) -> None:
    """Refuse options for words, where a vocabulary of pieces is built."""
    for name in WORD_OPTIONS:
        if getattr(arguments, name):
            raise UsageError(f"{option_name(name)} is not an option of --method vocabulary; leave it out.")


def _parse_min_pmi(text: str) -> float | list[float]:
    values = split_numbers("--min-pmi", text, float)
    return values if len(values) > 1 else values[0]


def _summarize(lexicon: Lexicon) -> dict[str, Any]:
    names = ("method", "characters", "tokens", "estimated", "sampled", "entropy_before", "entropy_after")
    summary = {name: getattr(lexicon.meta, name) for name in names}
    return {**summary, "covered": lexicon.count_characters(), "phrases": len(lexicon.parts)}


def _report(arguments: argparse.Namespace, summary: dict[str, Any], note: str) -> None:
    if note:
        print_message(arguments, note)
    if not note and not summary["words"]:
        print_message(arguments, "the word lists of --known have all words that were found.")
    if arguments.json:
        print_json_summary(arguments, summary)
        return
    phrases = f", {plural(summary['phrases'], 'phrase')}" if arguments.phrases else ""
    about = "about " * summary["estimated"]
    tokens, characters = plural(summary["tokens"], "token"), plural(summary["characters"], "character")
    if summary["covered"] < summary["characters"]:  # pieces that are no words are no tokens
        cover = verb(summary["tokens"], "covers", "cover")
        coverage = f"{about}{tokens} {cover} {about}{summary['covered']:,} of the {characters} of the text"
    else:
        coverage = f"the {characters} of the text {verb(summary['characters'], 'is', 'are')} {about}{tokens}"
    sampled = f"; learnt from a sample of {plural(summary['sampled'], 'character')}" if summary["sampled"] else ""
    print_message(
        arguments,
        f"{summary['method']}: {plural(summary['words'], 'word')}{phrases}; {coverage}{sampled}; average information "
        f"{summary['entropy_before']:.4f} -> {summary['entropy_after']:.4f} nats per character.",
    )
    if "contexts" in summary:
        print_message(arguments, f"{contexts_name(arguments.output)}: {plural(summary['contexts'], 'context')}.")
