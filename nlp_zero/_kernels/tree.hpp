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

// link[l][i]: where node i of level l is found on level l - 1 without its first symbol.  Also fills parent[l][i].
inline void suffix_links(const std::vector<LevelView>& tree, const std::vector<uint32_t*>& link,
                         const std::vector<uint32_t*>& parent) {
    uint32_t largest = 0;
    for (size_t i = 0; i < tree[0].size; ++i) largest = std::max(largest, tree[0].symbol[i]);
    std::vector<uint32_t> root(size_t(largest) + 1, 0);
    for (size_t i = 0; i < tree[0].size; ++i) root[tree[0].symbol[i]] = uint32_t(i);
    for (size_t l = 1; l < tree.size(); ++l) {
        const LevelView &above = tree[l - 1], &level = tree[l];
        for (size_t p = 0; p < above.size; ++p) {
            const uint32_t *from = level.symbol, *to = level.symbol;
            if (l > 1) {
                const uint32_t q = link[l - 1][p];
                from = above.symbol + tree[l - 2].begin_of(q);
                to = above.symbol + tree[l - 2].end[q];
            }
            for (size_t i = above.begin_of(p); i < above.end[p]; ++i) {
                parent[l][i] = uint32_t(p);
                if (l == 1) { link[l][i] = root[level.symbol[i]]; continue; }
                from = std::lower_bound(from, to, level.symbol[i]);
                link[l][i] = uint32_t(from - above.symbol);
            }
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

// Branching entropies in nats of the nodes of level l (below the top).  Every run end is a symbol of its own, and what
// the tree lost to pruning counts as symbols that came once: neither adds to the sum of c ln c.
inline void branching_entropy(const std::vector<LevelView>& tree, const std::vector<uint32_t*>& link, int l, double* left,
                              double* right) {
    const LevelView &level = tree[l], &below = tree[l + 1];
    std::fill(left, left + level.size, 0.0);
    for (size_t i = 0; i < level.size; ++i) {
        double sum = 0;
        for (size_t j = level.begin_of(i); j < level.end[i]; ++j) {
            const double c = below.count[j], x = c > 1 ? c * std::log(c) : 0.0;
            sum += x;
            left[link[l + 1][j]] += x;
        }
        const double c = level.count[i];
        right[i] = std::log(c) - sum / c;
    }
    for (size_t i = 0; i < level.size; ++i) left[i] = std::log(double(level.count[i])) - left[i] / level.count[i];
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
