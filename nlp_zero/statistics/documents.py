"""How words are spread over documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels.elementary import expm1, log, log1p

if TYPE_CHECKING:
    import numpy.typing as npt

    Float64 = npt.NDArray[np.float64]

__all__ = ["expected_document_frequency", "tf_idf"]


def tf_idf(
    count: npt.ArrayLike, tokens: npt.ArrayLike, document_frequency: npt.ArrayLike, documents: float
) -> Any:
    """Compute how much words tell about a document.

    Parameters
    ----------
    count : array_like
        How often each word occurs in the document.
    tokens : array_like
        Number of tokens of the document.
    document_frequency : array_like
        Number of documents that have the word; 0 counts as one half.
    documents : float
        Number of documents.

    Returns
    -------
    float or array of float64
        Nats per token; 0 for words that all documents have.

    Notes
    -----
    ``count / tokens * ln(documents / document_frequency)``: the classical definition, without smoothing. Scikit-learn
    adds 1 to the logarithm, so that words in all documents keep a weight as features; in a list of keywords, these
    words would be first. Source: Spärck Jones, Journal of Documentation 1972; Salton and Buckley 1988.

    Examples
    --------
    >>> round(float(tf_idf(2, 10, 1, 100)), 3), float(tf_idf(5, 10, 100, 100))
    (0.921, 0.0)
    """
    n, size, frequency = (np.asarray(x, np.float64) for x in (count, tokens, document_frequency))
    return n / size * log(documents / np.maximum(frequency, 0.5))


def expected_document_frequency(
    count: npt.ArrayLike, lengths: npt.ArrayLike, documents: npt.ArrayLike = 1
) -> Float64:
    """Compute how many documents would have a word if its occurrences were spread over the tokens at random.

    Parameters
    ----------
    count : array_like of shape (words,)
        How often each word occurs in all documents.
    lengths : array_like of shape (sizes,)
        Numbers of tokens of documents.
    documents : array_like of shape (sizes,), default 1
        How many documents have this number of tokens.

    Returns
    -------
    array of float64, shape (words,)

    Notes
    -----
    ``sum over documents of 1 - (1 - p)^length``, where p is the share of the word among all tokens. A document
    frequency that is much lower says that the word clusters in some documents, as content words do. Source: Church and
    Gale, Poisson mixtures, Natural Language Engineering 1995, who compare with the Poisson distribution.

    Examples
    --------
    >>> expected_document_frequency([1, 10], [10, 10]).round(3).tolist()
    [0.803, 1.998]
    """
    n = np.atleast_1d(np.asarray(count, np.float64))
    sizes, times = np.broadcast_arrays(np.asarray(lengths, np.float64), np.asarray(documents, np.float64))
    with np.errstate(divide="ignore"):
        missing = log1p(-np.minimum(n / (sizes * times).sum(), 1))  # ln(1 - p)
    return np.array([-(times * expm1(sizes * x)).sum() for x in missing.tolist()])
