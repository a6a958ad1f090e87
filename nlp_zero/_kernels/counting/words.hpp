// Words that lie one after the other in one array of code points.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../common/portable.hpp"
#include "sorted_texts.hpp"

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

    // The words by falling count, ties by text; empty if two are the same.
    std::vector<int64_t> rank(const int64_t* counts) const {
        std::vector<Keyed> entries(size);
        uint64_t most = 0;
        for (size_t k = 0; k < size; ++k) {
            entries[k].word = uint32_t(k);
            most = std::max(most, uint64_t(counts[k]));
        }
        sort_texts(entries, [this](uint32_t k) { return std::make_pair(begin_of(k), length_of(k)); });
        for (size_t k = 1; k < size; ++k) {
            const uint32_t a = entries[k - 1].word, b = entries[k].word;
            if (entries[k - 1].key == entries[k].key && length_of(a) == length_of(b) &&
                equal_symbols(begin_of(a), begin_of(b), length_of(a)))
                return {};
        }
        for (Keyed& entry : entries) entry.key = most - uint64_t(counts[entry.word]);
        sort_by_key(entries);
        std::vector<int64_t> order(size);
        for (size_t k = 0; k < size; ++k) order[k] = entries[k].word;
        return order;
    }

    // The words in UTF-8, each followed by a line feed; false if one has a special character or a surrogate.
    bool encode_lines(const uint32_t* special, size_t specials, std::string& out) const {
        const size_t characters = size ? size_t(ends[size - 1]) : 0;
        out.resize(4 * characters + size);
        char* p = &out[0];
        const uint32_t* at = text;
        for (size_t k = 0; k < size; ++k, *p++ = '\n')
            for (const uint32_t* const end = text + ends[k]; at != end; ++at) {
                const uint32_t c = *at;
                if (c < 0x80) {
                    if (std::find(special, special + specials, c) != special + specials) return false;
                    *p++ = char(c);
                    continue;
                }
                if (c - 0xD800 < 0x800 || c > 0x10FFFF) return false;
                if (c < 0x800) *p++ = char(0xC0 | c >> 6);
                else {
                    if (c < 0x10000) *p++ = char(0xE0 | c >> 12);
                    else *p++ = char(0xF0 | c >> 18), *p++ = char(0x80 | (c >> 12 & 63));
                    *p++ = char(0x80 | (c >> 6 & 63));
                }
                *p++ = char(0x80 | (c & 63));
            }
        out.resize(size_t(p - out.data()));
        return true;
    }
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

    bool is_same(const Slot& slot, const uint32_t* text, size_t n, uint64_t hash) const {
        return slot.tag == hash >> 32 && words_.length_of(slot.word) == n && equal_symbols(text, words_.begin_of(slot.word), n);
    }
    void insert(uint32_t word, uint64_t hash) {
        size_t slot = hash & (table_.size() - 1);
        while (table_[slot].word != NONE) slot = (slot + 1) & (table_.size() - 1);
        table_[slot] = {uint32_t(hash >> 32), word};
    }
};

}  // namespace nlpzero::counting
