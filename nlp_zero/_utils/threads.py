"""The same work on many things by several threads; worth it where the work releases the GIL.  Private."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

__all__ = ["for_each", "in_order"]


def for_each(things: Iterable[T], work: Callable[[T], object], workers: int) -> None:
    """Call ``work(thing)`` for all things on `workers` threads, in no particular order.

    At most two things a thread wait at a time, so an endless stream takes little memory.  The first exception, also of
    the stream itself, ends the work and is raised here.
    """
    if workers == 1:
        for thing in things:
            work(thing)
        return
    from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

    waiting: set[Future[object]] = set()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for thing in things:
                waiting.add(pool.submit(work, thing))
                if len(waiting) >= 2 * workers:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in done:
                        future.result()
            for future in waiting:
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def in_order(things: Iterable[T], work: Callable[[T], R], workers: int) -> Iterator[R]:
    """Yield ``work(thing)`` for all things, in their order; at most ``workers + 1`` results wait to be taken."""
    if workers == 1:
        yield from map(work, things)
        return
    from collections import deque
    from concurrent.futures import Future, ThreadPoolExecutor

    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for thing in things:
                waiting.append(pool.submit(work, thing))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
