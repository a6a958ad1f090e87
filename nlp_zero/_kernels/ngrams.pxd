from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from .alphabet cimport Alphabet, CppAlphabet, Text


cdef extern from "ngrams.hpp" namespace "nlpzero" nogil:
    cdef cppclass Buffer[T]:
        T* data()
        T* release()
        void resize_exactly(size_t) except +

    cdef cppclass SymbolStore:
        SymbolStore() except +
        size_t positions() const
        uint64_t total(int) const
        cbool add(CppAlphabet&, const Text&, size_t&) except +
        void drop_last() except +


cdef extern from "runs.hpp" namespace "nlpzero" nogil:
    cdef cppclass RunWriter:
        RunWriter(int, size_t) except +
        vector[uint8_t] data
        vector[uint64_t] starts
        vector[uint32_t] firsts


cdef extern from "tree.hpp" namespace "nlpzero" nogil:
    cdef cppclass LevelView:
        const uint32_t* symbol
        const uint32_t* count
        const uint32_t* end
        size_t size


cdef class EncodedText:
    cdef SymbolStore store
    cdef readonly Alphabet alphabet


cdef object owned_array(void* memory, size_t size, int itemsize)
cdef object run_blocks(RunWriter& run, int order)
cdef vector[LevelView] views_of(list levels) except *
