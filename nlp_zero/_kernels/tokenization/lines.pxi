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
    cdef cppclass LineInput:
        vector[TextView] texts
        const char* lines
        size_t size
    bint write_best(const Model&, const LineFormat&, const LineInput&, ByteBuffer&) except +
    bint write_sampled(const Model&, const WeightTable&, uint64_t, uint64_t, size_t, const LineFormat&,
                       const LineInput&, ByteBuffer&) except +


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

    cdef LineInput open(self, texts) except *:
        """Return the texts: the lines of a str or of bytes in UTF-8, or the items of a list."""
        cdef LineInput opened
        cdef TextView view
        if isinstance(texts, bytes):
            opened.lines, opened.size = PyBytes_AS_STRING(texts), <size_t>len(texts)
        elif isinstance(texts, str):
            view_of(texts, view)
            with nogil:
                split_lines(view, opened.texts)
        else:
            for text in texts:
                view_of(text, view)
                opened.texts.push_back(view)
        return opened

    cdef bytes close(self, texts, const ByteBuffer& lines, bint valid):
        """Return the lines; raise `UnicodeDecodeError` if the texts are not valid UTF-8."""
        if not valid:
            texts.decode("utf-8")
        return PyBytes_FromStringAndSize(lines.data(), <Py_ssize_t>lines.size())

    def cut(self, texts):
        cdef LineInput opened = self.open(texts)
        cdef const Model* model = self.segmenter.model.get()
        cdef ByteBuffer lines
        cdef bint valid
        with nogil:
            valid = write_best(model[0], self.format, opened, lines)
        return self.close(texts, lines, valid)

    def sample(self, texts, double alpha, uint64_t seed, uint64_t start, size_t draws):
        cdef LineInput opened = self.open(texts)
        cdef shared_ptr[const WeightTable] table = self.segmenter.table(limit_alpha(alpha))
        cdef const Model* model = self.segmenter.model.get()
        cdef ByteBuffer lines
        cdef bint valid
        with nogil:
            valid = write_sampled(model[0], table.get()[0], seed, start, draws, self.format, opened, lines)
        return self.close(texts, lines, valid)
