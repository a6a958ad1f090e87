// Expected counts and span marginals: the reverse pass of the sums in chart.hpp (Sum charts only).
// The outside value of a span is the derivative of the segment's value, so each step of `row` is undone in reverse.
#pragma once
#include "chart.hpp"

namespace nlpzero::templates {

class Outside {
public:
    explicit Outside(Chart<Sum>& chart) : c(chart) {}

    // After c.inside(): adds expected counts of templates; spans, if given, receives P(i..k is a unit) at [i * (n + 1) + k].
    void run(double* counts, double* spans) {
        const size_t n = c.n;
        DX.assign((n + 1) * (n + 1), 0);
        if (n) DX[n] = 1;  // X[0, n] is 1, as scaled
        for (size_t i = 0; i < n; ++i) {
            c.revisit(i);
            slot_outside.assign(c.filled.size(), 0);
            for (size_t k = n; k > i; --k) {
                if (k < n) move_back(i, k);
                const double* u = c.unit(i);
                const double du = unit_outside(i, k);
                if (spans) spans[i * (n + 1) + k] = u[k] * du;
                for (ChartItem& item : c.items[k]) item.outside += reopen(item.node, item.value, du, counts);
                for (size_t s = 0; s < c.slots.size(); ++s)
                    if (c.slots[s].from <= k) at(s, k) += reopen(c.slots[s].node, c.slot(s)[k], du, counts);
                if (k == i + 1) break;
                for (const ChartItem& item : c.items[k]) {
                    const double outside = c.scale[k - 1] * item.outside;
                    if (item.source >= 0) c.items[k - 1][size_t(item.source)].outside += outside;
                    else at(size_t(~item.source), k - 1) += outside;
                }
            }
        }
    }

private:
    Chart<Sum>& c;
    std::vector<double> DX, slot_outside;  // outside values of chains, rows of n + 1; of the row's slots

    double& at(size_t s, size_t k) { return slot_outside[s * (c.n + 1) + k]; }

    void move_back(size_t i, size_t k) {  // what items and slots at k were moved to: over slots
        for (ChartItem& item : c.items[k]) item.outside += over_slot(item.node, item.value, k);
        for (size_t s = 0; s < c.slots.size(); ++s)
            if (c.slots[s].from <= k) at(s, k) += over_slot(c.slots[s].node, c.slot(s)[k], k);
        if (c.trie.slot_child[TemplateTrie::ROOT] != TemplateTrie::NONE) DX[i * (c.n + 1) + k] += at(0, k);
    }

    double over_slot(int32_t node, double value, size_t k) {
        const int32_t child = c.trie.slot_child[node];
        if (child == TemplateTrie::NONE || c.slot_of(child) < 0) return 0;
        const double *out = &at(size_t(c.slot_of(child)), 0), *x = c.chain(k);
        double *dx = DX.data() + k * (c.n + 1), sum = 0;
        for (size_t m = k + 1; m <= c.n; ++m) sum += x[m] * out[m], dx[m] += value * out[m];
        return sum;
    }

    double unit_outside(size_t i, size_t k) {
        const double q = c.trie.q, u = c.unit(i)[k], *x = c.chain(k), *dxi = DX.data() + i * (c.n + 1);
        double *dxk = DX.data() + k * (c.n + 1), sum = 0;
        if (u == 0) return 0;  // nothing is there to pass it on
        for (size_t m = k + 1; m <= c.n; ++m) sum += x[m] * dxi[m], dxk[m] += (1 - q) * u * dxi[m];
        return q * dxi[k] + (1 - q) * sum;
    }

    double reopen(int32_t node, double value, double du, double* counts) const {
        double outside = 0;
        for (int32_t t = c.trie.first[node]; t != TemplateTrie::NONE; t = c.trie.next[t]) {
            counts[t] += c.trie.weight[t] * value * du;
            outside += c.trie.weight[t] * du;
        }
        return outside;
    }
};

}  // namespace nlpzero::templates
