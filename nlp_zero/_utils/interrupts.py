"""Signals that stop the command line: Ctrl-C, ``kill``, and a terminal that is closed.

While modules are loaded, there is nothing to clean up, and an exception in the initialisation of a compiled module may
be turned into another one or be printed.  So the handler prints one sentence and ends the process.  While a command
works, the handler raises `Interrupt`, and the command cleans up.  This module imports little, because only signals that
arrive after `install` was called are handled.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType, TracebackType

__all__ = ["Interrupt", "begin_work", "end_work", "exit_status", "hold_signals", "ignore_signals", "install"]

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # those that the system has
STATUS_OFFSET = 128  # the exit status is this number plus that of the signal: 130 for Ctrl-C, 143 for SIGTERM
RETRY_SECONDS = 0.02  # until an interrupt is raised again that was raised where exceptions are ignored
STOPPED_MESSAGE = b"nlpzero: stopped.\n"
LOADING_MESSAGE = b"nlpzero: stopped before the work began.\n"


class Interrupt(KeyboardInterrupt):
    """A signal asks the program to stop.

    Parameters
    ----------
    number : int
        The number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.args = ()  # like those of KeyboardInterrupt; a loop may say here how far it came
        self.number = number


class _State:
    installed: tuple[signal.Signals, ...] = ()
    working = False
    held = 0
    delayed: int | None = None
    received: int | None = None


_state = _State()


def install() -> None:
    """Handle the signals that ask a program to stop; those that the parent process ignores stay ignored."""
    known = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    handled = [number for number in known if signal.getsignal(number) not in (signal.SIG_IGN, None)]
    for number in handled:
        signal.signal(number, _handle)
    _state.installed = tuple(handled)


def begin_work() -> None:
    """From now on raise `Interrupt`, because there may be something to clean up."""
    sys.unraisablehook = _handle_unraisable
    sys.excepthook = _handle_uncaught
    _state.working = True


@contextmanager
def hold_signals() -> Iterator[None]:
    """Raise an interrupt that arrives in the block at its end: for short steps that would leave something behind."""
    _state.held += 1
    try:
        yield
    finally:
        _state.held -= 1
        number, _state.delayed = _state.delayed, None
        if number is not None:
            signal.raise_signal(number)


def ignore_signals() -> None:
    """Ignore the signals while the program cleans up."""
    for number in _state.installed:
        signal.signal(number, signal.SIG_IGN)


def end_work() -> None:
    """Let the interpreter end: after an interrupt, a second one kills it at once."""
    if _state.received is not None:
        for number in _state.installed:
            signal.signal(number, signal.SIG_DFL)


def exit_status(error: BaseException | None = None) -> int | None:
    """Return the exit status of an interrupted program.

    Parameters
    ----------
    error : BaseException, optional
        What ended the work.

    Returns
    -------
    int or None
        None if `error` is not an interrupt and no signal has arrived: an interrupt may have been turned into another
        exception where compiled code was running.
    """
    if isinstance(error, Interrupt):
        return STATUS_OFFSET + error.number
    if _state.received is not None:
        return STATUS_OFFSET + _state.received
    return STATUS_OFFSET + signal.SIGINT if isinstance(error, KeyboardInterrupt) else None


def _handle(number: int, frame: FrameType | None) -> None:
    _state.received = number
    if _state.working and _state.held:
        _state.delayed = number
        return
    if _state.working:
        raise Interrupt(number)
    os.write(2, LOADING_MESSAGE)
    os._exit(STATUS_OFFSET + number)


def _handle_unraisable(unraisable: Any) -> None:
    """Raise an interrupt again, a little later, that was raised in a destructor or callback and would be lost."""
    if not isinstance(unraisable.exc_value, Interrupt):
        sys.__unraisablehook__(unraisable)
        return
    import threading

    threading.Timer(RETRY_SECONDS, signal.raise_signal, [unraisable.exc_value.number]).start()


def _handle_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Print a sentence instead of a traceback if an interrupt arrives between two steps of the entry."""
    if isinstance(error, Interrupt):
        os.write(2, STOPPED_MESSAGE)
    else:
        sys.__excepthook__(kind, error, traceback)
