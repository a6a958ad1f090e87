"""The words of the sampled slices: by the sampler and other views of the text, or in the convention of examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.counting import return_memory
from ..._utils.arrays import ArrayStore
from ..._utils.threads import in_order
from ...counting.linked import LinkedTree
from ...counting.resources import Resources
from ..teaching import (
    EncodedExamples,
    Evidence,
    FieldReader,
    GapStatistics,
    Teacher,
    Teaching,
    combine_views,
    join_evidence,
)
from .classes import Segmentation
from .joining import join_pairs, number_words
from .slices import SampledText

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["find_words"]

MAX_CLASSES = 256  # of a sampler: classes of different slices get different numbers


def find_words(
    slices: Sequence[SampledText],
    tree: LinkedTree,
    *,
    max_length: int,
    seed: int,
    resources: Resources,
    at_once: int,
    teaching: Teaching | None,
    examples: EncodedExamples | None,
    join: bool,
) -> Segmentation:
    """Return the final segmentation of all slices.

    Parameters
    ----------
    slices : sequence of SampledText
        After sampling.
    tree : LinkedTree
        Counts of the whole corpus.
    max_length : int
        Longest word without examples.
    seed : int
        Decides which gaps are drawn.
    resources : Resources
        Threads, which never change a result; with a memory budget, the statistics of gaps are on disk.
    at_once : int
        Most slices that are worked on at a time, because of the memory.
    teaching, examples : optional
        What is taught.
    join : bool
        Whether words that hardly occur apart are joined; never with examples.
    """
    cuts = None
    return_memory()  # that of the samplers
    if all(one.begins is not None for one in slices):  # or sampling was interrupted
        cuts = _find_cuts(slices, tree, max_length, seed, resources, at_once, teaching, examples)
    if cuts is None:
        cuts = [np.asarray((one.length > 0) | (one.text == 0)) for one in slices]
        taught = False
    else:
        taught = examples is not None
    return_memory()
    words, runs = number_words(((one.text, cut) for one, cut in zip(slices, cuts, strict=True)), tree.counts.symbols)
    return Segmentation(*(join_pairs(words, runs) if join and not taught else (words, runs)))


def _find_cuts(
    slices: Sequence[SampledText],
    tree: LinkedTree,
    max_length: int,
    seed: int,
    resources: Resources,
    at_once: int,
    teaching: Teaching | None,
    examples: EncodedExamples | None,
) -> list[npt.NDArray[np.bool_]] | None:
    """Return where words begin in each slice, and boundaries; None if the samplers say it alone."""
    workers = resources.workers
    evidence = [_collect(one, number, taught=examples is not None) for number, one in enumerate(slices)]
    statistics = GapStatistics(tree, [one.text for one in slices])
    known = None if teaching is None else teaching.encode_known_words(tree.alphabet)
    store = ArrayStore(resources.budget, resources.temp_dir)

    def measure(text: npt.NDArray[np.uint32]) -> npt.NDArray[np.float32]:
        return store.keep(statistics.measure(text))

    measured = list(in_order([one.text for one in slices], measure, min(workers, at_once)))
    # Without examples, the reader needs nothing but the text.
    whole = Evidence(np.concatenate([one.text for one in slices]), np.zeros(0, np.uint8))
    whole = whole if examples is None else join_evidence(evidence)
    threads = min(workers, at_once)
    reader = FieldReader(statistics, tree.counts.types(1), whole, known, measured=measured, workers=threads)
    del whole
    store.release()
    return_memory()
    combined = combine_views(measured, reader, evidence, seed=seed, workers=workers, at_once=at_once)
    if examples is not None:
        teacher = Teacher(reader, examples, combined, workers=workers)
        return [teacher.cut(one) for one in combined]
    if all(new is old for new, old in zip(combined, evidence, strict=True)):
        return None
    return [_cut(new, old, max_length) for new, old in zip(combined, evidence, strict=True)]


def _collect(one: SampledText, number: int, *, taught: bool) -> Evidence:
    """Return what the sampler says about a slice; the classes of other slices are other ones."""
    if not taught:  # the last sample is not needed
        return Evidence(one.text, one.length, one.begins)
    classes = one.last_class.astype(np.uint32) + np.uint32(MAX_CLASSES * number)
    return Evidence(one.text, one.length, one.begins, one.last_length, classes)


def _cut(combined: Evidence, sampled: Evidence, max_length: int) -> npt.NDArray[np.bool_]:
    """Return where words begin, and boundaries; words that are too long are cut as the sampler does."""
    outside = sampled.text == 0
    if combined is sampled or combined.begins is None:
        return np.asarray((sampled.length > 0) | outside)
    begins = (combined.begins > 0.5) | outside
    starts = np.flatnonzero(begins)
    sizes = np.diff(np.append(starts, len(begins)))
    begins[starts[0] :] |= np.repeat(sizes > max_length, sizes) & (sampled.length[starts[0] :] > 0)
    return np.asarray(begins)
