"""Errors by length, by frequency, by kind, and at function words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from ..statistics import information_per_symbol
from .alignment import Agreement, starts_of
from .levels import LETTER, class_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from .alignment import Alignment
    from .levels import Preprocessing

    IntArray = npt.NDArray[np.int64]
    BoolArray = npt.NDArray[np.bool_]

__all__ = ["Breakdown", "FunctionWord", "break_down"]

LENGTHS = ("1", "2", "3", "4", "5+")  # in characters
FREQUENCIES = {
    0: "not a gold word",
    1: "1",
    2: "2-9",
    10: "10-99",
    100: "100-999",
    1000: "1000+",
}  # least count -> name of the row
KINDS = ("joined", "split", "crossed")
FUNCTION_WORDS = 20  # words that are listed
EXAMPLES = 8  # errors that are listed of each kind


@dataclass(frozen=True, slots=True)
class FunctionWord:
    """A frequent gold word of one character.

    Attributes
    ----------
    word : str
        The word.
    count : int
        Number of its occurrences as a gold word.
    stuck : int
        Number of these occurrences that the prediction makes part of a longer word.
    """

    word: str
    count: int
    stuck: int


@dataclass(frozen=True, slots=True, repr=False)
class Breakdown:
    """The errors of a prediction, in classes.  Words that the level gives are left out everywhere.

    Attributes
    ----------
    by_length : dict of str to Agreement
        By the number of characters of the gold and of the predicted word.
    by_frequency : dict of str to Agreement
        By the number of occurrences in the gold standard; words that are not in it have a separate row.
    kinds : dict of str to Agreement
        Words between two neighbouring common boundaries, where the segmentations differ: `joined` is several gold
        words predicted as one, `split` is one gold word predicted as several, `crossed` is the rest.
    function_words : list of FunctionWord
        The 20 most frequent gold words of one character, without digits, Latin letters and marks: an estimate of the
        function words.
    stuck : int
        Number of wrong predicted words that contain one of these as a gold word.
    wrong : int
        Number of wrong predicted words.
    examples : dict of str to list of (gold words, predicted words, count)
        The most frequent errors of each kind; ties are in the order of their text.
    information : dict of str to float
        Average information in nats per character, −Σ N_w ln p_w / Σ N_w·|w|, of the text as ``characters``, as
        ``predicted`` words and as ``gold`` words, each with its own frequencies: the quantity that builders minimise.
    characters : int
        Number of characters of the predicted words.
    lines : int
        Number of lines: fewer than the text has if a memory budget allows a sample only.
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
    lines: int

    def __repr__(self) -> str:
        kinds = ", ".join(f"{kind}={counts.gold}" for kind, counts in self.kinds.items())
        return f"Breakdown(wrong={self.wrong}, {kinds}, stuck={self.stuck}, characters={self.characters})"

    def to_dict(self) -> dict[str, Any]:
        """Return all values as plain numbers and strings, for JSON.

        Returns
        -------
        dict of str to object
            The fields by name.
        """
        values = asdict(self)
        for name in ("by_length", "by_frequency", "kinds"):
            values[name] = {row: asdict(counts) for row, counts in getattr(self, name).items()}
        return values


def break_down(alignment: Alignment, preprocessing: Preprocessing) -> Breakdown:
    """Return the errors of a prediction, in classes."""
    own, predicted_own = ~preprocessing.gives(alignment.gold), ~preprocessing.gives(alignment.predicted)
    words, predicted_words = alignment.words(alignment.gold), alignment.words(alignment.predicted)
    right, _ = alignment.matches()
    predicted_right = np.zeros(len(predicted_words), bool)
    predicted_right[np.searchsorted(alignment.predicted, alignment.gold[right])] = True
    counts = Counter(words)
    lengths = [_classify(np.diff(starts_of(ends)), [1, 2, 3, 4, 5]) for ends in (alignment.gold, alignment.predicted)]
    frequencies = [_classify([counts[word] for word in side], [*FREQUENCIES]) for side in (words, predicted_words)]
    function_words, stuck = _find_function_words(alignment, words, counts, right)
    kinds, examples = _sort_errors(alignment, words, predicted_words, own, predicted_own)
    return Breakdown(
        _rows(LENGTHS, lengths, right, own, predicted_own),
        _rows([*FREQUENCIES.values()], frequencies, right, own, predicted_own),
        kinds,
        function_words,
        int(np.count_nonzero(stuck & ~predicted_right & predicted_own)),
        int(np.count_nonzero(~predicted_right & predicted_own)),
        examples,
        _information(words, predicted_words, own, predicted_own),
        int(np.diff(starts_of(alignment.predicted))[predicted_own].sum()),
        len(alignment.line_ends),
    )


def _information(
    words: list[str], predicted_words: list[str], own: BoolArray, predicted_own: BoolArray
) -> dict[str, float]:
    kept, predicted = (list(compress(side, mask.tolist())) for side, mask in
                       ((words, own), (predicted_words, predicted_own)))  # fmt: skip
    units = {"characters": "".join(predicted), "predicted": predicted, "gold": kept}
    found = {name: Counter(tokens) for name, tokens in units.items()}
    return {name: information_per_symbol([*n.values()], [*map(len, n)]) for name, n in found.items()}


def _classify(values: npt.ArrayLike, least: list[int]) -> IntArray:
    """Return the number of the class of each value: the last class whose least value is not above it."""
    return np.searchsorted(least, np.asarray(values), side="right") - 1


def _rows(
    names: Sequence[str], classes: list[IntArray], right: BoolArray, own: BoolArray, predicted_own: BoolArray
) -> dict[str, Agreement]:
    gold, predicted = classes
    size = len(names)
    columns = (
        np.bincount(gold[right & own], minlength=size),  # the same words in both
        np.bincount(predicted[predicted_own], minlength=size),
        np.bincount(gold[own], minlength=size),
    )
    return {name: Agreement(*map(int, row)) for name, *row in zip(names, *columns, strict=True)}


def _find_function_words(
    alignment: Alignment, words: list[str], counts: Counter[str], right: BoolArray
) -> tuple[list[FunctionWord], BoolArray]:
    """Return the function words, and for each predicted word whether it contains one."""
    single = ((word, n) for word, n in counts.items() if len(word) == 1 and class_of(word) == LETTER)
    chosen = dict(sorted(single, key=lambda item: (-item[1], item[0]))[:FUNCTION_WORDS])
    found = np.fromiter((word in chosen for word in words), bool, len(words))
    stuck = Counter(word for word, lost in zip(words, (found & ~right).tolist(), strict=True) if lost)
    holds = np.zeros(len(alignment.predicted), bool)
    holds[np.searchsorted(alignment.predicted, alignment.gold[found])] = True
    return [FunctionWord(word, n, stuck[word]) for word, n in chosen.items()], holds


def _sort_errors(
    alignment: Alignment, words: list[str], predicted_words: list[str], own: BoolArray, predicted_own: BoolArray
) -> tuple[dict[str, Agreement], dict[str, list[tuple[str, str, int]]]]:
    """Return counts and examples of each kind of error between two neighbouring common boundaries."""
    common = np.intersect1d(alignment.gold, alignment.predicted, assume_unique=True)
    places = [starts_of(np.searchsorted(ends, common) + 1) for ends in (alignment.gold, alignment.predicted)]
    many, predicted_many = (np.diff(place) > 1 for place in places)
    own_words = _count_inside(own, places[0][:-1], places[0][1:]) > 0  # not only words that the level gives
    kind = np.select([many & ~predicted_many, ~many & predicted_many, many & predicted_many], [0, 1, 2], 3)
    kinds, examples = {}, {}
    for number, name in enumerate(KINDS):
        chunks = np.flatnonzero((kind == number) & own_words)
        spans = [(place[chunks], place[chunks + 1]) for place in places]
        sizes = [int(_count_inside(mask, *span).sum()) for mask, span in zip((own, predicted_own), spans, strict=True)]
        kinds[name] = Agreement(0, sizes[1], sizes[0])
        texts = [[" ".join(side[a:b]) for a, b in zip(*map(np.ndarray.tolist, span), strict=True)]
                 for side, span in zip((words, predicted_words), spans, strict=True)]  # fmt: skip
        found = Counter(zip(*texts, strict=True))
        best = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:EXAMPLES]
        examples[name] = [(gold, predicted, n) for (gold, predicted), n in best]
    return kinds, examples


def _count_inside(mask: BoolArray, starts: IntArray, ends: IntArray) -> IntArray:
    """Return the number of true values of `mask` in each span."""
    before: IntArray = np.concatenate((np.zeros(1, np.int64), np.cumsum(mask, dtype=np.int64)))
    return before[ends] - before[starts]
