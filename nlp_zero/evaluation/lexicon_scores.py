"""Scores of a lexicon itself: its words, the information per character, the overlap with the training text."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.elementary import log
from .._utils.validation import check_integer, check_memory
from ..corpus import Corpus, restartable
from ..counting.counter import NgramCounter
from ..counting.counts import MAX_ORDER
from .alignment import check_lines

if TYPE_CHECKING:
    from ..tokenization.tokenizer import Tokenizer

__all__ = ["bits_per_character", "find_occurring_words", "lexicon_precision", "lexicon_recall", "training_overlap"]

SIZES = (1000, 5000, 10000, 20000)
LINE_BYTES, CHARACTER_BYTES = 200, 4  # memory for each line that is looked up, and for each of its characters, at most


def lexicon_precision(words: Iterable[str], gold_types: Collection[str], n: Sequence[int] = SIZES) -> dict[int, float]:
    """Return the share of real words among the first n words of a lexicon that have two or more characters.

    Parameters
    ----------
    words : iterable of str
        A lexicon's words, best first.
    gold_types : collection of str
        All real words.
    n : sequence of int, default (1000, 5000, 10000, 20000)
        Numbers of words.  If a lexicon has fewer words, they are all measured instead.

    Returns
    -------
    dict of int to float
        The share for each number of words.

    Raises
    ------
    ValueError
        If a number of words is less than 1.

    Examples
    --------
    >>> lexicon_precision(["中国", "的", "国人", "人民"], {"中国", "人民"}, n=(1, 2, 1000))
    {1: 1.0, 2: 0.5, 3: 0.6666666666666666}
    """
    return {size: int(hits) / size for size, hits in _count_hits(words, gold_types, n).items()}


def lexicon_recall(words: Iterable[str], gold_types: Collection[str], n: Sequence[int] = SIZES) -> dict[int, float]:
    """Return the share of the real words of two or more characters that are among the first n such words.

    A dictionary also lists words that do not occur in the text, which cannot be learnt from it; `find_occurring_words`
    finds those that do.

    Parameters
    ----------
    words : iterable of str
        A lexicon's words, best first.
    gold_types : collection of str
        All real words.
    n : sequence of int, default (1000, 5000, 10000, 20000)
        Numbers of words.  If a lexicon has fewer words, they are all measured instead.

    Returns
    -------
    dict of int to float
        The share for each number of words; empty if there are no real words of two or more characters.

    Raises
    ------
    ValueError
        If a number of words is less than 1.

    Examples
    --------
    >>> lexicon_recall(["中国", "的", "国人", "人民"], {"中国", "人民", "政府", "是"}, n=(1, 3))
    {1: 0.3333333333333333, 3: 0.6666666666666666}
    """
    distinct = _set_of(gold_types)
    real = sum(len(word) >= 2 for word in distinct)
    return {size: int(hits) / real for size, hits in _count_hits(words, distinct, n).items()} if real else {}


def find_occurring_words(words: Iterable[str], texts: Corpus | Iterable[str]) -> set[str]:
    """Find the words of two to eight characters that occur in raw texts, between two marks of punctuation.

    Parameters
    ----------
    words : iterable of str
        The words; shorter and longer ones are left out.
    texts : Corpus or iterable of str
        Raw texts.

    Returns
    -------
    set of str
        The words that occur.

    Examples
    --------
    >>> sorted(find_occurring_words(["中国", "人民", "国人"], ["在中国，人民"]))
    ['中国', '人民']
    """
    listed = {word for word in words if 2 <= len(word) <= MAX_ORDER}
    if not listed:
        return set()
    counts = NgramCounter(order=max(map(len, listed)), alnum="split").update(texts).freeze()
    return {word for word in listed if counts[word]}


def bits_per_character(tokenizer: Tokenizer, texts: Iterable[str], characters: int) -> float:
    """Return the cross entropy of the unigram model of a lexicon on raw texts, in bits per character.

    Compare lexicons on text that none of them was learnt from.

    Parameters
    ----------
    tokenizer : Tokenizer
        The tokenizer of the lexicon.
    texts : iterable of str
        Raw texts.
    characters : int
        Number of characters of the texts, without marks and (with ``alnum="token"``) without digits and Latin letters,
        which cost nothing.

    Returns
    -------
    float
        Bits per character; 0 if `characters` is 0.

    Notes
    -----
    −Σ log₂ Σ Π p(word) / characters: the first sum is over the texts, the second over all segmentations of a text.

    Examples
    --------
    >>> from nlp_zero import Lexicon, Tokenizer
    >>> tokenizer = Tokenizer(Lexicon(["早晨", "茶"], [1, 1]), unk_log_prob=-1000)
    >>> bits_per_character(tokenizer, ["早晨，茶"], 3)  # two words of one bit
    0.6666666666666666
    """
    nats = -math.fsum(tokenizer.log_partition(text) for text in texts)
    return nats / log(2) / characters if characters else 0.0


def training_overlap(
    test: Iterable[str], training: Iterable[str], *, memory: int | str | None = None
) -> float:
    """Return the share of the characters of the test lines that are in lines of the training text.

    Whitespace is ignored, so both may be segmented or raw.  1 is the *transductive* setting, where the words are
    learnt from the raw test text itself; 0 means that the test text is *unseen*.

    Parameters
    ----------
    test : iterable of str
        Lines of the test text.
    training : iterable of str
        Lines of the training text.
    memory : int, str or None, default None
        Memory budget in bytes, or a size like ``"512M"``.  The test lines are then read twice and, if they do not fit,
        both texts several times, so they must not be iterators.  It never changes the result.

    Returns
    -------
    float
        A number from 0 to 1.

    Raises
    ------
    TypeError
        If a text is one string, or an iterator that must be read again.

    Examples
    --------
    >>> training_overlap(["在 中国", "人民"], ["在中国", "他们"])
    0.6
    """
    budget, parts = check_memory(memory), 1
    test, training = check_lines(test), check_lines(training)
    if budget is not None:
        test, needed = restartable(test), 0
        for line in test:
            needed += LINE_BYTES + CHARACTER_BYTES * len(line)
        parts = -(-needed // budget)
        training = restartable(training) if parts > 1 else training
    total = missing = 0
    for part in range(parts):
        lines = Counter(_select_lines(test, part, parts))
        total += sum(len(line) * times for line, times in lines.items())
        for line in _select_lines(training, part, parts):
            lines.pop(line, None)
        missing += sum(len(line) * times for line, times in lines.items())
    return 1 - missing / total if total else 0.0


def _select_lines(lines: Iterable[str], part: int, parts: int) -> Iterator[str]:
    """Yield the lines of one of several parts, without spaces; equal lines are in the same part."""
    for line in lines:
        bare = "".join(line.split())
        if parts == 1 or zlib.crc32(bare.encode("utf-8", "surrogatepass")) % parts == part:
            yield bare


def _set_of(words: Collection[str]) -> Collection[str]:
    return words if isinstance(words, set | frozenset | dict) else set(check_lines(words))


def _count_hits(words: Iterable[str], gold_types: Collection[str], n: Sequence[int]) -> dict[int, int]:
    for size in n:
        check_integer("n", size)
    lookup = _set_of(gold_types)
    hits = np.cumsum([word in lookup for word in check_lines(words) if len(word) >= 2], dtype=np.int64)
    sizes = sorted({min(size, len(hits)) for size in n} - {0})
    return {size: int(hits[size - 1]) for size in sizes}
