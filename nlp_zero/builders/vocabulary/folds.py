"""Folds of a text that differ in topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.vocabulary import Search

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["assign_folds", "count_block_symbols"]

TOPIC_SYMBOLS = 400  # the most frequent symbols, whose frequencies describe the topic of a block
BLOCKS_AT_ONCE = 2048  # whose counts are held at the same time
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
    column = np.full(int(text.max()) + 1, -1, np.int16)
    column[frequent] = np.arange(len(frequent))
    table = _measure_blocks(column[text], begins.astype(np.int64), len(frequent))
    table -= table.mean(0)
    square = _multiply_columns(table)
    axis = 1 + np.arange(len(frequent)) * 2.0**-20  # equal numbers could be orthogonal to the component
    for _ in range(ITERATIONS):
        axis = (square * axis).sum(axis=1)  # not @: the order of its sums depends on the processor
        axis /= max(float(np.sqrt((axis * axis).sum())), 1e-300)
    ranks = np.argsort(np.argsort(np.round((table * axis).sum(axis=1), 9), kind="stable"), kind="stable")
    fold_of_block: npt.NDArray[np.uint8] = (ranks * folds // len(begins)).astype(np.uint8)
    return fold_of_block


def _multiply_columns(table: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the products of the columns of a table of numbers below 1, with the same bits on every machine.

    The entries are split into two multiples of powers of two. Sums of their products need fewer than 53 bits, so they
    are exact in any order, for fewer than 2**18 rows.
    """
    high = np.round(table * 2.0**16) * 2.0**-16
    low = np.round((table - high) * 2.0**36) * 2.0**-36
    mixed = high.T @ low
    return high.T @ high + (mixed + mixed.T)


def _measure_blocks(
    columns: npt.NDArray[np.int16], begins: npt.NDArray[np.int64], width: int
) -> npt.NDArray[np.float64]:
    """Return the square roots of the frequencies of the symbols that have a column (not -1), a row for each block."""
    table = np.empty((len(begins), width))
    sizes = np.diff(np.append(begins, len(columns)))
    for first in range(0, len(begins), BLOCKS_AT_ONCE):
        blocks = slice(first, first + BLOCKS_AT_ONCE)
        rows = np.repeat(np.arange(len(sizes[blocks])), sizes[blocks])
        part = columns[begins[first] :][: len(rows)]
        places = (rows * width + part)[part >= 0]
        counts = np.bincount(places, minlength=len(sizes[blocks]) * width).reshape(-1, width)
        table[blocks] = np.sqrt(counts / np.maximum(sizes[blocks], 1)[:, None])
    return table


def count_block_symbols(search: Search) -> npt.NDArray[np.int64]:
    """Return the number of symbols of each block."""
    begins = search.block_begin.astype(np.int64)
    return np.diff(np.append(begins, len(search.text.encoded)))
