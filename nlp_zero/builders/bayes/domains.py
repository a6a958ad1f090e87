"""Domains of a large corpus, such as news, reviews and poems, and a sample in which each of them has its share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.counting import Alphabet
from ...corpus import Corpus
from ..passes import SAMPLED_SYMBOLS
from .text import PieceLabel, encode_pieces, map_whole

if TYPE_CHECKING:
    import numpy.typing as npt

    SymbolArray = npt.NDArray[np.uint32]
    Ints = npt.NDArray[np.int64]
    Profiles = npt.NDArray[np.uint16]

__all__ = ["count_bins", "draw_by_domain", "find_domains", "make_profiles", "share_symbols", "take_pieces"]

DOMAINS = 6  # at most
LEAST_PIECES = 20  # for each domain; with fewer pieces there are fewer domains
LEAST_DOMAIN_SYMBOLS = 100_000  # of a sample; smaller ones are learnt together with the largest one
MAX_PIECES = 20_000  # longer texts have longer pieces
BINS = 509  # of a profile
SCALE = 1 << 10
PASSES = 10
NOT_DRAWN = -1


def draw_by_domain(
    texts: Corpus | Iterable[str], alphabet: Alphabet, total: int, symbols: int, seed: int
) -> list[SymbolArray]:
    """Return a sample of a text: one array of whole runs for each domain, the largest one first.

    Parameters
    ----------
    texts : Corpus or iterable of str
        The corpus; read twice.
    alphabet : Alphabet
        Encodes it.
    total : int
        Symbols of the corpus.
    symbols : int
        About how many of them are drawn.
    seed : int
        Decides where the search for domains begins.

    Notes
    -----
    Pieces of the text are clustered by the symbols that occur in them (k-means of square roots of relative
    frequencies).  All domains get the same number of symbols, except for those that have fewer; the pieces of a domain
    are spread evenly over its text.  The arithmetic is that of whole numbers, the same on all machines.
    """
    size = max(SAMPLED_SYMBOLS, -(-total // MAX_PIECES))
    pieces = _Pieces()
    for part in map_whole(texts, count_bins, alphabet, size):
        pieces.add(part)
    sizes = pieces.sizes
    domain = find_domains(pieces.profiles, seed)
    available = np.bincount(domain, sizes).astype(np.int64)
    wanted = share_symbols(available.tolist(), symbols)
    share = [number / most for number, most in zip(wanted, available.tolist(), strict=True)]
    due = [1.0] * len(share)
    for place, (which, number) in enumerate(zip(domain.tolist(), sizes.tolist(), strict=True)):
        due[which] += share[which] * number
        if due[which] > 0:
            due[which] -= number
        else:
            domain[place] = NOT_DRAWN
    drawn: list[list[SymbolArray]] = [[] for _ in share]
    for taken in map_whole(texts, take_pieces, alphabet, size, [domain[numbers] for numbers in pieces.numbers]):
        for which, text in taken.items():
            drawn[which].append(text)
    parts = sorted((np.concatenate(texts) for texts in drawn if texts), key=len, reverse=True)
    small = [part for part in parts[1:] if len(part) < LEAST_DOMAIN_SYMBOLS]
    return [np.concatenate([parts[0], *small]), *parts[1 : len(parts) - len(small)]]


@dataclass(frozen=True)
class PartBins:
    """How often symbols of each bin occur in the pieces of a part of the corpus.

    Attributes
    ----------
    counts : ndarray of uint32
        Shape (pieces, bins).
    first, last : PieceLabel or None
        Of the first and the last piece.
    continues : bool
        Whether the part begins within a file, so that its first piece may be the last one of the part before it.
    """

    counts: npt.NDArray[np.uint32]
    first: PieceLabel | None
    last: PieceLabel | None
    continues: bool


def count_bins(part: Corpus | Iterable[str], alphabet: Alphabet, size: int) -> PartBins:
    """Return the symbols of the pieces of a part of the corpus, by bins."""
    counts, first, last = [np.zeros((0, BINS), np.uint32)], None, None
    for label, piece in encode_pieces(part, alphabet, size):
        counts.append(np.bincount(piece[piece > 0] % BINS, minlength=BINS).astype(np.uint32)[None])
        first, last = first or label, label
    return PartBins(np.concatenate(counts), first, last, getattr(part, "begin", 0) > 0)


class _Pieces:
    """The pieces of all parts of a corpus; those that two parts share are one.

    Attributes
    ----------
    numbers : list of ndarray of int64
        For each part, the numbers of its pieces.
    """

    def __init__(self) -> None:
        self.numbers: list[Ints] = []
        self._profiles: list[Profiles] = []
        self._sizes: list[Ints] = []
        self._open: npt.NDArray[np.uint32] | None = None  # the last piece, which may go on in the next part
        self._label: PieceLabel | None = None
        self._closed = 0

    def add(self, part: PartBins) -> None:
        """Add the pieces of the next part."""
        counts = part.counts
        if part.first is None or part.last is None:
            self.numbers.append(np.zeros(0, np.int64))
            return
        if self._open is not None:
            if part.continues and self._label is not None and part.first[1:] == self._label[1:]:
                counts[0] += self._open
            else:
                self._close(self._open[None])
        self.numbers.append(self._closed + np.arange(len(counts)))
        self._close(counts[:-1])
        self._open, self._label = counts[-1], part.last

    @property
    def sizes(self) -> Ints:
        """Symbols of each piece."""
        return np.concatenate([*self._sizes, *([] if self._open is None else [[int(self._open.sum())]])])

    @property
    def profiles(self) -> Profiles:
        """The profile of each piece, shape (pieces, bins)."""
        return np.concatenate([*self._profiles, *([] if self._open is None else [make_profiles(self._open[None])])])

    def _close(self, counts: npt.NDArray[np.uint32]) -> None:
        self._sizes.append(counts.sum(axis=1, dtype=np.int64))
        self._profiles.append(make_profiles(counts))
        self._closed += len(counts)


def take_pieces(
    part: Corpus | Iterable[str], alphabet: Alphabet, size: int, chosen: Sequence[Ints]
) -> dict[int, SymbolArray]:
    """Return the pieces of a part of the corpus that are drawn, by their domains.

    Parameters
    ----------
    part : Corpus or iterable of str
    alphabet : Alphabet
    size : int
        Symbols of a piece, about.
    chosen : sequence of ndarray of int64
        For each part, the domain of each piece, or `NOT_DRAWN`.
    """
    drawn: dict[int, list[SymbolArray]] = {}
    domains = chosen[getattr(part, "number", 0)].tolist()
    for which, (_, piece) in zip(domains, encode_pieces(part, alphabet, size), strict=True):
        if which != NOT_DRAWN:
            drawn.setdefault(which, []).append(piece)
    return {which: np.concatenate(pieces) for which, pieces in sorted(drawn.items())}


def share_symbols(available: list[int], symbols: int) -> list[int]:
    """Return how many symbols each domain gives: all the same number, except for those that have fewer.

    Examples
    --------
    >>> share_symbols([50, 1000, 300], 450)
    [50, 200, 200]
    """
    wanted = [0] * len(available)
    order = sorted(range(len(available)), key=available.__getitem__)
    for rank, which in enumerate(order):
        wanted[which] = min(available[which], symbols // (len(order) - rank))
        symbols -= wanted[which]
    return wanted


def find_domains(profiles: Profiles, seed: int) -> Ints:
    """Return the domain of each profile; domains are numbered from 0 and none is empty.

    Parameters
    ----------
    profiles : ndarray of uint16
        Shape (pieces, bins).
    seed : int
        Decides where the search begins (k-means++).
    """
    number = min(DOMAINS, max(1, len(profiles) // LEAST_PIECES))
    rng = np.random.Generator(np.random.PCG64(seed))
    centres = profiles[:1].astype(np.int64)
    away = _measure(profiles, centres)[:, 0]
    while len(centres) < number and away.any():
        ends = np.cumsum(away)
        chosen = int(np.searchsorted(ends, rng.integers(int(ends[-1])), side="right"))
        centres = np.concatenate([centres, profiles[chosen : chosen + 1]])
        away = np.minimum(away, _measure(profiles, centres[-1:])[:, 0])
    domain = np.zeros(len(profiles), np.int64)
    for _ in range(PASSES):
        nearest = _measure(profiles, centres).argmin(axis=1)
        if np.array_equal(nearest, domain):
            break
        domain = np.unique(nearest, return_inverse=True)[1]
        centres = np.stack([_average(profiles[domain == k]) for k in range(int(domain.max()) + 1)])
    return domain


def make_profiles(counts: npt.NDArray[np.integer]) -> Profiles:
    """Return square roots of the relative frequencies of symbols, several of which share a bin.

    Parameters
    ----------
    counts : ndarray of int
        How often symbols of each bin occur, shape (pieces, bins).
    """
    out = np.zeros(counts.shape, np.uint16)
    for at in range(0, len(counts), 1024):
        some = counts[at : at + 1024].astype(np.int64)
        out[at : at + 1024] = np.sqrt(some * (SCALE * SCALE) // np.maximum(some.sum(axis=1, keepdims=True), 1))
    return out


def _average(profiles: Profiles) -> Ints:
    return np.asarray(profiles.sum(axis=0, dtype=np.int64) // len(profiles))


def _measure(profiles: Profiles, centres: Ints) -> Ints:
    """Return squared distances, shape (profiles, centres)."""
    return np.stack([_sum_squares(profiles, centre) for centre in centres], axis=1)


def _sum_squares(profiles: Profiles, centre: Ints) -> Ints:
    out = np.empty(len(profiles), np.int64)
    for at in range(0, len(profiles), 1024):
        away = profiles[at : at + 1024] - centre
        out[at : at + 1024] = (away * away).sum(axis=1)
    return out
