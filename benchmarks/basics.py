"""What the rows and their child processes share; it imports next to nothing, because the start of a child counts."""

from __future__ import annotations

import mmap
import os
import time

CLOCK = "NLP_ZERO_BENCH_CLOCK"  # an environment variable, so that child processes use the same clock
SUPPLIED_BYTES = 1 << 30  # more than any timed work takes


class Missing(Exception):
    """A peer or a text is missing; the message says which."""


def clock() -> float:
    """Return wall seconds, or CPU seconds of this process with ``--cpu``."""
    return time.process_time() if os.environ.get(CLOCK) == "cpu" else time.perf_counter()


def supply_memory() -> None:
    """Use memory and free it, so that the system has it at hand for the work that is timed next.

    The host of a virtual machine takes memory back that was free for some seconds, and supplies it again at half a GB
    a second, which takes longer than the work.
    """
    if not hasattr(mmap, "MADV_HUGEPAGE"):  # Linux
        return
    with mmap.mmap(-1, SUPPLIED_BYTES, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.madvise(mmap.MADV_HUGEPAGE)
        for page in range(0, SUPPLIED_BYTES, mmap.PAGESIZE):
            memory[page] = 1
