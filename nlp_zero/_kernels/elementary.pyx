"""Logarithms and exponentials with the same bits on every machine."""

import numpy as np

cdef extern from "common/elementary.hpp" namespace "nlpzero" nogil:
    double log_ "nlpzero::log"(double) noexcept
    double log2_ "nlpzero::log2"(double) noexcept
    double log1p_ "nlpzero::log1p"(double) noexcept
    double exp_ "nlpzero::exp"(double) noexcept
    double expm1_ "nlpzero::expm1"(double) noexcept
    double erfc_ "nlpzero::erfc"(double) noexcept

ctypedef double (*Function)(double) noexcept nogil


cdef object compute(Function function, object x):
    if isinstance(x, (float, int)) or not np.ndim(x):
        return function(x)
    result = np.array(x, np.float64, order="C")
    cdef double[::1] values = result.reshape(-1)
    cdef Py_ssize_t k
    with nogil:
        for k in range(values.shape[0]):
            values[k] = function(values[k])
    return result


def log(x):
    return compute(log_, x)


def log2(x):
    return compute(log2_, x)


def log1p(x):
    return compute(log1p_, x)


def exp(x):
    return compute(exp_, x)


def expm1(x):
    return compute(expm1_, x)


def erfc(x):
    return compute(erfc_, x)
