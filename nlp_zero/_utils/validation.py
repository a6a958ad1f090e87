"""Validation of options: one wording for all of them."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Collection

__all__ = ["check_choice", "check_folder", "check_integer", "check_memory", "check_number"]

LEAST_BUDGET_BYTES = 4096
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def check_integer(name: str, value: object, *, least: int = 1, most: int | None = None) -> int:
    """Return `value` if it is an integer from `least` to `most`.

    Parameters
    ----------
    name : str
        Name of the option, for the message.
    value : object
        The value of the option; NumPy integers are accepted, booleans are not.
    least, most : int
        Inclusive bounds; no upper bound if `most` is None.

    Returns
    -------
    int
        The value as a Python integer.

    Raises
    ------
    ValueError
        If the value is not an integer or out of bounds.

    Examples
    --------
    >>> check_integer("order", 9, most=8)
    Traceback (most recent call last):
    ValueError: order must be an integer from 1 to 8, not 9.
    """
    try:
        number = None if isinstance(value, bool) else value.__index__()  # type: ignore[attr-defined]
    except (AttributeError, TypeError):  # the latter from arrays
        number = None
    if number is None or number < least or (most is not None and number > most):
        bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} must be an integer {bounds}, not {value!r}.")
    return int(number)


def check_number(name: str, value: object, *, least: float = -math.inf, most: float = math.inf) -> float:
    """Return `value` as a float if it is a number from `least` to `most`, bounds included.

    Raises
    ------
    ValueError
        If the value is not a number, is NaN, or is out of bounds.

    Examples
    --------
    >>> check_number("alpha", -1, least=0)
    Traceback (most recent call last):
    ValueError: alpha must be a number of at least 0, not -1.
    """
    try:
        number = math.nan if isinstance(value, (bool, str)) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not least <= number <= most:
        bounds = f" from {least:g} to {most:g}"
        if math.isinf(most):
            bounds = "" if math.isinf(least) else f" of at least {least:g}"
        elif math.isinf(least):
            bounds = f" of at most {most:g}"
        raise ValueError(f"{name} must be a number{bounds}, not {value!r}.")
    return number


def check_choice(name: str, value: object, choices: Collection[str]) -> str:
    """Return `value` if it is one of `choices`.

    Raises
    ------
    ValueError
        If it is not one of them.

    Examples
    --------
    >>> check_choice("unit", "word", ("char", "byte"))
    Traceback (most recent call last):
    ValueError: unit must be 'char' or 'byte', not 'word'.
    """
    if not isinstance(value, str) or value not in choices:
        *first, last = map(repr, choices)
        listed = f"{', '.join(first)} or {last}" if first else last
        raise ValueError(f"{name} must be {listed}, not {value!r}.")
    return value


def check_folder(name: str, folder: str | os.PathLike[str] | None) -> str | None:
    """Return the name of a folder that exists; None if none was given.

    Raises
    ------
    ValueError
        If there is no such folder.

    Examples
    --------
    >>> check_folder("temp_dir", "no/such/folder")
    Traceback (most recent call last):
    ValueError: temp_dir must be a folder; 'no/such/folder' is not one.
    """
    if folder is None:
        return None
    path = os.fspath(folder)
    if not os.path.isdir(path):
        raise ValueError(f"{name} must be a folder; {path!r} is not one.")
    return path


def check_memory(memory: int | str | None) -> int | None:
    """Return a memory budget in bytes; None if there is none.

    Raises
    ------
    ValueError
        If it is not a number of bytes or a size like ``"512M"``, or smaller than 4,096 bytes.

    Examples
    --------
    >>> check_memory("512M"), check_memory("1.5G"), check_memory(4096)
    (536870912, 1610612736, 4096)
    """
    if memory is None:
        return None
    if isinstance(memory, str):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?\s*", memory, re.IGNORECASE)
        if match is None:
            raise ValueError(f"memory must be a number of bytes, or a size like '512M' or '2G', not {memory!r}.")
        memory = int(float(match[1]) * UNITS[match[2].upper()])
    return check_integer("memory", memory, least=LEAST_BUDGET_BYTES)
