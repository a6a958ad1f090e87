"""Words by normalised variation of branching entropy (nVBE): a quick segmenter that needs no threshold."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .._utils.validation import check_integer
from ..corpus import Corpus
from ..counting.counts import MAX_ORDER, NgramCounts
from ..counting.resources import Resources
from ..lexicon.lexicon import Lexicon
from .describe import cut_words, describe_words
from .passes import CorpusPasses, open_passes
from .saved import SavedPasses, add_periods, check_counts

if TYPE_CHECKING:
    from .teaching import ExampleLines

__all__ = ["EntropyLexiconBuilder"]

# Weight of single characters; 1 is the published method. Chosen on People's Daily, with knowledge of its whole gold
# standard: F1 .757 against .752 with 1 (every fifth of the first 9,700 lines), and lexicon precision at
# 1,000/5,000/10,000 of .930/.891/.818 against .936/.893/.811 (all gold types). Lower values raise F1 further, but
# reduce precision.
SINGLE = 0.95


class EntropyLexiconBuilder:
    """Learns words from branching entropy (nVBE): text is cut into pieces of high autonomy, which are counted.

    Pieces are strings that occur at least twice, or single characters; each run is cut so that the sum of ``a(w) |w|``
    over its pieces w is greatest, where a(w) is the autonomy of w (see Notes).

    Parameters
    ----------
    max_length : int, default 4
        Longest word in symbols (1 to 7).
    min_count : int, default 2
        Words of two or more symbols that occur fewer times as a piece are left out.
    alnum : {"token", "join", "split"}, default "token"
        How digits and Latin letters are counted; see `NgramCounter`.
    workers : int, default 1
        Threads; they never change the result.
    memory : int, str or None, default None
    temp_dir : str, path-like or None, default None
    checkpoint : str, path-like or None, default None
        See `NgramCounter`. The budget holds for all of the work; scores must fit in it, about 32 bytes for each
        distinct n-gram. If they do not, a `StorageError` names a budget that works.

    Attributes
    ----------
    resources : Resources
        Memory, temporary folder, threads and checkpoint.

    Raises
    ------
    ValueError
        If an option makes no sense.

    Notes
    -----
    The autonomy of a string x is ``a(x) = dR(x) + dL(x)``, less its mean over the distinct strings of that length,
    where ``dR(x) = h_R(x) - h_R(x[:-1])`` is how much the entropy of the next character rises with the last character
    of x, and ``dL(x) = h_L(x) - h_L(x[1:])`` how much that of the previous character rises with the first.
    Source: Magistry and Sagot, Unsupervized word segmentation: the case for Mandarin Chinese, ACL 2012.
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
        self.max_length = check_integer("max_length", max_length, most=MAX_ORDER - 1)
        self.min_count, self.alnum = check_integer("min_count", min_count), alnum
        self.resources = Resources(memory=memory, temp_dir=temp_dir, workers=workers, checkpoint=checkpoint)

    def __repr__(self) -> str:
        return (
            f"EntropyLexiconBuilder(max_length={self.max_length}, min_count={self.min_count}, alnum={self.alnum!r})"
        )

    def build(
        self,
        texts: Corpus | Iterable[str] | CorpusPasses,
        *,
        examples: Iterable[str] | ExampleLines | None = None,
        known_words: Iterable[str] | None = None,
    ) -> Lexicon:
        """Learn a lexicon.

        Parameters
        ----------
        texts : Corpus or iterable of str
            Read once; with a memory budget twice. Examples take two more.
        examples : iterable of str or ExampleLines, optional
            Lines cut by hand, from the corpus or not: spaces are cuts, and nothing is said about gaps inside ``{ }``.
            The text is then cut in their convention, examples as they are given. Lines that the corpus lacks are read
            as a part of it.
        known_words : iterable of str, optional
            A word list that helps with `examples`.

        Returns
        -------
        Lexicon

        Raises
        ------
        CorpusError
            If the texts cannot be read or have nothing to count, or the examples cannot be learnt from.
        StorageError
            If a disk is full or the memory budget is too small.
        """
        passes = open_passes(texts, alnum=self.alnum, resources=self.resources)
        teaching = None
        if examples is not None or known_words is not None:
            from .teaching import add_to_passes, read_teaching, teach_words  # with them a tokenizer, which takes time

            teaching = read_teaching(examples, known_words)
            added = [] if teaching is None else add_to_passes(passes, teaching)
        weights = [SINGLE, *range(2, self.max_length + 1)]  # a(x) |x|
        tree = passes.count_selectable(self.max_length + 1, min_count=1)
        found = cut_words(passes, tree, tree.select_autonomous(weights), self.min_count)
        if teaching is None:
            return describe_words(found, tree, passes, method="entropy")
        found = teach_words(found, tree, passes, teaching, added, min_count=self.min_count)
        return describe_words(found, tree, passes, method="entropy").with_meta(examples=len(teaching.examples.lines))

    def build_from(self, counts: NgramCounts, texts: Corpus | Iterable[str]) -> Lexicon:
        """Learn a lexicon from n-grams that have been counted and their texts.

        Parameters
        ----------
        counts : NgramCounts
            All n-grams of at least ``max_length + 1`` symbols, with the same `alnum`.
        texts : Corpus or iterable of str
            The texts that were counted. They are needed, because a cut of a run depends on all of it.

        Returns
        -------
        Lexicon
            That of ``build(texts)``, bit for bit; the texts are read once. If the counts have periods, it also has the
            columns ``first_seen`` and ``last_seen``, as in `PmiLexiconBuilder.build_from`.

        Raises
        ------
        CorpusError
            If the counts do not fit the builder, are empty, or are not those of the texts.
        StorageError
            If the memory budget is too small.
        """
        needs = f"max_length={self.max_length}"
        check_counts(counts, order=self.max_length + 1, alnum=self.alnum, min_count=1, needs=needs)
        return add_periods(self.build(SavedPasses(counts, texts, self.resources)), counts)
