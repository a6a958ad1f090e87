// Finished count trees (see ngrams.hpp): joining those of ranges, and looking n-grams up.
#pragma once
#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "ngrams.hpp"

namespace nlpzero::counting {

// Append one array of all trees, which follow each other in order, to that of the first one; sizes stay as they are.  The
// arrays of a level are symbols, counts and ends of children.  Threads may join different arrays.
inline void join_array(std::vector<Tree>& trees, size_t array) {
    const size_t l = array / 3, column = array % 3;
    const auto column_of = [=](Tree& tree) -> Buffer<uint32_t>& {
        Level& level = tree.level[l];
        return column == 0 ? level.symbol : column == 1 ? level.count : level.end;
    };
    size_t at = trees[0].level[l].size, total = 0, children = 0;
    for (const Tree& tree : trees) total += tree.level[l].size;
    if (total == at || (column == 2 && l + 1 == size_t(trees[0].order))) return;
    column_of(trees[0]).reserve(total);  // usually it has room: memory of several origins can only grow by copying
    uint32_t* const to = column_of(trees[0]).data();
    for (size_t k = 1; k < trees.size(); ++k) {
        const Buffer<uint32_t> from = std::move(column_of(trees[k]));  // freed when it has been copied
        const size_t n = trees[k].level[l].size;
        if (column == 2) children += trees[k - 1].level[l + 1].size;
        for (size_t i = 0; i < n; ++i) to[at + i] = from[i] + uint32_t(children);
        at += n;
    }
}

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
