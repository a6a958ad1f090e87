"""jieba user dictionaries: ``word frequency`` lines, with frequencies that make jieba keep the words.

jieba takes the cut with the greatest sum of ln(frequency / total).  A word of frequency f is kept whole where nothing
overlaps it once ln(f / total) is greater than that sum for the best cut of its parts.  Adding words raises the total,
which favours longer words further, so the frequencies of jieba's own dictionary are the hardest case.
"""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from pathlib import Path

from ..._kernels.elementary import exp, log
from ..ids import LexiconLike
from .plain import loads

__all__ = ["dumps", "has_dictionary", "kept_frequencies", "loads"]

# Why words are left out.
SINGLE = "single characters"
CUT = "words with characters at which jieba always cuts"
JIEBA_TOTAL = 60_101_967  # sum of the frequencies in the dictionary of jieba 0.42
WORD = re.compile(r"[\u4E00-\u9FD5a-zA-Z0-9+#&._%\-]+")  # jieba can keep such words; it cuts at all other characters


def dumps(lexicon: LexiconLike) -> tuple[bytes, dict[str, int]]:
    """Write the user dictionary; also return how many words are left out, by reason.

    Words of one character are left out, as jieba has its own, and words that jieba cannot hold (characters other than
    Han, letters, digits and ``+#&._%-``).  A frequency is the greatest of: the least that makes jieba keep the word,
    the frequency in jieba's dictionary, and our count on jieba's scale.  If jieba is not installed, our own counts
    replace its dictionary.
    """
    chosen, left_out = [], Counter[str]()
    for word, count in zip(lexicon.words, lexicon.counts.tolist(), strict=True):
        if len(word) > 1 and WORD.fullmatch(word):
            chosen.append((word, count))
        else:
            left_out[SINGLE if len(word) == 1 else CUT] += 1
    known, total = _dictionary()
    scale = (total or JIEBA_TOTAL) / max(int(lexicon.counts.sum()), 1)
    if not known:
        known = {word: round(n * scale) for word, n in zip(lexicon.words, lexicon.counts.tolist(), strict=True)}
        total = JIEBA_TOTAL
    wanted = {word: round(count * scale) for word, count in chosen}
    frequencies = kept_frequencies(wanted, known, total)
    return "".join(f"{word} {frequencies[word]}\n" for word, _ in chosen).encode(), dict(left_out)


def kept_frequencies(wanted: dict[str, int], known: dict[str, int], total: int) -> dict[str, int]:
    """Return the frequencies, no less than `wanted`, that make a dictionary keep the words.

    Parameters
    ----------
    wanted : dict of str to int
        Words of two or more characters, and the least frequency of each.
    known : dict of str to int
        The frequencies of the dictionary that the words are added to.
    total : int
        The sum of the frequencies in that dictionary.

    Returns
    -------
    dict of str to int

    Examples
    --------
    >>> kept_frequencies({"石墨烯": 1}, {"石墨": 600, "烯": 50, "石": 9000, "墨": 2000}, 1_000_000)
    {'石墨烯': 1}
    >>> kept_frequencies({"石墨烯": 1}, {"石墨": 60_000, "烯": 500}, 1_000_000)
    {'石墨烯': 31}
    """
    log_total = log(total)
    costs = {word: log(n) - log_total for word, n in known.items() if n > 0}
    longest = max(map(len, costs), default=1)
    found = {}
    for word in sorted(wanted, key=len):  # shorter words first: they are parts of longer ones
        best = [0.0] * (len(word) + 1)
        for i in reversed(range(len(word))):
            best[i] = costs.get(word[i], -log_total) + best[i + 1]  # a character jieba lacks counts once
            for j in range(i + 2, min(len(word), i + longest) + 1):
                if (cost := costs.get(word[i:j])) is not None and (i > 0 or j < len(word)):
                    best[i] = max(best[i], cost + best[j])
        needed = int(exp(best[0] + log_total) * (1 + 1e-9)) + 1
        found[word] = max(needed, wanted[word], known.get(word, 0))
        costs[word] = log(found[word]) - log_total
        longest = max(longest, len(word))
    return {word: found[word] for word in wanted}


def has_dictionary() -> bool:
    """Return whether jieba is installed, whose dictionary the frequencies depend on."""
    return importlib.util.find_spec("jieba") is not None


def _dictionary() -> tuple[dict[str, int], int]:
    """Return jieba's dictionary and the sum of its frequencies; empty if jieba is not installed."""
    try:
        place = importlib.util.find_spec("jieba")
        table = loads((Path(place.origin).parent / "dict.txt").read_bytes()) if place and place.origin else None
    except (OSError, ValueError):
        table = None
    if table is None:
        return {}, 0
    return dict(zip(table.words, table.counts, strict=True)), sum(table.counts)
