# Boundary trees: see boundary.hpp; `nlp_zero.templates.boundaries` and `nlp_zero.parser` are what people use.

cdef extern from "templates/boundary.hpp" namespace "nlpzero::templates" nogil:
    cdef cppclass BoundaryView:
        const int64_t* ends
        const int64_t* starts
        const int64_t* left
        const int64_t* right
        const int64_t* first
        const int32_t* follower
        const int64_t* stick
        double pairs
        double alpha

    cdef struct Span:
        int32_t start
        int32_t end

    void c_count_cuts "nlpzero::templates::count_cuts"(const int32_t*, const int64_t*, size_t, const int64_t*, const int64_t*,
                                            const int64_t*, int64_t, int64_t, int64_t*, int64_t*) except +
    void c_build_trees "nlpzero::templates::build_trees"(const BoundaryView&, int64_t, int64_t, const int32_t*, const int64_t*,
                                              size_t, vector[Span]&, vector[int64_t]&) except +
    int64_t gap_score(const BoundaryView&, int32_t, int32_t)


cdef int check_offsets(const int64_t[::1] offsets, Py_ssize_t size) except -1:
    """Raise ValueError unless offsets rise from 0 or more and stay within an array of this size."""
    cdef Py_ssize_t k
    if not offsets.shape[0] or offsets[0] < 0 or offsets[offsets.shape[0] - 1] > size:
        raise ValueError("offsets do not fit the array that they divide.")
    for k in range(offsets.shape[0] - 1):
        if offsets[k] > offsets[k + 1]:
            raise ValueError("offsets must not fall.")
    return 0


cdef int check_numbers(const int32_t[::1] numbers, Py_ssize_t below, int32_t least=0) except -1:
    """Raise ValueError unless all numbers are from `least` up to, and not including, `below`."""
    cdef Py_ssize_t k
    for k in range(numbers.shape[0]):
        if not least <= numbers[k] < below:
            raise ValueError(f"there is no word with the number {numbers[k]}.")
    return 0


def count_cuts(const int32_t[::1] tokens, const int64_t[::1] offsets, const int64_t[::1] ends,
               const int64_t[::1] starts, const int64_t[::1] stick, int64_t shortest, int64_t longest):
    """How often each word stands after and before a cut of depth 0 or 1 of a segment: two arrays, by word."""
    check_offsets(offsets, tokens.shape[0])
    check_numbers(tokens, min(starts.shape[0], ends.shape[0]))
    if stick.shape[0] < tokens.shape[0] - 1:
        raise ValueError("one value of stick for each pair of neighbours is needed.")
    new_starts, new_ends = np.zeros(len(starts), np.int64), np.zeros(len(starts), np.int64)
    cdef int64_t[::1] s = new_starts, e = new_ends
    if tokens.shape[0]:
        with nogil:
            c_count_cuts(&tokens[0], &offsets[0], offsets.shape[0] - 1, &ends[0], &starts[0], &stick[0], shortest,
                         longest, &s[0], &e[0])
    return new_starts, new_ends


cdef class BoundaryTable:
    """The numbers of a boundary model, ready for parsing.  The arrays are kept, not copied."""

    cdef BoundaryView view
    cdef tuple arrays

    def __init__(self, const int64_t[::1] ends, const int64_t[::1] starts, const int64_t[::1] left,
                 const int64_t[::1] right, const int64_t[::1] first, const int32_t[::1] follower,
                 const int64_t[::1] stick, double pairs, double alpha):
        if not len(ends) == len(starts) == len(left) == len(right) == len(first) - 1 or len(follower) != len(stick):
            raise ValueError("the arrays do not belong together")
        self.arrays = (ends, starts, left, right, first, follower, stick)
        if len(ends):
            self.view.ends, self.view.starts = &ends[0], &starts[0]
            self.view.left, self.view.right = &left[0], &right[0]
        self.view.first = &first[0]
        if len(follower):
            self.view.follower, self.view.stick = &follower[0], &stick[0]
        self.view.pairs, self.view.alpha = max(pairs, 1.0), alpha

    def score(self, int32_t u, int32_t v):
        """Score of the gap between words u and v, in steps of 2**-20 nats."""
        if max(u, v) >= len(self.arrays[0]):
            raise ValueError("no such word")
        return gap_score(self.view, u, v)

    def trees(self, const int32_t[::1] codes, const int64_t[::1] offsets, int64_t prominence, int64_t pause):
        """Spans of all sentences as one array of (start, end), and where each sentence's begin."""
        cdef vector[Span] spans
        cdef vector[int64_t] sizes
        check_offsets(offsets, codes.shape[0])
        if codes.shape[0] and np.asarray(codes).max() >= len(self.arrays[0]):
            raise ValueError("no such word")
        with nogil:
            c_build_trees(self.view, prominence, pause, &codes[0] if codes.shape[0] else NULL, &offsets[0],
                          offsets.shape[0] - 1, spans, sizes)
        result, where = np.empty((spans.size(), 2), np.int32), np.empty(sizes.size(), np.int64)
        cdef int32_t[:, ::1] out = result
        cdef int64_t[::1] size_view = where
        if spans.size():
            memcpy(&out[0, 0], spans.data(), spans.size() * sizeof(Span))
        memcpy(&size_view[0], sizes.data(), sizes.size() * sizeof(int64_t))
        return result, where
