"""The search for a vocabulary: pieces come in by what they would save, and go by what is lost without them.

What a piece is worth on the text that it was chosen on is more than it will be worth on other text, for rare and long
pieces above all.  By how much is estimated on folds of the text itself: see `Discount`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.vocabulary import Search

if TYPE_CHECKING:
    import numpy.typing as npt

    Float64 = npt.NDArray[np.float64]
    Bool = npt.NDArray[np.bool_]

BLOCK = 250  # symbols of neighbouring lines whose savings count as one observation
GROWTH = (0.5, 1.0)  # shares of the size by which the vocabulary grows at first
SWAPS = (0.2, 0.15)  # then this share is swapped in and out
BEGINNINGS = 20  # one piece of so many may be the first bytes of a character
CLASSES = 6  # pieces of 1, 2, 3, 4, 5 or 6, and more symbols are discounted alike
BINS = np.array([2, 3, 4, 5, 7, 10, 15, 25, 50, 100])  # numbers of blocks, for the estimate
TOPICS = 400  # the most frequent symbols tell what a block is about


class Discount:
    """Which share of its savings a piece keeps on unseen text: scale · (1 − discount / blocks), by length.

    This is absolute discounting with the number of blocks that a piece saves tokens in for its count; a piece that was
    useful in two blocks only may owe that to chance.
    """

    def __init__(self) -> None:
        self.scale = np.ones(CLASSES)
        self.discount = np.array([0.0, 0.6, 1.0, 1.3, 1.6, 2.0])

    def worth(self, search: Search, length_class: npt.NDArray[np.intp]) -> Float64:
        """Expected savings of all pieces of which the last pass told what they save."""
        blocks = np.maximum(search.spread.sum(1), 1)
        share = np.maximum(1 - self.discount[length_class] / blocks, 0.02 / blocks)
        worth: Float64 = search.saved.sum(1, dtype=np.float64) * self.scale[length_class] * share
        return worth

    def estimate(
        self,
        saved: Float64,
        spread: Float64,
        share: Float64,
        length_class: npt.NDArray[np.intp],
    ) -> None:
        """Fit both numbers by least squares to what pieces saved in one fold, given what they saved in the others.

        `saved` and `spread` have a row for each piece and a column for each fold, `share` is each fold's part of the
        text.  Pieces seen in one block only are left out: the candidates, which come twice at least, are no fair
        sample of them.
        """
        rest = spread.sum(1)[:, None] - spread
        trained = saved.sum(1)[:, None] - saved
        held = saved * ((1 - share) / share)
        for c in range(CLASSES):
            rows = np.flatnonzero(length_class == c)
            seen = rest[rows] >= BINS[0]
            bins = np.searchsorted(BINS, rest[rows][seen], side="right") - 1
            there, here = trained[rows][seen], held[rows][seen]
            weight = np.bincount(bins, there, len(BINS))
            used = weight > 0
            weight = weight[used]
            if len(weight) < 3:
                continue
            x = np.bincount(bins, there / rest[rows][seen], len(BINS))[used] / weight
            y = np.bincount(bins, here, len(BINS))[used] / weight
            x0, y0 = np.average(x, weights=weight), np.average(y, weights=weight)
            variance = np.average((x - x0) ** 2, weights=weight)
            slope = np.average((x - x0) * (y - y0), weights=weight) / variance if variance > 0 else 0.0
            scale = y0 - slope * x0
            if scale > 0:
                self.scale[c], self.discount[c] = min(scale, 1.0), max(0.0, -slope / scale)


class Swap:
    """Searches for `size` pieces that together save most; all candidates come from `search`.

    ``usable`` says which pieces may be chosen at all, ``fixed`` which must be.
    """

    def __init__(self, search: Search, usable: Bool, fixed: Bool, *, tick: Callable[[], object] = lambda: None) -> None:
        self.search, self.usable, self.tick = search, usable, tick
        length, self.count = search.lengths().astype(np.intp), search.counts().astype(np.float64)
        self.length_class = np.select([length <= 4, length <= 6], [np.maximum(length, 1) - 1, 4], 5)
        self.symbols = slice(search.first_symbol, search.first_prefix)
        self.beginnings = np.arange(search.first_prefix, len(length))
        self.fixed_always = fixed
        self.saving = self.count * np.maximum(length - 1, 0.5)  # as if the text had been cut into symbols
        self.discount = Discount()
        self.price = (1.0, 1e-5)  # fewest tokens, then the most probable
        search.fold = topics(search)

    @property
    def most(self) -> int:
        """How many pieces there are to choose from."""
        return int(np.count_nonzero(self.usable | self.fixed_always))

    def run(self, size: int) -> None:
        """Leave `size` pieces present in the search, and their uses."""
        search = self.search
        search.set_price(*self.price)
        self.discount = Discount()
        self._fix(size)
        self._start(size)
        for step, part in enumerate(GROWTH):
            goal = int(part * size)
            self._add(int(1.3 * goal) - self._number())
            if step == 1:
                self._estimate()
            self._prune(int(1.15 * goal))
            self._prune(goal)
        for part in SWAPS:
            self._add(int(part * size))
            surplus = self._number() - size
            for k in (2, 1, 0):
                self._prune(size + surplus * k // 3)
        self._fill(size)
        search.activate()
        for _ in range(2):  # costs by uses, uses by costs
            self._pass(absent=False)

    passes = 3 * len(GROWTH) + 4 * len(SWAPS) + 4

    def _number(self) -> int:
        return int(np.count_nonzero(self.search.present))

    def _pass(self, *, absent: bool) -> None:
        self.search.run(absent=absent)
        self.tick()

    def _fix(self, size: int) -> None:
        """What stays in any case: what was asked for, and the beginnings that most characters of the text share.

        These cost little and make all other characters of the script cheaper, also those that the text lacks: without
        them a vocabulary does badly on text that is unlike the one it was learnt on.
        """
        self.fixed = self.fixed_always.copy()
        usable = self.beginnings[self.usable[self.beginnings]]
        best = np.argsort(-self.count[usable], kind="stable")[: size // BEGINNINGS]
        self.fixed[usable[best]] = True
        self.usable = self.usable | self.fixed

    def _start(self, size: int) -> None:
        """Begin with the most frequent symbols."""
        present = self.fixed.copy()
        symbols = np.zeros_like(present)
        symbols[self.symbols] = self.usable[self.symbols]
        places = np.flatnonzero(symbols)
        room = max(0, int(GROWTH[0] * size) - int(np.count_nonzero(present)))
        present[places[np.argsort(-self.count[places], kind="stable")[:room]]] = True
        self.search.present = present
        self.search.uses = (self.count / 2).astype(np.uint32)

    def _add(self, number: int) -> None:
        search = self.search
        search.activate()
        self._pass(absent=True)
        present = search.present
        worth = self.discount.worth(search, self.length_class)
        worth[present | ~self.usable] = 0
        chosen = _largest(worth, min(number, int(np.count_nonzero(worth > 0))))
        uses = search.uses
        uses[chosen] = search.spread[chosen].sum(1)
        present[chosen] = True
        search.present, search.uses = present, uses
        search.activate()

    def _prune(self, goal: int) -> None:
        search = self.search
        self._pass(absent=False)
        present = search.present
        removable = np.flatnonzero(present & ~self.fixed)
        number = min(int(np.count_nonzero(present)) - goal, len(removable))
        if number > 0:
            worth = self.discount.worth(search, self.length_class)[removable]
            present[removable[_largest(-worth, number)]] = False
            search.present = present

    def _estimate(self) -> None:
        """Learn the discount from the folds: what present pieces save, and what absent ones would."""
        search = self.search
        self._pass(absent=False)
        saved, spread, present = search.saved, search.spread, search.present
        self._pass(absent=True)
        absent = ~present & self.usable
        saved[absent], spread[absent] = search.saved[absent], search.spread[absent]
        chosen = present | absent
        chosen[self.beginnings] = False
        share = np.bincount(search.fold, _block_sizes(search), saved.shape[1])
        if np.all(share > 0):
            rows = np.flatnonzero(chosen)
            self.discount.estimate(
                saved[rows].astype(np.float64),
                spread[rows].astype(np.float64),
                share / share.sum(),
                self.length_class[rows],
            )

    def _fill(self, size: int) -> None:
        """Where nothing saves any more, fill up by what would have saved most in the text as symbols."""
        present = self.search.present
        lacking = size - int(np.count_nonzero(present))
        if lacking > 0:
            rest = np.flatnonzero(~present & self.usable)
            present[rest[np.argsort(-self.saving[rest], kind="stable")[:lacking]]] = True
            self.search.present = present


def topics(search: Search) -> npt.NDArray[np.uint8]:
    """Folds that are unlike each other: quarters of the blocks by the first principal component of symbol frequencies.

    A vocabulary meets texts on other matters than those it was learnt on; folds by chance would all be alike.
    """
    begins, text = search.block_begin, search.text.encoded
    folds = search.saved.shape[1]
    if len(begins) < 2 * folds:
        return np.resize(np.arange(folds, dtype=np.uint8), len(begins))
    frequent = np.argsort(-np.bincount(text)[1:], kind="stable")[:TOPICS] + 1
    column = np.full(int(text.max()) + 1, -1)
    column[frequent] = np.arange(len(frequent))
    table = np.zeros((len(begins), len(frequent)))
    ends = [*begins[1:].tolist(), len(text)]
    for k, (begin, end) in enumerate(zip(begins.tolist(), ends, strict=True)):
        places = column[text[begin:end]]
        table[k] = np.sqrt(np.bincount(places[places >= 0], minlength=len(frequent)) / max(end - begin, 1))
    table -= table.mean(0)
    square = table.T @ table
    axis = np.ones(len(frequent))
    for _ in range(40):  # power iteration: the direction matters, not its last digits
        axis = square @ axis
        axis /= max(float(np.linalg.norm(axis)), 1e-300)
    ranks = np.argsort(np.argsort(np.round(table @ axis, 9), kind="stable"), kind="stable")
    quarters: npt.NDArray[np.uint8] = (ranks * folds // len(begins)).astype(np.uint8)
    return quarters


def _block_sizes(search: Search) -> npt.NDArray[np.int64]:
    begins = search.block_begin.astype(np.int64)
    return np.diff(np.append(begins, len(search.text.encoded)))


def _largest(values: Float64, number: int) -> npt.NDArray[np.intp]:
    """Places of the `number` largest values; ties go to the first places."""
    if number <= 0:
        return np.zeros(0, np.intp)
    if number >= len(values):
        return np.arange(len(values))
    limit = np.partition(values, len(values) - number)[len(values) - number]
    above = np.flatnonzero(values > limit)
    equal = np.flatnonzero(values == limit)[: number - len(above)]
    return np.sort(np.concatenate([above, equal]))
