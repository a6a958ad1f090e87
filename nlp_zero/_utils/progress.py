"""Progress bars."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Advance", "progress_bar"]

Advance = Callable[[float], object] | None


@contextmanager
def progress_bar(shown: bool, **options: object) -> Iterator[Advance]:
    """A progress bar on stderr that goes when the work is done; None if it is not `shown`."""
    if not shown:
        yield None
        return
    from tqdm import tqdm  # type: ignore[import-untyped, unused-ignore]

    with tqdm(leave=False, file=sys.stderr, dynamic_ncols=True, **options) as bar:
        yield bar.update
