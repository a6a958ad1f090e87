"""Counting the words of a sample, and new words like them, in the whole corpus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import chain

import numpy as np

from ..._kernels.counting import ALNUM_MODES, Alphabet
from ..._kernels.elementary import log
from ..._kernels.tokenization import Segmenter
from ...corpus import Corpus, map_parts, read_blocks
from ...counting.counts import NgramCounts, alphabet_of
from ...counting.resources import Resources
from ...statistics import new_words
from ..describe import WORD_BYTES

__all__ = ["estimate_new_words", "recount_words"]

MAX_REMEMBERED_WORDS = 4_000_000  # beyond it, the rarest new words are left out


def estimate_new_words(words: list[str], tokens: list[int]) -> tuple[float, float]:
    """Return `nlp_zero.statistics.new_words` of the words with two or more characters."""
    return new_words([count for word, count in zip(words, tokens, strict=True) if len(word) > 1], sum(tokens))


def recount_words(
    texts: Corpus | Iterable[str],
    counts: NgramCounts,
    words: list[str],
    tokens: list[int],
    resources: Resources,
    *,
    is_remote: bool = False,
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
    resources : Resources
        If the words do not fit into the memory, the rarest new words are left out.
    is_remote : bool, default False
        Whether other processes read the text; each has one thread.

    Returns
    -------
    tuple of list
        Words in the order of first occurrence, and their counts.
    """
    most = MAX_REMEMBERED_WORDS if resources.budget is None else resources.budget // (2 * WORD_BYTES)
    most = max(min(most, MAX_REMEMBERED_WORDS), len(words))
    workers = 1 if is_remote else resources.workers
    counter = _WordCounter(words, tokens, alphabet_of(counts), counts.alnum, most, workers)
    found: Counter[str] = Counter()
    for part in map_parts(texts, counter.count):
        found.update(part)
        found = counter.forget(found)
    return list(found), list(found.values())


class _WordCounter:
    """Counts words of a sample and new words in a part of the corpus; is sent to other processes.

    Parameters
    ----------
    words, tokens : list
        The words of the sample and how often each occurs.
    alphabet : Alphabet
        The symbols of the corpus.
    alnum : str
        How digits and Latin letters are treated.
    most : int
        Words that are remembered.
    workers : int
        Threads.
    """

    def __init__(
        self, words: list[str], tokens: list[int], alphabet: Alphabet, alnum: str, most: int, workers: int
    ) -> None:
        self._words, self._tokens, self._alphabet, self._alnum = words, tokens, alphabet, alnum
        self._most, self._workers, self._learnt = most, workers, frozenset(words)

    def count(self, part: Corpus | Iterable[str]) -> Counter[str]:
        """Tokenize a part of the corpus, and count its words."""
        total, mode = sum(self._tokens), ALNUM_MODES.index(self._alnum)
        log_probs, numbers = log(np.array(self._tokens) / total), np.arange(len(self._words) + 1, dtype=np.int32)
        segmenter = Segmenter(tuple(self._words), log_probs, numbers, mode, False, False, False, -log(total + 1) - 1,
                              0.0, *estimate_new_words(self._words, self._tokens))  # fmt: skip
        learnt, alphabet, alphabet_size = self._learnt, self._alphabet, len(self._alphabet.symbols)
        found: Counter[str] = Counter()
        non_words: set[str] = set()  # punctuation, and digits and Latin letters that are not symbols of the counts
        for block in read_blocks(part):
            text = block.data if isinstance(block.data, str) else block.data.decode("utf-8", "surrogatepass")
            in_block = Counter(chain.from_iterable(segmenter.tokenize_batch(text.split("\n"), self._workers)))
            for word in [word for word in in_block if word not in learnt and word not in found]:
                if word not in non_words:
                    ids = alphabet.encode(word)[:-1]
                    if len(ids) and ids.min() > 0 and ids.max() <= alphabet_size:
                        continue
                    non_words.add(word)
                del in_block[word]
            found.update(in_block)
            found = self.forget(found)
            if len(non_words) > self._most:
                non_words.clear()
        return found

    def forget(self, found: Counter[str]) -> Counter[str]:
        """Leave out new words with one occurrence if there are too many words, with two if still, and so on."""
        least = 1
        while len(found) > self._most:
            least += 1
            found = Counter({w: n for w, n in found.items() if n >= least or len(w) == 1 or w in self._learnt})
            if least > found.most_common(1)[0][1]:
                break
        return found
