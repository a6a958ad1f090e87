"""Saved counts in place of the counting pass over a corpus."""

from __future__ import annotations

from collections.abc import Iterable

from .._kernels.counting import PieceCounter
from ..corpus import Corpus
from ..counting.counts import NgramCounts, restrict_counts
from ..counting.lookup import look_up_periods
from ..counting.resources import Resources
from ..counting.selectable import SelectableTree
from ..counting.selection import Selection
from ..errors import CorpusError
from ..lexicon.lexicon import Lexicon
from .passes import CorpusPasses

__all__ = ["SavedPasses", "add_periods", "check_counts", "check_text"]


class SavedPasses(CorpusPasses):
    """Passes over a corpus whose n-grams have been counted.

    Parameters
    ----------
    counts : NgramCounts
        All n-grams of the texts; `check_counts` has accepted them.
    texts : Corpus or iterable of str
        The texts that were counted.
    resources : Resources
    """

    counting_stage = "loading counts"

    def __init__(self, counts: NgramCounts, texts: Corpus | Iterable[str], resources: Resources) -> None:
        super().__init__(texts, alnum=counts.alnum, resources=resources)
        self._counts = counts

    def count_ngrams(self, order: int, min_count: int = 1) -> NgramCounts:
        """Take the n-grams from the counts."""
        return restrict_counts(self._counts, order, min_count, self.resources)

    def count_pieces(self, tree: SelectableTree, selection: Selection) -> PieceCounter:
        """Cut the corpus; refuse one that is not the one that was counted."""
        return check_text(super().count_pieces(tree, selection), self._counts)


def check_text(pieces: PieceCounter, counts: NgramCounts) -> PieceCounter:
    """Return the pieces of a text; refuse a text that is not the one that was counted.

    Raises
    ------
    CorpusError
        If the number of symbols is not that of the counts.
    """
    if pieces.symbols != counts.total(1):
        raise CorpusError(
            f"the text has {pieces.symbols:,} countable symbols, but the counts are of a text of "
            f"{counts.total(1):,}; give the text that was counted, or leave it out."
        )
    return pieces


def add_periods(lexicon: Lexicon, counts: NgramCounts) -> Lexicon:
    """Add the columns ``first_seen`` and ``last_seen``, if the counts have periods."""
    if not counts.periods:
        return lexicon
    first, last = look_up_periods(counts, lexicon.words)
    scores = {**lexicon.scores, "first_seen": first, "last_seen": last}
    return Lexicon(lexicon.words, lexicon.counts, scores=scores, meta=lexicon.meta)


def check_counts(counts: NgramCounts, *, order: int, alnum: str, min_count: int, needs: str) -> None:
    """Refuse counts that a builder cannot use.

    Parameters
    ----------
    counts : NgramCounts
    order : int
        The longest n-grams that the builder needs.
    alnum : str
        How it reads digits and Latin letters.
    min_count : int
        N-grams of two or more symbols that occur this often must not be missing.
    needs : str
        What needs n-grams of this order, for the message.

    Raises
    ------
    TypeError
        If they are something else.
    CorpusError
        With one sentence that says what does not fit, or if the counts are empty.
    """
    if not isinstance(counts, NgramCounts):
        raise TypeError(f"counts must be NgramCounts, not {type(counts).__name__}; NgramCounts.load reads them.")
    if counts.unit != "char":
        raise CorpusError("words are learnt from counts of characters, and these are of bytes; count with --unit char.")
    if counts.alnum != alnum:
        raise CorpusError(
            f"the counts were made with alnum={counts.alnum!r}, not {alnum!r}; use --alnum {counts.alnum} here, or "
            f"count with --alnum {alnum}."
        )
    if counts.order < order:
        raise CorpusError(
            f"the counts have n-grams of up to {counts.order} symbols, and {needs} needs {order}; count with "
            f"--order {order}."
        )
    if counts.min_count > min_count:
        raise CorpusError(
            f"the counts lack n-grams that occur fewer than {counts.min_count} times; count "
            f"{'without --min-count' if min_count == 1 else f'with --min-count {min_count} or less'}."
        )
    if not counts.total(1):
        raise CorpusError("the counts are empty; count a text first.")
