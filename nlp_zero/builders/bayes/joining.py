"""Words that hardly occur apart, joined to longer ones: 诸葛 and 亮, 内塔尼 and 亚 and 胡.

The sampler looks for words of at most `max_length` symbols. It cuts longer names into neighbours
that predict each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..._kernels import bayes as kernel
from ..._kernels.elementary import log
from ...statistics import entropy_gain

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

__all__ = ["MIN_JOINED_COUNT", "MIN_JOINED_PROBABILITY", "NO_WORD", "join_pairs", "join_words", "number_words"]

# Least probability of each word next to the other, and least number of occurrences side by side. Chosen on the first
# half of People's Daily: see docs/research/bayes.md.
MIN_JOINED_PROBABILITY = 0.4
MIN_JOINED_COUNT = 3
MIN_JOINED_ENTROPY = 0.5  # least branching entropy of the joined word on both sides, nats
NO_WORD = -1  # between two runs of words


def number_words(
    segmentations: Iterable[tuple[npt.NDArray[np.uint32], npt.NDArray[np.bool_]]], symbols: Sequence[object]
) -> tuple[list[str], Ints]:
    """Return the words of segmented texts, and the segmentations as `join_words` takes them.

    Parameters
    ----------
    segmentations : iterable of (ndarray of uint32, ndarray of bool)
        Encoded texts, in which 0 is a boundary, and where words begin; also True at boundaries.
    symbols : sequence
        The symbols with ids 1, 2, ...
    """
    words, runs = kernel.number_words(segmentations)
    table = ["\n", *map(str, symbols)]  # no symbol has a line break
    return "".join([table[symbol] for symbol in words.tolist()]).split("\n")[:-1], runs


def join_words(
    words: Sequence[str],
    runs: Ints,
    *,
    min_probability: float = MIN_JOINED_PROBABILITY,
    min_count: int = MIN_JOINED_COUNT,
) -> tuple[list[str], list[int]]:
    """Join pairs of neighbours that predict each other, until there are none.

    Parameters
    ----------
    words : sequence of str
        Distinct words.
    runs : array of int64
        The segmented text as numbers of words, with `NO_WORD` between runs.
    min_probability : float, default 0.4
        "a b" is joined if P(b | the word before is a) and P(a | the word after is b) are at least this. Occurrences of
        a and b that have been joined to other words count as occurrences.
    min_count : int, default 3
        Pairs that occur fewer times are not joined.

    Returns
    -------
    words : list of str
        The words of the text after joining, in the order of `words`, new ones behind them.
    counts : list of int
        How often each occurs.

    Notes
    -----
    A pair must also lower the information of the text (`nlp_zero.statistics.entropy_gain` above 0). Each round joins
    the pairs with the greatest gain, no two of which can overlap (ties: the pair that is first in `words`). At the end,
    joined words whose neighbours hardly vary (branching entropy below 0.5 nats on one side; every end of a run is a
    neighbour of its own) are split again: they are parts of something longer.

    Examples
    --------
    >>> words = ["诸葛", "亮", "笑", "问", "刘备"]
    >>> runs = np.array([0, 1, 2, -1, 0, 1, 3, -1, 0, 1, -1, 4, 2, -1, 4, 3])  # -1: the end of a run
    >>> join_words(words, runs)
    (['笑', '问', '刘备', '诸葛亮'], [2, 2, 2, 3])
    """
    names, joined = join_pairs(words, runs, min_probability=min_probability, min_count=min_count)
    return names, np.bincount(joined[joined >= 0], minlength=len(names)).tolist()


def join_pairs(
    words: Sequence[str],
    runs: Ints,
    *,
    min_probability: float = MIN_JOINED_PROBABILITY,
    min_count: int = MIN_JOINED_COUNT,
) -> tuple[list[str], Ints]:
    """Join words as `join_words` does, and return the words and the text as numbers of them."""
    names = list(words)
    parts = [(k,) for k in range(len(names))]
    numbers = {word: k for k, word in enumerate(names)}
    most = np.zeros(0, np.int64)  # occurrences of each word so far: joining makes it rarer, not a better predictor
    while True:
        counts = np.bincount(runs[runs >= 0], minlength=len(names))
        most = np.maximum(counts, np.pad(most, (0, len(names) - len(most))))
        pairs = _choose_pairs(runs, counts, np.maximum(min_probability * most, min_count))
        if not len(pairs):
            break
        joined = []
        for a, b in pairs.tolist():
            name = names[a] + names[b]
            joined.append(numbers.setdefault(name, len(names)))
            if joined[-1] == len(names):
                names.append(name)
                parts.append(parts[a] + parts[b])
        runs = _replace_pairs(runs, pairs, np.array(joined, np.int64), len(names))
    if len(names) > len(words):
        apart = _measure_freedom(runs, len(words), len(names)) < MIN_JOINED_ENTROPY
        runs = _split_words(runs, parts, np.append(np.zeros(len(words), np.bool_), apart))
    kept = np.flatnonzero(np.bincount(runs[runs >= 0], minlength=len(names)))
    number = np.full(len(names) + 1, NO_WORD)  # one more, found at index NO_WORD
    number[kept] = np.arange(len(kept))
    return [names[k] for k in kept.tolist()], number[runs]


def _choose_pairs(runs: Ints, counts: Ints, least: npt.NDArray[np.float64]) -> Ints:
    """Return the pairs to join, shape (pairs, 2); no word is the left one of a pair and the right one of another.

    `counts` and `least` are the occurrences of each word, and how many of them must be next to the other.
    """
    size = len(counts)
    left, right = runs[:-1], runs[1:]
    # A pair occurs no more often than either word; few words are so close in number.  The last values are those of
    # NO_WORD.
    have = np.append(counts, 0)[runs]
    need = np.append(np.ceil(least).astype(np.int64), len(runs))[runs]
    together = (have[:-1] >= need[1:]) & (have[1:] >= need[:-1]) & (left != right)
    keys, times = np.unique(left[together] * size + right[together], return_counts=True)
    a, b = keys // size, keys % size
    good = times >= np.maximum(least[a], least[b])
    a, b, times = a[good], b[good], times[good]
    gain = np.asarray(entropy_gain(times, counts[a], counts[b], float(counts.sum())))
    lefts: set[int] = set()
    rights: set[int] = set()
    pairs = []
    for k in np.lexsort((b, a, -gain)).tolist():
        first, second = int(a[k]), int(b[k])
        if gain[k] > 0 and first not in rights and second not in lefts:
            lefts.add(first)
            rights.add(second)
            pairs.append((first, second))
    return np.array(pairs, np.int64).reshape(-1, 2)


def _replace_pairs(runs: Ints, pairs: Ints, joined: Ints, size: int) -> Ints:
    """Replace each of the pairs, which never overlap, by the number of the joined word."""
    keys = pairs[:, 0] * size + pairs[:, 1]
    order = np.argsort(keys, kind="stable")
    keys, joined = keys[order], joined[order]
    is_left = np.zeros(size + 1, np.bool_)  # one more, found at index NO_WORD
    is_left[pairs[:, 0]] = True
    places = np.flatnonzero(is_left[runs[:-1]] & (runs[1:] >= 0))
    pair = runs[places] * size + runs[places + 1]
    at = np.minimum(np.searchsorted(keys, pair), len(keys) - 1)
    hit = keys[at] == pair
    result = runs.copy()
    result[places[hit]] = joined[at[hit]]
    return np.delete(result, places[hit] + 1)


def _measure_freedom(runs: Ints, first: int, size: int) -> npt.NDArray[np.float64]:
    """Return the smaller one of the branching entropies (nats), over words, of each word from number `first` on.

    It is 0 if the word does not occur.
    """
    at = np.flatnonzero(runs >= first)
    word, framed = runs[at] - first, np.concatenate([[NO_WORD], runs, [NO_WORD]])
    total = np.maximum(np.bincount(word, minlength=size - first), 1)
    entropies = []
    for neighbour in (framed[at], framed[at + 2]):
        end = neighbour == NO_WORD
        different = np.where(end, size - 1 + np.cumsum(end), neighbour)  # every end is a neighbour of its own
        keys, counts = np.unique(word * (size + len(runs)) + different, return_counts=True)
        spread = np.bincount(keys // (size + len(runs)), counts * log(counts), size - first)
        entropies.append(log(total) - spread / total)
    return np.minimum(*entropies)


def _split_words(runs: Ints, parts: Sequence[tuple[int, ...]], apart: npt.NDArray[np.bool_]) -> Ints:
    """Replace the words that are `apart` by their parts."""
    at = np.flatnonzero(np.append(apart, False)[runs])  # NO_WORD is found at the end
    words = [parts[k] for k in runs[at].tolist()]
    split = runs.copy()
    split[at] = [word[0] for word in words]
    behind = np.repeat(at + 1, [len(word) - 1 for word in words])
    return np.insert(split, behind, [k for word in words for k in word[1:]])
