"""The search for a vocabulary: pieces are added by their expected savings, and removed by the cost of their loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.vocabulary import Search
from ..._utils.progress import Advance
from .discount import Discount, classify_lengths
from .folds import assign_folds, count_block_symbols

if TYPE_CHECKING:
    import numpy.typing as npt

    Float64Array = npt.NDArray[np.float64]
    BoolArray = npt.NDArray[np.bool_]

__all__ = ["BLOCK_SYMBOLS", "SwapSearch"]

BLOCK_SYMBOLS = 250  # symbols of neighbouring lines whose savings count as one observation
GROWTH_SHARES = (0.5, 1.0)  # sizes that the vocabulary grows to at first, as shares of the final size
SWAP_SHARES = (0.2, 0.15)  # shares of the size that are then added and removed again
GROWTH_SURPLUS, PRUNING_SURPLUS = 1.3, 1.15  # a growing vocabulary is pruned in two steps
PIECES_PER_BEGINNING = 20  # one piece in this many may be fixed as the first bytes of many characters
TOKEN_PRICES = (1.0, 1e-5)  # of a token and of a bit: fewest tokens, ties to the most probable


class SwapSearch:
    """Searches for the `size` pieces that together save most; all candidates come from `search`.

    Parameters
    ----------
    search : Search
        Candidates and their savings.
    usable, fixed : ndarray of bool, shape (ids,)
        Which pieces may be chosen at all, and which must be.
    prices : tuple of float
        Cost of a token, and of a bit of its information.
    workers : int, default 1
        Threads; the result is the same for every number.
    advance : callable, optional
        Called with 1 after each pass over the text.
    """

    # passes over the text for each size
    PASSES = 3 * len(GROWTH_SHARES) + 4 * len(SWAP_SHARES) + 4

    def __init__(
        self,
        search: Search,
        usable: BoolArray,
        fixed: BoolArray,
        *,
        prices: tuple[float, float] = TOKEN_PRICES,
        workers: int = 1,
        advance: Advance = None,
    ) -> None:
        self._search, self._usable, self._required, self._prices = search, usable, fixed, prices
        self._workers, self._advance = workers, advance
        lengths, self._counts = search.lengths().astype(np.intp), search.counts().astype(np.float64)
        self._length_class = classify_lengths(lengths)
        self._symbols = slice(search.first_symbol, search.first_prefix)
        self._beginnings = np.arange(search.first_prefix, len(lengths))
        self._symbol_savings = self._counts * np.maximum(lengths - 1, 0.5)  # if the text were cut into symbols
        self._discount = Discount()
        search.fold = assign_folds(search)

    @property
    def most(self) -> int:
        """Number of pieces that can be chosen."""
        return int(np.count_nonzero(self._usable | self._required))

    def run(self, size: int) -> None:
        """Search for `size` pieces, and leave them present in `search`, with their uses."""
        search = self._search
        search.set_price(*self._prices)
        self._discount = Discount()
        self._fix(size)
        self._start(size)
        for step, share in enumerate(GROWTH_SHARES):
            goal = int(share * size)
            self._add(int(GROWTH_SURPLUS * goal) - self._count_present())
            if step == 1:
                self._estimate_discount()
            self._prune(int(PRUNING_SURPLUS * goal))
            self._prune(goal)
        for share in SWAP_SHARES:
            self._add(int(share * size))
            surplus = self._count_present() - size
            for thirds_left in (2, 1, 0):
                self._prune(size + surplus * thirds_left // 3)
        self._fill(size)
        search.activate(workers=self._workers)
        for _ in range(2):  # costs follow from uses, and uses from costs
            self._pass(absent=False)

    def _count_present(self) -> int:
        return int(np.count_nonzero(self._search.present))

    def _pass(self, *, absent: bool) -> None:
        """Measure the savings of the absent or of the present pieces."""
        self._search.run(absent=absent, workers=self._workers)
        if self._advance is not None:
            self._advance(1)

    def _fix(self, size: int) -> None:
        """Choose the pieces that always stay: the required ones, and the beginnings that most characters share.

        Beginnings cost little and make all other characters of a script cheaper, also those that the text lacks.
        Without them, a vocabulary does badly on text that differs from the text it was learnt on.
        """
        self._fixed = self._required.copy()
        usable = self._beginnings[self._usable[self._beginnings]]
        best = np.argsort(-self._counts[usable], kind="stable")[: size // PIECES_PER_BEGINNING]
        self._fixed[usable[best]] = True
        self._usable = self._usable | self._fixed

    def _start(self, size: int) -> None:
        """Start from the fixed pieces and the most frequent symbols."""
        present = self._fixed.copy()
        symbols = np.zeros_like(present)
        symbols[self._symbols] = self._usable[self._symbols]
        places = np.flatnonzero(symbols)
        room = max(0, int(GROWTH_SHARES[0] * size) - int(np.count_nonzero(present)))
        present[places[np.argsort(-self._counts[places], kind="stable")[:room]]] = True
        self._search.present = present
        self._search.uses = (self._counts / 2).astype(np.uint32)

    def _add(self, number: int) -> None:
        """Add the absent pieces that are expected to save most."""
        search = self._search
        search.activate(workers=self._workers)
        self._pass(absent=True)
        present = search.present
        expected = self._discount.expected_savings(search, self._length_class)
        expected[present | ~self._usable] = 0
        chosen = find_largest(expected, min(number, int(np.count_nonzero(expected > 0))))
        uses = search.uses
        uses[chosen] = search.spread[chosen].sum(1)
        present[chosen] = True
        search.present, search.uses = present, uses
        search.activate(workers=self._workers)

    def _prune(self, goal: int) -> None:
        """Remove the present pieces whose loss is expected to cost least, down to `goal` pieces."""
        search = self._search
        self._pass(absent=False)
        present = search.present
        removable = np.flatnonzero(present & ~self._fixed)
        number = min(int(np.count_nonzero(present)) - goal, len(removable))
        if number > 0:
            expected = self._discount.expected_savings(search, self._length_class)[removable]
            present[removable[find_largest(-expected, number)]] = False
            search.present = present

    def _estimate_discount(self) -> None:
        """Estimate the discount from the savings of present pieces and the possible savings of absent ones, by fold."""
        search = self._search
        self._pass(absent=False)
        saved, spread, present = search.saved, search.spread, search.present
        self._pass(absent=True)
        absent = ~present & self._usable
        saved[absent], spread[absent] = search.saved[absent], search.spread[absent]
        chosen = present | absent
        chosen[self._beginnings] = False
        share = np.bincount(search.fold, count_block_symbols(search), saved.shape[1])
        if np.all(share > 0):
            length_class = np.where(chosen, self._length_class, np.int8(-1))  # the others are in no class
            self._discount.estimate(saved, spread, share / share.sum(), length_class)

    def _fill(self, size: int) -> None:
        """If too few pieces save anything, add those that would save most in a text of single symbols."""
        present = self._search.present
        lacking = size - int(np.count_nonzero(present))
        if lacking > 0:
            rest = np.flatnonzero(~present & self._usable)
            present[rest[np.argsort(-self._symbol_savings[rest], kind="stable")[:lacking]]] = True
            self._search.present = present


def find_largest(values: Float64Array, number: int) -> npt.NDArray[np.intp]:
    """Return the places of the `number` largest values, sorted; ties go to the first places."""
    if number <= 0:
        return np.zeros(0, np.intp)
    if number >= len(values):
        return np.arange(len(values))
    limit = np.partition(values, len(values) - number)[len(values) - number]
    above = np.flatnonzero(values > limit)
    equal = np.flatnonzero(values == limit)[: number - len(above)]
    return np.sort(np.concatenate([above, equal]))
