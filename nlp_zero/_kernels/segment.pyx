"""Cutting encoded text with the n-grams of a count tree: see segment.hpp."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libcpp.vector cimport vector

import numpy as np


cdef extern from "segment.hpp" namespace "nlpzero" nogil:
    cdef cppclass LevelView:
        const uint32_t* symbol
        const uint32_t* count
        const uint32_t* end
        size_t size

    cdef cppclass PieceCounts:
        uint64_t tokens
        void list_longer(uint64_t, vector[uint32_t]&, vector[uint32_t]&, vector[uint64_t]&) except +

    cdef cppclass Patterns:
        Patterns() except +
        void build(const vector[LevelView]&, const vector[const uint8_t*]&, const vector[const double*]&) except +
        void add_counts(int64_t*)

    cdef cppclass CppOccurrences "nlpzero::Occurrences":
        CppOccurrences(const uint32_t*, size_t, uint32_t) except +
        void scan(const uint32_t*, size_t) except +
        void result(uint64_t*, double*, double*)

    void cut_by_joining(const uint32_t*, size_t, Patterns&, int, PieceCounts&) except +
    void cut_by_score(const uint32_t*, size_t, Patterns&, double, PieceCounts&) except +


cdef class PieceCounter:
    """Cuts encoded text and counts the pieces."""
    cdef Patterns patterns
    cdef PieceCounts pieces
    cdef list sizes
    cdef int order
    cdef double unknown
    cdef bint by_score

    def __init__(self, list levels, list chosen, *, list scores=None, double unknown=0.0):
        cdef vector[LevelView] views
        cdef vector[const uint8_t*] flags
        cdef vector[const double*] values
        cdef LevelView view
        cdef const uint32_t[::1] symbol, count, end
        cdef const uint8_t[::1] flag
        cdef const double[::1] value
        for n, level in enumerate(levels):
            symbol, count, end = level
            flag = chosen[n]
            view.symbol = &symbol[0] if symbol.shape[0] else NULL
            view.count = &count[0] if count.shape[0] else NULL
            view.end = &end[0] if end.shape[0] else NULL
            view.size = symbol.shape[0]
            views.push_back(view)
            flags.push_back(&flag[0] if flag.shape[0] else NULL)
            if scores is None:
                values.push_back(NULL)
            else:
                value = scores[n]
                values.push_back(&value[0] if value.shape[0] else NULL)
        self.order, self.by_score, self.unknown = len(levels), scores is not None, unknown
        self.sizes = [len(level[0]) for level in levels]
        with nogil:
            self.patterns.build(views, flags, values)

    def add(self, const uint32_t[::1] text):
        if not text.shape[0]:
            return
        with nogil:
            if self.by_score:
                cut_by_score(&text[0], text.shape[0], self.patterns, self.unknown, self.pieces)
            else:
                cut_by_joining(&text[0], text.shape[0], self.patterns, self.order, self.pieces)

    @property
    def tokens(self):
        return self.pieces.tokens

    def counts(self):
        cdef int64_t[::1] flat = np.zeros(1 + sum(self.sizes), np.int64)
        with nogil:
            self.patterns.add_counts(&flat[0])
        return np.split(np.asarray(flat)[:sum(self.sizes)], np.cumsum(self.sizes[:len(self.sizes) - 1]))

    def longer(self, uint64_t min_count):
        cdef vector[uint32_t] symbols, lengths
        cdef vector[uint64_t] counts
        self.pieces.list_longer(min_count, symbols, lengths, counts)
        flat, ends = list(symbols), np.cumsum(np.array(list(lengths), np.int64))
        return [tuple(flat[end - n:end]) for end, n in zip(ends.tolist(), lengths)], list(counts)


cdef class Occurrences:
    """Counts every occurrence of given n-grams in encoded text, and the symbols beside them."""
    cdef CppOccurrences* cpp
    cdef Py_ssize_t size

    def __cinit__(self, const uint32_t[::1] ngrams, Py_ssize_t size, uint32_t largest):
        self.size = size
        self.cpp = new CppOccurrences(&ngrams[0], ngrams.shape[0] if size else 0, largest)

    def __dealloc__(self):
        del self.cpp

    def add(self, const uint32_t[::1] text):
        if text.shape[0]:
            with nogil:
                self.cpp.scan(&text[0], text.shape[0])

    def result(self):
        cdef uint64_t[::1] raw = np.zeros(self.size + 1, np.uint64)
        cdef double[::1] left = np.zeros(self.size + 1), right = np.zeros(self.size + 1)
        self.cpp.result(&raw[0], &left[0], &right[0])
        return np.asarray(raw)[:self.size].astype(np.int64), np.asarray(left)[:self.size], np.asarray(right)[:self.size]
