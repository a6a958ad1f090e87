"""Tasks of a cluster that kill their workers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["die_twice"]


def die_twice(work: Callable[..., Any], folder: Path, *, before_fsync: bool = False) -> Callable[..., Any]:
    """Return `work` as a function whose third and sixth calls end their processes.

    They do so when the work is done, or with `before_fsync` when the first file of a result is about to be complete.
    Calls are counted by files in `folder`.
    """

    def dying(*arguments: Any) -> Any:  # a local function, which Dask sends by value
        import itertools
        import os
        import signal

        def die(*_: Any) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        for number in itertools.count():
            try:
                os.close(os.open(folder / str(number), os.O_CREAT | os.O_EXCL))
                break
            except FileExistsError:
                pass
        if number in (2, 5) and before_fsync:
            os.fsync = die
        result = work(*arguments)
        if number in (2, 5):
            die()
        return result

    return dying
