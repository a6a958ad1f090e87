# Merging of runs and count trees: see merge.hpp.

cdef extern from "counting/merge.hpp" namespace "nlpzero::counting" nogil:
    cdef cppclass CppOpenPath "nlpzero::counting::OpenPath":
        pass

    cdef cppclass PieceLevel "nlpzero::counting::TreePiece::Level":
        Buffer[uint32_t] symbol
        Buffer[uint64_t] count, end
        size_t begin, size

    cdef cppclass CppTreePiece "nlpzero::counting::TreePiece":
        CppTreePiece(int) except +
        int order, first_depth
        PieceLevel level[8]
        void join(CppOpenPath&, uint64_t, cbool) except +

    cdef cppclass StoredLevel:
        const uint32_t* symbol
        const void* count
        const void* end
        cbool wide_count, wide_end
        size_t size

    cdef cppclass CppMerge "nlpzero::counting::Merge":
        int advance(CppTreePiece*, RunWriter*) except +
        void feed(size_t, const uint8_t*, size_t) except +
        void stop_at(const vector[uint32_t]&) except +
        @staticmethod
        unique_ptr[CppMerge] of(const Sources&, int, int, const vector[uint32_t]&, const vector[uint32_t]&) except +

    cdef cppclass MergeSource "nlpzero::counting::Sources::Source":
        pass

    cdef cppclass Sources:
        vector[MergeSource] all
        void add_run(const uint32_t*, size_t) except +
        void add_tree(const vector[StoredLevel]&, const uint32_t*) except +


cdef class OpenPath:
    """The last n-grams of a piece of a tree, which may continue in the next piece."""
    cdef CppOpenPath path


cdef class TreePiece:
    cdef unique_ptr[CppTreePiece] piece

    def __init__(self, int order):
        if not 1 <= order <= MAX_ORDER:
            raise ValueError(f"order must be 1 to {MAX_ORDER}, not {order}.")
        self.piece = make_unique[CppTreePiece](order)

    def join(self, OpenPath path, uint64_t min_count, bint last):
        cdef CppTreePiece* piece = self.piece.get()
        cdef PieceLevel* level
        if not piece.first_depth and not last:  # an empty piece
            return []
        with nogil:
            piece.join(path.path, min_count, last)
        levels = []
        for l in range(piece.order):
            level = &piece.level[l]
            begin, size = level.begin, level.size
            arrays = (owned_array(level.symbol.release(), size, 4), owned_array(level.count.release(), size, 8),
                      owned_array(level.end.release(), size, 8))
            levels.append(tuple(array[begin:] for array in arrays))
        return levels


cdef class RunPiece:
    cdef unique_ptr[RunWriter] run
    cdef int order

    def __init__(self, int order, size_t block_size):
        if not 1 <= order <= MAX_ORDER:
            raise ValueError(f"order must be 1 to {MAX_ORDER}, not {order}.")
        self.order = order
        self.run = make_unique[RunWriter](order, block_size)

    def blocks(self):
        return run_blocks(self.run.get()[0], self.order)


cdef class Merge:
    cdef unique_ptr[CppMerge] merge
    cdef Sources sources
    cdef vector[uint32_t] low, high
    cdef int order, bits
    cdef list kept  # the arrays that the sources point to

    def __init__(self, int order, int bits, low, high):
        if not 1 <= order <= MAX_ORDER or not 1 <= bits <= 32 or len(low) != order or len(high) not in (0, order):
            raise ValueError("order, bits, low and high do not fit together.")
        self.order, self.bits, self.low, self.high, self.kept = order, bits, low, high, []

    def add_run(self, const uint32_t[::1] map):
        self.sources.add_run(&map[0], map.shape[0])
        self.kept.append(map)

    def add_tree(self, list levels, const uint32_t[::1] map):
        if len(levels) != self.order:
            raise ValueError(f"A tree of {len(levels)} orders cannot be merged into one of {self.order}.")
        cdef vector[StoredLevel] views
        cdef StoredLevel view
        for symbol, count, end in levels:
            view.size = len(symbol)
            if len(count) != len(symbol) or len(end) not in (0, len(symbol)):
                raise ValueError("The arrays of a tree have different lengths.")
            view.symbol = <const uint32_t*><size_t>symbol.ctypes.data
            view.count, view.end = <const void*><size_t>count.ctypes.data, <const void*><size_t>end.ctypes.data
            view.wide_count, view.wide_end = count.itemsize == 8, end.itemsize == 8
            views.push_back(view)
        self.sources.add_tree(views, &map[0])
        self.kept += [levels, map]

    def feed(self, size_t source, const uint8_t[::1] block):
        if not self.merge or source >= self.sources.all.size():
            raise IndexError(source)
        self.merge.get().feed(source, &block[0] if block.shape[0] else NULL, block.shape[0])

    def stop_at(self, high):
        if len(high) not in (0, self.order):
            raise ValueError("order and high do not fit together.")
        self.high = high
        if self.merge:
            self.merge.get().stop_at(self.high)

    def advance(self, piece):
        cdef CppTreePiece* tree = NULL
        cdef RunWriter* run = NULL
        cdef int hungry
        if isinstance(piece, TreePiece):
            tree = (<TreePiece>piece).piece.get()
        else:
            run = (<RunPiece?>piece).run.get()
        if self.order != (tree.order if tree else (<RunPiece>piece).order):
            raise ValueError("The piece is of another order.")
        if not self.merge:
            self.merge = CppMerge.of(self.sources, self.order, self.bits, self.low, self.high)
        with nogil:
            hungry = self.merge.get().advance(tree, run)
        return hungry
