# The topic of each block of a text: see topics.hpp.

cdef extern from "vocabulary/topics.hpp" namespace "nlpzero::vocabulary" nogil:
    cdef cppclass BlockTopics:
        BlockTopics(const vector[uint32_t]&, const vector[uint32_t]&, const vector[int32_t]&, size_t) except +
        void add_moments(double*, double*) except +
        void project(const double*, double*) except +


cdef class Topics:
    """The symbols that describe the topics of the blocks of a search; see the .pyi."""
    cdef unique_ptr[BlockTopics] cpp
    cdef vector[int32_t] column
    cdef readonly Search search
    cdef readonly Py_ssize_t width

    def __cinit__(self, Search search, symbols):
        cdef uint32_t symbol
        self.column.assign(search.text.cpp.get().code.size(), -1)
        self.width = len(symbols)
        for place, symbol in enumerate(symbols):
            if symbol >= self.column.size():
                raise IndexError(symbol)
            self.column[symbol] = place
        self.search = search
        self.cpp.reset(new BlockTopics(search.text.cpp.get().text, search.cpp.get().block_begin, self.column,
                                       self.width))

    def moments(self):
        sums, squares = np.zeros(self.width), np.zeros((self.width, self.width))
        cdef double[::1] s = sums
        cdef double[:, ::1] q = squares
        if self.width:
            with nogil:
                self.cpp.get().add_moments(&s[0], &q[0, 0])
        return sums, squares + np.triu(squares, 1).T

    def project(self, const double[::1] axis):
        values = np.zeros(self.search.cpp.get().block_begin.size())
        cdef double[::1] v = values
        if axis.shape[0] != self.width:
            raise ValueError("axis must have one value for each symbol.")
        if self.width and v.shape[0]:
            with nogil:
                self.cpp.get().project(&axis[0], &v[0])
        return values
