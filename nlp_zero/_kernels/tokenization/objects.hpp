// Sampling and marginals as Python objects, and sampling in batches.
#pragma once
#include <numeric>

#include "batch.hpp"
#include "emit.hpp"
#include "sample.hpp"
#include "sample_runs.hpp"

namespace nlpzero::tokenization {

template <Form form>
PyObject* sample_list(const Model& model, Objects& objects, const WeightTable& table, PyObject* text, uint64_t seed, uint64_t index) {
    Stream stream(seed, index);
    return collect<form>(model, objects, text, [&](auto chars, size_t size, auto sink) {
        sample_text(model, table, chars, size, stream, sink);
    });
}

// The tokens of a path, edge by edge, as strings.
template <class Edges>
PyObject* path_list(const Model& model, Objects& objects, const TextLattice& lattice, PyObject* text,
                    const Source& source, Edges edges) {
    return list_tokens<STRINGS>(model, objects, text, source.view, [&](auto, auto sink) {
        size_t start = 0;
        edges([&](int64_t e) {
            const size_t end = size_t(lattice.end[size_t(e)]);
            sink(lattice.id[size_t(e)], lattice.starts[start], lattice.starts[end]);
            start = end;
        });
    });
}

// k lists of strings, drawn from the transition probabilities of a chain whose edges are one object each.
template <class Char>
PyObject* draw_lists(Objects& objects, PyObject* text, const Char* chars, const TextChain& chain, Stream& stream, Py_ssize_t k) {
    const TextLattice& lattice = chain.lattice;
    const Lattice graph = lattice.view();
    References owner;
    const Objects::PieceSlots pieces = objects.pieces();
    std::vector<PyObject*> items(lattice.edges);  // lent
    for (size_t i = 0; i < graph.n; ++i) for (size_t e = size_t(graph.first[i]); e < size_t(graph.first[i + 1]); ++e) {
        items[e] = pieces(text, chars, lattice.id[e], lattice.starts[i], lattice.starts[size_t(graph.end[e])], owner);
        if (!items[e]) return nullptr;
    }
    SampleRuns<PyObject*> runs(graph, items.data(), chain.q.data());
    constexpr size_t FEW = 4096;  // items that are drawn before their references are counted
    std::vector<PyObject*> paths(FEW + graph.n + runs.LONGEST);
    std::vector<size_t> sizes;
    PyObject* const lists = PyList_New(k);
    for (Py_ssize_t done = 0; lists && done < k;) {
        PyObject** end = paths.data();
        sizes.clear();
        while (end <= paths.data() + FEW && done + Py_ssize_t(sizes.size()) < k) {
            sizes.push_back(runs.draw(stream, end));
            end += sizes.back();
        }
        runs.take_uses(add_references);
        PyObject** at = paths.data();
        for (const size_t size : sizes) {
            PyObject* const list = PyList_New(Py_ssize_t(size));
            if (!list) {
                while (at < end) Py_DECREF(*at++);
                Py_DECREF(lists);
                return nullptr;
            }
            std::copy_n(at, size, reinterpret_cast<PyListObject*>(list)->ob_item);
            at += size;
            PyList_SET_ITEM(lists, done++, list);
        }
    }
    return lists;
}

// k lists of strings from one table of transition probabilities.
inline PyObject* sample_lists(const Model& model, Objects& objects, const WeightTable& table, PyObject* text,
                              uint64_t seed, uint64_t index, Py_ssize_t k) {
    Source source;
    if (!source.open(model, text)) return nullptr;
    const TextView& view = source.view;
    TextChain chain;
    with_chars(view, [&](auto chars) { chain.build(model, table, chars, view.size); return 0; });
    const TextLattice& lattice = chain.lattice;
    Stream stream(seed, index);
    const bool whole = !source.utf8() && !(model.rules.crossing && lattice.unknown);  // each edge is one object
    if (whole) return with_chars(view, [&](auto chars) { return draw_lists(objects, text, chars, chain, stream, k); });
    PyObject* lists = PyList_New(k);
    for (Py_ssize_t s = 0; lists && s < k; ++s) {
        PyObject* list = path_list(model, objects, lattice, text, source,
                                   [&](auto add) { draw(lattice.view(), chain.q.data(), stream, add); });
        if (!list) Py_CLEAR(lists);
        else PyList_SET_ITEM(lists, s, list);
    }
    return lists;
}

struct TextMarginals {
    double log_sum = 0, entropy = 0, tokens = 0;  // nats, nats, expected number
    TextChain chain;
    std::vector<double> visits, edges;
    size_t size() const {  // number of tokens, of which an edge may have several
        const auto& tokens = chain.lattice.tokens;
        if (!chain.lattice.spans.empty()) return chain.lattice.spans.size();
        return tokens.empty() ? edges.size() : std::accumulate(tokens.begin(), tokens.end(), size_t(0));
    }

    template <bool want_entropy>
    void compute(const Model& model, const WeightTable& table, const TextView& view) {
        with_chars(view, [&](auto chars) { chain.build(model, table, chars, view.size); return 0; });
        log_sum = chain.log_sum;
        const Lattice graph = chain.lattice.view();
        visits.resize(graph.n + 1);
        edges.resize(chain.lattice.edges);
        entropy = marginals<want_entropy>(graph, chain.q.data(), visits.data(), edges.data());
        for (size_t i = 0; i < graph.n; ++i) tokens += visits[i];
        if (graph.tokens) for (size_t e = 0; e < edges.size(); ++e) tokens += edges[e] * (graph.tokens[e] - 1);
    }
    // cuts: positions + 1; starts, ends, ids, probabilities: `size` of each
    void write(const Model& model, const Objects& objects, const TextView& view, double* cuts, int64_t* starts,
               int64_t* ends, int32_t* ids, double* probabilities) const {
        const TextLattice& lattice = chain.lattice;
        for (size_t i = 0; i < visits.size(); ++i) cuts[lattice.starts[i]] += visits[i];
        size_t k = lattice.spans.size();
        for (size_t i = 0; k && i < visits.size(); ++i) cuts[lattice.starts[i]] = std::min(cuts[lattice.starts[i]], 1.0);
        for (size_t s = 0; s < k; ++s) {
            starts[s] = lattice.spans[s].start;
            ends[s] = lattice.spans[s].end;
            ids[s] = lattice.spans[s].id;
            probabilities[s] = 0;
        }
        for (size_t e = 0; e < lattice.span.size(); ++e) probabilities[lattice.span[e]] += edges[e];
        if (k) return objects.renumber(ids, k);
        with_chars(view, [&](auto chars) {
            for (size_t i = 0; i + 1 < lattice.first.size(); ++i)
            for (size_t e = size_t(lattice.first[i]); e < size_t(lattice.first[i + 1]); ++e) {
                auto add = [&](int32_t id) {
                    starts[k] = lattice.starts[i];
                    ends[k] = lattice.starts[size_t(lattice.end[e])];
                    ids[k] = id;
                    probabilities[k++] = edges[e];
                };
                if (lattice.id[e] || !model.rules.fallback) { add(lattice.id[e]); continue; }
                int32_t parts[4];
                const int n = model.spelled(uint32_t(chars[lattice.starts[i]]), parts);
                for (int b = 0; b < n; ++b) add(parts[b]);
            }
            return 0;
        });
        objects.renumber(ids, k);
    }
};

// Draw one segmentation of a text or, unless `draws` is 0, this many from one table, the chain; draw_row(run) is called
// for each.
template <class Char, class Row>
void sample_rows(const Model& model, const WeightTable& table, Stream stream, size_t draws, const Char* chars, size_t size,
                 TextChain& chain, Row draw_row) {
    const bool shared = draws && !std::isinf(table.alpha);
    if (shared) chain.build(model, table, chars, size);
    const TextLattice& lattice = chain.lattice;
    for (size_t d = 0; d < (draws ? draws : 1); ++d) {
        draw_row([&](auto sink) {
            if (!shared) return sample_text(model, table, chars, size, stream, sink);
            size_t from = 0;
            draw(lattice.view(), chain.q.data(), stream, [&](int64_t e) {
                const size_t to = size_t(lattice.end[size_t(e)]);
                sink(lattice.id[size_t(e)], lattice.starts[from], lattice.starts[to]);
                from = to;
            });
        });
    }
}

// The segmentations of `sample_rows` for each text, which has its own stream.
inline void encode_sampled(const Model& model, const WeightTable& table, uint64_t seed, uint64_t start, size_t draws,
                           const std::vector<TextView>& texts, const Slice& slice, const BatchOutput& output) {
    TextChain chain;
    encode_slice(model, slice, output, [&](size_t i, int32_t* out, uint32_t* ends_out, int64_t* counts) {
        with_chars(texts[i], [&](auto chars) {
            sample_rows(model, table, Stream(seed, start + i), draws, chars, texts[i].size, chain, [&](auto run) {
                int32_t* const begin = out;
                auto write = [&](int32_t id, uint32_t, uint32_t end) { *out++ = id; *ends_out++ = end; };
                auto write_ids = [&](int32_t id, uint32_t, uint32_t) { *out++ = id; };
                if (ends_out) emit_tokens(model, chars, run, write);
                else emit_tokens(model, chars, run, write_ids);
                *counts++ = out - begin;
            });
            return 0;
        });
    });
}

// Append the tokens of a slice, as lists of strings, to `lists`; returns whether that succeeded.  The new lists are not tracked:
// the garbage collector would visit them again and again while more of them are made, and nothing here can be garbage.
inline bool append_lists(const Model& model, Objects& objects, PyObject* texts, const std::vector<TextView>& views,
                         const Slice& slice, const BatchOutput& output, PyObject* lists) {
    bool good = true;
    size_t at = slice.at * most_tokens(model) * output.rows;
    for (size_t row = slice.first * output.rows; good && row < slice.last * output.rows; ++row) {
        const size_t i = row / output.rows, count = size_t(output.offsets[row + 1]);
        PyObject* const list = list_pieces(objects, PyList_GET_ITEM(texts, Py_ssize_t(i)), views[i], count, [ids = output.ids + at, ends = output.ends + at](size_t k) {
            return Token{ids[k], ends[k]};
        });
        if (list) PyObject_GC_UnTrack(list);
        good = list && PyList_Append(lists, list) == 0;
        Py_XDECREF(list);
        at += count;
    }
    return good;
}

// Show the lists of `append_lists` to the garbage collector, before users get them.
inline void track_lists(PyObject* lists) {
    for (Py_ssize_t k = 0; k < PyList_GET_SIZE(lists); ++k) PyObject_GC_Track(PyList_GET_ITEM(lists, k));
}

}  // namespace nlpzero::tokenization
