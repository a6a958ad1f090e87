"""Joining lexicons: counts are added, and what belongs to one text only is averaged or left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels.elementary import exp, log, log1p
from .classes import CLASS_COLUMN
from .formats.table import Table
from .ids import LexiconLike
from .meta import LexiconMeta

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["describe_conflict", "merge_tables"]

EQUAL = ("unit", "byte_fallback", "boundaries", "objective", "specials", "arithmetic", "granularity", "normalizer")
EQUAL_IF_STATED = ("alnum", "unk_log_prob")  # None gives way to a value
OWN_WORDS = ("own_words", "forced_words", "forbidden_words")
SUMS = ("characters", "tokens")
DOCUMENT_COLUMNS = ("df", "cf")  # numbers of documents and of tokens in them, which are added as counts are
FLAGS = ("estimated", "interrupted", "dummy_prefix")
EXTREMES = {"first_seen": np.fmin, "last_seen": np.fmax}  # columns of periods
FOREIGN = ("special_ids", "byte_ids", "unk_id")  # ids in the model of another program


def describe_conflict(first: LexiconLike, second: LexiconLike) -> str | None:
    """Return why two lexicons cannot be merged, and what to do, as the end of a sentence; None if they can."""
    for lexicon in (first, second):
        if "id" in lexicon.scores or any(getattr(lexicon.meta, name) not in ((), None) for name in FOREIGN):
            return "one of them has the ids of another program's model, which would change; merge word lists instead"
    for name in (*EQUAL, *EQUAL_IF_STATED):
        one, two = getattr(first.meta, name), getattr(second.meta, name)
        if {one, two} == {"unigram", "classes"}:
            continue  # a word list without classes
        if one != two and not (name in EQUAL_IF_STATED and None in (one, two)):
            return f"{name} is {one!r} in the first and {two!r} in the second; make both with the same {name}"
    for one, two in ((first.meta, second.meta), (second.meta, first.meta)):
        if clash := set(one.forbidden_words) & {*two.own_words, *two.forced_words}:
            return f"{min(clash)!r} is a forbidden word of one and an own word of the other; remove it from one of them"
    return None


def merge_tables(lexicons: Sequence[LexiconLike]) -> Table:
    """Return the words, counts, scores, meta and parts of the merged lexicon; see `Lexicon.merge`."""
    places: dict[str, int] = {}
    for lexicon in lexicons:
        for word in lexicon.words:
            places.setdefault(word, len(places))
    rows = [np.fromiter((places[word] for word in lexicon.words), np.int64, len(lexicon.words)) for lexicon in lexicons]
    counts = np.zeros(len(places), np.int64)
    for lexicon, at in zip(lexicons, rows, strict=True):
        counts[at] += lexicon.counts
        if len(counts) and int(counts.min()) < 0:
            raise ValueError("the sum of the counts of a word is too large: it must be less than 2**63.")
    names = dict.fromkeys(name for lexicon in lexicons for name in lexicon.scores if name != CLASS_COLUMN)
    scores = {name: _merge_column(name, lexicons, rows, len(places)) for name in names}
    classed = [k for k, lexicon in enumerate(lexicons) if CLASS_COLUMN in lexicon.scores]
    if len(classed) == 1:  # classes of several have nothing to do with each other
        column = scores[CLASS_COLUMN] = np.full(len(places), np.nan)
        column[rows[classed[0]]] = lexicons[classed[0]].scores[CLASS_COLUMN]
    parts = {word: listed for lexicon in reversed(lexicons) for word, listed in lexicon.parts.items()}
    return Table([*places], counts, scores, _merge_meta(lexicons), parts)


def _merge_column(name: str, lexicons: Sequence[LexiconLike], rows: list[npt.NDArray[np.int64]], size: int) -> Floats:
    """Return one column of the merged lexicon; NaN where no lexicon has a value."""
    if name == "log_prob":
        return _mix(lexicons, rows, size)
    if name in EXTREMES:
        found = np.full(size, np.nan)
        for lexicon, at in zip(lexicons, rows, strict=True):
            if name in lexicon.scores:
                found[at] = EXTREMES[name](found[at], lexicon.scores[name])
        return found
    if name in DOCUMENT_COLUMNS:
        added = np.full(size, np.nan)
        for lexicon, at in zip(lexicons, rows, strict=True):
            if name in lexicon.scores:
                added[at] = np.where(np.isnan(added[at]), 0, added[at]) + lexicon.scores[name]
        return added
    above, below = np.zeros(size), np.zeros(size)
    for lexicon, at in zip(lexicons, rows, strict=True):
        if name not in lexicon.scores:
            continue
        values = lexicon.scores[name]
        # A word that never occurs counts as half an occurrence, as for `Lexicon.log_probs`.
        weights = np.where(np.isfinite(values), np.maximum(lexicon.counts, 0.5), 0.0)
        if name == "cohesion":  # count as word / count as string: both are sums
            known = weights * (values > 0)
            above[at] += known
            below[at] += np.divide(known, values, out=np.zeros(len(values)), where=known > 0)
        else:
            above[at] += weights * np.where(weights > 0, values, 0.0)
            below[at] += weights
    return np.divide(above, below, out=np.full(size, np.nan), where=below > 0)  # type: ignore[no-any-return]


def _mix(lexicons: Sequence[LexiconLike], rows: list[npt.NDArray[np.int64]], size: int) -> Floats:
    """Return ln of the mean of the probabilities, weighted by the tokens of each lexicon."""
    totals = np.array([float(lexicon.counts.sum()) for lexicon in lexicons])
    shares = totals / totals.sum() if totals.all() else np.full(len(lexicons), 1 / len(lexicons))
    mixed = np.full(size, -np.inf)
    for lexicon, at, share in zip(lexicons, rows, shares.tolist(), strict=True):
        mixed[at] = _add_logs(mixed[at], lexicon.log_probs + log(share))
    return mixed


def _add_logs(x: Floats, y: Floats) -> Floats:
    """Return ln(exp(x) + exp(y)) for finite y."""
    top = np.maximum(x, y)
    return top + log1p(exp(np.minimum(x, y) - top))


def _merge_meta(lexicons: Sequence[LexiconLike]) -> LexiconMeta:
    metas = [lexicon.meta for lexicon in lexicons]
    values: dict[str, Any] = {
        item.name: getattr(metas[0], item.name)
        for item in fields(LexiconMeta)
        if all(getattr(meta, item.name) == getattr(metas[0], item.name) for meta in metas)
    }
    for name in EQUAL_IF_STATED:
        values[name] = next((value for meta in metas if (value := getattr(meta, name)) is not None), None)
    for name in OWN_WORDS:
        values[name] = _join(getattr(meta, name) for meta in metas)
    for name in SUMS:
        numbers = [getattr(meta, name) for meta in metas]
        values[name] = None if None in numbers else sum(numbers)
    documents = [meta.documents for meta in metas if meta.documents is not None]
    values["documents"] = sum(documents) if documents else None
    for name in FLAGS:
        values[name] = any(getattr(meta, name) for meta in metas)
    values["new_words"] = _mean_share(lexicons)
    classed = [lexicon.meta for lexicon in lexicons if CLASS_COLUMN in lexicon.scores]
    values["class_links"] = classed[0].class_links if len(classed) == 1 else ()
    if values.get("objective", "classes") == "classes":
        values["objective"] = classed[0].objective if len(classed) == 1 else "unigram"
    values["other"] = {
        name: value for name, value in metas[0].other.items() if all(meta.other.get(name) == value for meta in metas)
    }
    return LexiconMeta(**values)


def _mean_share(lexicons: Sequence[LexiconLike]) -> float | None:
    """Return the mean share of new words of the lexicons that state one, weighted by their tokens."""
    stated = [(lexicon.meta.new_words, max(int(lexicon.counts.sum()), 1)) for lexicon in lexicons]
    known = [(share, tokens) for share, tokens in stated if share is not None]
    if len({share for share, _ in known}) < 2:
        return known[0][0] if known else None
    return sum(share * tokens for share, tokens in known) / sum(tokens for _, tokens in known)


def _join(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for words in lists for word in words))
