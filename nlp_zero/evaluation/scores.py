"""Precision, recall and F1 of words and cuts at a preprocessing level, with bootstrap intervals."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.progress import begin_stage
from .._utils.validation import check_choice, check_folder, check_integer, check_memory
from .alignment import Agreement, align_batches
from .bounded import AlignmentSample, LineCounts
from .breakdown import break_down
from .levels import LEVELS, Preprocessing

if TYPE_CHECKING:
    import numpy.typing as npt

    from .alignment import Alignment
    from .breakdown import Breakdown

    IntArray = npt.NDArray[np.int64]
    BoolArray = npt.NDArray[np.bool_]

__all__ = ["Evaluation", "evaluate"]

KINDS = ("words", "unaided", "boundaries", "unknown", "known")  # three columns of counts each: see `_count_by_line`
RATIOS = {  # name of the score -> (kind of counts, ratio)
    "precision": ("words", "precision"), "recall": ("words", "recall"), "f1": ("words", "f1"),
    "unaided_precision": ("unaided", "precision"), "unaided_recall": ("unaided", "recall"),
    "unaided_f1": ("unaided", "f1"),
    "boundary_precision": ("boundaries", "precision"), "boundary_recall": ("boundaries", "recall"),
    "boundary_f1": ("boundaries", "f1"), "oov_recall": ("unknown", "recall"), "iv_recall": ("known", "recall"),
}  # fmt: skip
BATCH_LINES = 1 << 12  # lines that are compared at once; never changes a result
SAMPLED_LINES = 1 << 8  # the same for a breakdown within a budget: neighbouring lines of a sample


@dataclass(frozen=True, slots=True, repr=False)
class Evaluation:
    """The result of `evaluate`.

    Attributes
    ----------
    lines : int
        Number of lines compared.
    words : Agreement
        All words; a word is correct if both of its ends agree and no boundary lies inside.
    boundaries : Agreement
        Boundaries between the words of a line, without the two ends of the line.
    unaided : Agreement
        Words without those that the level gives, in the gold standard and in the prediction.
    level : str
        What every segmenter is given, one of `LEVELS`.
    ceiling : float
        F1 (of all words) of the gold standard itself at this level: the highest possible value.
    unknown, known : Agreement or None
        Gold words outside and inside the training vocabulary, without those that the level gives (`predicted` is not
        defined for them and is 0); None if there is no such vocabulary.
    intervals : dict of str to (low, high)
        Bootstrap confidence intervals; empty without `bootstrap`.
    breakdown : Breakdown or None
        The errors in classes; None without `breakdown`.

    Examples
    --------
    >>> evaluate(["他 来自 上海"], ["他来 自 上海"])
    Evaluation(level='raw', lines=1, precision=0.3333, recall=0.3333, f1=0.3333, boundary_f1=0.5000)
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

    def __repr__(self) -> str:
        names = ("precision", "recall", "f1", "boundary_f1")
        ratios = ", ".join(f"{name}={getattr(self, name):.4f}" for name in names)
        return f"Evaluation(level={self.level!r}, lines={self.lines}, {ratios})"

    @property
    def precision(self) -> float:
        """Precision of all words."""
        return self.words.precision

    @property
    def recall(self) -> float:
        """Recall of all words."""
        return self.words.recall

    @property
    def f1(self) -> float:
        """F1 of all words."""
        return self.words.f1

    @property
    def unaided_f1(self) -> float:
        """F1 of the words that the level does not give."""
        return self.unaided.f1

    @property
    def boundary_f1(self) -> float:
        """F1 of the boundaries."""
        return self.boundaries.f1

    @property
    def oov_recall(self) -> float:
        """Share of the gold words outside the training vocabulary that are correct; NaN without one."""
        return self.unknown.recall if self.unknown else float("nan")

    @property
    def iv_recall(self) -> float:
        """Share of the gold words inside the training vocabulary that are correct; NaN without one."""
        return self.known.recall if self.known else float("nan")

    def to_dict(self) -> dict[str, Any]:
        """Return counts and ratios as plain numbers, for JSON.

        Returns
        -------
        dict of str to object
            The values by name; None where a value is undefined.
        """
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
    memory: int | str | None = None,
    temp_dir: str | os.PathLike[str] | None = None,
) -> Evaluation:
    """Score predicted segmentations against gold ones, line by line.

    Parameters
    ----------
    gold, predicted : iterable of str or of sequences of str
        The same lines, cut into words.  Predicted tokens that are parts of characters, as those of a vocabulary with
        byte fallback may be, are joined to characters.
    level : str, default "raw"
        What is given to every segmenter, one of `LEVELS`.  The prediction is changed to agree with it before anything
        is counted, so segmenters that use it can be compared with segmenters that do not.  The gold standard is not
        changed.
    train_words : collection of str, optional
        Vocabulary for out-of-vocabulary and in-vocabulary recall; a set or a lexicon.
    bootstrap : int, default 0
        Number of resamples of the lines for confidence intervals (percentile method); 0 for none.
    confidence : float, default 0.95
        Level of the intervals, greater than 0 and less than 1.
    seed : int, default 0
        Seed of the resampling.
    breakdown : bool, default False
        Whether to sort the errors into classes too.  Without a budget, this keeps the whole text in memory; everything
        else reads the lines once, batch by batch.
    memory : int, str or None, default None
        Memory budget in bytes, or a size like ``"512M"``, in addition to up to 150 MB for Python and its libraries.  It
        never changes a score: the counts of lines that are resampled are on disk (and take a byte for each line in
        memory).  A breakdown is that of a sample if the text has a character for each 250 bytes; see `Breakdown.lines`.
    temp_dir : str, path-like or None, default None
        The folder of temporary files; None for that of the system.

    Returns
    -------
    Evaluation
        Counts and scores.

    Raises
    ------
    CorpusError
        If the texts differ (the message names line and position), or the gold standard has no words.
    TypeError
        If `gold`, `predicted` or `train_words` is one string.
    ValueError
        If an option is not valid.

    Examples
    --------
    >>> result = evaluate(["他 来自 上海"], ["他来 自 上海"])
    >>> result.words  # only 上海 is right
    Agreement(correct=1, predicted=3, gold=3)
    >>> result.boundaries  # the common boundary is 他来自|上海
    Agreement(correct=1, predicted=2, gold=2)
    >>> evaluate(["好 。"], ["好。"]).f1, evaluate(["好 。"], ["好。"], level="punct").f1
    (0.0, 1.0)
    """
    bootstrap = check_integer("bootstrap", bootstrap, least=0)
    seed = check_integer("seed", seed, least=0)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be greater than 0 and less than 1, not {confidence!r}.")
    check_choice("level", level, LEVELS)
    if train_words is not None and isinstance(train_words, str):
        raise TypeError("train_words must be a collection of words, not one string.")
    if train_words is not None and not isinstance(train_words, set | frozenset | dict):
        train_words = set(train_words)
    budget, temp_dir = check_memory(memory), check_folder("temp_dir", temp_dir)
    size = SAMPLED_LINES if breakdown and budget is not None else BATCH_LINES
    sample = AlignmentSample(budget)
    sums, reached, lines = np.zeros(3, np.int64), np.zeros(3, np.int64), 0
    with LineCounts(budget, temp_dir) as rows:
        for batch in align_batches(gold, predicted, size):
            if breakdown:
                sample.add(batch)
            alignment, preprocessing, best = _apply_level(batch, level)
            table = _count_by_line(alignment, preprocessing, train_words)
            if bootstrap:
                rows.add(table.astype(np.int32))
            sums = table.sum(axis=0, dtype=np.int64) + (sums if lines else 0)
            reached += int(best.matches()[0].sum()), len(best.predicted), len(best.gold)
            lines += len(table)
        result = _sum_up(lines, level, sums)
        if bootstrap:
            begin_stage("resampling")
        intervals = _bootstrap(rows, bootstrap, confidence, seed) if bootstrap else {}
    details = break_down(*_apply_level(sample.join(), level)[:2]) if breakdown else None
    return replace(
        result, ceiling=Agreement(*reached.tolist()).f1, intervals=intervals, breakdown=details
    )


def _apply_level(alignment: Alignment, level: str) -> tuple[Alignment, Preprocessing, Alignment]:
    """Return an alignment whose prediction agrees with a level, the level, and the gold standard in its place."""
    preprocessing = Preprocessing(alignment, level)
    changed, best = (replace(alignment, predicted=preprocessing.apply(ends))
                     for ends in (alignment.predicted, alignment.gold))  # fmt: skip
    return changed, preprocessing, best


def _count_by_line(alignment: Alignment, preprocessing: Preprocessing, lookup: Collection[str] | None) -> IntArray:
    """Return the counts of each line, for each of KINDS: correct, predicted, gold."""
    lines = len(alignment.line_ends)
    right, cut = alignment.matches()
    line, predicted_line = alignment.lines_of(alignment.gold), alignment.lines_of(alignment.predicted)
    own, predicted_own = ~preprocessing.gives(alignment.gold), ~preprocessing.gives(alignment.predicted)
    sizes = [np.bincount(numbers, minlength=lines) for numbers in (predicted_line, line)]
    table = [_count(line, right, lines), *sizes]
    table += [_count(line, right & own, lines)]
    table += [_count(predicted_line, predicted_own, lines), _count(line, own, lines)]
    full = sizes[1] > 0
    table += [_count(line, cut, lines) - full, *(size - full for size in sizes)]  # without the end of the line
    if lookup is not None:
        words = alignment.words(alignment.gold)
        new = np.fromiter((word not in lookup for word in words), bool, len(words))
        for chosen in (new & own, ~new & own):
            table += [_count(line, right & chosen, lines), np.zeros(lines, int), _count(line, chosen, lines)]
    return np.stack(table, axis=1)


def _count(line: IntArray, chosen: BoolArray, lines: int) -> IntArray:
    return np.bincount(line[chosen], minlength=lines)


def _sum_up(lines: int, level: str, sums: IntArray) -> Evaluation:
    counts = (Agreement(*row) for row in sums.reshape(-1, 3).tolist())
    return Evaluation(lines=lines, level=level, **dict(zip(KINDS, counts, strict=False)))  # type: ignore[arg-type]


def _bootstrap(rows: LineCounts, samples: int, confidence: float, seed: int) -> dict[str, tuple[float, float]]:
    """Return percentile intervals of resamples of the lines with replacement."""
    rng = np.random.default_rng(seed)
    sums = np.stack([rows.resample(rng) for _ in range(samples)])
    intervals = {}
    for name, (kind, ratio) in RATIOS.items():
        place = 3 * KINDS.index(kind)
        if place < sums.shape[1]:
            correct, predicted, gold = sums.T[place : place + 3]
            over = {"precision": predicted, "recall": gold, "f1": (predicted + gold) / 2}[ratio]
            defined = over > 0  # a resample may have no unknown words
            if defined.any():
                values = correct[defined] / over[defined]
                low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
                intervals[name] = (float(low), float(high))
    return intervals


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
