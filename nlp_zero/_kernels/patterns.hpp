// The chosen n-grams of a count tree, ready to be found in text.
#pragma once
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "tree.hpp"

namespace nlpzero {

// A trie of the chosen n-grams and their prefixes as one hash table from (slot of the prefix, last symbol) to a slot.
// A slot is 64 bits: the prefix's slot, the symbol and two flags are the whole entry, and where it lies is the n-gram's
// number.  Slots below firsts() are the single symbols, by their id.  Never changes once built: threads share it.
class Patterns {
public:
    static constexpr uint64_t CHOSEN = 1;  // the n-gram is itself a pattern, not only the beginning of one
    static constexpr uint64_t INNER = 2;   // longer patterns begin with it

    // chosen[l][i] != 0 selects node i of level l; score[l] may be null.
    void build(const std::vector<LevelView>& tree, const std::vector<const uint8_t*>& chosen,
               const std::vector<const double*>& score) {
        const size_t order = tree.size();
        std::vector<std::vector<uint8_t>> flags(order);
        size_t edges = 0;
        for (size_t l = order; l-- > 0;) {
            flags[l].resize(tree[l].size);
            for (size_t i = 0; i < tree[l].size; ++i) {
                uint8_t any = 0;
                if (l + 1 < order)
                    for (size_t j = tree[l].begin_of(i); j < tree[l].end[i]; ++j) any |= flags[l + 1][j];
                flags[l][i] = uint8_t((chosen[l][i] ? CHOSEN : 0) | (any ? INNER : 0));
                edges += l > 0 && flags[l][i];
            }
        }
        uint32_t largest = 0;
        for (size_t i = 0; i < tree[0].size; ++i) largest = std::max(largest, tree[0].symbol[i]);
        start(edges, largest, score[0] != nullptr);
        order_ = order;
        nodes_ = 0;
        std::vector<uint32_t> above, here;  // the slots of two levels
        for (size_t l = 0; l < order; ++l) {
            here.assign(l + 1 < order ? tree[l].size : 0, 0);
            for (size_t p = 0, i = 0; i < tree[l].size; ++i) {
                if (!flags[l][i]) continue;
                if (l > 0) while (i >= tree[l - 1].end[p]) ++p;
                const uint64_t key = entry(l ? above[p] : 0, tree[l].symbol[i]);
                const size_t slot = l == 0 ? tree[l].symbol[i] : slot_of(key, l == 1);
                slots_[slot] = key | flags[l][i];
                node_[slot] = uint32_t(nodes_ + i);
                if (score[l]) score_[slot] = score[l][i];
                if (l + 1 < order) here[i] = uint32_t(slot);
            }
            above.swap(here);
            nodes_ += tree[l].size;
            if (nodes_ > 0xFFFFFFFFu) throw std::length_error("more than 2^32 n-grams");
        }
    }

    // Instead of nodes of a tree: given n-grams, each closed by a 0, numbered from 0; all symbols are at most `largest`.
    void build(const uint32_t* ngrams, size_t n, uint32_t largest) {
        start(n, largest, false);
        for (size_t i = 0; i < n; ++i, ++nodes_) {
            size_t slot = 0;
            for (size_t begin = i; ngrams[i]; ++i) {
                if (ngrams[i] > largest) throw std::invalid_argument("a symbol is out of range");
                if (i > begin) slots_[slot] |= INNER;
                const uint64_t key = entry(slot, ngrams[i]);
                slot = i == begin ? ngrams[i] : slot_of(key, i == begin + 1);
                slots_[slot] |= key;
            }
            if (!slot) throw std::invalid_argument("an empty n-gram");
            slots_[slot] |= CHOSEN;
            node_[slot] = uint32_t(nodes_);
        }
    }

    // The whole table, to be sent to another process.
    struct State {
        size_t firsts, mask, order, nodes;
        std::vector<uint64_t> slots, pair;
        std::vector<uint32_t> node;
        std::vector<double> score;
    };
    State state() const {
        return {firsts_, mask_, order_, nodes_, {slots_.data(), slots_.data() + slots()}, pair_, node_, score_};
    }
    void restore(const State& from) {
        if (from.slots.size() != from.firsts + from.mask + 1 || from.node.size() != from.slots.size() ||
            (!from.score.empty() && from.score.size() != from.slots.size()) || (from.mask & (from.mask + 1)) ||
            from.pair.size() != (PAIR_MASK + 1) / 64 || from.slots.empty())
            throw std::invalid_argument("the parts of a table do not fit together");
        std::tie(firsts_, mask_, order_, nodes_) = std::tie(from.firsts, from.mask, from.order, from.nodes);
        slots_.resize_exactly(from.slots.size());
        std::copy(from.slots.begin(), from.slots.end(), slots_.data());
        std::tie(pair_, node_, score_) = std::tie(from.pair, from.node, from.score);
    }

    size_t order() const { return order_; }
    size_t node(size_t slot) const { return node_[slot]; }
    size_t slots() const { return firsts_ + mask_ + 1; }
    size_t nodes() const { return nodes_; }
    double score(size_t slot) const { return score_[slot]; }

    // The patterns that begin at each of text[begin, begin + size): found(k, length, slot) for the one of that length at
    // text[begin + k], shorter ones first.  All positions take one step before any takes the next, and each asks for
    // its memory when the step before ends, so that cache misses overlap instead of adding up.
    template <class Found>
    void match(const uint32_t* text, size_t n, size_t begin, size_t size, Found&& found) const {
        Active active[STEP];
        for (size_t first = 0; first < size; first += STEP) {
            const size_t stop = std::min(size, first + STEP);
            size_t m = 0;
            for (size_t k = first; k < stop; ++k) {
                const uint32_t s = text[begin + k];
                if (s >= firsts_ || !s) continue;
                const uint64_t x = slots_[s];
                if (x & CHOSEN) found(k, 1, size_t(s));
                const uint32_t next = x & INNER && begin + k + 1 < n ? text[begin + k + 1] : 0;
                if (!next) continue;
                const uint64_t key = entry(s, next);
                const size_t h = hash(key);
                __builtin_prefetch(&pair_[(h & PAIR_MASK) >> 6]);
                active[m++] = {key, h, uint32_t(k)};
            }
            size_t left = 0;
            for (size_t a = 0; a < m; ++a) {  // most pairs of symbols begin no pattern: a small bit table says so
                const Active at = active[a];
                if (!(pair_[(at.h & PAIR_MASK) >> 6] >> (at.h & 63) & 1)) continue;
                __builtin_prefetch(&slots_[firsts_ + (at.h & mask_)]);
                active[left++] = {at.key, at.h & mask_, at.k};
            }
            m = left;
            for (size_t length = 2; m; ++length) {
                left = 0;
                for (size_t a = 0; a < m; ++a) {
                    const Active at = active[a];
                    size_t h = at.h;
                    uint64_t x;
                    while ((x = slots_[firsts_ + h]) && (x ^ at.key) > (CHOSEN | INNER)) h = (h + 1) & mask_;
                    if (!x) continue;
                    if (x & CHOSEN) found(size_t(at.k), length, firsts_ + h);
                    const size_t i = begin + at.k + length;
                    if (!(x & INNER) || i >= n || !text[i]) continue;
                    const uint64_t key = entry(firsts_ + h, text[i]);
                    const size_t to = hash(key) & mask_;
                    __builtin_prefetch(&slots_[firsts_ + to]);
                    active[left++] = {key, to, at.k};
                }
                m = left;
            }
        }
    }

    // out[node] += count[slot] for every n-gram in the table.
    void add_by_node(const uint64_t* count, int64_t* out) const {
        for (size_t s = 0; s < slots(); ++s) if (slots_[s]) out[node_[s]] += int64_t(count[s]);
    }

private:
    struct Active { uint64_t key; size_t h; uint32_t k; };
    static constexpr size_t STEP = 128;
    static constexpr size_t PAIR_MASK = (size_t(1) << 22) - 1;
    Buffer<uint64_t> slots_;
    std::vector<uint32_t> node_;  // by slot: place in the tree, counted through its levels
    std::vector<double> score_;
    std::vector<uint64_t> pair_;  // which pairs of symbols may begin a pattern, by hash
    size_t firsts_ = 0, mask_ = 0, order_ = 0, nodes_ = 0;

    static uint64_t entry(uint64_t prefix, uint32_t symbol) { return prefix << 34 | uint64_t(symbol) << 2; }
    static size_t hash(uint64_t key) {
        const uint64_t x = key * 0x9E3779B97F4A7C15u;
        return size_t(x >> 24 ^ x >> 49);
    }
    void start(size_t edges, uint32_t largest, bool scored) {
        size_t slots = 64;
        while (slots < 2 * edges) slots *= 2;
        mask_ = slots - 1;
        firsts_ = size_t(largest) + 1;
        if (firsts_ + slots > size_t(1) << 30) throw std::length_error("more than 2^29 n-grams");
        slots_.resize_exactly(firsts_ + slots);
        std::memset(slots_.data(), 0, (firsts_ + slots) * sizeof(uint64_t));
        node_.assign(firsts_ + slots, 0);
        if (scored) score_.assign(firsts_ + slots, 0);
        pair_.assign((PAIR_MASK + 1) / 64, 0);
    }
    // Where the n-gram with this key lies, or is to be put.
    size_t slot_of(uint64_t key, bool pair) {
        size_t h = hash(key);
        if (pair) pair_[(h & PAIR_MASK) >> 6] |= uint64_t(1) << (h & 63);
        for (h &= mask_; slots_[firsts_ + h] && (slots_[firsts_ + h] ^ key) > (CHOSEN | INNER); h = (h + 1) & mask_) {}
        return firsts_ + h;
    }
};

}  // namespace nlpzero
