"""Building from saved counts: the option ``--counts`` of `build-vocab`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._utils.progress import begin_stage
from ..corpus import restartable
from .errors import UsageError
from .options import open_corpus, option_name

if TYPE_CHECKING:
    from ..corpus import Corpus
    from ..lexicon.lexicon import Lexicon

__all__ = ["add_counts_option", "build_from_counts", "check_counts_option"]

METHODS = ("pmi", "entropy")
EXCLUDED = {  # option -> why it does not go with --counts
    "scheduler": "counts are used in this process",
    "checkpoint": "it saves the counting, and the counts are there already",
    "examples": "examples would have to be counted with the text",
}


def add_counts_option(parser: argparse.ArgumentParser) -> None:
    """Add the option to a parser."""
    parser.add_argument(
        "--counts", metavar="FOLDER",
        help="pmi, entropy: use these saved counts of CORPUS (see nlpzero count) and do not count again; pmi also "
        "works without CORPUS, and then estimates how often words occur (default: count CORPUS)",
    )  # fmt: skip


def check_counts_option(arguments: argparse.Namespace) -> None:
    """Refuse options that do not go with ``--counts``, and a call that names neither counts nor a corpus."""
    if arguments.counts is None:
        if not arguments.sources:
            raise UsageError("nothing to learn from; name a corpus, or counts with --counts.")
        return
    method = arguments.method
    if method not in METHODS:
        raise UsageError(f"--counts is not an option of --method {method}; leave it out.")
    for name, reason in EXCLUDED.items():
        if getattr(arguments, name) is not None:
            raise UsageError(f"--counts excludes {option_name(name)}, because {reason}; leave out one of them.")
    if not arguments.sources and method == "entropy":
        raise UsageError("--method entropy cuts the text, so that --counts is not enough; name the corpus too.")
    if not arguments.sources and arguments.phrases:
        raise UsageError("--phrases cuts the text, so that --counts is not enough; name the corpus too.")


def build_from_counts(arguments: argparse.Namespace, builder: Any) -> tuple[Corpus | Iterable[str], Lexicon]:
    """Return the corpus, which may be empty, and the lexicon of the saved counts."""
    from ..counting.counts import NgramCounts

    texts = restartable(open_corpus(arguments)) if arguments.sources else None
    begin_stage("loading counts")
    counts = NgramCounts.load(arguments.counts)
    if arguments.alnum is None:
        builder.alnum = counts.alnum
    return texts or [], builder.build_from(counts, texts)
