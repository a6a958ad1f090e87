"""In how many documents the words of a lexicon occur."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._utils.arrays import freeze_arrays
from ..corpus import Corpus, map_parts
from ..lexicon.lexicon import Lexicon, check_lexicon
from ..tokenization.tokenizer import Tokenizer
from ..tokenization.word_reader import WordReader

if TYPE_CHECKING:
    import numpy.typing as npt

    Int64 = npt.NDArray[np.int64]

__all__ = ["DocumentFrequencies", "add_document_frequencies", "count_documents"]


@dataclass(frozen=True, slots=True, eq=False)
class DocumentFrequencies:
    """How many documents have each word of a tokenizer. Immutable.

    Parameters
    ----------
    documents : int
        Number of documents that have at least one token that is a word.
    tokens : int
        Number of their tokens that are words, known or not.
    words : tuple of str
        Those of the lexicon in their order, then the own words of the tokenizer that the lexicon lacks.
    frequencies : ndarray of int64
        Of each word, the number of documents that have it.
    counts : ndarray of int64
        Of each word, the number of its tokens.
    lengths : tuple of (int, int)
        Numbers of tokens of the documents, rising, each with the number of documents of this size.
    """

    documents: int
    tokens: int
    words: tuple[str, ...]
    frequencies: Int64
    counts: Int64
    lengths: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        freeze_arrays([self.frequencies, self.counts])

    def __repr__(self) -> str:
        return f"<DocumentFrequencies of {len(self.words):,} words in {self.documents:,} documents>"


def count_documents(
    tokenizer: Tokenizer, documents: Corpus | Iterable[str], *, workers: int = 1
) -> DocumentFrequencies:
    """Count in how many documents each word of a lexicon is a token.

    Parameters
    ----------
    tokenizer : Tokenizer
    documents : Corpus or iterable of str
        Each text is a document; read once, in batches. `FileTexts` makes each file of a corpus one document.
    workers : int, default 1
        Threads; they never change the result.

    Returns
    -------
    DocumentFrequencies

    Examples
    --------
    >>> from nlp_zero import Lexicon, Tokenizer
    >>> found = count_documents(Tokenizer(Lexicon(["早晨", "茶"], [3, 2])), ["早晨喝茶，茶", "茶", "！"])
    >>> found.frequencies.tolist(), found.counts.tolist(), found.documents, found.tokens
    ([1, 2], [1, 3], 2, 5)
    """
    reader = WordReader(tokenizer, workers)
    frequencies, counts = np.zeros((2, len(reader.words) + 1), np.int64)
    lengths: Counter[int] = Counter()
    for part in map_parts(documents, _count_part, reader):
        frequencies += part[0]
        counts += part[1]
        lengths.update(part[2])
    del lengths[0]
    listed = tuple(sorted(lengths.items()))
    return DocumentFrequencies(
        lengths.total(), int(counts.sum()), reader.words, frequencies[:-1], counts[:-1], listed
    )


def _count_part(documents: Corpus | Iterable[str], reader: WordReader) -> tuple[Int64, Int64, Counter[int]]:
    """Return the frequencies and counts of all words in a part, and how many documents have each length."""
    words = len(reader.words)
    frequencies, counts = np.zeros(words + 1, np.int64), np.zeros(words + 1, np.int64)
    lengths: Counter[int] = Counter()
    for document, row, size in reader.read(documents):
        document, row = document[row >= 0], row[row >= 0]
        counts += np.bincount(row, minlength=words + 1)
        pairs = np.sort(document * (words + 1) + row)  # np.unique is slower
        first = np.concatenate([[True], pairs[1:] != pairs[:-1]])[: len(pairs)]
        frequencies += np.bincount(pairs[first] % (words + 1), minlength=words + 1)
        lengths.update(np.bincount(document, minlength=size).tolist())
    return frequencies, counts, lengths


def add_document_frequencies(lexicon: Lexicon, found: DocumentFrequencies) -> Lexicon:
    """Add the columns ``df`` and ``cf`` to a lexicon, so that it can weigh the words of new documents.

    Parameters
    ----------
    lexicon : Lexicon
    found : DocumentFrequencies
        Of a tokenizer with this lexicon.

    Returns
    -------
    Lexicon
        With ``df``, the number of documents that have each word, ``cf``, the number of its tokens in all documents, and
        the field `documents` of its `LexiconMeta`. The counts of the lexicon stay those of its builder, which may cut
        text in another way than `Tokenizer`.

    Raises
    ------
    TypeError
        If one of the two is something else.

    Examples
    --------
    >>> from nlp_zero import Lexicon, Tokenizer
    >>> lexicon = Lexicon(["早晨", "茶"], [3, 2])
    >>> lexicon = add_document_frequencies(lexicon, count_documents(Tokenizer(lexicon), ["早晨喝茶", "茶"]))
    >>> lexicon.scores["df"].tolist(), lexicon.meta.documents
    ([1.0, 2.0], 2)
    """
    if not isinstance(found, DocumentFrequencies):
        raise TypeError(f"found must be DocumentFrequencies (of count_documents), not {type(found).__name__}.")
    size = len(check_lexicon(lexicon))
    columns = {"df": found.frequencies[:size].astype(np.float64), "cf": found.counts[:size].astype(np.float64)}
    scores = {**lexicon.scores, **columns}
    made = Lexicon(lexicon.words, lexicon.counts, scores=scores, meta=lexicon.meta, parts=lexicon.parts)
    return made.with_meta(documents=found.documents)
