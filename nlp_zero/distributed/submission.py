"""Submitting tasks to a cluster, and taking their results.

Dask retries a task that raises an exception, and logs the traceback on the worker. That is right if a machine fails,
but an error of the input (a text that is not UTF-8, a damaged archive) is the same on every machine. Tasks therefore
return such an error as a `TaskFailure`, tasks that depend on it pass it on, and `take_result` raises it in the caller.
"""

from __future__ import annotations

import traceback
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .._utils.progress import progress_bar
from ..errors import NlpZeroError

__all__ = [
    "TaskFailure",
    "count_threads",
    "raise_failures",
    "run_task",
    "send",
    "share",
    "submit_each",
    "take_result",
    "take_results",
]

RETRIES = 3
WAIT_SECONDS = 60  # for the first worker
INPUT_ERRORS = (NlpZeroError, OSError, ValueError, ImportError)
MACHINE_ERRORS = (ConnectionError, TimeoutError)  # of those above; another attempt may succeed


@dataclass(frozen=True)
class TaskFailure:
    """An error of the input that a task returns."""

    error: Exception


def run_task(work: Callable[..., Any], *arguments: Any) -> Any:
    """Call ``work(*arguments)`` on a worker, and return errors of the input, also those that arguments are or list."""
    for argument in arguments:
        for value in argument if isinstance(argument, list) else [argument]:
            if isinstance(value, TaskFailure):
                return value
    try:
        return work(*arguments)
    except MACHINE_ERRORS:
        raise
    except INPUT_ERRORS as error:
        if not isinstance(error, NlpZeroError):  # of another library: its message may not be enough
            error.add_note(f"On a worker:\n{traceback.format_exc()}")
        error.__cause__ = error.__context__ = None  # with the traceback, they would keep the data of the task in memory
        return TaskFailure(error.with_traceback(None))


def take_result(future: Any) -> Any:
    """Wait for a task, and return its result or raise its error."""
    result = future.result()
    if isinstance(result, TaskFailure):
        raise result.error from None
    return result


def take_results(futures: Sequence[Any], *, progress: bool = False) -> Iterator[Any]:
    """Yield results in order; the cluster may delete a result when the next one is taken."""
    waiting = list(futures)[::-1]
    with progress_bar(progress, "collecting", total=len(waiting), unit=" parts") as advance:
        while waiting:
            yield take_result(waiting.pop())
            if advance is not None:
                advance(1)


def raise_failures(futures: list[Any]) -> None:
    """Wait for tasks without fetching their results, and raise the first error; empties the list.

    Without this, the error of one part would be reported after all parts have been read.
    """
    from distributed import as_completed

    finished = as_completed(futures)  # type: ignore[no-untyped-call]
    futures.clear()  # so that the cluster may delete each result when it has been used
    for future in finished:
        if future.status in ("error", "cancelled") or future.type is TaskFailure:
            take_result(future)


def count_threads(client: Any) -> int:
    """Return the number of threads of a cluster; wait for the first worker."""
    client.wait_for_workers(1, timeout=WAIT_SECONDS)
    return sum(client.nthreads().values())


def submit_each(client: Any, work: Callable[..., Any], items: Iterable[Any], *arguments: Any) -> list[Any]:
    """Submit ``work(item, *arguments)`` for all items, and return the futures; the first items have priority.

    Tasks that are submitted together take the scheduler a third less time than those that are submitted one at a time.
    """
    rows = [(work, item, *arguments) for item in items]
    if not rows:
        return []
    keys = [f"{work.__name__}-{uuid.uuid4()}" for _ in rows]
    with _large_graphs():
        futures: list[Any] = client.map(run_task, *zip(*rows, strict=True), key=keys, retries=RETRIES)
    return futures


def send(client: Any, value: Any) -> Any:
    """Return a future of a value, which may be large, for the workers.

    It is a task, and not data that is scattered, because a task is done again if all workers that have its result die.
    """
    from distributed.protocol.pickle import dumps, loads

    with _large_graphs():
        return client.submit(loads, dumps(value), retries=RETRIES, pure=False)  # type: ignore[no-untyped-call]


def _large_graphs() -> Any:
    """Let Dask send large graphs without a warning."""
    import dask

    return dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"})


def share(client: Any, work: Callable[..., Any], *arguments: Any) -> Any:
    """Return a future of ``(work, arguments)`` for the workers."""
    return send(client, (work, arguments))
