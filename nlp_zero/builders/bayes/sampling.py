"""Slices of the text are sampled side by side, sweep by sweep, until their states settle or the time is up."""

from __future__ import annotations

import time

from ..._utils.progress import Report, status_bar
from ...statistics import information_per_symbol
from .checkpoint import SamplerCheckpoint
from .slices import AVERAGED_SWEEPS, SampledText, TextSlice

__all__ = ["SamplingRun"]

AVERAGING_COST = 1.5  # time of an averaging sweep, relative to an ordinary one
SAVE_SECONDS = 10.0  # time between saved states


class SamplingRun:
    """Samples slices, as many at a time as there are threads, sweep by sweep: so there is one state to save.

    Parameters
    ----------
    slices : list of TextSlice
        At least one.
    workers : int
        Threads.
    at_once : int
        Most slices that are sampled at a time, because of the memory.
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
        at_once: int,
        deadline: float,
        keep_on_interrupt: bool,
        progress: bool,
        checkpoint: SamplerCheckpoint | None,
    ) -> None:
        self.slices, self.workers, self.checkpoint = slices, workers, checkpoint
        self.deadline, self.keep_on_interrupt, self.progress = deadline, keep_on_interrupt, progress
        self.interruption: str | None = None
        self._at_once = min(at_once, workers, len(slices))
        self._saved_at = time.monotonic()

    @property
    def sweeps(self) -> int:
        """Number of sweeps of all slices."""
        return sum(slice_.sweeps for slice_ in self.slices)

    def learn(self) -> list[SampledText]:
        """Sample until the states settle, average, and return the best segmentations.

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
        found = []
        for one in self.slices:
            if one.result is None:
                one.start()
                (one.end if one.finished else one.interrupt)()
            assert one.result is not None
            found.append(one.result)
        return found

    def _sample(self) -> None:
        # Not _utils.threads: rounds are short, so both pools must live for all sweeps; and a sweep must run in a
        # thread of its own even with one worker, so that Ctrl-C cannot leave it half done.
        from concurrent.futures import ThreadPoolExecutor

        with (
            status_bar(self.progress, "sampling", unit=" sweeps") as report,
            ThreadPoolExecutor(self._at_once) as slice_pool,
            ThreadPoolExecutor(self.workers) as round_pool,
        ):
            try:
                while waiting := [one for one in self.slices if one.result is None]:
                    active, begun = waiting[: self._at_once], time.monotonic()
                    if new := [one for one in active if one.deadline is None]:
                        self._share_time(new, len(waiting))
                        list(slice_pool.map(TextSlice.start, new))
                        begun = time.monotonic()
                    threads = max(1, self.workers // len(active))
                    for job in [slice_pool.submit(one.sweep, round_pool, threads) for one in active]:
                        job.result()
                    self._report(report, active)
                    list(slice_pool.map(TextSlice.end, [one for one in active if one.finished]))
                    self._save()
                    self._check_time(active, begun)
            except KeyboardInterrupt:
                slice_pool.shutdown(wait=True)  # finish the sweeps, so that the saved state can be resumed
                self._save(now=True)
                raise

    def _estimate_sweeps(self) -> int:
        """Return about how many sweeps there will be."""
        return self.sweeps + sum(one.estimate_sweeps_left() for one in self.slices)

    def _share_time(self, new: list[TextSlice], unfinished: int) -> None:
        """Give slices that start now their share of the time that is left."""
        now = time.monotonic()
        for slice_ in new:
            slice_.deadline = now + (self.deadline - now) * min(1, self._at_once / unfinished)

    def _check_time(self, active: list[TextSlice], sweep_begun: float) -> None:
        now = time.monotonic()
        averaging = AVERAGING_COST * AVERAGED_SWEEPS * (now - sweep_begun)
        for slice_ in active:
            assert slice_.deadline is not None, "it has started"
            slice_.must_average |= now + averaging > slice_.deadline
            slice_.must_stop = now > slice_.deadline

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

    def _report(self, report: Report, active: list[TextSlice]) -> None:
        if report is None:
            return
        samplers = [slice_.sampler for slice_ in active if slice_.sampler is not None]
        tokens = [sampler.tokens for sampler in samplers]
        types = max(sampler.types for sampler in samplers)
        nats = 0.0
        for sampler, number in zip(samplers, tokens, strict=True):
            _, lengths, counts = sampler.words()
            nats += information_per_symbol(counts, lengths) * number / sum(tokens)
        largest = f" (largest of {len(active)} slices)" if len(active) > 1 else ""
        ended = sum(one.result is not None for one in self.slices)
        ended_text = f"{ended} of {len(self.slices)} slices ended; " if len(self.slices) > len(active) else ""
        text = f"{sum(tokens):,} tokens, {types:,} types{largest}, {nats:.3f} nats per symbol"
        report(self.sweeps, f"about {self._estimate_sweeps() - self.sweeps} to go; {ended_text}{text}")
