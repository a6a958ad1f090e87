# Windows around n-grams, whose ends are free or not: see windows.hpp.

cdef extern from "counting/windows.hpp" namespace "nlpzero::counting" nogil:
    cdef cppclass CppWindows "nlpzero::counting::PieceWindows":
        vector[LevelView] tree
        vector[const uint32_t*] link
        int longest
        void start() except +
        void join(const uint8_t*) except +
        vector[uint32_t] pieces(int) except +
        void count_free(int, int, int, uint32_t*) except +


cdef class PieceWindows:
    cdef CppWindows cpp
    cdef list kept

    def __init__(self, list levels, list links, list chosen, int longest):
        cdef const uint32_t[::1] array
        cdef const uint8_t[::1] bits
        if not 2 <= len(levels) <= 8 or len(links) != len(levels) or len(chosen) != len(levels):
            raise ValueError("arrays of different lengths")
        self.kept = [levels, links]
        fill_views(levels, self.cpp.tree)
        self.cpp.longest = longest
        for n, (link, (symbol, _, _)) in enumerate(zip(links, levels), 1):
            if n > 2 and len(link) != len(symbol):
                raise ValueError("the links are those of another tree.")
            array = link if n > 2 else np.zeros(0, np.uint32)
            self.cpp.link.push_back(&array[0] if array.shape[0] else NULL)
        with nogil:
            self.cpp.start()
        for bits, (symbol, _, _) in zip(chosen, levels):
            if bits.shape[0] * 8 <= len(symbol):
                raise ValueError("arrays of different lengths")
            with nogil:
                self.cpp.join(&bits[0])

    def pieces(self, int n):
        if not 1 <= n <= <int>self.cpp.tree.size():
            raise ValueError("no such order")
        cdef vector[uint32_t] found
        with nogil:
            found = self.cpp.pieces(n)
        return _copy_array(found.data(), found.size(), np.uint32)

    def count_free(self, int n, int left, int right):
        if n < 1 or left < 0 or right < 0 or n + left + right > <int>self.cpp.tree.size():
            raise ValueError("no such window")
        cdef uint32_t[::1] out = np.empty(self.cpp.tree[n - 1].size + 1, np.uint32)
        with nogil:
            self.cpp.count_free(n, left, right, &out[0])
        return np.asarray(out)[:out.shape[0] - 1]
