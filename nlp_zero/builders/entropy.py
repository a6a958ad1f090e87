"""Words by normalised variation of branching entropy (nVBE): a quick segmenter that needs no threshold."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from .._utils.validation import check_integer
from ..corpus.corpus import Corpus
from ..counting.counter import counting
from ..counting.counts import MAX_ORDER, NgramCounts
from ..counting.links import Chosen, Links, require_memory
from ..lexicon.lexicon import Lexicon
from .describe import Passes, Words, lexicon_of, top_level

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["EntropyLexiconBuilder"]

# Weight of single characters.  At 1 the cut is the published one.  Chosen on People's Daily with its whole gold in
# view: 0.95 gave F1 .757 for .752 (every fifth of the first 9,700 lines), and lexicon precision at 1,000/5,000/10,000
# of .930/.891/.818 for .936/.893/.811 (all gold types).  Lower gains more F1 and loses more precision.
SINGLE = 0.95
SCORED_BYTES = 32  # an n-gram of the longest length, while it is scored
OTHERS_BYTES = 24  # one of the lengths before
STEP = 1 << 20  # n-grams that are scored at a time


class EntropyLexiconBuilder:
    """Cuts text where branching entropy says that words end (nVBE), and keeps the pieces.

    The autonomy of a string x is ``a(x) = dR(x) + dL(x)``: how much the entropy of the next character rises with the
    last character of x, ``dR(x) = h_R(x) - h_R(x[:-1])``, and of the previous one with the first, each less its mean
    over the distinct strings of that length.  Pieces are strings that came twice, or single characters; each run is
    cut so that the sum of ``a(w) |w|`` is greatest.
    Source: Magistry and Sagot, Unsupervized word segmentation: the case for Mandarin Chinese, ACL 2012.

    Parameters
    ----------
    max_length
        Longest word in symbols (1 to 7).
    min_count
        Words of two or more symbols that come less often as a piece are left out.
    alnum
        What digit and Latin runs are; see `NgramCounter`.
    workers
        Threads; never change the result.
    memory, temp_dir, checkpoint
        See `NgramCounter`.  The budget holds for all of the work; scores must fit in it, about 32 bytes for each
        distinct n-gram.  If they do not, a `StorageError` says which budget would do.
    """

    def __init__(
        self,
        *,
        max_length: int = 4,
        min_count: int = 2,
        alnum: str = "token",
        workers: int = 1,
        memory: int | str | None = None,
        temp_dir: str | os.PathLike[str] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> None:
        if check_integer("max_length", max_length) >= MAX_ORDER:
            raise ValueError(f"max_length must be at most {MAX_ORDER - 1} for this method, not {max_length}.")
        self.max_length, self.alnum = max_length, alnum
        self.min_count, self.workers = check_integer("min_count", min_count), check_integer("workers", workers)
        self._resources = counting(memory=memory, temp_dir=temp_dir, workers=workers, checkpoint=checkpoint)

    def build(self, texts: Corpus | Iterable[str]) -> Lexicon:
        """Learn the lexicon of `texts`, which are read twice.

        Raises
        ------
        CorpusError
            When the texts cannot be read or hold nothing to count.
        """
        return self.learn(Passes(texts, alnum=self.alnum, **self._resources))

    def learn(self, passes: Passes) -> Lexicon:
        """Learn the lexicon by passes over a corpus, of this process or (`nlp_zero.distributed`) of a cluster."""
        counts = passes.count(self.max_length + 1)
        links = Links(counts, workers=self.workers, memory=passes.memory, temp_dir=passes.temp_dir)
        levels = top_level(counts.levels, self.max_length)
        # What came once is no word; it only takes part in the means.
        often = [np.packbits(level[1] >= (2 if n else 1), bitorder="little") for n, level in enumerate(levels)]
        chosen = Chosen(levels, often, often, scores=self._scores(counts, links), memory=links.memory)
        del often
        pieces = passes.cut(counts, chosen.patterns)
        found = Words.from_pieces(counts, chosen, pieces, self.min_count, memory=links.memory)
        del chosen, pieces  # large
        return lexicon_of(passes, counts, links, found, method="entropy")

    def _scores(self, counts: NgramCounts, links: Links) -> list[npt.NDArray[np.float64]]:
        """a(x) times length, for all single symbols and all longer n-grams that came twice, up to the longest word."""
        types = [counts.types(n) for n in range(1, self.max_length + 1)]
        needed = SCORED_BYTES * max(types) + OTHERS_BYTES * (sum(types) - max(types))
        require_memory(links.memory, needed, f"{sum(types):,} n-grams and scores")
        scores = []
        shorter_left = shorter_right = np.zeros(0)
        for n in range(1, self.max_length + 1):
            left, right = links.branching(n, np.arange(counts.types(n), dtype=np.uint32))
            autonomy = right if n == self.max_length else right.copy()
            for begin in range(0, len(left), STEP):
                part = slice(begin, begin + STEP)
                rise_right, rise_left = right[part], left[part]
                if n > 1:
                    ends = counts.levels[n - 2][2]
                    prefix = np.searchsorted(ends, np.arange(begin, begin + len(rise_left), dtype=ends.dtype), "right")
                    suffix = links.suffix[n - 1]  # of pairs: the second one; level 1 has all symbols in order
                    rise_right = rise_right - shorter_right[prefix]
                    rise_left = rise_left - shorter_left[
                        counts.levels[1][0][part] - 1 if suffix is None else suffix[part]
                    ]
                autonomy[part] = rise_right + rise_left
            if len(autonomy):
                autonomy -= autonomy.mean()
            autonomy *= n if n > 1 else SINGLE
            scores.append(autonomy[counts.levels[n - 1][1] >= 2] if n > 1 else autonomy)
            shorter_left, shorter_right = left, right
            links.release()
        return scores
