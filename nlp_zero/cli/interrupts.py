"""Commands that are stopped by Ctrl-C or another signal: the files that remain, and the message."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, count

from .._utils.interrupts import exit_status
from .errors import Stopped

__all__ = ["advise_checkpoint", "describe_stop", "interrupted_name", "resumable"]

CHECKPOINT_METHODS = ("pmi", "entropy", "bayes")  # of build-vocab


@contextmanager
def resumable(arguments: argparse.Namespace) -> Iterator[None]:
    """Tell the user how to resume after an interrupt; remove the checkpoint when the block has succeeded.

    Raises
    ------
    Stopped
        If the block is interrupted and the checkpoint holds something to go on from.
    """
    from ..counting.checkpoint import has_saved_state, lock_checkpoint, remove_checkpoint, remove_empty_checkpoint

    folder = arguments.checkpoint
    if folder is None:
        yield
        return
    lock = lock_checkpoint(folder)  # from the first moment to the end
    try:
        yield
    except KeyboardInterrupt as stop:
        if not has_saved_state(folder):
            remove_empty_checkpoint(folder)
            raise
        message = f"{_begin(stop)}; run the same command to go on from the checkpoint {folder}."
        raise Stopped(message, exit_status(stop) or 1) from None
    except BaseException:
        remove_empty_checkpoint(folder)
        raise
    remove_checkpoint(folder)
    del lock


def describe_stop(arguments: argparse.Namespace, stop: BaseException) -> str:
    """Return the sentence about a command that was stopped and left nothing.

    Parameters
    ----------
    arguments : argparse.Namespace
        The parsed arguments.
    stop : BaseException
        The interrupt; its first argument, if it has one, says how much of the work was done.

    Returns
    -------
    str
        What happened, and what to do.
    """
    if getattr(arguments, "checkpoint", None) is None and _has_checkpoint_option(arguments):
        return f"{_begin(stop)}; no unfinished result was left; {advise_checkpoint()}."
    return f"{_begin(stop)}; no unfinished result was left; run the same command to start again."


def _has_checkpoint_option(arguments: argparse.Namespace) -> bool:
    """Return whether the command could have saved a checkpoint."""
    if not hasattr(arguments, "checkpoint"):
        return False
    if any(getattr(arguments, name, None) is not None for name in ("scheduler", "counts")):
        return False
    return getattr(arguments, "method", CHECKPOINT_METHODS[0]) in CHECKPOINT_METHODS and bool(arguments.sources)


def advise_checkpoint() -> str:
    """Return the advice for the next time, without a full stop."""
    return "with --checkpoint FOLDER, the same command can go on after a stop"


def interrupted_name(path: str) -> str:
    """Return a free name for the unfinished result of an interrupted command.

    Examples
    --------
    >>> interrupted_name("words.tsv"), interrupted_name("a.b/words")
    ('words.interrupted.tsv', 'a.b/words.interrupted')
    """
    stem, suffix = os.path.splitext(path)
    names = (f"{stem}.interrupted{number}{suffix}" for number in chain([""], (f"-{n}" for n in count(2))))
    return next(name for name in names if not os.path.lexists(name))


def _begin(stop: BaseException) -> str:
    """Return the beginning of the sentence, with the progress of the command if the interrupt states it."""
    how_far = stop.args[0] if isinstance(stop, KeyboardInterrupt) and stop.args else ""
    return f"stopped {how_far}".rstrip()
