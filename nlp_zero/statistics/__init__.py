"""Statistics of counts, as pure functions. Logarithms are natural; their unit is the nat."""

from .cohesion import branching_entropy, entropy_gain, firmness, pmi
from .comparison import correct_p_values, log_likelihood_ratio, log_ratio, p_values, shrunken_share
from .documents import expected_document_frequency, tf_idf
from .words import information_per_symbol, new_words

__all__ = [
    "branching_entropy",
    "correct_p_values",
    "entropy_gain",
    "expected_document_frequency",
    "firmness",
    "information_per_symbol",
    "log_likelihood_ratio",
    "log_ratio",
    "new_words",
    "p_values",
    "pmi",
    "shrunken_share",
    "tf_idf",
]
