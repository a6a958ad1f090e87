"""A second view of the same text: n-gram statistics learn from the sampler where it is confident.

The weights of the views were chosen on text cut by people; everything else is learnt from raw text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.elementary import exp
from ..._kernels.teaching import ContextMeans, regress_logistic
from ..._utils.arrays import release
from ..._utils.threads import for_each
from .columns import inner_gaps
from .examples import CUT, JOINED, OPEN, allowed_tags
from .field import Evidence, FieldReader, find_runs, logit, train_field

if TYPE_CHECKING:
    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]
    SymbolArray = npt.NDArray[np.uint32]

__all__ = ["combine_views"]

CONFIDENT = 0.1  # a gap is a label if the probability of a cut, or of none, is below this
DRAWN_GAPS = 150_000  # of which the regression learns
LEAST_GAPS = 1000  # with fewer confident gaps of either kind, the sampler is left alone
RIDGE, ITERATIONS = 1.0, 12
SAMPLER_WEIGHT, REGRESSION_WEIGHT, FIELD_WEIGHT, POOLED_WEIGHT = 0.3, 0.6, 0.5, 0.5  # of log odds
EPOCHS, RATE = 1, 0.05
STRETCH_RUNS = 50  # every other stretch of this many runs teaches the field that is applied to the others
LEAST_MEAN = 1e-3
BLOCK_GAPS = 1 << 16


def combine_views(
    measured: Sequence[Float32],
    reader: FieldReader,
    evidence: Sequence[Evidence],
    *,
    seed: int,
    workers: int = 1,
    at_once: int = 1,
) -> list[Evidence]:
    """Improve the sampler's probabilities by other views of the same text.

    Parameters
    ----------
    measured : sequence of ndarray of float32
        The statistics of the gaps of each text.
    reader : FieldReader
        How the field reads the text.
    evidence : sequence of Evidence
        Texts with probabilities of the sampler.
    seed : int
        Decides which gaps are drawn.
    workers : int, default 1
        Threads; they never change a result.
    at_once : int, default 1
        Most texts that are worked on at a time.

    Returns
    -------
    list of Evidence
        The same with other probabilities; a text that is too short to learn from is left as it is.

    Notes
    -----
    The log odds of three views are added: the sampler; a logistic regression of the statistics of a gap and of the gaps
    beside it, which learns the sampler's cut where that is confident; and a conditional random field of symbols and
    their classes, which learns from the sum of both where that is confident.  Half of the text teaches the field that
    is applied to the other half.  Then the mean over all places with the same two symbols around the gap is added.
    """
    combined = list(evidence)
    together = min(workers, at_once, len(evidence))

    def work(number: int) -> None:
        combined[number] = _combine(measured[number], reader, evidence[number], seed, max(1, workers // together))
        release(measured[number])

    for_each(range(len(evidence)), work, together)
    return combined


def _combine(measured: Float32, reader: FieldReader, one: Evidence, seed: int, workers: int) -> Evidence:
    odds = _regress(measured, one, seed)
    if odds is None:
        return one
    odds += FIELD_WEIGHT * logit(_learn_field(reader, one.text, measured, _sigmoid(odds), workers))
    means = ContextMeans(-1, 0)
    means.add(one.text, _sigmoid(odds), np.zeros(len(odds), np.uint8))
    pooled = means.mean(one.text)
    odds += np.where(pooled < 0, 0, POOLED_WEIGHT * logit(np.clip(pooled, LEAST_MEAN, 1 - LEAST_MEAN)))
    begins = _sigmoid(odds)
    begins[~inner_gaps(one.text)] = 1
    return replace(one, begins=begins)


def _regress(measured: Float32, evidence: Evidence, seed: int) -> npt.NDArray[np.float32] | None:
    """Return weighted log odds of the sampler and of the regression; None if there is too little to learn from."""
    text, begins = evidence.text, evidence.begins
    assert begins is not None
    inner = inner_gaps(text)
    confident = np.flatnonzero(inner & ((begins < CONFIDENT) | (begins > 1 - CONFIDENT)))
    cuts = int(np.count_nonzero(begins[confident] > 0.5))
    if min(cuts, len(confident) - cuts) < LEAST_GAPS:
        return None
    if len(confident) > DRAWN_GAPS:
        drawn = np.random.Generator(np.random.PCG64(seed)).permutation(len(confident))[:DRAWN_GAPS]
        confident = confident[np.sort(drawn)]
    numbers = np.pad(measured, ((0, 0), (1, 1)))
    for row in numbers[:, 1:-1]:
        inside = row[inner].astype(np.float64)
        row[:] = (row - inside.mean()) / max(float(inside.std()), 1e-6)
    weights = regress_logistic(
        _rows(numbers, confident), (begins[confident] > 0.5).astype(np.uint8), RIDGE, ITERATIONS
    )
    odds = SAMPLER_WEIGHT * logit(begins)
    gaps = np.flatnonzero(inner)
    for at in np.array_split(gaps, len(gaps) // BLOCK_GAPS + 1):
        odds[at] += REGRESSION_WEIGHT * (_rows(numbers, at) * weights).sum(axis=1)
    return odds


def _rows(numbers: Float32, places: npt.NDArray[np.int64]) -> Float32:
    """Return statistics of the gap before some positions, of the gaps beside it, and 1: one row for each position."""
    columns = [numbers[:, places + shift] for shift in (0, 1, 2)]  # one position is padded on the left
    return np.ascontiguousarray(np.concatenate([*columns, np.ones((1, len(places)), np.float32)]).T, np.float32)


def _learn_field(
    reader: FieldReader, text: SymbolArray, measured: Float32, begins: Float32, workers: int
) -> Float32:
    """Return what fields say that were taught by the confident gaps of the other half of the text."""
    columns = reader.read_text(text, measured)  # nothing of the sampler: the view is another one
    gaps = np.full(len(text), OPEN, np.uint8)
    gaps[begins < CONFIDENT] = JOINED
    gaps[begins > 1 - CONFIDENT] = CUT
    gaps[~inner_gaps(text)] = CUT
    allowed = allowed_tags(gaps, np.append(text[1:] == 0, True))
    runs = find_runs(text)
    half = np.arange(len(runs)) // STRETCH_RUNS % 2
    out = np.ones(len(text), np.float32)

    def work(number: int) -> None:
        field = train_field(columns, allowed, runs=runs[half == number], epochs=EPOCHS, rate=RATE)
        field.begins(columns.table, runs[half != number], out)

    for_each(range(2), work, workers)
    return out


def _sigmoid(odds: npt.NDArray[np.float32]) -> Float32:
    return (1 / (1 + exp(-odds.astype(np.float64)))).astype(np.float32)
