"""Probability of a given segmentation, and the alpha that gives tokens of a given length."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from .._kernels.elementary import log
from .._kernels.tokenization import Segmenter
from .._utils.validation import check_number
from ..lexicon.ids import TokenIds
from ..lexicon.lexicon import Lexicon
from .marginals import Marginals
from .options import Options

__all__ = ["TokenWeights", "calibrate_alpha", "log_prob"]

MAX_CALIBRATED_ALPHA = 16.0
BISECTIONS = 40


class TokenWeights:
    """The words that a tokenizer can cut, and their log-weights.

    Parameters
    ----------
    kernel : Segmenter
    lexicon : Lexicon
    ids : TokenIds
    options : Options
        Those of the tokenizer.
    """

    def __init__(self, kernel: Segmenter, lexicon: Lexicon, ids: TokenIds, options: Options) -> None:
        self.kernel, self.lexicon, self.ids, self.options = kernel, lexicon, ids, options
        self._forbidden = frozenset(options.own.forbid)
        self._added = {word: len(lexicon) + k for k, word in enumerate(ids.added)}

    def __contains__(self, token: str) -> bool:
        return (token in self.lexicon or token in self._added) and token not in self._forbidden

    def _place(self, word: str) -> int:
        return self.lexicon.index(word) if word in self.lexicon else self._added[word]

    def weight(self, word: str) -> float:
        """Return the log-weight of a word, in nats."""
        return self.kernel.log_prob(self._place(word)) - self.options.granularity

    def sides(self, token: str) -> tuple[int, int]:
        """Return the class of a token on its left and on its right side."""
        return self.kernel.sides(self._place(token) if token in self else -1, token)


def log_prob(words: TokenWeights, tokens: Sequence[str], alpha: float) -> float:
    """Return ln P(tokens | their joined text) in nats, -inf if the tokenizer cannot segment like this."""
    kernel, ids, lexicon = words.kernel, words.ids, words.lexicon
    tokens = list(tokens)
    for token in tokens:
        if not isinstance(token, str):
            raise TypeError(f"tokens must be str, not {type(token).__name__}.")
    if "" in tokens:
        return -math.inf
    if not ids.fallback:  # several unknown characters may be one token, but each has a cost
        tokens = [symbol for token in tokens for symbol in _split_unknown(token, words)]
    try:
        text, spans = _locate(tokens, lexicon)
    except UnicodeError:
        return -math.inf
    starts, ends, numbers, _ = Marginals(kernel.marginals(text, alpha), text).arrays
    possible = set(zip(starts.tolist(), ends.tolist(), numbers.tolist(), strict=True))
    found = [ids.id_of(token) if token in words else ids.unknown_id_of(token) for token in tokens]
    if not {(*span, number) for span, number in zip(spans, found, strict=True)} <= possible:
        return -math.inf
    weights = _weights(words, tokens, [start for start, _ in spans])
    return alpha * math.fsum(weights) - kernel.sums(text, alpha)[0]


def _split_unknown(token: str, words: TokenWeights) -> list[str]:
    """Return the characters of an unknown token of a model in which these may be fused."""
    return [token] if words.lexicon.meta.boundaries or token in words else list(token)


def _locate(tokens: Sequence[str], lexicon: Lexicon) -> tuple[str | bytes, list[tuple[int, int]]]:
    """Return the text of tokens and the span of each, as in `Marginals.arrays`."""
    way = "surrogateescape" if lexicon.meta.byte_fallback else "surrogatepass"
    encoded = [token.encode("utf-8", way) for token in tokens]
    data = b"".join(encoded)
    ends = np.cumsum([0, *map(len, encoded)])
    if lexicon.meta.unit == "byte":
        return data, list(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))
    begins = np.frombuffer(data, np.uint8) & 0xC0 != 0x80
    begun = np.concatenate([[0], np.cumsum(begins)])  # characters that begin before each byte
    starts = begun[np.minimum(ends[:-1] + 1, len(data))] - 1
    return data.decode("utf-8", "surrogatepass"), list(zip(starts.tolist(), begun[ends[1:]].tolist(), strict=True))


def _weights(words: TokenWeights, tokens: Sequence[str], starts: Sequence[int]) -> list[float]:
    """Return the log-weight of each token, in nats."""
    ids, options = words.ids, words.options
    if options.objective == "shortest":
        return [-log(max(ids.size, 2))] * len(tokens)
    if options.objective == "classes":
        return _linked_weights(words, tokens)
    unk = options.unk_log_prob if ids.fallback and words.lexicon.meta.unit != "byte" else None
    weights, last = [], -1
    for token, start in zip(tokens, starts, strict=True):
        if token not in words:  # a boundary has weight 0
            weights.append(words.kernel.sums(token, 1.0)[0])
        elif unk is not None and "\udc80" <= token <= "\udcff":  # one cost for all bytes of a character
            weights.append((unk if start != last else 0.0) - options.granularity)
            last = start
        else:
            weights.append(words.weight(token))
    return weights


def _linked_weights(words: TokenWeights, tokens: Sequence[str]) -> list[float]:
    """Return the log-weights of tokens and of the links between them, in nats."""
    kernel, boundary = words.kernel, words.kernel.sides(-1, " ")[0]
    weights, before = [], boundary
    for token in tokens:
        left, right = words.sides(token)
        if token in words:
            weights.append(words.weight(token))
        else:  # its sum has the links to the ends of a text
            weights.append(kernel.sums(token, 1.0)[0])
            weights += [-kernel.link(boundary, left), -kernel.link(right, boundary)]
        weights.append(kernel.link(before, left))
        before = right
    return [*weights, kernel.link(before, boundary)]


def calibrate_alpha(
    expected_tokens: Callable[[str | bytes, float], float], texts: Iterable[str | bytes], characters_per_token: float
) -> float:
    """Return the alpha that gives samples of `texts` this many characters per token, by bisection."""
    lines = list(texts)
    check_number("characters_per_token", characters_per_token)
    size = sum(map(len, lines))
    if not size:
        raise ValueError("texts must have characters; they are empty.")

    def mean(alpha: float) -> float:
        return size / max(sum(expected_tokens(line, alpha) for line in lines), 1.0)

    low, high = 0.0, MAX_CALIBRATED_ALPHA
    least, most = mean(low), mean(high)
    if not least <= characters_per_token <= most:
        raise ValueError(
            f"characters_per_token must be between {least:.3f} (alpha 0) and {most:.3f} (alpha 16) on this text, "
            f"not {characters_per_token}."
        )
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if mean(middle) < characters_per_token else (low, middle)
    return high
