"""Seeds of random numbers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .validation import check_integer

if TYPE_CHECKING:
    import numpy as np

__all__ = ["check_index", "draw_seed", "seed_of"]


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
    if not hasattr(rng, "integers"):
        raise TypeError(f"rng must be a numpy.random.Generator, as numpy.random.default_rng() makes it, not {rng!r}.")
    return int(rng.integers(0, 1 << 64, dtype="uint64"))


def check_index(index: int) -> int:
    """Return the number of a stream of random numbers if it has 64 bits; raises `ValueError` for other values."""
    return check_integer("index", index, least=0, most=(1 << 64) - 1)
