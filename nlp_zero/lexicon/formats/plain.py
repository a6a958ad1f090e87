"""Word lists of other tools: lines of ``word count [tag]`` or only ``word``, such as jieba's ``dict.txt``."""

from __future__ import annotations

from collections import Counter

from ..ids import LexiconLike
from .table import Table, decode_utf8

__all__ = ["dumps", "loads"]

# Why words are left out.
BYTES = "bytes and parts of characters"
SPACES = "words with white space"


def dumps(lexicon: LexiconLike) -> tuple[bytes, dict[str, int]]:
    """Write ``word count`` lines; also return how many words are left out, by reason."""
    rows, left_out = [], Counter[str]()
    for word, count in zip(lexicon.words, lexicon.counts.tolist(), strict=True):
        if any("\ud800" <= c <= "\udfff" for c in word):
            left_out[BYTES] += 1
        elif any(c.isspace() or c == "\ufeff" for c in word):
            left_out[SPACES] += 1
        else:
            rows.append(f"{word} {count}\n")
    return "".join(rows).encode(), dict(left_out)


def loads(data: bytes) -> Table:
    """Read fields separated by white space; a word without a count has the count 1."""
    words: list[str] = []
    counts: list[int] = []
    first: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(decode_utf8(data).split("\n"), 1):
        fields = line.split()
        if not fields:
            continue
        word, count = fields[0], fields[1] if len(fields) > 1 else "1"
        if word in first and first[word][1] == count:  # a repeated row does no harm; jieba's dict.txt has one
            continue
        if word in first:
            raise ValueError(
                f"line {number}: the word {word!r} was already on line {first[word][0]}; remove one of them."
            )
        first[word] = number, count
        if not (count.isascii() and count.isdigit() and len(count) < 20 and int(count) < 1 << 63):
            raise ValueError(
                f"line {number}: the count {count[:40]!r} is not a whole number from 0 to 2**63 - 1; "
                "expected 'word count'."
            )
        words.append(word)
        counts.append(int(count))
    if not words:
        raise ValueError("line 1: this lexicon has no words; check the name.")
    return Table(words, counts)
