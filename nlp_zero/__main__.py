"""The entry of the command line, ``nlpzero`` and ``python -m nlp_zero``: signals are handled before modules load."""

import gc
import os
import sys

from ._utils import interrupts

__all__ = ["run"]

COLLECTED_OBJECTS = 100_000  # new objects before garbage is collected: modules alone make 60,000, and keep them


def run() -> int:
    """Run the command line in a process of its own.

    Returns
    -------
    int
        The exit status; see `nlp_zero.cli.main`.
    """
    interrupts.install()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # linear algebra is not used; its threads take time to start
    gc.set_threshold(COLLECTED_OBJECTS)
    from ._utils.leftovers import remove_unfinished
    from .cli import main

    interrupts.begin_work()
    try:
        return main()
    except KeyboardInterrupt as stop:  # in the moments before and after the command
        print("nlpzero: stopped.", file=sys.stderr)
        return interrupts.exit_status(stop) or 1
    finally:
        interrupts.ignore_signals()
        remove_unfinished()
        interrupts.end_work()
        gc.freeze()  # no collection when the process ends: it would visit all that modules have made


if __name__ == "__main__":
    sys.exit(run())
