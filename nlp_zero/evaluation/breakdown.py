"""Where the errors are: by length, by frequency, by kind, and at function words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from ..statistics import information_per_symbol
from .aligned import Agreement, starts_of
from .levels import LETTER, class_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from .aligned import Aligned
    from .levels import Preprocessing

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]

__all__ = ["Breakdown", "FunctionWord", "break_down"]

LENGTHS = ("1", "2", "3", "4", "5+")  # in characters
FREQUENCIES = {0: "not a gold word", 1: "1", 2: "2-9", 10: "10-99", 100: "100-999", 1000: "1000+"}  # from so many on
KINDS = ("joined", "split", "crossed")
FUNCTION_WORDS = 20
EXAMPLES = 8  # of each kind


@dataclass(frozen=True, slots=True)
class FunctionWord:
    """A frequent gold word of one character, and how often it was not left alone.

    Attributes
    ----------
    word : str
    count : int
        How often it is a gold word.
    stuck : int
        How often the prediction makes it part of a longer word.
    """

    word: str
    count: int
    stuck: int


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Where a prediction goes wrong.  Words that the level gives to every segmenter are left out everywhere.

    Attributes
    ----------
    by_length : dict of str to Agreement
        By the number of characters of the gold and of the predicted word.
    by_frequency : dict of str to Agreement
        By how often the gold standard has the word; what it never has is in a row of its own.
    kinds : dict of str to Agreement
        Words between two neighbouring common cuts, where they differ: `joined` is several gold words predicted as one,
        `split` one as several, `crossed` the rest.
    function_words : list of FunctionWord
        The 20 most frequent gold words of one character (digits, Latin letters and marks left out), as a stand-in for
        the list of function words that nobody gave.
    stuck : int
        Number of wrong predicted words that hold one of these as a gold word.
    wrong : int
        Number of wrong predicted words.
    examples : dict of str to list of (gold words, predicted words, count)
        The most frequent errors of each kind; ties in the order of their text.
    information : dict of str to float
        Average information in nats a character, −Σ N_w ln p_w / Σ N_w·|w|, of the text as ``characters``, as
        ``predicted`` words and as ``gold`` words, each with its own frequencies: what the builders make small.
    characters : int
        The number of characters in the predicted words.
    """

    by_length: Mapping[str, Agreement]
    by_frequency: Mapping[str, Agreement]
    kinds: Mapping[str, Agreement]
    function_words: Sequence[FunctionWord]
    stuck: int
    wrong: int
    examples: Mapping[str, Sequence[tuple[str, str, int]]]
    information: Mapping[str, float]
    characters: int

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers, for JSON."""
        values = asdict(self)
        for name in ("by_length", "by_frequency", "kinds"):
            values[name] = {row: asdict(counts) for row, counts in getattr(self, name).items()}
        return values


def break_down(aligned: Aligned, preprocessing: Preprocessing) -> Breakdown:
    """Sort words and errors into classes."""
    own, predicted_own = ~preprocessing.gives(aligned.gold), ~preprocessing.gives(aligned.predicted)
    words, predicted_words = aligned.words(aligned.gold), aligned.words(aligned.predicted)
    right, _ = aligned.matches()
    predicted_right = np.zeros(len(predicted_words), bool)
    predicted_right[np.searchsorted(aligned.predicted, aligned.gold[right])] = True
    counts = Counter(words)
    lengths = [_classes(np.diff(starts_of(ends)), [1, 2, 3, 4, 5]) for ends in (aligned.gold, aligned.predicted)]
    frequencies = [_classes([counts[word] for word in those], [*FREQUENCIES]) for those in (words, predicted_words)]
    function_words, stuck = _function_words(aligned, words, counts, right)
    kinds, examples = _errors(aligned, words, predicted_words, own, predicted_own)
    return Breakdown(
        _rows(LENGTHS, lengths, right, own, predicted_own),
        _rows([*FREQUENCIES.values()], frequencies, right, own, predicted_own),
        kinds,
        function_words,
        int(np.count_nonzero(stuck & ~predicted_right & predicted_own)),
        int(np.count_nonzero(~predicted_right & predicted_own)),
        examples,
        _information(words, predicted_words, own, predicted_own),
        int(np.diff(starts_of(aligned.predicted))[predicted_own].sum()),
    )


def _information(words: list[str], predicted_words: list[str], own: Bools, predicted_own: Bools) -> dict[str, float]:
    kept, predicted = (list(compress(those, mask.tolist())) for those, mask in
                       ((words, own), (predicted_words, predicted_own)))  # fmt: skip
    units = {"characters": "".join(predicted), "predicted": predicted, "gold": kept}
    found = {name: Counter(those) for name, those in units.items()}
    return {name: information_per_symbol([*n.values()], [*map(len, n)]) for name, n in found.items()}


def _classes(values: npt.ArrayLike, least: list[int]) -> Ints:
    """Which class each value belongs to: the last that begins at it or below."""
    return np.searchsorted(least, np.asarray(values), side="right") - 1


def _rows(
    names: Sequence[str], classes: list[Ints], right: Bools, own: Bools, predicted_own: Bools
) -> dict[str, Agreement]:
    gold, predicted = classes
    size = len(names)
    columns = (
        np.bincount(gold[right & own], minlength=size),  # the same words in both
        np.bincount(predicted[predicted_own], minlength=size),
        np.bincount(gold[own], minlength=size),
    )
    return {name: Agreement(*map(int, row)) for name, *row in zip(names, *columns, strict=True)}


def _function_words(
    aligned: Aligned, words: list[str], counts: Counter[str], right: Bools
) -> tuple[list[FunctionWord], Bools]:
    """The function words, and for each predicted word whether it holds one."""
    single = ((word, n) for word, n in counts.items() if len(word) == 1 and class_of(word) == LETTER)
    chosen = dict(sorted(single, key=lambda item: (-item[1], item[0]))[:FUNCTION_WORDS])
    there = np.fromiter((word in chosen for word in words), bool, len(words))
    stuck = Counter(word for word, lost in zip(words, (there & ~right).tolist(), strict=True) if lost)
    holds = np.zeros(len(aligned.predicted), bool)
    holds[np.searchsorted(aligned.predicted, aligned.gold[there])] = True
    return [FunctionWord(word, n, stuck[word]) for word, n in chosen.items()], holds


def _errors(
    aligned: Aligned, words: list[str], predicted_words: list[str], own: Bools, predicted_own: Bools
) -> tuple[dict[str, Agreement], dict[str, list[tuple[str, str, int]]]]:
    """Kinds of errors, and examples: what stands between two neighbouring common cuts, where it differs."""
    common = np.intersect1d(aligned.gold, aligned.predicted, assume_unique=True)
    places = [starts_of(np.searchsorted(ends, common) + 1) for ends in (aligned.gold, aligned.predicted)]
    many, predicted_many = (np.diff(place) > 1 for place in places)
    asked = _inside(own, places[0][:-1], places[0][1:]) > 0  # not only words that the level gives
    kind = np.select([many & ~predicted_many, ~many & predicted_many, many & predicted_many], [0, 1, 2], 3)
    kinds, examples = {}, {}
    for number, name in enumerate(KINDS):
        chunks = np.flatnonzero((kind == number) & asked)
        spans = [(place[chunks], place[chunks + 1]) for place in places]
        sizes = [int(_inside(mask, *span).sum()) for mask, span in zip((own, predicted_own), spans, strict=True)]
        kinds[name] = Agreement(0, sizes[1], sizes[0])
        texts = [[" ".join(those[a:b]) for a, b in zip(*map(np.ndarray.tolist, span), strict=True)]
                 for those, span in zip((words, predicted_words), spans, strict=True)]  # fmt: skip
        found = Counter(zip(*texts, strict=True))
        best = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:EXAMPLES]
        examples[name] = [(gold, predicted, n) for (gold, predicted), n in best]
    return kinds, examples


def _inside(mask: Bools, starts: Ints, ends: Ints) -> Ints:
    """How many of `mask` are true in each span."""
    before: Ints = np.concatenate((np.zeros(1, np.int64), np.cumsum(mask, dtype=np.int64)))
    return before[ends] - before[starts]
