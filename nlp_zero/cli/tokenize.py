"""The command `tokenize`: cut text into the words of a lexicon."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._kernels.counting import ALNUM_MODES
from .._utils.compression import strip_compression_suffix
from .._utils.progress import begin_stage, report_stages
from .._utils.tables import escape_surrogates, name_bytes
from .._utils.validation import check_integer
from .errors import UsageError
from .messages import shows_progress
from .options import (
    Commands,
    add_command,
    add_input,
    add_new_words,
    add_objective,
    add_output,
    add_own_words,
    add_scheduler,
    add_workers,
    check_least,
    configure,
    open_corpus,
    read_word_lists,
)
from .output import dump_json_line, open_utf8_output
from .shards import ShardName, check_shards, is_shard_pattern, open_shards
from .table_files import open_table, refuse_other_format

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ..corpus.corpus import Corpus
    from ..tokenization.tokenizer import Tokenizer

    Ids = npt.NDArray[np.integer[Any]]

__all__ = ["add_tokenize"]

DEFAULT_ALPHA = 0.2
OWN_WORDS = ("words", "forbid", "force")  # options
CUTTING_OPTIONS = (
    "format", "separator", "drop_spaces", "drop_punctuation", "sample", "alpha", "seed", "k", "workers", "bytes",
    "output",
)  # fmt: skip
TOKEN_TABLE_SUFFIXES = (".csv", ".parquet")  # other names get lines of tokens


def add_tokenize(commands: Commands) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands,
        "tokenize",
        run_tokenize,
        "Cut text into the words of a lexicon, a line of tokens for each line of text.",
        "  nlpzero tokenize novel.txt --lexicon words.tsv -o cut.txt\n"
        "  echo 滚滚长江东逝水 | nlpzero tokenize --lexicon words.tsv --separator '|'\n"
        "  nlpzero tokenize news.jsonl.gz --lexicon words.tsv --format json\n"
        "  nlpzero tokenize reviews.parquet --field text --lexicon words.tsv -o cut.parquet\n"
        "  nlpzero tokenize other.txt --lexicon words.tsv --new-words\n"
        "  nlpzero tokenize novel.txt --lexicon words.tsv --words names.txt --forbid wrong.txt\n"
        "  nlpzero tokenize novel.txt --lexicon words.tsv --drop-spaces --drop-punctuation\n"
        "  nlpzero tokenize novel.txt --lexicon words.tsv --sample --alpha 0.3 --seed 7 -k 4\n"
        "  nlpzero tokenize 'news/*.txt' --lexicon words.tsv --scheduler tcp://host:8786 -o 'cut/*.txt'",
    )
    add_input(parser, name="FILE", nargs="*")
    add_output(
        parser,
        "the tokens; a table with the columns text and tokens if it ends in .csv or .parquet; with --scheduler, a name "
        "such as 'cut/*.txt' for a new folder of one file for each part",
    )
    parser.add_argument(
        "-l", "--lexicon", required=True, metavar="FILE", help="words: a result of build-vocab, or lines 'word count'"
    )
    parser.add_argument(
        "--format", choices=("words", "json", "ids"), default="words",
        help="words with separators; a JSON list in each line (joining it gives the line); ids (0: not in "
        "the lexicon; numbers, punctuation and other kinds have the ids after the words) (default: words)",
    )  # fmt: skip
    parser.add_argument("--separator", metavar="TEXT", help="between words (default: a space)")
    parser.add_argument(
        "--alnum", choices=ALNUM_MODES, help="how digits and Latin letters are cut (default: as the lexicon says)"
    )
    add_objective(parser)
    add_new_words(parser)
    parser.add_argument("--drop-spaces", action="store_true", help="leave out tokens of white space")
    parser.add_argument(
        "--drop-punctuation", action="store_true", help="leave out punctuation marks and symbols (emoji stay)"
    )
    parser.add_argument("--sample", action="store_true", help="draw segmentations at random instead of the best one")
    parser.add_argument(
        "--alpha", type=float, help="with --sample: 0 is uniform, large values stay near the best (default: 0.2)"
    )
    parser.add_argument(
        "--seed", type=int, help="with --sample: the same seed gives the same output (default: another one each time)"
    )
    parser.add_argument(
        "-k", type=int, metavar="N", help="with --sample: N draws of each line, in N lines (default: 1)"
    )
    add_own_words(parser)
    add_workers(parser)
    add_scheduler(parser)
    parser.set_defaults(workers=1, streams=True)


def run_tokenize(arguments: argparse.Namespace) -> None:
    """Run the command."""
    _check_sampling(arguments)
    check_least(arguments, 1, "workers")
    arguments.sources = arguments.sources or ["-"]
    _check_stdin(arguments)
    if arguments.separator is not None and arguments.format != "words":
        raise UsageError(f"--separator is not an option of --format {arguments.format}; leave it out.")
    arguments.separator = " " if arguments.separator is None else arguments.separator
    lines = (".jsonl", ".json") if arguments.format == "json" else (".tsv", ".txt")
    refuse_other_format(arguments.output, *TOKEN_TABLE_SUFFIXES, *lines)
    check_shards(arguments.output, arguments.scheduler)
    with report_stages(shows_progress(arguments), total=2):
        _tokenize(arguments)


def _check_stdin(arguments: argparse.Namespace) -> None:
    """Refuse to read two inputs from stdin."""
    lists = [name for option in OWN_WORDS for name in getattr(arguments, option) or ()]
    if sum(name == "-" or name.startswith("-.") for name in (*arguments.sources, *lists)) > 1:
        raise UsageError("standard input can be only one of the text, --words, --forbid and --force.")


def _tokenize(arguments: argparse.Namespace) -> None:
    from ..lexicon.lexicon import Lexicon
    from ..tokenization.tokenizer import Tokenizer

    begin_stage("loading words")
    own = {name: read_word_lists(getattr(arguments, name)) for name in OWN_WORDS}
    tokenizer = configure(
        Tokenizer, Lexicon.load(arguments.lexicon), alnum=arguments.alnum, objective=arguments.objective,
        new_words=arguments.new_words, granularity=arguments.granularity, **own,
    )  # fmt: skip
    arguments.bytes = tokenizer.byte_fallback
    corpus = open_corpus(arguments, may_be_empty=True)
    begin_stage("cutting text")
    # The connection to a cluster cannot be sent to its workers.
    options = argparse.Namespace(**{name: getattr(arguments, name) for name in CUTTING_OPTIONS})
    if arguments.scheduler is not None:
        options.workers = 1  # a task of a cluster has one thread
    starts = _count_texts_before(corpus) if arguments.sample and arguments.scheduler is not None else {}
    if is_shard_pattern(arguments.output):
        with open_shards(arguments.output) as name_shard:
            for _ in corpus.map_parts(_write_shard, tokenizer, options, starts, name_shard):
                pass
    else:
        _write(chain.from_iterable(corpus.map_parts(_cut_texts, tokenizer, options, starts)), options)


def _count_texts_before(corpus: Corpus) -> dict[int, int]:
    """Return the number of texts before each part of a corpus: every text is drawn from its own random stream."""
    return dict(enumerate(accumulate(corpus.map_parts(_count_texts), initial=0)))


def _count_texts(part: Corpus) -> int:
    return sum(map(len, part.batches()))


def _write_shard(
    part: Corpus, tokenizer: Tokenizer, options: argparse.Namespace, starts: dict[int, int], name_shard: ShardName
) -> None:
    """Cut a part of a corpus, and write a file of its own."""
    options = argparse.Namespace(**{**vars(options), "output": name_shard(part.number)})
    _write(_cut_texts(part, tokenizer, options, starts), options)


def _is_table(options: argparse.Namespace) -> bool:
    return Path(strip_compression_suffix(options.output or "")).suffix.lower() in TOKEN_TABLE_SUFFIXES


def _cut_texts(
    texts: Corpus, tokenizer: Tokenizer, options: argparse.Namespace, starts: dict[int, int]
) -> Iterator[Any]:
    """Yield the result in pieces: lines in UTF-8; for a table, lists of texts with the rows of their tokens."""
    start = starts.get(texts.number, 0)
    if options.format == "words" and not _dropped_kinds(options) and not _is_table(options):
        yield from _cut_lines(texts, tokenizer, options, start)
        return
    for batch in texts.batches():
        rows = _sample(tokenizer, batch, options, start) if options.sample else _cut(tokenizer, batch, options)
        if _is_table(options):
            yield batch, rows
        else:
            yield "".join(_format_line(row, options) for row in rows).encode("utf-8", "surrogatepass")
        start += len(batch)


def _cut_lines(texts: Corpus, tokenizer: Tokenizer, options: argparse.Namespace, start: int) -> Iterator[bytes]:
    """Yield lines of all tokens, which the kernel writes."""
    from ..corpus import TextBatch
    from ..tokenization.lines import TokenLines

    lines = TokenLines(tokenizer, options.separator, workers=options.workers)
    with closing(texts.encoded_batches()) as encoded:  # also if a text cannot be read to its end
        batches = (batch.texts if isinstance(batch, TextBatch) else batch for batch in encoded)
        if not options.sample:
            yield from lines.cut(batches)
        else:
            yield from lines.sample(batches, alpha=options.alpha, seed=options.seed, k=options.k or 1, start=start)


def _write(pieces: Iterable[Any], options: argparse.Namespace) -> None:
    """Write the pieces of `_cut_texts`."""
    if _is_table(options):
        with _open_rows(options) as write_rows:
            for texts, rows in pieces:
                write_rows(texts, rows)
    else:
        with open_utf8_output(options.output) as write:
            for piece in pieces:
                write(piece)


@contextmanager
def _open_rows(options: argparse.Namespace) -> Iterator[Callable[[list[str], Sequence[Sequence[Any]]], object]]:
    """Open a table of texts and their tokens."""
    column = "ids" if options.format == "ids" else "tokens"
    cells_of = _list_cells if options.output.lower().endswith(".parquet") else _line_cells
    rows_written = 0
    with open_table(options.output) as write_columns:

        def write_table(texts: list[str], rows: Sequence[Sequence[Any]]) -> None:
            nonlocal rows_written
            texts = [text for text in texts for _ in range(options.k or 1)]
            write_columns({"text": texts, column: cells_of(rows, options)})
            rows_written += len(rows)

        yield write_table
        if not rows_written:
            write_table([], [])


def _line_cells(rows: Sequence[Sequence[Any]], arguments: argparse.Namespace) -> list[str]:
    return [_format_line(row, arguments)[:-1] for row in rows]


def _list_cells(rows: Sequence[Sequence[Any]], arguments: argparse.Namespace) -> Any:
    """Return a column of lists; parts of characters have names, as in lines."""
    pyarrow = importlib.import_module("pyarrow")
    if arguments.format == "ids":
        return pyarrow.array(rows, pyarrow.list_(pyarrow.int32()))
    clean = name_bytes if arguments.bytes else escape_surrogates
    cells = [[token if token.isalnum() else clean(token) for token in row] for row in rows]
    return pyarrow.array(cells, pyarrow.list_(pyarrow.string()))


def _check_sampling(arguments: argparse.Namespace) -> None:
    """Check the options of sampling, and fill in their defaults."""
    from .._utils.seeds import seed_of
    from ..tokenization.sampling import MAX_DRAWS, check_alpha

    if not arguments.sample and (arguments.alpha, arguments.seed, arguments.k) != (None, None, None):
        raise UsageError("--alpha, --seed and -k need --sample.")
    if arguments.k is not None:
        configure(check_integer, "-k", arguments.k, most=MAX_DRAWS)
    if arguments.sample and arguments.new_words:
        raise UsageError("--sample draws words of the lexicon only; leave out --new-words.")
    arguments.alpha = DEFAULT_ALPHA if arguments.alpha is None else arguments.alpha
    configure(check_alpha, alpha=arguments.alpha)
    arguments.seed = configure(seed_of, arguments.seed)  # one for all batches


def _cut(tokenizer: Tokenizer, texts: list[str], arguments: argparse.Namespace) -> Sequence[Sequence[Any]]:
    if arguments.format != "ids":
        tokens = tokenizer.tokenize_batch(texts, workers=arguments.workers)
        return _drop(tokens, tokens, arguments)
    rows = _split_ids(*tokenizer.encode_batch(texts, workers=arguments.workers))
    if not _dropped_kinds(arguments):
        return rows
    return _drop(rows, tokenizer.tokenize_batch(texts, workers=arguments.workers), arguments)


def _sample(
    tokenizer: Tokenizer, texts: list[str], arguments: argparse.Namespace, start: int
) -> Sequence[Sequence[Any]]:
    """Draw for each text from its own stream, which depends on the seed and on its number in the whole input."""
    options = {name: getattr(arguments, name) for name in ("alpha", "seed", "workers")}
    options |= {"index": start, "k": arguments.k or 1}
    if arguments.format != "ids":
        tokens = tokenizer.sample_batch(texts, **options)
        return _drop(tokens, tokens, arguments)
    rows = _split_ids(*tokenizer.sample_ids_batch(texts, **options))
    return _drop(rows, tokenizer.sample_batch(texts, **options), arguments) if _dropped_kinds(arguments) else rows


def _split_ids(ids: Ids, offsets: Ids) -> list[list[int]]:
    return [ids[begin:end].tolist() for begin, end in pairwise(offsets.tolist())]


def _dropped_kinds(arguments: argparse.Namespace) -> set[str]:
    """Return the kinds of tokens that are left out."""
    spaces = {"space"} if arguments.drop_spaces else set()
    return spaces | ({"punctuation", "symbol"} if arguments.drop_punctuation else set())


def _drop(
    rows: Sequence[Sequence[Any]], tokens: Sequence[Sequence[str]], arguments: argparse.Namespace
) -> Sequence[Sequence[Any]]:
    """Leave out the items of `rows` whose tokens are of a dropped kind."""
    from ..tokenization import kind_of

    dropped = _dropped_kinds(arguments)
    if not dropped:
        return rows
    drop = {token for token in set().union(*tokens) if kind_of(token) in dropped}
    pairs = (zip(row, row_tokens, strict=True) for row, row_tokens in zip(rows, tokens, strict=True))
    return [[item for item, token in pair if token not in drop] for pair in pairs]


def _format_line(row: Sequence[Any], arguments: argparse.Namespace) -> str:
    if arguments.format == "ids":
        return " ".join(map(str, row)) + "\n"
    if arguments.format == "json":
        return dump_json_line(row)
    if "\n" in row or "\r\n" in row:  # a line end inside a JSON text
        row = [token for token in row if token not in ("\n", "\r\n")]
    line = str(arguments.separator.join(row)) + "\n"
    return name_bytes(line) if arguments.bytes else line
