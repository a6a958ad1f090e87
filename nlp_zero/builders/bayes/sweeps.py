"""Sweeps of the Pitman-Yor sampler over the parts of a text: when they go on, stop, and are saved."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._kernels.bayes import Sampler
from ...counting.counts import NgramCounts
from ...errors import FormatError
from ...statistics import information_per_symbol
from .state import SavedState

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy.typing as npt

__all__ = ["Part", "Run", "words_of"]

AVERAGED = 5  # sweeps whose span probabilities are averaged
COST = 0.4  # a word must be this probable to be worth its place
SETTLED, WINDOW = 0.01, 5  # stop when the tokens changed by less than this share over so many sweeps
MOST_SWEEPS = 200
ROUNDS = 256  # a sweep is done in so many rounds; what one round samples does not see each other
SAVED = 10.0  # seconds between the states that are saved


class Part:
    """A part of the text, with its sampler, and when that goes on and stops."""

    def __init__(self, text: npt.NDArray[np.uint32], sampler: Sampler, seed: int) -> None:
        self.text, self.sampler, self.seed = text, sampler, seed
        self.sweeps = self.averaged = 0
        self.tokens: list[int] = []  # before each sweep, and now
        self.late = self.stopped = False  # no time is left to settle, or none at all

    @property
    def done(self) -> bool:
        return self.averaged == AVERAGED or (self.stopped and self.averaged > 0)

    def sweep(self, pool: Executor, threads: int) -> None:
        """One sweep, which adds to the average when the state has settled."""
        sampler, seed, number = self.sampler, self.seed, self.sweeps
        average = self.averaged > 0 or self._settled() or self.late
        size, fence = sampler.begin_sweep(seed, number, first_average=average and self.averaged == 0)
        step = min(1024, max(1, size // ROUNDS))
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
            self.tokens.append(sampler.tokens)

    def _change(self, back: int = 0) -> float:
        """Share by which the tokens changed in the window that ended `back` sweeps ago."""
        now, before = self.tokens[-1 - back], self.tokens[-1 - back - WINDOW]
        return abs(now - before) / max(now, 1)

    def _settled(self) -> bool:
        return len(self.tokens) > MOST_SWEEPS or (len(self.tokens) > WINDOW and self._change() < SETTLED)

    def left(self) -> int:
        """About how many sweeps are left: the change of the tokens falls by a factor that hardly changes."""
        if self.done:
            return 0
        if self.averaged or self._settled():
            return AVERAGED - self.averaged
        if len(self.tokens) < WINDOW + 2:
            return max(20 - self.sweeps, 5) + AVERAGED
        change, before = self._change(), self._change(1)
        pace = math.log(before / change) if 0 < change < before else 0.1
        return min(MOST_SWEEPS, max(1, math.ceil(math.log(change / SETTLED) / max(pace, 0.02)))) + AVERAGED

    def state(self) -> tuple[dict[str, object], dict[str, np.ndarray[Any, Any]]]:
        length, cls = self.sampler.state
        arrays: dict[str, np.ndarray[Any, Any]] = {"length": length, "class": cls}
        if self.averaged:
            arrays["marginals"] = self.sampler.marginals.ravel()
        return {"sweeps": self.sweeps, "averaged": self.averaged, "tokens": self.tokens}, arrays

    def go_on(self, saved: SavedState, number: int) -> None:
        """Take up the state that part `number` had when it was saved."""
        arrays, sampler = saved.arrays, self.sampler
        try:
            run = saved.run["parts"][number]
            sampler.set_state(arrays[f"length{number}"], arrays[f"class{number}"])
            if run["averaged"]:
                sampler.marginals = arrays[f"marginals{number}"].reshape(sampler.max_length, -1)
            self.sweeps, self.averaged = int(run["sweeps"]), int(run["averaged"])
            self.tokens = [int(tokens) for tokens in run["tokens"]]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise FormatError(
                f"{saved.folder} holds no state to go on from ({error}); remove the folder and begin anew."
            ) from None
        sampler.load()


class Run:
    """One run: all parts sweep side by side, then wait for each other, so that there is one state to show and save.

    `limit` is a time of the monotonic clock; with `keep`, Ctrl-C ends the run where it is.
    """

    def __init__(
        self, parts: list[Part], *, workers: int, limit: float, keep: bool, show: bool, saved: SavedState | None
    ) -> None:
        self.parts, self.workers, self.saved = parts, workers, saved
        self.limit, self.keep, self.show = limit, keep, show
        self.saved_at = time.monotonic()
        self.interrupted = False

    @property
    def sweeps(self) -> int:
        return max(part.sweeps for part in self.parts)

    def learn(self) -> None:
        """Sample until the states settle, average, and leave the best segmentations in the samplers."""
        from concurrent.futures import ThreadPoolExecutor

        side_by_side = min(self.workers, len(self.parts))
        try:
            with (
                _bar(self.show) as bar,
                ThreadPoolExecutor(side_by_side) as outer,
                ThreadPoolExecutor(self.workers) as inner,
            ):
                while going := [part for part in self.parts if not part.done]:
                    begun = time.monotonic()
                    self._sweep(going, outer, inner)
                    self._tell(bar)
                    self._save()
                    now = time.monotonic()
                    for part in self.parts:
                        part.late |= now + 1.5 * AVERAGED * (now - begun) > self.limit  # averaging is dearer
                        part.stopped = now > self.limit
        except KeyboardInterrupt:
            if not self.keep:
                raise
            self.interrupted = True
        for part in self.parts:
            if part.averaged and not self.interrupted:
                part.sampler.decode(part.averaged, COST)

    def _sweep(self, parts: list[Part], outer: Executor, inner: Executor) -> None:
        threads = max(1, self.workers // len(parts))
        jobs = [outer.submit(part.sweep, inner, threads) for part in parts]
        try:
            for job in jobs:
                job.result()
        except KeyboardInterrupt:  # the sweep ends first, so that the state is one to go on from
            for job in jobs:
                job.exception()
            self._save(now=True)
            raise

    def _save(self, *, now: bool = False) -> None:
        if self.saved is None or not (now or time.monotonic() - self.saved_at >= SAVED):
            return
        runs, arrays = [], {}
        for number, part in enumerate(self.parts):
            run, own = part.state()
            runs.append(run)
            arrays.update({f"{name}{number}": array for name, array in own.items()})
        self.saved.save({"parts": runs}, arrays)
        self.saved_at = time.monotonic()

    def _tell(self, bar: Any) -> None:
        if bar is None:
            return
        tokens = [part.sampler.tokens for part in self.parts]
        types = max(part.sampler.types for part in self.parts)
        found = [part.sampler.words() for part in self.parts]
        each = [information_per_symbol(n, size) for _, size, n in found]
        nats = sum(x * k for x, k in zip(each, tokens, strict=True)) / sum(tokens)
        where = f" (most of {len(self.parts)} parts)" if len(self.parts) > 1 else ""
        bar.set_postfix_str(f"{sum(tokens):,} tokens, {types:,} types{where}, {nats:.3f} nats", refresh=False)
        bar.total = self.sweeps + max(part.left() for part in self.parts)
        bar.update(self.sweeps - bar.n)


def words_of(parts: Sequence[Part], counts: NgramCounts) -> tuple[list[str], list[int]]:
    """Words and token counts of the samplers' segmentations."""
    symbols = [str(symbol) for symbol in counts.symbols]
    found: dict[str, int] = {}
    for part in parts:
        places, lengths, tokens = part.sampler.words()
        ids = part.text.tolist()
        for at, size, n in zip(places.tolist(), lengths.tolist(), tokens.tolist(), strict=True):
            word = "".join(symbols[s - 1] for s in ids[at : at + size])
            found[word] = found.get(word, 0) + n
    return list(found), list(found.values())


@contextmanager
def _bar(show: bool) -> Iterator[Any]:
    if not show:
        yield None
        return
    from tqdm import tqdm  # type: ignore[import-untyped, unused-ignore]

    with tqdm(total=40, unit=" sweeps", desc="sampling") as bar:
        yield bar
