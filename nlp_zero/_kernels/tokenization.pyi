"""Lattices of segmentations, and segmentation of text by a lexicon.

Lattices are given as arrays: the edges from position i are ``first[i]`` to ``first[i + 1] - 1``, ``end[e]`` is where
edge e ends, and ``score[e]`` is its log-weight in nats.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Int64: TypeAlias = npt.NDArray[np.int64]
Float64: TypeAlias = npt.NDArray[np.float64]

def transitions(first: Int64, end: Int64, score: Float64, alpha: float) -> tuple[Float64, float]:
    """Compute the probability of each edge, given that the path passes its start, and ln Z.

    Parameters
    ----------
    first, end : ndarray of int64
    score : ndarray of float64
        The lattice.
    alpha : float
        Inverse temperature.

    Returns
    -------
    q : ndarray of float64
        The probability of each edge.
    log_partition : float
        ln Z in nats, -inf if no path exists.
    """

def marginals(first: Int64, end: Int64, q: Float64) -> tuple[Float64, Float64, float]:
    """Compute probabilities of positions and edges, and the entropy.

    Parameters
    ----------
    first, end : ndarray of int64
        The lattice.
    q : ndarray of float64
        See `transitions`.

    Returns
    -------
    positions, edges : ndarray of float64
        Probability that a path passes each position and each edge.
    entropy : float
        In nats.
    """

def find_best_path(first: Int64, end: Int64, score: Float64) -> list[int]:
    """Return the edges of the best path; ties go to fewer edges, then to the longer first edge.

    Raises
    ------
    ValueError
        If no path exists.
    """

def find_best_paths(first: Int64, end: Int64, score: Float64, limit: int) -> list[list[int]]:
    """Return the edges of the `limit` best paths, the best first."""

def sample_paths(first: Int64, end: Int64, q: Float64, seed: int, index: int, k: int) -> list[list[int]]:
    """Draw `k` paths from stream `index` of a seed; `q` is that of `transitions`."""

def draw_uniforms(seed: int, index: int, count: int) -> Float64:
    """Return the first numbers of a stream, in [0, 1)."""

KINDS: tuple[str, ...]

def kind_of(token: str) -> int:
    """The kind of a token: a position in `KINDS`."""

class MarginalTable:
    """Marginals of one text, made by `Segmenter.marginals`."""

    def arrays(
        self,
    ) -> tuple[
        npt.NDArray[np.float64],
        npt.NDArray[np.int64],
        npt.NDArray[np.int64],
        npt.NDArray[np.int32],
        npt.NDArray[np.float64],
    ]:
        """Return the probabilities of cuts, and starts, ends, ids and probabilities of all possible tokens."""

class Segmenter:
    """The compiled part of `Tokenizer`.  Immutable.

    Parameters
    ----------
    words : tuple of str
    log_probs : ndarray of float64
        ln p of each word, in nats.
    numbers : ndarray of int32
        Ids of unknown text and of each word.
    alnum : int
        Index of the mode in `ALNUM_MODES`.
    crossing : bool
        Whether words may contain boundaries.
    fallback : bool
        Whether unknown characters become bytes.
    bytes_ : bool
        Whether words are made of bytes.
    unk : float
        ln p of an unknown symbol, in nats; NaN for the sum of its bytes.
    uniform : float
        0 for the most probable segmentation; otherwise the fewest tokens, and the cost of each in sums (nats).
    new_mass, new_rare : float
        Share of new words among the tokens, and ln p of the most probable words that are examples of new words.
    ranks : ndarray of float64, optional
        Scores that the best segmentation adds up in place of `log_probs`.
    arithmetic : int
        Index of the arithmetic in `ARITHMETICS`.
    flags : ndarray of uint8, optional
        For each word a sum of 1 (an own word: its ln p is raised to just more than that of its best segmentation), 2
        (forbidden) and 4 (forced).
    granularity : float
        Cost of each token, in nats.
    classes : ndarray of uint16, optional
        The class of each word; the last two classes are boundaries, and words without a class.
    links : ndarray of float64, optional
        Score of a class behind a class, in nats: square, finite.
    """

    def __new__(
        cls,
        words: tuple[str, ...],
        log_probs: npt.NDArray[np.float64],
        numbers: npt.NDArray[np.int32],
        alnum: int,
        crossing: bool,
        fallback: bool,
        bytes_: bool,
        unk: float,
        uniform: float,
        new_mass: float,
        new_rare: float,
        ranks: npt.NDArray[np.float64] | None = None,
        arithmetic: int = 0,
        flags: npt.NDArray[np.uint8] | None = None,
        granularity: float = 0.0,
        classes: npt.NDArray[np.uint16] | None = None,
        links: npt.NDArray[np.float64] | None = None,
        /,
    ) -> Any: ...
    words: tuple[str, ...]
    recipe: tuple[Any, ...] | None
    """A function and its arguments that make such an object, for pickle."""
    def log_prob(self, word: int, /) -> float:
        """Return ln p of a word, by its position: as it was given or, for own words, as it was computed; in nats."""
    def sides(self, word: int, token: str, /) -> tuple[int, int]:
        """Return the class of a token on its left and on its right side; `word` is -1 if it is not a word."""
    def link(self, left: int, right: int, /) -> float:
        """Return the link of a class to a class, in nats."""
    def tokenize(self, text: str | bytes, /) -> list[str]:
        """Return the tokens of a text by the best segmentation."""
    def encode(self, text: str | bytes, /) -> list[int]:
        """Return the ids of the tokens of a text by the best segmentation."""
    def segment(self, text: str | bytes, /) -> tuple[list[int], list[str], list[tuple[int, int]]]:
        """Return the ids, tokens and spans of the best segmentation."""
    def encode_batch(self, texts: list[Any], workers: int, /) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """Return the ids of all texts, and where those of each text begin."""
    def tokenize_batch(self, texts: list[Any], workers: int, /) -> list[list[str]]:
        """Return the tokens of each text."""
    def sample(
        self, text: str | bytes, *, alpha: float = 0.2, seed: int | None = None,
        rng: np.random.Generator | None = None, index: int = 0,
    ) -> list[str]:  # fmt: skip
        """Draw one segmentation."""
    def sample_ids(
        self, text: str | bytes, *, alpha: float = 0.2, seed: int | None = None,
        rng: np.random.Generator | None = None, index: int = 0,
    ) -> list[int]:  # fmt: skip
        """Draw the segmentation of `sample` and return its ids."""
    def sample_many(self, text: str | bytes, alpha: float, seed: int, index: int, k: int, /) -> list[list[str]]:
        """Draw `k` segmentations from one table of sums."""
    def nbest(self, text: str | bytes, n: int = 10) -> list[tuple[list[str], float]]:
        """Return the tokens and the score (nats) of the `n` best segmentations."""
    def sums(self, text: str | bytes, alpha: float, /) -> tuple[float, float, float]:
        """Return ln Z, the entropy (both in nats) and the expected number of tokens."""
    def marginals(self, text: str | bytes, alpha: float, /) -> MarginalTable:
        """Return the marginals of a text."""
    def sample_batch(
        self, texts: list[Any], alpha: float, seed: int, start: int, draws: int, words: bool, workers: int, /
    ) -> Any:
        """Draw one segmentation of each text, or `draws` of them: lists of tokens (`words`), or ids and offsets."""

def is_beginning(word: str) -> bool:
    """Return whether a word is the first two or three bytes of a longer character."""

class LineCutter:
    """The tokens of texts as lines of UTF-8.  Immutable.

    Parameters
    ----------
    segmenter : Segmenter
    separator : bytes
        Between tokens, in UTF-8.
    names : list of bytes, optional
        With byte fallback, what is written for each word.
    """

    def __new__(cls, segmenter: Segmenter, separator: bytes, names: list[bytes] | None = None, /) -> Any: ...
    def cut(self, texts: str | bytes | list[str], /) -> bytes:
        """Return the best segmentation of each text as a line; of a str or of UTF-8, each line is a text."""
    def sample(self, texts: str | bytes | list[str], alpha: float, seed: int, start: int, draws: int, /) -> bytes:
        """Draw as `Segmenter.sample_batch`, and return the lines."""
