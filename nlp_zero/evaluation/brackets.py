"""How well sentences are bracketed, and how well templates match known constructions.

Brackets are spans of words without labels.  Conventions: a span holds two or more words; unless asked otherwise,
punctuation is taken out of both sides before they are compared, and the span of a whole sentence does not count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np

from ..errors import CorpusError
from ..templates.inventory import Template
from ..templates.marks import is_mark
from ..templates.tree import ParseTree

__all__ = [
    "BASELINES",
    "BracketScores",
    "Brackets",
    "baseline",
    "bracket_scores",
    "construction_scores",
    "read_brackets",
    "read_conllu",
    "subtree_spans",
]

Span = tuple[int, int]
BASELINES = ("left", "right", "random", "balanced")


class Brackets(NamedTuple):
    """Words of a sentence and spans (start, end) over them."""

    words: tuple[str, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class BracketScores:
    """Unlabelled brackets of a prediction against a gold standard.

    Attributes
    ----------
    sentences
        Sentences compared.
    gold, predicted, correct
        Brackets, summed over sentences.
    crossing
        Predicted brackets that overlap a gold one without nesting, a sentence.
    sentence_f1
        Mean of the sentences' own F1; those where neither side has a bracket are left out.

    Examples
    --------
    >>> gold, predicted = Brackets(tuple("abcd"), ((0, 2), (2, 4))), Brackets(tuple("abcd"), ((0, 2), (1, 3)))
    >>> scores = bracket_scores([gold], [predicted])
    >>> scores.precision, scores.recall, scores.f1, scores.crossing
    (0.5, 0.5, 0.5, 1.0)
    """

    sentences: int
    gold: int
    predicted: int
    correct: int
    crossing: float
    sentence_f1: float

    @property
    def precision(self) -> float:
        """correct / predicted; NaN when nothing was predicted."""
        return self.correct / self.predicted if self.predicted else float("nan")

    @property
    def recall(self) -> float:
        """correct / gold; NaN when the gold standard has none."""
        return self.correct / self.gold if self.gold else float("nan")

    @property
    def f1(self) -> float:
        """2 · correct / (predicted + gold), over the whole corpus."""
        return _f1(self.correct, self.predicted, self.gold)

    def to_dict(self) -> dict[str, float | None]:
        """All numbers, None for those that are not defined."""
        values = {**asdict(self), "precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {name: None if value != value else value for name, value in values.items()}


def bracket_scores(
    gold: Iterable[Brackets],
    predicted: Iterable[Brackets | ParseTree],
    *,
    punctuation: bool = False,
    whole: bool = False,
) -> BracketScores:
    """Compare brackets, sentence by sentence.

    Parameters
    ----------
    gold, predicted
        As many sentences on both sides, with the same number of words in each.
    punctuation
        True: punctuation counts as words.  False: it is taken out, spans shrink, and those left with one word go.
    whole
        Whether the span of the whole sentence counts, on both sides.

    Raises
    ------
    ValueError
        If the sentences do not agree; says the first that does not.
    """
    sums, crossings, ratios = np.zeros(4, np.int64), 0, []
    gold, predicted = list(gold), list(predicted)
    if len(gold) != len(predicted):
        raise ValueError(f"{len(gold)} gold sentences, {len(predicted)} predicted ones; they must be the same.")
    for number, (one, other) in enumerate(zip(gold, predicted, strict=True), 1):
        if len(one.words) != len(other.words):
            raise ValueError(f"sentence {number}: {len(one.words)} gold words, {len(other.words)} predicted words.")
        spans = other.spans() if isinstance(other, ParseTree) else other.spans
        right = _comparable(one.words, one.spans, punctuation, whole)
        mine = _comparable(one.words, spans, punctuation, whole)
        correct = len(right & mine)
        sums += (1, len(right), len(mine), correct)
        crossings += _crossing(mine, right)
        if right or mine:
            ratios.append(_f1(correct, len(mine), len(right)))
    sentences, n_gold, n_predicted, n_correct = sums.tolist()
    nan = float("nan")
    return BracketScores(
        sentences,
        n_gold,
        n_predicted,
        n_correct,
        crossings / sentences if sentences else nan,
        sum(ratios) / len(ratios) if ratios else nan,
    )


def _f1(correct: int, predicted: int, gold: int) -> float:
    return 2 * correct / (predicted + gold) if predicted + gold else float("nan")


def _comparable(words: Sequence[str], spans: Iterable[Span], punctuation: bool, whole: bool) -> set[Span]:
    place = [0]
    for word in words:
        place.append(place[-1] + (punctuation or not is_mark(word)))
    found = {(place[a], place[b]) for a, b in spans if place[b] - place[a] > 1} - {(0, place[-1])}
    return found | {(0, place[-1])} if whole and place[-1] > 1 else found


def _crossing(mine: set[Span], gold: set[Span]) -> int:
    return sum(any(a < c < b < d or c < a < d < b for c, d in gold) for a, b in mine)


def read_brackets(lines: Iterable[str]) -> Iterator[Brackets]:
    """Read nested parentheses over words, a sentence a line, as `ParseTree.to_brackets` writes them.

    >>> list(read_brackets(["((他 们) 来 了)"]))
    [Brackets(words=('他', '们', '来', '了'), spans=((0, 4), (0, 2)))]

    Raises
    ------
    CorpusError
        If the parentheses of a line do not match; says the line.
    """
    for number, line in enumerate(lines, 1):
        words: list[str] = []
        spans: list[Span] = []
        open_ = []
        for token in re.findall(r"[()]|[^\s()]+", line):
            if token == "(":
                open_.append(len(words))
            elif token != ")":
                words.append(token.replace("-LRB-", "(").replace("-RRB-", ")"))
            elif open_:
                spans.append((open_.pop(), len(words)))
            else:
                raise CorpusError(f"line {number}: a ')' without its '('; brackets are nested parentheses over words.")
        if open_:
            raise CorpusError(f"line {number}: a '(' without its ')'; brackets are nested parentheses over words.")
        if words:
            several = {span for span in spans if span[1] - span[0] > 1}
            yield Brackets(tuple(words), tuple(sorted(several, key=lambda span: (span[0], -span[1]))))


def read_conllu(lines: Iterable[str]) -> Iterator[Brackets]:
    """Read dependency trees in CoNLL-U; the brackets of a sentence are the spans of its projective subtrees.

    Raises
    ------
    CorpusError
        If a line has too few columns or a head is not a word of the sentence; says the line.
    """
    words: list[str] = []
    heads: list[int] = []
    number = 0
    for number, line in enumerate(lines, 1):
        fields = line.rstrip("\r\n").split("\t")
        if line.startswith("#") or re.fullmatch(r"\d+[-.]\d+", fields[0]):  # comments, ranges, empty nodes
            continue
        if not line.strip():
            yield from _sentence(words, heads, number)
            words, heads = [], []
        elif len(fields) < 7 or not fields[6].isdecimal():
            raise CorpusError(f"line {number}: not CoNLL-U; a word has ten columns, and the seventh is its head.")
        else:
            words.append(fields[1])
            heads.append(int(fields[6]))
    yield from _sentence(words, heads, number)


def _sentence(words: list[str], heads: list[int], line: int) -> Iterator[Brackets]:
    if words:
        try:
            yield Brackets(tuple(words), tuple(subtree_spans(heads)))
        except ValueError as error:
            raise CorpusError(f"the sentence that ends at line {line}: {error}") from None


def subtree_spans(heads: Sequence[int]) -> list[Span]:
    """Spans of the subtrees of a dependency tree that are projective and hold two or more words.

    Parameters
    ----------
    heads
        Number of each word's head, from 1; 0 for the root.

    Examples
    --------
    >>> subtree_spans([2, 3, 0, 3])
    [(0, 4), (0, 2)]
    """
    size = len(heads)
    if any(not 0 <= head <= size for head in heads):
        raise ValueError("a head is not a word of the sentence.")
    first, last, count = list(range(size)), list(range(size)), [1] * size
    waiting = [0] * size  # children that are not finished
    for head in heads:
        if head:
            waiting[head - 1] += 1
    ready = [word for word in range(size) if not waiting[word]]
    for word in ready:  # leaves first; grows as it goes
        head = heads[word] - 1
        if head < 0:
            continue
        first[head], last[head] = min(first[head], first[word]), max(last[head], last[word])
        count[head] += count[word]
        waiting[head] -= 1
        if not waiting[head]:
            ready.append(head)
    if len(ready) < size:
        raise ValueError("the heads run in a circle.")
    spans = {(a, b + 1) for a, b, n in zip(first, last, count, strict=True) if n > 1 and b + 1 - a == n}
    return sorted(spans, key=lambda span: (span[0], -span[1]))


def baseline(words: Sequence[str], kind: str, *, cut: bool = False, seed: int = 0) -> Brackets:
    """Brackets that know nothing of the words.

    Parameters
    ----------
    words
        The sentence.
    kind
        ``left`` and ``right`` branching, ``random`` (every place to split is as likely, top down), or ``balanced``
        (split in the middle; of an odd number of words, one more to the right).
    cut
        Split at all punctuation first, and build the tree of each piece.
    seed
        Of ``random``; together with the number of words it decides the splits.
    """
    if kind not in BASELINES:
        raise ValueError(f"kind must be one of {', '.join(BASELINES)}, not {kind!r}.")
    rng = np.random.default_rng((seed, len(words)))
    split: Callable[[int, int], int] = {
        "left": lambda start, end: end - 1,
        "right": lambda start, end: start + 1,
        "random": lambda start, end: int(rng.integers(start + 1, end)),
        "balanced": lambda start, end: (start + end) // 2,
    }[kind]
    pieces, start = [], 0
    for at in [*(i for i, word in enumerate(words) if cut and is_mark(word)), len(words)]:
        pieces.append((start, at))
        start = at + 1
    spans = [(0, len(words))] if len(words) > 1 else []
    stack = pieces[::-1]
    while stack:
        start, end = stack.pop()
        if end - start > 1:
            spans.append((start, end))
            middle = split(start, end)
            stack += [(middle, end), (start, middle)]
    return Brackets(tuple(words), tuple(dict.fromkeys(spans)))


def construction_scores(
    templates: Sequence[Template], constructions: Iterable[str], *, at: Sequence[int] = (50, 100)
) -> dict[int, tuple[float, float]]:
    """Share of the first k templates that are known constructions, and share of the constructions among them.

    A construction is written with … (or ...) for its slots: 从…到…, 不仅…而且; a line that begins with # is a comment.
    Slots at the two ends do not matter, nor how the words between two slots are cut.

    Examples
    --------
    >>> found = [Template(("从", None, "到", None)), Template(("的", None))]
    >>> construction_scores(found, ["从…到…", "以…为…"], at=[1, 2])
    {1: (1.0, 0.5), 2: (0.5, 0.5)}
    """
    lines = (line for line in constructions if not line.startswith("#"))
    known = {form for line in lines if (form := _form(re.split(r"(?:…|\.{2,}|⋯|~|～|—)+", line)))}
    if not known:
        raise CorpusError("the list holds no construction; write one a line, such as 从…到….")
    forms = [_form("".join(item or "\0" for item in template.items).split("\0")) for template in templates]
    scores = {}
    for k in at:
        hits = [form for form in forms[:k] if form in known]
        shown = len(forms[:k])
        scores[k] = (len(hits) / shown if shown else float("nan"), len(set(hits)) / len(known))
    return scores


def _form(parts: Iterable[str]) -> tuple[str, ...]:
    return tuple(text for part in parts if (text := "".join(part.split())))
