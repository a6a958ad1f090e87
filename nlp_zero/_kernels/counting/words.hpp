// Words that lie one after the other in one array of code points.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../common/portable.hpp"

namespace nlpzero::counting {

// Word k is text[ends[k - 1], ends[k]), with ends[-1] = 0.
struct PackedWords {
    const uint32_t* text;
    const int64_t* ends;
    size_t size;

    const uint32_t* begin_of(size_t k) const { return text + (k ? ends[k - 1] : 0); }
    size_t length_of(size_t k) const { return size_t(ends[k] - (k ? ends[k - 1] : 0)); }
    static uint64_t extend(uint64_t hash, uint32_t symbol) { return (hash ^ symbol) * 0x9E3779B97F4A7C15u; }
    static uint64_t mix(uint64_t hash) { return hash ^ (hash >> 32); }
    static uint64_t hash_of(const uint32_t* word, size_t n) {
        uint64_t hash = 0;
        for (size_t i = 0; i < n; ++i) hash = extend(hash, word[i]);
        return mix(hash);
    }

    // The words by falling count; ties by text.
    std::vector<int64_t> rank(const int64_t* counts) const {
        struct Entry { uint64_t count, head; uint32_t word; };  // head: the first two code points, which usually decide
        std::vector<Entry> entries(size);
        for (size_t k = 0; k < size; ++k) {
            const uint32_t* const word = begin_of(k);
            const size_t n = length_of(k);
            entries[k] = {uint64_t(counts[k]), (n ? uint64_t(word[0]) << 32 : 0) | (n > 1 ? word[1] + uint64_t(1) : 0), uint32_t(k)};
        }
        std::sort(entries.begin(), entries.end(), [this](const Entry& a, const Entry& b) {
            if (a.count != b.count) return a.count > b.count;
            if (a.head != b.head) return a.head < b.head;
            const uint32_t *const x = begin_of(a.word), *const y = begin_of(b.word);
            return std::lexicographical_compare(x, x + length_of(a.word), y, y + length_of(b.word));
        });
        std::vector<int64_t> order(size);
        for (size_t k = 0; k < size; ++k) order[k] = entries[k].word;
        return order;
    }
    bool are_distinct() const;
};

// Finds words by their text, in a hash table.
class WordTable {
public:
    static constexpr uint32_t NONE = ~0u;

    explicit WordTable(const PackedWords& words) : words_(words) {
        size_t slots = 16;
        while (slots < 2 * words.size) slots *= 2;
        table_.assign(slots, Slot{0, NONE});
        constexpr size_t AHEAD = 16;  // words whose places are prefetched
        uint64_t hashes[AHEAD];
        for (size_t first = 0; first < words.size; first += AHEAD) {
            const size_t stop = std::min(words.size, first + AHEAD);
            for (size_t k = first; k < stop; ++k)
                prefetch(hashes[k - first] = PackedWords::hash_of(words.begin_of(k), words.length_of(k)));
            for (size_t k = first; k < stop; ++k) insert(uint32_t(k), hashes[k - first]);
        }
    }
    bool has_repeated() const { return repeated_; }
    void prefetch(uint64_t hash) const { nlpzero::prefetch(&table_[hash & (table_.size() - 1)]); }
    uint32_t find(const uint32_t* text, size_t n, uint64_t hash) const {
        for (size_t slot = hash & (table_.size() - 1); table_[slot].word != NONE; slot = (slot + 1) & (table_.size() - 1))
            if (is_same(table_[slot], text, n, hash)) return table_[slot].word;
        return NONE;
    }

private:
    struct Slot { uint32_t tag, word; };  // tag: the upper half of the hash
    const PackedWords words_;
    std::vector<Slot> table_;
    bool repeated_ = false;

    bool is_same(const Slot& slot, const uint32_t* text, size_t n, uint64_t hash) const {
        return slot.tag == hash >> 32 && words_.length_of(slot.word) == n && std::equal(text, text + n, words_.begin_of(slot.word));
    }
    void insert(uint32_t word, uint64_t hash) {
        size_t slot = hash & (table_.size() - 1);
        for (; table_[slot].word != NONE; slot = (slot + 1) & (table_.size() - 1))
            repeated_ |= is_same(table_[slot], words_.begin_of(word), words_.length_of(word), hash);
        table_[slot] = {uint32_t(hash >> 32), word};
    }
};

inline bool PackedWords::are_distinct() const { return !WordTable(*this).has_repeated(); }

}  // namespace nlpzero::counting
