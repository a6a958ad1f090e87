"""Words by mutual information: fast, and grows with the corpus."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._utils.validation import check_integer
from ..corpus.corpus import Corpus
from ..counting.counter import counting
from ..counting.counts import MAX_ORDER
from ..counting.links import Links
from ..lexicon.lexicon import Lexicon
from .describe import Passes, Words, lexicon_of

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["PmiLexiconBuilder"]

# Least PMI (nats) of n-grams of 1, 2, 3, 4, ... symbols.  Chosen on People's Daily: F1 .764, against .750 with
# 0, 2, 4, 6 (min_count 4, every fifth of the first 9,700 lines); lexicon precision against all of its gold types was
# looked at too.
MIN_PMI = (0.0, 1.5, 4.0, 7.0)
STEP = 3.0  # and this much more for each further symbol


class PmiLexiconBuilder:
    """Joins characters that stick together.

    N-grams whose PMI (the smallest over their split points) reaches a threshold are kept; text is cut by joining
    kept n-grams that overlap; pieces are counted.  A piece of at most `order` symbols must itself be kept, a longer one
    must have every n-gram of that order inside it kept.

    Parameters
    ----------
    order
        Longest n-gram that is counted (2 to 8).
    min_pmi
        Least PMI in nats: one number for all lengths above 1, or one for each length from 1.
    min_count
        N-grams and words that come less often are left out (single symbols stay).
    max_length
        Longest word in symbols; None for no limit.
    deduplicate
        Also drop words that shorter words explain: the PMI of a word against its best segmentation into other words
        is then below ``len(word) - 1`` nats.  With ``order=2, min_pmi=1`` this is the older algorithm.
    alnum
        What digit and Latin runs are; see `NgramCounter`.
    workers
        Threads; never change the result.
    memory, temp_dir, checkpoint
        See `NgramCounter`.  The budget holds for all of the work: the count tree and its links stay on the disk.  What
        must fit in it are the n-grams that stick together, 40 bytes each, and the words, 500 bytes each; if they do
        not, a `StorageError` says which budget would do.
    """

    def __init__(
        self,
        *,
        order: int = 4,
        min_pmi: float | Sequence[float] | None = None,
        min_count: int = 3,
        max_length: int | None = None,
        deduplicate: bool = False,
        alnum: str = "token",
        workers: int = 1,
        memory: int | str | None = None,
        temp_dir: str | os.PathLike[str] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> None:
        self.order = check_integer("order", order, least=2)
        if order > MAX_ORDER:
            raise ValueError(f"order must be at most {MAX_ORDER}, not {order}.")
        self.min_pmi = _thresholds(min_pmi, order)
        self.min_count = check_integer("min_count", min_count)
        self.max_length = None if max_length is None else check_integer("max_length", max_length)
        self.deduplicate, self.alnum = bool(deduplicate), alnum
        self.workers = check_integer("workers", workers)
        self._resources = counting(memory=memory, temp_dir=temp_dir, workers=workers, checkpoint=checkpoint)

    def build(self, texts: Corpus | Iterable[str]) -> Lexicon:
        """Learn the lexicon of `texts`, which are read two or three times.

        Raises
        ------
        CorpusError
            When the texts cannot be read or hold nothing to count.
        """
        return self.learn(Passes(texts, alnum=self.alnum, **self._resources))

    def learn(self, passes: Passes) -> Lexicon:
        """Learn the lexicon by passes over a corpus, of this process or (`nlp_zero.distributed`) of a cluster."""
        # What came once adds nothing to entropies, and cannot be a pattern.
        counts = passes.count(self.order, min_count=2)
        links = Links(counts, workers=self.workers, memory=passes.memory, temp_dir=passes.temp_dir)
        chosen = links.kept(self.min_count, self.min_pmi)
        pieces = passes.cut(counts, chosen.patterns)
        found = Words.from_pieces(
            counts, chosen, pieces, self.min_count, max_length=self.max_length, memory=links.memory
        )
        del chosen, pieces  # large
        if self.deduplicate:
            found = found.keep(_not_redundant(found.words, found.tokens.tolist()))
        return lexicon_of(passes, counts, links, found, method="pmi")


def _thresholds(min_pmi: float | Sequence[float] | None, order: int) -> tuple[float, ...]:
    if min_pmi is None:
        values = [*MIN_PMI, *(MIN_PMI[-1] + STEP * k for k in range(1, MAX_ORDER))][:order]
    elif isinstance(min_pmi, (int, float)):
        values = [0.0] + [float(min_pmi)] * (order - 1)
    else:
        values = [float(x) for x in min_pmi]
        if len(values) != order:
            raise ValueError(f"min_pmi needs one number, or {order} (one for each length), not {len(values)}.")
    if any(math.isnan(x) for x in values):
        raise ValueError("min_pmi must be numbers of nats, not NaN.")
    return tuple(values)


def _not_redundant(words: list[str], tokens: list[int]) -> npt.NDArray[np.int64]:
    """Places of the words that stay.

    A word goes when its ln p(word) is less than ``len(word) - 1`` nats above its best segmentation into other words.
    Longest words are judged first, against all words that are still there.
    """
    total = sum(tokens)
    log_p = {word: math.log(n / total) for word, n in zip(words, tokens, strict=True)}
    longest = max(map(len, words), default=0)
    for word in sorted(log_p, key=lambda w: (-len(w), w)):
        if len(word) < 2:
            continue
        own = log_p.pop(word)
        best = [0.0] + [-math.inf] * len(word)
        for end in range(1, len(word) + 1):
            for begin in range(max(0, end - longest), end):
                score = log_p.get(word[begin:end])
                if score is not None:
                    best[end] = max(best[end], best[begin] + score)
        if own - best[-1] >= len(word) - 1:
            log_p[word] = own
    return np.array([k for k, word in enumerate(words) if word in log_p], np.int64)
