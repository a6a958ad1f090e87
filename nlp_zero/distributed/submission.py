"""Submitting tasks to a cluster, and taking their results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from .._utils.progress import progress_bar

__all__ = ["count_threads", "share", "submit_each", "take_results"]

RETRIES = 3
WAIT_SECONDS = 60  # for the first worker


def take_results(futures: Sequence[Any], *, progress: bool = False) -> Iterator[Any]:
    """Yield results in order; the cluster may delete a result when the next one is taken."""
    waiting = list(futures)[::-1]
    with progress_bar(progress, "collecting", total=len(waiting), unit=" parts") as advance:
        while waiting:
            yield waiting.pop().result()
            if advance is not None:
                advance(1)


def count_threads(client: Any) -> int:
    """Return the number of threads of a cluster; wait for the first worker."""
    client.wait_for_workers(1, timeout=WAIT_SECONDS)
    return sum(client.nthreads().values())


def submit_each(client: Any, work: Callable[..., Any], items: Iterable[Any], *arguments: Any) -> list[Any]:
    """Submit ``work(item, *arguments)`` for all items, and return the futures."""
    return [client.submit(work, item, *arguments, retries=RETRIES, pure=False) for item in items]


def share(client: Any, work: Callable[..., Any], *arguments: Any) -> Any:
    """Return a future of ``(work, arguments)`` for the workers.

    It is a task, and not data that is scattered, because a task is done again if all workers that have its result die.
    """
    import dask
    from distributed.protocol.pickle import dumps, loads

    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):
        data = dumps((work, arguments))  # type: ignore[no-untyped-call]
        return client.submit(loads, data, retries=RETRIES, pure=False)
