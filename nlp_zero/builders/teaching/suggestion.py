"""Which lines to cut by hand: those whose correction teaches most."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.elementary import log
from ..._utils.validation import check_integer
from ...corpus import Corpus, restartable
from ...errors import CorpusError
from ...lexicon.lexicon import Lexicon
from ...tokenization.decoder import join_bytes
from ...tokenization.tokenizer import Tokenizer
from .examples import CLOSING, OPENING

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["suggest_lines"]

MAX_CHARACTERS = 5_000_000  # of the lines that are compared; of a larger corpus every second, third, ... line is taken
LINE_COST = 10  # symbols: what it costs to read a line, in addition to its own symbols
LEAST_UNCERTAINTY = 1e-6  # nats


def suggest_lines(
    texts: Corpus | Iterable[str], lexicon: Lexicon, n: int = 50, *, max_length: int | None = None
) -> list[str]:
    """Suggest lines to cut by hand, tokenized with a lexicon and ready to be corrected.

    Parameters
    ----------
    texts : Corpus or iterable of str
        Read twice.
    lexicon : Lexicon
        Words learnt from the texts.
    n : int, default 50
        Number of lines; fewer if the texts do not have as many different ones.
    max_length : int, optional
        Longest line in characters; no limit by default.

    Returns
    -------
    list of str
        Lines with spaces between the words, the most useful first.

    Raises
    ------
    CorpusError
        If no line of the texts has a gap that could be cut or not.
    ValueError
        If `n` or `max_length` is not positive.

    Notes
    -----
    A gap between two characters that is cut with probability p has an uncertainty of -p ln p - (1 - p) ln (1 - p). The
    score of a line is the sum over its distinct pairs of neighbouring characters of the total uncertainty of the gaps
    inside this pair, in the whole text, divided by (characters + 10). When a line is taken, its pairs count half as
    much for the lines after it.

    Examples
    --------
    >>> lexicon = Lexicon(["早晨", "早", "晨", "的", "茶"], [3, 2, 2, 4, 2])
    >>> suggest_lines(["早晨的茶", "的茶", "茶"], lexicon, 1)
    ['早晨 的 茶']
    """
    n = check_integer("n", n)
    texts = restartable(texts)
    tokenizer = Tokenizer(lexicon)
    longest = sys.maxsize if max_length is None else check_integer("max_length", max_length)
    lines = _choose_lines(texts, longest)
    if not any(lines):
        if max_length is not None:
            raise CorpusError(f"no line of the texts is short enough for max_length={max_length}; raise it.")
        raise CorpusError("the texts have no line that could be cut; give a text.")
    pairs, uncertainty, ends = _measure_lines(lines, tokenizer)
    if not len(pairs):
        raise CorpusError("the lexicon leaves no gap of the texts uncertain; give the texts that it was learnt from.")
    distinct, ids = np.unique(pairs, return_inverse=True)
    total = np.bincount(ids, weights=uncertainty, minlength=len(distinct)).astype(np.float64)
    of_line = [np.unique(part) for part in np.split(ids, ends[:-1])]
    chosen = _choose_greedily(of_line, total, [len(line) + LINE_COST for line in lines], n)
    cut = tokenizer.tokenize_batch([lines[k] for k in chosen])
    cut = list(map(join_bytes, cut)) if tokenizer.byte_fallback else cut
    return [" ".join(word for word in words if word.strip()) for words in cut]


def _choose_lines(texts: Corpus | Iterable[str], longest: int) -> list[str]:
    """Return different lines, evenly spread if there are many; lines that have braces cannot be examples."""
    characters = sum(len(text) for text in texts)
    step = characters // MAX_CHARACTERS + 1
    lines: dict[str, None] = {}
    number = 0
    for text in texts:
        for line in text.split("\n"):
            if number % step == 0 and len(line) <= longest and OPENING not in line and CLOSING not in line:
                lines[line.strip()] = None
            number += 1
    return list(lines)


def _measure_lines(
    lines: list[str], tokenizer: Tokenizer
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return pairs of characters and the uncertainty between them, line after line, and where each line ends."""
    pairs, uncertainty, sizes = [np.zeros(0, np.uint64)], [np.zeros(0)], []
    in_bytes = tokenizer.lexicon.meta.unit == "byte"
    for line in lines:
        cuts = tokenizer.marginals(line).cuts.clip(0, 1)
        cuts = cuts[_character_ends(line)[:-1]] if in_bytes else cuts[1:-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            nats = -np.nan_to_num(cuts * log(cuts) + (1 - cuts) * log(1 - cuts))
        here = np.flatnonzero(nats > LEAST_UNCERTAINTY)
        points = np.frombuffer(line.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
        pairs.append(points[here] << np.uint64(32) | points[here + 1])
        uncertainty.append(nats[here])
        sizes.append(len(here))
    return np.concatenate(pairs), np.concatenate(uncertainty), np.cumsum(np.array(sizes, np.int64))


def _character_ends(line: str) -> npt.NDArray[np.int64]:
    """Return the end of each character in bytes of UTF-8."""
    sizes = [len(character.encode("utf-8", "surrogatepass")) for character in line]
    return np.cumsum(np.array(sizes, np.int64))


def _choose_greedily(
    pairs: list[npt.NDArray[np.int64]], total: npt.NDArray[np.float64], costs: list[int], n: int
) -> list[int]:
    """Return the best lines, best first; ties go to the earlier line.

    Scores only fall while lines are taken, so the first line whose score is up to date is the best one.
    """
    weight = total.copy()
    heap = [(-float(weight[own].sum()) / cost, k, 0) for k, (own, cost) in enumerate(zip(pairs, costs, strict=True))]
    heapq.heapify(heap)
    chosen: list[int] = []
    while heap and len(chosen) < n:
        score, k, when = heapq.heappop(heap)
        if score == 0:
            break
        if when == len(chosen):
            chosen.append(k)
            weight[pairs[k]] /= 2
        else:
            heapq.heappush(heap, (-float(weight[pairs[k]].sum()) / costs[k], k, len(chosen)))
    return chosen
