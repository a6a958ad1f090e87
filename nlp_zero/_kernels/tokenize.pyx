"""Cutting text by a lexicon: the compiled base class of `nlp_zero.Tokenizer`."""
# cython: binding=False, embedsignature=True

from libc.stdint cimport int32_t, int64_t, uint32_t
from libcpp.memory cimport unique_ptr
from libcpp.utility cimport move
from libcpp.vector cimport vector
import numpy as np


cdef extern from "tokenize_emit.hpp" namespace "nlpzero" nogil:
    cdef cppclass TextView:
        size_t size
    cdef cppclass Model:
        vector[double] log_probs
        uint32_t max_length
    enum Alnum:
        pass
    cdef cppclass ModelBuilder:
        ModelBuilder(Alnum, double) except +
        void add(const TextView&, double) except +
        unique_ptr[Model] build() except +
    cdef cppclass Objects:
        Objects(object) except +
    bint view_of(object, TextView&) except 0
    object strings "nlpzero::tokenize<0>"(const Model&, Objects&, object) except +
    object numbers "nlpzero::tokenize<1>"(const Model&, Objects&, object) except +
    object ranges "nlpzero::tokenize<2>"(const Model&, Objects&, object) except +
    object list_of "nlpzero::make_list"(Objects&, object, const TextView&, const int32_t*, const uint32_t*, size_t)

cdef extern from "tokenize_batch.hpp" namespace "nlpzero" nogil:
    int64_t encode_best(const Model&, const vector[TextView]&, int, int32_t*, uint32_t*, int64_t*) except +


cdef vector[TextView] views_of(list texts) except *:
    cdef vector[TextView] views
    cdef TextView view
    views.reserve(len(texts))
    for text in texts:
        view_of(text, view)
        views.push_back(view)
    return views


cdef class Segmenter:
    """The compiled part of `nlp_zero.Tokenizer`: immutable, made from words (a tuple) and their log-probabilities."""

    cdef unique_ptr[Model] model
    cdef unique_ptr[Objects] objects

    def __cinit__(self, tuple words not None, const double[::1] log_probs, int alnum, double unk):
        cdef unique_ptr[ModelBuilder] builder = unique_ptr[ModelBuilder](new ModelBuilder(<Alnum>alnum, unk))
        cdef TextView view
        cdef Py_ssize_t i
        if log_probs.shape[0] != len(words):
            raise ValueError("one log-probability a word is needed.")
        for i in range(len(words)):
            word = words[i]
            view_of(word, view)
            builder.get().add(view, log_probs[i])
        self.model = builder.get().build()
        self.objects.reset(new Objects(words))

    def tokenize(self, text):
        """The tokens of a text, by the most probable segmentation; joined they are the text."""
        return strings(self.model.get()[0], self.objects.get()[0], text)

    def encode(self, text):
        """The ids of the tokens: 0 for whatever the lexicon lacks, i + 1 for its word number i."""
        return numbers(self.model.get()[0], self.objects.get()[0], text)

    def spans(self, text):
        """The tokens as (start, end), offsets in characters (code points)."""
        return ranges(self.model.get()[0], self.objects.get()[0], text)

    def _encode_batch(self, list texts not None, int workers):
        cdef vector[TextView] views = views_of(texts)
        cdef size_t total = 0
        cdef int64_t count
        for view in views:
            total += view.size
        ids = np.empty(total + 1, np.int32)
        offsets = np.empty(len(texts) + 1, np.int64)
        cdef int32_t[::1] id_view = ids
        cdef int64_t[::1] offset_view = offsets
        with nogil:
            count = encode_best(self.model.get()[0], views, workers, &id_view[0], NULL, &offset_view[0])
        id_view = None
        ids.resize(count, refcheck=False)
        return ids, offsets

    def _tokenize_batch(self, list texts not None, int workers):
        if workers == 1:
            return [self.tokenize(text) for text in texts]
        cdef vector[TextView] views = views_of(texts)
        cdef size_t total = 0, i
        for view in views:
            total += view.size
        ids = np.empty(total + 1, np.int32)
        ends = np.empty(total + 1, np.uint32)
        offsets = np.empty(len(texts) + 1, np.int64)
        cdef int32_t[::1] id_view = ids
        cdef uint32_t[::1] end_view = ends
        cdef int64_t[::1] offset_view = offsets
        with nogil:
            encode_best(self.model.get()[0], views, workers, &id_view[0], &end_view[0], &offset_view[0])
        return [
            list_of(self.objects.get()[0], texts[i], views[i], &id_view[0] + offset_view[i], &end_view[0] + offset_view[i],
                    offset_view[i + 1] - offset_view[i])
            for i in range(views.size())
        ]
