"""Domains of a large corpus, such as news, reviews and poems, and a sample in which each of them has its share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from ..passes import SAMPLED_SYMBOLS, split_pieces

if TYPE_CHECKING:
    import numpy.typing as npt

    SymbolArray = npt.NDArray[np.uint32]
    Ints = npt.NDArray[np.int64]
    Profiles = npt.NDArray[np.uint16]

__all__ = ["draw_by_domain", "find_domains", "share_symbols"]

DOMAINS = 6  # at most
LEAST_PIECES = 20  # for each domain; with fewer pieces there are fewer domains
LEAST_DOMAIN_SYMBOLS = 100_000  # of a sample; smaller ones are learnt together with the largest one
MAX_PIECES = 20_000  # longer texts have longer pieces
BINS = 509  # of a profile
SCALE = 1 << 10
PASSES = 10


def draw_by_domain(
    read: Callable[[], Iterable[SymbolArray]], total: int, symbols: int, seed: int
) -> list[SymbolArray]:
    """Return a sample of a text: one array of whole runs for each domain, the largest one first.

    Parameters
    ----------
    read : callable
        Yields the encoded text in blocks of whole runs (0 is a boundary); called twice.
    total : int
        Symbols of the text.
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
    profiles, sizes = [], []
    for piece in split_pieces(read(), size):
        profiles.append(profile_symbols(piece))
        sizes.append(int(np.count_nonzero(piece)))
    domain = find_domains(np.array(profiles), seed)
    available = np.bincount(domain, sizes).astype(np.int64)
    wanted = share_symbols(available.tolist(), symbols)
    share = [number / most for number, most in zip(wanted, available.tolist(), strict=True)]
    due = [1.0] * len(share)
    drawn: list[list[SymbolArray]] = [[] for _ in share]
    for piece, which, number in zip(split_pieces(read(), size), domain.tolist(), sizes, strict=True):
        due[which] += share[which] * number
        if due[which] > 0:
            due[which] -= number
            drawn[which].append(piece.copy())
    parts = sorted((np.concatenate(pieces) for pieces in drawn if pieces), key=len, reverse=True)
    small = [part for part in parts[1:] if len(part) < LEAST_DOMAIN_SYMBOLS]
    return [np.concatenate([parts[0], *small]), *parts[1 : len(parts) - len(small)]]


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


def profile_symbols(piece: SymbolArray) -> Profiles:
    """Return square roots of the relative frequencies of symbols, several of which share a bin."""
    counts = np.bincount(piece[piece > 0] % BINS, minlength=BINS)
    return np.sqrt(counts * (SCALE * SCALE) // max(int(counts.sum()), 1)).astype(np.uint16)


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
