"""Threads for work that releases the GIL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

__all__ = ["for_each", "in_order", "run_alongside"]


@contextmanager
def run_alongside(work: Callable[[], object], threads: int, stop: Callable[[], object]) -> Iterator[None]:
    """Call ``work()`` on this many threads while the body of the with statement runs, and wait for them at its end.

    If the body raises an exception, ``stop()`` is called: it lets the threads return.  An exception of a thread is
    raised here when the body has ended.
    """
    if threads < 1:
        yield
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        jobs = [pool.submit(work) for _ in range(threads)]
        try:
            yield
        except BaseException:
            stop()
            raise
        for job in jobs:
            job.result()


def for_each(things: Iterable[T], work: Callable[[T], object], workers: int) -> None:
    """Call ``work(item)`` for all items on `workers` threads, in no particular order.

    At most two items per thread wait at a time, so an endless stream takes little memory. The first exception,
    including one that the stream raises, ends the work and is raised here.
    """
    if workers == 1:
        for item in things:
            work(item)
        return
    from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

    waiting: set[Future[object]] = set()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in things:
                waiting.add(pool.submit(work, item))
                if len(waiting) >= 2 * workers:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in done:
                        future.result()
            for future in waiting:
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def in_order(
    things: Iterable[T],
    work: Callable[[T], R],
    workers: int,
    *,
    spare: int = 1,
    at_once: Callable[[T], bool] | None = None,
) -> Iterator[R]:
    """Yield ``work(item)`` for all items, in order; at most ``workers + spare`` results wait for the consumer.

    With more to spare, threads that finish together have work while the consumer handles one result and the next item
    is read.

    Items for which ``at_once(item)`` is true are worked on here, and their results do not wait until the next item is
    read.  If reading an item raises an exception, it is raised here after the results of all earlier items.
    """
    if workers == 1:
        yield from map(work, things)
        return
    from collections import deque
    from concurrent.futures import Future, ThreadPoolExecutor

    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        source = iter(things)
        failed: Exception | None = None
        try:
            while True:
                try:
                    item = next(source)
                except StopIteration:
                    break
                except Exception as error:
                    failed = error
                    break
                if at_once is not None and at_once(item):
                    while waiting:
                        yield waiting.popleft().result()
                    yield work(item)
                    continue
                waiting.append(pool.submit(work, item))
                if len(waiting) >= workers + spare:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
            if failed is not None:
                raise failed
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
