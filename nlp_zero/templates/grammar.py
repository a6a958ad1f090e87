"""Template grammars: all parses of a segment summed, the most probable one, or a random one; and text entropy.

A segment is a chain of units, and so is every slot; after each unit the chain ends with probability q.  A unit is a
word outside templates, or a template, whose slots are chains again.  `nlp_zero.templates.mining` finds the templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .._utils.immutable import Immutable
from .._utils.seeds import seed_of
from .._utils.validation import check_integer
from .clauses import check_token_lists, split_clauses
from .inventory import TemplateInventory, check_inventory
from .numbered_grammar import MAX_SEGMENT_WORDS, NumberedGrammar, split_offsets
from .template import Template

if TYPE_CHECKING:
    import numpy.typing as npt

    Int32Array = npt.NDArray[np.int32]
    Int64Array = npt.NDArray[np.int64]
    Float64Array = npt.NDArray[np.float64]

__all__ = ["SLOT", "WORD", "GrammarEntropy", "ParseSpan", "TemplateGrammar"]

WORD, SLOT = -1, -2  # labels of spans; templates have labels from 0
BATCH_SEGMENTS = 4096  # segments that are parsed together


class ParseSpan(NamedTuple):
    """A node of a parse, in depth-first order: a unit, or a slot of the unit before it that is one level higher.

    Attributes
    ----------
    start, end : int
        Words of the segment that it covers.
    label : int
        Number of the template, ``WORD`` (-1) for a word outside templates, ``SLOT`` (-2).
    depth : int
        0 for the units of the segment.
    """

    start: int
    end: int
    label: int
    depth: int


class GrammarEntropy(NamedTuple):
    """Nats per word of a text under parts of a grammar, and the cost of the templates.

    The two-part description length of the text, in nats, is ``words * all + model``, against ``words * leaves``
    without templates.

    Attributes
    ----------
    words : int
        Words of the text, without punctuation.
    leaves : float
        Nats per word without templates.
    contiguous : float
        Nats per word with those templates that have no slot between words.
    gapped : float
        Nats per word with those templates that have a slot between words.
    all : float
        Nats per word with all templates.
    model : float
        Length of the description of all templates, in nats.
    """

    words: int
    leaves: float
    contiguous: float
    gapped: float
    all: float
    model: float


class TemplateGrammar(Immutable):
    """A probabilistic grammar of templates.  Immutable.

    Parameters
    ----------
    templates : iterable of Template or sequence of (str or None)
        Templates or their items; equal ones are allowed.
    counts : sequence of float
        How often each template is used.
    leaves : mapping of str to float
        How often each word is used outside templates.
    segments : float
        Number of segments.

    Raises
    ------
    ValueError
        If counts are missing or negative, or `segments` is not above 0.

    Notes
    -----
    All probabilities follow from counts.  With U units (uses of templates and of words outside templates) and C chains
    (segments, and one for each slot of each use), P(template) = count / U and q = C / U.  A word outside templates has
    probability L / U * (count + ½) / (L + ½ (V + 1)), with L uses of V words; all unknown words share a count of 0.

    Examples
    --------
    >>> leaves = {"北京": 9, "上海": 9, "从": 1, "到": 1}
    >>> grammar = TemplateGrammar([("从", None, "到", None)], [5], leaves, segments=8)
    >>> grammar
    <TemplateGrammar: 1 template, 4 words>
    >>> for span in grammar.viterbi(["从", "北京", "到", "上海"]):
    ...     print(span.start, span.end, span.label, span.depth)
    0 4 0 0
    1 2 -2 1
    1 2 -1 2
    3 4 -2 1
    3 4 -1 2
    """

    templates: tuple[tuple[str | None, ...], ...]
    _leaves: dict[str, float]
    _numbers: dict[str, int]
    _grammar: NumberedGrammar

    def __init__(
        self,
        templates: Iterable[Template | Sequence[str | None]],
        counts: Sequence[float] | Float64Array,
        leaves: Mapping[str, float],
        *,
        segments: float,
    ) -> None:
        patterns = tuple(t.items if isinstance(t, Template) else Template(tuple(t)).items for t in templates)
        numbers = {word: number for number, word in enumerate(leaves, 1)}
        for items in patterns:
            for word in items:
                if word is not None:
                    numbers.setdefault(word, len(numbers) + 1)
        leaf_counts = np.zeros(len(numbers) + 1)
        leaf_counts[1 : len(leaves) + 1] = list(leaves.values())
        forms = [tuple(0 if item is None else numbers[item] for item in items) for items in patterns]
        grammar = NumberedGrammar(forms, np.array(counts, np.float64), leaf_counts, segments)
        self._set(templates=patterns, _leaves=dict(leaves), _numbers=numbers, _grammar=grammar)

    def __reduce__(self) -> tuple[object, ...]:
        grammar = self._grammar
        return partial(TemplateGrammar, segments=grammar.segments), (self.templates, grammar.counts, self._leaves)

    @classmethod
    def from_inventory(cls, inventory: TemplateInventory) -> TemplateGrammar:
        """Return the grammar of an inventory, without templates that join clauses (`Template.across`).

        Parameters
        ----------
        inventory : TemplateInventory
            Templates mined with ``method="entropy"``.

        Returns
        -------
        TemplateGrammar
            Template k is the k-th template of the inventory that does not join clauses.

        Raises
        ------
        TypeError
            If it is not an inventory.
        ValueError
            If the inventory has no counts of words outside templates, as with ``method="skipgram"``.
        """
        check_inventory(inventory)
        if not inventory.leaves:
            raise ValueError("these templates have no grammar; mine them with the method entropy.")
        inside = [template for template in inventory if not template.across]
        segments = float(str(inventory.meta.get("segments", 1)))
        return cls(inside, [template.count for template in inside], inventory.leaves, segments=segments)

    def __repr__(self) -> str:
        templates, words = len(self.templates), len(self._numbers)
        return f"<TemplateGrammar: {templates:,} template{'s' * (templates != 1)}, {words:,} words>"

    @property
    def q(self) -> float:
        """Probability that a chain ends after a unit."""
        return self._grammar.q

    @property
    def probabilities(self) -> Float64Array:
        """Probability of each template among the units."""
        return self._grammar.counts / self._grammar.units

    def inside(self, tokens: Sequence[str]) -> float:
        """Return the log-probability of a segment, summed over all its parses.

        Parameters
        ----------
        tokens : sequence of str
            The words of a segment.

        Returns
        -------
        float
            In nats.
        """
        words, offsets = self._number([tokens])
        return float(self._grammar.log_probs(words, offsets).sum())

    def viterbi(self, tokens: Sequence[str]) -> list[ParseSpan]:
        """Return the most probable parse, depth first.

        Ties (within a part in 10^9): a shorter first unit before a longer one; a word outside templates before
        templates, and templates in the order of their numbers; a longer last slot before a shorter one.

        Parameters
        ----------
        tokens : sequence of str
            The words of a segment.

        Returns
        -------
        list of ParseSpan
            Units and slots.
        """
        return _spans_of_rows(self.viterbi_batch([tokens])[0])

    def viterbi_batch(self, segments: Iterable[Sequence[str]]) -> tuple[Int32Array, Int64Array]:
        """Return the most probable parses of many segments.

        Parameters
        ----------
        segments : iterable of sequence of str
            The words of each segment.

        Returns
        -------
        spans : ndarray of int32, shape (spans, 4)
            Start, end, label, depth, as in `ParseSpan`.
        offsets : ndarray of int64, shape (segments + 1,)
            Segment i has the spans ``spans[offsets[i]:offsets[i + 1]]``.
        """
        words, offsets = self._number(segments)
        return self._grammar.best_parses(words, offsets)

    def sample(self, tokens: Sequence[str], *, k: int = 1, seed: int | None = None) -> list[list[ParseSpan]]:
        """Draw parses exactly in proportion to their probabilities.

        Parameters
        ----------
        tokens : sequence of str
            The words of a segment.
        k : int, default 1
            Number of parses.
        seed : int, optional
            The same seed gives the same parses on every platform; random by default.

        Returns
        -------
        list of list of ParseSpan
            `k` parses.
        """
        k = check_integer("k", k, least=0)
        words, offsets = self._number([tokens])
        seed_number, chart = seed_of(seed), self._grammar.chart
        pieces = split_offsets(offsets).tolist()
        parses: list[list[ParseSpan]] = [[] for _ in range(k)]
        for number, (start, end) in enumerate(pairwise(pieces)):
            anchors = self._grammar.keep_anchors(words[start:end])
            rows, ends = chart.draw(anchors, seed_number, number * k, k)
            rows[:, :2] += start
            for spans, (first, last) in zip(parses, pairwise(ends.tolist()), strict=True):
                spans += _spans_of_rows(rows[first:last])
        return parses

    def marginals(self, tokens: Sequence[str]) -> Float64Array:
        """Return the probability that words i..k-1 are one unit, over all parses.

        Parameters
        ----------
        tokens : sequence of str
            The words of a segment, at most 128.

        Returns
        -------
        ndarray of float64, shape (words + 1, words + 1)
            The probability at [i, k].

        Raises
        ------
        ValueError
            If the segment is longer than 128 words.
        """
        words, _ = self._number([tokens])
        if len(words) > MAX_SEGMENT_WORDS:
            raise ValueError(
                f"tokens must be a segment of at most {MAX_SEGMENT_WORDS} words, not {len(words)}; split it first."
            )
        return self._grammar.chart.spans(self._grammar.keep_anchors(words))

    def entropy(self, token_lists: Iterable[Sequence[str]]) -> GrammarEntropy:
        """Measure how well parts of the grammar predict the clauses of a text.

        All parts share the counts of the grammar; words of a template that is left out are used outside templates.

        Parameters
        ----------
        token_lists : iterable of sequence of str
            Sentences or lines as lists of words; clauses end at punctuation, which is not predicted.

        Returns
        -------
        GrammarEntropy
            The result, in nats per word.

        Raises
        ------
        ValueError
            If the text has no words.
        """
        gapped = np.array([_is_gapped(items) for items in self.templates], bool)
        none = np.zeros(len(gapped), bool)
        grammars = [self._grammar.restrict(kept) for kept in (none, ~gapped, gapped)] + [self._grammar]
        nats, count = np.zeros(4), 0
        for batch in _batch_clauses(check_token_lists(token_lists)):
            words, offsets = self._number(batch)
            count += len(words)
            nats += [grammar.log_probs(words, offsets).sum() for grammar in grammars]
        if not count:
            raise ValueError("The text has no words; entropy is measured per word.")
        leaves, contiguous, with_slot, all_ = (-nats / count).tolist()
        return GrammarEntropy(count, leaves, contiguous, with_slot, all_, float(self._grammar.costs().sum()))

    def _number(self, segments: Iterable[Sequence[str]]) -> tuple[Int32Array, Int64Array]:
        """Return the numbers of all words, 0 for unknown ones, and the offsets of the segments."""
        get = self._numbers.get
        lists = []
        for tokens in segments:
            if isinstance(tokens, str):
                raise TypeError("tokens must be a list of words, not one text.")
            lists.append([get(word, 0) for word in tokens])
        words = np.fromiter((number for numbers in lists for number in numbers), np.int32)
        return words, np.cumsum([0, *map(len, lists)], dtype=np.int64)


def _is_gapped(items: Sequence[str | None]) -> bool:
    return Template(tuple(items)).is_gapped


def _batch_clauses(token_lists: Iterable[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    batch: list[Sequence[str]] = []
    for tokens in token_lists:
        batch += [tokens[start:end] for start, end in split_clauses(tokens)]
        if len(batch) >= BATCH_SEGMENTS:
            yield batch
            batch = []
    yield batch


def _spans_of_rows(rows: Int32Array) -> list[ParseSpan]:
    return [ParseSpan(*row) for row in rows.tolist()]
