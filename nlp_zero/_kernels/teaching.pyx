"""A conditional random field that learns from hand-cut lines: see teaching/field.hpp, features.hpp and model.hpp."""

from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t
from libcpp.vector cimport vector

import numpy as np


cdef extern from "teaching/model.hpp" namespace "nlpzero::teaching" nogil:
    int TAGS
    int PAIRS

    cdef cppclass Text:
        const uint32_t* columns
        size_t positions

    cdef cppclass Run:
        uint64_t begin, end

    cdef cppclass Work:
        Work() except +

    cdef cppclass Templates:
        size_t size()
        void fill(const uint32_t*, size_t, size_t, size_t, size_t, uint32_t*)

    cdef struct Feature "nlpzero::teaching::Model::Feature":
        float weight[4]

    cdef cppclass Model:
        Templates templates
        vector[Feature] features
        double* follow
        Model(const int32_t*, size_t, int) except +
        double add_gradient(const Text&, Run, const uint8_t*, Work&, double*, double*) except +
        void learn(const Text&, const Run*, size_t, const uint8_t*, int, double, uint64_t) except +
        void begins(const Text&, Run, float*, Work&) except +


cdef class Field:
    cdef Model* cpp
    cdef int columns, bits
    cdef object templates

    def __cinit__(self, templates, int bits):
        self.templates, self.bits = [list(template) for template in templates], bits
        terms, columns = [], 0
        for template in self.templates:
            terms.append(len(template))
            for column, offset in template:
                if column < 0 or abs(offset) > 255:
                    raise ValueError("a term is a column from 0 and an offset of at most 255.")
                terms += [column, offset]
                columns = max(columns, column + 1)
        if not terms or not 1 <= bits <= 30:
            raise ValueError("at least one template and 1 to 30 bits are needed.")
        cdef int32_t[::1] flat = np.array(terms, np.int32)
        self.columns = columns
        self.cpp = new Model(&flat[0], flat.shape[0], bits)

    def __dealloc__(self):
        del self.cpp

    cdef Text text(self, const uint32_t[:, ::1] columns) except *:
        cdef Text text
        if columns.shape[0] < self.columns:
            raise ValueError("a template names a column that there is not.")
        text.columns = &columns[0, 0]
        text.positions = columns.shape[1]
        return text

    cdef vector[Run] spans(self, const uint64_t[:, ::1] runs, size_t positions) except *:
        cdef vector[Run] out
        cdef Run run
        cdef Py_ssize_t k
        if runs.shape[1] != 2:
            raise ValueError("a run is a begin and an end.")
        for k in range(runs.shape[0]):
            run.begin, run.end = runs[k, 0], runs[k, 1]
            if run.begin >= run.end or run.end > positions:
                raise ValueError("a run is empty or ends beyond the text.")
            out.push_back(run)
        return out

    def learn(self, const uint32_t[:, ::1] columns, const uint64_t[:, ::1] runs, const uint8_t[::1] allowed, *, int epochs,
              double rate, uint64_t seed=0):
        cdef Text text = self.text(columns)
        cdef vector[Run] spans = self.spans(runs, text.positions)
        if <size_t> allowed.shape[0] != text.positions:
            raise ValueError("labels are needed for each position.")
        if spans.size():
            with nogil:
                self.cpp.learn(text, spans.data(), spans.size(), &allowed[0], epochs, rate, seed)

    def begins(self, const uint32_t[:, ::1] columns, const uint64_t[:, ::1] runs, float[::1] out):
        cdef Text text = self.text(columns)
        cdef vector[Run] spans = self.spans(runs, text.positions)
        cdef Work work
        cdef size_t k
        if <size_t> out.shape[0] != text.positions:
            raise ValueError("there must be room for each position.")
        with nogil:
            for k in range(spans.size()):
                self.cpp.begins(text, spans[k], &out[0], work)

    def gradient(self, const uint32_t[:, ::1] columns, const uint64_t[:, ::1] runs, const uint8_t[::1] allowed):
        cdef Text text = self.text(columns)
        cdef vector[Run] spans = self.spans(runs, text.positions)
        cdef Work work
        cdef size_t k
        cdef double fit = 0
        if <size_t> allowed.shape[0] != text.positions:
            raise ValueError("labels are needed for each position.")
        cdef double[::1] table = np.zeros(TAGS * self.cpp.features.size()), pairs = np.zeros(PAIRS)
        for k in range(spans.size()):
            fit += self.cpp.add_gradient(text, spans[k], &allowed[0], work, &table[0], &pairs[0])
        return fit, np.asarray(table).reshape(-1, TAGS), np.asarray(pairs)

    def places(self, const uint32_t[:, ::1] columns, run, size_t i):
        cdef Text text = self.text(columns)
        cdef vector[Run] spans = self.spans(np.array([run], np.uint64), text.positions)
        cdef vector[uint32_t] out
        if not spans[0].begin <= i < spans[0].end:
            raise IndexError(i)
        out.resize(self.cpp.templates.size())
        self.cpp.templates.fill(text.columns, text.positions, spans[0].begin, spans[0].end, i, out.data())
        return list(out)

    @property
    def weights(self):
        cdef size_t n = self.cpp.features.size(), k
        cdef int t
        cdef float[:, ::1] table = np.empty((n, TAGS), np.float32)
        for k in range(n):
            for t in range(TAGS):
                table[k, t] = self.cpp.features[k].weight[t]
        return np.asarray(table), np.array([self.cpp.follow[p] for p in range(PAIRS)])

    @weights.setter
    def weights(self, pair):
        cdef const float[:, ::1] table = pair[0]
        cdef size_t k
        cdef int t
        if <size_t> table.shape[0] != self.cpp.features.size() or table.shape[1] != TAGS or len(pair[1]) != PAIRS:
            raise ValueError("weights are needed for each place and tag, and for each pair of tags.")
        for k in range(self.cpp.features.size()):
            for t in range(TAGS):
                self.cpp.features[k].weight[t] = table[k, t]
        for p in range(PAIRS):
            self.cpp.follow[p] = pair[1][p]

    def __reduce__(self):
        return _field, (self.templates, self.bits, self.weights)


def _field(templates, bits, weights):
    field = Field(templates, bits)
    field.weights = weights
    return field


cdef extern from "bayes/exchange.hpp" namespace "nlpzero::bayes" nogil:
    cdef cppclass Exchange:
        Exchange(const vector[uint32_t]&, uint32_t, int) except +
        size_t run "pass"() except +
        int of(uint32_t)


def exchange_classes(const uint32_t[::1] tokens, uint32_t words, int classes, int passes):
    """Classes of words 0 to words - 1, numbered by falling frequency; greater numbers in tokens are boundaries."""
    cdef vector[uint32_t] copy
    cdef Exchange* exchange
    cdef int p
    cdef uint32_t w
    copy.assign(&tokens[0], &tokens[0] + tokens.shape[0])
    out = np.zeros(words, np.uint32)
    cdef uint32_t[::1] view = out
    exchange = new Exchange(copy, words, classes)
    try:
        with nogil:
            for p in range(passes):
                if exchange.run() * 200 <= words:
                    break
            for w in range(words):
                view[w] = exchange.of(w)
    finally:
        del exchange
    return out


cdef extern from "teaching/contexts.hpp" namespace "nlpzero::teaching" nogil:
    cdef struct Slot "nlpzero::teaching::ContextMeans::Slot":
        pass

    cdef cppclass CppContextMeans "nlpzero::teaching::ContextMeans":
        CppContextMeans(int, int) except +
        void add(const uint32_t*, const float*, const uint8_t*, size_t) except +
        void mean(const uint32_t*, size_t, float*)
        const vector[Slot]& slots()
        void set_slots(const Slot*, size_t)


cdef class ContextMeans:
    cdef CppContextMeans* cpp
    cdef object context

    def __cinit__(self, int first, int last):
        self.context = first, last
        if not -255 <= first <= last <= 255 or last < 0:
            raise ValueError("a context lasts from one offset to another, which is at least 0.")
        self.cpp = new CppContextMeans(first, last)

    def __dealloc__(self):
        del self.cpp

    def add(self, const uint32_t[::1] text, const float[::1] values, const uint8_t[::1] skipped):
        cdef size_t n = text.shape[0]
        if <size_t> values.shape[0] != n or <size_t> skipped.shape[0] != n:
            raise ValueError("one value is needed for each position.")
        if n:
            with nogil:
                self.cpp.add(&text[0], &values[0], &skipped[0], n)

    def mean(self, const uint32_t[::1] text):
        out = np.zeros(text.shape[0], np.float32)
        cdef float[::1] view = out
        if text.shape[0]:
            with nogil:
                self.cpp.mean(&text[0], text.shape[0], &view[0])
        return out

    def __reduce__(self):
        cdef const char* data = <const char*>self.cpp.slots().data()
        return _context_means, (self.context, data[:self.cpp.slots().size() * sizeof(Slot)])


def _context_means(context, bytes slots):
    cdef size_t n = len(slots) // sizeof(Slot)
    if n * sizeof(Slot) != <size_t> len(slots) or n < 64 or n & (n - 1):
        raise ValueError("a table has a power of two of slots.")
    cdef ContextMeans means = ContextMeans(*context)
    means.cpp.set_slots(<const Slot*><const char*>slots, n)
    return means


cdef extern from "teaching/dictionary.hpp" namespace "nlpzero::teaching" nogil:
    cdef cppclass CppDictionary "nlpzero::teaching::Dictionary":
        CppDictionary(const uint32_t*, size_t) except +
        void find(const uint32_t*, size_t, uint32_t*, uint32_t*, uint32_t*)


cdef class Dictionary:
    cdef CppDictionary* cpp
    cdef object words

    def __cinit__(self, const uint32_t[::1] words):
        self.words = np.asarray(words)
        if words.shape[0] and words[words.shape[0] - 1]:
            raise ValueError("the last word must be closed by a 0.")
        cdef const uint32_t* first = NULL
        if words.shape[0]:
            first = &words[0]
        self.cpp = new CppDictionary(first, words.shape[0])

    def __dealloc__(self):
        del self.cpp

    def find(self, const uint32_t[::1] text):
        out = np.zeros((3, text.shape[0]), np.uint32)
        cdef uint32_t[:, ::1] view = out
        if text.shape[0]:
            with nogil:
                self.cpp.find(&text[0], text.shape[0], &view[0, 0], &view[1, 0], &view[2, 0])
        return out

    def __reduce__(self):
        return Dictionary, (self.words,)


cdef extern from "teaching/regression.hpp" namespace "nlpzero::teaching" nogil:
    vector[double] cpp_regress_logistic "nlpzero::teaching::regress_logistic"(
        const float*, const uint8_t*, size_t, size_t, double, int) except +


def regress_logistic(const float[:, ::1] rows, const uint8_t[::1] labels, double ridge, int iterations):
    cdef vector[double] weights
    if not rows.shape[0] or not rows.shape[1] or rows.shape[0] != labels.shape[0] or not ridge > 0:
        raise ValueError("one label is needed for each row, and a ridge above 0.")
    with nogil:
        weights = cpp_regress_logistic(&rows[0, 0], &labels[0], rows.shape[0], rows.shape[1], ridge, iterations)
    return np.array(weights)
