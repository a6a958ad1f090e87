// The chosen n-grams of a count tree, ready to be found in text.
#pragma once
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "../common/portable.hpp"
#include "tree.hpp"

namespace nlpzero::counting {

// A trie of the chosen n-grams and their prefixes as one hash table from (slot of the prefix, last symbol) to a slot.
// A slot is 64 bits: the prefix's slot, the symbol and two flags are the whole entry, and where it lies is the n-gram's
// number.  Slots below firsts() are the single symbols, by their id.  Never changes once built: threads share it.
class Patterns {
public:
    static constexpr uint64_t CHOSEN = 1;  // the n-gram is itself a pattern, not only the beginning of one
    static constexpr uint64_t INNER = 2;   // longer patterns begin with it

    // One order of the n-grams: the last symbol of each, the place on the order below of what it begins with, and whether
    // it is a pattern itself (not only the beginning of one); score may be null.
    struct Level {
        const uint32_t *symbol, *parent;
        const uint8_t* chosen;
        const double* score;
        size_t size;
    };

    // Then all orders are added, the single symbols first; together they have `edges` n-grams of two or more symbols,
    // each with `room` slots: with 1.5 of them looking up takes a fifth longer than with 2.
    void start(size_t edges, uint32_t largest, bool scored, double room = 2) {
        capacity_ = size_t(double(edges) * room) + 64;
        edges_ = edges;
        firsts_ = size_t(largest) + 1;
        if (slots() > size_t(1) << 30) throw std::length_error("more than 500 million n-grams");
        slots_.resize_exactly(slots());
        std::memset(slots_.data(), 0, slots() * sizeof(uint64_t));
        place_.assign(slots(), 0);
        if (scored) score_.assign(slots(), 0);
        pair_.assign((PAIR_MASK + 1) / 64, 0);
        order_ = nodes_ = 0;
        above_.clear();
    }
    void add(const Level& level) {
        constexpr size_t AHEAD = 16;  // n-grams whose memory is asked for at once
        std::vector<uint32_t> here(level.size);
        if (order_ && level.size > edges_) throw std::invalid_argument("more n-grams than were announced");
        edges_ -= order_ ? level.size : 0;
        uint64_t keys[AHEAD];
        for (size_t first = 0; first < level.size; first += AHEAD) {
            const size_t stop = std::min(level.size, first + AHEAD);
            for (size_t i = first; i < stop; ++i) {
                if (order_ && level.parent[i] >= above_.size()) throw std::invalid_argument("an n-gram without its beginning");
                if (level.symbol[i] >= firsts_ || !level.symbol[i]) throw std::invalid_argument("a symbol is out of range");
                keys[i - first] = entry(order_ ? above_[level.parent[i]] : 0, level.symbol[i]);
                if (order_) prefetch_to_write(&slots_[firsts_ + home(hash(keys[i - first]))]);
            }
            for (size_t i = first; i < stop; ++i) {
                const uint64_t key = keys[i - first];
                const size_t slot = order_ ? slot_of(key, order_ == 1) : level.symbol[i];
                if (order_) slots_[above_[level.parent[i]]] |= INNER;
                slots_[slot] = key | (level.chosen[i] ? CHOSEN : 0);
                place_[slot] = uint32_t(nodes_ + i);
                if (level.score) score_[slot] = level.score[i];
                here[i] = uint32_t(slot);
            }
        }
        above_.swap(here);
        nodes_ += level.size;
        ++order_;
        if (nodes_ > 0xFFFFFFFFu) throw std::length_error("more than 2^32 n-grams");
    }
    void finish() { std::vector<uint32_t>().swap(above_); }

    // Or all at once: given n-grams, each closed by a 0, numbered from 0; all symbols are at most `largest`.
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
            place_[slot] = uint32_t(nodes_);
        }
    }

    // The whole table, to be sent to another process.
    struct State {
        size_t firsts, capacity, order, nodes;
        std::vector<uint64_t> slots, pair;
        std::vector<uint32_t> place;
        std::vector<double> score;
    };
    State state() const {
        return {firsts_, capacity_, order_, nodes_, {slots_.data(), slots_.data() + slots()}, pair_, place_, score_};
    }
    void restore(const State& from) {
        if (from.slots.size() != from.firsts + from.capacity || from.place.size() != from.slots.size() ||
            (!from.score.empty() && from.score.size() != from.slots.size()) || !from.capacity ||
            from.pair.size() != (PAIR_MASK + 1) / 64 || from.slots.empty())
            throw std::invalid_argument("the parts of a table do not fit together");
        for (size_t s = 0; s < from.slots.size(); ++s)
            if (from.slots[s] && from.place[s] >= from.nodes) throw std::invalid_argument("a place is out of range");
        std::tie(firsts_, capacity_, order_, nodes_) = std::tie(from.firsts, from.capacity, from.order, from.nodes);
        slots_.resize_exactly(from.slots.size());
        std::copy(from.slots.begin(), from.slots.end(), slots_.data());
        std::tie(pair_, place_, score_) = std::tie(from.pair, from.place, from.score);
    }

    size_t order() const { return order_; }
    size_t place(size_t slot) const { return place_[slot]; }
    size_t slots() const { return firsts_ + capacity_; }
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
                const uint64_t h = hash(key);
                prefetch(&pair_[(h & PAIR_MASK) >> 6]);
                active[m++] = {key, h, uint32_t(k)};
            }
            size_t left = 0;
            for (size_t a = 0; a < m; ++a) {  // most pairs of symbols begin no pattern: a small bit table says so
                const Active at = active[a];
                if (!(pair_[(at.h & PAIR_MASK) >> 6] >> (at.h & 63) & 1)) continue;
                const size_t to = home(at.h);
                prefetch(&slots_[firsts_ + to]);
                active[left++] = {at.key, to, at.k};
            }
            m = left;
            for (size_t length = 2; m; ++length) {
                left = 0;
                for (size_t a = 0; a < m; ++a) {
                    const Active at = active[a];
                    size_t h = at.h;
                    uint64_t x;
                    while ((x = slots_[firsts_ + h]) && (x ^ at.key) > (CHOSEN | INNER)) h = after(h);
                    if (!x) continue;
                    if (x & CHOSEN) found(size_t(at.k), length, firsts_ + h);
                    const size_t i = begin + at.k + length;
                    if (!(x & INNER) || i >= n || !text[i]) continue;
                    const uint64_t key = entry(firsts_ + h, text[i]);
                    const size_t to = home(hash(key));
                    prefetch(&slots_[firsts_ + to]);
                    active[left++] = {key, to, at.k};
                }
                m = left;
            }
        }
    }

    // out[place] += count[slot] for every n-gram in the table.
    void add_by_place(const uint32_t* count, uint32_t* out) const {
        for (size_t s = 0; s < slots(); ++s) if (slots_[s]) out[place_[s]] += count[s];
    }

private:
    struct Active { uint64_t key; size_t h; uint32_t k; };
    static constexpr size_t STEP = 128;
    static constexpr size_t PAIR_MASK = (size_t(1) << 22) - 1;
    Buffer<uint64_t> slots_;
    std::vector<uint32_t> place_;  // by slot: number of the n-gram, counted through the orders
    std::vector<double> score_;
    std::vector<uint64_t> pair_;  // which pairs of symbols may begin a pattern, by hash
    std::vector<uint32_t> above_;  // while it is built: the slots of the order before
    size_t firsts_ = 0, capacity_ = 0, order_ = 0, nodes_ = 0, edges_ = 0;

    static uint64_t entry(uint64_t prefix, uint32_t symbol) { return prefix << 34 | uint64_t(symbol) << 2; }
    static uint64_t hash(uint64_t key) {  // the upper half is as good as the lower
        const uint64_t x = key * 0x9E3779B97F4A7C15u;
        return x ^ x >> 29;
    }
    size_t home(uint64_t h) const { return size_t((h >> 32) * capacity_ >> 32); }  // as many as we like, not a power of 2
    size_t after(size_t h) const { return h + 1 < capacity_ ? h + 1 : 0; }
    // Where the n-gram with this key lies, or is to be put.
    size_t slot_of(uint64_t key, bool pair) {
        const uint64_t hashed = hash(key);
        if (pair) pair_[(hashed & PAIR_MASK) >> 6] |= uint64_t(1) << (hashed & 63);
        size_t h = home(hashed);
        while (slots_[firsts_ + h] && (slots_[firsts_ + h] ^ key) > (CHOSEN | INNER)) h = after(h);
        return firsts_ + h;
    }
};

}  // namespace nlpzero::counting
