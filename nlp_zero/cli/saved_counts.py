"""Building from saved counts: the option ``--counts`` of `build-vocab`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._utils.files import expand_pattern
from .._utils.progress import begin_stage
from ..corpus import restartable
from .errors import UsageError
from .options import configure, open_corpus, option_name

if TYPE_CHECKING:
    from ..corpus import Corpus
    from ..lexicon.lexicon import Lexicon

__all__ = ["add_counts_option", "build_from_counts", "check_counts_option", "find_folders"]

METHODS = ("pmi", "entropy")
EXCLUDED = {  # option -> why it does not go with --counts
    "checkpoint": "it saves the counting, and the counts are there already",
    "examples": "examples would have to be counted with the text",
}


def add_counts_option(parser: argparse.ArgumentParser) -> None:
    """Add the option to a parser."""
    parser.add_argument(
        "--counts", metavar="FOLDER",
        help="pmi, entropy: use these saved counts of CORPUS (see nlpzero count) and do not count again; with "
        "--scheduler, also a pattern such as 'counts/*'; pmi works without CORPUS too (not with --scheduler), and then "
        "estimates how often words occur (default: count CORPUS)",
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
    for source in arguments.sources:
        if os.path.isfile(os.path.join(source, "meta.json")):
            raise UsageError(f"{source} is a folder of counts, not a text; quote patterns: write --counts 'counts/*'.")
    if find_folders("--counts", arguments.counts) != [arguments.counts] and arguments.scheduler is None:
        raise UsageError(
            f"--counts {arguments.counts}: ranges of counts are used on a cluster; add --scheduler ('local' for "
            f"processes of this machine), or add them up first: nlpzero count --merge '{arguments.counts}' -o FOLDER."
        )
    if not arguments.sources and arguments.scheduler is not None:
        raise UsageError("--counts with --scheduler needs the text that was counted; name the corpus too.")
    if not arguments.sources and method == "entropy":
        raise UsageError("--method entropy cuts the text, so that --counts is not enough; name the corpus too.")
    if not arguments.sources and arguments.phrases:
        raise UsageError("--phrases cuts the text, so that --counts is not enough; name the corpus too.")


def find_folders(option: str, name: str) -> list[str]:
    """Return the folders that a name or pattern means, in the order of their numbers.

    Raises
    ------
    UsageError
        If there are none.
    """
    found = expand_pattern(name)
    if found == []:
        raise UsageError(f"{option} {name}: no folder matches this pattern; check it.")
    return sorted(found or [name], key=lambda folder: (len(folder), folder))  # numbers may outgrow their zeros


def build_from_counts(arguments: argparse.Namespace, builder: Any) -> tuple[Corpus | Iterable[str], Lexicon]:
    """Return the corpus, which may be empty, and the lexicon of the saved counts."""
    from ..counting.counts import NgramCounts

    texts = restartable(open_corpus(arguments)) if arguments.sources else None
    if arguments.scheduler is not None:
        return texts or [], _build_on_cluster(arguments, builder, texts)
    begin_stage("loading counts")
    counts = NgramCounts.load(arguments.counts)
    if arguments.alnum is None:
        builder.alnum = counts.alnum
    return texts or [], builder.build_from(counts, texts)


def _build_on_cluster(arguments: argparse.Namespace, builder: Any, corpus: Any) -> Lexicon:
    """Return the lexicon of saved ranges of counts, which the workers of a cluster read."""
    from ..counting.format import read_options
    from ..distributed import build_vocab

    folders = find_folders("--counts", arguments.counts)
    if arguments.alnum is None:
        builder.alnum = read_options(folders[0]).alnum
    return configure(build_vocab, corpus, builder, client=arguments.cluster, counts=folders)
