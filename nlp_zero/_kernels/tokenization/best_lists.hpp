// N-best lists as Python objects.
#pragma once
#include "best_paths.hpp"
#include "objects.hpp"

namespace nlpzero::tokenization {

// A pair of a list, whose reference is taken over, and its ln p; null with an exception set, also if the list is null.
inline PyObject* make_pair(PyObject* list, double nats) {
    PyObject* const number = list ? PyFloat_FromDouble(nats) : nullptr;
    PyObject* const pair = number ? PyTuple_New(2) : nullptr;
    if (!pair) {
        Py_XDECREF(list);
        Py_XDECREF(number);
        return nullptr;
    }
    PyTuple_SET_ITEM(pair, 0, list);
    PyTuple_SET_ITEM(pair, 1, number);
    return pair;
}

// Among equal scores `n_best` has an order of its own: the best segmentation moves to the front.
inline void put_best_first(const Model& model, const TextLattice& lattice, const TextView& view, std::vector<std::vector<int64_t>>& paths) {
    std::vector<int64_t> best;
    size_t at = 0;  // a position: symbols of words that cross boundaries are single characters
    with_chars(view, [&](auto chars) {
        cut_words(model, chars, view.size, [&](int32_t, uint32_t, uint32_t end) {
            int64_t e = lattice.first[at];
            while (lattice.starts[size_t(lattice.end[size_t(e)])] != end) ++e;
            best.push_back(e);
            at = size_t(lattice.end[size_t(e)]);
        });
        return 0;
    });
    auto found = std::find(paths.begin(), paths.end(), best);
    if (found == paths.end()) *--found = best;
    std::rotate(paths.begin(), found, found + 1);
}

// The tokens of edges as strings, which paths share.
class EdgeItems {
 public:
    EdgeItems(Objects& objects, const TextLattice& lattice, PyObject* text, const TextView& view)
        : objects_(objects), lattice_(lattice), text_(text), view_(view), items_(lattice.edges) {}
    ~EdgeItems() {
        for (PyObject* item : items_) Py_XDECREF(item);
    }
    EdgeItems(const EdgeItems&) = delete;
    EdgeItems& operator=(const EdgeItems&) = delete;

    // The tokens of a path; `nats` receives the sum of the weights of its edges.
    PyObject* list(const std::vector<int64_t>& path, double& nats) {
        PyObject* list = PyList_New(Py_ssize_t(path.size()));
        PyObject** const items = items_.data();
        double sum = 0;
        for (size_t k = 0; list && k < path.size(); ++k) {
            const size_t e = size_t(path[k]);
            sum += lattice_.nats[e];
            if (!items[e] && !make(e, k ? size_t(lattice_.end[size_t(path[k - 1])]) : 0)) {
                Py_CLEAR(list);
                break;
            }
            Py_INCREF(items[e]);
            PyList_SET_ITEM(list, Py_ssize_t(k), items[e]);
        }
        nats = sum;
        return list;
    }

 private:
    Objects& objects_;
    const TextLattice& lattice_;
    PyObject* text_;
    const TextView& view_;
    std::vector<PyObject*> items_;

    bool make(size_t e, size_t start) {
        const Token token{lattice_.id[e], lattice_.starts[size_t(lattice_.end[e])]};
        return (items_[e] = objects_.item(text_, view_, token, lattice_.starts[start])) != nullptr;
    }
};

// Of any model.
inline PyObject* lattice_lists(const Model& model, Objects& objects, const WeightTable& ranks, PyObject* text, size_t limit) {
    Source source;
    if (!source.open(model, text)) return nullptr;
    TextLattice lattice;
    with_chars(source.view, [&](auto chars) { lattice.build(model, ranks, chars, source.view.size); return 0; });
    auto paths = n_best(lattice.view(), limit);
    if (model.rules.crossing && !paths.empty()) put_best_first(model, lattice, source.view, paths);
    const bool whole = !source.utf8() && !(model.rules.crossing && lattice.unknown);  // each edge is one object
    EdgeItems items(objects, lattice, text, source.view);
    PyObject* lists = PyList_New(Py_ssize_t(paths.size()));
    for (size_t i = 0; lists && i < paths.size(); ++i) {
        double nats = 0;
        PyObject* list = whole ? items.list(paths[i], nats) : path_list(model, objects, lattice, text, source, [&](auto add) {
            for (int64_t e : paths[i]) nats += lattice.nats[size_t(e)], add(e);
        });
        PyObject* const pair = make_pair(list, nats);
        if (!pair) Py_CLEAR(lists);
        else PyList_SET_ITEM(lists, Py_ssize_t(i), pair);
    }
    return lists;
}

// A list begins like that of the parent of its path, and ends like that of the best path.
template <class Char>
PyObject* path_lists(Objects& objects, PyObject* text, const Char* chars, const BestPaths& paths) {
    References owner;
    const uint32_t* const starts = paths.starts();
    const Objects::NodeSlots nodes(objects);
    std::vector<PyObject**> made(paths.size());
    PyObject* lists = PyList_New(Py_ssize_t(paths.size()));
    for (size_t k = 0; lists && k < paths.size(); ++k) {
        const BestPaths::Path& path = paths[k];
        const size_t count = paths.length(path);
        PyObject* list = PyList_New(Py_ssize_t(count));
        if (list) {
            PyObject** out = made[k] = reinterpret_cast<PyListObject*>(list)->ob_item;
            PyObject** const end = out + count;
            auto add = [&](int32_t node, uint32_t from, uint32_t to) {
                *out++ = nodes(text, chars, {node, paths.ids(), starts + from, starts + to}, owner);
            };
            uint32_t at = path.end;
            auto add_first = [&] {
                const BestPaths::Suffix& suffix = paths.suffix(at);
                add(suffix.node, at, at + suffix.length);
                at += suffix.length;
            };
            if (k) {
                out = std::copy_n(made[path.parent], path.place, out);
                add(path.node, path.start, path.end);
                while (paths.suffix(at).best == BestPaths::NOWHERE) add_first();
                std::copy_n(made[0] + paths.suffix(at).best, end - out, out);
            } else {
                while (out < end) add_first();
            }
            list = own_items(list, count);
        }
        PyObject* const pair = make_pair(list, path.nats);
        if (!pair) Py_CLEAR(lists);
        else PyList_SET_ITEM(lists, Py_ssize_t(k), pair);
    }
    return lists;
}

inline PyObject* best_lists(const Model& model, Objects& objects, const WeightTable& ranks, PyObject* text, size_t limit) {
    if (!has_plain_paths(model)) return lattice_lists(model, objects, ranks, text, limit);
    Source source;
    if (!source.open(model, text)) return nullptr;
    BestPaths paths(model, ranks, source.view);
    paths.find(limit);
    return with_chars(source.view, [&](auto chars) { return path_lists(objects, text, chars, paths); });
}

}  // namespace nlpzero::tokenization
