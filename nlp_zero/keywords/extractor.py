"""Keywords: the words of a document that are rare elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.counting import BOUNDARY, character_properties
from .._utils.progress import begin_stage
from .._utils.validation import check_choice, check_integer
from ..corpus import Corpus, restartable
from ..errors import CorpusError
from ..lexicon.lexicon import Lexicon, check_lexicon
from ..statistics import log_likelihood_ratio, tf_idf
from ..tokenization.tokenizer import Tokenizer
from ..tokenization.word_reader import WordReader
from .frequencies import count_documents
from .table import MEASURES, KeywordTable

if TYPE_CHECKING:
    import numpy.typing as npt

    Int64 = npt.NDArray[np.int64]
    Float64 = npt.NDArray[np.float64]

__all__ = ["KeywordExtractor"]


@dataclass(frozen=True)
class Background:
    """What the words of a document are compared with."""

    documents: int
    tokens: int
    frequencies: Int64
    counts: Int64
    inside: bool  # whether the document itself is counted in it

    def require_others(self) -> None:
        """Raise `CorpusError` if there is nothing to compare with."""
        if self.inside and self.documents < 2:
            raise CorpusError(
                f"keywords are words that other documents lack, but there {'is' if self.documents == 1 else 'are'} "
                f"{self.documents} {'document' if self.documents == 1 else 'documents'} with words; give more, or a "
                "lexicon with document frequencies (build-vocab --documents)."
            )


class KeywordExtractor:
    """Finds the keywords of documents by TF-IDF or by G².

    If the lexicon has document frequencies (see `add_document_frequencies`), a document is compared with the text that
    the lexicon was learnt from, so a single document has keywords. Otherwise, each document is compared with the others
    of the same call, which are read twice.

    Parameters
    ----------
    lexicon : Lexicon
        The words into which documents are cut.
    by : {"tfidf", "g2"}, default "tfidf"
        What ranks the words of a document. TF-IDF prefers words that few documents have; G² prefers words that are
        frequent in the document and rare in other text, and says how sure that is.
    top : int, default 10
        At most this many keywords of each document.
    min_length : int, default 2
        Least length of a keyword in characters.
    min_count : int, default 1
        How often a keyword must occur in the document.
    stop_words : iterable of str, default ()
        Words that are never keywords.
    workers : int, default 1
        Threads; they never change the result.

    Raises
    ------
    TypeError
        If `lexicon` is not a `Lexicon`, or `stop_words` is one string.
    ValueError
        If an option makes no sense.

    Examples
    --------
    >>> from nlp_zero import KeywordExtractor, Lexicon
    >>> lexicon = Lexicon(["早晨", "喝茶", "青石镇", "的"], [3, 2, 2, 5])
    >>> table = KeywordExtractor(lexicon, top=2).extract(["青石镇的早晨", "早晨喝茶", "早晨的青石镇下雨", "喝茶的早晨"])
    >>> table.to_lists()
    [['青石镇'], ['喝茶'], ['青石镇'], ['喝茶']]
    """

    def __init__(
        self,
        lexicon: Lexicon,
        *,
        by: str = "tfidf",
        top: int = 10,
        min_length: int = 2,
        min_count: int = 1,
        stop_words: Iterable[str] = (),
        workers: int = 1,
    ) -> None:
        check_lexicon(lexicon)
        if isinstance(stop_words, str):
            raise TypeError("stop_words must be a collection of words, not one string.")
        self.lexicon, self.by = lexicon, check_choice("by", by, MEASURES)
        self.top, self.min_length = check_integer("top", top), check_integer("min_length", min_length)
        self.min_count, self.workers = check_integer("min_count", min_count), check_integer("workers", workers)
        self.stop_words = frozenset(stop_words)

    def __repr__(self) -> str:
        options = ("lexicon", "by", "top", "min_length", "min_count")
        return f"KeywordExtractor({', '.join(f'{name}={getattr(self, name)!r}' for name in options)})"

    def extract(self, documents: Corpus | Iterable[str]) -> KeywordTable:
        """Find the keywords of documents.

        Parameters
        ----------
        documents : Corpus or iterable of str
            Each text is a document: a line of a text file, a record, a paragraph of other formats. `FileTexts` makes
            each file of a corpus one document.

        Returns
        -------
        KeywordTable

        Raises
        ------
        CorpusError
            If the documents cannot be read, or there is nothing to compare with.
        """
        parts = list(self.extract_batches(documents))
        names = ("document", "count", "df", "tfidf", "g2")
        columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names} if parts else {
            name: np.zeros(0, np.int64 if name in names[:3] else np.float64) for name in names
        }  # fmt: skip
        words = tuple(word for part in parts for word in part.words)
        return KeywordTable(1, sum(part.documents for part in parts), words=words, **columns)

    def extract_batches(self, documents: Corpus | Iterable[str]) -> Iterator[KeywordTable]:
        """Find the keywords of documents, a part after the other, so that memory is bounded.

        Parameters
        ----------
        documents : Corpus or iterable of str
            As in `extract`.

        Yields
        ------
        KeywordTable
            Of the next documents.

        Raises
        ------
        CorpusError
            See `extract`.
        """
        reader = WordReader(Tokenizer(self.lexicon), self.workers)
        texts, background = self._open_background(reader, documents)
        background.require_others()
        words = [word if self._can_be_keyword(word) else None for word in reader.words]
        begin_stage("finding keywords")
        first = 1
        for document, row, size in reader.read(texts):
            yield self._rank(document[row >= 0], row[row >= 0], size, first, background, words)
            first += size

    def _can_be_keyword(self, word: str) -> bool:
        """Return whether a word may be listed; a piece of a vocabulary with marks or parts of characters may not."""
        if len(word) < self.min_length or word in self.stop_words:
            return False
        return not (character_properties(word) & BOUNDARY).any()

    def _open_background(
        self, reader: WordReader, documents: Corpus | Iterable[str]
    ) -> tuple[Corpus | Iterable[str], Background]:
        """Return what documents are compared with, and the documents in a form that can still be read."""
        lexicon = self.lexicon
        if "df" in lexicon.scores and lexicon.meta.documents:
            own = np.zeros(len(reader.words) - len(lexicon))  # words that the lexicon lacks
            df, counts = (
                np.append(np.nan_to_num(column), own).astype(np.int64)
                for column in (lexicon.scores["df"], lexicon.scores.get("cf", lexicon.counts))
            )
            return documents, Background(lexicon.meta.documents, int(counts.sum()), df, counts, False)
        begin_stage("counting documents")
        texts = restartable(documents)
        found = count_documents(reader.tokenizer, texts, workers=self.workers)
        return texts, Background(found.documents, found.tokens, found.frequencies, found.counts, True)

    def _rank(
        self, document: Int64, row: Int64, size: int, first: int, background: Background, words: list[str | None]
    ) -> KeywordTable:
        """Return the keywords of a batch of documents, given as the words of their tokens; None is never a keyword."""
        allowed = np.array([word is not None for word in (*words, None)])
        tokens = np.bincount(document, minlength=size)
        pairs, count = np.unique(document * len(allowed) + row, return_counts=True)
        document, row = np.divmod(pairs, len(allowed))
        chosen = allowed[row] & (count >= self.min_count)
        document, row, count = document[chosen], row[chosen], count[chosen]
        columns = self._measure(row, count, tokens[document], background)
        measure = columns[self.by]
        chosen = measure > 0
        order = np.lexsort((row[chosen], -measure[chosen], document[chosen]))  # ties: the order of the lexicon
        chosen = np.flatnonzero(chosen)[order]
        begins = np.searchsorted(document[chosen], np.arange(size))
        place = np.arange(len(chosen)) - begins[document[chosen]]
        chosen = chosen[place < self.top]
        return KeywordTable(
            first,
            size,
            document=document[chosen] + first,
            words=tuple(words[k] for k in row[chosen].tolist()),
            count=count[chosen],
            df=background.frequencies[row[chosen]],
            **{name: column[chosen] for name, column in columns.items()},
        )

    def _measure(self, row: Int64, count: Int64, tokens: Int64, background: Background) -> dict[str, Float64]:
        """Return the measures of words that occur `count` times in documents of so many tokens."""
        elsewhere, other = background.counts[row], np.full(len(row), background.tokens)
        if background.inside:
            elsewhere, other = elsewhere - count, other - tokens
        g2 = np.zeros(len(row))
        some = other > 0
        g2[some] = log_likelihood_ratio(count[some], elsewhere[some], tokens[some], other[some])
        return {"tfidf": tf_idf(count, tokens, background.frequencies[row], background.documents), "g2": g2}
