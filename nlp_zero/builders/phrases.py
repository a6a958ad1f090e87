"""From words to phrases: the minimum-entropy principle one level up.

Text is cut into words. Neighbours whose union lowers the information of the text most are merged, in rounds:
中华 人民 共和国 → 中华人民 共和国 → 中华人民共和国.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .._utils.key_counts import KeyCounts
from .._utils.progress import begin_stage
from .._utils.validation import check_folder, check_integer, check_memory
from ..corpus import Corpus, read_batches
from ..errors import StorageError
from ..lexicon.ids import TokenIds
from ..lexicon.lexicon import Lexicon, check_lexicon
from ..statistics import entropy_gain, information_per_symbol, pmi
from ..tokenization.tokenizer import Tokenizer
from .describe import WORD_BYTES
from .ranked_text import NO_WORD, RankedText

__all__ = ["PhraseBuilder"]

if TYPE_CHECKING:
    import numpy.typing as npt

    Int64Array = npt.NDArray[np.int64]

SHARE = 0.2  # share of the pairs with a positive gain that a round merges; the gains of the others change
PAIR_BYTES = 64  # for each pair with a positive gain, while a round chooses among them
LEAST_BUDGET_BYTES = 1 << 25  # a smaller budget counts as this much for words and pairs
CHOSEN_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class Pairs:
    """Pairs of neighbouring units, by rank.

    Attributes
    ----------
    left, right : ndarray of int64, shape (pairs,)
    times : ndarray of int64, shape (pairs,)
        How often each pair occurs.
    gain : ndarray of float64, shape (pairs,)
        Entropy gain in nats per token.
    """

    left: Int64Array
    right: Int64Array
    times: Int64Array
    gain: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.left)

    def take(self, number: int) -> Pairs:
        """Return the first pairs."""
        return Pairs(self.left[:number], self.right[:number], self.times[:number], self.gain[:number])


class PhraseBuilder:
    """Merges frequent neighbours into phrases.

    Each round turns the pairs of neighbours with the greatest entropy gain G > 0 (`nlp_zero.statistics.entropy_gain`)
    into one unit each. A round is kept only if the average information per character falls. The ranks of all tokens of
    the text are held in memory (8 bytes per token).

    Parameters
    ----------
    max_rounds : int, default 20
        Largest number of rounds.
    min_count : int, default 5
        Pairs that occur fewer times are not merged.
    max_words : int, default 8
        Largest number of words in a phrase (at least 2).
    memory : int, str or None, default None
        Memory budget in bytes, or a size like ``"512M"``. The words and phrases (500 bytes each) and the pairs with a
        positive gain must fit in it; if they do not, a `StorageError` names a budget that works. It never changes the
        result.
    temp_dir : str, path-like or None, default None
        The folder of temporary files; None for that of the system.

    Notes
    -----
    ``G = p ln(p/(pa pb)) + (pa-p) ln(1-p/pa) + (pb-p) ln(1-p/pb) - (1-p) ln(1-p)`` is the fall of the information per
    token when every "a b" becomes one unit. Source: the minimum-entropy principle, part 2 (kexue.fm/archives/5476).

    Examples
    --------
    >>> words = Lexicon(["中华", "人民", "共和国", "爱"], [9, 9, 9, 9])
    >>> texts = ["中华人民共和国爱人民", "爱中华人民共和国", "人民爱中华人民共和国"]
    >>> phrases = PhraseBuilder(min_count=3, max_words=3).build(texts, words)
    >>> phrases.parts["中华人民共和国"]
    ('中华', '人民', '共和国')
    """

    def __init__(
        self,
        *,
        max_rounds: int = 20,
        min_count: int = 5,
        max_words: int = 8,
        memory: int | str | None = None,
        temp_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        self.max_rounds = check_integer("max_rounds", max_rounds)
        self.min_count = check_integer("min_count", min_count)
        self.max_words = check_integer("max_words", max_words, least=2)
        self.memory, self._budget = memory, check_memory(memory)
        self.temp_dir = check_folder("temp_dir", temp_dir)

    def __repr__(self) -> str:
        options = ("max_rounds", "min_count", "max_words")
        return f"PhraseBuilder({', '.join(f'{name}={getattr(self, name)!r}' for name in options)})"

    def build(self, texts: Corpus | Iterable[str], lexicon: Lexicon) -> Lexicon:
        """Add phrases to a lexicon, and count all its entries again in `texts`.

        Parameters
        ----------
        texts : Corpus or iterable of str
            Read once.
        lexicon : Lexicon
            The words that phrases are made of. Words that are not whole characters (the bytes of a vocabulary with
            byte fallback) are counted but never merged, unless the whole vocabulary is one of bytes.

        Returns
        -------
        Lexicon
            Phrases have a ``gain`` (nats per token of the text before their round) and ``parts``, the words that they
            are made of. ``meta.phrase_rounds`` lists the average information per character (nats) before the first
            round and after each one. If the lexicon has a column ``id``, phrases get the ids after the largest one.

        Raises
        ------
        CorpusError
            If the texts cannot be read.
        StorageError
            If a disk is full or the memory budget is too small.
        """
        ids = TokenIds(check_lexicon(lexicon))
        units = _Units(lexicon)
        begin_stage("cutting text")
        with RankedText(self._budget, self.temp_dir) as text:
            _rank_tokens(text, texts, Tokenizer(lexicon, new_words=False), ids)
            begin_stage("merging phrases")
            counts = text.count(len(units.names))
            information = [_measure_information(counts, units.names)]
            for _ in range(self.max_rounds):
                pairs = self._rank_pairs(text, counts, units)
                share = max(1, int(len(pairs) * SHARE))
                while len(pairs) and share:
                    chosen = pairs.take(share)
                    merged, fresh = units.name_pairs(chosen)
                    merged_counts = _count_merged(counts, chosen, merged, len(fresh))
                    after = _measure_information(merged_counts, units.names + fresh)
                    if after < information[-1]:
                        break
                    share //= 2
                if not len(pairs) or not share:
                    break
                units.add(chosen, counts)
                text.merge(chosen.left, chosen.right, merged)
                counts = merged_counts
                information.append(after)
        return _make_lexicon(lexicon, ids, counts, units, information)

    def _rank_pairs(self, text: RankedText, counts: Int64Array, units: _Units) -> Pairs:
        """Return pairs with a positive gain, best first, no two of which can overlap in a text."""
        size, total = len(units.names), float(counts.sum())
        free = self._find_free_memory(size)
        mergeable, words = np.array(units.mergeable), np.array(list(map(len, units.parts)))
        found, number = [], 0
        with KeyCounts(None if free is None else free // 3, self.temp_dir) as counter:
            for left, right in text.neighbours():
                counter.add(left * size + right)
            for keys, times in counter.read():
                frequent = times >= self.min_count
                keys, times = keys[frequent], times[frequent]
                left, right = np.divmod(keys, size)
                gain = np.asarray(entropy_gain(times, counts[left], counts[right], total))
                kept = (gain > 0) & (left != right) & (words[left] + words[right] <= self.max_words)
                kept &= mergeable[left] & mergeable[right]
                found.append((keys[kept], times[kept], gain[kept]))
                number += len(found[-1][0])
                if free is not None and PAIR_BYTES * number > free // 2:
                    needed = WORD_BYTES * size + 3 * PAIR_BYTES * number
                    raise self._refuse(needed, f"{size:,} words and phrases and {number:,} or more pairs of them")
        found.append((np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)))
        keys, times = (np.concatenate([block[k] for block in found]) for k in (0, 1))
        gain = np.concatenate([block[2] for block in found])
        del found
        chosen = _choose_disjoint(keys, np.argsort(-gain, kind="stable"), size)  # ties: the pair first in the lexicon
        return Pairs(*np.divmod(keys[chosen], size), times[chosen], gain[chosen])

    def _find_free_memory(self, size: int) -> int | None:
        """Return the bytes of the budget that words and phrases leave for pairs."""
        if self._budget is None:
            return None
        if WORD_BYTES * size > max(self._budget, LEAST_BUDGET_BYTES):
            raise self._refuse(WORD_BYTES * size, f"{size:,} words and phrases")
        return max(LEAST_BUDGET_BYTES, self._budget - WORD_BYTES * size)

    def _refuse(self, needed: int, what: str) -> StorageError:
        return StorageError(
            f"memory of {self._budget:,} bytes is too small for {what}; give at least {needed:,} bytes, or leave out "
            "rare words (min_count)."
        )


class _Units:
    """The words of a lexicon by rank, followed by the phrases found so far."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.names = [*lexicon.words]
        self.parts: list[tuple[str, ...]] = [(word,) for word in self.names]
        self.gains = [np.nan] * len(self.names)
        self.pmis = lexicon.scores["pmi"].tolist() if "pmi" in lexicon.scores else [np.nan] * len(self.names)
        in_bytes = lexicon.meta.unit == "byte"  # words of such a vocabulary may be parts of characters
        self.mergeable = [in_bytes or not any("\udc80" <= char <= "\udcff" for char in word) for word in self.names]
        self._rank = {word: k for k, word in enumerate(self.names)}

    def name_pairs(self, pairs: Pairs) -> tuple[Int64Array, list[str]]:
        """Return the rank of each merged pair, and the names that are new."""
        names = [self.names[a] + self.names[b] for a, b in _iterate(pairs)]
        fresh = [name for name in dict.fromkeys(names) if name not in self._rank]
        new = {name: k for k, name in enumerate(fresh, len(self.names))}
        ranks = (self._rank[name] if name in self._rank else new[name] for name in names)
        return np.fromiter(ranks, np.int64, len(names)), fresh

    def add(self, pairs: Pairs, counts: Int64Array) -> None:
        """Add the phrases that pairs make, in the order of `name_pairs`; `counts` are those of the units before."""
        values = np.asarray(pmi(pairs.times, counts[pairs.left], counts[pairs.right], float(counts.sum())))
        for (a, b), gain, value in zip(_iterate(pairs), pairs.gain.tolist(), values.tolist(), strict=True):
            name = self.names[a] + self.names[b]
            if name not in self._rank:
                self._rank[name] = len(self.names)
                self.names.append(name)
                self.parts.append(self.parts[a] + self.parts[b])
                self.gains.append(gain)
                self.pmis.append(value)
                self.mergeable.append(True)


def _iterate(pairs: Pairs) -> Iterator[tuple[int, int]]:
    return zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)


def _rank_tokens(text: RankedText, texts: Corpus | Iterable[str], tokenizer: Tokenizer, ids: TokenIds) -> None:
    """Append the ranks of all words of the texts; `NO_WORD` for any other token and between texts."""
    rank_of = np.full(max(len(tokenizer), 1), NO_WORD, np.int32)
    rank_of[ids.numbers[1:]] = np.arange(len(ids.numbers) - 1)
    for batch in read_batches(texts):
        encoded, offsets = tokenizer.encode_batch(batch)
        text.append(np.insert(rank_of[encoded], offsets[1:], NO_WORD))


def _choose_disjoint(keys: Int64Array, order: Int64Array, size: int) -> Int64Array:
    """Choose pairs (left * size + right) in an order; no unit is on the left of a pair and on the right of another."""
    is_left, is_right = bytearray(size), bytearray(size)
    chosen = array("q")
    for begin in range(0, len(order), CHOSEN_AT_ONCE):
        places = order[begin : begin + CHOSEN_AT_ONCE]
        left, right = np.divmod(keys[places], size)
        for place, a, b in zip(places.tolist(), left.tolist(), right.tolist(), strict=True):
            if not is_right[a] and not is_left[b]:
                is_left[a] = is_right[b] = 1
                chosen.append(place)
    return np.array(chosen, np.int64)


def _count_merged(counts: Int64Array, pairs: Pairs, merged: Int64Array, fresh: int) -> Int64Array:
    """Return the counts of all units after every pair, none of which overlap, became one unit."""
    result = np.append(counts, np.zeros(fresh, np.int64))
    np.subtract.at(result, pairs.left, pairs.times)
    np.subtract.at(result, pairs.right, pairs.times)
    np.add.at(result, merged, pairs.times)
    return result


def _measure_information(counts: Int64Array, names: list[str]) -> float:
    """Return the average information per character, in nats, of the text in its current units."""
    return information_per_symbol(counts, [len(name) for name in names])


def _make_lexicon(
    lexicon: Lexicon, ids: TokenIds, counts: Int64Array, units: _Units, information: list[float]
) -> Lexicon:
    known, size = len(lexicon), len(units.names)
    columns = {
        name: np.concatenate([column, np.full(size - known, np.nan)])
        for name, column in lexicon.scores.items()
        if name != "log_prob"  # probabilities now follow from the new counts
    }
    if "id" in columns:
        columns["id"][known:] = np.arange(ids.size, ids.size + size - known)
    columns["pmi"], columns["gain"] = np.array(units.pmis), np.array(units.gains)
    meta = replace(
        lexicon.meta, tokens=int(counts.sum()), entropy_after=information[-1], phrase_rounds=tuple(information)
    )
    parts = dict(zip(units.names[known:], units.parts[known:], strict=True))
    return Lexicon(units.names, counts, scores=columns, meta=meta, parts=parts)
