"""Saved ranges of a count in place of the counting pass: a count tree that no process and no worker holds.

`count -o 'counts/*'` saves each range of a count in a folder. Folders are cut into *pieces* of a bounded number of
n-grams, which are the ranges of a `RangedTree`. This process has only a description of them; for each pass, a task maps
the folder and takes the n-grams of its piece that the pass needs.

The n-gram at which a piece begins, and its beginnings, may be in the pieces on both sides of it. In two folders, each
has a part of the count; in two pieces of a folder, the first one has all of the count and the others none.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._kernels.counting import PieceCounter
from .._utils.progress import begin_stage
from ..builders.saved import check_counts, check_text
from ..counting.count_data import CountData, CountOptions
from ..counting.counts import NgramCounts, counts_of, data_of
from ..counting.format import map_levels, report_damage
from ..counting.history import NO_HISTORY
from ..counting.levels import read_symbol_ids, truncate_levels
from ..counting.selectable import SelectableTree
from ..counting.selection import Selection
from .addition import hash_symbols, list_symbols
from .ranged import RangedTree
from .ranges import SharedEdges, add_edges, list_edges
from .reduce import ClusterPasses
from .submission import share, submit_each, take_result, take_results
from .tasks import CountTask, keep_range, run_part

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..counting.resources import Resources
    from ..counting.tree import Level
    from .corpus import DistributedCorpus
    from .ranges import Ids
    from .tasks import KeptRange

__all__ = ["SavedPasses"]

PIECE_NGRAMS = 1 << 24  # of the highest order, for each piece: with the shorter ones, about 60 bytes each while at work


class Place(NamedTuple):
    """Where a piece begins: the first n-gram of each order, and whether the piece before has it, too."""

    nodes: list[int]
    shared: list[bool]


class Piece(NamedTuple):
    """The n-grams between two places of the tree in a folder."""

    folder: str
    low: Place
    high: Place


class RangeInPieces(NamedTuple):
    """What the caller knows of a folder.

    Attributes
    ----------
    folder : str
    first, last : tuple of int
        Its first and its last n-gram, without n-grams that begin with them.
    starts : list of tuple of int
        The n-grams at which its pieces begin, but for the first one.
    pieces : list of Piece
    edges : list of dict
        Of each piece; see `list_edges`.
    singles : tuple of two ndarray
        Ids of its single symbols, and their counts.
    totals : list of int
    options : CountOptions
    alphabet : str
        A hash of its symbols.
    """

    folder: str
    first: Ids
    last: Ids
    starts: list[Ids]
    pieces: list[Piece]
    edges: list[dict[Ids, int]]
    singles: tuple[Any, Any]
    totals: list[int]
    options: CountOptions
    alphabet: str


class SavedPasses(ClusterPasses):
    """The passes over a corpus of a cluster whose n-grams have been counted and saved.

    Parameters
    ----------
    corpus : DistributedCorpus
    folders : sequence of str
        Those of all ranges of a count, in order.
    alnum : str
        As in `NgramCounter`.
    resources : Resources
    """

    counting_stage = "loading counts"
    _counts: NgramCounts  # the totals and options of the count, without n-grams

    def __init__(
        self, corpus: DistributedCorpus, folders: Sequence[str], *, alnum: str, resources: Resources
    ) -> None:
        super().__init__(corpus.client, [corpus], corpus.parts, split=True, alnum=alnum, resources=resources)
        self._folders = folders

    def count_selectable(self, order: int, min_count: int = 2) -> SelectableTree:
        """Take the n-grams from the saved ranges."""
        begin_stage(self.counting_stage)
        shared = share(self.client, cut_into_pieces, order, PIECE_NGRAMS)
        described = submit_each(self.client, run_part, self._folders, shared)
        found: list[RangeInPieces] = list(take_results(described, progress=self.progress))
        _check_ranges(found)
        totals = [sum(column) for column in zip(*(one.totals for one in found), strict=True)]
        [listed] = submit_each(self.client, list_symbols, self._folders[:1])
        symbols = take_result(listed)
        singles = _add_singles(found, len(symbols))
        none = np.zeros(0, np.uint32)
        levels = [(none, none, none)] * len(totals)
        data = CountData(symbols, levels, NO_HISTORY, totals, found[0].options)
        self._counts = counts_of(data)
        check_counts(self._counts, order=order, alnum=self.alnum, min_count=min_count, needs="this method")
        begin_stage("linking n-grams")
        task = CountTask(order, CountOptions(alnum=self.alnum, min_count=min_count))
        return RangedTree(
            self.client, _list_pieces(found), _list_starts(found), singles, symbols, totals[:order],
            options=task.options, resources=self.resources, open_range=partial(_open, self.client, task),
        )  # fmt: skip

    def count_pieces(self, tree: SelectableTree, selection: Selection) -> PieceCounter:
        """Cut the corpus; refuse one that is not the one that was counted."""
        return check_text(super().count_pieces(tree, selection), self._counts)


def _open(client: Any, task: CountTask, described: tuple[Piece, SharedEdges]) -> Any:
    """Return the future of a piece as a range."""
    [opened] = submit_each(client, open_piece, [described[0]], task, *described[1][:2])
    return opened


def _list_pieces(found: Sequence[RangeInPieces]) -> list[tuple[Piece, SharedEdges]]:
    """Return the pieces of all folders, with their edges."""
    edges = add_edges([own for one in found for own in one.edges])
    return list(zip((piece for one in found for piece in one.pieces), edges, strict=True))


def _list_starts(found: Sequence[RangeInPieces]) -> list[Ids]:
    """Return the n-gram at which each piece of all folders begins, but for the first one."""
    starts: list[Ids] = []
    after: Ids = (0,) * len(found[0].totals)
    for one in found:
        starts += [after, *one.starts]
        after = _follow(one.last, len(one.totals)) if one.last else after
    return starts[1:]


def _follow(ids: Ids, order: int) -> Ids:
    """Return the least n-gram above another one that has no children."""
    after = (*ids[:-1], ids[-1] + 1) if len(ids) == order else (*ids, 1)
    return (*after, *(0,) * (order - len(after)))


def _check_ranges(found: Sequence[RangeInPieces]) -> None:
    """Refuse folders that are not the ranges of one count, in order."""
    first = found[0]
    for one in found:
        if (one.options, len(one.totals), one.alphabet) != (first.options, len(first.totals), first.alphabet):
            raise ValueError(
                f"{first.folder} and {one.folder} are not ranges of one count; give those of one, or add the counts up "
                "with nlpzero count --merge."
            )
    for one, other in pairwise([one for one in found if one.last]):
        after = _follow(one.last, len(one.totals))
        if other.first != after[: len(other.first)] and other.first < after:
            raise ValueError(
                f"{one.folder} and {other.folder} have n-grams in common, or are not in order; give the ranges of one "
                "count, or add the counts up with nlpzero count --merge."
            )


def _add_singles(found: Sequence[RangeInPieces], size: int) -> npt.NDArray[np.uint64]:
    """Return the counts of all symbols; refuse folders without those of a part of the text."""
    singles = np.zeros(size, np.uint64)
    for one in found:
        ids, counts = one.singles
        singles[ids - 1] += counts
    if int(singles.sum()) != sum(one.totals[0] for one in found) or not singles.all():
        raise ValueError(f"{found[0].folder} is one of several ranges, and some are missing; give all: 'counts/*'.")
    return singles


def cut_into_pieces(folder: str, order: int, size: int) -> RangeInPieces:
    """Check a folder of saved counts, and cut its n-grams of up to `order` symbols into pieces.

    Parameters
    ----------
    folder : str
    order : int
    size : int
        Most n-grams of the highest order in a piece.
    """
    data = data_of(NgramCounts.load(folder))
    if data.history.periods:
        raise ValueError(f"{folder} has periods, which are not looked up on a cluster; leave out --scheduler.")
    levels = truncate_levels(data.levels, min(order, len(data.levels)))
    longest = len(levels[-1][0])
    none = [False] * len(levels)
    cuts = list(range(size, longest, size))
    places = [
        Place([0] * len(levels), none),
        *(_find_place(levels, cut) for cut in cuts),
        Place([len(level[0]) for level in levels], none),
    ]
    pieces = [Piece(folder, low, high) for low, high in pairwise(places)]
    return RangeInPieces(
        folder,
        _read_end(data.levels, last=False),
        _read_end(data.levels, last=True),
        [(*ids, *(0,) * (len(data.levels) - len(levels))) for ids in _read_ids(levels, cuts)],
        pieces,
        [list_edges(_cut_levels(levels, piece)) for piece in pieces],
        (np.array(levels[0][0]), np.array(levels[0][1])),
        data.totals,
        data.options,
        hash_symbols(data.symbols),
    )


def _read_ids(levels: Sequence[Level], places: Sequence[int]) -> list[Ids]:
    """Return the ids of n-grams of the highest order."""
    return [tuple(ids) for ids in read_symbol_ids(levels, len(levels), np.array(places, np.int64)).tolist()]


def _read_end(levels: Sequence[Level], *, last: bool) -> Ids:
    """Return the ids of the first or last n-gram that has no children; none if there are no n-grams."""
    ids: list[int] = []
    low, high = 0, len(levels[0][0])
    for symbols, _, ends in levels:
        if low == high:
            break
        place = high - 1 if last else low
        ids.append(int(symbols[place]))
        if len(ends):
            low, high = int(ends[place - 1]) if place else 0, int(ends[place])
    return tuple(ids)


def _find_place(levels: Sequence[Level], place: int) -> Place:
    """Return where a piece begins, given its first n-gram of the highest order."""
    nodes, shared = [place], [False]
    for _, _, ends in levels[-2::-1]:
        node = int(np.searchsorted(ends, ends.dtype.type(nodes[0]), "right"))
        begin = int(ends[node - 1]) if node else 0
        shared.insert(0, shared[0] or begin < nodes[0])
        nodes.insert(0, node)
    return Place(nodes, shared)


def _cut_levels(levels: Sequence[Level], piece: Piece) -> list[Level]:
    """Return the n-grams of a piece; those that the piece before has, too, have a count of 0."""
    stops = map(sum, zip(piece.high.nodes, piece.high.shared, strict=True))
    slices = [slice(*bounds) for bounds in zip(piece.low.nodes, stops, strict=True)]
    own = []
    for n, ((symbols, counts, ends), here) in enumerate(zip(levels, slices, strict=True)):
        times = counts[here]
        if piece.low.shared[n]:
            times = np.concatenate([np.zeros(1, times.dtype), times[1:]])
        if n + 1 < len(levels):
            below = slices[n + 1]
            ends = (np.clip(ends[here], below.start, below.stop) - ends.dtype.type(below.start)).astype(np.uint32)
        own.append((symbols[here], times, ends))
    return own


def open_piece(piece: Piece, task: CountTask, totals: dict[Ids, int], earlier: set[Ids]) -> KeptRange:
    """Return a piece as a range; n-grams that several pieces have are in all of them, see `keep_range`."""
    with report_damage(piece.folder):
        levels = _cut_levels(map_levels(piece.folder, task.order), piece)
    return keep_range(([], [], levels), task, totals, earlier)
