"""Template grammars by brute force: every derivation of a segment is listed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache

Items = tuple["str | None", ...]
Tree = tuple[int, int, int, int]  # start, end, label (template, -1 a word, -2 a slot), depth
WORD, SLOT = -1, -2


def derivations(
    words: Sequence[str], templates: Sequence[Items], theta: Sequence[float], leaf: dict[str, float], q: float
) -> list[tuple[float, tuple[Tree, ...]]]:
    """All parses of a segment with their probabilities, as nodes in depth-first order."""

    @cache
    def chains(i: int, j: int) -> tuple[tuple[float, tuple[object, ...]], ...]:
        found = [(q * p, (unit,)) for p, unit in units(i, j)]
        for k in range(i + 1, j):
            found += [((1 - q) * p * r, (unit, *rest)) for p, unit in units(i, k) for r, rest in chains(k, j)]
        return tuple(found)

    @cache
    def units(i: int, j: int) -> tuple[tuple[float, tuple[object, ...]], ...]:
        found: list[tuple[float, tuple[object, ...]]] = []
        if j == i + 1:
            found.append((leaf[words[i]], (i, j, WORD, ())))
        for t, items in enumerate(templates):
            found += [(theta[t] * p, (i, j, t, slots)) for p, slots in fillings(items, i, j)]
        return tuple(found)

    def fillings(items: Items, i: int, j: int) -> Iterator[tuple[float, tuple[object, ...]]]:
        if not items:
            if i == j:
                yield 1.0, ()
        elif items[0] is not None:
            if i < j and words[i] == items[0]:
                yield from fillings(items[1:], i + 1, j)
        else:
            for k in range(i + 1, j + 1):  # the rest first, because a slot that takes all words would recurse forever
                rest = list(fillings(items[1:], k, j))
                if rest:
                    yield from ((p * r, ((i, k, chain), *slots)) for p, chain in chains(i, k) for r, slots in rest)

    def flat(chain: object, depth: int) -> Iterator[Tree]:
        for start, end, label, slots in chain:  # type: ignore[attr-defined]
            yield start, end, label, depth
            for begin, stop, inner in slots:
                yield begin, stop, SLOT, depth + 1
                yield from flat(inner, depth + 2)

    if not words:
        return []
    return [(p, tuple(flat(chain, 0))) for p, chain in chains(0, len(words))]


def pair_fillings(segments: Sequence[Sequence[str]], window: int) -> dict[tuple[str, str], set[tuple[str, ...]]]:
    """Distinct fillings between two words, at least one word apart, in a stretch of `window` words."""
    found: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    for words in segments:
        for i in range(len(words)):
            for k in range(i + 2, min(len(words), i + window)):
                found.setdefault((words[i], words[k]), set()).add(tuple(words[i + 1 : k]))
    return found


def information(both: int, first: int, second: int, total: int) -> float:
    """`total` times the mutual information of two events, nats."""
    table = {(1, 1): both, (1, 0): first - both, (0, 1): second - both, (0, 0): total - first - second + both}
    row, column = {1: first, 0: total - first}, {1: second, 0: total - second}
    return sum(c * math.log(c * total / (row[x] * column[y])) for (x, y), c in table.items() if c)


def slot_fillers(
    tree: Sequence[Tree], words: Sequence[str]
) -> list[tuple[int, int, str]]:
    """Template, place of the slot (from 1) and words of each slot of a parse, found by a search for the owner."""
    found = []
    for place, (start, end, label, depth) in enumerate(tree):
        if label == SLOT:
            owner = max(k for k in range(place) if tree[k][3] == depth - 1)
            between = [k for k in range(owner + 1, place + 1) if tree[k][2] == SLOT and tree[k][3] == depth]
            found.append((tree[owner][2], len(between), " ".join(words[start:end])))
    return found
