"""From words to phrases: the minimum-entropy principle one level up.

Text is cut into words; neighbours whose union lowers the information of the text most are merged, and again, in rounds:
中华 人民 共和国 → 中华人民 共和国 → 中华人民共和国.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..corpus.corpus import Corpus
from ..lexicon.lexicon import Lexicon
from ..statistics import entropy_gain, information_per_symbol, pmi
from ..tokenization.tokenizer import Tokenizer

__all__ = ["PhraseBuilder"]

if TYPE_CHECKING:
    import numpy.typing as npt

    Ids = npt.NDArray[np.int64]

BATCH = 10_000  # texts that are cut at once
SHARE = 0.2  # of the pairs that pay, the best that are merged in one round; the others are judged anew afterwards


class PhraseBuilder:
    """Merges words that belong together into phrases.

    In each round the pairs of neighbours with the greatest entropy gain G > 0 (`nlp_zero.scores.entropy_gain`) become
    one unit each; a round is kept only if the average information per character falls.  The ids of all tokens of the
    text are held in memory (8 bytes a token).

    Parameters
    ----------
    max_rounds
        Most rounds.
    min_count
        Pairs that come less often stay apart.
    max_words
        Most words in a phrase.

    Examples
    --------
    >>> words = Lexicon(["中华", "人民", "共和国", "爱"], [9, 9, 9, 9])
    >>> texts = ["中华人民共和国爱人民", "爱中华人民共和国", "人民爱中华人民共和国"]
    >>> phrases = PhraseBuilder(min_count=3, max_words=3).build(texts, words)
    >>> phrases.parts["中华人民共和国"]
    ('中华', '人民', '共和国')
    """

    def __init__(self, *, max_rounds: int = 20, min_count: int = 5, max_words: int = 8) -> None:
        limits = (("max_rounds", max_rounds, 1), ("min_count", min_count, 1), ("max_words", max_words, 2))
        for name, value, least in limits:
            if not isinstance(value, int) or value < least:
                raise ValueError(f"{name} must be a whole number from {least}, not {value!r}.")
        self.max_rounds, self.min_count, self.max_words = max_rounds, min_count, max_words

    def build(self, texts: Corpus | Iterable[str], lexicon: Lexicon) -> Lexicon:
        """The lexicon with phrases added and all counts taken again from `texts`, cut with it.

        Phrases have a ``gain`` (nats per token of the text before their round) and ``parts``, the words that they are
        made of.  ``meta.phrase_rounds`` lists the average information per character (nats) before the first round
        and after each one; it falls.
        """
        ids = _tokens(texts, Tokenizer(lexicon, new_words=False))
        units = [*lexicon.words]
        parts: list[tuple[str, ...]] = [(word,) for word in units]
        gains = [np.nan] * len(units)
        pmis = lexicon.scores["pmi"].tolist() if "pmi" in lexicon.scores else [np.nan] * len(units)
        place = {word: k for k, word in enumerate(units)}
        information = [_information(ids, units)]
        for _ in range(self.max_rounds):
            pairs = self._paying(ids, parts)
            share = max(1, int(len(pairs) * SHARE))
            while pairs and share:
                chosen = pairs[:share]
                names = [units[a] + units[b] for _, a, b, _ in chosen]
                fresh = [name for name in dict.fromkeys(names) if name not in place]
                numbers = {**place, **{name: k for k, name in enumerate(fresh, len(units))}}
                merged = _merged(ids, chosen, [numbers[name] for name in names])
                after = _information(merged, units + fresh)
                if after < information[-1]:
                    break
                share //= 2
            if not pairs or not share:
                break
            for (gain, a, b, value), name in zip(chosen, names, strict=True):
                if name not in place:
                    place[name] = len(units)
                    units.append(name)
                    parts.append(parts[a] + parts[b])
                    gains.append(gain)
                    pmis.append(value)
            ids = merged
            information.append(after)
        return self._lexicon(lexicon, ids, units, parts, gains, pmis, information)

    def _paying(self, ids: Ids, parts: Sequence[tuple[str, ...]]) -> list[tuple[float, int, int, float]]:
        """Pairs whose gain is positive, best first, no two of which can overlap: (gain, left, right, PMI)."""
        size = len(parts)
        counts = np.bincount(ids[ids >= 0], minlength=size)
        together = (ids[:-1] >= 0) & (ids[1:] >= 0)
        keys, times = np.unique(ids[:-1][together] * size + ids[1:][together], return_counts=True)
        keys, times = keys[times >= self.min_count], times[times >= self.min_count]
        left, right = keys // size, keys % size
        total = float(counts.sum())
        gain = np.asarray(entropy_gain(times, counts[left], counts[right], total))
        value = np.asarray(pmi(times, counts[left], counts[right], total))
        lefts: set[int] = set()
        rights: set[int] = set()
        chosen = []
        for k in np.lexsort((keys, -gain)).tolist():  # ties: the pair that comes first in the lexicon
            a, b = int(left[k]), int(right[k])
            if gain[k] <= 0:
                break
            if a == b or a in rights or b in lefts or len(parts[a]) + len(parts[b]) > self.max_words:
                continue
            lefts.add(a)
            rights.add(b)
            chosen.append((float(gain[k]), a, b, float(value[k])))
        return chosen

    def _lexicon(
        self,
        lexicon: Lexicon,
        ids: Ids,
        units: list[str],
        parts: Sequence[tuple[str, ...]],
        gains: list[float],
        pmis: list[float],
        information: list[float],
    ) -> Lexicon:
        known = len(lexicon)
        counts = np.bincount(ids[ids >= 0], minlength=len(units))
        columns = {
            name: np.concatenate([column, np.full(len(units) - known, np.nan)])
            for name, column in lexicon.scores.items()
        }
        columns["pmi"], columns["gain"] = np.array(pmis), np.array(gains)
        return Lexicon(
            units,
            counts,
            scores=columns,
            meta=replace(
                lexicon.meta,
                tokens=int(counts.sum()),
                entropy_after=information[-1],
                phrase_rounds=tuple(information),
            ),
            parts=dict(zip(units[known:], parts[known:], strict=True)),
        )


def _tokens(texts: Corpus | Iterable[str], tokenizer: Tokenizer) -> Ids:
    """Ranks of all words of the texts; -1 for anything that no word crosses, and between texts."""
    pieces = []
    batch: list[str] = []

    def cut() -> None:
        ids, offsets = tokenizer.encode_batch(batch)
        pieces.append(np.insert(ids.astype(np.int64) - 1, offsets[1:], -1))
        batch.clear()

    for text in texts:
        batch.append(text)
        if len(batch) == BATCH:
            cut()
    cut()
    return np.concatenate(pieces)


def _information(ids: Ids, units: list[str]) -> float:
    counts = np.bincount(ids[ids >= 0], minlength=len(units))
    return information_per_symbol(counts, [len(unit) for unit in units])


def _merged(ids: Ids, pairs: list[tuple[float, int, int, float]], names: list[int]) -> Ids:
    """Every chosen pair as one id; chosen pairs never overlap."""
    size = int(max(ids.max(), 0)) + 1
    keys = np.array([a * size + b for _, a, b, _ in pairs])
    order = np.argsort(keys)
    keys, new = keys[order], np.array(names)[order]
    together = (ids[:-1] >= 0) & (ids[1:] >= 0)
    pair = np.where(together, ids[:-1] * size + ids[1:], -1)
    at = np.minimum(np.searchsorted(keys, pair), len(keys) - 1)
    hit = np.flatnonzero(keys[at] == pair)
    merged = ids.copy()
    merged[hit] = new[at[hit]]
    return np.delete(merged, hit + 1)
