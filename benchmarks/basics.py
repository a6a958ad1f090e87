"""What the rows and their child processes share; it imports next to nothing, because the start of a child counts."""

from __future__ import annotations

import os
import time

CLOCK = "NLP_ZERO_BENCH_CLOCK"  # an environment variable, so that child processes use the same clock


class Missing(Exception):
    """A peer or a text is missing; the message says which."""


def clock() -> float:
    """Return wall seconds, or CPU seconds of this process with ``--cpu``."""
    return time.process_time() if os.environ.get(CLOCK) == "cpu" else time.perf_counter()
