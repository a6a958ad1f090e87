"""What the tasks of a cluster cost: CPU seconds and bytes, measured on a text, for `simulate_cluster.py`."""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from nlp_zero import Corpus, Lexicon, PmiLexiconBuilder, Tokenizer, distributed
from nlp_zero._kernels.counting import PieceCounter
from nlp_zero.cli.tokenize import _cut_lines
from nlp_zero.corpus import slice_corpus
from nlp_zero.counting.count_data import CountOptions
from nlp_zero.counting.counter import count_ngrams
from nlp_zero.counting.counts import levels_of
from nlp_zero.counting.linked import LinkedTree
from nlp_zero.distributed import tasks
from nlp_zero.distributed.ranged import CANDIDATE_NGRAMS
from nlp_zero.distributed.saved import PIECE_NGRAMS, cut_into_pieces, open_piece
from nlp_zero.distributed.scores import add_neighbours, find_candidates
from nlp_zero.distributed.shuffle import pick
from nlp_zero.distributed.submission import submit_each
from nlp_zero.distributed.subtrees import NgramTree, strip_first_symbols

R = TypeVar("R")
PARTS = 4  # of the text, whose runs are merged
ORDER = 4
LEAST_BYTES = 300e6  # of a process, with the text that it reads at a time
PATTERN_BYTES = 48  # of a kept n-gram in the table that every worker has
MOST_KEPT = 5e7  # kept n-grams: for larger texts, --min-count is raised
UNEVEN = 2.0  # bytes of the largest range, over their mean: cuts are chosen so that it is at most this
NODE_BYTES = 12  # of an n-gram in the tree of a range
WORD_BYTES = 500  # in the calling process
CANDIDATE_BYTES = 100  # there, too, of an n-gram that may be kept
TASKS = 2000  # that are submitted, to measure what a task costs


@dataclass(frozen=True)
class Costs:
    """What was measured: CPU seconds and bytes, for each byte of the text unless said otherwise."""

    count: float
    run_bytes: float
    merge: float
    cut: float  # of build-vocab, with the kept n-grams
    find: float  # candidates, for each n-gram that occurs twice
    score: float  # in the calling process, for each candidate
    entropy: float  # for each n-gram that occurs twice
    task: float  # of the scheduler and the calling process, for each task
    tokenize: float
    tokenized_bytes: float
    pack: float  # for each byte that is sent
    types_k: float
    types_b: float
    longest_share: float  # n-grams of the highest order, of all
    twice_share: float  # n-grams that occur twice, of all
    candidate_share: float  # of these, those that are gathered
    kept_share: float  # of these, those that are kept as patterns
    word_share: float  # words, for each n-gram that is kept
    node_bytes: float  # of an n-gram in saved counts
    describe: float  # saved counts, for each n-gram
    open: float  # a piece of saved counts, for each n-gram

    def types(self, size: float) -> float:
        """Return the number of different n-grams of all orders in `size` bytes of text."""
        return self.types_k * size**self.types_b

    def nodes(self, size: float) -> float:
        """Return the number of n-grams that occur at least twice."""
        return self.twice_share * self.types(size)

    def kept(self, size: float) -> float:
        """Return the number of n-grams that are kept as patterns."""
        return min(MOST_KEPT, self.kept_share * self.nodes(size))

    def candidates(self, size: float) -> float:
        """Return the number of n-grams that are gathered to be scored."""
        return self.kept(size) * self.candidate_share / self.kept_share

    def caller_bytes(self, size: float) -> float:
        """Return the memory of the calling process of build-vocab."""
        kept = (PATTERN_BYTES + WORD_BYTES * self.word_share) * self.kept(size)
        return LEAST_BYTES + kept + CANDIDATE_BYTES * min(CANDIDATE_NGRAMS, self.candidates(size))

    def largest_range(self, size: float, ranges: int) -> float:
        """Return the memory for merging the largest range."""
        return UNEVEN * (self.run_bytes * size + NODE_BYTES * self.types(size)) / ranges

    def map_bytes(self, size: float, parts: int) -> float:
        """Return the memory of a map task: the text that is counted at once, and the runs of its part, twice."""
        return LEAST_BYTES + 2 * self.run_bytes * size / parts


def measure(text: Path) -> Costs:
    """Run the tasks of a cluster on a text, one after another, in this process."""
    size = text.stat().st_size
    corpus = Corpus(text)
    parts = slice_corpus(corpus, -(-size // PARTS))
    task = tasks.CountTask(ORDER, CountOptions())
    cuts = tasks.cut_ngrams(parts, PARTS, task)
    count_seconds, runs = clock(lambda: [tasks.count_part(part, cuts, task) for part in parts])
    columns = [[[run[k]] for run in runs] for k in range(len(cuts) + 1)]
    merge_seconds, ranges = clock(lambda: [tasks.merge_range(column, task) for column in columns])
    whole = sum(len(level[0]) for _, _, levels in ranges for level in levels)
    quarter = sum(count_ngrams(parts[0], order=ORDER).types(n) for n in range(1, ORDER + 1))
    b = math.log(whole / quarter) / math.log(PARTS)
    run_bytes = sum(len(data) for run in runs for data in run)
    pack_seconds, _ = clock(lambda: [bytes(bytearray(data)) for run in runs for data in run])
    builder = PmiLexiconBuilder()
    counts = count_ngrams(corpus, order=ORDER, min_count=2)
    nodes = sum(counts.types(n) for n in range(1, ORDER + 1))
    tree = LinkedTree(counts)
    selection = tree.select(builder.min_count, builder.min_pmi)
    levels, singles, total = levels_of(counts), tree.symbol_counts().astype(float), float(counts.total(1))
    thresholds = builder.min_count, builder.min_pmi
    find_seconds, found = clock(lambda: find_candidates(levels, [], singles, total, *thresholds))
    score_seconds, _ = clock(
        lambda: [strip_first_symbols(found.symbols[:n], found.ends[:n], len(singles)) for n in range(3, ORDER + 1)]
    )
    words = NgramTree(found.symbols[:-1], [*found.ends[: ORDER - 2], found.ends[-1]])
    sums = tuple([np.zeros(len(symbols)) for symbols in words.symbols] for _ in range(2))
    entropy_seconds, _ = clock(lambda: add_neighbours(levels, [False] * ORDER, sums, words, len(singles)))
    shared = (PieceCounter, (tree.alphabet, selection.patterns))
    cut_seconds, _ = clock(lambda: [tasks.count_blocks(part, shared) for part in parts])
    lexicon = _learn(corpus, builder)
    tokenizer = Tokenizer(lexicon)
    options = argparse.Namespace(separator=" ", workers=1, sample=False)
    tokenize_seconds, tokenized = clock(lambda: sum(map(len, _cut_lines(corpus, tokenizer, options, 0))))
    kept, candidates = sum(map(len, selection.nodes)), sum(map(len, found.symbols))
    with tempfile.TemporaryDirectory() as folder:
        count_ngrams(corpus, order=ORDER).save(Path(folder) / "counts")
        stored = sum(file.stat().st_size for file in (Path(folder) / "counts").iterdir())
        counts.save(twice := Path(folder) / "twice")
        describe_seconds, described = clock(lambda: cut_into_pieces(str(twice), ORDER, PIECE_NGRAMS))
        [piece], pruned = described.pieces, tasks.CountTask(ORDER, CountOptions(min_count=2))
        open_seconds, _ = clock(lambda: open_piece(piece, pruned, {}, set()))
    return Costs(
        count=count_seconds / size, run_bytes=run_bytes / size, merge=merge_seconds / size, cut=cut_seconds / size,
        find=find_seconds / nodes, score=2 * score_seconds / candidates, entropy=entropy_seconds / nodes,
        task=measure_task(), tokenize=tokenize_seconds / size,
        tokenized_bytes=tokenized / size, pack=pack_seconds / run_bytes,
        types_k=whole / size**b, types_b=b,
        longest_share=sum(len(levels[-1][0]) for _, _, levels in ranges) / whole,
        twice_share=nodes / whole, candidate_share=candidates / nodes, kept_share=kept / nodes,
        word_share=len(lexicon) / kept, node_bytes=stored / whole,
        describe=describe_seconds / nodes, open=open_seconds / nodes,
    )  # fmt: skip


def clock(work: Callable[[], R]) -> tuple[float, R]:
    """Return the CPU seconds of some work, and its result."""
    begin = time.process_time()
    result = work()
    return time.process_time() - begin, result


def measure_task() -> float:
    """Return the CPU seconds of the scheduler, which is in this process, for a small task."""
    with distributed.connect(workers=1) as client:
        runs = submit_each(client, list, ["ab"] * (TASKS // 10))
        places = [slice(k, k + 1) for k in range(10)]
        seconds, _ = clock(lambda: client.gather([submit_each(client, pick, runs, place) for place in places]))
    return seconds / TASKS


def _learn(corpus: Corpus, builder: PmiLexiconBuilder) -> Lexicon:
    lexicon: Lexicon = builder.build(corpus, scores=False)
    return lexicon
