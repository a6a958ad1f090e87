// Sampling, n-best and marginals as Python objects, and sampling in batches.
#pragma once
#include "tokenize_batch.hpp"
#include "tokenize_emit.hpp"
#include "tokenize_sample.hpp"

namespace nlpzero {

inline PyObject* list_as(int what, Objects& objects, PyObject* text, const TextView& view, const TokenBuffer& tokens) {
    if (what == 0) return make_list<0>(objects, text, view, tokens.data(), tokens.size());
    if (what == 1) return make_list<1>(objects, text, view, tokens.data(), tokens.size());
    return make_list<2>(objects, text, view, tokens.data(), tokens.size());
}

inline PyObject* sample_list(const Model& model, Objects& objects, const AlphaTable& table, PyObject* text, uint64_t seed, uint64_t index, int what) {
    TextView view;
    if (!view_of(text, view)) return nullptr;
    TokenBuffer tokens;
    Stream stream(seed, index);
    with_chars(view, [&](auto chars) {
        sample_text(model, table, chars, view.size, stream, [&](int32_t id, uint32_t, uint32_t end) { tokens.add(id, end); });
        return 0;
    });
    return list_as(what, objects, text, view, tokens);
}

inline void build_lattice(TextLattice& lattice, const Model& model, const TextView& view, bool fixed) {
    with_chars(view, [&](auto chars) { lattice.build(model, chars, view.size, fixed); return 0; });
}

// k lists from one table of transition probabilities.  Each edge keeps its object, so a token costs one choice, one reference.
inline PyObject* sample_lists(const Model& model, Objects& objects, const AlphaTable& table, PyObject* text, uint64_t seed, uint64_t index, int what, Py_ssize_t k) {
    TextView view;
    if (!view_of(text, view)) return nullptr;
    TextChain chain;
    with_chars(view, [&](auto chars) { chain.build(model, table, chars, view.size); return 0; });
    const TextLattice& lattice = chain.lattice;
    struct Choice { double q; PyObject* item; uint32_t next, last; };  // last: it takes what is left
    std::vector<Choice> choices(lattice.end.size());
    std::vector<uint32_t> first(lattice.first.begin(), lattice.first.end());
    const size_t n = first.size() - 1;
    bool good = true;
    for (size_t i = 0; i < n; ++i) for (size_t e = first[i]; e < first[i + 1]; ++e) {
        const Token token{lattice.id[e], lattice.starts[size_t(lattice.end[e])]};
        choices[e] = {chain.q[e], objects.item(what, text, view, token, lattice.starts[i]), first[size_t(lattice.end[e])], e + 1 == first[i + 1]};
        good = good && choices[e].item;
    }
    for (size_t i = 0; i < n; ++i) {  // an impossible edge (q = 0 by underflow) must not take what rounding leaves
        size_t last = first[i + 1] - 1;
        while (last > first[i] && choices[last].q == 0) --last;
        choices[last].last = 1;
    }
    Stream stream(seed, index);
    std::vector<PyObject*> items(n);
    PyObject* lists = good ? PyList_New(k) : nullptr;
    for (Py_ssize_t s = 0; lists && s < k; ++s) {
        size_t count = 0;
        for (const Choice *at = choices.data(), *end = at + choices.size(); at != end;) {
            if (!at->last) {
                double left = stream.uniform() - at->q;
                while (left >= 0 && !at->last) left -= (++at)->q;
            }
            items[count++] = at->item;
            at = choices.data() + at->next;
        }
        PyObject* list = PyList_New(Py_ssize_t(count));
        if (!list) { Py_CLEAR(lists); break; }
        for (size_t t = 0; t < count; ++t) {
            Py_INCREF(items[t]);
            PyList_SET_ITEM(list, Py_ssize_t(t), items[t]);
        }
        PyList_SET_ITEM(lists, s, list);
    }
    for (const Choice& choice : choices) Py_XDECREF(choice.item);
    return lists;
}

inline PyObject* best_lists(const Model& model, Objects& objects, PyObject* text, size_t limit) {
    TextView view;
    if (!view_of(text, view)) return nullptr;
    TextLattice lattice;
    build_lattice(lattice, model, view, true);
    const auto paths = n_best(lattice.view(), limit);
    PyObject* lists = PyList_New(Py_ssize_t(paths.size()));
    for (size_t i = 0; lists && i < paths.size(); ++i) {
        TokenBuffer tokens;
        double nats = 0;
        for (int64_t e : paths[i]) {
            const uint32_t end = lattice.starts[size_t(lattice.end[size_t(e)])];
            tokens.add(lattice.id[size_t(e)], end);
            const size_t id = size_t(lattice.id[size_t(e)]);
            if (id || lattice.score[size_t(e)] != 0) nats += model.log_probs[id];  // a boundary costs nothing
        }
        PyObject* list = list_as(0, objects, text, view, tokens);
        PyObject* pair = list ? Py_BuildValue("(Nd)", list, nats) : nullptr;
        if (!pair) Py_CLEAR(lists);
        else PyList_SET_ITEM(lists, Py_ssize_t(i), pair);
    }
    return lists;
}

struct TextMarginals {
    double log_sum = 0, entropy = 0, tokens = 0;  // nats, nats, expected number
    TextChain chain;
    std::vector<double> visits, edges;
    size_t size() const { return edges.size(); }

    template <bool want_entropy>
    void compute(const Model& model, const AlphaTable& table, const TextView& view) {
        with_chars(view, [&](auto chars) { chain.build(model, table, chars, view.size); return 0; });
        log_sum = chain.log_sum;
        const Lattice graph = chain.lattice.view();
        visits.resize(graph.n + 1);
        edges.resize(chain.lattice.end.size());
        entropy = marginals<want_entropy>(graph, chain.q.data(), visits.data(), edges.data());
        for (size_t i = 0; i < graph.n; ++i) tokens += visits[i];
    }
    // cuts: characters + 1; starts, ends (characters), ids, probabilities: one an edge
    void write(double* cuts, int64_t* starts, int64_t* ends, int32_t* ids, double* probabilities) const {
        const TextLattice& lattice = chain.lattice;
        for (size_t i = 0; i < visits.size(); ++i) cuts[lattice.starts[i]] = visits[i];
        for (size_t i = 0; i + 1 < lattice.first.size(); ++i) for (int64_t e = lattice.first[i]; e < lattice.first[i + 1]; ++e) {
            starts[e] = lattice.starts[i];
            ends[e] = lattice.starts[size_t(lattice.end[size_t(e)])];
            ids[e] = lattice.id[size_t(e)];
            probabilities[e] = edges[size_t(e)];
        }
    }
};

inline int64_t encode_sampled(const Model& model, const AlphaTable& table, uint64_t seed, uint64_t start, const std::vector<TextView>& texts, int workers, int32_t* ids, uint32_t* ends, int64_t* offsets) {
    return encode_texts(texts, workers, ids, ends, offsets, [&](size_t i, int32_t* out, uint32_t* ends_out) {
        int32_t* const begin = out;
        Stream stream(seed, start + i);
        with_chars(texts[i], [&](auto chars) {
            if (ends_out) sample_text(model, table, chars, texts[i].size, stream, [&](int32_t id, uint32_t, uint32_t end) { *out++ = id; *ends_out++ = end; });
            else sample_text(model, table, chars, texts[i].size, stream, [&](int32_t id, uint32_t, uint32_t) { *out++ = id; });
            return 0;
        });
        return size_t(out - begin);
    });
}

}  // namespace nlpzero
