# Vocabularies of fixed size: see text.hpp, candidates.hpp, lattice.hpp, search.hpp.

cdef extern from "vocabulary/search.hpp" namespace "nlpzero::vocabulary" nogil:
    const int FOLDS
    const uint32_t LENGTH_MASK

    cdef cppclass U32String "std::u32string":
        U32String()
        void push_back(uint32_t) except +

    cdef cppclass VocabularyText:
        VocabularyText(cbool) except +
        vector[uint32_t] text, code
        size_t symbols
        size_t add(const uint8_t*, size_t, cbool) except +
        uint32_t find(uint32_t)

    cdef cppclass Cost:
        double token, bit

    cdef cppclass VocabularySearch:
        VocabularySearch(const VocabularyText&, const vector[uint8_t]&, const vector[U32String]&, uint32_t, int, cbool,
                         cbool, uint32_t) except +
        vector[uint8_t] present
        vector[uint32_t] uses, spread, block_begin
        vector[float] saved
        uint32_t byte_uses[256]
        uint64_t tokens
        double total_cost
        Cost price
        uint32_t ids()
        uint32_t first_symbol()
        uint32_t first_prefix()
        cbool is_byte(uint32_t)
        int length(uint32_t)
        uint32_t count(uint32_t)
        void spell(uint32_t, vector[uint8_t]&) except +
        vector[uint32_t] locate(const vector[U32String]&) except +
        const vector[uint8_t]& folds()
        void set_folds(const vector[uint8_t]&) except +
        void begin_activation() except +
        void activate(int) except +
        void begin_pass(cbool) except +
        void run(int, cbool) except +
        void end_pass() except +


MAX_LENGTH = LENGTH_MASK


cdef class Text:
    """Lines of symbols to learn from; see the .pyi."""
    cdef unique_ptr[VocabularyText] cpp
    cdef readonly bint bytes

    def __cinit__(self, *, bint bytes):
        self.bytes = bytes
        self.cpp.reset(new VocabularyText(bytes))

    def add(self, const uint8_t[::1] data, *, bint surrogates=False):
        cdef size_t end = 0
        if data.shape[0]:
            with nogil:
                end = self.cpp.get().add(&data[0], data.shape[0], surrogates)
        return <Py_ssize_t> end == data.shape[0]

    @property
    def symbols(self):
        return self.cpp.get().symbols

    def __len__(self):
        return self.cpp.get().text.size()

    def counts(self):
        cdef const uint32_t* text = self.cpp.get().text.data()
        cdef size_t i, n = self.cpp.get().text.size()
        out = np.zeros(self.cpp.get().code.size(), np.int64)
        cdef int64_t[::1] o = out
        with nogil:
            for i in range(n):
                o[text[i]] += 1
        return out

    @property
    def codes(self):
        return np.array(<uint32_t[:self.cpp.get().code.size()]> self.cpp.get().code.data())

    @property
    def encoded(self):
        cdef size_t n = self.cpp.get().text.size()
        return np.array(<uint32_t[:n]> self.cpp.get().text.data()) if n else np.zeros(0, np.uint32)


cdef int _add_strings(Text text, pieces, list places, vector[U32String]& strings) except -1:
    """Append the pieces (lists of code points or bytes) whose symbols are all in the text, and their places in the list."""
    cdef U32String string
    cdef uint32_t symbol
    for place, piece in enumerate(pieces):
        string = U32String()
        for code in piece:
            symbol = text.cpp.get().find(code)
            if not symbol:
                break
            string.push_back(symbol)
        else:
            strings.push_back(string)
            places.append(place)
    return 0


cdef class Search:
    """Candidate pieces over a text; see the .pyi."""
    cdef unique_ptr[VocabularySearch] cpp
    cdef readonly Text text

    def __cinit__(self, Text text, *, int min_count, int max_length, bint fallback, int block, lonely=(), wanted=()):
        cdef vector[uint8_t] alone
        cdef vector[U32String] strings
        cdef uint32_t symbol
        if not text.cpp.get().text.size():
            raise ValueError("the text is empty.")
        if not 1 <= max_length <= <int> LENGTH_MASK or min_count < 1 or block < 1:
            raise ValueError(f"max_length must be 1 to {LENGTH_MASK}, min_count and block at least 1.")
        _add_strings(text, wanted, [], strings)
        self.text = text
        alone.assign(text.cpp.get().code.size(), 0)
        for symbol in lonely:
            if symbol >= alone.size():
                raise IndexError(symbol)
            alone[symbol] = 1
        with nogil:
            self.cpp.reset(new VocabularySearch(text.cpp.get()[0], alone, strings, min_count, max_length, text.bytes,
                                                fallback, block))

    @property
    def first_symbol(self):
        return self.cpp.get().first_symbol()

    @property
    def first_prefix(self):
        return self.cpp.get().first_prefix()

    @property
    def present(self):
        return np.array(<uint8_t[:self.cpp.get().ids()]> self.cpp.get().present.data()).view(np.bool_)

    @present.setter
    def present(self, mask):
        cdef const uint8_t[::1] m = np.ascontiguousarray(mask, np.bool_).view(np.uint8)
        if m.shape[0] != self.cpp.get().ids():
            raise ValueError("present must have one value for each piece.")
        self.cpp.get().present.assign(&m[0], &m[0] + m.shape[0])

    @property
    def uses(self):
        return np.array(<uint32_t[:self.cpp.get().ids()]> self.cpp.get().uses.data())

    @uses.setter
    def uses(self, numbers):
        cdef const uint32_t[::1] n = np.ascontiguousarray(numbers, np.uint32)
        if n.shape[0] != self.cpp.get().ids():
            raise ValueError("uses must have one value for each piece.")
        self.cpp.get().uses.assign(&n[0], &n[0] + n.shape[0])

    @property
    def fold(self):
        return np.array(<uint8_t[:self.cpp.get().folds().size()]> <uint8_t*> self.cpp.get().folds().data())

    @fold.setter
    def fold(self, numbers):
        cdef const uint8_t[::1] f = np.ascontiguousarray(numbers, np.uint8)
        cdef vector[uint8_t] folds
        if f.shape[0] != <Py_ssize_t> self.cpp.get().folds().size() or np.max(f) >= FOLDS:
            raise ValueError(f"fold must have a number below {FOLDS} for each block.")
        folds.assign(&f[0], &f[0] + f.shape[0])
        self.cpp.get().set_folds(folds)

    @property
    def byte_uses(self):
        return np.array(<uint32_t[:256]> self.cpp.get().byte_uses)

    @property
    def saved(self):
        return np.array(<float[:FOLDS, :self.cpp.get().ids()]> self.cpp.get().saved.data()).T

    @property
    def spread(self):
        return np.array(<uint32_t[:FOLDS, :self.cpp.get().ids()]> self.cpp.get().spread.data()).T

    @property
    def block_begin(self):
        return np.array(<uint32_t[:self.cpp.get().block_begin.size()]> self.cpp.get().block_begin.data())

    @property
    def tokens(self):
        return self.cpp.get().tokens

    @property
    def cost(self):
        return self.cpp.get().total_cost

    def set_price(self, double token, double bit):
        self.cpp.get().price.token, self.cpp.get().price.bit = token, bit

    def lengths(self):
        cdef uint32_t id
        out = np.empty(self.cpp.get().ids(), np.uint8)
        cdef uint8_t[::1] o = out
        for id in range(self.cpp.get().ids()):
            o[id] = self.cpp.get().length(id)
        return out

    def counts(self):
        cdef uint32_t id
        out = np.empty(self.cpp.get().ids(), np.uint32)
        cdef uint32_t[::1] o = out
        for id in range(self.cpp.get().ids()):
            o[id] = self.cpp.get().count(id)
        return out

    def is_byte(self):
        """Return, for each symbol, whether it is itself a byte."""
        cdef uint32_t s, n = self.cpp.get().first_prefix() - self.cpp.get().first_symbol()
        return np.array([self.cpp.get().is_byte(s) for s in range(n)], np.bool_)

    def spell(self, uint32_t id):
        cdef vector[uint8_t] out
        if id >= self.cpp.get().ids():
            raise IndexError(id)
        self.cpp.get().spell(id, out)
        return (<const char*> out.data())[:out.size()]

    def locate(self, pieces):
        """Return the ids of pieces, given as lists of code points or bytes; None if a piece is not a candidate."""
        cdef list places = [], found = [None] * len(pieces)
        cdef vector[U32String] strings
        cdef vector[uint32_t] ids
        _add_strings(self.text, pieces, places, strings)
        with nogil:
            ids = self.cpp.get().locate(strings)
        for k, place in enumerate(places):
            if ids[k] != <uint32_t> 0xFFFFFFFF:
                found[place] = ids[k]
        return found

    def activate(self, *, int workers=1):
        with nogil:
            self.cpp.get().begin_activation()
        for_each(range(FOLDS), self._activate_part, min(workers, FOLDS))

    def _activate_part(self, int part):
        with nogil:
            self.cpp.get().activate(part)

    def run(self, *, bint absent, int workers=1):
        with nogil:
            self.cpp.get().begin_pass(absent)
        for_each(range(FOLDS), self._run_on_absent if absent else self._run_on_present, min(workers, FOLDS))
        with nogil:
            self.cpp.get().end_pass()

    def _run_on_absent(self, int fold):
        with nogil:
            self.cpp.get().run(fold, True)

    def _run_on_present(self, int fold):
        with nogil:
            self.cpp.get().run(fold, False)
