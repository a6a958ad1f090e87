// Sorting words by their symbols.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace nlpzero::counting {

// A loop of its own is faster for words than the call of `memcmp` that `std::equal` makes.
inline bool equal_symbols(const uint32_t* a, const uint32_t* b, size_t n) {
    while (n && *a == *b) ++a, ++b, --n;
    return !n;
}

struct Keyed { uint64_t key; uint32_t word; };

// Sort by rising key; entries with the same key stay in their order.
inline void sort_by_key(std::vector<Keyed>& entries) {
    constexpr int DIGIT = 11;
    uint64_t different = 0;
    for (const Keyed& entry : entries) different |= entry.key ^ entries[0].key;
    std::vector<Keyed> sorted(different ? entries.size() : 0);
    for (int shift = 0; shift < 64; shift += DIGIT) {
        constexpr uint64_t MASK = (uint64_t(1) << DIGIT) - 1;
        if (!(different >> shift & MASK)) continue;
        std::vector<size_t> place(MASK + 1);
        for (const Keyed& entry : entries) ++place[entry.key >> shift & MASK];
        size_t sum = 0;
        for (size_t& n : place) sum += std::exchange(n, sum);
        for (const Keyed& entry : entries) sorted[place[entry.key >> shift & MASK]++] = entry;
        entries.swap(sorted);
    }
}

// Sort words by their symbols, where `text_of(word)` gives a pointer to them and their number; keys are filled in.
template <class TextOf>
void sort_texts(std::vector<Keyed>& entries, const TextOf& text_of) {
    constexpr size_t SYMBOLS = 3;  // in a key
    constexpr int BITS = 21;
    constexpr uint64_t LARGEST = (uint64_t(1) << BITS) - 1;
    for (Keyed& entry : entries) {
        const auto [text, size] = text_of(entry.word);
        bool full = true;  // not after a symbol that has no room, of which the key has only that it is large
        entry.key = 0;
        for (size_t k = 0; k < SYMBOLS; ++k) {
            const uint64_t digit = full && k < size ? std::min<uint64_t>(uint64_t(text[k]) + 1, LARGEST) : 0;
            full &= digit < LARGEST;
            entry.key = entry.key << BITS | digit;
        }
    }
    sort_by_key(entries);
    for (auto first = entries.begin(), last = first; first != entries.end(); first = last) {
        while (last != entries.end() && last->key == first->key) ++last;
        if (last - first > 1)
            std::sort(first, last, [&](const Keyed& a, const Keyed& b) {
                const auto [x, m] = text_of(a.word);
                const auto [y, n] = text_of(b.word);
                return std::lexicographical_compare(x, x + m, y, y + n);
            });
    }
}

}  // namespace nlpzero::counting
