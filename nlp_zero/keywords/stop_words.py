"""Function words, found without a dictionary: a stop list that people can edit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.elementary import log
from .._utils.arrays import freeze_arrays
from .._utils.progress import begin_stage
from .._utils.tables import Columns, Tabular
from .._utils.validation import check_integer
from ..corpus import Corpus, require_text, restartable
from ..lexicon.lexicon import Lexicon
from ..statistics import branching_entropy, expected_document_frequency
from ..tokenization.tokenizer import Tokenizer
from ..tokenization.word_reader import WordReader
from .frequencies import count_documents

if TYPE_CHECKING:
    import numpy.typing as npt

    Int64 = npt.NDArray[np.int64]
    Float64 = npt.NDArray[np.float64]

__all__ = ["MOST_STOP_WORDS", "StopWords", "find_stop_words"]

MOST_STOP_WORDS = 1000  # the most frequent words, among which function words are looked for


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StopWords(Tabular):
    """Words that occur often, next to many different words, and evenly in all documents. Immutable.

    Made by `find_stop_words`. Iterating yields the words, the best first.

    Parameters
    ----------
    words : tuple of str
    count : ndarray of int64
        Number of tokens.
    df : ndarray of int64
        Number of documents that have the word.
    left_entropy, right_entropy : ndarray of float64
        Entropy of the last character of the word before it, and of the first character of the word after it, in nats;
        places without a word before or after it, such as the beginning of a line, are left out.
    evenness : ndarray of float64
        Number of documents that have the word, as a share of the number that would have it if its tokens were spread
        at random; at most 1. See `nlp_zero.statistics.expected_document_frequency`.
    score : ndarray of float64
        ``ln(count) min(left_entropy, right_entropy) evenness²``, which ranks the words.
    """

    words: tuple[str, ...]
    count: Int64
    df: Int64
    left_entropy: Float64
    right_entropy: Float64
    evenness: Float64
    score: Float64

    def __post_init__(self) -> None:
        freeze_arrays(getattr(self, field.name) for field in fields(self))

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __repr__(self) -> str:
        return f"<StopWords: {len(self):,} words, {' '.join(self.words[:8])}{' ...' if len(self) > 8 else ''}>"

    def to_columns(self) -> Columns:
        """Return the columns by name.

        Returns
        -------
        mapping of str to column
            ``word``, ``count``, ``df``, ``left_entropy``, ``right_entropy``, ``evenness`` and ``score``.
        """
        return {"word": self.words, **{field.name: getattr(self, field.name) for field in fields(self)[1:]}}


def find_stop_words(
    lexicon: Lexicon, documents: Corpus | Iterable[str], *, top: int = 100, workers: int = 1
) -> StopWords:
    """Find the function words of a text.

    Parameters
    ----------
    lexicon : Lexicon
        The words into which documents are cut.
    documents : Corpus or iterable of str
        Each text is a document; read twice.
    top : int, default 100
        At most this many words, and at most 1,000.
    workers : int, default 1
        Threads; they never change the result.

    Returns
    -------
    StopWords
        The words with the highest score, among the 1,000 most frequent ones.

    Raises
    ------
    CorpusError
        If the documents cannot be read, or have no words.

    Notes
    -----
    Of two words that are as frequent, a content word has fewer different neighbours, and clusters in the documents that
    are about its topic. The square of the evenness was chosen by looking at the lists of news and of reviews.
    """
    check_integer("top", top, most=MOST_STOP_WORDS)
    tokenizer, texts = Tokenizer(lexicon), restartable(documents)
    begin_stage("counting documents")
    found = count_documents(tokenizer, texts, workers=workers)
    require_text(found.tokens, texts)
    listed = np.argsort(-found.counts, kind="stable")[:MOST_STOP_WORDS]
    listed = listed[found.counts[listed] > 0]
    begin_stage("counting neighbours")
    left, right = _neighbour_entropies(WordReader(tokenizer, workers), texts, listed)
    count, df = found.counts[listed], found.frequencies[listed]
    sizes, times = np.array(found.lengths).T
    evenness = np.minimum(df / expected_document_frequency(count, sizes, times), 1)
    score = log(count) * np.minimum(left, right) * evenness**2
    best = np.argsort(-score, kind="stable")[:top]
    best = best[score[best] > 0]
    return StopWords(
        tuple(found.words[k] for k in listed[best].tolist()),
        count[best], df[best], left[best], right[best], evenness[best], score[best],
    )  # fmt: skip


def _neighbour_entropies(
    reader: WordReader, texts: Corpus | Iterable[str], listed: Int64
) -> tuple[Float64, Float64]:
    """Return the entropies of the characters before and after the listed words, where a word stands there."""
    words = reader.words
    characters: dict[str, int] = {}
    ends = np.array([characters.setdefault(word[-1], len(characters)) for word in words], np.int64)
    begins = np.array([characters.setdefault(word[0], len(characters)) for word in words], np.int64)
    place = np.full(len(words) + 1, -1, np.int64)
    place[listed] = np.arange(len(listed))
    shape = len(listed), len(characters)
    before, after = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for document, row, _ in reader.read(texts):
        known = (row >= 0) & (row < len(words))
        near = (document[1:] == document[:-1]) & known[1:] & known[:-1]
        first, second = row[:-1][near], row[1:][near]
        _add(after, place[first], begins[second])
        _add(before, place[second], ends[first])
    return tuple(np.array([branching_entropy(line[line > 0]) for line in table]) for table in (before, after))  # type: ignore[return-value]


def _add(table: Int64, rows: Int64, columns: Int64) -> None:
    """Count pairs of a row and a column; those without a row are left out."""
    chosen = rows >= 0
    pairs, times = np.unique(rows[chosen] * table.shape[1] + columns[chosen], return_counts=True)
    table.reshape(-1)[pairs] += times
