"""What a lexicon is worth beside the cuts: its words, how much information they leave, what text it was learnt from."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..corpus.corpus import Corpus
from ..counting.counter import NgramCounter
from ..counting.counts import MAX_ORDER

if TYPE_CHECKING:
    from ..tokenization.tokenizer import Tokenizer

__all__ = ["bits_per_character", "lexicon_precision", "lexicon_recall", "occurring", "training_overlap"]

SIZES = (1000, 5000, 10000, 20000)


def lexicon_precision(
    words: Iterable[str], gold_types: Collection[str], n: Sequence[int] = SIZES
) -> dict[int, float]:
    """Return which share of the first n words, of those with two or more characters, are real words.

    Parameters
    ----------
    words : iterable of str
        A lexicon's words, best first.
    gold_types : collection of str
        All real words.
    n : sequence of int
        Where to measure.  A list that is shorter than some n is measured once at its full length instead.

    Examples
    --------
    >>> lexicon_precision(["中国", "的", "国人", "人民"], {"中国", "人民"}, n=(1, 2, 1000))
    {1: 1.0, 2: 0.5, 3: 0.6666666666666666}
    """
    return {size: int(hits) / size for size, hits in _hits(words, gold_types, n).items()}


def lexicon_recall(words: Iterable[str], gold_types: Collection[str], n: Sequence[int] = SIZES) -> dict[int, float]:
    """Return which share of the real words of two or more characters are among the first n of such words.

    Parameters are those of `lexicon_precision`.  A dictionary also lists words that the text never had, which nobody
    can learn from it: take those that it has, by `occurring`.

    Examples
    --------
    >>> lexicon_recall(["中国", "的", "国人", "人民"], {"中国", "人民", "政府", "是"}, n=(1, 3))
    {1: 0.3333333333333333, 3: 0.6666666666666666}
    """
    real = sum(len(word) >= 2 for word in gold_types)
    return {size: int(hits) / real for size, hits in _hits(words, gold_types, n).items()} if real else {}


def occurring(words: Iterable[str], texts: Corpus | Iterable[str]) -> set[str]:
    """Return the words of two to eight characters that occur in raw texts, between two marks of punctuation.

    Examples
    --------
    >>> sorted(occurring(["中国", "人民", "国人"], ["在中国，人民"]))
    ['中国', '人民']
    """
    listed = {word for word in words if 2 <= len(word) <= MAX_ORDER}
    if not listed:
        return set()
    counts = NgramCounter(order=max(map(len, listed)), alnum="split").update(texts).freeze()
    return {word for word in listed if counts[word]}


def bits_per_character(tokenizer: Tokenizer, texts: Iterable[str], characters: int) -> float:
    """Return how many bits a character the unigram model of a lexicon needs for raw texts, all cuts together.

    −log₂ Σ Π p(word) over all segmentations, a text at a time, over `characters`: those that are neither marks nor
    (at ``alnum="token"``) digits and Latin letters, which cost nothing.  Compare lexicons on text that none of them was
    learnt from.

    Examples
    --------
    >>> from nlp_zero import Lexicon, Tokenizer
    >>> tokenizer = Tokenizer(Lexicon(["早晨", "茶"], [1, 1]), unk_log_prob=-1000)
    >>> bits_per_character(tokenizer, ["早晨，茶"], 3)  # two words of one bit
    0.6666666666666666
    """
    nats = -math.fsum(tokenizer.log_partition(text) for text in texts)
    return nats / math.log(2) / characters if characters else 0.0


def training_overlap(test: Iterable[str], training: Iterable[str]) -> float:
    """Return which share of the characters of test lines are in lines that the training text has too.

    Whitespace in the lines does not count, so both may be segmented or raw.  1 is the *transductive* setting: learnt
    from the raw test text itself; 0 means that the test text was *unseen*.

    Examples
    --------
    >>> training_overlap(["在 中国", "人民"], ["在中国", "他们"])
    0.6
    """
    missing = Counter("".join(line.split()) for line in test)
    total = sum(len(line) * times for line, times in missing.items())
    for line in training:
        missing.pop("".join(line.split()), None)
    return 1 - sum(len(line) * times for line, times in missing.items()) / total if total else 0.0


def _hits(words: Iterable[str], gold_types: Collection[str], n: Sequence[int]) -> dict[int, int]:
    if any(size < 1 for size in n):
        raise ValueError("lexicon precision is measured at 1 word or more")
    lookup = gold_types if isinstance(gold_types, set | frozenset | dict) else set(gold_types)
    hits = np.cumsum([word in lookup for word in words if len(word) >= 2], dtype=np.int64)
    sizes = sorted({min(size, len(hits)) for size in n} - {0})
    return {size: int(hits[size - 1]) for size in sizes}
