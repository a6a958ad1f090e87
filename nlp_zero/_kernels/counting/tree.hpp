// Looking n-grams up in a finished count tree (see ngrams.hpp).
#pragma once
#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "ngrams.hpp"

namespace nlpzero::counting {

struct LevelView {
    const uint32_t *symbol, *count, *end;  // `end` is empty on the top level
    size_t size;
    size_t begin_of(size_t i) const { return i ? end[i - 1] : 0; }
};

// Look up `count` encoded n-grams, each closed by a 0.  node[k] is the place of n-gram k on the level of its length, ~0
// if the tree does not have it.
inline void find_all(const std::vector<LevelView>& tree, const uint32_t* text, size_t n, size_t count, uint32_t* node,
                     uint32_t* length) {
    if (tree.empty() || (n && text[n - 1]) || size_t(std::count(text, text + n, 0u)) != count)
        throw std::invalid_argument("Every n-gram must be closed by one 0 and have no 0 inside.");
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

}  // namespace nlpzero::counting
