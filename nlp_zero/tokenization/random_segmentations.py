"""Methods of a tokenizer that draw segmentations at random."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .._kernels.tokenization import Segmenter
from .._utils.seeds import check_index, draw_seed
from .._utils.validation import check_integer
from .batch import check_texts, check_workers
from .sampling import MAX_DRAWS, check_alpha

if TYPE_CHECKING:
    import numpy as np

    from .batch import IdArrays

__all__ = ["RandomSegmentations"]

MANY_DRAWS = 16


class RandomSegmentations:
    """Random segmentations of texts: a base class of `Tokenizer`."""

    _kernel: Segmenter

    def sample(
        self,
        text: str | bytes,
        *,
        alpha: float = 0.2,
        seed: int | None = None,
        rng: np.random.Generator | None = None,
        index: int = 0,
    ) -> list[str]:
        """Draw a segmentation, exactly: P(tokens) is proportional to the product of p(token) ** alpha.

        Parameters
        ----------
        text : str
            In byte units also `bytes`.
        alpha : float, default 0.2
            Inverse temperature: 0 is uniform over all segmentations, infinity (from 1e8 on) the best one.
        seed : int, optional
            From 0 to 2**64 - 1; equal seeds give equal output on every platform.  Default: fresh entropy.
        rng : numpy.random.Generator, optional
            Draws the seed, in place of `seed`.
        index : int, default 0
            Number of the text: under one seed, each number has its own stream.

        Returns
        -------
        list of str
            `sample_ids` returns ids, `sample_batch` several draws.

        Examples
        --------
        >>> from nlp_zero import Lexicon, Tokenizer
        >>> tokenizer = Tokenizer(Lexicon(["早晨", "早", "晨"], [2, 1, 1]))
        >>> tokenizer.sample("早晨早晨", seed=1) == tokenizer.sample("早晨早晨", seed=1)
        True
        >>> tokenizer.sample("早晨早晨", alpha=float("inf"))
        ['早晨', '早晨']
        """
        return self._kernel.sample(text, alpha=alpha, seed=seed, rng=rng, index=index)

    def sample_ids(
        self,
        text: str | bytes,
        *,
        alpha: float = 0.2,
        seed: int | None = None,
        rng: np.random.Generator | None = None,
        index: int = 0,
    ) -> list[int]:
        """Draw the segmentation of `sample` and return its ids.

        Parameters
        ----------
        text : str
        alpha : float, default 0.2
        seed : int, optional
        rng : numpy.random.Generator, optional
        index : int, default 0
            See `sample`.

        Returns
        -------
        list of int
        """
        return self._kernel.sample_ids(text, alpha=alpha, seed=seed, rng=rng, index=index)

    def sample_batch(
        self,
        texts: Iterable[str],
        *,
        alpha: float = 0.2,
        seed: int | None = None,
        rng: np.random.Generator | None = None,
        index: int = 0,
        k: int | None = None,
        workers: int = 1,
    ) -> list[list[str]]:
        """Draw one or `k` segmentations of every text.

        Parameters
        ----------
        texts : iterable of str
        alpha : float, default 0.2
        seed : int, optional
        rng : numpy.random.Generator, optional
            See `sample`.
        index : int, default 0
            Number of the first text; text i has the stream ``index + i``.
        k : int, optional
            Draw this many segmentations (up to a million) of each text, all from its stream and one table of sums,
            which is faster than one at a time.  They differ from that of `sample`; a smaller `k` gives the first of
            them.  Default: the one segmentation of `sample`.
        workers : int, default 1
            Threads that share the texts; the result is the same for every number.

        Returns
        -------
        list of list of str
            One list for each draw: those of the first text, then those of the second, and so on.

        Examples
        --------
        >>> from nlp_zero import Lexicon, Tokenizer
        >>> tokenizer = Tokenizer(Lexicon(["早晨", "早", "晨"], [2, 1, 1]))
        >>> tokenizer.sample_batch(["早晨", "晨"], alpha=float("inf"), k=2)
        [['早晨'], ['早晨'], ['晨'], ['晨']]
        """
        lines, number = check_texts(texts), draw_seed(seed, rng)
        draws, threads = 0 if k is None else check_integer("k", k, most=MAX_DRAWS), check_workers(workers)
        alpha, first = check_alpha(alpha), check_index(index)
        if threads == 1 and draws >= MANY_DRAWS:  # faster: a string that is in many draws is looked up once
            drawn: list[list[str]] = []
            for i, line in enumerate(lines, first):
                drawn += self._kernel.sample_many(line, alpha, number, i % (1 << 64), draws)
            return drawn
        return self._kernel.sample_batch(lines, alpha, number, first, draws, True, threads)  # type: ignore[no-any-return]

    def sample_ids_batch(
        self,
        texts: Iterable[str],
        *,
        alpha: float = 0.2,
        seed: int | None = None,
        rng: np.random.Generator | None = None,
        index: int = 0,
        k: int | None = None,
        workers: int = 1,
    ) -> IdArrays:
        """Draw the segmentations of `sample_batch` and return their ids as two flat arrays; the GIL is released.

        Parameters
        ----------
        texts : iterable of str
        alpha : float, default 0.2
        seed : int, optional
        rng : numpy.random.Generator, optional
        index : int, default 0
        k : int, optional
        workers : int, default 1
            See `sample_batch`.

        Returns
        -------
        ids : ndarray of int32, shape (tokens,)
        offsets : ndarray of int64, shape (draws + 1,)
            Draw j, in the order of `sample_batch`, has the ids ``ids[offsets[j]:offsets[j + 1]]``.
        """
        lines, number = check_texts(texts), draw_seed(seed, rng)
        draws, threads = 0 if k is None else check_integer("k", k, most=MAX_DRAWS), check_workers(workers)
        alpha, first = check_alpha(alpha), check_index(index)
        return self._kernel.sample_batch(lines, alpha, number, first, draws, False, threads)  # type: ignore[no-any-return]
