"""Connections to the scheduler of a cluster, or to processes of this machine that are started as workers."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, wait
from contextlib import contextmanager
from typing import Any

from .._utils.validation import check_integer
from ..errors import ClusterError

__all__ = ["connect"]

STOP_SECONDS = 10  # how long an interrupt waits until a cluster has started or closed


@contextmanager
def connect(client: Any = None, *, workers: int | None = None) -> Iterator[Any]:
    """Yield a ``distributed.Client``; processes that were started for it end with the block.

    Parameters
    ----------
    client : distributed.Client, str or None, default None
        A client, which stays open; the address of a scheduler; None or ``"local"`` starts processes of this machine.
    workers : int or None, default None
        Number of processes that are started, by default one for each processor.

    Yields
    ------
    distributed.Client

    Raises
    ------
    ImportError
        If Dask is missing.
    ClusterError
        If the scheduler cannot be reached, or workers die again and again.
    """
    dask = _import_dask(local=client is None or client == "local")
    if workers is not None:
        check_integer("workers", workers)
    try:
        if isinstance(client, dask.Client):
            yield client
        elif client is None or client == "local":
            with _start_local_cluster(dask, workers) as own:
                yield own
        else:
            with _reach_scheduler(dask, client) as own:
                yield own
    except dask.KilledWorker as error:
        raise ClusterError(
            f"workers died again and again at the same task ({error.task}); they may be short of memory: "
            "use smaller parts, or fewer threads for each worker."
        ) from None
    except CancelledError:
        raise ClusterError("all workers that had a result were lost; start more workers, and run it again.") from None
    except dask.comm.CommClosedError as error:  # an OSError, which a command would take for one of its output
        raise ClusterError(
            f"the connection to the cluster was lost ({error}); check its scheduler, and run it again."
        ) from None


def _import_dask(*, local: bool) -> Any:
    try:
        import dask

        if local and "distributed" not in sys.modules:
            return _import_with_forkserver(dask)
        import distributed
    except ImportError:
        raise ImportError("working on a cluster needs Dask; run: pip install 'nlpzero[distributed]'.") from None
    return distributed


def _import_with_forkserver(dask: Any) -> Any:
    """Import Dask so that local workers are forks of a fresh process that imports the same modules meanwhile.

    They start in half the time. A method that the user has configured is left as it is.
    """
    import multiprocessing

    name = "distributed.worker.multiprocessing-method"
    if dask.config.get(name, None) is None and "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing import forkserver

        multiprocessing.set_forkserver_preload(["distributed", __name__])
        with _block_sigint():
            forkserver.ensure_running()
        dask.config.set({name: "forkserver"})  # for good: it is read once, by the import that follows
    import distributed

    return distributed


@contextmanager
def _block_sigint() -> Iterator[None]:
    """Block SIGINT for the threads and processes that the block starts: a terminal sends Ctrl-C to all of them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # it unblocks SIGINT when it starts, so it must not start later
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _complete(work: Callable[[], object]) -> None:
    """Call `work` in another thread, and raise an interrupt that arrives meanwhile only when it has returned.

    If Dask is interrupted while it starts or closes a cluster, it leaves processes behind and prints tracebacks.
    """
    ended: Future[None] = Future()

    def run() -> None:
        try:
            work()
            ended.set_result(None)
        except BaseException as error:
            ended.set_exception(error)

    thread = threading.Thread(target=run, daemon=True)
    stops: list[KeyboardInterrupt] = []
    while True:
        try:
            if thread.ident is None:
                with _block_sigint():
                    thread.start()
            wait([ended], STOP_SECONDS if stops else None)
            break
        except KeyboardInterrupt as stop:
            stops.append(stop)
    if stops:
        raise stops[0]
    ended.result()


@contextmanager
def _start_local_cluster(distributed: Any, workers: int | None) -> Iterator[Any]:
    """Start processes of this machine as workers, yield a client of them, and stop them at the end."""
    import dask

    configuration = {
        "distributed.worker.profile.enabled": False,  # it samples the stacks of workers a hundred times per second
        # A worker that dies is started again.  If it dies once more, and this time is just over, Dask would take
        # it for lost and never start it again; without workers, the work would wait forever.
        "distributed.deploy.lost-worker-timeout": "365 days",
        "distributed.comm.timeouts.connect": "10s",  # how long a worker tries to reach another one that has died
    }
    started: list[Any] = []

    def start() -> None:
        cluster = distributed.LocalCluster(
            n_workers=workers or os.cpu_count() or 1,
            threads_per_worker=1,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,  # of the workers: an error reaches this process, which says it once
            # The scheduler has an HTTP server all the same; port 8787 may belong to another cluster.
            scheduler_kwargs={"dashboard_address": ":0"},
        )
        started.append(cluster)
        started.append(distributed.Client(cluster))

    def close() -> None:
        while started:
            last = started.pop()
            if isinstance(last, distributed.Client):
                last.close()
            else:
                _close_local_cluster(distributed, last)

    with dask.config.set(configuration):
        try:
            _complete(start)
            with started[1] as client:
                try:
                    yield client
                finally:
                    _complete(close)  # the end of the client's own block would close it, too, but may be interrupted
        finally:
            _complete(close)


def _close_local_cluster(distributed: Any, cluster: Any) -> None:
    """Close a cluster without hiding how the work on it ended.

    Dask fails to close if a worker takes too long to end, as on a busy machine, or if the process that guards it
    (Dask's nanny) finds its own states inconsistent.  What has failed once has ended, so another try closes the rest;
    workers that are still there are killed when this process ends.
    """
    for _ in range(1 + len(cluster.workers)):
        try:
            cluster.close()
            return
        except Exception:
            cluster.status = distributed.Status.failed  # else it would wait for this closing, which never ends


def _reach_scheduler(distributed: Any, address: object) -> Any:
    client = distributed.Client.__new__(distributed.Client)  # so that it can be closed when it does not start
    try:
        if isinstance(address, str):
            _ask_scheduler(distributed, address)
        client.__init__(address)
    except BaseException as error:
        _discard(client)
        if not isinstance(error, (OSError, ValueError, TypeError)):
            raise
        raise ClusterError(
            f"no Dask scheduler answers at {address} ({type(error).__name__}: {error}); check the address, "
            "such as tcp://10.0.0.1:8786, or use 'local'."
        ) from None
    return client


def _ask_scheduler(distributed: Any, address: str) -> None:
    """Raise an OSError if something else than a Dask scheduler answers at an address, or nothing for too long.

    A client of Dask limits the time of connecting only, and reads the first bytes of any answer as a size: it would
    wait forever for another kind of server, or allocate exabytes.
    """
    import dask

    limit = dask.config.get("distributed.comm.timeouts.connect")
    seconds = dask.utils.parse_timedelta(limit, default="s")

    async def ask() -> Any:
        security = distributed.Security().get_connection_args("client")
        async with distributed.core.rpc(address, timeout=seconds, connection_args=security) as server:
            return await server.identity()

    async def ask_for_some_time() -> Any:
        return await asyncio.wait_for(ask(), seconds)

    try:
        distributed.utils.LoopRunner().run_sync(ask_for_some_time)
    except TimeoutError:
        raise TimeoutError(f"no answer within {limit}") from None
    except (OSError, ValueError, TypeError) as error:
        if type(error) is distributed.comm.CommClosedError:  # its message is about the internals of Dask
            raise ConnectionError("the connection was closed") from None
        raise
    except Exception:  # depends on what the server sends: MemoryError for HTTP
        raise ConnectionError("another kind of server does") from None


def _discard(client: Any) -> None:
    """Close a client that has not started, and end its thread.

    Else the garbage collector would close it, at any moment: also while this thread or another one holds the lock of
    Dask that closing takes, and both would wait forever.
    """
    if not hasattr(client, "_loop_runner"):  # what was given is not an address
        return
    if client.status == "closed":  # by itself, as when nothing answers; its thread goes on
        client._loop_runner.stop()
    else:
        client.close()
