# Merges that continue those of another model; the algorithm is in merges.hpp.

cdef extern from "vocabulary/merges.hpp" namespace "nlpzero::vocabulary" nogil:
    cdef struct BestPair:
        uint32_t left, right
        uint64_t count

    cdef cppclass PairMerger:
        PairMerger(const uint32_t*, const uint64_t*, const uint64_t*, size_t) except +
        BestPair find_best(uint64_t) except +
        void reject(uint32_t, uint32_t) except +
        void merge(uint32_t, uint32_t, uint32_t) except +
        void list_tokens(vector[uint32_t]&, vector[uint64_t]&) except +


cdef class Merger:
    """Merges neighbouring tokens of words; see the .pyi."""
    cdef unique_ptr[PairMerger] cpp

    def __cinit__(self, tokens, ends, counts):
        cdef const uint32_t[::1] t = np.ascontiguousarray(tokens, np.uint32)
        cdef const uint64_t[::1] e = np.ascontiguousarray(ends, np.uint64)
        cdef const uint64_t[::1] c = np.ascontiguousarray(counts, np.uint64)
        if e.shape[0] != c.shape[0] or (e.shape[0] and e[e.shape[0] - 1] != <uint64_t> t.shape[0]):
            raise ValueError("ends and counts must have one number for each word, and tokens must end with the last.")
        with nogil:
            self.cpp.reset(new PairMerger(&t[0] if t.shape[0] else NULL, &e[0] if e.shape[0] else NULL,
                                          &c[0] if c.shape[0] else NULL, e.shape[0]))

    def find_best(self, uint64_t least=1):
        cdef BestPair best
        with nogil:
            best = self.cpp.get().find_best(least)
        return (best.left, best.right, best.count) if best.count else None

    def reject(self, uint32_t left, uint32_t right):
        self.cpp.get().reject(left, right)

    def merge(self, uint32_t left, uint32_t right, uint32_t merged):
        with nogil:
            self.cpp.get().merge(left, right, merged)

    def list_tokens(self):
        cdef vector[uint32_t] tokens
        cdef vector[uint64_t] ends
        with nogil:
            self.cpp.get().list_tokens(tokens, ends)
        listed = np.array(<uint32_t[:tokens.size()]> tokens.data()) if tokens.size() else np.zeros(0, np.uint32)
        return listed, np.array(<uint64_t[:ends.size()]> ends.data()) if ends.size() else np.zeros(0, np.uint64)
