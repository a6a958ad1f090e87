"""Tokenization by its definition: symbols, all segmentations, and a plain Viterbi algorithm."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from tests.reference.text import is_alnum, is_boundary

Edge = tuple[int, int, float, bool]  # start, end (in characters), nats, is a word


def symbols(text: str, alnum: str = "token") -> list[tuple[int, int]]:
    """(start, end) of every symbol: a character, or a sequence of digits and Latin letters unless ``split``."""
    result: list[tuple[int, int]] = []
    for k, char in enumerate(text):
        if alnum != "split" and is_alnum(char) and k and is_alnum(text[k - 1]):
            result[-1] = (result[-1][0], k + 1)
        else:
            result.append((k, k + 1))
    return result


def edges(text: str, log_probs: Mapping[str, float], unk: float, alnum: str = "token") -> list[list[Edge]]:
    """The tokens that may begin at each symbol."""
    parts = symbols(text, alnum)
    longest = max(map(len, log_probs), default=1)
    result: list[list[Edge]] = []
    for i, (start, _) in enumerate(parts):
        here: list[Edge] = []
        for j in range(i, len(parts)):
            inside = text[start : parts[j][1]]
            alone = [is_boundary(c) or (alnum == "token" and is_alnum(c)) for c in inside]
            if j > i and (any(alone) or len(inside) > longest):
                break
            if inside in log_probs:
                here.append((start, parts[j][1], log_probs[inside], True))
            elif j == i:
                here.append((start, parts[j][1], 0.0 if is_boundary(text[start]) else unk, False))
        result.append(here)
    return result


def segmentations(table: list[list[Edge]], parts: list[tuple[int, int]], i: int = 0) -> Iterator[list[Edge]]:
    """Every path through the edges, by recursion."""
    if i == len(parts):
        yield []
        return
    for edge in table[i]:
        after = next((k for k, part in enumerate(parts) if part[0] == edge[1]), len(parts))
        for rest in segmentations(table, parts, after):
            yield [edge, *rest]


def fixed(nats: float) -> int:
    """Scores are compared in whole steps of 2**-30 nats, rounded half away from zero."""
    return int(math.copysign(math.floor(abs(nats) * 2**30 + 0.5), nats))


def spelling(
    log_probs: Mapping[str, float], share: float, rare: float, alnum: str = "token"
) -> Callable[[str], int | None]:
    """The score of two to four letters as a new word, in steps of 2**-30 nats; None where they cannot be one."""

    def parts(word: str) -> list[str]:
        return [word[start:end] for start, end in symbols(word, alnum)]

    def letter(symbol: str) -> bool:
        return not is_boundary(symbol[0]) and (alnum == "split" or not is_alnum(symbol[0]))

    frequency: Counter[str] = Counter()
    first: Counter[str] = Counter()
    middle: Counter[str] = Counter()
    last: Counter[str] = Counter()
    lengths = Counter({2: 1, 3: 1, 4: 1})
    for word, log_prob in log_probs.items():
        spelt = parts(word)
        if len(spelt) > 1 and any(is_boundary(s[0]) or (alnum == "token" and is_alnum(s[0])) for s in spelt):
            continue  # can never be a token
        for symbol in filter(letter, spelt):
            frequency[symbol] += math.exp(log_prob)  # type: ignore[assignment]
        if len(spelt) < 2 or not all(map(letter, spelt)):
            continue
        first[spelt[0]] += 1
        last[spelt[-1]] += 1
        middle.update(spelt[1:-1])
        if len(spelt) <= 4 and log_prob <= rare:
            lengths[len(spelt)] += 1

    def spelt_as(table: Counter[str], symbol: str) -> int:
        own = frequency[symbol] / sum(frequency.values())
        return fixed(math.log((table[symbol] + 300 * own) / (sum(table.values()) + 300)))

    def score(text: str) -> int | None:
        if not 2 <= len(text) <= 4 or text in log_probs or not all(letter(c) and c in frequency for c in text):
            return None
        inside = sum(spelt_as(middle, c) for c in text[1:-1])
        of_length = fixed(math.log(share * lengths[len(text)] / sum(lengths.values())))
        return of_length + spelt_as(first, text[0]) + inside + spelt_as(last, text[-1])

    return score


def best_path(
    text: str,
    log_probs: Mapping[str, float],
    unk: float,
    alnum: str = "token",
    new: Callable[[str], int | None] = lambda text: None,
) -> list[str]:
    """Greatest score, then fewer tokens, then the longer first token, by dynamic programming from the right.

    `new` scores words that the lexicon lacks; among equal scores words of the lexicon go first, then shorter ones.
    """
    table, parts = edges(text, log_probs, unk, alnum), symbols(text, alnum)
    best: dict[int, tuple[int, int]] = {len(text): (0, 0)}
    chosen: dict[int, Edge] = {}
    for i in reversed(range(len(parts))):
        ranked = [
            (fixed(score) + best[end][0], -1 + best[end][1], True, end, (start, end, score, known))
            for start, end, score, known in table[i]
        ]
        start = parts[i][0]
        for end in [end for _, end in parts[i : i + 4]]:
            if (points := new(text[start:end])) is not None:
                ranked.append((points + best[end][0], -1 + best[end][1], False, -end, (start, end, 0.0, False)))
        score, tokens, _, _, edge = max(ranked, key=lambda r: r[:4])
        best[parts[i][0]], chosen[parts[i][0]] = (score, tokens), edge
    result, at = [], 0
    while at < len(text):
        result.append(text[at : chosen[at][1]])
        at = chosen[at][1]
    return result


def vocabulary_paths(text: str | bytes, words: set[str], unit: str = "char") -> list[list[str]]:
    """Every segmentation by a vocabulary with byte fallback; bytes are written as surrogate escapes."""
    if unit == "byte":
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        pieces: list[list[str]] = [[escaped(data[k : k + 1])] for k in range(len(data))]
        known = {word.encode("utf-8", "surrogateescape") for word in words}
        inside = [[data[i:j] for j in range(i + 2, len(data) + 1)] for i in range(len(data))]
        longer = [[(len(part), escaped(part)) for part in row if part in known] for row in inside]
    else:
        assert isinstance(text, str)
        pieces = [[c] if c in words and not "\ud800" <= c <= "\udfff" else in_bytes(c) for c in text]
        inside_text = [[text[i:j] for j in range(i + 2, len(text) + 1)] for i in range(len(text))]
        longer = [[(len(part), part) for part in row if part in words] for row in inside_text]
    paths: list[list[list[str]]] = [[] for _ in pieces] + [[[]]]
    for i in reversed(range(len(pieces))):
        paths[i] = [[*pieces[i], *rest] for rest in paths[i + 1]]
        for length, part in longer[i]:
            paths[i] += [[part, *rest] for rest in paths[i + length]]
    return paths[0]


def escaped(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def in_bytes(char: str) -> list[str]:
    return [escaped(bytes([b])) for b in char.encode("utf-8", "surrogatepass")]
