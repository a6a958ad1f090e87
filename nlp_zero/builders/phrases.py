"""From words to phrases: the minimum-entropy principle one level up.

Text is cut into words. Neighbours whose union lowers the information of the text most are merged, in rounds:
中华 人民 共和国 → 中华人民 共和国 → 中华人民共和国.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .._utils.progress import begin_stage
from .._utils.validation import check_integer
from ..corpus import Corpus
from ..lexicon.ids import TokenIds
from ..lexicon.lexicon import Lexicon
from ..statistics import entropy_gain, information_per_symbol, pmi
from ..tokenization.tokenizer import Tokenizer

__all__ = ["PhraseBuilder"]

if TYPE_CHECKING:
    import numpy.typing as npt

    Ranks = npt.NDArray[np.int64]

BATCH_TEXTS = 10_000  # texts that are cut at once
SHARE = 0.2  # share of the pairs with a positive gain that a round merges; the gains of the others change
NO_WORD = -1  # rank of a token that is not a word, and of the end of a text


class Pair(NamedTuple):
    """Two neighbouring units, by rank, with their entropy gain (nats per token) and PMI (nats)."""

    gain: float
    left: int
    right: int
    pmi: float


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

    def __init__(self, *, max_rounds: int = 20, min_count: int = 5, max_words: int = 8) -> None:
        self.max_rounds = check_integer("max_rounds", max_rounds)
        self.min_count = check_integer("min_count", min_count)
        self.max_words = check_integer("max_words", max_words, least=2)

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
        """
        ids = TokenIds(lexicon)
        begin_stage("cutting text")
        ranks = _rank_tokens(texts, Tokenizer(lexicon, new_words=False), ids)
        units = _Units(lexicon)
        begin_stage("merging phrases")
        information = [_measure_information(ranks, units.names)]
        for _ in range(self.max_rounds):
            pairs = self._rank_pairs(ranks, units)
            share = max(1, int(len(pairs) * SHARE))
            while pairs and share:
                chosen = pairs[:share]
                names, fresh = units.name_pairs(chosen)
                merged = _merge_pairs(ranks, chosen, names)
                after = _measure_information(merged, units.names + fresh)
                if after < information[-1]:
                    break
                share //= 2
            if not pairs or not share:
                break
            units.add(chosen)
            ranks = merged
            information.append(after)
        return _make_lexicon(lexicon, ids, ranks, units, information)

    def _rank_pairs(self, ranks: Ranks, units: _Units) -> list[Pair]:
        """Return pairs with a positive gain, best first, no two of which can overlap in a text."""
        size = len(units.names)
        counts = np.bincount(ranks[ranks >= 0], minlength=size)
        together = (ranks[:-1] >= 0) & (ranks[1:] >= 0)
        keys, times = np.unique(ranks[:-1][together] * size + ranks[1:][together], return_counts=True)
        keys, times = keys[times >= self.min_count], times[times >= self.min_count]
        left, right = keys // size, keys % size
        total = float(counts.sum())
        gain = np.asarray(entropy_gain(times, counts[left], counts[right], total))
        value = np.asarray(pmi(times, counts[left], counts[right], total))
        lefts: set[int] = set()
        rights: set[int] = set()
        chosen = []
        for k in np.lexsort((keys, -gain)).tolist():  # ties: the pair that is first in the lexicon
            a, b = int(left[k]), int(right[k])
            if gain[k] <= 0:
                break
            too_long = len(units.parts[a]) + len(units.parts[b]) > self.max_words
            if a == b or a in rights or b in lefts or too_long or not (units.mergeable[a] and units.mergeable[b]):
                continue
            lefts.add(a)
            rights.add(b)
            chosen.append(Pair(float(gain[k]), a, b, float(value[k])))
        return chosen


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

    def name_pairs(self, pairs: Sequence[Pair]) -> tuple[list[int], list[str]]:
        """Return the rank of each merged pair, and the names that are new."""
        names = [self.names[pair.left] + self.names[pair.right] for pair in pairs]
        fresh = [name for name in dict.fromkeys(names) if name not in self._rank]
        ranks = {**self._rank, **{name: k for k, name in enumerate(fresh, len(self.names))}}
        return [ranks[name] for name in names], fresh

    def add(self, pairs: Sequence[Pair]) -> None:
        """Add the phrases that pairs make, in the order of `name_pairs`."""
        for gain, a, b, value in pairs:
            name = self.names[a] + self.names[b]
            if name not in self._rank:
                self._rank[name] = len(self.names)
                self.names.append(name)
                self.parts.append(self.parts[a] + self.parts[b])
                self.gains.append(gain)
                self.pmis.append(value)
                self.mergeable.append(True)


def _rank_tokens(texts: Corpus | Iterable[str], tokenizer: Tokenizer, ids: TokenIds) -> Ranks:
    """Return the ranks of all words of the texts; `NO_WORD` for any other token and between texts."""
    rank_of = np.full(max(len(tokenizer), 1), NO_WORD, np.int64)
    rank_of[ids.numbers[1:]] = np.arange(len(ids.numbers) - 1)
    pieces = []
    batch: list[str] = []

    def cut() -> None:
        encoded, offsets = tokenizer.encode_batch(batch)
        pieces.append(np.insert(rank_of[encoded], offsets[1:], NO_WORD))
        batch.clear()

    for text in texts:
        batch.append(text)
        if len(batch) == BATCH_TEXTS:
            cut()
    cut()
    return np.concatenate(pieces)


def _measure_information(ranks: Ranks, names: list[str]) -> float:
    """Return the average information per character, in nats, of the text in its current units."""
    counts = np.bincount(ranks[ranks >= 0], minlength=len(names))
    return information_per_symbol(counts, [len(name) for name in names])


def _merge_pairs(ranks: Ranks, pairs: Sequence[Pair], merged_ranks: list[int]) -> Ranks:
    """Replace every chosen pair by one rank; chosen pairs never overlap."""
    size = int(max(ranks.max(), 0)) + 1
    keys = np.array([pair.left * size + pair.right for pair in pairs])
    order = np.argsort(keys, kind="stable")
    keys, new = keys[order], np.array(merged_ranks)[order]
    together = (ranks[:-1] >= 0) & (ranks[1:] >= 0)
    pair = np.where(together, ranks[:-1] * size + ranks[1:], -1)
    at = np.minimum(np.searchsorted(keys, pair), len(keys) - 1)
    hit = np.flatnonzero(keys[at] == pair)
    result = ranks.copy()
    result[hit] = new[at[hit]]
    return np.delete(result, hit + 1)


def _make_lexicon(lexicon: Lexicon, ids: TokenIds, ranks: Ranks, units: _Units, information: list[float]) -> Lexicon:
    known, size = len(lexicon), len(units.names)
    counts = np.bincount(ranks[ranks >= 0], minlength=size)
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
