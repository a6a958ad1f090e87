"""Samplers in their first state, and the sampling of one slice of the text by itself, as on a cluster."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.bayes import Sampler
from ..entropy import SINGLE
from .sampling import SamplingRun
from .slices import SampledText, TextSlice

if TYPE_CHECKING:
    import numpy.typing as npt

    Slice = tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8] | None]
    """Encoded text, and the first segmentation: the length of the word that begins at each position, else 0."""

__all__ = ["HYPERPARAMETERS", "LENGTH_PRIOR", "SamplerOptions", "prepare_slice", "sample_slice"]

# Discounts and strengths of the classes (d, theta) and of the distribution that they share (d1, theta1); prior
# strengths of the class chain, of the type lengths of a class, and of the spelling model.
HYPERPARAMETERS = {
    "d": 0.7, "theta": 10.0, "d1": 0.6, "theta1": 10.0, "chain": 30.0, "ratio": 100.0, "spelling": 300.0,
}  # fmt: skip
LENGTH_PRIOR = (0.2, 0.6, 0.15, 0.05)  # of words of 1, 2, ... symbols; each further symbol divides by 3


@dataclass(frozen=True)
class SamplerOptions:
    """Options of all samplers; see `BayesLexiconBuilder`.

    Attributes
    ----------
    max_length : int
    classes : int or None
    seed : int
    seconds : float
        Time after which `sample_slice` stops.
    """

    max_length: int
    classes: int | None
    seed: int
    seconds: float = math.inf


def prepare_slice(
    text: npt.NDArray[np.uint32], cut: Callable[[], npt.NDArray[np.uint8]] | None, options: SamplerOptions
) -> TextSlice:
    """Return a slice whose sampling begins with the lengths that `cut` returns, or with the entropy segmentation."""

    def create() -> Sampler:
        symbols = int(np.count_nonzero(text))
        classes = options.classes or min(64, max(4, round(math.sqrt(symbols) * math.sqrt(math.sqrt(symbols)) / 600)))
        length_prior = _extend_length_prior(options.max_length)
        return Sampler(text, classes, length_prior, HYPERPARAMETERS, options.max_length + 1)

    def prepare(sampler: Sampler) -> None:
        if cut is None:
            sampler.cut_by_entropy(options.max_length, SINGLE)
        else:
            sampler.set_state(cut(), np.zeros(len(text), np.uint8))
        sampler.classify(2, 5)
        sampler.load()

    return TextSlice(text, create, prepare, options.seed)


def sample_slice(one: Slice, options: SamplerOptions) -> SampledText:
    """Sample a slice by itself: the same result as together with other slices; its text is left out."""
    text, length = one
    slice_ = prepare_slice(text, None if length is None else lambda: length, options)
    deadline = time.monotonic() + options.seconds
    run = SamplingRun(
        [slice_], workers=1, at_once=1, deadline=deadline, keep_on_interrupt=False, progress=False, checkpoint=None
    )
    return replace(run.learn()[0], text=np.zeros(0, np.uint32))


def _extend_length_prior(max_length: int) -> list[float]:
    """Return the prior probability of each word length from 1 to `max_length`."""
    weights = [
        LENGTH_PRIOR[n] if n < len(LENGTH_PRIOR) else LENGTH_PRIOR[-1] / 3.0 ** (n + 1 - len(LENGTH_PRIOR))
        for n in range(max_length)
    ]
    return [max(weight, 1e-30) / sum(weights) for weight in weights]
