# Cutting text with the n-grams of a count tree: see patterns.hpp, segment.hpp and occurrences.hpp.

cdef extern from "counting/segment.hpp" namespace "nlpzero::counting" nogil:
    cdef cppclass TableState "nlpzero::counting::Patterns::State":
        size_t firsts, capacity, order, nodes
        vector[uint64_t] slots
        vector[uint32_t] place
        vector[double] score

    cdef cppclass TableLevel "nlpzero::counting::Patterns::Level":
        const uint32_t* symbol
        const uint32_t* parent
        const uint8_t* chosen
        const double* score
        size_t size

    cdef cppclass CppPatterns "nlpzero::counting::Patterns":
        TableState state() except +
        void restore(const TableState&) except +
        CppPatterns() except +
        void start(size_t, uint32_t, cbool, double) except +
        void add(const TableLevel&) except +
        void finish()
        void build(const uint32_t*, size_t, uint32_t) except +
        size_t nodes() const
        size_t slots() const
        void add_by_place(const uint32_t*, uint32_t*) const
        size_t place(size_t) const

    cdef cppclass TimesVector "nlpzero::HugeVector<uint32_t>":
        uint32_t* data()
        size_t size()

    cdef cppclass PieceTimes:
        TimesVector times
        cbool shared
        unordered_map[uint32_t, uint64_t]& carries()

    cdef cppclass LongPieces:
        void add(const uint32_t*, size_t, uint64_t) except +
        void list(uint64_t, vector[uint32_t]&, vector[uint32_t]&, vector[uint64_t]&) except +

    cdef cppclass PieceCounts:
        uint64_t tokens, symbols
        void start(shared_ptr[PieceTimes]) except +
        const shared_ptr[PieceTimes]& table() const
        void finish(const CppPatterns&) except +
        void add(PieceCounts&) except +
        void add(const uint32_t*, const uint64_t*, size_t) except +
        LongPieces longer

    void cut_by_joining(const uint32_t*, size_t, const CppPatterns&, uint64_t*, PieceCounts&) except +
    void cut_by_score(const uint32_t*, size_t, const CppPatterns&, double, PieceCounts&) except +

cdef extern from "counting/occurrences.hpp" namespace "nlpzero::counting" nogil:
    cdef cppclass CppOccurrences "nlpzero::counting::Occurrences":
        void start(size_t, size_t) except +
        void scan(const uint32_t*, size_t, const CppPatterns&, const uint64_t*) except +
        void add(const CppOccurrences&) except +
        void result(int64_t*, double*, double*) except +
        const vector[uint64_t]& raw() const
        vector[pair[uint64_t, uint64_t]] neighbours(int) except +
        void add_raw(size_t, uint64_t) except +
        void add_neighbour(int, uint64_t, uint64_t) except +

cdef extern from *:
    """
    static void swap_patterns(nlpzero::counting::Patterns& a, nlpzero::counting::Patterns& b) { std::swap(a, b); }
    """
    void swap_patterns(CppPatterns&, CppPatterns&) nogil

cdef extern from "counting/kept.hpp" namespace "nlpzero::counting" nogil:
    cdef cppclass CppKept "nlpzero::counting::KeptText":
        void add(const SymbolStore&, vector[uint32_t]) except +
        size_t shares() const
        size_t read(size_t, vector[uint32_t]&) except +
        uint64_t* clear_marks(size_t) except +
        const uint64_t* marks(size_t) except +


cdef extern from "counting/affixes.hpp" namespace "nlpzero::counting" nogil:
    cdef cppclass CppAffixes "nlpzero::counting::Affixes":
        CppAffixes(const uint32_t*, size_t, size_t, uint32_t) except +
        CppPatterns patterns
        vector[uint32_t] shallow
        size_t shallow_size() const
        size_t longer() const
        void greatest_products(const int64_t*, const int64_t*, double*) except +


cdef object _copy_array(const void* data, size_t size, object dtype):
    return np.frombuffer((<const char*>data)[:size * dtype().itemsize], dtype) if size else np.zeros(0, dtype)


cdef tuple _table(CppPatterns& patterns):
    cdef TableState state
    with nogil:
        state = patterns.state()
    return (state.firsts, state.capacity, state.order, state.nodes,
            _copy_array(state.slots.data(), state.slots.size(), np.uint64),
            _copy_array(state.place.data(), state.place.size(), np.uint32),
            _copy_array(state.score.data(), state.score.size(), np.float64))


cdef int _set_table(CppPatterns& patterns, tuple table) except -1:
    cdef TableState state
    cdef const uint64_t[::1] slots = table[4]
    cdef const uint32_t[::1] place = table[5]
    cdef const double[::1] score = table[6]
    state.firsts, state.capacity, state.order, state.nodes = table[:4]
    if slots.shape[0] and place.shape[0]:
        state.slots.assign(&slots[0], &slots[0] + slots.shape[0])
        state.place.assign(&place[0], &place[0] + place.shape[0])
    if score.shape[0]:
        state.score.assign(&score[0], &score[0] + score.shape[0])
    with nogil:
        patterns.restore(state)
    return 0


cdef class Patterns:
    cdef CppPatterns cpp
    cdef list sizes
    cdef cbool scored

    def __init__(self, levels, size_t edges, uint32_t largest, *, cbool scored=False, double room=2):
        cdef TableLevel level
        cdef const uint32_t[::1] symbol, parent
        cdef const uint8_t[::1] chosen
        cdef const double[::1] score
        self.scored, self.sizes = scored, []
        if not room >= 1:
            raise ValueError("room must be at least 1: every n-gram needs a slot.")
        self.cpp.start(edges, largest, scored, room)
        for symbol, parent, chosen, *scores in levels:
            level.size = symbol.shape[0]
            if chosen.shape[0] != symbol.shape[0] or (self.sizes and parent.shape[0] != symbol.shape[0]):
                raise ValueError("arrays of different lengths")
            level.symbol = &symbol[0] if level.size else NULL
            level.parent = &parent[0] if parent.shape[0] else NULL
            level.chosen = &chosen[0] if level.size else NULL
            level.score = NULL
            if scored:
                score = scores[0]
                if score.shape[0] != symbol.shape[0]:
                    raise ValueError("arrays of different lengths")
                level.score = &score[0] if level.size else NULL
            with nogil:
                self.cpp.add(level)
            self.sizes.append(level.size)
        self.cpp.finish()

    def __reduce__(self):
        return _patterns, (_table(self.cpp), self.sizes, self.scored)


def _patterns(tuple table, list sizes, cbool scored):
    cdef Patterns self = Patterns.__new__(Patterns)
    _set_table(self.cpp, table)
    if sum(sizes) != self.cpp.nodes():
        raise ValueError("a table whose parts do not fit together")
    self.sizes, self.scored = sizes, scored
    return self


cdef class KeptText:
    cdef CppKept cpp
    cdef list texts

    def __init__(self, list texts, Alphabet alphabet):
        cdef EncodedText text
        cdef vector[uint32_t] ids
        self.texts = texts
        for text in texts:
            if text.alphabet.unit != alphabet.unit or text.alphabet.alnum != alphabet.alnum:
                raise ValueError("the text was encoded with another alphabet.")
            _translate(text.alphabet.cpp.get()[0], alphabet.cpp.get()[0], ids)
            self.cpp.add(text.store, ids)

    @property
    def shares(self):
        return self.cpp.shares()


cdef int _translate(CppAlphabet& own, CppAlphabet& other, vector[uint32_t]& ids) except -1:
    """Fill in the ids in another alphabet of the symbols of a text, by their own ids."""
    cdef Text text
    cdef vector[uint32_t] out
    cdef size_t k, invalid = 0
    ids.assign(own.size() + 1, 0)
    with nogil:
        for k in range(own.size()):
            text.data, text.size, text.kind = own.symbols()[k].data(), own.symbols()[k].size(), 0
            out.resize(text.size + 1)
            other.encode[uint32_t](text, out.data(), <uint32_t>0xFFFF0000, False, invalid)
            ids[k + 1] = out[0]
    return 0


cdef class _Reader:
    """Encodes text into a buffer that is reused."""
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
            n = self.alphabet.cpp.get().encode[uint32_t](text, self.buffer.data(), <uint32_t>0xFFFF0000, False, invalid)
        if n == GAVE_UP:
            raise_invalid(data, invalid)
        return n


cdef class PieceCounter(_Reader):
    cdef Patterns patterns
    cdef PieceCounts pieces
    cdef double unknown

    def __init__(self, Alphabet alphabet, Patterns patterns, *, double unknown=0.0):
        self.alphabet, self.patterns, self.unknown = alphabet, patterns, unknown
        cdef shared_ptr[PieceTimes] table = make_shared[PieceTimes](patterns.cpp.slots())
        self.pieces.start(table)

    def another(self):
        cdef PieceCounter other = PieceCounter.__new__(PieceCounter)
        other.alphabet, other.patterns, other.unknown = self.alphabet, self.patterns, self.unknown
        self.pieces.table().get().shared = True
        other.pieces.start(self.pieces.table())
        return other

    def add(self, data):
        cdef size_t n = self.read(data)
        self.cut(n, NULL)

    def add_share(self, KeptText kept, size_t k):
        cdef size_t n
        cdef uint64_t* marks = NULL
        with nogil:
            n = kept.cpp.read(k, self.buffer)
            if not self.patterns.scored:
                marks = kept.cpp.clear_marks(k)
        self.cut(n, marks)

    cdef int cut(self, size_t n, uint64_t* marks) except -1:
        with nogil:
            if self.patterns.scored:
                cut_by_score(self.buffer.data(), n, self.patterns.cpp, self.unknown, self.pieces)
            else:
                cut_by_joining(self.buffer.data(), n, self.patterns.cpp, marks, self.pieces)
        return 0

    def merge(self, PieceCounter other):
        if other.pieces.table().get() != self.pieces.table().get():
            raise ValueError("only counters made by another() can be merged.")
        with nogil:
            other.pieces.finish(other.patterns.cpp)
            self.pieces.add(other.pieces)

    def state(self):
        cdef PieceTimes* table = self.pieces.table().get()
        self.pieces.finish(self.patterns.cpp)
        times = _copy_array(table.times.data(), table.times.size(), np.uint32).astype(np.uint64)
        for carry in table.carries():
            times[carry.first] += np.uint64(carry.second << 32)
        slots = np.flatnonzero(times).astype(np.uint32)
        symbols, lengths, counts = self.longer(1)
        data, ends = symbols.tobytes(), np.cumsum(4 * (lengths.astype(np.int64) + 1)).tolist()
        long = [data[begin:end - 4] for begin, end in zip([0, *ends], ends)]
        return self.pieces.tokens, slots, times[slots], dict(zip(long, counts.tolist())), self.pieces.symbols

    def add_state(self, tuple state):
        cdef const uint32_t[::1] slots = state[1], piece
        cdef const uint64_t[::1] times = state[2]
        if slots.shape[0] != times.shape[0]:
            raise ValueError("a state whose parts do not fit together")
        if slots.shape[0]:
            self.pieces.add(&slots[0], &times[0], slots.shape[0])
        for symbols, count in state[3].items():
            piece = np.frombuffer(symbols, np.uint32)
            self.pieces.longer.add(&piece[0], piece.shape[0], count)
        self.pieces.tokens += state[0]
        self.pieces.symbols += state[4]

    @property
    def tokens(self):
        return self.pieces.tokens

    @property
    def symbols(self):
        return self.pieces.symbols

    def counts(self):
        sizes = self.patterns.sizes
        cdef uint32_t[::1] lower = np.zeros(1 + sum(sizes), np.uint32)
        cdef PieceTimes* table = self.pieces.table().get()
        with nogil:
            self.pieces.finish(self.patterns.cpp)
            self.patterns.cpp.add_by_place(table.times.data(), &lower[0])
        flat = np.asarray(lower)
        if table.carries().size():
            flat = flat.astype(np.uint64)
        for carry in table.carries():
            flat[self.patterns.cpp.place(carry.first)] += np.uint64(carry.second << 32)
        return np.split(flat[:sum(sizes)], np.cumsum(sizes[:len(sizes) - 1]))

    def longer(self, uint64_t min_count):
        cdef vector[uint32_t] symbols, lengths
        cdef vector[uint64_t] counts
        with nogil:
            self.pieces.longer.list(min_count, symbols, lengths, counts)
        return (_copy_array(symbols.data(), symbols.size(), np.uint32),
                _copy_array(lengths.data(), lengths.size(), np.uint32),
                _copy_array(counts.data(), counts.size(), np.uint64))


cdef class NgramList:
    cdef CppPatterns cpp
    cdef readonly Py_ssize_t size

    def __init__(self, const uint32_t[::1] ngrams, uint32_t largest):
        cdef size_t n = ngrams.shape[0]
        if n and ngrams[n - 1]:
            raise ValueError("every n-gram must be closed by a 0.")
        with nogil:
            self.cpp.build(&ngrams[0] if n else NULL, n, largest)
        self.size = self.cpp.nodes()

    def __reduce__(self):
        return _ngram_list, (_table(self.cpp), self.size)


def _ngram_list(tuple table, Py_ssize_t size):
    cdef NgramList self = NgramList.__new__(NgramList)
    _set_table(self.cpp, table)
    if <size_t>size != self.cpp.nodes():
        raise ValueError("a table whose parts do not fit together")
    self.size = size
    return self


cdef class Affixes:
    cdef unique_ptr[CppAffixes] cpp
    cdef readonly NgramList ngrams

    def __init__(self, const uint32_t[::1] words, size_t order, uint32_t largest):
        cdef size_t n = words.shape[0]
        if n and words[n - 1]:
            raise ValueError("every n-gram must be closed by a 0.")
        cdef const uint32_t* first = &words[0] if n else NULL
        with nogil:
            self.cpp = make_unique[CppAffixes](first, n, order, largest)
        self.ngrams = NgramList.__new__(NgramList)
        with nogil:
            swap_patterns(self.ngrams.cpp, self.cpp.get().patterns)
        self.ngrams.size = self.ngrams.cpp.nodes()

    @property
    def shallow(self):
        return _copy_array(self.cpp.get().shallow.data(), self.cpp.get().shallow.size(), np.uint32)

    def greatest_products(self, const int64_t[::1] counts, const int64_t[::1] shallow):
        if counts.shape[0] != self.ngrams.size or <size_t>shallow.shape[0] != self.cpp.get().shallow_size():
            raise ValueError("arrays of different lengths")
        cdef double[::1] out = np.zeros(self.cpp.get().longer() + 1)
        with nogil:
            self.cpp.get().greatest_products(&counts[0] if counts.shape[0] else NULL,
                                             &shallow[0] if shallow.shape[0] else NULL, &out[0])
        return np.asarray(out)[:out.shape[0] - 1]


cdef class Occurrences(_Reader):
    cdef NgramList ngrams
    cdef CppOccurrences found
    cdef Py_ssize_t described
    cdef cbool joined

    def __init__(self, Alphabet alphabet, NgramList ngrams, Py_ssize_t described, *, cbool joined=False):
        if not 0 <= described <= ngrams.size:
            raise ValueError(f"described must be 0 to {ngrams.size}, not {described}.")
        self.alphabet, self.ngrams, self.described, self.joined = alphabet, ngrams, described, joined
        self.found.start(ngrams.size, described)

    def add(self, data):
        cdef size_t n = self.read(data)
        with nogil:
            self.found.scan(self.buffer.data(), n, self.ngrams.cpp, NULL)

    def add_share(self, KeptText kept, size_t k):
        cdef size_t n
        cdef const uint64_t* marks = NULL
        with nogil:
            n = kept.cpp.read(k, self.buffer)
            if self.joined:
                marks = kept.cpp.marks(k)
            self.found.scan(self.buffer.data(), n, self.ngrams.cpp, marks)

    def another(self):
        return Occurrences(self.alphabet, self.ngrams, self.described, joined=self.joined)

    def merge(self, Occurrences other):
        if other.ngrams is not self.ngrams:
            raise ValueError("counters of different n-grams cannot be merged.")
        with nogil:
            self.found.add(other.found)

    def state(self):
        raw = _copy_array(self.found.raw().data(), self.found.raw().size(), np.uint64)
        neighbours = []
        cdef vector[pair[uint64_t, uint64_t]] pairs
        for side in (0, 1):
            pairs = self.found.neighbours(side)
            neighbours.append(_copy_array(pairs.data(), 2 * pairs.size(), np.uint64).reshape(-1, 2))
        return raw, neighbours[0], neighbours[1]

    def add_state(self, tuple state):
        cdef const uint64_t[::1] raw = state[0]
        cdef const uint64_t[:, :] neighbours
        cdef Py_ssize_t k
        for k in range(raw.shape[0]):
            self.found.add_raw(k, raw[k])
        for side in (0, 1):
            neighbours = state[1 + side]
            for k in range(neighbours.shape[0]):
                self.found.add_neighbour(side, neighbours[k, 0], neighbours[k, 1])

    def result(self):
        cdef int64_t[::1] raw = np.zeros(self.ngrams.size + 1, np.int64)
        cdef double[::1] left = np.zeros(self.described + 1), right = np.zeros(self.described + 1)
        with nogil:
            self.found.result(&raw[0], &left[0], &right[0])
        size, described = self.ngrams.size, self.described
        return np.asarray(raw)[:size], np.asarray(left)[:described], np.asarray(right)[:described]
