"""Slow textbook versions of the vocabulary search: every string is examined, every path listed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence


def maximal_strings(lines: Sequence[str], *, min_count: int, longest: int, lonely: str = "") -> dict[str, int]:
    """Strings of 2 to `longest` characters that are frequent, and more frequent than any one that is longer by one."""
    counts = Counter(
        line[i:j] for line in lines for i in range(len(line)) for j in range(i + 1, min(len(line), i + longest + 1) + 1)
    )
    found = {}
    for string, count in counts.items():
        if not 2 <= len(string) <= longest or count < min_count or set(string) & set(lonely):
            continue
        longer = (n for other, n in counts.items() if len(other) == len(string) + 1 and string in other)
        left = max((counts[c + string] for c in {line[0] for line in counts if len(line) == 1}), default=0)
        right = max((counts[string + c] for c in {line[0] for line in counts if len(line) == 1}), default=0)
        assert max(left, right) <= max(longer, default=0)
        if left < count and (right < count or len(string) == longest):
            found[string] = count
    return found


def segmentations(text: str, pieces: Iterable[str]) -> Iterator[list[str]]:
    """All ways to write `text` in pieces; a character without a piece stays, to be spelled in bytes."""
    known = set(pieces)
    if not text:
        yield []
    for j in range(1, len(text) + 1):
        if j == 1 or text[:j] in known:
            for rest in segmentations(text[j:], known):
                yield [text[:j], *rest]


def spelled(char: str, pieces: Iterable[bytes]) -> list[bytes]:
    """The bytes of a character, the longest beginning that is a piece first."""
    data = char.encode("utf-8", "surrogatepass")
    known = set(pieces)
    for k in range(len(data) - 1, 1, -1):
        if data[:k] in known:
            return [data[:k], *(data[i : i + 1] for i in range(k, len(data)))]
    return [data[i : i + 1] for i in range(len(data))]


def cost(path: Sequence[str], pieces: Iterable[str], beginnings: Iterable[bytes] = ()) -> int:
    """Tokens of a path, characters without a piece spelled in bytes."""
    known = set(pieces)
    return sum(1 if piece in known or piece < "\x80" else len(spelled(piece, beginnings)) for piece in path)


def fewest(text: str, pieces: Iterable[str], beginnings: Iterable[bytes] = ()) -> int:
    """Tokens of the best path, by dynamic programming over the characters."""
    known, longest = set(pieces), max(map(len, pieces), default=1)
    best = [0.0] + [math.inf] * len(text)
    for j in range(1, len(text) + 1):
        for i in range(max(0, j - longest), j):
            if text[i:j] in known or j - i == 1:
                best[j] = min(best[j], best[i] + cost([text[i:j]], known, beginnings))
    return int(best[-1])


def loss(path: Sequence[str], at: int, pieces: Iterable[str]) -> float:
    """Tokens that the text needs more when it may not use one step of its path at that place."""
    text = "".join(path)
    begin = sum(map(len, path[:at]))
    end = begin + len(path[at])
    known = set(pieces)
    best = math.inf
    for other in segmentations(text, known):
        tokens, i, uses = 0, 0, False
        for piece in other:
            same = (i, i + len(piece)) == (begin, end)
            uses |= same and len(piece) > 1
            tokens += len(piece.encode()) if same and len(piece) == 1 else cost([piece], known)
            i += len(piece)
        if not uses:
            best = min(best, tokens)
    return best - fewest(text, known)


def gain(text: str, begin: int, end: int, pieces: Iterable[str]) -> int:
    """Tokens that the text needs less when one more piece may be used at one place; at least 0."""
    through = fewest(text[:begin], pieces) + 1 + fewest(text[end:], pieces)
    return max(0, fewest(text, pieces) - through)


def bits(text: str, log_probs: Mapping[str, float]) -> float:
    """-log2 of the probability of the most probable segmentation into words that are all known."""
    best = [0.0] + [math.inf] * len(text)
    for j in range(1, len(text) + 1):
        for i in range(j):
            if text[i:j] in log_probs:
                best[j] = min(best[j], best[i] - log_probs[text[i:j]] / math.log(2))
    return best[-1]


def ngram_score(path: Sequence[bytes], counts: Mapping[bytes, int], total: int, order: int) -> float:
    """ln of the n-gram model's score: within a piece each byte is predicted from those before it, order - 1 at most."""
    score = 0.0
    for piece in path:
        for k in range(len(piece)):
            gram = piece[max(0, k - order + 1) : k + 1]
            before = counts[gram[:-1]] if len(gram) > 1 else total
            score += math.log(counts[gram] / before) if counts.get(gram) and before else -math.inf
    return score


def byte_cuts(data: bytes, *, whole: bool) -> Iterator[list[bytes]]:
    """All ways to cut bytes into pieces, inside characters only unless `whole`."""
    if not data:
        yield []
    for j in range(1, len(data) + 1):
        if j == len(data) or not (whole and data[j] & 0xC0 == 0x80):
            for rest in byte_cuts(data[j:], whole=whole):
                yield [data[:j], *rest]
