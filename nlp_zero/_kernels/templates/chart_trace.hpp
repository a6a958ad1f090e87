// One parse of a filled chart: the best one, or one drawn by its probability.
#pragma once
#include "../common/elementary.hpp"
#include "chart.hpp"
#include "../common/random.hpp"

namespace nlpzero::templates {

struct ParseNode {  // in depth-first order, left to right
    int32_t start, end, label, depth;
};
constexpr int32_t WORD = -1, CHAIN = -2;  // labels other than the numbers of templates

// Ties (within a part in 10^9) go to the first candidate.  The order of candidates: a shorter first unit before a
// longer one; a single word before templates, and templates by their number; a longer last slot before a shorter one.
struct TakeBest {
    size_t operator()(const std::vector<double>& values) const {
        const double best = *std::max_element(values.begin(), values.end());
        size_t k = 0;
        while (values[k] < best * (1 - 1e-9)) ++k;
        return k;
    }
};

struct TakeRandom {
    Stream& numbers;
    size_t operator()(const std::vector<double>& values) const {
        double total = 0;
        for (double value : values) total += value;
        double left = numbers.uniform() * total;
        size_t k = 0, last = 0;
        for (; k < values.size(); ++k) {
            if (values[k] > 0) last = k;
            if ((left -= values[k]) < 0) break;
        }
        return k < values.size() ? k : last;  // rounding at the end
    }
};

template <class Op, class Take>
class Trace {
public:
    Trace(Chart<Op>& chart, Take take) : c(chart), take(take) {}

    void run(std::vector<ParseNode>& tree) {
        tree.clear();
        if (!c.n) return;
        todo.assign(1, {0, int32_t(c.n), CHAIN, -1});
        while (!todo.empty()) {
            const ParseNode now = todo.back();
            todo.pop_back();
            if (now.label != CHAIN) expand_unit(now, tree);
            else {
                if (now.depth >= 0) tree.push_back(now);
                expand_chain(now);
            }
        }
    }

private:
    struct Way {
        int32_t t;
        bool is_slot;
        size_t at;
    };
    Chart<Op>& c;
    Take take;
    std::vector<ParseNode> todo;
    std::vector<double> values;
    std::vector<size_t> cuts;
    std::vector<Way> ways;

    void expand_chain(const ParseNode& now) {
        const size_t end = size_t(now.end), mark = todo.size();
        const double q = c.trie.q;
        for (size_t i = size_t(now.start); i < end;) {
            values.clear();
            for (size_t k = i + 1; k < end; ++k) values.push_back((1 - q) * c.unit(i)[k] * c.chain(k)[end]);
            values.push_back(q * c.unit(i)[end]);
            const size_t k = i + 1 + take(values);
            todo.push_back({int32_t(i), int32_t(k), WORD, now.depth + 1});
            i = k;
        }
        std::reverse(todo.begin() + mark, todo.end());
    }

    void expand_unit(ParseNode now, std::vector<ParseNode>& tree) {
        const size_t i = size_t(now.start), k = size_t(now.end);
        c.revisit(i);
        ways.clear();
        for (size_t a = 0; a < c.items[k].size(); ++a) list(c.items[k][a].node, false, a);
        for (size_t s = 0; s < c.slots.size(); ++s)
            if (c.slots[s].from <= k) list(c.slots[s].node, true, s);
        std::sort(ways.begin(), ways.end(), [](const Way& a, const Way& b) { return a.t < b.t; });
        values.assign(1, k == i + 1 ? c.scale[i] : 0);
        for (const Way& w : ways) {
            const double inside = w.is_slot ? c.slot(w.at)[k] : c.items[k][w.at].value;
            values.push_back(c.trie.weight[w.t] * inside);
        }
        const size_t chosen = take(values);
        if (!chosen) {
            tree.push_back(now);
            return;
        }
        const Way way = ways[chosen - 1];
        now.label = way.t;
        tree.push_back(now);
        fill_slots(i, k, way, now.depth + 1);
    }

    void list(int32_t node, bool is_slot, size_t at) {
        for (int32_t t = c.trie.first[node]; t != TemplateTrie::NONE; t = c.trie.next[t])
            ways.push_back({t, is_slot, at});
    }

    // From the last slot to the first, so that the stack yields them in order.
    void fill_slots(size_t i, size_t k, Way way, int32_t depth) {
        for (;;) {
            if (!way.is_slot) {
                const int32_t source = c.items[k][way.at].source;
                if (--k == i) return;
                way.is_slot = source < 0;
                way.at = size_t(source < 0 ? ~source : source);
                continue;
            }
            const int32_t node = c.trie.parent[c.slots[way.at].node];
            if (node == TemplateTrie::ROOT) {
                todo.push_back({int32_t(i), int32_t(k), CHAIN, depth});
                return;
            }
            const size_t middle = find_slot_begin(i, k, node, way);
            todo.push_back({int32_t(middle), int32_t(k), CHAIN, depth});
            k = middle;
        }
    }

    size_t find_slot_begin(size_t i, size_t k, int32_t node, Way& way) {  // of the slot that ends at k
        values.clear();
        cuts.clear();
        const int32_t s = c.slot_of(node);
        for (size_t m = i + 1; m < k; ++m) {
            const size_t at = find(node, s, m);
            cuts.push_back(at);
            const double value = at == size_t(-1) ? 0 : s >= 0 ? c.slot(size_t(s))[m] : c.items[m][at].value;
            values.push_back(value * c.chain(m)[k]);
        }
        const size_t chosen = take(values);
        way.is_slot = s >= 0;
        way.at = cuts[chosen];
        return i + 1 + chosen;
    }

    size_t find(int32_t node, int32_t s, size_t m) const {
        if (s >= 0) return c.slots[size_t(s)].from <= m ? size_t(s) : size_t(-1);
        for (size_t a = 0; a < c.items[m].size(); ++a)
            if (c.items[m][a].node == node) return a;
        return size_t(-1);
    }
};

// How well the items of each template are parsed without it: ln of the best chain of other units over them, without the
// factor of the chain's end, relative to single words.  A slot is one unit of weight 1.
inline void alternatives(Chart<Best>& chart, const int32_t* items, const int64_t* offsets, size_t templates,
                         double* out) {
    const double q = chart.trie.q;
    for (size_t t = 0; t < templates; ++t) {
        const size_t n = size_t(offsets[t + 1] - offsets[t]);
        const double log_value = chart.inside(items + offsets[t], n);  // X[0, n] is scaled to 1
        chart.revisit(0);
        double unit = n == 1 ? chart.scale[0] : 0, best = 0;
        const auto consider = [&](int32_t node, double value) {
            for (int32_t o = chart.trie.first[node]; o != TemplateTrie::NONE; o = chart.trie.next[o])
                if (size_t(o) != t) unit = std::max(unit, chart.trie.weight[o] * value);
        };
        for (const ChartItem& item : chart.items[n]) consider(item.node, item.value);
        for (size_t s = 0; s < chart.slots.size(); ++s)
            if (chart.slots[s].from <= n) consider(chart.slots[s].node, chart.slot(s)[n]);
        best = q * unit;
        for (size_t k = 1; k < n; ++k) best = std::max(best, (1 - q) * chart.unit(0)[k] * chart.chain(k)[n]);
        out[t] = log_value + nlpzero::log(best / q);
    }
}

}  // namespace nlpzero::templates
