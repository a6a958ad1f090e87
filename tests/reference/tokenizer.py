"""Tokenizing straight from the definition: symbols, every segmentation, and a Viterbi without tricks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from tests.reference.text import is_alnum, is_boundary

Edge = tuple[int, int, float, bool]  # start, end (in characters), nats, is a word


def symbols(text: str, alnum: str = "token") -> list[tuple[int, int]]:
    """(start, end) of every symbol: a character, or a stretch of digits and Latin letters unless ``split``."""
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


def best_path(text: str, log_probs: Mapping[str, float], unk: float, alnum: str = "token") -> list[str]:
    """Greatest score, then fewer tokens, then the longer first token, by dynamic programming from the right."""
    table, parts = edges(text, log_probs, unk, alnum), symbols(text, alnum)
    best: dict[int, tuple[int, int]] = {len(text): (0, 0)}
    chosen: dict[int, Edge] = {}
    for i in reversed(range(len(parts))):
        ranked = [
            (fixed(score) + best[end][0], -1 + best[end][1], end, (start, end, score, known))
            for start, end, score, known in table[i]
        ]
        score, tokens, _, edge = max(ranked, key=lambda r: r[:3])
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
