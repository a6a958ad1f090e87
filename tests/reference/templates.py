"""Template grammars by brute force: every derivation of a segment is listed."""

from __future__ import annotations

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
            for k in range(i + 1, j + 1):  # the rest first: a slot of all words would ask for itself
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
