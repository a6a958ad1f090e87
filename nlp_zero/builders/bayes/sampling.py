"""Sweeps of the Pitman-Yor sampler over slices of the text: when sampling continues, stops, and is saved."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._kernels.bayes import Sampler
from ..._utils.progress import Report, status_bar
from ...errors import FormatError
from ...statistics import information_per_symbol
from .checkpoint import SamplerCheckpoint

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy.typing as npt

__all__ = ["SampledText", "SamplingRun", "TextSlice"]

AVERAGED_SWEEPS = 5  # sweeps whose span probabilities are averaged
MIN_SPAN_PROBABILITY = 0.4  # cost of a word in the final segmentation: less probable spans do not pay
SETTLED_CHANGE = 0.02  # sampling has settled if the tokens changed by less than this share ...
SETTLED_WINDOW = 5  # ... over this many sweeps
MAX_SWEEPS = 200  # before averaging
ROUNDS = 256  # of a sweep; samples of one round do not depend on each other
MAX_ROUND_STRETCHES = 1024
AVERAGING_COST = 1.5  # time of an averaging sweep, relative to an ordinary one
SAVE_SECONDS = 10.0  # time between saved states


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
    """A slice of the text with its sampler and the state of its sampling.

    Parameters
    ----------
    text : ndarray of uint32
        Encoded text; 0 is a boundary.
    sampler : Sampler
        The sampler of this text.
    seed : int
        Decides all random numbers, together with the number of the sweep.

    Attributes
    ----------
    sweeps, averaged : int
        Sweeps that are finished, and how many of them are in the average.
    token_counts : list of int
        Number of tokens before each sweep, and now.
    last_state : tuple of ndarray of uint8 or None
        Word lengths and classes of the last sample, after sampling has ended.
    must_average, must_stop : bool
        Whether the time is too short for the state to settle, and whether the time is up.
    """

    def __init__(self, text: npt.NDArray[np.uint32], sampler: Sampler, seed: int) -> None:
        self.text, self.sampler, self.seed = text, sampler, seed
        self.sweeps = self.averaged = 0
        self.token_counts: list[int] = []
        self.must_average = self.must_stop = False
        self.last_state: tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]] | None = None

    @property
    def finished(self) -> bool:
        """Whether no sweep is left to do."""
        return self.averaged == AVERAGED_SWEEPS or (self.must_stop and self.averaged > 0)

    def sweep(self, pool: Executor, threads: int) -> None:
        """Sample the whole slice once; if the state has settled, add the span probabilities to the average."""
        sampler, seed, number = self.sampler, self.seed, self.sweeps
        average = self.averaged > 0 or self._settled() or self.must_average
        size, fence = sampler.begin_sweep(seed, number, first_average=average and self.averaged == 0)
        step = min(MAX_ROUND_STRETCHES, max(1, size // ROUNDS))
        bounds = [*range(0, fence, step), *range(fence, size, step), size]
        for begin, end in pairwise(bounds):
            sampler.take_out(begin, end)
            cuts = np.linspace(begin, end, min(threads, end - begin) + 1).astype(int).tolist()
            jobs = [pool.submit(sampler.sample, a, b, seed, number, average) for a, b in pairwise(cuts[:-1])]
            sampler.sample(cuts[-2], end, seed, number, average)
            for job in jobs:
                job.result()
            sampler.put_in(begin, end)
        self.sweeps += 1
        if average:
            self.averaged += 1
        else:
            self.token_counts.append(sampler.tokens)

    def _change(self, sweeps_ago: int = 0) -> float:
        """Return the share by which the number of tokens changed in the window that ended some sweeps ago."""
        now, before = self.token_counts[-1 - sweeps_ago], self.token_counts[-1 - sweeps_ago - SETTLED_WINDOW]
        return abs(now - before) / max(now, 1)

    def _settled(self) -> bool:
        sweeps = len(self.token_counts)
        return sweeps > MAX_SWEEPS or (sweeps > SETTLED_WINDOW and self._change() < SETTLED_CHANGE)

    def estimate_sweeps_left(self) -> int:
        """Return about how many sweeps are left, if the change of the tokens keeps falling by the same factor."""
        if self.finished:
            return 0
        if self.averaged or self._settled():
            return AVERAGED_SWEEPS - self.averaged
        if len(self.token_counts) < SETTLED_WINDOW + 2:
            return max(15 - self.sweeps, 3) + AVERAGED_SWEEPS  # 15: a guess, until there are two windows to compare
        change, before = self._change(), self._change(1)
        pace = math.log(before / change) if 0 < change < before else 0.1
        left = math.ceil(math.log(change / SETTLED_CHANGE) / max(pace, 0.02))
        return min(MAX_SWEEPS, max(1, left)) + AVERAGED_SWEEPS

    def describe(self) -> SampledText:
        """Return what the sampler says about the text."""
        length, classes = self.sampler.state
        last_length, last_class = self.last_state or (length, classes)
        begins = None
        if self.last_state is not None:
            begins = self.sampler.marginals.sum(axis=0) / np.float32(self.averaged)
            begins[self.text == 0] = 1
        return SampledText(self.text, length, last_length, last_class, begins, self.sampler.classes, self.sweeps)

    def state(self) -> tuple[dict[str, object], dict[str, np.ndarray[Any, Any]]]:
        """Return what a checkpoint saves: progress, and arrays by name."""
        length, cls = self.sampler.state
        arrays: dict[str, np.ndarray[Any, Any]] = {"length": length, "class": cls}
        if self.averaged:
            arrays["marginals"] = self.sampler.marginals.ravel()
        return {"sweeps": self.sweeps, "averaged": self.averaged, "tokens": self.token_counts}, arrays

    def restore(self, checkpoint: SamplerCheckpoint, number: int) -> None:
        """Restore the saved state of slice `number`.

        Raises
        ------
        FormatError
            If the checkpoint has no valid state of the slice.
        """
        arrays, sampler = checkpoint.arrays, self.sampler
        try:
            progress = checkpoint.progress["parts"][number]
            sampler.set_state(arrays[f"length{number}"], arrays[f"class{number}"])
            if progress["averaged"]:
                sampler.marginals = arrays[f"marginals{number}"].reshape(sampler.max_length, -1)
            self.sweeps, self.averaged = int(progress["sweeps"]), int(progress["averaged"])
            self.token_counts = [int(tokens) for tokens in progress["tokens"]]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise FormatError(
                f"{checkpoint.folder} has no valid state to resume from ({error}); remove the folder and start again."
            ) from None
        sampler.load()


class SamplingRun:
    """Samples all slices, sweep by sweep, so that there is one state to show and to save.

    Parameters
    ----------
    slices : list of TextSlice
        At least one.
    workers : int
        Threads.
    deadline : float
        Time of the monotonic clock after which sampling stops.
    keep_on_interrupt : bool
        Whether a `KeyboardInterrupt` ends sampling without an error.
    progress : bool
        Whether to show a progress bar.
    checkpoint : SamplerCheckpoint, optional
        Where states are saved.

    Attributes
    ----------
    interruption : str or None
        How far sampling came when a `KeyboardInterrupt` ended it, such as ``after 6 of about 20 sweeps``.
    """

    def __init__(
        self,
        slices: list[TextSlice],
        *,
        workers: int,
        deadline: float,
        keep_on_interrupt: bool,
        progress: bool,
        checkpoint: SamplerCheckpoint | None,
    ) -> None:
        self.slices, self.workers, self.checkpoint = slices, workers, checkpoint
        self.deadline, self.keep_on_interrupt, self.progress = deadline, keep_on_interrupt, progress
        self.interruption: str | None = None
        self._saved_at = time.monotonic()

    @property
    def sweeps(self) -> int:
        """Number of sweeps of the slice that needed most."""
        return max(slice_.sweeps for slice_ in self.slices)

    def learn(self) -> None:
        """Sample until the states settle, average, and leave the best segmentations in the samplers.

        Raises
        ------
        KeyboardInterrupt
            If it interrupts sampling and is not to be kept; its argument is the text of `interruption`.
        """
        try:
            self._sample()
        except KeyboardInterrupt as stop:
            self.interruption = f"after {self.sweeps} of about {self._estimate_sweeps()} sweeps"
            stop.args = (self.interruption,)
            if not self.keep_on_interrupt:
                raise
        for one in self.slices:
            if one.averaged and self.interruption is None and one.last_state is None:
                one.last_state = one.sampler.state
                one.sampler.decode(one.averaged, MIN_SPAN_PROBABILITY)

    def _sample(self) -> None:
        # Not _utils.threads: rounds are short, so both pools must live for all sweeps; and a sweep must run in a
        # thread of its own even with one worker, so that Ctrl-C cannot leave it half done.
        from concurrent.futures import ThreadPoolExecutor

        with (
            status_bar(self.progress, "sampling", unit=" sweeps") as report,
            ThreadPoolExecutor(min(self.workers, len(self.slices))) as slice_pool,
            ThreadPoolExecutor(self.workers) as round_pool,
        ):
            try:
                while unfinished := [one for one in self.slices if not one.finished]:
                    begun = time.monotonic()
                    threads = max(1, self.workers // len(unfinished))
                    for job in [slice_pool.submit(one.sweep, round_pool, threads) for one in unfinished]:
                        job.result()
                    self._report(report)
                    self._save()
                    self._check_time(begun)
            except KeyboardInterrupt:
                slice_pool.shutdown(wait=True)  # finish the sweeps, so that the saved state can be resumed
                self._save(now=True)
                raise

    def _estimate_sweeps(self) -> int:
        """Return about how many sweeps there will be."""
        return self.sweeps + max(one.estimate_sweeps_left() for one in self.slices)

    def _check_time(self, sweep_begun: float) -> None:
        now = time.monotonic()
        averaging = AVERAGING_COST * AVERAGED_SWEEPS * (now - sweep_begun)
        for slice_ in self.slices:
            slice_.must_average |= now + averaging > self.deadline
            slice_.must_stop = now > self.deadline

    def _save(self, *, now: bool = False) -> None:
        if self.checkpoint is None or not (now or time.monotonic() - self._saved_at >= SAVE_SECONDS):
            return
        progress, arrays = [], {}
        for number, slice_ in enumerate(self.slices):
            own_progress, own_arrays = slice_.state()
            progress.append(own_progress)
            arrays.update({f"{name}{number}": array for name, array in own_arrays.items()})
        self.checkpoint.save({"parts": progress}, arrays)
        self._saved_at = time.monotonic()

    def _report(self, report: Report) -> None:
        if report is None:
            return
        tokens = [slice_.sampler.tokens for slice_ in self.slices]
        types = max(slice_.sampler.types for slice_ in self.slices)
        nats = 0.0
        for slice_, number in zip(self.slices, tokens, strict=True):
            _, lengths, counts = slice_.sampler.words()
            nats += information_per_symbol(counts, lengths) * number / sum(tokens)
        largest = f" (largest of {len(self.slices)} slices)" if len(self.slices) > 1 else ""
        text = f"{sum(tokens):,} tokens, {types:,} types{largest}, {nats:.3f} nats per symbol"
        report(self.sweeps, f"about {self._estimate_sweeps() - self.sweeps} to go; {text}")
