# Exact n-gram counts as a prefix tree: see ngrams.hpp, symbol_store.hpp and sorter.hpp.

cdef extern from "counting/ngrams.hpp" namespace "nlpzero::counting" nogil:
    cdef cppclass Buffer[T]:
        T* data()
        T* release()
        void resize_exactly(size_t) except +

    const int MAX_ORDER

    cdef cppclass Level:
        Buffer[uint32_t] symbol, count, end
        size_t size

    cdef cppclass Tree:
        int order
        Level level[8]


cdef extern from "counting/symbol_store.hpp" namespace "nlpzero::counting" nogil:
    cdef cppclass SymbolStore:
        SymbolStore() except +
        size_t positions() const
        uint64_t total(int) const
        cbool add(CppAlphabet&, const Text&, size_t&) except +
        void drop_last() except +


cdef extern from "counting/avx512.hpp" namespace "nlpzero::counting" nogil:
    cbool& avx512_allowed()
    cbool use_avx512()


cdef extern from "counting/runs.hpp" namespace "nlpzero::counting" nogil:
    cdef cppclass RunWriter:
        RunWriter(int, size_t) except +
        vector[uint8_t] data
        vector[uint64_t] starts
        vector[uint32_t] firsts


cdef extern from "counting/tree.hpp" namespace "nlpzero::counting" nogil:
    cdef cppclass LevelView:
        const uint32_t* symbol
        const uint32_t* count
        const uint32_t* end
        size_t size

    void find_all(const vector[LevelView]&, const uint32_t*, size_t, size_t, uint32_t*, uint32_t*) except +


cdef extern from "counting/sorter.hpp" namespace "nlpzero::counting" nogil:
    cdef cppclass CppSorter "nlpzero::counting::NgramSorter":
        vector[string] symbols
        vector[uint64_t] begin
        void deal(size_t) except +
        void restrict_to(size_t, size_t) except +
        void sort(size_t, size_t) except +
        void tree(size_t, size_t, uint32_t, Tree&) except +
        void extend_tree(size_t, size_t, uint32_t) except +
        Tree& own_tree()
        void run(size_t, size_t, RunWriter&) except +
        @staticmethod
        unique_ptr[CppSorter] of(const vector[const SymbolStore*]&, const vector[const CppAlphabet*]&, int) except +


cdef class _Owned:
    """Memory of a finished array, which NumPy uses without a copy."""
    cdef void* memory
    cdef int itemsize
    cdef Py_ssize_t shape[1]
    cdef Py_ssize_t strides[1]

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        buffer.buf, buffer.obj, buffer.len = self.memory, self, self.shape[0] * self.itemsize
        buffer.itemsize, buffer.readonly, buffer.ndim = self.itemsize, 0, 1
        buffer.format = b"I" if self.itemsize == 4 else b"Q"
        buffer.shape, buffer.strides = self.shape, self.strides
        buffer.suboffsets = NULL
        buffer.internal = NULL

    def __dealloc__(self):
        free(self.memory)


cdef object owned_array(void* memory, size_t size, int itemsize):
    cdef _Owned owned = _Owned()
    owned.memory, owned.itemsize = memory, itemsize
    owned.shape[0], owned.strides[0] = size, itemsize
    return np.asarray(owned)


cdef object _level_array(Buffer[uint32_t]& buffer, size_t size):
    buffer.resize_exactly(size)
    return owned_array(buffer.release(), size, 4)


def allow_avx512(bint allowed):
    (&avx512_allowed())[0] = allowed
    return use_avx512()


cdef class EncodedText:
    """Text as symbols, to be counted by an `NgramSorter`."""
    cdef SymbolStore store
    cdef readonly Alphabet alphabet

    def __init__(self, *, unit="char", alnum="token"):
        self.alphabet = Alphabet(unit=unit, alnum=alnum)

    @property
    def positions(self):
        return self.store.positions()

    def totals(self, int order):
        if not 1 <= order <= MAX_ORDER:
            raise ValueError(f"order must be 1 to {MAX_ORDER}, not {order}.")
        return [self.store.total(n) for n in range(1, order + 1)]

    def add(self, data):
        if self.alphabet.unit == "byte" and isinstance(data, str):
            data = data.encode("utf-8", "surrogatepass")
        cdef Text text = text_of(data)
        cdef size_t invalid = 0
        cdef cbool good
        with nogil:
            good = self.store.add(self.alphabet.cpp.get()[0], text, invalid)
        if not good:
            raise_invalid(data, invalid)

    def drop_last(self):
        self.store.drop_last()


cdef class NgramSorter:
    """Sorts and counts the n-grams of encoded texts."""
    cdef unique_ptr[CppSorter] cpp
    cdef list texts
    cdef int order
    cdef readonly list symbols
    cdef readonly object begin

    def __init__(self, list texts, int order):
        cdef vector[const SymbolStore*] stores
        cdef vector[const CppAlphabet*] alphabets
        cdef EncodedText text
        for text in texts:
            stores.push_back(&text.store)
            alphabets.push_back(text.alphabet.cpp.get())
        if not texts or not 1 <= order <= MAX_ORDER:
            raise ValueError(f"at least one text is needed, and order must be 1 to {MAX_ORDER}, not {order}.")
        self.texts, self.order = texts, order
        with nogil:
            self.cpp = CppSorter.of(stores, alphabets, order)
        cdef list symbols = self.cpp.get().symbols
        self.symbols = symbols if texts[0].alphabet.unit == "byte" else [(<bytes>s).decode("utf-8") for s in symbols]
        cdef vector[uint64_t]* begin = &self.cpp.get().begin
        self.begin = np.array(<uint64_t[:begin.size()]> begin.data())

    def restrict_to(self, size_t first, size_t stop):
        if first > stop or stop > self.cpp.get().symbols.size() + 1:
            raise ValueError(f"there are no symbols {first} to {stop}.")
        self.cpp.get().restrict_to(first, stop)

    def deal(self, size_t k):
        with nogil:
            self.cpp.get().deal(k)

    def tree(self, size_t first, size_t stop, uint32_t min_count):
        cdef Tree tree
        tree.order = self.order
        with nogil:
            self.cpp.get().tree(first, stop, min_count, tree)
        return _levels(tree)

    def sort(self, size_t first, size_t stop):
        with nogil:
            self.cpp.get().sort(first, stop)

    def extend_tree(self, size_t first, size_t stop, uint32_t min_count):
        with nogil:
            self.cpp.get().extend_tree(first, stop, min_count)

    def take_tree(self):
        return _levels(self.cpp.get().own_tree())

    def run(self, size_t first, size_t stop, size_t block_size):
        cdef unique_ptr[RunWriter] run = make_unique[RunWriter](self.order, block_size)
        with nogil:
            self.cpp.get().run(first, stop, run.get()[0])
        return run_blocks(run.get()[0], self.order)


cdef object run_blocks(RunWriter& run, int order):
    """Return the blocks of a run as bytes, where each begins, and the first n-gram of each."""
    data = PyBytes_FromStringAndSize(<const char*>run.data.data(), run.data.size())
    return data, np.array(run.starts, np.uint64), np.array(run.firsts, np.uint32).reshape(-1, order)


cdef const uint32_t* _first_of(const uint32_t[::1] array) noexcept:
    return &array[0] if array.shape[0] else NULL


cdef int fill_views(list levels, vector[LevelView]& views) except -1:
    """Append views of the arrays of a tree, valid while `levels` exists."""
    cdef LevelView view
    for symbol, count, end in levels:
        if count.itemsize > 4 or end.itemsize > 4:
            raise ValueError(
                "these counts have numbers above 4,294,967,295, which is too large for learning words; "
                "leave out rare n-grams (min_count), or learn from a part of the corpus.")
        view.symbol, view.count, view.end, view.size = _first_of(symbol), _first_of(count), _first_of(end), len(symbol)
        views.push_back(view)
    return 0


cdef list _levels(Tree& tree):
    levels = []
    for n in range(tree.order):
        size = tree.level[n].size
        levels.append((_level_array(tree.level[n].symbol, size), _level_array(tree.level[n].count, size),
                       _level_array(tree.level[n].end, size if n + 1 < tree.order else 0)))
    return levels


def find_ngrams(list levels, const uint32_t[::1] encoded, Py_ssize_t size):
    cdef vector[LevelView] views
    cdef uint32_t[::1] node = np.empty(size + 1, np.uint32), length = np.empty(size + 1, np.uint32)
    cdef const uint32_t* text = _first_of(encoded)
    cdef size_t n = encoded.shape[0]
    fill_views(levels, views)
    with nogil:
        find_all(views, text, n, size, &node[0], &length[0])
    return np.asarray(node)[:size], np.asarray(length)[:size]
