# Words that lie one after the other in one array: see words.hpp.

cdef extern from "counting/words.hpp" namespace "nlpzero::counting" nogil:
    cdef cppclass CppPackedWords "nlpzero::counting::PackedWords":
        const uint32_t* text
        const int64_t* ends
        size_t size
        const uint32_t* begin_of(size_t) const
        size_t length_of(size_t) const
        vector[int64_t] rank(const int64_t*) except +
        cbool encode_lines(const uint32_t*, size_t, string&) except +

cdef extern from "common/free_memory.hpp" namespace "nlpzero" nogil:
    void return_free_memory()

cdef extern from "Python.h":
    str PyUnicode_FromKindAndData(int, const void*, Py_ssize_t)


cdef CppPackedWords packed_words(const uint32_t[::1] text, const int64_t[::1] ends) except *:
    cdef CppPackedWords words
    cdef Py_ssize_t k
    cdef int64_t last = 0
    for k in range(ends.shape[0]):
        if ends[k] < last:
            raise ValueError("the ends of words must rise.")
        last = ends[k]
    if last != text.shape[0] or ends.shape[0] >= 0xFFFFFFFF:
        raise ValueError("arrays of different lengths")
    words.size = ends.shape[0]
    words.text = &text[0] if text.shape[0] else NULL
    words.ends = &ends[0] if words.size else NULL
    return words


def return_memory():
    with nogil:
        return_free_memory()


def rank_packed(const uint32_t[::1] text, const int64_t[::1] ends, const int64_t[::1] counts):
    cdef CppPackedWords words = packed_words(text, ends)
    cdef vector[int64_t] order
    cdef cbool distinct = True
    cdef size_t k
    if <size_t>counts.shape[0] != words.size:
        raise ValueError("arrays of different lengths")
    with nogil:
        for k in range(words.size):
            distinct &= words.length_of(k) > 0
        if distinct and words.size:
            order = words.rank(&counts[0])
            distinct = order.size() == words.size
    if not distinct:
        raise ValueError("words must be distinct and not empty.")
    return _copy_array(order.data(), order.size(), np.int64)


def take_packed(const uint32_t[::1] text, const int64_t[::1] ends, const int64_t[::1] rows):
    cdef CppPackedWords words = packed_words(text, ends)
    cdef int64_t[::1] new_ends = np.empty(rows.shape[0], np.int64)
    cdef Py_ssize_t k
    cdef size_t i, at = 0
    for k in range(rows.shape[0]):
        if not 0 <= rows[k] < <int64_t>words.size:
            raise IndexError("no such word")
        at += words.length_of(rows[k])
        new_ends[k] = at
    cdef uint32_t[::1] taken = np.empty(at, np.uint32)
    with nogil:
        at = 0
        for k in range(rows.shape[0]):
            for i in range(words.length_of(rows[k])):
                taken[at] = words.begin_of(rows[k])[i]
                at += 1
    return np.asarray(taken), np.asarray(new_ends)


def unpack_words(const uint32_t[::1] text, const int64_t[::1] ends, const int64_t[::1] rows):
    cdef CppPackedWords words = packed_words(text, ends)
    cdef list result = []
    cdef Py_ssize_t k
    for k in range(rows.shape[0]):
        if not 0 <= rows[k] < <int64_t>words.size:
            raise IndexError("no such word")
        result.append(PyUnicode_FromKindAndData(4, words.begin_of(rows[k]), words.length_of(rows[k])))
    return result


def encode_packed(const uint32_t[::1] text, const int64_t[::1] ends, const uint32_t[::1] special):
    cdef CppPackedWords words = packed_words(text, ends)
    cdef string out
    cdef cbool plain = True
    cdef Py_ssize_t k
    with nogil:
        plain = words.encode_lines(&special[0] if special.shape[0] else NULL, special.shape[0], out)
    return PyBytes_FromStringAndSize(out.data(), out.size()) if plain else None


def pack_ngrams(const uint32_t[::1] ngrams, const uint32_t[::1] text, const int64_t[::1] ends):
    cdef CppPackedWords names = packed_words(text, ends)
    cdef vector[uint32_t] out
    cdef vector[int64_t] new_ends
    cdef Py_ssize_t k, n = ngrams.shape[0]
    cdef uint32_t symbol
    for k in range(n):
        if ngrams[k] > names.size:
            raise ValueError("a symbol is out of range")
    if n and ngrams[n - 1]:
        raise ValueError("every n-gram must be closed by a 0.")
    with nogil:
        out.reserve(n)
        for k in range(n):
            symbol = ngrams[k]
            if symbol:
                out.insert(out.end(), names.begin_of(symbol - 1), names.begin_of(symbol - 1) + names.length_of(symbol - 1))
            else:
                new_ends.push_back(out.size())
    return _copy_array(out.data(), out.size(), np.uint32), _copy_array(new_ends.data(), new_ends.size(), np.int64)
