"""Scores of bracketed sentences, and of templates against known constructions.

Brackets are spans of words without labels.  A span has two or more words.  By default, punctuation is removed from both
sides before they are compared, and spans of whole sentences do not count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np

from .._utils.validation import check_choice
from ..errors import CorpusError
from ..templates.marks import is_mark
from ..templates.template import Template
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
    """A sentence and its brackets.

    Attributes
    ----------
    words : tuple of str
        The words.
    spans : tuple of tuple of int
        Start and end of each bracket, in words.
    """

    words: tuple[str, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class BracketScores:
    """Scores of predicted brackets against gold ones, without labels.

    Attributes
    ----------
    sentences : int
        Number of sentences.
    gold, predicted, correct : int
        Number of brackets, summed over sentences.
    crossing : float
        Mean number of predicted brackets in a sentence that cross a gold one.
    sentence_f1 : float
        Mean F1 of sentences; those without brackets on both sides are excluded.

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
        """Share of the predicted brackets that are correct; NaN if there are no predicted brackets."""
        return self.correct / self.predicted if self.predicted else float("nan")

    @property
    def recall(self) -> float:
        """Share of the gold brackets that are predicted; NaN if there are no gold brackets."""
        return self.correct / self.gold if self.gold else float("nan")

    @property
    def f1(self) -> float:
        """2 · correct / (predicted + gold), over the whole corpus."""
        return _f1(self.correct, self.predicted, self.gold)

    def to_dict(self) -> dict[str, float | None]:
        """Return all scores by name, with None in place of NaN."""
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
    gold : iterable of Brackets
        The gold standard.
    predicted : iterable of Brackets or ParseTree
        The same sentences.
    punctuation : bool, default False
        If True, punctuation marks are words.  If False, they are removed, and spans with fewer than two words are
        dropped.
    whole : bool, default False
        Whether the span of the whole sentence counts, on both sides.

    Returns
    -------
    BracketScores
        Scores over all sentences.

    Raises
    ------
    ValueError
        If the sentences differ in number or length; names the first that does.
    """
    sums, crossings, sentence_f1s = np.zeros(4, np.int64), 0, []
    gold, predicted = list(gold), list(predicted)
    if len(gold) != len(predicted):
        raise ValueError(f"{len(gold)} gold sentences, {len(predicted)} predicted ones; give the same on both sides.")
    for number, (one, other) in enumerate(zip(gold, predicted, strict=True), 1):
        if len(one.words) != len(other.words):
            raise ValueError(
                f"sentence {number}: {len(one.words)} gold words, {len(other.words)} predicted words; "
                "give the same sentences on both sides."
            )
        spans = other.spans() if isinstance(other, ParseTree) else other.spans
        gold_spans = _normalize_spans(one.words, one.spans, punctuation, whole)
        predicted_spans = _normalize_spans(one.words, spans, punctuation, whole)
        correct = len(gold_spans & predicted_spans)
        sums += (1, len(gold_spans), len(predicted_spans), correct)
        crossings += _count_crossing(predicted_spans, gold_spans)
        if gold_spans or predicted_spans:
            sentence_f1s.append(_f1(correct, len(predicted_spans), len(gold_spans)))
    sentences, n_gold, n_predicted, n_correct = sums.tolist()
    nan = float("nan")
    return BracketScores(
        sentences,
        n_gold,
        n_predicted,
        n_correct,
        crossings / sentences if sentences else nan,
        sum(sentence_f1s) / len(sentence_f1s) if sentence_f1s else nan,
    )


def _f1(correct: int, predicted: int, gold: int) -> float:
    return 2 * correct / (predicted + gold) if predicted + gold else float("nan")


def _normalize_spans(words: Sequence[str], spans: Iterable[Span], punctuation: bool, whole: bool) -> set[Span]:
    """Return the spans that count, over the words that count."""
    place = [0]
    for word in words:
        place.append(place[-1] + (punctuation or not is_mark(word)))
    found = {(place[a], place[b]) for a, b in spans if place[b] - place[a] > 1} - {(0, place[-1])}
    return found | {(0, place[-1])} if whole and place[-1] > 1 else found


def _count_crossing(predicted: set[Span], gold: set[Span]) -> int:
    return sum(any(a < c < b < d or c < a < d < b for c, d in gold) for a, b in predicted)


def read_brackets(lines: Iterable[str]) -> Iterator[Brackets]:
    """Read nested parentheses over words, one sentence a line, as `ParseTree.to_brackets` writes them.

    Parameters
    ----------
    lines : iterable of str
        Lines of text; empty ones are skipped.

    Yields
    ------
    Brackets
        The words and brackets of a line.

    Raises
    ------
    CorpusError
        If the parentheses of a line do not match; names the line.

    Examples
    --------
    >>> list(read_brackets(["((他 们) 来 了)"]))
    [Brackets(words=('他', '们', '来', '了'), spans=((0, 4), (0, 2)))]
    """
    for number, line in enumerate(lines, 1):
        words: list[str] = []
        spans: list[Span] = []
        open_starts = []
        for token in re.findall(r"[()]|[^\s()]+", line):
            if token == "(":
                open_starts.append(len(words))
            elif token != ")":
                words.append(token.replace("-LRB-", "(").replace("-RRB-", ")"))
            elif open_starts:
                spans.append((open_starts.pop(), len(words)))
            else:
                raise CorpusError(f"line {number}: a ')' without its '('; write nested parentheses over words.")
        if open_starts:
            raise CorpusError(f"line {number}: a '(' without its ')'; write nested parentheses over words.")
        if words:
            brackets = {span for span in spans if span[1] - span[0] > 1}
            yield Brackets(tuple(words), tuple(sorted(brackets, key=lambda span: (span[0], -span[1]))))


def read_conllu(lines: Iterable[str]) -> Iterator[Brackets]:
    """Read dependency trees in CoNLL-U; the brackets of a sentence are the spans of its projective subtrees.

    Parameters
    ----------
    lines : iterable of str
        Lines of a CoNLL-U file.

    Yields
    ------
    Brackets
        The words and brackets of a sentence.

    Raises
    ------
    CorpusError
        If a line has too few columns or a head is not a word of the sentence; names the line.
    """
    words: list[str] = []
    heads: list[int] = []
    number = 0
    for number, line in enumerate(lines, 1):
        fields = line.rstrip("\r\n").split("\t")
        if line.startswith("#") or re.fullmatch(r"[0-9]+[-.][0-9]+", fields[0]):  # comments, ranges, empty nodes
            continue
        if not line.strip():
            yield from _bracket_sentence(words, heads, number)
            words, heads = [], []
        elif len(fields) < 7 or not fields[6].isdecimal():
            raise CorpusError(f"line {number}: not CoNLL-U; write ten columns for each word, the seventh is its head.")
        else:
            words.append(fields[1])
            heads.append(int(fields[6]))
    yield from _bracket_sentence(words, heads, number)


def _bracket_sentence(words: list[str], heads: list[int], line: int) -> Iterator[Brackets]:
    if words:
        try:
            yield Brackets(tuple(words), tuple(subtree_spans(heads)))
        except ValueError as error:
            raise CorpusError(f"the sentence that ends at line {line}: {error}") from None


def subtree_spans(heads: Sequence[int]) -> list[Span]:
    """Return the spans of the projective subtrees of a dependency tree that have two or more words.

    Parameters
    ----------
    heads : sequence of int
        Number of the head of each word, from 1; 0 for the root.

    Returns
    -------
    list of tuple of int
        Start and end, outer before inner.

    Raises
    ------
    ValueError
        If a head is not a word of the sentence, or the heads form a cycle.

    Examples
    --------
    >>> subtree_spans([2, 3, 0, 3])
    [(0, 4), (0, 2)]
    """
    size = len(heads)
    if any(not 0 <= head <= size for head in heads):
        raise ValueError("a head is not a word of the sentence; number the words from 1.")
    first, last, count = list(range(size)), list(range(size)), [1] * size
    open_children = [0] * size  # children that are not finished
    for head in heads:
        if head:
            open_children[head - 1] += 1
    ready = [word for word in range(size) if not open_children[word]]
    for word in ready:  # leaves first; the list grows during the loop
        head = heads[word] - 1
        if head < 0:
            continue
        first[head], last[head] = min(first[head], first[word]), max(last[head], last[word])
        count[head] += count[word]
        open_children[head] -= 1
        if not open_children[head]:
            ready.append(head)
    if len(ready) < size:
        raise ValueError("the heads form a cycle; one word of a sentence must have head 0.")
    spans = {(a, b + 1) for a, b, n in zip(first, last, count, strict=True) if n > 1 and b + 1 - a == n}
    return sorted(spans, key=lambda span: (span[0], -span[1]))


def baseline(words: Sequence[str], kind: str, *, cut: bool = False, seed: int = 0) -> Brackets:
    """Return brackets that do not depend on the words.

    Parameters
    ----------
    words : sequence of str
        The sentence.
    kind : {"left", "right", "random", "balanced"}
        Left branching; right branching; random splits, top down, with equal probabilities; or splits in the middle (of
        an odd number of words, the right half has one more).
    cut : bool, default False
        Split at all punctuation first, and build a tree for each piece.
    seed : int, default 0
        For ``random``: decides the splits, together with the number of words.

    Returns
    -------
    Brackets
        A binary tree.

    Raises
    ------
    ValueError
        If `kind` is not one of the choices.
    """
    kind = check_choice("kind", kind, BASELINES)
    rng = np.random.default_rng((seed, len(words)))
    split: Callable[[int, int], int] = {
        "left": lambda start, end: end - 1,
        "right": lambda start, end: start + 1,
        "random": lambda start, end: int(rng.integers(start + 1, end)),
        "balanced": lambda start, end: (start + end) // 2,
    }[kind]
    pieces, start = [], 0
    for end in [*(i for i, word in enumerate(words) if cut and is_mark(word)), len(words)]:
        pieces.append((start, end))
        start = end + 1
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
    """Compare the first templates with known constructions.

    Slots at the ends are ignored, and so is how the text between two slots is cut into words.

    Parameters
    ----------
    templates : sequence of Template
        In the order of their rank.
    constructions : iterable of str
        One a line, with … (or ...) for slots: 从…到…, 不仅…而且; lines that begin with # are comments.
    at : sequence of int, default (50, 100)
        Numbers k of templates.

    Returns
    -------
    dict of int to tuple of float
        For each k, precision (share of the first k templates that are constructions) and recall (share of the
        constructions that are among them).

    Raises
    ------
    CorpusError
        If there are no constructions.

    Examples
    --------
    >>> found = [Template(("从", None, "到", None)), Template(("的", None))]
    >>> construction_scores(found, ["从…到…", "以…为…"], at=[1, 2])
    {1: (1.0, 0.5), 2: (0.5, 0.5)}
    """
    lines = (line for line in constructions if not line.startswith("#"))
    known = {form for line in lines if (form := _join_words(re.split(r"(?:…|\.{2,}|⋯|~|～|—)+", line)))}
    if not known:
        raise CorpusError("The list has no constructions; write one a line, such as 从…到….")
    forms = [_join_words("".join(item or "\0" for item in template.items).split("\0")) for template in templates]
    scores = {}
    for k in at:
        hits = [form for form in forms[:k] if form in known]
        size = len(forms[:k])
        scores[k] = (len(hits) / size if size else float("nan"), len(set(hits)) / len(known))
    return scores


def _join_words(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the texts between slots without white space, and without empty ones."""
    return tuple(joined for text in texts if (joined := "".join(text.split())))
