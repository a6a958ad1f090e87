"""Folds of a text that differ in topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.vocabulary import Search

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["assign_folds", "count_block_symbols"]

TOPIC_SYMBOLS = 400  # the most frequent symbols, whose frequencies describe the topic of a block
ITERATIONS = 40  # of the power method; the direction matters, not its last digits


def assign_folds(search: Search) -> npt.NDArray[np.uint8]:
    """Return the fold of each block: equal shares in the order of the first principal component.

    The component is that of the square roots of the frequencies of the 400 most frequent symbols.  A vocabulary is used
    on texts on other topics than those it was learnt on; random folds would all have the same topics.
    """
    begins, text = search.block_begin, search.text.encoded
    folds = search.saved.shape[1]
    if len(begins) < 2 * folds:
        return np.resize(np.arange(folds, dtype=np.uint8), len(begins))
    frequent = np.argsort(-np.bincount(text)[1:], kind="stable")[:TOPIC_SYMBOLS] + 1
    column = np.full(int(text.max()) + 1, -1)
    column[frequent] = np.arange(len(frequent))
    table = np.zeros((len(begins), len(frequent)))
    ends = [*begins[1:].tolist(), len(text)]
    for block, (begin, end) in enumerate(zip(begins.tolist(), ends, strict=True)):
        columns = column[text[begin:end]]
        counts = np.bincount(columns[columns >= 0], minlength=len(frequent))
        table[block] = np.sqrt(counts / max(end - begin, 1))
    table -= table.mean(0)
    square = table.T @ table
    axis = np.ones(len(frequent))
    for _ in range(ITERATIONS):
        axis = square @ axis
        axis /= max(float(np.linalg.norm(axis)), 1e-300)
    ranks = np.argsort(np.argsort(np.round(table @ axis, 9), kind="stable"), kind="stable")
    fold_of_block: npt.NDArray[np.uint8] = (ranks * folds // len(begins)).astype(np.uint8)
    return fold_of_block


def count_block_symbols(search: Search) -> npt.NDArray[np.int64]:
    """Return the number of symbols of each block."""
    begins = search.block_begin.astype(np.int64)
    return np.diff(np.append(begins, len(search.text.encoded)))
