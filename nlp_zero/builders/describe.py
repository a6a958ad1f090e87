"""From text to a lexicon, for all builders: collect the words, score them, make the lexicon."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels.counting import NgramList, PieceCounter
from .._utils.progress import begin_stage
from ..corpus import Corpus
from ..counting.linked import ABSENT, SYMBOL_BYTES, LinkedTree, join_ngrams
from ..counting.selection import Selection
from ..lexicon.lexicon import Lexicon
from ..lexicon.meta import LexiconMeta
from ..statistics import information_per_symbol
from .passes import CorpusPasses

if TYPE_CHECKING:
    import numpy.typing as npt


__all__ = ["FoundWords", "cut_words", "describe", "describe_words", "estimate_words", "list_words", "look_up_words"]

WORD_BYTES = 500  # per word, until the lexicon is written


@dataclass(frozen=True)
class FoundWords:
    """Words with their symbols and, unless they are longer than the n-grams of the count tree, their places in it.

    Attributes
    ----------
    words : list of str
    tokens : array of int64
        How often each occurs as a word.
    length, node : array of uint32
        Number of symbols, and place among the n-grams of that order (`ABSENT`: not in the tree).
    deep : array of int64
        Rows of the words that have the order of the tree or more.
    ids : list of bytes
        Symbol ids (uint32) of the words in `deep`; as bytes they take a tenth of the memory of tuples.
    joined : bool
        Whether all words are pieces of the text, which was cut last by joining n-grams.
    """

    words: list[str]
    tokens: npt.NDArray[np.int64]
    length: npt.NDArray[np.uint32]
    node: npt.NDArray[np.uint32]
    deep: npt.NDArray[np.int64]
    ids: list[bytes]
    joined: bool = False

    def keep(self, rows: npt.NDArray[np.int64], tokens: npt.NDArray[np.int64]) -> FoundWords:
        """Return the words of rising rows, with other numbers of tokens."""
        new_row = np.full(len(self.words), -1)
        new_row[rows] = np.arange(len(rows))
        deep = new_row[self.deep]
        ids = [x for x, row in zip(self.ids, deep.tolist(), strict=True) if row >= 0]
        words = [self.words[k] for k in rows.tolist()]
        return FoundWords(words, tokens, self.length[rows], self.node[rows], deep[deep >= 0], ids, self.joined)


def look_up_words(tree: LinkedTree, words: Sequence[str], tokens: npt.ArrayLike) -> FoundWords:
    """Look words up in the count tree."""
    node, length, ids = tree.find(words)
    deep = np.flatnonzero(length >= tree.counts.order)
    return FoundWords(list(words), np.asarray(tokens, np.int64), length, node, deep, ids)


def cut_words(
    passes: CorpusPasses, tree: LinkedTree, selection: Selection, min_count: int, max_length: int | None = None
) -> FoundWords:
    """Cut the corpus with the selected n-grams, and collect the pieces.

    Pieces of two or more symbols must occur `min_count` times, and have at most `max_length` symbols.
    """
    pieces = passes.count_pieces(tree, selection)
    long_ids, long_words, long_tokens = _long_pieces(pieces, tree, min_count, max_length)
    words: list[str] = []
    tokens: list[npt.NDArray[Any]] = []
    length, node = [], []
    ids: list[bytes] = []
    for n, times in enumerate(pieces.counts(), 1):
        if n > (max_length or n):
            break
        places = np.flatnonzero(times >= (min_count if n > 1 else 1))
        nodes = selection.nodes[n - 1][places]
        words += tree.texts(n, nodes)
        tokens.append(times[places])
        length.append(np.full(len(places), n, np.uint32))
        node.append(nodes)
        if n == tree.counts.order:
            ids = tree.ids(n, nodes)
    words += long_words
    tokens.append(long_tokens)
    length.append(np.array([len(piece) // SYMBOL_BYTES for piece in long_ids], np.uint32))
    node.append(np.full(len(long_ids), ABSENT, np.uint32))
    ids += long_ids
    tree.check_memory(WORD_BYTES * len(words), f"{len(words):,} words")
    deep = np.arange(len(words) - len(ids), len(words))
    return FoundWords(
        words, np.concatenate(tokens).astype(np.int64), np.concatenate(length), np.concatenate(node), deep, ids, True
    )


def estimate_words(
    tree: LinkedTree, min_count: int, min_pmi: Sequence[float], max_length: int | None = None
) -> FoundWords:
    """Collect the pieces that `cut_words` would find with the n-grams selected, from a tree of all n-grams alone."""
    words: list[str] = []
    tokens, length, node = [], [], []
    for n, (places, times) in enumerate(tree.estimate_pieces(min_count, min_pmi), 1):
        if n > (max_length or n):
            break
        words += tree.texts(n, places)
        tokens.append(times)
        length.append(np.full(len(places), n, np.uint32))
        node.append(places)
    tree.check_memory(WORD_BYTES * len(words), f"{len(words):,} words")
    found = (np.concatenate(tokens), np.concatenate(length), np.concatenate(node))
    return FoundWords(words, *found, np.zeros(0, np.int64), [])


def _long_pieces(
    pieces: PieceCounter, tree: LinkedTree, min_count: int, max_length: int | None
) -> tuple[list[bytes], list[str], npt.NDArray[np.int64]]:
    """Return symbol ids, texts and counts of the pieces that are longer than the n-grams of the tree."""
    ids, tokens = pieces.longer(min_count)
    if max_length is not None:
        short = [k for k, piece in enumerate(ids) if len(piece) <= SYMBOL_BYTES * max_length]
        ids, tokens = [ids[k] for k in short], tokens[short]
    symbols = tree.counts.symbols
    texts = ["".join([symbols[s - 1] for s in memoryview(piece).cast("I")]) for piece in ids]
    return ids, texts, tokens.astype(np.int64)


def describe(
    texts: Corpus | Iterable[str], tree: LinkedTree, words: Sequence[str], tokens: npt.ArrayLike, *, method: str
) -> Lexicon:
    """Make the lexicon of words that occur `tokens` times as words; see `describe_words`."""
    return describe_words(look_up_words(tree, words, tokens), tree, CorpusPasses(texts), method=method)


def describe_words(found: FoundWords, tree: LinkedTree, passes: CorpusPasses | None, *, method: str) -> Lexicon:
    """Make the lexicon of the words found, with PMI, branching entropies and cohesion.

    The scores of words that are shorter than the order of the tree come from the tree; one more pass over the corpus
    gives the scores of the others, which are not known (NaN) without `passes`.
    """
    begin_stage("measuring words")
    raw, pmi, left, right = tree.measure(found.length, found.node)
    if len(found.deep) and passes is not None:
        _measure_in_text(found, tree, passes, (raw, pmi, left, right))
    cohesion = np.divide(found.tokens, raw, out=np.full(len(raw), np.nan), where=raw > 0)
    columns = {"pmi": pmi, "left_entropy": left, "right_entropy": right, "cohesion": cohesion}
    return Lexicon(found.words, found.tokens, scores=columns, meta=_describe_text(found, tree, method))


def list_words(found: FoundWords, tree: LinkedTree, *, method: str) -> Lexicon:
    """Make the lexicon of the words found, without scores."""
    return Lexicon(found.words, found.tokens, meta=_describe_text(found, tree, method))


def _describe_text(found: FoundWords, tree: LinkedTree, method: str) -> LexiconMeta:
    """Return what is known about the text and its words."""
    counts = tree.counts
    return LexiconMeta(
        method=method,
        unit=counts.unit,
        alnum=counts.alnum,
        characters=counts.total(1),
        tokens=int(found.tokens.sum()),
        entropy_before=information_per_symbol(tree.symbol_counts(), 1),
        entropy_after=information_per_symbol(found.tokens, list(map(len, found.words))),
    )


def _measure_in_text(
    found: FoundWords, tree: LinkedTree, passes: CorpusPasses, columns: tuple[npt.NDArray[Any], ...]
) -> None:
    """Fill in entropies of words of the order of the tree, and all scores of longer words, by a pass over the text."""
    (raw, pmi, left, right), ids, deep = columns, found.ids, found.deep
    top = tree.counts.order * SYMBOL_BYTES
    beyond = [k for k, word in enumerate(ids) if len(word) > top]
    affixes = {part for k in beyond for split in _splits(ids[k]) for part in split}
    affixes.difference_update(ids)
    shallow = [x for x in affixes if len(x) <= top]
    wanted = ids + [x for x in affixes if len(x) > top]
    del affixes
    listed = NgramList(join_ngrams(wanted), len(tree.counts.symbols))
    times, left[deep], right[deep] = passes.find_occurrences(tree, listed, len(ids), joined=found.joined).result()
    raw[deep] = times[: len(ids)]
    number = dict(zip(wanted, times.tolist(), strict=True))
    del listed, wanted
    number |= zip(shallow, tree.count_ngrams(shallow), strict=True)
    worst = [max([number[a] * number[b] for a, b in _splits(ids[k])]) for k in beyond]
    at = deep[beyond]
    pmi[at] = np.log(raw[at] * float(tree.counts.total(1)) / np.array(worst, np.float64))


def _splits(word: bytes) -> list[tuple[bytes, bytes]]:
    """Return all ways to split a word, given by its symbol ids, in two."""
    return [(word[:i], word[i:]) for i in range(SYMBOL_BYTES, len(word), SYMBOL_BYTES)]
