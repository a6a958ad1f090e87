"""Word lists of other tools: ``word count [tag]`` or just ``word`` a line, as jieba's ``dict.txt`` and many more."""

from __future__ import annotations

from ..ids import LexiconLike
from .table import Table, decode_utf8

__all__ = ["dumps", "loads"]


def dumps(lexicon: LexiconLike) -> tuple[bytes, int]:
    """Write ``word count`` lines; words with white space and bytes that are not characters are left out."""
    rows = [
        f"{word} {count}\n"
        for word, count in zip(lexicon.words, lexicon.counts.tolist(), strict=True)
        if not any(c.isspace() or "\ud800" <= c <= "\udfff" or c == "\ufeff" for c in word)
    ]
    return "".join(rows).encode(), len(rows)


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
        raise ValueError("line 1: there is not one word in this lexicon.")
    return Table(words, counts)
