// Where the n-grams of one count tree are in another one that holds all of them, or all but rare ones.
#pragma once
#include <cstddef>
#include <cstdint>

namespace nlpzero::counting {

constexpr uint32_t NOT_THERE = 0xFFFFFFFFu;

// The n-grams of one level of both trees, as children of the level before; both list them in the order of symbols.
struct LocatedTree {
    const uint32_t* symbol;
    const uint32_t* end;  // of the children of each n-gram of the level before
};

// For n parents of the smaller tree, whose places in the larger one are `parent`, fill in the places of their children.
// ids[s] is the symbol of the larger tree that symbol s of the smaller one is; `end` counts from `symbol`.
inline void locate_children(const LocatedTree& part, size_t n, const uint32_t* parent, const uint32_t* ids,
                            const LocatedTree& whole, uint32_t* place) {
    for (size_t k = 0, i = 0; k < n; ++k) {
        const uint32_t p = parent[k];
        size_t at = 0, stop = 0;
        if (p != NOT_THERE) {
            at = p ? whole.end[p - 1] : 0;
            stop = whole.end[p];
        }
        for (; i < part.end[k]; ++i) {
            const uint32_t symbol = ids[part.symbol[i]];
            while (at < stop && whole.symbol[at] < symbol) ++at;
            place[i] = at < stop && whole.symbol[at] == symbol ? uint32_t(at) : NOT_THERE;
        }
    }
}

}  // namespace nlpzero::counting
