"""What builders need of a count tree to select words by PMI or autonomy, wherever the tree is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.counting import pack_ngrams
from ..errors import StorageError
from .counts import NgramCounts, alphabet_of, levels_of
from .levels import read_symbol_ids
from .packed import PackedWords
from .resources import Resources
from .selection import Selection

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._kernels.counting import Float64, Uint32

__all__ = ["ABSENT", "SelectableTree"]

ABSENT = 0xFFFFFFFF  # place of an n-gram that is not in the tree
FREE_BYTES = 1 << 25  # the smallest budget may take this much: part of the 150 MB that no budget includes


class SelectableTree(ABC):
    """A count tree whose n-grams can be selected and measured.

    Parameters
    ----------
    counts : NgramCounts
    singles : ndarray of float64
        Counts of all single symbols.
    resources : Resources

    Attributes
    ----------
    counts : NgramCounts
    alphabet : Alphabet
        Encodes text with the symbol ids of the tree.
    workers : int
        Threads.

    Notes
    -----
    An n-gram is given by its order and its place (`node`) among the n-grams of that order.
    """

    def __init__(self, counts: NgramCounts, singles: Float64, resources: Resources) -> None:
        self.counts, self.alphabet, self.workers = counts, alphabet_of(counts), resources.workers
        self._singles, self._budget = singles, resources.budget
        self._names: PackedWords | None = None  # of the symbols

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.counts!r}>"

    @abstractmethod
    def select(self, min_count: int, min_pmi: Sequence[float]) -> Selection:
        """Select the n-grams that occur `min_count` times and reach the PMI (nats) of their order.

        All single symbols are selected too.
        """

    @abstractmethod
    def select_autonomous(self, weights: Sequence[float]) -> Selection:
        """Select the n-grams that occur more than once, and all single symbols, with their weighted autonomy.

        Autonomy is how much branching entropies rise with the outermost symbols, see `EntropyLexiconBuilder`, less its
        mean over all n-grams of the order. The tree must have all n-grams, and one order more than `weights`.

        Parameters
        ----------
        weights : sequence of float
            By which the autonomy of the n-grams of each order is multiplied.
        """

    @abstractmethod
    def measure(
        self, length: npt.NDArray[np.uint32], node: npt.NDArray[np.uint32]
    ) -> tuple[npt.NDArray[np.int64], Float64, Float64, Float64]:
        """Return counts, PMI, left and right branching entropies of n-grams of any orders.

        The places of n-grams of the same order must rise. Values that the tree does not have are 0 (counts) or NaN:
        all values of n-grams that are `ABSENT`, and the entropies of the longest ones. The PMI of a single symbol is 0.
        """

    @abstractmethod
    def pairs(self) -> Iterator[tuple[int, npt.NDArray[np.int64], Uint32, npt.NDArray[np.unsignedinteger]]]:
        """Yield the pairs of symbols in parts: place of the first one, first symbols, second symbols, counts.

        Pairs that occur once may be missing; their entropies are 0. Places from earlier calls of other methods may
        become invalid.
        """

    @abstractmethod
    def branching_entropies(self, n: int, nodes: npt.NDArray[np.uint32]) -> tuple[Float64, Float64]:
        """Compute left and right branching entropies in nats of n-grams of order `n`, below the top order."""

    @abstractmethod
    def find(self, words: Sequence[str]) -> tuple[Uint32, Uint32, Uint32]:
        """Look up words of the text; places from earlier calls of other methods may become invalid.

        Parameters
        ----------
        words : sequence of str

        Returns
        -------
        places, lengths : ndarray of uint32
            The place of each word (`ABSENT` if it is not in the tree), and its number of symbols.
        ids : ndarray of uint32
            The symbol ids of the words that have at least as many symbols as the longest n-grams of the tree, each word
            closed by a 0.
        """

    @abstractmethod
    def count_ngrams(self, ngrams: Uint32) -> npt.NDArray[np.int64]:
        """Look up counts of n-grams of the text, each closed by a 0; 1 for those that the tree lacks."""

    def pack(self, ngrams: Uint32) -> PackedWords:
        """Return the texts of n-grams of characters, given by their symbol ids, each closed by a 0."""
        if self._names is None:
            self._names = PackedWords.pack(self.counts.symbols)
        return PackedWords(*pack_ngrams(ngrams, self._names.characters, self._names.ends))

    def ids(self, n: int, nodes: npt.NDArray[np.uint32]) -> Uint32:
        """Return the symbol ids of n-grams, each n-gram closed by a 0."""
        table = np.zeros((len(nodes), n + 1), np.uint32)
        table[:, :n] = read_symbol_ids(levels_of(self.counts), n, nodes)
        return table.ravel()

    def symbol_counts(self) -> npt.NDArray[np.int64]:
        """Return the counts of all single symbols."""
        return self._singles.astype(np.int64)

    def check_memory(self, needed: int, what: str) -> None:
        """Refuse a budget that is too small.

        Parameters
        ----------
        needed : int
            Bytes.
        what : str
            What needs them, for the message.

        Raises
        ------
        StorageError
            If the budget is smaller than `needed` bytes.
        """
        if self._budget is not None and needed > max(self._budget, FREE_BYTES):
            raise StorageError(
                f"memory of {self._budget:,} bytes is too small for {what}; give at least {needed:,} bytes, or leave "
                "out more n-grams (min_count, max_length)."
            )
