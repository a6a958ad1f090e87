"""Connections to the scheduler of a cluster, or to processes of this machine that are started as workers."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

from .._utils.validation import check_integer
from ..errors import ClusterError

__all__ = ["connect"]


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
            with _start_local_cluster(dask, workers) as cluster, dask.Client(cluster) as own:
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
        forkserver.ensure_running()
        dask.config.set({name: "forkserver"})  # for good: it is read once, by the import that follows
    import distributed

    return distributed


@contextmanager
def _start_local_cluster(distributed: Any, workers: int | None) -> Iterator[Any]:
    """Start processes of this machine as workers, and stop them at the end."""
    import dask

    configuration = {
        "distributed.worker.profile.enabled": False,  # it samples the stacks of workers a hundred times per second
        # A worker that dies is started again.  If it dies once more, and this time is just over, Dask would take
        # it for lost and never start it again; without workers, the work would wait forever.
        "distributed.deploy.lost-worker-timeout": "365 days",
        "distributed.comm.timeouts.connect": "10s",  # how long a worker tries to reach another one that has died
    }
    with dask.config.set(configuration):
        cluster = distributed.LocalCluster(
            n_workers=workers or os.cpu_count() or 1,
            threads_per_worker=1,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,  # of the workers: an error reaches this process, which says it once
            # The scheduler has an HTTP server all the same; port 8787 may belong to another cluster.
            scheduler_kwargs={"dashboard_address": ":0"},
        )
        try:
            yield cluster
        finally:
            _close_local_cluster(distributed, cluster)


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
