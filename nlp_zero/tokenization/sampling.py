"""Arguments of sampling: the inverse temperature alpha, and the number of draws."""

from __future__ import annotations

from .._utils.validation import check_number

__all__ = ["MAX_ALPHA", "MAX_DRAWS", "check_alpha", "check_finite_alpha"]

MAX_DRAWS = 1_000_000
MAX_ALPHA = 1e8  # above, only the best segmentation has a probability that is not 0


def check_alpha(alpha: float) -> float:
    """Return `alpha` if it is a number from 0 to infinity, else raise `ValueError`."""
    return check_number("alpha", alpha, least=0)


def check_finite_alpha(alpha: float) -> float:
    """Return `alpha` if it is a number from 0 to 1e8, else raise `ValueError`."""
    return check_number("alpha", alpha, least=0, most=MAX_ALPHA)
