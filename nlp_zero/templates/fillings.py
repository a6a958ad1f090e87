"""Frequent fillings of templates, as examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.templates import Fillings
from .numbering import CLAUSE_END, SENTENCE_END

if TYPE_CHECKING:
    import numpy.typing as npt

    Int32Array = npt.NDArray[np.int32]

__all__ = ["MAX_FILLINGS", "choose_examples"]

MAX_FILLINGS = 1 << 21  # distinct fillings that examples are chosen from
MARK_TEXTS = {CLAUSE_END: "，", SENTENCE_END: "。"}  # other marks are shown as "…"


def choose_examples(
    fillings: Fillings, text: Int32Array, words: Sequence[str], limit: int
) -> tuple[dict[int, tuple[tuple[str, ...], ...]], dict[int, int]]:
    """Return the most frequent fillings of each template and the number of its distinct fillings.

    Parameters
    ----------
    fillings : Fillings
        Collected fillings.
    text : ndarray of int32
        The text that their spans refer to.
    words : sequence of str
        The word of each number.
    limit : int
        Most examples of a template; of equally frequent ones, those that occur first.

    Returns
    -------
    examples : dict of int to tuple of tuple of str
        By the number of the template; one text for each slot.
    distinct : dict of int to int
        Distinct fillings of each template.
    """
    owners, counts, first, spans = fillings.result()
    text = np.asarray(text)  # slicing a mapped array takes ten times as long
    distinct = dict(enumerate(np.bincount(owners).tolist()))
    order = np.lexsort((np.arange(len(owners)), -counts, owners))
    begin = np.flatnonzero(np.diff(owners[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(begin, np.diff(np.append(begin, len(order))))
    examples: dict[int, list[tuple[str, ...]]] = {}
    for k in order[rank < limit].tolist():
        slots = spans[first[k] // 2 : first[k + 1] // 2].tolist()
        filling = tuple(_join(text[start : start + length], words) for start, length in slots)
        examples.setdefault(int(owners[k]), []).append(filling)
    return {template: tuple(chosen) for template, chosen in examples.items()}, distinct


def _join(numbers: Int32Array, words: Sequence[str]) -> str:
    return " ".join(words[number] if number > 0 else MARK_TEXTS.get(number, "…") for number in numbers.tolist())
