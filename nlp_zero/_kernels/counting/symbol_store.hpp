// Encoded text: symbols of 16 bits until an id needs more, with the numbers that counting needs before it begins: how often
// each symbol occurs, and how many n-grams of each order there are.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "alphabet.hpp"
#include "ngrams.hpp"
#include "totals_avx512.hpp"

namespace nlpzero::counting {

class SymbolStore {
public:
    size_t positions() const { return size_t(totals_[0]); }
    uint64_t total(int n) const { return totals_[n - 1]; }  // n-grams of order n in the text

    // Encode and keep a piece of text.  False if it is not UTF-8 (at offset `invalid`); nothing is kept then.
    bool add(Alphabet& alphabet, const Text& text, size_t& invalid) {
        ends_.reserve(ends_.size() + 1);
        if (!wide_) {
            make_room(narrow_, text.size + 1);
            frequency_.resize(NARROW_IDS);
            invalid = ~size_t(0);
            uint16_t* const out = narrow_.data() + size_;
            uint64_t* const frequency = frequency_.data();
            const auto count = [=](uint32_t id) { ++frequency[id]; };
            const size_t n = alphabet.encode(text, out, NARROW_IDS - 1, true, invalid, count);
            if (n != Alphabet::GAVE_UP) return keep(out, n);
            recount();
            if (invalid != ~size_t(0)) return false;
            widen();
        }
        make_room(wide_symbols_, text.size + 1);
        uint32_t* const out = wide_symbols_.data() + size_;
        const size_t n = alphabet.encode(text, out, Alphabet::JOINED - 1, true, invalid);
        if (n == Alphabet::GAVE_UP) return false;
        if (alphabet.size() >= frequency_.size()) frequency_.resize(alphabet.size() + alphabet.size() / 2 + 1);
        for (size_t i = 0; i < n; ++i) ++frequency_[out[i]];
        return keep(out, n);
    }

    // How often each id occurs; 0 for ids that occur only in text that was refused.  That of boundaries means nothing.
    const std::vector<uint64_t>& frequency() const { return frequency_; }

    // Call visit(symbols, size) with an array of uint16_t or uint32_t.
    template <class Visit>
    void visit(Visit&& visit) const {
        if (wide_) visit(wide_symbols_.data(), size_);
        else visit(narrow_.data(), size_);
    }

    // Remove the piece that was added last.
    void drop_last() {
        if (ends_.empty()) throw std::out_of_range("No text was added.");
        ends_.pop_back();
        size_ = ends_.empty() ? 0 : ends_.back();
        recount();
    }

private:
    static constexpr uint32_t NARROW_IDS = 0x10000;
    static constexpr size_t LONG = size_t(1) << 19;
    Buffer<uint16_t> narrow_;
    Buffer<uint32_t> wide_symbols_;
    bool wide_ = false;
    size_t size_ = 0;
    std::vector<size_t> ends_;  // of the pieces
    std::array<uint64_t, MAX_ORDER> totals_{};
    std::vector<uint64_t> frequency_;

    template <class Sym>
    void make_room(Buffer<Sym>& symbols, size_t n) {
        // Ample room for long texts: unused pages cost nothing, and an array that must grow is copied to other pages, of
        // which fewer are huge.
        if (size_ + n <= symbols.capacity()) return;
        const size_t ample = std::min(4 * symbols.capacity(), symbols.capacity() + (size_t(1) << 25));
        symbols.reserve(std::max({size_ + n, ample, n < LONG ? 0 : 32 * LONG}));
    }
    template <class Sym>
    bool keep(const Sym* piece, size_t n) {
        add_totals(piece, n);
        size_ += n;
        ends_.push_back(size_);
        return true;
    }
    template <class Sym>
    void add_totals(const Sym* symbols, size_t n) {
#ifdef NLP_ZERO_AVX512
        if constexpr (sizeof(Sym) == 2)
            if (use_avx512()) return add_totals_avx512<MAX_ORDER>(symbols, n, totals_.data());
#endif
        std::array<uint64_t, MAX_ORDER + 1> runs{};  // by length; the last are those of MAX_ORDER or more symbols
        size_t place[1024], begin = 0;
        for (size_t i = 0; i < n;) {
            size_t boundaries = 0;
            for (const size_t stop = std::min(n, i + std::size(place)); i < stop; ++i) {
                place[boundaries] = i;
                boundaries += symbols[i] == 0;
            }
            for (size_t j = 0; j < boundaries; ++j) {
                ++runs[std::min<size_t>(place[j] - begin, MAX_ORDER)];
                begin = place[j] + 1;
            }
        }
        // A run of at least k symbols has one n-gram fewer of order k + 1 than of order k.
        uint64_t total = n, at_least = 0;
        for (const uint64_t r : runs) at_least += r;  // of at least 0 symbols, each with its boundary
        for (int k = 0; k < MAX_ORDER; ++k) {
            total -= at_least;
            at_least -= runs[k];
            totals_[k] += total;
        }
    }
    void recount() {  // after a piece was removed or refused
        std::fill(frequency_.begin(), frequency_.end(), 0);
        totals_ = {};
        visit([&](const auto* symbols, size_t n) {
            for (size_t i = 0; i < n; ++i) ++frequency_[symbols[i]];
            add_totals(symbols, n);
        });
    }
    void widen() {
        wide_symbols_.reserve(size_);
        std::copy(narrow_.data(), narrow_.data() + size_, wide_symbols_.data());
        narrow_ = Buffer<uint16_t>();
        wide_ = true;
    }
};

}  // namespace nlpzero::counting
