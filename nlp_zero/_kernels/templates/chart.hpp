// All parses of a segment under a template grammar (chart_grammar.hpp): inside values, best or sum.
//
// U[i,k] is the value of words i..k as one unit, X[i,k] as a chain of units.  Rows are filled from the last word to the
// first, each from left to right.  While row i is filled, `items` has the trie nodes reached at each k whose last
// symbol is a word, and `slots` those whose last symbol is a slot, with one array over k for each.  Row i depends only
// on later rows: an item at k advances over word k, or over a slot that a finished X[k, m] fills.  No other data of a
// row is kept, so memory is O(n^2); time is O(n^3 A), where A is the number of slot nodes that are active in a row.
//
// Every derivation of i..k uses each of its words once, so every word may have a scale; that of word i is 1 / X[i,n].
// Then X[i,k] <= q / (1 - q), which needs no logarithms and cannot underflow, and ln(value of the segment) is the
// negative sum of ln(scale).
#pragma once
#include <algorithm>
#include <cmath>
#include <cstring>

#include "../common/elementary.hpp"
#include "chart_grammar.hpp"

namespace nlpzero::templates {

struct Sum {
    static void add(double& to, double value) { to += value; }
    static void add(double* to, const double* row, double by, size_t n) {
        for (size_t k = 0; k < n; ++k) to[k] += by * row[k];
    }
};

struct Best {
    static void add(double& to, double value) { to = std::max(to, value); }
    static void add(double* to, const double* row, double by, size_t n) {
        for (size_t k = 0; k < n; ++k) to[k] = std::max(to[k], by * row[k]);
    }
};

struct ChartItem {
    int32_t node, source;  // source: an item at k - 1, or ~s for slot s
    double value, outside;
};

struct ChartSlot {
    int32_t node;
    size_t from;  // no value before this k
};

template <class Op>
class Chart {
public:
    const TemplateTrie& trie;
    const int32_t* words = nullptr;
    size_t n = 0;
    std::vector<double> U, X, scale;  // rows of n + 1
    std::vector<std::vector<ChartItem>> items;
    std::vector<ChartSlot> slots;
    std::vector<double> filled;  // value of slot s at k: filled[s * (n + 1) + k]
    size_t row_number = size_t(-1);

    explicit Chart(const TemplateTrie& grammar) : trie(grammar), index(grammar.nodes(), -1) {}

    double* unit(size_t i) { return U.data() + i * (n + 1); }
    double* chain(size_t i) { return X.data() + i * (n + 1); }
    double* slot(size_t s) { return filled.data() + s * (n + 1); }
    int32_t slot_of(int32_t node) const { return index[node]; }

    // Fill U and X; returns ln X[0, n] in nats, relative to the probabilities of the single words.
    double inside(const int32_t* segment, size_t length) {
        words = segment;
        n = length;
        row_number = size_t(-1);
        U.assign((n + 1) * (n + 1), 0);
        X.assign((n + 1) * (n + 1), 0);
        scale.assign(n + 1, 1);
        if (items.size() < n + 1) items.resize(n + 1);
        double log_value = 0;
        for (size_t i = n; i-- > 0;) {
            row<true>(i);
            scale[i] = 1 / chain(i)[n];
            log_value -= nlpzero::log(scale[i]);
            for (size_t k = i; k <= n; ++k) unit(i)[k] *= scale[i], chain(i)[k] *= scale[i];
        }
        return log_value;
    }

    // Compute the items and slots of row i again, with the final scale.
    void revisit(size_t i) {
        if (row_number != i) row<false>(i);
        row_number = i;
    }

private:
    std::vector<int32_t> index;  // slot number of a node in this row, or -1

    template <bool first_time>
    void row(size_t i) {
        for (const ChartSlot& s : slots) index[s.node] = -1;
        slots.clear();
        filled.clear();
        for (size_t k = i; k <= n; ++k) items[k].clear();
        row_number = size_t(-1);
        const double start = first_time ? 1 : scale[i], q = trie.q;
        double *u = unit(i), *x = chain(i);
        const int32_t lead = trie.slot_child[TemplateTrie::ROOT];
        if (lead != TemplateTrie::NONE) open(lead, i + 1);  // slot 0
        over_word(TemplateTrie::ROOT, -1, start, i);  // word i itself is scaled by `start`
        for (size_t k = i + 1; k <= n; ++k) {
            if (first_time) {
                double value = k == i + 1 ? start : 0;
                for (const ChartItem& item : items[k]) close(value, item.node, item.value);
                for (size_t s = 0; s < slots.size(); ++s)
                    if (slots[s].from <= k) close(value, slots[s].node, slot(s)[k]);
                u[k] = value;
                Op::add(x[k], q * value);
                if (value > 0) Op::add(x + k + 1, chain(k) + k + 1, (1 - q) * value, n - k);
            }
            if (k == n) break;
            if (lead != TemplateTrie::NONE) slot(0)[k] = x[k];
            for (size_t a = 0; a < items[k].size(); ++a) {
                const ChartItem item = items[k][a];
                over_word(item.node, int32_t(a), scale[k] * item.value, k);
                over_slot(item.node, item.value, k);
            }
            const size_t open_slots = slots.size();
            for (size_t s = 0; s < open_slots; ++s) {
                if (slots[s].from > k || slot(s)[k] == 0) continue;
                over_word(slots[s].node, ~int32_t(s), scale[k] * slot(s)[k], k);
                over_slot(slots[s].node, slot(s)[k], k);
            }
        }
        if (lead != TemplateTrie::NONE) slot(0)[n] = x[n];
    }

    void close(double& value, int32_t node, double inside) const {
        for (int32_t t = trie.first[node]; t != TemplateTrie::NONE; t = trie.next[t])
            Op::add(value, trie.weight[t] * inside);
    }

    void over_word(int32_t node, int32_t source, double value, size_t k) {
        const int32_t child = trie.child(node, words[k]);
        if (child != TemplateTrie::NONE) items[k + 1].push_back({child, source, value, 0});
    }

    void over_slot(int32_t node, double value, size_t k) {
        const int32_t child = trie.slot_child[node];
        if (child == TemplateTrie::NONE) return;
        const size_t s = open(child, k + 1);
        Op::add(slot(s) + k + 1, chain(k) + k + 1, value, n - k);
    }

    size_t open(int32_t node, size_t from) {
        if (index[node] < 0) {
            index[node] = int32_t(slots.size());
            slots.push_back({node, from});
            filled.resize(slots.size() * (n + 1), 0);
        }
        return size_t(index[node]);
    }
};

}  // namespace nlpzero::templates
