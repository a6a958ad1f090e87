from libc.stdint cimport uint16_t, uint32_t
from libcpp cimport bool as cbool
from libcpp.string cimport string
from libcpp.vector cimport vector


cdef extern from "alphabet.hpp" namespace "nlpzero" nogil:
    cdef struct Text:
        const void* data
        size_t size
        int kind

    cdef cppclass CppAlphabet "nlpzero::Alphabet":
        const vector[string]& symbols() const
        size_t size() const
        size_t encode[Sym](const Text&, Sym*, uint32_t, cbool, size_t&) except +
        uint32_t add(const string&) except +

    cdef const size_t GAVE_UP "nlpzero::Alphabet::GAVE_UP"


cdef class Alphabet:
    cdef CppAlphabet* cpp
    cdef readonly str unit
    cdef readonly str alnum


cdef Text text_of(object data) except *
cdef int raise_invalid(object data, size_t position) except -1
