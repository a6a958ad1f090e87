"""A dictionary of word frequencies that can be changed, and the frequencies that jieba suggests for words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from types import MappingProxyType
from typing import Any

import numpy as np

from .._kernels.elementary import exp, log
from ..lexicon import Lexicon, LexiconMeta

__all__ = ["Frequencies"]

LEAST_TOTAL = 100_000_000  # scale of the frequencies of a lexicon that has probabilities and no counts
ALNUM = re.compile("[a-zA-Z0-9]")
HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")


class Frequencies:
    """The frequencies of the words of a lexicon, with the changes that a program makes to them.

    Parameters
    ----------
    lexicon : Lexicon
        If it has the column ``log_prob``, frequencies are p times the total of its counts (100 million if it has no
        counts), and at least 1.
    """

    __slots__ = ("_changes", "_first_total", "_frequencies", "_longest", "_total", "_whole")

    def __init__(self, lexicon: Lexicon) -> None:
        self._frequencies = dict(zip(lexicon.words, _frequencies_of(lexicon), strict=True))
        self._total = self._first_total = max(sum(self._frequencies.values()), 1)
        self._longest = max(map(len, self._frequencies), default=1)
        self._changes: dict[str, int] = {}  # 0: the word was deleted
        self._whole: set[str] = set()

    @property
    def table(self) -> Mapping[str, int]:
        """The frequency of every word, as it is now; a deleted word has 0.  Read-only."""
        return MappingProxyType(self._frequencies)

    @property
    def total(self) -> int:
        """Sum of the frequencies of the lexicon and of all that were set, as in jieba.

        It never falls, so that words that were added before stay whole.
        """
        return self._total

    def copy(self) -> Frequencies:
        """Return a copy, which later changes do not affect."""
        twin = copy(self)
        twin._frequencies, twin._changes, twin._whole = self._frequencies.copy(), self._changes.copy(), {*self._whole}
        return twin

    def set(self, word: str, frequency: int, *, whole: bool = False) -> None:
        """Change the frequency of a word, or add the word; with 0 it is deleted.  whole: it must be one token."""
        (self._whole.add if whole else self._whole.discard)(word)
        self._total += frequency
        self._longest = max(self._longest, len(word))
        self._frequencies[word] = self._changes[word] = frequency

    def apply(self, lexicon: Lexicon) -> Lexicon:
        """Return the lexicon with the changes: p = frequency / total; words that were set have no other scores."""
        if not self._changes:
            return lexicon
        kept = np.fromiter((word not in self._changes for word in lexicon.words), np.bool_, len(lexicon))
        old, log_probs = lexicon.keep(kept), lexicon.log_probs[kept] + log(self._first_total)
        new = {word: frequency for word, frequency in self._changes.items() if frequency}
        unknown = np.full(len(new), np.nan)
        scores = {name: np.append(column, unknown) for name, column in old.scores.items() if name != "id"}
        scores["log_prob"] = np.append(log_probs, log([*new.values()])) - log(self._total)
        return Lexicon([*old.words, *new], [*old.counts.tolist(), *new.values()], scores=scores, meta=lexicon.meta)

    def own_words(self, meta: LexiconMeta) -> dict[str, Any]:
        """Return the options of `nlp_zero.Tokenizer` for words whose frequency does not decide.

        A deleted word must not be found again as a new word.  A word with letters, digits or marks (C++, A股) is only
        found in a text if it is an own word.  If other things than p count, no frequency makes a word one token.
        """
        only_p = meta.objective == "unigram" and not meta.granularity
        deleted = [word for word, frequency in self._changes.items() if not frequency]
        added = [
            word
            for word, frequency in self._changes.items()
            if frequency and (not HAN.fullmatch(word) or (word in self._whole and not only_p))
        ]
        return {
            "words": [*(word for word in meta.own_words if word not in self._changes), *added],
            "forbid": [*(word for word in meta.forbidden_words if word not in self._changes), *deleted],
            "force": [word for word in meta.forced_words if self._changes.get(word, 1)],
        }

    def suggest_whole(self, word: str) -> int:
        """Return the least frequency that exceeds that of the best cut of `word`, or its own if that is greater."""
        expected = self._expect(self._cut(word))
        return max(int(expected) + 1, self._frequencies.get(word, 1))

    def suggest_split(self, segments: Sequence[str]) -> int:
        """Return the frequency of the joined word, reduced to what its segments have together."""
        return min(int(self._expect(segments)), self._frequencies.get("".join(segments), 0))

    def _expect(self, segments: Iterable[str]) -> float:
        """Return how often the segments are expected side by side, if they are independent of each other."""
        share = 1.0
        for segment in segments:
            share *= (self._frequencies.get(segment) or 1) / self._total
        return share * self._total

    def _cut(self, word: str) -> list[str]:
        """Return the cut with the greatest sum of ln(frequency / total); a sequence of letters and digits is not cut.

        A character at which no word begins has the frequency 1.  A program that adds many words needs this for each of
        them, which a tokenizer that is rebuilt after every word could not do in linear time.
        """
        log_total = log(self._total)
        best, ends = [0.0] * (len(word) + 1), [0] * len(word)
        for start in reversed(range(len(word))):
            known = [
                (log(frequency) - log_total + best[end], end)
                for end in range(start + 1, min(start + self._longest, len(word)) + 1)
                if (frequency := self._frequencies.get(word[start:end]))
            ]
            best[start], ends[start] = max(known, default=(best[start + 1] - log_total, start + 1))
        segments: list[str] = []
        start, joins = 0, False
        while start < len(word):
            segment = word[start : ends[start]]
            single = len(segment) == 1 and ALNUM.match(segment) is not None
            if single and joins:
                segments[-1] += segment
            else:
                segments.append(segment)
            start, joins = ends[start], single
        return segments


def _frequencies_of(lexicon: Lexicon) -> list[int]:
    if "log_prob" not in lexicon.scores:
        return lexicon.counts.tolist()  # type: ignore[no-any-return]
    expected = exp(lexicon.log_probs) * (lexicon.total or LEAST_TOTAL)
    return [max(round(frequency), 1) for frequency in expected.tolist()]
