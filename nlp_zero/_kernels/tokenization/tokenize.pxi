# Segmenting text by a lexicon: the compiled part of `nlp_zero.Tokenizer`.

cdef extern from "tokenization/emit.hpp" namespace "nlpzero::tokenization" nogil:
    cdef cppclass TextView:
        size_t size
    enum Alnum:
        pass
    enum Arithmetic:
        pass
    cdef cppclass Rules:
        Alnum alnum
        bint crossing, fallback, bytes, kinds
        double unk, uniform, new_mass, new_rare
        Arithmetic arithmetic
        double granularity
    cdef cppclass WordClasses:
        uint32_t count
        vector[uint16_t] left, right
        double link(uint32_t, uint32_t)
    cdef cppclass Model:
        Rules rules
        vector[double] log_probs
        WordClasses classes
        uint32_t outside_class(size_t, uint32_t)
    cdef cppclass Source:
        TextView view
        bint open(const Model&, object) except +*
    cdef cppclass Objects:
        Objects(object, vector[int32_t], const Model&) except +
        void renumber(int32_t*, size_t)
    bint view_of(object, TextView&) except 0
    object strings "nlpzero::tokenization::tokenize<nlpzero::tokenization::STRINGS>"(const Model&, Objects&, object) except +
    object numbers "nlpzero::tokenization::tokenize<nlpzero::tokenization::IDS>"(const Model&, Objects&, object) except +
    object all_forms "nlpzero::tokenization::tokenize<nlpzero::tokenization::ALL_FORMS>"(const Model&, Objects&, object) except +

cdef extern from "tokenization/model_builder.hpp" namespace "nlpzero::tokenization" nogil:
    cdef cppclass ModelBuilder:
        ModelBuilder(const Rules&) except +
        void add(const TextView&, double, double, int, uint32_t, int) except +
        void set_classes(uint32_t, const uint16_t*, size_t, const double*) except +
        unique_ptr[Model] build() except +

cdef extern from *:
    """
    inline int kind_of_view(const nlpzero::tokenization::TextView& view) {
        return nlpzero::tokenization::with_chars(view, [&](auto chars) {
            return int(nlpzero::tokenization::extent_of(chars, view.size).kind());
        });
    }
    """
    int kind_of_view(const TextView&)

cdef extern from "tokenization/batch.hpp" namespace "nlpzero::tokenization" nogil:
    size_t most_tokens(const Model&)
    cdef cppclass Slice:
        pass
    cdef cppclass BatchOutput:
        int32_t* ids
        uint32_t* ends
        int64_t* offsets
        size_t rows
    vector[Slice] make_slices(const vector[TextView]&, size_t) except +
    int64_t close_gaps(const Model&, const vector[Slice]&, const BatchOutput&)
    void encode_best(const Model&, const vector[TextView]&, const Slice&, const BatchOutput&) except +

cdef extern from "tokenization/turns.hpp" namespace "nlpzero::tokenization" nogil:
    cdef cppclass Turns:
        void begin(size_t) except +
        size_t size()
        size_t take()
        void finish(size_t)
        bint done(size_t)
        bint wait(size_t)
        void stop()

cdef extern from "tokenization/objects.hpp" namespace "nlpzero::tokenization" nogil:
    cdef cppclass WeightTable:
        double alpha
    enum class Numbers:
        POWERS
        RANKS
    shared_ptr[const WeightTable] make_table(const Model&, Numbers, double) except +
    object sampled_strings "nlpzero::tokenization::sample_list<nlpzero::tokenization::STRINGS>"(
        const Model&, Objects&, const WeightTable&, object, uint64_t, uint64_t) except +
    object sampled_numbers "nlpzero::tokenization::sample_list<nlpzero::tokenization::IDS>"(
        const Model&, Objects&, const WeightTable&, object, uint64_t, uint64_t) except +
    object sample_lists(const Model&, Objects&, const WeightTable&, object, uint64_t, uint64_t, Py_ssize_t) except +
    cdef cppclass TextMarginals:
        double log_sum, entropy, tokens
        size_t size()
        void sums "compute<true>"(const Model&, const WeightTable&, const TextView&) except +
        void compute "compute<false>"(const Model&, const WeightTable&, const TextView&) except +
        void write(const Model&, const Objects&, const TextView&, double*, int64_t*, int64_t*, int32_t*, double*)
    bint append_lists(const Model&, Objects&, object, const vector[TextView]&, const Slice&, const BatchOutput&,
                      object) except 0
    void track_lists(object)
    void encode_sampled(const Model&, const WeightTable&, uint64_t, uint64_t, size_t, const vector[TextView]&,
                        const Slice&, const BatchOutput&) except +

cdef extern from "tokenization/best_lists.hpp" namespace "nlpzero::tokenization" nogil:
    object best_lists(const Model&, Objects&, const WeightTable&, object, size_t) except +

cdef inline double limit_alpha(double alpha) noexcept:
    return INFINITY if alpha > 1e8 else alpha  # smaller differences of scores are ties for Viterbi, too


cdef Py_ssize_t MOST_BEST = 1000  # segmentations in a list of the best ones
cdef size_t SLICE_TOKENS = 1 << 16  # at most, of a slice whose lists are made at once
KINDS = ("word", "space", "punctuation", "symbol", "emoji", "number", "latin", "url", "control")  # as `Kind` in extent.hpp


def kind_of(token):
    """The kind of a token: a position in `KINDS`."""
    cdef TextView view
    view_of(token, view)
    return kind_of_view(view)


def latin_of(str word not None):
    """Return the bytes of a word as a str of characters below 256."""
    return word.encode("utf-8", "surrogateescape").decode("latin-1")


def is_beginning(str word not None):
    """Return whether a word is the first two or three bytes of a longer character."""
    if not 2 <= len(word) <= 3 or min(word) < "\udc80" or max(word) > "\udcff":
        return False
    data = word.encode("utf-8", "surrogateescape")
    size = 3 if 0xE0 <= data[0] < 0xF0 else 4 if 0xF0 <= data[0] < 0xF8 else 0
    return len(data) < size and all(0x80 <= byte < 0xC0 for byte in data[1:])


cdef class Segmenter  # the compiled base class, below


cdef class _Batch:
    """Texts that threads encode slice by slice, and the arrays for their tokens."""

    cdef Segmenter owner
    cdef vector[TextView] views
    cdef vector[Slice] slices
    cdef shared_ptr[const WeightTable] table  # null: the best segmentation
    cdef uint64_t seed, start
    cdef size_t draws  # 0: one draw of each text
    cdef BatchOutput output
    cdef Turns turns

    cdef int encode_slice(self, size_t k) except -1 nogil:
        if self.table.get():
            encode_sampled(self.owner.model.get()[0], self.table.get()[0], self.seed, self.start, self.draws,
                           self.views, self.slices[k], self.output)
        else:
            encode_best(self.owner.model.get()[0], self.views, self.slices[k], self.output)
        return 0

    def encode(self, size_t k):
        """Encode one slice."""
        with nogil:
            self.encode_slice(k)

    def help(self):
        """Encode slices until each is taken by a thread."""
        cdef size_t k
        try:
            with nogil:
                while True:
                    k = self.turns.take()
                    if k == self.turns.size():
                        break
                    self.encode_slice(k)
                    self.turns.finish(k)
        except BaseException:
            self.turns.stop()
            raise

    def stop(self):
        """Let `help` return."""
        self.turns.stop()

    cdef bint reach(self, size_t k) except -1:
        """Encode slices, or wait, until slice k is encoded; returns False if another thread failed."""
        cdef size_t other
        with nogil:
            while not self.turns.done(k):
                other = self.turns.take()
                if other == self.turns.size():
                    return self.turns.wait(k)
                self.encode_slice(other)
                self.turns.finish(other)
        PyErr_CheckSignals()
        return True

    cdef list strings(self, list texts, int workers):
        """Return a list of strings for each row.  They are made here, in order, while other threads encode."""
        cdef size_t k
        lists = []
        self.turns.begin(self.slices.size())
        with run_alongside(self.help, min(workers, <int>self.slices.size()) - 1, self.stop):
            for k in range(self.slices.size()):
                if not self.reach(k):
                    break  # the exception is raised behind the threads
                append_lists(self.owner.model.get()[0], self.owner.objects.get()[0], texts, self.views, self.slices[k],
                             self.output, lists)
        track_lists(lists)
        return lists


cdef class MarginalTable:
    """Marginals of one text; the arrays are created by `arrays`."""

    cdef TextMarginals found
    cdef object text
    cdef Segmenter owner

    def arrays(self):
        if self.owner is None:
            raise ValueError("only Segmenter.marginals makes such a table")
        cdef Py_ssize_t size = self.found.size()
        cdef Source source
        source.open(self.owner.model.get()[0], self.text)
        cuts = np.zeros(source.view.size + 1)
        places = np.empty((2, size + 1), np.int64)
        ids = np.empty(size + 1, np.int32)
        probabilities = np.empty(size + 1)
        cdef double[::1] cut_view = cuts, probability_view = probabilities
        cdef int64_t[:, ::1] place_view = places
        cdef int32_t[::1] id_view = ids
        self.found.write(self.owner.model.get()[0], self.owner.objects.get()[0], source.view, &cut_view[0],
                         &place_view[0, 0], &place_view[1, 0], &id_view[0], &probability_view[0])
        return cuts, places[0, :size], places[1, :size], ids[:size], probabilities[:size]


cdef class Segmenter:
    """The compiled part of `nlp_zero.Tokenizer`: immutable, made from words (a tuple) and their log-probabilities.

    `numbers` are the ids that users see: of unknown text, then of each word, then (or not) of each kind but "word".
    `ranks` are the scores that the best segmentation adds up in place of the log-probabilities, `flags` those of
    `WordFlag` for each word, `classes` the class of each word and `links` those of `WordClasses` without the last one.
    The other arguments are those of `Rules`.
    """

    cdef readonly tuple words
    cdef public object recipe  # what `__reduce__` returns, so that ``pool.map(tokenizer.encode, texts)`` works
    cdef unique_ptr[Model] model
    cdef unique_ptr[Objects] objects
    cdef vector[shared_ptr[const WeightTable]] tables  # of the last few alphas; used in critical sections only
    cdef shared_ptr[const WeightTable] ranks  # for n-best lists; made when first used, in a critical section

    def __cinit__(self, tuple words not None, const double[::1] log_probs, const int32_t[::1] numbers, int alnum,
                  bint crossing, bint fallback, bint bytes_, double unk, double uniform, double new_mass,
                  double new_rare, const double[::1] ranks=None, int arithmetic=0, const uint8_t[::1] flags=None,
                  double granularity=0, const uint16_t[::1] classes=None, const double[:, ::1] links=None):
        cdef Rules rules
        rules.alnum, rules.crossing, rules.fallback, rules.bytes = <Alnum>alnum, crossing, fallback, bytes_
        rules.unk, rules.uniform, rules.new_mass, rules.new_rare = unk, uniform, new_mass, new_rare
        rules.kinds = numbers.shape[0] > len(words) + 1
        rules.arithmetic, rules.granularity = <Arithmetic>arithmetic, granularity
        cdef unique_ptr[ModelBuilder] builder = unique_ptr[ModelBuilder](new ModelBuilder(rules))
        cdef TextView view
        cdef Py_ssize_t i
        cdef int byte
        cdef uint32_t c, beginning
        cdef vector[int32_t] shown
        if ranks is None:
            ranks = log_probs
        if log_probs.shape[0] != len(words) or ranks.shape[0] != len(words):
            raise ValueError("one log-probability and one rank a word are needed.")
        if flags is not None and flags.shape[0] != len(words):
            raise ValueError("one flag a word is needed.")
        if numbers.shape[0] != len(words) + (len(KINDS) if rules.kinds else 1):
            raise ValueError("one id a word is needed.")
        if links is not None:
            if crossing or fallback or uniform or classes is None or classes.shape[0] != len(words):
                raise ValueError("classes need a lexicon of words, and one class a word.")
            if not 3 <= links.shape[0] == links.shape[1] <= 257 or np.max(classes, initial=0) >= links.shape[0]:
                raise ValueError("links must be a square table of at most 255 classes and two more.")
            if not np.isfinite(links).all():
                raise ValueError("links must be finite.")
            builder.get().set_classes(<uint32_t>(links.shape[0] - 2), &classes[0] if len(words) else NULL, len(words),
                                      &links[0, 0])
        shown.assign(&numbers[0], &numbers[0] + numbers.shape[0])
        for i in range(len(words)):
            word = words[i]
            byte, beginning = -1, 0
            if fallback and is_beginning(word):
                code = latin_of(word).encode("latin-1")
                beginning = len(code) << 24 | int.from_bytes(code.ljust(3, b"\0"), "big")
            elif fallback and len(word) == 1:
                c = ord(word)
                byte = c if c < 0x80 else c - 0xDC00 if 0xDC80 <= c <= 0xDCFF else -1
            if bytes_:
                word = latin_of(word)
            view_of(word, view)
            builder.get().add(view, log_probs[i], ranks[i], byte, beginning, 0 if flags is None else flags[i])
        self.model = builder.get().build()
        self.words = words
        self.objects.reset(new Objects(words, shown, self.model.get()[0]))

    def log_prob(self, Py_ssize_t word):
        """Return ln p of a word: as it was given or, for own words, as it was computed."""
        if not 0 <= word < <Py_ssize_t>self.model.get().log_probs.size() - 1:
            raise IndexError(f"there is no word {word}.")
        return self.model.get().log_probs[word + 1]

    def sides(self, Py_ssize_t word, str token not None):
        """Return the class of a token on its left and on its right side; `word` is -1 if it is not a word."""
        cdef uint32_t outside
        if word >= 0:
            return self.model.get().classes.left.at(word + 1), self.model.get().classes.right.at(word + 1)
        outside = self.model.get().outside_class(0, ord(token[0]))
        return outside, outside

    def link(self, uint32_t left, uint32_t right):
        """Return the link of a class to a class, in nats."""
        if max(left, right) > self.model.get().classes.count + 1:
            raise IndexError(f"there is no class {max(left, right)}.")
        return self.model.get().classes.link(left, right)

    def __reduce__(self):
        if self.recipe is None:
            raise TypeError("a Segmenter without a recipe cannot be pickled.")
        return self.recipe

    def tokenize(self, text):
        """Return the tokens of a text by the best segmentation; see ``help(Tokenizer.tokenize)``."""
        return strings(self.model.get()[0], self.objects.get()[0], text)

    def encode(self, text):
        """Return the ids of the tokens of a text by the best segmentation; see ``help(Tokenizer.encode)``."""
        return numbers(self.model.get()[0], self.objects.get()[0], text)

    def segment(self, text):
        """Return the ids, tokens and spans of the best segmentation: three lists.

        Spans are (start, end) in characters (code points); for bytes, in bytes.  A token that is part of a character,
        or ends with one, has that whole character in its span.
        """
        return all_forms(self.model.get()[0], self.objects.get()[0], text)

    cdef shared_ptr[const WeightTable] table(self, double alpha) except *:
        cdef size_t i, kept = 4 if self.model.get().log_probs.size() < 2000000 else 1
        cdef shared_ptr[const WeightTable] found
        if not alpha >= 0:
            raise ValueError(f"alpha must be a number from 0 to infinity, not {alpha}.")
        with cython.critical_section(self):
            for i in range(self.tables.size()):
                if self.tables[i].get().alpha == alpha:
                    return self.tables[i]
            found = make_table(self.model.get()[0], Numbers.POWERS, alpha)
            if self.tables.size() >= kept:
                self.tables.erase(self.tables.begin())
            self.tables.push_back(found)
            return found

    cdef _draw(self, text, given_alpha, seed, rng, given_index, bint ids):
        """Draw one segmentation: strings or ids."""
        cdef uint64_t number, index
        cdef double alpha
        if rng is None and type(seed) is int:
            try:
                number = seed
            except OverflowError:
                number = draw_seed(seed, rng)  # raises an exception that says what a seed is
        else:
            number = draw_seed(seed, rng)
        try:
            index = given_index if type(given_index) is int else check_index(given_index)
        except OverflowError:
            index = check_index(given_index)
        alpha = limit_alpha(given_alpha if type(given_alpha) is float else check_number("alpha", given_alpha, least=0))
        if ids:
            return sampled_numbers(self.model.get()[0], self.objects.get()[0], self.table(alpha).get()[0], text, number, index)
        return sampled_strings(self.model.get()[0], self.objects.get()[0], self.table(alpha).get()[0], text, number, index)

    def sample(self, text, *, alpha=0.2, seed=None, rng=None, index=0):
        """Draw a segmentation of a text and return its tokens; see ``help(Tokenizer.sample)``."""
        return self._draw(text, alpha, seed, rng, index, False)

    def sample_ids(self, text, *, alpha=0.2, seed=None, rng=None, index=0):
        """Draw a segmentation of a text and return its ids; see ``help(Tokenizer.sample_ids)``."""
        return self._draw(text, alpha, seed, rng, index, True)

    def sample_many(self, text, double alpha, uint64_t seed, uint64_t index, Py_ssize_t k):
        """Draw k segmentations from one table of sums, as lists of strings."""
        cdef shared_ptr[const WeightTable] table
        alpha = limit_alpha(alpha)
        table = self.table(alpha)
        if isinf(alpha):
            return [
                sampled_strings(self.model.get()[0], self.objects.get()[0], table.get()[0], text, seed, index)
                for _ in range(k)
            ]
        return sample_lists(self.model.get()[0], self.objects.get()[0], table.get()[0], text, seed, index, k)

    def nbest(self, text, n=10):
        """Return the best segmentations of a text with their scores; see ``help(Tokenizer.nbest)``."""
        cdef Py_ssize_t limit = 0
        if type(n) is int:
            try:
                limit = n
            except OverflowError:
                pass
        if not 1 <= limit <= MOST_BEST:
            limit = check_integer("n", n, most=MOST_BEST)
        with cython.critical_section(self):
            if not self.ranks.get():
                self.ranks = make_table(self.model.get()[0], Numbers.RANKS, 1)
        return best_lists(self.model.get()[0], self.objects.get()[0], self.ranks.get()[0], text, limit)

    def sums(self, text, double alpha):
        """Return ln Z, entropy and expected number of tokens."""
        cdef TextMarginals found
        cdef Source source
        cdef shared_ptr[const WeightTable] table = self.table(alpha)
        source.open(self.model.get()[0], text)
        with nogil:
            found.sums(self.model.get()[0], table.get()[0], source.view)
        return found.log_sum, found.entropy, found.tokens

    def marginals(self, text, double alpha):
        cdef MarginalTable table = MarginalTable()
        cdef Source source
        cdef shared_ptr[const WeightTable] weights = self.table(alpha)
        source.open(self.model.get()[0], text)
        with nogil:
            table.found.compute(self.model.get()[0], weights.get()[0], source.view)
        table.text, table.owner = text, self
        return table

    cdef _batch(self, list texts, int workers, bint ends_too, bint sampled, double alpha, uint64_t seed,
                uint64_t start, size_t draws):
        """Return lists of strings (`ends_too`), or ids and offsets; with `draws`, that many rows for each text."""
        cdef vector[Source] sources = vector[Source](len(texts))
        cdef _Batch batch = _Batch.__new__(_Batch)
        cdef vector[TextView]* views = &batch.views
        cdef size_t total = 0, i, rows = draws if draws else 1
        cdef int64_t count
        views.reserve(len(texts))
        for i in range(sources.size()):
            sources[i].open(self.model.get()[0], texts[i])
            views.push_back(sources[i].view)
            total += sources[i].view.size
        total *= most_tokens(self.model.get()[0])
        if total and rows > (<size_t>1 << 48) // total:
            raise MemoryError(f"{rows} draws of {total} characters do not fit into memory.")
        total *= rows
        if sampled:
            batch.table = self.table(alpha)
        ids = np.empty(total + 1, np.int32)
        ends = np.empty(total + 1 if ends_too else 1, np.uint32)
        offsets = np.empty(len(texts) * rows + 1, np.int64)
        cdef int32_t[::1] id_view = ids
        cdef uint32_t[::1] end_view = ends
        cdef int64_t[::1] offset_view = offsets
        batch.owner, batch.seed, batch.start, batch.draws = self, seed, start, draws
        batch.output.rows = rows
        batch.output.ids, batch.output.offsets = &id_view[0], &offset_view[0]
        batch.output.ends = &end_view[0] if ends_too else NULL
        if ends_too:
            batch.slices = make_slices(batch.views, max(<size_t>workers, total // SLICE_TOKENS))
            return batch.strings(texts, workers)
        batch.slices = make_slices(batch.views, workers)
        for_each(range(batch.slices.size()), batch.encode, max(1, min(workers, <int>batch.slices.size())))
        with nogil:
            count = close_gaps(self.model.get()[0], batch.slices, batch.output)
        with nogil:
            self.objects.get().renumber(&id_view[0], count)
        id_view = None
        ids.resize(count, refcheck=False)  # frees the room that was reserved for the most tokens
        return ids, offsets

    def encode_batch(self, list texts not None, int workers):
        return self._batch(texts, workers, False, False, 0, 0, 0, 0)

    def tokenize_batch(self, list texts not None, int workers):
        return self._batch(texts, workers, True, False, 0, 0, 0, 0)

    def sample_batch(self, list texts not None, double alpha, uint64_t seed, uint64_t start, size_t draws, bint words,
                     int workers):
        return self._batch(texts, workers, words, True, INFINITY if alpha > 1e8 else alpha, seed, start, draws)
