"""The result of a comparison: words with their counts in two texts, and how much these differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.arrays import freeze_arrays
from .._utils.tables import Columns, Tabular
from .._utils.validation import check_choice, check_integer, check_number
from ..statistics import correct_p_values, log_likelihood_ratio, log_ratio, p_values, shrunken_share

if TYPE_CHECKING:
    import numpy.typing as npt

    Int64 = npt.NDArray[np.int64]
    Float64 = npt.NDArray[np.float64]

__all__ = ["MEASURES", "ComparisonTable", "compare_counts"]

MEASURES = ("g2", "log_ratio", "share")  # each rises with how special a word is to the text
MAX_P = 0.05


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ComparisonTable(Tabular):
    """Words, and how much more or less frequent they are in a text than elsewhere. Immutable.

    A row compares the count of a word in a text with its count on the other side: in the text that it is compared with,
    or in all other texts together. Rows are ordered by text, then by falling G², ties by falling log ratio, then in the
    order of the lexicon: words that are special to the text are first, words that it avoids are last. Made by
    `TextComparer` and `compare_counts`.

    Parameters
    ----------
    texts : tuple of str
        Names of the texts that are compared with something.
    other : str
        Name of the other side.
    totals, other_totals : tuple of int
        Number of tokens of each text, and of its other side.
    unit : {"tokens", "strings"}
        What was counted: the tokens of a segmentation, or the occurrences of a word anywhere in the text.
    text : tuple of str
        Of each row, the name of the text.
    words : tuple of str
        Of each row, the word.
    count, other_count : ndarray of int64
        Of each row, how often the word occurs in the text and on the other side.
    log_ratio : ndarray of float64
        How many doublings the word is more frequent; see `nlp_zero.statistics.log_ratio`.
    g2 : ndarray of float64
        Log-likelihood ratio, below 0 if the word is less frequent; see `nlp_zero.statistics.log_likelihood_ratio`.
    share : ndarray of float64
        Shrunken share of the use of the word that is in the text; see `nlp_zero.statistics.shrunken_share`.
    p : ndarray of float64
        Probability of such a G² by chance, corrected for the number of rows of the whole comparison; see
        `nlp_zero.statistics.correct_p_values`.
    """

    texts: tuple[str, ...]
    other: str
    totals: tuple[int, ...]
    other_totals: tuple[int, ...]
    unit: str
    text: tuple[str, ...]
    words: tuple[str, ...]
    count: Int64
    other_count: Int64
    log_ratio: Float64
    g2: Float64
    share: Float64
    p: Float64

    def __post_init__(self) -> None:
        freeze_arrays(getattr(self, field.name) for field in fields(self))

    def __len__(self) -> int:
        return len(self.words)

    def __repr__(self) -> str:
        names = ", ".join(self.texts[:4]) + (", ..." if len(self.texts) > 4 else "")
        return f"<ComparisonTable of {names} against {self.other}: {len(self):,} rows>"

    def to_columns(self) -> Columns:
        """Return the columns by name; ``text`` only if several texts are compared.

        Returns
        -------
        mapping of str to column
            ``word``, ``count``, ``other_count``, ``log_ratio``, ``g2``, ``share`` and ``p``.
        """
        numbers = ("count", "other_count", "log_ratio", "g2", "share", "p")
        columns = {"word": self.words, **{name: getattr(self, name) for name in numbers}}
        return {"text": self.text, **columns} if len(self.texts) > 1 else columns

    def of(self, text: str) -> ComparisonTable:
        """Return the rows of one text.

        Parameters
        ----------
        text : str
            One of `texts`.

        Returns
        -------
        ComparisonTable

        Raises
        ------
        ValueError
            If it is not one of the texts.
        """
        place = self.texts.index(check_choice("text", text, self.texts))
        chosen = self._take(np.flatnonzero([name == text for name in self.text]))
        return replace(
            chosen, texts=(text,), totals=(self.totals[place],), other_totals=(self.other_totals[place],)
        )

    def significant(self, max_p: float = MAX_P) -> ComparisonTable:
        """Return the rows whose difference is significant.

        Parameters
        ----------
        max_p : float, default 0.05
            Greatest corrected p, from 0 to 1.

        Returns
        -------
        ComparisonTable
        """
        return self._take(np.flatnonzero(self.p <= check_number("max_p", max_p, least=0, most=1)))

    def sort(self, by: str) -> ComparisonTable:
        """Return the rows in the order of a measure, for each text in turn.

        Parameters
        ----------
        by : {"g2", "log_ratio", "share"}
            The highest first; ties are in the order of G².

        Returns
        -------
        ComparisonTable
        """
        measure = getattr(self, check_choice("by", by, MEASURES))
        place = {name: k for k, name in enumerate(self.texts)}
        return self._take(np.lexsort((-measure, [place[name] for name in self.text])))

    def top(self, n: int, *, by: str = "g2") -> ComparisonTable:
        """Return the words that are most special to each text.

        Parameters
        ----------
        n : int
            At most this many words of each text.
        by : {"g2", "log_ratio", "share"}, default "g2"
            What ranks the words, the highest first; words that are not more frequent in the text are left out.

        Returns
        -------
        ComparisonTable
        """
        return self._best(n, by, 1)

    def bottom(self, n: int, *, by: str = "g2") -> ComparisonTable:
        """Return the words that each text avoids most: those that are most special to the other side.

        Parameters
        ----------
        n : int
            At most this many words of each text.
        by : {"g2", "log_ratio", "share"}, default "g2"
            What ranks the words, the lowest first; words that are not less frequent in the text are left out.

        Returns
        -------
        ComparisonTable
        """
        return self._best(n, by, -1)

    def ends(self, n: int, *, by: str = "g2") -> ComparisonTable:
        """Return the first and the last rows of each text: the `top` and, in falling order, the `bottom`.

        Parameters
        ----------
        n : int
            At most this many words at each end.
        by : {"g2", "log_ratio", "share"}, default "g2"

        Returns
        -------
        ComparisonTable
        """
        top, bottom = ({*zip(one.text, one.words, strict=True)} for one in (self.top(n, by=by), self.bottom(n, by=by)))
        rows = self.sort(by)
        pairs = zip(rows.text, rows.words, strict=True)
        return rows._take(np.flatnonzero([pair in top or pair in bottom for pair in pairs]))

    def with_min_length(self, length: int) -> ComparisonTable:
        """Return the rows of words that have at least `length` characters.

        Parameters
        ----------
        length : int

        Returns
        -------
        ComparisonTable
        """
        check_integer("length", length)
        return self._take(np.flatnonzero([len(word) >= length for word in self.words]))

    def _best(self, n: int, by: str, sign: int) -> ComparisonTable:
        """Return the best `n` rows of each text whose G² has a sign."""
        check_integer("n", n, least=0)
        ranked = self._take(np.flatnonzero(self.g2 * sign > 0)).sort(by)
        if sign < 0:
            ranked = ranked._take(np.arange(len(ranked))[::-1])
        seen = dict.fromkeys(self.texts, 0)
        chosen = []
        for row, name in enumerate(ranked.text):
            seen[name] += 1
            if seen[name] <= n:
                chosen.append(row)
        return ranked._take(np.array(chosen, np.int64))

    def _take(self, rows: npt.NDArray[Any]) -> ComparisonTable:
        changes: dict[str, Any] = {
            name: value[rows] if isinstance(value, np.ndarray) else tuple(value[k] for k in rows.tolist())
            for name in ("text", "words", "count", "other_count", "log_ratio", "g2", "share", "p")
            for value in [getattr(self, name)]
        }
        return replace(self, **changes)


def compare_counts(
    words: Sequence[str],
    counts: npt.ArrayLike,
    totals: npt.ArrayLike,
    *,
    texts: Sequence[str],
    against: str | None = None,
    min_count: int = 5,
    unit: str = "tokens",
) -> ComparisonTable:
    """Compare the counts of words in several texts.

    Parameters
    ----------
    words : sequence of str
        All words of the texts; the shrunken share needs their mean count.
    counts : array_like of int, shape (words, texts)
        How often each word occurs in each text.
    totals : array_like of int, shape (texts,) or (words, texts)
        Number of tokens of each text; if it differs from word to word, that of each word.
    texts : sequence of str
        Names of the texts.
    against : str, optional
        The text that all others are compared with; by default each text is compared with all others together.
    min_count : int, default 5
        Words that occur fewer times in all texts together are left out.
    unit : {"tokens", "strings"}, default "tokens"
        What was counted.

    Returns
    -------
    ComparisonTable

    Raises
    ------
    ValueError
        If there are fewer than two texts, two have the same name, or a total is 0.

    Examples
    --------
    >>> table = compare_counts(["春", "秋"], [[30, 10], [10, 30]], [40, 40], texts=["new", "old"], against="old")
    >>> table
    <ComparisonTable of new against old: 2 rows>
    >>> table.words, table.g2.round(1).tolist(), table.log_ratio.round(2).tolist()
    (('春', '秋'), [10.5, -10.5], [1.54, -1.54])
    """
    names = list(texts)
    if len(names) < 2 or len(set(names)) < len(names):
        raise ValueError(f"texts must be two or more different names, not {names!r}.")
    check_integer("min_count", min_count)
    check_choice("unit", unit, ("tokens", "strings"))
    table = np.asarray(counts, np.int64).reshape(len(words), len(names))
    given = np.asarray(totals, np.int64)
    sizes = np.broadcast_to(given, table.shape)
    if not (given > 0).all():
        raise ValueError("totals must be above 0.")
    base = None if against is None else names.index(check_choice("against", against, names))
    keep = [k for k in range(len(names)) if k != base]
    sides = [_compare_one(table, sizes, k, base, min_count) for k in keep]
    compared = [names[k] for k in keep]
    rows = [side.pop("row") for side in sides]
    columns = {name: np.concatenate([side[name] for side in sides]) for name in sides[0]}
    largest = given.reshape(-1, len(names)).max(axis=0)
    rest = largest.sum() - largest if base is None else np.full(len(names), largest[base])
    return ComparisonTable(
        texts=tuple(compared),
        other="the rest" if base is None else names[base],
        totals=tuple(largest[keep].tolist()),
        other_totals=tuple(rest[keep].tolist()),
        unit=unit,
        text=tuple(chain.from_iterable([name] * len(row) for name, row in zip(compared, rows, strict=True))),
        words=tuple(words[k] for k in np.concatenate(rows).tolist()),
        p=correct_p_values(p_values(columns["g2"])),
        **columns,
    )


def _compare_one(table: Int64, sizes: Int64, k: int, base: int | None, min_count: int) -> dict[str, Any]:
    """Return the columns of text `k`, with the rows of its words, in their order."""
    a, all_a = table[:, k], sizes[:, k]
    b = table.sum(axis=1) - a if base is None else table[:, base]
    all_b = sizes.sum(axis=1) - all_a if base is None else sizes[:, base]
    share = np.empty(len(table))
    used = a + b > 0  # other words would change the mean
    share[used] = shrunken_share(a[used], b[used], all_a[used], all_b[used])
    row = np.flatnonzero(a + b >= min_count)
    sides = a[row], b[row], all_a[row], all_b[row]
    g2, ratio = log_likelihood_ratio(*sides), log_ratio(*sides)
    order = np.lexsort((-ratio, -g2))
    row = row[order]
    return {
        "row": row, "count": a[row], "other_count": b[row], "log_ratio": ratio[order], "g2": g2[order],
        "share": share[row],
    }  # fmt: skip
