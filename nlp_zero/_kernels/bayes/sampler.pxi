# The latent-class Pitman-Yor sampler: see text.hpp, exchange.hpp, model.hpp, sampler.hpp.

cdef extern from "bayes/sampler.hpp" namespace "nlpzero::bayes" nogil:
    cdef cppclass Hyper:
        Hyper()
        double d, theta, d1, theta1, chain, ratio, spelling
        vector[double] length

    cdef cppclass Work:
        Work() except +

    cdef cppclass Candidates:
        size_t size()
        size_t ids()
        uint32_t id(size_t, int)
        uint32_t symbol(size_t)
        uint32_t room(size_t)
        void cut_by_entropy(int, double, uint8_t*) except +

    cdef cppclass Stretch:
        uint32_t begin, end

    cdef cppclass Model:
        int k
        int64_t live()

    cdef cppclass FloatTable "nlpzero::HugeVector<float>":
        size_t size()
        float* data()
        void assign(const float*, const float*) except +

    cdef cppclass CppSampler "nlpzero::bayes::Sampler":
        Candidates text
        Model model
        vector[uint8_t] length, cls
        vector[Stretch] order
        size_t fence
        FloatTable marginals
        CppSampler(const uint32_t*, size_t, int, const Hyper&, int) except +
        void classify(uint32_t, int) except +
        void load() except +
        void begin_sweep(uint64_t, uint64_t) except +
        void take_out(size_t, size_t) except +
        void put_in(size_t, size_t) except +
        void start_average() except +
        void sample(size_t, size_t, uint64_t, uint64_t, cbool, Work&) except +
        size_t tokens()
        void decode(double, double) except +


cdef class Sampler:
    cdef unique_ptr[CppSampler] cpp
    cdef readonly int classes
    cdef readonly int max_length

    def __cinit__(self, const uint32_t[::1] text, int classes, lengths, dict hyper, int levels):
        cdef Hyper h
        h.length = lengths
        h.d, h.theta, h.d1, h.theta1 = hyper["d"], hyper["theta"], hyper["d1"], hyper["theta1"]
        h.chain, h.ratio, h.spelling = hyper["chain"], hyper["ratio"], hyper["spelling"]
        if not text.shape[0] or text[text.shape[0] - 1] or classes < 1 or classes > 255 or not 0 < len(lengths) < 256:
            raise ValueError(
                "the text must end with a boundary, and classes and word lengths must be 1 to 255.")
        if levels <= len(lengths):
            raise ValueError("levels must be above the longest word.")
        self.classes, self.max_length = classes, len(lengths)
        with nogil:
            self.cpp.reset(new CppSampler(&text[0], text.shape[0], classes, h, levels))

    cdef int check_range(self, size_t begin, size_t end) except -1:
        if begin > end or end > self.cpp.get().order.size():
            raise IndexError(end)
        return 0

    cdef int check_average(self, bint average) except -1:
        if average and not self.cpp.get().marginals.size():
            raise ValueError("call begin_sweep with first_average=True before a sweep with average=True.")
        return 0

    def cut_by_entropy(self, int max_length, double single):
        if not 1 <= max_length <= self.max_length:
            raise ValueError(f"max_length must be 1 to {self.max_length}, not {max_length}.")
        with nogil:
            self.cpp.get().text.cut_by_entropy(max_length, single, self.cpp.get().length.data())

    def classify(self, uint32_t often, int passes):
        with nogil:
            self.cpp.get().classify(often, passes)

    def load(self):
        with nogil:
            self.cpp.get().load()

    def begin_sweep(self, uint64_t seed, uint64_t sweep, *, bint first_average=False):
        with nogil:
            if first_average:
                self.cpp.get().start_average()
            self.cpp.get().begin_sweep(seed, sweep)
        return self.cpp.get().order.size(), self.cpp.get().fence

    def take_out(self, size_t begin, size_t end):
        self.check_range(begin, end)
        with nogil:
            self.cpp.get().take_out(begin, end)

    def sample(self, size_t begin, size_t end, uint64_t seed, uint64_t sweep, bint average):
        cdef Work work
        self.check_range(begin, end)
        self.check_average(average)
        with nogil:
            self.cpp.get().sample(begin, end, seed, sweep, average, work)

    def put_in(self, size_t begin, size_t end):
        self.check_range(begin, end)
        with nogil:
            self.cpp.get().put_in(begin, end)

    def sample_rounds(self, vector[size_t] bounds, uint64_t seed, uint64_t sweep, bint average):
        cdef Work work
        cdef size_t k
        for k in range(1, bounds.size()):
            self.check_range(bounds[k - 1], bounds[k])
        self.check_average(average)
        with nogil:
            for k in range(1, bounds.size()):
                self.cpp.get().take_out(bounds[k - 1], bounds[k])
                self.cpp.get().sample(bounds[k - 1], bounds[k], seed, sweep, average, work)
                self.cpp.get().put_in(bounds[k - 1], bounds[k])

    def decode(self, double sweeps, double cost):
        if not self.cpp.get().marginals.size():
            raise ValueError("there are no span probabilities; sample with average=True first.")
        with nogil:
            self.cpp.get().decode(sweeps, cost)

    def set_state(self, const uint8_t[::1] length, const uint8_t[::1] cls):
        """Set the segmentation and its classes; call `load` afterwards."""
        cdef Py_ssize_t i, n = self.cpp.get().text.size(), end = 0
        if length.shape[0] != n or cls.shape[0] != n:
            raise ValueError("length and class are needed for every position.")
        for i in range(n):
            inside = i < end
            if (not self.cpp.get().text.symbol(i) or inside) != (length[i] == 0) or cls[i] >= self.classes:
                raise ValueError("this is not a segmentation of the text.")
            if length[i]:
                end = i + length[i]
                if length[i] > self.max_length or length[i] > self.cpp.get().text.room(i):
                    raise ValueError("this is not a segmentation of the text.")
            self.cpp.get().length[i], self.cpp.get().cls[i] = length[i], cls[i]

    def stretch(self, size_t i):
        """Return begin and end of a stretch of the sweep."""
        if i >= self.cpp.get().order.size():
            raise IndexError(i)
        return self.cpp.get().order[i].begin, self.cpp.get().order[i].end

    @property
    def marginals(self):
        """Sums of span probabilities: an array (max_length, positions)."""
        cdef size_t n = self.cpp.get().marginals.size()
        flat = np.array(<float[:n]> self.cpp.get().marginals.data()) if n else np.zeros(0, np.float32)
        return flat.reshape(-1, self.max_length).T

    @marginals.setter
    def marginals(self, const float[:, ::1] sums):
        if sums.shape[0] != self.max_length or <size_t> sums.shape[1] != self.cpp.get().text.size():
            raise ValueError("sums must have one row for each length and one column for each position.")
        cdef const float[:, ::1] rows = np.ascontiguousarray(np.asarray(sums).T)
        self.cpp.get().marginals.assign(&rows[0, 0], &rows[0, 0] + rows.shape[0] * rows.shape[1])

    @property
    def tokens(self):
        return self.cpp.get().tokens()

    @property
    def types(self):
        return self.cpp.get().model.live()

    @property
    def state(self):
        cdef size_t n = self.cpp.get().text.size()
        return np.array(<uint8_t[:n]> self.cpp.get().length.data()), np.array(<uint8_t[:n]> self.cpp.get().cls.data())

    def words(self):
        """Return place, length and count of the distinct words of the segmentation."""
        cdef vector[uint32_t] place, length, index
        cdef vector[uint32_t] count
        cdef size_t i
        cdef uint32_t id
        cdef int l
        index.assign(self.cpp.get().text.ids(), 0)
        with nogil:
            for i in range(self.cpp.get().text.size()):
                l = self.cpp.get().length[i]
                if not l:
                    continue
                id = self.cpp.get().text.id(i, l)
                if id and index[id]:
                    count[index[id] - 1] += 1
                    continue
                place.push_back(<uint32_t> i)
                length.push_back(l)
                count.push_back(1)
                if id:
                    index[id] = <uint32_t> place.size()
        return (np.array(<uint32_t[:place.size()]> place.data()) if place.size() else np.zeros(0, np.uint32),
                np.array(<uint32_t[:length.size()]> length.data()) if length.size() else np.zeros(0, np.uint32),
                np.array(<uint32_t[:count.size()]> count.data()) if count.size() else np.zeros(0, np.uint32))


cdef extern from "bayes/cut.hpp" namespace "nlpzero::bayes" nogil:
    cdef cppclass UnigramCutter:
        UnigramCutter(const uint32_t*, size_t, const double*, double) except +
        void cut(const uint32_t*, size_t, uint32_t*) except +


cdef class Cutter:
    """Cuts encoded text by unigram Viterbi."""
    cdef unique_ptr[UnigramCutter] cpp

    def __cinit__(self, const uint32_t[::1] words, const double[::1] scores, double unknown):
        if np.count_nonzero(np.asarray(words) == 0) != scores.shape[0]:
            raise ValueError("every word needs one score and a 0 at its end.")
        self.cpp.reset(new UnigramCutter(&words[0] if words.shape[0] else NULL, words.shape[0],
                                         &scores[0] if scores.shape[0] else NULL, unknown))

    def cut(self, const uint32_t[::1] text):
        cdef uint32_t[::1] length = np.zeros(max(text.shape[0], 1), np.uint32)
        if text.shape[0]:
            with nogil:
                self.cpp.get().cut(&text[0], text.shape[0], &length[0])
        return np.asarray(length)[:text.shape[0]]


cdef extern from "bayes/exchange.hpp" namespace "nlpzero::bayes" nogil:
    cdef cppclass Exchange:
        Exchange(const vector[uint32_t]&, uint32_t, int, const int32_t*) except +
        size_t run_pass "pass"() except +
        int of(uint32_t)


def exchange_classes(const uint32_t[::1] tokens, const int32_t[::1] start, int classes, int passes):
    """Return the class of each word by the exchange algorithm."""
    cdef vector[uint32_t] text
    cdef unique_ptr[Exchange] exchange
    cdef uint32_t words = start.shape[0]
    cdef int32_t[::1] out = np.empty(max(words, 1), np.int32)
    cdef size_t i, n = tokens.shape[0]
    cdef uint32_t w
    cdef int k
    if classes < 1 or classes > 255 or words and (np.max(start) >= classes or np.min(start) < -1):
        raise ValueError("classes must be 1 to 255, and the first class of a word one of them, or -1.")
    if not words:
        return np.zeros(0, np.int32)
    text.assign(n + 2, words)  # a boundary at either end
    for i in range(n):
        text[i + 1] = tokens[i]
    with nogil:
        exchange.reset(new Exchange(text, words, classes, &start[0]))
        for k in range(passes):
            if exchange.get().run_pass() * 200 <= words:
                break
        for w in range(words):
            out[w] = exchange.get().of(w)
    return np.asarray(out)[:words]


cdef extern from "bayes/words.hpp" namespace "nlpzero::bayes" nogil:
    cdef cppclass WordNumbers:
        WordNumbers() except +
        void add(const uint32_t*, const uint8_t*, size_t, vector[int64_t]&) except +
        const vector[uint32_t]& symbols()


def number_words(texts):
    """Return the words of segmented texts, and the texts as numbers of words."""
    cdef WordNumbers numbers
    cdef vector[int64_t] runs
    cdef const uint32_t[::1] text
    cdef const uint8_t[::1] cut
    for symbols, cuts in texts:
        text, cut = symbols, cuts.view(np.uint8)
        if text.shape[0] != cut.shape[0]:
            raise ValueError("cuts are needed for every position.")
        if text.shape[0]:
            with nogil:
                numbers.add(&text[0], &cut[0], text.shape[0], runs)
    cdef size_t n = numbers.symbols().size(), m = runs.size()
    return (np.array(<uint32_t[:n]> <uint32_t*> numbers.symbols().data()) if n else np.zeros(0, np.uint32),
            np.array(<int64_t[:m]> runs.data()) if m else np.zeros(0, np.int64))
