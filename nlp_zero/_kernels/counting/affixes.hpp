// The beginnings and ends of words that are longer than the n-grams of a count tree, for their PMI.
//
// The PMI of a word needs the counts of both parts of every split:  a | bcd,  ab | cd,  abc | d.  Parts of at most
// `order` symbols are in the tree; longer ones are counted in the text, together with the words.
#pragma once
#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "patterns.hpp"

namespace nlpzero::counting {

class Affixes {
public:
    // The words, each closed by a 0, have at least `order` symbols; symbols are at most `largest`.
    Affixes(const uint32_t* words, size_t n, size_t order, uint32_t largest) : order_(order) {
        size_t edges = 0;
        for (size_t i = 0, length; i < n; i += length + 1) {
            for (length = 0; words[i + length]; ++length) {}
            if (length < order || !length) throw std::invalid_argument("a word is too short");
            edges += length;
            for (size_t m = length - 1; length > order && m > 1; --m) edges += m;  // its ends
        }
        patterns.start(edges, largest, false, 1.5);
        for (size_t i = 0; i < n; ++i) {
            size_t slot = 0;
            for (size_t depth = 0; words[i]; ++i, ++depth) slot = patterns.extend(slot, words[i], depth);
            patterns.choose(slot, size_++);
        }
        for (size_t i = 0, length; i < n; i += length + 1) {
            for (length = 0; words[i + length]; ++length) {}
            if (length > order) add(words + i, length);
        }
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
    const size_t order_;
    size_t size_ = 0, shallow_size_ = 0, longer_ = 0;
    std::vector<uint32_t> parts_;   // of each longer word, for each split: both parts
    std::vector<size_t> ends_;      // of each longer word, in parts_

    void add(const uint32_t* word, size_t length) {
        const size_t first = parts_.size();
        parts_.resize(first + 2 * (length - 1));
        size_t slot = 0;
        for (size_t m = 1; m < length; ++m) {
            slot = patterns.extend(slot, word[m - 1], m - 1);
            parts_[first + 2 * (m - 1)] = number_of(slot, word, m);
        }
        for (size_t i = 1; i < length; ++i) {
            slot = 0;
            for (size_t k = i; k < length; ++k) slot = patterns.extend(slot, word[k], k - i);
            parts_[first + 2 * (i - 1) + 1] = number_of(slot, word + i, length - i);
        }
        ends_.push_back(parts_.size());
        ++longer_;
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
