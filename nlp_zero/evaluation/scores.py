"""Precision, recall and F1 of words and cuts at a preprocessing level, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .aligned import Agreement, align
from .breakdown import break_down
from .levels import Preprocessing

if TYPE_CHECKING:
    import numpy.typing as npt

    from .aligned import Aligned
    from .breakdown import Breakdown

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]

__all__ = ["Evaluation", "evaluate"]

KINDS = ("words", "unaided", "boundaries", "unknown", "known")  # three columns of counts each: see `_columns`
RATIOS = {  # name of the score -> (what is counted, which ratio)
    "precision": ("words", "precision"), "recall": ("words", "recall"), "f1": ("words", "f1"),
    "unaided_precision": ("unaided", "precision"), "unaided_recall": ("unaided", "recall"),
    "unaided_f1": ("unaided", "f1"),
    "boundary_precision": ("boundaries", "precision"), "boundary_recall": ("boundaries", "recall"),
    "boundary_f1": ("boundaries", "f1"), "oov_recall": ("unknown", "recall"), "iv_recall": ("known", "recall"),
}  # fmt: skip
BATCH = 64  # resamples that are drawn and summed at once; never changes a result


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result of `evaluate`.

    Attributes
    ----------
    lines : int
        Number of lines compared.
    words : Agreement
        All words; correct means that both of a word's ends agree and no cut lies inside.
    boundaries : Agreement
        Cuts between the words of a line; its two ends do not count.
    unaided : Agreement
        Words less those that the level gives to every segmenter, in the gold standard and in the prediction.
    level : str
        What every segmenter is given, one of `LEVELS`.
    ceiling : float
        F1 (of all words) of the gold standard itself at this level: more cannot be reached.
    unknown, known : Agreement or None
        Gold words outside and inside the training vocabulary, less those that the level gives (`predicted` is not
        defined for them and is 0); None if there is no such vocabulary.
    intervals : dict of str to (low, high)
        Bootstrap confidence intervals; empty if none were asked for.
    breakdown : Breakdown or None
        Where the errors are, if it was asked for.
    """

    lines: int
    words: Agreement
    boundaries: Agreement
    unaided: Agreement
    level: str = "raw"
    ceiling: float = 1.0
    unknown: Agreement | None = None
    known: Agreement | None = None
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    breakdown: Breakdown | None = None

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
    def unaided_f1(self) -> float:
        return self.unaided.f1

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
        kinds = {kind: getattr(self, kind) for kind in KINDS}
        values: dict[str, Any] = {"level": self.level, "lines": self.lines, "ceiling": self.ceiling}
        for name, (kind, ratio) in RATIOS.items():
            values[name] = _or_none(getattr(kinds[kind], ratio)) if kinds[kind] else None
        for kind in ("words", "unaided", "boundaries"):
            values[kind] = asdict(kinds[kind])
        values["oov_words"] = self.unknown.gold if self.unknown else None
        values["iv_words"] = self.known.gold if self.known else None
        values["intervals"] = {name: list(interval) for name, interval in self.intervals.items()}
        if self.breakdown:
            values["breakdown"] = self.breakdown.to_dict()
        return values


def evaluate(
    gold: Iterable[str | Sequence[str]],
    predicted: Iterable[str | Sequence[str]],
    *,
    level: str = "raw",
    train_words: Collection[str] | None = None,
    bootstrap: int = 0,
    confidence: float = 0.95,
    seed: int = 0,
    breakdown: bool = False,
) -> Evaluation:
    """Score predicted segmentations against gold ones, line by line.

    Parameters
    ----------
    gold, predicted : iterable of str or of sequences of str
        The same lines, cut into words.
    level : str
        What is given to every segmenter, one of `LEVELS`: the prediction is brought in line with it before anything is
        counted, so that segmenters that know it and segmenters that do not can be compared.  The gold standard is
        left as it is.
    train_words : collection of str, optional
        Vocabulary for out-of-vocabulary and in-vocabulary recall; a set or a lexicon.
    bootstrap : int
        Number of resamples of the lines for confidence intervals (percentile method); 0 for none.
    confidence : float
        Of these intervals.
    seed : int
        Of the resampling.
    breakdown : bool
        Also tell where the errors are.

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
    >>> evaluate(["好 。"], ["好。"]).f1, evaluate(["好 。"], ["好。"], level="punct").f1
    (0.0, 1.0)
    """
    if bootstrap < 0 or not 0 < confidence < 1:
        raise ValueError("bootstrap must be 0 or more resamples and confidence must lie between 0 and 1")
    aligned = align(gold, predicted)
    preprocessing = Preprocessing(aligned, level)
    aligned, best = (replace(aligned, predicted=preprocessing.applied(ends))
                     for ends in (aligned.predicted, aligned.gold))  # fmt: skip
    columns = _columns(aligned, preprocessing, train_words)
    result = _from_sums(len(aligned.line_ends), level, columns.sum(axis=0))
    reached = Agreement(int(best.matches()[0].sum()), len(best.predicted), len(best.gold))
    details = break_down(aligned, preprocessing) if breakdown else None
    intervals = _bootstrap(columns, bootstrap, confidence, seed) if bootstrap else {}
    return replace(result, ceiling=reached.f1, intervals=intervals, breakdown=details)


def _columns(aligned: Aligned, preprocessing: Preprocessing, train_words: Collection[str] | None) -> Ints:
    """Counts of each line, for each of KINDS: correct, predicted, gold."""
    lines = len(aligned.line_ends)
    right, cut = aligned.matches()
    line, predicted_line = aligned.lines_of(aligned.gold), aligned.lines_of(aligned.predicted)
    own, predicted_own = ~preprocessing.gives(aligned.gold), ~preprocessing.gives(aligned.predicted)
    sizes = [np.bincount(numbers, minlength=lines) for numbers in (predicted_line, line)]
    table = [_per_line(line, right, lines), *sizes]
    table += [_per_line(line, right & own, lines)]
    table += [_per_line(predicted_line, predicted_own, lines), _per_line(line, own, lines)]
    full = sizes[1] > 0
    table += [_per_line(line, cut, lines) - full, *(size - full for size in sizes)]  # the end of a line is no cut
    if train_words is not None:
        lookup = train_words if isinstance(train_words, set | frozenset | dict) else set(train_words)
        words = aligned.words(aligned.gold)
        new = np.fromiter((word not in lookup for word in words), bool, len(words))
        for chosen in (new & own, ~new & own):
            table += [_per_line(line, right & chosen, lines), np.zeros(lines, int), _per_line(line, chosen, lines)]
    return np.stack(table, axis=1)


def _per_line(line: Ints, chosen: Bools, lines: int) -> Ints:
    return np.bincount(line[chosen], minlength=lines)


def _from_sums(lines: int, level: str, sums: Ints) -> Evaluation:
    counts = (Agreement(*those) for those in sums.reshape(-1, 3).tolist())
    return Evaluation(lines=lines, level=level, **dict(zip(KINDS, counts, strict=False)))  # type: ignore[arg-type]


def _bootstrap(columns: Ints, samples: int, confidence: float, seed: int) -> dict[str, tuple[float, float]]:
    """Resample lines with replacement (percentile intervals).

    Sums are taken in float64, where these whole numbers are exact.
    """
    rng = np.random.default_rng(seed)
    lines, table = len(columns), columns.astype(np.float64)
    sums = np.empty((samples, columns.shape[1]))
    for begin in range(0, samples, BATCH):
        size = min(BATCH, samples - begin)
        times = np.empty((size, lines))
        for row in times:
            row[:] = np.bincount(rng.integers(0, lines, lines), minlength=lines)
        sums[begin : begin + size] = times @ table
    intervals = {}
    for name, (kind, ratio) in RATIOS.items():
        place = 3 * KINDS.index(kind)
        if place < sums.shape[1]:
            correct, predicted, gold = sums.T[place : place + 3]
            over = {"precision": predicted, "recall": gold, "f1": (predicted + gold) / 2}[ratio]
            defined = over > 0  # a resample may happen to hold no unknown word
            if defined.any():
                values = correct[defined] / over[defined]
                low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
                intervals[name] = (float(low), float(high))
    return intervals


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
