"""Cutting text with the n-grams of a count tree: see patterns.hpp, segment.hpp and occurrences.hpp."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

import numpy as np

from .alphabet cimport GAVE_UP, Alphabet, CppAlphabet, Text, raise_invalid, text_of


cdef extern from "segment.hpp" namespace "nlpzero" nogil:
    cdef cppclass LevelView:
        const uint32_t* symbol
        const uint32_t* count
        const uint32_t* end
        size_t size

    cdef cppclass CppPatterns "nlpzero::Patterns":
        CppPatterns() except +
        void build(const vector[LevelView]&, const vector[const uint8_t*]&, const vector[const double*]&) except +
        void build(const uint32_t*, size_t, uint32_t) except +
        size_t nodes() const
        void add_by_node(const uint64_t*, int64_t*) const

    cdef cppclass PieceCounts:
        uint64_t tokens
        void start(const CppPatterns&) except +
        void add(const PieceCounts&) except +
        const uint64_t* by_slot() const
        void list_longer(uint64_t, vector[uint32_t]&, vector[uint32_t]&, vector[uint64_t]&) except +

    void cut_by_joining(const uint32_t*, size_t, const CppPatterns&, PieceCounts&) except +
    void cut_by_score(const uint32_t*, size_t, const CppPatterns&, double, PieceCounts&) except +

cdef extern from "occurrences.hpp" namespace "nlpzero" nogil:
    cdef cppclass CppOccurrences "nlpzero::Occurrences":
        void start(size_t, size_t) except +
        void scan(const uint32_t*, size_t, const CppPatterns&) except +
        void add(const CppOccurrences&) except +
        void result(int64_t*, double*, double*) except +


cdef class Patterns:
    cdef CppPatterns cpp
    cdef list sizes
    cdef cbool scored

    def __init__(self, list levels, list chosen, *, list scores=None):
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
        self.scored = scores is not None
        self.sizes = [len(level[0]) for level in levels]
        with nogil:
            self.cpp.build(views, flags, values)


cdef class _Reader:
    """Encodes text into memory that is used again."""
    cdef Alphabet alphabet
    cdef vector[uint32_t] buffer

    cdef size_t read(self, object data) except? 0:
        if self.alphabet.unit == "byte" and isinstance(data, str):
            data = data.encode("utf-8", "surrogatepass")
        cdef Text text = text_of(data)
        cdef size_t n, invalid = 0
        with nogil:
            if self.buffer.size() < text.size + 1:
                self.buffer.resize(text.size + 1)
            n = self.alphabet.cpp.encode[uint32_t](text, self.buffer.data(), <uint32_t>0xFFFF0000, False, invalid)
        if n == GAVE_UP:
            raise_invalid(data, invalid)
        return n


cdef class PieceCounter(_Reader):
    cdef Patterns patterns
    cdef PieceCounts pieces
    cdef double unknown

    def __init__(self, Alphabet alphabet, Patterns patterns, *, double unknown=0.0):
        self.alphabet, self.patterns, self.unknown = alphabet, patterns, unknown
        self.pieces.start(patterns.cpp)

    def add(self, data):
        cdef size_t n = self.read(data)
        with nogil:
            if self.patterns.scored:
                cut_by_score(self.buffer.data(), n, self.patterns.cpp, self.unknown, self.pieces)
            else:
                cut_by_joining(self.buffer.data(), n, self.patterns.cpp, self.pieces)

    def merge(self, PieceCounter other):
        if other.patterns is not self.patterns:
            raise ValueError("counters of other patterns cannot be merged")
        with nogil:
            self.pieces.add(other.pieces)

    @property
    def tokens(self):
        return self.pieces.tokens

    def counts(self):
        sizes = self.patterns.sizes
        cdef int64_t[::1] flat = np.zeros(1 + sum(sizes), np.int64)
        with nogil:
            self.patterns.cpp.add_by_node(self.pieces.by_slot(), &flat[0])
        return np.split(np.asarray(flat)[:sum(sizes)], np.cumsum(sizes[:len(sizes) - 1]))

    def longer(self, uint64_t min_count):
        cdef vector[uint32_t] symbols, lengths
        cdef vector[uint64_t] counts
        with nogil:
            self.pieces.list_longer(min_count, symbols, lengths, counts)
        flat, ends = list(symbols), np.cumsum(np.array(list(lengths), np.int64))
        return [tuple(flat[end - n:end]) for end, n in zip(ends.tolist(), lengths)], list(counts)


cdef class NgramList:
    cdef CppPatterns cpp
    cdef readonly Py_ssize_t size

    def __init__(self, const uint32_t[::1] ngrams, uint32_t largest):
        cdef size_t n = ngrams.shape[0]
        if n and ngrams[n - 1]:
            raise ValueError("an n-gram is not closed by a 0")
        with nogil:
            self.cpp.build(&ngrams[0] if n else NULL, n, largest)
        self.size = self.cpp.nodes()


cdef class Occurrences(_Reader):
    cdef NgramList ngrams
    cdef CppOccurrences found
    cdef Py_ssize_t described

    def __init__(self, Alphabet alphabet, NgramList ngrams, Py_ssize_t described):
        if not 0 <= described <= ngrams.size:
            raise ValueError("described is out of range")
        self.alphabet, self.ngrams, self.described = alphabet, ngrams, described
        self.found.start(ngrams.size, described)

    def add(self, data):
        cdef size_t n = self.read(data)
        with nogil:
            self.found.scan(self.buffer.data(), n, self.ngrams.cpp)

    def merge(self, Occurrences other):
        if other.ngrams is not self.ngrams:
            raise ValueError("counters of other n-grams cannot be merged")
        with nogil:
            self.found.add(other.found)

    def result(self):
        cdef int64_t[::1] raw = np.zeros(self.ngrams.size + 1, np.int64)
        cdef double[::1] left = np.zeros(self.described + 1), right = np.zeros(self.described + 1)
        with nogil:
            self.found.result(&raw[0], &left[0], &right[0])
        size, described = self.ngrams.size, self.described
        return np.asarray(raw)[:size], np.asarray(left)[:described], np.asarray(right)[:described]
