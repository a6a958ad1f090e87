"""A slice of the text and its sweeps by the Pitman-Yor sampler: when the state has settled, and what is saved of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._kernels.bayes import Sampler
from ...errors import FormatError
from .checkpoint import SamplerCheckpoint

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy.typing as npt

__all__ = ["SampledText", "TextSlice"]

AVERAGED_SWEEPS = 5  # sweeps whose span probabilities are averaged
MIN_SPAN_PROBABILITY = 0.4  # cost of a word in the final segmentation: less probable spans do not pay
SETTLED_CHANGE = 0.02  # sampling has settled if the tokens changed by less than this share ...
SETTLED_WINDOW = 5  # ... over this many sweeps
MAX_SWEEPS = 200  # before averaging
ROUNDS = 256  # of a sweep; samples of one round do not depend on each other
MAX_ROUND_STRETCHES = 1024
# Of a slice that has been sampled, in a checkpoint.
RESULT_ARRAYS = {"length": np.uint8, "last_length": np.uint8, "last_class": np.uint8, "begins": np.float32}


@dataclass(frozen=True)
class SampledText:
    """A slice of the text after sampling.

    Attributes
    ----------
    text : ndarray of uint32
        Encoded text; 0 is a boundary.
    length : ndarray of uint8
        Length of the word that begins at each position, else 0: the best segmentation if sampling has ended.
    last_length, last_class : ndarray of uint8
        Word lengths and classes of the last sample.
    begins : ndarray of float32 or None
        The probability that a word begins at each position; None if sampling was interrupted.
    classes, sweeps : int
        Number of latent classes, and of sweeps.
    """

    text: npt.NDArray[np.uint32]
    length: npt.NDArray[np.uint8]
    last_length: npt.NDArray[np.uint8]
    last_class: npt.NDArray[np.uint8]
    begins: npt.NDArray[np.float32] | None
    classes: int
    sweeps: int


class TextSlice:
    """A slice of the text and the state of its sampling.

    Parameters
    ----------
    text : ndarray of uint32
        Encoded text; 0 is a boundary.
    create : callable
        Returns a sampler of this text without a segmentation.
    prepare : callable
        Gives a sampler its first segmentation and classes.
    seed : int
        Decides all random numbers, together with the number of the sweep.

    Attributes
    ----------
    sampler : Sampler or None
        While the slice is sampled: samplers take ten times the memory of what they find.
    result : SampledText or None
        After sampling has ended.
    sweeps, averaged : int
        Sweeps that are finished, and how many of them are in the average.
    token_counts : list of int
        Number of tokens before each sweep, and now.
    deadline : float or None
        Time of the monotonic clock after which sampling stops; None before it starts.
    must_average, must_stop : bool
        Whether the time is too short for the state to settle, and whether the time is up.
    """

    def __init__(
        self,
        text: npt.NDArray[np.uint32],
        create: Callable[[], Sampler],
        prepare: Callable[[Sampler], None],
        seed: int,
    ) -> None:
        self.text, self.seed = text, seed
        self._create, self._prepare = create, prepare
        self.sampler: Sampler | None = None
        self.result: SampledText | None = None
        self.sweeps = self.averaged = 0
        self.token_counts: list[int] = []
        self.deadline: float | None = None
        self.must_average = self.must_stop = False

    def start(self) -> None:
        """Create the sampler in its first state, unless a state has been restored."""
        if self.sampler is None:
            sampler = self._create()
            self._prepare(sampler)
            self.token_counts.append(sampler.tokens)
            self.sampler = sampler

    @property
    def finished(self) -> bool:
        """Whether no sweep is left to do."""
        return self.averaged == AVERAGED_SWEEPS or (self.must_stop and self.averaged > 0)

    def sweep(self, pool: Executor, threads: int) -> None:
        """Sample the whole slice once; if the state has settled, add the span probabilities to the average."""
        sampler, seed, number = self._own_sampler, self.seed, self.sweeps
        average = self.averaged > 0 or self._settled() or self.must_average
        size, fence = sampler.begin_sweep(seed, number, first_average=average and self.averaged == 0)
        step = min(MAX_ROUND_STRETCHES, max(1, size // ROUNDS))
        bounds = [*range(0, fence, step), *range(fence, size, step), size]
        if threads == 1:
            sampler.sample_rounds(bounds, seed, number, average)
        else:
            self._share_rounds(bounds, average, pool, threads)
        self.sweeps += 1
        if average:
            self.averaged += 1
        else:
            self.token_counts.append(sampler.tokens)

    def _share_rounds(self, bounds: list[int], average: bool, pool: Executor, threads: int) -> None:
        """Sample all rounds of a sweep; several threads share each round."""
        sampler, seed, number = self._own_sampler, self.seed, self.sweeps
        for begin, end in pairwise(bounds):
            sampler.take_out(begin, end)
            cuts = np.linspace(begin, end, min(threads, end - begin) + 1).astype(int).tolist()
            jobs = [pool.submit(sampler.sample, a, b, seed, number, average) for a, b in pairwise(cuts[:-1])]
            sampler.sample(cuts[-2], end, seed, number, average)
            for job in jobs:
                job.result()
            sampler.put_in(begin, end)

    def _change(self, sweeps_ago: int = 0) -> float:
        """Return the share by which the number of tokens changed in the window that ended some sweeps ago."""
        now, before = self.token_counts[-1 - sweeps_ago], self.token_counts[-1 - sweeps_ago - SETTLED_WINDOW]
        return abs(now - before) / max(now, 1)

    def _settled(self) -> bool:
        sweeps = len(self.token_counts)
        return sweeps > MAX_SWEEPS or (sweeps > SETTLED_WINDOW and self._change() < SETTLED_CHANGE)

    def estimate_sweeps_left(self) -> int:
        """Return about how many sweeps are left, if the change of the tokens keeps falling by the same factor."""
        if self.finished or self.result is not None:
            return 0
        if self.averaged or self._settled():
            return AVERAGED_SWEEPS - self.averaged
        if len(self.token_counts) < SETTLED_WINDOW + 2:
            return max(15 - self.sweeps, 3) + AVERAGED_SWEEPS  # 15: a guess, until there are two windows to compare
        change, before = self._change(), self._change(1)
        pace = math.log(before / change) if 0 < change < before else 0.1
        left = math.ceil(math.log(change / SETTLED_CHANGE) / max(pace, 0.02))
        return min(MAX_SWEEPS, max(1, left)) + AVERAGED_SWEEPS

    @property
    def _own_sampler(self) -> Sampler:
        assert self.sampler is not None, "the slice has been started and has not ended"
        return self.sampler

    def end(self) -> None:
        """Keep the best segmentation of the average, and release the sampler."""
        sampler = self._own_sampler
        last_length, last_class = sampler.state
        begins = sampler.marginals.sum(axis=0) / np.float32(self.averaged)
        begins[self.text == 0] = 1
        sampler.decode(self.averaged, MIN_SPAN_PROBABILITY)
        self.result = self._describe(sampler.state[0], last_length, last_class, begins)
        self.sampler = None

    def interrupt(self) -> None:
        """Keep the segmentation of the last sweep, and release the sampler."""
        length, classes = self._own_sampler.state
        self.result = self._describe(length, length, classes, None)
        self.sampler = None

    def _describe(
        self,
        length: npt.NDArray[np.uint8],
        last_length: npt.NDArray[np.uint8],
        last_class: npt.NDArray[np.uint8],
        begins: npt.NDArray[np.float32] | None,
    ) -> SampledText:
        classes = self._own_sampler.classes
        return SampledText(self.text, length, last_length, last_class, begins, classes, self.sweeps)

    def state(self) -> tuple[dict[str, object], dict[str, np.ndarray[Any, Any]]]:
        """Return what a checkpoint saves: progress, and arrays by name; nothing before the slice is started."""
        progress = {"sweeps": self.sweeps, "averaged": self.averaged, "tokens": self.token_counts}
        if (found := self.result) is not None and found.begins is not None:
            arrays = {name: getattr(found, name) for name in RESULT_ARRAYS}
            return {**progress, "classes": found.classes}, arrays
        if self.sampler is None:
            return {}, {}
        length, cls = self.sampler.state
        arrays = {"length": length, "class": cls}
        if self.averaged:
            arrays["marginals"] = self.sampler.marginals.ravel()
        return progress, arrays

    def restore(self, checkpoint: SamplerCheckpoint, number: int) -> None:
        """Restore the saved state of slice `number`.

        Raises
        ------
        FormatError
            If the checkpoint has no valid state of the slice.
        """
        try:
            progress = checkpoint.progress["parts"][number]
            if not progress:
                return
            self.sweeps, self.averaged = int(progress["sweeps"]), int(progress["averaged"])
            self.token_counts = [int(tokens) for tokens in progress["tokens"]]
            arrays = {name.removesuffix(str(number)): array for name, array in checkpoint.arrays.items()
                      if name.rstrip("0123456789") + str(number) == name}  # fmt: skip
            if "classes" in progress:
                self.result = self._restore_result(arrays, int(progress["classes"]))
                return
            sampler = self._create()
            sampler.set_state(arrays["length"], arrays["class"])
            if self.averaged:
                sampler.marginals = arrays["marginals"].reshape(sampler.max_length, -1)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise FormatError(
                f"{checkpoint.folder} has no valid state to resume from ({error}); remove the folder and start again."
            ) from None
        sampler.load()
        self.sampler = sampler
        if self.finished:
            self.end()

    def _restore_result(self, arrays: dict[str, np.ndarray[Any, Any]], classes: int) -> SampledText:
        found: dict[str, Any] = {name: np.asarray(arrays[name], dtype) for name, dtype in RESULT_ARRAYS.items()}
        if any(array.shape != self.text.shape for array in found.values()):
            raise ValueError("arrays of different lengths")
        return SampledText(self.text, **found, classes=classes, sweeps=self.sweeps)
