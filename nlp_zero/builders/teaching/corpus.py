"""Teaching the builders that read a corpus as a stream: words that they found, and examples."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.bayes import Cutter
from ..._kernels.elementary import log
from ..._utils.progress import begin_stage
from ...corpus import read_blocks
from ...counting.linked import LinkedTree
from ...errors import CorpusError
from ..describe import WORD_BYTES, FoundWords, look_up_words
from ..passes import CorpusPasses, sample_text
from .columns import GapStatistics
from .examples import shorten
from .field import Evidence, FieldReader
from .teacher import EncodedExamples, Teacher, Teaching, count_cut_words
from .texts import append_lines, find_missing_lines

if TYPE_CHECKING:
    import numpy.typing as npt

    SymbolArray = npt.NDArray[np.uint32]

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
    tree: LinkedTree,
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
    tree : LinkedTree
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
    examples = teaching.encode(tree.counts, added)
    reference = _take_reference(tree, passes, examples)
    cutter = _make_cutter(found, tree)
    evidence = Evidence(reference, cutter.cut(reference))
    known = teaching.encode_known_words(tree.alphabet)
    reader = FieldReader(GapStatistics(tree), tree.counts.types(1), evidence, known)
    teacher = Teacher(reader, examples, [evidence], workers=tree.workers)
    symbols = [str(symbol) for symbol in tree.counts.symbols]
    tokens: Counter[str] = Counter()
    begin_stage("cutting text")
    for block in read_blocks(passes.texts):
        text = tree.alphabet.encode(block.data)
        tokens.update(count_cut_words(text, teacher.cut(Evidence(text, cutter.cut(text))), symbols))
        if len(tokens) > MAX_REMEMBERED_WORDS:
            tokens = Counter({word: count for word, count in tokens.items() if count > 1})
    own = teaching.examples.words(tree.counts.alnum)
    words = [word for word, count in tokens.items() if count >= min_count or len(word) == 1 or word in own]
    tree.check_memory(WORD_BYTES * len(words), f"{len(words):,} words")
    return look_up_words(tree, words, [tokens[word] for word in words])


def _take_reference(tree: LinkedTree, passes: CorpusPasses, examples: EncodedExamples) -> SymbolArray:
    """Return a spread sample of the text, or all of it, and the runs of examples that the sample lacks."""
    share = min(1.0, REFERENCE_SYMBOLS / tree.counts.total(1))
    encoded = (tree.alphabet.encode(block.data) for block in read_blocks(passes.texts))
    text = np.concatenate([np.zeros(1, np.uint32), *(encoded if share == 1 else sample_text(encoded, share))])
    return np.append(text, examples.missing_runs([text]))


def _make_cutter(found: FoundWords, tree: LinkedTree) -> Cutter:
    """Return a unigram segmenter over the words found."""
    total = int(found.tokens.sum())
    encoded = tree.alphabet.encode("\n".join(found.words)) if found.words else np.zeros(0, np.uint32)
    scores = log(np.maximum(found.tokens, 1) / total)
    return Cutter(encoded, scores, -log(total + 1) - 1)
