"""The words of the sampled slices: by the sampler and other views of the text, or in the convention of examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..._utils.threads import in_order
from ...counting.linked import LinkedTree
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
from .sampling import TextSlice

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["find_words"]

MAX_CLASSES = 256  # of a sampler: classes of different slices get different numbers


def find_words(
    slices: Sequence[TextSlice],
    tree: LinkedTree,
    *,
    max_length: int,
    seed: int,
    workers: int,
    teaching: Teaching | None,
    examples: EncodedExamples | None,
    join: bool,
    sampled: bool,
) -> Segmentation:
    """Return the final segmentation of all slices.

    Parameters
    ----------
    slices : sequence of TextSlice
        After sampling.
    tree : LinkedTree
        Counts of the whole corpus.
    max_length : int
        Longest word without examples.
    seed, workers : int
        Decides which gaps are drawn; threads, which never change a result.
    teaching, examples : optional
        What is taught.
    join : bool
        Whether words that hardly occur apart are joined; never with examples.
    sampled : bool
        Whether sampling has ended as it should; if not, there are no probabilities.
    """
    cuts = None
    if sampled and all(one.last_state is not None for one in slices):
        cuts = _find_cuts(slices, tree, max_length, seed, workers, teaching, examples)
    if cuts is None:
        cuts = [np.asarray((one.sampler.state[0] > 0) | (one.text == 0)) for one in slices]
        taught = False
    else:
        taught = examples is not None
    words, runs = number_words(((one.text, cut) for one, cut in zip(slices, cuts, strict=True)), tree.counts.symbols)
    return Segmentation(*(join_pairs(words, runs) if join and not taught else (words, runs)))


def _find_cuts(
    slices: Sequence[TextSlice],
    tree: LinkedTree,
    max_length: int,
    seed: int,
    workers: int,
    teaching: Teaching | None,
    examples: EncodedExamples | None,
) -> list[npt.NDArray[np.bool_]] | None:
    """Return where words begin in each slice, and boundaries; None if the samplers say it alone."""
    evidence = [_collect(one, number) for number, one in enumerate(slices)]
    statistics = GapStatistics(tree)
    known = None if teaching is None else teaching.encode_known_words(tree.alphabet)
    measured = list(in_order([one.text for one in slices], statistics.measure, workers))
    reader = FieldReader(
        statistics, tree.counts.types(1), join_evidence(evidence), known,
        measured=np.concatenate(measured, axis=1), workers=workers,
    )  # fmt: skip
    combined = combine_views(measured, reader, evidence, seed=seed, workers=workers)
    if examples is not None:
        teacher = Teacher(reader, examples, combined, workers=workers)
        return [teacher.cut(one) for one in combined]
    if all(new is old for new, old in zip(combined, evidence, strict=True)):
        return None
    return [_cut(new, old, max_length) for new, old in zip(combined, evidence, strict=True)]


def _collect(one: TextSlice, number: int) -> Evidence:
    """Return what the sampler says about a slice."""
    assert one.last_state is not None
    length, classes = one.last_state
    begins = one.sampler.marginals.sum(axis=0) / np.float32(one.averaged)
    begins[one.text == 0] = 1
    decoded, _ = one.sampler.state
    return Evidence(one.text, decoded, begins, length, classes.astype(np.uint32) + np.uint32(MAX_CLASSES * number))


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
