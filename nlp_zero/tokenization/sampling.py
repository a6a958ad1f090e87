"""Arguments of sampling: the inverse temperature alpha, and seeds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .._utils.validation import check_integer, check_number

if TYPE_CHECKING:
    import numpy as np

__all__ = ["MAX_ALPHA", "MAX_DRAWS", "check_alpha", "check_finite_alpha", "draw_seed", "seed_of"]

MAX_DRAWS = 1_000_000
MAX_ALPHA = 1e8  # above, only the best segmentation has a probability that is not 0


def check_alpha(alpha: float) -> float:
    """Return `alpha` if it is a number from 0 to infinity, else raise `ValueError`."""
    return check_number("alpha", alpha, least=0)


def check_finite_alpha(alpha: float) -> float:
    """Return `alpha` if it is a number from 0 to 1e8, else raise `ValueError`."""
    return check_number("alpha", alpha, least=0, most=MAX_ALPHA)


def seed_of(seed: int | None) -> int:
    """Return a seed of 64 bits: `seed` itself, or fresh entropy for None; raises `ValueError` for other values."""
    if seed is None:
        return int.from_bytes(os.urandom(8), "little")
    return check_integer("seed", seed, least=0, most=(1 << 64) - 1)


def draw_seed(seed: int | None, rng: np.random.Generator | None) -> int:
    """Return the seed of a call: as `seed_of`, or 64 bits drawn from `rng`; raises `ValueError` for both."""
    if rng is None:
        return seed_of(seed)
    if seed is not None:
        raise ValueError("seed and rng exclude each other; give one of them.")
    return int(rng.integers(0, 1 << 64, dtype="uint64"))
