"""One pass over a cut text: how often and in how many texts each word occurs, when it first occurs, and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..corpus import Corpus
from ..tokenization.tokenizer import Tokenizer

if TYPE_CHECKING:
    import numpy.typing as npt

    Int64Array = npt.NDArray[np.int64]

__all__ = ["Context", "Survey", "survey_texts"]

BATCH_TEXTS = 10_000  # texts that are cut at once
GROWTH_POINTS = 100  # places of the text at which the vocabulary is measured
CONTEXT_CHARACTERS = 12  # on each side of a word
NO_WORD = -1
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
        Contexts of each word, from different parts of the text where it is long enough.
    sentences : int, default 3
        Example sentences.
    workers : int, default 1
        Threads; they never change the result.

    Returns
    -------
    Survey
    """
    size, rank_of_id = len(tokenizer.lexicon), _rank_ids(tokenizer)
    counts, documents = np.zeros(size, np.int64), np.zeros(size, np.int64)
    first = np.full(size, NOT_SEEN)
    needed = np.zeros(size, np.int64)
    needed[[tokenizer.lexicon.index(word) for word in words]] = contexts
    found: dict[str, list[Context]] = {}
    examples: list[str] = []
    alphabet: set[str] = set()
    total_texts = characters = tokens = 0
    for batch in _batches(texts):
        ids, offsets = tokenizer.encode_batch(batch, workers=workers)
        ranks, places = _words_only(rank_of_id[ids])
        counts += np.bincount(ranks, minlength=size)
        numbers = np.searchsorted(offsets, places, side="right") - 1
        documents += np.bincount(np.unique(numbers * size + ranks) % max(size, 1), minlength=size)
        np.minimum.at(first, ranks, places + tokens)
        wanted, where = np.unique(ranks, return_index=True)
        chosen = needed[wanted] > 0
        for rank, k in zip(wanted[chosen].tolist(), where[chosen].tolist(), strict=True):
            text, token = batch[numbers[k]], int(places[k] - offsets[numbers[k]])
            found.setdefault(tokenizer.lexicon.words[rank], []).append(_context(tokenizer, text, token))
        needed[wanted[chosen]] -= 1
        if len(examples) < sentences:
            examples.extend(_find_sentences(batch, sentences - len(examples)))
        alphabet.update(*batch)
        total_texts, tokens = total_texts + len(batch), tokens + len(ids)
        characters += sum(map(len, batch))
    growth = _measure_growth(first, tokens)
    return Survey(
        total_texts, characters, tokens, len(alphabet), counts, documents, growth, found, examples
    )


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


def _context(tokenizer: Tokenizer, text: str, token: int) -> Context:
    start, end = tokenizer(text).spans[token]
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
