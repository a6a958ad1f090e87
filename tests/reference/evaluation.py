"""Scores of a segmentation, with sets of spans, as a textbook would write them."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

from .text import is_alnum, is_boundary


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


def at_level(words: list[str], level: str) -> list[str]:
    """A line as a level wants it, character by character."""
    text = "".join(words)
    inner = cuts(words)
    pieces = text[:1]
    for place, (before, char) in enumerate(pairwise(text), 1):
        cut = place in inner
        if level != "raw" and (is_boundary(before) or is_boundary(char)):
            cut = True
        elif level in ("alnum", "join") and is_alnum(before) and is_alnum(char):
            cut = False
        elif level == "alnum" and is_alnum(before) != is_alnum(char):
            cut = True
        pieces += " " * cut + char
    return pieces.split(" ") if pieces else []


def is_given(word: str, level: str) -> bool:
    if level == "raw":
        return False
    return all(is_boundary(char) or (level == "alnum" and is_alnum(char)) for char in word)


def unaided(gold: list[list[str]], predicted: list[list[str]], level: str) -> tuple[int, int, int]:
    """(common, predicted, gold) words that the level does not give."""
    totals = [0, 0, 0]
    for right, guess in zip(gold, predicted, strict=True):
        text = "".join(right)
        one, other = ({(a, b) for a, b in spans(line) if not is_given(text[a:b], level)}
                      for line in (right, at_level(guess, level)))  # fmt: skip
        for k, found in enumerate((one & other, other, one)):
            totals[k] += len(found)
    return totals[0], totals[1], totals[2]


def kinds(gold: list[list[str]], predicted: list[list[str]], level: str) -> dict[str, tuple[int, int]]:
    """(gold words, predicted words) between neighbouring common cuts, by kind of error, less given words."""
    totals = {"joined": [0, 0], "split": [0, 0], "crossed": [0, 0]}
    for right, guess in zip(gold, predicted, strict=True):
        text = "".join(right)
        if not text:
            continue
        both = [spans(line) for line in (right, at_level(guess, level))]
        ends = [{end for _, end in those} for those in both]
        for begin, end in pairwise(sorted({0} | (ends[0] & ends[1]))):
            inside = [[(a, b) for a, b in those if begin <= a and b <= end] for those in both]
            asked = [sum(not is_given(text[a:b], level) for a, b in those) for those in inside]
            many = [len(those) > 1 for those in inside]
            if any(many) and asked[0]:
                kind = "crossed" if all(many) else "joined" if many[0] else "split"
                totals[kind][0] += asked[0]
                totals[kind][1] += asked[1]
    return {kind: (counts[0], counts[1]) for kind, counts in totals.items()}


def information(words: list[str]) -> float:
    """Nats a character, from the definition."""
    counts = Counter(words)
    nats = -sum(n * math.log(n / len(words)) for n in counts.values())
    return nats / sum(map(len, words)) if words else 0.0
