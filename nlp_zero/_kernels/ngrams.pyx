"""Exact n-gram counts as a prefix tree: see ngrams.hpp."""

from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport free
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

import numpy as np

from .alphabet cimport Alphabet, CppAlphabet, Text, raise_invalid, text_of


cdef extern from "ngrams.hpp" namespace "nlpzero" nogil:
    cdef cppclass Buffer[T]:
        T* data()
        T* release()
        void resize_exactly(size_t) except +

    cdef cppclass Level:
        Buffer[uint32_t] symbol, count, end
        size_t size

    cdef cppclass Tree:
        int order
        Level level[8]

    cdef cppclass SymbolStore:
        SymbolStore() except +
        size_t positions() const
        uint64_t total(int) const
        cbool add(CppAlphabet&, const Text&, size_t&) except +
        void count(const CppAlphabet&, uint32_t, Tree&, vector[uint32_t]&) except +


cdef class _Owned:
    """Memory of a finished level, seen by NumPy without a copy."""
    cdef void* memory
    cdef Py_ssize_t shape[1]
    cdef Py_ssize_t strides[1]

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        buffer.buf, buffer.obj, buffer.len = self.memory, self, self.shape[0] * 4
        buffer.itemsize, buffer.readonly, buffer.ndim = 4, 0, 1
        buffer.format = b"I"
        buffer.shape, buffer.strides = self.shape, self.strides
        buffer.suboffsets = NULL
        buffer.internal = NULL

    def __dealloc__(self):
        free(self.memory)


cdef object _array(Buffer[uint32_t]& buffer, size_t size):
    cdef _Owned owned = _Owned()
    buffer.resize_exactly(size)
    owned.memory = buffer.release()
    owned.shape[0], owned.strides[0] = size, 4
    return np.asarray(owned)


cdef class TreeCounter:
    """Holds encoded text and counts its n-grams."""
    cdef SymbolStore store
    cdef readonly Alphabet alphabet

    def __init__(self, *, unit="char", alnum="token"):
        self.alphabet = Alphabet(unit=unit, alnum=alnum)

    @property
    def positions(self):
        return self.store.positions()

    def totals(self, int order):
        return [self.store.total(n) for n in range(1, order + 1)]

    def add(self, data):
        if self.alphabet.unit == "byte" and isinstance(data, str):
            data = data.encode("utf-8", "surrogatepass")
        cdef Text text = text_of(data)
        cdef size_t invalid = 0
        cdef cbool good
        with nogil:
            good = self.store.add(self.alphabet.cpp[0], text, invalid)
        if not good:
            raise_invalid(data, invalid)

    def count(self, int order, uint32_t min_count):
        cdef Tree tree
        cdef vector[uint32_t] symbols
        tree.order = order
        with nogil:
            self.store.count(self.alphabet.cpp[0], min_count, tree, symbols)
        names = self.alphabet.symbols
        return [names[i - 1] for i in symbols], _levels(tree)


cdef extern from "tree.hpp" namespace "nlpzero" nogil:
    cdef cppclass LevelView:
        const uint32_t* symbol
        const uint32_t* count
        const uint32_t* end
        size_t size

    void merge_trees(const vector[LevelView]&, const uint32_t*, const vector[LevelView]&, const uint32_t*, Tree&) except +
    void _link_children "nlpzero::link_children"(
        const vector[LevelView]&, const vector[uint32_t*]&, const vector[uint32_t*]&, size_t, size_t, size_t)
    void _min_split_pmi "nlpzero::min_split_pmi"(
        const vector[LevelView]&, const vector[uint32_t*]&, const vector[uint32_t*]&, double, int, const uint32_t*,
        size_t, double*)
    void find_all(const vector[LevelView]&, const uint32_t*, size_t, uint32_t*, uint32_t*)
    void _branching_entropy "nlpzero::branching_entropy"(
        const vector[LevelView]&, const vector[uint32_t*]&, int, const uint32_t*, size_t, double*, double*) except +


cdef const uint32_t* _pointer(const uint32_t[::1] array) noexcept:
    return &array[0] if array.shape[0] else NULL


cdef vector[LevelView] _views(list levels) except *:
    """Pointers into the arrays of a tree; valid while `levels` lives."""
    cdef vector[LevelView] views
    cdef LevelView view
    for symbol, count, end in levels:
        view.symbol, view.count, view.end, view.size = _pointer(symbol), _pointer(count), _pointer(end), len(symbol)
        views.push_back(view)
    return views


cdef vector[uint32_t*] _writable(list arrays) except *:
    cdef vector[uint32_t*] pointers
    cdef uint32_t[::1] view
    for array in arrays:
        view = array
        pointers.push_back(&view[0] if view.shape[0] else NULL)
    return pointers


cdef list _levels(Tree& tree):
    levels = []
    for n in range(tree.order):
        size = tree.level[n].size
        levels.append((_array(tree.level[n].symbol, size), _array(tree.level[n].count, size),
                       _array(tree.level[n].end, size if n + 1 < tree.order else 0)))
    return levels


def merge(list a, const uint32_t[::1] map_a, list b, const uint32_t[::1] map_b):
    cdef Tree tree
    cdef vector[LevelView] views_a = _views(a), views_b = _views(b)
    tree.order = len(a)
    with nogil:
        merge_trees(views_a, &map_a[0], views_b, &map_b[0], tree)
    return _levels(tree)


def link_children(list levels, list links, list parents, size_t n, size_t first, size_t stop):
    cdef vector[LevelView] views = _views(levels)
    cdef vector[uint32_t*] link = _writable(links), parent = _writable(parents)
    if not 1 < n <= len(levels) or stop > views[n - 2].size:
        raise ValueError("nodes out of range")
    with nogil:
        _link_children(views, link, parent, n - 1, first, stop)


def min_split_pmi(list levels, list links, list parents, double total, int n, const uint32_t[::1] nodes):
    cdef vector[LevelView] views = _views(levels)
    cdef vector[uint32_t*] link = _writable(links), parent = _writable(parents)
    cdef size_t size = nodes.shape[0]
    cdef double[::1] pmi = np.empty(size + 1)
    if size:
        with nogil:
            _min_split_pmi(views, link, parent, total, n - 1, &nodes[0], size, &pmi[0])
    return np.asarray(pmi)[:size]


def branching_entropy(list levels, list links, int n, const uint32_t[::1] nodes):
    cdef vector[LevelView] views = _views(levels)
    cdef vector[uint32_t*] link = _writable(links)
    cdef Py_ssize_t size = nodes.shape[0]
    cdef double[::1] left = np.empty(size + 1), right = np.empty(size + 1)
    with nogil:
        _branching_entropy(views, link, n - 1, &nodes[0] if size else NULL, size, &left[0], &right[0])
    return np.asarray(left)[:size], np.asarray(right)[:size]


def find(list levels, const uint32_t[::1] encoded, Py_ssize_t size):
    cdef vector[LevelView] views = _views(levels)
    cdef uint32_t[::1] node = np.empty(size + 1, np.uint32), length = np.empty(size + 1, np.uint32)
    if size:
        with nogil:
            find_all(views, &encoded[0], encoded.shape[0], &node[0], &length[0])
    return np.asarray(node)[:size], np.asarray(length)[:size]
