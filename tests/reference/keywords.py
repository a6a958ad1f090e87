"""Keywords and stop words, as a textbook would write them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from nlp_zero import Tokenizer

from . import comparison


def tokens_of(tokenizer: Tokenizer, text: str) -> list[str]:
    """The tokens that are words, of the lexicon or not."""
    encoding = tokenizer(text)
    pairs = zip(encoding.tokens, encoding.kinds, strict=True)
    return [token for token, kind in pairs if kind == "word" or token in tokenizer.lexicon]


def document_frequency(documents: Sequence[Sequence[str]], word: str) -> int:
    return sum(word in document for document in documents)


def tf_idf(documents: Sequence[Sequence[str]], k: int, word: str) -> float:
    number = sum(1 for document in documents if document)
    share = documents[k].count(word) / len(documents[k])
    return share * math.log(number / document_frequency(documents, word))


def g2(documents: Sequence[Sequence[str]], k: int, word: str) -> float:
    others = [token for n, document in enumerate(documents) if n != k for token in document]
    return comparison.likelihood_ratio(documents[k].count(word), others.count(word), len(documents[k]), len(others))


def keywords(
    documents: Sequence[Sequence[str]], k: int, words: Sequence[str], measure: str, top: int
) -> list[tuple[str, float]]:
    """The best of the allowed words, which are in the order of the lexicon, with their scores."""
    score = {"tfidf": tf_idf, "g2": g2}[measure]
    scores = [(word, score(documents, k, word)) for word in words if word in documents[k]]
    ranked = sorted((pair for pair in scores if pair[1] > 1e-9), key=lambda pair: -pair[1])
    return ranked[:top]


def entropy(counts: Counter[str]) -> float:
    total = counts.total()
    return -sum(n / total * math.log(n / total) for n in counts.values()) if total else 0.0


def stop_word_scores(lexicon: Tokenizer, texts: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Of each word: count, document frequency, entropies on the left and right, evenness, score."""
    documents = [tokens_of(lexicon, text) for text in texts]
    everything = [token for document in documents for token in document]
    before: dict[str, Counter[str]] = {}
    after: dict[str, Counter[str]] = {}
    for text in texts:
        tokens = lexicon.tokenize(text)
        for left, right in pairwise(tokens):
            if left in lexicon.lexicon and right in lexicon.lexicon:
                after.setdefault(left, Counter())[right[0]] += 1
                before.setdefault(right, Counter())[left[-1]] += 1
    found = {}
    for word, count in Counter(everything).items():
        if word in lexicon.lexicon:
            df = document_frequency(documents, word)
            p = count / len(everything)
            evenness = min(1.0, df / sum(1 - (1 - p) ** len(document) for document in documents))
            sides = entropy(before.get(word, Counter())), entropy(after.get(word, Counter()))
            found[word] = (count, df, *sides, evenness, math.log(count) * min(sides) * evenness**2)
    return found
