# Rows of a table of words and numbers as text: see rows.hpp.

cdef extern from "counting/rows.hpp" namespace "nlpzero::counting" nogil:
    void append_integer(string&, int64_t) except +
    void append_number(string&, double) except +


def format_rows(bytes words, const int64_t[::1] counts, list columns):
    cdef vector[const double*] values
    cdef const double[::1] column
    cdef Py_ssize_t size = counts.shape[0], k
    for array in columns:
        column = array
        if column.shape[0] != size:
            raise ValueError("columns of different lengths")
        values.push_back(&column[0] if size else NULL)
    if words.count(b"\n") != size:
        raise ValueError("every word is closed by a line feed")
    cdef string out
    cdef size_t length = len(words)
    cdef size_t c
    cdef const char* p = words
    cdef const char* end
    with nogil:
        out.reserve(length + <size_t>size * (8 + 10 * values.size()))
        for k in range(size):
            end = p
            while end[0] != c"\n":
                end += 1
            out.append(p, end - p)
            p = end + 1
            out.push_back(c"\t")
            append_integer(out, counts[k])
            for c in range(values.size()):
                out.push_back(c"\t")
                append_number(out, values[c][k])
            out.push_back(c"\n")
    return <bytes>out
