# Rows of a table of words and numbers as text: see rows.hpp.

cdef extern from "counting/rows.hpp" namespace "nlpzero::counting" nogil:
    size_t NUMBER_BYTES
    char* write_integer(char*, int64_t)
    cdef cppclass NumberWriter:
        NumberWriter() except +
        char* write(char*, double) except +
    size_t split_row(const char*, const char*, vector[const char*]&) except +
    bint parse_integer(const char*, const char*, int64_t&)
    bint parse_short_number(const char*, const char*, double&)

cdef extern from "Python.h":
    double PyOS_string_to_double(const char*, char**, void*) except? -1.0


def format_rows(bytes words, const int64_t[::1] counts, list columns):
    cdef vector[const double*] values
    cdef const double[::1] column
    cdef Py_ssize_t size = counts.shape[0], k
    for array in columns:
        column = array
        if column.shape[0] != size:
            raise ValueError("counts and columns must have the same length.")
        values.push_back(&column[0] if size else NULL)
    if words.count(b"\n") != size:
        raise ValueError("every word must end with a line feed.")
    cdef size_t length = len(words), c, numbers = (1 + values.size()) * <size_t>size
    cdef const char* p = words
    # A tab or line feed after each number; the last number may write all of NUMBER_BYTES.
    cdef vector[char] buffer
    cdef NumberWriter writer
    cdef char* out
    with nogil:
        buffer.resize(length + numbers * (NUMBER_BYTES + 1) + NUMBER_BYTES)
        out = buffer.data()
        for k in range(size):
            while p[0] != c"\n":
                out[0] = p[0]
                out += 1
                p += 1
            p += 1
            out[0] = c"\t"
            out = write_integer(out + 1, counts[k])
            for c in range(values.size()):
                out[0] = c"\t"
                out = writer.write(out + 1, values[c][k])
            out[0] = c"\n"
            out += 1
    return PyBytes_FromStringAndSize(buffer.data(), out - buffer.data())


cdef double parse_number(const char* begin, const char* end) except? -1.0:
    cdef double value = 0
    cdef string text
    if not parse_short_number(begin, end, value):
        text.assign(begin, end - begin)
        value = PyOS_string_to_double(text.c_str(), NULL, NULL)
    return value


cdef str unusable(const char* begin, const char* end):
    return f"{begin[:end - begin - 1].decode('utf-8', 'replace')!r} is not a usable number."


class RowError(ValueError):
    """The number of the row that is wrong, from 0, and what is wrong."""


def parse_rows(bytes data, int64_t[::1] counts, list columns):
    cdef vector[double*] values
    cdef vector[const char*] starts
    cdef double[::1] column
    cdef Py_ssize_t size = counts.shape[0], k
    cdef size_t c, found
    cdef list words = [], texts = [], texts_of_row
    if not size or data.count(b"\n") != size or not data.endswith(b"\n"):
        raise ValueError("there must be a row, and every row must end with a line feed.")
    for array in columns:
        if array is None:
            values.push_back(NULL)
            continue
        column = array
        if column.shape[0] != size:
            raise ValueError("counts and columns must have the same length.")
        values.push_back(&column[0])
    cdef const char* p = data
    cdef const char* end = p + len(data)
    for k in range(size):
        found = split_row(p, end, starts)
        if found != values.size() + 2:
            raise RowError(k, f"{found} columns separated by tabs, but {values.size() + 2} are expected.")
        words.append(p[:starts[1] - p - 1].decode("utf-8"))
        if not parse_integer(starts[1], starts[2] - 1, counts[k]):
            raise RowError(k, unusable(starts[1], starts[2]))
        texts_of_row = []
        for c in range(values.size()):
            if values[c] is NULL:
                texts_of_row.append(starts[c + 2][:starts[c + 3] - starts[c + 2] - 1].decode("utf-8"))
                continue
            try:
                values[c][k] = parse_number(starts[c + 2], starts[c + 3] - 1)
            except ValueError:
                raise RowError(k, unusable(starts[c + 2], starts[c + 3])) from None
        if texts_of_row:
            texts.append(texts_of_row)
        p = starts[found + 1]
    return words, texts
