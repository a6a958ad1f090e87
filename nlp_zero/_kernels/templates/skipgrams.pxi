# Counting candidates of templates: see skipgrams.hpp; used by `nlp_zero.templates.mining`.

cdef extern from "templates/skipgrams.hpp" namespace "nlpzero::templates" nogil:
    cdef cppclass CppPairs "nlpzero::templates::DistinctPairs":
        CppPairs(size_t, size_t, size_t) except +
        void add(const int32_t*, const int32_t*, size_t) except +
        size_t level()
        const vector[uint32_t]& pair_counts()

    cdef cppclass CppFresh "nlpzero::templates::FreshSegments":
        CppFresh(size_t) except +
        void add(const int32_t*, size_t, vector[int32_t]&, vector[int64_t]&) except +

    cdef cppclass FillingEntry "nlpzero::templates::Fillings::Entry":
        int32_t owner
        uint32_t count
        int64_t spans

    cdef cppclass CppFillings "nlpzero::templates::Fillings":
        vector[FillingEntry] entries
        vector[int64_t] spans
        CppFillings(size_t) except +
        void add_tree(const int32_t*, size_t, const int32_t*, int64_t, int64_t) except +

    cdef cppclass CppClausePairs "nlpzero::templates::ClausePairs":
        vector[uint32_t] counts, left, right
        uint64_t total
        CppClausePairs(size_t, size_t) except +
        void count(const int32_t*, const int32_t*, size_t) except +
        void fill(const int32_t*, const int32_t*, size_t, const int32_t*, CppFillings&, int64_t) except +
        void forget()


cdef class DistinctPairs:
    cdef unique_ptr[CppPairs] cpp
    cdef Py_ssize_t side

    def __cinit__(self, Py_ssize_t anchors, Py_ssize_t window, size_t limit):
        self.side = anchors + 1
        self.cpp.reset(new CppPairs(anchors, window, limit))

    def add(self, const int32_t[::1] words, const int32_t[::1] anchors, const int64_t[::1] offsets):
        check_offsets(offsets, min(words.shape[0], anchors.shape[0]))
        check_numbers(anchors, self.side)
        cdef Py_ssize_t s
        with nogil:
            for s in range(offsets.shape[0] - 1):
                if offsets[s + 1] > offsets[s]:
                    self.cpp.get().add(&words[offsets[s]], &anchors[offsets[s]], offsets[s + 1] - offsets[s])

    def counts(self):
        out = np.empty(self.side * self.side, np.uint32)
        cdef uint32_t[::1] view = out
        memcpy(&view[0], self.cpp.get().pair_counts().data(), 4 * self.cpp.get().pair_counts().size())
        out = out.reshape(self.side, self.side)  # a third of the memory of 64-bit numbers, which are seldom needed
        return out.astype(np.int64) << self.cpp.get().level() if self.cpp.get().level() else out


cdef class FreshSegments:
    cdef unique_ptr[CppFresh] cpp

    def __cinit__(self, size_t size):
        if not size or size & (size - 1):
            raise ValueError(f"size must be a power of 2, not {size}.")
        self.cpp.reset(new CppFresh(size))

    def add(self, const int32_t[::1] words):
        cdef vector[int32_t] out
        cdef vector[int64_t] lengths
        if words.shape[0]:
            with nogil:
                self.cpp.get().add(&words[0], words.shape[0], out, lengths)
        flat, sizes = np.empty(out.size(), np.int32), np.empty(lengths.size(), np.int64)
        cdef int32_t[::1] flat_view = flat
        cdef int64_t[::1] sizes_view = sizes
        if out.size():
            memcpy(&flat_view[0], out.data(), 4 * out.size())
            memcpy(&sizes_view[0], lengths.data(), 8 * lengths.size())
        return flat, sizes


cdef as_array(const vector[uint32_t]& values):
    out = np.empty(values.size(), np.uint32)
    cdef uint32_t[::1] view = out
    memcpy(&view[0], values.data(), 4 * values.size())
    return out.astype(np.int64)


cdef class Fillings:
    cdef unique_ptr[CppFillings] cpp

    def __cinit__(self, size_t limit):
        self.cpp.reset(new CppFillings(limit))

    def add(self, const int32_t[:, ::1] rows, const int64_t[::1] trees, const int32_t[::1] words,
            const int64_t[::1] offsets, int64_t base):
        cdef Py_ssize_t s, r
        cdef int64_t size
        check_offsets(trees, rows.shape[0])
        check_offsets(offsets, words.shape[0])
        if rows.shape[1] != 4 or trees.shape[0] != offsets.shape[0]:
            raise ValueError("each clause must have one tree, of rows (start, end, label, depth).")
        for s in range(trees.shape[0] - 1):
            size = offsets[s + 1] - offsets[s]
            for r in range(trees[s], trees[s + 1]):
                if not 0 <= rows[r, 0] <= rows[r, 1] <= size:
                    raise ValueError("a row of a tree is outside its clause.")
        with nogil:
            for s in range(trees.shape[0] - 1):
                if trees[s + 1] > trees[s]:
                    self.cpp.get().add_tree(&rows[trees[s], 0], trees[s + 1] - trees[s], &words[0] + offsets[s],
                                      offsets[s + 1] - offsets[s], base + offsets[s] + s)

    def result(self):
        cdef size_t n = self.cpp.get().entries.size(), k
        owners, counts, first = np.empty(n + 1, np.int32), np.empty(n + 1, np.int64), np.empty(n + 1, np.int64)
        spans = np.empty(self.cpp.get().spans.size(), np.int64)
        cdef int32_t[::1] owner = owners
        cdef int64_t[::1] count = counts, begin = first, span = spans
        for k in range(n):
            owner[k] = self.cpp.get().entries[k].owner
            count[k] = self.cpp.get().entries[k].count
            begin[k] = self.cpp.get().entries[k].spans
        begin[n] = self.cpp.get().spans.size()
        if spans.size:
            memcpy(&span[0], self.cpp.get().spans.data(), 8 * self.cpp.get().spans.size())
        return owners[:n], counts[:n], first, spans.reshape(-1, 2)


cdef class ClausePairs:
    cdef unique_ptr[CppClausePairs] cpp
    cdef Py_ssize_t side

    def __cinit__(self, Py_ssize_t anchors, size_t remembered):
        if not remembered or remembered & (remembered - 1):
            raise ValueError(f"remembered must be a power of 2, not {remembered}.")
        self.side = anchors + 1
        self.cpp.reset(new CppClausePairs(anchors, remembered))

    cdef int check(self, const int32_t[::1] words, const int32_t[::1] anchors) except -1:
        if words.shape[0] != anchors.shape[0]:
            raise ValueError("words and anchors must have the same length.")
        check_numbers(anchors, self.side)
        return 0

    def count(self, const int32_t[::1] words, const int32_t[::1] anchors):
        self.check(words, anchors)
        if words.shape[0]:
            with nogil:
                self.cpp.get().count(&words[0], &anchors[0], words.shape[0])

    def fill(self, const int32_t[::1] words, const int32_t[::1] anchors, const int32_t[:, ::1] owner,
             Fillings fillings, int64_t base):
        self.check(words, anchors)
        if owner.shape[0] != self.side or owner.shape[1] != self.side:
            raise ValueError("owner must have one value for each pair of anchors.")
        if words.shape[0]:
            with nogil:
                self.cpp.get().fill(&words[0], &anchors[0], words.shape[0], &owner[0, 0], fillings.cpp.get()[0], base)

    def forget(self):
        self.cpp.get().forget()

    def result(self):
        pairs = as_array(self.cpp.get().counts).reshape(self.side, self.side)
        return pairs, as_array(self.cpp.get().left), as_array(self.cpp.get().right), self.cpp.get().total
