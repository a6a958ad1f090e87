"""Teaching the builders that read a corpus as a stream: words that they found, and examples.

The teacher learns in this process, from a reference text of about two million symbols at most. Then the corpus is cut;
on a cluster each part is cut where it is read; the teacher is sent there with the statistics of all pairs of symbols.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.bayes import Cutter
from ..._kernels.counting import Alphabet
from ..._kernels.elementary import log
from ..._utils.progress import begin_stage
from ...corpus import Corpus, map_parts, read_blocks
from ...counting.selectable import SelectableTree
from ...errors import CorpusError
from ..describe import WORD_BYTES, FoundWords, look_up_words
from ..drawn_lines import draw_text, encode_text
from ..passes import CorpusPasses
from .columns import GapStatistics
from .examples import shorten
from .field import Evidence, FieldReader
from .teacher import EncodedExamples, Teacher, Teaching, count_cut_words
from .texts import append_lines, find_missing_lines

if TYPE_CHECKING:
    import numpy.typing as npt

    SymbolArray = npt.NDArray[np.uint32]
    ScoredWords = tuple[SymbolArray, npt.NDArray[np.float64], float]
    """Words end to end, each closed by a 0, their log probabilities, and that of an unknown symbol."""

__all__ = ["add_to_passes", "teach_words"]

REFERENCE_SYMBOLS = 2_000_000  # of the corpus, from which the field learns what it needs in addition to the examples
MAX_REMEMBERED_WORDS = 4_000_000  # beyond it, words with one occurrence are dropped


def add_to_passes(passes: CorpusPasses, teaching: Teaching) -> list[str]:
    """Let passes read the lines of the examples that their texts lack, too; return these lines.

    Raises
    ------
    CorpusError
        If there are such lines, and a checkpoint.
    """
    added = find_missing_lines(passes.texts, teaching.examples)
    if added and passes.resources.checkpoint is not None:
        raise CorpusError(
            f"{teaching.examples.name}: the corpus lacks {len(added):,} of the lines, such as {shorten(added[0])}, and "
            "a checkpoint is of the corpus alone; give lines of the corpus, or leave out checkpoint."
        )
    passes.texts = append_lines(passes.texts, added)
    passes.add_part(added)
    return added


def teach_words(
    found: FoundWords,
    tree: SelectableTree,
    passes: CorpusPasses,
    teaching: Teaching,
    added: list[str],
    *,
    min_count: int,
) -> FoundWords:
    """Cut a corpus in the convention of examples, and count the words.

    Parameters
    ----------
    found : FoundWords
        The words of an unsupervised builder.
    tree : SelectableTree
        Counts of the corpus.
    passes : CorpusPasses
        Over the corpus and the lines added.
    teaching : Teaching
        The examples.
    added : list of str
        Lines of the examples that the corpus lacked.
    min_count : int
        Words of two or more symbols that occur fewer times are left out, except those of the examples.

    Returns
    -------
    FoundWords
        The words of the cut.
    """
    begin_stage("teaching")
    counts, alphabet = tree.counts, tree.alphabet
    examples = teaching.encode(counts, added)
    reference = _take_reference(tree, passes, examples)
    words = _encode_words(found, alphabet)
    evidence = Evidence(reference, Cutter(*words).cut(reference))
    known = teaching.encode_known_words(alphabet)
    reader = FieldReader(GapStatistics(tree), counts.types(1), evidence, known)
    teacher = Teacher(reader, examples, [evidence], workers=tree.workers)
    begin_stage("cutting text")
    counter = _TaughtCounter(teacher, words, alphabet, [str(symbol) for symbol in counts.symbols])
    tokens: Counter[str] = Counter()
    for part in map_parts(passes.texts, counter.count):
        tokens.update(part)
        tokens = _forget_rare_words(tokens)
    own = teaching.examples.words(counts.alnum)
    kept = [word for word, count in tokens.items() if count >= min_count or len(word) == 1 or word in own]
    tree.check_memory(WORD_BYTES * len(kept), f"{len(kept):,} words")
    return look_up_words(tree, kept, [tokens[word] for word in kept])


class _TaughtCounter:
    """Cuts a part of the corpus as a teacher says, and counts the words; is sent to other processes.

    Parameters
    ----------
    teacher : Teacher
    words : tuple
        The words of the unsupervised builder; see `Cutter`.
    alphabet : Alphabet
        The symbols of the corpus.
    symbols : list of str
        The same as text.
    """

    def __init__(self, teacher: Teacher, words: ScoredWords, alphabet: Alphabet, symbols: list[str]) -> None:
        self._teacher, self._words, self._alphabet, self._symbols = teacher, words, alphabet, symbols

    def count(self, part: Corpus | Iterable[str]) -> Counter[str]:
        """Return the words of a part in the order of first occurrence, and their counts."""
        cutter = Cutter(*self._words)
        tokens: Counter[str] = Counter()
        for block in read_blocks(part):
            text = self._alphabet.encode(block.data)
            begins = self._teacher.cut(Evidence(text, cutter.cut(text)))
            tokens.update(count_cut_words(text, begins, self._symbols))
            tokens = _forget_rare_words(tokens)
        return tokens


def _forget_rare_words(tokens: Counter[str]) -> Counter[str]:
    """Drop words with one occurrence if there are too many words."""
    if len(tokens) <= MAX_REMEMBERED_WORDS:
        return tokens
    return Counter({word: count for word, count in tokens.items() if count > 1})


def _take_reference(tree: SelectableTree, passes: CorpusPasses, examples: EncodedExamples) -> SymbolArray:
    """Return the text, or lines of it if it is large, and the runs of examples that these lack."""
    total = tree.counts.total(1)
    if total > REFERENCE_SYMBOLS:
        pieces = [draw_text(passes.texts, tree.alphabet, total, REFERENCE_SYMBOLS)]
    else:
        pieces = list(map_parts(passes.texts, encode_text, tree.alphabet))
    text = np.concatenate([np.zeros(1, np.uint32), *pieces])
    return np.append(text, examples.missing_runs([text]))


def _encode_words(found: FoundWords, alphabet: Alphabet) -> ScoredWords:
    """Return the words found for a unigram segmenter."""
    total = int(found.tokens.sum())
    encoded = alphabet.encode("\n".join(found.words)) if found.words else np.zeros(0, np.uint32)
    return encoded, log(np.maximum(found.tokens, 1) / total), -log(total + 1) - 1
