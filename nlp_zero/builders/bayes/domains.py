"""Domains of a large corpus, such as news, reviews and poems, and a sample in which each of them has its share.

Two passes over the corpus.  The first one takes a sketch: lines whose keys (see `drawn_lines`) are small.  These are
clustered (`find_domains`).  The second one takes the sample: each line belongs to the domain under which it is most
likely, and is taken if its key is below the limit of the domain.  Copies are taken once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.counting import Alphabet
from ..._kernels.elementary import log
from ...corpus import Corpus, map_parts, read_blocks
from ..drawn_lines import LARGEST_KEY, LONGEST_LINE, Lines, share_key, sum_lines

if TYPE_CHECKING:
    import numpy.typing as npt

    SymbolArray = npt.NDArray[np.uint32]
    Ints = npt.NDArray[np.int64]
    Keys = npt.NDArray[np.uint64]
    Scores = npt.NDArray[np.int32]

__all__ = ["draw_by_domain", "find_domains", "share_symbols", "take_lines"]

DOMAINS = 6  # at most
LEAST_GAIN = 0.2  # of a split into two domains, nats for each symbol of the smaller one
LEAST_LINES = 20  # of a domain in the sketch
LEAST_DOMAIN_SYMBOLS = 100_000  # of a sample; smaller ones are learnt together with the largest one
SKETCH_SYMBOLS = 2_000_000
LINES = 500  # a sample has at least this many lines, about
STARTS, PASSES = 3, 30  # of the search for a split
JOINT_PASSES = 5
PRIOR_SYMBOLS = 500  # strength of the frequencies in the whole sketch
SCALE = 1 << 10  # of log probabilities, which are whole numbers: their sums are the same on all machines


def draw_by_domain(
    texts: Corpus | Iterable[str], alphabet: Alphabet, total: int, symbols: int, seed: int
) -> list[SymbolArray]:
    """Return a sample of a text: one array of whole lines for each domain, the largest one first.

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
    All domains get the same number of symbols, except for those that have fewer.
    """
    longest = min(LONGEST_LINE, max(1, symbols // LINES))
    share = min(1.0, min(symbols, SKETCH_SYMBOLS) / max(total, 1))
    size = len(alphabet.symbols) + 1
    sketch, share = _sketch(texts, alphabet, longest, share, size, min(symbols, total, SKETCH_SYMBOLS))
    scores = find_domains(sketch, size, seed)
    domain = choose_domains(sketch.text, sketch.ends, scores)
    available = (np.bincount(domain, sketch.symbols, len(scores)) / share).astype(np.int64).tolist()
    wanted = share_symbols(available, symbols)
    limits = np.array([share_key(a / max(b, 1)) for a, b in zip(wanted, available, strict=True)], np.uint64)
    drawn = _take(texts, alphabet, longest, limits, scores)
    parts = sorted((lines.text for lines in drawn if len(lines.text)), key=len, reverse=True) or [sketch.text]
    small = [part for part in parts[1:] if len(part) < LEAST_DOMAIN_SYMBOLS]
    return [np.concatenate([parts[0], *small]), *parts[1 : len(parts) - len(small)]]


def take_lines(
    part: Corpus | Iterable[str], alphabet: Alphabet, longest: int, limits: Keys, scores: Scores
) -> list[Lines]:
    """Return the lines of a part of the corpus whose keys are within the limit of their domain, by domains.

    Parameters
    ----------
    part : Corpus or iterable of str
    alphabet : Alphabet
    longest : int
        Entries of a line; longer ones are several lines.
    limits : ndarray of uint64
        The largest key of each domain.
    scores : ndarray of int32
        See `find_domains`.
    """
    found: list[list[Lines]] = [[] for _ in limits]
    known = np.array([LARGEST_KEY], np.uint64)  # keys of the lines so far, sorted, and one above all others
    for block in read_blocks(part):
        lines = Lines(*alphabet.encode_lines(block.data, longest))
        new = (lines.keys <= limits.max()) & (known[np.searchsorted(known, lines.keys)] != lines.keys)
        lines = lines.take(np.flatnonzero(new))
        domain = choose_domains(lines.text, lines.ends, scores)
        rows = np.flatnonzero(lines.keys <= limits[domain])
        keys, first = np.unique(lines.keys[rows], return_index=True)
        rows = np.sort(rows[first])
        for k, own in enumerate(found):
            own.append(lines.take(rows[domain[rows] == k]))
        known = np.insert(known, np.searchsorted(known, keys), keys)
    return [Lines.join(own) for own in found]


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


def find_domains(sketch: Lines, size: int, seed: int) -> Scores:
    """Return what each domain has in common: the score of each symbol, shape (domains, size).

    Parameters
    ----------
    sketch : Lines
        Lines of the corpus.
    size : int
        Symbols of the alphabet, and the boundary, whose score is 0.
    seed : int
        Decides where the search for a split begins.

    Notes
    -----
    A score is the log probability of a symbol in the lines of a domain.  The lines begin as one domain.  Again and
    again the domain is split whose two halves say most about new text: lines are assigned to the halves by every other
    symbol, and the gain is that of the log probability of the symbols between.  In the end all lines are assigned anew.
    """
    whole = _Domain(sketch, _count_symbols(sketch.text, size))
    rng = np.random.Generator(np.random.PCG64(seed))
    domains = [whole]
    splits = [whole.find_split(whole.counts, rng)]
    while len(domains) < DOMAINS:
        widest = max(range(len(splits)), key=lambda k: splits[k][0])
        gain, right = splits[widest]
        if not gain:
            break
        old = domains[widest].lines
        for place, rows in ((widest, np.flatnonzero(~right)), (len(domains), np.flatnonzero(right))):
            lines = old.take(rows)
            half = _Domain(lines, _count_symbols(lines.text, size))
            domains[place:place + 1] = [half]
            splits[place:place + 1] = [half.find_split(whole.counts, rng)]
    scores = np.stack([score_symbols(one.counts, whole.counts) for one in domains])
    for _ in range(JOINT_PASSES if len(domains) > 1 else 0):
        domain = np.repeat(choose_domains(sketch.text, sketch.ends, scores), np.diff(sketch.ends, prepend=0))
        counts = [_count_symbols(sketch.text[domain == k], size) for k in range(len(scores))]
        scores = np.stack([score_symbols(one, whole.counts) for one in counts])
    return scores


class _Domain:
    """Lines of one domain, and the numbers of their symbols."""

    def __init__(self, lines: Lines, counts: Ints) -> None:
        self.lines, self.counts = lines, counts

    def find_split(self, whole: Ints, rng: np.random.Generator) -> tuple[float, npt.NDArray[np.bool_]]:
        """Return the gain of a split for each symbol (0: there is none), and which lines are on its right side."""
        text, ends = self.lines.text, self.lines.ends
        best = (0.0, np.zeros(len(ends), np.bool_))
        if len(ends) < 2 * LEAST_LINES:
            return best
        sizes = np.diff(ends, prepend=0)
        odd = (np.arange(len(text)) - np.repeat(ends - sizes, sizes)) % 2 == 1
        heard = np.where(odd, text, 0)
        common = score_symbols(self.counts, whole)
        for _ in range(STARTS):
            right = rng.integers(0, 2, len(ends)).astype(np.bool_)
            for _ in range(PASSES):
                counts = _count_symbols(text[np.repeat(right, sizes)], len(whole))
                both = score_symbols(self.counts - counts, whole), score_symbols(counts, whole)
                before, right = right, sum_lines((both[1] - both[0]).take(text), ends) > 0
                if np.count_nonzero(before != right) * 500 <= len(right):
                    break
            side = sum_lines((both[1] - both[0]).take(np.where(odd, 0, text)), ends) > 0
            own = np.where(np.repeat(side, sizes), both[1].take(heard), both[0].take(heard)) - common.take(heard)
            gain = int(own.sum(dtype=np.int64)) / SCALE / max(int(np.count_nonzero(heard)), 1)
            smaller = min(sizes[right].sum(), sizes[~right].sum()) / len(text)
            lines = min(np.count_nonzero(right), np.count_nonzero(~right))
            if gain > best[0] and gain >= LEAST_GAIN * smaller and lines >= LEAST_LINES:
                best = (gain, right)
        return best


def choose_domains(text: SymbolArray, ends: Ints, scores: Scores) -> Ints:
    """Return for each line the domain under which it is most likely (ties: the first)."""
    return np.asarray(np.stack([sum_lines(row.take(text), ends) for row in scores]).argmax(axis=0))


def score_symbols(counts: Ints, whole: Ints) -> Scores:
    """Return the score of each symbol in a text with these counts; `whole` are those of the sketch."""
    prior = PRIOR_SYMBOLS * (whole + 1) / (whole.sum() + len(whole))
    scores: Scores = np.rint(log((counts + prior) / (counts.sum() + PRIOR_SYMBOLS)) * SCALE).astype(np.int32)
    scores[0] = 0
    return scores


def _count_symbols(text: SymbolArray, size: int) -> Ints:
    counts = np.bincount(text, minlength=size)
    counts[0] = 0
    return counts


def _sketch(
    texts: Corpus | Iterable[str], alphabet: Alphabet, longest: int, share: float, size: int, symbols: int
) -> tuple[Lines, float]:
    """Return about a share of the lines of the corpus, and the share, which grows if there are many copies."""
    while True:
        limits = np.array([share_key(share)], np.uint64)
        (sketch,) = _take(texts, alphabet, longest, limits, np.zeros((1, size), np.int32))
        found = int(np.count_nonzero(sketch.text))
        if 2 * found >= symbols or share == 1:
            return sketch, share
        share = min(1.0, share * (min(8.0, symbols / found) if found else 8.0))


def _take(
    texts: Corpus | Iterable[str], alphabet: Alphabet, longest: int, limits: Keys, scores: Scores
) -> list[Lines]:
    """Return the lines of the corpus whose keys are within the limit of their domain, by domains."""
    parts = list(map_parts(texts, take_lines, alphabet, longest, limits, scores))
    return [Lines.join(own) for own in zip(*parts, strict=True)]
