"""Words by pointwise mutual information: the fastest builder, for text of any size."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.counting import deduplicate_words
from .._utils.progress import begin_stage
from .._utils.validation import check_integer, check_number
from ..corpus import Corpus
from ..counting.counts import MAX_ORDER, NgramCounts
from ..counting.linked import LinkedTree
from ..counting.packed import PackedWords
from ..counting.resources import Resources
from ..counting.selectable import SelectableTree
from ..lexicon.lexicon import Lexicon
from .describe import FoundWords, cut_words, describe_words, estimate_words, list_words
from .passes import CorpusPasses, open_passes
from .saved import SavedPasses, add_periods, check_counts

if TYPE_CHECKING:
    import numpy.typing as npt

    from .teaching import ExampleLines

__all__ = ["PmiLexiconBuilder", "deduplicate"]

# Least PMI (nats) of n-grams of 1, 2, 3, 4, ... symbols. Chosen on People's Daily: F1 .764, against .750 with
# 0, 2, 4, 6 (min_count 4, every fifth of the first 9,700 lines); lexicon precision against all gold types was taken
# into account.
MIN_PMI_NATS = (0.0, 1.5, 4.0, 7.0)
FURTHER_NATS = 3.0  # this much more for each further symbol


class PmiLexiconBuilder:
    """Learns words from n-grams with a high PMI.

    N-grams whose PMI reaches a threshold are kept. Text is cut by joining kept n-grams that overlap, and the pieces are
    counted. A piece of at most `order` symbols must be a kept n-gram; in a longer one, all n-grams of that order must
    be kept.

    Parameters
    ----------
    order : int, default 4
        Longest n-gram that is counted (2 to 8).
    min_pmi : float or sequence of float, optional
        Least PMI in nats: one number for all lengths above 1, or one for each length from 1. By default 1.5, 4 and 7
        for 2, 3 and 4 symbols, and 3 more for each further symbol.
    min_count : int, default 3
        N-grams and words of two or more symbols that occur fewer times are left out.
    max_length : int or None, default None
        Longest word in symbols; None for no limit.
    deduplicate : bool, default False
        Also drop words that are made of shorter ones; see `deduplicate`. With ``order=2, min_pmi=1`` this is the older
        algorithm.
    alnum : {"token", "join", "split"}, default "token"
        How digits and Latin letters are counted; see `NgramCounter`.
    workers : int, default 1
        Threads; they never change the result.
    memory : int, str or None, default None
    temp_dir : str, path-like or None, default None
    checkpoint : str, path-like or None, default None
        See `NgramCounter`. The budget holds for all of the work: the count tree and its links stay on disk. The n-grams
        that are kept (40 bytes each) and the words (500 bytes each) must fit in it; if they do not, a `StorageError`
        names a budget that works.

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
    The PMI of an n-gram is the smallest over its split points, ``min_i ln(N c(x) / (c(x[:i]) c(x[i:])))``, for counts c
    and a text of N symbols. Source: kexue.fm/archives/3913 and 6920.
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
        self.order = check_integer("order", order, least=2, most=MAX_ORDER)
        self.min_pmi = _fill_thresholds(min_pmi, self.order)
        self.min_count = check_integer("min_count", min_count)
        self.max_length = None if max_length is None else check_integer("max_length", max_length)
        self.deduplicate, self.alnum = bool(deduplicate), alnum
        self.resources = Resources(memory=memory, temp_dir=temp_dir, workers=workers, checkpoint=checkpoint)

    def __repr__(self) -> str:
        options = ("order", "min_pmi", "min_count", "max_length", "deduplicate", "alnum")
        return f"PmiLexiconBuilder({', '.join(f'{name}={getattr(self, name)!r}' for name in options)})"

    def build(
        self,
        texts: Corpus | Iterable[str] | CorpusPasses,
        *,
        examples: Iterable[str] | ExampleLines | None = None,
        known_words: Iterable[str] | None = None,
        scores: bool = True,
    ) -> Lexicon:
        """Learn a lexicon.

        Parameters
        ----------
        texts : Corpus or iterable of str
            Read once; with a memory budget two or three times. Examples take two more.
        examples : iterable of str or ExampleLines, optional
            Lines cut by hand, from the corpus or not: spaces are cuts, and nothing is said about gaps inside ``{ }``.
            The text is then cut in their convention, examples as they are given. Lines that the corpus lacks are read
            as a part of it.
        known_words : iterable of str, optional
            A word list that helps with `examples`.
        scores : bool, default True
            Whether the lexicon gets the columns ``pmi``, ``left_entropy``, ``right_entropy`` and ``cohesion``; without
            them, there is one pass over the text less.

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
        if examples is not None or known_words is not None:
            return self._build_taught(passes, examples, known_words, scores)
        # N-grams that occur once add nothing to entropies, and cannot be kept.
        tree = passes.count_selectable(self.order)
        found = self._find_words(passes, tree)
        return describe_words(found, tree, passes, method="pmi") if scores else list_words(found, tree, method="pmi")

    def _find_words(self, passes: CorpusPasses, tree: SelectableTree) -> FoundWords:
        found = cut_words(passes, tree, tree.select(self.min_count, self.min_pmi), self.min_count, self.max_length)
        return found.keep(*deduplicate(found.words, found.tokens)) if self.deduplicate else found

    def _build_taught(
        self,
        passes: CorpusPasses,
        examples: Iterable[str] | ExampleLines | None,
        known_words: Iterable[str] | None,
        scores: bool,
    ) -> Lexicon:
        from .teaching import add_to_passes, read_teaching, teach_words  # with them a tokenizer, which takes time

        teaching = read_teaching(examples, known_words)
        added = [] if teaching is None else add_to_passes(passes, teaching)
        tree = passes.count_selectable(self.order)
        found = self._find_words(passes, tree)
        if teaching is not None:
            found = teach_words(found, tree, passes, teaching, added, min_count=self.min_count)
        lexicon = describe_words(found, tree, passes, method="pmi") if scores else list_words(found, tree, method="pmi")
        return lexicon if teaching is None else lexicon.with_meta(examples=len(teaching.examples.lines))

    def build_from(self, counts: NgramCounts, texts: Corpus | Iterable[str] | None = None) -> Lexicon:
        """Learn a lexicon from n-grams that have been counted.

        Parameters
        ----------
        counts : NgramCounts
            Of `order` or more, with the same `alnum`.
        texts : Corpus or iterable of str, optional
            The texts that were counted: the result is that of ``build(texts)``, bit for bit. Without them, no text is
            read, and the counts of the words are estimated (see Notes).

        Returns
        -------
        Lexicon
            ``meta.estimated`` says whether the counts of the words are estimated. If the counts have periods, the
            columns ``first_seen`` and ``last_seen`` are the first and the last period in which the string occurs, NaN
            for words that are longer than the n-grams of the counts.

        Raises
        ------
        CorpusError
            If the counts do not fit the builder, are empty, or are not those of the texts.
        StorageError
            If the memory budget is too small.

        Notes
        -----
        Counts of order O tell in how many windows of O - n symbols around a kept n-gram no other crosses one
        of its ends; a wider context is estimated as in a Markov chain. Words have at most O symbols, and those of O
        symbols have no entropies. With ``order=4``, counts of order 5 give nearly the same words as the text, and those
        of order 6 have the words of five and six symbols, too.

        Examples
        --------
        >>> from nlp_zero import NgramCounter
        >>> texts = ["中国人民热爱中国", "人民在中国"] * 3
        >>> counts = NgramCounter(order=5).update(texts).freeze()
        >>> builder = PmiLexiconBuilder(order=3, min_pmi=1.5)
        >>> builder.build_from(counts).words == builder.build(texts).words
        True
        """
        complete = 1 if texts is None else 2
        check_counts(counts, order=self.order, alnum=self.alnum, min_count=complete, needs=f"order={self.order}")
        if texts is not None:
            return add_periods(self.build(SavedPasses(counts, texts, self.resources)), counts)
        begin_stage("linking n-grams")
        tree = LinkedTree(counts, self.resources)
        begin_stage("estimating pieces")
        found = estimate_words(tree, self.min_count, self.min_pmi, self.max_length)
        if self.deduplicate:
            found = found.keep(*deduplicate(found.words, found.tokens))
        lexicon = describe_words(found, tree, None, method="pmi").with_meta(estimated=True)
        return add_periods(lexicon, counts)


def _fill_thresholds(min_pmi: float | Sequence[float] | None, order: int) -> tuple[float, ...]:
    """Return one threshold for each order from 1."""
    if min_pmi is None:
        values = [*MIN_PMI_NATS, *(MIN_PMI_NATS[-1] + FURTHER_NATS * k for k in range(1, MAX_ORDER))][:order]
    elif np.ndim(min_pmi) == 0:
        values = [0.0] + [check_number("min_pmi", min_pmi)] * (order - 1)
    else:
        values = [check_number("min_pmi", x) for x in min_pmi]  # type: ignore[union-attr]
        if len(values) != order:
            raise ValueError(f"min_pmi needs one number, or {order} (one for each length), not {len(values)}.")
    return tuple(values)


def deduplicate(words: Sequence[str], tokens: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Drop words that are made of other words, and add their tokens to those words.

    A word is dropped if its PMI against its best segmentation into other words is below ``len(word) - 1`` nats. Words
    are processed from the longest to the shortest (ties: by text), each with the current words, counts and total.
    Ties between segmentations go to fewer words, then to the longer first word.

    Parameters
    ----------
    words : sequence of str
    tokens : array of int
        How often each occurs as a word.

    Returns
    -------
    rows : array of int64
        Places of the words that stay, rising.
    tokens : array of int64
        Their tokens, with those of dropped words.

    Notes
    -----
    For a word w of c tokens that is best cut into k words of c_1 ... c_k tokens, in a text of N tokens, this PMI is
    ``ln(c / N) - sum_i ln(c_i / N)``. Source: kexue.fm/archives/5476, step 4.

    Examples
    --------
    >>> rows, tokens = deduplicate(["天", "地", "天地"], [50, 40, 30])
    >>> rows.tolist(), tokens.tolist()
    ([0, 1], [80, 70])
    """
    packed = words if isinstance(words, PackedWords) else PackedWords.pack(words)
    counts = np.array(tokens, np.int64)
    kept = deduplicate_words(packed.characters, packed.ends, counts)
    rows = np.flatnonzero(kept)
    return rows, counts[rows]
