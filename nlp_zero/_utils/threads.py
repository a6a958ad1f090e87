"""Threads for work that releases the GIL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

__all__ = ["finish_in_order", "for_each", "in_order", "run_alongside"]


@contextmanager
def run_alongside(work: Callable[[], object], threads: int, stop: Callable[[], object]) -> Iterator[None]:
    """Call ``work()`` on this many threads while the body of the with statement runs, and wait for them at its end.

    If the body raises an exception, ``stop()`` is called: it lets the threads return.  The first exception of a thread
    is raised here when the body has ended.
    """
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    started: list[threading.Thread] = []
    try:
        for _ in range(threads):
            thread = threading.Thread(target=run)
            thread.start()
            started.append(thread)
        yield
    except BaseException:
        try:
            stop()
        except BaseException:  # a second interrupt, which came before all threads were told
            stop()
            raise
        raise
    finally:
        for thread in started:
            thread.join()
    if errors:
        raise errors[0]


def for_each(things: Iterable[T], work: Callable[[T], object], workers: int) -> None:
    """Call ``work(item)`` for all items.

    This thread and ``workers - 1`` others work; it alone reads the stream.  Items are begun in order, so that those of
    each thread rise.  At most two items per thread wait at a time, so an endless stream takes little memory. The first
    exception, including one that the stream raises, ends the work and is raised here.
    """
    if workers == 1:
        for item in things:
            work(item)
        return
    from queue import Empty, SimpleQueue

    waiting: SimpleQueue[tuple[T] | None] = SimpleQueue()  # None ends a thread
    failed = False

    def end() -> None:
        for _ in range(workers - 1):
            waiting.put(None)

    def fail() -> None:
        nonlocal failed
        failed = True
        end()

    def help_out() -> None:
        while (item := waiting.get()) and not failed:
            try:
                work(*item)
            except BaseException:
                fail()
                raise

    def take() -> tuple[T] | None:
        try:
            return waiting.get_nowait()
        except Empty:
            return None

    with run_alongside(help_out, workers - 1, fail):
        for item in things:
            if failed:
                return
            waiting.put((item,))
            if waiting.qsize() > 2 * (workers - 1) and (oldest := take()):
                work(*oldest)
        while not failed and (oldest := take()):
            work(*oldest)
        end()


def finish_in_order(
    things: Sequence[T], work: Callable[[T], object], finish: Callable[[T], object], workers: int
) -> None:
    """Call ``work(item)`` for all items, in no particular order, and ``finish(item)`` in order, one at a time.

    This thread and ``workers - 1`` others do both: whoever is free finishes the next item if it can be, or else works
    on another one.  The first exception ends the work and is raised here.
    """
    lock = threading.Lock()
    worked = [False] * len(things)
    begun, finished, finishing, stopped = 0, 0, False, False

    def stop() -> None:
        nonlocal stopped
        stopped = True

    def run() -> None:
        nonlocal begun, finished, finishing
        while True:
            with lock:
                if stopped:
                    return
                if not finishing and finished < len(things) and worked[finished]:
                    job, k, finishing = finish, finished, True
                elif begun < len(things):
                    job, k, begun = work, begun, begun + 1
                else:
                    return  # who finishes an item now goes on with the next
            try:
                job(things[k])
            except BaseException:
                stop()
                raise
            with lock:
                if job is work:
                    worked[k] = True
                else:
                    finished, finishing = finished + 1, False

    with run_alongside(run, workers - 1, stop):
        run()


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
