"""The links between the classes of neighbouring words, for ``Tokenizer(objective="classes")``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._kernels.elementary import log
from ..lexicon.classes import CLASS_COLUMN
from ..lexicon.lexicon import Lexicon

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["ClassLinks", "check_class_links", "has_class_links"]

CHAIN = 30.0  # strength of the prior of a row of links, in links; as in the sampler
STEP_NATS = 2.0**-20  # links are rounded, so that they are the same on every platform


class ClassLinks:
    """The class of each word, and the links between classes in nats.

    The link of class a to class b is ln P(b | a) / P(b), estimated from `LexiconMeta.class_links`:
    P(b | a) = (n(a, b) + 30 P(b)) / (n(a) + 30).  Two more classes follow those of the lexicon: `boundary`, the ends of
    runs, which have links of their own, and `open`, words without a class and unknown text, which is a mixture of the
    classes by the words that occur once.

    Parameters
    ----------
    lexicon : Lexicon
        With classes and links.

    Attributes
    ----------
    classes : ndarray of uint16, shape (words,)
        The class of each word.
    links : ndarray of float64, shape (classes + 2, classes + 2)
        In nats, in steps of 2**-20.
    boundary, open : int
        Numbers of the further classes.
    """

    __slots__ = ("boundary", "classes", "links", "open")

    def __init__(self, lexicon: Lexicon) -> None:
        counts = np.array(lexicon.meta.class_links, np.float64)
        size = len(counts) - 1
        self.boundary, self.open = size, size + 1
        column = lexicon.scores[CLASS_COLUMN]
        known = ~np.isnan(column)
        self.classes: npt.NDArray[np.uint16] = np.where(known, column, self.open).astype(np.uint16)
        share = (counts.sum(axis=0) + 1) / (counts.sum() + size + 1)
        ratio = (counts / share + CHAIN) / (counts.sum(axis=1, keepdims=True) + CHAIN)
        ratio[size, size] = 1
        once = np.bincount(self.classes[known & (lexicon.counts == 1)], minlength=size)[:size]
        if not once.any():
            once = np.bincount(self.classes[known], lexicon.counts[known], size)[:size] + 1
        mixture = np.append(once / once.sum(), 0)
        links = np.empty((size + 2, size + 2))
        links[:-1, :-1] = ratio
        links[:-1, -1] = (ratio * mixture).sum(axis=1)  # not @: the order of its sums depends on the processor
        links[-1, :-1] = (mixture[:, None] * ratio).sum(axis=0)
        links[-1, -1] = (links[-1, :-1] * mixture).sum()
        self.links: npt.NDArray[np.float64] = np.round(log(links) / STEP_NATS) * STEP_NATS


def has_class_links(lexicon: Lexicon) -> bool:
    """Return whether a lexicon has classes of words and links between them."""
    return len(lexicon.meta.class_links) > 1 and CLASS_COLUMN in lexicon.scores


def check_class_links(lexicon: Lexicon) -> None:
    """Raise `ValueError` if a lexicon has no classes of words, or no links between them."""
    if lexicon.meta.byte_fallback or not lexicon.meta.boundaries:
        raise ValueError("objective 'classes' needs a lexicon of words, not a vocabulary.")
    if not has_class_links(lexicon):
        lacks = "the links of word classes" if CLASS_COLUMN in lexicon.scores else "word classes"
        raise ValueError(
            f"objective 'classes' needs {lacks}, which this lexicon lacks; build it with BayesLexiconBuilder "
            "(nlpzero build-vocab --method bayes)."
        )
