# Parses under a template grammar: see chart.hpp.  `nlp_zero.templates.grammar` is what people use.
# Segments come as flat numbers of words (0: no anchor of any template) with offsets, as Tokenizer.encode_batch gives them.


cdef extern from * nogil:
    """
    #include "templates/chart_outside.hpp"
    #include "templates/chart_trace.hpp"
    namespace nlpzero::templates {
    typedef Chart<Sum> SumChart;
    typedef Chart<Best> BestChart;
    inline void best_tree(BestChart& chart, std::vector<ParseNode>& tree) { Trace<Best, TakeBest>(chart, {}).run(tree); }
    inline void drawn_tree(SumChart& chart, uint64_t seed, uint64_t index, std::vector<ParseNode>& tree) {
        Stream numbers(seed, index);
        Trace<Sum, TakeRandom>(chart, {numbers}).run(tree);
    }
    }
    """
    cdef cppclass TemplateTrie "nlpzero::templates::TemplateTrie":
        double q
        void add(const int32_t*, size_t, double) except +
    cdef cppclass ParseNode "nlpzero::templates::ParseNode":
        int32_t start, end, label, depth
    cdef cppclass SumChart "nlpzero::templates::SumChart":
        SumChart(const TemplateTrie&) except +
        double inside(const int32_t*, size_t) except +
    cdef cppclass BestChart "nlpzero::templates::BestChart":
        BestChart(const TemplateTrie&) except +
        double inside(const int32_t*, size_t) except +
    cdef cppclass Outside "nlpzero::templates::Outside":
        Outside(SumChart&) except +
        void run(double*, double*) except +
    void c_alternatives "nlpzero::templates::alternatives"(BestChart&, const int32_t*, const int64_t*, size_t, double*) except +
    void best_tree "nlpzero::templates::best_tree"(BestChart&, vector[ParseNode]&) except +
    void drawn_tree "nlpzero::templates::drawn_tree"(SumChart&, uint64_t, uint64_t, vector[ParseNode]&) except +


cdef class TemplateChart:
    """The trie of a grammar; charts belong to the calls, so threads may share it."""
    cdef TemplateTrie trie
    cdef readonly Py_ssize_t templates

    def __init__(self, const int32_t[::1] items, const int64_t[::1] offsets, const double[::1] weights, double q):
        cdef Py_ssize_t t
        check_offsets(offsets, items.shape[0])
        if offsets.shape[0] != weights.shape[0] + 1:
            raise ValueError("one weight for each template is needed.")
        self.trie.q = q
        self.templates = weights.shape[0]
        for t in range(self.templates):
            self.trie.add(&items[offsets[t]], offsets[t + 1] - offsets[t], weights[t])

    def expected(self, const int32_t[::1] words, const int64_t[::1] offsets):
        check_offsets(offsets, words.shape[0])
        counts_array = np.zeros(self.templates + 1)
        cdef double[::1] counts = counts_array
        cdef unique_ptr[SumChart] chart = make_unique[SumChart](self.trie)
        cdef unique_ptr[Outside] outside = unique_ptr[Outside](new Outside(chart.get()[0]))
        cdef double log_value = 0
        cdef Py_ssize_t s
        with nogil:
            for s in range(offsets.shape[0] - 1):
                if offsets[s + 1] > offsets[s]:
                    log_value += chart.get().inside(&words[offsets[s]], offsets[s + 1] - offsets[s])
                    outside.get().run(&counts[0], NULL)
        return counts_array[:self.templates], log_value

    def alternatives(self, const int32_t[::1] items, const int64_t[::1] offsets):
        check_offsets(offsets, items.shape[0])
        if offsets.shape[0] != self.templates + 1:
            raise ValueError("the items of every template are needed.")
        out = np.zeros(self.templates + 1)
        cdef double[::1] values = out
        cdef unique_ptr[BestChart] chart = make_unique[BestChart](self.trie)
        with nogil:
            if self.templates:
                c_alternatives(chart.get()[0], &items[0], &offsets[0], self.templates, &values[0])
        return out[:self.templates]

    def log_values(self, const int32_t[::1] words, const int64_t[::1] offsets):
        check_offsets(offsets, words.shape[0])
        out = np.zeros(offsets.shape[0])
        cdef double[::1] values = out
        cdef unique_ptr[SumChart] chart = make_unique[SumChart](self.trie)
        cdef Py_ssize_t s
        with nogil:
            for s in range(offsets.shape[0] - 1):
                if offsets[s + 1] > offsets[s]:
                    values[s] = chart.get().inside(&words[offsets[s]], offsets[s + 1] - offsets[s])
        return out[:offsets.shape[0] - 1]

    def spans(self, const int32_t[::1] words):
        cdef size_t n = words.shape[0]
        cdef unique_ptr[SumChart] chart = make_unique[SumChart](self.trie)
        cdef unique_ptr[Outside] outside = unique_ptr[Outside](new Outside(chart.get()[0]))
        units_array = np.zeros((n + 1, n + 1))
        cdef double[:, ::1] units = units_array
        cdef double[::1] counts = np.zeros(self.templates + 1)
        if n:
            with nogil:
                chart.get().inside(&words[0], n)
                outside.get().run(&counts[0], &units[0, 0])
        return units_array

    def best(self, const int32_t[::1] words, const int64_t[::1] offsets):
        check_offsets(offsets, words.shape[0])
        cdef unique_ptr[BestChart] chart = make_unique[BestChart](self.trie)
        cdef vector[ParseNode] tree
        cdef vector[int32_t] rows
        scores_array, ends_array = np.zeros(offsets.shape[0]), np.zeros(offsets.shape[0], np.int64)
        cdef double[::1] scores = scores_array
        cdef int64_t[::1] ends = ends_array
        cdef Py_ssize_t s
        with nogil:
            for s in range(offsets.shape[0] - 1):
                if offsets[s + 1] > offsets[s]:
                    scores[s] = chart.get().inside(&words[offsets[s]], offsets[s + 1] - offsets[s])
                    best_tree(chart.get()[0], tree)
                    append(rows, tree)
                ends[s + 1] = rows.size() // 4
        return as_rows(rows), ends_array, scores_array[:offsets.shape[0] - 1]

    def draw(self, const int32_t[::1] words, uint64_t seed, uint64_t index, Py_ssize_t k):
        cdef unique_ptr[SumChart] chart = make_unique[SumChart](self.trie)
        cdef vector[ParseNode] tree
        cdef vector[int32_t] rows
        ends_array = np.zeros(k + 1, np.int64)
        cdef int64_t[::1] ends = ends_array
        cdef Py_ssize_t s
        with nogil:
            if words.shape[0]:
                chart.get().inside(&words[0], words.shape[0])
            for s in range(k):
                if words.shape[0]:
                    drawn_tree(chart.get()[0], seed, index + s, tree)
                    append(rows, tree)
                ends[s + 1] = rows.size() // 4
        return as_rows(rows), ends_array


cdef int append(vector[int32_t]& rows, const vector[ParseNode]& tree) except -1 nogil:
    cdef size_t k
    for k in range(tree.size()):
        rows.push_back(tree[k].start)
        rows.push_back(tree[k].end)
        rows.push_back(tree[k].label)
        rows.push_back(tree[k].depth)
    return 0


cdef as_rows(vector[int32_t]& rows):
    out = np.empty(rows.size(), np.int32)
    cdef int32_t[::1] view = out
    cdef size_t k
    for k in range(rows.size()):
        view[k] = rows[k]
    return out.reshape(-1, 4)
