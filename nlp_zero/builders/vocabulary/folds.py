"""Folds of a text that differ in topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.vocabulary import Search, Topics

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["assign_folds", "count_block_symbols"]

TOPIC_SYMBOLS = 400  # the most frequent symbols, whose frequencies describe the topic of a block
LEAST_START = 1e-9  # of the sum of all variances
ITERATIONS = 40  # of the power method; the direction matters, not its last digits


def assign_folds(search: Search) -> npt.NDArray[np.uint8]:
    """Return the fold of each block: equal shares in the order of the first principal component.

    The component is that of the square roots of the frequencies of the 400 most frequent symbols.  A vocabulary is used
    on texts on other topics than those it was learnt on; random folds would all have the same topics.
    """
    blocks, folds = len(search.block_begin), search.saved.shape[1]
    if blocks < 2 * folds:
        return np.resize(np.arange(folds, dtype=np.uint8), blocks)
    frequent = np.argsort(-search.text.counts()[1:], kind="stable")[:TOPIC_SYMBOLS] + 1
    topics = Topics(search, frequent)
    sums, square = topics.moments()
    square -= np.outer(sums, sums / blocks)  # of rows whose mean is 0
    axis = np.ones(len(frequent))
    if np.linalg.norm(square @ axis) < LEAST_START * np.trace(square):  # at a right angle to all differences
        axis = square[np.argmax(np.diagonal(square))]
    for _ in range(ITERATIONS):
        axis = square @ axis
        axis /= max(float(np.linalg.norm(axis)), 1e-300)
    values = topics.project(axis) - sums @ axis / blocks
    ranks = np.argsort(np.argsort(np.round(values, 9), kind="stable"), kind="stable")
    fold_of_block: npt.NDArray[np.uint8] = (ranks * folds // blocks).astype(np.uint8)
    return fold_of_block


def count_block_symbols(search: Search) -> npt.NDArray[np.int64]:
    """Return the number of symbols of each block."""
    begins = search.block_begin.astype(np.int64)
    return np.diff(np.append(begins, len(search.text)))
