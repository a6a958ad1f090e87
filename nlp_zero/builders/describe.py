"""From text to a lexicon, for all builders: collect the words, score them, make the lexicon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels.counting import Affixes, PieceCounter, return_memory
from .._kernels.elementary import log
from .._utils.progress import begin_stage
from ..counting.linked import LinkedTree
from ..counting.packed import PackedWords
from ..counting.selectable import ABSENT, SelectableTree
from ..counting.selection import Selection
from ..lexicon.lexicon import Lexicon
from ..lexicon.meta import LexiconMeta
from ..statistics import information_per_symbol
from .passes import CorpusPasses

if TYPE_CHECKING:
    import numpy.typing as npt


__all__ = [
    "WORD_BYTES", "FoundWords", "cut_words", "describe_words", "estimate_words", "list_words",
    "look_up_words",
]  # fmt: skip

WORD_BYTES = 500  # per word, until the lexicon is written


@dataclass(frozen=True)
class FoundWords:
    """Words with their symbols and, unless they are longer than the n-grams of the count tree, their places in it.

    Attributes
    ----------
    words : PackedWords
    tokens : array of int64
        How often each occurs as a word.
    length, node : array of uint32
        Number of symbols, and place among the n-grams of that order (`ABSENT`: not in the tree).
    deep : array of int64
        Rows of the words that have the order of the tree or more.
    ids : array of uint32
        Symbol ids of the words in `deep`, each word closed by a 0.
    joined : bool
        Whether all words are pieces of the text, which was cut last by joining n-grams.
    """

    words: PackedWords
    tokens: npt.NDArray[np.int64]
    length: npt.NDArray[np.uint32]
    node: npt.NDArray[np.uint32]
    deep: npt.NDArray[np.int64]
    ids: npt.NDArray[np.uint32]
    joined: bool = False

    def keep(self, rows: npt.NDArray[np.int64], tokens: npt.NDArray[np.int64]) -> FoundWords:
        """Return the words of rising rows, with other numbers of tokens."""
        new_row = np.full(len(self.words), -1)
        new_row[rows] = np.arange(len(rows))
        deep = new_row[self.deep]
        ids = self.ids[np.repeat(deep >= 0, self.length[self.deep].astype(np.int64) + 1)]
        words, deep = self.words.take(rows), deep[deep >= 0]
        return FoundWords(words, tokens, self.length[rows], self.node[rows], deep, ids, self.joined)


def look_up_words(tree: SelectableTree, words: Sequence[str], tokens: npt.ArrayLike) -> FoundWords:
    """Look words up in the count tree."""
    node, length, ids = tree.find(words)
    deep = np.flatnonzero(length >= tree.counts.order)
    return FoundWords(PackedWords.pack(words), np.asarray(tokens, np.int64), length, node, deep, ids)


def cut_words(
    passes: CorpusPasses, tree: SelectableTree, selection: Selection, min_count: int, max_length: int | None = None
) -> FoundWords:
    """Cut the corpus with the selected n-grams, and collect the pieces.

    Pieces of two or more symbols must occur `min_count` times, and have at most `max_length` symbols.
    """
    pieces = passes.count_pieces(tree, selection)
    long_ids, long_length, long_tokens = _long_pieces(pieces, min_count, max_length)
    words: list[PackedWords] = []
    tokens: list[npt.NDArray[Any]] = []
    length, node = [], []
    deep_ids = [np.zeros(0, np.uint32)]
    for n, times in enumerate(pieces.counts(), 1):
        if n > (max_length or n):
            break
        places = np.flatnonzero(times >= (min_count if n > 1 else 1))
        nodes = selection.nodes[n - 1][places]
        ids = tree.ids(n, nodes)
        words.append(tree.pack(ids))
        tokens.append(times[places])
        length.append(np.full(len(places), n, np.uint32))
        node.append(nodes)
        if n == tree.counts.order:
            deep_ids.append(ids)
    words.append(tree.pack(long_ids))
    tokens.append(long_tokens)
    length.append(long_length)
    node.append(np.full(len(long_length), ABSENT, np.uint32))
    deep_ids.append(long_ids)
    packed = PackedWords.join(words)
    tree.check_memory(WORD_BYTES * len(packed), f"{len(packed):,} words")
    columns = (np.concatenate(tokens).astype(np.int64), np.concatenate(length), np.concatenate(node))
    deep = np.flatnonzero(columns[1] >= tree.counts.order)
    return FoundWords(packed, *columns, deep, np.concatenate(deep_ids), True)


def estimate_words(
    tree: LinkedTree, min_count: int, min_pmi: Sequence[float], max_length: int | None = None
) -> FoundWords:
    """Collect the pieces that `cut_words` would find with the n-grams selected, from a tree of all n-grams alone."""
    words: list[PackedWords] = []
    tokens, length, node = [], [], []
    for n, (places, times) in enumerate(tree.estimate_pieces(min_count, min_pmi), 1):
        if n > (max_length or n):
            break
        words.append(tree.pack(tree.ids(n, places)))
        tokens.append(times)
        length.append(np.full(len(places), n, np.uint32))
        node.append(places)
    packed = PackedWords.join(words)
    tree.check_memory(WORD_BYTES * len(packed), f"{len(packed):,} words")
    found = (np.concatenate(tokens), np.concatenate(length), np.concatenate(node))
    return FoundWords(packed, *found, np.zeros(0, np.int64), np.zeros(0, np.uint32))


def _long_pieces(
    pieces: PieceCounter, min_count: int, max_length: int | None
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
    """Return the pieces longer than the n-grams of the tree: their ids, each closed by a 0, lengths and counts."""
    symbols, length, tokens = pieces.longer(min_count)
    if max_length is not None:
        short = length <= max_length
        symbols, length, tokens = symbols[np.repeat(short, length + 1)], length[short], tokens[short]
    return symbols, length, tokens


def describe_words(found: FoundWords, tree: SelectableTree, passes: CorpusPasses | None, *, method: str) -> Lexicon:
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


def list_words(found: FoundWords, tree: SelectableTree, *, method: str) -> Lexicon:
    """Make the lexicon of the words found, without scores."""
    return Lexicon(found.words, found.tokens, meta=_describe_text(found, tree, method))


def _describe_text(found: FoundWords, tree: SelectableTree, method: str) -> LexiconMeta:
    """Return what is known about the text and its words."""
    counts = tree.counts
    return LexiconMeta(
        method=method,
        unit=counts.unit,
        alnum=counts.alnum,
        characters=counts.total(1),
        tokens=int(found.tokens.sum()),
        entropy_before=information_per_symbol(tree.symbol_counts(), 1),
        entropy_after=information_per_symbol(found.tokens, found.words.lengths),
    )


def _measure_in_text(
    found: FoundWords, tree: SelectableTree, passes: CorpusPasses, columns: tuple[npt.NDArray[Any], ...]
) -> None:
    """Fill in entropies of words of the order of the tree, and all scores of longer words, by a pass over the text."""
    (raw, pmi, left, right), deep = columns, found.deep
    return_memory()  # that of the pass before, which was freed
    affixes = Affixes(found.ids, tree.counts.order, len(tree.counts.symbols))
    times, left[deep], right[deep] = passes.find_occurrences(
        tree, affixes.ngrams, len(deep), joined=found.joined
    ).result()  # the occurrences are not kept
    raw[deep] = times[: len(deep)]
    worst = affixes.greatest_products(times, tree.count_ngrams(affixes.shallow))
    at = deep[found.length[deep] > tree.counts.order]
    pmi[at] = log(raw[at] * float(tree.counts.total(1)) / worst)
