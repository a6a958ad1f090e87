// The beginnings and ends of words that are longer than the n-grams of a count tree, for their PMI.
//
// The PMI of a word needs the counts of both parts of every split:  a | bcd,  ab | cd,  abc | d.  Parts of at most
// `order` symbols are in the tree; longer ones are counted in the text, together with the words.
#pragma once
#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "../common/elementary.hpp"
#include "patterns.hpp"

namespace nlpzero::counting {

class Affixes {
public:
    // The words, each closed by a 0, have at least `order` symbols; symbols are at most `largest`.
    Affixes(const uint32_t* words, size_t n, size_t order, uint32_t largest) : order_(order) {
        size_t splits = 0;
        for (size_t i = 0, length; i < n; i += length + 1) {
            length = length_of(words + i);
            if (length < order || !length) throw std::invalid_argument("a word is too short");
            ++size_;
            if (length > order) splits += length - 1, ++longer_;
        }
        ends_.reserve(longer_);
        parts_.reserve(2 * splits);
        size_t most = 0;
        const size_t edges = estimate_edges(words, n, most);
        try {
            enter(words, n, edges, largest);
        } catch (const Patterns::Full&) {
            enter(words, n, most, largest);
        }
        number_parts(words, n);
        patterns.drop_notes();
    }

    Patterns patterns;              // the words, numbered from 0, then their other affixes of more than `order` symbols
    std::vector<uint32_t> shallow;  // the affixes of at most `order` symbols, each closed by a 0
    size_t shallow_size() const { return shallow_size_; }
    size_t longer() const { return longer_; }  // words of more than `order` symbols

    // The greatest product of the counts of both parts, of each longer word; `deep` are the counts of the patterns,
    // `few` those of the shallow affixes.
    void greatest_products(const int64_t* deep, const int64_t* few, double* out) const {
        auto count = [&](uint32_t part) { return double(part & SHALLOW ? few[part & ~SHALLOW] : deep[part]); };
        for (size_t w = 0, k = 0; w < longer_; ++w) {
            out[w] = 0;
            for (const size_t stop = ends_[w]; k < stop; k += 2) out[w] = std::max(out[w], count(parts_[k]) * count(parts_[k + 1]));
        }
    }

private:
    static constexpr uint32_t SHALLOW = 1u << 31;
    static constexpr size_t WALKERS = 64;  // affixes that are entered together, so that cache misses overlap
    static constexpr size_t AHEAD = 16;    // parts whose memory is prefetched
    // An affix that is being entered in the table; `slot` gets that of the whole affix, and `beginnings`, unless it is
    // null, those of its beginnings, two apart.
    struct Walker {
        const uint32_t* text;
        size_t length;
        uint32_t *slot, *beginnings;
        Walker(const uint32_t* text, size_t length, uint32_t* slot, uint32_t* beginnings)
            : text(text), length(length), slot(slot), beginnings(beginnings) {}
    };
    const size_t order_;
    size_t size_ = 0, shallow_size_ = 0, longer_ = 0;
    std::vector<uint32_t> parts_;   // of each longer word, for each split: both parts
    std::vector<size_t> ends_;      // of each longer word, in parts_
    std::vector<Walker> walkers_;

    static size_t length_of(const uint32_t* word) {
        size_t length = 0;
        while (word[length]) ++length;
        return length;
    }
    // About how many different n-grams of two or more symbols are beginnings of words and of their ends.  They are entered
    // in a table of bits by their hash, and the bits that are not set are counted (Whang et al. 1990); a table for all
    // of them, of which most are repeated, would be four times as large.
    size_t estimate_edges(const uint32_t* words, size_t n, size_t& most) const {
        for (size_t i = 0, length; i < n; i += length + 1) {
            length = length_of(words + i);
            most += length > order_ ? length * (length - 1) / 2 : length - 1;
        }
        size_t bits = 1024;
        while (bits < most) bits *= 2;
        std::vector<uint64_t> seen(bits / 64);
        for (size_t i = 0, length; i < n; i += length + 1) {
            length = length_of(words + i);
            for (size_t begin = i, last = length > order_ ? i + length - 1 : i + 1; begin < last; ++begin) {
                uint64_t hash = words[begin];
                for (size_t k = begin + 1; k < i + length; ++k) {
                    hash = (hash ^ words[k]) * 0x9E3779B97F4A7C15u;
                    hash ^= hash >> 32;
                    seen[hash % bits / 64] |= uint64_t(1) << (hash & 63);
                }
            }
        }
        size_t free = 0;
        for (const uint64_t word : seen) free += 64 - size_t(count_bits(word));
        return std::min(most, size_t(1.02 * double(bits) * nlpzero::log(double(bits) / double(std::max<size_t>(free, 1)))) + 64);
    }
    void enter(const uint32_t* words, size_t n, size_t edges, uint32_t largest) {
        patterns.start(edges, largest, false, 1.5);
        parts_.clear();
        ends_.clear();
        walkers_.clear();
        std::vector<uint32_t> slots(size_);
        for (size_t i = 0, word = 0, length; i < n; i += length + 1, ++word) {
            length = length_of(words + i);
            add(words + i, length, &slots[word]);
        }
        walk();
        for (size_t word = 0; word < size_; ++word) patterns.choose(slots[word], word);
    }
    // Enter a word and, if it is longer than the order, its ends.
    void add(const uint32_t* word, size_t length, uint32_t* slot) {
        if (walkers_.size() + length > WALKERS) walk();
        if (length <= order_) {
            walkers_.emplace_back(word, length, slot, nullptr);
            return;
        }
        const size_t first = parts_.size();
        parts_.resize(first + 2 * (length - 1));
        walkers_.emplace_back(word, length, slot, &parts_[first]);
        for (size_t i = 1; i < length; ++i) walkers_.emplace_back(word + i, length - i, &parts_[first + 2 * i - 1], nullptr);
        ends_.push_back(parts_.size());
    }
    // All walkers take one step before any takes the next.
    void walk() {
        for (size_t depth = 0, m = walkers_.size(); m; ++depth) {
            if (depth) for (size_t j = 0; j < m; ++j) patterns.prefetch_child(*walkers_[j].slot, walkers_[j].text[depth]);
            size_t left = 0;
            for (size_t j = 0; j < m; ++j) {
                const Walker walker = walkers_[j];
                *walker.slot = uint32_t(patterns.extend(depth ? *walker.slot : 0, walker.text[depth], depth));
                if (depth + 1 == walker.length) continue;
                if (walker.beginnings) walker.beginnings[2 * depth] = *walker.slot;
                walkers_[left++] = walker;
            }
            m = left;
        }
        walkers_.clear();
    }
    // Replace the slots of the parts by their numbers.
    void number_parts(const uint32_t* words, size_t n) {
        size_t k = 0;
        for (size_t i = 0, length; i < n; i += length + 1) {
            length = length_of(words + i);
            for (size_t m = 1; length > order_ && m < length; ++m, k += 2) {
                for (size_t part = k; part < k + 2; ++part)
                    if (part + AHEAD < parts_.size()) patterns.prefetch_to_number(parts_[part + AHEAD]);
                parts_[k] = number_of(parts_[k], words + i, m);
                parts_[k + 1] = number_of(parts_[k + 1], words + i + m, length - m);
            }
        }
    }
    uint32_t number_of(size_t slot, const uint32_t* affix, size_t length) {
        if (length > order_ && !patterns.chosen(slot)) patterns.choose(slot, size_++);
        if (patterns.chosen(slot)) return uint32_t(patterns.place(slot));  // perhaps a word, too
        if (!patterns.note(slot)) {
            shallow.insert(shallow.end(), affix, affix + length);
            shallow.push_back(0);
            patterns.set_note(slot, uint32_t(++shallow_size_));
        }
        return SHALLOW | (patterns.note(slot) - 1);
    }
};

}  // namespace nlpzero::counting
