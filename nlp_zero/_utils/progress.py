"""Progress bars: one helper for every package that shows one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Advance", "Report", "progress_bar", "status_bar"]

Advance = Callable[[float], object] | None  # adds to the position of a bar; None if no bar is shown
Report = Callable[[float, float, str], object] | None  # sets position, total and a text; None if no bar is shown


@contextmanager
def progress_bar(
    shown: bool, label: str | None = None, *, total: float | None = None, unit: str = "it"
) -> Iterator[Advance]:
    """Show a progress bar on stderr while the block runs, and remove it at the end.

    Parameters
    ----------
    shown : bool
        Whether a bar is shown at all.
    label : str, optional
        What is being done, shown in front of the bar.
    total : float, optional
        The position at which the work is done; without it only the position is shown.
    unit : str, default "it"
        What is counted; ``"B"`` for bytes, which are shown with prefixes (kB, MB).

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
    from tqdm import tqdm  # type: ignore[import-untyped, unused-ignore]

    with tqdm(
        desc=label, total=total, unit=unit, unit_scale=unit == "B", leave=False, file=sys.stderr, dynamic_ncols=True
    ) as bar:
        yield bar.update


@contextmanager
def status_bar(shown: bool, label: str | None = None, *, unit: str = "it") -> Iterator[Report]:
    """Show a progress bar whose total and text change while the block runs.

    Parameters
    ----------
    shown, label, unit
        As in `progress_bar`.

    Yields
    ------
    callable or None
        A function of position, total and a text about the state; it draws the bar at each call.  None if `shown` is
        false.
    """
    if not shown:
        yield None
        return
    from tqdm import tqdm  # type: ignore[import-untyped, unused-ignore]

    with tqdm(desc=label, total=0, unit=unit, leave=False, file=sys.stderr, dynamic_ncols=True) as bar:

        def report(position: float, total: float, text: str) -> None:
            bar.n, bar.total = position, total
            bar.set_postfix_str(text)

        yield report
