# Properties of characters by the frozen Unicode table: see unicode.hpp.

cdef extern from "counting/unicode.hpp" namespace "nlpzero::counting" nogil:
    const char* c_unicode_version "nlpzero::UNICODE_VERSION"
    const uint8_t* property_table()

UNICODE_VERSION = c_unicode_version.decode("ascii")
BOUNDARY, ALNUM, DECIMAL, DIGIT, NUMERIC, SPACE = 1, 2, 4, 8, 16, 32


def character_properties(str text not None):
    """Properties of each character by the frozen Unicode table, which does not depend on the running Python.

    Parameters
    ----------
    text : str

    Returns
    -------
    ndarray of uint8, shape (len(text),)
        Sums of BOUNDARY (punctuation, symbols, separators, control characters), ALNUM (decimal digits and Latin
        letters), DECIMAL, DIGIT, NUMERIC and SPACE (as str.isdecimal, isdigit, isnumeric and isspace).

    Examples
    --------
    >>> character_properties("一，3a").tolist()
    [16, 1, 30, 2]
    """
    cdef Py_ssize_t i, size = PyUnicode_GET_LENGTH(text)
    cdef int kind = PyUnicode_KIND(text)
    cdef const void* data = PyUnicode_DATA(text)
    cdef const uint8_t* table = property_table()
    properties = np.empty(size, np.uint8)
    cdef uint8_t[::1] view = properties
    for i in range(size):
        view[i] = table[PyUnicode_READ(kind, data, i)]
    return properties


def has_property(str text not None, uint8_t wanted):
    """Whether every character of a text has one of the wanted properties; True for the empty text, as `all`.

    Parameters
    ----------
    text : str
    wanted : int
        Sum of the constants that `character_properties` names.

    Returns
    -------
    bool

    Examples
    --------
    >>> has_property("三十", NUMERIC), has_property("第三", NUMERIC)
    (True, False)
    """
    cdef Py_ssize_t i
    cdef int kind = PyUnicode_KIND(text)
    cdef const void* data = PyUnicode_DATA(text)
    cdef const uint8_t* table = property_table()
    for i in range(PyUnicode_GET_LENGTH(text)):
        if not table[PyUnicode_READ(kind, data, i)] & wanted:
            return False
    return True


def is_boundary(str text not None):
    """Whether a text has only boundaries: punctuation, symbols, separators and control characters.

    Unassigned and private-use code points are letters.

    Parameters
    ----------
    text : str

    Returns
    -------
    bool

    Examples
    --------
    >>> is_boundary("，"), is_boundary("——"), is_boundary("是"), is_boundary("3%")
    (True, True, False, False)
    """
    return has_property(text, BOUNDARY)
