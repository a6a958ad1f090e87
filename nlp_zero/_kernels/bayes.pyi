"""The latent-class Pitman-Yor sampler."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from .counting import Uint32

class Sampler:
    """State of the latent-class Pitman-Yor sampler over one encoded text.

    Parameters
    ----------
    text : ndarray of uint32
        Symbol ids; 0 is a boundary, and the last one.
    classes : int
        Number of latent classes (1 to 255).
    lengths : sequence of float
        Prior of word lengths from 1; its size is the longest word.
    hyper : mapping of str to float
        Hyperparameters d, theta, d1, theta1, chain, ratio and spelling.
    levels : int
        Longest n-gram that gets an id; above the longest word.

    Attributes
    ----------
    classes, max_length : int
        Number of classes, and longest word in symbols.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """

    classes: int
    max_length: int
    def __init__(
        self, text: Uint32, classes: int, lengths: Sequence[float], hyper: Mapping[str, float], levels: int
    ) -> None: ...
    def cut_by_entropy(self, max_length: int, single: float) -> None:
        """Segment the text by branching entropy; `single` is the weight of single symbols."""
    def classify(self, often: int, passes: int) -> None:
        """Initialize the classes by exchange clustering of the words that occur at least `often` times."""
    def set_state(self, length: npt.NDArray[np.uint8], cls: npt.NDArray[np.uint8]) -> None:
        """Set the segmentation and its classes; call `load` afterwards."""
    def load(self) -> None:
        """Add all words of the segmentation to the counts."""
    def begin_sweep(self, seed: int, sweep: int, *, first_average: bool = False) -> tuple[int, int]:
        """Shuffle the stretches of the text.

        Parameters
        ----------
        seed, sweep : int
            Decide the order.
        first_average : bool, default False
            Whether to start the sums of span probabilities.

        Returns
        -------
        size : int
            Number of stretches.
        fence : int
            A number of stretches that no round may cross: neighbours are on different sides of it.
        """
    def take_out(self, begin: int, end: int) -> None:
        """Remove the words of the stretches of a round from the counts."""
    def sample(self, begin: int, end: int, seed: int, sweep: int, average: bool) -> None:
        """Draw new words for stretches of a round; threads may share a round."""
    def put_in(self, begin: int, end: int) -> None:
        """Add the words of the stretches of a round to the counts."""
    def sample_rounds(self, bounds: Sequence[int], seed: int, sweep: int, average: bool) -> None:
        """Take out, sample and put in the stretches of all rounds, which lie between the bounds."""
    def decode(self, sweeps: float, cost: float) -> None:
        """Set the segmentation with the greatest sum of (average span probability - cost)."""
    def stretch(self, i: int) -> tuple[int, int]:
        """Return begin and end of a stretch of the sweep."""
    @property
    def marginals(self) -> npt.NDArray[np.float32]:
        """Sums of span probabilities, shape (max_length, positions)."""
    @marginals.setter
    def marginals(self, sums: npt.NDArray[np.float32]) -> None: ...
    @property
    def tokens(self) -> int:
        """Number of words of the segmentation."""
    @property
    def types(self) -> int:
        """Number of distinct words of the segmentation."""
    @property
    def state(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        """Length (0: none) and class of the word that begins at each position."""
    def words(self) -> tuple[Uint32, Uint32, Uint32]:
        """Return place, length and count of each distinct word; rare ones may be listed more than once."""

class Cutter:
    """Cuts encoded text by unigram Viterbi.

    Parameters
    ----------
    words : ndarray of uint32
        Symbol ids of the words, each closed by a 0.
    scores : ndarray of float64
        Score of each word in nats.
    unknown : float
        Score of a symbol that is not a word.
    """

    def __init__(self, words: Uint32, scores: npt.NDArray[np.float64], unknown: float) -> None: ...
    def cut(self, text: Uint32) -> Uint32:
        """Return the length of the piece that begins at each position, else 0."""

def exchange_classes(
    tokens: Uint32, start: npt.NDArray[np.int32], classes: int, passes: int
) -> npt.NDArray[np.int32]:
    """Return the class of each word by the exchange algorithm.

    Parameters
    ----------
    tokens : ndarray of uint32
        The text as numbers of words, which are sorted by falling count; larger numbers are boundaries.
    start : ndarray of int32
        The first class of each word; -1 is any.
    classes : int
        Number of classes (1 to 255).
    passes : int
        Most passes over all words; fewer if hardly any word moves.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """

def number_words(
    texts: Iterable[tuple[Uint32, npt.NDArray[np.bool_]]],
) -> tuple[Uint32, npt.NDArray[np.int64]]:
    """Return the words of segmented texts, and the texts as numbers of words.

    Parameters
    ----------
    texts : iterable of (ndarray of uint32, ndarray of bool)
        Encoded texts, in which 0 is a boundary, and where words begin; also True at boundaries.

    Returns
    -------
    words : ndarray of uint32
        The symbols of the words in the order of their first occurrence, each word closed by a 0.
    runs : ndarray of int64
        The numbers of the words, with -1 at the end of each run.
    """
