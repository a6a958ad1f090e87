// A double-array trie over dense symbol ids.
//
// The child of node p by symbol s is nodes[nodes[p].base + s], if that node's check is p.  The root is not stored: the node of
// a one-symbol prefix is the symbol itself, and its check is -1, which fits nobody.  So a step from a node without children
// (base 0) fails.  Symbol 0 stands for whatever no word contains: node 0 has no children and labels no transition.
// Bounds need no test: `pad` nodes that belong to nobody follow the last base.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nlpzero::tokenization {

template <class Score>
struct Node {  // 16 bytes: a step touches one cache line
    int32_t base = 0;
    int32_t check = -1;
    Score score = 0;
};

struct Key {  // one word as a stretch of `pool`; value >= 1
    uint32_t first, length;
    int32_t value;
};

class DoubleArray {
 public:
    std::vector<int32_t> base, check, value;  // value 0: no word ends here

    // keys: distinct, not empty, symbols in 1..symbols; sorted here.  Places parents in breadth-first order: with symbols
    // numbered by frequency the busy nodes come to lie together, which the cache rewards.
    void build(const std::vector<uint32_t>& pool, std::vector<Key>& keys, uint32_t symbols) {
        symbols_ = symbols;
        std::sort(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
            return std::lexicographical_compare(&pool[a.first], &pool[a.first] + a.length, &pool[b.first], &pool[b.first] + b.length);
        });
        grow(symbols + 2);
        for (uint32_t s = 0; s <= symbols; ++s) take(s);
        for (uint32_t s = 1; s <= symbols; ++s) check[s] = 0;
        std::vector<Range> level, next;
        split(pool, keys, {0, uint32_t(keys.size()), 0, 0}, next, true);
        while (!next.empty()) {
            level.swap(next);
            next.clear();
            for (const Range& range : level) split(pool, keys, range, next, false);
        }
        const size_t size = size_t(last_base_) + symbols + 2;
        base.resize(size, 0); check.resize(size, -1); value.resize(size, 0);
        std::fill_n(check.begin(), symbols + 1, -1);
    }

 private:
    struct Range { uint32_t lo, hi, depth; int32_t node; };  // keys[lo, hi) share `depth` symbols, which end at `node`
    static constexpr int TRIES = 8192;// after this many misfits a set of children goes to fresh ground: time against space
    uint32_t symbols_ = 0;
    int32_t last_base_ = 0;
    int32_t end_ = 0;    // behind the last slot taken
    int32_t rover_ = 0;
    std::vector<int32_t> free_next_, free_prev_;  // list of free slots through sentinel slot 0
    std::vector<Range> children_;

    bool is_free(size_t slot) const { return slot >= check.size() || check[slot] == -1; }
    void grow(size_t size) {
        size_t old = check.size();
        if (size <= old) return;
        size = std::max(size, old + old / 2);
        base.resize(size, 0); check.resize(size, -1); value.resize(size, 0);
        free_next_.resize(size); free_prev_.resize(size);
        if (old == 0) { free_next_[0] = free_prev_[0] = 0; old = 1; }
        for (size_t slot = old; slot < size; ++slot) {
            const int32_t tail = free_prev_[0];
            free_next_[tail] = int32_t(slot); free_prev_[slot] = tail;
            free_next_[slot] = 0; free_prev_[0] = int32_t(slot);
        }
    }
    void take(size_t slot) {
        check[slot] = -2;  // not free any more
        end_ = std::max(end_, int32_t(slot) + 1);
        if (slot == 0) return;
        free_next_[free_prev_[slot]] = free_next_[slot];
        free_prev_[free_next_[slot]] = free_prev_[slot];
    }
    // First fit.  One child fits anywhere, so the first hole is taken.  Larger sets search from `rover_`, which moves on past
    // ground that proved too dense, and go behind everything after TRIES misfits.
    int32_t find_base(const std::vector<uint32_t>& labels) {
        const bool single = labels.size() == 1;
        int32_t slot = single ? free_next_[0] : check[rover_] == -1 ? rover_ : free_next_[0];
        for (int tries = 0; slot != 0 && slot < end_ && tries < TRIES; ++tries, slot = free_next_[slot]) {
            const int32_t candidate = slot - int32_t(labels[0]);
            if (std::all_of(labels.begin(), labels.end(), [&](uint32_t s) { return is_free(size_t(candidate) + s); })) return candidate;
        }
        if (!single && slot != 0) rover_ = slot;
        return end_ - int32_t(labels[0]);
    }
    void split(const std::vector<uint32_t>& pool, const std::vector<Key>& keys, Range range, std::vector<Range>& next, bool root) {
        if (range.lo < range.hi && keys[range.lo].length == range.depth) value[range.node] = keys[range.lo++].value;
        std::vector<uint32_t> labels;
        children_.clear();
        for (uint32_t lo = range.lo; lo < range.hi;) {
            const uint32_t label = pool[keys[lo].first + range.depth];
            uint32_t hi = lo + 1;
            while (hi < range.hi && pool[keys[hi].first + range.depth] == label) ++hi;
            labels.push_back(label);
            children_.push_back({lo, hi, range.depth + 1, 0});
            lo = hi;
        }
        if (labels.empty()) return;
        const int32_t b = root ? 0 : find_base(labels);
        base[range.node] = b;
        last_base_ = std::max(last_base_, b);
        grow(size_t(b) + labels.back() + 1);
        for (size_t i = 0; i < labels.size(); ++i) {
            const int32_t child = b + int32_t(labels[i]);
            if (!root) take(size_t(child));
            check[child] = range.node;
            children_[i].node = child;
            next.push_back(children_[i]);
        }
    }
};

}  // namespace nlpzero::tokenization
