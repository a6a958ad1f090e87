"""Scores of a segmentation, with sets of spans, as a textbook would write them."""

from __future__ import annotations


def spans(words: list[str]) -> set[tuple[int, int]]:
    found, start = set(), 0
    for word in words:
        found.add((start, start + len(word)))
        start += len(word)
    return found


def cuts(words: list[str]) -> set[int]:
    return {end for _, end in spans(words)} - {len("".join(words))}


def agreement(gold: list[list[str]], predicted: list[list[str]], known: set[str]) -> dict[str, tuple[int, int, int]]:
    """Return (common, predicted, gold) for words and cuts, and (found, 0, all) for unknown and known gold words."""
    words, boundaries, new, old = [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]
    for right, guess in zip(gold, predicted, strict=True):
        for total, one, other in ((words, spans(right), spans(guess)), (boundaries, cuts(right), cuts(guess))):
            total[0] += len(one & other)
            total[1] += len(other)
            total[2] += len(one)
        start = 0
        for word in right:
            total = old if word in known else new
            total[0] += (start, start + len(word)) in spans(guess)
            total[2] += 1
            start += len(word)
    return {
        "words": (words[0], words[1], words[2]),
        "boundaries": (boundaries[0], boundaries[1], boundaries[2]),
        "unknown": (new[0], new[1], new[2]),
        "known": (old[0], old[1], old[2]),
    }
