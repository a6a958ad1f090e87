// A double-array trie over dense symbol ids.
//
// The child of node p by symbol s is nodes[nodes[p].base + s], if the check of that node is p.  The root is not stored:
// the node of a one-symbol prefix is the symbol itself, and its check is -1, which is never a node.  A step from a node
// without children (base 0) therefore fails.  Symbol 0 is any symbol that no word contains: node 0 has no children and
// is not a child.  Bounds need no test, because enough unused nodes follow the last base.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nlpzero::tokenization {

struct Node {  // 8 bytes; scores are in arrays of their own, which steps that fail do not touch
    int32_t base = 0;
    int32_t check = -1;
};

struct Key {  // one word as a part of `pool`; value >= 1
    uint32_t first, length;
    int32_t value;
};

// Bits of slots in use, in words of 64.
class SlotBits {
 public:
    void set(size_t slot) {
        if (slot / 64 + 2 > bits_.size()) bits_.resize(std::max(slot / 64 + 2, bits_.size() * 2), 0);
        bits_[slot / 64] |= uint64_t(1) << slot % 64;
    }
    // The bits of slots [slot, slot + 64).
    uint64_t read(size_t slot) const {
        const size_t word = slot / 64, shift = slot % 64;
        if (word + 1 >= bits_.size()) return word < bits_.size() ? bits_[word] >> shift : 0;
        return shift ? bits_[word] >> shift | bits_[word + 1] << (64 - shift) : bits_[word];
    }

 private:
    std::vector<uint64_t> bits_;
};

class DoubleArray {
 public:
    std::vector<int32_t> base, check, value;  // value 0: no word ends here

    // keys: distinct, not empty, symbols in 1..symbols; they are sorted here.  Parents are placed in breadth-first
    // order: if symbols are numbered by frequency, the nodes that are used most share cache lines.
    void build(const std::vector<uint32_t>& pool, std::vector<Key>& keys, uint32_t symbols) {
        sort(pool, keys);
        std::fill_n(rovers_, SIZES, symbols);
        resize(std::max<size_t>(symbols + 2, keys.size() + keys.size() / 2));
        for (uint32_t s = 0; s <= symbols; ++s) used_.set(s);
        for (uint32_t s = 1; s <= symbols; ++s) check[s] = 0;
        std::vector<Range> level, next;
        split(pool, keys, {0, uint32_t(keys.size()), 0, 0}, next, true);
        while (!next.empty()) {
            level.swap(next);
            next.clear();
            for (const Range& range : level) split(pool, keys, range, next, false);
        }
        resize(size_t(last_base_) + symbols + 2);
        std::fill_n(check.begin(), symbols + 1, -1);
    }

 private:
    struct Range { uint32_t lo, hi, depth; int32_t node; };  // keys[lo, hi) share `depth` symbols, which end at `node`
    static constexpr size_t SIZES = 33;    // classes of sets of children: of 2^k to 2^(k + 1) - 1 children
    static constexpr size_t REACH = 1024;  // slots that are searched at most before the place of the last set of a class
    size_t rovers_[SIZES];                 // by class: where the search begins
    int32_t last_base_ = 0;
    SlotBits used_;
    std::vector<uint32_t> labels_;
    std::vector<Range> children_;

    void resize(size_t size) { base.resize(size, 0); check.resize(size, -1); value.resize(size, 0); }

    // Sort keys by their symbols; the first three are compared at once.
    static void sort(const std::vector<uint32_t>& pool, std::vector<Key>& keys) {
        constexpr uint32_t BITS = 21, MOST = (1u << BITS) - 1;
        struct Item { uint64_t first; Key key; };
        std::vector<Item> items;
        items.reserve(keys.size());
        for (const Key& key : keys) {
            uint64_t first = 0;
            for (uint32_t k = 0; k < 3; ++k) first = first << BITS | (k < key.length ? std::min(pool[key.first + k], MOST) : 0);
            items.push_back({first, key});
        }
        std::sort(items.begin(), items.end(), [&](const Item& a, const Item& b) {
            if (a.first != b.first) return a.first < b.first;
            const uint32_t *first = &pool[a.key.first], *second = &pool[b.key.first];
            return std::lexicographical_compare(first, first + a.key.length, second, second + b.key.length);
        });
        for (size_t k = 0; k < keys.size(); ++k) keys[k] = items[k].key;
    }
    // The first base at which all labels are free, 64 candidates at a time.  Regions that were too dense for sets of about
    // this size are not searched again; smaller sets fill their holes.
    int32_t find_base() {
        const uint32_t first = labels_[0];
        size_t size = 0;
        while (labels_.size() >> (size + 1)) ++size;
        for (size_t slot = rovers_[size];; slot += 64) {
            uint64_t taken = 0;
            for (const uint32_t s : labels_) {
                taken |= used_.read(slot + s - first);
                if (!~taken) break;
            }
            if (!~taken) continue;
            while (taken & 1) { taken >>= 1; ++slot; }
            if (slot > rovers_[size] + REACH) rovers_[size] = slot - REACH;
            return int32_t(slot - first);
        }
    }
    void split(const std::vector<uint32_t>& pool, const std::vector<Key>& keys, Range range, std::vector<Range>& next,
               bool root) {
        if (range.lo < range.hi && keys[range.lo].length == range.depth) value[range.node] = keys[range.lo++].value;
        labels_.clear();
        children_.clear();
        for (uint32_t lo = range.lo; lo < range.hi;) {
            const uint32_t label = pool[keys[lo].first + range.depth];
            uint32_t hi = lo + 1;
            while (hi < range.hi && pool[keys[hi].first + range.depth] == label) ++hi;
            labels_.push_back(label);
            children_.push_back({lo, hi, range.depth + 1, 0});
            lo = hi;
        }
        if (labels_.empty()) return;
        const int32_t b = root ? 0 : find_base();
        base[range.node] = b;
        last_base_ = std::max(last_base_, b);
        const size_t end = size_t(b) + labels_.back() + 1;
        if (end > check.size()) resize(end + end / 2);
        for (size_t i = 0; i < labels_.size(); ++i) {
            const int32_t child = b + int32_t(labels_[i]);
            if (!root) used_.set(size_t(child));
            check[child] = range.node;
            children_[i].node = child;
            next.push_back(children_[i]);
        }
    }
};

}  // namespace nlpzero::tokenization
