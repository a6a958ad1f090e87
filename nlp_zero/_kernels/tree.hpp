// Work on finished count trees (see ngrams.hpp), seen as arrays: suffix links, and the statistics of n-grams.
#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "ngrams.hpp"

namespace nlpzero {

struct LevelView {
    const uint32_t *symbol, *count, *end;  // `end` is empty on the top level
    size_t size;
    size_t begin_of(size_t i) const { return i ? end[i - 1] : 0; }
};

// link[l][i]: where node i of level l is found on level l - 1 without its first symbol; parent[l][i]: without its last.
// Fills both for the children of nodes [first, stop) of level l - 1; the levels above must be filled already.
inline void link_children(const std::vector<LevelView>& tree, const std::vector<uint32_t*>& link,
                          const std::vector<uint32_t*>& parent, size_t l, size_t first, size_t stop) {
    constexpr size_t AHEAD = 8;  // nodes between a prefetch and its use
    const LevelView &above = tree[l - 1], &level = tree[l];
    for (size_t p = first; p < stop; ++p) {
        const uint32_t *from = above.symbol, *to = above.symbol + above.size;
        if (l > 1) {
            const uint32_t q = link[l - 1][p];
            if (p + AHEAD < stop) {
                const uint32_t ahead = link[l - 1][p + AHEAD];
                __builtin_prefetch(above.symbol + tree[l - 2].begin_of(ahead));
                if (p + 2 * AHEAD < stop) __builtin_prefetch(tree[l - 2].end + link[l - 1][p + 2 * AHEAD]);
            }
            from = above.symbol + tree[l - 2].begin_of(q);
            to = above.symbol + tree[l - 2].end[q];
        }
        for (size_t i = above.begin_of(p); i < above.end[p]; ++i) {
            const uint32_t s = level.symbol[i];
            parent[l][i] = uint32_t(p);
            if (l == 1 && s - 1 < above.size && above.symbol[s - 1] == s) { link[l][i] = s - 1; continue; }
            from = std::lower_bound(from, to, s);
            link[l][i] = uint32_t(from - above.symbol);
        }
    }
}

// PMI in nats of the n-grams nodes[0, n) of level l, the smallest over split points: ln c(x) N / (c(prefix) c(suffix)).
inline void min_split_pmi(const std::vector<LevelView>& tree, const std::vector<uint32_t*>& link,
                          const std::vector<uint32_t*>& parent, double total, int l, const uint32_t* nodes, size_t n,
                          double* pmi) {
    const LevelView& level = tree[l];
    for (size_t at = 0; at < n; ++at) {
        const uint32_t i = nodes[at];
        double worst = 0;
        uint32_t suffix[MAX_ORDER], prefix = i, s = i;
        for (int k = l; k > 0; --k) suffix[k - 1] = s = link[k][s];
        for (int k = l; k > 0; --k) {  // the prefix lies on level k - 1, what follows it on level l - k
            prefix = parent[k][prefix];
            worst = std::max(worst, double(tree[k - 1].count[prefix]) * double(tree[l - k].count[suffix[l - k]]));
        }
        pmi[at] = std::log(double(level.count[i]) * total / worst);
    }
}

// Branching entropies in nats of the n-grams nodes[0, n) of level l (below the top).  Every run end is a symbol of its
// own, and what the tree lost to pruning counts as symbols that came once: neither adds to the sum of c ln c.
inline void branching_entropy(const std::vector<LevelView>& tree, const std::vector<uint32_t*>& link, int l,
                              const uint32_t* nodes, size_t n, double* left, double* right) {
    const LevelView &level = tree[l], &below = tree[l + 1];
    constexpr uint32_t FEW = 1024;
    std::vector<double> table(FEW);
    for (uint32_t c = 2; c < FEW; ++c) table[c] = c * std::log(double(c));
    auto c_log_c = [&](uint32_t c) { return c < FEW ? table[c] : c * std::log(double(c)); };
    std::vector<uint32_t> wanted(level.size, 0);  // 1 + the place among `nodes`
    for (size_t k = 0; k < n; ++k) {
        wanted[nodes[k]] = uint32_t(k + 1);
        left[k] = right[k] = 0;
        for (size_t j = level.begin_of(nodes[k]); j < level.end[nodes[k]]; ++j) right[k] += c_log_c(below.count[j]);
    }
    const uint32_t* const suffix = link[l + 1];
    for (size_t j = 0; j < below.size; ++j)
        if (const uint32_t k = wanted[suffix[j]]) left[k - 1] += c_log_c(below.count[j]);
    for (size_t k = 0; k < n; ++k) {
        const double c = level.count[nodes[k]], log_c = std::log(c);
        left[k] = log_c - left[k] / c;
        right[k] = log_c - right[k] / c;
    }
}

// Look up encoded n-grams, each closed by a 0.  node[k] is the place of the k-th on the level of its length, or ~0.
inline void find_all(const std::vector<LevelView>& tree, const uint32_t* text, size_t n, uint32_t* node, uint32_t* length) {
    size_t k = 0;
    for (size_t begin = 0; begin < n; ++k) {
        size_t end = begin, at = 0, low = 0, high = tree[0].size;
        bool found = true;
        for (; end < n && text[end]; ++end) {
            const size_t l = end - begin;
            if (!found || l >= tree.size()) { found = false; continue; }
            const uint32_t* const base = tree[l].symbol;
            at = size_t(std::lower_bound(base + low, base + high, text[end]) - base);
            found = at < high && base[at] == text[end];
            if (found && l + 1 < tree.size()) { low = tree[l].begin_of(at); high = tree[l].end[at]; }
        }
        node[k] = found && end > begin ? uint32_t(at) : ~0u;
        length[k] = uint32_t(end - begin);
        begin = end + 1;
    }
}

}  // namespace nlpzero
