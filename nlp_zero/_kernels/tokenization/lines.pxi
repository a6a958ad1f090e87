# Lines of tokens as UTF-8: the compiled part of `nlp_zero.tokenization.lines`.

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libcpp.string cimport string

cdef extern from "tokenization/lines.hpp" namespace "nlpzero::tokenization" nogil:
    cdef cppclass ByteBuffer:
        const char* data()
        size_t size()
    cdef cppclass LineFormat:
        string separator
        void add_name(const char*, size_t) except +
    void split_lines(const TextView&, vector[TextView]&) except +
    void write_best(const Model&, const LineFormat&, const vector[TextView]&, ByteBuffer&) except +
    void write_sampled(const Model&, const AlphaTable&, uint64_t, uint64_t, size_t, const LineFormat&,
                       const vector[TextView]&, ByteBuffer&) except +


cdef class LineCutter:
    """The tokens of texts as lines of UTF-8: immutable.

    With byte fallback, `names` are the bytes that are written for each word.
    """

    cdef Segmenter segmenter
    cdef LineFormat format

    def __cinit__(self, Segmenter segmenter not None, bytes separator not None, list names=None):
        cdef bytes name
        if (names is not None) != segmenter.model.get().rules.fallback:
            raise ValueError("names are needed with byte fallback, and only then.")
        if names is not None and len(names) + 1 != <Py_ssize_t>segmenter.model.get().log_probs.size():
            raise ValueError("one name a word is needed.")
        self.segmenter = segmenter
        self.format.separator.assign(PyBytes_AS_STRING(separator), <size_t>len(separator))
        for name in names or ():
            self.format.add_name(PyBytes_AS_STRING(name), <size_t>len(name))

    cdef vector[TextView] views(self, texts) except *:
        """Return the texts: the lines of a str, or the items of a list."""
        cdef vector[TextView] views
        cdef TextView view
        if isinstance(texts, str):
            view_of(texts, view)
            with nogil:
                split_lines(view, views)
        else:
            for text in texts:
                view_of(text, view)
                views.push_back(view)
        return views

    def cut(self, texts):
        cdef vector[TextView] views = self.views(texts)
        cdef const Model* model = self.segmenter.model.get()
        cdef ByteBuffer lines
        with nogil:
            write_best(model[0], self.format, views, lines)
        return PyBytes_FromStringAndSize(lines.data(), <Py_ssize_t>lines.size())

    def sample(self, texts, double alpha, uint64_t seed, uint64_t start, size_t draws):
        cdef vector[TextView] views = self.views(texts)
        cdef shared_ptr[const AlphaTable] table = self.segmenter.table(INFINITY if alpha > 1e8 else alpha)
        cdef const Model* model = self.segmenter.model.get()
        cdef ByteBuffer lines
        with nogil:
            write_sampled(model[0], table.get()[0], seed, start, draws, self.format, views, lines)
        return PyBytes_FromStringAndSize(lines.data(), <Py_ssize_t>lines.size())
