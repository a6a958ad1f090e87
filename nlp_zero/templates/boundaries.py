"""Where phrases begin and end, learnt from punctuation: which words open a clause, and which words close one.

The score of the gap between neighbours u and v, in nats, is

    B = e(u) + s(v) - ½ ln[(c_uv + 1) / (l_u r_v / M + 1)]

with e(u) = ln[(n_end(u) + k p) / ((n(u) + k) p)] and s(v) the same for beginnings; k = 10, and p is the share of words
that end a clause segment.  c_uv counts the pair, l_u and r_v count u on the left and v on the right of a pair, and M is
the number of pairs.  A high score means that u often ends a phrase, v often begins one, and the two are rarely
neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels.elementary import log
from .._kernels.templates import BoundaryTable, count_cuts
from .._utils.arrays import freeze_arrays
from .._utils.immutable import Immutable
from .._utils.validation import check_integer
from ..errors import CorpusError, FormatError
from .marks import FIRST_MARK_CODE, MARK_KINDS, TIE, UNKNOWN_CODE, code_of_mark, is_mark, word_form

if TYPE_CHECKING:
    import numpy.typing as npt

    Int64Array = npt.NDArray[np.int64]
    Int32Array = npt.NDArray[np.int32]
    Float64Array = npt.NDArray[np.float64]

__all__ = ["DEFAULT_PROMINENCE_NATS", "STEPS_PER_NAT", "BoundaryModel"]

STEPS_PER_NAT = 1 << 20  # scores are integers in these steps, so that ties are the same on every platform
MOST_OCCURRENCES = 2**53  # of all words in a template file; larger sums are not exact
PRIOR_OCCURRENCES = 10  # strength of the prior, in occurrences of a word with the average share of boundaries
PAIR_WEIGHT = 0.5  # weight of the pair of words against the two words alone
DEFAULT_ROUNDS = 4  # rounds of self-training
DEFAULT_PROMINENCE_NATS = 0.4
PAUSE_SCORE_NATS = 1.5  # score of a gap that contains the enumeration comma 、
TRAINING_SEGMENT_WORDS = (3, 30)  # lengths of the clause segments that self-training cuts


class _TokenCodes(dict[str, int]):
    """Code of each token.  Codes of unknown tokens are computed and not stored, so that threads can share it."""

    def __missing__(self, token: str) -> int:
        return code_of_mark(token) if is_mark(token) else self.get(word_form(token), UNKNOWN_CODE)


class BoundaryModel(Immutable):
    """Statistics of words at phrase boundaries and of pairs of neighbours; made by `train`, immutable.

    Parameters
    ----------
    words : sequence of str
        Word forms.
    count, starts, ends, left, right : ndarray of int64, shape (words,)
        How often each word occurs, begins a phrase, ends a phrase, and is the left and the right word of a pair.
    pairs : ndarray of int64, shape (pairs, 3)
        Numbers of the two words and how often they are neighbours, sorted.

    Examples
    --------
    >>> text = [["他", "从", "北京", "来", "。"], ["从", "上海", "来", "，", "我", "高兴", "。"], ["我", "来", "。"]]
    >>> model = BoundaryModel.train(text * 10)
    >>> model
    <BoundaryModel: 7 words, 7 pairs>
    >>> round(model.score("来", "我"), 2), round(model.score("从", "北京"), 2)
    (1.61, 0.88)
    """

    words: tuple[str, ...]
    count: Int64Array
    starts: Int64Array
    ends: Int64Array
    left: Int64Array
    right: Int64Array
    pairs: Int64Array
    _codes: _TokenCodes
    _table: BoundaryTable

    def __init__(
        self,
        words: Sequence[str],
        *,
        count: Int64Array,
        starts: Int64Array,
        ends: Int64Array,
        left: Int64Array,
        right: Int64Array,
        pairs: Int64Array,
    ) -> None:
        forms = tuple(words)
        codes = _TokenCodes({mark: code_of_mark(mark) for mark in MARK_KINDS if is_mark(mark)})
        codes.update(zip(forms, range(len(forms)), strict=True))
        total = int(count.sum())
        rate = (total - int(left.sum())) / total if total else 1.0
        first = np.searchsorted(pairs[:, 0], np.arange(len(forms) + 1))
        table = BoundaryTable(
            _log_odds(ends, count, rate),
            _log_odds(starts, count, rate),
            left,
            right,
            first.astype(np.int64),
            np.ascontiguousarray(pairs[:, 1], np.int32),
            _attraction(pairs[:, 2], left[pairs[:, 0]], right[pairs[:, 1]], int(left.sum())),
            float(left.sum()),
            PAIR_WEIGHT,
        )
        arrays = {"count": count, "starts": starts, "ends": ends, "left": left, "right": right, "pairs": pairs}
        shared = {name: array.view() for name, array in arrays.items()}
        freeze_arrays(shared.values())
        self._set(words=forms, _codes=codes, _table=table, **shared)

    @classmethod
    def train(cls, token_lists: Iterable[Sequence[str]], *, rounds: int = DEFAULT_ROUNDS) -> BoundaryModel:
        """Train on a corpus of tokens: count at punctuation, then at the model's own cuts.

        A clause segment is the text between two punctuation marks.  In each round, every segment of 3 to 30 words is
        cut at its highest gap, and each half at its highest gap (the first of equal ones).  The words on both sides of
        a cut count as one more end and one more start, in addition to the counts at punctuation.

        Parameters
        ----------
        token_lists : iterable of sequence of str
            Sentences or lines as lists of tokens, punctuation included; read once, kept as 4 bytes per token.
        rounds : int, default 4
            Rounds of self-training; 0 uses punctuation alone.

        Returns
        -------
        BoundaryModel
            The trained model.

        Raises
        ------
        TypeError
            If a text is given where lists of tokens are expected.
        ValueError
            If `rounds` is not an integer of at least 0.
        CorpusError
            If the corpus has no words.
        """
        if isinstance(token_lists, str):
            raise TypeError("expected lists of tokens, got one text; tokenize it first, with Tokenizer.tokenize.")
        rounds = check_integer("rounds", rounds, least=0)
        words, tokens, offsets = _read_segments(token_lists)
        if not words:
            raise CorpusError("The corpus has no words; boundaries are learnt from lists of words.")
        return cls._fit(words, tokens, offsets, rounds)

    @classmethod
    def _fit(cls, words: list[str], tokens: Int32Array, offsets: Int64Array, rounds: int) -> BoundaryModel:
        """Count words, pairs and boundaries of clause segments, then add the cuts of each round."""
        size = len(words)
        count = _count(tokens, size)
        marked_starts, marked_ends = _count(tokens[offsets[:-1]], size), _count(tokens[offsets[1:] - 1], size)
        left, right = count - marked_ends, count - marked_starts
        has_successor = np.ones(len(tokens), bool)
        has_successor[offsets[1:] - 1] = False
        places = np.flatnonzero(has_successor)
        keys = tokens[places].astype(np.int64) * size + tokens[places + 1]
        keys, pair_of_place, pair_counts = np.unique(keys, return_inverse=True, return_counts=True)
        pairs = np.stack([keys // size, keys % size, pair_counts], axis=1).astype(np.int64)
        attraction = np.zeros(len(tokens), np.int64)
        by_pair = _attraction(pair_counts, left[pairs[:, 0]], right[pairs[:, 1]], int(left.sum()))
        attraction[places] = by_pair[pair_of_place.reshape(-1)]
        rate = (len(offsets) - 1) / len(tokens)
        starts, ends = marked_starts, marked_ends
        for _ in range(rounds):
            odds = _log_odds(ends, count, rate), _log_odds(starts, count, rate)
            cut_starts, cut_ends = count_cuts(tokens, offsets, *odds, attraction, *TRAINING_SEGMENT_WORDS)
            starts, ends = marked_starts + cut_starts, marked_ends + cut_ends
        return cls(words, count=count, starts=starts, ends=ends, left=left, right=right, pairs=pairs)

    def __reduce__(self) -> tuple[object, ...]:
        columns = (self.count, self.starts, self.ends, self.left, self.right, self.pairs)
        return _restore_model, (self.words, *columns)

    def __repr__(self) -> str:
        return f"<BoundaryModel: {len(self.words):,} words, {len(self.pairs):,} pairs>"

    def score(self, left: str, right: str) -> float:
        """Return the score of the gap between two neighbouring words.

        Parameters
        ----------
        left, right : str
            The words; an unknown word adds 0 to the score.

        Returns
        -------
        float
            In nats.

        Raises
        ------
        ValueError
            If one of them is a punctuation mark.
        """
        u, v = self._codes[left], self._codes[right]
        if min(u, v) < UNKNOWN_CODE:
            mark = left if u < UNKNOWN_CODE else right
            raise ValueError(f"{mark!r} is not a word; only gaps between words have a score.")
        return float(self._table.score(u, v) / STEPS_PER_NAT)

    def spans(
        self,
        sentences: Sequence[Sequence[str]],
        *,
        prominence: float = DEFAULT_PROMINENCE_NATS,
        pause: float = PAUSE_SCORE_NATS,
        punctuation: bool = True,
    ) -> tuple[Int32Array, Int64Array]:
        """Return the brackets of many sentences.

        Parameters
        ----------
        sentences : sequence of sequence of str
            Lists of tokens, punctuation included.
        prominence : float, default 0.4
            Nats by which both gaps around a span must exceed every gap inside it.
        pause : float, default 1.5
            Score of a gap that contains the enumeration comma 、, nats.
        punctuation : bool, default True
            If False, punctuation is ignored.

        Returns
        -------
        spans : ndarray of int32, shape (spans, 2)
            Start and end (tokens) of every span of two or more tokens, outer before inner, without whole sentences.
        offsets : ndarray of int64, shape (sentences + 1,)
            Sentence i has ``spans[offsets[i]:offsets[i + 1]]``.
        """
        code_of = self._codes.__getitem__
        offsets = np.zeros(len(sentences) + 1, np.int64)
        np.cumsum(list(map(len, sentences)), out=offsets[1:])
        codes = np.fromiter(map(code_of, chain.from_iterable(sentences)), np.int32, offsets[-1])
        steps = round(prominence * STEPS_PER_NAT), round(pause * STEPS_PER_NAT)
        if punctuation:
            return self._table.trees(codes, offsets, *steps)
        words = np.flatnonzero(codes >= UNKNOWN_CODE)
        spans, span_offsets = self._table.trees(codes[words], np.searchsorted(words, offsets), *steps)
        return _spans_over_tokens(spans, span_offsets, words, offsets), span_offsets

    def rows(self) -> Iterator[dict[str, Any]]:
        """Iterate over the rows that a template file keeps of the model: one for each word, then one for each pair.

        Yields
        ------
        dict
            A word with its counts, or a pair of words with its count.
        """
        columns = (self.count, self.starts, self.ends, self.left, self.right)
        for word, *numbers in zip(self.words, *(column.tolist() for column in columns), strict=True):
            yield {"word": word, **dict(zip(("count", "starts", "ends", "left", "right"), numbers, strict=True))}
        words = self.words
        for u, v, count in self.pairs.tolist():
            yield {"pair": [words[u], words[v]], "count": count}

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Any]]) -> BoundaryModel:
        """Make a model from the rows that `rows` yields.

        Parameters
        ----------
        rows : iterable of mapping
            Words before the pairs that they are in.

        Returns
        -------
        BoundaryModel
            The same model.

        Raises
        ------
        FormatError
            If rows are missing or damaged.
        """
        words: dict[str, int] = {}
        numbers: list[int] = []
        pairs: list[tuple[int, int, int]] = []
        try:
            for row in rows:
                if "pair" in row:
                    u, v = row["pair"]
                    pairs.append((words[u], words[v], row["count"]))
                else:
                    words[row["word"]] = len(words)
                    numbers += (row["count"], row["starts"], row["ends"], row["left"], row["right"])
            table = np.array(numbers, np.int64).reshape(len(words), 5)
            array = np.array(pairs, np.int64).reshape(-1, 3)
            valid = table.size and table.min() >= 0 and (not array.size or array[:, 2].min() > 0)
            # Every text has a first and a last word, and a word occurs at least as often as it is either.
            valid = valid and table[:, 1].any() and table[:, 2].any() and (table[:, 1:3] <= table[:, :1]).all()
            valid = valid and table[:, 0].sum() > table[:, 3].sum()  # the last word of a text is not left of another
            valid = valid and sum(numbers) + sum(pair[2] for pair in pairs) <= MOST_OCCURRENCES
        except (KeyError, TypeError, ValueError, OverflowError):
            valid = False
        if not valid:
            raise FormatError("The statistics of words and pairs in the template file are damaged; mine it again.")
        array = array[np.lexsort((array[:, 1], array[:, 0]))]
        count, starts, ends, left, right = (np.ascontiguousarray(column) for column in table.T)
        return cls(list(words), count=count, starts=starts, ends=ends, left=left, right=right, pairs=array)


def _restore_model(words: Sequence[str], *columns: Int64Array) -> BoundaryModel:
    """Make a model again in another process; pickle passes positional arguments only."""
    count, starts, ends, left, right, pairs = columns
    return BoundaryModel(words, count=count, starts=starts, ends=ends, left=left, right=right, pairs=pairs)


def _read_segments(token_lists: Iterable[Sequence[str]]) -> tuple[list[str], Int32Array, Int64Array]:
    """Return word forms, the tokens of all clause segments as numbers of forms, and the offsets of the segments."""
    from array import array

    codes: dict[str, int] = {}  # number of the form of a word, or code of a mark
    forms: dict[str, int] = {}
    tokens, offsets = array("i"), array("q", [0])
    for line in token_lists:
        if isinstance(line, str):
            raise TypeError("every sentence must be a list of tokens, not a str; tokenize the text first.")
        for token in line:
            code = codes.get(token)
            if code is None:
                code = code_of_mark(token) if is_mark(token) else forms.setdefault(word_form(token), len(forms))
                codes[token] = code
            if code >= 0:
                tokens.append(code)
            elif code != FIRST_MARK_CODE - TIE and len(tokens) > offsets[-1]:
                offsets.append(len(tokens))
        if len(tokens) > offsets[-1]:
            offsets.append(len(tokens))
    return list(forms), np.array(tokens, np.int32), np.array(offsets, np.int64)


def _count(tokens: Int32Array, size: int) -> Int64Array:
    counts: Int64Array = np.bincount(tokens, minlength=size).astype(np.int64)
    return counts


def _log_odds(boundary_count: Int64Array, count: Int64Array, rate: float) -> Int64Array:
    """Return ln[(n_boundary + k p) / ((n + k) p)] in steps; p (`rate`) is the share of words that end a segment."""
    values: Float64Array = log((boundary_count + PRIOR_OCCURRENCES * rate) / ((count + PRIOR_OCCURRENCES) * rate))
    return np.rint(values * STEPS_PER_NAT).astype(np.int64)


def _attraction(pair_count: Int64Array, left: Int64Array, right: Int64Array, pairs: int) -> Int64Array:
    """Return ½ ln[(c + 1) / (l r / M + 1)] in steps: how much more often two words are neighbours than by chance."""
    values: Float64Array = PAIR_WEIGHT * log((pair_count + 1) / (left * (right / max(pairs, 1)) + 1))
    return np.rint(values * STEPS_PER_NAT).astype(np.int64)


def _spans_over_tokens(
    spans: Int32Array, span_offsets: Int64Array, words: Int64Array, offsets: Int64Array
) -> Int32Array:
    """Return spans over the words of each sentence as spans over all of its tokens."""
    sentence = np.repeat(np.arange(len(span_offsets) - 1), np.diff(span_offsets))
    base, begin = np.searchsorted(words, offsets)[sentence], offsets[sentence]
    starts, ends = words[base + spans[:, 0]] - begin, words[base + spans[:, 1] - 1] + 1 - begin
    return np.stack([starts, ends], axis=1).astype(np.int32)
