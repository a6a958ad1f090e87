"""Counting the words of a sample, and new words like them, in the whole corpus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import chain

import numpy as np

from ..._kernels.counting import ALNUM_MODES
from ..._kernels.elementary import log
from ..._kernels.tokenization import Segmenter
from ...corpus import Corpus, read_blocks
from ...counting.counts import NgramCounts, alphabet_of
from ...statistics import new_words

__all__ = ["estimate_new_words", "recount_words"]

MAX_REMEMBERED_WORDS = 4_000_000  # beyond it, new words with one occurrence are dropped


def estimate_new_words(words: list[str], tokens: list[int]) -> tuple[float, float]:
    """Return `nlp_zero.statistics.new_words` of the words with two or more characters."""
    return new_words([count for word, count in zip(words, tokens, strict=True) if len(word) > 1], sum(tokens))


def recount_words(
    texts: Corpus | Iterable[str], counts: NgramCounts, words: list[str], tokens: list[int], workers: int
) -> tuple[list[str], list[int]]:
    """Tokenize the whole corpus with the words of a sample, and count words and new words (see `Tokenizer`).

    Parameters
    ----------
    texts : Corpus or iterable of str
        The whole corpus.
    counts : NgramCounts
        Counts of the whole corpus, which give its symbols.
    words, tokens : list
        The words of the sample and how often each occurs.
    workers : int
        Threads.

    Returns
    -------
    tuple of list
        Words in the order of first occurrence, and their counts.
    """
    total, mode = sum(tokens), ALNUM_MODES.index(counts.alnum)
    log_probs, numbers = log(np.array(tokens) / total), np.arange(len(words) + 1, dtype=np.int32)
    segmenter = Segmenter(tuple(words), log_probs, numbers, mode, False, False, False, -log(total + 1) - 1, 0.0,
                          *estimate_new_words(words, tokens))  # fmt: skip
    learnt, alphabet_size = set(words), len(counts.symbols)
    found: Counter[str] = Counter()
    non_words: set[str] = set()  # punctuation, and digits and Latin letters that are not symbols of the counts
    for block in read_blocks(texts):
        text = block.data if isinstance(block.data, str) else block.data.decode("utf-8", "surrogatepass")
        in_block = Counter(chain.from_iterable(segmenter.tokenize_batch(text.split("\n"), workers)))
        for word in [word for word in in_block if word not in learnt and word not in found]:
            if word not in non_words:
                ids = alphabet_of(counts).encode(word)[:-1]
                if len(ids) and ids.min() > 0 and ids.max() <= alphabet_size:
                    continue
                non_words.add(word)
            del in_block[word]
        found.update(in_block)
        if len(found) > MAX_REMEMBERED_WORDS:
            found = Counter({word: count for word, count in found.items() if count > 1 or word in learnt})
        if len(non_words) > MAX_REMEMBERED_WORDS:
            non_words.clear()
    return list(found), list(found.values())
