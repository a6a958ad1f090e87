"""The class of each word of the final segmentation, from the latent classes of the sampler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.bayes import exchange_classes
from .joining import NO_WORD, number_words
from .slices import SampledText

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Votes = npt.NDArray[np.int32]

__all__ = ["Segmentation", "classify_words", "count_links"]

EXCHANGE_PASSES = 3  # at most; more did not help on the first half of People's Daily
MAX_CLASSES = 256  # of a slice
BLOCK_ROWS = 1 << 16  # of the votes, that are compared at a time


@dataclass(frozen=True)
class Segmentation:
    """A segmented text.

    Attributes
    ----------
    words : list of str
        Distinct.
    runs : array of int64
        The text as numbers of words, with `NO_WORD` between runs.
    """

    words: list[str]
    runs: Ints

    @property
    def counts(self) -> Ints:
        """How often each word occurs."""
        return np.bincount(self.runs[self.runs >= 0], minlength=len(self.words))


def classify_words(
    segmentation: Segmentation, slices: Sequence[SampledText], symbols: Sequence[object]
) -> tuple[dict[str, int], Ints]:
    """Return the class of every word of a segmentation.

    A word begins in the class in which the samplers have most of its tokens.  Classes of different samplers that share
    most tokens are the same class.  Then words move one by one to the class that makes the class bigram model of this
    segmentation most likely (exchange algorithm), because it has words that the samplers do not have.

    Parameters
    ----------
    segmentation : Segmentation
        The final segmentation of all slices.
    slices : sequence of SampledText
        After sampling.
    symbols : sequence
        The symbols with ids 1, 2, ...

    Returns
    -------
    classes : dict of str to int
        The class of each word; class 0 has most tokens.
    links : ndarray of int64, shape (classes + 1, classes + 1)
        See `count_links`.
    """
    size = slices[0].classes
    counts = segmentation.counts
    votes = _count_votes(segmentation.words, slices, symbols, size)
    start = np.where(votes.any(axis=1), votes.argmax(axis=1), -1)
    order = np.argsort(-counts, kind="stable")  # words by falling count
    rank = np.empty(len(order) + 1, np.uint32)
    rank[order] = np.arange(len(order))
    rank[-1] = len(order)  # of NO_WORD
    tokens = rank[segmentation.runs]
    classes = np.empty(len(order), np.int64)
    classes[order] = exchange_classes(tokens, start[order].astype(np.int32), size, EXCHANGE_PASSES)
    by_size = np.argsort(-np.bincount(classes, counts, size), kind="stable")
    number = np.empty(size, np.int64)
    number[by_size] = np.arange(size)
    classes = number[classes]
    used = int(classes.max(initial=-1)) + 1
    links = count_links(segmentation.runs, classes, used)
    return dict(zip(segmentation.words, classes.tolist(), strict=True)), links


def count_links(runs: Ints, classes: Ints, size: int) -> Ints:
    """Return how often each class follows each class, shape (size + 1, size + 1); the last one is the end of a run.

    Examples
    --------
    >>> count_links(np.array([0, 1, -1, 0, -1]), np.array([0, 1]), 2)
    array([[0, 1, 1],
           [0, 0, 1],
           [2, 0, 0]])
    """
    chain = np.append(classes, size)[np.concatenate([[NO_WORD], runs, [NO_WORD]])]
    links = np.bincount(chain[:-1] * (size + 1) + chain[1:], minlength=(size + 1) ** 2).reshape(size + 1, size + 1)
    links[size, size] = 0  # between runs
    return links


def _count_votes(words: Sequence[str], slices: Sequence[SampledText], symbols: Sequence[object], size: int) -> Votes:
    """Return how many tokens of each word the samplers have in each class, shape (words, size)."""
    votes = np.zeros((len(words), size), np.int32)
    numbers = {word: k for k, word in enumerate(words)}
    for one in slices:
        length, classes = one.last_length, one.last_class
        names, runs = number_words([(one.text, (length > 0) | (one.text == 0))], symbols)
        tokens = np.bincount(runs[runs >= 0] * one.classes + classes[length > 0])
        keys = np.flatnonzero(tokens)
        rows = np.array([numbers.get(name, -1) for name in names], np.int64)[keys // one.classes]
        known = rows >= 0
        rows, columns, tokens = rows[known], keys[known] % one.classes, tokens[keys[known]]
        if votes.any():
            columns = _match_classes(votes, rows, columns, tokens)[columns]
        shared = columns >= 0
        np.add.at(votes, (rows[shared], columns[shared]), tokens[shared])
    return votes


def _match_classes(votes: Votes, rows: Ints, columns: Ints, tokens: Ints) -> Ints:
    """Return, for each class of another sampler, the class that shares most tokens with it (ties: the first), or -1."""
    shared = np.zeros((votes.shape[1], MAX_CLASSES))
    for at in range(0, len(rows), BLOCK_ROWS):
        block = slice(at, at + BLOCK_ROWS)
        own = votes[rows[block]].T
        shares = own / np.maximum(own.sum(axis=0), 1) * tokens[block]
        to = np.append(np.arange(MAX_CLASSES), columns[block])
        for sums, more in zip(shared, shares, strict=True):
            sums[:] = np.bincount(to, np.append(sums, more), MAX_CLASSES)  # several times as fast as np.add.at
    return np.where(shared.any(axis=0), shared.argmax(axis=0), -1)
