"""Arguments of the methods for many texts at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .._utils.validation import check_integer

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    IdArrays = tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]

__all__ = ["check_texts", "check_workers"]

MAX_WORKERS = 1024


def check_texts(texts: Iterable[str]) -> list[str]:
    """Return the texts as a list; raises `TypeError` for one text."""
    if isinstance(texts, (str, bytes)):
        raise TypeError("texts must be an iterable of str, not one text; wrap it in a list.")
    return list(texts)


def check_workers(workers: int) -> int:
    """Return the number of threads; raises `ValueError` if it is not from 1 to 1,024."""
    return check_integer("workers", workers, most=MAX_WORKERS)
