"""Commands that can be resumed after Ctrl-C."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import Stopped

__all__ = ["resumable"]


@contextmanager
def resumable(arguments: argparse.Namespace) -> Iterator[None]:
    """Tell the user how to resume after Ctrl-C; remove the checkpoint when the block has succeeded.

    Raises
    ------
    Stopped
        If the block is interrupted and there is a checkpoint.
    """
    from ..counting.checkpoint import remove_checkpoint

    try:
        yield
    except KeyboardInterrupt:
        if arguments.checkpoint is None or not os.path.isdir(arguments.checkpoint):
            raise
        raise Stopped(f"stopped; run the same command to go on from the checkpoint {arguments.checkpoint}.") from None
    if arguments.checkpoint is not None:
        remove_checkpoint(arguments.checkpoint)
