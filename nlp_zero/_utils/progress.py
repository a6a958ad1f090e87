"""Progress on stderr: bars where the amount of work is known, and the stages of a long task.

A command calls `report_stages` once, and the library `begin_stage` where the next part of the work begins.  The stage
that is under way is shown with its number and its time, so that nothing that takes long is silent; bars that are opened
meanwhile take its name.  Without `report_stages`, as in library use, only the bars are shown that were asked for.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["Advance", "Report", "above_bars", "announce", "begin_stage", "progress_bar", "report_stages", "status_bar"]

Advance = Callable[[float], object] | None  # adds to the position of a bar; None if no bar is shown
Report = Callable[[float, str], object] | None  # sets the position of a bar and a text; None if no bar is shown

FIRST_SECONDS = 0.5  # a stage that ends sooner is not shown
TICK_SECONDS = 1.0  # between two drawings
SHARE = "{desc}: {percentage:3.0f}%|{bar}| [{elapsed}<{remaining}]"


class Stages:
    """The stages of a command, one of which is shown at a time; a thread draws it again every second."""

    def __init__(self, total: int) -> None:
        self.total, self.number, self.label = total, 0, ""
        self._bars: list[Any] = []  # shown in place of the line of the stage
        self._line: Any = None
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._ticker: threading.Thread | None = None

    def begin(self, label: str) -> None:
        """End the stage that is under way, and begin the next."""
        self.end()
        self.number += 1
        # A task that was taken for smaller than it is has no total, rather than a wrong one.
        self.label = f"{label} {self.number}/{self.total}" if self.number <= self.total > 1 else label
        self._ended = threading.Event()
        self._ticker = threading.Thread(target=self._tick, args=(self._ended,), daemon=True)
        self._ticker.start()

    def end(self) -> None:
        """Remove the line of the stage that is under way."""
        self._ended.set()
        if self._ticker is not None:
            self._ticker.join()
            self._ticker = None
        self._hide()

    def open_bar(self, **options: Any) -> Any:
        """Open a bar in place of the line."""
        from tqdm import tqdm  # type: ignore[import-untyped, unused-ignore]

        with self._lock:
            self._hide()
            self._bars.append(tqdm(desc=self.label, **options))
            return self._bars[-1]

    def close_bar(self, bar: Any) -> None:
        """Remove a bar."""
        with self._lock:
            self._bars.remove(bar)
            bar.close()

    def _tick(self, ended: threading.Event) -> None:
        import time

        from tqdm import tqdm  # type: ignore[import-untyped, unused-ignore]

        begun, pause = time.time(), FIRST_SECONDS
        while not ended.wait(pause):
            pause = TICK_SECONDS
            with self._lock:
                if ended.is_set():
                    return
                if self._bars:
                    self._bars[-1].refresh()
                    continue
                if self._line is None:
                    self._line = tqdm(desc=self.label, bar_format="{desc} [{elapsed}]", leave=False, file=sys.stderr)
                    self._line.start_t = begun
                self._line.refresh()

    def _hide(self) -> None:
        with self._lock:
            if self._line is not None:
                self._line.close()
                self._line = None


_stages: ContextVar[Stages | None] = ContextVar("stages", default=None)


@contextmanager
def report_stages(shown: bool, total: int = 1) -> Iterator[None]:
    """Show the stages that `begin_stage` names while the block runs.

    Parameters
    ----------
    shown : bool
        Whether anything is shown.
    total : int, default 1
        Most stages that there can be; the last ones may be left out.
    """
    stages = Stages(total) if shown else None
    token = _stages.set(stages)
    try:
        yield
    finally:
        _stages.reset(token)
        if stages is not None:
            stages.end()


def begin_stage(label: str) -> None:
    """Say what is done from now on, to the next stage or the end of the command.

    Parameters
    ----------
    label : str
        A participle and an object, such as ``"counting n-grams"``.
    """
    stages = _stages.get()
    if stages is not None:
        stages.begin(label)


def announce(message: str) -> None:
    """Print a line above the bars, if stages are shown."""
    if _stages.get() is not None:
        with above_bars():
            print(message, file=sys.stderr)


@contextmanager
def above_bars() -> Iterator[None]:
    """Remove the stage and the bars while the block writes to the terminal; they are drawn below it."""
    if _stages.get() is None:
        yield
        return
    from tqdm import tqdm  # type: ignore[import-untyped, unused-ignore]

    with tqdm.external_write_mode(file=sys.stderr):
        yield


@contextmanager
def progress_bar(
    shown: bool, label: str | None = None, *, total: float | None = None, unit: str = "it", position: float = 0
) -> Iterator[Advance]:
    """Show a progress bar on stderr while the block runs, and remove it at the end.

    Parameters
    ----------
    shown : bool
        Whether a bar is shown at all.
    label : str, optional
        What is being done, shown in front of the bar; the stage that is under way has priority.
    total : float, optional
        The position at which the work is done; without it only the position is shown.
    unit : str, default "it"
        What is counted; ``"B"`` for bytes, which are shown with prefixes (kB, MB); ``"share"`` if the total is 1.
    position : float, default 0
        Where the bar begins.

    Yields
    ------
    callable or None
        A function that adds a number to the position; None if `shown` is false.

    Examples
    --------
    >>> with progress_bar(False, "counting", total=2) as advance:
    ...     print(advance)
    None
    """
    if not shown:
        yield None
        return
    options = {"bar_format": SHARE} if unit == "share" else {}
    with _open_bar(label, total=total, unit=unit, unit_scale=unit == "B", initial=position, **options) as bar:
        yield bar.update


@contextmanager
def status_bar(shown: bool, label: str | None = None, *, unit: str = "it") -> Iterator[Report]:
    """Show the position and a text about the state, for work whose end cannot be told before.

    Parameters
    ----------
    shown, label, unit
        As in `progress_bar`.

    Yields
    ------
    callable or None
        A function of a position and a text; it draws the line at each call.  None if `shown` is false.
    """
    if not shown:
        yield None
        return
    form = "{desc}: {n:.0f}{unit} [{elapsed}]{postfix}"
    with _open_bar(label, unit=unit, bar_format=form) as bar:

        def report(position: float, text: str) -> None:
            bar.n = position
            bar.set_postfix_str(text)

        yield report


@contextmanager
def _open_bar(label: str | None, **options: Any) -> Iterator[Any]:
    """Open a bar in place of the line of the stage."""
    from tqdm import tqdm  # type: ignore[import-untyped, unused-ignore]

    stages = _stages.get()
    options |= {"leave": False, "file": sys.stderr, "dynamic_ncols": True}
    if stages is None or not stages.label:
        with tqdm(desc=label, **options) as bar:
            yield bar
        return
    bar = stages.open_bar(**options)
    try:
        yield bar
    finally:
        stages.close_bar(bar)
