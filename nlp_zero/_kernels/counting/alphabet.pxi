# Dense symbol ids of text, and of its lines: see alphabet.hpp, lines.hpp.

cdef extern from "counting/alphabet.hpp" namespace "nlpzero::counting" nogil:
    cdef enum class Alnum(int):
        TOKEN
        JOIN
        SPLIT

    cdef struct Text:
        const void* data
        size_t size
        int kind

    cdef cppclass CppAlphabet "nlpzero::counting::Alphabet":
        CppAlphabet(cbool, Alnum) except +
        const vector[string]& symbols() const
        size_t size() const
        size_t encode[Sym](const Text&, Sym*, uint32_t, cbool, size_t&) except +
        uint32_t add(const string&) except +

    cdef const size_t GAVE_UP "nlpzero::counting::Alphabet::GAVE_UP"

cdef extern from "counting/lines.hpp" namespace "nlpzero::counting" nogil:
    cdef cppclass Lines:
        vector[int64_t] ends
        vector[uint64_t] keys

    size_t encode_lines(CppAlphabet&, const Text&, uint32_t*, size_t, Lines&, size_t&) except +

UNITS = ("char", "byte")
ALNUM_MODES = ("token", "join", "split")
UNSEEN = 0xFFFFFFFF
LIMIT = 0xFFFF0000


cdef Text text_of(object data) except *:
    """Return a view of the memory of a str or of UTF-8 bytes, valid while `data` exists."""
    cdef Text text
    if isinstance(data, str):
        text.data, text.size, text.kind = PyUnicode_DATA(data), PyUnicode_GET_LENGTH(data), PyUnicode_KIND(data)
    elif isinstance(data, bytes):
        text.data, text.size, text.kind = PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), 0
    else:
        raise TypeError(f"A text must be str or UTF-8 bytes, not {type(data).__name__}.")
    return text


cdef int raise_invalid(object data, size_t position) except -1:
    raise UnicodeDecodeError("utf-8", data, position, position + 1, "invalid byte")


cdef class Alphabet:
    cdef unique_ptr[CppAlphabet] cpp
    cdef readonly str unit
    cdef readonly str alnum

    def __cinit__(self, *, str unit="char", str alnum="token", symbols=()):
        if unit not in UNITS:
            raise ValueError(f"unit must be 'char' or 'byte', not {unit!r}.")
        if alnum not in ALNUM_MODES:
            raise ValueError(f"alnum must be 'token', 'join' or 'split', not {alnum!r}.")
        self.unit, self.alnum = unit, alnum
        self.cpp.reset(new CppAlphabet(unit == "byte", <Alnum><int>ALNUM_MODES.index(alnum)))
        for symbol in symbols:
            data = symbol if isinstance(symbol, bytes) else symbol.encode("utf-8")
            before = self.cpp.get().size()
            if not data or self.cpp.get().add(<string>data) != before + 1:
                raise ValueError(f"{symbol!r} is not a symbol of unit={unit!r}, alnum={alnum!r}, or occurs twice.")

    def __len__(self):
        return self.cpp.get().size()

    def __reduce__(self):
        return _rebuild_alphabet, (self.unit, self.alnum, self.symbols)

    @property
    def symbols(self):
        symbols = list(self.cpp.get().symbols())
        return symbols if self.unit == "byte" else [s.decode("utf-8") for s in symbols]

    def encode(self, data, *, bint grow=False):
        if self.unit == "byte" and isinstance(data, str):
            data = data.encode("utf-8", "surrogatepass")
        cdef Text text = text_of(data)
        cdef uint32_t[::1] out = np.empty(text.size + 1, np.uint32)
        cdef size_t n, invalid = 0
        cdef uint32_t* p = &out[0]
        with nogil:
            n = self.cpp.get().encode[uint32_t](text, p, <uint32_t>0xFFFF0000, grow, invalid)
        if n == GAVE_UP:
            raise_invalid(data, invalid)
        return np.asarray(out[:n])

    def encode_lines(self, data, size_t most):
        cdef Text text = text_of(data)
        cdef uint32_t[::1] out = np.empty(text.size + 1, np.uint32)
        cdef Lines lines
        cdef size_t size, n, invalid = 0
        cdef uint32_t* p = &out[0]
        with nogil:
            size = encode_lines(self.cpp.get()[0], text, p, most, lines, invalid)
        if size == GAVE_UP:
            raise_invalid(data, invalid)
        n = lines.ends.size()
        return (np.asarray(out[:size]),
                np.array(<int64_t[:n]> lines.ends.data()) if n else np.zeros(0, np.int64),
                np.array(<uint64_t[:n]> lines.keys.data()) if n else np.zeros(0, np.uint64))


def _rebuild_alphabet(unit, alnum, symbols):
    return Alphabet(unit=unit, alnum=alnum, symbols=symbols)
