"""One pass over a cut text: how often and in how many texts each word occurs, when it first occurs, and where."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from ..corpus import Corpus, map_parts
from ..tokenization.tokenizer import Tokenizer

if TYPE_CHECKING:
    import numpy.typing as npt

    Int64Array = npt.NDArray[np.int64]

__all__ = ["Context", "Survey", "survey_texts"]

BATCH_TEXTS = 10_000  # texts that are cut at once
GROWTH_POINTS = 100  # places of the text at which the vocabulary is measured
CONTEXT_CHARACTERS = 12  # on each side of a word
NO_WORD = -1
LARGEST_HASH = np.iinfo(np.uint64).max
NOT_SEEN = np.iinfo(np.int64).max
SENTENCE_CHARACTERS = (14, 32)  # least and most of a sentence that is shown as an example
FULL_STOPS = "。！？"

Context = tuple[str, str, str]  # text before the word, the word, text after it


@dataclass(frozen=True)
class Survey:
    """What one pass over a text found.

    Attributes
    ----------
    texts, characters, tokens : int
        Size of the corpus.
    alphabet : int
        Number of different characters.
    counts, documents : ndarray of int64, shape (words,)
        Tokens of each word of the lexicon, and texts that hold it.
    growth : list of (int, int)
        After how many tokens how many different words had occurred.
    contexts : dict of str to list of (str, str, str)
        Text before a word, the word, and text after it.
    sentences : list of str
        Examples from the text.
    """

    texts: int
    characters: int
    tokens: int
    alphabet: int
    counts: Int64Array
    documents: Int64Array
    growth: list[tuple[int, int]]
    contexts: dict[str, list[Context]]
    sentences: list[str]


def survey_texts(
    texts: Iterable[str],
    tokenizer: Tokenizer,
    words: Sequence[str],
    *,
    contexts: int = 3,
    sentences: int = 3,
    workers: int = 1,
) -> Survey:
    """Cut a text and describe it.

    Parameters
    ----------
    texts : iterable of str
    tokenizer : Tokenizer
    words : sequence of str
        Words whose contexts are kept.
    contexts : int, default 3
        Contexts of each word: a random sample of its occurrences, the same every time.
    sentences : int, default 3
        Example sentences.
    workers : int, default 1
        Threads; they never change the result.

    Returns
    -------
    Survey
    """
    starts = [0]  # tokens before each part
    if isinstance(texts, Corpus) and texts.is_remote:
        starts = list(accumulate(texts.map_parts(_count_tokens, tokenizer), initial=0))
        workers = 1  # of each task
    total, sample = _Found(len(tokenizer.lexicon)), _ContextSample(tokenizer, words, contexts)
    for part in map_parts(texts, _survey_part, tokenizer, words, contexts, workers, starts):
        total.merge(part)
        sample.merge(part.contexts)
    return Survey(
        total.texts, total.characters, total.tokens, len(total.alphabet), total.counts, total.documents,
        _measure_growth(total.first, total.tokens), sample.contexts(), _find_examples(texts, sentences),
    )  # fmt: skip


class _Found:
    """What was found in a part of a text, or in several."""

    def __init__(self, size: int) -> None:
        self.counts, self.documents = np.zeros(size, np.int64), np.zeros(size, np.int64)
        self.first = np.full(size, NOT_SEEN)
        self.contexts: Mapping[int, list[tuple[int, int, Context]]] = {}
        self.alphabet: set[str] = set()
        self.texts = self.characters = self.tokens = 0

    def merge(self, other: _Found) -> None:
        """Add what was found in another part, except for the contexts."""
        self.counts += other.counts
        self.documents += other.documents
        np.minimum(self.first, other.first, out=self.first)
        self.alphabet |= other.alphabet
        self.texts, self.characters = self.texts + other.texts, self.characters + other.characters
        self.tokens += other.tokens


def _survey_part(
    part: Iterable[str], tokenizer: Tokenizer, words: Sequence[str], contexts: int, workers: int, starts: Sequence[int]
) -> _Found:
    """Cut a part of a text, before which there are some tokens, and describe it."""
    start = starts[getattr(part, "number", 0)]
    size, rank_of_id = len(tokenizer.lexicon), _rank_ids(tokenizer)
    found, sample = _Found(size), _ContextSample(tokenizer, words, contexts)
    for batch in _batches(part):
        ids, offsets = tokenizer.encode_batch(batch, workers=workers)
        ranks, places = _words_only(rank_of_id[ids])
        found.counts += np.bincount(ranks, minlength=size)
        numbers = np.searchsorted(offsets, places, side="right") - 1
        found.documents += np.bincount(np.unique(numbers * size + ranks) % max(size, 1), minlength=size)
        before = start + found.tokens
        np.minimum.at(found.first, ranks, places + before)
        sample.add(batch, ranks, numbers, places - offsets[numbers], places + before)
        found.alphabet.update(*batch)
        found.texts, found.tokens = found.texts + len(batch), found.tokens + len(ids)
        found.characters += sum(map(len, batch))
    found.contexts = sample.found
    return found


def _count_tokens(part: Corpus, tokenizer: Tokenizer) -> int:
    return sum(len(tokenizer.encode_batch(batch)[0]) for batch in _batches(part))


def _find_examples(texts: Iterable[str], number: int) -> list[str]:
    """Return the first sentences that can be shown; few texts are read."""
    examples: list[str] = []
    for batch in _batches(texts):
        examples += _find_sentences(batch, number - len(examples))
        if len(examples) >= number:
            break
    return examples


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """Yield lists of lines, none of them empty."""
    source = texts.batches() if isinstance(texts, Corpus) else [texts]
    batch: list[str] = []
    for lines in source:
        for line in lines:
            if line:
                batch.append(line)
            if len(batch) == BATCH_TEXTS:
                yield batch
                batch = []
    if batch:
        yield batch


def _rank_ids(tokenizer: Tokenizer) -> Int64Array:
    """Return the rank of the word of each id, -1 for ids of other tokens."""
    vocabulary = tokenizer.get_vocab()
    ranks = np.full(len(tokenizer), NO_WORD)
    ranks[[vocabulary[word] for word in tokenizer.lexicon.words]] = np.arange(len(tokenizer.lexicon))
    return ranks


def _words_only(ranks: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Return the ranks of the tokens that are words of the lexicon, and their places among the tokens."""
    places = np.flatnonzero(ranks != NO_WORD)
    return ranks[places], places


class _ContextSample:
    """A uniform sample of the occurrences of each word: those whose places have the smallest hash values."""

    def __init__(self, tokenizer: Tokenizer, words: Sequence[str], size: int) -> None:
        self.tokenizer, self.size = tokenizer, size
        self.found: dict[int, list[tuple[int, int, Context]]] = {}  # rank of a word -> hash value, place, context
        # An occurrence with this hash value or a larger one is not kept.
        self.limits = np.zeros(len(tokenizer.lexicon), np.uint64)
        self.limits[[tokenizer.lexicon.index(word) for word in words]] = LARGEST_HASH if size else 0

    def add(
        self, texts: Sequence[str], ranks: Int64Array, numbers: Int64Array, tokens: Int64Array, places: Int64Array
    ) -> None:
        """Add words: the rank of each, the number of its text, its number among the tokens of the text, its place."""
        hashes = _hash(places)
        kept = np.flatnonzero(hashes < self.limits[ranks])
        kept = kept[np.lexsort((hashes[kept], ranks[kept]))]
        begins = np.flatnonzero(np.diff(ranks[kept], prepend=NO_WORD))
        kept = kept[np.arange(len(kept)) - np.repeat(begins, np.diff(begins, append=len(kept))) < self.size]
        kept = kept[np.argsort(numbers[kept], kind="stable")]
        number, spans = NO_WORD, []
        for k in kept.tolist():
            if numbers[k] != number:
                number = int(numbers[k])
                spans = self.tokenizer(texts[number]).spans
            context = _cut_context(texts[number], *spans[tokens[k]])
            self._keep(int(ranks[k]), int(hashes[k]), int(places[k]), context)

    def _keep(self, rank: int, value: int, place: int, context: Context) -> None:
        occurrences = self.found.setdefault(rank, [])
        insort(occurrences, (value, place, context))
        if len(occurrences) >= self.size:
            del occurrences[self.size :]
            self.limits[rank] = occurrences[-1][0]

    def merge(self, found: Mapping[int, Iterable[tuple[int, int, Context]]]) -> None:
        """Add the occurrences that another sample has kept."""
        for rank, occurrences in found.items():
            for value, place, context in occurrences:
                if value < int(self.limits[rank]):
                    self._keep(rank, value, place, context)

    def contexts(self) -> dict[str, list[Context]]:
        """Return the contexts of each word in the order of the text."""
        return {
            self.tokenizer.lexicon.words[rank]: [context for _, _, context in sorted(found, key=itemgetter(1))]
            for rank, found in self.found.items()
        }


def _hash(places: Int64Array) -> npt.NDArray[np.uint64]:
    """Return numbers that look random; the finaliser of SplitMix64 (Steele et al., OOPSLA 2014)."""
    x = places.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _cut_context(text: str, start: int, end: int) -> Context:
    before = text[max(0, start - CONTEXT_CHARACTERS) : start]
    return before, text[start:end], text[end : end + CONTEXT_CHARACTERS]


def _find_sentences(texts: Iterable[str], limit: int) -> list[str]:
    """Return the first sentences of a readable length, at most one from each text."""
    least, most = SENTENCE_CHARACTERS
    found: list[str] = []
    for text in texts:
        begin = 0
        for end, character in enumerate(text, 1):
            if character in FULL_STOPS:
                sentence = text[begin:end].strip(" \u3000\t”’」』")
                begin = end
                if least <= len(sentence) <= most and sentence not in found:
                    found.append(sentence)
                    break
        if len(found) == limit:
            break
    return found


def _measure_growth(first: Int64Array, tokens: int) -> list[tuple[int, int]]:
    """Return numbers of tokens, evenly spaced, and how many words had occurred by then."""
    places = np.sort(first[first != NOT_SEEN])
    steps = np.unique(np.linspace(0, tokens, GROWTH_POINTS + 1).astype(np.int64))
    return list(zip(steps.tolist(), np.searchsorted(places, steps).tolist(), strict=True))
