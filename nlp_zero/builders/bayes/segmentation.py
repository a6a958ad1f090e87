"""The words of the sampled slices: by the sampler and other views of the text, or in the convention of examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...counting.linked import LinkedTree
from ..teaching import (
    EncodedExamples,
    Evidence,
    FieldReader,
    GapStatistics,
    Teacher,
    Teaching,
    combine_views,
    count_cut_words,
    join_evidence,
)
from .joining import join_words, number_words
from .sampling import TextSlice, count_words

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
) -> tuple[list[str], list[int]]:
    """Return the words of all slices, and how often each occurs.

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
    if not sampled or any(one.last_state is None for one in slices):
        return _count_sampled(slices, tree, join)
    evidence = [_collect(one, number) for number, one in enumerate(slices)]
    statistics = GapStatistics(tree)
    known = None if teaching is None else teaching.encode_known_words(tree.alphabet)
    reader = FieldReader(statistics, tree.counts.types(1), join_evidence(evidence), known)
    combined = combine_views(statistics, reader, evidence, seed=seed, workers=workers)
    if examples is not None:
        teacher = Teacher(reader, examples, combined, workers=workers)
        cuts = [teacher.cut(one) for one in combined]
    elif all(new is old for new, old in zip(combined, evidence, strict=True)):
        return _count_sampled(slices, tree, join)
    else:
        cuts = [_cut(new, old, max_length) for new, old in zip(combined, evidence, strict=True)]
    if examples is None and join:
        segmented = ((one.text, cut) for one, cut in zip(evidence, cuts, strict=True))
        return join_words(*number_words(segmented, tree.counts.symbols))
    found: Counter[str] = Counter()
    for one, cut in zip(evidence, cuts, strict=True):
        found.update(count_cut_words(one.text, cut, [str(symbol) for symbol in tree.counts.symbols]))
    return list(found), list(found.values())


def _count_sampled(slices: Sequence[TextSlice], tree: LinkedTree, join: bool) -> tuple[list[str], list[int]]:
    """Return the words of the segmentations of the samplers."""
    if not join:
        return count_words(slices, tree.counts)
    segmented = ((one.text, (one.sampler.state[0] > 0) | (one.text == 0)) for one in slices)
    return join_words(*number_words(segmented, tree.counts.symbols))


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
