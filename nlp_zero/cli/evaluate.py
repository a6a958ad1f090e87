"""The command `evaluate`: score a lexicon, or segmented text, against a gold standard."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from .._utils.progress import begin_stage, report_stages
from .._utils.validation import check_integer, check_memory
from ..corpus import Corpus, restartable
from ..errors import CorpusError
from .errors import UsageError
from .evaluate_report import Values, format_report
from .findings import require_cut
from .messages import shows_progress
from .options import (
    Commands,
    add_command,
    add_input,
    add_new_words,
    add_objective,
    add_output,
    add_resources,
    check_least,
    configure,
    open_corpus,
    read_word_list,
)
from .output import dump_json_line, open_output

if TYPE_CHECKING:
    from ..evaluation import Evaluation
    from ..lexicon.lexicon import Lexicon
    from ..tokenization.tokenizer import Tokenizer

__all__ = ["add_evaluate"]

LEVEL_OF = {"split": "punct", "token": "alnum", "join": "join"}  # alnum mode of a tokenizer -> level that it is given
ALNUM_OF = {level: alnum for alnum, level in LEVEL_OF.items()}
SAME_OVERLAP, OTHER_OVERLAP = 0.99, 0.05  # least and greatest overlap with the training text that have a name
MAX_RESAMPLES = 1_000_000
TAG_LINES = 1000  # lines that are searched for tags


def add_evaluate(commands: Commands) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands,
        "evaluate",
        run_evaluate,
        "Score a lexicon, or text that was cut before, against a gold standard: words separated by whitespace of any "
        "kind, in any script. What each score means: docs/evaluation.md.",
        "  nlpzero evaluate gold.txt --lexicon words.tsv\n"
        "  nlpzero evaluate gold.txt --lexicon words.tsv --trained-on news/ --bootstrap 1000 --breakdown\n"
        "  nlpzero evaluate gold.txt --predicted jieba.txt --level alnum --json\n"
        "  nlpzero evaluate pku.txt --tags / --lexicon words.tsv --known dict.txt --lexicon-precision\n"
        "  nlpzero evaluate seed1.txt --predicted seed2.txt      how alike are two cuts of a text?",
    )
    add_input(parser, name="GOLD", nargs="+")
    add_output(parser, "the scores")
    _add_comparison_options(parser)
    _add_score_options(parser)


def _add_comparison_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-l", "--lexicon", metavar="FILE", help="cut the gold text, without its spaces, by this lexicon"
    )
    add_objective(parser)
    add_new_words(parser)
    parser.add_argument("--predicted", metavar="FILE", help="the gold text as another program cut it")
    parser.add_argument(
        "--level", choices=["raw", *ALNUM_OF],
        help="what every segmenter is given: raw (nothing), punct (marks are tokens), alnum (in addition, runs of "
        "digits and Latin letters are tokens), join (no cut in such runs, which may join neighbours); default: as the "
        "lexicon was made, and raw for --predicted",
    )  # fmt: skip
    parser.add_argument(
        "--trained-on", action="append", default=[], metavar="TEXT",
        help="the text that the words were learnt from; the overlap with the gold text tells the setting; may be "
        "repeated (without --memory, keeps the gold lines in memory)",
    )  # fmt: skip
    parser.add_argument("--tags", metavar="SEP", help="gold words carry tags: / for 中国/ns, _ for 中国_NR "
                        "(default: no tags)")  # fmt: skip


def _add_score_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--known", action="append", default=[], metavar="FILE",
                        help="a word list: recall of words that it lacks and has; may be repeated "
                        "(default: the lexicon)")  # fmt: skip
    parser.add_argument("--breakdown", action="store_true",
                        help="also show where the errors are (without --memory, takes 70 times the size of the gold "
                        "text)")
    parser.add_argument("--lexicon-precision", action="store_true",
                        help="also compare the lexicon with the gold words, and with each list of --known")  # fmt: skip
    parser.add_argument("--bootstrap", type=int, default=0, metavar="N",
                        help="95%% intervals from N resamples (default: none)")  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="seed of the resampling (default: 0)")
    parser.add_argument("--json", action="store_true", help="scores as JSON")
    add_resources(parser, checkpoint=False)
    parser.set_defaults(workers=1)


def run_evaluate(arguments: argparse.Namespace) -> None:
    """Run the command."""
    _check_options(arguments)
    total = 4 + sum(map(bool, (arguments.bootstrap, arguments.trained_on, arguments.lexicon_precision)))
    with report_stages(shows_progress(arguments), total):
        _evaluate(arguments)


def _evaluate(arguments: argparse.Namespace) -> None:
    from ..evaluation import evaluate
    from ..lexicon.lexicon import Lexicon

    begin_stage("loading words")
    lexicon = None if arguments.lexicon is None else Lexicon.load(arguments.lexicon)
    lists = {name: set(read_word_list(name)) for name in arguments.known}
    known = set().union(*lists.values()) if lists else lexicon
    other = open_corpus(arguments, arguments.predicted, progress=False) if arguments.predicted is not None else None
    training = restartable(open_corpus(arguments, *arguments.trained_on)) if arguments.trained_on else None
    with open_output(arguments.output) as write:
        begin_stage("reading gold text")
        gold = GoldText(restartable(open_corpus(arguments)), arguments.tags, ", ".join(arguments.sources))
        raw = GoldText(gold.corpus, arguments.tags, spaces=False)
        tokenizer, level = _choose_tokenizer(
            lexicon, arguments.level, new_words=arguments.new_words, objective=arguments.objective
        )
        predicted: Iterable[str | Sequence[str]]
        begin_stage("cutting text" if other is None else "reading predicted text")
        if other is None:
            assert tokenizer is not None
            silent = copy(gold.corpus)  # it is read together with the gold text, which shows how far both are
            silent.progress = False
            lines = GoldText(silent, arguments.tags, spaces=False).batches()
            batches = (tokenizer.tokenize_batch(batch, workers=arguments.workers) for batch in lines)
            predicted = chain.from_iterable(batches)
        else:
            predicted = require_cut(other, arguments.predicted, "name a file whose words are separated by spaces")
        begin_stage("comparing")
        scores = evaluate(gold, predicted, level=level, train_words=known, bootstrap=arguments.bootstrap,
                          seed=arguments.seed, breakdown=arguments.breakdown, memory=arguments.memory,
                          temp_dir=arguments.temp_dir)  # fmt: skip
        values = scores.to_dict()
        if training is not None:
            begin_stage("comparing with the training text")
        values["setting"] = _describe_setting(raw, training, arguments.memory)
        if tokenizer is not None and scores.breakdown is not None and scores.breakdown.lines == scores.lines:
            values["breakdown"]["information"] |= _model_bits(tokenizer, raw, scores)
        if lexicon is not None and arguments.lexicon_precision:
            begin_stage("comparing words")
            values["lexicon"] = _score_lexicon(lexicon, gold, raw, lists)
        vocabulary = "word list" if lists else "lexicon"
        if arguments.json:
            write(dump_json_line(values))
        else:
            write(format_report(scores, values, vocabulary))


def _check_options(arguments: argparse.Namespace) -> None:
    if arguments.lexicon is None and arguments.predicted is None:
        raise UsageError("nothing to score; add either --lexicon or --predicted.")
    if arguments.lexicon is not None and arguments.predicted is not None:
        raise UsageError("--lexicon and --predicted exclude each other; leave out one of them.")
    if arguments.lexicon is None and arguments.lexicon_precision:
        raise UsageError("--lexicon-precision needs --lexicon.")
    inputs = [*arguments.sources, *arguments.trained_on, *[arguments.predicted] * (arguments.predicted is not None)]
    if sum(name == "-" or name.startswith("-.") for name in inputs) > 1:
        raise UsageError("standard input can be only one of the gold text, --predicted and --trained-on.")
    check_least(arguments, 0, "seed")
    configure(check_integer, "--bootstrap", arguments.bootstrap, least=0, most=MAX_RESAMPLES)
    check_least(arguments, 1, "workers")
    configure(check_memory, memory=arguments.memory)
    if arguments.tags is not None and (not arguments.tags or arguments.tags.isspace()):
        raise UsageError("--tags must be the character between word and tag, such as / or _.")


class GoldText:
    """The lines of a gold standard, without tags; they can be read again and again, and are never all in memory.

    Parameters
    ----------
    corpus : Corpus
        The gold standard.
    tags : str or None
        What separates a word from its tag; None if the words carry no tags.
    name : str
        What the text is called in messages.
    spaces : bool, default True
        False for the raw text.

    Raises
    ------
    CorpusError
        If the text is not cut into words, or the words carry tags and no separator is given.
    """

    def __init__(self, corpus: Iterable[str], tags: str | None, name: str = "", *, spaces: bool = True) -> None:
        assert isinstance(corpus, Corpus)
        self.corpus, self._tags, self._spaces = corpus, tags, spaces
        if spaces:
            remedy = "a gold standard has spaces between its words; to cut a text, use nlpzero tokenize"
            beginning = list(islice(require_cut(corpus, name, remedy), TAG_LINES))
            if tags is None:
                self._refuse_tags(beginning)

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self.batches())

    def batches(self) -> Iterator[list[str]]:
        """Yield lists of lines."""
        from ..evaluation import remove_tags, without_spaces

        for lines in self.corpus.batches():
            if self._tags is not None:
                lines = [" ".join(remove_tags(line, self._tags)) for line in lines]
            yield lines if self._spaces else [without_spaces(line) for line in lines]

    def _refuse_tags(self, lines: list[str]) -> None:
        from ..evaluation import find_tag_separator

        if (separator := find_tag_separator(lines)) is not None:
            example = next(word for line in lines for word in line.split() if separator in word)
            raise CorpusError(f"the gold words seem to carry tags, as in {example!r}; add --tags {separator}.")


def _choose_tokenizer(
    lexicon: Lexicon | None, level: str | None, **options: Any
) -> tuple[Tokenizer | None, str]:
    """Return the tokenizer that suits the level, and the level."""
    from ..tokenization.tokenizer import Tokenizer

    if lexicon is None:
        return None, level or "raw"
    if lexicon.meta.byte_fallback:  # its words may hold marks, so it uses nothing that a level gives
        return configure(Tokenizer, lexicon, **options), level or "raw"
    if level == "raw":
        raise UsageError("a lexicon makes every mark of punctuation a token; --level raw needs --predicted.")
    tokenizer = configure(Tokenizer, lexicon, alnum=ALNUM_OF.get(level or ""), **options)
    return tokenizer, LEVEL_OF[tokenizer.alnum]


def _describe_setting(raw: Iterable[str], training: Corpus | Iterable[str] | None, memory: str | None) -> Values:
    from ..evaluation import training_overlap

    if training is None:
        return {"name": "not stated", "overlap": None}
    overlap = training_overlap(raw, training, memory=memory)
    name = "transductive" if overlap >= SAME_OVERLAP else "external" if overlap <= OTHER_OVERLAP else "mixed"
    return {"name": name, "overlap": overlap}


def _model_bits(tokenizer: Tokenizer, raw: Iterable[str], scores: Evaluation) -> Values:
    from ..evaluation import bits_per_character

    assert scores.breakdown is not None
    return {"model_bits": bits_per_character(tokenizer, raw, scores.breakdown.characters)}


def _score_lexicon(lexicon: Lexicon, gold: Iterable[str], raw: Iterable[str], lists: dict[str, set[str]]) -> Values:
    from ..evaluation import find_occurring_words, lexicon_precision, lexicon_recall, word_types

    lists = {"gold standard": word_types(gold), **lists}
    there = find_occurring_words(set().union(*lists.values()), raw)
    return {
        name: {
            "words": len(listed & there),
            "precision": lexicon_precision(lexicon, listed),
            "recall": lexicon_recall(lexicon, listed & there),
        }
        for name, listed in lists.items()
    }
