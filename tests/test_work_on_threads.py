"""Work that threads share: every item once, in order where that is promised, on as many threads as were asked for."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from nlp_zero._utils.threads import finish_in_order, for_each, run_alongside

ITEMS, MANY = 60, 6000


class Watched:
    """Counts how many calls run at a time, and makes some of them wait."""

    def __init__(self) -> None:
        self.running = self.most = 0
        self.threads: set[int] = set()
        self._lock = threading.Lock()
        self._random = random.Random(1)

    def __call__(self, call: Callable[[int], object]) -> Callable[[int], None]:
        def watched(item: int) -> None:
            with self._lock:
                self.threads.add(threading.get_ident())
                self.running += 1
                self.most = max(self.most, self.running)
                pause = self._random.choice([0, 0, 0.002])
            try:
                time.sleep(pause)
                call(item)
            finally:
                with self._lock:
                    self.running -= 1

        return watched


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("items", [0, 1, 3, ITEMS])
def test_every_item_is_worked_on_once(items: int, workers: int) -> None:
    watched, done = Watched(), list[int]()
    for_each(range(items), watched(done.append), workers)
    assert sorted(done) == list(range(items))
    assert watched.most <= workers
    if items == ITEMS:
        assert len(watched.threads) > 1 or workers == 1


@pytest.mark.parametrize("workers", [2, 5])
def test_items_of_each_thread_rise(workers: int) -> None:
    of_thread: dict[int, list[int]] = {}
    for_each(range(ITEMS), Watched()(lambda k: of_thread.setdefault(threading.get_ident(), []).append(k)), workers)
    assert all(items == sorted(items) for items in of_thread.values())


def test_no_item_is_lost_at_the_end() -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads change places after as few steps as possible
    try:
        for k in range(300):
            worked, finished, done = list[int](), list[int](), list[int]()
            for_each(range(k % 10), done.append, 2 + k % 3)
            finish_in_order(range(k % 10), worked.append, finished.append, 2 + k % 3)
            assert sorted(done) == sorted(worked) == finished == list(range(k % 10))
    finally:
        sys.setswitchinterval(before)


@pytest.mark.parametrize("workers", [2, 5])
def test_a_stream_is_read_by_the_caller_and_not_far_ahead(workers: int) -> None:
    read, done, here = list[int](), list[int](), threading.get_ident()

    def stream() -> Iterator[int]:
        for k in range(ITEMS):
            assert threading.get_ident() == here
            assert k <= len(done) + 3 * workers
            read.append(k)
            yield k

    for_each(stream(), Watched()(done.append), workers)
    assert len(read) == len(done) == ITEMS


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("where", ["stream", "work"])
def test_the_first_exception_ends_the_work(where: str, workers: int) -> None:
    done: list[int] = []

    def stream() -> Iterator[int]:
        for k in range(MANY):
            if k == ITEMS and where == "stream":
                raise KeyError("broken")
            yield k

    def work(k: int) -> None:
        if k == ITEMS and where == "work":
            raise KeyError("broken")
        done.append(k)

    with pytest.raises(KeyError, match="broken"):
        for_each(stream(), work, workers)
    assert len(done) < MANY // 2


def test_a_second_interrupt_leaves_no_thread_waiting() -> None:
    told, ended = threading.Event(), []
    interrupts = iter([KeyboardInterrupt()])

    def stop() -> None:
        for interrupt in interrupts:  # the first time
            raise interrupt
        told.set()

    with pytest.raises(KeyboardInterrupt), run_alongside(lambda: ended.append(told.wait(30)), 1, stop):
        raise ValueError("the first")
    assert ended == [True]


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("items", [0, 1, 3, ITEMS])
def test_items_are_finished_in_order_after_their_work(items: int, workers: int) -> None:
    both, finishing = Watched(), Watched()
    worked, finished = list[int](), list[int]()

    def finish(k: int) -> None:
        assert k in worked
        finished.append(k)

    finish_in_order(range(items), both(worked.append), both(finishing(finish)), workers)
    assert sorted(worked) == finished == list(range(items))
    assert both.most <= workers
    assert finishing.most <= 1
    if items == ITEMS:
        assert len(both.threads) > 1 or workers == 1


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("where", ["work", "finish"])
def test_the_first_exception_ends_what_is_finished_in_order(where: str, workers: int) -> None:
    worked, finished = list[int](), list[int]()

    def call(name: str, done: list[int]) -> Callable[[int], None]:
        def work(k: int) -> None:
            if k == 5 and name == where:
                raise KeyError("broken")
            done.append(k)

        return Watched()(work)

    with pytest.raises(KeyError, match="broken"):
        finish_in_order(range(MANY), call("work", worked), call("finish", finished), workers)
    assert finished == list(range(len(finished)))
    assert len(finished) <= 5
    assert len(worked) < MANY // 2
