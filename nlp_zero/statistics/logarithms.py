"""Logarithms where a count may be 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._kernels.elementary import log

__all__ = ["x_log"]


def x_log(x: Any, y: Any) -> Any:
    """Return ``x ln y``, and 0 where x is 0 (or negative by rounding)."""
    safe = (x > 0) & (y > 0)
    return np.where(safe, x * log(np.where(safe, y, 1.0)), 0.0)
