"""Where phrases begin and end, learnt from punctuation: which words open a clause, which words close it.

The score of the gap between neighbours u and v is B = e(u) + s(v) - ½ ln[(c_uv + 1) / (l_u r_v / M + 1)], in nats:
how much likelier than usual u ends and v begins a phrase, and how little the two like to stand together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels.templates import BoundaryTable, count_cuts
from ..errors import CorpusError, FormatError
from .clauses import is_boundary

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Codes = npt.NDArray[np.int32]
    Floats = npt.NDArray[np.float64]

__all__ = ["BoundaryModel", "code_of_mark", "is_mark"]

STEP = 1 << 20  # scores are whole numbers of steps of 2**-20 nats, so that ties are ties on every platform
PRIOR = 10  # a word counts as if seen so many times more, with the average share of openings
ALPHA = 0.5  # weight of the pair against the two words
ROUNDS = 4  # of self-training
PROMINENCE = 0.4  # nats by which the lesser gap around a bracket must be above every gap inside it
PAUSE_SCORE = 1.5  # score of a gap that holds the mark of enumeration, nats
SEGMENT = (3, 30)  # words of the clause segments that are used for it
UNKNOWN, FIRST_MARK = -1, -2  # codes of tokens that are no known words; see boundary.hpp

BREAK, STOP, SEMICOLON, COMMA, PAUSE, TIE, OPEN, CLOSE = 0, 1, 2, 3, 4, 5, 8, 64
OPENING = "“‘《〈「『（【〔［｛([{"
CLOSING = "”’》〉」』）】〕］｝)]}"
MARKS = {
    **dict.fromkeys("。！？!?", STOP),
    **dict.fromkeys("；：;:", SEMICOLON),
    **dict.fromkeys("，,", COMMA),
    **dict.fromkeys("、､", PAUSE),
    **dict.fromkeys("·‧・•-－–~～/／&＆+＋_＿", TIE),
    **{mark: OPEN + kind for kind, mark in enumerate(OPENING)},
    **{mark: CLOSE + kind for kind, mark in enumerate(CLOSING)},
}
DIGITS = re.compile(r"\d+(?:[.．·,，:：/／-]?\d+)*[%％‰]?")
LETTERS = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ]+")


UNITS = frozenset("%％‰℃°$＄¥￥€£￡")  # symbols that are read as words


def is_mark(token: str) -> bool:
    """Whether a token is punctuation, symbols or space throughout; a percent sign or a currency is a word."""
    return is_boundary(token) and not UNITS.issuperset(token or " ")


def code_of_mark(token: str) -> int:
    """The code of a token that is no word: `FIRST_MARK` minus its kind; the first character decides."""
    return FIRST_MARK - MARKS.get(token[:1], BREAK)


def word_form(token: str) -> str:
    """The form by which a token is counted: all numbers are one word, so are all Latin words.

    >>> word_form("１９９８年"), word_form("3.5%"), word_form("GDP"), word_form("经济")
    ('0年', '0', 'A', '经济')
    """
    return LETTERS.sub("A", DIGITS.sub("0", token))


class _Codes(dict[str, int]):
    """Token -> code.  Tokens that are not stored are worked out and not kept, so that threads may share it."""

    def __missing__(self, token: str) -> int:
        return code_of_mark(token) if is_mark(token) else self.get(word_form(token), UNKNOWN)


class BoundaryModel:
    """Statistics of words and of pairs of neighbours; made by `train`, never changed.

    Parameters
    ----------
    words : sequence of str
        Word forms.
    count, starts, ends, left, right : array of int64, shape (words,)
        How often a word occurs; how often it begins and ends a phrase; how often it stands left and right in a pair.
    pairs : array of int64, shape (pairs, 3)
        Numbers of two words and how often they are neighbours, in order.

    Examples
    --------
    >>> text = [["他", "从", "北京", "来", "。"], ["从", "上海", "来", "，", "我", "高兴", "。"], ["我", "来", "。"]]
    >>> model = BoundaryModel.train(text * 10)
    >>> round(model.score("来", "我"), 2), round(model.score("从", "北京"), 2)
    (1.61, 0.88)
    """

    def __init__(
        self, words: Sequence[str], count: Ints, starts: Ints, ends: Ints, left: Ints, right: Ints, pairs: Ints
    ) -> None:
        self.words, self.pairs = tuple(words), pairs
        self.count, self.starts, self.ends, self.left, self.right = count, starts, ends, left, right
        self._codes = _Codes({mark: code_of_mark(mark) for mark in MARKS if is_mark(mark)})
        self._codes.update(zip(self.words, range(len(self.words)), strict=True))
        total = int(count.sum())
        rate = (total - int(left.sum())) / total if total else 1.0
        first = np.searchsorted(pairs[:, 0], np.arange(len(self.words) + 1))
        self._table = BoundaryTable(
            _log_odds(ends, count, rate),
            _log_odds(starts, count, rate),
            left,
            right,
            first.astype(np.int64),
            np.ascontiguousarray(pairs[:, 1], np.int32),
            _stick(pairs[:, 2], left[pairs[:, 0]], right[pairs[:, 1]], int(left.sum())),
            float(left.sum()),
            ALPHA,
        )

    @classmethod
    def train(cls, token_lists: Iterable[Sequence[str]], *, rounds: int = ROUNDS) -> BoundaryModel:
        """Count a corpus of tokens, punctuation included, and train on the model's own cuts.

        A clause segment is what lies between two punctuation marks.  Round by round, every segment of 3 to 30 words is
        cut at its largest gap, each half at its largest (the first of equal ones); what stands beside a cut counts as
        one more end and one more start, on top of the counts by punctuation.

        Parameters
        ----------
        token_lists
            Sentences or lines as lists of tokens; read once, kept as 4 bytes a token.
        rounds
            Rounds of self-training; 0 uses punctuation alone.

        Raises
        ------
        CorpusError
            When there is no word in it.
        """
        if isinstance(token_lists, str):
            raise TypeError("lists of tokens are needed, not a str; cut the text first, with Tokenizer.tokenize.")
        if isinstance(rounds, bool) or not isinstance(rounds, int) or rounds < 0:
            raise ValueError(f"rounds must be 0 or more, not {rounds!r}.")
        words, tokens, offsets = _segments(token_lists)
        if not words:
            raise CorpusError("there is no word in the corpus; boundaries are learnt from lists of words.")
        return cls._trained(words, tokens, offsets, rounds)

    @classmethod
    def _trained(cls, words: list[str], tokens: Codes, offsets: Ints, rounds: int) -> BoundaryModel:
        size = len(words)
        count = _times(tokens, size)
        by_mark = _times(tokens[offsets[:-1]], size), _times(tokens[offsets[1:] - 1], size)
        left, right = count - by_mark[1], count - by_mark[0]
        inside = np.ones(len(tokens), bool)
        inside[offsets[1:] - 1] = False
        at = np.flatnonzero(inside)
        keys = tokens[at].astype(np.int64) * size + tokens[at + 1]
        keys, which, times = np.unique(keys, return_inverse=True, return_counts=True)
        pairs = np.stack([keys // size, keys % size, times], axis=1).astype(np.int64)
        stick = np.zeros(len(tokens), np.int64)
        stick[at] = _stick(times, left[pairs[:, 0]], right[pairs[:, 1]], int(left.sum()))[which.reshape(-1)]
        rate = (len(offsets) - 1) / len(tokens)
        starts, ends = by_mark
        for _ in range(rounds):
            odds = _log_odds(ends, count, rate), _log_odds(starts, count, rate)
            new_starts, new_ends = count_cuts(tokens, offsets, *odds, stick, *SEGMENT)
            starts, ends = by_mark[0] + new_starts, by_mark[1] + new_ends
        return cls(words, count, starts, ends, left, right, pairs)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.words, self.count, self.starts, self.ends, self.left, self.right, self.pairs)

    def __repr__(self) -> str:
        return f"<BoundaryModel of {len(self.words):,} words, {len(self.pairs):,} pairs>"

    def score(self, left: str, right: str) -> float:
        """Score of the gap between two neighbouring words, nats; an unknown word adds nothing."""
        u, v = self._codes[left], self._codes[right]
        if min(u, v) < UNKNOWN:
            raise ValueError(f"{left if u < UNKNOWN else right!r} is no word; gaps beside punctuation have no score.")
        return float(self._table.score(u, v) / STEP)

    def spans(
        self,
        sentences: Sequence[Sequence[str]],
        *,
        prominence: float = PROMINENCE,
        pause: float = PAUSE_SCORE,
        punctuation: bool = True,
    ) -> tuple[Codes, Ints]:
        """The brackets of many sentences.

        Parameters
        ----------
        sentences
            Lists of tokens, punctuation included.
        prominence
            Nats by which the lesser of the gaps around a span must be above every gap inside it.
        pause
            Score of a gap that holds the mark of enumeration (、), nats.
        punctuation
            False: tokens of punctuation are skipped as if they were not there.

        Returns
        -------
        spans : int32, shape (spans, 2)
            Start and end (tokens) of every span of two or more tokens, outer before inner, without whole sentences.
        offsets : int64, shape (sentences + 1,)
            Sentence i has ``spans[offsets[i]:offsets[i + 1]]``.
        """
        lookup = self._codes.__getitem__
        offsets = np.zeros(len(sentences) + 1, np.int64)
        np.cumsum(list(map(len, sentences)), out=offsets[1:])
        codes = np.fromiter(map(lookup, chain.from_iterable(sentences)), np.int32, offsets[-1])
        steps = round(prominence * STEP), round(pause * STEP)
        if punctuation:
            return self._table.trees(codes, offsets, *steps)
        words = np.flatnonzero(codes >= UNKNOWN)
        spans, sizes = self._table.trees(codes[words], np.searchsorted(words, offsets), *steps)
        return _restored(spans, sizes, words, offsets), sizes

    def rows(self) -> Iterator[dict[str, Any]]:
        """The lines that a file of templates keeps of it: one a word, then one a pair."""
        columns = (self.count, self.starts, self.ends, self.left, self.right)
        for word, *numbers in zip(self.words, *(column.tolist() for column in columns), strict=True):
            yield {"word": word, **dict(zip(("count", "starts", "ends", "left", "right"), numbers, strict=True))}
        words = self.words
        for u, v, times in self.pairs.tolist():
            yield {"pair": [words[u], words[v]], "count": times}

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Any]]) -> BoundaryModel:
        """Read what `rows` wrote; raises `FormatError` if it is not that."""
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
            good = table.size and table.min() >= 0 and (not array.size or array[:, 2].min() > 0)
        except (KeyError, TypeError, ValueError, OverflowError):
            good = False
        if not good:
            raise FormatError("The statistics of words and pairs in the file of templates are damaged; mine it again.")
        array = array[np.lexsort((array[:, 1], array[:, 0]))]
        count, starts, ends, left, right = (np.ascontiguousarray(column) for column in table.T)
        return cls(list(words), count, starts, ends, left, right, array)


def _segments(token_lists: Iterable[Sequence[str]]) -> tuple[list[str], Codes, Ints]:
    """Word forms, the tokens of all clause segments as numbers, and where each segment begins."""
    from array import array

    codes: dict[str, int] = {}  # token -> number of its form, or the code of a mark
    forms: dict[str, int] = {}
    tokens, offsets = array("i"), array("q", [0])
    for line in token_lists:
        if isinstance(line, str):
            raise TypeError("every sentence must be a list of tokens, not a str; cut the text first.")
        for token in line:
            code = codes.get(token)
            if code is None:
                code = code_of_mark(token) if is_mark(token) else forms.setdefault(word_form(token), len(forms))
                codes[token] = code
            if code >= 0:
                tokens.append(code)
            elif code != FIRST_MARK - TIE and len(tokens) > offsets[-1]:
                offsets.append(len(tokens))
        if len(tokens) > offsets[-1]:
            offsets.append(len(tokens))
    return list(forms), np.array(tokens, np.int32), np.array(offsets, np.int64)


def _times(tokens: Codes, size: int) -> Ints:
    times: Ints = np.bincount(tokens, minlength=size).astype(np.int64)
    return times


def _log_odds(times: Ints, count: Ints, rate: float) -> Ints:
    """ln[(times + kp) / ((count + k) p)] in steps; p is the share of tokens that begin a clause segment."""
    values: Floats = np.log((times + PRIOR * rate) / ((count + PRIOR) * rate))
    return np.rint(values * STEP).astype(np.int64)


def _stick(times: Ints, left: Ints, right: Ints, total: int) -> Ints:
    """ALPHA · ln[(c + 1) / (l·r/M + 1)] in steps: how much two words like to be neighbours."""
    values: Floats = ALPHA * np.log((times + 1) / (left * (right / max(total, 1)) + 1))
    return np.rint(values * STEP).astype(np.int64)


def _restored(spans: Codes, sizes: Ints, words: Ints, offsets: Ints) -> Codes:
    """Spans over the words of each sentence as spans over all of its tokens."""
    sentence = np.repeat(np.arange(len(sizes) - 1), np.diff(sizes))
    base, begin = np.searchsorted(words, offsets)[sentence], offsets[sentence]
    starts, ends = words[base + spans[:, 0]] - begin, words[base + spans[:, 1] - 1] + 1 - begin
    return np.stack([starts, ends], axis=1).astype(np.int32)
