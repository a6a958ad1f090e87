"""How well text is cut: words and cuts against gold segmentations, lexicons against lists of known words.

A segmented line is a `str` whose words stand apart by whitespace of any kind (U+3000 too), or a sequence of words.
Words are compared as spans of the line without its whitespace.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import CorpusError

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]

__all__ = ["Agreement", "Evaluation", "evaluate", "lexicon_precision", "without_spaces", "word_types"]

RATIOS = ("precision", "recall", "f1", "boundary_f1", "oov_recall", "iv_recall")


@dataclass(frozen=True, slots=True)
class Agreement:
    """Counts of what the gold standard and a prediction have in common.

    Examples
    --------
    >>> Agreement(correct=2, predicted=4, gold=3).f1  # 2 · 2 / (4 + 3)
    0.5714285714285714
    """

    correct: int
    predicted: int
    gold: int

    @property
    def precision(self) -> float:
        """correct / predicted; NaN when nothing was predicted."""
        return _ratio(self.correct, self.predicted)

    @property
    def recall(self) -> float:
        """correct / gold; NaN when the gold standard has none."""
        return _ratio(self.correct, self.gold)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 2·correct / (predicted + gold)."""
        return _ratio(2 * self.correct, self.predicted + self.gold)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result of `evaluate`.

    Attributes
    ----------
    lines : int
        Number of lines compared.
    words : Agreement
        Words; correct means that both of a word's ends agree and no cut lies inside.
    boundaries : Agreement
        Cuts between the words of a line; its two ends do not count.
    unknown, known : Agreement or None
        Gold words outside and inside the training vocabulary (`predicted` is not defined for them and is 0); None if
        none was given.
    intervals : dict of str to (low, high)
        Bootstrap confidence intervals; empty if none were asked for.
    """

    lines: int
    words: Agreement
    boundaries: Agreement
    unknown: Agreement | None = None
    known: Agreement | None = None
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def precision(self) -> float:
        return self.words.precision

    @property
    def recall(self) -> float:
        return self.words.recall

    @property
    def f1(self) -> float:
        return self.words.f1

    @property
    def boundary_f1(self) -> float:
        return self.boundaries.f1

    @property
    def oov_recall(self) -> float:
        """Share of the gold words outside the training vocabulary that were found; NaN if unknown."""
        return self.unknown.recall if self.unknown else float("nan")

    @property
    def iv_recall(self) -> float:
        """Share of the gold words inside the training vocabulary that were found; NaN if unknown."""
        return self.known.recall if self.known else float("nan")

    def to_dict(self) -> dict[str, Any]:
        """Return counts and ratios as plain numbers, for JSON; what is undefined is None."""
        ratios = {name: getattr(self, name) for name in RATIOS}
        ratios |= {"boundary_precision": self.boundaries.precision, "boundary_recall": self.boundaries.recall}
        return {
            "lines": self.lines,
            **{name: _or_none(value) for name, value in ratios.items()},
            "words": asdict(self.words),
            "boundaries": asdict(self.boundaries),
            "oov_words": self.unknown.gold if self.unknown else None,
            "iv_words": self.known.gold if self.known else None,
            "intervals": {name: list(interval) for name, interval in self.intervals.items()},
        }


def evaluate(
    gold: Iterable[str | Sequence[str]],
    predicted: Iterable[str | Sequence[str]],
    *,
    train_words: Collection[str] | None = None,
    bootstrap: int = 0,
    confidence: float = 0.95,
    seed: int = 0,
) -> Evaluation:
    """Score predicted segmentations against gold ones, line by line.

    Parameters
    ----------
    gold, predicted : iterable of str or of sequences of str
        The same lines, cut into words.
    train_words : collection of str, optional
        Vocabulary for out-of-vocabulary and in-vocabulary recall; a set or a lexicon.
    bootstrap : int
        Number of resamples of the lines for confidence intervals (percentile method); 0 for none.
    confidence : float
        Of these intervals.
    seed : int
        Of the resampling.

    Raises
    ------
    CorpusError
        If the texts differ (line and position are named), or the gold standard holds no word.

    Examples
    --------
    >>> result = evaluate(["他 来自 上海"], ["他来 自 上海"])
    >>> result.words  # only 上海 is right
    Agreement(correct=1, predicted=3, gold=3)
    >>> result.boundaries  # 他来自|上海 is the common cut
    Agreement(correct=1, predicted=2, gold=2)
    """
    if bootstrap < 0 or not 0 < confidence < 1:
        raise ValueError("bootstrap must be 0 or more resamples and confidence must lie between 0 and 1")
    gold_words, predicted_words = _split_both(gold, predicted)
    gold_sizes, predicted_sizes = _lengths(gold_words), _lengths(predicted_words)
    words = list(chain.from_iterable(gold_words))
    if not words:
        raise CorpusError("the gold standard holds no word; check the file")
    right, cut = _matches(_ends(words), _ends(chain.from_iterable(predicted_words)))
    lines = len(gold_words)
    line = np.repeat(np.arange(lines), gold_sizes)
    inner = [sizes - (sizes > 0) for sizes in (predicted_sizes, gold_sizes)]  # the end of a line is no cut
    table = [_per_line(line, right, lines), predicted_sizes, gold_sizes]
    table += [_per_line(line, cut, lines) - (gold_sizes > 0), *inner]
    if train_words is not None:
        lookup = train_words if isinstance(train_words, set | frozenset | dict) else set(train_words)
        new = np.fromiter((word not in lookup for word in words), bool, len(words))
        table += [_per_line(line, chosen, lines) for chosen in (right & new, new, right & ~new, ~new)]
    columns = np.stack(table, axis=1)
    result = _from_sums(lines, columns.sum(axis=0))
    return replace(result, intervals=_bootstrap(columns, bootstrap, confidence, seed)) if bootstrap else result


def lexicon_precision(
    words: Iterable[str], gold_types: Collection[str], n: Sequence[int] = (1000, 5000, 10000, 20000)
) -> dict[int, float]:
    """Return which share of the first n words, of those with two or more characters, are real words.

    Parameters
    ----------
    words : iterable of str
        A lexicon's words, best first.
    gold_types : collection of str
        All real words.
    n : sequence of int
        Where to measure.  A list that is shorter than some n is measured once at its full length instead.

    Examples
    --------
    >>> lexicon_precision(["中国", "的", "国人", "人民"], {"中国", "人民"}, n=(1, 2, 1000))
    {1: 1.0, 2: 0.5, 3: 0.6666666666666666}
    """
    if any(size < 1 for size in n):
        raise ValueError("lexicon precision is measured at 1 word or more")
    lookup = gold_types if isinstance(gold_types, set | frozenset | dict) else set(gold_types)
    hits = np.cumsum([word in lookup for word in words if len(word) >= 2], dtype=np.int64)
    sizes = sorted({min(size, len(hits)) for size in n} - {0})
    return {size: int(hits[size - 1]) / size for size in sizes}


def word_types(lines: Iterable[str | Sequence[str]]) -> set[str]:
    """Return the distinct words of segmented lines.

    Examples
    --------
    >>> sorted(word_types(["一 二", "二\\u3000三"]))
    ['一', '三', '二']
    """
    return set(chain.from_iterable(map(_words, lines)))


def without_spaces(line: str) -> str:
    """Return the raw text of a segmented line: all whitespace taken out.

    Examples
    --------
    >>> without_spaces(" 一 二\\u3000三\\t")
    '一二三'
    """
    return "".join(line.split())


def _words(line: str | Sequence[str]) -> list[str]:
    return (line if isinstance(line, str) else " ".join(line)).split()


def _split_both(
    gold: Iterable[str | Sequence[str]], predicted: Iterable[str | Sequence[str]]
) -> tuple[list[list[str]], list[list[str]]]:
    if isinstance(gold, str) or isinstance(predicted, str):
        raise TypeError("expected many segmented lines, got a single one; write [line]")
    left: list[list[str]] = []
    right: list[list[str]] = []
    for number, (gold_line, predicted_line) in enumerate(zip_longest(gold, predicted), 1):
        if gold_line is None or predicted_line is None:
            longer = "gold standard" if predicted_line is None else "prediction"
            raise CorpusError(f"line {number}: only the {longer} has this line; both must have the same lines")
        left.append(_words(gold_line))
        right.append(_words(predicted_line))
        gold_text, predicted_text = "".join(left[-1]), "".join(right[-1])
        if gold_text != predicted_text:
            raise _difference(number, gold_text, predicted_text)
    return left, right


def _difference(number: int, gold: str, predicted: str) -> CorpusError:
    pairs = enumerate(zip_longest(gold, predicted))
    place = next(position for position, (one, other) in pairs if one != other)
    return CorpusError(
        f"line {number}, character {place + 1} (spaces not counted): the gold standard goes on with "
        f"{gold[place : place + 10]!r}, the prediction with {predicted[place : place + 10]!r}; "
        "both must be the same text"
    )


def _lengths(lines: list[list[str]]) -> Ints:
    return np.fromiter(map(len, lines), np.int64, len(lines))


def _ends(words: Iterable[str]) -> Ints:
    return np.cumsum(np.fromiter(map(len, words), np.int64))


def _matches(ends: Ints, predicted_ends: Ints) -> tuple[Bools, Bools]:
    """Tell for each gold word whether it is a predicted word, and whether a predicted word ends where it ends."""
    cut = np.isin(ends, predicted_ends, assume_unique=True)
    starts, predicted_starts = (np.concatenate(([0], those)) for those in (ends[:-1], predicted_ends))
    return cut & (predicted_starts[np.searchsorted(predicted_ends, ends)] == starts), cut


def _per_line(line: Ints, chosen: Bools, lines: int) -> Ints:
    return np.bincount(line[chosen], minlength=lines)


def _from_sums(lines: int, sums: Ints) -> Evaluation:
    values = [int(value) for value in sums]
    unknown = known = None
    if len(values) > 6:
        unknown, known = Agreement(values[6], 0, values[7]), Agreement(values[8], 0, values[9])
    return Evaluation(lines, Agreement(*values[:3]), Agreement(*values[3:6]), unknown, known)


def _bootstrap(columns: Ints, samples: int, confidence: float, seed: int) -> dict[str, tuple[float, float]]:
    """Resample lines with replacement (percentile intervals)."""
    rng = np.random.default_rng(seed)
    lines = len(columns)
    values = np.empty((samples, len(RATIOS)))
    for row in values:
        times = np.bincount(rng.integers(0, lines, lines), minlength=lines)
        result = _from_sums(lines, times @ columns)
        row[:] = [getattr(result, name) for name in RATIOS]
    intervals = {}
    for name, column in zip(RATIOS, values.T, strict=True):
        defined = column[~np.isnan(column)]  # a resample may happen to hold no unknown word
        if len(defined):
            low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
            intervals[name] = (float(low), float(high))
    return intervals


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
