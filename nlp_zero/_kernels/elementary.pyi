"""Logarithms and exponentials with the same bits on every machine.

They are used wherever NumPy's, `math`'s and the C library's functions would be: those differ in the last bit between
libraries and processors.  A number gives a float, an array an array of the same shape.  There are no warnings and no
exceptions: the logarithm of 0 is -inf, that of a negative number NaN.
"""

from typing import Any, TypeAlias, overload

import numpy as np
import numpy.typing as npt

Number: TypeAlias = float | np.floating[Any] | np.integer[Any]
Floats: TypeAlias = npt.NDArray[np.float64]

@overload
def log(x: Number) -> float: ...
@overload
def log(x: npt.ArrayLike) -> Floats:
    """Compute the natural logarithm.

    Parameters
    ----------
    x : float or array_like

    Returns
    -------
    float or ndarray of float64
    """

@overload
def log2(x: Number) -> float: ...
@overload
def log2(x: npt.ArrayLike) -> Floats:
    """Compute the binary logarithm, which is exact where it is a whole number.

    Parameters
    ----------
    x : float or array_like

    Returns
    -------
    float or ndarray of float64
    """

@overload
def log1p(x: Number) -> float: ...
@overload
def log1p(x: npt.ArrayLike) -> Floats:
    """Compute ln(1 + x), also for small x.

    Parameters
    ----------
    x : float or array_like

    Returns
    -------
    float or ndarray of float64
    """

@overload
def exp(x: Number) -> float: ...
@overload
def exp(x: npt.ArrayLike) -> Floats:
    """Compute the exponential function.

    Parameters
    ----------
    x : float or array_like

    Returns
    -------
    float or ndarray of float64
    """

@overload
def expm1(x: Number) -> float: ...
@overload
def expm1(x: npt.ArrayLike) -> Floats:
    """Compute exp(x) - 1, also for small x.

    Parameters
    ----------
    x : float or array_like

    Returns
    -------
    float or ndarray of float64
    """

@overload
def erfc(x: Number) -> float: ...
@overload
def erfc(x: npt.ArrayLike) -> Floats:
    """Compute the complementary error function.

    Parameters
    ----------
    x : float or array_like

    Returns
    -------
    float or ndarray of float64
    """
