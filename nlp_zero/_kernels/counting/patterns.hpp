// Chosen n-grams of a count tree, in a table for finding them in text.
#pragma once
#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "../common/huge_pages.hpp"
#include "../common/portable.hpp"
#include "tree.hpp"

namespace nlpzero::counting {

// A trie of the chosen n-grams and their prefixes as one hash table from (slot of the prefix, last symbol) to a slot.
// A slot has 64 bits: the slot of the prefix, the symbol and two flags.  Slots below firsts_ are the single symbols, by
// their id.  The table never changes once it is built, so threads may share it.  It is read at random: with ordinary
// pages, matching took a quarter longer.
class Patterns {
public:
    static constexpr uint64_t CHOSEN = 1;  // the n-gram is a pattern, not only a prefix of one
    static constexpr uint64_t INNER = 2;   // longer patterns begin with it

    // One order of the n-grams: the last symbol of each, the place of its prefix on the order before, and whether it is
    // a pattern (not only a prefix of one); score may be null.
    struct Level {
        const uint32_t *symbol, *parent;
        const uint8_t* chosen;
        const double* score;
        size_t size;
    };

    // Call `add` afterwards for each order, the single symbols first.  Together the orders have `edges` n-grams of two
    // or more symbols.  The table has `room` slots for each; with 1.5 of them a look-up takes a fifth longer than with
    // 2.
    void start(size_t edges, uint32_t largest, bool scored, double room = 2) {
        capacity_ = size_t(double(edges) * room) + 64;
        edges_ = edges;
        firsts_ = size_t(largest) + 1;
        if (slots() >= size_t(1) << 30) throw std::length_error("more than 500 million n-grams");
        slots_.assign(slots(), 0);
        place_.assign(slots(), 0);
        if (scored) score_.assign(slots(), 0);
        clear_filters();
        order_ = nodes_ = used_ = 0;
        above_.clear();
    }
    void add(const Level& level) {
        constexpr size_t AHEAD = 16;  // n-grams whose memory is prefetched together
        std::vector<uint32_t> here(level.size);
        if (order_ && level.size > edges_) throw std::invalid_argument("more n-grams than were announced");
        edges_ -= order_ ? level.size : 0;
        uint64_t keys[AHEAD];
        for (size_t first = 0; first < level.size; first += AHEAD) {
            const size_t stop = std::min(level.size, first + AHEAD);
            for (size_t i = first; i < stop; ++i) {
                if (order_ && level.parent[i] >= above_.size())
                    throw std::invalid_argument("the prefix of an n-gram is missing");
                if (level.symbol[i] >= firsts_ || !level.symbol[i])
                    throw std::invalid_argument("a symbol is out of range");
                keys[i - first] = entry(order_ ? above_[level.parent[i]] : 0, level.symbol[i]);
                if (order_) prefetch_to_write(&slots_[firsts_ + home(hash(keys[i - first]))]);
            }
            for (size_t i = first; i < stop; ++i) {
                const uint64_t key = keys[i - first];
                const size_t slot = order_ ? slot_of(key) : level.symbol[i];
                if (order_ == 1) admit(PAIRS, key);
                if (order_ == 2) admit(TRIPLES, triple_key(slots_[above_[level.parent[i]]], level.symbol[i]));
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

    struct Full : std::length_error { Full() : std::length_error("more n-grams than were announced") {} };

    // In place of `add`: the slot of the n-gram at `slot`, of `length` symbols, with one more symbol.  `slot` is 0 if
    // `length` is.  N-grams are chosen afterwards, each with a number.
    size_t extend(size_t slot, uint32_t symbol, size_t length) {
        if (symbol >= firsts_ || !symbol) throw std::invalid_argument("a symbol is out of range");
        const uint64_t key = entry(slot, symbol);
        if (length == 1) admit(PAIRS, key);
        if (length == 2) admit(TRIPLES, triple_key(slots_[slot], symbol));
        if (length) slots_[slot] |= INNER;
        slot = length ? slot_of(key) : symbol;
        if (length && !slots_[slot] && ++used_ >= capacity_) throw Full();
        slots_[slot] |= key;
        return slot;
    }
    void choose(size_t slot, size_t number) {
        slots_[slot] |= CHOSEN;
        place_[slot] = uint32_t(number);
        nodes_ = std::max(nodes_, number + 1);
    }

    void prefetch_child(size_t slot, uint32_t symbol) const { prefetch(&slots_[firsts_ + home(hash(entry(slot, symbol)))]); }
    void prefetch_to_number(size_t slot) const { prefetch(&slots_[slot]), prefetch_to_write(&place_[slot]); }

    // Numbers at slots that are not chosen, during construction.
    uint32_t note(size_t slot) const { return place_[slot]; }
    void set_note(size_t slot, uint32_t number) { place_[slot] = number; }
    void drop_notes() {
        for (size_t s = 0; s < slots(); ++s) if (!chosen(s)) place_[s] = 0;
    }

    // Build the whole table from a list of n-grams, each closed by a 0 and numbered from 0; symbols are at most
    // `largest`.
    void build(const uint32_t* ngrams, size_t n, uint32_t largest) {
        start(n, largest, false);
        for (size_t i = 0, number = 0; i < n; ++i, ++number) {
            size_t slot = 0;
            for (size_t length = 0; ngrams[i]; ++i, ++length) slot = extend(slot, ngrams[i], length);
            if (!slot) throw std::invalid_argument("an empty n-gram");
            choose(slot, number);
        }
    }

    // The whole table, to be sent to another process.
    struct State {
        size_t firsts, capacity, order, nodes;
        std::vector<uint64_t> slots;
        std::vector<uint32_t> place;
        std::vector<double> score;
    };
    State state() const {
        return {firsts_, capacity_, order_, nodes_, {slots_.begin(), slots_.end()}, {place_.begin(), place_.end()}, score_};
    }
    void restore(const State& from) {
        if (from.slots.size() != from.firsts + from.capacity || from.place.size() != from.slots.size() ||
            (!from.score.empty() && from.score.size() != from.slots.size()) || !from.capacity ||
            from.slots.empty())
            throw std::invalid_argument("the parts of a table do not fit together");
        for (size_t s = 0; s < from.slots.size(); ++s)
            if (from.slots[s] && from.place[s] >= from.nodes) throw std::invalid_argument("a place is out of range");
        std::tie(firsts_, capacity_, order_, nodes_) = std::tie(from.firsts, from.capacity, from.order, from.nodes);
        slots_.assign(from.slots.begin(), from.slots.end());
        place_.assign(from.place.begin(), from.place.end());
        score_ = from.score;
        clear_filters();
        for (size_t s = firsts_; s < slots_.size(); ++s) {
            const size_t prefix = prefix_of(slots_[s]);
            if (!slots_[s] || prefix >= slots_.size()) continue;
            if (prefix < firsts_) admit(PAIRS, slots_[s] & ~FLAGS);
            else if (prefix_of(slots_[prefix]) < firsts_) admit(TRIPLES, triple_key(slots_[prefix], symbol_of(slots_[s])));
        }
    }

    size_t order() const { return order_; }
    size_t place(size_t slot) const { return place_[slot]; }
    void prefetch_place(size_t slot) const { prefetch(&place_[slot]); }
    size_t slots() const { return firsts_ + capacity_; }
    size_t firsts() const { return firsts_; }
    size_t nodes() const { return nodes_; }
    double score(size_t slot) const { return score_[slot]; }

    bool chosen(size_t slot) const { return slots_[slot] & CHOSEN; }

    // Find the patterns that begin at each of text[begin, begin + size): calls found(k, length, slot) for the pattern
    // of that length at text[begin + k], shorter ones first; with SINGLES also those of one symbol.  All positions of a
    // group take one step before any takes the next, and memory is prefetched one step ahead, so that cache misses
    // overlap instead of adding up.  Most pairs of symbols begin no pattern; a bit table rules them out without a
    // branch, and another one most triples.  Marks, unless they are null, have a bit for each symbol of the text, and
    // `begin` is 0: only n-grams of two or more symbols that begin at those that are set are found.
    template <bool SINGLES = true, class Found>
    void match(const uint32_t* text, size_t n, size_t begin, size_t size, Found&& found,
               const uint64_t* marks = nullptr) const {
        Active active[GROUP];
        for (size_t first = 0; first < size; first += GROUP) {
            const size_t stop = std::min(size, first + GROUP);
            size_t m = 0;
            for (size_t base = first; base < stop; base += 64) {
                const uint32_t* const at = text + begin + base;
                const size_t width = std::min<size_t>(64, stop - base), pairs = std::min(width, n - begin - base - 1);
                for (size_t j = 0; SINGLES && j < width; ++j)
                    if (at[j] && at[j] < firsts_ && slots_[at[j]] & CHOSEN) found(base + j, 1, size_t(at[j]));
                uint64_t open = 0;
                if (marks) open = marks[base / 64];
                else for (size_t j = 0; j < pairs; ++j) open |= admitted(PAIRS, entry(at[j], at[j + 1])) << j;
                for (; open; open &= open - 1) {
                    const size_t j = size_t(lowest_bit(open));
                    const uint64_t key = entry(at[j], at[j + 1]);
                    const size_t to = home(hash(key));
                    prefetch(&slots_[firsts_ + to]);
                    const uint32_t next = begin + base + j + 2 < n ? at[j + 2] : 0;
                    const uint64_t longer = order_ != 2 && ((next != 0) & admitted(TRIPLES, triple_key(key, next)));
                    active[m++] = {key, to, uint32_t(base + j), uint32_t(longer)};
                }
            }
            for (size_t length = 2; m; ++length) {
                size_t left = 0;
                for (size_t a = 0; a < m; ++a) {
                    const Active at = active[a];
                    size_t h = at.h;
                    uint64_t x;
                    while ((x = slots_[firsts_ + h]) && (x ^ at.key) > FLAGS) h = after(h);
                    if (!x) continue;
                    if (x & CHOSEN) found(size_t(at.k), length, firsts_ + h);
                    const size_t i = begin + at.k + length;
                    const uint32_t next = i < n ? text[i] : 0;
                    const bool more = (x & INNER) != 0 && next != 0 && at.longer;
                    const uint64_t key = entry(firsts_ + h, next);
                    const size_t to = home(hash(key));
                    if (more) prefetch(&slots_[firsts_ + to]);
                    active[left] = {key, to, at.k, 1};
                    left += more;
                }
                m = left;
            }
        }
    }

    // out[place] += count[slot] for every n-gram in the table; other slots have a count of 0.
    void add_by_place(const uint32_t* count, uint32_t* out) const {
        for (size_t s = 0; s < slots(); ++s) if (count[s]) out[place_[s]] += count[s];
    }

private:
    struct Active { uint64_t key; size_t h; uint32_t k, longer; };  // longer: whether a longer pattern is possible
    static constexpr size_t GROUP = 512;  // positions that are matched together
    static constexpr uint64_t FLAGS = CHOSEN | INNER;
    static constexpr int FILTER_BITS = 22;
    static constexpr size_t PAIRS = 0, TRIPLES = (size_t(1) << FILTER_BITS) / 64, FILTER_WORDS = 2 * TRIPLES;
    HugeVector<uint64_t> slots_;
    HugeVector<uint32_t> place_;   // by slot: number of the n-gram, counted through the orders
    std::vector<double> score_;
    HugeVector<uint64_t> filters_;  // which pairs, then which triples of symbols may begin a pattern, by hash
    std::vector<uint32_t> above_;  // during construction: the slots of the order before
    size_t firsts_ = 0, capacity_ = 0, order_ = 0, nodes_ = 0, edges_ = 0, used_ = 0;

    static uint64_t entry(uint64_t prefix, uint32_t symbol) { return prefix << 34 | uint64_t(symbol) << 2; }
    static size_t prefix_of(uint64_t entry) { return size_t(entry >> 34); }
    static uint32_t symbol_of(uint64_t entry) { return uint32_t(entry >> 2); }
    // A number for the three symbols of a pair in the table and the symbol after it; two triples may have the same.
    static uint64_t triple_key(uint64_t pair, uint32_t next) {
        return (pair & ~FLAGS) ^ uint64_t(next) * 0xD6E8FEB86659FD93u;
    }
    static uint64_t hash(uint64_t key) {  // both halves are well mixed
        const uint64_t x = key * 0x9E3779B97F4A7C15u;
        return x ^ x >> 29;
    }
    void clear_filters() { filters_.assign(FILTER_WORDS, 0); }
    static size_t filter_place(uint64_t h) { return size_t(h & ((uint64_t(1) << FILTER_BITS) - 1)) / 64; }
    void admit(size_t filter, uint64_t key) {
        const uint64_t h = hash(key);
        filters_[filter + filter_place(h)] |= uint64_t(1) << (h & 63);
    }
    uint64_t admitted(size_t filter, uint64_t key) const {
        const uint64_t h = hash(key);
        return filters_[filter + filter_place(h)] >> (h & 63) & 1;
    }
    size_t home(uint64_t h) const { return size_t((h >> 32) * capacity_ >> 32); }  // capacity_: not only powers of 2
    size_t after(size_t h) const { return h + 1 < capacity_ ? h + 1 : 0; }
    // The slot of the n-gram with this key, or the free slot for it.
    size_t slot_of(uint64_t key) const {
        size_t h = home(hash(key));
        while (slots_[firsts_ + h] && (slots_[firsts_ + h] ^ key) > FLAGS) h = after(h);
        return firsts_ + h;
    }
};

}  // namespace nlpzero::counting
