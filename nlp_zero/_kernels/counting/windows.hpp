// How often both ends of n-grams are free when text is cut by joining selected n-grams, from a count tree alone.
//
// A gap between two symbols is joined if a selected n-gram lies across it.  An occurrence of an n-gram w is seen
// through a window of `left` symbols on its left and `right` on its right (fewer at the ends of a run): its ends are
// free if no selected n-gram within the window lies across them.
//
//     left = 1, right = 2        x  w w w  y z        one n-gram of the tree of order |w| + 3
//                                 ^      ^            the gaps that must not be joined
//
// Windows are added up level by level: first the n-grams that continue an n-gram (its children), with the occurrences
// at the end of a run, which have no child; then those whose links lead to it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tree.hpp"

namespace nlpzero::counting {

class PieceWindows {
public:
    std::vector<LevelView> tree;
    std::vector<const uint32_t*> link;  // of the levels from 2: the places without the first symbol
    int longest = 0;                    // symbols of the longest selected n-grams

    static constexpr uint8_t PIECE = 0x80;  // flag of an n-gram that can be a piece; the other bits are its joined gaps

    // Count the occurrences at the beginning of a run, which no link leads to.
    void start() {
        for (size_t l = 0; l < tree.size(); ++l) {
            counts_.push_back(tree[l].count);
            if (l + 1 == tree.size()) break;
            first_.emplace_back(tree[l].count, tree[l].count + tree[l].size);
            for (size_t i = 0; i < tree[l + 1].size; ++i) first_[l][link_of(l + 1, i)] -= tree[l + 1].count[i];
        }
        for (const auto& level : first_) at_begin_.push_back(level.data());
    }

    // Add the gaps of the next level; chosen has one bit for each n-gram, the lowest first.
    void join(const uint8_t* chosen) {
        const size_t l = gaps_.size();
        const LevelView& level = tree[l];
        gaps_.emplace_back(level.size, PIECE);
        if (!l) return;
        const std::vector<uint8_t>& above = gaps_[l - 1];
        const uint8_t all = uint8_t((1u << l) - 1);
        for (size_t p = 0, i = 0; p < tree[l - 1].size; ++p)
            for (; i < tree[l - 1].end[p]; ++i) {
                const uint8_t begin = above[p], end = above[link_of(l, i)];
                const bool selected = chosen[i >> 3] >> (i & 7) & 1;
                const bool piece = int(l) < longest ? selected : begin & end & PIECE;
                const unsigned joined = (begin & all) | (unsigned(end & all) << 1);
                gaps_[l][i] = uint8_t(((selected ? all : joined) & all) | (piece ? PIECE : 0));
            }
    }

    std::vector<uint32_t> pieces(int n) const {
        std::vector<uint32_t> found;
        for (size_t i = 0; i < gaps_[n - 1].size(); ++i) if (gaps_[n - 1][i] & PIECE) found.push_back(uint32_t(i));
        return found;
    }

    // Fill in how often both ends of each n-gram of n symbols are free.
    void count_free(int n, int left, int right, uint32_t* out) const {
        std::fill(out, out + tree[n - 1].size, 0u);
        add_windows(counts_, n, left, right, out);
        for (int fewer = 0; fewer < left; ++fewer) add_windows(at_begin_, n, fewer, right, out);
    }

private:
    using Counts = std::vector<const uint32_t*>;
    Counts counts_, at_begin_;
    std::vector<std::vector<uint32_t>> first_;
    std::vector<std::vector<uint8_t>> gaps_;

    size_t link_of(size_t l, size_t i) const { return l == 1 ? tree[1].symbol[i] - 1 : link[l][i]; }

    static uint8_t ends_of(int size, int left, int right) {
        return uint8_t((left ? 1u << (left - 1) : 0) | (right ? 1u << (size - right - 1) : 0));
    }

    // Add the occurrences that `counts` counts, each with exactly `left` symbols on its left.
    void add_windows(const Counts& counts, int n, int left, int right, uint32_t* out) const {
        const int size = n + left + right;
        const uint8_t* const gaps = gaps_[size - 1].data();
        const uint32_t* const count = counts[size - 1];
        const uint8_t ends = ends_of(size, left, right);
        auto whole = [=](size_t i) { return gaps[i] & ends ? 0u : count[i]; };
        std::vector<uint32_t> total, next;
        auto added = [&](size_t i) { return total[i]; };
        if (size == n) {
            for (size_t i = 0; i < tree[n - 1].size; ++i) out[i] += count[i];
            return;
        }
        for (int l = size - 1; l >= n; --l) {
            next.assign(tree[l - 1].size, 0);
            const bool first = l == size - 1;
            if (l >= n + left) first ? add_right(counts, l, n, left, whole, next) : add_right(counts, l, n, left, added, next);
            else first ? add_left(l, whole, next) : add_left(l, added, next);
            total.swap(next);
        }
        for (size_t i = 0; i < total.size(); ++i) out[i] += total[i];
    }

    template <class Value>
    void add_right(const Counts& counts, int l, int n, int left, const Value& value, std::vector<uint32_t>& next) const {
        const uint32_t *const count = counts[l], *const above = counts[l - 1];
        const uint8_t* const gaps = gaps_[l - 1].data();
        const uint8_t ends = ends_of(l, left, l - n - left);
        for (size_t p = 0, i = 0; p < next.size(); ++p) {
            uint32_t sum = 0, below = 0;
            for (; i < tree[l - 1].end[p]; ++i) { sum += value(i); below += count[i]; }
            next[p] = sum + (gaps[p] & ends ? 0 : above[p] - below);
        }
    }

    template <class Value>
    void add_left(int l, const Value& value, std::vector<uint32_t>& next) const {
        for (size_t i = 0; i < tree[l].size; ++i) next[link_of(l, i)] += value(i);
    }
};

}  // namespace nlpzero::counting
